package geo_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// span is a closed box; one whose east is less than its west goes over the
// 180th meridian.
func span(west, south, east, north float64) orb.Ring {
	return orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
}

func rotated(r orb.Ring, by int) orb.Ring {
	n := len(r) - 1
	out := make(orb.Ring, 0, n+1)
	for i := range n {
		out = append(out, r[(i+by)%n])
	}
	return append(out, out[0])
}

// seamCases are geometries as files have them and as a careful person would
// have cut them.
var seamCases = []struct {
	name        string
	uncut, hand orb.MultiPolygon
}{
	{
		"box",
		orb.MultiPolygon{{span(179, -17, -179, -16)}},
		orb.MultiPolygon{{span(179, -17, 180, -16)}, {span(-180, -17, -179, -16)}},
	},
	{
		"slanting",
		orb.MultiPolygon{{{{178, -18}, {-178, -16}, {-176, -15}, {179, -14}, {178, -18}}}},
		orb.MultiPolygon{{{{178, -18}, {180, -17}, {180, -14.2}, {179, -14}, {178, -18}}}, {{{-180, -17}, {-178, -16}, {-176, -15}, {-180, -14.2}, {-180, -17}}}},
	},
	{
		"islands",
		orb.MultiPolygon{{span(177, -18, 178.5, -17)}, {span(179, -17, -179, -16)}, {span(-179.5, -19, -178, -18)}, {span(179.5, -15, -179.75, -14)}},
		orb.MultiPolygon{
			{span(177, -18, 178.5, -17)},
			{span(179, -17, 180, -16)},
			{span(-180, -17, -179, -16)},
			{span(-179.5, -19, -178, -18)},
			{span(179.5, -15, 180, -14)},
			{span(-180, -15, -179.75, -14)},
		},
	},
	{
		"hole over it",
		orb.MultiPolygon{{span(178, -20, -178, -10), span(179, -17, -179, -16)}},
		orb.MultiPolygon{
			{{{178, -20}, {180, -20}, {180, -17}, {179, -17}, {179, -16}, {180, -16}, {180, -10}, {178, -10}, {178, -20}}},
			{{{-180, -20}, {-178, -20}, {-178, -10}, {-180, -10}, {-180, -16}, {-179, -16}, {-179, -17}, {-180, -17}, {-180, -20}}},
		},
	},
	{
		"holes beside it",
		orb.MultiPolygon{{span(178, -20, -178, -10), span(178.5, -17, 179, -16), span(-179, -13, -178.5, -12), span(179.5, -15, -179.5, -14)}},
		orb.MultiPolygon{
			{{{178, -20}, {180, -20}, {180, -15}, {179.5, -15}, {179.5, -14}, {180, -14}, {180, -10}, {178, -10}, {178, -20}}, span(178.5, -17, 179, -16)},
			{{{-180, -20}, {-178, -20}, {-178, -10}, {-180, -10}, {-180, -14}, {-179.5, -14}, {-179.5, -15}, {-180, -15}, {-180, -20}}, span(-179, -13, -178.5, -12)},
		},
	},
	{
		"hole along it, on one side",
		orb.MultiPolygon{{span(178, -20, -178, -10), span(179, -17, 180, -16)}},
		orb.MultiPolygon{
			{{{178, -20}, {180, -20}, {180, -17}, {179, -17}, {179, -16}, {180, -16}, {180, -10}, {178, -10}, {178, -20}}},
			{span(-180, -20, -178, -10)},
		},
	},
	{
		"corners on it",
		orb.MultiPolygon{{{{179, 0.2}, {180, -1}, {-179, 0.2}, {-180, 0.9}, {179, 0.2}}}},
		orb.MultiPolygon{{{{179, 0.2}, {180, -1}, {180, 0.9}, {179, 0.2}}}, {{{-180, -1}, {-179, 0.2}, {-180, 0.9}, {-180, -1}}}},
	},
	{
		"corners written twice",
		orb.MultiPolygon{{{{179, -17}, {180, -17.5}, {-180, -17.5}, {-179, -17}, {-179, -16}, {-180, -15.5}, {180, -15.5}, {179, -16}, {179, -17}}}},
		orb.MultiPolygon{{{{179, -17}, {180, -17.5}, {180, -15.5}, {179, -16}, {179, -17}}}, {{{-180, -17.5}, {-179, -17}, {-179, -16}, {-180, -15.5}, {-180, -17.5}}}},
	},
	{
		"along it and over",
		orb.MultiPolygon{{{{178, 0}, {180, 0}, {180, 2}, {-179, 3}, {-179, 5}, {179, 5}, {178, 0}}}},
		orb.MultiPolygon{{{{178, 0}, {180, 0}, {180, 5}, {179, 5}, {178, 0}}}, {{{-180, 2}, {-179, 3}, {-179, 5}, {-180, 5}, {-180, 2}}}},
	},
	{"along it with the other sign", orb.MultiPolygon{{{{178, 0}, {-180, 0}, {180, 1}, {-180, 2}, {178, 2}, {178, 0}}}}, orb.MultiPolygon{{span(178, 0, 180, 2)}}},
	{"along it with both signs, as it were", orb.MultiPolygon{{{{-180, 10}, {-180, -10}, {180, -10}, {180, -20}, {-170, -20}, {-170, 10}, {-180, 10}}}}, orb.MultiPolygon{{span(-180, -20, -170, 10)}}},
	{"beside it with the other sign", orb.MultiPolygon{{{{180, 0}, {-179, 0}, {-179, 2}, {180, 2}, {180, 0}}}}, orb.MultiPolygon{{span(-180, 0, -179, 2)}}},
	{
		"to and fro",
		orb.MultiPolygon{{{{178, 0}, {-178, 0}, {-178, 1}, {179, 1}, {179, 2}, {-178, 2}, {-178, 3}, {178, 3}, {178, 0}}}},
		orb.MultiPolygon{{{{178, 0}, {180, 0}, {180, 1}, {179, 1}, {179, 2}, {180, 2}, {180, 3}, {178, 3}, {178, 0}}}, {span(-180, 0, -178, 1)}, {span(-180, 2, -178, 3)}},
	},
	{
		"a bay that reaches it",
		orb.MultiPolygon{{{{178, 0}, {-178, 0}, {-178, 4}, {178, 4}, {178, 3}, {180, 2}, {178, 1}, {178, 0}}}},
		orb.MultiPolygon{{{{178, 0}, {180, 0}, {180, 2}, {178, 1}, {178, 0}}}, {{{178, 3}, {180, 2}, {180, 4}, {178, 4}, {178, 3}}}, {span(-180, 0, -178, 4)}},
	},
	{
		"around the south pole",
		orb.MultiPolygon{{{{-179, -80}, {-90, -70}, {0, -75}, {90, -70}, {179, -80}, {-179, -80}}}},
		orb.MultiPolygon{{{{-180, -90}, {180, -90}, {180, -80}, {179, -80}, {90, -70}, {0, -75}, {-90, -70}, {-179, -80}, {-180, -80}, {-180, -90}}}},
	},
	{
		"around the south pole, with ends on the meridian",
		orb.MultiPolygon{{{{-180, -80}, {-90, -70}, {0, -75}, {90, -70}, {180, -80}, {-180, -80}}}},
		orb.MultiPolygon{{{{-180, -90}, {180, -90}, {180, -80}, {90, -70}, {0, -75}, {-90, -70}, {-180, -80}, {-180, -90}}}},
	},
	{
		"around the north pole, with a hole over the meridian",
		orb.MultiPolygon{{{{-179, 60}, {-60, 60}, {60, 60}, {179, 60}, {-179, 60}}, span(170, 70, -170, 80), span(10, 65, 20, 75)}},
		orb.MultiPolygon{{
			{{-180, 60}, {180, 60}, {180, 70}, {170, 70}, {170, 80}, {180, 80}, {180, 90}, {-180, 90}, {-180, 80}, {-170, 80}, {-170, 70}, {-180, 70}, {-180, 60}},
			span(10, 65, 20, 75),
		}},
	},
	{
		"belt over the equator",
		orb.MultiPolygon{{{{-179, 30}, {-60, 30}, {60, 30}, {179, 30}, {-179, 30}}, {{-179, -20}, {-60, -20}, {60, -20}, {179, -20}, {-179, -20}}}},
		orb.MultiPolygon{{span(-180, -20, 180, 30)}},
	},
	{
		"the same belt, the other ring first",
		orb.MultiPolygon{{{{-179, -20}, {-60, -20}, {60, -20}, {179, -20}, {-179, -20}}, {{-179, 30}, {-60, 30}, {60, 30}, {179, 30}, {-179, 30}}}},
		orb.MultiPolygon{{span(-180, -20, 180, 30)}},
	},
	{"belt with four corners", orb.MultiPolygon{{span(-180, -10, 180, 10)}}, orb.MultiPolygon{{{{-180, -10}, {0, -10}, {180, -10}, {180, 10}, {0, 10}, {-180, 10}, {-180, -10}}}}},
	{"cap with four corners", orb.MultiPolygon{{span(-180, -90, 180, -70)}}, orb.MultiPolygon{{{{-180, -90}, {0, -90}, {180, -90}, {180, -70}, {0, -70}, {-180, -70}, {-180, -90}}}}},
	{
		"belt with four corners and a hole over the meridian",
		orb.MultiPolygon{{span(-180, -10, 180, 10), span(170, -5, -170, 5)}},
		orb.MultiPolygon{{{{-180, -10}, {180, -10}, {180, -5}, {170, -5}, {170, 5}, {180, 5}, {180, 10}, {-180, 10}, {-180, 5}, {-170, 5}, {-170, -5}, {-180, -5}, {-180, -10}}}},
	},
	{
		"the earth without a cap",
		orb.MultiPolygon{{span(-180, -90, 180, 90), {{-179, -80}, {-60, -80}, {60, -80}, {179, -80}, {-179, -80}}}},
		orb.MultiPolygon{{span(-180, -80, 180, 90)}},
	},
	{
		"wedge to the pole",
		orb.MultiPolygon{{{{170, -80}, {-170, -80}, {-170, -90}, {170, -90}, {170, -80}}}},
		orb.MultiPolygon{{span(170, -90, 180, -80)}, {span(-180, -90, -170, -80)}},
	},
	{"spiral", orb.MultiPolygon{{{
		{170, 0}, {-60, 0}, {60, 0}, {170, 20}, {-60, 20}, {60, 20}, {60, 30}, {-60, 30}, {170, 30}, {60, 10}, {-60, 10}, {170, 10}, {170, 0},
	}}}, orb.MultiPolygon{
		{{{170, 0}, {180, 0}, {180, 10}, {170, 10}, {170, 0}}},
		{{{-180, 0}, {-60, 0}, {60, 0}, {170, 20}, {180, 20}, {180, 30}, {170, 30}, {60, 10}, {-60, 10}, {-180, 10}, {-180, 0}}},
		{{{-180, 20}, {-60, 20}, {60, 20}, {60, 30}, {-60, 30}, {-180, 30}, {-180, 20}}},
	}},
}

// TestSeamCut: what is cut owns the places that it owns when a person has cut it,
// wherever its rings begin and whichever way they go.
func TestSeamCut(t *testing.T) {
	for _, c := range seamCases {
		t.Run(c.name, func(t *testing.T) {
			if err := validate(c.hand); err != nil {
				t.Fatalf("what a person cut: Validate = %v", err)
			}
			want := newIndex(t, []geo.Area{{Code: "A", Kind: geo.District, Geometry: c.hand}})
			places := seamPlaces(c.uncut, c.hand)
			for by := range 4 {
				for _, back := range []bool{false, true} {
					mp := c.uncut.Clone()
					for _, polygon := range mp {
						for k := range polygon {
							if polygon[k] = rotated(polygon[k], by); back {
								polygon[k].Reverse()
							}
						}
					}
					if err := validate(mp); err != nil {
						t.Fatalf("rotated by %d, reversed %v: Validate = %v", by, back, err)
					}
					got := newIndex(t, []geo.Area{{Code: "A", Kind: geo.District, Geometry: mp}})
					if err := got.Areas()[0].Validate(); err != nil {
						t.Fatalf("rotated by %d, reversed %v: what was cut is refused: %v", by, back, err)
					}
					sameOwners(t, got, want, places)
				}
			}
		})
	}
}

// seamPlaces are the places that tell two geometries apart, if any do.
func seamPlaces(all ...orb.MultiPolygon) []orb.Point {
	var some []orb.Point
	for _, mp := range all {
		for _, polygon := range mp {
			for _, ring := range polygon {
				for i, p := range ring {
					q := ring[(i+1)%len(ring)]
					some = append(some, p, orb.Point{p[0]/2 + q[0]/2, p[1]/2 + q[1]/2}, orb.Point{180, p[1]}, orb.Point{-180, p[1]}, orb.Point{180, p[1]/2 + q[1]/2}, orb.Point{p[0], q[1]})
				}
			}
		}
	}
	var out []orb.Point
	for _, p := range some {
		out = append(out, neighbours(p)...)
	}
	for lon := -180.0; lon <= 180; lon += 7.5 {
		for lat := -90.0; lat <= 90; lat += 3.75 {
			out = append(out, orb.Point{lon, lat})
		}
	}
	for lon := 176.0; lon <= 184; lon += 0.125 {
		for lat := -20.0; lat <= 6; lat += 0.125 {
			out = append(out, orb.Point{math.Mod(lon+180, 360) - 180, lat})
		}
	}
	return slices.DeleteFunc(out, func(p orb.Point) bool { return geo.CheckPosition(p[0], p[1]) != nil })
}

func sameOwners(t *testing.T, got, want *geo.Index, places []orb.Point) {
	t.Helper()
	g, w := got.Layer(geo.District, time.Time{}), want.Layer(geo.District, time.Time{})
	for _, p := range places {
		if a, b := g.OwnerNumber(p[0], p[1]), w.OwnerNumber(p[0], p[1]); a != b {
			t.Fatalf("OwnerNumber(%v) = %d, want %d of %v; cut to %v", p, a, b, want.Areas()[0].Geometry, got.Areas()[0].Geometry)
		}
		_, a, _ := g.Nearest(p[0], p[1], 500_000)
		_, b, _ := w.Nearest(p[0], p[1], 500_000)
		if math.Abs(a-b) > 1e-3+1e-9*b {
			t.Fatalf("Nearest(%v) = %v m, want %v m", p, a, b)
		}
	}
}

// TestSeamRefuses: what does not say what is inside is refused with the place.
func TestSeamRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		mp   orb.MultiPolygon
		want error
	}{
		{"bow tie over it", orb.MultiPolygon{{{{179, 0}, {-179, 1}, {-179, 0}, {179, 1}, {179, 0}}}}, geo.ErrSelfIntersection},
		{"bow tie beside it", orb.MultiPolygon{{{{170, 0}, {-179, 0}, {-179, 4}, {172, 4}, {176, 1}, {172, 1}, {176, 4.5}, {170, 5}, {170, 0}}}}, geo.ErrSelfIntersection},
		{"touches itself on it", orb.MultiPolygon{{{{178, 0}, {-179, 0}, {180, 2}, {-179, 4}, {178, 4}, {180, 2}, {178, 0}}}}, geo.ErrSelfIntersection},
		{"touches itself beside it", orb.MultiPolygon{{{{178, 0}, {-178, 0}, {-179, 2}, {-178, 4}, {178, 4}, {-179, 2}, {178, 0}}}}, geo.ErrSelfIntersection},
		{"hole that shares its shell's side, with the other sign", orb.MultiPolygon{{span(-180, -5, -170, 5), {{180, 0}, {-179, 0}, {-179, 2}, {180, 2}, {180, 0}}}}, geo.ErrSelfIntersection},
		{"there and back along it", orb.MultiPolygon{{{{178, 0}, {180, 0}, {180, 3}, {180, 2}, {-179, 3}, {-179, 5}, {179, 5}, {178, 0}}}}, geo.ErrSelfIntersection},
		{"twice around", orb.MultiPolygon{{{{0, 40}, {120, 40}, {-120, 40}, {0, 45}, {120, 50}, {-120, 50}, {0, 40}}}}, geo.ErrAntimeridian},
		{"around the equator", orb.MultiPolygon{{{{0, 0}, {120, 0}, {-120, 0}, {0, 0}}}}, geo.ErrAntimeridian},
		{"around on both sides of the equator", orb.MultiPolygon{{{{0, 5}, {120, -5}, {-120, -5}, {0, 5}}}}, geo.ErrAntimeridian},
		{"nothing but the meridian", orb.MultiPolygon{{{{180, 0}, {-180, 10}, {180, 20}, {180, 0}}}}, geo.ErrAntimeridian},
		{"through the pole that it goes around", orb.MultiPolygon{{{{170, -80}, {-170, -80}, {0, -90}, {170, -80}}}}, geo.ErrSelfIntersection},
		{"hole outside, over it", orb.MultiPolygon{{span(178, 0, -178, 5), span(179, 10, -179, 12)}}, geo.ErrHoleOutside},
		{"hole outside, beside it", orb.MultiPolygon{{span(178, 0, -178, 5), span(100, 1, 101, 2)}}, geo.ErrHoleOutside},
		{"hole around its shell", orb.MultiPolygon{{span(179, 1, -179, 2), span(178, 0, -178, 5)}}, geo.ErrHoleOutside},
		{"hole over it in a shell beside it", orb.MultiPolygon{{span(100, 0, 170, 5), span(179, 1, -179, 2)}}, geo.ErrHoleOutside},
		{"hole in a hole, over it", orb.MultiPolygon{{span(170, 0, -170, 10), span(172, 1, -172, 9), span(174, 2, -174, 8)}}, geo.ErrHoleOutside},
		{"hole in a hole, beside it", orb.MultiPolygon{{span(170, 0, -170, 10), span(172, 1, -172, 9), span(174, 2, 175, 8)}}, geo.ErrHoleOutside},
		{"hole across its shell, over it", orb.MultiPolygon{{span(178, 0, -178, 5), span(179, 4, -179, 6)}}, geo.ErrSelfIntersection},
		{"hole that is its shell", orb.MultiPolygon{{span(178, 0, -178, 5), span(178, 0, -178, 5)}}, geo.ErrSelfIntersection},
		{"parts over each other", orb.MultiPolygon{{span(178, 0, -178, 5)}, {span(179, 1, -179, 2)}}, geo.ErrSelfIntersection},
		{"part in a part", orb.MultiPolygon{{span(178, 0, -178, 5)}, {span(179, 1, 179.5, 2)}}, geo.ErrOverlapParts},
	} {
		if err := validate(c.mp); !errors.Is(err, c.want) {
			t.Errorf("%s: Validate = %v, want %v", c.name, err, c.want)
		}
	}
}

// aslant is a net of triangles over the 180th meridian, not cut there.
func aslant() []geo.Area {
	areas := triangles(1, 12) // from 10 to 11.2, from 44 to 45.2
	for _, a := range areas {
		ring := a.Geometry[0][0]
		for i, p := range ring {
			if p[0] += 169.4; p[0] > 180 {
				p[0] -= 360
			}
			ring[i] = p
		}
	}
	return areas
}

// TestSeamOneOwner: neighbours whose common sides go over the meridian are cut
// at the same places, and every place has one owner.
func TestSeamOneOwner(t *testing.T) {
	x := newIndex(t, aslant())
	cut := 0
	for _, a := range x.Areas() {
		if len(a.Geometry) > 1 {
			cut++
		}
		for _, polygon := range a.Geometry {
			for _, ring := range polygon {
				for i, p := range ring {
					q := ring[(i+1)%len(ring)]
					for _, at := range []orb.Point{p, {p[0]/2 + q[0]/2, p[1]/2 + q[1]/2}, {180, p[1]}, {-180, p[1]}} {
						for _, near := range neighbours(at) {
							inside := math.Abs(near[0]) > 179.5+0.2 && near[1] > 44.1 && near[1] < 45.1
							if geo.CheckPosition(near[0], near[1]) != nil {
								continue
							}
							if n := owners(x, near); n > 1 || (inside && n != 1) {
								t.Fatalf("%d owners at %v, beside a vertex of %s, want 1", n, near, a.Code)
							}
						}
					}
				}
			}
		}
	}
	if cut < 12 {
		t.Fatalf("%d areas were cut, want at least one in each row", cut)
	}
}

// TestSeamIsNoBorder: where an area was cut it goes on.
func TestSeamIsNoBorder(t *testing.T) {
	fiji, tonga := district("F", span(178, -20, -179, -15)), district("T", span(-179, -20, -178, -15))
	lagoon := district("L", span(178, -10, -178, -5), span(179.9, -8, -179.9, -7), span(178.5, -8, 178.6, -7))
	west, east := district("W", span(179, 10, 180, 12)), district("E", span(-180, 10, -179, 11))
	stepped := district("P", span(179, 20, 180, 23))
	stepped.Geometry = append(stepped.Geometry, orb.Polygon{span(-180, 21, -179, 22)})
	above, below := district("Q", span(-180, 22, -179, 23)), district("R", span(-180, 20, -179, 21))
	polar := district("C", orb.Ring{{0, -80}, {120, -80}, {-120, -80}, {0, -80}})
	x := newIndex(t, []geo.Area{fiji, tonga, lagoon, west, east, stepped, above, below, polar})
	for _, c := range []struct {
		name     string
		lon, lat float64
		accuracy float64
		owner    string
		near     int
		outcome  geo.Outcome
	}{
		{"west of it", 179.99999, -17, 50, "F", 0, geo.Inside},
		{"east of it", -179.99999, -17, 50, "F", 0, geo.Inside},
		{"on it", 180, -17, 50, "F", 0, geo.Inside},
		{"on it, by its other name", -180, -17, 0, "F", 0, geo.Inside},
		{"at its end", -180, -20, 0, "F", 0, geo.Border},
		{"at the true border", -179.0001, -17, 50, "F", 1, geo.Uncertain},
		{"in a hole over it", -179.95, -7.5, 0, "", 0, geo.InHole},
		{"in a hole over it, to the west", 179.95, -7.5, 0, "", 0, geo.InHole},
		{"in a hole on it", 180, -7.5, 0, "", 0, geo.InHole},
		{"in a hole beside it", 178.55, -7.5, 0, "", 0, geo.InHole},
		{"between two areas that it parts", 179.9999, 10.5, 50, "W", 1, geo.Uncertain},
		{"on the border of two", 180, 10.5, 0, "E", 0, geo.Border},
		{"where only one of them ends there", 179.9999, 11.9, 50, "W", 0, geo.Inside},
		{"where both its parts end there", 179.9999, 21.5, 50, "P", 0, geo.Inside},
		{"where one part ends farther north", 179.9999, 22.5, 50, "P", 1, geo.Uncertain},
		{"where one part begins farther south", 179.9999, 20.5, 50, "P", 1, geo.Uncertain},
		{"beside the longer part", -179.9999, 22.5, 50, "Q", 1, geo.Uncertain},
		{"beside its other end", -179.9999, 20.5, 50, "R", 1, geo.Uncertain},
		{"at the pole", 12, -90, 0, "C", 0, geo.Inside},
		{"beside the pole", 77, -89.9999, 50, "C", 0, geo.Inside},
	} {
		a := x.Locate(geo.Query{Lon: c.lon, Lat: c.lat, AccuracyM: c.accuracy})
		if ownerOf(a) != c.owner || len(a.Near) != c.near || a.Outcome != c.outcome {
			t.Errorf("%s: Locate(%v, %v) = %q %s near %v, want %q %s near %d", c.name, c.lon, c.lat, ownerOf(a), a.Outcome, a.Near, c.owner, c.outcome, c.near)
		}
	}
	if _, metres, ok := x.Layer(geo.District, time.Time{}).Nearest(180, -17, 500_000); !ok || metres < 100_000 {
		t.Errorf("Nearest on the seam = %v m, %v, want the border 106 km to the east", metres, ok)
	}
}

// TestSeamIsNoFinding: a survey sees an area that was cut as one.
func TestSeamIsNoFinding(t *testing.T) {
	for _, c := range []struct {
		name  string
		areas []geo.Area
	}{
		{"neighbours", aslant()},
		{"a tip of a hand's width", []geo.Area{district("F", orb.Ring{{178, 0}, {-179.999999, 1}, {178, 2}, {178, 0}})}},
		{"a border that passes it slowly", []geo.Area{district("F", orb.Ring{{178, 0}, {179.9999, 0}, {-179.9999, 2}, {178, 3}, {178, 0}})}},
		{"a border that all but lies on it", []geo.Area{district("F", orb.Ring{{178, 0}, {179.999999, 0}, {-179.999999, 2}, {178, 3}, {178, 0}})}},
		{"a border that all but lies on it, and goes on", []geo.Area{district("F", orb.Ring{{178, 0}, {179.999999, 0}, {-179.999999, 2}, {-178, 2.5}, {178, 3}, {178, 0}})}},
		{"a strip of a few metres between neighbours", []geo.Area{
			district("A", orb.Ring{{178, 0}, {-178, 0}, {-178, 1}, {178, 1}, {178, 0}}),
			district("B", orb.Ring{{178, 1}, {-178, 1}, {-178, 1.0001}, {178, 1.0001}, {178, 1}}),
			district("C", orb.Ring{{178, 1.0001}, {-178, 1.0001}, {-178, 2}, {178, 2}, {178, 1.0001}}),
		}},
		{"a corner almost on it", []geo.Area{district("F", orb.Ring{{178, 0}, {179.99999999, 0}, {-178, 0}, {-178, 3}, {178, 3}, {178, 0}})}},
		{"a pole", []geo.Area{district("C", orb.Ring{{0, -80}, {120, -80}, {-120, -80}, {0, -80}})}},
	} {
		if found := geo.Survey(c.areas, geo.SurveyOptions{}).Findings; len(found) > 0 {
			t.Errorf("%s: Survey = %v, want nothing", c.name, found)
		}
	}
}

// seamLats are the latitudes at which a geometry has points on the meridian,
// seen from the west and from the east.
func seamLats(mp orb.MultiPolygon) (west, east []float64) {
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring[1:] {
				switch p[0] {
				case 180:
					west = append(west, p[1])
				case -180:
					east = append(east, p[1])
				}
			}
		}
	}
	slices.Sort(west)
	slices.Sort(east)
	return west, east
}

// TestSeamStays: neither snapping nor simplifying takes a part off the meridian
// beyond which the area goes on.
func TestSeamStays(t *testing.T) {
	kept := func(name string, mp orb.MultiPolygon, want ...float64) {
		t.Helper()
		if west, east := seamLats(mp); !slices.Equal(west, want) || !slices.Equal(east, want) {
			t.Errorf("%s: %v, want the stretch of the meridian from %v in both parts", name, mp, want)
		}
		middle := (want[0] + want[1]) / 2
		x := newIndex(t, []geo.Area{{Code: "A", Kind: geo.District, Geometry: mp}})
		for _, lon := range []float64{math.Nextafter(180, 0), 180, -180} {
			if owners(x, orb.Point{lon, middle}) != 1 {
				t.Errorf("%s: %v has come off the meridian at %v,%v", name, mp, lon, middle)
			}
		}
	}
	for _, c := range []struct {
		name   string
		beside geo.Area
	}{
		{"snapped to a corner beside it", district("B", span(178, 1, 179.999999, 2))},
		{"snapped to what lies over it", district("B", span(179, 0.4, 179.999999, 0.6))},
	} {
		a := newIndex(t, []geo.Area{district("A", span(178, 0, -178, 1))}).Areas()[0]
		out, _, err := geo.SnapTo([]geo.Area{a}, []geo.Area{c.beside}, 1)
		if err != nil {
			t.Fatal(err)
		}
		kept(c.name, out[0].Geometry, 0, 1)
	}
	ring := orb.Ring{{170, -5}, {176, -0.3}, {-176, 0.3}, {-170, 5}, {-170, 9}, {-178, 3}, {178, 2}, {170, 2}, {170, -5}}
	a := newIndex(t, []geo.Area{district("A", ring)}).Areas()[0]
	kept("simplified", geo.SimplifyShared([]orb.MultiPolygon{a.Geometry}, 4)[0], 0, 2.5)
}
