package format_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

// realDBF has one column FL, as GDAL writes a number with decimals: N 24.15.
func realDBF(value string) []byte {
	head := make([]byte, 32, 256)
	head[0] = 3
	binary.LittleEndian.PutUint32(head[4:], 1)
	binary.LittleEndian.PutUint16(head[8:], 32+32+1)
	binary.LittleEndian.PutUint16(head[10:], 1+24)
	column := make([]byte, 32)
	copy(column, "FL")
	column[11], column[16], column[17] = 'N', 24, 15
	return slices.Concat(head, column, []byte("\r "), fmt.Appendf(nil, "%24s", value), []byte{0x1a})
}

// The same number is the same text, whatever the file is.
func TestNumbersAreTheSameInEveryFormat(t *testing.T) {
	schema := `<Schema id="s"><SimpleField name="FL" type="float"/></Schema>`
	for _, c := range []struct{ plain, long, exponent, want string }{
		{"16", "16.000000000000000", "1.6e1", "16"},
		{"16.0", "16.000000000000000", "160E-1", "16"},
		{"-3", "-3.000000000000000", "-3e0", "-3"},
		{"15.5", "15.500000000000000", "155e-1", "15.5"},
		{"0.1", "0.100000000000000", "1e-1", "0.1"},
		{"12345678901234567890", "12345678901234567890", "12345678901234567890e0", "12345678901234567890"},
		{"100000000000000000000", "100000000000000000000", "1e20", "100000000000000000000"},
	} {
		number := func(text string) string {
			return strings.Replace(feature("A", box), `"code":"A"`, `"FL":`+text, 1)
		}
		topology := `{"type":"Topology","arcs":[[[10,44],[11,44],[11,45],[10,44]]],"objects":{"a":{"type":"Polygon","arcs":[[0]],"properties":{"FL":` + c.exponent + `}}}}`
		field := func(text string) string {
			return kml(schema + placemark("A", `<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="FL">`+text+`</SimpleData></SchemaData></ExtendedData>`+kmlBox))
		}
		for name, file := range map[string][]byte{
			"GeoJSON":                []byte(number(c.plain)),
			"GeoJSON with zeros":     []byte(number(c.long)),
			"GeoJSON with exponent":  []byte(number(c.exponent)),
			"TopoJSON":               []byte(topology),
			"a shapefile":            zipped(t, member{"a.shp", shp(polygon(reversed(square(10, 44, 1))))}, member{"a.dbf", realDBF(c.long)}),
			"KML with a schema":      []byte(field(c.long)),
			"KML with an exponent":   []byte(field(c.exponent)),
			"CSV as a person has it": []byte("wkt;FL\n" + wktBox + ";" + c.want),
			"KMZ":                    zipped(t, member{"doc.kml", []byte(field(c.plain))}),
		} {
			got, err := decode(t, "x", file, format.Options{Limits: geo.Limits{Code: "FL"}})
			if err != nil || got.Collection.Features[0].Text("FL") != c.want {
				t.Errorf("%s of %s: Decode = %v, %v, want %s", name, c.long, got.Collection.Features, err, c.want)
			}
		}
	}
}

// Text stays text, zeros in front and all.
func TestTextIsNoNumber(t *testing.T) {
	data := `<ExtendedData><Data name="code"><value>016001</value></Data></ExtendedData>`
	for name, file := range map[string][]byte{
		"GeoJSON":     []byte(feature("016001", box)),
		"CSV":         []byte("wkt;code\n" + wktBox + ";016001"),
		"KML":         []byte(kml(placemark("A", data+kmlBox))),
		"a shapefile": zipped(t, member{"a.shp", shp(polygon(reversed(square(10, 44, 1))))}, member{"a.dbf", bytes.Replace(dbf(0, "016001"), []byte("CODE"), []byte("code"), 1)}),
	} {
		got, err := decode(t, "x", file, format.Options{})
		if err != nil || got.Collection.Features[0].Text("code") != "016001" {
			t.Errorf("%s: Decode = %v, %v, want 016001", name, got.Collection.Features, err)
		}
	}
}

// latin is a file whose text says città in Latin-1, by kind.
func latin(t *testing.T) map[string][]byte {
	t.Helper()
	data := "<ExtendedData><Data name=\"code\"><value>citt\xe0</value></Data></ExtendedData>"
	shape := member{"a.shp", shp(polygon(reversed(square(10, 44, 1))))}
	rows := member{"a.dbf", bytes.Replace(dbf(0, "citt\xe0"), []byte("CODE"), []byte("code"), 1)}
	return map[string][]byte{
		"GeoJSON":            []byte(strings.Replace(feature("x", box), `"x"`, "\"citt\xe0\"", 1)),
		"TopoJSON":           []byte("{\"type\":\"Topology\",\"arcs\":[[[10,44],[11,44],[11,45],[10,44]]],\"objects\":{\"a\":{\"type\":\"Polygon\",\"arcs\":[[0]],\"properties\":{\"code\":\"citt\xe0\"}}}}"),
		"KML":                []byte(kml(placemark("A", data+kmlBox))),
		"KML without a word": []byte(strings.Replace(kml(placemark("A", data+kmlBox)), ` encoding="UTF-8"`, "", 1)),
		"KMZ":                zipped(t, member{"doc.kml", []byte(kml(placemark("A", data+kmlBox)))}),
		"a lying .cpg":       zipped(t, shape, rows, member{"a.cpg", []byte("UTF-8")}),
	}
}

func TestTextThatIsNotUTF8(t *testing.T) {
	for name, file := range latin(t) {
		_, err := decode(t, "x", file, format.Options{CRS: "4326"})
		if !errors.Is(err, geo.ErrEncoding) || fault.Of(err).Field != "features[0]" || !strings.Contains(err.Error(), "charset") {
			t.Errorf("%s: Decode = %v, want %v of features[0]", name, err, geo.ErrEncoding)
		}
		if !strings.HasPrefix(name, "KM") && !strings.Contains(err.Error(), `"code" is "citt\xe0"`) {
			t.Errorf("%s: Decode = %v, want the property", name, err)
		}
		for _, charset := range []string{"windows-1252", "ISO-8859-1", "latin1"} {
			got, err := decode(t, "x", file, format.Options{CRS: "4326", Charset: charset})
			if err != nil || got.Collection.Features[0].Text("code") != "città" {
				t.Errorf("%s in %s: Decode = %v, %v, want città", name, charset, got.Collection.Features, err)
			}
		}
		if _, err := decode(t, "x", file, format.Options{CRS: "4326", Charset: "UTF-8"}); !errors.Is(err, geo.ErrEncoding) {
			t.Errorf("%s in UTF-8: Decode = %v, want %v", name, err, geo.ErrEncoding)
		}
		if _, err := decode(t, "x", file, format.Options{CRS: "4326", Charset: "Klingon"}); !errors.Is(err, format.ErrCharset) {
			t.Errorf("%s in Klingon: Decode = %v, want %v", name, err, format.ErrCharset)
		}
	}
}

// A charset that a caller names does no harm to what is UTF-8, and a byte that
// it does not have is refused like any other.
func TestCharsetLeavesUTF8Alone(t *testing.T) {
	for _, c := range []struct {
		name, text, charset string
		want                string // empty: it is refused
	}{
		{"UTF-8 in Windows", "città è", "windows-1252", "città è"},
		{"both", "città cit\xe0", "windows-1252", "città cità"},
		{"a dash of Windows called Latin-1", "a \x97 b", "ISO-8859-1", "a — b"},
		{"a byte that is nothing", "citt\x81", "windows-1252", ""},
		{"a long text, cut anywhere", strings.Repeat("é", 9000)[:17999] + "\xe9", "latin1", strings.Repeat("é", 8999) + "Ãé"},
	} {
		file := strings.Replace(feature("x", box), `"code":"x"`, `"code":"x","text":"`+c.text+`"`, 1)
		got, err := decode(t, "x", []byte(file), format.Options{Charset: c.charset})
		switch {
		case c.want == "" && !errors.Is(err, geo.ErrEncoding):
			t.Errorf("%s: Decode = %v, want %v", c.name, err, geo.ErrEncoding)
		case c.want != "" && (err != nil || got.Collection.Features[0].Text("text") != c.want):
			t.Errorf("%s: Decode = %.80v, %v, want %.40s", c.name, got.Collection.Features, err, c.want)
		}
	}
}

// A letter that was lost before the file was written is a note.
func TestLostLetters(t *testing.T) {
	for name, file := range map[string]string{
		"GeoJSON": feature("citt\ufffd", box),
		"escaped": strings.Replace(feature("citt", box), `"citt"`, `"citt\ufffd"`, 1),
		"CSV":     "wkt;code\nSRID=4326;" + wktBox + ";citt\ufffd",
	} {
		file = strings.Replace(file, "wkt;code\nSRID=4326;"+wktBox, "wkt;code\n\"SRID=4326;"+wktBox+"\"", 1)
		got, err := decode(t, "x", []byte(file), format.Options{})
		if err != nil || noteCodes(got) != "lost_letters" || !strings.Contains(got.Notes[0].Detail, "features[0]") {
			t.Errorf("%s: Decode = notes %v, %v, want lost_letters of features[0]", name, got.Notes, err)
		}
	}
}

func TestNoteOfWhatLiesElsewhere(t *testing.T) {
	london := feature("L", `[[[-0.1,51.5],[0,51.5],[0,51.6],[-0.1,51.5]]]`)
	for _, c := range []struct {
		limits geo.Limits
		notes  string
	}{{geo.Limits{}, "outside_extent"}, {geo.Limits{Expect: geo.World()}, ""}} {
		got, err := decode(t, "x", []byte(collection(feature("A", box), london)), format.Options{Limits: c.limits})
		if err != nil || noteCodes(got) != c.notes {
			t.Errorf("within %v: Decode = notes %v, %v, want %q", c.limits.Expect, got.Notes, err, c.notes)
		}
	}
}

// Every refusal of a file says the same in Italian, without English words in it.
func TestRefusalsInItalian(t *testing.T) {
	line := `<LineString><coordinates>1,2 3,4</coordinates></LineString>`
	for name, file := range map[string][]byte{
		"UTF-16":         []byte("\xff\xfex"),
		"XML":            []byte("<gpx/>"),
		"a zip":          zipped(t, member{"a.txt", nil}),
		"a point":        []byte(`{"type":"Feature","properties":{"code":"A"},"geometry":{"type":"Point","coordinates":[1,2]}}`),
		"WKT":            []byte("POLYGON((1 2,3"),
		"a KML line":     []byte(kml(placemark("A", line))),
		"a table":        []byte("wkt,code\n\"x"),
		"no metres":      []byte(feature("A", `[[[500000,5000000],[510000,5000000],[510000,5010000],[500000,5000000]]]`)),
		"a shapefile":    zipped(t, member{"a.shp", shp(shape{kind: 1})}, member{"a.dbf", dbf(0, "A")}),
		"a member":       []byte(`{"type":"FeatureCollection","features":{}}`),
		"no such system": []byte(withCRS("EPSG:x", collection(feature("A", box)))),
	} {
		_, err := decode(t, "x", file, format.Options{})
		f := fault.Of(err)
		if err == nil || f.Detail == "" || f.DetailItalian == "" && strings.ContainsAny(strings.ToLower(f.Detail), "abcdfghijklmnopqrstuvwyz") && f.Detail != `"EPSG:x"` {
			t.Errorf("%s: Decode = %v, in Italian %q", name, err, f.Say("it"))
		}
		for _, word := range []string{" it is", "(it ", " at ", "line ", "file names", "has a"} {
			if said := f.Say("it"); strings.Contains(said, word) {
				t.Errorf("%s: in Italian %q, which says %q", name, said, word)
			}
		}
	}
}
