package hooks_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/hooks"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// console is PocketBase's own HTTP API with a superuser's token.
type console struct {
	t     *testing.T
	app   *core.BaseApp
	mux   http.Handler
	token string
}

func newConsole(t *testing.T) console {
	t.Helper()
	app := pbtest.New(t)
	hooks.RegisterCapture(app)
	if err := store.New(app).InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	supers, err := app.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		t.Fatal(err)
	}
	root := core.NewRecord(supers)
	root.SetEmail("root@example.org")
	root.SetPassword("a long password")
	if err := app.Save(root); err != nil {
		t.Fatal(err)
	}
	token, err := root.NewAuthToken()
	if err != nil {
		t.Fatal(err)
	}
	router, err := apis.NewRouter(app)
	if err != nil {
		t.Fatal(err)
	}
	mux, err := router.BuildMux()
	if err != nil {
		t.Fatal(err)
	}
	return console{t, app, mux, token}
}

func (c console) send(method, path, body string) (int, string) {
	c.t.Helper()
	req := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", c.token)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	c.mux.ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

// edit saves a collection through the HTTP API after change has had its way
// with the fields.
func (c console) edit(name string, change func(fields core.FieldsList) core.FieldsList) (int, string) {
	c.t.Helper()
	col, err := c.app.FindCollectionByNameOrId(name)
	if err != nil {
		c.t.Fatal(err)
	}
	fields, err := change(col.Fields).MarshalJSON()
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send("PATCH", "/api/collections/"+name, `{"fields":`+string(fields)+`}`)
}

func (c console) wantHealthy(when string) {
	c.t.Helper()
	drift, err := store.New(c.app).CaptureDrift(c.t.Context())
	if err != nil || len(drift) > 0 {
		c.t.Errorf("%s: CaptureDrift() = %q, %v; want nothing", when, drift, err)
	}
}

func (c console) version() (ver int) {
	c.t.Helper()
	err := c.app.DB().NewQuery("SELECT ver FROM _s_rec WHERE coll = 'reports' AND id = 'r'").Row(&ver)
	if err != nil {
		c.t.Fatal(err)
	}
	return ver
}

func TestCaptureSurvivesEdits(t *testing.T) {
	c := newConsole(t)
	if _, err := c.app.NonconcurrentDB().NewQuery("INSERT INTO reports (id, code, state, district, title, suspendReason) VALUES ('r', 'r', 'registered', 'd1', 'a', 'x')").Execute(); err != nil {
		t.Fatal(err)
	}
	without := func(name string) func(core.FieldsList) core.FieldsList {
		return func(fields core.FieldsList) core.FieldsList { fields.RemoveByName(name); return fields }
	}
	renamed := func(name string) func(core.FieldsList) core.FieldsList {
		return func(fields core.FieldsList) core.FieldsList {
			fields.GetByName(name).SetName(name + "Now")
			return fields
		}
	}
	steps := []struct {
		name   string
		status int
		change func(core.FieldsList) core.FieldsList
	}{
		{"add a field", 200, func(f core.FieldsList) core.FieldsList { f.Add(&core.TextField{Name: "colour"}); return f }},
		{"remove it", 200, without("colour")},
		{"rename one that nobody is sent", 200, renamed("clientHash")},
		{"and remove it", 200, without("clientHashNow")},
		{"rename one that feeds a scope", 400, renamed("district")},
		{"rename one that travels", 400, renamed("title")},
		{"remove one that feeds a scope", 400, without("district")},
		{"remove one that travels", 400, without("title")},
		{"make a travelling one multiple", 200, func(f core.FieldsList) core.FieldsList {
			f.GetByName("kind").(*core.SelectField).MaxSelect = 3
			return f
		}},
		{"and single again", 200, func(f core.FieldsList) core.FieldsList {
			f.GetByName("kind").(*core.SelectField).MaxSelect = 1
			return f
		}},
	}
	for _, s := range steps {
		before := c.version()
		status, body := c.edit("reports", s.change)
		if status != s.status {
			t.Errorf("%s: status %d, want %d: %s", s.name, status, s.status, body)
		}
		if s.status == 200 && c.version() == before {
			t.Errorf("%s: the record was not sent again", s.name)
		}
		c.wantHealthy(s.name)
	}
	for _, field := range []string{"district", "title"} {
		col, err := c.app.FindCollectionByNameOrId("reports")
		if err != nil || col.Fields.GetByName(field) == nil {
			t.Errorf("field %s is gone: %v", field, err)
		}
	}
	// And the capture still captures.
	if status, body := c.send("PATCH", "/api/collections/reports/records/r", `{"title":"b","district":""}`); status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	before := c.version()
	if _, err := c.app.NonconcurrentDB().NewQuery("UPDATE reports SET district = 'd2'").Execute(); err != nil {
		t.Fatal(err)
	}
	if got := c.version(); got != before+1 {
		t.Errorf("version %d after a raw update, want %d", got, before+1)
	}
	c.wantHealthy("at the end")
}

// TestCaptureKeepsWhatItNeeds tries to rename and to remove, in PocketBase's
// own way, what says who holds what, what travels and what may be patched.
func TestCaptureKeepsWhatItNeeds(t *testing.T) {
	c := newConsole(t)
	for _, tt := range []struct{ collection, field string }{
		{"roles", "areas"},
		{"roles", "role"},
		{"roles", "person"},
		{"roles", "validTo"},
		{"areas", "parent"},
		{"areas", "code"},
		{"users", "disabled"},
		{"kbArticles", "audience"},
		{"kbArticles", "state"},
		{"kbArticles", "solution"},
		{"media", "uploader"},
		{"interventions", "checklist"},
		{"subscriptions", "channels"},
	} {
		for what, change := range map[string]func(core.FieldsList) core.FieldsList{
			"rename": func(f core.FieldsList) core.FieldsList { f.GetByName(tt.field).SetName("elsewhere"); return f },
			"remove": func(f core.FieldsList) core.FieldsList { f.RemoveByName(tt.field); return f },
		} {
			if status, body := c.edit(tt.collection, change); status != 400 {
				t.Errorf("%s %s.%s: status %d, want 400: %s", what, tt.collection, tt.field, status, body)
			}
			col, err := c.app.FindCollectionByNameOrId(tt.collection)
			if err != nil || col.Fields.GetByName(tt.field) == nil {
				t.Errorf("%s %s.%s: it is gone: %v", what, tt.collection, tt.field, err)
			}
		}
	}
	c.wantHealthy("after everything was refused")
}

// TestCaptureIsRightAtTheStart takes a trigger away while nobody serves.
func TestCaptureIsRightAtTheStart(t *testing.T) {
	c := newConsole(t)
	for _, q := range []string{"DROP TRIGGER _s_reports_insert", "INSERT INTO reports (id, code, state) VALUES ('r', 'r', 'registered')"} {
		if _, err := c.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	router, err := apis.NewRouter(c.app)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.app.OnServe().Trigger(&core.ServeEvent{App: c.app, Router: router}); err != nil {
		t.Fatal(err)
	}
	c.wantHealthy("at the start")
	if got := c.version(); got != 1 {
		t.Errorf("what was written meanwhile has version %d, want 1", got)
	}
}

func TestCaptureSurvivesADeletedCollection(t *testing.T) {
	c := newConsole(t)
	if _, err := c.app.NonconcurrentDB().NewQuery("INSERT INTO assets (id, code) VALUES ('a', 'a')").Execute(); err != nil {
		t.Fatal(err)
	}
	// Reports point at assets: PocketBase refuses.
	if status, _ := c.send("DELETE", "/api/collections/assets", ""); status != 400 {
		t.Errorf("deleting a collection others point at: status %d, want 400", status)
	}
	c.wantHealthy("after a refused deletion")
	if status, body := c.send("DELETE", "/api/collections/reportLinks", ""); status != 204 {
		t.Errorf("deleting reportLinks: status %d, want 204: %s", status, body)
	}
	c.wantHealthy("after a deletion")
}
