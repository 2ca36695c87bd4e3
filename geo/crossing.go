package geo

import (
	"github.com/paulmach/orb"
)

// A side is an edge of a ring in its own direction, with its place in the
// geometry: rings are numbered through all polygons.
type side struct {
	p, q       orb.Point
	ring, i, n int // the i-th of n sides of this ring
}

func (s side) minX() float64 { return min(s.p[0], s.q[0]) }
func (s side) maxX() float64 { return max(s.p[0], s.q[0]) }
func (s side) minY() float64 { return min(s.p[1], s.q[1]) }
func (s side) maxY() float64 { return max(s.p[1], s.q[1]) }

// ringPair names two rings that touch, the lower number first.
type ringPair struct{ a, b int }

// maxPairs bounds the work on one geometry: a million ordinary vertices need a
// fraction of it, and a file made to tire us stops in about a second.
const maxPairs = 200_000_000

// A web is the sides of a geometry, listed where they are, and what was found
// out about them.
type web struct {
	sides   []side
	stripes *stripes
	meets   map[ringPair]bool         // rings that touch
	touched map[int]map[orb.Point]int // of each ring, where another touches it: on its i-th side, or where that begins
}

// checkCrossings looks at every pair of sides whose boxes meet. Sides that
// cross or run along each other are a problem, and so is a ring that touches
// itself. Different rings may touch in points: the web says which and where, and
// checkNesting whether they cross there.
func checkCrossings(mp orb.MultiPolygon) (*web, *Problem) { return checkSides(sidesOf(mp)) }

func checkSides(sides []side) (*web, *Problem) {
	w := &web{sides: sides, meets: map[ringPair]bool{}, touched: map[int]map[orb.Point]int{}}
	boxes := make([]box, len(w.sides))
	for i, s := range w.sides {
		boxes[i] = box{s.minX(), s.minY(), s.maxX(), s.maxY()}
	}
	w.stripes = newStripes(boxes)
	var problem *Problem
	done := w.stripes.pairs(func(i, j int32) bool {
		problem = w.meet(w.sides[i], w.sides[j])
		return problem == nil
	})
	if !done {
		return nil, &Problem{Fault: ErrTangled, Place: &w.sides[0].p}
	}
	return w, problem
}

// touch notes that two rings touch.
func (w *web) touch(a, b side, at orb.Point) {
	w.meets[ringPair{min(a.ring, b.ring), max(a.ring, b.ring)}] = true
	for _, s := range []side{a, b} {
		if w.touched[s.ring] == nil {
			w.touched[s.ring] = map[orb.Point]int{}
		}
		i := s.i
		if at == s.q {
			i = (i + 1) % s.n
		}
		w.touched[s.ring][at] = i
	}
}

func sidesOf(mp orb.MultiPolygon) []side {
	var out []side
	number := 0
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				out = append(out, side{ring[i-1], ring[i], number, i - 1, len(ring) - 1})
			}
			number++
		}
	}
	return out
}

// meet judges one pair of sides whose boxes meet.
func (w *web) meet(a, b side) *Problem {
	if a.ring == b.ring && adjacent(a, b) {
		return spike(a, b)
	}
	bp, bq := turnAt(a, b.p), turnAt(a, b.q)
	ap, aq := turnAt(b, a.p), turnAt(b, a.q)
	if bp*bq > 0 || ap*aq > 0 {
		return nil
	}
	if bp*bq < 0 && ap*aq < 0 {
		return &Problem{Fault: ErrSelfIntersection, Place: crossingPoint(a, b)}
	}
	if bp == 0 && bq == 0 {
		from, to := overlap(a, b)
		if less(from, to) {
			return &Problem{Fault: ErrSelfIntersection, Place: &from}
		}
		if less(to, from) {
			return nil
		}
	}
	touch, ok := touchPoint(a, b)
	switch {
	case !ok:
		return nil
	case a.ring == b.ring:
		return &Problem{Fault: ErrSelfIntersection, Place: &touch}
	}
	w.touch(a, b, touch)
	return nil
}

func adjacent(a, b side) bool {
	return (a.i+1)%a.n == b.i || (b.i+1)%b.n == a.i
}

// spike refuses two consecutive sides that go there and back on one line.
func spike(a, b side) *Problem {
	if (a.i+1)%a.n != b.i {
		a, b = b, a // now a ends where b begins
	}
	u, v, w := a.p, a.q, b.q
	if turn(u[0], u[1], v[0], v[1], w[0], w[1]) != 0 {
		return nil
	}
	forward := (v[0] > u[0]) == (w[0] > v[0]) && (v[0] < u[0]) == (w[0] < v[0]) &&
		(v[1] > u[1]) == (w[1] > v[1]) && (v[1] < u[1]) == (w[1] < v[1])
	if forward {
		return nil
	}
	return &Problem{Fault: ErrSelfIntersection, Place: &v}
}

func turnAt(s side, p orb.Point) int {
	return turn(s.p[0], s.p[1], s.q[0], s.q[1], p[0], p[1])
}

func less(p, q orb.Point) bool { return p[0] < q[0] || (p[0] == q[0] && p[1] < q[1]) }

// overlap returns the ends of what two sides on one line have in common: from
// is before to when it is a stretch, equal when it is a point.
func overlap(a, b side) (from, to orb.Point) {
	ordered := func(s side) (orb.Point, orb.Point) {
		if less(s.q, s.p) {
			return s.q, s.p
		}
		return s.p, s.q
	}
	from, to = ordered(a)
	bFrom, bTo := ordered(b)
	if less(from, bFrom) {
		from = bFrom
	}
	if less(bTo, to) {
		to = bTo
	}
	return from, to
}

// touchPoint returns the end of one side that lies on the other.
func touchPoint(a, b side) (orb.Point, bool) {
	for _, c := range []struct {
		s side
		p orb.Point
	}{{a, b.p}, {a, b.q}, {b, a.p}, {b, a.q}} {
		if newEdge(c.s.p, c.s.q).on(c.p[0], c.p[1]) {
			return c.p, true
		}
	}
	return orb.Point{}, false
}

// crossingPoint is where two sides cross, rounded: it is for people.
func crossingPoint(a, b side) *orb.Point {
	ax, ay := a.q[0]-a.p[0], a.q[1]-a.p[1]
	bx, by := b.q[0]-b.p[0], b.q[1]-b.p[1]
	d := ax*by - ay*bx
	if d == 0 {
		return &a.p
	}
	t := ((b.p[0]-a.p[0])*by - (b.p[1]-a.p[1])*bx) / d
	return &orb.Point{a.p[0] + t*ax, a.p[1] + t*ay}
}
