package geo_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/sestante/sestante/geo"
)

// What is kept reads back to the last bit.
func TestParseGeometry(t *testing.T) {
	kept := []orb.MultiPolygon{
		{{square(10, 44, 1)}},
		{{square(10, 44, 1), square(10.2, 44.2, 0.1)}, {square(-170, -80, math.Nextafter(1, 2))}},
		{{orb.Ring{{1e-300, -2.5e-9}, {1.0 / 3, 89}, {-179.99999999999997, 5e-324}, {1e-300, -2.5e-9}}}},
	}
	for _, a := range shippedDistricts(t) {
		kept = append(kept, a.Geometry)
	}
	for i, want := range kept {
		text, err := json.Marshal(geojson.NewGeometry(want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := geo.ParseGeometry(text)
		if err != nil || !orb.Equal(got, want) {
			t.Errorf("geometry %d: ParseGeometry = %v, %v", i, got, err)
		}
	}
	spaced := "{ \"coordinates\" : [ [ [ 1 , 2 , 3 ] , [ 1e1,-2.5 ] ] , [] ], \"type\": \"Polygon\"}"
	got, err := geo.ParseGeometry([]byte(spaced))
	if want := (orb.MultiPolygon{{orb.Ring{{1, 2}, {10, -2.5}}, orb.Ring{}}}); err != nil || !orb.Equal(got, want) {
		t.Errorf("ParseGeometry(%s) = %v, %v, want %v", spaced, got, err, want)
	}
	for _, bad := range []string{
		``, `{}`, `{"type":"Point","coordinates":[1,2]}`, `{"type":"Polygon","coordinates":`, `{"type":"Polygon","coordinates":[[[1,2]`,
		`{"type":"Polygon","coordinates":[[[1]]]}`, `{"type":"Polygon","coordinates":[[[1,"2"]]]}`, `{"type":"Polygon","coordinates":[[[1,2],]]}`,
		`{"type":"MultiPolygon","coordinates":[[[1,2]]]}`, `{"type":"Polygon","coordinates":[[[1,1e999]]]}`, `{"type":"Polygon","coordinates":[[[1,--2]]]}`,
	} {
		if got, err := geo.ParseGeometry([]byte(bad)); err == nil {
			t.Errorf("ParseGeometry(%s) = %v, want an error", bad, got)
		}
	}
}

// FuzzParseGeometry never panics, and reads what a JSON decoder reads.
func FuzzParseGeometry(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[1,2],[3,4.5e1],[1,2]],[]]}`))
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[[[1,2],[3,4],[1,2]]],[]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := geo.ParseGeometry(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(geojson.NewGeometry(got))
		if err != nil {
			return // a number that JSON has not
		}
		if back, err := geo.ParseGeometry(again); err != nil || !orb.Equal(back, got) {
			t.Fatalf("%s is read as %v, and then as %v, %v", text, got, back, err)
		}
	})
}

// A start reads as many municipalities as Italy has: of its two seconds this
// may take a quarter.
func BenchmarkParseGeometry(b *testing.B) {
	var texts [][]byte
	size := 0
	for _, a := range generatedMunicipalities(b) {
		text, err := json.Marshal(geojson.NewGeometry(a.Geometry))
		if err != nil {
			b.Fatal(err)
		}
		texts, size = append(texts, text), size+len(text)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, text := range texts {
			if _, err := geo.ParseGeometry(text); err != nil {
				b.Fatal(err)
			}
		}
	}
}
