package mobileapi_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	mobileapi "github.com/sestante/sestante/mobile-api"
	"github.com/sestante/sestante/store/gpkg"
)

// codesOf reads the codes in an export of reports.
func codesOf(t *testing.T, r reply) []string {
	t.Helper()
	var out []string
	switch kind := r.header.Get("Content-Type"); kind {
	case "application/geo+json":
		fc, err := geojson.UnmarshalFeatureCollection(r.body)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fc.Features {
			out = append(out, f.Properties.MustString("code"))
		}
	case "text/csv; charset=utf-8":
		rows, err := csv.NewReader(bytes.NewReader(r.body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			out = append(out, row[slices.Index(rows[0], "code")])
		}
	default:
		t.Fatalf("an export is %s", kind)
	}
	slices.Sort(out)
	return out
}

func TestExportReports(t *testing.T) {
	s := newSite(t)
	person := [][2]string{{"contactName", "Maria Rossi"}, {"contactEmail", "maria@example.org"}, {"title", "@SUM(1)"}}
	west := s.submit(t, "citizen", person...)
	var east desk.Receipt
	s.want(t, ask{who: "other", method: http.MethodPost, path: "reports", body: map[string]any{"lon": 11.5, "lat": 45.5, "objectType": "pothole"}}, http.StatusCreated, &east)
	all := []string{west.Code, east.Code}
	for _, c := range []struct {
		who, query string
		want       []string
	}{
		{"anna", "", all},
		{"anna", "?format=csv", all},
		{"ben", "?format=csv", []string{west.Code}},
		{"eva", "?format=geojson", []string{east.Code}},
		{"citizen", "?format=csv", []string{west.Code}},
		{"anna", "?district=E&status=open", []string{east.Code}},
		{"anna", "?status=closure", nil},
		{"anna", "?bbox=10,45,11,46&format=csv", []string{west.Code}},
		{"anna", "?from=2026-11-20&to=2026-11-20T09:00:01Z", all},
		{"anna", "?to=2026-11-20", nil},
	} {
		r := s.want(t, ask{who: c.who, method: http.MethodGet, path: "reports/export" + c.query}, http.StatusOK, nil)
		if got, want := codesOf(t, r), slices.Sorted(slices.Values(c.want)); !slices.Equal(got, want) {
			t.Errorf("export%s by %s = %v, want %v", c.query, c.who, got, want)
		}
		if name := r.header.Get("Content-Disposition"); !strings.HasPrefix(name, `attachment; filename="reports-2026-11-20.`) {
			t.Errorf("export%s is saved as %s", c.query, name)
		}
		if cache := r.header.Get("Cache-Control"); cache != "no-store" {
			t.Errorf("export%s may be kept: %s", c.query, cache)
		}
		wantNone(t, "export"+c.query, r.body, "Maria", "maria@", s.ids["citizen"])
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "reports/export"}, http.StatusUnauthorized, "api.sign_in", "")
	for query, field := range map[string]string{"format=xlsx": "format", "bom=maybe": "bom", "from=soon": "from", "to=2026-13-01": "to", "from=2026-11-21&to=2026-11-20": "to", "status=lost": "status", "bbox=1": "bbox"} {
		s.wantFault(t, ask{who: "anna", method: http.MethodGet, path: "reports/export?" + query}, http.StatusBadRequest, "api.value", field)
	}
	s.wantFault(t, ask{who: "anna", method: http.MethodGet, path: "reports/export?limit=3"}, http.StatusBadRequest, "api.unknown_field", "limit")
	if log := s.log.String(); strings.Contains(log, "Maria") || strings.Contains(log, "10.5") {
		t.Errorf("the log tells of reports: %s", log)
	}
}

func TestExportAsGeoPackage(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	r := s.want(t, ask{who: "ben", method: http.MethodGet, path: "reports/export?format=gpkg"}, http.StatusOK, nil)
	if kind := r.header.Get("Content-Type"); kind != "application/geopackage+sqlite3" || r.header.Get("Content-Length") != strconv.Itoa(len(r.body)) || !bytes.HasPrefix(r.body, []byte("SQLite format 3\x00")) {
		t.Errorf("a GeoPackage is %s of %s bytes, and begins with %.16q", kind, r.header.Get("Content-Length"), r.body)
	}
}

func TestExportAreas(t *testing.T) {
	s := newSite(t)
	for query, want := range map[string]int{
		"": 2, "?format=geojson&kind=district": 2, "?format=csv": 2, "?format=gpkg": 2, "?format=csv&bom=true": 2, "?at=2020-01-01&format=gpkg": 2,
	} {
		r := s.want(t, ask{method: http.MethodGet, path: "areas/export" + query}, http.StatusOK, nil)
		in := format.File{Data: bytes.NewReader(r.body), Size: int64(len(r.body))}
		decode := format.Decode
		if strings.Contains(query, "gpkg") {
			decode = gpkg.Decode
		}
		got, err := decode(t.Context(), in, format.Options{Limits: geo.Limits{Code: "code"}})
		if err != nil || len(got.Collection.Features) != want {
			t.Errorf("areas/export%s = %d areas, %v, want %d", query, len(got.Collection.Features), err, want)
		}
		if bom := bytes.HasPrefix(r.body, []byte("\ufeff")); bom != strings.Contains(query, "bom") {
			t.Errorf("areas/export%s begins with a byte order mark = %v", query, bom)
		}
	}
	r := s.want(t, ask{who: "ben", method: http.MethodGet, path: "areas/export?kind=zone"}, http.StatusOK, nil)
	if got := string(r.body); got != `{"type":"FeatureCollection","name":"areas","features":[`+"\n]}\n" {
		t.Errorf("no areas are %q", got)
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "areas/export?kind=village"}, http.StatusBadRequest, "api.value", "kind")
	s.wantFault(t, ask{method: http.MethodGet, path: "areas/export?at=soon"}, http.StatusBadRequest, "api.value", "at")
}

func TestExportsAreLimited(t *testing.T) {
	s := newSite(t, func(c *mobileapi.Config) { c.ExportsPerMinute, c.ExportsBurst = 1, 2 })
	export := ask{who: "anna", method: http.MethodGet, path: "reports/export"}
	for range 2 {
		s.want(t, export, http.StatusOK, nil)
	}
	s.wantFault(t, export, http.StatusTooManyRequests, "api.limited", "")
	if wait := s.do(t, export).header.Get("Retry-After"); wait != "60" {
		t.Errorf("Retry-After = %s, want 60", wait)
	}
	s.want(t, ask{who: "ben", method: http.MethodGet, path: "reports/export"}, http.StatusOK, nil)
}

// multiply adds 2,000 copies of a report, with some columns said anew, as
// expressions of their number i.
func (s *site) multiply(t *testing.T, first desk.Receipt, anew map[string]string) {
	t.Helper()
	var names []string
	if err := s.app.DB().NewQuery(`SELECT name FROM pragma_table_info('reports')`).Column(&names); err != nil {
		t.Fatal(err)
	}
	columns := "`" + strings.Join(names, "`, `") + "`"
	for _, list := range []map[string]string{{"id": `printf('r%014d', i)`, "code": `printf('SE-2026-9%05d', i)`, "clientId": `''`, "description": `hex(zeroblob(5000))`}, anew} {
		for name, v := range list {
			columns = strings.Replace(columns, "`"+name+"`", v, 1)
		}
	}
	_, err := s.app.DB().NewQuery(`
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
		INSERT INTO reports SELECT ` + columns + ` FROM reports, n WHERE id = '` + string(first.ID) + `'`).Execute()
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportIsCutOff lets an export come upon a row it cannot read when much of
// it has been sent: the connection must break, or a reader would take half a
// file for a whole.
func TestExportIsCutOff(t *testing.T) {
	s := newSite(t)
	s.multiply(t, s.submit(t, "citizen"), map[string]string{"routeTrace": `iif(i = 1900, '{', routeTrace)`})
	for _, how := range []string{"geojson", "csv"} {
		for _, packed := range []bool{true, false} {
			req := s.request(t, ask{who: "anna", method: http.MethodGet, path: "reports/export?format=" + how})
			if !packed {
				req.Header.Set("Accept-Encoding", "identity")
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK || len(got) < 1_000_000 || !errors.Is(err, io.ErrUnexpectedEOF) || bytes.HasSuffix(got, []byte("]}\n")) {
				t.Errorf("half a %s (packed: %v) = %d with %d bytes and %v, want a broken connection", how, packed, res.StatusCode, len(got), err)
			}
		}
	}
	s.wantFault(t, ask{who: "anna", method: http.MethodGet, path: "reports/export?format=gpkg"}, http.StatusInternalServerError, "internal", "")
	if !strings.Contains(s.log.String(), "export cut off") {
		t.Error("the log says nothing of it")
	}
}

// TestExportsAtOnce: whoever reads nothing of an export holds a place, but not
// everybody's; and gives it back by hanging up.
func TestExportsAtOnce(t *testing.T) {
	s := newSite(t, func(c *mobileapi.Config) { c.ExportsAtOnce, c.ExportsBurst = 2, 1_000_000 })
	s.multiply(t, s.submit(t, "citizen"), nil)
	slow := func(who string) context.CancelFunc {
		t.Helper()
		req := s.request(t, ask{who: who, method: http.MethodGet, path: "reports/export"})
		req.Header.Set("Accept-Encoding", "identity")
		ctx, hangUp := context.WithCancel(t.Context())
		res, err := http.DefaultClient.Do(req.WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			t.Fatalf("export by %s = %d", who, res.StatusCode)
		}
		return func() { hangUp(); _ = res.Body.Close() }
	}
	export := func(who string) ask {
		return ask{who: who, method: http.MethodGet, path: "reports/export?format=csv&bbox=0,0,1,1"}
	}
	anna := slow("anna")
	s.wantFault(t, export("anna"), http.StatusServiceUnavailable, "export.busy", "")
	s.want(t, export("eva"), http.StatusOK, nil)
	ben := slow("ben")
	s.wantFault(t, export("eva"), http.StatusServiceUnavailable, "export.busy", "")
	s.wantFault(t, ask{method: http.MethodGet, path: "areas/export"}, http.StatusServiceUnavailable, "export.busy", "")
	anna()
	ben()
	for s.do(t, export("eva")).status != http.StatusOK { // the server notices when it writes
		runtime.Gosched()
	}
}
