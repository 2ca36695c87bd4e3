package format_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/crs"
	"github.com/sestante/sestante/geo/format"
)

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       format.Kind
	}{
		{"a.bin", collection(feature("A", box)), format.GeoJSON},
		{"a", "\xef\xbb\xbf \n" + feature("A", box), format.GeoJSON},
		{"a", "\x1e" + feature("A", box) + "\n", format.GeoJSON},
		{"a.geojson", `{"type" : "Topology","objects":{},"arcs":[]}`, format.TopoJSON},
		{"a", `{"type":"Feature","properties":{"a":"Topology"},"geometry":null}`, format.GeoJSON},
		{"a.zip", string(zipped(t, member{"x/A.SHP", nil})), format.ShapefileZip},
		{"a.zip", string(zipped(t, member{"doc.kml", nil})), format.KMZ},
		{"a.kmz", string(zipped(t, member{"f/doc.kml", nil}, member{"f/a.SHP", nil})), format.ShapefileZip},
		{"a", kml(""), format.KML},
		{"a", "<!-- " + strings.Repeat("x", 1000) + " --><kml/>", format.KML},
		{"a", "SQLite format 3\x00 and more", format.GeoPackage},
		{"a", " polygon ((1 2,3 4,5 6,1 2))", format.WKT},
		{"a", "SRID=4326;MULTIPOLYGON(((1 2)))", format.WKT},
		{"a", "MULTIPOLYGON Z (((1 2 3)))", format.WKT},
		{"a", "code;WKT\nA;POLYGON((1 2))", format.CSV},
		{"a", "\"wkt\",code\n", format.CSV},
		{"a.csv", "a,b\n1,2\n", format.CSV},
	} {
		got, err := format.Sniff(format.File{Name: c.name, Data: strings.NewReader(c.text), Size: int64(len(c.text))})
		if err != nil || got != c.want {
			t.Errorf("Sniff(%s, %.40q) = %s, %v, want %s", c.name, c.text, got, err, c.want)
		}
	}
}

func TestSniffRefuses(t *testing.T) {
	for _, c := range []struct {
		text string
		want *fault.Error
		says string
	}{
		{"", format.ErrUnknown, "empty"},
		{"  \n", format.ErrUnknown, "empty"},
		{"hello", format.ErrUnknown, "text of another kind"},
		{"\x1f\x8b\x08", format.ErrUnknown, "gzip"},
		{"\x00\x00\x27\x0a", format.ErrUnknown, ".dbf"},
		{"7z\xbc\xaf\x27\x1c", format.ErrUnknown, "7z"},
		{"%PDF-1.7", format.ErrUnknown, "PDF"},
		{"\xff\xfe{\x00", format.ErrUnknown, "UTF-16"},
		{"<html>", format.ErrUnknown, "web page"},
		{"<gml:x>", format.ErrUnknown, "GML"},
		{"<x>", format.ErrUnknown, "no KML"},
		{"ab\x00cd", format.ErrUnknown, "binary"},
		{"PK\x03\x04 and no more", format.ErrArchive, "contents"},
		{string(zipped(t, member{"readme.txt", nil})), format.ErrUnknown, "readme.txt"},
		{string(zipped(t, member{"__MACOSX/._a.shp", nil}, member{"._a.shp", nil})), format.ErrUnknown, "without .shp"},
	} {
		_, err := format.Sniff(format.File{Name: "x", Data: strings.NewReader(c.text), Size: int64(len(c.text))})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Sniff(%.20q) = %v, want %v that says %q", c.text, err, c.want, c.says)
		}
		if _, again := decode(t, "x", []byte(c.text), format.Options{}); !errors.Is(again, c.want) {
			t.Errorf("Decode(%.20q) = %v, want %v", c.text, again, c.want)
		}
	}
}

// The same provinces, as the official shapefile in metres, as KML and as
// GeoJSON, are the same to the micrometre.
func TestRealProvincesAreTheSame(t *testing.T) {
	limits := geo.Limits{Code: "sigla"}
	want := map[string]geo.Feature{}
	base, err := format.Decode(t.Context(), open(t, "provinces.geojson"), format.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range base.Collection.Features {
		want[f.Text("sigla")] = f
	}
	for _, c := range []struct {
		file string
		kind format.Kind
		crs  string
	}{
		{"formats/provinces_32632.zip", format.ShapefileZip, "EPSG:32632"},
		{"formats/provinces.kml", format.KML, "EPSG:4326"},
	} {
		got, err := format.Decode(t.Context(), open(t, c.file), format.Options{Limits: limits})
		if err != nil {
			t.Fatalf("Decode(%s) = %v", c.file, err)
		}
		if got.Kind != c.kind || got.CRS != c.crs || got.AccuracyM != 0 || len(got.Collection.Features) != len(want) {
			t.Errorf("Decode(%s) = %s in %s, ±%v m, %d features", c.file, got.Kind, got.CRS, got.AccuracyM, len(got.Collection.Features))
		}
		for _, f := range got.Collection.Features {
			code := f.Text("sigla")
			same := want[code]
			if f.Text("name") != same.Text("name") {
				t.Errorf("%s: %s is called %q, want %q", c.file, code, f.Text("name"), same.Text("name"))
			}
			if code == "AT" || code == "VA" {
				continue // the GeoJSON is of a later day, when two municipalities had been added
			}
			if d := apart(f.Geometry, same.Geometry); d > 1e-6 {
				t.Errorf("%s: %s lies %v m off", c.file, code, d)
			}
		}
	}
}

// apart is the largest distance in metres of a vertex from the vertices of the
// other geometry, or infinity when they differ in number.
func apart(a, b orb.MultiPolygon) float64 {
	count := func(mp orb.MultiPolygon) (rings, vertices int) {
		for _, polygon := range mp {
			rings += len(polygon)
			for _, r := range polygon {
				vertices += len(r)
			}
		}
		return rings, vertices
	}
	ra, va := count(a)
	if rb, vb := count(b); ra != rb || va != vb {
		return math.Inf(1)
	}
	type key [2]int64
	near := map[key][]orb.Point{}
	at := func(p orb.Point) key { return key{int64(math.Floor(p[0] * 1e4)), int64(math.Floor(p[1] * 1e4))} }
	each(b, func(p orb.Point) { near[at(p)] = append(near[at(p)], p) })
	worst := 0.0
	each(a, func(p orb.Point) {
		best := math.Inf(1)
		k := at(p)
		for dx := int64(-1); dx <= 1; dx++ {
			for dy := int64(-1); dy <= 1; dy++ {
				for _, q := range near[key{k[0] + dx, k[1] + dy}] {
					best = min(best, orbgeo.Distance(p, q))
				}
			}
		}
		worst = max(worst, best)
	})
	return worst
}

func each(mp orb.MultiPolygon, visit func(orb.Point)) {
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring {
				visit(p)
			}
		}
	}
}

// metres is a box in a system, from the WGS84 box 10..11, 44..45.
func metres(t testing.TB, code int) orb.Ring {
	t.Helper()
	s, err := crs.Lookup(code)
	if err != nil {
		t.Fatal(err)
	}
	ring := square(10, 44, 1)
	for i, p := range ring {
		if ring[i], err = s.FromWGS84(p); err != nil {
			t.Fatal(err)
		}
	}
	return ring
}

func text(r orb.Ring) string {
	mp := string(geo.EncodeGeometry(nil, orb.MultiPolygon{{r}}))
	return mp[strings.Index(mp, "[[[")+1 : len(mp)-2]
}

func withCRS(name, rest string) string {
	return `{"crs":{"type":"name","properties":{"name":"` + name + `"}},` + rest[1:]
}

func TestCRSOfTheFile(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  int // of the coordinates
		crs   string
		given string
		want  string
		m     float64
		notes string
	}{
		{"metres of zone 32", 32632, "urn:ogc:def:crs:EPSG::32632", "", "EPSG:32632", 0, "reprojected"},
		{"web Mercator", 3857, "EPSG:3857", "", "EPSG:3857", 0, "reprojected"},
		{"Monte Mario says how good it is", 3003, "EPSG:3003", "", "EPSG:3003", 4, "reprojected accuracy"},
		{"RDN2008", 7794, "urn:ogc:def:crs:EPSG::7794", "", "EPSG:7794", 1, "reprojected"},
		{"northing first by its standard, easting first in the file", 6707, "urn:ogc:def:crs:EPSG::6707", "", "EPSG:6707", 1, "reprojected"},
		{"degrees of ETRS89 need no turning", 4258, "EPSG:4258", "", "EPSG:4258", 1, ""},
		{"what the caller says", 32633, "", "EPSG:32633", "EPSG:32633", 0, "reprojected"},
		{"the file's word is not known, the caller's is", 32633, "EPSG:31467", "32633", "EPSG:32633", 0, "crs_given reprojected"},
		{"the file's word holds", 32632, "EPSG:32632", "EPSG:32633", "EPSG:32632", 0, "crs_kept reprojected"},
		{"nobody says", 4326, "", "", "EPSG:4326", 0, ""},
	} {
		file := collection(feature("A", text(metres(t, c.code))))
		if c.crs != "" {
			file = withCRS(c.crs, file)
		}
		got, err := decode(t, "a.json", []byte(file), format.Options{CRS: c.given})
		if err != nil {
			t.Errorf("%s: Decode = %v", c.name, err)
			continue
		}
		if got.CRS != c.want || got.AccuracyM != c.m || noteCodes(got) != c.notes {
			t.Errorf("%s: Decode = %s, ±%v m, notes %q, want %s, ±%v m, %q", c.name, got.CRS, got.AccuracyM, noteCodes(got), c.want, c.m, c.notes)
		}
		if d := apart(got.Collection.Features[0].Geometry, orb.MultiPolygon{{square(10, 44, 1)}}); d > 1e-3 {
			t.Errorf("%s: the box lies %v m off", c.name, d)
		}
	}
}

func TestCRSRefuses(t *testing.T) {
	swapped := metres(t, 32632)
	for i, p := range swapped {
		swapped[i] = orb.Point{p[1], p[0]}
	}
	for _, c := range []struct {
		name, file, given string
		want              *fault.Error
		says              string
	}{
		{"a system nobody knows", withCRS("EPSG:23032", collection(feature("A", box))), "", crs.ErrUnknown, "EPSG:23032"},
		{"a given system nobody knows", collection(feature("A", box)), "Roma 40", crs.ErrUnknown, "Roma 40"},
		{"a link", `{"crs":{"type":"link","properties":{"href":"http://example.org/crs"}},` + collection(feature("A", box))[1:], "", geo.ErrCRS, "link"},
		{"metres without a name", collection(feature("Zocca", text(metres(t, 32632)))), "", geo.ErrMetres, "Zocca"},
		{"metres without a name: which they may be", collection(feature("Zocca", text(metres(t, 32632)))), "", geo.ErrMetres, "EPSG:32632"},
		{"metres said to be degrees", withCRS("EPSG:4326", collection(feature("Zocca", text(metres(t, 32632))))), "", geo.ErrMetres, "Zocca"},
		{"northing before easting", withCRS("EPSG:32632", collection(feature("Zocca", text(swapped)))), "", geo.ErrSwapped, "Zocca"},
		{"degrees said to be metres", withCRS("EPSG:3035", collection(feature("Zocca", box))), "", format.ErrDegrees, "Zocca"},
		{"far outside the zone", withCRS("EPSG:32632", collection(feature("Zocca", `[[[9e9,5e6],[9.1e9,5e6],[9e9,5.1e6],[9e9,5e6]]]`))), "", crs.ErrOutside, "9e+09,5000000"},
		{"latitude first", collection(feature("Zocca", `[[[44,10],[45,10],[45,11],[44,10]]]`)), "", geo.ErrSwapped, "Zocca"},
	} {
		_, err := decode(t, "a.json", []byte(c.file), format.Options{CRS: c.given})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
}

// A standard that has northing first is followed when only that leads to
// Italy.
func TestNorthFirstIsTurned(t *testing.T) {
	ring := metres(t, 6707)
	for i, p := range ring {
		ring[i] = orb.Point{p[1], p[0]}
	}
	file := []byte(withCRS("EPSG:6707", collection(feature("A", text(ring)))))
	got, err := decode(t, "a.json", file, format.Options{})
	if err != nil || noteCodes(got) != "axes_swapped reprojected" {
		t.Fatalf("Decode = %q, %v", noteCodes(got), err)
	}
	if anywhere, err := decode(t, "a.json", file, format.Options{Limits: geo.Limits{Expect: geo.World()}}); err != nil || noteCodes(anywhere) != "axes_swapped reprojected" {
		t.Errorf("Decode with areas that may be anywhere = %q, %v", noteCodes(anywhere), err)
	}
	if d := apart(got.Collection.Features[0].Geometry, orb.MultiPolygon{{square(10, 44, 1)}}); d > 1e-6 {
		t.Errorf("the box lies %v m off", d)
	}
}

func TestGeoJSON(t *testing.T) {
	one := feature("A", box)
	heights := feature("A", `[[[10,44,5],[11,44,5,9],[11,45,5],[10,45,5],[10,44,5]]]`)
	for _, c := range []struct {
		name, file string
		features   int
		notes      string
	}{
		{"a collection", collection(one, feature("B", box)), 2, ""},
		{"features before the type", `{"features":[` + one + `],"type":"FeatureCollection"}`, 1, ""},
		{"one a line", one + "\n" + one + "\n", 2, ""},
		{"record separators", "\x1e" + one + "\n\x1e" + one + "\n", 2, ""},
		{"a bare geometry", `{"type":"Polygon","coordinates":` + box + `}`, 1, ""},
		{"heights", collection(heights), 1, "heights_dropped"},
		{"the other way round", feature("A", `[[[10,44],[10,45],[11,45],[11,44],[10,44]]]`), 1, ""},
		{"ends a nanometre apart", feature("A", `[[[10,44],[11,44],[11,45],[10,45],[10.000000000001,44]]]`), 1, "rings_closed"},
	} {
		got, err := decode(t, "a.json", []byte(c.file), format.Options{})
		if err != nil || len(got.Collection.Features) != c.features || noteCodes(got) != c.notes || got.Kind != format.GeoJSON {
			t.Errorf("%s: Decode = %d features, %q, %v, want %d, %q", c.name, len(got.Collection.Features), noteCodes(got), err, c.features, c.notes)
			continue
		}
		if o := got.Collection.Features[0].Geometry[0][0].Orientation(); o != orb.CCW {
			t.Errorf("%s: the shell is wound %v", c.name, o)
		}
	}
	for _, c := range []struct {
		name, file string
		want       *fault.Error
		says       string
	}{
		{"open by a metre", feature("A", `[[[10,44],[11,44],[11,45],[10,45],[10.00001,44]]]`), geo.ErrOpenRing, "10.000010,44.000000"},
		{"something after the collection", collection(one) + " x", geo.ErrNotJSON, ""},
		{"cut in a feature", collection(one, one)[:150], geo.ErrTruncated, ""},
		{"cut in a sequence", one + "\n" + one[:50], geo.ErrTruncated, ""},
		{"two systems", withCRS("EPSG:32632", one) + "\n" + one, geo.ErrCRS, "record 2"},
		{"five numbers", feature("A", `[[[10,44,1,2,3],[11,44],[11,45],[10,44]]]`), geo.ErrCoordinates, "four"},
		{"a topology and more", `{"type":"Topology","objects":{"a":{"type":"Polygon","arcs":[[0]]}},"arcs":[[[1,2],[3,4]]]}` + one, geo.ErrNotGeoJSON, ""},
	} {
		if _, err := decode(t, "a.json", []byte(c.file), format.Options{}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
}

func TestTopoJSON(t *testing.T) {
	file := `{"type":"Topology","transform":{"scale":[0.5,0.5],"translate":[10,44]},"objects":{"areas":{"type":"GeometryCollection","geometries":[{"type":"Polygon","properties":{"code":"A"},"arcs":[[0]]}]},"other":{"type":"Polygon","arcs":[[0]]}},"arcs":[[[0,0],[2,0],[0,2],[-2,0],[0,-2]]]}`
	got, err := decode(t, "a", []byte(file), format.Options{Layer: "areas"})
	if err != nil || got.Kind != format.TopoJSON || got.Layer != "areas" || got.Collection.Features[0].Text("code") != "A" {
		t.Errorf("Decode = %+v, %v", got, err)
	}
	if _, err := decode(t, "a", []byte(file), format.Options{}); !errors.Is(err, geo.ErrLayer) || !strings.Contains(err.Error(), "areas, other") {
		t.Errorf("Decode without a layer = %v, want %v that lists them", err, geo.ErrLayer)
	}
}

// Progress goes up in steps of at most a hundredth, and ends where it says it
// will.
func TestProgress(t *testing.T) {
	for _, name := range []string{"provinces.geojson", "formats/provinces_32632.zip", "formats/provinces.kml"} {
		last, widest, calls := int64(-1), int64(0), 0
		_, err := format.Decode(t.Context(), open(t, name), format.Options{Progress: func(done, total int64) {
			if total != 1000 || done <= last {
				t.Errorf("%s: Progress(%d, %d) after %d", name, done, total, last)
			}
			widest = max(widest, done-last)
			last = done
			calls++
		}})
		if err != nil || last != 1000 || calls < 100 || widest > 10 {
			t.Errorf("%s: %d calls, the last said %d, the widest step was %d, %v", name, calls, last, widest, err)
		}
	}
}

// Whoever gives up is not kept waiting, at whatever point.
func TestCancel(t *testing.T) {
	for _, at := range []int64{0, 400, 900} {
		ctx, cancel := context.WithCancel(t.Context())
		after := 0
		_, err := format.Decode(ctx, open(t, "provinces.geojson"), format.Options{Progress: func(done, _ int64) {
			if done >= at {
				cancel()
				after++
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) || after > 8 {
			t.Errorf("Decode cancelled at %d = %v after %d more steps", at, err, after)
		}
	}
}

func TestGeoPackageGoesElsewhere(t *testing.T) {
	if _, err := format.Decode(t.Context(), open(t, "formats/provinces.gpkg"), format.Options{}); !errors.Is(err, format.ErrGeoPackage) {
		t.Errorf("Decode = %v, want %v", err, format.ErrGeoPackage)
	}
}

// Whatever the kind, a refusal names the feature by index and identity, the
// place, and what to do, in both languages.
func TestRefusalsNameTheFeature(t *testing.T) {
	bow := orb.Ring{{10, 44}, {11, 45}, {11, 44}, {10, 45}, {10, 44}}
	for _, c := range []struct {
		name, file string
		says       []string
	}{
		{"a.json", collection(feature("A", box), feature("Zocca", text(bow))), []string{"features[1]", "Zocca", "10.500000,44.500000"}},
		{"a.zip", string(shapefile(t, "A Zocca", polygon(square(12, 44, 1)), polygon(bow))), []string{"features[1]", "Zocca", "10.500000,44.500000"}},
		{"a.kml", kml(placemark("A", kmlBox) + placemark("Zocca", strings.Replace(kmlBox, "11,44,0 11,45", "11,45 11,44", 1))), []string{"features[1]", "Zocca", "10.500000,44.500000"}},
		{"a.wkt", "POLYGON((12 44,13 44,13 45,12 44))\nPOLYGON((10 44,11 45,11 44,10 45,10 44))", []string{"features[1]", "2", "10.500000,44.500000"}},
		{"a.csv", "code,wkt\nA,\"POLYGON((12 44,13 44,13 45,12 44))\"\nZocca,\"POLYGON((10 44,11 45,11 44,10 45,10 44))\"", []string{"features[1]", "Zocca", "10.500000,44.500000"}},
	} {
		_, err := decode(t, c.name, []byte(c.file), format.Options{Limits: geo.Limits{}})
		var problems geo.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || !errors.Is(err, geo.ErrSelfIntersection) {
			t.Errorf("%s: Decode = %v, want one problem", c.name, err)
			continue
		}
		f := fault.Of(err)
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: Decode = %v, want it to say %q", c.name, err, word)
			}
		}
		if !strings.Contains(f.Say("en"), "move the points") || !strings.Contains(f.Say("it"), "sposta i punti") {
			t.Errorf("%s: Say = %q, %q", c.name, f.Say("en"), f.Say("it"))
		}
	}
}

func TestNotes(t *testing.T) {
	n := format.NoteAccuracy.With("EPSG:3003, about 4 m")
	if got := n.Say("it"); !strings.HasSuffix(got, "(EPSG:3003, about 4 m).") || !strings.Contains(got, "confini") {
		t.Errorf("Say(it) = %q", got)
	}
	if got := n.String(); !strings.HasPrefix(got, "format.accuracy: The way") {
		t.Errorf("String = %q", got)
	}
}
