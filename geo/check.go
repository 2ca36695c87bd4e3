package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// checkPlace asks whether the coordinates can be degrees in lon,lat order.
// expect is where the boundaries should be.
func checkPlace(mp orb.MultiPolygon, expect orb.Bound) *Problem {
	seen := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	var strange *orb.Point
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring {
				if !finite(p) {
					return &Problem{Fault: ErrNotFinite}
				}
				seen = seen.Extend(p)
				if strange == nil && !onEarth(p) {
					strange = &p
				}
			}
		}
	}
	if strange == nil {
		if !seen.Intersects(expect) && swapped(seen).Intersects(expect) {
			return &Problem{Fault: ErrSwapped, Place: &seen.Min}
		}
		return nil
	}
	widest := max(-seen.Min[0], -seen.Min[1], seen.Max[0], seen.Max[1])
	turned := swapped(seen)
	switch {
	case widest > 360:
		return &Problem{Fault: ErrMetres, Place: strange}
	case onEarth(turned.Min) && onEarth(turned.Max):
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

// normalise returns a copy without repeated points, wound as RFC 7946 asks:
// shells counter-clockwise, holes clockwise. It refuses empty geometries, open
// rings and rings with too few points.
func normalise(mp orb.MultiPolygon) (orb.MultiPolygon, *Problem) {
	out := make(orb.MultiPolygon, 0, len(mp))
	for _, polygon := range mp {
		if len(polygon) == 0 || len(polygon[0]) == 0 {
			return nil, &Problem{Fault: ErrEmpty}
		}
		rings := make(orb.Polygon, 0, len(polygon))
		for i, ring := range polygon {
			clean, problem := normaliseRing(ring, i == 0)
			if problem != nil {
				return nil, problem
			}
			rings = append(rings, clean)
		}
		out = append(out, rings)
	}
	if len(out) == 0 {
		return nil, &Problem{Fault: ErrEmpty}
	}
	return out, nil
}

func normaliseRing(ring orb.Ring, shell bool) (orb.Ring, *Problem) {
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
	if counterClockwise(clean) != shell {
		clean.Reverse()
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

// leap returns where a side goes more than half around the earth, or nil: such
// a side is the mark of a ring that crosses the 180th meridian and was not cut
// there. Along a pole it is none: so are rings closed that were cut.
func leap(ring orb.Ring) *orb.Point {
	for i := 1; i < len(ring); i++ {
		p, q := ring[i-1], ring[i]
		if math.Abs(p[0]-q[0]) > 180 && (p[1] != q[1] || math.Abs(p[1]) != 90) {
			return &p
		}
	}
	return nil
}

// checkStructure asks what every geometry must have before it is safe to ask
// it anything: rings that are closed, long enough, finite, on the earth and
// without a side that goes more than half around it.
func checkStructure(mp orb.MultiPolygon) *Problem {
	if len(mp) == 0 {
		return &Problem{Fault: ErrEmpty}
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
				if !finite(p) {
					return &Problem{Fault: ErrNotFinite}
				}
				if !onEarth(p) {
					return &Problem{Fault: ErrRange, Place: &p}
				}
			}
			if p := leap(ring); p != nil {
				return &Problem{Fault: ErrAntimeridian, Place: p}
			}
		}
	}
	return nil
}

// checkGeometry asks everything: the structure, that no border crosses or
// touches itself, that holes are inside their shells and parts beside each
// other.
func checkGeometry(mp orb.MultiPolygon) *Problem {
	if problem := checkStructure(mp); problem != nil {
		return problem
	}
	w, problem := checkCrossings(mp)
	if problem != nil {
		return problem
	}
	return checkNesting(mp, w)
}
