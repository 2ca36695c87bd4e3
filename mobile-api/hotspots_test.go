package mobileapi_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/pbtest"
)

func TestHotspots(t *testing.T) {
	s := newSite(t)
	pbtest.Record(t, s.app, "roles", map[string]any{"person": s.ids["eva"], "role": "coordinator", "areas": []string{s.ids["E"]}})
	s.promote(t, "service_manager")
	for i := range 4 {
		fields := [][2]string{{"description", "Una buca"}, {"objectType", "pothole"}, {"lon", "10.500" + strconv.Itoa(i)}, {"lat", "45.5"}}
		s.want(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: form{fields: fields}}, http.StatusCreated, nil)
	}
	get := func(who, query string) ask { return ask{who: who, method: http.MethodGet, path: "hotspots" + query} }

	var got desk.Hotspots
	r := s.want(t, get("anna", ""), http.StatusOK, &got)
	if len(got.Hotspots) != 1 || got.Hotspots[0].Count != 4 || got.Hotspots[0].District.Code != "W" || got.Detector != desk.DetectCluster {
		t.Errorf("hot spots = %s, want the four", r.body)
	}
	again := get("anna", "")
	again.header = map[string]string{"If-None-Match": r.header.Get("ETag")}
	s.want(t, again, http.StatusNotModified, nil)
	wantNone(t, "hotspots", r.body, s.ids["citizen"], "Name of", "@example.org", "Una buca")

	// As GeoJSON, by either way of asking.
	for _, geojson := range []ask{
		get("anna", "?format=geojson"),
		{who: "anna", method: http.MethodGet, path: "hotspots", header: map[string]string{"Accept": "application/geo+json"}},
	} {
		var fc desk.FeatureCollection
		r := s.want(t, geojson, http.StatusOK, &fc)
		if r.header.Get("Content-Type") != "application/geo+json" || len(fc.Features) != 1 || fc.Features[0].Properties["count"] != 4.0 {
			t.Errorf("as GeoJSON: %s %s", r.header.Get("Content-Type"), r.body)
		}
		if !strings.Contains(strings.Join(r.header.Values("Vary"), ","), "Accept") {
			t.Errorf("caches are not told that formats differ: %v", r.header)
		}
		geojson.header = map[string]string{"Accept": "application/geo+json", "If-None-Match": r.header.Get("ETag")}
		s.want(t, geojson, http.StatusNotModified, nil)
	}

	for _, tt := range []struct {
		who, query string
		want       int
	}{
		{"anna", "?epsM=10", 0},
		{"anna", "?minPts=5", 0},
		{"anna", "?from=2026-11-20&to=2026-11-20&objectType=pothole&district=W&hours=24", 1},
		{"anna", "?detector=trend&minPts=6", 0},
		{"anna", "?detector=excess&q=0.1&epsM=500&hours=6", 0},
		{"eva", "", 0},
	} {
		var got desk.Hotspots
		s.want(t, get(tt.who, tt.query), http.StatusOK, &got)
		if len(got.Hotspots) != tt.want {
			t.Errorf("hotspots%s by %s: %d, want %d", tt.query, tt.who, len(got.Hotspots), tt.want)
		}
	}
	for _, tt := range []struct {
		who, query  string
		status      int
		code, field string
	}{
		{"", "", http.StatusUnauthorized, "api.sign_in", ""},
		{"citizen", "", http.StatusNotFound, "hotspots.none", ""},
		{"ben", "?detector=trend", http.StatusNotFound, "hotspots.none", ""},
		{"eva", "?district=W", http.StatusNotFound, "hotspots.none", "district"},
		{"anna", "?detector=oracle", http.StatusBadRequest, "hotspots.detector", "detector"},
		{"anna", "?from=yesterday", http.StatusBadRequest, "hotspots.window", "from"},
		{"anna", "?to=2026-13-01", http.StatusBadRequest, "hotspots.window", "to"},
		{"anna", "?from=2020-01-01", http.StatusBadRequest, "hotspots.window", "from"},
		{"anna", "?from=2026-11-02&to=2026-11-01", http.StatusBadRequest, "hotspots.window", "to"},
		{"anna", "?epsM=NaN", http.StatusBadRequest, "api.value", "epsM"},
		{"anna", "?epsM=1e300", http.StatusBadRequest, "hotspots.value", "epsM"},
		{"anna", "?epsM=0", http.StatusBadRequest, "api.value", "epsM"},
		{"anna", "?hours=1.5", http.StatusBadRequest, "api.value", "hours"},
		{"anna", "?hours=99999999999999999999", http.StatusBadRequest, "api.value", "hours"},
		{"anna", "?minPts=-4", http.StatusBadRequest, "api.value", "minPts"},
		{"anna", "?detector=excess&q=2", http.StatusBadRequest, "hotspots.value", "q"},
		{"anna", "?objectType=unicorn", http.StatusBadRequest, "intake.object_type", "objectType"},
		{"anna", "?format=shapefile", http.StatusBadRequest, "api.value", "format"},
		{"anna", "?colour=red", http.StatusBadRequest, "api.unknown_field", "colour"},
	} {
		s.wantFault(t, get(tt.who, tt.query), tt.status, tt.code, tt.field)
	}
}
