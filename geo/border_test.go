package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// TestOneOwner asks about every vertex, every middle of a shared border, and
// the four nearest floating-point neighbours of each. Nobody may have two
// owners; where territory is all around, nobody may have none.
func TestOneOwner(t *testing.T) {
	for _, set := range []struct {
		name  string
		areas func(testing.TB) []geo.Area
	}{
		{"shipped districts", shippedDistricts},
		{"real districts", realDistricts},
		{"real provinces", realProvinces},
		{"Milan's municipalities", realMunicipalities},
		{"triangles", func(testing.TB) []geo.Area { return triangles(1, 18) }},
		{"lattice", func(testing.TB) []geo.Area { return triangles(0, 12) }},
	} {
		t.Run(set.name, func(t *testing.T) {
			areas := partition(set.areas(t))
			x := newIndex(t, areas)
			l := x.Layer(geo.District, time.Time{})
			owners := func(p orb.Point) int { return len(l.AppendOwners(nil, p[0], p[1])) }
			inner, shared := innerPoints(x.Areas())
			t.Logf("%d areas, %d vertices with territory all around, %d shared borders", len(areas), len(inner), len(shared))
			if len(inner) == 0 || len(shared) == 0 {
				t.Fatal("the set has no shared borders: nothing is tested")
			}
			for i, p := range append(inner, shared...) {
				if i%10 == 0 && owners(p) != len(x.Locate(geo.Query{Lon: p[0], Lat: p[1], ToleranceM: -1}).Matches) {
					t.Fatalf("Locate and the layer differ at %v", p)
				}
				for _, q := range neighbours(p) {
					if n := owners(q); n != 1 {
						t.Fatalf("%d owners at %v, want 1", n, q)
					}
				}
			}
			for _, a := range areas {
				for _, polygon := range a.Geometry {
					for _, ring := range polygon {
						for _, p := range ring {
							for _, q := range neighbours(p) {
								if n := owners(q); n > 1 {
									t.Fatalf("%d owners at %v, beside a vertex of %s", n, q, a.Code)
								}
							}
						}
					}
				}
			}
		})
	}
}

// partition leaves out what lies over the rest.
func partition(areas []geo.Area) []geo.Area {
	var out []geo.Area
	for _, a := range areas {
		if a.Kind == geo.District {
			out = append(out, a)
		}
	}
	return out
}

func owners(x *geo.Index, p orb.Point) int {
	return len(x.Locate(geo.Query{Lon: p[0], Lat: p[1], ToleranceM: -1}).Matches)
}

func neighbours(p orb.Point) []orb.Point {
	up, down := math.Inf(1), math.Inf(-1)
	return []orb.Point{
		p,
		{math.Nextafter(p[0], up), p[1]},
		{math.Nextafter(p[0], down), p[1]},
		{p[0], math.Nextafter(p[1], up)},
		{p[0], math.Nextafter(p[1], down)},
	}
}

// innerPoints returns the vertices of which no border is an outer one, and the
// middles of the borders that two areas share.
func innerPoints(areas []geo.Area) (vertices, middles []orb.Point) {
	type border struct{ a, b orb.Point }
	count := map[border]int{}
	outer, seen := map[orb.Point]bool{}, map[orb.Point]bool{}
	each := func(visit func(border)) {
		for _, a := range areas {
			for _, polygon := range a.Geometry {
				for _, ring := range polygon {
					for i := 1; i < len(ring); i++ {
						visit(border{ring[i-1], ring[i]})
					}
				}
			}
		}
	}
	each(func(e border) { count[e]++ })
	each(func(e border) {
		if count[border{e.b, e.a}] == 0 {
			outer[e.a], outer[e.b] = true, true
		} else if e.a[0] < e.b[0] || (e.a[0] == e.b[0] && e.a[1] < e.b[1]) {
			middles = append(middles, orb.Point{(e.a[0] + e.b[0]) / 2, (e.a[1] + e.b[1]) / 2})
		}
	})
	each(func(e border) {
		if !outer[e.a] && !seen[e.a] {
			seen[e.a] = true
			vertices = append(vertices, e.a)
		}
	})
	return vertices, middles
}

// triangles covers a box with n×n cells of two triangles each, with vertices
// moved at random (by up to a third of a cell when shake is 1).
func triangles(shake float64, n int) []geo.Area {
	random := rand.New(rand.NewPCG(7, 11))
	at := make([][]orb.Point, n+1)
	for i := range at {
		at[i] = make([]orb.Point, n+1)
		for j := range at[i] {
			at[i][j] = orb.Point{
				10 + (float64(i)+shake*(random.Float64()-0.5)/1.5)/10,
				44 + (float64(j)+shake*(random.Float64()-0.5)/1.5)/10,
			}
		}
	}
	var out []geo.Area
	for i := range n {
		for j := range n {
			a, b, c, d := at[i][j], at[i+1][j], at[i+1][j+1], at[i][j+1]
			for k, ring := range []orb.Ring{{a, b, c, a}, {a, c, d, a}} {
				out = append(out, district(string(rune('A'+i))+string(rune('A'+j))+string(rune('0'+k)), ring))
			}
		}
	}
	return out
}

func TestBorderRule(t *testing.T) {
	x := newIndex(t, []geo.Area{district("W", square(10, 44, 1)), district("E", square(11, 44, 1))})
	for _, c := range []struct {
		name     string
		lon, lat float64
		owner    string
		outcome  geo.Outcome
	}{
		{"left border in", 10, 44.5, "W", geo.Border},
		{"bottom border in", 10.5, 44, "W", geo.Border},
		{"lower left corner in", 10, 44, "W", geo.Border},
		{"shared border to the right", 11, 44.5, "E", geo.Border},
		{"shared corner to the right", 11, 44, "E", geo.Border},
		{"right border out", 12, 44.5, "", geo.Outside},
		{"top border out", 10.5, 45, "", geo.Outside},
		{"inside", 10.5, 44.5, "W", geo.Inside},
	} {
		a := x.Locate(geo.Query{Lon: c.lon, Lat: c.lat, ToleranceM: -1})
		if got := ownerOf(a); got != c.owner || a.Outcome != c.outcome {
			t.Errorf("%s: Locate(%v, %v) = %q %s, want %q %s", c.name, c.lon, c.lat, got, a.Outcome, c.owner, c.outcome)
		}
	}
}

func ownerOf(a geo.Answer) string {
	if a.Owner == nil {
		return ""
	}
	return a.Owner.Code
}
