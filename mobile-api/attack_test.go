package mobileapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The four routes that read a body from a device.
var syncPaths = []string{"sync/push", "sync/pull", "sync/exchange", "sync/verify"}

// envelope is a body for any of them, with more keys.
func envelope(more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"v":1,"did":"` + device + `"` + more + `}`
}

// An attack is one request, and what it must come to: a status, with the code
// of the fault when it is one.
type attack struct {
	name   string
	body   string
	want   string // "400 sync.body"; "200" for what must pass
	header map[string]string
}

// strike sends one attack and returns what came of it. Whatever it is, it must
// be no mistake of ours.
func (s *site) strike(t testing.TB, who, method, path string, a attack) string {
	t.Helper()
	req := s.request(t, ask{who: who, method: method, path: path, body: a.body, header: a.header})
	for name, value := range a.header {
		if value == "" {
			req.Header.Del(name)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s, %s: %v", method, path, a.name, err)
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Errorf("%s %s, %s: %v", method, path, a.name, err)
	}
	got := fmt.Sprint(res.StatusCode)
	if res.StatusCode >= 400 {
		var f wireFault
		if err := json.Unmarshal(body.Bytes(), &f); err != nil && method != http.MethodHead {
			t.Errorf("%s %s, %s = %d %.200s: %v", method, path, a.name, res.StatusCode, body.Bytes(), err)
		}
		got += " " + f.Data.Code
	}
	if res.StatusCode == http.StatusInternalServerError {
		t.Errorf("%s %s, %s: our mistake: %.300s", method, path, a.name, body.Bytes())
	}
	return strings.TrimSpace(got)
}

// tables counts what the server holds.
func (s *site) tables(t testing.TB, names ...string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, name := range names {
		var n int
		if err := s.app.DB().NewQuery("SELECT count(*) FROM " + name).Row(&n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	return out
}

// business is what people work with.
var business = []string{"reports", "media", "messages", "reportEvents", "interventions", "users", "roles", "subscriptions"}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // into memory
	_ = z.Close()
	return b.String()
}

// envelopes are attacks on what every body begins with.
func envelopes() []attack {
	deep := strings.Repeat("[", 30_000)
	packed := gzipped(envelope(""))
	enc := func(name string) map[string]string { return map[string]string{"Content-Encoding": name} }
	kind := func(name string) map[string]string { return map[string]string{"Content-Type": name} }
	broken := []byte(packed)
	broken[len(broken)-6] ^= 0xff
	zst, _ := zstd.NewWriter(nil)
	return []attack{
		{"nothing", "", "400 sync.body", nil},
		{"blanks", " \n\t ", "400 sync.body", nil},
		{"null", "null", "400 sync.body", nil},
		{"a list", "[]", "400 sync.body", nil},
		{"a number", "1", "400 sync.body", nil},
		{"a word", `"x"`, "400 sync.body", nil},
		{"no JSON", "<html>", "400 sync.body", nil},
		{"empty", "{}", "400 sync.body", nil},
		{"cut short", `{"v":1,"did":"`, "400 sync.body", nil},
		{"something after it", envelope("") + " {}", "400 sync.body", nil},
		{"a bracket after it", envelope("") + "]", "400 sync.body", nil},
		{"a brace after it", envelope("") + "}", "400 sync.body", nil},
		{"a NUL after it", envelope("") + "\x00", "400 sync.body", nil},
		{"a byte order mark", "\ufeff" + envelope(""), "400 sync.body", nil},
		{"UTF-16", "{\x00\"\x00v\x00", "400 sync.body", nil},
		{"deep", deep, "400 sync.body", nil},
		{"deep inside", envelope(`"x":` + deep + strings.Repeat("]", 30_000)), "400 sync.body", nil},
		{"NaN", envelope(`"x":NaN`), "400 sync.body", nil},
		{"infinity", envelope(`"x":1e`), "400 sync.body", nil},
		{"no device", `{"v":1}`, "400 sync.body", nil},
		{"device null", `{"v":1,"did":null}`, "400 sync.body", nil},
		{"device a number", `{"v":1,"did":5}`, "400 sync.body", nil},
		{"device in capitals", `{"v":1,"did":"DEVICEDEVICE001"}`, "400 sync.body", nil},
		{"device too long", `{"v":1,"did":"` + device + `0"}`, "400 sync.body", nil},
		{"device with a NUL", `{"v":1,"did":"device\u000000000001"}`, "400 sync.body", nil},
		{"device of another alphabet", `{"v":1,"did":"dеviсе000000001"}`, "400 sync.body", nil},
		{"device of SQL", `{"v":1,"did":"' OR 1=1 ; -- "}`, "400 sync.body", nil},
		{"no version", `{"did":"` + device + `"}`, "400 sync.body", nil},
		{"version of tomorrow", `{"v":2,"did":"` + device + `"}`, "400 sync.body", nil},
		{"version a word", `{"v":"1","did":"` + device + `"}`, "400 sync.body", nil},
		{"version a half", `{"v":1.5,"did":"` + device + `"}`, "400 sync.body", nil},
		{"version beyond numbers", `{"v":1e400,"did":"` + device + `"}`, "400 sync.body", nil},
		{"another version after it", envelope(`"v":2`), "400 sync.body", nil},
		{"no content type", envelope(""), "400 api.content_type", kind("")},
		{"plain text", envelope(""), "400 api.content_type", kind("text/plain")},
		{"a form", envelope(""), "400 api.content_type", kind("multipart/form-data; boundary=x")},
		{"nonsense for a content type", envelope(""), "400 api.content_type", kind(";;;=")},
		{"brotli", envelope(""), "400 api.content_type", enc("br")},
		{"zstd", string(zst.EncodeAll([]byte(envelope("")), nil)), "400 api.content_type", enc("zstd")},
		{"gzip that is none", envelope(""), "400 api.body", enc("gzip")},
		{"gzip of nothing", "", "400 api.body", enc("gzip")},
		{"gzip cut short", packed[:len(packed)/2], "400 api.body", enc("gzip")},
		{"gzip without its end", packed[:len(packed)-4], "400 api.body", enc("gzip")},
		{"gzip with a wrong sum", string(broken), "400 api.body", enc("gzip")},
		{"gzip and rubbish", packed + "rubbish", "400 api.body", enc("gzip")},
		{"gzip twice", gzipped(packed), "400 sync.body", enc("gzip")},
		{"two encodings", gzipped(packed), "400 api.content_type", enc("gzip, gzip")},
		{"a bomb", gzipped(strings.Repeat(" ", 30_000_000)), "413 api.too_large", enc("gzip")},
		{"a bomb of bombs", gzipped(gzipped(strings.Repeat(" ", 30_000_000))), "400 sync.body", enc("gzip")},
		{"too long", strings.Repeat(" ", 6_000_000), "413 api.too_large", nil},
	}
}

// TestEnvelopes sends what is no request to every route of devices. Each is a
// fault, nothing has an effect, and what might have held somebody's work is
// kept under its hash.
func TestEnvelopes(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	before := s.tables(t, append(business, "_s_mut", "_s_device")...)
	for _, path := range syncPaths {
		keeps := path == "sync/push" || path == "sync/exchange"
		for _, a := range envelopes() {
			want := a.want
			if path == "sync/pull" && a.header["Content-Encoding"] == "gzip" {
				want = "400 api.content_type" // it is small
			}
			raw := s.tables(t, "_s_raw")["_s_raw"]
			if got := s.strike(t, "ben", http.MethodPost, path, a); got != want {
				t.Errorf("%s, %s = %s, want %s", path, a.name, got, want)
			}
			if n := s.tables(t, "_s_raw")["_s_raw"]; !keeps && n != raw {
				t.Errorf("%s, %s is kept", path, a.name)
			}
		}
	}
	if after := s.tables(t, append(business, "_s_mut", "_s_device")...); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	s.quiet(t)
}

// quiet fails when the server logged a failure of its own.
func (s *site) quiet(t testing.TB) {
	t.Helper()
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "request failed") || strings.Contains(line, "panic") {
			t.Errorf("logged: %.600s", line)
		}
	}
}
