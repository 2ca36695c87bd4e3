package httpdevice_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/pbtest"
	mobileapi "github.com/sestante/sestante/mobile-api"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
	httpdevice "github.com/sestante/sestante/sync/device/http"
)

// A house is the real server over a real database, with one technician who
// sees everything, and an administrator.
type house struct {
	t      testing.TB
	app    *core.BaseApp
	sync   *desk.Sync
	url    string
	person string
	token  string
	boss   report.Actor
}

func newHouse(t testing.TB) *house {
	t.Helper()
	app := pbtest.New(t)
	h := &house{t: t, app: app}
	h.person = pbtest.Record(t, app, "users", map[string]any{"name": "Ben", "email": "ben@example.org", "password": "password-of-ben", "language": "en", "verified": true})
	pbtest.Record(t, app, "roles", map[string]any{"person": h.person, "role": "l2_operator"})
	boss := pbtest.Record(t, app, "users", map[string]any{"name": "Boss", "email": "boss@example.org", "password": "password-of-boss", "verified": true})
	pbtest.Record(t, app, "roles", map[string]any{"person": boss, "role": "admin"})
	for i := range 3 {
		pbtest.Record(t, app, "objectTypes", map[string]any{"code": string(rune('a' + i)), "name": "Type", "nameIt": "Tipo", "public": true, "status": "mapped"})
	}
	user, err := app.FindRecordById("users", h.person)
	if err != nil {
		t.Fatal(err)
	}
	if h.token, err = user.NewAuthToken(); err != nil {
		t.Fatal(err)
	}
	hub, log := &fieldsync.Hub{}, slog.New(slog.DiscardHandler)
	now := func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }
	d, err := desk.New(desk.Config{Store: store.New(app), Now: now, Log: log, Policy: report.DefaultPolicy(), CodePrefix: "SE", Language: "it", Changed: hub.Stir})
	if err != nil {
		t.Fatal(err)
	}
	if h.sync, err = desk.NewSync(d, desk.SyncConfig{Hub: hub}); err != nil {
		t.Fatal(err)
	}
	if h.boss, err = d.Actor(t.Context(), report.PersonID(boss)); err != nil {
		t.Fatal(err)
	}
	api, err := mobileapi.New(mobileapi.Config{Desk: d, Sync: h.sync, Log: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	router, err := apis.NewRouter(app)
	if err != nil {
		t.Fatal(err)
	}
	api.Bind(&core.ServeEvent{App: app, Router: router})
	mux, err := router.BuildMux()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *house) link(change ...func(*httpdevice.Config)) *httpdevice.Link {
	h.t.Helper()
	cfg := httpdevice.Config{BaseURL: h.url, Token: func(context.Context) (string, error) { return h.token, nil }}
	for _, c := range change {
		c(&cfg)
	}
	l, err := httpdevice.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

const phoneID = "phoneben0000000"

func (h *house) phone(l *httpdevice.Link, kept device.Store) *device.Device {
	h.t.Helper()
	d, err := device.New(device.Config{
		ID: phoneID, Store: kept, Transport: l.Exchange, Verify: l.Verify, Now: time.Now, //nolint:forbidigo // a phone has a clock
		NewID: func() string { return "phonefork000000" },
		Wiped: func(ctx context.Context) error { return l.Wiped(ctx, phoneID) },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// TestAgainstTheServer syncs, breaks what the phone holds, and wants it put
// right record by record.
func TestAgainstTheServer(t *testing.T) {
	h := newHouse(t)
	kept := &device.Memory{}
	d := h.phone(h.link(), kept)
	if err := d.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	types := func() (n int) {
		for k := range kept.State().Base {
			if k.Coll == "objectTypes" {
				n++
			}
		}
		return n
	}
	all := types()
	if all < 3 {
		t.Fatalf("%d object types arrived, want at least 3", all)
	}
	for k, row := range kept.State().Base {
		if k.Coll == "objectTypes" {
			row.Ver += 7
			if err := kept.Apply(device.Step{Row: &row}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if err := d.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	health := d.Health()
	if health.Suspect || health.Verified > time.Minute || types() != all {
		t.Errorf("after the repair %+v, %d types of %d", health, types(), all)
	}
	found, err := h.sync.Divergences(t.Context(), h.boss, "", 0)
	if err != nil || len(found) != 1 || found[0].Stale != 1 || found[0].Device != phoneID {
		t.Errorf("an operator sees %+v, %v; want one stale record", found, err)
	}
	_, err = h.link().Verify(t.Context(), fieldsync.VerifyRequest{V: 1, Device: "x"})
	if refused, ok := errors.AsType[*httpdevice.RefusedError](err); !ok || refused.Field != "did" || !errors.Is(err, fieldsync.ErrBody) {
		t.Errorf("a malformed question: %v", err)
	}
	body, err := h.link().Verify(t.Context(), fieldsync.VerifyRequest{V: 1, Device: phoneID, Cursor: "nonsense"})
	if err != nil {
		t.Fatal(err)
	}
	if line, err := io.ReadAll(body); err != nil || string(line) != `{"t":"err","code":"sync.cursor","msg":""}`+"\n" {
		t.Errorf("a cursor nobody made: %s, %v", line, err)
	}
}

// flaky is a network that is down until it is told otherwise.
type flaky struct {
	down  bool
	wiped int // receipts that were on their way
}

func (f *flaky) Do(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.URL.Path == "/api/mobile/v1/devices/"+phoneID+"/wiped" {
		f.wiped++
		if f.down {
			return nil, errors.New("no network")
		}
	}
	return http.DefaultClient.Do(r)
}

// TestWipedReceipt: a phone that was wiped says so until it is heard, and then
// no more.
func TestWipedReceipt(t *testing.T) {
	h := newHouse(t)
	net := &flaky{down: true}
	kept := &device.Memory{}
	d := h.phone(h.link(func(c *httpdevice.Config) { c.Client = net }), kept)
	if err := d.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.sync.SetDeviceState(t.Context(), h.boss, phoneID, fieldsync.Wipe, "stolen"); err != nil {
		t.Fatal(err)
	}
	heard := func() bool {
		story, err := h.sync.DeviceStory(t.Context(), h.boss, phoneID)
		if err != nil {
			t.Fatal(err)
		}
		return !story.WipedAt.IsZero()
	}
	for i, want := range []struct {
		down, heard bool
		sent        int
	}{{true, false, 1}, {true, false, 2}, {false, true, 3}, {false, true, 3}} {
		net.down = want.down
		err := d.Sync(t.Context())
		if !errors.Is(err, device.ErrWiped) || heard() != want.heard || net.wiped != want.sent {
			t.Errorf("sync %d = %v, heard %v, sent %d; want %+v", i+1, err, heard(), net.wiped, want)
		}
	}
	if len(kept.State().Base) != 0 {
		t.Errorf("%d records are left on it", len(kept.State().Base))
	}
	l := h.link()
	if err := l.Wiped(t.Context(), phoneID); err != nil {
		t.Errorf("saying it again = %v", err)
	}
	for _, id := range []string{"nosuchphone0000", "../../x", ""} {
		if err := l.Wiped(t.Context(), id); id == "nosuchphone0000" && err != nil {
			t.Errorf("a device nobody knows any more = %v", err)
		}
	}
	h.token = "nonsense"
	if refused, ok := errors.AsType[*httpdevice.RefusedError](l.Wiped(t.Context(), phoneID)); !ok || refused.Status != http.StatusUnauthorized {
		t.Errorf("with a token that does not hold: %v", refused)
	}
}

// TestListen: a stream pokes when something changes and says when the device
// must go.
func TestListen(t *testing.T) {
	h := newHouse(t)
	l := h.link()
	if err := h.phone(l, &device.Memory{}).Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, ended := make(chan httpdevice.Event), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- l.Listen(ctx, phoneID, 0, func(e httpdevice.Event) error {
			events <- e
			return nil
		})
	}()
	first := <-events
	if first.Poke == nil || first.Seq == 0 || first.Seq != first.Poke.Seq {
		t.Fatalf("first event %+v, want a poke with its number", first)
	}
	if _, err := h.sync.SetDeviceState(t.Context(), h.boss, phoneID, fieldsync.Locked, "lost"); err != nil {
		t.Fatal(err)
	}
	e := <-events
	for e.Poke != nil { // a device's own state is news too
		e = <-events
	}
	if e.Command == nil || e.Command.K != "lock" {
		t.Errorf("event %+v, want the command to lock", e)
	}
	cancel()
	for {
		select {
		case <-events: // what was on its way
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Listen() = %v, want the context's", err)
			}
			return
		}
	}
}

// TestStreams reads streams that servers and proxies might send.
func TestStreams(t *testing.T) {
	stop := errors.New("enough")
	for _, tt := range []struct {
		name, stream string
		want         int // events told
		ends         error
	}{
		{"ends", "id: 7\nevent: poke\ndata: {\"seq\":7,\"p\":1}\n\n", 1, io.EOF},
		{"a carriage return", "event: hb\r\ndata: {\"seq\":7}\r\n\r\n", 1, io.EOF},
		{"comments and what is new", ": hello\n\nevent: news\ndata: {}\n\nretry: 1\n\n", 1, io.EOF},
		{"half an event", "event: hb\ndata: {\"seq\":7}\n", 0, io.EOF},
		{"two lines of data", "event: cmd\ndata: {\"k\":\ndata: \"lock\"}\n\n", 1, io.EOF},
		{"no JSON", "event: poke\ndata: <html>\n\n", 0, nil},
		{"stopped", "event: hb\ndata: {}\n\nevent: hb\ndata: {}\n\n", 1, stop},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tt.stream) }))
			defer srv.Close()
			l, err := httpdevice.New(httpdevice.Config{BaseURL: srv.URL, Token: func(context.Context) (string, error) { return "t", nil }})
			if err != nil {
				t.Fatal(err)
			}
			told := 0
			err = l.Listen(t.Context(), phoneID, 3, func(httpdevice.Event) error {
				told++
				if tt.ends == stop { //nolint:errorlint // it is this very value
					return stop
				}
				return nil
			})
			if told != tt.want || tt.ends != nil && !errors.Is(err, tt.ends) || err == nil {
				t.Errorf("Listen() = %d events, %v; want %d, %v", told, err, tt.want, tt.ends)
			}
		})
	}
}

// TestSilence: a connection on which nothing comes is given up.
func TestSilence(t *testing.T) {
	for _, headers := range []bool{false, true} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if headers {
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}))
		l, err := httpdevice.New(httpdevice.Config{
			BaseURL: srv.URL, Silence: 50 * time.Millisecond, Token: func(context.Context) (string, error) { return "t", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Listen(t.Context(), phoneID, 0, func(httpdevice.Event) error { return nil }); !errors.Is(err, httpdevice.ErrSilent) {
			t.Errorf("headers %v: Listen() = %v, want %v", headers, err, httpdevice.ErrSilent)
		}
		srv.Close()
	}
}
