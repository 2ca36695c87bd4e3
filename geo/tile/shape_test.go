package tile_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"

	"github.com/sestante/sestante/geo/tile"
)

func box(west, south, east, north float64) orb.Ring {
	return orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
}

func reversed(r orb.Ring) orb.Ring {
	r = r.Clone()
	r.Reverse()
	return r
}

// TestPolygon compares the area that tiles show with that of the polygon.
func TestPolygon(t *testing.T) {
	outer, hole := box(9, 45, 10.5, 46.2), box(9.4, 45.3, 9.9, 45.8)
	for name, mp := range map[string]orb.MultiPolygon{
		"as RFC 7946 winds":   {{outer, reversed(hole)}},
		"wound otherwise":     {{reversed(outer), hole}},
		"two, one in a hole":  {{outer, reversed(hole)}, {box(9.6, 45.5, 9.7, 45.6)}},
		"far bigger than one": {{box(-170, -80, 170, 80)}},
		"smaller than a unit": {{box(9.5, 45.9, 9.5000001, 45.9000001)}},
	} {
		shape := tile.NewShape(mp)
		for z := 0; z <= 12; z += 3 {
			m := maptile.At(orb.Point{9.5, 45.9}, maptile.Zoom(z))
			a := tile.Address{Z: uint8(z), X: m.X, Y: m.Y}
			l := tile.NewLayer("areas")
			begun := l.Polygon(a, shape)
			want := shownArea(mp, a)
			if !begun {
				if want > 8 {
					t.Errorf("%s: %v shows nothing of %.0f square units", name, a, want)
				}
				continue
			}
			l.Text("name", name)
			f := read(t, tile.Encode(l))["areas"].Features[0]
			got := 0.0
			switch g := f.Geometry.(type) {
			case orb.Polygon:
				got = sizeOf(t, orb.MultiPolygon{g})
			case orb.MultiPolygon:
				got = sizeOf(t, g)
			default:
				t.Fatalf("%s: %v holds a %T", name, a, g)
			}
			if math.Abs(got-want) > 2*(tile.Extent+2*tile.Buffer)*3 {
				t.Errorf("%s: %v shows %.0f square units, want %.0f", name, a, got, want)
			}
			if f.Properties["name"] != name {
				t.Errorf("%s: properties %v", name, f.Properties)
			}
		}
	}
}

// sizeOf adds shells and takes holes away. The decoder tells them by their
// winding, so a wrong one would be seen here.
func sizeOf(t *testing.T, mp orb.MultiPolygon) float64 {
	t.Helper()
	sum := 0.0
	for _, polygon := range mp {
		for i, ring := range polygon {
			size := math.Abs(planar.Area(orb.Polygon{ring}))
			if i > 0 {
				size = -size
			}
			sum += size
		}
	}
	return sum
}

// shownArea is the area of boxes inside a tile and its buffer, in square units.
func shownArea(mp orb.MultiPolygon, a tile.Address) float64 {
	n := math.Exp2(float64(a.Z)) * tile.Extent
	at := func(p orb.Point) (x, y float64) {
		sin := math.Sin(p[1] * math.Pi / 180)
		x, y = p[0]/360+0.5, 0.5-math.Log((1+sin)/(1-sin))/(4*math.Pi)
		within := func(v float64) float64 { return min(max(v, -tile.Buffer), tile.Extent+tile.Buffer) }
		return within(x*n - float64(a.X)*tile.Extent), within(y*n - float64(a.Y)*tile.Extent)
	}
	sum := 0.0
	for _, polygon := range mp {
		for i, ring := range polygon {
			b := ring.Bound()
			x0, y1 := at(b.Min)
			x1, y0 := at(b.Max)
			size := (x1 - x0) * (y1 - y0)
			if i > 0 {
				size = -size
			}
			sum += size
		}
	}
	return sum
}

// TestAntimeridian: a shape that was cut at 180 shows in the buffer of the tile
// on the other side, and the cut is no border.
func TestAntimeridian(t *testing.T) {
	mp := orb.MultiPolygon{{box(170, -20, 180, 10)}, {box(-180, -20, -175, 10)}}
	shape := tile.NewShape(mp)
	for _, c := range []struct {
		x    uint32
		want bool
	}{{15, true}, {0, true}, {14, false}, {1, false}} {
		a := tile.Address{Z: 4, X: c.x, Y: 8}
		l := tile.NewLayer("areas")
		if got := l.Polygon(a, shape); got != c.want {
			t.Errorf("%v shows it: %v, want %v", a, got, c.want)
			continue
		} else if !got {
			continue
		}
		b := read(t, tile.Encode(l))["areas"].Features[0].Geometry.Bound()
		if c.x == 15 && b.Max[0] != tile.Extent+tile.Buffer || c.x == 0 && b.Min[0] != -tile.Buffer {
			t.Errorf("%v shows it from %v to %v", a, b.Min, b.Max)
		}
	}
	lines := tile.Borders([]orb.MultiPolygon{mp})
	length := 0.0
	for _, l := range lines {
		length += planar.Length(l)
	}
	if want := 2*10 + 30 + 2*5 + 30.0; length != want {
		t.Errorf("borders of %v degrees, want %v: %v", length, want, lines)
	}
}

// TestBorders: what neighbours share is drawn once.
func TestBorders(t *testing.T) {
	west, east := box(9, 45, 10, 46), box(10, 45, 11, 46)
	lines := tile.Borders([]orb.MultiPolygon{{{west}}, {{east}}})
	length := 0.0
	for _, l := range lines {
		length += planar.Length(l)
	}
	if length != 7 || len(lines) != 2 {
		t.Errorf("two squares side by side have %d lines of %v degrees, want 2 of 7: %v", len(lines), length, lines)
	}
	l := tile.NewLayer("borders")
	m := maptile.At(orb.Point{10, 45.5}, 9)
	if !l.Line(tile.Address{Z: 9, X: m.X, Y: m.Y}, tile.NewPath(lines)) {
		t.Fatal("the tile on the border shows no line")
	}
	f := read(t, tile.Encode(l))["borders"].Features[0]
	if ls, ok := f.Geometry.(orb.LineString); !ok || len(ls) != 2 || ls[0][0] != ls[1][0] || math.Abs(ls[0][1]-ls[1][1]) != tile.Extent+2*tile.Buffer {
		t.Errorf("the border in between is %v", f.Geometry)
	}
	if l := tile.NewLayer("borders"); l.Line(tile.Address{Z: 9, X: 0, Y: 0}, tile.NewPath(lines)) {
		t.Error("a tile far away shows a line")
	}
}

// TestLabel: a label is inside, whatever the shape.
func TestLabel(t *testing.T) {
	horseshoe := orb.Ring{{0, 0}, {10, 0}, {10, 10}, {8, 10}, {8, 2}, {2, 2}, {2, 10}, {0, 10}, {0, 0}}
	for name, mp := range map[string]orb.MultiPolygon{
		"a square":    {{box(9, 45, 10, 46)}},
		"a ring":      {{box(0, 0, 10, 10), reversed(box(2, 2, 8, 8))}},
		"a horseshoe": {{horseshoe}},
		"islands":     {{box(0, 0, 1, 1)}, {box(5, 5, 9, 9)}},
	} {
		at, ok := tile.Label(mp)
		if !ok || !planar.MultiPolygonContains(mp, at) {
			t.Errorf("the label of %s is at %v, which is outside", name, at)
		}
	}
	if at, ok := tile.Label(orb.MultiPolygon{{{{1, 1}, {2, 2}, {1, 1}}}}); ok {
		t.Errorf("a line has a label at %v", at)
	}
}

// FuzzPolygon: whatever polygon in whatever tile, the feature can be read and
// stays within the tile and its buffer.
func FuzzPolygon(f *testing.F) {
	f.Add(uint64(1), uint8(5))
	f.Add(uint64(2), uint8(0))
	f.Fuzz(func(t *testing.T, seed uint64, z uint8) {
		rng := rand.New(rand.NewPCG(seed, 2))
		z %= tile.MaxZoom + 1
		var ring orb.Ring
		for range 3 + rng.IntN(40) {
			ring = append(ring, orb.Point{rng.NormFloat64()*90 + 9, rng.NormFloat64()*40 + 40})
		}
		ring = append(ring, ring[0])
		m := maptile.At(orb.Point{9, 45}, maptile.Zoom(z))
		a := tile.Address{Z: z, X: m.X, Y: m.Y}
		l := tile.NewLayer("areas")
		begun := l.Polygon(a, tile.NewShape(orb.MultiPolygon{{ring}}))
		if l.Line(a, tile.NewPath([]orb.LineString{orb.LineString(ring)})) {
			begun = true
		}
		layers := read(t, tile.Encode(l))
		if begun != (len(layers) == 1) {
			t.Fatalf("begun %v, layers %v", begun, layers)
		}
		for _, l := range layers {
			for _, f := range l.Features {
				b := f.Geometry.Bound()
				if b.Min[0] < -tile.Buffer || b.Min[1] < -tile.Buffer || b.Max[0] > tile.Extent+tile.Buffer || b.Max[1] > tile.Extent+tile.Buffer {
					t.Fatalf("a feature reaches from %v to %v", b.Min, b.Max)
				}
			}
		}
	})
}
