package geo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

// The fast answers and the exact one are the same, for points on lines, one
// step off them, and numbers so small that products underflow. This test is
// inside the package because nothing else sees a turn.
func TestTurn(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	scales := []float64{1, 180, 1e-7, 0x1p-500, 0x1p-1060}
	for range 20_000 {
		scale := scales[random.IntN(len(scales))]
		draw := func() float64 { return scale * (random.Float64() - 0.5) }
		ax, ay, bx, by := draw(), draw(), draw(), draw()
		s := random.Float64()
		px, py := ax+s*(bx-ax), ay+s*(by-ay)
		switch random.IntN(4) {
		case 0:
			px = math.Nextafter(px, 1)
		case 1:
			ax, bx, px = math.Round(ax*1024)/1024, math.Round(bx*1024)/1024, math.Round(px*1024)/1024
		case 2:
			px, py = (ax+bx)/2, (ay+by)/2
		}
		want := turnBig(ax, ay, bx, by, px, py)
		if got := turn(ax, ay, bx, by, px, py); got != want {
			t.Fatalf("turn(%v, %v, %v, %v, %v, %v) = %d, want %d", ax, ay, bx, by, px, py, got, want)
		}
		if got := turn(bx, by, ax, ay, px, py); got != -want {
			t.Fatalf("turn of the edge turned round = %d, want %d", got, -want)
		}
	}
}

// Metres per degree at three latitudes, from the series of the WGS84 ellipsoid
// (NIMA TR8350.2: 111,131.8 m and 78,846.8 m at 45°).
func TestMetric(t *testing.T) {
	for _, c := range []struct{ lat, perLat, perLon float64 }{
		{0, 110574.28, 111319.49},
		{45, 111131.78, 78846.81},
		{-60, 111412.24, 55800.00},
	} {
		m := metricAt(c.lat)
		if math.Abs(m.perLat-c.perLat) > 0.5 || math.Abs(m.perLon-c.perLon) > 0.5 {
			t.Errorf("metricAt(%v) = %.2f, %.2f, want %.2f, %.2f", c.lat, m.perLat, m.perLon, c.perLat, c.perLon)
		}
	}
	if m := metricAt(90); !(m.perLon > 0) {
		t.Errorf("metricAt(90) = %v, want a positive length to divide by", m.perLon)
	}
}

// The side of an edge is the one that rational numbers give, for points within
// a few steps of it, where a fused multiplication and addition would round
// otherwise than the two apart: on arm64, and on amd64 with GOAMD64=v3, the
// compiler may fuse what is not kept apart.
func TestRightAgainstRat(t *testing.T) {
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	random := rand.New(rand.NewPCG(12, 13))
	near := 0
	for range 30_000 {
		scale := math.Ldexp(1, -random.IntN(40))
		a := orb.Point{9 + scale*random.Float64(), 45 + scale*random.Float64()}
		b := orb.Point{9 + scale*random.Float64(), 45 + scale*random.Float64()}
		e := newEdge(a, b)
		s := random.Float64()
		x, y := a[0]+s*(b[0]-a[0]), a[1]+s*(b[1]-a[1])
		for range random.IntN(4) {
			x = math.Nextafter(x, 90*float64(random.IntN(2)))
		}
		l := new(big.Rat).Mul(new(big.Rat).Sub(rat(e.bx), rat(e.ax)), new(big.Rat).Sub(rat(y), rat(e.ay)))
		r := new(big.Rat).Mul(new(big.Rat).Sub(rat(e.by), rat(e.ay)), new(big.Rat).Sub(rat(x), rat(e.ax)))
		want := y >= e.ay && y < e.by && l.Cmp(r) > 0
		if got := e.right(x, y); got != want {
			t.Fatalf("%v.right(%v, %v) = %v, want %v", e, x, y, got, want)
		}
		fused := math.FMA(e.bx-e.ax, y-e.ay, -(e.by-e.ay)*(x-e.ax)) > 0
		if y >= e.ay && y < e.by && fused != want {
			near++
		}
	}
	if near == 0 {
		t.Error("a fused product would have done as well: the points are too easy")
	}
}
