package gpkg

import (
	"encoding/binary"
	"math"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// orb's reader of WKB knows two dimensions only, and GeoPackages of drawings
// often have heights: so the two types an area may be of are read here.

// The types of ISO WKB (OGC 06-103r4, 8.2) that matter here. A type plus 1000
// has heights, plus 2000 measures, plus 3000 both.
const (
	wkbPolygon      = 3
	wkbMultiPolygon = 6
	wkbCurves       = 8  // the first of those with arcs or surfaces in space
	wkbLast         = 17 // the last
)

// wkbNames are the plain types that are no area.
var wkbNames = map[uint32]string{
	1: "Point", 2: "LineString", 4: "MultiPoint", 5: "MultiLineString", 7: "GeometryCollection",
}

// The flags with which EWKB says what ISO says by adding thousands.
const (
	ewkbZ   = 0x80000000
	ewkbM   = 0x40000000
	ewkbSRS = 0x20000000
)

// A wkbReader reads one geometry. It believes no count before it has seen that
// the bytes for it are there, so it never takes more memory than they do.
type wkbReader struct {
	rest    []byte
	order   binary.ByteOrder
	width   int        // numbers in a position
	heights *orb.Point // the first position that had more than two
}

// readAreas reads a Polygon or a MultiPolygon, in ISO WKB or EWKB, of any
// dimension. Heights and measures are left out; heights is the first position
// that had one, or nil. Rings are as they are written: open ones stay open. A geometry of
// another type is geo.ErrGeometryType or ErrExtended, anything else is
// ErrGeometry.
func readAreas(data []byte) (mp orb.MultiPolygon, heights *orb.Point, why *fault.Error) {
	r := &wkbReader{rest: data}
	kind, why := r.head()
	if why != nil {
		return nil, nil, why
	}
	switch kind {
	case wkbPolygon:
		var p orb.Polygon
		if p, why = r.polygon(); len(p) > 0 {
			mp = orb.MultiPolygon{p}
		}
	case wkbMultiPolygon:
		mp, why = r.polygons()
	default:
		why = notArea(kind)
	}
	if why != nil {
		return nil, nil, why
	}
	return mp, r.heights, nil
}

func notArea(kind uint32) *fault.Error {
	if kind >= wkbCurves && kind <= wkbLast {
		return ErrExtended.WithIn("type %d of WKB", "tipo %d di WKB", kind)
	}
	if name, ok := wkbNames[kind]; ok {
		return geo.ErrGeometryType.WithIn("it is a %s", "è un %s", name)
	}
	return ErrGeometry.WithIn("type %d of WKB", "tipo %d di WKB", kind)
}

// head reads the byte order and the type of a geometry, without its dimension.
func (r *wkbReader) head() (uint32, *fault.Error) {
	if len(r.rest) < 5 {
		return 0, errCut
	}
	switch r.rest[0] {
	case 0:
		r.order = binary.BigEndian
	case 1:
		r.order = binary.LittleEndian
	default:
		return 0, ErrGeometry.WithIn("byte order %d", "ordine dei byte %d", r.rest[0])
	}
	kind := r.order.Uint32(r.rest[1:])
	r.rest = r.rest[5:]
	if kind&ewkbSRS != 0 {
		if len(r.rest) < 4 {
			return 0, errCut
		}
		r.rest = r.rest[4:]
	}
	r.width = 2
	for _, flag := range [...]uint32{ewkbZ, ewkbM} {
		if kind&flag != 0 {
			r.width++
		}
	}
	kind &^= ewkbZ | ewkbM | ewkbSRS
	switch kind / 1000 {
	case 0:
	case 1, 2:
		r.width = 3
	case 3:
		r.width = 4
	default:
		return 0, ErrGeometry.WithIn("type %d of WKB", "tipo %d di WKB", kind)
	}
	return kind % 1000, nil
}

var errCut = ErrGeometry.WithIn("it ends in the middle", "finisce a metà")

// count reads how many things follow, of at least size bytes each.
func (r *wkbReader) count(size int) (int, *fault.Error) {
	if len(r.rest) < 4 {
		return 0, errCut
	}
	n := r.order.Uint32(r.rest)
	r.rest = r.rest[4:]
	if uint64(n)*uint64(size) > uint64(len(r.rest)) {
		return 0, errCut
	}
	return int(n), nil
}

func (r *wkbReader) polygons() (orb.MultiPolygon, *fault.Error) {
	n, why := r.count(9)
	if why != nil {
		return nil, why
	}
	mp := make(orb.MultiPolygon, 0, n)
	for range n {
		kind, why := r.head()
		if why != nil {
			return nil, why
		}
		if kind != wkbPolygon {
			return nil, notArea(kind)
		}
		p, why := r.polygon()
		if why != nil {
			return nil, why
		}
		if len(p) > 0 {
			mp = append(mp, p)
		}
	}
	return mp, nil
}

func (r *wkbReader) polygon() (orb.Polygon, *fault.Error) {
	n, why := r.count(4)
	if why != nil {
		return nil, why
	}
	p := make(orb.Polygon, 0, n)
	for range n {
		ring, why := r.ring()
		if why != nil {
			return nil, why
		}
		p = append(p, ring)
	}
	return p, nil
}

// somewhere is the first position of a geometry of whatever type, or nil: it is
// for a message.
func somewhere(data []byte) *orb.Point {
	r := &wkbReader{rest: data}
	for {
		kind, why := r.head()
		if why != nil {
			return nil
		}
		counts := map[uint32]int{1: 0, wkbPolygon: 2}
		before, plain := counts[kind]
		if !plain {
			before = 1 // of positions, or of geometries
		}
		for range before {
			if _, why := r.count(0); why != nil {
				return nil
			}
		}
		if kind >= 4 && kind <= 7 {
			continue // its first geometry
		}
		if kind > 3 || len(r.rest) < 16 {
			return nil
		}
		p := orb.Point{math.Float64frombits(r.order.Uint64(r.rest)), math.Float64frombits(r.order.Uint64(r.rest[8:]))}
		if math.IsNaN(p[0]-p[0]) || math.IsNaN(p[1]-p[1]) {
			return nil
		}
		return &p
	}
}

func (r *wkbReader) ring() (orb.Ring, *fault.Error) {
	size := 8 * r.width
	n, why := r.count(size)
	if why != nil {
		return nil, why
	}
	ring := make(orb.Ring, n)
	for i := range ring {
		at := r.rest[i*size:]
		ring[i] = orb.Point{math.Float64frombits(r.order.Uint64(at)), math.Float64frombits(r.order.Uint64(at[8:]))}
	}
	r.rest = r.rest[n*size:]
	if r.width > 2 && n > 0 && r.heights == nil {
		first := ring[0]
		r.heights = &first
	}
	return ring, nil
}
