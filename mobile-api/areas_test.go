package mobileapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	mobileapi "github.com/sestante/sestante/mobile-api"
	"github.com/sestante/sestante/store"
)

// borders is a file that moves the border between the districts of the town.
func borders(lon float64) string {
	one := func(code, name string, west, east float64) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"sigla":%q,"nome":%q},"geometry":{"type":"Polygon","coordinates":[[[%g,45],[%g,45],[%g,46],[%g,46],[%g,45]]]}}`,
			code, name, west, east, east, west, west)
	}
	return `{"type":"FeatureCollection","features":[` + one("W", "West", 10, lon) + `,` + one("E", "East", lon, 12) + `]}`
}

const importPath = "areas/imports?kind=district&codeProperty=sigla&nameProperty=nome"

// worked lets the server's loops take a turn, and returns an import.
func (s *site) worked(t testing.TB, id string) desk.Import {
	t.Helper()
	s.later(time.Minute)
	if err := s.desk.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Reroute(t.Context()); err != nil {
		t.Fatal(err)
	}
	var i desk.Import
	s.want(t, ask{who: "anna", method: "GET", path: "areas/imports/" + id}, 200, &i)
	return i
}

func TestImportAreasOverHTTP(t *testing.T) {
	s := newSite(t)
	s.promote(t, "service_manager")
	moves := s.report(t, "citizen", 10.8, 45.5)
	var i desk.Import
	s.want(t, ask{who: "anna", method: "POST", path: importPath, body: borders(10.7), kind: "application/geo+json"}, 202, &i)
	if i.State != store.ImportReading || i.Options.CodeProperty != "sigla" {
		t.Errorf("begun: %+v", i)
	}
	s.wantFault(t, ask{who: "anna", method: "POST", path: "areas/imports/" + i.ID + "/commit"}, 409, "area.import_state", "")
	i = s.worked(t, i.ID)
	if i.State != store.ImportPreviewed || i.Preview.Reports.Moving != 1 || i.Preview.Reports.First[0].Code != moves.Code {
		t.Fatalf("previewed: %+v", i)
	}
	s.want(t, ask{who: "anna", method: "POST", path: "areas/imports/" + i.ID + "/commit"}, 202, nil)
	if i = s.worked(t, i.ID); i.State != store.ImportDone || len(i.Changes.Changed) != 2 {
		t.Fatalf("done: %+v", i)
	}
	var runs mobileapi.Reroutes
	s.want(t, ask{who: "anna", method: "GET", path: "areas/reroutes?limit=1"}, 200, &runs)
	if len(runs.Reroutes) != 1 || runs.Reroutes[0].Moved != 1 || runs.Reroutes[0].State != store.ReroutingDone {
		t.Errorf("re-routings: %+v", runs)
	}
	var versions mobileapi.AreaVersions
	s.want(t, ask{who: "anna", method: "GET", path: "areas/history?kind=district&code=W"}, 200, &versions)
	if len(versions.Versions) != 2 || !versions.Versions[1].InForce {
		t.Errorf("versions: %+v", versions)
	}
	s.later(time.Minute)
	var back desk.AreaChanges
	s.want(t, ask{who: "anna", method: "POST", path: "areas/imports/last/revert"}, 200, &back)
	if len(back.Changed) != 2 {
		t.Errorf("reverted: %+v", back)
	}
	var list mobileapi.Imports
	s.want(t, ask{who: "anna", method: "GET", path: "areas/imports"}, 200, &list)
	if len(list.Imports) != 3 || list.Imports[0].Reverts != i.ID {
		t.Errorf("imports: %+v", list)
	}
	s.wantFault(t, ask{who: "anna", method: "DELETE", path: "areas/imports/" + i.ID}, 409, "area.import_state", "")
}

// TestSurveyOverHTTP: who may change the territory is told where it does not
// fit together.
func TestSurveyOverHTTP(t *testing.T) {
	s := newSite(t)
	s.wantFault(t, getOf("ben", "areas/survey"), 404, "area.nothing", "")
	s.wantFault(t, getOf("anna", "areas/survey"), 404, "area.nothing", "")
	s.promote(t, "service_manager")
	s.wantFault(t, getOf("anna", "areas/survey?kind=moon"), 400, "area.option", "kind")
	s.wantFault(t, getOf("anna", "areas/history?kind=moon"), 400, "area.option", "kind")
	s.wantFault(t, getOf("anna", "areas/survey?code=moon"), 404, "area.none", "code")
	var found geo.SurveyReport
	s.want(t, getOf("anna", "areas/survey?kind=district"), 200, &found)
	if found.Areas != 2 || len(found.Findings) != 0 {
		t.Errorf("neighbours that meet: %+v", found)
	}
	_, err := s.desk.ImportAreas(t.Context(), []geo.Area{{Kind: geo.District, Code: "X", Name: "Middle", Geometry: orb.MultiPolygon{{{{10.9, 45.2}, {11.1, 45.2}, {11.1, 45.4}, {10.9, 45.4}, {10.9, 45.2}}}}}}, time.Time{}, false)
	if err != nil {
		t.Fatal(err)
	}
	s.want(t, getOf("anna", "areas/survey?kind=district&code=X"), 200, &found)
	if len(found.Findings) != 2 || found.Findings[0].Kind != geo.FoundOverlap || found.Findings[0].AreaM2 < 1e8 || found.Worst() != geo.SeverityError {
		t.Errorf("one over two: %+v", found)
	}
}

func TestImportFormsOverHTTP(t *testing.T) {
	s := newSite(t, func(c *mobileapi.Config) { c.MaxImport = 1 << 20 })
	s.promote(t, "admin")
	options := [][2]string{{"kind", "district"}, {"codeProperty", "sigla"}, {"nameProperty", "nome"}, {"replace", "true"}, {"snapM", "0.5"}}
	var i desk.Import
	s.want(t, ask{who: "anna", method: "POST", path: "areas/imports", body: form{fields: options, files: []file{{"file", "confini.json", []byte(borders(10.5))}}}}, 202, &i)
	if i.Name != "confini.json" || !i.Options.Replace || i.Options.SnapM != 0.5 {
		t.Errorf("begun: %+v", i)
	}
	s.want(t, ask{who: "anna", method: "DELETE", path: "areas/imports/" + i.ID}, 204, nil)
	s.wantFault(t, ask{who: "anna", method: "GET", path: "areas/imports/" + i.ID}, 404, "area.import_none", "")
	one := file{"file", "x", []byte(borders(10.5))}
	for _, c := range []struct {
		name string
		body any
		kind string
		path string
		want int
		code string
		in   string
	}{
		{"no file", form{fields: options}, "", "areas/imports", 400, "api.required", "file"},
		{"two files", form{fields: options, files: []file{one, one}}, "", "areas/imports", 400, "api.value", "file"},
		{"unknown field", form{fields: [][2]string{{"colour", "red"}}, files: []file{one}}, "", "areas/imports", 400, "api.unknown_field", "colour"},
		{"twice", form{fields: options, files: []file{one}}, "", "areas/imports?kind=zone", 400, "api.value", "kind"},
		{"no kind", borders(10.5), "application/json", "areas/imports", 400, "area.option", "kind"},
		{"a bad number", borders(10.5), "application/json", "areas/imports?kind=district&snapM=mezzo", 400, "api.value", "snapM"},
		{"a bad word", borders(10.5), "application/json", "areas/imports?kind=district&replace=si", 400, "api.value", "replace"},
		{"too large", strings.Repeat(" ", 3<<20), "application/json", "areas/imports?kind=district", 413, "api.too_large", ""},
	} {
		a := ask{who: "anna", method: "POST", path: c.path, body: c.body, kind: c.kind, lang: "en"}
		r := s.do(t, a)
		if r.status != c.want || !strings.Contains(string(r.body), c.code) || (c.in != "" && !strings.Contains(string(r.body), `"field":"`+c.in+`"`)) {
			t.Errorf("%s: %d %s, want %d %s in %q", c.name, r.status, r.body, c.want, c.code, c.in)
		}
	}
	var list mobileapi.Imports
	s.want(t, ask{who: "anna", method: "GET", path: "areas/imports"}, 200, &list)
	if len(list.Imports) != 1 {
		t.Errorf("imports: %+v", list)
	}
}

// TestImportsAreHidden: whoever may not change the territory learns nothing.
func TestImportsAreHidden(t *testing.T) {
	s := newSite(t)
	for _, who := range []string{"citizen", "ben", "anna"} {
		for _, a := range []ask{
			{method: "GET", path: "areas/imports"},
			{method: "GET", path: "areas/imports/last"},
			{method: "DELETE", path: "areas/imports/last"},
			{method: "POST", path: importPath, body: borders(10.5), kind: "application/json"},
			{method: "POST", path: "areas/imports/last/commit"},
			{method: "POST", path: "areas/imports/last/revert"},
		} {
			a.who = who
			s.wantFault(t, a, 404, "area.import_none", "")
		}
		for _, path := range []string{"areas/history", "areas/reroutes"} {
			s.wantFault(t, getOf(who, path), 404, "area.nothing", "")
		}
	}
	s.wantFault(t, ask{method: "GET", path: "areas/imports"}, 401, "api.sign_in", "")
}

// TestImportProblemsAreSaid in the reader's language, with name and place.
func TestImportProblemsAreSaid(t *testing.T) {
	s := newSite(t)
	s.promote(t, "admin")
	bad := strings.Replace(borders(10.5), `[12,45],[12,46]`, `[12,46],[12,45]`, 1)
	var i desk.Import
	s.want(t, ask{who: "anna", method: "POST", path: importPath, body: bad, kind: "text/plain"}, 202, &i)
	i = s.worked(t, i.ID)
	if i.State != store.ImportRefused || len(i.Problems) != 1 {
		t.Fatalf("%+v", i)
	}
	p := i.Problems[0]
	if p.Code != "geo.self_intersection" || p.Name != "E" || p.Place == nil || !strings.Contains(p.Message, "Il confine") {
		t.Errorf("%+v", p)
	}
	s.want(t, ask{who: "anna", method: "GET", path: "areas/imports/" + i.ID, lang: "en"}, 200, &i)
	if !strings.Contains(i.Problems[0].Message, "The border") {
		t.Errorf("%+v", i.Problems[0])
	}
}
