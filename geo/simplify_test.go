package geo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/sestante/sestante/geo"
)

func geometries(areas []geo.Area) []orb.MultiPolygon {
	out := make([]orb.MultiPolygon, len(areas))
	for i, a := range areas {
		out[i] = a.Geometry
	}
	return out
}

// TestSimplifyKeepsTheSet thins real boundaries for several scales: each area
// stays valid by itself and all of them still fit together.
func TestSimplifyKeepsTheSet(t *testing.T) {
	for _, set := range []struct {
		name  string
		areas func(testing.TB) []geo.Area
	}{
		{"shipped districts", shippedDistricts},
		{"real districts", realDistricts},
		{"real provinces", realProvinces},
		{"municipalities", municipalities},
		{"triangles", func(testing.TB) []geo.Area { return triangles(1, 18) }},
	} {
		t.Run(set.name, func(t *testing.T) {
			areas := territorial(set.areas(t))
			b := geo.NewBorders(geometries(areas))
			for _, tolerance := range []float64{1e-5, 1e-4, 1e-3, 0.01, 0.1, 1} {
				thin := b.Simplify(tolerance)
				if len(thin) != len(areas) {
					t.Fatalf("%d geometries, want %d", len(thin), len(areas))
				}
				out := make([]geo.Area, len(areas))
				for i, a := range areas {
					out[i] = a
					out[i].Geometry = thin[i]
					if err := out[i].Validate(); err != nil {
						t.Errorf("%g: %s: %v", tolerance, a.Code, err)
					}
				}
				for _, f := range geo.Survey(out, geo.SurveyOptions{}).Findings {
					if f.Kind == geo.FoundOverlap || f.Kind == geo.FoundGap || f.Kind == geo.FoundUnmatched {
						t.Errorf("%g: %s", tolerance, f.Text)
					}
				}
			}
		})
	}
}

// TestSimplifyStaysNear: no point of a border lies farther from its simplified
// border than the tolerance, and the other way round.
func TestSimplifyStaysNear(t *testing.T) {
	areas := territorial(shippedDistricts(t))
	for _, tolerance := range []float64{1e-3, 1e-2} {
		for i, mp := range geo.SimplifyShared(geometries(areas), tolerance) {
			for _, polygon := range areas[i].Geometry {
				for _, ring := range polygon {
					if b := ring.Bound(); b.Max[0]-b.Min[0] <= tolerance && b.Max[1]-b.Min[1] <= tolerance {
						continue // it may be left out
					}
					for _, p := range ring {
						if d := planar.DistanceFrom(mp, p); d > tolerance*1.000001 && planarBorder(mp, p) > tolerance*1.000001 {
							t.Fatalf("%s: %v is %v from its border, want at most %v", areas[i].Code, p, planarBorder(mp, p), tolerance)
						}
					}
				}
			}
		}
	}
}

// planarBorder is how far a point lies from the border of a geometry, in
// degrees.
func planarBorder(mp orb.MultiPolygon, p orb.Point) float64 {
	best := math.Inf(1)
	for _, polygon := range mp {
		for _, ring := range polygon {
			best = min(best, planar.DistanceFrom(orb.LineString(ring), p))
		}
	}
	return best
}

func TestSimplifyShapes(t *testing.T) {
	wavy := orb.Ring{{10, 44}, {10.5, 44.01}, {11, 44}, {11.01, 44.5}, {11, 45}, {10.5, 45.01}, {10, 45}, {9.99, 44.5}, {10, 44}}
	east := orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11.01, 44.5}, {11, 44}}
	islet := square(10.6, 44.5, 0.001)
	open := square(1, 1, 1)[:4]
	bay := orb.Ring{{0, 0}, {10, 0}, {10, 10}, {5.2, 10}, {5, 4}, {4.8, 10}, {0, 10}, {0, 0}}
	rock := square(4.99, 8, 0.02) // in the bay
	for _, c := range []struct {
		name      string
		geoms     []orb.MultiPolygon
		tolerance float64
		points    []int // of each geometry, all rings together
		rings     []int
	}{
		{"nothing", nil, 1, nil, nil},
		{"empty", []orb.MultiPolygon{nil, {}}, 1, []int{0, 0}, []int{0, 0}},
		{"waves go", []orb.MultiPolygon{{{wavy}}}, 0.02, []int{5}, []int{1}},
		{"waves stay", []orb.MultiPolygon{{{wavy}}}, 0.005, []int{9}, []int{1}},
		{"no tolerance", []orb.MultiPolygon{{{wavy}}}, 0, []int{9}, []int{1}},
		{"not a tolerance", []orb.MultiPolygon{{{wavy}}}, math.NaN(), []int{9}, []int{1}},
		{"endless tolerance", []orb.MultiPolygon{{{wavy}}}, math.Inf(1), []int{4}, []int{1}},
		{"neighbours share what stays", []orb.MultiPolygon{{{wavy}}, {{east}}}, 0.02, []int{6, 5}, []int{1, 1}},
		{"islet goes", []orb.MultiPolygon{{{wavy}, {islet}}}, 0.02, []int{5}, []int{1}},
		{"islet is all there is", []orb.MultiPolygon{{{islet}}}, 0.02, []int{4}, []int{1}},
		{"islet in a hole goes from both", []orb.MultiPolygon{{{wavy, islet}}, {{islet}, {east}}}, 0.02, []int{6, 5}, []int{1, 1}},
		{"islet in a hole is all there is", []orb.MultiPolygon{{{wavy, islet}}, {{islet}}}, 0.02, []int{9, 4}, []int{2, 1}},
		{"open ring is left", []orb.MultiPolygon{{{open}}}, 0.02, []int{4}, []int{1}},
		{"not a number is left", []orb.MultiPolygon{{{{{0, 0}, {1, math.NaN()}, {1, 1}, {0, 0}}}}}, 0.02, []int{4}, []int{1}},
		{"a rock in a bay keeps the bay", []orb.MultiPolygon{{{bay}}, {{rock}}}, 7, []int{6, 4}, []int{1, 1}},
		{"the bay goes without it", []orb.MultiPolygon{{{bay}}}, 7, []int{5}, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before []orb.MultiPolygon
			for _, mp := range c.geoms {
				before = append(before, mp.Clone())
			}
			got := geo.SimplifyShared(c.geoms, c.tolerance)
			if len(got) != len(c.geoms) {
				t.Fatalf("%d geometries, want %d", len(got), len(c.geoms))
			}
			for i, mp := range got {
				points, rings := 0, 0
				for _, polygon := range mp {
					for _, ring := range polygon {
						points, rings = points+len(ring), rings+1
					}
				}
				if points != c.points[i] || rings != c.rings[i] {
					t.Errorf("geometry %d has %d points in %d rings, want %d in %d: %v", i, points, rings, c.points[i], c.rings[i], mp)
				}
				if !strings.Contains(c.name, "number") && !c.geoms[i].Equal(before[i]) {
					t.Errorf("geometry %d was changed", i)
				}
			}
		})
	}
}
