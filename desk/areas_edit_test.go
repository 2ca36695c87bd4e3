package desk_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store"
)

// version returns the version of a district that is in force.
func (w *town) version(code string) geo.Area {
	w.t.Helper()
	all, err := w.desk.AreasInForce(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range all {
		if a.Code == code {
			return a
		}
	}
	w.t.Fatalf("there is no %s", code)
	return geo.Area{}
}

// edited is what an edit of West comes to.
func (w *town) edited(used bool, change func(*geo.Area)) desk.AreaEdit {
	w.t.Helper()
	was := w.version("W")
	is := was
	change(&is)
	edit, err := desk.EditArea(&was, is.Measure(), used, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return edit
}

func boxBetween(west, south, east, north float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}}}
}

func TestEditAreaSplitsWhatWasUsed(t *testing.T) {
	w := newTown(t)
	now := w.now
	future := now.Add(time.Hour)
	type edit = func(was, is *geo.Area)
	smaller := func(_, is *geo.Area) { is.Geometry = box(10, 10.5) }
	for _, c := range []struct {
		name   string
		change edit
		used   bool
		want   int
		err    error
	}{
		{"a name", func(_, is *geo.Area) { is.Name = "Ponente" }, true, 1, nil},
		{"a border nobody was routed by", smaller, false, 1, nil},
		{"a border", smaller, true, 2, nil},
		{"a border that is to be", func(was, is *geo.Area) { was.ValidFrom, is.ValidFrom = future, future; smaller(was, is) }, true, 1, nil},
		{"a border that ended", func(was, is *geo.Area) { was.ValidTo, is.ValidTo = now, now; smaller(was, is) }, true, 0, desk.ErrAreaUsed},
		{"a code", func(_, is *geo.Area) { is.Code = "V" }, true, 0, desk.ErrAreaUsed},
		{"a code nobody used", func(_, is *geo.Area) { is.Code = "V" }, false, 1, nil},
		{"a kind", func(_, is *geo.Area) { is.Kind = geo.Province }, true, 0, desk.ErrAreaUsed},
		{"no code", func(_, is *geo.Area) { is.Code = "" }, false, 0, geo.ErrAreaCode},
		{"a bow tie", func(_, is *geo.Area) {
			is.Geometry = orb.MultiPolygon{{{{10, 45}, {11, 46}, {11, 45}, {10, 46}, {10, 45}}}}
		}, true, 0, geo.ErrSelfIntersection},
	} {
		was := w.version("W")
		is := was
		c.change(&was, &is)
		got, err := desk.EditArea(&was, is, c.used, now)
		if !errors.Is(err, c.err) || (c.err == nil && len(got.Is) != c.want) {
			t.Errorf("EditArea(%s) = %d versions, %v, want %d, %v", c.name, len(got.Is), err, c.want, c.err)
		}
		if got.Splits() && err == nil {
			ended, fresh := got.Is[0], got.Is[1]
			if ended.ID != was.ID || !ended.ValidTo.Equal(now) || fresh.ID != "" || !fresh.ValidFrom.Equal(now) || !ended.Geometry.Equal(was.Geometry) {
				t.Errorf("EditArea(%s) = %+v", c.name, got)
			}
		}
	}
}

// answered is what whoever asks gets of a value.
func answered(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPreviewEditIsThatOfAnImport: whichever way a border comes, the same is
// said of it.
func TestPreviewEditIsThatOfAnImport(t *testing.T) {
	w := newTown(t)
	for _, lon := range []float64{10.2, 10.7, 10.8, 11.2} {
		w.submit("citizen", w.at(lon))
	}
	w.now = w.now.Add(time.Hour)
	borders := map[string]orb.MultiPolygon{"smaller": box(10, 10.75), "over its neighbour": box(10, 11.5), "the same": square(10, 45)}
	for name, border := range borders {
		imported, err := w.desk.PreviewAreas(t.Context(), desk.AreaImport{Areas: []geo.Area{{
			Code: "W", Name: "West", Kind: geo.District, Geometry: border, Source: geo.FromAdmin,
		}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		edited, err := w.desk.PreviewEdit(t.Context(), w.edited(true, func(a *geo.Area) { a.Geometry = border }))
		if err != nil {
			t.Fatal(err)
		}
		if name == "the same" { // then an import looks at everything, and an edit at its area
			imported.Survey, edited.Survey = geo.SurveyReport{}, geo.SurveyReport{}
			imported.Territory.Unchanged, edited.Territory.Unchanged = 0, 0
		}
		if of, by := answered(t, imported), answered(t, edited.AreaPreview); of != by {
			t.Errorf("%s: an import says\n%s\nand an edit\n%s", name, of, by)
		}
	}
}

func TestPreviewEditSaysWhenAndWhat(t *testing.T) {
	w := newTown(t)
	for _, lon := range []float64{10.2, 10.7, 11.2} {
		w.submit("citizen", w.at(lon))
	}
	w.now = w.now.Add(time.Hour)
	later := w.now.AddDate(0, 1, 0)
	is := func(change func(*geo.Area)) desk.AreaEdit { return w.edited(true, change) }
	west := w.version("W")
	over := west
	over.Geometry = box(10, 11.5)
	over = over.Measure()
	fresh := geo.Area{Code: "N", Name: "Nord", Kind: geo.District, Geometry: box(12, 13), Source: geo.FromAdmin}.Measure()
	overlay := fresh
	overlay.Kind, overlay.Code, overlay.Selector.SiteTypes = geo.Overlay, "O", []string{"cs"}
	beside := fresh
	beside.Code, beside.ValidFrom, beside.Geometry = "B", later, box(12.00005, 13)
	for _, c := range []struct {
		name   string
		edit   desk.AreaEdit
		at     time.Time
		moving int
		says   []string
	}{
		{"smaller", is(func(a *geo.Area) { a.Geometry = box(10, 10.5) }), w.now, 1, []string{
			"W was used for reports: its version would end on 2026-11-20 10:00:00 UTC", "W: loses 4343 km², the border moves by up to 39423 m near 11.000000,45.000000.",
			"What W loses would belong to nobody.", "Open reports that would change owner: 1 of 3 (1 from W to no area).",
		}},
		{"smaller", is(func(a *geo.Area) { a.Geometry = box(10, 10.5) }), w.now, 1, []string{
			"it: W è già servita per delle segnalazioni: la sua versione finirebbe il 2026-11-20 10:00:00 UTC",
			"it: W: perde 4343 km², il confine", "it: Segnalazioni aperte che cambierebbero area: 1 su 3 (1 da W a nessuna area).",
		}},
		{"larger", is(func(a *geo.Area) { a.Geometry = box(10, 11.5) }), w.now, 0, []string{"W: gains 4343 km²", "What W gains belongs today to: E 4343 km².", "E and W cover the same 4343", "change owner: 0 of 3."}},
		{"partly over", is(func(a *geo.Area) { a.Geometry = boxBetween(10, 44, 11.5, 46) }), w.now, 0, []string{
			"it: Ciò che W guadagna oggi è di: E 4343 km², nessuna area 13", "W: gains 17",
		}},
		{"after it was over", desk.AreaEdit{Was: &over, Is: []geo.Area{west}}, w.now, 0, []string{
			"W: loses 4343 km²", "What W loses would belong to: E 4343 km².", "it: Ciò che W perde sarebbe di: E 4343 km².",
		}},
		{"it ends", is(func(a *geo.Area) { a.ValidTo = later }), later, 2, []string{
			"W would end on 2026-12-20 10:00:00 UTC.", "W would leave 8686 km².", "2 from W to no area",
		}},
		{"it is gone", desk.AreaEdit{Was: &west}, w.now, 2, []string{"W would end on", "would change owner: 2 of 3 ("}},
		{"a priority", is(func(a *geo.Area) { a.Priority = 2 }), w.now, 0, []string{"W was used for reports: its version would end on", "Fields that would change: priority."}},
		{"a name", is(func(a *geo.Area) { a.Name, a.Remark = "Ponente", "x" }), w.now, 0, []string{
			"This version of W would be rewritten; no other begins.", "Fields that would change: name, remark.", "No gap between neighbours and no overlap",
		}},
		{"another code", w.edited(false, func(a *geo.Area) { a.Code = "V" }), w.now, 0, []string{
			"This version of W would be rewritten as V.", "8686 km² would pass from W to V.",
		}},
		{"nothing", is(func(*geo.Area) {}), w.now, 0, []string{"No place would get another owner", "No gap between neighbours and no overlap"}},
		{"new", desk.AreaEdit{Is: []geo.Area{fresh}}, w.now, 0, []string{
			"A new area would begin: district N, since always.", "N would cover 8686 km².", "What N gains belongs today to nobody.", "No gap between neighbours and no overlap",
		}},
		{"an overlay", desk.AreaEdit{Is: []geo.Area{overlay}}, w.now, 0, []string{"A new area would begin: overlay O", "not: belongs today"}},
		{"new, one day", desk.AreaEdit{Is: []geo.Area{beside}}, later, 0, []string{
			"it: Comincerebbe una nuova area: district B, dal 2026-12-20 10:00:00 UTC.", "it: Fra B e E restano",
		}},
	} {
		p, err := w.desk.PreviewEdit(t.Context(), c.edit)
		if err != nil {
			t.Errorf("PreviewEdit(%s) = %v", c.name, err)
			continue
		}
		if !p.At.Equal(c.at) || p.Reports.Moving != c.moving || !p.Changes.DryRun {
			t.Errorf("PreviewEdit(%s) = at %v, %+v, want at %v, %d moving", c.name, p.At, p.Reports, c.at, c.moving)
		}
		for _, want := range c.says {
			lang := "en"
			if rest, italian := strings.CutPrefix(want, "it: "); italian {
				lang, want = "it", rest
			}
			want, never := strings.CutPrefix(want, "not: ")
			if said := desk.SayEdit(c.edit, p, lang); strings.Contains(said, want) == never {
				t.Errorf("SayEdit(%s, %s) =\n%s\nand %q in it is not %v", c.name, lang, said, want, !never)
			}
		}
	}
	if !slices.Equal(slices.Sorted(func(yield func(string) bool) {
		for code := range w.force() {
			if !yield(code) {
				return
			}
		}
	}), []string{"E", "W"}) {
		t.Errorf("after the previews there are %v", w.force())
	}
}

// TestPreviewDraft asks over the door's side, with what may be left out.
func TestPreviewDraft(t *testing.T) {
	w := newTown(t)
	for _, lon := range []float64{10.2, 10.7, 11.2} {
		w.submit("citizen", w.at(lon))
	}
	w.now = w.now.Add(time.Hour)
	later, before := w.now.AddDate(0, 1, 0), w.now.AddDate(-1, 0, 0)
	border := func(west, east string) json.RawMessage {
		return json.RawMessage(strings.NewReplacer("W", west, "E", east).Replace(`{"type":"Polygon","coordinates":[[[W,45],[E,45],[E,46],[W,46],[W,45]]]}`))
	}
	west := w.version("W").ID
	coming := geo.Area{
		ID: "comingcomingcom", Code: "C", Name: "C", Kind: geo.District, Geometry: box(13, 14), Source: geo.FromAdmin, ValidFrom: later,
	}.Measure()
	if err := store.New(w.app).InsertArea(t.Context(), coming, w.now); err != nil {
		t.Fatal(err)
	}
	read := func(d desk.AreaDraft) func() (desk.AreaDraft, error) {
		return func() (desk.AreaDraft, error) { return d, nil }
	}
	for _, c := range []struct {
		name    string
		draft   desk.AreaDraft
		changes string // added, changed, removed
		moving  int
		at      time.Time
		err     error
	}{
		{"a border by id", desk.AreaDraft{ID: west, Geometry: border("10", "10.5")}, "/W/", 1, w.now, nil},
		{"a border by code", desk.AreaDraft{Kind: geo.District, Code: "W", Geometry: border("10", "10.5")}, "/W/", 1, w.now, nil},
		{"for a day", desk.AreaDraft{Kind: geo.District, Code: "W", Geometry: border("10", "10.5"), ValidFrom: &later}, "/W/", 1, later, nil},
		{"an end", desk.AreaDraft{ID: west, ValidTo: &later}, "//W", 2, later, nil},
		{"removed by id", desk.AreaDraft{ID: west, Remove: true}, "//W", 2, w.now, nil},
		{"removed by code", desk.AreaDraft{Kind: geo.District, Code: "W", Remove: true}, "//W", 2, w.now, nil},
		{"removed before it begins", desk.AreaDraft{ID: coming.ID, Remove: true}, "//C", 0, later, nil},
		{"new", desk.AreaDraft{Kind: geo.District, Code: "N", Geometry: border("12", "13")}, "N//", 0, w.now, nil},
		{"another name", desk.AreaDraft{ID: west, Name: "Ponente"}, "/W/", 0, w.now, nil},
		{"nothing", desk.AreaDraft{ID: west}, "//", 0, w.now, nil},
		{"no such id", desk.AreaDraft{ID: "nowhere"}, "", 0, w.now, desk.ErrNoArea},
		{"no such code", desk.AreaDraft{Kind: geo.District, Code: "X", Remove: true}, "", 0, w.now, desk.ErrNoArea},
		{"no kind", desk.AreaDraft{Code: "W", Geometry: border("10", "10.5")}, "", 0, w.now, desk.ErrAreaOption},
		{"no code", desk.AreaDraft{Kind: geo.District, Geometry: border("10", "10.5")}, "", 0, w.now, desk.ErrAreaOption},
		{"removed and drawn", desk.AreaDraft{ID: west, Remove: true, Geometry: border("10", "10.5")}, "", 0, w.now, desk.ErrAreaOption},
		{"new without a border", desk.AreaDraft{Kind: geo.District, Code: "N"}, "", 0, w.now, geo.ErrEmpty},
		{"a bow tie", desk.AreaDraft{ID: west, Geometry: json.RawMessage(`{"type":"Polygon","coordinates":[[[10,45],[11,46],[11,45],[10,46],[10,45]]]}`)}, "", 0, w.now, geo.ErrSelfIntersection},
		{"no geometry at all", desk.AreaDraft{ID: west, Geometry: json.RawMessage(`7`)}, "", 0, w.now, geo.ErrNotGeoJSON},
		{"another code", desk.AreaDraft{ID: west, Code: "V"}, "", 0, w.now, desk.ErrAreaUsed},
		{"the code of another", desk.AreaDraft{ID: west, Code: "E"}, "", 0, w.now, desk.ErrAreaUsed},
		{"an unknown selector", desk.AreaDraft{ID: west, Selector: json.RawMessage(`{"colour":["red"]}`)}, "", 0, w.now, desk.ErrSelector},
		{"before it began", desk.AreaDraft{Kind: geo.District, Code: "W", Geometry: border("10", "10.5"), ValidFrom: &time.Time{}}, "", 0, w.now, desk.ErrAreaDay},
		{"ends before now", desk.AreaDraft{ID: west, Geometry: border("10", "10.5"), ValidTo: &before}, "", 0, w.now, desk.ErrAreaEnd},
	} {
		p, err := w.desk.PreviewDraft(t.Context(), w.as("boss"), read(c.draft))
		if !errors.Is(err, c.err) {
			t.Errorf("PreviewDraft(%s) = %v, want %v", c.name, err, c.err)
			continue
		}
		got := strings.Join([]string{strings.Join(p.Changes.Added, " "), strings.Join(p.Changes.Changed, " "), strings.Join(p.Changes.Removed, " ")}, "/")
		if err == nil && (got != c.changes || p.Reports.Moving != c.moving || !p.At.Equal(c.at)) {
			t.Errorf("PreviewDraft(%s) = %s, %d moving at %v, want %s, %d at %v", c.name, got, p.Reports.Moving, p.At, c.changes, c.moving, c.at)
		}
	}
	asked := func() (desk.AreaDraft, error) { t.Error("the draft was read"); return desk.AreaDraft{}, nil }
	for who, want := range map[string]error{"": desk.ErrSignIn, "citizen": desk.ErrNothing, "anna": desk.ErrNothing, "lead": desk.ErrNothing} {
		if _, err := w.desk.PreviewDraft(t.Context(), w.as(who), asked); !errors.Is(err, want) {
			t.Errorf("PreviewDraft by %q = %v, want %v", who, err, want)
		}
	}
	east := w.version("E")
	ended := desk.AreaDraft{Kind: geo.District, Code: "E", Geometry: border("11", "12"), ValidFrom: &before}
	if err := store.New(w.app).InTx(t.Context(), func(tx *store.Store) error {
		_, err := tx.EndAreas(t.Context(), east.Kind, []string{"E"}, later, w.now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.PreviewDraft(t.Context(), w.as("boss"), read(ended)); !errors.Is(err, desk.ErrAreaDays) {
		t.Errorf("PreviewDraft on days that another version has = %v, want %v", err, desk.ErrAreaDays)
	}
	w.now = later.AddDate(0, 1, 0) // E has ended, and may come again from now on
	p, err := w.desk.PreviewDraft(t.Context(), w.as("boss"), read(desk.AreaDraft{Kind: geo.District, Code: "E", Geometry: border("11", "12")}))
	if err != nil || !slices.Equal(p.Changes.Added, []string{"E"}) || !p.At.Equal(w.now) {
		t.Errorf("PreviewDraft of what has ended = %+v at %v, %v", p.Changes, p.At, err)
	}
	if n := w.count("areas"); n != 3 {
		t.Errorf("after the previews there are %d areas, want 3", n)
	}
}

// TestFindAround plants a gap and an overlap.
func TestFindAround(t *testing.T) {
	w := newTown(t)
	s := store.New(w.app)
	for _, c := range []struct {
		name   string
		change func(*geo.Area)
		lang   string
		kinds  []geo.FindingKind
		says   string
		near   orb.Point
		areaM2 float64
	}{
		{"as it was", func(*geo.Area) {}, "en", nil, "", orb.Point{}, 0},
		{"over its neighbour", func(a *geo.Area) { a.Geometry = box(10, 11.001) }, "en", []geo.FindingKind{geo.FoundOverlap}, "E and W cover the same 86", orb.Point{11.0005, 45.5}, 8.686e6},
		{"away from it", func(a *geo.Area) { a.Geometry = box(10, 10.9999) }, "it", []geo.FindingKind{geo.FoundGap}, "Fra E e W restano 86", orb.Point{10.99995, 45.5}, 8.686e5},
		{"an overlay", func(a *geo.Area) { a.Geometry, a.Selector.SiteTypes = box(10, 11.5), []string{"cs"} }, "en", nil, "nil", orb.Point{}, 0},
		{"ended", func(a *geo.Area) { a.Geometry, a.ValidTo = box(10, 11.5), w.now }, "en", nil, "nil", orb.Point{}, 0},
	} {
		edit := w.edited(false, c.change)
		got, err := desk.FindAround(t.Context(), s, edit, w.now, c.lang)
		if err != nil {
			t.Fatal(err)
		}
		if c.says == "nil" || got == nil {
			if c.says != "nil" || got != nil {
				t.Errorf("FindAround(%s) = %+v", c.name, got)
			}
			continue
		}
		kinds := []geo.FindingKind(nil)
		for _, f := range got.List {
			kinds = append(kinds, f.Kind)
		}
		if !slices.Equal(kinds, c.kinds) || !got.At.Equal(w.now) {
			t.Errorf("FindAround(%s) = %+v, want %v", c.name, got, c.kinds)
			continue
		}
		if len(c.kinds) == 0 {
			continue
		}
		f := got.List[0]
		if !strings.Contains(f.Text, c.says) || !slices.Equal(f.Areas, []string{"E", "W"}) {
			t.Errorf("FindAround(%s) says %q of %v, want %q", c.name, f.Text, f.Areas, c.says)
		}
		if dx, dy := f.Place[0]-c.near[0], f.Place[1]-c.near[1]; dx*dx > 1e-6 || dy*dy > .25 || f.AreaM2 < .98*c.areaM2 || f.AreaM2 > 1.02*c.areaM2 {
			t.Errorf("FindAround(%s) = at %v, %g m², want at %v, %g", c.name, f.Place, f.AreaM2, c.near, c.areaM2)
		}
	}
}

// TestFindAroundShowsEachKind: many overlaps do not hide a gap.
func TestFindAroundShowsEachKind(t *testing.T) {
	w := newTown(t)
	comb := orb.Ring{{10, 45}} // a border that goes over the neighbour's twelve times, and once stops short of it
	for i := range 12 {
		y := 45.02 + float64(i)*.05
		comb = append(comb, orb.Point{11, y}, orb.Point{11.01, y + .01}, orb.Point{11, y + .02})
	}
	comb = append(comb, orb.Point{11, 45.9}, orb.Point{10.9999, 45.92}, orb.Point{11, 45.94}, orb.Point{11, 46}, orb.Point{10, 46}, orb.Point{10, 45})
	comb = slices.Insert(comb, 1, orb.Point{11, 45})
	edit := w.edited(false, func(a *geo.Area) { a.Geometry = orb.MultiPolygon{{comb}} })
	got, err := desk.FindAround(t.Context(), store.New(w.app), edit, w.now, "en")
	if err != nil {
		t.Fatal(err)
	}
	of := map[geo.FindingKind]int{}
	for _, f := range got.List {
		of[f.Kind]++
	}
	if of[geo.FoundOverlap] != 8 || of[geo.FoundGap] != 1 || got.More != got.Totals[geo.FoundOverlap]-8 || got.Totals[geo.FoundOverlap] != 12 {
		t.Errorf("FindAround = %v of %v and %d more", of, got.Totals, got.More)
	}
}
