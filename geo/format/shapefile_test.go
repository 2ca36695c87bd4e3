package format_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

const prj32632 = `PROJCS["WGS_1984_UTM_Zone_32N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",9.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`

// Shells and holes come out right whatever the winding says.
func TestShapefileRings(t *testing.T) {
	outer, lake, island := square(10, 44, 4), square(11, 45, 2), square(11.5, 45.5, 1)
	beside := square(15, 44, 1)
	cw := reversed
	for _, c := range []struct {
		name  string
		rings []orb.Ring
		want  string // rings of each polygon
		notes string
	}{
		{"one ring", []orb.Ring{cw(outer)}, "1", ""},
		{"a hole, as the standard has it", []orb.Ring{cw(outer), lake}, "2", ""},
		{"all the other way round", []orb.Ring{outer, cw(lake)}, "2", ""},
		{"the hole wound like its shell", []orb.Ring{cw(outer), cw(lake)}, "2", "winding_ignored"},
		{"the hole first", []orb.Ring{lake, cw(outer)}, "2", ""},
		{"an island in a lake", []orb.Ring{cw(outer), lake, cw(island)}, "2 1", ""},
		{"an island in a lake, in any order and direction", []orb.Ring{island, outer, lake}, "2 1", "winding_ignored"},
		{"two parts", []orb.Ring{cw(outer), cw(beside)}, "1 1", ""},
		{"two parts, and a hole in the first", []orb.Ring{cw(outer), cw(beside), lake}, "2 1", ""},
		{"parts that touch in a corner", []orb.Ring{cw(square(10, 44, 1)), cw(square(11, 45, 1))}, "1 1", ""},
		{"a hole that touches its shell in a corner", []orb.Ring{cw(outer), {{10, 44}, {11, 45}, {10.5, 45.5}, {10, 44}}}, "2", ""},
	} {
		got, err := decode(t, "a.zip", shapefile(t, "A", polygon(c.rings...)), format.Options{CRS: "EPSG:4326"})
		if err != nil {
			t.Errorf("%s: Decode = %v", c.name, err)
			continue
		}
		var counts []string
		for _, polygon := range got.Collection.Features[0].Geometry {
			counts = append(counts, string(rune('0'+len(polygon))))
		}
		if strings.Join(counts, " ") != c.want || noteCodes(got) != c.notes {
			t.Errorf("%s: Decode = polygons of %v rings, notes %q, want %s, %q", c.name, counts, noteCodes(got), c.want, c.notes)
		}
	}
}

func TestShapefileParts(t *testing.T) {
	box := polygon(reversed(square(10, 44, 1)))
	utf, latin := dbf(0, "citt\xc3\xa0"), dbf(0, "citt\xe0")
	for _, c := range []struct {
		name    string
		members []member
		options format.Options
		text    string // of the property CODE
		notes   string
	}{
		{"a folder, names in capitals", []member{{"X/A.SHP", shp(box)}, {"X/A.DBF", dbf(0, "A")}, {"X/A.PRJ", []byte(prjDegrees)}}, format.Options{}, "A", ""},
		{"no .prj", []member{{"a.shp", shp(box)}, {"a.dbf", dbf(0, "A")}}, format.Options{}, "A", "crs_assumed"},
		{"heights", []member{{"a.shp", shp(shape{15, box.rings})}, {"a.dbf", dbf(0, "A")}}, format.Options{CRS: "4326"}, "A", "heights_dropped"},
		{"measures", []member{{"a.shp", shp(shape{25, box.rings})}, {"a.dbf", dbf(0, "A")}}, format.Options{CRS: "4326"}, "A", "heights_dropped"},
		{"UTF-8 by .cpg", []member{{"a.shp", shp(box)}, {"a.dbf", utf}, {"a.cpg", []byte("UTF-8\r\n")}}, format.Options{CRS: "4326"}, "città", ""},
		{"Windows by .cpg", []member{{"a.shp", shp(box)}, {"a.dbf", latin}, {"a.cpg", []byte("ANSI 1252")}}, format.Options{CRS: "4326"}, "città", ""},
		{"Latin-1 by .cpg, in ESRI's words", []member{{"a.shp", shp(box)}, {"a.dbf", latin}, {"a.cpg", []byte("88591")}}, format.Options{CRS: "4326"}, "città", ""},
		{"DOS by the .dbf", []member{{"a.shp", shp(box)}, {"a.dbf", dbf(2, "citt\x85")}}, format.Options{CRS: "4326"}, "città", ""},
		{"UTF-8 that nobody says", []member{{"a.shp", shp(box)}, {"a.dbf", utf}}, format.Options{CRS: "4326"}, "città", "charset_assumed"},
		{"Windows that nobody says", []member{{"a.shp", shp(box)}, {"a.dbf", latin}}, format.Options{CRS: "4326"}, "città", "charset_assumed"},
		{"said by the caller", []member{{"a.shp", shp(box)}, {"a.dbf", dbf(0, "citt\x88")}}, format.Options{CRS: "4326", Charset: "macroman"}, "città", ""},
		{"an unknown .cpg, and the caller knows", []member{{"a.shp", shp(box)}, {"a.dbf", latin}, {"a.cpg", []byte("OEM")}}, format.Options{CRS: "4326", Charset: "latin1"}, "città", ""},
		{"one of two layers", []member{{"b.shp", shp(box)}, {"b.dbf", dbf(0, "B")}, {"x/a.shp", shp(box)}, {"x/a.dbf", dbf(0, "A")}}, format.Options{CRS: "4326", Layer: "A"}, "A", ""},
		{"a deleted record", []member{{"a.shp", shp(box, polygon(square(12, 44, 1)))}, {"a.dbf", dbf(0, "A", "*B")}}, format.Options{CRS: "4326"}, "A", "deleted_skipped"},
	} {
		got, err := decode(t, "a.zip", zipped(t, c.members...), c.options)
		if err != nil || len(got.Collection.Features) != 1 {
			t.Errorf("%s: Decode = %d features, %v", c.name, len(got.Collection.Features), err)
			continue
		}
		f := got.Collection.Features[0]
		if f.Text("CODE") != c.text || noteCodes(got) != c.notes {
			t.Errorf("%s: Decode = %q, notes %q, want %q, %q", c.name, f.Text("CODE"), noteCodes(got), c.text, c.notes)
		}
		if n, ok := f.Integer("NUM"); n != 0 || !ok {
			t.Errorf("%s: Integer(NUM) = %d, %v", c.name, n, ok)
		}
	}
}

const prjDegrees = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

func TestShapefileRefuses(t *testing.T) {
	box := polygon(reversed(square(10, 44, 1)))
	good := shp(box)
	damage := func(at int, with ...byte) []byte {
		out := slices.Clone(good)
		copy(out[at:], with)
		return out
	}
	le := func(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
	a := func(shp []byte) []member { return []member{{"a.shp", shp}, {"a.dbf", dbf(0, "Zocca")}} }
	const content = 108 // where the first record's content begins
	for _, c := range []struct {
		name    string
		members []member
		options format.Options
		want    *fault.Error
		says    string
	}{
		{"no .dbf", []member{{"a.shp", good}}, format.Options{}, format.ErrArchive, "a.dbf is missing"},
		{"two layers", []member{{"a.shp", good}, {"b.shp", good}}, format.Options{}, geo.ErrLayer, "a, b"},
		{"layers with names that a terminal would obey", []member{{"a\x1b[31m.shp", good}, {"b.shp", good}}, format.Options{}, geo.ErrLayer, `a\x1b[31m, b`},
		{"a layer that is not there", a(good), format.Options{Layer: "c"}, geo.ErrLayer, "a"},
		{"not a .shp", a([]byte(strings.Repeat("hello", 50))), format.Options{}, format.ErrShapefile, "begin"},
		{"an empty .shp", a(nil), format.Options{}, geo.ErrTruncated, ""},
		{"no shapes", a(shp()), format.Options{}, geo.ErrNoFeatures, ""},
		{"cut in a shape", a(good[:150]), format.Options{}, geo.ErrTruncated, ""},
		{"cut in a record's head", a(append(slices.Clone(good), 0, 0)), format.Options{}, geo.ErrTruncated, ""},
		{"a billion points", a(damage(content+40, le(1e9)...)), format.Options{}, format.ErrShapefile, "features[0]"},
		{"a billion parts", a(damage(content+36, le(1e9)...)), format.Options{}, format.ErrShapefile, "features[0]"},
		{"less than no parts", a(damage(content+36, le(0xffffffff)...)), format.Options{}, format.ErrShapefile, "-1 parts"},
		{"a part that begins past the end", a(damage(content+44, le(99)...)), format.Options{}, format.ErrShapefile, "order"},
		{"a record of no length", a(damage(104, 0, 0, 0, 0)), format.Options{}, format.ErrShapefile, "length"},
		{"a record longer than the file", a(damage(104, 0x3f, 0, 0, 0)), format.Options{}, geo.ErrTruncated, ""},
		{"an unknown type", a(damage(content, 99)), format.Options{}, format.ErrShapefile, "unknown type"},
		{"points", a(shp(shape{kind: 1})), format.Options{}, geo.ErrGeometryType, "Point"},
		{"no shape in a row", a(shp(shape{kind: 0})), format.Options{}, geo.ErrEmpty, "Zocca"},
		{"fewer rows than shapes", []member{{"a.shp", shp(box, box)}, {"a.dbf", dbf(0, "A")}}, format.Options{}, format.ErrShapefile, "fewer rows"},
		{"a .dbf that is none", []member{{"a.shp", good}, {"a.dbf", []byte(strings.Repeat("x", 400))}}, format.Options{}, geo.ErrTruncated, ""},
		{"a .dbf that contradicts itself", []member{{"a.shp", good}, {"a.dbf", append(make([]byte, 32), '\r')}}, format.Options{}, format.ErrShapefile, "columns"},
		{"a .prj nobody knows", append(a(good), member{"a.prj", []byte(strings.Replace(prj32632, "Transverse_Mercator", "Cassini", 1))}), format.Options{}, fault.Of(crsUnknown), "Cassini"},
		{"a .prj that is a book", append(a(good), member{"a.prj", bytes.Repeat([]byte("x"), 70_000)}), format.Options{}, format.ErrArchive, "longer"},
		{"a charset nobody knows", append(a(good), member{"a.cpg", []byte("Klingon")}), format.Options{}, format.ErrCharset, "Klingon"},
		{"metres without a .prj", a(shp(polygon(metres(t, 32632)))), format.Options{}, geo.ErrMetres, "EPSG:32632"},
		{"not a number", a(damage(content+48, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f)), format.Options{}, geo.ErrNotFinite, "Zocca"},
	} {
		_, err := decode(t, "a.zip", zipped(t, c.members...), c.options)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
}

// A shape of more rings than any coast has islands is given up, not sorted for
// hours.
func TestShapefileOfTooManyRings(t *testing.T) {
	var rings []orb.Ring
	for i := range 30_000 {
		rings = append(rings, square(10+float64(i%200)*0.01, 44+float64(i/200)*0.01, 0.005))
	}
	if _, err := decode(t, "a.zip", shapefile(t, "Zocca", polygon(rings...)), format.Options{}); !errors.Is(err, geo.ErrTangled) || !strings.Contains(err.Error(), "Zocca") {
		t.Errorf("Decode of 30,000 rings = %v, want %v", err, geo.ErrTangled)
	}
}

// A zip that unfolds beyond all measure is left as soon as that shows, whatever
// it claims.
func TestArchiveBombs(t *testing.T) {
	zeros := make([]byte, 16<<20)
	shape := append(shp(), zeros...)
	small := zipped(t, member{"a.shp", shape}, member{"a.dbf", dbf(0, "A")})
	if _, err := decode(t, "a.zip", small, format.Options{}); !errors.Is(err, format.ErrInflated) && !errors.Is(err, format.ErrShapefile) {
		t.Errorf("Decode of zeros = %v", err)
	}
	rows := zipped(t, member{"a.shp", shp(polygon(square(10, 44, 1)))}, member{"a.dbf", append(dbf(0), zeros...)})
	if _, err := decode(t, "a.zip", rows, format.Options{}); err == nil {
		t.Error("Decode of a long .dbf = nil")
	}
	spaces := zipped(t, member{"doc.kml", append([]byte("<kml>"), bytes.Repeat([]byte(" "), 16<<20)...)})
	if _, err := decode(t, "a.kmz", spaces, format.Options{}); !errors.Is(err, format.ErrInflated) {
		t.Errorf("Decode of a KMZ of %d bytes that unfolds into 16 MiB = %v, want %v", len(spaces), err, format.ErrInflated)
	}
	if _, err := decode(t, "a.kmz", spaces, format.Options{Limits: geo.Limits{Bytes: 100}}); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Decode beyond the limit of bytes = %v, want %v", err, geo.ErrTooLarge)
	}
	kmz := zipped(t, member{"doc.kml", []byte(kml(placemark("A", kmlBox)))})
	if _, err := decode(t, "a.kmz", kmz, format.Options{Limits: geo.Limits{Inflated: 100}}); !errors.Is(err, format.ErrInflated) {
		t.Errorf("Decode beyond what may be inflated = %v, want %v", err, format.ErrInflated)
	}
}

// A table of contents is not read to the end when it is longer than any.
func TestArchiveOfManyFiles(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for range 30_000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: "x.shp"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := decode(t, "a.zip", out.Bytes(), format.Options{}); !errors.Is(err, format.ErrArchive) || !strings.Contains(err.Error(), "too many") {
		t.Errorf("Decode of 30,000 entries = %v, want %v", err, format.ErrArchive)
	}
}

func TestLockedArchive(t *testing.T) {
	data := zipped(t, member{"doc.kml", []byte(kml(""))})
	central := bytes.Index(data, []byte("PK\x01\x02"))
	data[central+8] |= 1
	if _, err := decode(t, "a.kmz", data, format.Options{}); !errors.Is(err, format.ErrArchive) || !strings.Contains(err.Error(), "password") {
		t.Errorf("Decode of a locked archive = %v, want %v", err, format.ErrArchive)
	}
}
