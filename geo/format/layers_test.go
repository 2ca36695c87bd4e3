package format_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

func link(to string) string {
	return "<NetworkLink><Link><href>" + to + "</href></Link></NetworkLink>"
}

// GDAL writes a document for each layer of a KMZ, and one that links to them.
func TestKMZOfSeveralDocuments(t *testing.T) {
	one := member{"layers/one.kml", []byte(kml(placemark("1", kmlBox)))}
	two := member{"layers/two.kml", []byte(kml(placemark("2", kmlBox) + placemark("3", kmlBox)))}
	deep := member{"layers/more/deep.kml", []byte(kml("<Folder><name>f</name>" + placemark("4", kmlBox) + "</Folder>"))}
	doc := func(links ...string) member {
		return member{"doc.kml", []byte(kml(strings.Join(links, "")))}
	}
	for _, c := range []struct {
		name    string
		members []member
		layer   string
		want    string // the names of the features
		notes   string
		fault   *fault.Error
		says    string
	}{
		{"one layer", []member{doc(link("layers/one.kml")), one}, "", "1", "", nil, ""},
		{"named", []member{doc(link("layers/one.kml")), one}, "ONE", "1", "", nil, ""},
		{"one of two", []member{doc(link("layers/one.kml"), link("./layers/two.kml")), one, two}, "two", "2 3", "", nil, ""},
		{"of two, none named", []member{doc(link("layers/one.kml"), link("layers/two.kml")), one, two}, "", "", "", geo.ErrLayer, "one, two"},
		{"of two, another named", []member{doc(link("layers/one.kml"), link("layers/two.kml")), one, two}, "three", "", "", geo.ErrLayer, "one, two"},
		{"a link in a linked one", []member{doc(link("layers/a.kml")), {"layers/a.kml", []byte(kml(link("more/deep.kml")))}, deep}, "", "4", "", nil, ""},
		{"a folder in a linked one", []member{doc(link("layers/one.kml"), link("layers/more/deep.kml")), one, deep}, "f", "4", "", nil, ""},
		{"a circle", []member{doc(link("layers/a.kml")), {"layers/a.kml", []byte(kml(link("../doc.kml") + link("a.kml") + placemark("A", kmlBox)))}}, "", "A", "", nil, ""},
		{"a link to itself", []member{doc(link("doc.kml"), placemark("A", kmlBox))}, "", "A", "", nil, ""},
		{"written for Windows", []member{doc(link(`layers\one.kml`)), {`layers\one.kml`, one.data}}, "", "1", "", nil, ""},
		{"with a space", []member{doc(link("my%20layers/one.kml")), {"my layers/one.kml", one.data}}, "", "1", "", nil, ""},
		{"in another folder than it says", []member{doc(link("layers/one.kml")), {"layers/layers/one.kml", one.data}}, "", "1", "", nil, ""},
		{"missing", []member{doc(link("layers/gone.kml")), one}, "", "", "", format.ErrArchive, "gone.kml"},
		{"only elsewhere", []member{doc(link("https://example.org/one.kml")), one}, "", "", "", geo.ErrNoFeatures, "elsewhere"},
		{"elsewhere too", []member{doc(link("https://example.org/one.kml"), link("//example.org/one.kml"), link("file:///etc/passwd"), placemark("A", kmlBox))}, "", "A", "links_skipped", nil, ""},
		{"out of the archive", []member{doc(link("../../layers/one.kml"), link("/layers/one.kml")), one}, "", "", "", geo.ErrNoFeatures, "elsewhere"},
		{"to a picture", []member{doc(link("files/a.png"), placemark("A", kmlBox)), {"files/a.png", nil}}, "", "A", "links_skipped", nil, ""},
	} {
		got, err := decode(t, "a.kmz", zipped(t, c.members...), format.Options{Layer: c.layer, Limits: geo.Limits{Code: "name"}})
		if c.fault != nil {
			if !errors.Is(err, c.fault) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: Decode = %v, want %v that says %s", c.name, err, c.fault, c.says)
			}
			continue
		}
		var names []string
		for i, f := range got.Collection.Features {
			if names = append(names, f.Text("name")); f.Index != i {
				t.Errorf("%s: feature %d has the index %d", c.name, i, f.Index)
			}
		}
		if err != nil || strings.Join(names, " ") != c.want || noteCodes(got) != c.notes || got.Kind != format.KMZ {
			t.Errorf("%s: Decode = %v, notes %q, %v, want %s, %q", c.name, names, noteCodes(got), err, c.want, c.notes)
		}
	}
}

// A small archive must not keep us reading.
func TestKMZOfMany(t *testing.T) {
	var members []member
	for i := range 300 {
		members = append(members, member{fmt.Sprintf("%d.kml", i), []byte(kml(link(fmt.Sprintf("%d.kml", i+1))))})
	}
	if _, err := decode(t, "a.kmz", zipped(t, members...), format.Options{}); !errors.Is(err, format.ErrArchive) {
		t.Errorf("Decode of a chain = %v, want %v", err, format.ErrArchive)
	}
	many := kml(strings.Repeat(link("a.kml"), 1000))
	if _, err := decode(t, "a.kmz", zipped(t, member{"doc.kml", []byte(many)}, member{"a.kml", []byte(kml(""))}), format.Options{}); !errors.Is(err, format.ErrKML) {
		t.Errorf("Decode of many links = %v, want %v", err, format.ErrKML)
	}
}

// The name of a layer is never ignored.
func TestLayersThatAreNotThere(t *testing.T) {
	named := `{"name":"areas",` + collection(feature("A", box))[1:]
	for _, c := range []struct {
		name, file, layer string
		says              string // empty: it is read
	}{
		{"GeoJSON", collection(feature("A", box)), "x", "no layers"},
		{"GeoJSON that has a name", named, "x", "it holds areas"},
		{"GeoJSON by its name", named, "areas", ""},
		{"TopoJSON", `{"type":"Topology","arcs":[[[10,44],[11,44],[11,45],[10,44]]],"objects":{"a":{"type":"Polygon","arcs":[[0]]}}}`, "x", "it holds a"},
		{"WKT", wktBox, "x", "no layers"},
		{"CSV", "wkt;code\n" + wktBox + ";A", "x", "no layers"},
		{"KML", kml(placemark("A", kmlBox)), "x", "it holds d"},
		{"KML without folders", "<kml>" + placemark("A", kmlBox) + "</kml>", "x", "no layers"},
		{"a shapefile", string(shapefile(t, "A", polygon(reversed(square(10, 44, 1))))), "x", "it holds a"},
	} {
		_, err := decode(t, "x", []byte(c.file), format.Options{Layer: c.layer})
		switch f := fault.Of(err); {
		case c.says == "" && err != nil:
			t.Errorf("%s: Decode = %v", c.name, err)
		case c.says != "" && (!errors.Is(err, geo.ErrLayer) || f.Field != "layer" || !strings.Contains(f.Detail, c.says) || f.DetailItalian == ""):
			t.Errorf("%s: Decode = %v, want %v that says %s", c.name, err, geo.ErrLayer, c.says)
		}
	}
}

// What is no area has a place in every format.
func TestPlacesOfWhatIsNoArea(t *testing.T) {
	for name, file := range map[string][]byte{
		"GeoJSON":          []byte(`{"type":"Feature","properties":{"code":"A"},"geometry":{"type":"LineString","coordinates":[[10,44],[11,45]]}}`),
		"WKT":              []byte("LINESTRING(10 44,11 45)"),
		"WKT in another":   []byte("GEOMETRYCOLLECTION(POINT EMPTY,POINT(10 44))"),
		"CSV":              []byte("wkt;code\nPOINT(10 44);A"),
		"CSV, cut":         []byte("wkt;code\nPOLYGON((10 44,x;A"),
		"WKT, cut":         []byte("POLYGON((10 44,"),
		"KML":              []byte(kml(placemark("A", "<LineString><coordinates>10,44 11,45</coordinates></LineString>"))),
		"KML with spaces":  []byte(kml(placemark("A", strings.Replace(kmlBox, "10,44", "10, 44", 1)))),
		"KML, cut":         []byte(strings.TrimSuffix(kml(placemark("A", kmlBox)), "</Placemark></Document></kml>")),
		"shapefile, lines": zipped(t, member{"a.shp", shp(shape{3, polygon(square(10, 44, 1)).rings})}, member{"a.dbf", dbf(0, "A")}),
	} {
		_, err := decode(t, "x", file, format.Options{})
		problems, ok := errors.AsType[geo.Problems](err)
		if !ok || problems[0].Place == nil || problems[0].Place.Lon() != 10 || problems[0].Place.Lat() != 44 || problems[0].Index != 0 || problems[0].Label == "" {
			t.Errorf("%s: Decode = %v, want it at 10,44", name, err)
		}
	}
}

// A vertex that is no number is refused as that in any coordinate system, at the
// vertex beside it in degrees.
func TestNotFiniteInMetres(t *testing.T) {
	ring := reversed(square(500_000, 4_900_000, 1000))
	ring[2][1] = math.NaN()
	file := zipped(t, member{"a.shp", shp(polygon(ring))}, member{"a.dbf", dbf(0, "A")}, member{"a.prj", []byte(prj32632)})
	_, err := decode(t, "x", file, format.Options{})
	problems, ok := errors.AsType[geo.Problems](err)
	if !ok || !errors.Is(err, geo.ErrNotFinite) || problems[0].Place == nil || math.Abs(problems[0].Place.Lon()-9) > 0.1 || math.Abs(problems[0].Place.Lat()-44.26) > 0.1 {
		t.Errorf("Decode = %v, want %v near 9,44.3", err, geo.ErrNotFinite)
	}
}

// Plain WKT has one property, and says so.
func TestWKTHasAnID(t *testing.T) {
	if _, err := decode(t, "x", []byte(wktBox), format.Options{Limits: geo.Limits{Code: "code"}}); !errors.Is(err, geo.ErrCodeMissing) || !strings.Contains(err.Error(), "it has id") {
		t.Errorf("Decode = %v, want that it has id", err)
	}
	got, err := decode(t, "x", []byte(wktBox), format.Options{Limits: geo.Limits{Code: "id"}})
	if err != nil || got.Collection.Features[0].Text("id") != "1" {
		t.Errorf("Decode = %v, %v, want the id 1", got.Collection.Features, err)
	}
	names := make([]string, 30)
	for i := range names {
		names[i] = fmt.Sprintf("p%02d", i)
	}
	_, err = decode(t, "x", []byte("wkt;"+strings.Join(names, ";")+"\n"+wktBox+strings.Repeat(";1", 30)), format.Options{Limits: geo.Limits{Code: "code"}})
	if !strings.Contains(err.Error(), "p18, p19, …") || strings.Contains(err.Error(), "p20") {
		t.Errorf("Decode = %v, want the first 20 names", err)
	}
}
