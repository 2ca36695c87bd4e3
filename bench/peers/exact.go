package main

import (
	"math"
	"math/big"

	"github.com/paulmach/orb"
)

// exact tests a point against every edge of the areas whose box holds it: in
// floating point where there can be no doubt, in rational numbers elsewhere.
// The left and bottom borders of an area are its own.
type exact struct {
	areas  []orb.MultiPolygon
	bounds []orb.Bound
}

func newExact(areas []orb.MultiPolygon) exact {
	e := exact{areas: areas}
	for _, a := range areas {
		e.bounds = append(e.bounds, a.Bound())
	}
	return e
}

func (e exact) all(points []orb.Point) []int {
	out := make([]int, len(points))
	for i, p := range points {
		out[i] = e.locate(p)
	}
	return out
}

func (e exact) locate(p orb.Point) int {
	for i, mp := range e.areas {
		if e.bounds[i].Contains(p) && contains(mp, p) {
			return i
		}
	}
	return -1
}

func contains(mp orb.MultiPolygon, p orb.Point) bool {
	odd := false
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				if crosses(ring[i-1], ring[i], p) {
					odd = !odd
				}
			}
		}
	}
	return odd
}

// crosses reports whether a ray from p to the east crosses the edge.
func crosses(a, b, p orb.Point) bool {
	if a[1] > b[1] {
		a, b = b, a
	}
	if p[1] < a[1] || p[1] >= b[1] {
		return false
	}
	l, r := (b[0]-a[0])*(p[1]-a[1]), (b[1]-a[1])*(p[0]-a[0])
	if math.Abs(l-r) > 1e-12*(math.Abs(l)+math.Abs(r)) {
		return l > r
	}
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	minus := func(x, y float64) *big.Rat { return new(big.Rat).Sub(rat(x), rat(y)) }
	left := new(big.Rat).Mul(minus(b[0], a[0]), minus(p[1], a[1]))
	right := new(big.Rat).Mul(minus(b[1], a[1]), minus(p[0], a[0]))
	return left.Cmp(right) > 0
}
