package report_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sestante/sestante/report"
)

// A walk is one report and everybody who may do something to it, taking random
// steps.
type walk struct {
	rnd    *rand.Rand
	now    time.Time
	events []report.Event
	row    report.Report
	rows   []report.Report // after each version
	steps  int
}

var everybody = []report.Actor{first, lead, chief, chief, tech, owner, as(ugo, report.RoleTechnician), as(paolo, report.RolePartnerUser), as(bruno, report.RoleCitizen), someone(report.RoleSystem)}

// TestFoldIsTheRow walks random paths through the life of reports, with
// devices that come late, and sees that the row is what its events, read back
// from JSON, add up to.
func TestFoldIsTheRow(t *testing.T) {
	moved := map[report.Action]int{}
	for seed := range uint64(300) {
		w := &walk{rnd: rand.New(rand.NewPCG(seed, 1)), now: noon, rows: []report.Report{{}}}
		w.step(t, report.Submit, owner)
		for range 60 {
			w.step(t, w.choose(), everybody[w.rnd.IntN(len(everybody))])
		}
		w.check(t, seed)
		for _, e := range w.events {
			moved[report.Action(e.Type)]++
		}
	}
	for _, n := range report.Actions {
		if moved[n.Do] == 0 {
			t.Errorf("no walk made a %s", n.Do)
		}
	}
}

// choose picks any action, but mostly one that the state knows.
func (w *walk) choose() report.Action {
	for {
		tr := report.Transitions[1+w.rnd.IntN(len(report.Transitions)-2)]
		if slices.Contains(tr.From, w.row.State) || w.rnd.IntN(4) == 0 {
			return tr.Do
		}
	}
}

func (w *walk) step(t *testing.T, do report.Action, who report.Actor) {
	t.Helper()
	w.steps++
	w.now = w.now.Add(time.Duration(1+w.rnd.IntN(3_600_000)) * time.Millisecond)
	in := asking(do, who, w.row)
	in.Current, in.Now = w.row, w.now
	in.Call.ID = fmt.Sprintf("callnumber%05d", w.steps)
	in.Call.OccurredAt = w.now.Add(-time.Duration(w.rnd.IntN(600_000)) * time.Microsecond)
	in.Call.Base = w.row.Version
	in.Facts.Master.State = report.InProgress
	if w.rnd.IntN(2) == 0 {
		in.Facts.Activity = report.ActivityFact{ID: lamps, Org: lights, AutoDispatch: w.rnd.IntN(2) == 0}
	}
	if do == report.Program || do == report.Reprogram || do == report.Relocate || do == report.Suspend {
		in.Call.Args = w.args(do)
	}
	if w.rnd.IntN(3) == 0 && w.row.Version > 1 {
		in.Call.Base = 1 + w.rnd.Int64N(w.row.Version-1)
		base := report.Fold(w.events[:in.Call.Base])
		in.Facts.AtBase, in.Call.Source, in.Call.Device = &base, report.SourceSync, "devicetina00001"
	}
	in.Policy.PlanNeedsApproval = w.rnd.IntN(2) == 0
	in.Policy.AutoVerify, in.Policy.AutoVerifyDays = true, 0
	before := w.row
	out, err := report.Decide(in)
	if err != nil {
		return
	}
	if !reflect.DeepEqual(before, w.row) {
		t.Fatalf("%s changed the row it was given", do)
	}
	for _, e := range out.Events {
		w.events = append(w.events, e)
		w.rows = append(w.rows, report.Apply(w.rows[len(w.rows)-1], e))
	}
	w.row = out.After
}

func (w *walk) args(do report.Action) json.RawMessage {
	d := w.now.AddDate(0, 0, 1+w.rnd.IntN(5)).Format(time.DateOnly)
	switch do {
	case report.Suspend:
		return json.RawMessage(`{"reason":"waiting_reporter","expectedResume":"` + d + `T08:00:00Z"}`)
	case report.Relocate:
		return json.RawMessage(fmt.Sprintf(`{"point":{"lon":9.%d,"lat":45.5},"pointSource":"pin"}`, w.rnd.IntN(9)))
	default:
		return json.RawMessage(`{"plannedCloseDate":"` + d + `","reason":"pioggia"}`)
	}
}

// check holds the walk against what must be true of every history.
func (w *walk) check(t *testing.T, seed uint64) {
	t.Helper()
	raw, err := json.Marshal(w.events)
	if err != nil {
		t.Fatal(err)
	}
	var stored []report.Event
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	if got := report.Fold(stored); !reflect.DeepEqual(got, w.row) {
		t.Fatalf("seed %d: Fold = %+v, want %+v", seed, got, w.row)
	}
	ids := map[string]bool{}
	for i, e := range w.events {
		if e.Seq != int64(i+1) || e.From != w.rows[i].State || e.To != w.rows[i+1].State || e.Report != theID || e.Org != contact {
			t.Fatalf("seed %d: event %d is out of line: %+v", seed, i, e)
		}
		if err := report.Check(e.From, e.To); err != nil {
			t.Errorf("seed %d: event %d: %v", seed, i, err)
		}
		if e.OccurredAt.After(e.RecordedAt) || e.OccurredAt.Location() != time.UTC || e.ActorRole == "" {
			t.Errorf("seed %d: event %d at %v, recorded %v, by %q", seed, i, e.OccurredAt, e.RecordedAt, e.ActorRole)
		}
		if e.Actor != report.System {
			if ids[e.ID] {
				t.Errorf("seed %d: id %s twice", seed, e.ID)
			}
			ids[e.ID] = true
		}
		wantSound(t, seed, e, w.rows[i], w.rows[i+1])
	}
}

// wantSound holds one step against what a row may look like.
func wantSound(t *testing.T, seed uint64, e report.Event, before, r report.Report) {
	t.Helper()
	handed := r.State == report.Assigned || r.State == report.Scheduled || r.State == report.InProgress || r.State == report.Suspended || r.State == report.Resolved || r.State == report.Closed
	tests := []struct {
		what string
		ok   bool
	}{
		{"responsible exactly while handed", !handed || (r.ResponsibleOrg != "" && r.Activity != "")},
		{"nobody responsible before", (r.State != report.Registered && r.State != report.InAnalysis) || r.ResponsibleOrg+report.OrgID(r.Assignee) == ""},
		{"suspended knows where it came from", (r.State == report.Suspended) == (r.ResumeState != "" && r.State != report.Duplicate)},
		{"duplicate knows its master", (r.State == report.Duplicate) == (r.DuplicateOf != "" && r.UnlinkState != "")},
		{"ended has a time and a code", r.State.Open() != (!r.ClosedAt.IsZero() && r.ClosureCode != "")},
		{"scheduled has a date", r.State != report.Scheduled || (r.PlanState == report.PlanCommunicated && r.PlannedCloseDate != "" && !r.ProgrammedAt.IsZero())},
		{"resolved has an executor", r.State != report.Resolved || (r.Executor != "" && !r.ResolvedAt.IsZero())},
		{"verified by another", report.Action(e.Type) != report.VerifyOK || (e.Actor != before.Executor && e.Actor != before.Assignee)},
		{"version follows", r.Version == before.Version+1},
		{"the code stays", r.Code == "MI-2026-000123-P" && (e.Seq == 1 || r.RegisteredAt.Equal(before.RegisteredAt))},
	}
	for _, tt := range tests {
		if !tt.ok {
			t.Errorf("seed %d: after %s of version %d: %s is not so: %+v", seed, e.Type, e.Seq, tt.what, r)
		}
	}
}

// TestApplyForeignPayload folds what nobody of ours wrote without a panic.
func TestApplyForeignPayload(t *testing.T) {
	for _, n := range report.Actions {
		for _, payload := range []string{"", "null", "[]", `{"point":7}`, `{"route":null,"point":null}`} {
			e := report.Event{Report: theID, Seq: 8, Type: string(n.Do), To: report.Assigned, Payload: json.RawMessage(payload)}
			if got := report.Apply(standing(report.Assigned), e); got.Version != 8 || got.State != report.Assigned {
				t.Errorf("Apply(%s, %s) = %+v", n.Do, payload, got)
			}
		}
	}
	if got := report.Apply(standing(report.Assigned), report.Event{Seq: 8, Type: "later", To: report.Assigned}); got.Version != 8 {
		t.Errorf("an event of a later version is not counted: %+v", got)
	}
}

// TestRedact erases a person and keeps the report.
func TestRedact(t *testing.T) {
	in := asking(report.Submit, owner, report.Report{})
	args(`{"address":"via Roma 1","contactName":"Anna","contactEmail":"anna@example.org","contactPhone":"02 123","description":"buca"}`)(&in)
	out := decide(t, in)
	got := report.Apply(report.Report{}, report.Redact(out.Events[0]))
	want := out.After
	want.Reporter, want.ContactName, want.ContactEmail, want.ContactPhone, want.Anonymous = "", "", "", "", true
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Redact leaves %+v, want %+v", got, want)
	}
	e := report.Event{Type: string(report.Take), Actor: luca, Payload: json.RawMessage(`{"note":"x"}`)}
	if got := report.Redact(e); !reflect.DeepEqual(got, e) {
		t.Errorf("Redact(take) = %+v", got)
	}
}

// TestPlaceCanCome lets a report begin without a place: it waits for one, and
// finds its district when it comes.
func TestPlaceCanCome(t *testing.T) {
	in := asking(report.Submit, owner, report.Report{})
	in.Call.Args = []byte(`{"description":"buca"}`)
	in.Facts.Route, in.Facts.Activity = report.Route{}, report.ActivityFact{}
	out, err := report.Decide(in)
	if err != nil {
		t.Fatalf("Decide(submit without a place) = %v", err)
	}
	if out.After.State != report.Registered || out.After.Routing != report.RoutePending || out.After.PointSource != "" {
		t.Errorf("it is %s, %s, from %q; want registered, pending, from nowhere", out.After.State, out.After.Routing, out.After.PointSource)
	}
}
