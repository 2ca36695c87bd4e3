package format_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

// TestCut: an area over the 180th meridian is cut there, whatever file it comes
// in, and who imports it is told which.
func TestCut(t *testing.T) {
	const ring = `[[[179,-17],[-179,-17],[-179,-16],[179,-16],[179,-17]]]`
	const wkt = `POLYGON((179 -17,-179 -17,-179 -16,179 -16,179 -17))`
	box := orb.Ring{{179, -17}, {-179, -17}, {-179, -16}, {179, -16}, {179, -17}}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"a.geojson", []byte(collection(feature("FJ", ring)))},
		{"a.topojson", []byte(`{"type":"Topology","objects":{"a":{"type":"Polygon","properties":{"code":"FJ"},"arcs":[[0]]}},"arcs":` + ring + `}`)},
		{"a.kml", []byte(kml(placemark("FJ", `<Polygon><outerBoundaryIs><LinearRing><coordinates>179,-17 -179,-17 -179,-16 179,-16 179,-17</coordinates></LinearRing></outerBoundaryIs></Polygon>`)))},
		{"a.wkt", []byte(wkt)},
		{"a.csv", []byte("code,wkt\nFJ,\"" + wkt + "\"\n")},
		{"a.zip", shapefile(t, "FJ", polygon(reversed(box)))},
	} {
		got, err := decode(t, c.name, c.data, format.Options{Limits: geo.Limits{Expect: geo.World()}, CRS: "EPSG:4326"})
		if err != nil {
			t.Errorf("%s: Decode = %v", c.name, err)
			continue
		}
		f := got.Collection.Features[0]
		if len(f.Geometry) != 2 || !f.Cut || noteCodes(got) != "cut_at_180" {
			t.Errorf("%s: Decode = %v, cut %v, notes %q, want two parts and a note", c.name, f.Geometry, f.Cut, noteCodes(got))
		}
		if b := f.Geometry.Bound(); b.Min[0] != -180 || b.Max[0] != 180 {
			t.Errorf("%s: Decode = %v, want parts that end at 180 and -180", c.name, f.Geometry)
		}
	}
	got, err := decode(t, "a.json", []byte(collection(feature("IT", `[[[10,44],[11,44],[11,45],[10,44]]]`), feature("FJ", ring))), format.Options{Limits: geo.Limits{Expect: geo.World()}})
	if err != nil || len(got.Notes) != 1 || got.Notes[0].Detail != "features[1] FJ" || !strings.Contains(got.Notes[0].Say("it"), "180") {
		t.Errorf("Decode = %+v, %v, want one note about features[1] FJ", got.Notes, err)
	}
	both := `[[[0,5],[120,-5],[-120,-5],[0,5]]]`
	if _, err := decode(t, "a.json", []byte(feature("X", both)), format.Options{}); !errors.Is(err, geo.ErrAntimeridian) || !strings.Contains(err.Error(), "120.000000,-5.000000") {
		t.Errorf("Decode of a ring around the equator = %v, want %v at 120,-5", err, geo.ErrAntimeridian)
	}
}

// Rings of a shapefile come in one list: which lies in which is seen over the
// 180th meridian too.
func TestShapefileRingsOverSeam(t *testing.T) {
	over := func(west, south, east, north float64) orb.Ring {
		return orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
	}
	cw := reversed
	island, lagoon := over(178, -20, -178, -10), over(179, -17, -179, -16)
	for _, c := range []struct {
		name  string
		rings []orb.Ring
		want  string // rings of each polygon
	}{
		{"islands beside it", []orb.Ring{cw(island), cw(square(170, -17, 1)), cw(square(-170, -17, 1)), cw(square(0, -17, 1))}, "1 1 1 1 1"},
		{"a hole over it", []orb.Ring{cw(island), lagoon}, "1 1"},
		{"holes beside it", []orb.Ring{cw(island), square(178.5, -14, 1), square(-179.5, -14, 1)}, "2 2"},
		{"an island in a hole", []orb.Ring{cw(island), lagoon, cw(square(-179.5, -16.75, 0.25))}, "1 1 1"},
		{"around a pole, with holes", []orb.Ring{{{0, -70}, {120, -70}, {-120, -70}, {0, -70}}, over(170, -80, -170, -75), square(20, -80, 2)}, "2"},
	} {
		got, err := decode(t, "a.zip", shapefile(t, "A", polygon(c.rings...)), format.Options{CRS: "EPSG:4326", Limits: geo.Limits{Expect: geo.World()}})
		if err != nil {
			t.Errorf("%s: Decode = %v", c.name, err)
			continue
		}
		var counts []string
		for _, polygon := range got.Collection.Features[0].Geometry {
			counts = append(counts, string(rune('0'+len(polygon))))
		}
		if strings.Join(counts, " ") != c.want {
			t.Errorf("%s: Decode = polygons of %v rings, want %s: %v", c.name, counts, c.want, got.Collection.Features[0].Geometry)
		}
	}
}
