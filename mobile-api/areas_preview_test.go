package mobileapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
)

// TestPreviewAreaOverHTTP asks what an edit of one area would change, before it
// is saved by hand.
func TestPreviewAreaOverHTTP(t *testing.T) {
	s := newSite(t)
	post := func(who, body string) ask {
		return ask{who: who, method: http.MethodPost, path: "areas/preview", body: body, kind: "application/json", lang: "en"}
	}
	border := func(east float64) string {
		return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[10,45],[%g,45],[%g,46],[10,46],[10,45]]]}`, east, east)
	}
	smaller := `{"kind":"district","code":"W","geometry":` + border(10.7) + `}`
	for _, who := range []string{"citizen", "ben", "anna"} {
		s.wantFault(t, post(who, smaller), http.StatusNotFound, "area.nothing", "")
		s.wantFault(t, post(who, `{"id":"nowhere"}`), http.StatusNotFound, "area.nothing", "") // nor what there is
	}
	s.wantFault(t, post("", smaller), http.StatusUnauthorized, "api.sign_in", "")

	s.promote(t, "service_manager")
	moves := s.report(t, "citizen", 10.8, 45.5)
	s.report(t, "citizen", 10.2, 45.5)
	var p desk.AreaPreview
	s.want(t, post("anna", smaller), http.StatusOK, &p)
	if !p.Changes.DryRun || len(p.Changes.Changed) != 1 || p.Reports.Checked != 2 || p.Reports.Moving != 1 || p.Reports.First[0].Code != moves.Code {
		t.Errorf("smaller: %+v", p)
	}
	if len(p.Territory.Changed) != 1 || p.Territory.Changed[0].LostM2 < 2e9 {
		t.Errorf("smaller: %+v", p.Territory)
	}
	id := string(geo.SeedID(geo.District, "W"))
	s.want(t, post("anna", `{"id":"`+id+`","geometry":`+border(11.001)+`}`), http.StatusOK, &p)
	if p.Reports.Moving != 0 || len(p.Survey.Findings) != 1 || p.Survey.Findings[0].Kind != geo.FoundOverlap || p.Survey.Findings[0].Place[0] < 11 {
		t.Errorf("over its neighbour: %+v", p)
	}
	s.want(t, post("anna", `{"id":"`+id+`","remove":true}`), http.StatusOK, &p)
	if len(p.Changes.Removed) != 1 || p.Reports.Moving != 2 || p.Reports.Flows[0].From != "W" || p.Reports.Flows[0].To != "" {
		t.Errorf("removed: %+v", p)
	}
	var versions struct{ Versions []desk.AreaVersion }
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "areas/history"}, http.StatusOK, &versions)
	if len(versions.Versions) != 2 || !versions.Versions[1].ValidTo.IsZero() {
		t.Errorf("after the previews there are %+v", versions)
	}

	for _, c := range []struct {
		body, code, field string
		status            int
	}{
		{"", "api.empty_body", "", 400},
		{"[]", "api.body", "", 400},
		{`{"colour":"red"}`, "api.unknown_field", "colour", 400},
		{`{"id":7}`, "api.value", "id", 400},
		{`{}`, "area.option", "kind", 400},
		{`{"kind":"district"}`, "area.option", "code", 400},
		{`{"kind":"district","code":"N"}`, "geo.empty", "geometry", 400},
		{`{"id":"nowhere","remove":true}`, "area.none", "id", 404},
		{`{"id":"` + id + `","remove":true,"geometry":` + border(10.5) + `}`, "area.option", "remove", 400},
		{`{"id":"` + id + `","geometry":{"type":"Polygon","coordinates":[[[10,45],[11,46],[11,45],[10,46],[10,45]]]}}`, "geo.self_intersection", "geometry", 400},
		{`{"id":"` + id + `","code":"V"}`, "area.used", "code", 409},
		{`{"id":"` + id + `","name":"` + strings.Repeat("x", 17<<20) + `"}`, "api.too_large", "", 413},
	} {
		s.wantFault(t, post("anna", c.body), c.status, c.code, c.field)
	}
}
