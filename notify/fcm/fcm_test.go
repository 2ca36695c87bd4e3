package fcm_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/fcmfake"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/notify/fcm"
)

func newFake(t *testing.T) *fcmfake.Server {
	t.Helper()
	fake, err := fcmfake.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	return fake
}

func newSender(t *testing.T, cfg fcm.Config) *fcm.Sender {
	t.Helper()
	s, err := fcm.New(t.Context(), cfg)
	if err != nil {
		t.Fatalf("New(%s) = %v", cfg.Endpoint, err)
	}
	return s
}

func open(fake *fcmfake.Server) fcm.Config {
	return fcm.Config{ProjectID: fake.Project, Endpoint: fake.URL, WithoutAuth: true}
}

var expires = time.Date(2027, 3, 9, 8, 0, 0, 0, time.UTC)

func push(token string) notify.Push {
	return notify.Push{
		Token: token, Title: "Nuovo incarico", Body: "MI-2027-000001 · Lampione", Notice: "n1", Cause: notify.Assignment,
		Report: "r1", Collapse: "work-r1", TTL: 24 * time.Hour, Expires: expires, High: true,
	}
}

func TestSendSaysWhatToDo(t *testing.T) {
	fake := newFake(t)
	s := newSender(t, open(fake))
	for _, c := range []struct {
		token    string
		verdict  notify.Verdict
		reason   string
		after    time.Duration
		doubtful bool
	}{
		{"good-1", notify.Sent, "", 0, false},
		{"unregistered-1", notify.Prune, "unregistered", 0, false},
		{"mismatch-1", notify.Prune, "sender_mismatch", 0, true},
		{"badtoken-1", notify.Prune, "bad_token", 0, true},
		{"badmessage-1", notify.Dead, "bad_message", 0, false},
		{"quota-1", notify.Pause, "quota", 90 * time.Second, false},
		{"down-1", notify.Retry, "http_503", 30 * time.Second, false},
		{"internal-1", notify.Retry, "http_500", 0, false},
		{"apns-1", notify.Retry, "third_party_auth", 15 * time.Minute, false},
		{"forbidden-1", notify.Pause, "account", 5 * time.Minute, false},
		{"html-1", notify.Retry, "http_502", 0, false},
		{"cut-1", notify.Retry, "network", 0, false},
		{"flaky-1", notify.Retry, "http_503", 0, false}, // the first time
		{"flaky-1", notify.Sent, "", 0, false},          // the second
		{"", notify.Dead, "bad_message", 0, false},      // the client itself refuses it
	} {
		r := s.Send(t.Context(), push(c.token))
		if r.Verdict != c.verdict || r.Reason != c.reason || r.RetryAfter != c.after || r.Doubtful != c.doubtful {
			t.Errorf("Send(%s) = %s %s after %v doubtful %v (%v), want %s %s after %v doubtful %v", c.token,
				r.Verdict, r.Reason, r.RetryAfter, r.Doubtful, r.Error, c.verdict, c.reason, c.after, c.doubtful)
		}
		if (r.Error == nil) != (c.verdict == notify.Sent) {
			t.Errorf("Send(%s) has the error %v", c.token, r.Error)
		}
		if c.token != "" && r.Error != nil && strings.Contains(r.Error.Error(), c.token) {
			t.Errorf("Send(%s) repeats the token in its error: %v", c.token, r.Error)
		}
	}
}

func TestSendMakesOneRequest(t *testing.T) {
	fake := newFake(t)
	s := newSender(t, open(fake))
	for _, token := range []string{"down-1", "cut-1", "internal-1", "html-1"} {
		before := len(fake.Requests())
		s.Send(t.Context(), push(token))
		if n := len(fake.Requests()) - before; n != 1 {
			t.Errorf("Send(%s) made %d requests, want 1", token, n)
		}
	}
}

func TestSendCarriesWhatThePlatformsRead(t *testing.T) {
	fake := newFake(t)
	s := newSender(t, open(fake))
	r := s.Send(t.Context(), push("good-1"))
	ms := fake.Messages()
	if len(ms) != 1 || r.ProviderID != "projects/demo/messages/1" {
		t.Fatalf("Send = %+v with %d messages taken, want one", r, len(ms))
	}
	m := ms[0]
	for what, pair := range map[string][2]string{
		"title":           {m.Title, "Nuovo incarico"},
		"body":            {m.Body, "MI-2027-000001 · Lampione"},
		"nid":             {m.Data["nid"], "n1"},
		"cause":           {m.Data["cause"], "assignment"},
		"report":          {m.Data["report"], "r1"},
		"android key":     {m.Android.CollapseKey, "work-r1"},
		"android tag":     {m.Android.Tag, "work-r1"},
		"android prio":    {m.Android.Priority, "high"},
		"android ttl":     {m.Android.TTL, "86400s"},
		"apns collapse":   {m.APNS["apns-collapse-id"], "work-r1"},
		"apns expiration": {m.APNS["apns-expiration"], "1804579200"},
		"apns priority":   {m.APNS["apns-priority"], "10"},
		"web ttl":         {m.Webpush["TTL"], "86400"},
		"web topic":       {m.Webpush["Topic"], "work-r1"},
		"web urgency":     {m.Webpush["Urgency"], "high"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", what, pair[0], pair[1])
		}
	}
}

func TestSendStopsWithItsContext(t *testing.T) {
	fake := newFake(t)
	s := newSender(t, open(fake))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan notify.Result)
	go func() { done <- s.Send(ctx, push("slow-1")) }()
	cancel()
	if r := <-done; r.Verdict != notify.Retry || r.Reason != "stopped" {
		t.Errorf("Send, stopped = %s %s (%v), want retry stopped", r.Verdict, r.Reason, r.Error)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if r := s.Send(ctx, push("slow-2")); r.Verdict != notify.Retry || r.Reason != "timeout" {
		t.Errorf("Send, timed out = %s %s (%v), want retry timeout", r.Verdict, r.Reason, r.Error)
	}
}

func TestSendRefusesWhatIsTooLong(t *testing.T) {
	fake := newFake(t)
	s := newSender(t, open(fake))
	p := push("good-1")
	p.Body = strings.Repeat("x", 4096)
	if r := s.Send(t.Context(), p); r.Verdict != notify.Dead || !errors.Is(r.Error, fcm.ErrTooLong) {
		t.Errorf("Send(4096 characters) = %s %v, want dead, %v", r.Verdict, r.Error, fcm.ErrTooLong)
	}
	if n := len(fake.Requests()); n != 0 {
		t.Errorf("%d requests were made, want none", n)
	}
}

func TestSendSignsIn(t *testing.T) {
	fake := newFake(t)
	fake.RequireAuth()
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, fake.ServiceAccountJSON(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]fcm.Config{
		"by text": {ProjectID: fake.Project, Endpoint: fake.URL, Credentials: fake.ServiceAccountJSON()},
		"by file": {ProjectID: fake.Project, Endpoint: fake.URL, CredentialsFile: file},
	} {
		s := newSender(t, cfg)
		for range 3 {
			if r := s.Send(t.Context(), push("good-1")); r.Verdict != notify.Sent {
				t.Errorf("Send, signed in %s = %s %s (%v), want sent", name, r.Verdict, r.Reason, r.Error)
			}
		}
	}
	if n := fake.Grants(); n != 2 {
		t.Errorf("%d access tokens were asked for, want 2: one a sender, then kept", n)
	}
	if r := newSender(t, open(fake)).Send(t.Context(), push("good-1")); r.Verdict != notify.Pause || r.Reason != "account" {
		t.Errorf("Send without credentials = %s %s (%v), want pause account", r.Verdict, r.Reason, r.Error)
	}
}

// An account whose key was withdrawn is refused by the token address, before
// any message is sent.
func TestSendWithAWithdrawnKey(t *testing.T) {
	fake, other := newFake(t), newFake(t)
	fake.RequireAuth()
	stale := []byte(strings.ReplaceAll(string(other.ServiceAccountJSON()), other.URL, fake.URL))
	s := newSender(t, fcm.Config{ProjectID: fake.Project, Endpoint: fake.URL, Credentials: stale})
	if r := s.Send(t.Context(), push("good-1")); r.Verdict != notify.Pause || r.Reason != "account" {
		t.Errorf("Send with a withdrawn key = %s %s (%v), want pause account", r.Verdict, r.Reason, r.Error)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  fcm.Config
	}{
		{"no project", fcm.Config{Endpoint: "http://127.0.0.1:1", WithoutAuth: true}},
		{"no credentials", fcm.Config{ProjectID: "p"}},
		{"Google without credentials", fcm.Config{ProjectID: "p", WithoutAuth: true}},
		{"both", fcm.Config{ProjectID: "p", WithoutAuth: true, Endpoint: "http://127.0.0.1:1", Credentials: []byte("{}")}},
		{"broken credentials", fcm.Config{ProjectID: "p", Credentials: []byte("{")}},
		{"missing file", fcm.Config{ProjectID: "p", CredentialsFile: filepath.Join(t.TempDir(), "none.json")}},
	} {
		if _, err := fcm.New(t.Context(), c.cfg); !errors.Is(err, fcm.ErrConfig) {
			t.Errorf("New(%s) = %v, want %v", c.name, err, fcm.ErrConfig)
		}
	}
}

func TestSendThroughALentTransport(t *testing.T) {
	fake := newFake(t)
	seen := 0
	cfg := open(fake)
	cfg.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		seen++
		return http.DefaultTransport.RoundTrip(r)
	})}
	if r := newSender(t, cfg).Send(t.Context(), push("good-1")); r.Verdict != notify.Sent || seen != 1 {
		t.Errorf("Send = %s (%v) with %d requests through the lent transport, want sent with 1", r.Verdict, r.Error, seen)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
