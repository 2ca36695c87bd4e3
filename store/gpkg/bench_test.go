package gpkg_test

import (
	"io"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/store/gpkg"
)

// BenchmarkEncode makes a file of 100,000 points with thirty columns, as an
// export of reports has them: somebody waits for its first byte.
func BenchmarkEncode(b *testing.B) {
	const points, columns = 100_000, 30
	layer := gpkg.Layer{Name: "reports", Geometry: "POINT"}
	for i := range columns {
		layer.Columns = append(layer.Columns, gpkg.Column{Name: "c" + string(rune('A'+i)), Type: gpkg.Text})
	}
	layer.Rows = func(yield func(gpkg.Row, error) bool) {
		values := make([]any, columns)
		for i := range values {
			values[i] = "twenty letters a cell"
		}
		for i := range points {
			if !yield(gpkg.Row{Geometry: orb.Point{7 + float64(i%1000)/100, 40 + float64(i/1000)/20}, Values: values}, nil) {
				return
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gpkg.Encode(b.Context(), io.Discard, []gpkg.Layer{layer}, noon); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/points, "ns/row")
}
