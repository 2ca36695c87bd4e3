package desk_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/paulmach/orb/encoding/mvt"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo/tile"
	"github.com/sestante/sestante/report"
)

// oneOfEach makes a public report of the citizen in every state there is, and
// returns the states by their ids.
func (w *town) oneOfEach() map[string]report.State {
	w.t.Helper()
	of := map[string]report.State{}
	for n, s := range report.States {
		got := w.submit("citizen", w.at(10.5+float64(n)*1e-4))
		w.sql(fmt.Sprintf("UPDATE reports SET state = '%s', visibility = 'public', consentPublish = 1, plannedCloseDate = '2026-12-24' WHERE id = '%s'", s, got.ID))
		of[string(got.ID)] = s
	}
	return of
}

// tileStates returns the states of the reports in a tile, in the order of their
// life, and how many the cells of a tile far out count.
func (w *town) tileStates(who report.Actor, of map[string]report.State, q desk.TileQuery) (near []report.State, far int) {
	w.t.Helper()
	read := func(a tile.Address) mvt.Layers {
		got, err := w.desk.ReportTile(w.t.Context(), who, a, q)
		if err != nil {
			w.t.Fatal(err)
		}
		data, err := got.Plain()
		if err != nil {
			w.t.Fatal(err)
		}
		layers, err := mvt.Unmarshal(data)
		if err != nil {
			w.t.Fatal(err)
		}
		return layers
	}
	for _, l := range read(tileAt(10.5005, 13)) {
		for _, f := range l.Features {
			near = append(near, of[f.Properties["id"].(string)])
		}
	}
	for _, l := range read(tileAt(10.5, 3)) {
		for _, f := range l.Features {
			far += int(f.Properties["count"].(float64))
		}
	}
	return inOrder(near), far
}

func inOrder(states []report.State) []report.State {
	slices.SortFunc(states, func(a, b report.State) int { return slices.Index(report.States, a) - slices.Index(report.States, b) })
	return states
}

// TestNobodyLearnsAStateByAsking: whoever may know how far a report has come,
// and not its state, gets the same answer for all states of a phase, whichever
// are asked for. Who may know it gets what they ask for.
func TestNobodyLearnsAStateByAsking(t *testing.T) {
	w := newTown(t)
	w.person("passer", "citizen")
	of := w.oneOfEach()
	analysis := report.States[:3]
	scheduling := report.States[3:7]
	closure := report.States[7:]
	for _, c := range []struct{ asked, knows, guesses []report.State }{
		{nil, report.States[:7], report.States[:7]},
		{report.States[:7], report.States[:7], report.States[:7]},
		{analysis, analysis, analysis},
		{scheduling, scheduling, scheduling},
		{closure, closure, closure},
		{[]report.State{report.Suspended}, []report.State{report.Suspended}, nil},
		{[]report.State{report.Registered, report.InAnalysis}, report.States[:2], nil},
		{report.States[1:7], report.States[1:7], scheduling},
		{report.States[2:], report.States[2:], report.States[3:]},
		{[]report.State{report.Closed}, []report.State{report.Closed}, nil},
		{[]report.State{report.Rejected, report.Cancelled}, []report.State{report.Rejected, report.Cancelled}, nil},
	} {
		ended := slices.ContainsFunc(c.asked, func(s report.State) bool { return !s.Open() })
		for who, want := range map[string][]report.State{"": c.guesses, "passer": c.guesses, "citizen": c.knows, "anna": c.knows} {
			actor := report.Actor{}
			if who != "" {
				actor = w.as(who)
			}
			if !ended {
				near, far := w.tileStates(actor, of, desk.TileQuery{States: c.asked})
				if !slices.Equal(near, want) || far != len(want) {
					t.Errorf("%q asks tiles for %v and gets %v and %d counted, want %v", who, c.asked, near, far, want)
				}
			}
			if who == "" || who == "passer" {
				continue
			}
			shown, err := w.desk.Map(t.Context(), actor, desk.Query{States: c.asked})
			if got := statesOn(shown, of); err != nil || !slices.Equal(got, want) {
				t.Errorf("%q asks the map for %v and gets %v, %v, want %v", who, c.asked, got, err, want)
			}
		}
		shown, err := w.desk.PublicMap(t.Context(), desk.Query{States: c.asked})
		if got := statesOn(shown, of); err != nil || !slices.Equal(got, c.guesses) {
			t.Errorf("the public map asked for %v shows %v, %v, want %v", c.asked, got, err, c.guesses)
		}
	}
	if _, err := w.desk.PublicMap(t.Context(), desk.Query{States: []report.State{report.Suspended}, BBox: &[4]float64{1, 0, 0, 1}}); err == nil {
		t.Error("a box that is none is taken where nothing is shown")
	}
}

func statesOn(fc desk.FeatureCollection, of map[string]report.State) []report.State {
	var out []report.State
	for _, f := range fc.Features {
		out = append(out, of[f.ID])
	}
	return inOrder(out)
}

// TestNobodyLearnsByNarrowing: no list and no tile narrows by what its reader
// may not know of a report.
func TestNobodyLearnsByNarrowing(t *testing.T) {
	w := newTown(t)
	w.person("passer", "citizen")
	got := w.submit("citizen", w.at(10.5))
	// A clerk who works on one report without a role that reads it.
	w.sql(fmt.Sprintf("UPDATE reports SET visibility = 'public', consentPublish = 1, assignee = '%s' WHERE id = '%s'", w.ids["passer"], got.ID))
	all := []report.Routing{report.RoutePending, report.Routed, report.RouteUncertain, report.RouteNearest, report.RouteUnroutable}
	for _, c := range []struct {
		who  string
		q    desk.Query
		want int
	}{
		{"anna", desk.Query{Routings: []report.Routing{report.Routed}}, 1},
		{"citizen", desk.Query{}, 1},
		{"citizen", desk.Query{States: []report.State{report.Registered}}, 1},
		{"citizen", desk.Query{Routings: []report.Routing{report.Routed}}, 0},
		{"citizen", desk.Query{Routings: all}, 0},
		{"passer", desk.Query{}, 1},
		{"passer", desk.Query{States: report.States[:3]}, 1},
		{"passer", desk.Query{States: []report.State{report.Registered}}, 0},
		{"passer", desk.Query{Routings: []report.Routing{report.Routed}}, 0},
	} {
		page, err := w.desk.List(t.Context(), w.as(c.who), c.q)
		if err != nil || len(page.Reports) != c.want {
			t.Errorf("%s asks for %v%v and gets %d, %v, want %d", c.who, c.q.States, c.q.Routings, len(page.Reports), err, c.want)
		}
	}
	// Where the next page begins tells of no report that is not shown, whatever is
	// asked for and whoever asks.
	for range 5 {
		w.submit("citizen", w.at(10.5))
		w.submit("passer", w.at(11.5))
	}
	w.person("elsewhere", "coordinator", "N")
	w.sql(`UPDATE reports SET org = 'anotherorg00000', state = 'suspended' WHERE code LIKE 'W%'`)
	w.sql(fmt.Sprintf("UPDATE roles SET org = 'thisorg00000000', areas = '[]' WHERE person = '%s'", w.ids["elsewhere"]))
	w.sql(fmt.Sprintf("UPDATE reports SET assignee = '%s'", w.ids["passer"]))
	for _, who := range []string{"citizen", "passer", "elsewhere", "anna", "lead", "ben", "eva", "boss"} {
		for _, q := range []desk.Query{{}, {Routings: all}, {Routings: all[1:2]}, {States: []report.State{report.Suspended}}, {BBox: &[4]float64{10, 45, 11, 46}}} {
			shown := map[string]bool{}
			whole, err := w.desk.List(t.Context(), w.as(who), q)
			if err != nil || whole.Next != "" {
				t.Fatalf("%s lists %+v, %v", who, whole, err)
			}
			for _, r := range whole.Reports {
				shown[r["code"].(string)] = true
			}
			q.Limit = 1
			for n := 0; ; n++ {
				page, err := w.desk.List(t.Context(), w.as(who), q)
				if err != nil || page.Next != "" && (len(page.Reports) != 1 || page.Reports[0]["code"] != page.Next) {
					t.Fatalf("%s is told of %q beside %v, %v", who, page.Next, page.Reports, err)
				}
				for _, r := range page.Reports {
					delete(shown, r["code"].(string))
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if len(shown) > 0 {
				t.Errorf("%s page by page is not shown %v", who, shown)
			}
		}
	}
	w.sql("UPDATE reports SET plannedCloseDate = '2026-12-24', planState = 'proposed'")
	view, err := w.desk.View(t.Context(), w.as("passer"), string(got.ID), "it")
	if err != nil || view.Report["state"] != nil || view.Report["phase"] != report.PhaseAnalysis || view.Report["plannedCloseDate"] != report.Date("") {
		t.Errorf("a passer-by reads %v, %v, want the phase and no date that was not told", view.Report, err)
	}
}
