package format

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// A shapeReader reads a .shp record by record.
type shapeReader struct {
	w    *work
	r    *bufio.Reader
	read int  // records
	lies bool // some feature's winding contradicted what lies inside what
}

func (s *shapeReader) header() error {
	var head [100]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return cut(err)
	}
	if binary.BigEndian.Uint32(head[:]) != 9994 {
		return ErrShapefile.WithIn("the .shp does not begin as one", "il .shp non comincia come tale")
	}
	return nil
}

// The shape types that are areas, and none.
const (
	shapeNull     = 0
	shapePolygon  = 5
	shapePolygonZ = 15
	shapePolygonM = 25
)

var shapeNames = map[uint32]string{
	1: "Point", 3: "PolyLine", 8: "MultiPoint", 11: "PointZ", 13: "PolyLineZ", 18: "MultiPointZ",
	21: "PointM", 23: "PolyLineM", 28: "MultiPointM", 31: "MultiPatch",
}

// next reads a record; io.EOF is the end of the file.
func (s *shapeReader) next() (geo.Raw, error) {
	raw := geo.Raw{Feature: geo.Feature{Index: s.read}}
	if s.read >= s.w.limits.Features {
		if _, err := s.r.Peek(1); errors.Is(err, io.EOF) {
			return raw, io.EOF
		}
		return raw, geo.ErrTooLarge.WithIn("more than %d features", "più di %d elementi", s.w.limits.Features)
	}
	var head [12]byte
	if n, err := io.ReadFull(s.r, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return raw, io.EOF
		}
		return raw, cut(err)
	}
	s.read++
	words := binary.BigEndian.Uint32(head[4:])
	kind := binary.LittleEndian.Uint32(head[8:])
	if words < 2 || words > math.MaxInt32 {
		return raw, s.damaged(raw, fault.Say("its length is impossible", "la sua lunghezza è impossibile"))
	}
	c := &record{s: s, left: int64(words)*2 - 4}
	switch kind {
	case shapePolygon, shapePolygonZ, shapePolygonM:
		if err := c.polygon(&raw, kind != shapePolygon); err != nil {
			return raw, err
		}
	case shapeNull:
		raw.Problem = &geo.Problem{Fault: geo.ErrEmpty}
	default:
		name := shapeNames[kind]
		if name == "" {
			return raw, s.damaged(raw, fault.Say("it is of an unknown type", "è di un tipo sconosciuto"))
		}
		raw.Problem = &geo.Problem{Fault: geo.ErrGeometryType, Note: fault.Say("it is a %s", "è un %s", name)}
		place, err := c.somewhere(kind)
		if raw.Problem.Place = place; err != nil {
			return raw, err
		}
	}
	return raw, c.skip(c.left)
}

func (s *shapeReader) damaged(raw geo.Raw, why fault.Words) error {
	return ErrShapefile.In(fmt.Sprintf("features[%d]", raw.Index)).WithWords(why)
}

// A record is the content of one record being read. Counts in it are claims:
// nothing is allocated before it was read.
type record struct {
	s    *shapeReader
	left int64 // bytes
	buf  [8]byte
}

func (c *record) skip(n int64) error {
	c.left -= n
	if _, err := io.CopyN(io.Discard, c.s.r, n); err != nil {
		return cut(err)
	}
	return nil
}

func (c *record) bytes(n int) ([]byte, error) {
	c.left -= int64(n)
	if _, err := io.ReadFull(c.s.r, c.buf[:n]); err != nil {
		return nil, cut(err)
	}
	return c.buf[:n], nil
}

func (c *record) number() (int, error) {
	b, err := c.bytes(4)
	if err != nil {
		return 0, err
	}
	return int(int32(binary.LittleEndian.Uint32(b))), nil
}

func (c *record) float() (float64, error) {
	b, err := c.bytes(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
}

func (c *record) polygon(raw *geo.Raw, heights bool) error {
	if c.left < 40 {
		return c.s.damaged(*raw, fault.Say("it is too short", "è troppo corto"))
	}
	if err := c.skip(32); err != nil { // the box
		return err
	}
	parts, err := c.number()
	if err != nil {
		return err
	}
	points, err := c.number()
	if err != nil {
		return err
	}
	if parts < 0 || points < 0 || parts > points || 4*int64(parts)+16*int64(points) > c.left {
		return c.s.damaged(*raw, fault.Say("it claims %d parts and %d points", "dichiara %d parti e %d punti", parts, points))
	}
	if points > c.s.w.limits.Vertices-c.s.w.vertices {
		return geo.ErrTooLarge.WithIn("more than %d vertices", "più di %d vertici", c.s.w.limits.Vertices)
	}
	starts, err := c.starts(parts, points)
	if err != nil {
		return err
	}
	if starts == nil && points > 0 {
		return c.s.damaged(*raw, fault.Say("its parts do not begin in order", "le sue parti non cominciano in ordine"))
	}
	rings, err := c.rings(starts, points)
	if err != nil {
		return err
	}
	if heights && len(rings) > 0 && len(rings[0]) > 0 {
		raw.Heights = &orb.Point{rings[0][0][0], rings[0][0][1]}
	}
	grouped, ok := group(rings)
	if raw.Geometry = grouped.polygons; !ok {
		raw.Problem = &geo.Problem{Fault: geo.ErrTangled}
	}
	c.s.lies = c.s.lies || grouped.lies
	return nil
}

// somewhere is the first position of a record that is no area, or nil when there
// is none.
func (c *record) somewhere(kind uint32) (*orb.Point, error) {
	before, perPart := int64(0), int64(0) // bytes before it
	switch kind {
	case 8, 18, 28: // several points: a box, and how many
		before = 32 + 4
	case 3, 13, 23: // lines: a box, how many parts and points, where each part begins
		perPart = 4
	case 31: // and of what kind each is
		perPart = 8
	}
	if perPart > 0 && c.left >= 40 {
		if err := c.skip(32); err != nil {
			return nil, err
		}
		parts, err := c.number()
		if err != nil {
			return nil, err
		}
		before = 4 + perPart*int64(max(parts, 0))
	}
	if c.left < before+16 {
		return nil, nil //nolint:nilnil // there is none
	}
	if err := c.skip(before); err != nil {
		return nil, err
	}
	x, err := c.float()
	if err != nil {
		return nil, err
	}
	y, err := c.float()
	if err != nil || math.IsNaN(x-x) || math.IsNaN(y-y) {
		return nil, err
	}
	return &orb.Point{x, y}, nil
}

// starts reads where each part begins; nil when that is out of order.
func (c *record) starts(parts, points int) ([]int, error) {
	var out []int
	ordered := true
	for i := range parts {
		at, err := c.number()
		if err != nil {
			return nil, err
		}
		ordered = ordered && at < points && ((i == 0 && at == 0) || (i > 0 && at > out[i-1]))
		out = append(out, at)
	}
	if !ordered {
		return nil, nil
	}
	return out, nil
}

func (c *record) rings(starts []int, points int) ([]orb.Ring, error) {
	var out []orb.Ring
	for i := range points {
		if len(out) < len(starts) && starts[len(out)] == i {
			out = append(out, nil)
		}
		x, err := c.float()
		if err != nil {
			return nil, err
		}
		y, err := c.float()
		if err != nil {
			return nil, err
		}
		if err := c.s.w.vertex(); err != nil {
			return nil, err
		}
		out[len(out)-1] = append(out[len(out)-1], orb.Point{x, y})
	}
	return out, nil
}
