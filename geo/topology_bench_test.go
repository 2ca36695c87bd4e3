package geo_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// patchwork covers a box of Italy's size with n×n areas whose wavy borders
// have so many points a side, shared point by point. With n = 89 and 25 it is
// as heavy as the municipalities of Italy.
func patchwork(n int) []geo.Area {
	const points = 25
	random := rand.New(rand.NewPCG(17, 4))
	const step = 0.12
	nodes := make([][]orb.Point, n+1)
	for i := range nodes {
		nodes[i] = make([]orb.Point, n+1)
		for k := range nodes[i] {
			nodes[i][k] = orb.Point{7 + step*(float64(i)+0.3*random.Float64()), 36 + step*(float64(k)+0.3*random.Float64())}
		}
	}
	wave := func(a, b orb.Point) orb.LineString {
		out := orb.LineString{a}
		for k := 1; k < points; k++ {
			t := float64(k) / float64(points)
			out = append(out, orb.Point{
				a[0] + t*(b[0]-a[0]) + step/60*(random.Float64()-0.5), a[1] + t*(b[1]-a[1]) + step/60*(random.Float64()-0.5),
			})
		}
		return append(out, b)
	}
	right, up := map[[2]int]orb.LineString{}, map[[2]int]orb.LineString{}
	for i := range n + 1 {
		for k := range n + 1 {
			if i < n {
				right[[2]int{i, k}] = wave(nodes[i][k], nodes[i+1][k])
			}
			if k < n {
				up[[2]int{i, k}] = wave(nodes[i][k], nodes[i][k+1])
			}
		}
	}
	back := func(l orb.LineString) orb.LineString { l = slices.Clone(l); l.Reverse(); return l }
	var out []geo.Area
	for i := range n {
		for k := range n {
			ring := slices.Concat(
				right[[2]int{i, k}], up[[2]int{i + 1, k}][1:],
				back(right[[2]int{i, k + 1}])[1:], back(up[[2]int{i, k}])[1:],
			)
			a := district(fmt.Sprintf("%04d", i*n+k), orb.Ring(ring))
			a.Kind = geo.Municipality
			out = append(out, a.Measure())
		}
	}
	return out
}

// Whoever imports a set waits for its survey: the budget is 5 seconds for the
// municipalities of a country.
func BenchmarkSurvey(b *testing.B) {
	fits := patchwork(89)
	shaken := shaken(fits, 0.5, rand.New(rand.NewPCG(2, 2)))
	b.Run("fits", func(b *testing.B) { benchSurvey(b, fits, geo.SurveyOptions{}) })
	b.Run("shaken", func(b *testing.B) { benchSurvey(b, shaken, geo.SurveyOptions{}) })
	var codes []string
	for _, a := range fits {
		codes = append(codes, a.Code)
	}
	b.Run("around all", func(b *testing.B) { benchSurvey(b, shaken, geo.SurveyOptions{Around: codes}) })
	b.Run("around one", func(b *testing.B) { benchSurvey(b, fits, geo.SurveyOptions{Around: []string{"0400"}}) })
}

func benchSurvey(b *testing.B, areas []geo.Area, o geo.SurveyOptions) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		geo.Survey(areas, o)
	}
}

// The preview of an import stands between a person and a button: the budget is
// 2 seconds for a country of which one area in a hundred changes.
func BenchmarkCompare(b *testing.B) {
	old := patchwork(89)
	fresh := slices.Clone(old)
	for i := 0; i < len(fresh); i += 100 {
		fresh[i] = shaken(fresh[i:i+1], 5, rand.New(rand.NewPCG(1, uint64(i))))[0]
	}
	for b.Loop() {
		geo.Compare(old, fresh)
	}
}

// A map's areas are simplified once for each zoom after each change: the
// budget is a second for the municipalities of a country.
func BenchmarkSimplify(b *testing.B) {
	geoms := geometries(patchwork(89))
	b.Run("borders", func(b *testing.B) {
		for b.Loop() {
			geo.NewBorders(geoms)
		}
	})
	borders := geo.NewBorders(geoms)
	for _, tolerance := range []float64{1e-4, 1e-3, 1e-2, 1e-1} {
		b.Run(fmt.Sprint(tolerance), func(b *testing.B) {
			for b.Loop() {
				borders.Simplify(tolerance)
			}
		})
	}
}

func BenchmarkSnap(b *testing.B) {
	loose := shaken(patchwork(40), 0.3, rand.New(rand.NewPCG(2, 2)))
	for b.Loop() {
		if _, _, err := geo.Snap(loose, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	areas := patchwork(40)
	for b.Loop() {
		for _, a := range areas {
			if err := a.Validate(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
