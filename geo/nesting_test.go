package geo_test

import (
	"errors"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

func validate(mp orb.MultiPolygon) error {
	return geo.Area{Code: "A", Kind: geo.Zone, Geometry: mp}.Validate()
}

func reversed(r orb.Ring) orb.Ring {
	out := r.Clone()
	out.Reverse()
	return out
}

func TestNesting(t *testing.T) {
	shell, hole := square(10, 44, 8), reversed(square(11, 45, 6))
	island, pond := square(12, 46, 4), reversed(square(13, 47, 2))
	diamond := orb.Ring{{14, 44}, {10, 48}, {14, 52}, {18, 48}, {14, 44}} // its corners touch the shell
	for _, c := range []struct {
		name string
		mp   orb.MultiPolygon
		want error
	}{
		{"hole", orb.MultiPolygon{{shell, hole}}, nil},
		{"island in a hole", orb.MultiPolygon{{shell, hole}, {island}}, nil},
		{"island first", orb.MultiPolygon{{island}, {shell, hole}}, nil},
		{"pond on the island", orb.MultiPolygon{{shell, hole}, {island, pond}}, nil},
		{"hole that touches in all corners", orb.MultiPolygon{{shell, diamond}}, nil},
		{"islands that touch in a corner", orb.MultiPolygon{{square(10, 44, 1)}, {square(11, 45, 1)}}, nil},
		{"holes that touch in a corner", orb.MultiPolygon{{shell, reversed(square(11, 45, 1)), reversed(square(12, 46, 1))}}, nil},
		{"island that touches the hole from within", orb.MultiPolygon{{shell, hole}, {orb.Ring{{11, 45}, {13, 46}, {13, 47}, {11, 45}}}}, nil},
		{"hole of another", orb.MultiPolygon{{shell}, {square(20, 44, 1), hole}}, geo.ErrHoleOutside},
		{"hole outside", orb.MultiPolygon{{island, hole}}, geo.ErrHoleOutside},
		{"hole in a hole", orb.MultiPolygon{{shell, hole, reversed(island)}}, geo.ErrHoleOutside},
		{"part in a part", orb.MultiPolygon{{shell}, {island}}, geo.ErrOverlapParts},
		{"part in a part, the small one first", orb.MultiPolygon{{island}, {shell}}, geo.ErrOverlapParts},
		{"part that touches from within", orb.MultiPolygon{{shell}, {diamond}}, geo.ErrOverlapParts},
		{"part between a hole and its shell", orb.MultiPolygon{{shell, pond}, {island}}, geo.ErrOverlapParts},
		{"pond on an island that is not there", orb.MultiPolygon{{shell, hole, pond}}, geo.ErrHoleOutside},
	} {
		err := validate(c.mp)
		if (c.want == nil) != (err == nil) || !errors.Is(err, c.want) {
			t.Errorf("%s: Validate = %v, want %v", c.name, err, c.want)
		}
	}
}

// TestNestingIsNotSquare: an archipelago of fourteen thousand, and a sieve with as
// many holes, take seconds at most and not hours.
func TestNestingIsNotSquare(t *testing.T) {
	const side = 120
	var islands orb.MultiPolygon
	sieve := orb.Polygon{square(9.9, 43.9, 3)}
	for i := range side {
		for k := range side {
			s := square(10+float64(i)/100, 44+float64(k)/100, 0.005)
			islands = append(islands, orb.Polygon{s})
			sieve = append(sieve, reversed(s))
		}
	}
	for name, mp := range map[string]orb.MultiPolygon{"islands": islands, "sieve": {sieve}} {
		if err := validate(mp); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Rings within rings, each in the one before.
	var rings orb.MultiPolygon
	for i := range 2000 {
		d := float64(i) / 2500
		rings = append(rings, orb.Polygon{square(10+d, 44+d, 2-2*d), reversed(square(10+d+1e-4, 44+d+1e-4, 2-2*d-2e-4))})
	}
	if err := validate(rings); err != nil {
		t.Errorf("rings: %v", err)
	}
}

// TestAntimeridian: a ring that was cut at the 180th meridian may be as wide
// as the earth; one that was not is as good, if it can be cut.
func TestAntimeridian(t *testing.T) {
	antarctica := orb.Ring{{-180, -90}, {180, -90}, {180, -80}, {90, -70}, {0, -75}, {-90, -70}, {-180, -80}, {-180, -90}}
	for _, c := range []struct {
		name string
		mp   orb.MultiPolygon
		want error
	}{
		{"around the pole, cut", orb.MultiPolygon{{antarctica}}, nil},
		{"the earth", orb.MultiPolygon{{{{-180, -90}, {180, -90}, {180, 90}, {-180, 90}, {-180, -90}}}}, nil},
		{"wide", orb.MultiPolygon{{{{-170, 10}, {0, 0}, {170, 10}, {0, 20}, {-170, 10}}}}, nil},
		{"cut in two", orb.MultiPolygon{{square(179, -17, 1)}, {square(-180, -17, 1)}}, nil},
		{"not cut", orb.MultiPolygon{{{{179, -17}, {-179, -17}, {-179, -16}, {179, -16}, {179, -17}}}}, nil},
		{"around the pole, not cut", orb.MultiPolygon{{{{-179, -80}, {-90, -70}, {0, -75}, {90, -70}, {179, -80}, {-179, -80}}}}, nil},
		{"around the earth, and no pole nearer", orb.MultiPolygon{{{{-179, -1}, {-90, 2}, {0, -1}, {90, 2}, {179, -1}, {-179, -1}}}}, geo.ErrAntimeridian},
	} {
		if err := validate(c.mp); (c.want == nil) != (err == nil) || !errors.Is(err, c.want) {
			t.Errorf("%s: Validate = %v, want %v", c.name, err, c.want)
		}
	}
	x := newIndex(t, []geo.Area{district("S", antarctica)})
	for _, c := range []struct {
		lon, lat float64
		want     int
	}{{0, -89, 1}, {-180, -85, 1}, {90, -71, 1}, {0, -74, 0}, {0, 0, 0}, {-179.9, -79, 0}} {
		if n := owners(x, orb.Point{c.lon, c.lat}); n != c.want {
			t.Errorf("%d owners at %v,%v, want %d", n, c.lon, c.lat, c.want)
		}
	}
}
