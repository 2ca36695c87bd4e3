package geo_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sestante/sestante/geo"
)

func TestLocateCSV(t *testing.T) {
	x := newIndex(t, []geo.Area{district("A", square(10, 44, 1)), district("B", square(10, 44, 2)), {Code: "P", Kind: geo.Province, Geometry: district("", square(11, 44, 1)).Geometry}})
	locate := func(lon, lat float64) geo.Answer { return x.Locate(geo.Query{Lon: lon, Lat: lat}) }
	for _, c := range []struct {
		name, in, want string
		owned, bad     int
	}{
		{"header", "lon,lat\n10.5,44.5\n", "10.5,44.5,A,A|B,inside\n", 1, 0},
		{"no header", "10.5,44.5\n", "10.5,44.5,A,A|B,inside\n", 1, 0},
		{"other order, other columns", "id,LAT,note,Longitude\n7,44.5,x,11.5\n", "11.5,44.5,B,P|B,inside\n", 1, 0},
		{"semicolons and decimal commas", "lon;lat\n10,5;44,5\n", "\"10,5\",\"44,5\",A,A|B,inside\n", 1, 0},
		{"byte order mark, CRLF", "\xef\xbb\xbflon,lat\r\n10.5,44.5\r\n", "10.5,44.5,A,A|B,inside\n", 1, 0},
		{"nobody", "lon,lat\n0,0\n2,48\n9,91\n", "0,0,,,null_island\n2,48,,,outside\n9,91,,,no_position\n", 0, 0},
		{"bad rows stop nothing", "lon,lat\nx,44\n10.5\n10.5,\"4\"4\n=1+1,44\n,\n10.5,44.5\n", "x,44,,,bad row: lon is not a number\n10.5,,,,bad row: columns are missing\n,,,,bad row: quotes do not match\n'=1+1,44,,,bad row: lon is not a number\n,,,,bad row: lon is not a number\n10.5,44.5,A,A|B,inside\n", 1, 5},
		{"not a number", "lon,lat\nNaN,44\n", "NaN,44,,,no_position\n", 0, 0},
		{"only a header", "lon,lat\n", "", 0, 0},
		{"nothing", "", "", 0, 0},
	} {
		var out strings.Builder
		tally, err := geo.LocateCSV(strings.NewReader(c.in), &out, locate)
		if err != nil {
			t.Errorf("%s: LocateCSV = %v", c.name, err)
			continue
		}
		got, _ := strings.CutPrefix(out.String(), "lon,lat,code,all,reason\n")
		if got != c.want || tally.Owned != c.owned || tally.Bad != c.bad || tally.Rows != tally.Owned+tally.Unowned+tally.Bad {
			t.Errorf("%s: LocateCSV = %q %+v, want %q with %d owned, %d bad", c.name, got, tally, c.want, c.owned, c.bad)
		}
	}
	if _, err := geo.LocateCSV(strings.NewReader("a,b\n1,2\n"), io.Discard, locate); !errors.Is(err, geo.ErrCSV) {
		t.Errorf("LocateCSV without columns = %v, want %v", err, geo.ErrCSV)
	}
	if _, err := geo.LocateCSV(io.MultiReader(strings.NewReader("lon,lat\n"), broken{}), io.Discard, locate); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("LocateCSV of a broken reader = %v, want %v", err, io.ErrClosedPipe)
	}
	if _, err := geo.LocateCSV(strings.NewReader(strings.Repeat("10.5,44.5\n", 1000)), brokenWriter{}, locate); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("LocateCSV to a broken writer = %v, want %v", err, io.ErrClosedPipe)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func ExampleLocateCSV() {
	x, err := geo.NewIndex([]geo.Area{district("A", square(10, 44, 1))})
	if err != nil {
		fmt.Println(err)
		return
	}
	var out strings.Builder
	tally, err := geo.LocateCSV(strings.NewReader("lon,lat\n10.5,44.5\n20,44.5\n"), &out, func(lon, lat float64) geo.Answer {
		return x.Locate(geo.Query{Lon: lon, Lat: lat})
	})
	fmt.Print(out.String())
	fmt.Println(tally.Owned, "of", tally.Rows, err)
	// Output:
	// lon,lat,code,all,reason
	// 10.5,44.5,A,A,inside
	// 20,44.5,,,outside
	// 1 of 2 <nil>
}
