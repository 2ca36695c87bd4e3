package tile

import (
	"encoding/binary"
	"math"
)

// Extent is how finely a tile is divided for drawing: 4096 units a side.
const Extent = 4096

// The kinds of geometry and of wire fields, by their numbers in the
// specification, section 4.3, and in Protocol Buffers.
const (
	geomPoint   = 1
	geomLine    = 2
	geomPolygon = 3

	wireVarint = 0
	wireI64    = 1
	wireBytes  = 2

	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

// A Layer is one layer of a tile while it is written: features, one after the
// other, each followed by what is told of it.
type Layer struct {
	name     string
	features []byte
	count    int

	keys   []byte // the list of keys, as it is on the wire
	keyAt  map[string]uint32
	values []byte // the list of values, as it is on the wire
	size   uint32 // how many values
	texts  map[string]uint32
	whole  map[uint64]uint32
	truth  [2]uint32 // of false and true, plus one

	kind uint64 // of the feature that is open; 0: none is
	tags []uint32
	path []uint32 // commands
	x, y int32    // of the pen
}

// NewLayer returns an empty layer of that name.
func NewLayer(name string) *Layer {
	return &Layer{name: name, keyAt: map[string]uint32{}, texts: map[string]uint32{}, whole: map[uint64]uint32{}}
}

// Len returns how many features there are.
func (l *Layer) Len() int {
	if l.kind != 0 {
		return l.count + 1
	}
	return l.count
}

// Point begins a point, in units of the tile, rightward and downward from its
// upper left corner.
func (l *Layer) Point(x, y int32) {
	l.begin(geomPoint)
	l.path = append(l.path, command(moveTo, 1))
	l.step(x, y)
}

// begin closes the feature that is open and begins another.
func (l *Layer) begin(kind uint64) {
	l.end()
	l.kind, l.x, l.y = kind, 0, 0
	l.tags, l.path = l.tags[:0], l.path[:0]
}

// step moves the pen.
func (l *Layer) step(x, y int32) {
	l.path = append(l.path, zigzag(x-l.x), zigzag(y-l.y))
	l.x, l.y = x, y
}

func command(id, count uint32) uint32 { return id | count<<3 }

func zigzag(v int32) uint32 { return uint32(v)<<1 ^ uint32(v>>31) }

// Text tells a word of the open feature. Words that many features have are
// written once.
func (l *Layer) Text(key, value string) {
	at, ok := l.texts[value]
	if !ok {
		at = l.text(value)
		l.texts[value] = at
	}
	l.tag(key, at)
}

// Once tells a word of the open feature that no other has, such as a name.
func (l *Layer) Once(key, value string) { l.tag(key, l.text(value)) }

func (l *Layer) text(value string) uint32 {
	n := 1 + varintSize(uint64(len(value))) + len(value)
	l.value(n)
	l.values = append(l.values, 1<<3|wireBytes)
	l.values = binary.AppendUvarint(l.values, uint64(len(value)))
	l.values = append(l.values, value...)
	return l.size - 1
}

// Whole tells a whole number of the open feature, zero or more.
func (l *Layer) Whole(key string, value uint64) {
	at, ok := l.whole[value]
	if !ok {
		l.value(1 + varintSize(value))
		l.values = append(l.values, 5<<3|wireVarint)
		l.values = binary.AppendUvarint(l.values, value)
		at = l.size - 1
		l.whole[value] = at
	}
	l.tag(key, at)
}

// Number tells a number of the open feature.
func (l *Layer) Number(key string, value float64) {
	l.value(9)
	l.values = append(l.values, 3<<3|wireI64)
	l.values = binary.LittleEndian.AppendUint64(l.values, math.Float64bits(value))
	l.tag(key, l.size-1)
}

// Truth tells yes or no of the open feature.
func (l *Layer) Truth(key string, value bool) {
	i := boolean(value)
	if l.truth[i] == 0 {
		l.value(2)
		l.values = append(l.values, 7<<3|wireVarint, byte(i))
		l.truth[i] = l.size
	}
	l.tag(key, l.truth[i]-1)
}

// value begins another value, of n bytes.
func (l *Layer) value(n int) {
	l.values = append(l.values, 4<<3|wireBytes)
	l.values = binary.AppendUvarint(l.values, uint64(n))
	l.size++
}

func (l *Layer) tag(key string, value uint32) {
	at, ok := l.keyAt[key]
	if !ok {
		at = uint32(len(l.keyAt))
		l.keyAt[key] = at
		l.keys = append(l.keys, 3<<3|wireBytes)
		l.keys = binary.AppendUvarint(l.keys, uint64(len(key)))
		l.keys = append(l.keys, key...)
	}
	l.tags = append(l.tags, at, value)
}

// end writes the open feature.
func (l *Layer) end() {
	if l.kind == 0 {
		return
	}
	tags, path := packedSize(l.tags), packedSize(l.path)
	n := 2 + 1 + varintSize(uint64(path)) + path
	if tags > 0 {
		n += 1 + varintSize(uint64(tags)) + tags
	}
	l.features = append(l.features, 2<<3|wireBytes)
	l.features = binary.AppendUvarint(l.features, uint64(n))
	if tags > 0 {
		l.features = appendPacked(append(l.features, 2<<3|wireBytes), tags, l.tags)
	}
	l.features = append(l.features, 3<<3|wireVarint, byte(l.kind))
	l.features = appendPacked(append(l.features, 4<<3|wireBytes), path, l.path)
	l.kind = 0
	l.count++
}

func appendPacked(buf []byte, size int, values []uint32) []byte {
	buf = binary.AppendUvarint(buf, uint64(size))
	for _, v := range values {
		buf = binary.AppendUvarint(buf, uint64(v))
	}
	return buf
}

func packedSize(values []uint32) int {
	n := 0
	for _, v := range values {
		n += varintSize(uint64(v))
	}
	return n
}

func varintSize(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// Encode returns a tile of the layers that have features; of none, nothing. The
// layers can be written no further.
func Encode(layers ...*Layer) []byte {
	var out []byte
	for _, l := range layers {
		l.end()
		if l.count == 0 {
			continue
		}
		body := l.encode()
		out = append(out, 3<<3|wireBytes)
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out
}

func (l *Layer) encode() []byte {
	body := make([]byte, 0, len(l.features)+len(l.keys)+len(l.values)+len(l.name)+16)
	body = append(body, 15<<3|wireVarint, 2) // the version of the specification
	body = append(body, 1<<3|wireBytes)
	body = binary.AppendUvarint(body, uint64(len(l.name)))
	body = append(body, l.name...)
	body = append(body, l.features...)
	body = append(body, l.keys...)
	body = append(body, l.values...)
	body = append(body, 5<<3|wireVarint)
	return binary.AppendUvarint(body, Extent)
}
