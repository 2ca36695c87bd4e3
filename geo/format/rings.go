package format

import (
	"slices"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// maxRingWork bounds the work of sorting the rings of one shape: real ones
// need a thousandth of it, and a file made to tire us stops in a second.
const maxRingWork = 200_000_000

// A grouping is the rings of one shape as polygons.
type grouping struct {
	polygons orb.MultiPolygon
	lies     bool // the direction of some ring is not what its place asks
}

// group makes polygons of rings that come in one list, as shapefiles have
// them: shells clockwise and holes the other way round, or the other way
// throughout. Many programs write neither. So what counts is what lies inside
// what: a ring in an even number of others is a shell, one in an odd number a
// hole of the smallest. Rings may go over the 180th meridian. It gives up when
// that is too much work.
func group(rings []orb.Ring) (grouping, bool) {
	if len(rings) == 1 {
		return grouping{polygons: orb.MultiPolygon{{rings[0]}}}, true
	}
	nests := make([]nest, len(rings))
	shifts := []float64{0}
	for i, r := range rings {
		path, over := geo.Unwrapped(r)
		if nests[i] = (nest{ring: r, path: path, bound: path.Bound(), area: signedArea(path), in: -1}); over {
			shifts = []float64{0, 360, -360}
		}
	}
	slices.SortStableFunc(nests, func(a, b nest) int { // the larger first: a ring lies in earlier ones only
		switch {
		case abs(a.area) > abs(b.area):
			return -1
		case abs(a.area) < abs(b.area):
			return 1
		}
		return 0
	})
	work := 0
	for i := range nests {
		// From the smallest that is larger upwards: the first that holds it is its
		// parent.
		for j := i - 1; j >= 0; j-- {
			if work++; work > maxRingWork {
				return grouping{}, false
			}
			if nests[i].within(&nests[j], shifts, &work) {
				nests[i].in, nests[i].depth = j, nests[j].depth+1
				break
			}
		}
	}
	return gather(nests)
}

// A nest is a ring with the smallest ring around it.
type nest struct {
	ring    orb.Ring
	path    orb.Ring // the ring, with longitudes beyond 180 where it goes over
	bound   orb.Bound
	area    float64 // positive when counter-clockwise
	in      int     // index of the ring around it; -1 for none
	depth   int     // how many are around it
	polygon int     // of a shell: where it is in the result
}

// within reports whether a ring lies in another, by one of its longitudes.
func (n *nest) within(outer *nest, shifts []float64, work *int) bool {
	for _, shift := range shifts {
		path, bound := n.path, n.bound
		if shift != 0 {
			bound.Min[0], bound.Max[0] = bound.Min[0]+shift, bound.Max[0]+shift
		}
		if !holds(outer.bound, bound) {
			continue
		}
		if shift != 0 {
			path = path.Clone()
			for i := range path {
				path[i][0] += shift
			}
		}
		if *work += len(outer.path); inside(path, outer.path, work) {
			return true
		}
	}
	return false
}

func gather(nests []nest) (grouping, bool) {
	var g grouping
	straight, turned := true, true // all as the standard says, all the other way
	for i := range nests {
		n := &nests[i]
		shell := n.depth%2 == 0
		clockwise := n.area < 0
		straight = straight && clockwise == shell
		turned = turned && clockwise != shell
		if shell {
			n.polygon = len(g.polygons)
			g.polygons = append(g.polygons, orb.Polygon{n.ring})
			continue
		}
		home := nests[n.in].polygon
		g.polygons[home] = append(g.polygons[home], n.ring)
	}
	g.lies = !straight && !turned
	return g, true
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

// signedArea is taken from the first point, so that large coordinates do not
// swallow it.
func signedArea(r orb.Ring) float64 {
	sum := 0.0
	for i := 1; i < len(r); i++ {
		ax, ay := r[i-1][0]-r[0][0], r[i-1][1]-r[0][1]
		bx, by := r[i][0]-r[0][0], r[i][1]-r[0][1]
		sum += ax*by - bx*ay
	}
	return sum / 2
}

func holds(outer, inner orb.Bound) bool {
	return outer.Min[0] <= inner.Min[0] && outer.Min[1] <= inner.Min[1] && outer.Max[0] >= inner.Max[0] && outer.Max[1] >= inner.Max[1]
}

// inside reports whether a ring lies in another, which it does not cross: the
// first of its points that is not on the border decides.
func inside(inner, outer orb.Ring, work *int) bool {
	for _, p := range inner {
		odd, on := parity(p, outer)
		if *work += len(outer); !on {
			return odd
		}
		if *work > maxRingWork {
			return false
		}
	}
	return false
}

// parity counts the sides to the right of a point. Ordinary arithmetic is
// enough to sort rings: geo looks at the result exactly.
func parity(p orb.Point, ring orb.Ring) (odd, on bool) {
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if a == p || b == p {
			return false, true
		}
		if (a[1] > p[1]) == (b[1] > p[1]) {
			if a[1] == p[1] && b[1] == p[1] && (a[0] < p[0]) != (b[0] < p[0]) {
				return false, true
			}
			continue
		}
		cross := (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
		if cross == 0 {
			return false, true
		}
		if (cross > 0) == (b[1] > a[1]) {
			odd = !odd
		}
	}
	return odd, false
}
