package geo_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// A report waits for its district: the budget is 10 µs for a place anywhere in
// Italy, so that 10,000 of them take a tenth of a second.
func BenchmarkLocateUniform(b *testing.B) {
	x := newIndex(b, shippedDistricts(b))
	benchLocate(b, x, uniform())
}

// The same over the official boundaries, which are finer.
func BenchmarkLocateReal(b *testing.B) {
	x := newIndex(b, realDistricts(b))
	benchLocate(b, x, uniform())
}

// The hardest places: on the vertices of the border.
func BenchmarkLocateBorder(b *testing.B) {
	x := newIndex(b, realDistricts(b))
	vertices, _ := innerPoints(x.Areas())
	benchLocate(b, x, vertices)
}

// With an accuracy, the distance to the neighbours is asked too.
func BenchmarkLocateAccuracy(b *testing.B) {
	x := newIndex(b, realDistricts(b))
	points := uniform()
	i := 0
	for b.Loop() {
		p := points[i%len(points)]
		x.Locate(geo.Query{Lon: p[0], Lat: p[1], AccuracyM: 30})
		i++
	}
}

func benchLocate(b *testing.B, x *geo.Index, points []orb.Point) {
	b.Helper()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := points[i%len(points)]
		x.Locate(geo.Query{Lon: p[0], Lat: p[1]})
		i++
	}
}

func uniform() []orb.Point {
	random := rand.New(rand.NewPCG(3, 4))
	out := make([]orb.Point, 1<<14)
	for i := range out {
		out[i] = orb.Point{6.6 + 12*random.Float64(), 36 + 11*random.Float64()}
	}
	return out
}

// Whoever imports boundaries waits for this: 27 shipped areas.
func BenchmarkDecode(b *testing.B) {
	var text bytes.Buffer
	if err := geo.Encode(&text, shippedDistricts(b)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := geo.Decode(bytes.NewReader(text.Bytes()), geo.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The program makes this at every start and after every change of the areas.
func BenchmarkNewIndex(b *testing.B) {
	areas := realDistricts(b)
	for b.Loop() {
		newIndex(b, areas)
	}
}
