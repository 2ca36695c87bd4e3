package format_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/crs"
	"github.com/sestante/sestante/geo/format"
)

var _, crsUnknown = crs.Parse("nothing")

func TestKML(t *testing.T) {
	hole := `<innerBoundaryIs><LinearRing><coordinates>10.2,44.2 10.4,44.2 10.4,44.4 10.2,44.4 10.2,44.2</coordinates></LinearRing></innerBoundaryIs>`
	withHole := strings.Replace(kmlBox, "</Polygon>", hole+"</Polygon>", 1)
	other := strings.NewReplacer("10,", "12,", "11,", "13,").Replace(kmlBox)
	for _, c := range []struct {
		name, file string
		layer      string
		features   int
		rings      int
		notes      string
	}{
		{"a polygon", kml(placemark("A", kmlBox)), "", 1, 1, ""},
		{"a hole", kml(placemark("A", withHole)), "", 1, 2, ""},
		{"the hole first", kml(placemark("A", strings.Replace(kmlBox, "<Polygon>", "<Polygon>"+hole, 1))), "", 1, 2, ""},
		{"several polygons", kml(placemark("A", "<MultiGeometry>"+kmlBox+"<MultiGeometry>"+other+"</MultiGeometry></MultiGeometry>")), "", 1, 2, ""},
		{"heights", kml(placemark("A", strings.Replace(kmlBox, "44,0", "44,7.5", 1))), "", 1, 1, "heights_dropped"},
		{"a label's point beside the areas", kml(placemark("A", kmlBox) + placemark("label", "<Point><coordinates>10,44</coordinates></Point>")), "", 1, 1, "points_skipped"},
		{"a point in the area's placemark", kml(placemark("A", "<MultiGeometry><Point><coordinates>10,44</coordinates></Point>"+kmlBox+"</MultiGeometry>")), "", 1, 1, "points_skipped"},
		{"no namespace", strings.Replace(kml(placemark("A", kmlBox)), ` xmlns="http://www.opengis.net/kml/2.2"`, "", 1), "", 1, 1, ""},
		{"text in pieces", kml(placemark("A", strings.Replace(kmlBox, "11,45", "1<!-- a comment -->1,<![CDATA[45]]>", 1))), "", 1, 1, ""},
		{"a folder", kml("<Folder><name>x</name>" + placemark("X", kmlBox) + "</Folder><Folder><name>y</name>" + placemark("A", kmlBox) + "</Folder>"), "y", 1, 1, ""},
		{"Latin-1", strings.Replace(kml(placemark("A", kmlBox)), "UTF-8", "ISO-8859-1", 1), "", 1, 1, ""},
	} {
		got, err := decode(t, "a.kml", []byte(c.file), format.Options{Layer: c.layer})
		if err != nil || len(got.Collection.Features) != c.features || noteCodes(got) != c.notes {
			t.Errorf("%s: Decode = %d features, notes %q, %v, want %d, %q", c.name, len(got.Collection.Features), noteCodes(got), err, c.features, c.notes)
			continue
		}
		rings := 0
		for _, polygon := range got.Collection.Features[0].Geometry {
			rings += len(polygon)
		}
		if name := got.Collection.Features[0].Text("name"); rings != c.rings || name != "A" {
			t.Errorf("%s: Decode = %q with %d rings, want A with %d", c.name, name, rings, c.rings)
		}
	}
}

func TestKMLProperties(t *testing.T) {
	data := `<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="sigla"> CR </SimpleData><SimpleData name="empty"/></SchemaData>` +
		`<Data name="codice"><displayName>no</displayName><value>019</value></Data></ExtendedData>`
	file := strings.Replace(kml(placemark("Citt&#224; &amp; c.", data+kmlBox)), "<Placemark>", `<Placemark id="p1">`, 1)
	got, err := decode(t, "a.kml", []byte(file), format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := got.Collection.Features[0]
	for name, want := range map[string]string{"name": "Città & c.", "sigla": "CR", "codice": "019", "id": "p1", "empty": "", "displayName": ""} {
		if f.Text(name) != want {
			t.Errorf("Text(%s) = %q, want %q", name, f.Text(name), want)
		}
	}
}

func TestKMLRefuses(t *testing.T) {
	swap := func(from, to string) string { return kml(placemark("Zocca", strings.Replace(kmlBox, from, to, 1))) }
	for _, c := range []struct {
		name, file string
		want       *fault.Error
		says       string
	}{
		{"no placemark", kml(""), geo.ErrNoFeatures, ""},
		{"a link and nothing else", kml("<NetworkLink><Link><href>http://example.org/a.kml</href></Link></NetworkLink>"), geo.ErrNoFeatures, "elsewhere"},
		{"a placemark without a shape", kml(placemark("Zocca", "")), geo.ErrEmpty, "Zocca"},
		{"a line", kml(placemark("Zocca", "<LineString><coordinates>1,2 3,4</coordinates></LineString>")), geo.ErrGeometryType, "LineString"},
		{"no outer boundary", swap("outerBoundaryIs", "x"), format.ErrKML, "line"},
		{"two outer boundaries", swap("</outerBoundaryIs>", "<LinearRing><coordinates>10,44 11,44 11,45 10,44</coordinates></LinearRing></outerBoundaryIs>"), geo.ErrCoordinates, "Zocca"},
		{"a word for a number", swap("11,45", "11,high"), geo.ErrCoordinates, "11.000000,44.000000"},
		{"a comma for a point", swap("11,45", "11,5,45,5"), geo.ErrCoordinates, "Zocca"},
		{"one number", swap("11,45", "11"), geo.ErrCoordinates, "Zocca"},
		{"space after the commas", swap("11,45", "11, 45"), geo.ErrCoordinates, "Zocca"},
		{"open", swap(" 10,44<", "<"), geo.ErrOpenRing, "10.000000,45.000000"},
		{"an endless number", swap("11,45", "1e999,45"), geo.ErrNotFinite, "Zocca"},
		{"latitude first", kml(placemark("Zocca", `<Polygon><outerBoundaryIs><LinearRing><coordinates>44,10 45,10 45,11 44,10</coordinates></LinearRing></outerBoundaryIs></Polygon>`)), geo.ErrSwapped, "Zocca"},
		{"cut", kml(placemark("Zocca", kmlBox))[:200], geo.ErrTruncated, "line 1"},
		{"two roots", "<kml/><kml/><", geo.ErrTruncated, ""},
		{"an entity of its own", `<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + kml(placemark("&b;", kmlBox)), format.ErrKML, "entity"},
		{"an entity from outside", `<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + kml(placemark("&x;", kmlBox)), format.ErrKML, "entity"},
		{"deep", "<kml>" + strings.Repeat("<a>", 200), format.ErrKML, "deep"},
		{"attributes without end", "<kml " + strings.Repeat("a='' ", 50_000) + ">", format.ErrKML, "attributes"},
		{"a placemark in a placemark", kml(placemark("x", placemark("y", ""))), format.ErrKML, "another"},
		{"bytes that are no text", strings.Replace(kml(placemark("A", kmlBox)), "<name>A", "<name>\xff", 1), geo.ErrEncoding, "UTF-8"},
		{"a charset nobody knows", strings.Replace(kml(placemark("A", kmlBox)), "UTF-8", "EBCDIC", 1), format.ErrCharset, "EBCDIC"},
		{"an XML of another kind inside", strings.Replace(kml(""), "<kml", "<x><kml", 1), format.ErrKML, "<x>"},
	} {
		_, err := decode(t, "a.kml", []byte(c.file), format.Options{})
		if c.name == "an XML of another kind inside" || c.name == "no outer boundary" {
			if !errors.Is(err, format.ErrKML) {
				t.Errorf("%s: Decode = %v, want %v", c.name, err, format.ErrKML)
			}
			continue
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
	if _, err := decode(t, "a.kml", []byte(kml("<Folder><name>x</name></Folder>")), format.Options{Layer: "y"}); !errors.Is(err, geo.ErrLayer) || !strings.Contains(err.Error(), "d, x") {
		t.Errorf("Decode with a folder that is not there = %v, want %v", err, geo.ErrLayer)
	}
}

func TestKMZ(t *testing.T) {
	data := zipped(t, member{"files/other.kml", []byte(kml(""))}, member{"doc.kml", []byte(kml(placemark("A", kmlBox)))}, member{"icon.png", nil})
	got, err := decode(t, "a.kmz", data, format.Options{})
	if err != nil || got.Kind != format.KMZ || len(got.Collection.Features) != 1 {
		t.Errorf("Decode = %s, %d features, %v", got.Kind, len(got.Collection.Features), err)
	}
	got, err = decode(t, "a.kmz", data, format.Options{CRS: "EPSG:32632"})
	if err != nil || got.CRS != "EPSG:4326" || noteCodes(got) != "crs_kept" {
		t.Errorf("Decode with another system = %s, %q, %v: KML is always WGS84", got.CRS, noteCodes(got), err)
	}
}

const wktBox = "POLYGON((10 44,11 44,11 45,10 45,10 44))"

func TestWKT(t *testing.T) {
	for _, c := range []struct {
		name, file string
		features   int
		crs        string
		notes      string
	}{
		{"a polygon", wktBox, 1, "EPSG:4326", "crs_assumed"},
		{"small letters, spaces and lines", "  polygon (\n( 10   44 , 11 44,11 45,10 45,1e1 44 )\n)\n", 1, "EPSG:4326", "crs_assumed"},
		{"one a line, with semicolons", wktBox + ";\n" + wktBox + ";\n\n", 2, "EPSG:4326", "crs_assumed"},
		{"several parts", "MULTIPOLYGON(((10 44,11 44,11 45,10 44)),EMPTY,((12 44,13 44,13 45,12 44)))", 1, "EPSG:4326", "crs_assumed"},
		{"heights", "POLYGON Z ((10 44 1,11 44 1,11 45 1,10 44 1))", 1, "EPSG:4326", "crs_assumed heights_dropped"},
		{"heights and measures", "POLYGONZM((10 44 1 2,11 44 1 2,11 45 1 2,10 44 1 2))", 1, "EPSG:4326", "crs_assumed heights_dropped"},
		{"an SRID", "SRID=4326;" + wktBox + "\nSRID=4326;" + wktBox, 2, "EPSG:4326", ""},
		{"metres by SRID", "SRID=32632;POLYGON((500000 4900000,510000 4900000,510000 4910000,500000 4900000))", 1, "EPSG:32632", "reprojected"},
		{"a byte order mark", "\xef\xbb\xbf" + wktBox, 1, "EPSG:4326", "crs_assumed"},
	} {
		got, err := decode(t, "a.wkt", []byte(c.file), format.Options{})
		if err != nil || len(got.Collection.Features) != c.features || got.CRS != c.crs || noteCodes(got) != c.notes {
			t.Errorf("%s: Decode = %d features in %s, notes %q, %v, want %d, %s, %q", c.name, len(got.Collection.Features), got.CRS, noteCodes(got), err, c.features, c.crs, c.notes)
			continue
		}
		if id := got.Collection.Features[0].ID; id != "1" {
			t.Errorf("%s: the first has id %q", c.name, id)
		}
	}
	for _, c := range []struct {
		name, file string
		want       *fault.Error
		says       string
	}{
		{"cut", wktBox[:20], format.ErrWKT, "features[0]"},
		{"a bracket too many", wktBox + ")", format.ErrWKT, "features[1]"},
		{"a letter", "POLYGON((10 44,11 x,11 45,10 44))", format.ErrWKT, "at character"},
		{"one number", "POLYGON((10,11 44,11 45,10 44))", format.ErrWKT, "features[0]"},
		{"five numbers", "POLYGON((10 44 1 1 1,11 44,11 45,10 44))", format.ErrWKT, "features[0]"},
		{"a ring without brackets", "POLYGON(10 44,11 44,11 45,10 44)", format.ErrWKT, "features[0]"},
		{"empty", "POLYGON EMPTY", geo.ErrEmpty, "features[0]"},
		{"a point", "POINT(10 44)", geo.ErrGeometryType, "POINT"},
		{"a collection", wktBox + "\nGEOMETRYCOLLECTION(POINT(10 44))", geo.ErrGeometryType, "features[1]"},
		{"two SRIDs", "SRID=4326;" + wktBox + "\nSRID=32632;" + wktBox, format.ErrWKT, "EPSG:32632"},
		{"an SRID nobody knows", "SRID=2056;" + wktBox, fault.Of(crsUnknown), "2056"},
		{"an SRID and no more", "SRID=4326", format.ErrWKT, "features[0]"},
		{"a number as long as a book", "POLYGON((" + strings.Repeat("1", 1000) + " 44))", format.ErrWKT, "features[0]"},
		{"open", "POLYGON((10 44,11 44,11 45,10 45))", geo.ErrOpenRing, "10.000000,45.000000"},
	} {
		if _, err := decode(t, "a.wkt", []byte(c.file), format.Options{}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
}

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		name, file string
		charset    string
		text       string // of code
		notes      string
	}{
		{"commas", "code,wkt\nA,\"" + wktBox + "\"\n", "", "A", "crs_assumed"},
		{"semicolons", "code;name;WKT\r\nA;x;" + wktBox + "\r\n", "", "A", "crs_assumed"},
		{"tabs, another name", "the_geom\tcode\n" + wktBox + "\tA\n", "", "A", "crs_assumed"},
		{"a byte order mark", "\xef\xbb\xbfwkt,code\n\"" + wktBox + "\",A", "", "A", "crs_assumed"},
		{"an SRID", "wkt,code\n\"SRID=4326;" + wktBox + "\",A", "", "A", ""},
		{"quotes in quotes", "wkt,code\n\"" + wktBox + "\",\"a \"\"b\"\"\"", "", `a "b"`, "crs_assumed"},
		{"Windows that nobody says", "wkt,code\n\"" + wktBox + "\",citt\xe0", "", "città", "charset_assumed crs_assumed"},
		{"said by the caller", "wkt,code\n\"" + wktBox + "\",citt\x85", "cp850", "città", "crs_assumed"},
	} {
		got, err := decode(t, "a.csv", []byte(c.file), format.Options{Charset: c.charset})
		if err != nil || len(got.Collection.Features) != 1 || noteCodes(got) != c.notes {
			t.Errorf("%s: Decode = %d features, notes %q, %v, want %q", c.name, len(got.Collection.Features), noteCodes(got), err, c.notes)
			continue
		}
		if f := got.Collection.Features[0]; f.Text("code") != c.text || f.Properties["wkt"] != nil {
			t.Errorf("%s: Decode = %v, want code %q and no wkt", c.name, f.Properties, c.text)
		}
	}
	for _, c := range []struct {
		name, file string
		want       *fault.Error
		says       string
	}{
		{"no column of shapes", "a,b\n1,2", format.ErrCSV, ""},
		{"no row", "wkt,code\n", geo.ErrNoFeatures, ""},
		{"no shape in a row", "code,wkt\nZocca,\n", geo.ErrEmpty, "Zocca"},
		{"a row that is short", "code,wkt\nZocca\n", geo.ErrEmpty, "Zocca"},
		{"no shape but words", "code,wkt\nZocca,hello\n", format.ErrWKT, "Zocca"},
		{"something after the shape", "code,wkt\nZocca,\"" + wktBox + " x\"\n", format.ErrWKT, "Zocca"},
		{"a quote that does not end", "code,wkt\nZocca,\"" + wktBox, format.ErrTable, "line"},
		{"two systems", "wkt,code\n\"SRID=4326;" + wktBox + "\",A\n\"SRID=32632;" + wktBox + "\",B", format.ErrWKT, "features[1]"},
		{"a charset nobody knows", "wkt,code\n\"" + wktBox + "\",A", format.ErrCharset, "x"},
		{"columns without end", "wkt,code\n" + strings.Repeat(",", 10_000), format.ErrTable, "columns"},
	} {
		o := format.Options{}
		if c.want == format.ErrCharset {
			o.Charset = "x"
		}
		if _, err := decode(t, "a.csv", []byte(c.file), o); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
}
