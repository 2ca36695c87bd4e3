package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// An extent is a range of longitudes and latitudes, borders included.
type extent struct{ minX, minY, maxX, maxY float64 }

func (b extent) union(c extent) extent {
	return extent{min(b.minX, c.minX), min(b.minY, c.minY), max(b.maxX, c.maxX), max(b.maxY, c.maxY)}
}

func (b extent) meets(c extent) bool {
	return b.minX <= c.maxX && b.maxX >= c.minX && b.minY <= c.maxY && b.maxY >= c.minY
}

func extentOf(points []orb.Point) extent {
	b := extent{points[0][0], points[0][1], points[0][0], points[0][1]}
	for _, p := range points[1:] {
		b = b.union(extent{p[0], p[1], p[0], p[1]})
	}
	return b
}

// An extentTree finds boxes near a place. The boxes are in an order in which
// neighbours in the list are neighbours on the ground: each box of a higher
// level covers the next eight of the level below. It never changes.
type extentTree struct{ levels [][]extent }

const extentFan = 8

func newExtentTree(leaves []extent) extentTree {
	t := extentTree{levels: [][]extent{leaves}}
	for below := leaves; len(below) > extentFan; {
		above := make([]extent, 0, (len(below)+extentFan-1)/extentFan)
		for group := range slices.Chunk(below, extentFan) {
			b := group[0]
			for _, c := range group[1:] {
				b = b.union(c)
			}
			above = append(above, b)
		}
		t.levels = append(t.levels, above)
		below = above
	}
	return t
}

// visit calls leaf for each box that meets b, until it returns false.
func (t *extentTree) visit(b extent, leaf func(i int) bool) {
	top := len(t.levels) - 1
	t.visitIn(top, 0, len(t.levels[top]), b, leaf)
}

func (t *extentTree) visitIn(level, from, to int, b extent, leaf func(i int) bool) bool {
	for i := from; i < to; i++ {
		if !t.levels[level][i].meets(b) {
			continue
		}
		if level == 0 {
			if !leaf(i) {
				return false
			}
			continue
		}
		if !t.visitIn(level-1, i*extentFan, min((i+1)*extentFan, len(t.levels[level-1])), b, leaf) {
			return false
		}
	}
	return true
}

// nearest asks the leaves near a place, the nearer boxes first, as long as
// one can be nearer than the best. leaf returns the square of the metres to
// what is in a box. The answer is the least of them, or best when none is less.
func (t *extentTree) nearest(m metric, x, y, best float64, leaf func(i int, best float64) float64) float64 {
	top := len(t.levels) - 1
	return t.nearestIn(m, x, y, top, 0, len(t.levels[top]), best, leaf)
}

func (t *extentTree) nearestIn(m metric, x, y float64, level, from, to int, best float64, leaf func(i int, best float64) float64) float64 {
	type child struct {
		metres2 float64
		i       int
	}
	var room [extentFan]child
	near := room[:0]
	for i := from; i < to; i++ {
		c := child{m.toBox(x, y, t.levels[level][i]), i}
		if c.metres2 > best {
			continue
		}
		k := len(near)
		near = append(near, c)
		for ; k > 0 && near[k-1].metres2 > c.metres2; k-- {
			near[k] = near[k-1]
		}
		near[k] = c
	}
	for _, c := range near {
		switch {
		case c.metres2 > best:
			return best
		case level == 0:
			best = min(best, leaf(c.i, best))
		default:
			best = t.nearestIn(m, x, y, level-1, c.i*extentFan, min((c.i+1)*extentFan, len(t.levels[level-1])), best, leaf)
		}
	}
	return best
}

// toBox returns the square of the metres to a box, 0 inside it. It is a hair
// less than any distance to an edge in the box, so that rounding loses none.
func (m metric) toBox(x, y float64, b extent) float64 {
	dx := max(b.minX-x, x-b.maxX, 0) * m.perLon
	dy := max(b.minY-y, y-b.maxY, 0) * m.perLat
	return (float64(dx*dx) + float64(dy*dy)) * (1 - 1e-9)
}

// An outline is the border of one area, in runs of a few edges, for questions
// about distance. Where the area was cut at the 180th meridian is no border.
type outline struct {
	tree extentTree
	runs [][]orb.Point // the points of the runs: parts of the geometry's rings
}

// runEdges is how many edges a run has, at most.
const runEdges = 16

func newOutline(mp orb.MultiPolygon) *outline {
	o := &outline{}
	var boxes []extent
	cut := seamOf(mp)
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, line := range cut.lines(ring) {
				for from := 0; from+1 < len(line); from += runEdges {
					run := line[from:min(from+runEdges+1, len(line))]
					o.runs = append(o.runs, run)
					boxes = append(boxes, extentOf(run))
				}
			}
		}
	}
	o.tree = newExtentTree(boxes)
	return o
}

// touches reports whether the point lies exactly on the border.
func (o *outline) touches(x, y float64) bool {
	found := false
	o.tree.visit(extent{x, y, x, y}, func(i int) bool {
		run := o.runs[i]
		for k := 1; k < len(run) && !found; k++ {
			found = newEdge(run[k-1], run[k]).on(x, y)
		}
		return !found
	})
	return found
}

// distance returns the metres from the point to the border, or +Inf when that
// is more than limit.
func (o *outline) distance(x, y, limit float64) float64 {
	m := metricAt(y)
	best, found := float64(limit*limit)*(1+1e-9), math.Inf(1)
	ask := func(x float64) {
		best = o.tree.nearest(m, x, y, best, func(i int, best float64) float64 {
			run := o.runs[i]
			for k := 1; k < len(run); k++ {
				d := m.toEdge(x, y, newEdge(run[k-1], run[k]))
				found, best = min(found, d), min(best, d)
			}
			return best
		})
	}
	ask(x)
	if dx := limit / m.perLon; math.Abs(x)+dx > 180 { // the shorter way may be over the antimeridian
		ask(x - 360)
		ask(x + 360)
	}
	if d := math.Sqrt(found); d <= limit {
		return d
	}
	return math.Inf(1)
}

// A surrounding finds the areas of a layer near a place by their bounds.
type surrounding struct {
	tree  extentTree
	areas []int32 // numbers in the index, in the order of the boxes
}

func newSurrounding(areas []Area, members []int32) surrounding {
	type item struct {
		key  uint64
		area int32
	}
	items := make([]item, len(members))
	for k, i := range members {
		items[k] = item{mortonKey(areas[i].Bound.Center()), i}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.area, b.area)) })
	s := surrounding{areas: make([]int32, len(items))}
	boxes := make([]extent, len(items))
	for k, it := range items {
		b := areas[it.area].Bound
		s.areas[k], boxes[k] = it.area, extent{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
	}
	s.tree = newExtentTree(boxes)
	return s
}

// mortonKey orders places so that neighbours in the order are neighbours on
// the ground: the bits of longitude and latitude in turn.
func mortonKey(p orb.Point) uint64 {
	spread := func(v uint64) uint64 {
		v = (v | v<<16) & 0x0000ffff0000ffff
		v = (v | v<<8) & 0x00ff00ff00ff00ff
		v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
		v = (v | v<<2) & 0x3333333333333333
		return (v | v<<1) & 0x5555555555555555
	}
	x := uint64((p[0] + 180) / 360 * (1<<32 - 1))
	y := uint64((p[1] + 90) / 180 * (1<<32 - 1))
	return spread(x) | spread(y)<<1
}

// within calls visit once for every area whose bound is within so many metres,
// in no particular order.
func (s *surrounding) within(x, y, limit float64, visit func(area int32)) {
	m := metricAt(y)
	// A hair of room: rounding must not lose a border exactly at the limit.
	dx, dy := min(limit/m.perLon*1.001, 360), min(limit/m.perLat*1.001, 180)
	here := extent{x - dx, y - dy, x + dx, y + dy}
	beyond := here // what of it lies over the antimeridian
	switch {
	case dx >= 180:
		here = extent{-180, y - dy, 180, y + dy}
	case here.minX < -180:
		beyond = extent{here.minX + 360, here.minY, here.maxX + 360, here.maxY}
	case here.maxX > 180:
		beyond = extent{here.minX - 360, here.minY, here.maxX - 360, here.maxY}
	}
	s.tree.visit(here, func(i int) bool {
		visit(s.areas[i])
		return true
	})
	if dx >= 180 || beyond == here {
		return
	}
	s.tree.visit(beyond, func(i int) bool {
		if !s.tree.levels[0][i].meets(here) { // an area on both sides is visited once
			visit(s.areas[i])
		}
		return true
	})
}
