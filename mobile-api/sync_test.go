package mobileapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	mobileapi "github.com/sestante/sestante/mobile-api"
	fieldsync "github.com/sestante/sestante/sync"
)

// A push of one call, and of nothing.
func pushOf(s *site, muts ...map[string]any) map[string]any {
	if muts == nil {
		muts = []map[string]any{}
	}
	return map[string]any{"v": 1, "did": device, "clock": map[string]any{"wall": s.clock()}, "unacked": map[string]any{"n": len(muts)}, "muts": muts}
}

// linesOf returns the lines of NDJSON, each compared with its promise.
func (s *site) linesOf(t testing.TB, body []byte) []fieldsync.Line {
	t.Helper()
	schemas := map[string]string{
		"push": "PushReply", "hi": "Hi", "drop": "Drop", "fill": "Fill", "p": "Put", "x": "Exit", "pg": "CursorPage", "cp": "Checkpoint",
		"split": "Split", "vf": "Verified",
	}
	var out []fieldsync.Line
	for line := range bytes.Lines(body) {
		var l fieldsync.Line
		var v any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		_ = json.Unmarshal(line, &l) // a push reply has other types under some keys
		for _, wrong := range s.spec.check(s.spec.Components.Schemas[schemas[l.T]], v, l.T) {
			t.Error(wrong)
		}
		out = append(out, l)
	}
	return out
}

func TestSync(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	id := string(got.ID)

	r := s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device}}, http.StatusOK, nil)
	if kind := r.header.Get("Content-Type"); kind != "application/x-ndjson" {
		t.Errorf("a pull is %s", kind)
	}
	lines := s.linesOf(t, r.body)
	if lines[0].T != "hi" || lines[len(lines)-1].T != "cp" || !strings.Contains(string(r.body), id) {
		t.Fatalf("pull = %s", r.body)
	}
	cursor := lines[len(lines)-1].Cur

	comment := map[string]any{"mid": 1, "op": "call", "name": "report.comment", "id": id, "args": map[string]any{"text": "Arrivo", "audience": "internal"}, "at": s.clock()}
	push := pushOf(s, comment)
	push["pull"] = map[string]any{"cur": cursor}
	r = s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/exchange", body: push}, http.StatusOK, nil)
	lines = s.linesOf(t, r.body)
	if lines[0].T != "push" || lines[1].T != "hi" || lines[len(lines)-1].T != "cp" {
		t.Fatalf("exchange = %s", r.body)
	}
	var reply fieldsync.PushReply
	s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/push", body: pushOf(s, comment)}, http.StatusOK, &reply)
	if len(reply.Res) != 1 || !reply.Res[0].Dup || reply.Res[0].St != fieldsync.Applied {
		t.Errorf("pushed again = %+v", reply.Res)
	}
	refused := map[string]any{"mid": 2, "op": "call", "name": "report.take", "id": id, "at": s.clock()}
	s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/push", body: pushOf(s, refused)}, http.StatusOK, &reply)
	if reply.Res[0].St != fieldsync.Rejected || reply.Res[0].Code != "report.role" {
		t.Errorf("a refused mutation = %+v", reply.Res)
	}

	for _, c := range []struct {
		name, who, path string
		body            any
		status          int
		code, field     string
	}{
		{"push, nobody", "", "sync/push", pushOf(s), 401, "api.sign_in", ""},
		{"pull, nobody", "", "sync/pull", map[string]any{"v": 1, "did": device}, 401, "api.sign_in", ""},
		{"another person's device", "eva", "sync/push", pushOf(s), 404, "sync.device", ""},
		{"pull, another person's device", "eva", "sync/pull", map[string]any{"v": 1, "did": device}, 404, "sync.device", ""},
		{"another person's cursor", "eva", "sync/pull", map[string]any{"v": 1, "did": "device000000002", "cur": cursor}, 400, "sync.cursor", "cur"},
		{"exchange, another person's device", "eva", "sync/exchange", pushOf(s), 404, "sync.device", ""},
		{"version", "ben", "sync/pull", map[string]any{"v": 2, "did": device}, 400, "sync.body", "v"},
		{"device", "ben", "sync/pull", map[string]any{"v": 1, "did": "x"}, 400, "sync.body", "did"},
		{"no JSON", "ben", "sync/push", "hello", 400, "sync.body", ""},
		{"no body", "ben", "sync/push", "", 400, "sync.body", ""},
		{"large push", "ben", "sync/push", `{"v":1,"app":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "api.too_large", ""},
		{"large pull", "ben", "sync/pull", `{"v":1,"cur":"` + strings.Repeat("x", 200<<10) + `"}`, 413, "api.too_large", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := s.wantFault(t, ask{who: c.who, method: http.MethodPost, path: c.path, body: c.body, kind: "application/json"}, c.status, c.code, c.field)
			if f.Message == "" {
				t.Error("no sentence")
			}
		})
	}
}

// TestCompression: a pull in gzip holds the same lines, and each page of it can
// be read before the next one is sent.
func TestCompression(t *testing.T) {
	s := newSite(t)
	for range 5 {
		s.submit(t, "citizen")
	}
	pull := ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device}}
	plain := s.want(t, with(pull, "Accept-Encoding", "identity"), http.StatusOK, nil)
	packed := s.want(t, with(pull, "Accept-Encoding", "gzip"), http.StatusOK, nil)
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(plain.body) {
		t.Fatalf("Content-Encoding %q, %d bytes for %d", packed.header.Get("Content-Encoding"), len(packed.body), len(plain.body))
	}
	z, err := gzip.NewReader(bytes.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := s.linesOf(t, data), s.linesOf(t, plain.body); len(a) != len(b) {
		t.Errorf("%d lines in gzip, %d without", len(a), len(b))
	}
	none := s.want(t, with(pull, "Accept-Encoding", "gzip;q=0"), http.StatusOK, nil)
	if e := none.header.Get("Content-Encoding"); e != "" {
		t.Errorf("Content-Encoding %q for somebody who refuses gzip", e)
	}
}

func with(a ask, name, value string) ask {
	a.header = map[string]string{name: value}
	return a
}

// TestPackedPush takes a push as a device on a bad link sends it, gzipped, and
// refuses one that would unpack to more than a push may be.
func TestPackedPush(t *testing.T) {
	s := newSite(t)
	pack := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	send := func(path, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/mobile/v1/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Content-Encoding", "gzip")
		req.Header.Set("Authorization", s.tokens["ben"])
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode
	}
	good := `{"v":1,"did":"devicepacked001","muts":[]}`
	for _, tt := range []struct {
		name, path, body string
		want             int
	}{
		{"a push", "sync/push", pack(good), http.StatusOK},
		{"an exchange", "sync/exchange", pack(good), http.StatusOK},
		{"not gzip at all", "sync/push", good, http.StatusBadRequest},
		{"cut short", "sync/push", pack(good)[:20], http.StatusBadRequest},
		{"a bomb", "sync/push", pack(strings.Repeat(" ", 50_000_000)), http.StatusRequestEntityTooLarge},
		{"where nobody expects it", "calls", pack(good), http.StatusBadRequest},
	} {
		if got := send(tt.path, tt.body); got != tt.want {
			t.Errorf("%s = %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestZstd: who takes zstd gets it, before gzip, with the same lines.
func TestZstd(t *testing.T) {
	s := newSite(t)
	for range 5 {
		s.submit(t, "citizen")
	}
	pull := ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device, "dig": true}}
	plain := s.want(t, with(pull, "Accept-Encoding", "identity"), http.StatusOK, nil)
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd": "zstd", "zstd;q=0, gzip": "gzip", "zstd; q=0.1": "zstd", "br": "", "gzip;q=x": "",
	} {
		packed := s.want(t, with(pull, "Accept-Encoding", accept), http.StatusOK, nil)
		if got := packed.header.Get("Content-Encoding"); got != want || packed.header.Get("Vary") == "" {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
			continue
		}
		if want != "zstd" {
			continue
		}
		z, err := zstd.NewReader(bytes.NewReader(packed.body))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := s.linesOf(t, data), s.linesOf(t, plain.body); len(a) != len(b) {
			t.Errorf("%d lines in zstd, %d without", len(a), len(b))
		}
	}
}

// TestVerifyOverHTTP asks for a digest that is wrong and is told what the parts
// hold.
func TestVerifyOverHTTP(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	pull := s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device, "dig": true}}, http.StatusOK, nil)
	lines := s.linesOf(t, pull.body)
	cp := lines[len(lines)-1]
	i := slices.IndexFunc(cp.Dig, func(d fieldsync.Digested) bool { return d.Coll == "reports" })
	if i < 0 || cp.Dig[i].N != 1 {
		t.Fatalf("digests %v", cp.Dig)
	}
	verify := func(more map[string]any) []fieldsync.Line {
		t.Helper()
		body := map[string]any{"v": 1, "did": device, "cur": cp.Cur}
		maps.Copy(body, more)
		r := s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/verify", body: body}, http.StatusOK, nil)
		return s.linesOf(t, r.body)
	}
	if l := verify(map[string]any{"dig": cp.Dig}); len(l) != 1 || l[0].T != "vf" || !l[0].OK {
		t.Errorf("verifying what is right = %+v", l)
	}
	wrong := slices.Clone(cp.Dig)
	wrong[i].N = 7
	if l := verify(map[string]any{"dig": wrong}); len(l) != 2 || l[0].T != "split" || len(l[0].B) != 16 || l[1].OK {
		t.Errorf("verifying what is wrong = %+v", l)
	}
	l := verify(map[string]any{"list": []any{[]any{cp.Dig[i].Scope, "reports", "", []any{[]any{"ghost0000000000", 1}}}}})
	if len(l) != 3 || l[0].ID != string(got.ID) || l[1].T != "x" || l[2].T != "vf" {
		t.Errorf("listing = %+v", l)
	}
	s.wantFault(t, ask{who: "ben", method: http.MethodPost, path: "sync/verify", body: map[string]any{"v": 1, "did": device, "cur": "x"}}, http.StatusBadRequest, "sync.cursor", "cur")
	s.wantFault(t, ask{who: "ben", method: http.MethodPost, path: "sync/verify", body: `{"v":1,"did":"` + device + `","split":[[1,"reports","zz"]]}`, kind: "application/json"}, http.StatusBadRequest, "sync.body", "split")
}

// TestDevicesOverHTTP: an operator locks a phone; everybody else is refused.
func TestDevicesOverHTTP(t *testing.T) {
	s := newSite(t)
	s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device}}, http.StatusOK, nil)
	order := map[string]any{"state": "locked", "reason": "lost"}
	s.wantFault(t, ask{who: "ben", method: http.MethodGet, path: "devices/all"}, http.StatusNotFound, "device.none", "")
	s.wantFault(t, ask{who: "ben", method: http.MethodPost, path: "devices/" + device + "/state", body: order}, http.StatusNotFound, "device.none", "")
	s.wantFault(t, ask{who: "ben", method: http.MethodPost, path: "devices/" + device + "/wiped"}, http.StatusConflict, "device.not_wiped", "")
	s.promote(t, "service_manager")
	var all mobileapi.AllDevices
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "devices/all"}, http.StatusOK, &all)
	if len(all.Devices) != 1 || all.Devices[0].ID != device || all.Devices[0].State != "active" {
		t.Errorf("devices/all = %+v", all)
	}
	var one desk.DeviceHealth
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "devices/" + device + "/state", body: order}, http.StatusOK, &one)
	if one.State != "locked" {
		t.Errorf("state = %+v", one)
	}
	s.wantFault(t, ask{who: "anna", method: http.MethodPost, path: "devices/" + device + "/state", body: map[string]any{"state": "gone", "reason": "x"}}, http.StatusBadRequest, "device.state", "state")
	s.wantFault(t, ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device}}, http.StatusForbidden, "sync.locked", "")
	var story desk.DeviceStory
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "devices/" + device}, http.StatusOK, &story)
	if len(story.Traces) != 1 || story.Traces[0].Reason != "lost" || story.Traces[0].By != s.ids["anna"] {
		t.Errorf("devices/{id} = %+v", story)
	}
}

func collection(t testing.TB, app core.App, name string) *core.Collection {
	t.Helper()
	c, err := app.FindCollectionByNameOrId(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
