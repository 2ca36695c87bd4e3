package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// checkPlace asks whether the coordinates can be degrees in lon,lat order.
// expect is where the boundaries should be.
func checkPlace(mp orb.MultiPolygon, expect orb.Bound) *Problem {
	if p := checkFinite(mp); p != nil {
		return p
	}
	seen := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	var strange *orb.Point
	all := true // vertices are off the earth
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring {
				seen = seen.Extend(p)
				off := !onEarth(p)
				if all = all && off; strange == nil && off {
					strange = &p
				}
			}
		}
	}
	if strange == nil {
		if turned := swapped(seen); !seen.Intersects(expect) && turned.Intersects(expect) && onEarth(turned.Min) && onEarth(turned.Max) {
			return &Problem{Fault: ErrSwapped, Place: &seen.Min}
		}
		return nil
	}
	widest := max(-seen.Min[0], -seen.Min[1], seen.Max[0], seen.Max[1])
	turned := swapped(seen)
	switch {
	case widest > 360:
		return &Problem{Fault: ErrMetres, Place: strange}
	case onEarth(turned.Min) && onEarth(turned.Max) && turned.Intersects(expect) && (all || expect != world):
		// Where everything is expected, one wrong vertex says nothing about axes.
		return &Problem{Fault: ErrSwapped, Place: strange}
	}
	return &Problem{Fault: ErrRange, Place: strange}
}

func onEarth(p orb.Point) bool {
	return p[0] >= -180 && p[0] <= 180 && p[1] >= -90 && p[1] <= 90
}

func swapped(b orb.Bound) orb.Bound {
	return orb.Bound{Min: orb.Point{b.Min[1], b.Min[0]}, Max: orb.Point{b.Max[1], b.Max[0]}}
}

// normalise returns a copy without repeated points, cut where it goes over the
// 180th meridian, wound as RFC 7946 asks: shells counter-clockwise, holes
// clockwise. It refuses empty geometries, open rings, rings with too few points
// and those that cannot be cut. The points are known to be on the earth.
func normalise(mp orb.MultiPolygon) (orb.MultiPolygon, *Problem) {
	out := make(orb.MultiPolygon, 0, len(mp))
	for _, polygon := range mp {
		if len(polygon) == 0 || len(polygon[0]) == 0 {
			return nil, &Problem{Fault: ErrEmpty}
		}
		rings := make(orb.Polygon, 0, len(polygon))
		for _, ring := range polygon {
			clean, problem := cleanRing(ring)
			if problem != nil {
				return nil, problem
			}
			rings = append(rings, clean)
		}
		parts, problem := cutPolygon(rings)
		if problem != nil {
			return nil, problem
		}
		out = append(out, parts...)
	}
	for _, polygon := range out {
		for i, ring := range polygon {
			if counterClockwise(ring) != (i == 0) {
				ring.Reverse()
			}
		}
	}
	if len(out) == 0 {
		return nil, &Problem{Fault: ErrEmpty}
	}
	return out, nil
}

// cleanRing returns a copy of a ring without repeated points.
func cleanRing(ring orb.Ring) (orb.Ring, *Problem) {
	clean := make(orb.Ring, 0, len(ring))
	for _, p := range ring {
		p = orb.Point{p[0] + 0, p[1] + 0} // -0 becomes 0: equal points have equal bits
		if len(clean) == 0 || clean[len(clean)-1] != p {
			clean = append(clean, p)
		}
	}
	if problem := checkRing(clean); problem != nil {
		return nil, problem
	}
	return clean, nil
}

// checkRing asks what one ring alone must have.
func checkRing(ring orb.Ring) *Problem {
	if len(ring) == 0 {
		return &Problem{Fault: ErrEmpty}
	}
	first, last := ring[0], ring[len(ring)-1]
	switch {
	case first != last && len(ring) > 2:
		return &Problem{Fault: ErrOpenRing, Place: &last}
	case len(ring) < 4:
		return &Problem{Fault: ErrFewPoints, Place: &first}
	}
	return nil
}

// counterClockwise looks at the lowest point of a closed ring (the leftmost of
// the lowest): the border turns left there exactly when the ring is
// counter-clockwise. Unlike an area it cannot be rounded to the wrong sign.
func counterClockwise(ring orb.Ring) bool {
	n := len(ring) - 1
	low := 0
	for i := 1; i < n; i++ {
		if ring[i][1] < ring[low][1] || (ring[i][1] == ring[low][1] && ring[i][0] < ring[low][0]) {
			low = i
		}
	}
	before, at, after := ring[(low+n-1)%n], ring[low], ring[(low+1)%n]
	return turn(before[0], before[1], at[0], at[1], after[0], after[1]) > 0
}

// checkStructure asks what every geometry must have before it is safe to ask
// it anything: rings that are closed, long enough, finite, on the earth and
// cut at the 180th meridian.
func checkStructure(mp orb.MultiPolygon) *Problem {
	if problem := checkRings(mp); problem != nil {
		return problem
	}
	for _, polygon := range mp {
		for _, ring := range polygon {
			if p := leap(ring); p != nil {
				return &Problem{Fault: ErrAntimeridian, Place: p}
			}
		}
	}
	return nil
}

// checkRings is checkStructure without the 180th meridian.
func checkRings(mp orb.MultiPolygon) *Problem {
	if len(mp) == 0 {
		return &Problem{Fault: ErrEmpty}
	}
	if problem := checkFinite(mp); problem != nil {
		return problem
	}
	for _, polygon := range mp {
		if len(polygon) == 0 {
			return &Problem{Fault: ErrEmpty}
		}
		for _, ring := range polygon {
			if problem := checkRing(ring); problem != nil {
				return problem
			}
			for _, p := range ring {
				if !onEarth(p) {
					return &Problem{Fault: ErrRange, Place: &p}
				}
			}
		}
	}
	return nil
}

// checkGeometry asks everything: the structure, that no border crosses or
// touches itself, that holes are inside their shells and parts beside each
// other. What goes over the 180th meridian is asked as it is when cut there.
func checkGeometry(mp orb.MultiPolygon) *Problem {
	problem := checkRings(mp)
	if problem == nil && leaps(mp) {
		mp, problem = normalise(mp)
	}
	if problem != nil {
		return problem
	}
	w, problem := checkCrossings(mp)
	if problem != nil {
		return problem
	}
	return checkNesting(mp, w)
}
