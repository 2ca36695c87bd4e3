package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

func (w *town) read(file string, o desk.AreaOptions) (desk.AreaFile, error) {
	w.t.Helper()
	return w.desk.ReadAreas(w.t.Context(), format.File{Name: "x", Data: strings.NewReader(file), Size: int64(len(file))}, o, nil)
}

// What decides about the owner is never guessed.
func TestReadAreasAsksForPriorities(t *testing.T) {
	w := newTown(t)
	with := func(property string) string {
		return strings.Replace(collection(feature("W", 10, 11), feature("E", 11, 12)), `"name":"E"`, `"name":"E",`+property, 1)
	}
	for _, c := range []struct {
		property string
		option   string
		want     int
		refused  bool
	}{
		{`"priority":3`, "", 3, false},
		{`"priority":3.0`, "", 3, false},
		{`"priority":"-3"`, "", -3, false},
		{`"priority":null`, "", 0, false},
		{`"rank":7`, "rank", 7, false},
		{`"priority":"high"`, "rank", 0, false},
		{`"priority":"high"`, "", 0, true},
		{`"priority":1.5`, "", 0, true},
		{`"priority":1e30`, "", 0, true},
	} {
		got, err := w.read(with(c.property), desk.AreaOptions{Kind: "zone", PriorityProperty: c.option})
		if c.refused {
			if !errors.Is(err, geo.ErrPriority) || !strings.Contains(err.Error(), "features[1]") {
				t.Errorf("%s: ReadAreas = %v, want %v of features[1]", c.property, err, geo.ErrPriority)
			}
			continue
		}
		if err != nil || got.Import.Areas[1].Priority != c.want || got.Import.Areas[0].Priority != 0 {
			t.Errorf("%s: ReadAreas = %+v, %v, want priority %d", c.property, got.Import.Areas, err, c.want)
		}
	}
}

func TestReadAreasAsksForTheExtent(t *testing.T) {
	w := newTown(t)
	far := collection(feature("L", -1, 0))
	for extent, want := range map[string]error{"": nil, "world": nil, "italy": geo.ErrExtent} {
		got, err := w.read(far, desk.AreaOptions{Kind: "zone", Extent: extent})
		if !errors.Is(err, want) {
			t.Errorf("in %q: ReadAreas = %v, want %v", extent, err, want)
		}
		if noted := len(got.Notes) == 1 && got.Notes[0].Code == format.NoteExtent.Code; noted != (extent == "") {
			t.Errorf("in %q: notes = %v", extent, got.Notes)
		}
	}
}

// A border that is drawn by hand is read like one of a file: heights are left
// out, and what the area is called is asked for.
func TestByHandAsInAFile(t *testing.T) {
	border, err := desk.ReadBorder(`{"type":"Polygon","coordinates":[[[10,45,7],[11,45,7],[11,46,7],[10,45,7]]]}`)
	if err != nil || len(border) != 1 || len(border[0][0]) != 4 {
		t.Fatalf("ReadBorder = %v, %v, want a triangle", border, err)
	}
	for code, want := range map[string]error{"A": nil, "A\nB": geo.ErrWords, strings.Repeat("A", 201): geo.ErrWords} {
		area := geo.Area{Code: code, Name: "A", Kind: geo.Zone, Geometry: border}
		if _, err := desk.EditArea(nil, area, false, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); !errors.Is(err, want) {
			t.Errorf("EditArea(%.10q) = %v, want %v", code, err, want)
		}
	}
}

// Who reads Italian reads no English in brackets; in English none of it changes.
func TestProblemsInBothLanguages(t *testing.T) {
	w := newTown(t)
	_, err := w.read(collection(feature("W", 10, 11), feature("W", 11, 12)), desk.AreaOptions{Kind: "zone"})
	english, italian := desk.ProblemsOf(err, "en"), desk.ProblemsOf(err, "it")
	if len(english) != 1 || english[0].Detail != "W, at 11.000000,45.000000, also features[0]" || !strings.HasSuffix(english[0].Message, "("+english[0].Detail+").") {
		t.Errorf("ProblemsOf = %+v", english)
	}
	if len(italian) != 1 || italian[0].Detail != "W, presso 11.000000,45.000000, anche features[0]" || !strings.HasSuffix(italian[0].Message, "("+italian[0].Detail+").") {
		t.Errorf("ProblemsOf = %+v", italian)
	}
	i := w.worked(w.begin(collection(feature("W", 10, 11), feature("W", 11, 12))).ID)
	if len(i.Problems) != 1 || i.Problems[0] != italianOf(i.Problems[0], italian[0]) {
		t.Errorf("the import of the same file has %+v, want %+v", i.Problems, italian)
	}
}

// italianOf is what a problem should be, with the place of the one that is.
func italianOf(is, want desk.ImportProblem) desk.ImportProblem {
	if is.Place != nil && want.Place != nil && *is.Place == *want.Place {
		want.Place = is.Place
	}
	return want
}
