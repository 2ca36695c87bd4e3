package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// An arrow is a piece of border with the inside on its left.
type arrow struct{ from, to orb.Point }

// arrows returns the border of a geometry that is wound as RFC 7946 asks.
func arrows(mp orb.MultiPolygon) []arrow {
	var out []arrow
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				out = append(out, arrow{ring[i-1], ring[i]})
			}
		}
	}
	return out
}

func comparePoints(p, q orb.Point) int {
	for k := range p { // faster than cmp.Compare, which looks for NaN
		switch {
		case p[k] < q[k]:
			return -1
		case p[k] > q[k]:
			return 1
		}
	}
	return 0
}

// cancel removes every pair of opposite arrows: the borders that neighbours
// share. What is left is the border of their union, exactly, in a fixed order.
// An arrow that is there twice in one direction stays twice: it means that the
// geometries overlap.
func cancel(all []arrow) []arrow {
	type counted struct {
		arrow     // from its lesser end
		net   int // 1 when that is its own direction, -1 otherwise
	}
	sorted := make([]counted, len(all))
	for i, a := range all {
		if comparePoints(a.to, a.from) < 0 {
			sorted[i] = counted{arrow{a.to, a.from}, -1}
		} else {
			sorted[i] = counted{a, 1}
		}
	}
	slices.SortFunc(sorted, func(a, b counted) int {
		if c := comparePoints(a.from, b.from); c != 0 {
			return c
		}
		return comparePoints(a.to, b.to)
	})
	var left []arrow
	for i := 0; i < len(sorted); {
		edge, net := sorted[i].arrow, 0
		for ; i < len(sorted) && sorted[i].arrow == edge; i++ {
			net += sorted[i].net
		}
		for ; net > 0; net-- {
			left = append(left, edge)
		}
		for ; net < 0; net++ {
			left = append(left, arrow{edge.to, edge.from})
		}
	}
	return left
}

// assemble joins arrows into polygons. As many arrows must leave each point as
// arrive there, which closed rings and cancel guarantee. Where several meet it
// turns left as far as it can, and a ring that comes back to a point is cut
// off there, so that every ring is simple. Holes that lie in no shell are
// dropped: there are none unless the arrows came from geometries that overlap.
func assemble(all []arrow) orb.MultiPolygon {
	var shells orb.MultiPolygon
	var holes []orb.Ring
	for _, ring := range rings(all, leftmost) {
		if counterClockwise(ring) {
			shells = append(shells, orb.Polygon{ring})
		} else {
			holes = append(holes, ring)
		}
	}
	_ = placeHoles(shells, holes)
	return shells
}

// enclosed returns the holes that arrows leave, as clockwise rings. Where
// several arrows meet it turns right as far as it can, so that a gap counts
// even when its neighbours touch only in points.
func enclosed(all []arrow) []orb.Ring {
	return slices.DeleteFunc(rings(all, rightmost), counterClockwise)
}

// rings follows the arrows until each has been used once; pick chooses the way
// on where there are several.
func rings(all []arrow, pick func(path, next []orb.Point) orb.Point) []orb.Ring {
	leaving := make(map[orb.Point][]orb.Point, len(all))
	for _, a := range all {
		leaving[a.from] = append(leaving[a.from], a.to)
	}
	var out []orb.Ring
	for _, a := range all {
		path := []orb.Point{a.from}
		where := map[orb.Point]int{a.from: 0}
		for {
			at := path[len(path)-1]
			next := leaving[at]
			if len(next) == 0 {
				break // back at the start, with nothing left to follow
			}
			to := pick(path, next)
			leaving[at] = slices.DeleteFunc(next, once(to))
			start, seen := where[to]
			if !seen {
				where[to] = len(path)
				path = append(path, to)
				continue
			}
			ring := append(orb.Ring(slices.Clone(path[start:])), to)
			for _, p := range path[start+1:] {
				delete(where, p)
			}
			path = path[:start+1]
			if len(ring) >= 4 {
				out = append(out, ring)
			}
		}
	}
	return out
}

// once matches a point the first time only.
func once(p orb.Point) func(orb.Point) bool {
	done := false
	return func(q orb.Point) bool {
		if done || q != p {
			return false
		}
		done = true
		return true
	}
}

// leftmost chooses where to go on from the end of the path: the first of next
// that is met when turning clockwise from where the path came.
func leftmost(path, next []orb.Point) orb.Point {
	if len(next) == 1 || len(path) < 2 {
		return next[0]
	}
	return slices.MinFunc(next, clockwise(path[len(path)-1], path[len(path)-2]))
}

// rightmost chooses the last of them.
func rightmost(path, next []orb.Point) orb.Point {
	if len(next) == 1 || len(path) < 2 {
		return next[0]
	}
	return slices.MaxFunc(next, clockwise(path[len(path)-1], path[len(path)-2]))
}

// clockwise orders points by their angle at v, clockwise from back.
func clockwise(v, back orb.Point) func(a, b orb.Point) int {
	half := func(w orb.Point) int {
		switch t := turn(v[0], v[1], back[0], back[1], w[0], w[1]); {
		case t < 0:
			return 0
		case t > 0:
			return 2
		}
		return 1
	}
	return func(a, b orb.Point) int {
		return cmp.Or(cmp.Compare(half(a), half(b)), turn(v[0], v[1], a[0], a[1], b[0], b[1]))
	}
}

// placeHoles adds each hole to the smallest shell around it.
func placeHoles(shells orb.MultiPolygon, holes []orb.Ring) (homeless []orb.Ring) {
	shapes := make([]*shape, len(shells))
	bounds := make([]orb.Bound, len(shells))
	for i, shell := range shells {
		bounds[i] = shell.Bound()
	}
	size := func(b orb.Bound) float64 { return (b.Max[0] - b.Min[0]) * (b.Max[1] - b.Min[1]) }
	for _, hole := range holes {
		x, y := hole[0][0]/2+hole[1][0]/2, hole[0][1]/2+hole[1][1]/2
		home := -1
		for i, b := range bounds {
			if !b.Contains(orb.Point{x, y}) || (home >= 0 && size(b) >= size(bounds[home])) {
				continue
			}
			if shapes[i] == nil {
				shapes[i] = newShape(orb.MultiPolygon{{shells[i][0]}})
			}
			if shapes[i].contains(x, y) {
				home = i
			}
		}
		if home < 0 {
			homeless = append(homeless, hole)
			continue
		}
		shells[home] = append(shells[home], hole)
	}
	return homeless
}
