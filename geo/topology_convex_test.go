package geo_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// star is a polygon around a random place, with its corners at random
// distances: simple, and mostly not convex.
func star(code string, random *rand.Rand) geo.Area {
	x, y := 10+random.Float64()/5, 44+random.Float64()/5
	var ring orb.Ring
	n := 5 + random.IntN(30)
	for i := range n {
		angle, r := 2*math.Pi*float64(i)/float64(n), 0.02+0.15*random.Float64()
		ring = append(ring, orb.Point{x + r*math.Cos(angle), y + r*math.Sin(angle)})
	}
	return district(code, append(ring, ring[0]))
}

// TestSurveyConvex compares overlaps with Sutherland and Hodgman's clipping,
// which for convex polygons is easy.
func TestSurveyConvex(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	met := 0
	for range 300 {
		a, b := convex(random), convex(random)
		want := planarM2(squareDegrees(clip(a, b)), 44.1)
		got := 0.0
		for _, f := range of(geo.Survey([]geo.Area{district("A", a), district("B", b)}, geo.SurveyOptions{}), geo.FoundOverlap) {
			got += f.AreaM2
		}
		if math.Abs(got-want) > 0.01*want+1 {
			t.Errorf("overlap of %v and %v: %v m², want %v", a, b, got, want)
		}
		if want > 0 {
			met++
		}
	}
	if met < 100 {
		t.Errorf("only %d pairs overlap", met)
	}
}

func convex(random *rand.Rand) orb.Ring {
	x, y, r := 10+random.Float64()/5, 44+random.Float64()/5, 0.02+random.Float64()/8
	n, turn := 3+random.IntN(20), random.Float64()
	var ring orb.Ring
	for i := range n {
		angle := 2 * math.Pi * (float64(i) + turn) / float64(n)
		ring = append(ring, orb.Point{x + r*math.Cos(angle), y + r*math.Sin(angle)})
	}
	return append(ring, ring[0])
}

func squareDegrees(ring orb.Ring) float64 {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		sum += (ring[i-1][0]-10)*(ring[i][1]-44) - (ring[i][0]-10)*(ring[i-1][1]-44)
	}
	return math.Abs(sum) / 2
}

// clip cuts a convex ring with the sides of another.
func clip(subject, by orb.Ring) orb.Ring {
	out := slices.Clone(subject[:len(subject)-1])
	for i := 1; i < len(by); i++ {
		a, b := by[i-1], by[i]
		in := func(p orb.Point) float64 { return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0]) }
		var next orb.Ring
		for k, p := range out {
			q := out[(k+1)%len(out)]
			if in(p) >= 0 {
				next = append(next, p)
			}
			if in(p)*in(q) < 0 {
				t := in(p) / (in(p) - in(q))
				next = append(next, orb.Point{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])})
			}
		}
		out = next
	}
	if len(out) == 0 {
		return nil
	}
	return append(out, out[0])
}
