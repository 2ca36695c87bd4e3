package format_test

import (
	"testing"

	"github.com/sestante/sestante/geo/format"
)

// Somebody watches an import: 107 provinces with 147,569 vertices take a
// fraction of a second in every form, two thirds of which are the checks.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"provinces.geojson", "formats/provinces_32632.zip", "formats/provinces.kml"} {
		b.Run(name, func(b *testing.B) {
			f := open(b, name)
			b.SetBytes(f.Size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := format.Decode(b.Context(), f, format.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
