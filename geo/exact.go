package geo

import (
	"math"
	"math/big"

	"github.com/paulmach/orb"
)

// An edge is a side of a ring, stored lower end first (left end first when it
// is level), so that the two neighbours that share it ask the same bits.
type edge struct{ ax, ay, bx, by float64 }

func newEdge(p, q orb.Point) edge {
	if q[1] < p[1] || (q[1] == p[1] && q[0] < p[0]) {
		p, q = q, p
	}
	return edge{p[0], p[1], q[0], q[1]}
}

// right reports whether a ray from the point to the east crosses the edge. The
// edge owns its lower end and not its upper one, and a point on it does not
// count as west of it: so the left and bottom borders of an area are in, the
// right and top ones out.
func (e edge) right(x, y float64) bool {
	return y >= e.ay && y < e.by && beside(e.ax, e.ay, e.bx, e.by, x, y)
}

// beside is right for a point that is known to be at the edge's height.
func beside(ax, ay, bx, by, x, y float64) bool {
	if x < ax && x < bx {
		return true
	}
	if x >= ax && x >= bx {
		return false
	}
	return turn(ax, ay, bx, by, x, y) > 0
}

// on reports whether the point lies exactly on the edge, its ends included.
func (e edge) on(x, y float64) bool {
	return y >= e.ay && y <= e.by && x >= min(e.ax, e.bx) && x <= max(e.ax, e.bx) &&
		turn(e.ax, e.ay, e.bx, e.by, x, y) == 0
}

// turnBound is Shewchuk's bound A for the orientation of three points: (3 + 16ε)ε
// with ε = 2⁻⁵³ (Adaptive Precision Floating-Point Arithmetic, 1997, 4.1).
const turnBound = (3 + 16*0x1p-53) * 0x1p-53

// turnFloor sends products that may have lost bits by underflow to the exact
// computation, where Shewchuk's bound does not hold.
const turnFloor = 0x1p-960

// turn returns +1 when p lies left of the line from a to b, -1 when it lies
// right of it and 0 when it lies on it: the exact sign of
// (bx-ax)(py-ay) - (by-ay)(px-ax). The coordinates are finite.
//
// Products are converted to float64 before they are subtracted: otherwise the
// compiler may fuse the two on some machines, and answers would differ.
func turn(ax, ay, bx, by, px, py float64) int {
	l := float64((bx - ax) * (py - ay))
	r := float64((by - ay) * (px - ax))
	det := l - r
	bound := float64(turnBound*(math.Abs(l)+math.Abs(r))) + turnFloor
	if det > bound {
		return 1
	}
	if det < -bound {
		return -1
	}
	return turnExact(ax, ay, bx, by, px, py)
}

// turnExact first tries the case of neighbours: when the four differences are
// exact, the two products are compared with their rounding errors. Rounding is
// monotone, so a greater rounded product is a greater product.
func turnExact(ax, ay, bx, by, px, py float64) int {
	dx, dy, ex, ey := bx-ax, by-ay, px-ax, py-ay
	if tail(bx, ax, dx) != 0 || tail(by, ay, dy) != 0 || tail(px, ax, ex) != 0 || tail(py, ay, ey) != 0 {
		return turnBig(ax, ay, bx, by, px, py)
	}
	l, lLow, lOK := product(dx, ey)
	r, rLow, rOK := product(dy, ex)
	switch {
	case !lOK || !rOK:
		return turnBig(ax, ay, bx, by, px, py)
	case l > r || (l == r && lLow > rLow):
		return 1
	case l < r || lLow < rLow:
		return -1
	}
	return 0
}

// tail returns what rounding took from d = a - b (Knuth's two-difference).
func tail(a, b, d float64) float64 {
	bVirtual := a - d
	aVirtual := d + bVirtual
	return (a - aVirtual) + (bVirtual - b)
}

// product returns x·y as a rounded value and its exact error; ok is false
// where the error itself may have underflowed.
func product(x, y float64) (p, low float64, ok bool) {
	p = float64(x * y)
	if x == 0 || y == 0 {
		return 0, 0, true
	}
	return p, math.FMA(x, y, -p), math.Abs(p) > turnFloor
}

// turnPrecision holds any difference of degrees (2⁹ down to 2⁻¹⁰⁷⁴) and any
// product of two of them without rounding.
const turnPrecision = 2240

func turnBig(ax, ay, bx, by, px, py float64) int {
	minus := func(a, b float64) *big.Float {
		d := new(big.Float).SetPrec(turnPrecision).SetFloat64(a)
		return d.Sub(d, new(big.Float).SetPrec(turnPrecision).SetFloat64(b))
	}
	l := minus(bx, ax)
	l.Mul(l, minus(py, ay))
	r := minus(by, ay)
	r.Mul(r, minus(px, ax))
	return l.Cmp(r)
}
