package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// SameButRounded reports whether two borders are the same but for the rounding
// of numbers: the same rings of as many points, each within so many metres of
// where the other has it. Where a ring begins and in which order the rings come
// makes no difference. Both are wound as Decode leaves them.
//
// Coordinates that went to another projection and back differ by a tenth of a
// millimetre at most; with seven decimals of a degree, as RFC 7946 §11.2 advises
// at most, by half a centimetre.
func SameButRounded(a, b orb.MultiPolygon, within float64) bool {
	if len(a) != len(b) {
		return false
	}
	taken := make([]bool, len(b))
	for _, p := range a {
		found := -1
		for i, q := range b {
			if !taken[i] && samePolygon(p, q, within) {
				found = i
				break
			}
		}
		if found < 0 {
			return false
		}
		taken[found] = true
	}
	return true
}

func samePolygon(p, q orb.Polygon, within float64) bool {
	if len(p) != len(q) || len(p) == 0 || !sameRing(p[0], q[0], within) {
		return false
	}
	taken := make([]bool, len(q))
	for _, hole := range p[1:] {
		found := -1
		for i := 1; i < len(q) && found < 0; i++ {
			if !taken[i] && sameRing(hole, q[i], within) {
				found = i
			}
		}
		if found < 0 {
			return false
		}
		taken[found] = true
	}
	return true
}

// sameRing compares closed rings, from each point where the second may begin.
func sameRing(r, s orb.Ring, within float64) bool {
	n := len(r) - 1
	if len(s) != len(r) || n < 1 {
		return false
	}
	for from := range n {
		if !nearBy(r[0], s[from], within) {
			continue
		}
		k := 1
		for k < n && nearBy(r[k], s[(from+k)%n], within) {
			k++
		}
		if k == n {
			return true
		}
	}
	return false
}

func nearBy(p, q orb.Point, within float64) bool {
	if math.Abs(p[1]-q[1]) > within/110_500 { // a degree of latitude is no shorter anywhere, and most are told apart without a sine
		return false
	}
	m := metricAt(p[1])
	return math.Hypot((p[0]-q[0])*m.perLon, (p[1]-q[1])*m.perLat) <= within
}

// Reseat returns the areas with each point that lies within so many metres of a
// point of the others put there: what went through another projection and was
// redrawn in part keeps, bit for bit, what it shares with what stays. The same
// point goes to the same place whichever area it is of, so that neighbours stay
// neighbours. An area that this would spoil is left as it was.
func Reseat(areas, others []Area, within float64) []Area {
	geoms := make([]orb.MultiPolygon, len(others))
	for i, o := range others {
		geoms[i] = o.Geometry
	}
	seats := newPegs(geoms, within)
	for _, mp := range geoms {
		eachRing(mp, func(ring *orb.Ring) {
			for _, p := range (*ring)[1:] {
				seats.add(p, 0)
			}
		})
	}
	out := slices.Clone(areas)
	for i, a := range areas {
		mp := a.Geometry.Clone()
		eachRing(mp, func(ring *orb.Ring) {
			for k, p := range *ring {
				if to, _, ok := seats.nearest(p, -1); ok && !leavesSeam(p, p, to) {
					(*ring)[k] = to
				}
			}
		})
		clean, problem := normalise(mp)
		if problem == nil {
			problem = checkGeometry(clean)
		}
		if problem == nil {
			out[i].Geometry = clean
			out[i] = out[i].Measure()
		}
	}
	return out
}
