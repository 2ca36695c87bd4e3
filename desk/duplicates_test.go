package desk_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/nearby"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

const metre = 1.0 / 78500 // in degrees of longitude, in the middle of the districts

// beside returns a pothole some metres east of 10.5.
func (w *town) beside(metres float64) desk.Submission {
	s := w.at(10.5 + metres*metre)
	s.Title = "Buca"
	return s
}

// relate puts potholes and signs under one heading.
func (w *town) relate() {
	w.t.Helper()
	w.ids["road"] = pbtest.Record(w.t, w.app, "objectTypes", map[string]any{"code": "road", "name": "Road", "nameIt": "Strada", "public": true, "status": "mapped"})
	w.ids["sign"] = pbtest.Record(w.t, w.app, "objectTypes", map[string]any{
		"code": "sign", "name": "Sign", "nameIt": "Segnale", "public": true, "status": "mapped", "parent": w.ids["road"],
	})
	w.set("objectTypes", w.ids["pothole"], "parent", w.ids["road"])
}

func (w *town) set(collection, id, field string, value any) {
	w.t.Helper()
	r, err := w.app.FindRecordById(collection, id)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Set(field, value)
	if err := w.app.Save(r); err != nil {
		w.t.Fatal(err)
	}
}

// suggested asks for the duplicates of a report and returns their ids.
func (w *town) suggested(who string, id report.ID) []report.ID {
	w.t.Helper()
	got, err := w.desk.DuplicatesOf(w.t.Context(), w.as(who), string(id), "en", false)
	if err != nil {
		w.t.Fatalf("duplicates of %s for %q: %v", id, who, err)
	}
	return idsOf(got.Duplicates)
}

func idsOf(all []desk.Duplicate) []report.ID {
	var out []report.ID
	for _, one := range all {
		out = append(out, one.Report)
	}
	return out
}

func TestDuplicatesOnReceipt(t *testing.T) {
	w := newTown(t)
	w.relate()
	far := w.submit("", w.beside(80))
	near := w.submit("", w.beside(0))
	sign := w.beside(3)
	sign.ObjectType = "sign"
	other := w.submit("", sign)
	lamp := w.beside(2)
	lamp.ObjectType = "lamp"
	unlike := w.submit("", lamp)
	w.now = w.now.Add(2 * time.Hour)

	mine := w.beside(10)
	mine.Language = "en"
	got := w.submit("citizen", mine)
	if ids := idsOf(got.Duplicates); !slices.Equal(ids, []report.ID{near.ID, other.ID}) {
		t.Fatalf("suggested %v, want the pothole %s and the sign %s, not %s nor %s", ids, near.ID, other.ID, far.ID, unlike.ID)
	}
	d := got.Duplicates[0]
	if d.Code != near.Code || d.Phase != report.PhaseAnalysis || d.DistanceM < 9.5 || d.DistanceM > 10.5 || d.Hours != 2 || d.Relation != "same" || d.Rank != 1 ||
		d.Object != "Pothole" || !strings.HasPrefix(d.Reason, "10 m away, the same kind of object, reported 2 hours before") {
		t.Errorf("suggestion = %+v", d)
	}
	if d.Title != "" || d.State != "" || d.Priority != 0 || d.TextLikeness != nil {
		t.Errorf("a citizen learns %+v of a stranger's report", d)
	}
	if sib := got.Duplicates[1]; sib.Relation != "sibling" || sib.Score >= d.Score {
		t.Errorf("the sibling = %+v", sib)
	}
	row, err := store.New(w.app).Report(t.Context(), got.ID)
	if err != nil || row.State == report.Duplicate || row.DuplicateOf != "" {
		t.Errorf("the report is %s of %q (%v): nothing may be joined by itself", row.State, row.DuplicateOf, err)
	}
}

// TestDuplicatesOfNobodys: what somebody may not see is never suggested to them,
// and does not crowd out what they may.
func TestDuplicatesOfNobodys(t *testing.T) {
	w := newTown(t)
	open := w.submit("", w.beside(9))
	for i := range 34 {
		s := w.beside(float64(i) / 10)
		s.ConsentPublish = false
		w.submit("", s)
	}
	own := w.beside(5)
	own.ConsentPublish = false
	mine := w.submit("citizen", own)
	w.now = w.now.Add(time.Hour)
	for _, ready := range []bool{false, true} {
		if ready {
			if err := w.desk.FollowDuplicates(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		near := desk.NearPlace{Lon: 10.5, Lat: 45.5, AccuracyM: 5, ObjectType: "pothole"}
		got, err := w.desk.DuplicatesNear(t.Context(), report.Actor{}, near, "it")
		if err != nil {
			t.Fatal(err)
		}
		if ids := idsOf(got.Duplicates); !slices.Equal(ids, []report.ID{open.ID}) || got.RadiusM != 50 {
			t.Errorf("ready = %v: a guest is shown %v within %v m, want only the public report", ready, ids, got.RadiusM)
		}
		theirs, err := w.desk.DuplicatesNear(t.Context(), w.as("citizen"), near, "it")
		if ids := idsOf(theirs.Duplicates); err != nil || !slices.Contains(ids, mine.ID) || !slices.Contains(ids, open.ID) || len(ids) != 2 {
			t.Errorf("ready = %v: a citizen is shown %v (%v), want their own and the public report", ready, ids, err)
		}
		staff, err := w.desk.DuplicatesNear(t.Context(), w.as("anna"), near, "it")
		if err != nil || len(staff.Duplicates) != 5 {
			t.Errorf("ready = %v: the first level is shown %d (%v), want 5", ready, len(staff.Duplicates), err)
		}
		if staff.Duplicates[0].State != report.InAnalysis && staff.Duplicates[0].State != report.Registered {
			t.Errorf("the first level does not see the state: %+v", staff.Duplicates[0])
		}
	}
	if ids := w.suggested("citizen", mine.ID); !slices.Equal(ids, []report.ID{open.ID}) {
		t.Errorf("a citizen is shown %v for a report of their own, want the public one", ids)
	}
	for _, who := range []string{"", "eva"} {
		if _, err := w.desk.DuplicatesOf(t.Context(), w.as(who), string(mine.ID), "it", false); !errors.Is(err, report.ErrNone) {
			t.Errorf("%q asks for the duplicates of a stranger's report: %v, want %s", who, err, report.ErrNone.Code)
		}
	}
	if _, err := w.desk.DuplicatesOf(t.Context(), w.as("citizen"), string(open.ID), "it", false); !errors.Is(err, report.ErrNone) {
		t.Errorf("a citizen asks for the duplicates of a public report: %v, want %s", err, report.ErrNone.Code)
	}
}

// TestDuplicatesFollow: what changes is known to the next question, with the
// index and without.
func TestDuplicatesFollow(t *testing.T) {
	for _, ready := range []bool{false, true} {
		w := newTown(t)
		first := w.submit("", w.beside(0))
		if ready {
			if err := w.desk.FollowDuplicates(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		second := w.submit("", w.beside(10))
		third := w.submit("", w.beside(20))
		want := func(what string, ids ...report.ID) {
			t.Helper()
			if got := w.suggested("anna", third.ID); !slices.Equal(got, ids) {
				t.Errorf("ready = %v, %s: %v, want %v", ready, what, got, ids)
			}
		}
		want("at first", second.ID, first.ID)
		w.do("anna", "report.linkDuplicate", second.ID, report.LinkArgs{Master: first.ID})
		want("a duplicate stands behind its master", first.ID)
		w.do("anna", "report.unlinkDuplicate", second.ID, report.NoArgs{})
		want("parted again", second.ID, first.ID)
		w.do("anna", "report.relocate", first.ID, report.RelocateArgs{Point: &report.Point{Lon: 10.6, Lat: 45.5}, PointSource: report.FromPin})
		want("one moved away", second.ID)
		w.do("anna", "report.reject", second.ID, report.RejectArgs{Code: report.CodeInvalid, Text: "Non è una buca"})
		want("one rejected")
	}
}

func TestDuplicatesClosed(t *testing.T) {
	w := newTown(t)
	old := w.submit("", w.beside(0))
	closed := func(at time.Time) {
		w.t.Helper()
		r, err := store.New(w.app).Report(t.Context(), old.ID)
		if err != nil {
			t.Fatal(err)
		}
		r.State, r.ClosedAt, r.ClosureCode = report.Closed, at, "fixed"
		base := r.Version
		r.Version++
		if err := store.New(w.app).UpdateReport(t.Context(), r, base, w.now); err != nil {
			t.Fatal(err)
		}
	}
	mine := w.submit("citizen", w.beside(5))
	if err := w.desk.FollowDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		ago  time.Duration
		days int
		want int
	}{
		{"yesterday", 24 * time.Hour, 0, 1},
		{"a fortnight ago", 14 * 24 * time.Hour, 0, 1},
		{"before that", 14*24*time.Hour + time.Minute, 0, 0},
		{"four days ago, when the catalogue says three", 4 * 24 * time.Hour, 3, 0},
		{"two days ago, when the catalogue says three", 2 * 24 * time.Hour, 3, 1},
		{"a month ago, when the catalogue says more than one may link to", 30 * 24 * time.Hour, 90, 0},
	} {
		w.set("objectTypes", w.ids["pothole"], "dedupeDays", tt.days)
		closed(w.now.Add(-tt.ago))
		if got := w.suggested("citizen", mine.ID); len(got) != tt.want {
			t.Errorf("closed %s: %d suggested, want %d", tt.name, len(got), tt.want)
		}
	}
	closed(w.now.Add(-24 * time.Hour))
	if _, err := w.desk.Do(t.Context(), w.as("anna"), w.call("report.linkDuplicate", mine.ID, report.LinkArgs{Master: old.ID})); err != nil {
		t.Errorf("what is suggested cannot be linked to: %v", err)
	}
}

func TestDuplicatesRadius(t *testing.T) {
	w := newTown(t)
	w.submit("", w.beside(0))
	mine := w.submit("citizen", w.beside(120))
	if got := w.suggested("citizen", mine.ID); len(got) != 0 {
		t.Errorf("at 120 m: %v, want nothing", got)
	}
	w.set("objectTypes", w.ids["pothole"], "dedupeRadiusM", 200)
	if got := w.suggested("citizen", mine.ID); len(got) != 1 {
		t.Errorf("at 120 m, when the catalogue says 200: %v", got)
	}
	w.set("objectTypes", w.ids["pothole"], "dedupeRadiusM", 0)
	var err error
	w.desk, err = desk.New(desk.Config{
		Store: store.New(w.app), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Policy: report.DefaultPolicy(), Duplicates: desk.DuplicatePolicy{AreaObjects: []string{"pothole"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.suggested("citizen", mine.ID); len(got) != 1 {
		t.Errorf("at 120 m, when potholes are areas: %v", got)
	}
}

func TestDuplicatePhotos(t *testing.T) {
	w := newTown(t)
	with := func(metres float64, seed uint64) desk.Submission {
		s := w.beside(metres)
		s.Photos = []desk.NewPhoto{{Data: photo(t, seed, 10.5, 45.5)}}
		return s
	}
	near, far := w.submit("", with(10, 1)), w.submit("", with(40, 2))
	mine := w.submit("citizen", with(0, 2))
	if n := w.count("_media_likeness"); n != 3 {
		t.Errorf("%d likenesses are kept, want one for each photo", n)
	}
	if d := mine.Duplicates; len(d) != 2 || d[0].Report != near.ID || d[0].PhotoBits != nil || d[0].Photo != "" || d[1].PhotosAlike {
		t.Errorf("photos nobody published are compared for a citizen: %+v", d)
	}
	got, err := w.desk.DuplicatesOf(t.Context(), w.as("anna"), string(mine.ID), "it", false)
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Duplicates; len(d) != 2 || d[0].Report != far.ID || !d[0].PhotosAlike || *d[0].PhotoBits != 0 || d[0].Photo == "" {
		t.Errorf("the first level is not shown the same photo first: %+v", d)
	}
	if _, _, _, err := w.desk.PublicPhoto(t.Context(), far.ID); !errors.Is(err, store.ErrNoMedia) {
		t.Errorf("a photo nobody published: %v, want %s", err, store.ErrNoMedia.Code)
	}
	w.set("media", far.Photos[0].ID, "visibility", "public")
	near2, err := w.desk.DuplicatesNear(t.Context(), report.Actor{}, desk.NearPlace{Lon: 10.5, Lat: 45.5, ObjectType: "pothole"}, "it")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.Index(idsOf(near2.Duplicates), far.ID)
	if i < 0 || !strings.HasSuffix(near2.Duplicates[i].Photo, "/duplicates/"+string(far.ID)+"/photo") {
		t.Errorf("a guest is not shown a published photo: %+v", near2.Duplicates)
	}
	if data, kind, _, err := w.desk.PublicPhoto(t.Context(), far.ID); err != nil || len(data) == 0 || kind != "image/jpeg" {
		t.Errorf("the published photo: %d bytes of %s, %v", len(data), kind, err)
	}
	if w.set("reports", string(far.ID), "consentPublish", false); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.desk.PublicPhoto(t.Context(), far.ID); !errors.Is(err, store.ErrNoMedia) {
		t.Errorf("the photo of a report that is not public: %v, want %s", err, store.ErrNoMedia.Code)
	}
}

func TestDuplicatesNearRefuses(t *testing.T) {
	w := newTown(t)
	for _, tt := range []struct {
		name string
		p    desk.NearPlace
		want *fault.Error
	}{
		{"beyond the pole", desk.NearPlace{Lon: 10, Lat: 91}, geo.ErrNoPosition},
		{"null island", desk.NearPlace{}, geo.ErrNullIsland},
		{"an unknown object", desk.NearPlace{Lon: 10, Lat: 45, ObjectType: "unicorn"}, desk.ErrUnknownObject},
		{"a bad client id", desk.NearPlace{Lon: 10, Lat: 45, ClientID: "x"}, desk.ErrClientID},
	} {
		if _, err := w.desk.DuplicatesNear(t.Context(), report.Actor{}, tt.p, "it"); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want.Code)
		}
	}
}

// TestDuplicatesTidy: what is gone leaves nothing behind.
func TestDuplicatesTidy(t *testing.T) {
	w := newTown(t)
	s := w.beside(0)
	s.Photos = []desk.NewPhoto{{Data: photo(t, 1, 10.5, 45.5)}}
	gone := w.submit("", s)
	w.submit("citizen", w.beside(5))
	if err := w.desk.FollowDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"_duplicate_shown", "_media_likeness"} {
		if n := w.count(table); n != 1 {
			t.Fatalf("%d rows of %s, want 1", n, table)
		}
	}
	for _, row := range [][2]string{{"media", gone.Photos[0].ID}, {"reports", string(gone.ID)}} {
		if _, err := w.app.DB().NewQuery("DELETE FROM " + row[0] + " WHERE id = '" + row[1] + "'").Execute(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.desk.TidyDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"_duplicate_shown", "_media_likeness"} {
		if n := w.count(table); n != 0 {
			t.Errorf("%d rows of %s were left", n, table)
		}
	}
	got, err := w.desk.DuplicatesNear(t.Context(), w.as("anna"), desk.NearPlace{Lon: 10.5, Lat: 45.5, ObjectType: "pothole"}, "it")
	if err != nil || slices.Contains(idsOf(got.Duplicates), gone.ID) {
		t.Errorf("what was deleted is suggested: %v, %v", got, err)
	}
}

// TestDuplicatesAtOnce: people report, ask and dismiss while others follow.
func TestDuplicatesAtOnce(t *testing.T) {
	w := newTown(t)
	guest, anna := report.Actor{}, w.as("anna")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var sent []report.ID
	for i := range 4 {
		wg.Go(func() {
			for n := range 3 {
				got, err := w.desk.Submit(t.Context(), guest, w.beside(float64(i*3+n)))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				sent = append(sent, got.ID)
				mu.Unlock()
				if _, err := w.desk.DuplicatesOf(t.Context(), anna, string(got.ID), "it", false); err != nil {
					t.Error(err)
				}
				if err := w.desk.FollowDuplicates(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := w.desk.DuplicatesOf(t.Context(), anna, string(sent[0]), "it", false)
	if err != nil || len(got.Duplicates) != 5 || slices.Contains(idsOf(got.Duplicates), sent[0]) {
		t.Errorf("afterwards %d are suggested (%v), want 5 others", len(got.Duplicates), err)
	}
	if got.Duplicates[0].Relation != string(nearby.Same) {
		t.Errorf("the first is %q", got.Duplicates[0].Relation)
	}
}

// TestDuplicatesOfACall: a report that comes as a call is answered as a form is.
func TestDuplicatesOfACall(t *testing.T) {
	w := newTown(t)
	first := w.submit("", w.beside(0))
	res := w.do("citizen", "report.submit", "newreport000001", report.SubmitArgs{
		Description: "Una buca", ObjectType: w.ids["pothole"], Point: &report.Point{Lon: 10.5, Lat: 45.5}, PointSource: report.FromGPS, Channel: "mobile", Kind: "fault",
	})
	if ids := idsOf(res.Duplicates); !slices.Equal(ids, []report.ID{first.ID}) {
		t.Errorf("suggested %v, want %s", ids, first.ID)
	}
	if res := w.do("anna", "report.take", res.ID, report.NoArgs{}); res.Duplicates != nil {
		t.Errorf("another call suggests %v", res.Duplicates)
	}
}
