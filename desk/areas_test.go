package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

func district(code string, g orb.MultiPolygon) geo.Area {
	return geo.Area{Code: code, Name: code, Kind: geo.District, Geometry: g, Source: geo.FromAdmin}
}

// put imports areas an hour later.
func (w *town) put(imp desk.AreaImport) desk.AreaChanges {
	w.t.Helper()
	w.now = w.now.Add(time.Hour)
	imp.Person = report.System
	c, err := w.desk.PutAreas(w.t.Context(), imp)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// force lists the codes of the districts in force, and where each begins.
func (w *town) force() map[string]float64 {
	w.t.Helper()
	all, err := w.desk.AreasInForce(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]float64{}
	for _, a := range all {
		out[a.Code] = a.Bound.Max.Lon()
	}
	return out
}

func wantForce(t *testing.T, when string, got map[string]float64, want map[string]float64) {
	t.Helper()
	same := len(got) == len(want)
	for code, east := range want {
		same = same && got[code] == east
	}
	if !same {
		t.Errorf("%s there are %v, want %v", when, got, want)
	}
}

// TestReplaceAndRevert changes a set, adds to it and takes from it, and goes
// back, step by step.
func TestReplaceAndRevert(t *testing.T) {
	w := newTown(t)
	first := map[string]float64{"W": 11, "E": 12}
	wantForce(t, "at first", w.force(), first)

	c := w.put(desk.AreaImport{Replace: true, Name: "nuovi.geojson", Areas: []geo.Area{district("W", box(10, 10.5)), district("N", box(10.5, 11))}})
	if !slices.Equal(c.Added, []string{"N"}) || !slices.Equal(c.Changed, []string{"W"}) || !slices.Equal(c.Removed, []string{"E"}) {
		t.Errorf("changes = %+v", c)
	}
	second := map[string]float64{"W": 10.5, "N": 11}
	wantForce(t, "after the import", w.force(), second)
	c = w.put(desk.AreaImport{Areas: []geo.Area{district("N", box(10.5, 11.5))}})
	wantForce(t, "after the second", w.force(), map[string]float64{"W": 10.5, "N": 11.5})
	if len(c.Changed) != 1 {
		t.Errorf("changes = %+v", c)
	}

	imports, err := w.desk.AreaImports(t.Context(), w.as("boss"), "it", 10)
	if err != nil || len(imports) != 3 || imports[1].Name != "nuovi.geojson" || imports[1].State != store.ImportDone {
		t.Fatalf("the imports are %+v, %v", imports, err)
	}
	w.now = w.now.Add(time.Hour)
	if _, err := w.desk.RevertAreas(t.Context(), report.System, imports[1].ID, false); !errors.Is(err, desk.ErrChangedSince) {
		t.Errorf("RevertAreas of what changed since = %v", err)
	}
	for _, step := range []struct {
		id   string
		want map[string]float64
	}{{"last", second}, {"last", first}, {"the revert", second}, {"last", first}} {
		w.now = w.now.Add(time.Hour)
		if step.id == "the revert" { // an import like others
			if imports, err = w.desk.AreaImports(t.Context(), w.as("boss"), "it", 1); err != nil {
				t.Fatal(err)
			}
			step.id = imports[0].ID
		}
		dry, err := w.desk.RevertAreas(t.Context(), report.System, step.id, true)
		if err != nil || !dry.Any() {
			t.Fatalf("RevertAreas(%s, dry) = %+v, %v", step.id, dry, err)
		}
		if _, err := w.desk.RevertAreas(t.Context(), report.System, step.id, false); err != nil {
			t.Fatalf("RevertAreas(%s) = %v", step.id, err)
		}
		wantForce(t, "after the revert", w.force(), step.want)
	}
	versions, err := w.desk.AreaHistory(t.Context(), geo.District, "W")
	if err != nil || len(versions) != 5 || !versions[4].InForce || versions[0].InForce || !versions[0].ValidTo.Equal(versions[1].ValidFrom) {
		t.Errorf("the history of W is %+v, %v", versions, err)
	}
	if _, err := w.desk.RevertAreas(t.Context(), report.System, "nosuchimport001", false); !errors.Is(err, store.ErrNoImport) {
		t.Errorf("RevertAreas of nothing = %v", err)
	}
}

// TestRevertOfWhatIsPlanned: an import for a day that has not come is taken back
// without a trace in the territory, and stands in the way until then.
func TestRevertOfWhatIsPlanned(t *testing.T) {
	w := newTown(t)
	day := w.now.AddDate(0, 2, 0)
	before, err := w.desk.AreaHistory(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	w.put(desk.AreaImport{From: day, Replace: true, Areas: []geo.Area{district("W", box(10, 10.5)), district("N", box(10.5, 11))}})
	wantForce(t, "before the day", w.force(), map[string]float64{"W": 11, "E": 12})

	now := []geo.Area{district("W", square(10, 45))}
	now[0].Name = "West"
	if c, err := w.desk.ImportAreas(t.Context(), now, time.Time{}, true); err != nil || !slices.Equal(c.Unchanged, []string{"W"}) {
		t.Errorf("what is in force until then = %+v, %v, want it unchanged", c, err)
	}
	_, err = w.desk.ImportAreas(t.Context(), []geo.Area{district("W", box(10, 10.5))}, time.Time{}, true)
	if !errors.Is(err, desk.ErrAreaDay) {
		t.Errorf("what is planned, for now = %v, want %v", err, desk.ErrAreaDay)
	}

	w.now = w.now.Add(time.Hour)
	for _, dry := range []bool{true, false} {
		c, err := w.desk.RevertAreas(t.Context(), report.System, "last", dry)
		if err != nil || !slices.Equal(c.Changed, []string{"W"}) || !slices.Equal(c.Removed, []string{"N"}) || !slices.Equal(c.Added, []string{"E"}) {
			t.Fatalf("RevertAreas(dry %v) = %+v, %v", dry, c, err)
		}
	}
	took, err := w.desk.AreaImports(t.Context(), w.as("boss"), "it", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.RevertAreas(t.Context(), report.System, took[0].ID, false); !errors.Is(err, desk.ErrWithdrawn) {
		t.Errorf("RevertAreas of what took it back = %v, want %v", err, desk.ErrWithdrawn)
	}
	after, err := w.desk.AreaHistory(t.Context(), "", "")
	if err != nil || !slices.Equal(after, before) {
		t.Errorf("the territory is %+v, %v, want %+v", after, err, before)
	}
	w.put(desk.AreaImport{Areas: []geo.Area{district("W", box(10, 10.7))}})
	wantForce(t, "now", w.force(), map[string]float64{"W": 10.7, "E": 12})

	w.put(desk.AreaImport{From: day, Areas: []geo.Area{district("W", box(10, 10.5))}})
	w.put(desk.AreaImport{From: day.AddDate(0, 1, 0), Areas: []geo.Area{district("W", box(10, 10.4))}})
	imports, err := w.desk.AreaImports(t.Context(), w.as("boss"), "it", 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.RevertAreas(t.Context(), report.System, imports[1].ID, false); !errors.Is(err, desk.ErrChangedSince) {
		t.Errorf("RevertAreas of what another follows = %v, want %v", err, desk.ErrChangedSince)
	}
	for range 2 {
		if _, err := w.desk.RevertAreas(t.Context(), report.System, "last", false); err != nil {
			t.Fatal(err)
		}
	}
	if versions, err := w.desk.AreaHistory(t.Context(), geo.District, "W"); err != nil || len(versions) != 2 {
		t.Errorf("the history of W is %+v, %v", versions, err)
	}
}

// TestRoundedImport: a file that went through another program differs in the
// last decimals, and changes nothing but what was redrawn in it.
func TestRoundedImport(t *testing.T) {
	w := newTown(t)
	w.put(desk.AreaImport{Areas: []geo.Area{district("W", box(10, 10.7)), district("E", box(10.7, 12)), district("N", box(12, 12.5))}})
	back := func(g orb.MultiPolygon) orb.MultiPolygon {
		for i := range g[0][0] {
			g[0][0][i][0] += 3e-8
			g[0][0][i][1] -= 4e-8
		}
		return g
	}
	north := box(12, 12.8)
	c := w.put(desk.AreaImport{Areas: []geo.Area{district("W", back(box(10, 10.7))), district("E", back(box(10.7, 12))), district("N", back(north))}})
	if !slices.Equal(c.Unchanged, []string{"W", "E"}) || !slices.Equal(c.Changed, []string{"N"}) {
		t.Errorf("changes = %+v", c)
	}
	all, err := w.desk.AreasInForce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Code == "N" && (a.Bound.Min.Lon() != 12 || a.Bound.Max.Lon() < 12.79) {
			t.Errorf("N reaches from %v to %v: it no longer meets E", a.Bound.Min.Lon(), a.Bound.Max.Lon())
		}
	}
	if c := w.put(desk.AreaImport{Areas: []geo.Area{district("W", box(10, 10.700_001))}}); len(c.Changed) != 1 {
		t.Errorf("a border moved by eight centimetres: %+v", c)
	}
}

// TestParentsStay: an area that is redrawn, that comes back, or whose parent is
// redrawn in the same import keeps its parent, in the version that stands.
func TestParentsStay(t *testing.T) {
	w := newTown(t)
	macro := geo.Area{Code: "M", Name: "M", Kind: geo.MacroArea, Geometry: box(9, 13), Source: geo.FromAdmin}
	child := district("N", box(12, 12.5))
	child.Parent = geo.SeedID(geo.MacroArea, "M")
	parent := func(when string) {
		t.Helper()
		all, err := w.desk.AreasInForce(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var m, n geo.Area
		for _, a := range all {
			switch a.Code {
			case "M":
				m = a
			case "N":
				n = a
			}
		}
		if m.ID == "" || n.Parent != m.ID {
			t.Errorf("%s the parent of N is %q, want %q", when, n.Parent, m.ID)
		}
	}
	w.put(desk.AreaImport{Areas: []geo.Area{macro, child}})
	parent("at first")
	w.put(desk.AreaImport{Areas: []geo.Area{district("N", box(12, 12.7))}})
	parent("redrawn without a word")
	macro.Geometry = box(8, 13)
	w.put(desk.AreaImport{Areas: []geo.Area{macro, district("N", box(12, 12.8))}})
	parent("redrawn with its parent")
	for range 2 {
		w.now = w.now.Add(time.Hour)
		if _, err := w.desk.RevertAreas(t.Context(), report.System, "last", false); err != nil {
			t.Fatal(err)
		}
		parent("reverted")
	}
	w.put(desk.AreaImport{Replace: true, Areas: []geo.Area{district("W", square(10, 45))}})
	w.put(desk.AreaImport{Areas: []geo.Area{district("N", box(12, 12.9))}})
	parent("back again")
}

// TestPreview says before what the re-routing then does.
func TestPreview(t *testing.T) {
	w := newTown(t)
	for i := range 12 {
		w.submit("citizen", w.at(10.05+float64(i)/12))
	}
	w.now = w.now.Add(time.Hour)
	imp := desk.AreaImport{Replace: true, Person: report.System, Areas: []geo.Area{
		district("W", box(10, 10.5)), district("N", box(10.500001, 11)), district("S", box(10.7, 10.8)),
	}}
	told := int64(0)
	var steps []string
	p, err := w.desk.PreviewAreas(t.Context(), imp, func(step string, done, _ int64) {
		steps = append(steps, step)
		told = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Changes.Added, []string{"N", "S"}) || !slices.Equal(p.Changes.Removed, []string{"E"}) || !p.Changes.DryRun {
		t.Errorf("changes = %+v", p.Changes)
	}
	if p.Reports.Checked != 12 || told != 12 || p.Reports.Moving == 0 || len(p.Reports.First) != p.Reports.Moving {
		t.Errorf("reports = %+v, told %d", p.Reports, told)
	}
	if !slices.Equal(steps, []string{desk.StepAreas, desk.StepTerritory, desk.StepSurvey, desk.StepReports}) {
		t.Errorf("the steps were %v", steps)
	}
	if p.Survey.Totals[geo.FoundOverlap] == 0 || p.Survey.Totals[geo.FoundGap] == 0 {
		t.Errorf("survey = %+v", p.Survey)
	}
	if len(p.Territory.Added) != 2 || len(p.Territory.Removed) != 1 || len(p.Territory.Changed) != 1 || len(p.Territory.Transfers) == 0 {
		t.Errorf("territory = %+v", p.Territory)
	}
	if n := w.count("areas"); n != 2 {
		t.Errorf("a preview left %d areas", n)
	}
	w.put(imp)
	run := w.reroute()
	if run.Moved != p.Reports.Moving || !slices.Equal(run.Flows, p.Reports.Flows) {
		t.Errorf("the preview said %+v, and %+v came", p.Reports, run)
	}
}

// TestAreasThatComeBack: a code that ended begins anew after its end, not
// always.
func TestAreasThatComeBack(t *testing.T) {
	w := newTown(t)
	w.put(desk.AreaImport{Replace: true, Areas: []geo.Area{district("W", square(10, 45))}})
	w.put(desk.AreaImport{Areas: []geo.Area{district("E", box(11, 11.5))}})
	wantForce(t, "now", w.force(), map[string]float64{"W": 11, "E": 11.5})
	_, err := w.desk.ImportAreas(t.Context(), []geo.Area{district("W", box(10, 10.6))}, w.now.AddDate(0, 0, -4), false)
	if !errors.Is(err, desk.ErrAreaDay) {
		t.Errorf("a version before another = %v, want %v", err, desk.ErrAreaDay)
	}
}
