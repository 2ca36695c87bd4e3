package mobileapi_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/sestante/sestante/desk"
	mobileapi "github.com/sestante/sestante/mobile-api"
)

func TestMaps(t *testing.T) {
	s := newSite(t)
	var west, east, silent desk.Receipt
	post := func(into *desk.Receipt, fields ...[2]string) {
		t.Helper()
		fields = append(fields, [2]string{"objectType", "pothole"})
		s.want(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: form{fields: fields}}, http.StatusCreated, into)
	}
	person := [][2]string{{"contactName", "Maria Rossi"}, {"contactEmail", "maria@example.org"}, {"contactPhone", "021234"}, {"description", "Parole mie"}, {"title", "Titolo mio"}, {"address", "Via Roma 12"}}
	post(&west, append([][2]string{{"lon", "10.5"}, {"lat", "45.5"}}, person...)...)
	post(&east, append([][2]string{{"lon", "11.5"}, {"lat", "45.5"}}, person...)...)
	post(&silent, [2]string{"lon", "10.6"}, [2]string{"lat", "45.6"}, [2]string{"consentPublish", "false"})

	for _, c := range []struct {
		who, path string
		want      []string
	}{
		{"", "map/public", []string{west.Code, east.Code}},
		{"", "map/public?bbox=10,45,11,46", []string{west.Code}},
		{"", "map/public?status=analysis", []string{west.Code, east.Code}},
		{"", "map/public?status=closure,scheduling", nil},
		{"", "map/public?district=E", []string{east.Code}},
		{"anna", "map/reports", []string{west.Code, east.Code, silent.Code}},
		{"ben", "map/reports", []string{west.Code, silent.Code}},
		{"eva", "map/reports", []string{east.Code}},
		{"other", "map/reports", nil},
		{"anna", "map/reports?status=registered&district=W&bbox=10.55,45,11,46", []string{silent.Code}},
	} {
		var fc desk.FeatureCollection
		r := s.want(t, ask{who: c.who, method: http.MethodGet, path: c.path}, http.StatusOK, &fc)
		var got []string
		for _, f := range fc.Features {
			got = append(got, f.Properties["code"].(string))
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(c.want)); !slices.Equal(got, want) {
			t.Errorf("%s by %q = %v, want %v", c.path, c.who, got, want)
		}
		if kind := r.header.Get("Content-Type"); kind != "application/geo+json" {
			t.Errorf("%s is %s", c.path, kind)
		}
		if c.who == "" {
			wantNone(t, c.path, r.body, "Maria", "maria@", "021234", "Parole", "Titolo", "Via Roma", "assignee", "accuracy", s.ids["citizen"])
		}
		again := ask{who: c.who, method: http.MethodGet, path: c.path, header: map[string]string{"If-None-Match": r.header.Get("ETag")}}
		s.want(t, again, http.StatusNotModified, nil)
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "map/reports"}, http.StatusUnauthorized, "api.sign_in", "")
	s.wantFault(t, ask{method: http.MethodGet, path: "map/public?bbox=1"}, http.StatusBadRequest, "api.value", "bbox")
	s.wantFault(t, ask{method: http.MethodGet, path: "map/public?status=lost"}, http.StatusBadRequest, "api.value", "status")
	s.wantFault(t, ask{method: http.MethodGet, path: "map/public?limit=1"}, http.StatusBadRequest, "api.unknown_field", "limit")
}

func TestLocate(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		query, routing, district string
	}{
		{"lon=10.5&lat=45.5", "routed", "W"},
		{"lon=11.5&lat=45.5&accuracyM=10", "routed", "E"},
		{"lon=10.9999&lat=45.5&accuracyM=50", "uncertain", "W"},
		{"lon=20&lat=45.5", "unroutable", ""},
	} {
		var got desk.Located
		s.want(t, ask{method: http.MethodGet, path: "areas/locate?" + c.query, lang: "en"}, http.StatusOK, &got)
		code := ""
		if got.District != nil {
			code = got.District.Code
		}
		if string(got.Routing) != c.routing || code != c.district || got.Reason == "" {
			t.Errorf("locate %s = %+v", c.query, got)
		}
	}
	for _, c := range []struct{ query, code, field string }{
		{"", "api.required", "lon"},
		{"lon=10", "api.required", "lat"},
		{"lat=10", "api.required", "lon"},
		{"lon=x&lat=45", "api.value", "lon"},
		{"lon=10&lat=91", "api.value", "lat"},
		{"lon=10&lat=45&accuracyM=-1", "api.value", "accuracyM"},
		{"lon=10&lat=45&accuracy=5", "api.unknown_field", "accuracy"},
		{"lon=0&lat=0", "geo.null_island", "point"},
	} {
		s.wantFault(t, ask{method: http.MethodGet, path: "areas/locate?" + c.query}, http.StatusBadRequest, c.code, c.field)
	}
}

func TestObjectTypes(t *testing.T) {
	s := newSite(t)
	for lang, want := range map[string]string{"it": "Buca", "en": "Pothole", "": "Buca", "fr, en;q=0.5": "Pothole"} {
		var got mobileapi.ObjectTypes
		s.want(t, ask{method: http.MethodGet, path: "object-types", lang: lang}, http.StatusOK, &got)
		if len(got.ObjectTypes) != 1 || got.ObjectTypes[0].Label != want {
			t.Errorf("in %q: %+v, want %s", lang, got, want)
		}
	}
}
