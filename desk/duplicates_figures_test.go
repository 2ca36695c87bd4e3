package desk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

func TestDismissDuplicate(t *testing.T) {
	w := newTown(t)
	first := w.submit("", w.beside(0))
	away := w.submit("", w.beside(900))
	mine := w.submit("citizen", w.beside(5))
	dismiss := func(who string, undo bool) {
		t.Helper()
		if err := w.desk.DismissDuplicate(t.Context(), w.as(who), string(mine.ID), first.ID, undo); err != nil {
			t.Fatalf("dismiss by %s, undo %v: %v", who, undo, err)
		}
	}
	want := func(what string, citizen, anna int) {
		t.Helper()
		if c, a := len(w.suggested("citizen", mine.ID)), len(w.suggested("anna", mine.ID)); c != citizen || a != anna {
			t.Errorf("%s: the reporter is shown %d and the staff %d, want %d and %d", what, c, a, citizen, anna)
		}
	}
	want("at first", 1, 1)
	dismiss("citizen", false)
	want("dismissed by the reporter", 0, 1)
	dismiss("citizen", true)
	want("taken back", 1, 1)
	dismiss("anna", false)
	want("dismissed by the staff", 0, 0)
	all, err := w.desk.DuplicatesOf(t.Context(), w.as("anna"), mine.Code, "it", true)
	if err != nil || len(all.Duplicates) != 1 || all.Duplicates[0].Dismissed != "staff" {
		t.Errorf("with what was dismissed: %+v, %v", all, err)
	}
	dismiss("citizen", false) // has no effect on what the staff said
	if err := w.desk.DismissDuplicate(t.Context(), w.as("citizen"), string(mine.ID), first.ID, true); !errors.Is(err, desk.ErrNotSuggested) {
		t.Errorf("a reporter takes back what the staff said: %v, want %s", err, desk.ErrNotSuggested.Code)
	}
	dismiss("anna", true)
	want("taken back by the staff", 1, 1)

	for _, tt := range []struct {
		name      string
		who       string
		of        report.ID
		candidate report.ID
		want      *fault.Error
	}{
		{"a report that was never suggested", "anna", mine.ID, away.ID, desk.ErrNotSuggested},
		{"a report that is not there", "anna", mine.ID, "nothing00000000", report.ErrNone},
		{"of a stranger's report", "eva", mine.ID, first.ID, report.ErrNone},
		{"by a guest", "", mine.ID, first.ID, report.ErrNone},
	} {
		if err := w.desk.DismissDuplicate(t.Context(), w.as(tt.who), string(tt.of), tt.candidate, false); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want.Code)
		}
	}
}

func TestDuplicateFigures(t *testing.T) {
	w := newTown(t)
	w.person("mgr", "service_manager")
	total := func(want desk.DuplicateCounts) desk.DuplicateFigures {
		t.Helper()
		f, err := w.desk.DuplicateFigures(t.Context(), w.as("mgr"), "", "", "it")
		if err != nil {
			t.Fatal(err)
		}
		f.Total.AcceptedShare = 0
		if f.Total != want {
			t.Errorf("in all %+v, want %+v", f.Total, want)
		}
		return f
	}
	total(desk.DuplicateCounts{})
	master := w.submit("", w.beside(0))
	linked := w.submit("", w.beside(20))
	total(desk.DuplicateCounts{Shown: 1, Ignored: 1})
	w.suggested("anna", linked.ID) // shown again
	total(desk.DuplicateCounts{Shown: 1, Ignored: 1})
	w.do("anna", "report.linkDuplicate", linked.ID, report.LinkArgs{Master: master.ID})
	total(desk.DuplicateCounts{Shown: 1, Accepted: 1})
	w.do("anna", "report.unlinkDuplicate", linked.ID, report.NoArgs{})
	total(desk.DuplicateCounts{Shown: 1, Ignored: 1})
	w.do("anna", "report.linkDuplicate", master.ID, report.LinkArgs{Master: linked.ID}) // the other way round
	total(desk.DuplicateCounts{Shown: 1, Accepted: 1})

	// A form: shown, followed instead of sent.
	ask := desk.NearPlace{Lon: 10.5 + 15*metre, Lat: 45.5, AccuracyM: 5, ObjectType: "pothole"}
	if _, err := w.desk.DuplicatesNear(t.Context(), w.as("citizen"), ask, "it"); err != nil {
		t.Fatal(err)
	}
	total(desk.DuplicateCounts{Shown: 1, Accepted: 1}) // nothing has come of it yet
	w.do("citizen", "report.interest", linked.ID, report.NoArgs{})
	total(desk.DuplicateCounts{Shown: 2, Accepted: 2})
	w.now = w.now.Add(time.Minute)

	// A form that sends all the same: one question, one suggestion.
	mine := w.beside(10)
	mine.ClientID, ask.ClientID = "client-id-0042", "client-id-0042"
	for range 2 {
		if _, err := w.desk.DuplicatesNear(t.Context(), w.as("citizen"), ask, "it"); err != nil {
			t.Fatal(err)
		}
	}
	sent := w.submit("citizen", mine)
	total(desk.DuplicateCounts{Shown: 3, Accepted: 2, Ignored: 1})
	if err := w.desk.DismissDuplicate(t.Context(), w.as("citizen"), string(sent.ID), linked.ID, false); err != nil {
		t.Fatal(err)
	}
	f := total(desk.DuplicateCounts{Shown: 3, Accepted: 2, Dismissed: 1})
	if len(f.ByObject) != 1 || f.ByObject[0].Code != "pothole" || f.ByObject[0].Object != "Buca" || f.ByObject[0].Shown != 3 {
		t.Errorf("by object %+v", f.ByObject)
	}
	if len(f.ByRank) != 1 || f.ByRank[0].Rank != 1 || f.ByRank[0].Accepted != 2 {
		t.Errorf("by rank %+v", f.ByRank)
	}
	near, far := 0, 0
	for _, b := range f.ByDistance {
		if b.UpToM != nil && *b.UpToM <= 10 {
			near += b.Shown
		} else {
			far += b.Shown
		}
	}
	if near != 2 || far != 1 {
		t.Errorf("by distance %d within 10 m and %d beyond, want 2 and 1", near, far)
	}
	if n := w.count("_duplicate_shown WHERE ask LIKE '%client-id%' OR ask LIKE '%" + w.ids["citizen"] + "%'"); n != 0 {
		t.Errorf("%d rows name a client id or a person", n)
	}
}

func TestDuplicateFiguresRefused(t *testing.T) {
	w := newTown(t)
	for _, tt := range []struct {
		who, from, to string
		want          *fault.Error
		field         string
	}{
		{"", "", "", desk.ErrNoFigures, ""},
		{"citizen", "", "", desk.ErrNoFigures, ""},
		{"ben", "", "", desk.ErrNoFigures, ""},
		{"anna", "", "", desk.ErrNoFigures, ""},
		{"boss", "yesterday", "", desk.ErrPeriod, "from"},
		{"boss", "", "2026-13-01", desk.ErrPeriod, "to"},
		{"boss", "2026-11-20", "2026-11-19", desk.ErrPeriod, "from"},
	} {
		_, err := w.desk.DuplicateFigures(t.Context(), w.as(tt.who), tt.from, tt.to, "it")
		if !errors.Is(err, tt.want) || fault.Of(err).Field != tt.field {
			t.Errorf("%q from %q to %q: %v at %q, want %s at %q", tt.who, tt.from, tt.to, err, fault.Of(err).Field, tt.want.Code, tt.field)
		}
	}
	f, err := w.desk.DuplicateFigures(t.Context(), w.as("boss"), "2026-11-20", "2026-11-20", "it")
	if err != nil || f.From != time.Date(2026, 11, 19, 23, 0, 0, 0, time.UTC) || f.To.Sub(f.From) != 24*time.Hour {
		t.Errorf("a day is from %v to %v (%v), want the whole day in Rome", f.From, f.To, err)
	}
}

// TestMereLooksDoNotCount: whoever only looks moves no figure, and nothing is
// kept of a guest's look, or not for long.
func TestMereLooksDoNotCount(t *testing.T) {
	w := newTown(t)
	w.person("passer", "citizen")
	first := w.submit("", w.beside(0))
	w.submit("citizen", w.beside(10))
	look := func(who, clientID string) {
		t.Helper()
		actor := report.Actor{}
		if who != "" {
			actor = w.as(who)
		}
		near := desk.NearPlace{Lon: 10.5, Lat: 45.5, AccuracyM: 5, ObjectType: "pothole", ClientID: clientID}
		if got, err := w.desk.DuplicatesNear(t.Context(), actor, near, "it"); err != nil || len(got.Duplicates) == 0 {
			t.Fatalf("%q is shown %+v, %v", who, got, err)
		}
		if err := w.desk.FollowDuplicates(t.Context()); err != nil { // as the loop does every second
			t.Fatal(err)
		}
	}
	want := func(what string, counts desk.DuplicateCounts, rows int) {
		t.Helper()
		f, err := w.desk.DuplicateFigures(t.Context(), w.as("boss"), "2026-11-01", "2026-12-31", "it")
		if err != nil {
			t.Fatal(err)
		}
		f.Total.AcceptedShare = 0
		if f.Total != counts {
			t.Errorf("%s: %+v, want %+v", what, f.Total, counts)
		}
		if n := w.count("_duplicate_shown"); n != rows {
			t.Errorf("%s: %d rows are kept, want %d", what, n, rows)
		}
	}
	before := desk.DuplicateCounts{Shown: 1, Ignored: 1}
	want("at first", before, 1)
	for range 300 {
		look("", "")
	}
	want("a guest without a form", before, 1)
	for range 3 {
		look("", "client-of-a-guest")
		look("passer", "")
		look("passer", "client-of-a-passer")
	}
	want("forms that came to nothing", before, 1+3*2)
	w.do("anna", "report.interest", first.ID, report.NoArgs{})
	want("somebody else followed", before, 1+3*2)
	w.now = w.now.Add(30 * time.Minute)
	look("passer", "")
	w.now = w.now.Add(40 * time.Minute) // within an hour of the last time
	w.do("passer", "report.interest", first.ID, report.NoArgs{})
	w.now = w.now.Add(2 * time.Hour)
	look("passer", "") // once more, which takes nothing back
	want("followed instead of sent", desk.DuplicateCounts{Shown: 3, Accepted: 1, Ignored: 2}, 1+3*2)
	mine := w.beside(2)
	mine.ClientID = "client-of-a-guest"
	w.submit("", mine)
	want("sent all the same", desk.DuplicateCounts{Shown: 5, Accepted: 1, Ignored: 4}, 1+3*2)
	w.now = w.now.AddDate(0, 0, 4)
	if err := w.desk.TidyDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("four days later", desk.DuplicateCounts{Shown: 5, Accepted: 1, Ignored: 4}, 1+2*2)
	w.now = w.now.AddDate(2, 0, 0)
	if err := w.desk.TidyDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("two years later", desk.DuplicateCounts{Shown: 3, Ignored: 3}, 1+2)
}

// TestStaffDismissesBothWays: what the staff says of two reports holds for
// both, and so does taking it back; what a reporter says is theirs alone.
func TestStaffDismissesBothWays(t *testing.T) {
	w := newTown(t)
	w.person("passer", "citizen")
	a, c := w.submit("citizen", w.beside(0)).ID, w.submit("passer", w.beside(5)).ID
	dismiss := func(who string, of, candidate report.ID, undo bool) {
		t.Helper()
		if err := w.desk.DismissDuplicate(t.Context(), w.as(who), string(of), candidate, undo); err != nil {
			t.Fatalf("%s dismisses %s of %s, undo %v: %v", who, candidate, of, undo, err)
		}
	}
	want := func(what string, staffA, staffC, citizen, passer int) {
		t.Helper()
		got := [4]int{len(w.suggested("anna", a)), len(w.suggested("anna", c)), len(w.suggested("citizen", a)), len(w.suggested("passer", c))}
		if got != [4]int{staffA, staffC, citizen, passer} {
			t.Errorf("%s: %v are shown, want %d, %d, %d and %d", what, got, staffA, staffC, citizen, passer)
		}
	}
	want("at first", 1, 1, 1, 1)
	dismiss("citizen", a, c, false)
	want("by one reporter", 1, 1, 0, 1)
	dismiss("citizen", a, c, true)
	dismiss("anna", a, c, false)
	want("by the staff", 0, 0, 0, 0)
	all, err := w.desk.DuplicatesOf(t.Context(), w.as("anna"), string(c), "it", true)
	if err != nil || len(all.Duplicates) != 1 || all.Duplicates[0].Dismissed != "staff" {
		t.Errorf("the other way round, with what was dismissed: %+v, %v", all, err)
	}
	if err := w.desk.DismissDuplicate(t.Context(), w.as("passer"), string(c), a, true); !errors.Is(err, desk.ErrNotSuggested) {
		t.Errorf("the other reporter takes it back: %v, want %s", err, desk.ErrNotSuggested.Code)
	}
	dismiss("anna", c, a, true)
	want("taken back the other way round", 1, 1, 1, 1)
	dismiss("anna", c, a, false)
	dismiss("anna", a, c, false)
	dismiss("anna", a, c, true)
	want("said of both and taken back once", 1, 1, 1, 1)
}
