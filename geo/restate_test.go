package geo_test

import (
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// TestSameButRounded: a border comes back from elsewhere with its rings turned,
// its parts and holes in another order and its points a hair away, and is still
// the same; with one point a step farther, or one point more, it is another.
func TestSameButRounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 8))
	square := func(lon, lat, side float64) orb.Ring {
		return orb.Ring{{lon, lat}, {lon + side, lat}, {lon + side, lat + side}, {lon, lat + side}, {lon, lat}}
	}
	hole := func(lon, lat, side float64) orb.Ring { r := square(lon, lat, side); r.Reverse(); return r }
	border := orb.MultiPolygon{
		{square(9, 45, 1), hole(9.2, 45.2, 0.1), hole(9.6, 45.6, 0.1)},
		{square(12, 46, 0.5)},
		{square(12.000_000_05, 44, 0.5)}, // as many points as the one before
	}
	const near, far = 4e-8, 2e-7 // degrees: less and more than a centimetre
	returned := func(by float64) orb.MultiPolygon {
		out := border.Clone()
		for _, polygon := range out {
			for i, ring := range polygon {
				turn := rng.IntN(len(ring) - 1)
				turned := append(append(orb.Ring{}, ring[turn:len(ring)-1]...), ring[:turn]...)
				for k := range turned {
					turned[k][0] += by * (2*rng.Float64() - 1)
					turned[k][1] += by * (2*rng.Float64() - 1)
				}
				polygon[i] = append(turned, turned[0])
			}
			rng.Shuffle(len(polygon)-1, func(i, k int) { polygon[i+1], polygon[k+1] = polygon[k+1], polygon[i+1] })
		}
		rng.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
		return out
	}
	for range 200 {
		if back := returned(near); !geo.SameButRounded(border, back, 0.01) || !geo.SameButRounded(back, border, 0.01) {
			t.Fatalf("%v is not the same", back)
		}
		moved := returned(near)
		ring := moved[rng.IntN(3)][0]
		k := 1 + rng.IntN(len(ring)-2)
		ring[k][rng.IntN(2)] += far
		if geo.SameButRounded(border, moved, 0.01) {
			t.Fatalf("a point moved by %v degrees in %v is the same", far, moved)
		}
	}
	for name, other := range map[string]orb.MultiPolygon{
		"a part less":  border[:2],
		"a hole less":  {border[0][:2], border[1], border[2]},
		"a part twice": {border[0], border[1], border[1]},
		"a point more": {border[0], {append(orb.Ring{{12, 46}, {12.2, 46}}, border[1][0][1:]...)}, border[2]},
		"nothing":      {},
	} {
		if geo.SameButRounded(border, other, 0.01) || geo.SameButRounded(other, border, 0.01) {
			t.Errorf("%s: the same", name)
		}
	}
}

// TestReseat: two neighbours went through another projection, and a point of
// their border was moved. All other points are where they were to the last bit,
// also where a third area meets them, and the two share what was moved.
func TestReseat(t *testing.T) {
	was := []geo.Area{
		district("A", orb.Ring{{9, 45}, {10, 45}, {10.01, 45.5}, {10, 46}, {9, 46}, {9, 45}}),
		district("B", orb.Ring{{10, 45}, {11, 45}, {11, 46}, {10, 46}, {10.01, 45.5}, {10, 45}}),
		district("C", orb.Ring{{9, 46}, {10, 46}, {11, 46}, {11, 47}, {9, 47}, {9, 46}}),
	}
	moved := orb.Point{10.02, 45.5}
	var redrawn []geo.Area
	for _, a := range was[:2] {
		a.Geometry = a.Geometry.Clone()
		for i, p := range a.Geometry[0][0] {
			if p == (orb.Point{10.01, 45.5}) {
				p = moved
			}
			a.Geometry[0][0][i] = orb.Point{p[0] + 4e-8, p[1] - 3e-8}
		}
		redrawn = append(redrawn, a)
	}
	there := orb.Point{moved[0] + 4e-8, moved[1] - 3e-8}
	for i, a := range geo.Reseat(redrawn, was, 0.01) {
		want := was[i].Geometry.Clone()
		for k, p := range want[0][0] {
			if p == (orb.Point{10.01, 45.5}) {
				want[0][0][k] = there
			}
		}
		if !a.Geometry.Equal(want) {
			t.Errorf("%s is %v, want %v", a.Code, a.Geometry, want)
		}
	}
	spoiled := district("S", orb.Ring{{10, 45}, {10.000_000_04, 45}, {10, 45.000_000_04}, {10, 45}})
	if got := geo.Reseat([]geo.Area{spoiled}, was, 0.01); !got[0].Geometry.Equal(spoiled.Geometry) {
		t.Errorf("a speck became %v", got[0].Geometry)
	}
}
