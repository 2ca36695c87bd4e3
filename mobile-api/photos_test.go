package mobileapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/media"
	mobileapi "github.com/sestante/sestante/mobile-api"
)

func TestPhotos(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	send := func(who string, fields [][2]string, files ...file) ask {
		return ask{who: who, method: http.MethodPost, path: "media", body: form{fields, files}}
	}
	var views mobileapi.Photos
	s.want(t, send("citizen", [][2]string{{"report", string(got.ID)}, {"kind", "doc"}}, photo(t, 1)), http.StatusCreated, &views)
	if len(views.Photos) != 1 || views.Photos[0].Kind != "doc" || views.Photos[0].Width != 64 || views.Photos[0].Height != 48 {
		t.Fatalf("photos = %+v", views)
	}
	s.want(t, send("", [][2]string{{"trackToken", got.TrackToken}}, photo(t, 2)), http.StatusCreated, &views)
	byLink := views.Photos[0].ID
	s.want(t, send("citizen", [][2]string{{"clientId", "client-to-come"}}, photo(t, 3)), http.StatusCreated, &views)
	late := s.submit(t, "citizen", [2]string{"clientId", "client-to-come"})
	if len(late.Photos) != 1 || late.Photos[0].ID != views.Photos[0].ID {
		t.Errorf("the photo that came first = %+v", late.Photos)
	}

	for _, c := range []struct {
		name   string
		ask    ask
		status int
		code   string
		field  string
	}{
		{"no target", send("citizen", nil, photo(t, 4)), 400, "media.target", ""},
		{"two targets", send("citizen", [][2]string{{"report", string(got.ID)}, {"trackToken", got.TrackToken}}, photo(t, 4)), 400, "media.target", ""},
		{"no photo", send("citizen", [][2]string{{"report", string(got.ID)}}), 400, "media.missing", "photos"},
		{"kind", send("citizen", [][2]string{{"report", string(got.ID)}, {"kind", "selfie"}}, photo(t, 4)), 400, "api.value", "kind"},
		{"unknown field", send("citizen", [][2]string{{"reportId", string(got.ID)}}, photo(t, 4)), 400, "api.unknown_field", "reportId"},
		{"no such report", send("citizen", [][2]string{{"report", "nosuchreport000"}}, photo(t, 4)), 404, "report.none", ""},
		{"no such link", send("", [][2]string{{"trackToken", "nosuchtoken"}}, photo(t, 4)), 404, "track.none", ""},
		{"too many", send("citizen", [][2]string{{"report", string(got.ID)}}, photo(t, 4), photo(t, 5)), 400, "media.too_many", ""},
		{"a text", send("citizen", [][2]string{{"report", string(got.ID)}}, file{"photos", "x.jpg", []byte("hello")}), 400, "media.type", "photos[0]"},
		{"JSON", ask{who: "citizen", method: http.MethodPost, path: "media", body: map[string]any{"report": got.ID}}, 400, "api.content_type", ""},
	} {
		t.Run(c.name, func(t *testing.T) { s.wantFault(t, c.ask, c.status, c.code, c.field) })
	}

	for _, c := range []struct {
		name, who, path string
		status          int
	}{
		{"own, large", "citizen", "media/" + byLink + "/large", 200},
		{"own, small", "citizen", "media/" + byLink + "/small", 200},
		{"own, original", "citizen", "media/" + byLink + "/original", 404},
		{"staff, original", "anna", "media/" + byLink + "/original", 200},
		{"stranger", "other", "media/" + byLink + "/small", 404},
		{"nobody", "", "media/" + byLink + "/small", 401},
		{"no such size", "anna", "media/" + byLink + "/huge", 404},
		{"no such photo", "anna", "media/nosuchphoto0000/small", 404},
		{"by the link", "", "track/" + got.TrackToken + "/media/" + byLink + "/small", 200},
		{"by the link, original", "", "track/" + got.TrackToken + "/media/" + byLink + "/original", 404},
		{"by another link", "", "track/" + late.TrackToken + "/media/" + byLink + "/small", 404},
		{"by no link", "", "track/x/media/" + byLink + "/small", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := s.want(t, ask{who: c.who, method: http.MethodGet, path: c.path}, c.status, nil)
			if c.status != http.StatusOK {
				return
			}
			if r.header.Get("Content-Type") != "image/jpeg" || r.header.Get("X-Content-Type-Options") != "nosniff" ||
				r.header.Get("Cache-Control") != "private, max-age=31536000, immutable" {
				t.Errorf("headers = %v", r.header)
			}
			saved := strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment;")
			if original := strings.HasSuffix(c.path, "original"); original != saved {
				t.Errorf("Content-Disposition = %q", r.header.Get("Content-Disposition"))
			} else if original && !bytes.Equal(r.body, picture(t, 2)) {
				t.Error("the original is not what was sent")
			} else if !original && media.HasMetadata(r.body) {
				t.Error("the rendition holds metadata")
			}
			again := ask{who: c.who, method: http.MethodGet, path: c.path, header: map[string]string{"If-None-Match": r.header.Get("ETag")}}
			if r := s.want(t, again, http.StatusNotModified, nil); len(r.body) != 0 {
				t.Error("304 with a body")
			}
		})
	}
}

func TestTrack(t *testing.T) {
	s := newSite(t)
	var got desk.Receipt
	s.want(t, ask{method: http.MethodPost, path: "reports", body: form{complete, []file{photo(t, 1)}}}, http.StatusCreated, &got)
	var tracking desk.Tracking
	r := s.want(t, ask{method: http.MethodGet, path: "track/" + got.TrackToken, lang: "en"}, http.StatusOK, &tracking)
	if tracking.Code != got.Code || tracking.Object != "Pothole" || tracking.District != "West" || len(tracking.Photos) != 1 {
		t.Errorf("tracking = %+v", tracking)
	}
	wantNone(t, "the tracking page", r.body, "Maria", "maria@example.org", "02 1234", "10.5", "45.5", "Via Roma", "sha256")
	if r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control = %q", r.header.Get("Cache-Control"))
	}
	s.want(t, ask{method: http.MethodGet, path: strings.TrimPrefix(tracking.Photos[0].Large, mobileapi.Prefix)}, http.StatusOK, nil)
	for _, token := range []string{"x", got.TrackToken + "x", strings.Repeat("a", len(got.TrackToken)), "%F0%9F%98%80"} {
		s.wantFault(t, ask{method: http.MethodGet, path: "track/" + token}, http.StatusNotFound, "track.none", "")
	}
}

// wantNone fails when data holds one of the words.
func wantNone(t testing.TB, what string, data []byte, words ...string) {
	t.Helper()
	for _, w := range words {
		if bytes.Contains(data, []byte(w)) {
			t.Errorf("%s holds %q: %s", what, w, data)
		}
	}
}
