package mobileapi_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/internal/pbtest"
	mobileapi "github.com/sestante/sestante/mobile-api"
)

// TestStrangers knocks at every route of devices with every token that opens
// none of them.
func TestStrangers(t *testing.T) {
	s := newSite(t)
	supers := newSuperuser(t, s.app, collection(t, s.app, core.CollectionNameSuperusers))
	user, err := s.app.FindRecordById("users", s.ids["ben"])
	if err != nil {
		t.Fatal(err)
	}
	old, err := user.NewStaticAuthToken(time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	file, err := user.NewFileToken()
	if err != nil {
		t.Fatal(err)
	}
	reset, err := user.NewPasswordResetToken()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.app.FindRecordById("users", s.ids["other"])
	if err != nil {
		t.Fatal(err)
	}
	out.Set("disabled", true)
	if err := s.app.Save(out); err != nil {
		t.Fatal(err)
	}
	gone, err := s.app.FindRecordById("users", pbtest.Record(t, s.app, "users", map[string]any{"email": "gone@example.org", "password": "password-of-gone", "name": "Gone"}))
	if err != nil {
		t.Fatal(err)
	}
	left, err := gone.NewAuthToken()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.Delete(gone); err != nil {
		t.Fatal(err)
	}
	ben := s.tokens["ben"]
	parts := strings.Split(ben, ".")
	before := s.tables(t, "_s_mut", "_s_device", "_s_raw", "devices")
	for name, token := range map[string]string{
		"none": "", "a word": "x", "an administrator's of PocketBase": supers, "one that has passed": old, "one for files": file,
		"one for a new password": reset, "of somebody shut out": s.tokens["other"], "of somebody who is gone": left,
		"without its signature": parts[0] + "." + parts[1] + ".", "of another algorithm": "eyJhbGciOiJub25lIn0." + parts[1] + ".",
		"with another's body": parts[0] + "." + strings.Split(s.tokens["anna"], ".")[1] + "." + parts[2], "twice": "Bearer Bearer " + ben,
		"very long": strings.Repeat("x", 100_000), "of SQL": "' OR 1=1 --",
	} {
		for _, rt := range s.api.Routes() {
			path := strings.TrimPrefix(rt.Path, mobileapi.Prefix)
			if !strings.HasPrefix(path, "sync/") && !strings.HasPrefix(path, "devices") {
				continue
			}
			a := attack{name: name, header: map[string]string{"Authorization": token}}
			if rt.Body != nil {
				a.body = envelope("")
			}
			for _, part := range []string{"{id}", "{mid}"} {
				path = strings.ReplaceAll(path, part, map[string]string{"{id}": device, "{mid}": "1"}[part])
			}
			if got := s.strike(t, "", rt.Method, path, a); got != "401 api.sign_in" {
				t.Errorf("%s %s with a token %s = %s", rt.Method, path, name, got)
			}
		}
	}
	if after := s.tables(t, "_s_mut", "_s_device", "_s_raw", "devices"); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	s.quiet(t)
}

// TestMethods asks every route of devices in every way that is not its own.
func TestMethods(t *testing.T) {
	s := newSite(t)
	s.push(t, "ben")
	before := s.tables(t, append(business, "_s_mut", "_s_device", "_s_raw", "devices")...)
	for _, path := range append(syncPaths, "sync/stream", "sync/conflicts", "sync/letters", "sync/quarantine", "sync/divergences", "devices/all") {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "TRACE", "PROPFIND"} {
			served := false
			for _, rt := range s.api.Routes() {
				served = served || rt.Path == mobileapi.Prefix+path && (rt.Method == method || rt.Method == http.MethodGet && method == http.MethodHead)
			}
			if served || path == "devices/all" && (method == "PUT" || method == "DELETE") { // a device called all
				continue
			}
			a := attack{name: "another method", body: envelope("")}
			if got := s.strike(t, "ben", method, path, a); !strings.HasPrefix(got, "404") && !strings.HasPrefix(got, "405") && got != "204" {
				t.Errorf("%s %s = %s", method, path, got)
			}
		}
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if got := s.strike(t, "ben", method, "devices/all", attack{body: `{"platform":"go"}`}); !strings.HasPrefix(got, "4") {
			t.Errorf("%s devices/all = %s", method, got)
		}
	}
	if after := s.tables(t, append(business, "_s_mut", "_s_device", "_s_raw", "devices")...); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	s.quiet(t)
}

// TestOddIDs puts what is no id where one is expected.
func TestOddIDs(t *testing.T) {
	s := newSite(t)
	s.promote(t, "admin")
	s.push(t, "ben")
	before := s.tables(t, append(business, "devices", "_s_device", "_s_conflict", "_s_dead")...)
	for _, id := range []string{
		"x", "' OR 1=1 --", "%", "%25", "\x00", "\xff\xfe", "../../../etc/passwd", strings.Repeat("x", 7000), "*", "{id}", "null", "-1", "é", " ", "a b",
	} {
		esc := url.PathEscape(id)
		for _, a := range []struct{ method, path, body string }{
			{"GET", "devices/" + esc, ""},
			{"PUT", "devices/" + esc, `{"platform":"go"}`},
			{"DELETE", "devices/" + esc, ""},
			{"POST", "devices/" + esc + "/state", `{"state":"locked","reason":"x"}`},
			{"POST", "devices/" + esc + "/wiped", ""},
			{"POST", "sync/conflicts/" + esc + "/resolve", `{"keep":"mine"}`},
			{"POST", "sync/letters/" + esc + "/dismiss", ""},
			{"POST", "sync/quarantine/" + esc + "/1/release", ""},
			{"POST", "sync/quarantine/" + esc + "/1/dismiss", ""},
			{"POST", "sync/quarantine/" + device + "/" + esc + "/release", ""},
			{"GET", "sync/stream?did=" + url.QueryEscape(id), ""},
			{"GET", "sync/divergences?device=" + url.QueryEscape(id), ""},
		} {
			if got := s.strike(t, "anna", a.method, a.path, attack{name: "an odd id", body: a.body}); !strings.HasPrefix(got, "4") {
				t.Errorf("%s %.80s = %s", a.method, a.path, got)
			}
		}
		for _, path := range []string{"sync/conflicts?device=", "sync/conflicts?person=", "sync/conflicts?record=", "sync/letters?person=", "sync/quarantine?device="} {
			if got := s.strike(t, "anna", "GET", path+url.QueryEscape(id), attack{name: "an odd id"}); got != "200" {
				t.Errorf("GET %.80s = %s", path+id, got)
			}
		}
	}
	for query, want := range map[string]string{
		"?limit=-1": "400 api.value", "?limit=1e3": "400 api.value", "?limit=": "200", "?limit=99999999999999999999": "400 api.value",
		"?limit=1&limit=2": "400 api.value", "?x=1": "400 api.unknown_field", "?%zz": "400 api.value", "?;": "400 api.value",
	} {
		for _, path := range []string{"sync/conflicts", "sync/letters", "sync/quarantine", "sync/divergences"} {
			if got := s.strike(t, "anna", "GET", path+query, attack{name: query}); got != want {
				t.Errorf("GET %s%s = %s, want %s", path, query, got, want)
			}
		}
	}
	if after := s.tables(t, append(business, "devices", "_s_device", "_s_conflict", "_s_dead")...); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	s.quiet(t)
}

// TestReplays sends again, out of turn and as somebody else what was right
// once.
func TestReplays(t *testing.T) {
	s := newSite(t)
	id := string(s.submit(t, "citizen").ID)
	one := func(text string) string {
		return envelope(`"muts":[` + s.mutation(id, `{"args":{"text":"`+text+`","audience":"internal"}}`) + `]`)
	}
	for i, a := range []struct{ who, body, want string }{
		{"ben", one("x"), "applied"},
		{"ben", one("x"), "applied*"},
		{"ben", one("y"), "fork"},
		{"eva", one("x"), "404 sync.device"},
		{"citizen", one("x"), "404 sync.device"},
		{"ben", envelope(`"muts":[` + s.mutation(id, `{"mid":3}`) + `]`), "gap"},
		{"ben", envelope(`"muts":[` + s.mutation(id, `{"mid":2,"call":"samecall0000001"}`) + `]`), "applied"},
		{"ben", envelope(`"muts":[` + s.mutation(id, `{"mid":3,"call":"samecall0000001"}`) + `]`), "applied"}, // and no second comment
		{"ben", envelope(`"chain":"00000000000000000000000000000000","muts":[]`), ""},
	} {
		if got := s.strikePush(t, a.who, fmt.Sprint(i), a.body); got != a.want {
			t.Errorf("%d: %q, want %q", i, got, a.want)
		}
	}
	if n := s.tables(t, "messages")["messages"]; n != 3 { // the server's own, and two
		t.Errorf("%d messages, want 3", n)
	}
	s.quiet(t)
}

// TestBrokenOff speaks HTTP by hand: bodies that end before they should, or
// never, and headers that contradict each other. Nothing of them is kept, the
// server answers the next one, and no connection takes another's rest for a
// request.
func TestBrokenOff(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.Idle = 200 * time.Millisecond })
	id := string(s.submit(t, "citizen").ID)
	body := envelope(`"muts":[` + s.mutation(id, `{}`) + `]`)
	head := func(more string) string {
		return "POST /api/mobile/v1/sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: " + s.tokens["ben"] + "\r\n" + more + "\r\n\r\n"
	}
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d", n) }
	chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
	for _, a := range []struct{ name, raw, want string }{
		{"a body that stands still", head(length(len(body))) + body[:40], "503"},
		{"a body that never comes", head(length(len(body))), "503"},
		{"chunks that stand still", head("Transfer-Encoding: chunked") + chunk(body[:40]), "503"},
		{"chunks that are none", head("Transfer-Encoding: chunked") + "zz\r\nx\r\n", "400"},
		{"a chunk beyond", head("Transfer-Encoding: chunked") + "ffffffffffffffff1\r\nx", "400"},
		{"a length that is none", head("Content-Length: -5"), "400"},
		{"a length beyond", head("Content-Length: 9223372036854775807") + body, "413"},
		{"two lengths", head(length(5)+"\r\n"+length(7)) + body, "400"},
		{"packed and still", head("Content-Encoding: gzip\r\n"+length(4000)) + gzipped(body)[:30], "503"},
	} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, a.raw); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%s: %v", a.name, err)
		} else {
			if got := fmt.Sprint(res.StatusCode); got != a.want {
				t.Errorf("%s = %s, want %s", a.name, got, a.want)
			}
			_ = res.Body.Close()
		}
		_ = c.Close()
	}
	if n := s.tables(t, "_s_mut", "_s_raw"); n["_s_mut"]+n["_s_raw"] != 0 {
		t.Errorf("kept: %v", n)
	}
	if got := s.strikePush(t, "ben", "the same, whole", body); got != "applied" {
		t.Errorf("the same, whole = %s", got)
	}
	s.quiet(t)
}

// TestManyStreams opens more streams than a person may have, again and again:
// others are not touched, and what was closed counts no more.
func TestManyStreams(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	s.push(t, "ben")
	one, two := s.listen(t), s.listen(t)
	one.want("poke")
	two.want("poke")
	for range 20 {
		s.wantFault(t, getOf("ben", "sync/stream?did="+device), http.StatusTooManyRequests, "api.streams", "")
	}
	req := s.request(t, getOf("eva", "sync/stream?did=phoneeva0000000"))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Errorf("somebody else's stream = %d", res.StatusCode)
	}
	_ = res.Body.Close()
	s.quiet(t)
}
