package desk_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

func TestCallsRefused(t *testing.T) {
	w := newTown(t)
	private := w.at(10.5)
	private.ConsentPublish = false
	id := w.submit("citizen", private).ID
	w.do("anna", "report.take", id, nil)
	before := w.snapshot()
	for _, tt := range []struct {
		name, who, call string
		id              report.ID
		args            any
		want            *fault.Error
	}{
		{"a stranger", "eva", "report.comment", id, map[string]any{"text": "ciao"}, report.ErrNone},
		{"no such report", "anna", "report.take", "nosuchreport000", nil, report.ErrNone},
		{"the wrong role", "ben", "report.dispatch", id, map[string]any{}, report.ErrRole},
		{"the wrong state", "anna", "report.verify", id, map[string]any{"ok": true}, report.ErrMove},
		{"an unknown call", "anna", "report.explode", id, nil, report.ErrCall},
		{"an unknown argument", "anna", "report.take", id, map[string]any{"colour": "red"}, report.ErrArgs},
		{"an assignee of another district", "anna", "report.dispatch", id, map[string]any{"assignee": w.ids["eva"]}, report.ErrAssignee},
		{"an organisation without the activity", "anna", "report.dispatch", id, map[string]any{"responsibleOrg": w.ids["city"]}, report.ErrActivity},
	} {
		_, err := w.desk.Do(t.Context(), w.as(tt.who), w.call(tt.call, tt.id, tt.args))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want.Code)
		}
	}
	if after := w.snapshot(); after != before {
		t.Errorf("refused calls left something behind:\nbefore %s\nafter  %s", before, after)
	}
	bad := w.call("report.take", id, nil)
	bad.ID = "Not An Id"
	if _, err := w.desk.Do(t.Context(), w.as("anna"), bad); !errors.Is(err, desk.ErrCallID) {
		t.Errorf("a bad call id: %v", err)
	}
}

// snapshot says how much there is of everything a call may write.
func (w *town) snapshot() string {
	text := ""
	for _, table := range []string{"reports", "reportEvents", "messages", "notices", "interventions", "subscriptions", "_calls"} {
		text += fmt.Sprintf("%s %d ", table, w.count(table))
	}
	return text
}

func TestCallTwice(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.5)).ID
	call := w.call("report.comment", id, map[string]any{"text": "Chi passa oggi?"})
	first, err := w.desk.Do(t.Context(), w.as("anna"), call)
	if err != nil {
		t.Fatal(err)
	}
	before := w.snapshot()
	again, err := w.desk.Do(t.Context(), w.as("anna"), call)
	if err != nil || !again.Repeat || again.Version != first.Version || again.Event != first.Event {
		t.Errorf("the repeat = %+v, %v; want the first answer %+v", again, err, first)
	}
	if after := w.snapshot(); after != before {
		t.Errorf("the repeat had an effect:\nbefore %s\nafter  %s", before, after)
	}
	if _, err := w.desk.Do(t.Context(), w.as("boss"), call); !errors.Is(err, desk.ErrCallReused) {
		t.Errorf("somebody else under the same id: %v", err)
	}
	call.Args = []byte(`{"text":"Altro"}`)
	if _, err := w.desk.Do(t.Context(), w.as("anna"), call); !errors.Is(err, desk.ErrCallReused) {
		t.Errorf("other words under the same id: %v", err)
	}
}

func TestVerificationNeverByTheExecutor(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.5)).ID
	w.do("anna", "report.dispatch", id, map[string]any{"assignee": w.ids["lead"]})
	w.do("lead", "report.start", id, nil)
	w.do("lead", "report.resolve", id, map[string]any{"outcome": "fixed"})
	if _, err := w.desk.Do(t.Context(), w.as("lead"), w.call("report.verify", id, map[string]any{"ok": true})); !errors.Is(err, report.ErrExecutor) {
		t.Errorf("the executor verifies: %v, want %s", err, report.ErrExecutor.Code)
	}
	if res := w.do("boss", "report.verify", id, map[string]any{"ok": false, "note": "Si vede ancora"}); res.State != report.InProgress {
		t.Errorf("state = %s, want in_progress", res.State)
	}
}

// TestManyAtOnce has many people work on one report at the same moment: the
// history stays one line, and the row what it adds up to.
func TestManyAtOnce(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.5)).ID
	var calls []report.Call
	for i := range 40 {
		calls = append(calls, w.call("report.comment", id, map[string]any{"text": fmt.Sprint("nota ", i)}))
	}
	anna, boss := w.as("anna"), w.as("boss")
	var wg sync.WaitGroup
	for i, c := range calls {
		who := anna
		if i%2 == 0 {
			who = boss
		}
		wg.Go(func() {
			if _, err := w.desk.Do(t.Context(), who, c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := store.New(w.app)
	events, err := s.Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	row, err := s.Report(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 41 || row.Version != 41 || !sameReport(report.Fold(events), row) {
		t.Errorf("%d events and version %d, want 41 of each and the row their sum", len(events), row.Version)
	}
}

// TestDiskFull fills the database to its brim: the call is answered with a
// fault that says so, nothing is half-written, and it goes through when there
// is room again.
func TestDiskFull(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.5)).ID
	pragma := func(q string) {
		t.Helper()
		if _, err := w.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	var pages int
	if err := w.app.NonconcurrentDB().NewQuery("PRAGMA page_count").Row(&pages); err != nil {
		t.Fatal(err)
	}
	pragma(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	before := w.snapshot()
	full := error(nil)
	for range 200 {
		text := map[string]any{"text": fmt.Sprintf("%03900d", w.n)}
		if _, full = w.desk.Do(t.Context(), w.as("anna"), w.call("report.comment", id, text)); full != nil {
			break
		}
		before = w.snapshot()
	}
	if !errors.Is(full, store.ErrFull) {
		t.Fatalf("a full disk answers %v, want %s", full, store.ErrFull.Code)
	}
	if after := w.snapshot(); after != before {
		t.Errorf("something was half-written:\nbefore %s\nafter  %s", before, after)
	}
	if _, err := w.desk.Track(t.Context(), "x", "it"); !errors.Is(err, desk.ErrToken) {
		t.Errorf("reading stopped too: %v", err)
	}
	pragma("PRAGMA max_page_count = 1000000")
	w.do("anna", "report.comment", id, map[string]any{"text": "di nuovo"})
}

// TestReachIsWhatMayReadSays compares the list, which the database narrows,
// with the rule, report by report and person by person.
func TestReachIsWhatMayReadSays(t *testing.T) {
	w := newTown(t)
	for i, lon := range []float64{10.2, 10.8, 11.2, 11.8, 20} {
		who := []string{"citizen", "", "anna"}[i%3]
		w.submit(who, w.at(lon))
	}
	rows, err := store.New(w.app).Reports(t.Context(), store.ReportFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	w.person("coord", "coordinator", "W")
	for _, who := range []string{"citizen", "anna", "lead", "ben", "eva", "boss", "coord"} {
		actor := w.as(who)
		want := 0
		for _, r := range rows {
			if a, ok := report.MayRead(actor, r); ok && a != report.AudiencePublic {
				want++
			}
		}
		page, err := w.desk.List(t.Context(), actor, desk.Query{})
		if err != nil || len(page.Reports) != want {
			t.Errorf("%s lists %d (%v), the rule says %d", who, len(page.Reports), err, want)
		}
		shown, err := w.desk.Map(t.Context(), actor, desk.Query{})
		if err != nil || len(shown.Features) != want {
			t.Errorf("%s sees %d on the map (%v), the rule says %d", who, len(shown.Features), err, want)
		}
	}
	if _, err := w.desk.List(t.Context(), report.Actor{}, desk.Query{}); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("a guest's list: %v", err)
	}
}

// TestVerifyUnattended closes what nobody verified, only when the policy says
// so, and only after the wait.
func TestVerifyUnattended(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.5)).ID
	w.do("anna", "report.dispatch", id, map[string]any{"assignee": w.ids["ben"]})
	w.do("ben", "report.resolve", id, map[string]any{"outcome": "fixed"})
	w.now = w.now.AddDate(0, 0, 30)
	if n, err := w.desk.VerifyUnattended(t.Context()); n != 0 || err != nil {
		t.Errorf("without the policy: %d, %v; want a person to do it", n, err)
	}
	w.policy(func(p *report.Policy) { p.AutoVerify, p.AutoVerifyDays = true, 31 })
	if n, err := w.desk.VerifyUnattended(t.Context()); n != 0 || err != nil {
		t.Errorf("before the wait: %d, %v; want none", n, err)
	}
	w.now = w.now.AddDate(0, 0, 2)
	if n, err := w.desk.VerifyUnattended(t.Context()); n != 1 || err != nil {
		t.Errorf("after the wait: %d, %v; want the one", n, err)
	}
}
