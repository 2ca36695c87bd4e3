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
	total(desk.DuplicateCounts{Shown: 2, Accepted: 1, Ignored: 1})
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
