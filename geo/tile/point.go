package tile

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// An ID is a name of 15 characters of a-z and 0-9, packed: 36^15 is less than
// 2^80. Packed names compare as the names do.
type ID [10]byte

const idLetters = "0123456789abcdefghijklmnopqrstuvwxyz"

// ParseID packs a name. It returns false for anything else than 15 characters
// of a-z and 0-9.
func ParseID(name string) (ID, bool) {
	if len(name) != 15 {
		return ID{}, false
	}
	var hi, lo uint64 // 80 bits of 128
	for i := range len(name) {
		var digit uint64
		switch c := name[i]; {
		case c >= '0' && c <= '9':
			digit = uint64(c - '0')
		case c >= 'a' && c <= 'z':
			digit = uint64(c-'a') + 10
		default:
			return ID{}, false
		}
		carry, low := bits.Mul64(lo, 36)
		sum, over := bits.Add64(low, digit, 0)
		hi, lo = hi*36+carry+over, sum
	}
	var id ID
	binary.BigEndian.PutUint16(id[:2], uint16(hi))
	binary.BigEndian.PutUint64(id[2:], lo)
	return id, true
}

// String returns the name.
func (id ID) String() string {
	hi, lo := uint64(binary.BigEndian.Uint16(id[:2])), binary.BigEndian.Uint64(id[2:])
	var name [15]byte
	for i := len(name) - 1; i >= 0; i-- {
		var digit uint64
		high, left := hi/36, hi%36
		lo, digit = bits.Div64(left, lo, 36)
		hi, name[i] = high, idLetters[digit]
	}
	return string(name[:])
}

// Compare orders packed names as their names are ordered.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// A Class is a number that points share when whoever may see one of them may
// see the others: the same district, the same organisations. What it stands for
// is known to whoever makes the points.
type Class uint32

// A Point is one thing on the map. What the numbers stand for is known to
// whoever makes the points.
type Point struct {
	Key      Key
	ID       ID
	Code     string // what people call it
	Class    Class
	State    uint8  // below States
	Priority uint8  // below Priorities
	Flags    uint16 // whatever else is to be told of it
	Object   uint16 // what kind of thing it is
	Due      uint16 // a day
	Person   uint32 // who sees to it
	At       uint32 // seconds since 1970
}

// How many states and priorities can be told apart.
const (
	States     = 16
	Priorities = 8
)

// A Change is a point as it is now, or the ID of one that is gone.
type Change struct {
	Point
	Gone bool
}

// compare orders points by place, and those in one place by name.
func (p Point) compare(o Point) int {
	if p.Key != o.Key {
		if p.Key < o.Key {
			return -1
		}
		return 1
	}
	return p.ID.Compare(o.ID)
}
