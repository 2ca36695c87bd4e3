package mobileapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mobileapi "github.com/sestante/sestante/mobile-api"
)

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := mobileapi.New(mobileapi.Config{}); err == nil {
		t.Error("New without a desk = nil, want an error")
	}
}

// TestIntakeIsLimited: each sender on their own, and the wait is told.
func TestIntakeIsLimited(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.RatePerMinute, cfg.RateBurst = 6, 2 })
	send := func(who string) ask {
		return ask{who: who, method: http.MethodPost, path: "reports", body: form{fields: [][2]string{{"title", "x"}}}}
	}
	s.want(t, send("citizen"), http.StatusCreated, nil)
	s.want(t, send("citizen"), http.StatusCreated, nil)
	r := s.do(t, send("citizen"))
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "10" {
		t.Errorf("third = %d, Retry-After %q, want 429 and 10", r.status, r.header.Get("Retry-After"))
	}
	s.wantFault(t, send("citizen"), http.StatusTooManyRequests, "api.limited", "")
	s.wantFault(t, ask{who: "citizen", method: http.MethodPost, path: "media", body: form{}}, http.StatusTooManyRequests, "api.limited", "")
	s.want(t, send("other"), http.StatusCreated, nil)
	s.want(t, send(""), http.StatusCreated, nil)
	s.want(t, send(""), http.StatusCreated, nil)
	s.wantFault(t, send(""), http.StatusTooManyRequests, "api.limited", "")
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: "reports"}, http.StatusOK, nil)
	s.later(10 * time.Second)
	s.want(t, send("citizen"), http.StatusCreated, nil)
	s.wantFault(t, send("citizen"), http.StatusTooManyRequests, "api.limited", "")
}

// TestGuessingIsLimited: tracking links cannot be found by trying.
func TestGuessingIsLimited(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "")
	for i := range 30 {
		s.wantFault(t, ask{method: http.MethodGet, path: fmt.Sprintf("track/guess%d", i)}, http.StatusNotFound, "track.none", "")
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "track/guess"}, http.StatusTooManyRequests, "api.limited", "")
	s.wantFault(t, ask{method: http.MethodGet, path: "track/" + got.TrackToken}, http.StatusTooManyRequests, "api.limited", "")
	s.wantFault(t, ask{method: http.MethodGet, path: "track/guess/media/x/small"}, http.StatusTooManyRequests, "api.limited", "")
	s.later(time.Minute)
	for range 100 { // the right one may be asked for as often as one likes
		s.want(t, ask{method: http.MethodGet, path: "track/" + got.TrackToken}, http.StatusOK, nil)
	}
}

// A slow request is one whose body the test sends by hand.
type slow struct {
	body   *io.PipeWriter
	inside chan struct{} // closed when the server asks for the body
	done   chan reply
}

// slowly begins a request that goes on when the test writes its body.
func (s *site) slowly(t testing.TB, a ask) slow {
	t.Helper()
	r, w := io.Pipe()
	out := slow{w, make(chan struct{}), make(chan reply, 1)}
	req := s.request(t, a)
	req.Body, req.ContentLength = r, -1
	req.Header.Set("Expect", "100-continue")
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(out.inside) }}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	t.Cleanup(client.CloseIdleConnections)
	go func() {
		defer close(out.done)
		res, err := client.Do(req)
		if err != nil {
			out.done <- reply{body: []byte(err.Error())}
			return
		}
		defer func() { _ = res.Body.Close() }()
		data, _ := io.ReadAll(res.Body)
		out.done <- reply{res.StatusCode, res.Header, data}
	}()
	return out
}

// TestDrain: what is under way ends well, what is new is sent away.
func TestDrain(t *testing.T) {
	s := newSite(t)
	under := s.slowly(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: map[string]any{}})
	<-under.inside
	drained := make(chan error, 1)
	go func() { drained <- s.api.Drain(t.Context()) }()
	var r reply
	for r.status != http.StatusServiceUnavailable { // until the gate has shut
		r = s.do(t, ask{method: http.MethodGet, path: "errors"})
	}
	var f wireFault
	if err := json.Unmarshal(r.body, &f); err != nil || f.Data.Code != "api.draining" || f.Data.Kind != "busy" || r.header.Get("Retry-After") != "5" {
		t.Errorf("while draining = %s, Retry-After %q", r.body, r.header.Get("Retry-After"))
	}
	select {
	case err := <-drained:
		t.Fatalf("Drain = %v with a request under way", err)
	default:
	}
	if _, err := under.body.Write([]byte(`{"title":"x"}`)); err != nil {
		t.Fatal(err)
	}
	_ = under.body.Close()
	if r := <-under.done; r.status != http.StatusCreated {
		t.Errorf("the request under way = %d %s", r.status, r.body)
	}
	if err := <-drained; err != nil {
		t.Errorf("Drain = %v", err)
	}
	if err := s.api.Drain(t.Context()); err != nil {
		t.Errorf("Drain again = %v", err)
	}
}

// TestBodiesThatStandStill: a body that stops arriving is given up, and the
// phone is told to send it again.
func TestBodiesThatStandStill(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.Idle = 2 * time.Second })
	stuck := s.slowly(t, ask{method: http.MethodPost, path: "reports", body: map[string]any{}})
	<-stuck.inside
	if _, err := stuck.body.Write([]byte(`{"title":`)); err != nil {
		t.Fatal(err)
	}
	r := <-stuck.done
	if !strings.Contains(string(r.body), `"api.slow"`) || r.status != http.StatusServiceUnavailable {
		t.Errorf("a body that stands still = %d %s", r.status, r.body)
	}
	_ = stuck.body.Close()
	s.submit(t, "citizen") // an ordinary one still passes
}

// TestPhotosInMemoryAreBounded: of all requests together.
func TestPhotosInMemoryAreBounded(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.MaxHeld = 300 << 10 })
	fields := [][2]string{{"title", "x"}}
	r := s.do(t, ask{method: http.MethodPost, path: "reports", body: form{fields, []file{{"photos", "a.jpg", make([]byte, 400<<10)}}}})
	if r.status != http.StatusServiceUnavailable || !strings.Contains(string(r.body), `"api.busy"`) || r.header.Get("Retry-After") == "" {
		t.Errorf("more than there is room for = %d %s", r.status, r.body)
	}
	for range 10 { // what was taken was given back
		s.want(t, ask{method: http.MethodPost, path: "reports", body: form{fields, []file{photo(t, 1)}}}, http.StatusCreated, nil)
	}
}

// TestRefusedBodiesEndTheConnection: the rest of a body that was refused must
// not be taken for the next request.
func TestRefusedBodiesEndTheConnection(t *testing.T) {
	s := newSite(t)
	inner := "GET /api/mobile/v1/errors HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, a := range []ask{
		{method: http.MethodPost, path: "reports", body: strings.Repeat(inner, 40_000), kind: "application/json"},
		{method: http.MethodPost, path: "nowhere", body: strings.Repeat(inner, 40_000)},
		{who: "ben", method: http.MethodPost, path: "sync/pull", body: strings.Repeat(inner, 20_000)},
	} {
		res, err := http.DefaultClient.Do(s.request(t, a))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode < 400 || !res.Close {
			t.Errorf("%s = %d, the connection is closed: %v", a.path, res.StatusCode, res.Close)
		}
	}
}

func TestPanics(t *testing.T) {
	var calls atomic.Int64
	var s *site
	s = newSite(t, func(cfg *mobileapi.Config) {
		cfg.Now = func() time.Time {
			if calls.Add(1) == 2 { // the first is the line in the log
				panic("a broken clock at 45.4642, 9.1900")
			}
			return s.clock()
		}
	})
	a := ask{method: http.MethodPost, path: "reports", body: form{fields: [][2]string{{"title", "x"}}}}
	f := s.wantFault(t, a, http.StatusInternalServerError, "internal", "")
	if strings.Contains(f.Message, "clock") {
		t.Errorf("the caller was told %q", f.Message)
	}
	if log := s.log.String(); !strings.Contains(log, "a broken clock") || !strings.Contains(log, "level=ERROR") {
		t.Errorf("log = %s", log)
	}
	s.want(t, a, http.StatusCreated, nil)
}

// TestLog: one line a request, with nothing of what was asked.
func TestLog(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen", [2]string{"contactName", "Maria Rossi"}, [2]string{"contactEmail", "maria@example.org"})
	s.want(t, ask{method: http.MethodGet, path: "track/" + got.TrackToken}, http.StatusOK, nil)
	s.want(t, ask{method: http.MethodGet, path: "areas/locate?lon=10.123&lat=45.456"}, http.StatusOK, nil)
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "reports/" + got.Code}, http.StatusOK, nil)
	r := s.do(t, ask{method: http.MethodGet, path: "nowhere/at/all?secret=1"})
	if r.status != http.StatusNotFound {
		t.Errorf("nowhere = %d", r.status)
	}
	id := r.header.Get("X-Request-Id")
	log := s.log.String()
	wantNone(t, "the log", []byte(log), got.TrackToken, got.Code, "10.123", "45.456", "10.5", "Maria", "maria@", "Una buca", "secret", "nowhere", s.tokens["citizen"], s.ids["citizen"], "127.0.0.1")
	line := regexp.MustCompile(`level=INFO msg=request method=(\S+) route=(\S+) status=(\d+) ms=\d+ requestId=([A-Z0-9]{16})\n`)
	var lines []string
	for _, m := range line.FindAllStringSubmatch(log, -1) {
		lines = append(lines, m[1]+" "+m[2]+" "+m[3])
		if m[4] == id && m[3] != "404" {
			t.Errorf("request %s has the line %q", id, m[0])
		}
	}
	want := []string{
		"POST /api/mobile/v1/reports 201", "GET /api/mobile/v1/track/{token} 200", "GET /api/mobile/v1/areas/locate 200",
		"GET /api/mobile/v1/reports/{id} 200", "GET / 404",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("log lines\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestLanguages(t *testing.T) {
	s := newSite(t)
	user, err := s.app.FindRecordById("users", s.ids["other"])
	if err != nil {
		t.Fatal(err)
	}
	user.Set("language", "en")
	if err := s.app.Save(user); err != nil {
		t.Fatal(err)
	}
	const en, it = "This field is not known here.", "Questo campo non è previsto."
	for _, c := range []struct{ who, lang, want string }{
		{"", "", it},
		{"", "en", en},
		{"", "it-IT,it;q=0.9,en;q=0.8", it},
		{"", "de, en;q=0.5", en},
		{"", "de", it},
		{"other", "", en},
		{"other", "it", it},
		{"citizen", "", it},
	} {
		f := s.wantFault(t, ask{who: c.who, method: http.MethodGet, path: "object-types?x=1", lang: c.lang}, http.StatusBadRequest, "api.unknown_field", "x")
		if f.Message != c.want {
			t.Errorf("to %q who accepts %q: %q, want %q", c.who, c.lang, f.Message, c.want)
		}
	}
}

func TestPapers(t *testing.T) {
	s := newSite(t)
	r := s.want(t, with(ask{method: http.MethodGet, path: "openapi.yaml"}, "Accept-Encoding", "identity"), http.StatusOK, nil)
	if !strings.HasPrefix(string(r.body), "openapi: 3.1.0") || r.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("openapi.yaml is %s: %.40s", r.header.Get("Content-Type"), r.body)
	}
	s.want(t, with(ask{method: http.MethodGet, path: "openapi.yaml"}, "If-None-Match", r.header.Get("ETag")), http.StatusNotModified, nil)
	packed := s.want(t, with(ask{method: http.MethodGet, path: "openapi.yaml"}, "Accept-Encoding", "gzip"), http.StatusOK, nil)
	if packed.header.Get("Content-Encoding") != "gzip" || packed.header.Get("ETag") == r.header.Get("ETag") {
		t.Errorf("compressed: %v", packed.header)
	}
	s.want(t, with(ask{method: http.MethodGet, path: "openapi.yaml"}, "If-None-Match", packed.header.Get("ETag")), http.StatusNotModified, nil)

	var all mobileapi.Faults
	s.want(t, ask{method: http.MethodGet, path: "errors"}, http.StatusOK, &all)
	seen := map[string]mobileapi.FaultInfo{}
	for _, f := range all.Faults {
		seen[f.Code] = f
	}
	if f := seen["report.move"]; f.Status != http.StatusConflict || f.Italian == "" || f.English == "" {
		t.Errorf("report.move = %+v", f)
	}
}

// TestOtherOrigins: a client from elsewhere sees the headers it needs.
func TestOtherOrigins(t *testing.T) {
	s := newSite(t)
	r := s.want(t, with(ask{method: http.MethodGet, path: "errors"}, "Origin", "https://elsewhere.example.org"), http.StatusOK, nil)
	if h := r.header.Get("Access-Control-Expose-Headers"); !strings.Contains(h, "Retry-After") {
		t.Errorf("Access-Control-Expose-Headers = %q", h)
	}
}
