package gpkg_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store/gpkg"
)

// data returns a file of the real boundaries, or skips the test.
func data(t testing.TB, name string) []byte {
	t.Helper()
	folder := os.Getenv("SESTANTE_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	b, err := os.ReadFile(filepath.Join(folder, "territory", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("skipped: it needs the real boundaries, and SESTANTE_DATA names no folder that has them: %v", err)
	}
	return b
}

func decode(t testing.TB, file []byte, o format.Options) (format.Result, error) {
	t.Helper()
	return gpkg.Decode(t.Context(), format.File{Name: "x.gpkg", Data: bytes.NewReader(file), Size: int64(len(file))}, o)
}

// made returns a GeoPackage with what statements add to a sound one, whose
// layer areas has two squares.
func made(t testing.TB, statements ...string) []byte {
	t.Helper()
	layer := gpkg.Layer{
		Name: "areas", Geometry: "MULTIPOLYGON", Columns: []gpkg.Column{{"code", gpkg.Text}, {"open", gpkg.Boolean}, {"since", gpkg.Date}, {"rank", gpkg.Integer}, {"size", gpkg.Real}},
		Rows: rowsOf(
			gpkg.Row{Geometry: square(9), Values: []any{"W", true, "2026-01-31", 7, 1.5}},
			gpkg.Row{Geometry: square(10), Values: []any{"E", false, nil, nil, 2.0}},
		),
	}
	var file bytes.Buffer
	if _, err := gpkg.Encode(t.Context(), &file, []gpkg.Layer{layer}, noon); err != nil {
		t.Fatal(err)
	}
	if len(statements) == 0 {
		return file.Bytes()
	}
	path := filepath.Join(t.TempDir(), "made.gpkg")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, s := range append([]string{`DROP TRIGGER rtree_areas_geom_insert`, `DROP TRIGGER rtree_areas_geom_update1`, `DROP TRIGGER rtree_areas_geom_update2`, `DROP TRIGGER rtree_areas_geom_update3`, `DROP TRIGGER rtree_areas_geom_update4`}, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDecodeReal(t *testing.T) {
	file := data(t, "formats/provinces.gpkg")
	var told []int64
	got, err := decode(t, file, format.Options{
		Limits:   geo.Limits{Code: "sigla"},
		Progress: func(done, total int64) { told = append(told, done*1000/total) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := geo.Decode(bytes.NewReader(data(t, "provinces.geojson")), geo.Limits{Code: "sigla"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Collection.Features) != len(want.Features) || len(want.Features) != 107 || got.Layer != "provinces" || got.Kind != format.GeoPackage || got.AccuracyM != 0 {
		t.Fatalf("Decode = %d features of layer %s, a %s, want 107", len(got.Collection.Features), got.Layer, got.Kind)
	}
	shapes := map[string]orb.MultiPolygon{}
	for _, f := range want.Features {
		shapes[f.Text("sigla")] = f.Geometry
	}
	for i, f := range got.Collection.Features {
		// Asti and Varese have an enclave, which whoever made this file wrote as
		// a hole and the GeoJSON does not.
		code := f.Text("sigla")
		if !f.Geometry.Equal(shapes[code]) && code != "AT" && code != "VA" {
			t.Errorf("%s differs from the GeoJSON", code)
		}
		if f.ID != fmt.Sprint(i+1) || f.Text("name") == "" {
			t.Errorf("feature %d = %+v, want its fid and its name", i, f.Properties)
		}
	}
	for i := 1; i < len(told); i++ {
		if told[i] < told[i-1] {
			t.Errorf("progress went back: %v", told)
		}
	}
	if len(told) < 50 || told[len(told)-1] != 1000 {
		t.Errorf("progress = %v, want it to the end", told)
	}
}

func TestDecodeOwn(t *testing.T) {
	got, err := decode(t, made(t), format.Options{Limits: geo.Limits{Code: "code"}})
	if err != nil {
		t.Fatal(err)
	}
	f := got.Collection.Features[0]
	if f.ID != "1" || f.Text("code") != "W" || f.Properties["open"] != true || f.Text("since") != "2026-01-31" || f.Text("rank") != "7" || f.Text("size") != "1.5" || !f.Geometry.Equal(square(9)) {
		t.Errorf("feature = %+v", f)
	}
	if n, ok := got.Collection.Features[1].Integer("size"); !ok || n != 2 {
		t.Errorf("a whole number in a column of decimals = %d, %v, want 2", n, ok)
	}
}

// blobOf writes a square as a GeoPackageBinary by hand: byte order and
// envelope of the header, srs, type and byte order of the WKB, and how many
// numbers a position has.
func blobOf(order binary.AppendByteOrder, envelope, flags byte, srs int32, kind uint32, width int) []byte {
	little := byte(0)
	if order == binary.LittleEndian {
		little = 1
	}
	b := order.AppendUint32([]byte{'G', 'P', 0, little | envelope<<1 | flags}, uint32(srs))
	b = append(b, make([]byte, []int{0, 32, 48, 48, 64, 0, 0, 0}[envelope])...)
	b = order.AppendUint32(append(b, little), kind)
	if kind&0x20000000 != 0 {
		b = order.AppendUint32(b, 4326)
	}
	b = order.AppendUint32(order.AppendUint32(b, 1), 5)
	for _, p := range square(9)[0][0] {
		for i := range width {
			v := 12.5
			if i < 2 {
				v = p[i]
			}
			b = order.AppendUint64(b, math.Float64bits(v))
		}
	}
	return b
}

func TestDecodeGeometries(t *testing.T) {
	le, be := binary.AppendByteOrder(binary.LittleEndian), binary.AppendByteOrder(binary.BigEndian)
	for _, c := range []struct {
		name string
		blob []byte
		want *fault.Error // nil: the square
		note string
	}{
		{"little endian", blobOf(le, 0, 0, 4326, 3, 2), nil, ""},
		{"big endian", blobOf(be, 0, 0, 4326, 3, 2), nil, ""},
		{"bounds", blobOf(le, 1, 0, 4326, 3, 2), nil, ""},
		{"bounds with heights", blobOf(be, 2, 0, 4326, 3, 2), nil, ""},
		{"bounds with measures", blobOf(le, 3, 0, 4326, 3, 2), nil, ""},
		{"bounds with both", blobOf(le, 4, 0, 4326, 3, 2), nil, ""},
		{"heights", blobOf(le, 0, 0, 4326, 1003, 3), nil, "format.heights_dropped"},
		{"measures", blobOf(be, 0, 0, 4326, 2003, 3), nil, "format.heights_dropped"},
		{"both", blobOf(le, 0, 0, 4326, 3003, 4), nil, "format.heights_dropped"},
		{"heights as EWKB", blobOf(le, 0, 0, 4326, 0x80000003, 3), nil, "format.heights_dropped"},
		{"a number as EWKB", blobOf(be, 0, 0, 4326, 0x20000003, 2), nil, ""},
		{"an undefined system in the header", blobOf(le, 0, 0, 0, 3, 2), nil, ""},
		{"bounds of an unknown kind", blobOf(le, 5, 0, 4326, 3, 2), gpkg.ErrGeometry, ""},
		{"another system", blobOf(le, 0, 0, 32632, 3, 2), gpkg.ErrMixedSRS, ""},
		{"an extension", blobOf(le, 0, 0x20, 4326, 3, 2), gpkg.ErrExtended, ""},
		{"nothing inside", blobOf(le, 0, 0x10, 4326, 3, 2), geo.ErrEmpty, ""},
		{"a line", blobOf(le, 0, 0, 4326, 2, 2), geo.ErrGeometryType, ""},
		{"a curved polygon", blobOf(le, 0, 0, 4326, 10, 2), gpkg.ErrExtended, ""},
		{"no such type", blobOf(le, 0, 0, 4326, 77, 2), gpkg.ErrGeometry, ""},
		{"no such dimension", blobOf(le, 0, 0, 4326, 4003, 2), gpkg.ErrGeometry, ""},
		{"cut off", blobOf(le, 0, 0, 4326, 3, 2)[:60], gpkg.ErrGeometry, ""},
		{"more points than bytes", append(blobOf(le, 0, 0, 4326, 3, 2)[:17], 0xff, 0xff, 0xff, 0xff), gpkg.ErrGeometry, ""},
		{"more rings than bytes", append(blobOf(le, 0, 0, 4326, 3, 2)[:13], 0xff, 0xff, 0xff, 0xff), gpkg.ErrGeometry, ""},
		{"a polygon within that is none", append(blobOf(le, 0, 0, 4326, 6, 2)[:13], 1, 0, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0), geo.ErrGeometryType, ""},
		{"version", append([]byte("GP\x01"), blobOf(le, 0, 0, 4326, 3, 2)[3:]...), gpkg.ErrGeometry, ""},
		{"nobody's", []byte("\x00\x01spatialite"), gpkg.ErrGeometry, ""},
		{"empty", []byte{}, gpkg.ErrGeometry, ""},
	} {
		file := made(t, `UPDATE areas SET geom = x'`+hex.EncodeToString(c.blob)+`' WHERE fid = 1`)
		got, err := decode(t, file, format.Options{Limits: geo.Limits{Code: "code"}})
		if c.want == nil {
			if err != nil || !got.Collection.Features[0].Geometry.Equal(square(9)) {
				t.Errorf("%s: Decode = %v, want the square", c.name, err)
			}
			if said := fmt.Sprint(got.Notes); (c.note != "") != strings.Contains(said, "heights_dropped") {
				t.Errorf("%s: notes = %s, want %q", c.name, said, c.note)
			}
			continue
		}
		if f := fault.Of(err); !errors.Is(err, c.want) || f.Field != "features[0]" || !strings.Contains(f.Detail, "W") {
			t.Errorf("%s: Decode = %v, want %v at features[0] with its code W", c.name, err, c.want.Code)
		}
	}
}

// What is no area has its place, and says so in both languages.
func TestPlacesOfWhatIsNoArea(t *testing.T) {
	le := binary.LittleEndian
	place := func(head ...byte) []byte {
		out := append([]byte{'G', 'P', 0, 1, 0xe6, 0x10, 0, 0}, head...)
		return le.AppendUint64(le.AppendUint64(out, math.Float64bits(9)), math.Float64bits(45))
	}
	for name, blob := range map[string][]byte{
		"a point":        place(1, 1, 0, 0, 0),
		"a line":         place(1, 2, 0, 0, 0, 1, 0, 0, 0),
		"several points": place(1, 4, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0),
		"a collection":   place(1, 7, 0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0),
	} {
		_, err := decode(t, made(t, `UPDATE areas SET geom = x'`+hex.EncodeToString(blob)+`' WHERE fid = 1`), format.Options{Limits: geo.Limits{Code: "code"}})
		problems, ok := errors.AsType[geo.Problems](err)
		if !ok || problems[0].Place == nil || *problems[0].Place != (orb.Point{9, 45}) || !errors.Is(err, geo.ErrGeometryType) {
			t.Errorf("%s: Decode = %v, want %v at 9,45", name, err, geo.ErrGeometryType)
		}
		if said := fault.Of(err).Say("it"); !strings.Contains(said, "presso") || !strings.Contains(said, "è un ") {
			t.Errorf("%s: in Italian %q", name, said)
		}
	}
}

// Text that is not UTF-8 is refused, with its column.
func TestTextThatIsNotUTF8(t *testing.T) {
	_, err := decode(t, made(t, `UPDATE areas SET code = CAST(x'63697474e0' AS TEXT) WHERE fid = 2`), format.Options{})
	if !errors.Is(err, geo.ErrEncoding) || fault.Of(err).Field != "features[1]" || !strings.Contains(err.Error(), `"code" is "citt\xe0"`) || !strings.Contains(err.Error(), "10.000000") {
		t.Errorf("Decode = %v, want %v of features[1]", err, geo.ErrEncoding)
	}
}

// A real number is the text that it is in every other format.
func TestNumbersAreDigits(t *testing.T) {
	got, err := decode(t, made(t), format.Options{Limits: geo.Limits{Code: "size"}})
	if err != nil || got.Collection.Features[0].Text("size") != "1.5" || got.Collection.Features[1].Text("size") != "2" {
		t.Errorf("Decode = %v, %v, want 1.5 and 2", got.Collection.Features, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const second = `
		CREATE TABLE more (fid INTEGER PRIMARY KEY, shape BLOB, code TEXT);
		INSERT INTO gpkg_contents SELECT 'more', data_type, 'more', '', last_change, min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents;
		INSERT INTO gpkg_geometry_columns VALUES ('more', 'SHAPE', 'GEOMETRY', 4326, 0, 0);
		INSERT INTO more SELECT fid, geom, code FROM areas`
	for _, c := range []struct {
		name   string
		add    string
		o      format.Options
		want   *fault.Error // nil: it is read
		detail string
	}{
		{"as it is", "", format.Options{}, nil, ""},
		{"a name in other letters", "", format.Options{Layer: "AREAS"}, nil, ""},
		{"a name it has not", "", format.Options{Layer: "zones"}, geo.ErrLayer, "areas"},
		{"a name in the limits", "", format.Options{Limits: geo.Limits{Layer: "zones"}}, geo.ErrLayer, "areas"},
		{"two layers", second, format.Options{}, geo.ErrLayer, "areas, more"},
		{"two layers, one named", second, format.Options{Layer: "more"}, nil, ""},
		{"no layer of features", `UPDATE gpkg_contents SET data_type = 'attributes'`, format.Options{}, geo.ErrLayer, "no layer"},
		{"no table of contents", `DROP TABLE gpkg_contents`, format.Options{}, gpkg.ErrNotGeoPackage, "gpkg_contents"},
		{"a view for the contents", `ALTER TABLE gpkg_contents RENAME TO was; CREATE VIEW gpkg_contents AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT was.* FROM was, r`, format.Options{}, gpkg.ErrTable, "gpkg_contents"},
		{"a view for the layer", `ALTER TABLE areas RENAME TO was; CREATE VIEW areas AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT was.* FROM was, r`, format.Options{}, gpkg.ErrTable, "areas"},
		{"a virtual table for the layer", `UPDATE gpkg_contents SET table_name = 'rtree_areas_geom'; UPDATE gpkg_geometry_columns SET table_name = 'rtree_areas_geom'`, format.Options{}, gpkg.ErrTable, "rtree_areas_geom"},
		{"no table for the layer", `UPDATE gpkg_contents SET table_name = 'gone'; UPDATE gpkg_geometry_columns SET table_name = 'gone'`, format.Options{}, gpkg.ErrDamaged, "gone"},
		{"no such column", `UPDATE gpkg_geometry_columns SET column_name = 'shape'`, format.Options{}, gpkg.ErrDamaged, "shape"},
		{"a name that is SQL", `ALTER TABLE areas RENAME TO "x""; DROP TABLE gpkg_contents; --"; UPDATE gpkg_contents SET table_name = 'x"; DROP TABLE gpkg_contents; --'; UPDATE gpkg_geometry_columns SET table_name = 'x"; DROP TABLE gpkg_contents; --'`, format.Options{}, nil, ""},
		{"a computed column", `ALTER TABLE areas ADD COLUMN heavy AS (zeroblob(1000000000))`, format.Options{}, nil, ""},
		{"an undefined system", `UPDATE gpkg_geometry_columns SET srs_id = -1; UPDATE areas SET geom = NULL`, format.Options{}, gpkg.ErrSRS, "-1"},
		{"an unknown system", `UPDATE gpkg_geometry_columns SET srs_id = 99`, format.Options{}, gpkg.ErrSRS, "99"},
		{"no geometry", `UPDATE areas SET geom = NULL`, format.Options{}, geo.ErrEmpty, ""},
		{"text for a geometry", `UPDATE areas SET geom = 'POINT(1 2)'`, format.Options{}, gpkg.ErrGeometry, "no blob"},
		{"no rows", `DROP TRIGGER rtree_areas_geom_delete; DELETE FROM areas`, format.Options{}, geo.ErrNoFeatures, ""},
		{"too many bytes", "", format.Options{Limits: geo.Limits{Bytes: 20_000}}, geo.ErrTooLarge, "20000 bytes"},
		{"too many features", "", format.Options{Limits: geo.Limits{Features: 1}}, geo.ErrTooLarge, "1 rows"},
		{"too many vertices", "", format.Options{Limits: geo.Limits{Vertices: 9}}, geo.ErrTooLarge, "9 vertices"},
		{"too many properties", "", format.Options{Limits: geo.Limits{Values: 9}}, geo.ErrTooLarge, "9 properties"},
		{"too many objects", `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r LIMIT 1) SELECT 1`, format.Options{}, nil, ""},
	} {
		file := made(t)
		if c.add != "" {
			file = made(t, c.add)
		}
		got, err := decode(t, file, c.o)
		switch {
		case c.want == nil && (err != nil || len(got.Collection.Features) != 2):
			t.Errorf("%s: Decode = %d features, %v, want 2", c.name, len(got.Collection.Features), err)
		case c.want != nil && (!errors.Is(err, c.want) || !strings.Contains(err.Error(), c.detail)):
			t.Errorf("%s: Decode = %v, want %s with %q", c.name, err, c.want.Code, c.detail)
		}
	}
}
