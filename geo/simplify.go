package geo

import (
	"github.com/paulmach/orb"
)

// SimplifyShared returns the geometries with fewer points, for drawing: never
// route on what it returns. tolerance is in degrees: no point of a border lies
// farther than that from the border it came from.
//
// Neighbours that share their border point by point still do, because each
// stretch of border between two places where three or more meet is thinned
// once, for all who use it (Douglas and Peucker 1973). A stretch that would
// cross another, or swallow an island, keeps more of its points. A ring that
// is smaller than the tolerance both ways and touches no other border is left
// out, unless its geometry would be left with nothing.
//
// The answer has as many geometries as were given, in their order, with rings
// wound as they were. Rings that are open or too short come back as they are,
// and so does everything when the tolerance is not a positive number. The
// geometries given are not changed.
func SimplifyShared(geoms []orb.MultiPolygon, tolerance float64) []orb.MultiPolygon {
	return NewBorders(geoms).Simplify(tolerance)
}

// Borders are geometries taken apart at the places where three or more borders
// meet, ready to be simplified for several scales. They never change and may
// be used by any number of goroutines.
type Borders struct {
	geoms []orb.MultiPolygon
	arcs  []arc
	rings [][][]path // like geoms; nil for a ring that is taken as it is
}

// An arc is a stretch of border that the same rings use from end to end.
type arc struct {
	points []orb.Point
	alone  bool // a ring by itself that meets no other border
}

// A step is an arc as a ring goes along it, and a path a whole ring.
type step struct {
	arc  int32
	back bool
}
type path []step

// NewBorders finds what geometries share. It is what takes time: Simplify is
// quick.
func NewBorders(geoms []orb.MultiPolygon) *Borders {
	b := &Borders{geoms: geoms, rings: make([][][]path, len(geoms))}
	joints := jointsOf(geoms)
	seen := map[[2]int32]int32{}
	for i, mp := range geoms {
		b.rings[i] = make([][]path, len(mp))
		for j, polygon := range mp {
			b.rings[i][j] = make([]path, len(polygon))
			for k, ring := range polygon {
				if plain(ring) {
					b.rings[i][j][k] = b.walk(joints.ids(ring), joints, seen)
				}
			}
		}
	}
	return b
}

// plain reports whether a ring can be simplified at all.
func plain(ring orb.Ring) bool {
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
		return false
	}
	for _, p := range ring {
		if !finite(p) {
			return false
		}
	}
	return true
}

// Joints number the points of geometries and know where borders part.
type joints struct {
	number map[orb.Point]int32
	points []orb.Point
	beside [][2]int32 // the first two neighbours of each point along borders
	node   []bool     // whether there are more, or it was cut there at the 180th meridian
}

func jointsOf(geoms []orb.MultiPolygon) *joints {
	j := &joints{number: map[orb.Point]int32{}}
	for _, mp := range geoms {
		for _, polygon := range mp {
			for _, ring := range polygon {
				if !plain(ring) {
					continue
				}
				ids := j.ids(ring)
				for i := 1; i < len(ids); i++ {
					j.link(ids[i-1], ids[i])
					j.link(ids[i], ids[i-1])
				}
			}
		}
	}
	return j
}

// ids returns the numbers of the points of a ring without repetition, closed.
func (j *joints) ids(ring orb.Ring) []int32 {
	out := make([]int32, 0, len(ring))
	for _, p := range ring {
		p = orb.Point{p[0] + 0, p[1] + 0} // -0 is 0
		id, ok := j.number[p]
		if !ok {
			id = int32(len(j.points))
			j.number[p] = id
			j.points = append(j.points, p)
			j.beside = append(j.beside, [2]int32{-1, -1})
			j.node = append(j.node, onSeam(p)) // beyond it the shape goes on: it must not come off
		}
		if len(out) == 0 || out[len(out)-1] != id {
			out = append(out, id)
		}
	}
	return out
}

func (j *joints) link(at, to int32) {
	switch b := &j.beside[at]; {
	case b[0] == to || b[1] == to:
	case b[0] < 0:
		b[0] = to
	case b[1] < 0:
		b[1] = to
	default:
		j.node[at] = true
	}
}

// walk cuts a ring at its nodes and returns its way along arcs, new ones and
// those that other rings have used.
func (b *Borders) walk(ids []int32, j *joints, seen map[[2]int32]int32) path {
	if len(ids) < 4 {
		return nil
	}
	ids = ids[:len(ids)-1]
	first := 0
	for i := range ids {
		// Begin at a node; where there is none, at the lowest number.
		if j.node[ids[i]] != j.node[ids[first]] {
			if j.node[ids[i]] {
				first = i
			}
		} else if ids[i] < ids[first] {
			first = i
		}
	}
	turned := append(append(append([]int32{}, ids[first:]...), ids[:first]...), ids[first])
	var out path
	from := 0
	for i := 1; i < len(turned); i++ {
		if j.node[turned[i]] || i == len(turned)-1 {
			out = append(out, b.arc(turned[from:i+1], j, seen))
			from = i
		}
	}
	return out
}

// arc returns the arc along these points, in the one direction in which it is
// kept.
func (b *Borders) arc(ids []int32, j *joints, seen map[[2]int32]int32) step {
	n := len(ids)
	head, tail := [2]int32{ids[0], ids[1]}, [2]int32{ids[n-1], ids[n-2]}
	back := tail[0] < head[0] || (tail[0] == head[0] && tail[1] < head[1])
	key := head
	if back {
		key = tail
	}
	number, ok := seen[key]
	if !ok {
		points := make([]orb.Point, n)
		for i, id := range ids {
			if back {
				i = n - 1 - i
			}
			points[i] = j.points[id]
		}
		number = int32(len(b.arcs))
		b.arcs = append(b.arcs, arc{points, ids[0] == ids[n-1] && !j.node[ids[0]]})
		seen[key] = number
	}
	return step{number, back}
}

// Simplify returns the geometries with fewer points, as SimplifyShared does.
func (b *Borders) Simplify(tolerance float64) []orb.MultiPolygon {
	if !(tolerance > 0) {
		return b.rebuild(nil)
	}
	t := newThinning(b, tolerance)
	t.settle()
	return b.rebuild(t)
}

// rebuild makes geometries of what a thinning has kept; nil keeps everything.
func (b *Borders) rebuild(t *thinning) []orb.MultiPolygon {
	out := make([]orb.MultiPolygon, len(b.geoms))
	for i, mp := range b.geoms {
		out[i] = make(orb.MultiPolygon, 0, len(mp))
		for j, polygon := range mp {
			var rings orb.Polygon
			for k, ring := range polygon {
				way := b.rings[i][j][k]
				switch {
				case t == nil || way == nil:
					rings = append(rings, ring.Clone())
				case !t.drops(way):
					rings = append(rings, t.ring(way))
				}
				if len(rings) == 0 {
					break // without its shell a polygon is nothing
				}
			}
			if len(rings) > 0 {
				out[i] = append(out[i], rings)
			}
		}
	}
	return out
}
