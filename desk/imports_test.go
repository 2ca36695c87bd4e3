package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// feature is a district between two longitudes as a file has it.
func feature(code string, west, east float64) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"name":%q},"geometry":{"type":"Polygon","coordinates":[[[%g,45],[%g,45],[%g,46],[%g,46],[%g,45]]]}}`,
		code, code, west, east, east, west, west)
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

var redrawn = collection(feature("W", 10, 10.5), feature("E", 10.5, 12))

// sent is a file as it arrives with its options.
func sent(file string, o desk.AreaOptions) func(io.Writer) (desk.Upload, error) {
	return func(w io.Writer) (desk.Upload, error) {
		_, err := io.WriteString(w, file)
		return desk.Upload{Name: "confini.geojson", Options: o}, err
	}
}

func (w *town) begin(file string) desk.Import {
	w.t.Helper()
	i, err := w.desk.BeginImport(w.t.Context(), w.as("boss"), "it", sent(file, desk.AreaOptions{Kind: "district"}))
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// worked lets the imports be worked on and returns one as it stands then.
func (w *town) worked(id string) desk.Import {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	if err := w.desk.WorkImports(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.imported(id)
}

func (w *town) imported(id string) desk.Import {
	w.t.Helper()
	i, err := w.desk.AreaImport(w.t.Context(), w.as("boss"), "it", id)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *town) scratch() int {
	w.t.Helper()
	files, err := os.ReadDir(filepath.Join(w.app.DataDir(), "imports"))
	if err != nil {
		w.t.Fatal(err)
	}
	return len(files)
}

func TestImportSteps(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.7)).ID
	i := w.begin(redrawn)
	if i.State != store.ImportReading || i.Size != int64(len(redrawn)) || i.Name != "confini.geojson" {
		t.Fatalf("begun: %+v", i)
	}
	if _, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); !errors.Is(err, desk.ErrImportState) {
		t.Errorf("committed before it was read: %v", err)
	}
	i = w.worked(i.ID)
	if i.State != store.ImportPreviewed || i.Preview == nil || len(i.Preview.Changes.Changed) != 2 || i.Preview.Reports.Moving != 1 {
		t.Fatalf("previewed: %+v", i)
	}
	if n := w.count("areas"); n != 2 {
		t.Errorf("%d areas before the commit", n)
	}
	if i, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); err != nil || i.State != store.ImportCommitting {
		t.Fatalf("committing: %+v, %v", i, err)
	}
	i = w.worked(i.ID)
	if i.State != store.ImportDone || i.Changes == nil || len(i.Changes.Changed) != 2 || w.scratch() != 0 {
		t.Fatalf("done: %+v, %d files", i, w.scratch())
	}
	w.reroute()
	if got := w.in(id); got != "E" {
		t.Errorf("the report lies in %s", got)
	}
	if err := w.desk.DiscardImport(t.Context(), w.as("boss"), i.ID); !errors.Is(err, desk.ErrImportState) {
		t.Errorf("discarded what is done: %v", err)
	}
	if _, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); err != nil {
		t.Errorf("committed twice: %v", err)
	}
}

func TestImportIsForFew(t *testing.T) {
	w := newTown(t)
	i := w.begin(redrawn)
	for _, name := range []string{"citizen", "anna", "lead", "ben"} {
		_, begin := w.desk.BeginImport(t.Context(), w.as(name), "it", sent(redrawn, desk.AreaOptions{Kind: "district"}))
		_, read := w.desk.AreaImport(t.Context(), w.as(name), "it", i.ID)
		_, list := w.desk.AreaImports(t.Context(), w.as(name), "it", 0)
		_, commit := w.desk.CommitImport(t.Context(), w.as(name), "it", i.ID)
		discard := w.desk.DiscardImport(t.Context(), w.as(name), i.ID)
		for _, err := range []error{begin, read, list, commit, discard} {
			if !errors.Is(err, store.ErrNoImport) {
				t.Errorf("%s is answered %v", name, err)
			}
		}
	}
}

func TestImportRefuses(t *testing.T) {
	w := newTown(t)
	for _, c := range []struct{ name, file, code, field string }{
		{"not JSON", "ciao", "geo.not_json", ""},
		{"cut", redrawn[:len(redrawn)-20], "geo.truncated", "features[1]"},
		{"an open ring", collection(strings.Replace(feature("W", 10, 11), ",[10,45]]]", "]]", 1)), "geo.open_ring", "features[0]"},
		{"a bow tie", collection(feature("E", 11, 12), `{"type":"Feature","properties":{"code":"W"},"geometry":{"type":"Polygon","coordinates":[[[10,45],[11,46],[11,45],[10,46],[10,45]]]}}`), "geo.self_intersection", "features[1]"},
		{"no code", collection(strings.Replace(feature("W", 10, 11), `"code":"W",`, "", 1)), "geo.code_missing", "features[0]"},
		{"twice", collection(feature("W", 10, 11), feature("W", 11, 12)), "geo.code_twice", "features[1]"},
	} {
		i := w.begin(c.file)
		i = w.worked(i.ID)
		if i.State != store.ImportRefused || len(i.Problems) == 0 || i.Problems[0].Code != c.code || i.Problems[0].Field != c.field || i.Problems[0].Message == "" {
			t.Errorf("%s: %s %+v", c.name, i.State, i.Problems)
		}
	}
	if w.count("areas") != 2 || w.scratch() != 0 {
		t.Errorf("%d areas and %d files are left", w.count("areas"), w.scratch())
	}
	for _, o := range []desk.AreaOptions{{}, {Kind: "planet"}, {Kind: "overlay"}, {Kind: "district", ValidFrom: "ieri"}, {Kind: "district", Selector: "{"}, {Kind: "district", SnapM: -1}, {Kind: "district", Extent: "mars"}} {
		if _, err := w.desk.BeginImport(t.Context(), w.as("boss"), "it", sent(redrawn, o)); err == nil || w.scratch() != 0 {
			t.Errorf("BeginImport(%+v) = %v, %d files", o, err, w.scratch())
		}
	}
}

// TestImportOfOtherAreas: what a person saw is what is put in force, or
// nothing.
func TestImportOfOtherAreas(t *testing.T) {
	w := newTown(t)
	i := w.begin(redrawn)
	w.worked(i.ID)
	w.redraw(10.9)
	if _, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); !errors.Is(err, desk.ErrPreviewStale) {
		t.Fatalf("CommitImport = %v, want %v", err, desk.ErrPreviewStale)
	}
	if got := w.worked(i.ID); got.State != store.ImportPreviewed {
		t.Fatalf("there is no new preview: %+v", got)
	}
	if _, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); err != nil {
		t.Fatal(err)
	}
	w.redraw(10.8) // after the commit was asked for, before it is done
	got := w.worked(i.ID)
	if got.State != store.ImportPreviewed || len(got.Problems) != 1 || got.Problems[0].Code != desk.ErrPreviewStale.Code {
		t.Errorf("put in force unseen, or without a word: %+v", got)
	}
	if _, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.worked(i.ID); got.State != store.ImportDone || len(got.Problems) != 0 {
		t.Errorf("seen and committed: %+v", got)
	}
}

// TestImportCutOff kills the program at every step: each import is as it was,
// or whole, or refused with a word, and no file outlives it.
func TestImportCutOff(t *testing.T) {
	for _, at := range []string{store.ImportReading, store.ImportChecking, store.ImportCommitting} {
		w := newTown(t)
		i := w.begin(redrawn)
		if at == store.ImportCommitting {
			w.worked(i.ID)
			if _, err := w.desk.CommitImport(t.Context(), w.as("boss"), "it", i.ID); err != nil {
				t.Fatal(err)
			}
		}
		// The power fails as soon as the state is written.
		ctx, cancel := context.WithCancel(t.Context())
		w.sql(fmt.Sprintf(`CREATE TRIGGER power BEFORE UPDATE ON _area_imports WHEN OLD.state = '%s' AND OLD.worker != '' BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`, at))
		if err := w.desk.WorkImports(ctx); err == nil {
			t.Fatalf("%s: not cut off", at)
		}
		cancel()
		w.sql(`DROP TRIGGER power`)
		w.watch(nil) // another process
		got := w.worked(i.ID)
		if got.State != store.ImportRefused || len(got.Problems) != 1 || got.Problems[0].Code != desk.ErrInterrupted.Code {
			t.Errorf("%s: %s, %+v", at, got.State, got.Problems)
		}
		if w.count("areas") != 2 || w.scratch() != 0 || w.count("_area_import_rows") != 2 {
			t.Errorf("%s: %d areas, %d files, %d notes are left", at, w.count("areas"), w.scratch(), w.count("_area_import_rows"))
		}
	}
}

func TestImportDiscard(t *testing.T) {
	w := newTown(t)
	i := w.begin(redrawn)
	if err := w.desk.DiscardImport(t.Context(), w.as("boss"), i.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.desk.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.AreaImport(t.Context(), w.as("boss"), "it", i.ID); !errors.Is(err, store.ErrNoImport) || w.scratch() != 0 {
		t.Errorf("the discarded import: %v, %d files", err, w.scratch())
	}
	for range 8 {
		w.begin(redrawn)
	}
	if _, err := w.desk.BeginImport(t.Context(), report.Actor{ID: report.System}, "it", sent(redrawn, desk.AreaOptions{Kind: "district"})); !errors.Is(err, desk.ErrImportsFull) {
		t.Errorf("the ninth is answered %v", err)
	}
	if err := w.desk.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.AddDate(0, 0, 8)
	if err := w.desk.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.watch(nil)
	if err := w.desk.WorkImports(t.Context()); err != nil || w.scratch() != 0 {
		t.Errorf("after a week: %v, %d files", err, w.scratch())
	}
}

// TestImportWhileWatched asks and discards while the work goes on.
func TestImportWhileWatched(t *testing.T) {
	w := newTown(t)
	one, two := w.begin(redrawn), w.begin(redrawn)
	boss := w.as("boss")
	var group sync.WaitGroup
	group.Go(func() {
		if err := w.desk.WorkImports(t.Context()); err != nil {
			t.Error(err)
		}
	})
	group.Go(func() {
		for range 20 {
			if _, err := w.desk.AreaImports(t.Context(), boss, "it", 10); err != nil {
				t.Error(err)
			}
		}
	})
	group.Go(func() {
		if err := w.desk.DiscardImport(t.Context(), boss, two.ID); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	if _, err := w.desk.AreaImport(t.Context(), boss, "it", two.ID); !errors.Is(err, store.ErrNoImport) {
		t.Errorf("the discarded import: %v", err)
	}
	if got := w.worked(one.ID); got.State != store.ImportPreviewed || w.scratch() != 1 {
		t.Errorf("the other: %+v, %d files", got, w.scratch())
	}
}
