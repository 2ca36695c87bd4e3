package tile_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/peterstace/simplefeatures/geom"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/tile"
)

// judge asks a library that shares nothing with us whether the polygons of a
// tile are valid, and returns how many features it looked at.
func judge(t testing.TB, what string, data []byte) int {
	t.Helper()
	layers, err := mvt.Unmarshal(data)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	looked := 0
	for _, l := range layers {
		for _, f := range l.Features {
			looked++
			if err := valid(f.Geometry); err != nil {
				t.Errorf("%s: %v: %v", what, f.Properties, err)
			}
		}
	}
	return looked
}

func valid(g orb.Geometry) error {
	switch g := g.(type) {
	case orb.Polygon:
		return multiPolygon(orb.MultiPolygon{g}).Validate()
	case orb.MultiPolygon:
		return multiPolygon(g).Validate()
	default:
		return nil
	}
}

func multiPolygon(mp orb.MultiPolygon) geom.MultiPolygon {
	var polygons []geom.Polygon
	for _, polygon := range mp {
		var rings []geom.LineString
		for _, ring := range polygon {
			var flat []float64
			for _, p := range ring {
				flat = append(flat, p[0], p[1])
			}
			rings = append(rings, geom.NewLineString(geom.NewSequence(flat, geom.DimXY)))
		}
		polygons = append(polygons, geom.NewPolygon(rings))
	}
	return geom.NewMultiPolygon(polygons)
}

// TestPolygonsAreValid looks at every tile of the shipped districts from afar
// to near, simplified as they are drawn.
func TestPolygonsAreValid(t *testing.T) {
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		t.Fatal(err)
	}
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	districts, _, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		t.Fatal(err)
	}
	shapes := make([]orb.MultiPolygon, len(districts))
	for i, d := range districts {
		shapes[i] = d.Geometry
	}
	shared := geo.NewBorders(shapes)
	looked := 0
	for z := range 10 {
		var drawn []tile.Shape
		for _, mp := range shared.Simplify(360 / float64(int(tile.Extent)<<z)) {
			drawn = append(drawn, tile.NewShape(mp))
		}
		west, north := tileOf(6.5, 47.2, z)
		east, south := tileOf(18.6, 35.4, z)
		for x := west; x <= east; x++ {
			for y := north; y <= south; y++ {
				a := tile.Address{Z: uint8(z), X: x, Y: y}
				l := tile.NewLayer("areas")
				for i, s := range drawn {
					if l.Polygon(a, s) {
						l.Text("code", districts[i].Code)
					}
				}
				looked += judge(t, a.String(), tile.Encode(l))
			}
		}
	}
	if looked < 500 {
		t.Errorf("only %d polygons were looked at", looked)
	}
}

func tileOf(lon, lat float64, z int) (x, y uint32) {
	n := math.Exp2(float64(z))
	sin := math.Sin(lat * math.Pi / 180)
	return uint32((lon/360 + 0.5) * n), uint32((0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)) * n)
}

// unit is a unit of a tile at zoom 8, in degrees of longitude.
const unit = 360.0 / (1 << 8) / tile.Extent

// inTile turns units of tile 8/128/127, from its lower left corner upward, into
// degrees: so near the equator one is as long as the other.
func inTile(x, y float64) orb.Point { return orb.Point{x * unit, y * unit} }

var theTile = tile.Address{Z: 8, X: 128, Y: 127}

// TestMendedShapes: what rounding does to shapes that were valid.
func TestMendedShapes(t *testing.T) {
	ring := func(xy ...float64) orb.Ring {
		var r orb.Ring
		for i := 0; i < len(xy); i += 2 {
			r = append(r, inTile(xy[i], xy[i+1]))
		}
		return append(r, r[0])
	}
	for _, c := range []struct {
		name   string
		mp     orb.MultiPolygon
		shells int
		holes  int
		area   float64 // square units
	}{
		{"a square", orb.MultiPolygon{{ring(100, 100, 200, 100, 200, 200, 100, 200)}}, 1, 0, 10_000},
		{"a neck thinner than a unit", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 49.8, 200, 49.8, 200, 0, 300, 0, 300, 100, 200, 100, 200, 50.2, 100, 50.2, 100, 100, 0, 100)}}, 2, 0, 20_000},
		{"a spike", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 50, 180, 50.2, 100, 50.4, 100, 100, 0, 100)}}, 1, 0, 10_000},
		{"a hole that comes to touch its shell along a side", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 100, 0, 100), ring(0.3, 20, 0.3, 80, 50, 80, 50, 20)}}, 1, 0, 7_000},
		{"a hole that comes to touch its shell at a point", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 100, 0, 100), ring(0.3, 50, 50, 80, 50, 20)}}, 1, 1, 8_500},
		{"two holes that come to part the shell", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 100, 0, 100), ring(0.3, 50, 50, 80, 50, 20), ring(99.7, 50, 50.3, 20, 50.3, 80)}}, 2, 0, 7_000},
		{"two holes that come to share a side", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 100, 0, 100), ring(10, 10, 10, 40, 49.8, 40, 49.8, 10), ring(50.2, 10, 50.2, 40, 90, 40, 90, 10)}}, 1, 1, 7_600},
		{"two parts that come to share a side", orb.MultiPolygon{{ring(0, 0, 49.8, 0, 49.8, 50, 0, 50)}, {ring(50.2, 0, 100, 0, 100, 50, 50.2, 50)}}, 1, 0, 5_000},
		{"two parts that come to touch at a point", orb.MultiPolygon{{ring(0, 0, 49.8, 0, 49.8, 50, 0, 50)}, {ring(50.2, 50, 100, 50, 100, 100, 50.2, 100)}}, 2, 0, 5_000},
		{"a part in a hole of another, as large", orb.MultiPolygon{{ring(0, 0, 100, 0, 100, 100, 0, 100), ring(20, 20, 20, 80, 80, 80, 80, 20)}, {ring(20.2, 20.2, 79.8, 20.2, 79.8, 79.8, 20.2, 79.8)}}, 1, 0, 10_000},
		{"a bay beyond the edge of the tile", orb.MultiPolygon{{ring(4000, 0, 4400, 0, 4400, 100, 4300, 100, 4300, 50, 4200, 50, 4200, 100, 4000, 100)}}, 1, 0, 16_000},
		{"two capes beyond the edge of the tile", orb.MultiPolygon{{ring(4300, 0, 4300, 300, 4100, 300, 4100, 200, 4250, 200, 4250, 100, 4100, 100, 4100, 0)}}, 2, 0, 12_000},
	} {
		for name, mp := range map[string]orb.MultiPolygon{c.name: c.mp, c.name + ", turned over": turned(c.mp)} {
			l := tile.NewLayer("areas")
			if !l.Polygon(theTile, tile.NewShape(mp)) {
				t.Errorf("%s: nothing is drawn", name)
				continue
			}
			l.Text("name", name)
			data := tile.Encode(l)
			judge(t, name, data)
			shells, holes, area := 0, 0, 0.0
			switch g := read(t, data)["areas"].Features[0].Geometry.(type) {
			case orb.Polygon:
				shells, holes, area = 1, len(g)-1, sizeOf(t, orb.MultiPolygon{g})
			case orb.MultiPolygon:
				shells, area = len(g), sizeOf(t, g)
				for _, p := range g {
					holes += len(p) - 1
				}
			}
			if shells != c.shells || holes != c.holes || math.Abs(area-c.area) > 110 {
				t.Errorf("%s is drawn as %d shells and %d holes of %.0f square units, want %d, %d and %.0f", name, shells, holes, area, c.shells, c.holes, c.area)
			}
		}
	}
}

func turned(mp orb.MultiPolygon) orb.MultiPolygon {
	out := mp.Clone()
	for _, polygon := range out {
		for _, ring := range polygon {
			ring.Reverse()
		}
	}
	return out
}

// TestAnyShapeIsDrawnValid: rings that nobody would call a polygon.
func TestAnyShapeIsDrawnValid(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for n := range 600 {
		span := []float64{6, 40, 5000}[n%3] // units
		var mp orb.MultiPolygon
		for range 1 + rng.IntN(3) {
			var polygon orb.Polygon
			for range 1 + rng.IntN(2) {
				var r orb.Ring
				for range 3 + rng.IntN(20) {
					r = append(r, inTile(4090-rng.Float64()*span, 4090-rng.Float64()*span))
				}
				polygon = append(polygon, append(r, r[0]))
			}
			mp = append(mp, polygon)
		}
		l := tile.NewLayer("areas")
		l.Polygon(theTile, tile.NewShape(mp))
		judge(t, "chance", tile.Encode(l))
	}
}

// FuzzMendedPolygon draws whatever rings the bytes make.
func FuzzMendedPolygon(f *testing.F) {
	f.Add([]byte{0, 0, 9, 0, 9, 9, 0, 9}, []byte{3, 3, 3, 6, 6, 6})
	f.Add([]byte{0, 0, 9, 9, 9, 0, 0, 9}, []byte{0, 0, 0, 9, 9, 0, 9, 9, 5, 5})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var polygon orb.Polygon
		for _, xy := range [][]byte{a, b} {
			var r orb.Ring
			for i := 0; i+1 < len(xy) && i < 120; i += 2 {
				r = append(r, inTile(float64(xy[i])/4, float64(xy[i+1])/4))
			}
			if len(r) > 0 {
				polygon = append(polygon, append(r, r[0]))
			}
		}
		for _, mp := range []orb.MultiPolygon{{polygon}, {polygon, polygon}} {
			l := tile.NewLayer("areas")
			l.Polygon(theTile, tile.NewShape(mp))
			judge(t, "fuzz", tile.Encode(l))
		}
	})
}
