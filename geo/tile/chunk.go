package tile

import (
	"slices"
	"strings"
)

// A chunk is a stretch of points, in order. It never changes: a change makes
// another. What every question reads stands apart from what few do.
type chunk struct {
	spots   []spot
	details []detail
	ends    []uint32 // of each code in codes
	prefix  string   // of every code; codes holds what differs
	codes   string
	far     *far // nil where it would save nothing
}

// A spot is what every question reads of a point. Column and row stand for the
// key: taking them out of it would be half of the work of counting.
type spot struct {
	x, y  uint32
	class Class
	kind  uint16 // state and priority
	flags uint16
}

func kindOf(state, priority uint8) uint16 { return uint16(state) | uint16(priority)<<4 }

func (s spot) key() Key        { return keyAt(s.x, s.y) }
func (s spot) state() uint8    { return uint8(s.kind & (States - 1)) }
func (s spot) priority() uint8 { return uint8(s.kind >> 4) }

// A detail is what is told of a point that is shown by itself.
type detail struct {
	at, person  uint32
	object, due uint16
	id          ID
}

// Chunks are split above full, and joined with a neighbour below scant.
const (
	full  = 2048
	scant = 256
)

// newChunk packs points that are in order.
func newChunk(points []Point) *chunk {
	c := &chunk{spots: make([]spot, len(points)), details: make([]detail, len(points)), ends: make([]uint32, len(points))}
	c.prefix = strings.Clone(commonPrefix(points))
	var codes strings.Builder
	for i, p := range points {
		x, y := p.Key.xy()
		c.spots[i] = spot{x, y, p.Class, kindOf(p.State, p.Priority), p.Flags}
		c.details[i] = detail{p.At, p.Person, p.Object, p.Due, p.ID}
		codes.WriteString(p.Code[len(c.prefix):])
		c.ends[i] = uint32(codes.Len())
	}
	c.codes = strings.Clone(codes.String()) // a builder holds more than it needs
	c.far = newFar(c)
	return c
}

// point unpacks the i-th point.
func (c *chunk) point(i int) Point {
	s, d := c.spots[i], c.details[i]
	begin := uint32(0)
	if i > 0 {
		begin = c.ends[i-1]
	}
	return Point{
		Key: s.key(), ID: d.id, Code: c.prefix + c.codes[begin:c.ends[i]], Class: s.class, State: s.state(), Priority: s.priority(),
		Flags: s.flags, Object: d.object, Due: d.due, Person: d.person, At: d.at,
	}
}

// commonPrefix returns what all codes begin with: codes of one place and year
// differ in their ends.
func commonPrefix(points []Point) string {
	prefix := points[0].Code
	for _, p := range points {
		for !strings.HasPrefix(p.Code, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}

// first is the key where the chunk begins; it is never empty.
func (c *chunk) first() Key { return c.spots[0].key() }

func (c *chunk) last() Key { return c.spots[len(c.spots)-1].key() }

// find returns where the point of that key and name is.
func (c *chunk) find(k Key, id ID) (int, bool) {
	i, _ := slices.BinarySearchFunc(c.spots, k, func(s spot, k Key) int {
		if s.key() < k {
			return -1
		}
		return 1 // the first of equals
	})
	for ; i < len(c.spots) && c.spots[i].key() == k; i++ {
		if c.details[i].id == id {
			return i, true
		}
	}
	return 0, false
}
