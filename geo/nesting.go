package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// A nest is what is known of one ring: to which polygon it belongs and how
// large it is. Rings are numbered through all polygons.
type nest struct {
	ring    orb.Ring
	polygon int
	hole    bool
	size    float64 // square degrees
}

// checkNesting asks that each hole lies inside its shell and beside the other
// holes, and that the polygons of one geometry cover no place twice. The
// borders are known not to cross except where they touch; so between two such
// places a ring lies on one side of another as a whole, and when all stretches
// of it have the same smallest ring around them, that says everything: for a
// hole it must be its own shell, for a shell the hole of another polygon, or
// none.
func checkNesting(mp orb.MultiPolygon, w *web) *Problem {
	nests := nestsOf(mp)
	if len(nests) == 1 {
		return nil
	}
	work := 0
	for number, n := range nests {
		probes := probesOf(n.ring, w.touched[number])
		p, around := probes[0], -1
		for k, q := range probes {
			ring, looks := w.around(q, number, nests)
			if work += looks; work > maxPairs {
				return &Problem{Fault: ErrTangled, Place: &q}
			}
			if k == 0 {
				around = ring
			} else if ring != around {
				return &Problem{Fault: ErrSelfIntersection, Place: &q, Note: fault.Say("two rings cross where they touch", "due anelli si incrociano dove si toccano")}
			}
		}
		switch {
		case n.hole && around < 0:
			return &Problem{Fault: ErrHoleOutside, Place: &p}
		case n.hole && nests[around].hole && nests[around].polygon == n.polygon:
			return &Problem{Fault: ErrHoleOutside, Place: &p, Note: fault.Say("it lies in another hole", "sta dentro un altro buco")}
		case n.hole && nests[around].polygon != n.polygon:
			// Either it lies outside its shell, or another part lies between.
			if shell := shellOf(nests, n.polygon); !w.inside(p, number, shell) {
				return &Problem{Fault: ErrHoleOutside, Place: &p}
			}
			return &Problem{Fault: ErrOverlapParts, Place: &p}
		case !n.hole && around >= 0 && !nests[around].hole:
			return &Problem{Fault: ErrOverlapParts, Place: &p}
		case !n.hole && around >= 0 && nests[around].polygon == n.polygon:
			return &Problem{Fault: ErrHoleOutside, Place: &p}
		}
	}
	return nil
}

func nestsOf(mp orb.MultiPolygon) []nest {
	var out []nest
	for i, polygon := range mp {
		for j, ring := range polygon {
			size, o := 0.0, ring[0]
			for k := 1; k < len(ring); k++ {
				size += (ring[k-1][0]-o[0])*(ring[k][1]-o[1]) - (ring[k][0]-o[0])*(ring[k-1][1]-o[1])
			}
			out = append(out, nest{ring, i, j > 0, math.Abs(size)})
		}
	}
	return out
}

// probesOf returns a point of each stretch of a ring between places where other
// rings touch it: a corner, or where there is none, the middle. A ring that is
// touched in one place is one stretch.
func probesOf(ring orb.Ring, touched map[orb.Point]int) []orb.Point {
	type place struct {
		i  int
		at orb.Point
	}
	var stops []place
	for at, i := range touched {
		stops = append(stops, place{i, at})
	}
	if len(stops) == 0 {
		return []orb.Point{ring[1]}
	}
	along := func(s place) float64 { // grows from the beginning of a side to its end
		return math.Abs(s.at[0]-ring[s.i][0]) + math.Abs(s.at[1]-ring[s.i][1])
	}
	slices.SortFunc(stops, func(a, b place) int { return cmp.Or(a.i-b.i, cmp.Compare(along(a), along(b))) })
	out := make([]orb.Point, len(stops))
	for k, from := range stops {
		to := stops[(k+1)%len(stops)]
		corner := ring[from.i+1]
		switch {
		case corner != to.at && (to.i != from.i || k+1 == len(stops)):
			out[k] = corner
		default:
			out[k] = orb.Point{from.at[0]/2 + to.at[0]/2, from.at[1]/2 + to.at[1]/2}
		}
	}
	return out
}

// around returns the smallest ring that contains a point of another ring, or
// -1, and at how many sides it looked.
func (w *web) around(p orb.Point, but int, nests []nest) (ring, looks int) {
	odd := map[int]bool{}
	looks = w.stripes.near(box{math.Inf(-1), p[1], p[0], p[1]}, func(i int32) bool {
		if s := w.sides[i]; s.ring != but && westOf(s, p) {
			odd[s.ring] = !odd[s.ring]
		}
		return true
	})
	ring = -1
	for r, in := range odd {
		if in && (ring < 0 || nests[r].size < nests[ring].size || (nests[r].size == nests[ring].size && r < ring)) {
			ring = r
		}
	}
	return ring, looks
}

// westOf reports whether a ray from the point to the west crosses the side,
// which owns its lower end and not its upper one.
func westOf(s side, p orb.Point) bool {
	e := newEdge(s.p, s.q)
	return p[1] >= e.ay && p[1] < e.by && turn(e.ax, e.ay, e.bx, e.by, p[0], p[1]) < 0
}

func shellOf(nests []nest, polygon int) int {
	for i, n := range nests {
		if n.polygon == polygon && !n.hole {
			return i
		}
	}
	return -1
}

// inside reports whether one ring contains a point of another.
func (w *web) inside(p orb.Point, but, ring int) bool {
	odd := false
	w.stripes.near(box{math.Inf(-1), p[1], p[0], p[1]}, func(i int32) bool {
		if s := w.sides[i]; s.ring == ring && s.ring != but && westOf(s, p) {
			odd = !odd
		}
		return true
	})
	return odd
}
