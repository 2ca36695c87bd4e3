package mobileapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/pbtest"
	mobileapi "github.com/sestante/sestante/mobile-api"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// A site is a whole server over a real database, with two square districts
// and a few people. Everything it answers is compared with the spec.
type site struct {
	t    testing.TB
	app  *core.BaseApp
	desk *desk.Desk
	api  *mobileapi.API
	url  string
	log  *logbook
	spec spec

	mu  sync.Mutex
	now time.Time

	ids    map[string]string // names to record ids
	tokens map[string]string
	limit  time.Duration                // the server's own, on a whole request; 0 is none
	waits  chan wait                    // what streams wait for, when a test asked to see it
	breaks func(fieldsync.Change) error // what a change of a push meets; nil is nothing
}

// A wait is one thing a stream waits for: fire ends it.
type wait struct {
	d    time.Duration
	fire chan time.Time
}

// A logbook is what the server logged.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func square(lon, lat float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{lon, lat}, {lon + 1, lat}, {lon + 1, lat + 1}, {lon, lat + 1}, {lon, lat}}}}
}

// newSite starts a server; each change may alter how it is set up.
func newSite(t testing.TB, changes ...func(*mobileapi.Config)) *site {
	t.Helper()
	s := &site{
		t: t, log: &logbook{}, spec: readSpec(t), waits: make(chan wait, 100), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
	}
	s.app, s.ids, s.tokens = town(t)
	hub := &fieldsync.Hub{}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	var err error
	s.desk, err = desk.New(desk.Config{
		Store: store.New(s.app), Now: s.clock, Log: logger, Policy: report.DefaultPolicy(), Limits: desk.Limits{Photos: 3},
		ToleranceM: 500, CodePrefix: "SE", PublicURL: "https://example.org", Language: "it", Changed: hub.Stir,
	})
	if err != nil {
		t.Fatal(err)
	}
	syncs, err := desk.NewSync(s.desk, desk.SyncConfig{Hub: hub, Wait: s.wait, Probe: s.probe})
	if err != nil {
		t.Fatal(err)
	}
	cfg := mobileapi.Config{Desk: s.desk, Sync: syncs, Log: logger, Now: s.clock, MaxPhotos: 3, MaxBody: 1 << 20, MaxPhoto: 512 << 10, StreamsPerUser: 2}
	for _, change := range changes {
		change(&cfg)
	}
	if s.api, err = mobileapi.New(cfg); err != nil {
		t.Fatal(err)
	}
	s.serve(t)
	return s
}

// hurried starts the site's server anew, with a time limit on each request as
// PocketBase sets one.
func (s *site) hurried(t testing.TB, limit time.Duration) {
	t.Helper()
	s.limit = limit
	s.serve(t)
}

func (s *site) serve(t testing.TB) {
	t.Helper()
	router, err := apis.NewRouter(s.app)
	if err != nil {
		t.Fatal(err)
	}
	s.api.Bind(&core.ServeEvent{App: s.app, Router: router})
	mux, err := router.BuildMux()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(mux)
	server.Config.ReadTimeout, server.Config.WriteTimeout = s.limit, s.limit
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL
}

// A founding is a data folder with areas and people in it. Every site clones
// it: five passwords cost a quarter of a second.
type founding struct {
	files       map[string][]byte
	ids, tokens map[string]string
}

var founded struct {
	once sync.Once
	founding
}

// town returns an app over a folder of its own with two districts, an object
// type and five people, and their ids and tokens by name.
func town(t testing.TB) (app *core.BaseApp, ids, tokens map[string]string) {
	t.Helper()
	founded.once.Do(func() {
		dir := pbtest.Dir(t)
		app := store.NewApp(dir)
		if err := app.Bootstrap(); err != nil {
			t.Fatal(err)
		}
		founded.ids, founded.tokens = people(t, app)
		for _, db := range []dbx.Builder{app.NonconcurrentDB(), app.AuxNonconcurrentDB()} {
			if _, err := db.NewQuery("PRAGMA wal_checkpoint(TRUNCATE)").Execute(); err != nil {
				t.Fatal(err)
			}
		}
		if err := app.ResetBootstrapState(); err != nil {
			t.Fatal(err)
		}
		founded.files = map[string][]byte{}
		for _, name := range []string{"data.db", "auxiliary.db"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			founded.files[name] = data
		}
	})
	dir := t.TempDir()
	for name, data := range founded.files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pbtest.Open(t, dir), maps.Clone(founded.ids), maps.Clone(founded.tokens)
}

func people(t testing.TB, app core.App) (ids, tokens map[string]string) {
	t.Helper()
	if err := store.New(app).InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := desk.New(desk.Config{Store: store.New(app), Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy()}) //nolint:forbidigo // the town is founded today
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.ImportAreas(t.Context(), []geo.Area{
		{Code: "W", Name: "West", Kind: geo.District, Geometry: square(10, 45), Source: geo.FromAdmin},
		{Code: "E", Name: "East", Kind: geo.District, Geometry: square(11, 45), Source: geo.FromAdmin},
	}, time.Time{}, false)
	if err != nil {
		t.Fatal(err)
	}
	ids, tokens = map[string]string{"W": string(geo.SeedID(geo.District, "W")), "E": string(geo.SeedID(geo.District, "E"))}, map[string]string{}
	pbtest.Record(t, app, "orgs", map[string]any{"code": "city", "name": "Città", "kind": "contact_point"})
	roads := pbtest.Record(t, app, "orgs", map[string]any{"code": "roads", "name": "Strade", "kind": "municipal_area"})
	hole := pbtest.Record(t, app, "objectTypes", map[string]any{
		"code": "pothole", "name": "Pothole", "nameIt": "Buca", "public": true, "status": "mapped", "defaultPriority": 3,
	})
	pbtest.Record(t, app, "activities", map[string]any{"objectType": hole, "responsibleOrg": roads, "kind": "repair"})
	for _, p := range []struct{ name, role, area string }{
		{"citizen", "citizen", ""}, {"other", "citizen", ""}, {"anna", "l1_operator", ""}, {"ben", "technician", "W"}, {"eva", "technician", "E"},
	} {
		ids[p.name] = pbtest.Record(t, app, "users", map[string]any{
			"name": "Name of " + p.name, "email": p.name + "@example.org", "password": "password-of-" + p.name, "language": "it", "verified": true,
		})
		var areas []string
		if p.area != "" {
			areas = []string{ids[p.area]}
		}
		pbtest.Record(t, app, "roles", map[string]any{"person": ids[p.name], "role": p.role, "areas": areas})
		user, err := app.FindRecordById("users", ids[p.name])
		if err != nil {
			t.Fatal(err)
		}
		if tokens[p.name], err = user.NewAuthToken(); err != nil {
			t.Fatal(err)
		}
	}
	return ids, tokens
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// wait hands what a stream waits for to the test.
func (s *site) wait(d time.Duration) <-chan time.Time {
	w := wait{d, make(chan time.Time, 1)}
	select {
	case s.waits <- w:
	default: // nobody looks
	}
	return w.fire
}

// probe lets a change of a push meet what a test has prepared.
func (s *site) probe(_ context.Context, at desk.Step, c fieldsync.Change) error {
	if at != desk.StepApply || s.breaks == nil {
		return nil
	}
	return s.breaks(c)
}

// promote gives anna, an operator, another role.
func (s *site) promote(t testing.TB, role string) {
	t.Helper()
	pbtest.Record(t, s.app, "roles", map[string]any{"person": s.ids["anna"], "role": role})
}

// A reply is what the server answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// An ask is one request.
type ask struct {
	who    string // a name of newSite, or empty for a guest
	method string
	path   string // below /api/mobile/v1/
	body   any    // a string or bytes as they are, a form, or anything as JSON
	kind   string // content type, when it is not the body's own
	lang   string
	header map[string]string
}

// A form is a multipart body: texts by name, and photos.
type form struct {
	fields [][2]string
	files  []file
}

type file struct {
	field, name string
	data        []byte
}

func (f form) encode(t testing.TB) (body []byte, contentType string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, kv := range f.fields {
		if err := w.WriteField(kv[0], kv[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range f.files {
		part, err := w.CreateFormFile(p.field, p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), w.FormDataContentType()
}

func (s *site) request(t testing.TB, a ask) *http.Request {
	t.Helper()
	var body io.Reader
	kind := "application/json"
	switch b := a.body.(type) {
	case nil:
		kind = ""
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	case form:
		var data []byte
		data, kind = b.encode(t)
		body = bytes.NewReader(data)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(data)
	}
	if a.kind != "" {
		kind = a.kind
	}
	req, err := http.NewRequestWithContext(t.Context(), a.method, s.url+mobileapi.Prefix+a.path, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if a.who != "" {
		req.Header.Set("Authorization", s.tokens[a.who])
	}
	if a.lang != "" {
		req.Header.Set("Accept-Language", a.lang)
	}
	for name, value := range a.header {
		req.Header.Set(name, value)
	}
	return req
}

// do asks, and compares the answer with the spec.
func (s *site) do(t testing.TB, a ask) reply {
	t.Helper()
	res, err := http.DefaultClient.Do(s.request(t, a))
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	r := reply{res.StatusCode, res.Header, data}
	s.compare(t, a, r)
	return r
}

// want asks and expects a status; it decodes the answer into v, if v is not
// nil.
func (s *site) want(t testing.TB, a ask, status int, v any) reply {
	t.Helper()
	r := s.do(t, a)
	if r.status != status {
		t.Fatalf("%s %s = %d %s, want %d", a.method, a.path, r.status, r.body, status)
	}
	if v != nil {
		if err := json.Unmarshal(r.body, v); err != nil {
			t.Fatalf("%s %s: %v in %s", a.method, a.path, err, r.body)
		}
	}
	return r
}

// A fault as it is on the wire.
type wireFault struct {
	Status  int
	Message string
	Data    struct{ Code, Kind, Field string }
}

// wantFault asks and expects a fault: its code, and the field it is about.
func (s *site) wantFault(t testing.TB, a ask, status int, code, field string) wireFault {
	t.Helper()
	var f wireFault
	r := s.do(t, a)
	if err := json.Unmarshal(r.body, &f); err != nil {
		t.Fatalf("%s %s = %d %s: %v", a.method, a.path, r.status, r.body, err)
	}
	if r.status != status || f.Data.Code != code || f.Data.Field != field || f.Status != status || f.Message == "" {
		t.Errorf("%s %s = %d %s, want %d %s in %q", a.method, a.path, r.status, r.body, status, code, field)
	}
	return f
}

// submit sends a report that must be taken in.
func (s *site) submit(t testing.TB, who string, fields ...[2]string) desk.Receipt {
	t.Helper()
	all := append([][2]string{{"description", "Una buca"}, {"objectType", "pothole"}, {"lon", "10.5"}, {"lat", "45.5"}}, fields...)
	var got desk.Receipt
	s.want(t, ask{who: who, method: http.MethodPost, path: "reports", body: form{fields: all}}, http.StatusCreated, &got)
	return got
}

// newSuperuser returns the token of an administrator of PocketBase.
func newSuperuser(t testing.TB, app core.App, col *core.Collection) string {
	t.Helper()
	root := core.NewRecord(col)
	root.Set("email", "root@example.org")
	root.Set("password", "password-of-root")
	if err := app.Save(root); err != nil {
		t.Fatal(err)
	}
	token, err := root.NewAuthToken()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
