package notify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/notify"
)

var now = time.Date(2027, 3, 8, 9, 30, 0, 0, time.UTC)

func event(cause notify.Cause) notify.Event {
	return notify.Event{
		Cause: cause, Person: "anna00000000001", Report: "report000000001", Revision: 7, Org: "org000000000001",
		Params: notify.Params{
			Code: "MI-2027-000123", District: "Lombardia CENTRO", ObjectIt: "Lampione", ObjectEn: "Street light",
			Org: "A2A", Date: "2027-03-12", Reason: "waiting_reporter",
		},
	}
}

func newNotice(t *testing.T, e notify.Event) notify.Notice {
	t.Helper()
	n, err := notify.New(now, e)
	if err != nil {
		t.Fatalf("New(%s) = %v", e.Cause, err)
	}
	return n
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		cause    notify.Cause
		priority notify.Priority
		ttl      time.Duration
		collapse string
	}{
		{notify.Escalation, notify.Urgent, time.Hour, "escalation-report000000001"},
		{notify.Assignment, notify.Soon, 24 * time.Hour, "work-report000000001"},
		{notify.Unassignment, notify.Whenever, 72 * time.Hour, "work-report000000001"},
		{notify.Schedule, notify.Whenever, 110*time.Hour + 30*time.Minute, "work-report000000001"},
		{notify.Scheduled, notify.Whenever, 110*time.Hour + 30*time.Minute, "progress-report000000001"},
		{notify.Receipt, notify.Whenever, 72 * time.Hour, "progress-report000000001"},
		{notify.WorkOnEnded, notify.Whenever, 72 * time.Hour, "work_on_ended-report000000001"},
	} {
		n := newNotice(t, event(c.cause))
		if n.Priority != c.priority || n.Expires.Sub(now) != c.ttl || n.Collapse != c.collapse {
			t.Errorf("New(%s) = priority %d, %v, %s; want %d, %v, %s",
				c.cause, n.Priority, n.Expires.Sub(now), n.Collapse, c.priority, c.ttl, c.collapse)
		}
	}
}

func TestNewIsTheSameForTheSameEvent(t *testing.T) {
	a, b := newNotice(t, event(notify.Assignment)), newNotice(t, event(notify.Assignment))
	if a.ID != b.ID || a.Dedupe != "assignment:report000000001:7:anna00000000001" {
		t.Errorf("New twice = %s and %s with the key %s", a.ID, b.ID, a.Dedupe)
	}
	if !regexp.MustCompile(`^[a-z0-9]{15}$`).MatchString(string(a.ID)) {
		t.Errorf("id %q is no record id", a.ID)
	}
	seen := map[notify.ID]string{a.ID: a.Dedupe}
	for _, change := range []func(*notify.Event){
		func(e *notify.Event) { e.Cause = notify.Unassignment },
		func(e *notify.Event) { e.Revision = 8 },
		func(e *notify.Event) { e.Person = "ben000000000001" },
		func(e *notify.Event) { e.Report = "report000000002" },
	} {
		e := event(notify.Assignment)
		change(&e)
		n := newNotice(t, e)
		if was, there := seen[n.ID]; there {
			t.Errorf("%s and %s have the same id", was, n.Dedupe)
		}
		seen[n.ID] = n.Dedupe
	}
}

func TestNewSchedulesLastUntilTheDayEnds(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	for _, c := range []struct {
		name, date string
		zone       *time.Location
		want       string
	}{
		{"in Rome, winter", "2027-03-12", rome, "2027-03-12T23:00:00Z"},
		{"in Rome, summer time begins", "2027-03-28", rome, "2027-03-28T22:00:00Z"},
		{"without a zone", "2027-03-12", nil, "2027-03-13T00:00:00Z"},
		{"a day that is over", "2027-03-01", rome, "2027-03-08T10:30:00Z"},
		{"a day far away", "2028-01-01", rome, "2027-04-05T09:30:00Z"},
		{"no day", "", rome, "2027-03-11T09:30:00Z"},
		{"not a day", "soon", rome, "2027-03-11T09:30:00Z"},
	} {
		e := event(notify.Schedule)
		e.Params.Date, e.Zone = c.date, c.zone
		if got := newNotice(t, e).Expires.Format(time.RFC3339); got != c.want {
			t.Errorf("%s: expires %s, want %s", c.name, got, c.want)
		}
	}
}

func TestNewHoldsBack(t *testing.T) {
	e := event(notify.Escalation)
	e.NotBefore = now.Add(3 * time.Hour)
	if n := newNotice(t, e); !n.NotBefore.Equal(e.NotBefore) || !n.Expires.Equal(now.Add(4*time.Hour)) {
		t.Errorf("held back three hours: from %v until %v, want the hour after them", n.NotBefore, n.Expires)
	}
	e.NotBefore = now.Add(-time.Hour)
	if n := newNotice(t, e); !n.NotBefore.Equal(now) {
		t.Errorf("held back into the past: from %v, want %v", n.NotBefore, now)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*notify.Event)
		want   error
	}{
		{"unknown cause", func(e *notify.Event) { e.Cause = "gossip" }, notify.ErrCause},
		{"nobody", func(e *notify.Event) { e.Person = "" }, notify.ErrIncomplete},
		{"nothing", func(e *notify.Event) { e.Report = "" }, notify.ErrIncomplete},
	} {
		e := event(notify.Assignment)
		c.change(&e)
		if _, err := notify.New(now, e); !errors.Is(err, c.want) {
			t.Errorf("New(%s) = %v, want %v", c.name, err, c.want)
		}
	}
}

// What a person typed must not travel, even when a caller puts it where a code
// belongs.
func TestNewLetsNoSentenceThrough(t *testing.T) {
	for _, reason := range []string{"Mario Rossi ha perso la chiave", "mario@example.org", "Tel. 333", "a\nb", "rossi", "esc-rossi"} {
		e := event(notify.Escalation)
		e.Params.Reason = reason
		n := newNotice(t, e)
		if n.Params.Reason != "" {
			t.Errorf("New(reason %q) keeps %q", reason, n.Params.Reason)
		}
		for _, lang := range notify.Languages {
			text, err := notify.Render(n, lang)
			if err != nil || strings.Contains(text.Title+text.Body, reason) {
				t.Errorf("Render(%s) = %v, %v: it repeats the sentence", lang, text, err)
			}
		}
	}
}

func TestReasonsAreSaidInEveryLanguage(t *testing.T) {
	for _, c := range []struct{ reason, it, en string }{
		{"no_access", "non è accessibile", "cannot be reached"},
		{"ESC-02", "", ""},
	} {
		e := event(notify.Suspended)
		e.Params.Reason = c.reason
		n := newNotice(t, e)
		if n.Params.Reason != c.reason {
			t.Errorf("New(reason %s) keeps %q", c.reason, n.Params.Reason)
		}
		for lang, part := range map[string]string{"it": c.it, "en": c.en} {
			if text, err := notify.Render(n, lang); err != nil || !strings.Contains(text.Body, part) {
				t.Errorf("Render(%s, %s) = %q, %v; want %q in it", c.reason, lang, text.Body, err, part)
			}
		}
	}
}

// Every cause in every language, with everything known and with only the code.
func TestTexts(t *testing.T) {
	var b strings.Builder
	for _, cause := range notify.Causes() {
		for _, lang := range notify.Languages {
			full := newNotice(t, event(cause))
			bare := full
			bare.Params = notify.Params{Code: full.Params.Code}
			if cause == notify.Rerouted { // about many reports: the first has others beside it, the second has one
				full.Params.Moved = &notify.Moved{Count: 37, From: "Lombardia CENTRO", To: "Lombardia SUD", Most: 30}
				bare.Params.Moved = &notify.Moved{Count: 1, To: "Lombardia SUD", Most: 1}
			}
			for _, n := range []notify.Notice{full, bare} {
				text, err := notify.Render(n, lang)
				if err != nil {
					t.Fatalf("Render(%s, %s) = %v", cause, lang, err)
				}
				if text.Title == "" || text.Body == "" || (cause != notify.Rerouted && !strings.Contains(text.Body, "MI-2027-000123")) {
					t.Errorf("Render(%s, %s) = %q: no title, no body or no code", cause, lang, text)
				}
				fmt.Fprintf(&b, "%s %s | %s | %s\n", cause, lang, text.Title, text.Body)
			}
		}
	}
	wantGolden(t, "texts.golden", b.String())
}

func TestTextsAreShort(t *testing.T) {
	long := strings.Repeat("è", 500)
	for _, cause := range notify.Causes() {
		e := event(cause)
		e.Params = notify.Params{Code: long, District: long, ObjectIt: long, ObjectEn: long, Org: long, Date: "2027-03-12", Reason: "materials", Moved: &notify.Moved{Count: 1 << 40, From: long, To: long, Most: 1 << 39}}
		for _, lang := range notify.Languages {
			text, err := notify.Render(newNotice(t, e), lang)
			b, _ := json.Marshal(text)
			if err != nil || len(b) > 2048 {
				t.Errorf("Render(%s, %s) has %d bytes (%v), want at most half of a push", cause, lang, len(b), err)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		wanted []string
		want   string
	}{
		{[]string{"en"}, "en"},
		{[]string{"it-IT"}, "it"},
		{[]string{"EN_gb"}, "en"},
		{[]string{"", "en-US"}, "en"},
		{[]string{"de", "en"}, "en"},
		{[]string{"de", "fr"}, "it"},
		{nil, "it"},
		{[]string{"english"}, "it"},
	} {
		if got := notify.Language(c.wanted...); got != c.want {
			t.Errorf("Language(%q) = %s, want %s", c.wanted, got, c.want)
		}
	}
}

func TestRenderUnknownCause(t *testing.T) {
	n := newNotice(t, event(notify.Receipt))
	n.Cause = "gossip"
	if _, err := notify.Render(n, "it"); !errors.Is(err, notify.ErrCause) {
		t.Errorf("Render(gossip) = %v, want %v", err, notify.ErrCause)
	}
}

func TestBackoff(t *testing.T) {
	none, most := func() float64 { return 0 }, func() float64 { return 0.999999 }
	for _, c := range []struct {
		attempt         int
		after           time.Duration
		least, greatest time.Duration
	}{
		{1, 0, 10 * time.Second, 20 * time.Second},
		{2, 0, 20 * time.Second, 40 * time.Second},
		{5, 0, 160 * time.Second, 320 * time.Second},
		{9, 0, 30 * time.Minute, time.Hour},
		{1000, 0, 30 * time.Minute, time.Hour},
		{0, 0, 10 * time.Second, 20 * time.Second},
		{-3, 0, 10 * time.Second, 20 * time.Second},
		{1, time.Minute, time.Minute, time.Minute},
		{1, 3 * time.Hour, 3 * time.Hour, 3 * time.Hour},
	} {
		least, greatest := notify.Backoff(c.attempt, c.after, none), notify.Backoff(c.attempt, c.after, most)
		if least != c.least || greatest.Round(time.Second) != c.greatest {
			t.Errorf("Backoff(%d, %v) = %v … %v, want %v … %v", c.attempt, c.after, least, greatest, c.least, c.greatest)
		}
	}
}

func wantGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with UPDATE=1 and look at the change.\ngot:\n%s", path, got)
	}
}
