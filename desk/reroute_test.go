package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// box is a rectangle between two longitudes, as high as the districts.
func box(west, east float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{west, 45}, {east, 45}, {east, 46}, {west, 46}, {west, 45}}}}
}

// redraw moves the border between the districts to a longitude, an hour later.
func (w *town) redraw(lon float64) {
	w.t.Helper()
	w.now = w.now.Add(time.Hour)
	_, err := w.desk.ImportAreas(w.t.Context(), []geo.Area{
		{Code: "W", Name: "West", Kind: geo.District, Geometry: box(10, lon), Source: geo.FromAdmin},
		{Code: "E", Name: "East", Kind: geo.District, Geometry: box(lon, 12), Source: geo.FromAdmin},
	}, time.Time{}, false)
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) reroute() store.Rerouting {
	w.t.Helper()
	run, err := w.desk.Reroute(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

func (w *town) stored(id report.ID) report.Report {
	w.t.Helper()
	r, err := store.New(w.app).Report(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// in is the code of the district a report lies in.
func (w *town) in(id report.ID) string {
	w.t.Helper()
	code, _, err := store.New(w.app).AreaName(w.t.Context(), string(w.stored(id).District))
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// events lists the types of a report's events.
func (w *town) events(id report.ID) string {
	w.t.Helper()
	all, err := store.New(w.app).Events(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Type)
	}
	return strings.Join(out, " ")
}

func TestRerouteMovesOpenReports(t *testing.T) {
	w := newTown(t)
	w.person("lea", "district_lead", "E")
	w.person("coord", "coordinator")
	w.reroute()
	moves, stays := w.submit("citizen", w.at(10.7)).ID, w.submit("citizen", w.at(10.2)).ID
	given := w.submit("citizen", w.at(10.8)).ID
	w.do("anna", "report.dispatch", given, report.DispatchArgs{Assignee: report.PersonID(w.ids["ben"])})
	started := w.submit("citizen", w.at(10.9)).ID
	w.do("anna", "report.dispatch", started, report.DispatchArgs{Assignee: report.PersonID(w.ids["ben"])})
	w.do("ben", "report.start", started, report.NoteArgs{})
	ended := w.submit("citizen", w.at(10.75)).ID
	w.do("anna", "report.cancel", ended, report.CancelArgs{Code: "invalid"})
	if got := w.reroute(); got.Moved != 0 {
		t.Fatalf("before anything changed %d moved", got.Moved)
	}
	told := map[string]int{}
	for _, name := range []string{"lead", "lea", "ben", "coord", "citizen", "carla", "eva"} {
		told[name] = len(w.causes(name))
	}
	w.redraw(10.5)
	run := w.reroute()
	if run.State != store.ReroutingDone || run.Checked != 4 || run.Moved != 3 || run.Failed != 0 || run.Told != 4 {
		t.Errorf("the re-routing ended as %+v", run)
	}
	if !slices.Equal(run.Flows, []store.Flow{{From: "W", To: "E", Reports: 3}}) {
		t.Errorf("flows = %v", run.Flows)
	}
	for _, c := range []struct {
		name string
		id   report.ID
		in   string
		does string
		has  string
	}{
		{"nobody's yet", moves, "E", "submit reroute", ""},
		{"of a technician who does not work there", given, "E", "submit dispatch reroute", ""},
		{"of one who has begun", started, "E", "submit dispatch start reroute", "ben"},
		{"beside the border", stays, "W", "submit", ""},
		{"over", ended, "W", "submit cancel", ""},
	} {
		if got := w.in(c.id); got != c.in {
			t.Errorf("the report that is %s lies in %s, want %s", c.name, got, c.in)
		}
		if got := w.events(c.id); got != c.does {
			t.Errorf("the report that is %s had %q, want %q", c.name, got, c.does)
		}
		if got := string(w.stored(c.id).Assignee); got != w.ids[c.has] {
			t.Errorf("the report that is %s is %q's, want %q's", c.name, got, c.has)
		}
	}
	for name, n := range map[string]int{"lead": 1, "lea": 1, "ben": 1, "coord": 1, "citizen": 0, "carla": 0, "eva": 0} {
		got := w.causes(name)[told[name]:]
		if len(got) != n || (n == 1 && got[0] != "rerouted") {
			t.Errorf("%s was told %v", name, got)
		}
	}
	words, err := w.desk.Notices(t.Context(), w.as("lead"), 1)
	if err != nil || len(words) != 1 || words[0].Body != "3 segnalazioni aperte spostate da West a East." {
		t.Errorf("the lead reads %+v, %v", words, err)
	}
	if again := w.reroute(); again.ID != run.ID {
		t.Errorf("done twice: %+v", again)
	}
}

// TestRerouteLeavesTrace: the event says which areas answered before and after.
func TestRerouteLeavesTrace(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.7)).ID
	before := w.stored(id).RouteTrace.AreaSet
	w.redraw(10.5)
	w.reroute()
	events, err := store.New(w.app).Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var p report.Rerouted
	if err := json.Unmarshal(events[1].Payload, &p); err != nil {
		t.Fatal(err)
	}
	if p.Before.Trace.AreaSet != before || p.Route.Trace.AreaSet == before || p.Route.Trace.AreaSet == "" || string(p.Before.District) != w.ids["W"] {
		t.Errorf("the event holds %+v", p)
	}
	row := w.stored(id)
	if row.Version != 2 || row.District != p.Route.District || row.RouteTrace.AreaSet != p.Route.Trace.AreaSet {
		t.Errorf("the row is %+v", row)
	}
}

// TestRerouteFollowsTheDay: a version that begins later changes nothing until
// then, and nobody has to touch the areas on that day.
func TestRerouteFollowsTheDay(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.7)).ID
	_, err := w.desk.ImportAreas(t.Context(), []geo.Area{
		{Code: "W", Name: "West", Kind: geo.District, Geometry: box(10, 10.5), Source: geo.FromAdmin},
		{Code: "E", Name: "East", Kind: geo.District, Geometry: box(10.5, 12), Source: geo.FromAdmin},
	}, w.now.AddDate(0, 0, 3), false)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range []string{"W", "W", "W", "E", "E"} {
		w.reroute()
		if got := w.in(id); got != want {
			t.Errorf("after %d days it lies in %s, want %s", day, got, want)
		}
		w.now = w.now.AddDate(0, 0, 1)
	}
}

// TestRerouteLateReports: what was made before the border moved, and arrives
// after, follows it too; so does what is opened again.
func TestRerouteLateReports(t *testing.T) {
	w := newTown(t)
	closed := w.submit("citizen", w.at(10.6)).ID
	w.do("anna", "report.dispatch", closed, report.DispatchArgs{Assignee: report.PersonID(w.ids["ben"])})
	w.do("ben", "report.resolve", closed, report.ResolveArgs{Outcome: "no_action"})
	ok := true
	w.do("boss", "report.verify", closed, report.VerifyArgs{OK: &ok})
	made := w.now
	w.redraw(10.5)
	w.reroute()
	s := w.at(10.7)
	s.OccurredAt = made
	late := w.submit("citizen", s).ID
	if got := w.in(late); got != "W" {
		t.Fatalf("the report arrived in %s, want the district of its day", got)
	}
	w.do("citizen", "report.reopen", closed, report.ReasonArgs{Reason: "di nuovo"})
	w.reroute()
	for _, id := range []report.ID{late, closed} {
		if got := w.in(id); got != "E" {
			t.Errorf("the report lies in %s, want E", got)
		}
	}
	if n := w.count("_reroute_late"); n != 0 {
		t.Errorf("%d reports are still late", n)
	}
}

// TestRerouteToOtherOrganisation: where the new district's activity names
// somebody else, they get the report, unless a person chose who has it.
func TestRerouteToOtherOrganisation(t *testing.T) {
	w := newTown(t)
	w.ids["water"] = pbtest.Record(t, w.app, "orgs", map[string]any{"code": "water", "name": "Acqua", "kind": "municipal_area"})
	eastern := pbtest.Record(t, w.app, "activities", map[string]any{"objectType": w.ids["pothole"], "responsibleOrg": w.ids["water"], "kind": "repair", "area": w.ids["E"]})
	byList := w.submit("citizen", w.at(10.7)).ID
	w.do("anna", "report.dispatch", byList, report.DispatchArgs{})
	byHand := w.submit("citizen", w.at(10.8)).ID
	w.do("anna", "report.dispatch", byHand, report.DispatchArgs{})
	w.do("anna", "report.transfer", byHand, report.TransferArgs{Activity: eastern, Reason: "accordo"})
	w.redraw(10.5)
	w.reroute()
	for id, want := range map[report.ID]string{byList: "submit dispatch reroute transfer", byHand: "submit dispatch transfer reroute"} {
		r := w.stored(id)
		if got := w.events(id); got != want || string(r.ResponsibleOrg) != w.ids["water"] || r.State != report.Assigned {
			t.Errorf("%q, %s with %s; want %q with water", got, r.State, r.ResponsibleOrg, want)
		}
	}
	// The activity of the old version of the area answers for the new one too.
	fresh := w.submit("citizen", w.at(10.9)).ID
	if res := w.do("anna", "report.dispatch", fresh, report.DispatchArgs{}); string(res.Report.ResponsibleOrg) != w.ids["water"] {
		t.Errorf("a new report went to %s", res.Report.ResponsibleOrg)
	}
}

// TestRerouteToNobody: where no area is left, the second level is told, once.
func TestRerouteToNobody(t *testing.T) {
	w := newTown(t)
	w.person("lina", "l2_operator")
	for i := range 5 {
		w.submit("citizen", w.at(10.6+float64(i)/100))
	}
	w.now = w.now.Add(time.Hour)
	_, err := w.desk.ImportAreas(t.Context(), []geo.Area{{Code: "W", Name: "West", Kind: geo.District, Geometry: box(10, 10.5), Source: geo.FromAdmin}}, time.Time{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if run := w.reroute(); run.Moved != 5 {
		t.Errorf("%+v", run)
	}
	if got := w.causes("lina"); !slices.Equal(got, []string{"rerouted"}) {
		t.Errorf("the second level was told %v", got)
	}
}

// TestRerouteCutOff cuts the work off after each transaction, and in others
// before they are kept, and sees that it comes to the same end.
func TestRerouteCutOff(t *testing.T) {
	w := newTown(t)
	w.person("coord", "coordinator")
	var ids []report.ID
	for i := range 65 {
		ids = append(ids, w.submit("citizen", w.at(10.6+float64(i)/1000)).ID)
	}
	w.redraw(10.5)
	cuts := 0
	for done := false; !done; cuts++ {
		if cuts > 30 {
			t.Fatal("no end")
		}
		lost := fmt.Sprintf(`CREATE TRIGGER power AFTER UPDATE ON _reroutes WHEN %d = 1 BEGIN SELECT RAISE(ABORT, 'the power failed'); END`, cuts%2)
		w.sql(lost)
		ctx, cancel := context.WithCancel(t.Context())
		w.watch(cancel)
		run, err := w.desk.Reroute(ctx)
		w.sql(`DROP TRIGGER power`)
		done = err == nil && run.State == store.ReroutingDone
	}
	if cuts < 8 {
		t.Errorf("cut off only %d times", cuts)
	}
	for _, id := range ids {
		if got := w.events(id); got != "submit reroute" {
			t.Fatalf("%s had %q", id, got)
		}
	}
	if got := w.causes("coord"); !slices.Equal(got, []string{"rerouted"}) {
		t.Errorf("the coordinator was told %v", got)
	}
	runs, err := w.desk.Reroutings(t.Context(), 10)
	if err != nil || len(runs) != 1 || runs[0].Moved != 65 || runs[0].Checked != 65 {
		t.Errorf("%+v, %v", runs, err)
	}
}

// TestRerouteFullDisk lets the disk run full under the work again and again,
// with room for a page more each time: what was moved stays moved, nobody is
// told twice, and with room again the work goes on to its end.
func TestRerouteFullDisk(t *testing.T) {
	w := newTown(t)
	w.person("coord", "coordinator")
	var ids []report.ID
	for i := range 65 {
		ids = append(ids, w.submit("citizen", w.at(10.6+float64(i)/1000)).ID)
	}
	w.redraw(10.5)
	moved := func() (n int) {
		for _, id := range ids {
			switch events := w.events(id); {
			case events == "submit reroute" && w.in(id) == "E":
				n++
			case events != "submit" || w.in(id) != "W":
				t.Fatalf("%s lies in %s after %q", id, w.in(id), events)
			}
		}
		return n
	}
	var pages int
	if err := w.app.NonconcurrentDB().NewQuery("PRAGMA page_count").Row(&pages); err != nil {
		t.Fatal(err)
	}
	full, before := 0, 0
	for room := 0; ; room++ {
		w.sql(fmt.Sprintf("PRAGMA max_page_count = %d", pages+room))
		run, err := w.desk.Reroute(t.Context())
		if err == nil && run.State == store.ReroutingDone {
			break
		}
		if !errors.Is(err, store.ErrFull) {
			t.Fatalf("with room for %d pages: %v, want %s", room, err, store.ErrFull.Code)
		}
		full++
		if n := moved(); n < before {
			t.Fatalf("%d lie in the east, there were %d", n, before)
		} else {
			before = n
		}
		if room > 500 {
			t.Fatal("no end")
		}
	}
	if full < 5 || moved() != len(ids) {
		t.Errorf("full %d times, %d of %d moved", full, moved(), len(ids))
	}
	if got := w.causes("coord"); !slices.Equal(got, []string{"rerouted"}) {
		t.Errorf("the coordinator was told %v", got)
	}
}

// TestRerouteWhileBordersMove changes the areas in the middle: all end where
// the last areas say, and people are told once, of the whole way.
func TestRerouteWhileBordersMove(t *testing.T) {
	w := newTown(t)
	w.person("coord", "coordinator")
	var ids []report.ID
	for i := range 45 {
		ids = append(ids, w.submit("citizen", w.at(10.6+float64(i)/1000)).ID)
	}
	w.redraw(10.5)
	n := 0
	ctx, cancel := context.WithCancel(t.Context())
	w.watch(func() {
		if n++; n == 2 {
			cancel()
		}
	})
	if run, err := w.desk.Reroute(ctx); !errors.Is(err, context.Canceled) || run.Moved != 20 {
		t.Fatalf("cut off after %d moves, %v", run.Moved, err)
	}
	w.redraw(10.62) // some of them go back
	run := w.reroute()
	for i, id := range ids {
		want := "E"
		if i < 20 {
			want = "W"
		}
		if got := w.in(id); got != want {
			t.Errorf("report %d lies in %s, want %s", i, got, want)
		}
	}
	if !slices.Equal(run.Flows, []store.Flow{{From: "W", To: "E", Reports: 25}}) {
		t.Errorf("flows = %v", run.Flows)
	}
	if got := w.causes("coord"); !slices.Equal(got, []string{"rerouted"}) {
		t.Errorf("the coordinator was told %v", got)
	}
}

// TestRerouteByTwo lets two processes do it at the same time: each report is
// moved once, and everybody told once.
func TestRerouteByTwo(t *testing.T) {
	w := newTown(t)
	w.person("coord", "coordinator")
	var ids []report.ID
	for i := range 50 {
		ids = append(ids, w.submit("citizen", w.at(10.6+float64(i)/1000)).ID)
	}
	w.redraw(10.5)
	var group sync.WaitGroup
	for range 2 {
		w.watch(nil)
		d := w.desk
		group.Go(func() {
			for range 3 {
				if _, err := d.Reroute(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		if got := w.events(id); got != "submit reroute" {
			t.Errorf("%s had %q", id, got)
		}
	}
	if got := w.causes("coord"); !slices.Equal(got, []string{"rerouted"}) {
		t.Errorf("the coordinator was told %v", got)
	}
}

// watch opens the desk anew and has it say when it has committed something.
func (w *town) watch(changed func()) {
	w.t.Helper()
	var err error
	w.desk, err = desk.New(desk.Config{
		Store: store.New(w.app), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler), Changed: changed,
		Policy: report.DefaultPolicy(), Limits: desk.Limits{Photos: 3}, ToleranceM: 500, CodePrefix: "SE", Language: "it",
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
