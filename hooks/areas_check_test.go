package hooks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/pbtest"
)

const areaPath = "/api/collections/areas/records"

// rect is a rectangle between two longitudes, as GeoJSON.
func rect(west, east float64) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%g,45],[%g,45],[%g,46],[%g,46],[%g,45]]]}`, west, east, east, west, west))
}

// kept is everything that saving an area writes: the areas, the log of changes,
// and the stamp by which the router knows that they changed.
func (o office) kept(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, q := range []string{
		`SELECT json_group_array(json_array(id, code, name, kind, geometry, minLon, maxLon, areaM2, validFrom, validTo, priority, checkOnly, findings, created, updated)) FROM (SELECT * FROM areas ORDER BY id)`,
		`SELECT json_group_array(json_array(coll, id, ver, seq, del)) FROM (SELECT * FROM _s_rec ORDER BY coll, id)`,
		`SELECT json_group_array(json_array(scope, seq, coll, id, st)) FROM (SELECT * FROM _s_member ORDER BY scope, coll, id)`,
		`SELECT seq FROM _s_clock`,
		`SELECT v FROM _meta WHERE k = 'areaStamp'`,
	} {
		var row string
		if err := o.app.DB().NewQuery(q).Row(&row); err != nil {
			t.Fatal(err)
		}
		out.WriteString(row + "\n")
	}
	return out.String()
}

// TestCheckOnlyKeepsNothing previews what would be saved, in every way an area
// can be, and compares the database before and after to the last byte.
func TestCheckOnlyKeepsNothing(t *testing.T) {
	o := newOffice(t, true)
	id := pbtest.Record(t, o.app, "areas", area(ring("10"), nil))
	o.newReport(t)
	free := pbtest.Record(t, o.app, "areas", area(string(rect(20, 21)), map[string]any{"code": "FR", "name": "Libera"}))
	before := o.kept(t)
	for _, c := range []struct {
		name, method, path string
		body               map[string]any
		says               []string
	}{
		{"a border", "PATCH", "/" + id, map[string]any{"geometry": rect(9, 9.1)}, []string{
			"MI was used for reports: its version would end on ", "and a new version begin then", "MI: loses", "would change owner: 1 of 1 (1 from MI to no area)",
		}},
		{"over its neighbour", "PATCH", "/" + free, map[string]any{"geometry": rect(9.9, 21)}, []string{
			"This version of FR would be rewritten", "FR: gains", "FR and MI cover the same", "change owner: 0 of 1",
		}},
		{"an end", "PATCH", "/" + id, map[string]any{"validTo": "2126-01-01 00:00:00.000Z"}, []string{"MI would end on 2126-01-01 00:00:00 UTC", "1 from MI to no area"}},
		{"a name", "PATCH", "/" + id, map[string]any{"name": "Milano città"}, []string{"Fields that would change: name."}},
		{"nothing", "PATCH", "/" + id, map[string]any{}, []string{"No place would get another owner"}},
		{"a new area", "POST", "", area(string(rect(9.15, 9.25)), map[string]any{"code": "N", "name": "Nuova", "priority": 5}), []string{
			"A new area would begin: district N, since always.", "MI and N cover the same", "1 from MI to N",
		}},
	} {
		c.body = maps.Clone(c.body)
		c.body["checkOnly"] = true
		status, got := o.ask(t, c.method, areaPath+c.path, c.body, "en")
		var answer struct {
			Message string `json:"message"`
			Data    struct {
				Code      string                         `json:"code"`
				Field     string                         `json:"field"`
				CheckOnly struct{ Code, Message string } `json:"checkOnly"`
			} `json:"data"`
		}
		if err := json.Unmarshal(got, &answer); err != nil {
			t.Fatal(err)
		}
		if status != 400 || answer.Data.Code != "area.checked" || answer.Data.Field != "checkOnly" {
			t.Errorf("%s: %d %s", c.name, status, got)
		}
		if under := answer.Data.CheckOnly; under.Code != "area.checked" || under.Message != answer.Message {
			t.Errorf("%s: under the field stands %+v", c.name, under)
		}
		for _, want := range c.says {
			if !strings.Contains(answer.Message, want) {
				t.Errorf("%s says\n%s\nwithout %q", c.name, answer.Message, want)
			}
		}
		if after := o.kept(t); after != before {
			t.Fatalf("%s left\n%s\nwhere there was\n%s", c.name, after, before)
		}
	}
	o.want(t, "PATCH", areaPath+"/"+id, map[string]any{"geometry": rect(9, 9.1), "checkOnly": false}, 200, `"checkOnly":false`)
	if after := o.kept(t); after == before {
		t.Error("a save without the box left everything as it was")
	}
}

// TestCheckOnlyRefusesWhatASaveWould with the same fault.
func TestCheckOnlyRefusesWhatASaveWould(t *testing.T) {
	o := newOffice(t, true)
	id := pbtest.Record(t, o.app, "areas", area(ring("10"), nil))
	o.newReport(t)
	const bowTie = `{"type":"Polygon","coordinates":[[[9,45],[10,46],[10,45],[9,46],[9,45]]]}`
	for _, c := range []struct {
		method, path string
		body         map[string]any
		status       int
		code         string
	}{
		{"PATCH", "/" + id, map[string]any{"geometry": json.RawMessage(bowTie)}, 400, "geo.self_intersection"},
		{"PATCH", "/" + id, map[string]any{"geometry": json.RawMessage(`{"type":"Polygon","coordinates":[[[9,45],[10,45],[10,46],[9,46]]]}`)}, 400, "geo.open_ring"},
		{"PATCH", "/" + id, map[string]any{"code": "ML"}, 409, "area.used"},
		{"PATCH", "/" + id, map[string]any{"name": ""}, 400, "validation_required"},
		{"PATCH", "/" + id, map[string]any{"validFrom": "2027-01-01 00:00:00.000Z", "validTo": "2026-01-01 00:00:00.000Z"}, 400, "geo.area_validity"},
		{"POST", "", area(bowTie, map[string]any{"code": "A"}), 400, "geo.self_intersection"},
		{"POST", "", area(ring("11"), nil), 409, "area.days"},
		{"POST", "", area(ring("11"), map[string]any{"code": "A", "kind": "overlay"}), 400, "geo.area_selector"},
		{"POST", "", area(ring("11"), map[string]any{"code": "A", "kind": "planet"}), 400, "geo.area_kind"},
	} {
		var said [2]string
		for i, only := range []bool{false, true} {
			c.body["checkOnly"] = only
			status, got := o.ask(t, c.method, areaPath+c.path, c.body, "en")
			if status != c.status || !strings.Contains(string(got), c.code) {
				t.Errorf("%s %v with checkOnly = %v: %d %s, want %d with %s", c.method, c.body, only, status, got, c.status, c.code)
			}
			said[i] = string(got)
		}
		if said[0] != said[1] {
			t.Errorf("%s %v: a save says\n%s\nand a check\n%s", c.method, c.body, said[0], said[1])
		}
	}
}

// TestCheckOnlySpeaks the language of whoever asks, and is no error in the log.
func TestCheckOnlySpeaks(t *testing.T) {
	o := newOffice(t, true)
	id := pbtest.Record(t, o.app, "areas", area(ring("10"), nil))
	var seen []error
	o.app.OnRecordUpdateRequest("areas").Bind(&hook.Handler[*core.RecordRequestEvent]{Id: "outermost", Priority: -1, Func: func(e *core.RecordRequestEvent) error {
		err := e.Next()
		seen = append(seen, err)
		return err
	}})
	for lang, want := range map[string]string{
		"it": "Non è stato salvato nulla: checkOnly è attivo.\\n• Questa versione di MI verrebbe riscritta", "en": "Nothing was saved: checkOnly is on.\\n• This version of MI would be rewritten",
		"": "Segnalazioni aperte che cambierebbero area: 0 su 0.",
	} {
		status, got := o.ask(t, "PATCH", areaPath+"/"+id, map[string]any{"geometry": rect(9, 9.5), "checkOnly": true}, lang)
		if status != 400 || strings.Count(string(got), want) != 2 {
			t.Errorf("in %q: %d %s, want %q twice", lang, status, got, want)
		}
	}
	if len(seen) != 3 || slices.ContainsFunc(seen, func(err error) bool { return err != nil }) {
		t.Errorf("PocketBase was handed %v, and logs it", seen)
	}
	// What is refused stands under its field too.
	o.want(t, "PATCH", areaPath+"/"+id, map[string]any{"geometry": nil}, 400, `"geometry":{"code":"geo.empty","message":"The feature has no geometry`)
}

// findings returns what is kept beside the version of an area that has no end.
func (o office) findings(t *testing.T, code string) *desk.AreaFindings {
	t.Helper()
	rec, err := o.app.FindFirstRecordByFilter("areas", "code = '"+code+"' && validTo = ''")
	if err != nil {
		t.Fatal(err)
	}
	if rec.GetBool("checkOnly") {
		t.Errorf("%s is kept with checkOnly", code)
	}
	var out *desk.AreaFindings
	if err := rec.UnmarshalJSONField("findings", &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFindings plants a gap and an overlap, and reads them in the record.
func TestFindings(t *testing.T) {
	o := newOffice(t, true)
	fake := map[string]any{"at": "2020-01-01T00:00:00Z", "list": []any{}, "more": 7}
	o.want(t, "POST", areaPath, area(string(rect(9, 10)), map[string]any{"findings": fake}), 200, `"list":[],"more":0`)
	o.want(t, "POST", areaPath, area(string(rect(10.0001, 11)), map[string]any{"code": "BG", "name": "Bergamo"}), 200, `"kind":"gap"`)
	got := o.findings(t, "BG")
	if len(got.List) != 1 {
		t.Fatalf("beside a gap stands %+v", got)
	}
	f := got.List[0]
	if f.Kind != geo.FoundGap || !slices.Equal(f.Areas, []string{"BG", "MI"}) || f.Place[0] < 10 || f.Place[0] > 10.0001 || f.Place[1] < 45 || f.Place[1] > 46 {
		t.Errorf("the gap is %+v", f)
	}
	if want := 868_600.0; f.AreaM2 < .98*want || f.AreaM2 > 1.02*want || !strings.Contains(f.Text, "che nessuna copre") {
		t.Errorf("the gap is %+v, want of %g m², in the server's language", f, want)
	}

	bergamo, err := o.app.FindFirstRecordByData("areas", "code", "BG")
	if err != nil {
		t.Fatal(err)
	}
	path := areaPath + "/" + bergamo.Id
	o.want(t, "PATCH", path, map[string]any{"name": "Bèrghem", "findings": nil}, 200, `"kind":"gap"`) // the border is the same
	if again := o.findings(t, "BG"); !again.At.Equal(got.At) {
		t.Errorf("the same border was looked at again at %v", again.At)
	}
	o.want(t, "PATCH", path, map[string]any{"geometry": rect(9.999, 11)}, 200, `"kind":"overlap"`)
	if f := o.findings(t, "BG").List[0]; f.Severity != geo.SeverityError || f.AreaM2 < 8.6e6 || f.AreaM2 > 8.8e6 || f.Place[0] < 9.999 || f.Place[0] > 10 {
		t.Errorf("the overlap is %+v", f)
	}
	o.want(t, "PATCH", path, map[string]any{"geometry": rect(10, 11)}, 200, `"list":[],"more":0`)
	o.want(t, "POST", areaPath, area(string(rect(9, 11)), map[string]any{"code": "O", "kind": "overlay", "selector": map[string]any{"siteTypes": []string{"cs"}}, "findings": fake}), 200, `"findings":null`)
}

// TestFindingsOfANewVersion are beside the version they are about, and beside
// the one that whoever edited it still has open.
func TestFindingsOfANewVersion(t *testing.T) {
	o := newOffice(t, true)
	id := pbtest.Record(t, o.app, "areas", area(string(rect(9, 10)), nil))
	pbtest.Record(t, o.app, "areas", area(string(rect(10, 11)), map[string]any{"code": "BG", "name": "Bergamo"}))
	o.newReport(t)
	o.want(t, "PATCH", areaPath+"/"+id, map[string]any{"geometry": rect(9, 10.001), "findings": "x"}, 200, `"kind":"overlap"`)
	got := o.findings(t, "MI")
	fresh, err := o.app.FindFirstRecordByFilter("areas", "code = 'MI' && validTo = ''")
	if err != nil || got.Version != "" {
		t.Fatalf("the new version has %+v, %v", got, err)
	}
	o.want(t, "GET", areaPath+"/"+id, nil, 200, `"version":"`+fresh.Id+`"`)
	if len(got.List) != 1 || got.List[0].Kind != geo.FoundOverlap || !slices.Equal(got.List[0].Areas, []string{"BG", "MI"}) {
		t.Errorf("beside the new version stands %+v", got)
	}
}

// TestFindingsNeverKeepFromSaving: a neighbour that cannot be read is no reason.
func TestFindingsNeverKeepFromSaving(t *testing.T) {
	o := newOffice(t, true)
	pbtest.Record(t, o.app, "areas", area(string(rect(9, 10)), nil))
	if _, err := o.app.DB().NewQuery(`UPDATE areas SET geometry = '{"type":"Polygon"}'`).Execute(); err != nil {
		t.Fatal(err)
	}
	o.want(t, "POST", areaPath, area(string(rect(10, 11)), map[string]any{"code": "BG", "name": "Bergamo"}), 200, `"findings":null`)
}

// TestTheSameBorderIsNoEdit: what was kept otherwise than it would be read today
// gets no new version because somebody changes its name.
func TestTheSameBorderIsNoEdit(t *testing.T) {
	o := newOffice(t, true)
	id := pbtest.Record(t, o.app, "areas", area(string(rect(9, 10)), nil))
	o.newReport(t)
	clockwise := `{"type": "Polygon", "coordinates": [[[9,45],[9,46],[10,46],[10,45],[9,45]]]}`
	if _, err := o.app.DB().NewQuery(`UPDATE areas SET geometry = '` + clockwise + `'`).Execute(); err != nil {
		t.Fatal(err)
	}
	o.want(t, "PATCH", areaPath+"/"+id, map[string]any{"name": "Milano città", "geometry": json.RawMessage(clockwise)}, 200, `"validTo":""`)
	o.want(t, "PATCH", areaPath+"/"+id, map[string]any{"name": "Milan"}, 200, `"validTo":""`)
	n, err := o.app.CountRecords("areas")
	if err != nil || n != 1 {
		t.Errorf("there are %d versions, %v, want 1", n, err)
	}
}

// TestDashboardIsDressed: the dashboard shows our answers line by line, and asks
// in the reader's language.
func TestDashboardIsDressed(t *testing.T) {
	o := newOffice(t, true)
	for _, want := range []string{"white-space: pre-line", "window.app.pb.lang = navigator.language"} {
		o.want(t, "GET", "/_/extensions.js", nil, 200, want)
	}
}
