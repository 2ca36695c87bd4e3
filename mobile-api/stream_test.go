package mobileapi_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	fieldsync "github.com/sestante/sestante/sync"
)

// An event of a stream.
type event struct{ id, name, data string }

// A listener reads a stream.
type listener struct {
	t    testing.TB
	res  *http.Response
	from *bufio.Scanner
}

// listen opens a stream of ben's that must open.
func (s *site) listen(t testing.TB) *listener {
	t.Helper()
	req := s.request(t, ask{who: "ben", method: http.MethodGet, path: "sync/stream?did=" + device})
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		data, _ := io.ReadAll(res.Body)
		t.Fatalf("stream = %d %s %s", res.StatusCode, res.Header, data)
	}
	return &listener{t, res, bufio.NewScanner(res.Body)}
}

// next returns the next event; ok is false when the stream has ended.
func (l *listener) next() (e event, ok bool) {
	l.t.Helper()
	for l.from.Scan() {
		line := l.from.Text()
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e, true
			}
		}
	}
	return e, false
}

func (l *listener) want(name string) event {
	l.t.Helper()
	e, ok := l.next()
	if !ok || e.name != name || e.data == "" {
		l.t.Fatalf("event = %+v, %v, want %s", e, ok, name)
	}
	return e
}

// ended fails when the stream tells anything more.
func (l *listener) ended() {
	l.t.Helper()
	if e, ok := l.next(); ok {
		l.t.Fatalf("event = %+v, want the end", e)
	}
}

// fire ends the first wait of a kind that a stream makes from now on.
func (s *site) fire(t testing.TB, kind func(wait) bool) {
	t.Helper()
	for {
		select {
		case w := <-s.waits:
			if kind(w) {
				w.fire <- s.clock()
				return
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing waits")
		}
	}
}

func coalescing(w wait) bool { return w.d == fieldsync.Coalesce }
func beating(w wait) bool    { return w.d == fieldsync.Heartbeat }

func TestStream(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	l := s.listen(t)
	first := l.want("poke")
	if first.id == "" || first.id == "0" {
		t.Errorf("poke = %+v", first)
	}
	beat := <-s.waits
	if !beating(beat) {
		t.Fatalf("a stream first waits for %v", beat.d)
	}
	s.fire(t, coalescing)
	call := map[string]any{"id": "calltake0000001", "name": "report.take", "report": got.ID}
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: call}, http.StatusOK, nil)
	if e := l.want("poke"); e.id <= first.id {
		t.Errorf("second poke = %+v after %+v", e, first)
	}
	s.fire(t, coalescing)
	beat.fire <- s.clock()
	e := l.want("hb")
	var hb fieldsync.Beat
	if err := json.Unmarshal([]byte(e.data), &hb); err != nil || !hb.Now.Equal(s.clock()) {
		t.Errorf("hb = %+v, %v", e, err)
	}
}

// TestStreamResumes: who comes back with the last id is told of nothing they
// know.
func TestStreamResumes(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	var head int64
	if err := s.app.DB().NewQuery("SELECT seq FROM _s_clock").Row(&head); err != nil {
		t.Fatal(err)
	}
	answered := make(chan *http.Response, 1)
	req := s.request(t, ask{who: "ben", method: http.MethodGet, path: "sync/stream?did=" + device, header: map[string]string{"Last-Event-ID": strconv.FormatInt(head, 10)}})
	go func() {
		defer close(answered)
		if res, err := http.DefaultClient.Do(req); err == nil {
			answered <- res
		}
	}()
	s.fire(t, beating) // it says nothing before, not even its headers
	s.fire(t, coalescing)
	res, ok := <-answered
	if !ok {
		t.Fatal("no answer")
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	(&listener{t, res, bufio.NewScanner(res.Body)}).want("hb")
}

// TestStreamEnds: a stream ends when its person is signed out everywhere, and
// when the person is shut out.
func TestStreamEnds(t *testing.T) {
	for name, change := range map[string]func(*core.Record){
		"signed out": func(user *core.Record) { user.RefreshTokenKey() },
		"disabled":   func(user *core.Record) { user.Set("disabled", true) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.submit(t, "citizen")
			l := s.listen(t)
			l.want("poke")
			user, err := s.app.FindRecordById("users", s.ids["ben"])
			if err != nil {
				t.Fatal(err)
			}
			change(user)
			if err := s.app.Save(user); err != nil {
				t.Fatal(err)
			}
			s.fire(t, beating)
			s.fire(t, coalescing)
			l.ended()
		})
	}
}

// TestStreamCommands: a device that is locked is told so, and no more.
func TestStreamCommands(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	s.want(t, ask{who: "ben", method: http.MethodPut, path: "devices/" + device, body: map[string]any{"platform": "go"}}, http.StatusOK, nil)
	row, err := s.app.FindRecordById("devices", device)
	if err != nil {
		t.Fatal(err)
	}
	row.Set("state", "locked")
	if err := s.app.Save(row); err != nil {
		t.Fatal(err)
	}
	l := s.listen(t)
	if e := l.want("cmd"); e.data != `{"k":"lock"}` {
		t.Errorf("cmd = %+v", e)
	}
	s.fire(t, beating)
	s.fire(t, coalescing)
	l.want("hb")
	s.wantFault(t, ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device}}, http.StatusForbidden, "sync.locked", "")
}

// TestLongRequests: neither a stream nor a body that keeps arriving is cut off
// by the server's time limit on a whole request.
func TestLongRequests(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	s.hurried(t, 100*time.Millisecond)
	l := s.listen(t)
	l.want("poke")
	upload := s.slowly(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: map[string]any{}})
	<-upload.inside
	<-time.After(300 * time.Millisecond)                                     // three times the limit
	if _, err := upload.body.Write([]byte(`{"nonsense":"x"}`)); err != nil { // read to its end, and nothing to tell the stream
		t.Fatal(err)
	}
	_ = upload.body.Close()
	if r := <-upload.done; !strings.Contains(string(r.body), "api.unknown_field") {
		t.Errorf("a slow upload = %d %s", r.status, r.body)
	}
	s.fire(t, beating)
	s.fire(t, coalescing)
	l.want("hb")
}

func TestStreamFaults(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	get := func(who, query string) ask {
		return ask{who: who, method: http.MethodGet, path: "sync/stream" + query}
	}
	s.wantFault(t, get("", "?did="+device), http.StatusUnauthorized, "api.sign_in", "")
	s.wantFault(t, get("ben", ""), http.StatusBadRequest, "api.required", "did")
	s.wantFault(t, get("ben", "?did=x"), http.StatusBadRequest, "api.value", "did")
	s.wantFault(t, get("ben", "?device="+device), http.StatusBadRequest, "api.unknown_field", "device")
	s.want(t, ask{who: "ben", method: http.MethodPut, path: "devices/" + device, body: map[string]any{"platform": "go"}}, http.StatusOK, nil)
	s.wantFault(t, get("eva", "?did="+device), http.StatusNotFound, "sync.device", "")

	one, two := s.listen(t), s.listen(t)
	one.want("poke")
	two.want("poke")
	s.wantFault(t, get("ben", "?did="+device), http.StatusTooManyRequests, "api.streams", "")

	// The server stops: both end at once, and nobody new is let in.
	if err := s.api.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	one.ended()
	two.ended()
	s.wantFault(t, get("ben", "?did="+device), http.StatusServiceUnavailable, "api.draining", "")
}
