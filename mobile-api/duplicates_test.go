package mobileapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
)

// pothole sends a pothole some metres east of 10.5, in public or not.
func (s *site) pothole(t testing.TB, who string, metres float64, public bool) desk.Receipt {
	t.Helper()
	var got desk.Receipt
	s.want(t, ask{who: who, method: http.MethodPost, path: "reports", body: map[string]any{
		"description": "Buca", "objectType": "pothole", "lon": 10.5 + metres/78500, "lat": 45.5, "accuracyM": 5, "consentPublish": public, "language": "it",
	}}, http.StatusCreated, &got)
	return got
}

const here = "duplicates?lon=10.5&lat=45.5&accuracyM=5&objectType=pothole"

func TestDuplicates(t *testing.T) {
	s := newSite(t)
	first := s.pothole(t, "", 10, true)
	if first.Duplicates == nil || len(first.Duplicates) != 0 {
		t.Errorf("the first report has %v, want an empty list", first.Duplicates)
	}
	secret := s.pothole(t, "other", 5, false)
	s.later(time.Hour)
	for _, tt := range []struct {
		who  string
		want int
	}{{"", 1}, {"citizen", 1}, {"other", 2}, {"anna", 2}, {"ben", 2}, {"eva", 1}} {
		var got desk.Duplicates
		r := s.want(t, ask{who: tt.who, method: http.MethodGet, path: here, lang: "en"}, http.StatusOK, &got)
		if len(got.Duplicates) != tt.want {
			t.Errorf("%q is shown %d, want %d", tt.who, len(got.Duplicates), tt.want)
		}
		if tt.want == 1 && (strings.Contains(string(r.body), string(secret.ID)) || strings.Contains(string(r.body), secret.Code)) {
			t.Errorf("%q learns of a report that is not public: %s", tt.who, r.body)
		}
	}
	mine := s.pothole(t, "citizen", 0, true)
	if len(mine.Duplicates) != 1 || mine.Duplicates[0].Report != first.ID || !strings.HasPrefix(mine.Duplicates[0].Reason, "A 10 m, ") {
		t.Fatalf("the receipt suggests %+v, want the public report, in Italian", mine.Duplicates)
	}
	of := "reports/" + mine.Code + "/duplicates"
	var got desk.Duplicates
	s.want(t, ask{who: "anna", method: http.MethodGet, path: of}, http.StatusOK, &got)
	if len(got.Duplicates) != 2 {
		t.Errorf("the first level is shown %d of the report, want 2", len(got.Duplicates))
	}
	dismiss := of + "/" + string(first.ID) + "/dismiss"
	s.want(t, ask{who: "citizen", method: http.MethodPost, path: dismiss}, http.StatusNoContent, nil)
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: of}, http.StatusOK, &got)
	if len(got.Duplicates) != 0 {
		t.Errorf("what was dismissed is suggested: %+v", got.Duplicates)
	}
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: of + "?dismissed=true"}, http.StatusOK, &got)
	if len(got.Duplicates) != 1 || got.Duplicates[0].Dismissed != "reporter" {
		t.Errorf("with what was dismissed: %+v", got.Duplicates)
	}
	s.want(t, ask{who: "citizen", method: http.MethodDelete, path: dismiss}, http.StatusNoContent, nil)
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: of}, http.StatusOK, &got)
	if len(got.Duplicates) != 1 {
		t.Errorf("taken back, it is not suggested: %+v", got.Duplicates)
	}

	s.want(t, ask{who: "citizen", method: http.MethodPost, path: "calls", body: map[string]any{
		"id": "interest0000001", "name": "report.interest", "report": first.ID,
	}}, http.StatusOK, nil)
	s.promote(t, "service_manager")
	var f desk.DuplicateFigures
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "duplicates/figures?from=2026-11-20&to=2026-11-20"}, http.StatusOK, &f)
	if f.Total.Shown == 0 || f.Total.Accepted == 0 || f.Total.Shown != f.Total.Accepted+f.Total.Dismissed+f.Total.Ignored {
		t.Errorf("figures = %+v", f.Total)
	}
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: map[string]any{
		"id": "link00000000001", "name": "report.linkDuplicate", "report": mine.ID, "args": report.LinkArgs{Master: first.ID},
	}}, http.StatusOK, nil)
}

func TestDuplicatesRefused(t *testing.T) {
	s := newSite(t)
	mine := s.pothole(t, "citizen", 0, true)
	of := "reports/" + string(mine.ID) + "/duplicates"
	for _, tt := range []struct {
		who, method, path string
		status            int
		code, field       string
	}{
		{"", http.MethodGet, "duplicates", http.StatusBadRequest, "api.required", "lon"},
		{"", http.MethodGet, "duplicates?lat=45", http.StatusBadRequest, "api.required", "lon"},
		{"", http.MethodGet, "duplicates?lon=NaN&lat=45", http.StatusBadRequest, "api.value", "lon"},
		{"", http.MethodGet, "duplicates?lon=1e999&lat=45", http.StatusBadRequest, "api.value", "lon"},
		{"", http.MethodGet, "duplicates?lon=10&lat=91", http.StatusBadRequest, "api.value", "lat"},
		{"", http.MethodGet, "duplicates?lon=0&lat=0", http.StatusBadRequest, "geo.null_island", "point"},
		{"", http.MethodGet, here + "&accuracyM=-1", http.StatusBadRequest, "api.value", "accuracyM"},
		{"", http.MethodGet, "duplicates?lon=10&lat=45&accuracyM=-1", http.StatusBadRequest, "api.value", "accuracyM"},
		{"", http.MethodGet, "duplicates?lon=10&lat=45&objectType=unicorn", http.StatusBadRequest, "intake.object_type", "objectType"},
		{"", http.MethodGet, "duplicates?lon=10&lat=45&clientId=x", http.StatusBadRequest, "intake.client_id", "clientId"},
		{"", http.MethodGet, "duplicates?lon=10&lat=45&radius=5", http.StatusBadRequest, "api.unknown_field", "radius"},
		{"", http.MethodGet, of, http.StatusUnauthorized, "api.sign_in", ""},
		{"other", http.MethodGet, of, http.StatusNotFound, "report.none", ""},
		{"eva", http.MethodGet, of, http.StatusNotFound, "report.none", ""},
		{"citizen", http.MethodGet, "reports/nothing/duplicates", http.StatusNotFound, "report.none", ""},
		{"citizen", http.MethodGet, of + "?dismissed=perhaps", http.StatusBadRequest, "api.value", "dismissed"},
		{"other", http.MethodPost, of + "/" + string(mine.ID) + "/dismiss", http.StatusNotFound, "report.none", ""},
		{"citizen", http.MethodPost, of + "/nothing/dismiss", http.StatusNotFound, "report.none", ""},
		{"citizen", http.MethodPost, of + "/" + string(mine.ID) + "/dismiss", http.StatusNotFound, "duplicates.not_suggested", ""},
		{"citizen", http.MethodGet, "duplicates/figures", http.StatusNotFound, "duplicates.figures", ""},
		{"anna", http.MethodGet, "duplicates/figures", http.StatusNotFound, "duplicates.figures", ""},
		{"", http.MethodGet, "duplicates/" + string(mine.ID) + "/photo", http.StatusNotFound, "media.none", ""},
		{"", http.MethodGet, "duplicates/nothing/photo", http.StatusNotFound, "media.none", ""},
	} {
		s.wantFault(t, ask{who: tt.who, method: tt.method, path: tt.path}, tt.status, tt.code, tt.field)
	}
}

// TestDuplicatePhoto: a guest sees a photo once it was published.
func TestDuplicatePhoto(t *testing.T) {
	s := newSite(t)
	var sent desk.Receipt
	s.want(t, ask{method: http.MethodPost, path: "reports", body: form{
		fields: [][2]string{{"objectType", "pothole"}, {"lon", "10.5"}, {"lat", "45.5"}}, files: []file{photo(t, 3)},
	}}, http.StatusCreated, &sent)
	path := "duplicates/" + string(sent.ID) + "/photo"
	s.wantFault(t, ask{method: http.MethodGet, path: path}, http.StatusNotFound, "media.none", "")
	row, err := s.app.FindRecordById("media", sent.Photos[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	row.Set("visibility", "public")
	if err := s.app.Save(row); err != nil {
		t.Fatal(err)
	}
	var near desk.Duplicates
	s.want(t, ask{method: http.MethodGet, path: here}, http.StatusOK, &near)
	if len(near.Duplicates) != 1 || near.Duplicates[0].Photo != mobilePrefix+path {
		t.Fatalf("a guest is shown %+v, want a photo", near.Duplicates)
	}
	r := s.want(t, ask{method: http.MethodGet, path: path}, http.StatusOK, nil)
	if r.header.Get("Content-Type") != "image/jpeg" || len(r.body) == 0 {
		t.Errorf("the photo is %d bytes of %s", len(r.body), r.header.Get("Content-Type"))
	}
	s.want(t, ask{method: http.MethodGet, path: path, header: map[string]string{"If-None-Match": r.header.Get("ETag")}}, http.StatusNotModified, nil)
}

const mobilePrefix = "/api/mobile/v1/"

// TestDuplicatesLimited: nobody asks without end, and nobody else waits for it.
func TestDuplicatesLimited(t *testing.T) {
	s := newSite(t)
	for n := range 1000 {
		r := s.do(t, ask{method: http.MethodGet, path: "duplicates?lon=10.5&lat=45.5"})
		if r.status == http.StatusOK {
			continue
		}
		if r.status != http.StatusTooManyRequests || n < 100 || r.header.Get("Retry-After") == "" {
			t.Fatalf("question %d is answered %d %s", n, r.status, r.body)
		}
		s.want(t, ask{who: "citizen", method: http.MethodGet, path: "duplicates?lon=10.5&lat=45.5"}, http.StatusOK, nil)
		s.later(time.Minute)
		s.want(t, ask{method: http.MethodGet, path: "duplicates?lon=10.5&lat=45.5"}, http.StatusOK, nil)
		return
	}
	t.Error("a thousand questions at once are answered")
}
