package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

func TestDecode(t *testing.T) {
	long := strings.Repeat("è", 4001)
	tests := []struct {
		call  string
		args  string
		field string // of the fault; "ok" when it is good
	}{
		// what counts as nothing
		{"report.take", ``, "ok"},
		{"report.take", `null`, "ok"},
		{"report.take", ` { } `, "ok"},
		{"report.interest", `{"note":"x"}`, "note"},
		// form
		{"report.take", `[]`, ""},
		{"report.take", `"x"`, ""},
		{"report.take", `{`, ""},
		{"report.take", `{}{}`, ""},
		{"report.take", `{} x`, ""},
		{"report.take", "{\"note\":\"\xff\"}", ""},
		{"report.take", `{"note":"a\u0000b"}`, "note"},
		{"report.take", `{"note":"a\nb"}`, "ok"},
		{"report.take", `{"note":1}`, "note"},
		{"report.take", `{"Note":"x"}`, "Note"},
		{"report.take", `{"note":"x","note":"y"}`, "note"},
		{"report.take", `{"nota":"x"}`, "nota"},
		{"report.take", `{"note":"` + strings.Repeat("x", 70_000) + `"}`, ""},
		// lengths are of characters, not bytes
		{"report.comment", `{"text":"` + long[2:] + `"}`, "ok"},
		{"report.comment", `{"text":"` + long + `"}`, "text"},
		{"report.submit", `{"description":"` + long + `"}`, "description"},
		{"report.submit", `{"title":"` + strings.Repeat("x", 201) + `"}`, "title"},
		// places
		{"report.submit", `{"point":{"lon":9.19,"lat":45.46},"pointSource":"gps"}`, "ok"},
		{"report.submit", `{"point":{"lon":181,"lat":45.46},"pointSource":"gps"}`, "point"},
		{"report.submit", `{"point":{"lon":9,"lat":-90.1},"pointSource":"gps"}`, "point"},
		{"report.submit", `{"point":{"lon":9},"pointSource":"gps"}`, "point"},
		{"report.submit", `{"point":{"lon":9,"lat":45,"alt":1},"pointSource":"gps"}`, "alt"},
		{"report.submit", `{"point":{"lon":9,"lat":45}}`, "pointSource"},
		{"report.submit", `{"pointSource":"gps"}`, "pointSource"},
		{"report.submit", `{"point":[9,45],"pointSource":"gps"}`, "point"},
		{"report.submit", `{"accuracyM":-1}`, "accuracyM"},
		{"report.submit", `{"accuracyM":1e999}`, "accuracyM"},
		// lists and ids
		{"report.submit", `{"kind":"party"}`, "kind"},
		{"report.submit", `{"objectType":"short"}`, "objectType"},
		{"report.submit", `{"site":"SITE00000000001"}`, "site"},
		{"report.submit", `{"priority":5}`, "priority"},
		{"report.submit", `{"reporter":"personanna00001"}`, "reporter"},
		{"report.submit", `{"contactLanguage":"de"}`, "contactLanguage"},
		{"report.dispatch", `{"responsibleOrg":"x"}`, "responsibleOrg"},
		{"report.bounce", `{}`, "reason"},
		{"report.program", `{}`, "plannedCloseDate"},
		{"report.program", `{"plannedCloseDate":"2026-02-30"}`, "plannedCloseDate"},
		{"report.program", `{"plannedCloseDate":"2026-12-01T00:00:00Z"}`, "plannedCloseDate"},
		{"report.program", `{"plannedCloseDate":"2026-12-01","plannedStart":"2026-12-01T10:00:00Z","plannedEnd":"2026-12-01T09:00:00Z"}`, "plannedEnd"},
		{"report.reprogram", `{"plannedCloseDate":"2026-12-01"}`, "reason"},
		{"report.suspend", `{"reason":"lunch","expectedResume":"2026-12-01T10:00:00Z"}`, "reason"},
		{"report.suspend", `{"reason":"materials"}`, "expectedResume"},
		{"report.suspend", `{"reason":"materials","expectedResume":"tomorrow"}`, ""},
		{"report.resolve", `{}`, "outcome"},
		{"report.resolve", `{"outcome":"duplicate"}`, "outcome"},
		{"report.verify", `{}`, "ok"},
		{"report.verify", `{"ok":null}`, "ok"},
		{"report.verify", `{"ok":"yes"}`, "ok"},
		{"report.verify", `{"ok":false}`, "note"},
		{"report.reopen", `{"reason":""}`, "reason"},
		{"report.reject", `{"code":"invalid"}`, "text"},
		{"report.reject", `{"code":"fixed","text":"x"}`, "code"},
		{"report.linkDuplicate", `{}`, "master"},
		{"report.cancel", `{"code":"fixed"}`, "code"},
		{"report.comment", `{}`, "text"},
		{"report.comment", `{"solved":true}`, "ok"},
		{"report.comment", `{"text":"x","audience":"world"}`, "audience"},
		{"report.photo", `{"kind":"after"}`, "media"},
		{"report.photo", `{"media":"mediaphoto00001","kind":"during"}`, "kind"},
		{"report.reprioritise", `{"priority":0}`, "priority"},
		{"report.reprioritise", `{"priority":1.5}`, "priority"},
		{"report.reassign", `{}`, "assignee"},
		{"report.transfer", `{}`, "reason"},
		{"report.escalate", `{"kind":"sideways","reason":"x"}`, "kind"},
	}
	for _, tt := range tests {
		_, _, err := report.Decode(report.Call{Name: tt.call, Args: json.RawMessage(tt.args)})
		shown := tt.args[:min(len(tt.args), 80)]
		if tt.field == "ok" && !strings.HasPrefix(tt.call, "report.verify") {
			if err != nil {
				t.Errorf("Decode(%s %s) = %v", tt.call, shown, err)
			}
			continue
		}
		if f := fault.Of(err); !errors.Is(err, report.ErrArgs) || f.Field != tt.field {
			t.Errorf("Decode(%s %s) = %v at %q, want %v at %q", tt.call, shown, err, f.Field, report.ErrArgs, tt.field)
		}
	}
}

// TestDecodeEveryCall reads the good arguments of every call, and sees the
// action that each asks for.
func TestDecodeEveryCall(t *testing.T) {
	for do, text := range fullArgs {
		got, v, err := report.Decode(report.Call{Name: wire[do], Args: json.RawMessage(text)})
		if got != do || v == nil || err != nil {
			t.Errorf("Decode(%s %s) = %s, %v, %v", wire[do], text, got, v, err)
		}
	}
	for _, name := range []string{"", "report", "report.work_recorded", "Report.take", "report.approve_plan"} {
		if _, _, err := report.Decode(report.Call{Name: name}); !errors.Is(err, report.ErrCall) {
			t.Errorf("Decode(%q) = %v, want %v", name, err, report.ErrCall)
		}
	}
}

// FuzzDecode throws bytes at every call. What is accepted must mean the same
// when it is written down and read again, and what is refused must be refused
// with words that are safe to show.
func FuzzDecode(f *testing.F) {
	for i, n := range report.Actions {
		f.Add(byte(i), []byte(fullArgs[n.Do]))
	}
	f.Add(byte(0), []byte(`{"point":{"lon":1e308,"lat":-0},"pointSource":"gps"}`))
	f.Fuzz(func(t *testing.T, which byte, raw []byte) {
		name := report.Actions[int(which)%(len(report.Actions)-1)].Call
		do, v, err := report.Decode(report.Call{Name: name, Args: raw})
		if err != nil {
			e := fault.Of(err)
			if !errors.Is(err, report.ErrArgs) || !utf8.ValidString(e.Error()) || len(e.Error()) > 500 {
				t.Errorf("Decode(%s %q) = %v", name, raw, err)
			}
			return
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%s of %q is not writable: %v", name, raw, err)
		}
		do2, v2, err := report.Decode(report.Call{Name: name, Args: again})
		if err != nil || do2 != do {
			t.Fatalf("Decode(%s %s) = %s, %v; was accepted as %q", name, again, do2, err, raw)
		}
		twice, err := json.Marshal(v2)
		if err != nil || !bytes.Equal(again, twice) {
			t.Errorf("%q is %s, then %s", raw, again, twice)
		}
	})
}
