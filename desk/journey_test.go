package desk_test

import (
	"slices"
	"testing"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// TestJourney follows one report from a citizen's submission to its closure.
func TestJourney(t *testing.T) {
	w := newTown(t)
	got := w.submit("citizen", w.at(10.5))
	if got.District == nil || got.District.Code != "W" || got.Routing != report.Routed {
		t.Fatalf("routed to %v, %s", got.District, got.Routing)
	}
	id := got.ID
	w.do("anna", "report.take", id, nil)
	w.do("anna", "report.dispatch", id, map[string]any{})
	w.do("lead", "report.reassign", id, map[string]any{"assignee": w.ids["ben"]})
	w.do("lead", "report.program", id, map[string]any{"plannedCloseDate": "2026-11-27"})
	w.do("ben", "report.start", id, nil)
	w.do("ben", "report.resolve", id, map[string]any{"outcome": "fixed", "text": "Riempita"})
	res := w.do("anna", "report.verify", id, map[string]any{"ok": true})
	if res.State != report.Closed {
		t.Errorf("state = %s, want closed", res.State)
	}

	s := store.New(w.app)
	row, err := s.Report(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if folded := report.Fold(events); !sameReport(folded, row) {
		t.Errorf("the row is not what its events add up to:\n row %+v\nfold %+v", row, folded)
	}
	for who, want := range map[string][]string{
		"citizen": {"taken", "forwarded", "scheduled", "closed"},
		"ben":     {"assignment"},
	} {
		have := w.causes(who)
		for _, c := range want {
			if !slices.Contains(have, c) {
				t.Errorf("%s was told %v, want %s among them", who, have, c)
			}
		}
	}
	track, err := w.desk.Track(t.Context(), got.TrackToken, "it")
	if err != nil {
		t.Fatal(err)
	}
	if track.Phase != report.PhaseClosure || track.Status != "Il problema è risolto." || len(track.Messages) < 4 {
		t.Errorf("track = %+v", track)
	}
}

func sameReport(a, b report.Report) bool {
	x, y := mustJSON(a), mustJSON(b)
	return x == y
}
