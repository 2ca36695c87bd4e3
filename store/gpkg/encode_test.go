package gpkg_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/store/gpkg"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 5e6, time.UTC)

func rowsOf(rows ...gpkg.Row) iter.Seq2[gpkg.Row, error] {
	return func(yield func(gpkg.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func square(lon float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{lon, 45}, {lon + 1, 45}, {lon + 1, 46}, {lon, 46}, {lon, 45}}}}
}

func twoLayers() []gpkg.Layer {
	return []gpkg.Layer{
		{
			Name: "areas", Title: "Areas", Description: `Districts "in force"`, Geometry: "MULTIPOLYGON",
			Columns: []gpkg.Column{{"code", gpkg.Text}, {"size", gpkg.Real}, {"rank", gpkg.Integer}, {"open", gpkg.Boolean}, {"since", gpkg.Date}, {"at", gpkg.DateTime}},
			Rows: rowsOf(
				gpkg.Row{Geometry: square(9), Values: []any{"W", 1.5, 3, true, noon, noon.In(time.FixedZone("", 3600))}},
				gpkg.Row{Geometry: square(10), Values: []any{"È 'quoted'", nil, -1, false, "", time.Time{}}},
				gpkg.Row{Values: []any{"nowhere", 0.0, 0, nil, "2026-01-31", nil}},
				gpkg.Row{Geometry: orb.MultiPolygon{}, Values: []any{"empty", 0.0, 0, nil, nil, nil}},
			),
		},
		{
			Name: "points", Geometry: "POINT", Columns: []gpkg.Column{{"id", gpkg.Text}},
			Rows: rowsOf(gpkg.Row{Geometry: orb.Point{9.5, 45.5}, Values: []any{"a"}}),
		},
	}
}

// openFile returns a GeoPackage as any program that speaks SQLite sees it.
func openFile(t *testing.T, data []byte) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.gpkg")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func ask(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	var v any
	if err := db.QueryRow(query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return fmt.Sprint(v)
}

func TestEncode(t *testing.T) {
	var file bytes.Buffer
	n, err := gpkg.Encode(t.Context(), &file, twoLayers(), noon)
	if err != nil || n != 5 {
		t.Fatalf("Encode = %d, %v, want 5 rows", n, err)
	}
	if got := file.Bytes()[68:72]; string(got) != "GPKG" {
		t.Errorf("application id = %q, want GPKG", got)
	}
	db := openFile(t, file.Bytes())
	for query, want := range map[string]string{
		`PRAGMA user_version`:                             "10300",
		`PRAGMA integrity_check`:                          "ok",
		`SELECT count(*) FROM pragma_foreign_key_check()`: "0",
		`SELECT group_concat(table_name || ':' || data_type || ':' || identifier || ':' || srs_id, ' ') FROM gpkg_contents`: "areas:features:Areas:4326 points:features:points:4326",
		`SELECT +last_change FROM gpkg_contents`:                                                                  "2026-11-22T12:00:00.005Z",
		`SELECT min_x || ' ' || min_y || ' ' || max_x || ' ' || max_y FROM gpkg_contents`:                         "9.0 45.0 11.0 46.0",
		`SELECT min_x || ' ' || max_y FROM gpkg_contents WHERE table_name = 'points'`:                             "9.5 45.5",
		`SELECT column_name || geometry_type_name || srs_id || z || m FROM gpkg_geometry_columns`:                 "geomMULTIPOLYGON432600",
		`SELECT group_concat(srs_id, ' ') FROM gpkg_spatial_ref_sys ORDER BY srs_id`:                              "-1 0 4326",
		`SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'`:                          "2",
		`SELECT count(*) FROM rtree_areas_geom WHERE minx <= 9.5 AND maxx >= 9.5`:                                 "1",
		`SELECT count(*) FROM rtree_areas_geom`:                                                                   "2",
		`SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'`:                                               "12",
		`SELECT fid || code || size || rank || open || +since || ' ' || +at FROM areas WHERE fid = 1`:             "1W1.5312026-11-22 2026-11-22T12:00:00.005Z",
		`SELECT count(*) FROM areas WHERE fid = 2 AND size IS NULL AND since IS NULL AND at IS NULL AND NOT open`: "1",
		`SELECT geom IS NULL FROM areas WHERE code = 'nowhere'`:                                                   "1",
		`SELECT hex(substr(geom, 1, 8)) FROM areas WHERE code = 'empty'`:                                          "47500011E6100000",
		`SELECT hex(geom) FROM points`:                                                                            "47500001E6100000" + "0101000000" + "0000000000002340" + "0000000000C04640",
	} {
		if got := ask(t, db, query); got != want {
			t.Errorf("%s = %s, want %s", query, got, want)
		}
	}
}

// TestEncodeStopsWithItsRows: half a file is no file, and none stays behind.
func TestEncodeStopsWithItsRows(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stop := errors.New("stop")
	broken := twoLayers()
	broken[1].Rows = func(yield func(gpkg.Row, error) bool) {
		_ = yield(gpkg.Row{Values: []any{"a"}}, nil) && yield(gpkg.Row{}, stop)
	}
	short := twoLayers()
	short[1].Rows = rowsOf(gpkg.Row{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		layers []gpkg.Layer
		want   error
	}{
		{"an error among the rows", t.Context(), broken, stop},
		{"a row without its values", t.Context(), short, nil},
		{"the end of the context", ended, twoLayers(), context.Canceled},
	} {
		var file bytes.Buffer
		_, err := gpkg.Encode(c.ctx, &file, c.layers, noon)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || file.Len() != 0 {
			t.Errorf("%s: Encode = %v after %d bytes, want %v after none", c.name, err, file.Len(), c.want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "sestante-gpkg-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
