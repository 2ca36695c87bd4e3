package geo

import (
	"math"
	"math/rand/v2"
	"testing"
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
