package report_test

import (
	"slices"
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
