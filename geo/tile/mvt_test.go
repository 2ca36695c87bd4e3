package tile_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/tile"
)

func fieldOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Field
	}
	return ""
}

// read decodes a tile by another's decoder.
func read(t testing.TB, data []byte) map[string]*mvt.Layer {
	t.Helper()
	layers, err := mvt.Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*mvt.Layer{}
	for _, l := range layers {
		if l.Version != 2 || l.Extent != tile.Extent || out[l.Name] != nil {
			t.Fatalf("layer %s has version %d and extent %d", l.Name, l.Version, l.Extent)
		}
		out[l.Name] = l
	}
	return out
}

func TestLayer(t *testing.T) {
	l := tile.NewLayer("reports")
	for i := range 300 {
		l.Point(int32(i*13), int32(4095-i))
		l.Once("id", "id of "+string(rune('a'+i%26)))
		l.Text("state", []string{"registered", "resolved"}[i%2])
		l.Whole("priority", uint64(i%4))
		l.Truth("blocking", i%3 == 0)
		l.Number("accuracy", float64(i)/7)
		l.Whole("big", 1<<63+uint64(i))
	}
	if l.Len() != 300 {
		t.Errorf("Len = %d", l.Len())
	}
	got := read(t, tile.Encode(l, tile.NewLayer("empty")))
	if len(got) != 1 || len(got["reports"].Features) != 300 {
		t.Fatalf("layers %v", got)
	}
	for i, f := range got["reports"].Features {
		if f.Geometry != (orb.Point{float64(i * 13), float64(4095 - i)}) {
			t.Fatalf("point %d is at %v", i, f.Geometry)
		}
		p := f.Properties
		if p["id"] != "id of "+string(rune('a'+i%26)) || p["state"] != []string{"registered", "resolved"}[i%2] ||
			p["priority"] != float64(i%4) || p["blocking"] != (i%3 == 0) || p["accuracy"] != float64(i)/7 || len(p) != 6 {
			t.Fatalf("point %d is told as %v", i, p)
		}
	}
	if empty := tile.Encode(tile.NewLayer("none")); len(empty) != 0 {
		t.Errorf("a tile of nothing has %d bytes", len(empty))
	}
}

// FuzzTile: whatever is asked of whatever points, the tile can be read.
func FuzzTile(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint32(4), uint32(2))
	f.Add(uint64(2), uint8(0), uint32(0), uint32(0))
	f.Add(uint64(3), uint8(22), uint32(1<<22-1), uint32(0))
	f.Fuzz(func(t *testing.T, seed uint64, z uint8, x, y uint32) {
		a, err := tile.At(int(z), int(x), int(y))
		if err != nil {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		b := a.Bound()
		var points []tile.Point
		for i := range 1 + rng.IntN(3000) {
			p := somewhere(rng, i)
			p.Key = tile.KeyOf(b.Min[0]+(b.Max[0]-b.Min[0])*rng.Float64(), b.Min[1]+(b.Max[1]-b.Min[1])*rng.Float64())
			points = append(points, p)
		}
		set := setOf(points...)
		cells, l := set.Cells(a, everything), tile.NewLayer("cells")
		for i := range cells {
			l.Point(cells[i].Middle(a))
			l.Whole("count", uint64(cells[i].Count))
		}
		seen, all := set.Points(a, everything, 5000)
		if !all || len(seen) > len(points) || len(cells) > 1<<(2*tile.CellBits) {
			t.Fatalf("%v: %d points and %d cells of %d", a, len(seen), len(cells), len(points))
		}
		sum := 0.0
		for _, f := range read(t, tile.Encode(l))["cells"].Features {
			sum += f.Properties["count"].(float64)
		}
		if int(sum) != len(seen) {
			t.Fatalf("%v: the cells count %v, the points are %d", a, sum, len(seen))
		}
	})
}
