package report_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/report"
)

// TestPhases copies the "Public phase" column of domain 2.4.
func TestPhases(t *testing.T) {
	want := map[report.State]report.Phase{
		report.Registered: report.PhaseAnalysis, report.InAnalysis: report.PhaseAnalysis, report.Assigned: report.PhaseAnalysis,
		report.Scheduled: report.PhaseScheduling, report.InProgress: report.PhaseScheduling, report.Suspended: report.PhaseScheduling, report.Resolved: report.PhaseScheduling,
		report.Closed: report.PhaseClosure, report.Rejected: report.PhaseClosure, report.Cancelled: report.PhaseClosure, report.Duplicate: report.PhaseClosure,
	}
	var order []report.State
	for _, i := range report.StateInfos {
		order = append(order, i.State)
		if i.Label.English == "" || i.Label.Italian == "" || i.Sentence.English == "" || i.Sentence.Italian == "" || i.State.Label() != i.Label {
			t.Errorf("%s lacks words: %+v", i.State, i)
		}
		if got := report.PhaseOf(standing(i.State), nil); got != want[i.State] {
			t.Errorf("PhaseOf(%s) = %s, want %s", i.State, got, want[i.State])
		}
	}
	if !slices.Equal(order, report.States) {
		t.Errorf("words for %v, want %v", order, report.States)
	}
	master := standing(report.Scheduled)
	if got := report.PhaseOf(standing(report.Duplicate), &master); got != report.PhaseScheduling {
		t.Errorf("a duplicate of a scheduled report is in %s", got)
	}
}

// TestPublicView shows nothing about people, in any state.
func TestPublicView(t *testing.T) {
	keys := map[string]bool{}
	for _, i := range report.StateInfos {
		keys[report.SentenceOf(i.State)] = true
	}
	for _, s := range report.Sentences {
		keys[s.Key] = true
	}
	for _, s := range report.States {
		r := standing(s)
		r.ContactName, r.ContactEmail, r.ContactPhone, r.AddressNote = "Anna", "anna@example.org", "02 123", "citofono Bianchi"
		r.Title, r.Description, r.OwnerL1, r.OutcomeText = "Buca", "davanti al portone", luca, "visto con tina"
		v, ok := report.PublicView(r, nil)
		raw, err := json.Marshal(v)
		if !ok || err != nil {
			t.Fatalf("%s: PublicView = %t, %v", s, ok, err)
		}
		for _, person := range []string{"Anna", "anna@", "02 123", "Bianchi", string(anna), string(tina), string(luca), "visto con"} {
			if strings.Contains(string(raw), person) {
				t.Errorf("%s shows %q: %s", s, person, raw)
			}
		}
		if !strings.Contains(string(raw), "portone") || !keys[v.Sentence] {
			t.Errorf("%s: text or sentence %q is missing: %s", s, v.Sentence, raw)
		}
		r.ConsentPublish = false
		if v, _ := report.PublicView(r, nil); v.Title+v.Description != "" {
			t.Errorf("%s shows text without consent: %+v", s, v)
		}
		r.Visibility = report.VisibleStaff
		if v, ok := report.PublicView(r, nil); ok || v != (report.PublicReport{}) {
			t.Errorf("%s of the staff is public: %+v", s, v)
		}
	}
}

func TestPublicViewDetails(t *testing.T) {
	proposed := standing(report.Assigned)
	proposed.PlannedCloseDate, proposed.PlanState, proposed.PointSource = "2026-12-01", report.PlanProposed, ""
	if v, _ := report.PublicView(proposed, nil); v.PlannedCloseDate != "" || v.Point != nil {
		t.Errorf("a proposed plan or no place is shown: %+v", v)
	}
	if v, _ := report.PublicView(standing(report.Scheduled), nil); v.PlannedCloseDate != "2026-11-30" || *v.Point != (report.Point{Lon: 9.19, Lat: 45.46}) {
		t.Errorf("the promise or the place is not shown: %+v", v)
	}
	if v, _ := report.PublicView(standing(report.Resolved), nil); v.ClosureCode != "" {
		t.Errorf("a claim is shown as a fact: %+v", v)
	}
	master := report.Report{Code: "MI-2026-000100-X", State: report.Closed, Visibility: report.VisibleStaff}
	if v, _ := report.PublicView(standing(report.Duplicate), &master); v.Master != "" {
		t.Errorf("a master of the staff is shown: %+v", v)
	}
	master.Visibility = report.VisiblePublic
	if v, _ := report.PublicView(standing(report.Duplicate), &master); v.Master != master.Code || v.Phase != report.PhaseClosure {
		t.Errorf("the master is not shown: %+v", v)
	}
}

// TestTemplatesExist sees that every sentence said to the public is written.
func TestTemplatesExist(t *testing.T) {
	keys := map[string]bool{}
	for _, i := range report.StateInfos {
		keys[report.SentenceOf(i.State)] = true
	}
	for _, s := range report.Sentences {
		keys[s.Key] = true
	}
	said := 0
	for _, n := range report.Actions {
		for _, who := range everybody {
			for _, from := range report.States {
				out, err := report.Decide(asking(n.Do, who, standing(from)))
				if err != nil {
					continue
				}
				for _, m := range only[report.Message](out) {
					if m.Template != "" && !keys[m.Template] {
						t.Errorf("%s from %s says %q, which nobody wrote", n.Do, from, m.Template)
					}
					said++
				}
			}
		}
	}
	if said < 100 {
		t.Errorf("only %d sentences were said", said)
	}
	for _, reason := range report.SuspendReasons {
		if !keys["public.suspended."+reason] {
			t.Errorf("no sentence for %s", reason)
		}
	}
	for _, code := range report.Outcomes {
		if !keys["public.closed."+code] {
			t.Errorf("no sentence for %s", code)
		}
	}
}
