package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

// decodeAny never panics nor hangs, and what it takes is inside the limits,
// can be indexed, and reads back from the GeoJSON it is written as.
func decodeAny(t *testing.T, data []byte) {
	t.Helper()
	limits := geo.Limits{Bytes: 1 << 16, Inflated: 1 << 17, Vertices: 2000, Features: 100, Values: 500, Expect: geo.World()}
	got, err := decode(t, "x", data, format.Options{Limits: limits})
	if err != nil {
		if len(got.Collection.Features) > 0 || err.Error() == "" {
			t.Fatalf("%d features beside %q", len(got.Collection.Features), err)
		}
		if strings.ContainsFunc(err.Error(), func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			t.Fatalf("a refusal repeats what a terminal would obey: %q", err)
		}
		problems, _ := errors.AsType[geo.Problems](err)
		for _, p := range problems {
			if p.Place != nil && (math.IsNaN(p.Place[0]-p.Place[0]) || math.IsNaN(p.Place[1]-p.Place[1])) {
				t.Fatalf("a place is %v in %v", *p.Place, err)
			}
		}
		return
	}
	vertices := 0
	for i, f := range got.Collection.Features {
		for _, polygon := range f.Geometry {
			for _, ring := range polygon {
				vertices += len(ring)
			}
		}
		got.Collection.Features[i].Properties = map[string]any{"code": fmt.Sprintf("F%d", i)}
	}
	if vertices > limits.Vertices || len(got.Collection.Features) > limits.Features || got.CRS == "" || got.Kind == "" {
		t.Fatalf("%d vertices, %d features in %q by %q", vertices, len(got.Collection.Features), got.CRS, got.Kind)
	}
	areas, err := got.Collection.Areas(geo.Fields{Code: "code", Kind: geo.District})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := geo.NewIndex(areas); err != nil {
		t.Fatalf("what decodes cannot be indexed: %v", err)
	}
	var text bytes.Buffer
	if err := geo.Encode(&text, areas); err != nil {
		t.Fatal(err)
	}
	if _, err := decode(t, "x", text.Bytes(), format.Options{Limits: geo.Limits{Expect: geo.World()}}); err != nil {
		t.Fatalf("what decodes does not read back: %v", err)
	}
}

// FuzzDecode is fed whole files of every kind.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		collection(feature("A", box), feature("B", box)),
		withCRS("EPSG:32632", collection(feature("A", `[[[500000,4900000],[510000,4900000],[510000,4910000],[500000,4900000]]]`))),
		"\x1e" + feature("A", box) + "\n\x1e" + feature("A", `[[[10,44,1],[11,44,1],[11,45,1],[10,44,1]]]`),
		`{"type":"Topology","transform":{"scale":[0.5,0.5],"translate":[10,44]},"objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"MultiPolygon","arcs":[[[0]]]},{"type":"Polygon","arcs":[[-1]]}]}},"arcs":[[[0,0],[2,0],[0,2],[-2,0],[0,-2]]]}`,
		wktBox + "\nSRID=3003;MULTIPOLYGON Z(((1500000 4900000 1,1510000 4900000 1,1510000 4910000 1,1500000 4900000 1)),EMPTY)",
		"code;wkt\nA;" + wktBox + "\n\"B\";\"" + wktBox + "\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(decodeAny)
}

// FuzzKML is fed what stands in a document.
func FuzzKML(f *testing.F) {
	f.Add(placemark("A", kmlBox))
	f.Add("<Folder><name>x</name>" + placemark("A", "<MultiGeometry>"+kmlBox+"<Point/></MultiGeometry>") + "</Folder>")
	f.Add("<Placemark><ExtendedData><Data name='a'><value>1</value></Data><SchemaData><SimpleData name='b'>2</SimpleData></SchemaData></ExtendedData></Placemark>")
	f.Fuzz(func(t *testing.T, placemarks string) { decodeAny(t, []byte(kml(placemarks))) })
}

// FuzzKMZ and FuzzShapefileZip are fed whole archives, damaged anywhere.
func FuzzKMZ(f *testing.F) {
	f.Add(zipped(f, member{"doc.kml", []byte(kml(placemark("A", kmlBox)))}))
	f.Fuzz(decodeAny)
}

// FuzzLinks is fed the documents of an archive that link to each other.
func FuzzLinks(f *testing.F) {
	f.Add(link("a/b.kml")+link("b.kml"), placemark("A", kmlBox), link("../doc.kml"), "b")
	f.Add(link(`a\b.kml`)+link("https://example.org/a.kml")+link("%2e%2e/a.kml"), link("b.kml"), "<Folder><name>x</name>"+placemark("A", kmlBox)+"</Folder>", "x")
	f.Fuzz(func(t *testing.T, doc, one, two, layer string) {
		if len(doc)+len(one)+len(two) > 1<<15 {
			return
		}
		file := zipped(t, member{"doc.kml", []byte(kml(doc))}, member{"a/b.kml", []byte(kml(one))}, member{"b.kml", []byte(kml(two))})
		decodeAny(t, file)
		_, _ = decode(t, "x", file, format.Options{Layer: layer}) // it must come to an end
	})
}

// FuzzCharset is fed text in a charset that the caller names: what is read is
// UTF-8 whatever it was.
func FuzzCharset(f *testing.F) {
	f.Add([]byte(strings.Replace(feature("x", box), `"x"`, "\"citt\xe0\"", 1)), "windows-1252")
	f.Add([]byte(kml(placemark("citt\x85 \u00e8", kmlBox))), "cp850")
	f.Add([]byte("code;wkt\n\x97;"+wktBox), "latin1")
	f.Fuzz(func(t *testing.T, data []byte, charset string) {
		got, err := decode(t, "x", data, format.Options{Charset: charset, Limits: geo.Limits{Bytes: 1 << 16, Vertices: 2000, Features: 100, Values: 500}})
		if err != nil {
			return
		}
		for _, feature := range got.Collection.Features {
			for name, v := range feature.Properties {
				if text, ok := v.(string); ok && !utf8.ValidString(text) || !utf8.ValidString(name) {
					t.Fatalf("%q: %q is not UTF-8", name, v)
				}
			}
		}
	})
}

func FuzzShapefileZip(f *testing.F) {
	f.Add(shapefile(f, "A B", polygon(reversed(square(10, 44, 4)), square(11, 45, 2)), polygon(square(16, 44, 1))))
	f.Fuzz(decodeAny)
}

// FuzzShapefile is fed the parts of a shapefile, so that the fuzzer need not
// guess checksums.
func FuzzShapefile(f *testing.F) {
	f.Add(shp(polygon(reversed(square(10, 44, 4)), square(11, 45, 2))), dbf(3, "A"), prjDegrees, "UTF-8")
	f.Add(shp(shape{15, nil}, shape{kind: 0}, shape{kind: 1}), dbf(0, "A", "*B", "C"), prj32632, "1252")
	f.Fuzz(func(t *testing.T, shp, dbf []byte, prj, cpg string) {
		if len(shp)+len(dbf)+len(prj)+len(cpg) > 1<<15 {
			return
		}
		members := []member{{"a.shp", shp}, {"a.dbf", dbf}}
		if prj != "" {
			members = append(members, member{"a.prj", []byte(prj)})
		}
		if cpg != "" {
			members = append(members, member{"a.cpg", []byte(cpg)})
		}
		decodeAny(t, zipped(t, members...))
	})
}

// FuzzWKT is fed one geometry as a cell of a table.
func FuzzWKT(f *testing.F) {
	f.Add(wktBox)
	f.Add("SRID=4326;MULTIPOLYGON Z(((10 44 1,11 44 1,11 45 1,10 44 1)),EMPTY)")
	f.Add("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))")
	f.Fuzz(func(t *testing.T, cell string) {
		decodeAny(t, []byte("code,wkt\nA,\""+strings.ReplaceAll(cell, `"`, `""`)+"\"\n"))
	})
}
