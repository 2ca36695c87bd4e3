package geo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// dataFile returns a file of real boundaries, which are not part of the
// project, or skips the test.
func dataFile(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("SESTANTE_DATA")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "data")
	}
	path := filepath.Join(dir, "territory", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("The real boundaries are not here: set SESTANTE_DATA to the folder that holds territory/%s.", name)
	}
	return path
}

// root is the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

func decodeFile(t testing.TB, name, code string) geo.Collection {
	t.Helper()
	f, err := os.Open(dataFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	c, err := geo.Decode(f, geo.Limits{Code: code})
	if err != nil {
		t.Fatalf("Decode(%s) = %v", name, err)
	}
	return c
}

// realDistricts are the 26 districts and the overlay as prepared from the
// official boundaries.
func realDistricts(t testing.TB) []geo.Area {
	t.Helper()
	areas, err := decodeFile(t, "districts.geojson", "code").Areas(geo.Fields{Code: "code", Name: "name", Kind: geo.District})
	if err != nil {
		t.Fatal(err)
	}
	for i := range areas {
		if areas[i].Code == "NO8" {
			areas[i].Kind, areas[i].Priority = geo.Overlay, -10
			areas[i].Selector = geo.Selector{SiteTypes: []string{"cs"}}
		}
	}
	return areas
}

func realProvinces(t testing.TB) []geo.Area {
	t.Helper()
	areas, err := decodeFile(t, "provinces.geojson", "sigla").Areas(geo.Fields{Code: "sigla", Name: "name", Kind: geo.District})
	if err != nil {
		t.Fatal(err)
	}
	return areas
}

// realMunicipalities are those around Milan.
func realMunicipalities(t testing.TB) []geo.Area {
	t.Helper()
	areas, err := decodeFile(t, "municipalities_MI.geojson", "istat").Areas(geo.Fields{Code: "istat", Name: "name", Kind: geo.District})
	if err != nil {
		t.Fatal(err)
	}
	return areas
}

// shippedDistricts are made from what the program ships.
func shippedDistricts(t testing.TB) []geo.Area {
	t.Helper()
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		t.Fatal(err)
	}
	areas, _, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		t.Fatal(err)
	}
	return areas
}

func newIndex(t testing.TB, areas []geo.Area) *geo.Index {
	t.Helper()
	x, err := geo.NewIndex(areas)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// square is the closed box from x,y with that side.
func square(x, y, side float64) orb.Ring {
	return orb.Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

func district(code string, rings ...orb.Ring) geo.Area {
	return geo.Area{Code: code, Name: "District " + code, Kind: geo.District, Geometry: orb.MultiPolygon{rings}}
}

// feature is a GeoJSON feature with a code and this geometry.
func feature(code, kind, coordinates string) string {
	return fmt.Sprintf(`{"type":"Feature","id":%q,"properties":{"code":%q},"geometry":{"type":%q,"coordinates":%s}}`, code, code, kind, coordinates)
}

func featureCollection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}
