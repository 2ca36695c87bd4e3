package hooks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/hooks"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// An office is PocketBase with our hooks, over HTTP, and its administrator.
type office struct {
	app   *core.BaseApp
	url   string
	token string
	serve *core.ServeEvent
}

func newOffice(t *testing.T, production bool) office {
	t.Helper()
	app := pbtest.New(t)
	if err := hooks.Register(app, hooks.Config{Production: production, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	router, err := apis.NewRouter(app)
	if err != nil {
		t.Fatal(err)
	}
	o := office{app: app, serve: &core.ServeEvent{App: app, Router: router, InstallerFunc: apis.DefaultInstallerFunc}}
	err = app.OnServe().Trigger(o.serve, func(se *core.ServeEvent) error {
		// a web app answers whatever nobody else does
		se.Router.GET("/{path...}", apis.Static(fstest.MapFS{"index.html": {Data: []byte("<html>")}}, true))
		mux, err := se.Router.BuildMux()
		if err != nil {
			return err
		}
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		o.url = server.URL
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Cron().Stop)
	pbtest.Record(t, app, "_superusers", map[string]any{"email": "root@example.org", "password": "password-of-root"})
	root, err := app.FindAuthRecordByEmail("_superusers", "root@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if o.token, err = root.NewAuthToken(); err != nil {
		t.Fatal(err)
	}
	return o
}

// ask asks as the administrator.
func (o office) ask(t *testing.T, method, path string, body any, lang string) (int, []byte) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, o.url+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", o.token)
	req.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, out
}

func (o office) want(t *testing.T, method, path string, body any, status int, holds string) {
	t.Helper()
	if got, data := o.ask(t, method, path, body, "en"); got != status || !strings.Contains(string(data), holds) {
		t.Errorf("%s %s = %d %s, want %d with %s", method, path, got, data, status, holds)
	}
}

// newReport submits a report through the desk and returns its id.
func (o office) newReport(t *testing.T) string {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }
	d, err := desk.New(desk.Config{
		Store: store.New(o.app), Now: now, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(), CodePrefix: "SE",
	})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := d.Submit(t.Context(), report.Actor{}, desk.Submission{Description: "Una buca", Point: &report.Point{Lon: 9.19, Lat: 45.46}})
	if err != nil {
		t.Fatal(err)
	}
	return string(receipt.ID)
}

func TestRegisterNeedsALog(t *testing.T) {
	if err := hooks.Register(pbtest.New(t), hooks.Config{}); err == nil {
		t.Error("Register without a log = nil, want an error")
	}
}

// TestReportsChangeByCalls: nobody writes what has a life through PocketBase,
// not even its administrator.
func TestReportsChangeByCalls(t *testing.T) {
	o := newOffice(t, true)
	id := o.newReport(t)
	event, err := o.app.FindFirstRecordByData("reportEvents", "report", id)
	if err != nil {
		t.Fatal(err)
	}
	const refused = `"report.calls_only"`
	for _, c := range []struct {
		method, path string
		body         map[string]any
		status       int
		holds        string
	}{
		{"POST", "reports/records", map[string]any{"code": "X"}, 403, refused},
		{"PATCH", "reports/records/" + id, map[string]any{"state": "closed"}, 403, `"field":"state"`},
		{"PATCH", "reports/records/" + id, map[string]any{"visibility": "staff", "lon": 1.5}, 403, refused},
		{"PATCH", "reports/records/" + id, map[string]any{"areas": []string{}}, 200, id},
		{"PATCH", "reports/records/" + id, map[string]any{"routeTrace": map[string]any{"reason": "because"}}, 403, refused},
		{"PATCH", "reports/records/" + id, map[string]any{"visibility": "staff"}, 200, `"visibility":"staff"`},
		{"DELETE", "reports/records/" + id, nil, 403, refused},
		{"POST", "reportEvents/records", map[string]any{"report": id, "type": "take"}, 403, refused},
		{"PATCH", "reportEvents/records/" + event.Id, map[string]any{"actor": "x"}, 403, refused},
		{"DELETE", "reportEvents/records/" + event.Id, nil, 403, refused},
		{"POST", "messages/records", map[string]any{"report": id, "text": "x"}, 403, refused},
		{"POST", "notices/records", map[string]any{"dedupe": "x", "cause": "taken"}, 403, refused},
		{"POST", "media/records", map[string]any{"report": id}, 403, refused},
		{"POST", "interventions/records", map[string]any{"report": id}, 403, refused},
		{"POST", "orgs/records", map[string]any{"code": "roads", "name": "Strade"}, 200, "roads"}, // no life of its own
	} {
		o.want(t, c.method, "/api/collections/"+c.path, c.body, c.status, c.holds)
	}
	for lang, want := range map[string]string{"it": "con una chiamata", "en": "by a call", "": "con una chiamata"} {
		status, body := o.ask(t, "PATCH", "/api/collections/reports/records/"+id, map[string]any{"state": "closed"}, lang)
		if status != 403 || !strings.Contains(string(body), want) || !strings.Contains(string(body), `"field":"state"`) {
			t.Errorf("in %q = %d %s, want %q", lang, status, body, want)
		}
	}
	row, err := o.app.FindRecordById("reports", id)
	if err != nil {
		t.Fatal(err)
	}
	if row.GetString("state") != "registered" || row.GetFloat("lon") != 9.19 || row.GetString("visibility") != "staff" {
		t.Errorf("row = %v", row)
	}
	for _, name := range []string{"reportEvents", "reports"} {
		col, err := o.app.FindCollectionByNameOrId(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.app.TruncateCollection(col); err == nil {
			t.Errorf("%s was emptied", name)
		}
	}
}

// TestTwoEditsBothWin: each writes only what it changed.
func TestTwoEditsBothWin(t *testing.T) {
	o := newOffice(t, true)
	id := pbtest.Record(t, o.app, "orgs", map[string]any{"code": "roads", "name": "Strade"})
	var copies [2]*core.Record
	for i := range copies {
		var err error
		if copies[i], err = o.app.FindRecordById("orgs", id); err != nil {
			t.Fatal(err)
		}
	}
	copies[0].Set("name", "Strade e piazze")
	copies[1].Set("inactive", true)
	if err := errors.Join(o.app.Save(copies[0]), o.app.Save(copies[1])); err != nil {
		t.Fatal(err)
	}
	row, err := o.app.FindRecordById("orgs", id)
	if err != nil {
		t.Fatal(err)
	}
	if row.GetString("name") != "Strade e piazze" || !row.GetBool("inactive") {
		t.Errorf("row = %v", row)
	}
}

// TestHeldAreaStays: whoever answers for one district does not come to answer
// for all of them because the district is deleted.
func TestHeldAreaStays(t *testing.T) {
	o := newOffice(t, true)
	area := pbtest.Record(t, o.app, "areas", map[string]any{"kind": "district", "code": "D1", "name": "Uno", "geometry": json.RawMessage(ring("10"))})
	person := pbtest.Record(t, o.app, "users", map[string]any{"email": "ann@example.org", "password": "password-of-ann"})
	role := pbtest.Record(t, o.app, "roles", map[string]any{"person": person, "role": "coordinator", "areas": []string{area}})
	o.want(t, http.MethodDelete, "/api/collections/areas/records/"+area, nil, http.StatusConflict, "area.held")
	o.want(t, http.MethodDelete, "/api/collections/roles/records/"+role, nil, http.StatusNoContent, "")
	o.want(t, http.MethodDelete, "/api/collections/areas/records/"+area, nil, http.StatusNoContent, "")
}

// TestProduction: what reaches around the rules is shut, unless somebody
// develops.
func TestProduction(t *testing.T) {
	newCollection := map[string]any{"name": "extra", "type": "base", "fields": []any{map[string]any{"name": "title", "type": "text"}}}
	for _, c := range []struct {
		method, path string
		body         any
		open         int
	}{
		{"POST", "/api/sql", map[string]any{"query": "SELECT 1"}, 200},
		{"POST", "/api/collections", newCollection, 200},
		{"PATCH", "/api/collections/sites", map[string]any{"listRule": ""}, 200},
		{"PUT", "/api/collections/import", map[string]any{"collections": []any{newCollection}}, 204},
		{"DELETE", "/api/collections/sites/truncate", nil, 204},
		{"DELETE", "/api/collections/_authOrigins", nil, 400},
	} {
		for _, production := range []bool{true, false} {
			o := newOffice(t, production)
			status, body := o.ask(t, c.method, c.path, c.body, "en")
			shut := strings.Contains(string(body), `"platform.production"`)
			if production && (!shut || status != http.StatusForbidden) || !production && (shut || status != c.open) {
				t.Errorf("%s %s with production = %v: %d %s", c.method, c.path, production, status, body)
			}
		}
	}
}

func TestThumbnails(t *testing.T) {
	o := newOffice(t, false)
	o.want(t, "GET", "/api/files/media/abc/x.jpg?thumb=100x100", nil, http.StatusBadRequest, `"platform.thumb"`)
	o.want(t, "GET", "/api/files/media/abc/x.jpg?thumb", nil, http.StatusBadRequest, `"platform.thumb"`)
	o.want(t, "GET", "/api/files/media/abc/x.jpg", nil, http.StatusNotFound, `"status":404`)
}

// TestUnknownRoutes: below /api nothing is ever answered with a page.
func TestUnknownRoutes(t *testing.T) {
	o := newOffice(t, true)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		o.want(t, method, "/api/mobile/v1/nowhere", nil, http.StatusNotFound, `"platform.no_route"`)
	}
	o.want(t, "GET", "/api/health", nil, http.StatusOK, `"code":200`)
	o.want(t, "GET", "/anything/else", nil, http.StatusOK, "<html>")
}

func TestNoInstaller(t *testing.T) {
	if o := newOffice(t, false); o.serve.InstallerFunc != nil {
		t.Error("the installer would print a token that makes anybody an administrator")
	}
}

// TestNight: PocketBase's nightly job is ours, and works.
func TestNight(t *testing.T) {
	o := newOffice(t, true)
	n := 0
	for _, job := range o.app.Cron().Jobs() {
		if job.Id() == "__pbDBOptimize__" {
			n++
			job.Run()
		}
	}
	if n != 1 {
		t.Errorf("%d nightly jobs, want 1", n)
	}
	if err := store.New(o.app).Optimize(t.Context()); err != nil {
		t.Errorf("Optimize = %v", err)
	}
}
