package format_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/sestante/sestante/geo/format"
)

// A table with a column of well-known text in metres comes out as areas in
// degrees, with a word about what was done.
func ExampleDecode() {
	table := "code,wkt\n" +
		`CR,"SRID=3003;POLYGON((1573000 4995000,1590000 4995000,1590000 5010000,1573000 4995000))"`
	f := format.File{Name: "areas.csv", Data: strings.NewReader(table), Size: int64(len(table))}
	got, err := format.Decode(context.Background(), f, format.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	first := got.Collection.Features[0]
	fmt.Printf("%s: %s in %s, to about %g m\n", got.Kind, first.Text("code"), got.CRS, got.AccuracyM)
	fmt.Printf("%.4f\n", first.Geometry[0][0][0])
	for _, note := range got.Notes {
		fmt.Println(note.Say("it"))
	}
	// Output:
	// csv: CR in EPSG:3003, to about 4 m
	// [9.9275 45.1045]
	// Le coordinate sono state convertite in WGS84 (EPSG:3003 Monte Mario / Italy zone 1).
	// La conversione da questo sistema di coordinate a WGS84 è nota solo entro alcuni metri: i confini possono scostarsi di tanto (EPSG:3003, ±4 m).
}

func ExampleSniff() {
	text := "MULTIPOLYGON(((10 44,11 44,11 45,10 44)))"
	kind, err := format.Sniff(format.File{Data: strings.NewReader(text), Size: int64(len(text))})
	fmt.Println(kind, err)
	// Output: wkt <nil>
}
