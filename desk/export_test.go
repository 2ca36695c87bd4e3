package desk_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	"github.com/sestante/sestante/store/gpkg"
)

// exported writes an export whole, and looks whether it kept to what it said.
func exported(t *testing.T, x *desk.Export, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	n, err := x.WriteTo(&out)
	if err = errors.Join(err, x.Close()); err != nil {
		t.Fatal(err)
	}
	if n != int64(out.Len()) || x.Size >= 0 && x.Size != n {
		t.Errorf("%s: %d bytes written, %d told, %d promised", x.Name, out.Len(), n, x.Size)
	}
	return out.Bytes()
}

// A read is one row of an export as another program reads it: text by column,
// and nothing for none.
type read map[string]string

// readBack reads an export of points with a decoder that is not ours.
func readBack(t *testing.T, how desk.ExportFormat, file []byte) []read {
	t.Helper()
	switch how {
	case desk.GeoJSON:
		return readGeoJSON(t, file)
	case desk.CSV:
		return readCSV(t, file)
	default:
		return readGeoPackage(t, file)
	}
}

func readGeoJSON(t *testing.T, file []byte) []read {
	t.Helper()
	fc, err := geojson.UnmarshalFeatureCollection(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []read
	for _, f := range fc.Features {
		r := read{}
		for name, v := range f.Properties {
			r[name] = ""
			if v != nil {
				r[name] = fmt.Sprint(v)
			}
		}
		if p, ok := f.Geometry.(orb.Point); ok {
			r["lon"], r["lat"] = fmt.Sprint(p[0]), fmt.Sprint(p[1])
		}
		out = append(out, r)
	}
	return out
}

func readCSV(t *testing.T, file []byte) []read {
	t.Helper()
	if lines := bytes.Count(file, []byte("\n")); lines != bytes.Count(file, []byte("\r\n")) {
		t.Errorf("not every line of %q ends as RFC 4180 has it", file)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []read
	for _, row := range rows[1:] {
		r := read{}
		for i, v := range row {
			r[rows[0][i]] = v
		}
		out = append(out, r)
	}
	return out
}

func readGeoPackage(t *testing.T, file []byte) []read {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.gpkg")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT r.*, x.minx AS lon, x.miny AS lat FROM reports AS r LEFT JOIN rtree_reports_geom AS x ON x.id = r.fid`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []read
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		r := read{}
		for i, v := range values {
			r[names[i]] = ""
			if at, ok := v.(time.Time); ok {
				v = at.Format("2006-01-02T15:04:05.000Z")
			}
			if v != nil {
				r[names[i]] = fmt.Sprint(v)
			}
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// column returns one column, in the order of the codes.
func column(rows []read, name string) []string {
	out := make([]string, 0, len(rows))
	for _, r := range rows {
		out = append(out, r[name])
	}
	slices.Sort(out)
	return out
}

func TestExportReports(t *testing.T) {
	w := newTown(t)
	evil := w.at(10.5)
	evil.Description, evil.Title, evil.Address = `=HYPERLINK("http://x","y")`, "due\nrighe, \"tra virgolette\"; è così", "-1 piano"
	evil.ContactName, evil.ContactEmail, evil.ContactPhone = "Maria Rossi", "maria@example.org", "021234567"
	west := w.submit("citizen", evil)
	east := w.submit("", w.at(11.5))
	lost := w.submit("citizen", desk.Submission{Description: "Non so dove", ObjectType: "lamp", Channel: "mobile"})
	w.now = w.now.Add(24 * time.Hour)
	late := w.submit("citizen", w.at(10.25))
	w.do("anna", "report.cancel", late.ID, map[string]any{"reason": "invalid"})

	all := []string{west.Code, east.Code, lost.Code, late.Code}
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, who string
		q         desk.ReportQuery
		want      []string
	}{
		{"staff", "anna", desk.ReportQuery{}, all},
		{"the lead of a district", "lead", desk.ReportQuery{}, []string{west.Code, late.Code}},
		{"a technician of the other", "eva", desk.ReportQuery{}, []string{east.Code}},
		{"their reporter", "citizen", desk.ReportQuery{}, []string{west.Code, lost.Code, late.Code}},
		{"a state", "anna", desk.ReportQuery{Query: desk.Query{States: []report.State{report.Cancelled}}}, []string{late.Code}},
		{"a district", "anna", desk.ReportQuery{Query: desk.Query{Districts: []string{"E"}}}, []string{east.Code}},
		{"a box", "anna", desk.ReportQuery{Query: desk.Query{BBox: &[4]float64{10.4, 45, 11.6, 46}}}, []string{west.Code, east.Code}},
		{"from a moment", "anna", desk.ReportQuery{From: day}, []string{late.Code}},
		{"before a moment", "anna", desk.ReportQuery{To: day}, []string{west.Code, east.Code, lost.Code}},
		{"an empty span", "anna", desk.ReportQuery{From: day, To: day}, nil},
	} {
		for _, how := range desk.ExportFormats() {
			x, err := w.desk.ExportReports(t.Context(), w.as(c.who), c.q, desk.Encoding{Format: how})
			file := exported(t, x, err)
			rows := readBack(t, how, file)
			if got, want := column(rows, "code"), slices.Sorted(slices.Values(c.want)); !slices.Equal(got, want) {
				t.Errorf("%s as %s = %v, want %v", c.name, how, got, want)
			}
			if want := "reports-2026-11-21." + string(how); x.Name != want {
				t.Errorf("%s as %s is called %s, want %s", c.name, how, x.Name, want)
			}
			for _, secret := range []string{"Maria", "maria@", "021234567", w.ids["citizen"]} {
				if bytes.Contains(file, []byte(secret)) {
					t.Errorf("%s as %s holds %q", c.name, how, secret)
				}
			}
		}
	}
	for _, how := range desk.ExportFormats() {
		x, err := w.desk.ExportReports(t.Context(), w.as("anna"), desk.ReportQuery{}, desk.Encoding{Format: how})
		w.checkRows(how, readBack(t, how, exported(t, x, err)), west, lost)
		x, err = w.desk.ExportReports(t.Context(), w.as("citizen"), desk.ReportQuery{}, desk.Encoding{Format: how})
		for _, r := range readBack(t, how, exported(t, x, err)) {
			if r["priority"] != "" || r["assignee"] != "" || r["routing"] != "" || r["blocking"] != "" || r["state"] == "" {
				t.Errorf("their reporter as %s gets %v", how, r)
			}
		}
	}
}

// checkRows looks at what the staff reads of two reports.
func (w *town) checkRows(how desk.ExportFormat, rows []read, west, lost desk.Receipt) {
	w.t.Helper()
	for _, r := range rows {
		want := read{"state": "registered", "phase": "analysis", "kind": "fault", "channel": "mobile", "closedAt": ""}
		switch r["code"] {
		case west.Code:
			want["id"], want["lon"], want["lat"], want["accuracyM"] = string(west.ID), "10.5", "45.5", "8"
			want["district"], want["districtCode"], want["districtName"] = w.ids["W"], "W", "West"
			want["objectType"], want["objectTypeCode"] = w.ids["pothole"], "pothole"
			want["registeredAt"], want["title"] = "2026-11-20T09:00:00.000Z", "due\nrighe, \"tra virgolette\"; è così"
			want["description"], want["address"] = `=HYPERLINK("http://x","y")`, "-1 piano"
			if how == desk.CSV {
				want["description"], want["address"] = "'"+want["description"], "'"+want["address"]
			}
		case lost.Code:
			want["id"], want["lon"], want["lat"], want["district"] = string(lost.ID), "", "", ""
		default:
			continue
		}
		for name, v := range want {
			if r[name] != v {
				w.t.Errorf("%s of %s as %s = %q, want %q", name, r["code"], how, r[name], v)
			}
		}
	}
}

func TestExportRefuses(t *testing.T) {
	w := newTown(t)
	w.submit("citizen", w.at(10.5))
	w.submit("citizen", w.at(10.6))
	as := desk.Encoding{Format: desk.CSV}
	if _, err := w.desk.ExportReports(t.Context(), report.Actor{}, desk.ReportQuery{}, as); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("ExportReports by nobody = %v, want %v", err, desk.ErrSignIn)
	}
	if _, err := w.desk.ExportReports(t.Context(), w.as("anna"), desk.ReportQuery{}, desk.Encoding{Format: "xlsx"}); !errors.Is(err, desk.ErrExportFormat) {
		t.Errorf("ExportReports as xlsx = %v, want %v", err, desk.ErrExportFormat)
	}
	far := desk.ReportQuery{Query: desk.Query{BBox: &[4]float64{0, 0, 1, 91}}}
	if _, err := w.desk.ExportReports(t.Context(), w.as("anna"), far, as); !errors.Is(err, desk.ErrBBox) {
		t.Errorf("ExportReports of a box beyond the pole = %v, want %v", err, desk.ErrBBox)
	}
	small := w.limited(1)
	if _, err := small.ExportReports(t.Context(), w.as("anna"), desk.ReportQuery{}, as); !errors.Is(err, desk.ErrExportSize) {
		t.Errorf("ExportReports of two where one is allowed = %v, want %v", err, desk.ErrExportSize)
	}
	ended, cancel := context.WithCancel(t.Context())
	x, err := w.desk.ExportReports(ended, w.as("anna"), desk.ReportQuery{}, desk.Encoding{Format: desk.GeoJSON})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	var out bytes.Buffer
	if _, err := x.WriteTo(&out); !errors.Is(err, context.Canceled) || strings.Contains(out.String(), "]") {
		t.Errorf("an export that is called off = %v with %q, want no closing bracket", err, out.String())
	}
}

// TestExportPages exports more reports than are read at a time.
func TestExportPages(t *testing.T) {
	w := newTown(t)
	first := w.submit("citizen", w.at(10.5))
	const more = 1234
	_, err := w.app.DB().NewQuery(`
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ` + fmt.Sprint(more) + `)
		INSERT INTO reports SELECT ` + w.copied(map[string]string{"id": `printf('r%014d', i)`, "code": `printf('SE-2026-9%05d', i)`, "clientId": `''`, "lon": `10 + i / 10000.0`}) + `
		FROM reports, n WHERE reports.id = '` + string(first.ID) + `'`).Execute()
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range desk.ExportFormats() {
		x, err := w.desk.ExportReports(t.Context(), w.as("anna"), desk.ReportQuery{}, desk.Encoding{Format: how})
		rows := readBack(t, how, exported(t, x, err))
		codes := column(rows, "code")
		if len(slices.Compact(codes)) != more+1 {
			t.Errorf("as %s: %d different codes, want %d", how, len(codes), more+1)
		}
	}
}

func TestExportAreas(t *testing.T) {
	w := newTown(t)
	_, err := w.desk.ImportAreas(t.Context(), []geo.Area{
		{Code: "P", Name: "Provincia \"=1\"", Kind: geo.Province, Geometry: square(10, 45), Source: geo.FromISTAT, Remark: "remarked"},
		{Code: "O", Name: "Over", Kind: geo.Overlay, Geometry: square(10.25, 45), Source: geo.FromAdmin, Selector: geo.Selector{SiteTypes: []string{"cs"}}, Priority: 3},
	}, w.now, false)
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(48 * time.Hour)
	later := w.now.Add(-time.Hour)
	if _, err := w.desk.ImportAreas(t.Context(), []geo.Area{{Code: "W", Name: "West", Kind: geo.District, Geometry: square(10, 44.5), Source: geo.FromAdmin}}, later, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, who string
		q         desk.AreaQuery
		want      string
		remark    bool
	}{
		{"now", "anna", desk.AreaQuery{}, "E O P W", true},
		{"by somebody without a role", "", desk.AreaQuery{}, "E O P W", false},
		{"one kind", "ben", desk.AreaQuery{Kinds: []geo.Kind{geo.District}}, "E W", false},
		{"two kinds", "ben", desk.AreaQuery{Kinds: []geo.Kind{geo.Overlay, geo.Province}}, "O P", false},
		{"before there was an overlay", "boss", desk.AreaQuery{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, "E W", false},
	} {
		for _, how := range desk.ExportFormats() {
			x, err := w.desk.ExportAreas(t.Context(), w.as(c.who), c.q, desk.Encoding{Format: how, BOM: true})
			file := exported(t, x, err)
			got := readAreas(t, how, file)
			var codes []string
			for _, f := range got {
				codes = append(codes, f.Text("code"))
				if c.remark != (f.Text("remark") == "remarked") && f.Text("code") == "P" {
					t.Errorf("%s as %s: the remark is %q", c.name, how, f.Text("remark"))
				}
			}
			slices.Sort(codes)
			if strings.Join(codes, " ") != c.want {
				t.Errorf("%s as %s = %v, want %s", c.name, how, codes, c.want)
			}
		}
	}
	w.sameAgain()
}

// readAreas reads an export of areas as an import would.
func readAreas(t *testing.T, how desk.ExportFormat, file []byte) []geo.Feature {
	t.Helper()
	in := format.File{Name: "areas." + string(how), Data: bytes.NewReader(file), Size: int64(len(file))}
	decode := format.Decode
	if how == desk.GeoPackage {
		decode = gpkg.Decode
	}
	got, err := decode(t.Context(), in, format.Options{Limits: geo.Limits{Code: "code"}})
	if err != nil {
		t.Fatalf("reading areas as %s: %v", how, err)
	}
	return got.Collection.Features
}

// sameAgain imports what was exported: to the last bit it must be what is there
// already.
func (w *town) sameAgain() {
	w.t.Helper()
	for _, how := range desk.ExportFormats() {
		for _, kind := range []geo.Kind{geo.District, geo.Province} {
			x, err := w.desk.ExportAreas(w.t.Context(), w.as("boss"), desk.AreaQuery{Kinds: []geo.Kind{kind}}, desk.Encoding{Format: how})
			features := readAreas(w.t, how, exported(w.t, x, err))
			areas, err := geo.Collection{Features: features}.Areas(geo.Fields{Code: "code", Name: "name", Kind: kind})
			if err != nil {
				w.t.Fatal(err)
			}
			for i := range areas {
				areas[i].Remark = features[i].Text("remark")
			}
			changes, err := w.desk.ImportAreas(w.t.Context(), areas, time.Time{}, true)
			if err != nil || len(changes.Unchanged) != len(areas) {
				w.t.Errorf("importing %s areas from %s again: %+v, %v, want no change", kind, how, changes, err)
			}
		}
	}
}

// limited returns the same desk with a limit on exports.
func (w *town) limited(rows int) *desk.Desk {
	w.t.Helper()
	d, err := desk.New(desk.Config{
		Store: store.New(w.app), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(), ExportRows: rows,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// copied lists the columns of reports for a copy, some of them said anew.
func (w *town) copied(anew map[string]string) string {
	w.t.Helper()
	var names []string
	if err := w.app.DB().NewQuery(`SELECT name FROM pragma_table_info('reports')`).Column(&names); err != nil {
		w.t.Fatal(err)
	}
	for i, name := range names {
		names[i] = "reports.`" + name + "`"
		if v, ok := anew[name]; ok {
			names[i] = v
		}
	}
	return strings.Join(names, ", ")
}
