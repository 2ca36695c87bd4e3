package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/areagen"
)

// benchSets are the three sizes of territory that the budgets are stated for.
func benchSets(b *testing.B, run func(b *testing.B, areas []geo.Area)) {
	b.Helper()
	for _, set := range []struct {
		name  string
		areas func(testing.TB) []geo.Area
	}{
		{"26districts", realDistricts},
		{"107provinces", realProvinces},
		{"municipalities", generatedMunicipalities},
	} {
		b.Run(set.name, func(b *testing.B) { run(b, set.areas(b)) })
	}
}

func generatedMunicipalities(t testing.TB) []geo.Area {
	t.Helper()
	areas, err := areagen.Municipalities(geo.District)
	if err != nil {
		t.Fatal(err)
	}
	return areas
}

// A whole archive is routed anew when areas change. The budget for a place
// anywhere is 35 ns with districts and 80 ns with municipalities, near a
// border 250 ns and 400 ns, and 15 ns in the order of the rows; no memory.
func BenchmarkOwner(b *testing.B) {
	benchSets(b, func(b *testing.B, areas []geo.Area) {
		l := newIndex(b, areas).Layer(geo.District, time.Time{})
		uniform, border := spread(1<<20), nearBorders(areas, 1<<20)
		b.Run("uniform", func(b *testing.B) { benchOwner(b, l, uniform) })
		b.Run("border", func(b *testing.B) { benchOwner(b, l, border) })
		l.SortByCell(uniform)
		l.SortByCell(border)
		b.Run("uniformInOrder", func(b *testing.B) { benchOwner(b, l, uniform) })
		b.Run("borderInOrder", func(b *testing.B) { benchOwner(b, l, border) })
	})
}

func benchOwner(b *testing.B, l *geo.Layer, points []orb.Point) {
	b.Helper()
	b.ReportAllocs()
	owners := make([]int32, len(points))
	i := 0
	for b.Loop() {
		p := points[i]
		owners[i] = int32(l.OwnerNumber(p[0], p[1]))
		i = (i + 1) & (len(points) - 1)
	}
}

// spread returns points all over Italy's box, at random.
func spread(n int) []orb.Point {
	random := rand.New(rand.NewPCG(3, 4))
	out := make([]orb.Point, n)
	for i := range out {
		out[i] = orb.Point{6.6 + 12*random.Float64(), 35.4 + 11.7*random.Float64()}
	}
	return out
}

// nearBorders returns points along the borders, as many on each stretch as it
// is long, about 100 m off.
func nearBorders(areas []geo.Area, n int) []orb.Point {
	random := rand.New(rand.NewPCG(5, 6))
	type stretch struct{ a, b orb.Point }
	var all []stretch
	var total []float64
	sum := 0.0
	for _, a := range areas {
		for _, polygon := range a.Geometry {
			for _, ring := range polygon {
				for i := 1; i < len(ring); i++ {
					sum += math.Hypot(ring[i][0]-ring[i-1][0], ring[i][1]-ring[i-1][1])
					all, total = append(all, stretch{ring[i-1], ring[i]}), append(total, sum)
				}
			}
		}
	}
	out := make([]orb.Point, n)
	for i := range out {
		at := random.Float64() * sum
		low, high := 0, len(total)-1
		for low < high {
			if mid := (low + high) / 2; total[mid] < at {
				low = mid + 1
			} else {
				high = mid
			}
		}
		s, t := all[low], random.Float64()
		out[i] = orb.Point{
			s.a[0] + t*(s.b[0]-s.a[0]) + random.NormFloat64()*0.0013,
			s.a[1] + t*(s.b[1]-s.a[1]) + random.NormFloat64()*0.0009,
		}
	}
	return out
}

// Whoever changes the areas waits for this, and so does the start: 100 ms for
// districts and a second for municipalities. One area changed takes less.
func BenchmarkBuild(b *testing.B) {
	benchSets(b, func(b *testing.B, areas []geo.Area) {
		b.Run("new", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newIndex(b, areas)
			}
		})
		x := newIndex(b, areas)
		moved := x.Areas()[len(areas)/2]
		moved.Priority++
		b.Run("with", func(b *testing.B) {
			for b.Loop() {
				if _, err := x.With([]geo.Area{moved}); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// A place outside goes to the nearest area: 10 µs within 5 km.
func BenchmarkNearest(b *testing.B) {
	benchSets(b, func(b *testing.B, areas []geo.Area) {
		l := newIndex(b, areas).Layer(geo.District, time.Time{})
		var points []orb.Point
		for _, p := range nearBorders(areas, 1<<18) {
			p = orb.Point{p[0] + (p[0]-12)*0.004, p[1] + 0.01}
			if _, _, near := l.Nearest(p[0], p[1], 5000); near && l.OwnerNumber(p[0], p[1]) < 0 {
				points = append(points, p)
			}
		}
		i := 0
		b.ReportAllocs()
		for b.Loop() {
			l.Nearest(points[i][0], points[i][1], 5000)
			i = (i + 1) % len(points)
		}
	})
}
