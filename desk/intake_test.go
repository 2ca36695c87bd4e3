package desk_test

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/media"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// photo draws a photo taken at a place; 0,0 leaves the place out.
func photo(t *testing.T, seed uint64, lon, lat float64) []byte {
	t.Helper()
	data, err := photogen.JPEG(photogen.Scene{
		Kind: photogen.Kinds[0], Seed: seed, Lon: lon, Lat: lat, Width: 640, Height: 480,
		TakenAt: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPosition(t *testing.T) {
	w := newTown(t)
	text := desk.Submission{Description: "Una buca", ObjectType: "pothole"}
	for _, tt := range []struct {
		name     string
		point    *report.Point
		accuracy float64
		photos   []desk.NewPhoto
		source   report.PointSource
		routing  report.Routing
		district string
	}{
		{"from the form", &report.Point{Lon: 10.5, Lat: 45.5}, 5, nil, report.FromGPS, report.Routed, "W"},
		{"the form goes before the photo", &report.Point{Lon: 10.5, Lat: 45.5}, 5, []desk.NewPhoto{{Data: photo(t, 1, 11.5, 45.5)}}, report.FromGPS, report.Routed, "W"},
		{"from the photo", nil, 0, []desk.NewPhoto{{Data: photo(t, 2, 11.5, 45.5)}}, report.FromEXIF, report.Routed, "E"},
		{"from the second photo", nil, 0, []desk.NewPhoto{{Data: photo(t, 3, 0, 0)}, {Data: photo(t, 4, 11.5, 45.5)}}, report.FromEXIF, report.Routed, "E"},
		{"from nowhere", nil, 0, []desk.NewPhoto{{Data: photo(t, 5, 0, 0)}}, "", report.RoutePending, ""},
		{"null island is nowhere", &report.Point{}, 5, nil, "", report.RoutePending, ""},
		{"outside every area", &report.Point{Lon: 20, Lat: 40}, 5, nil, report.FromGPS, report.RouteUnroutable, ""},
		{"a little outside", &report.Point{Lon: 9.9999, Lat: 45.5}, 5, nil, report.FromGPS, report.RouteNearest, "W"},
		{"on the border", &report.Point{Lon: 11, Lat: 45.5}, 0, nil, report.FromGPS, report.Routed, "E"},
		{"near the border, with a poor fix", &report.Point{Lon: 10.9999, Lat: 45.5}, 50, nil, report.FromGPS, report.RouteUncertain, "W"},
		{"near the border, without accuracy", &report.Point{Lon: 10.9999, Lat: 45.5}, 0, nil, report.FromGPS, report.Routed, "W"},
	} {
		s := text
		s.Point, s.AccuracyM, s.Photos = tt.point, tt.accuracy, tt.photos
		got := w.submit("", s)
		district := ""
		if got.District != nil {
			district = got.District.Code
		}
		source := report.PointSource("")
		if got.Position != nil {
			source = got.Position.Source
		}
		if source != tt.source || got.Routing != tt.routing || district != tt.district {
			t.Errorf("%s: from %q, %s to %q; want from %q, %s to %q", tt.name, source, got.Routing, district, tt.source, tt.routing, tt.district)
		}
		row, err := store.New(w.app).Report(t.Context(), got.ID)
		if err != nil {
			t.Fatal(err)
		}
		if row.RouteTrace.Reason == "" || (tt.source != "" && row.RouteTrace.AreaSet == "") {
			t.Errorf("%s: the trace says nothing: %+v", tt.name, row.RouteTrace)
		}
	}
	queue, err := w.desk.List(t.Context(), w.as("anna"), desk.Query{Routings: []report.Routing{report.RouteUnroutable, report.RoutePending}})
	if err != nil || len(queue.Reports) != 3 {
		t.Errorf("the first level sees %d that nobody owns (%v), want 3", len(queue.Reports), err)
	}
}

func TestSubmissionRefused(t *testing.T) {
	w := newTown(t)
	good := photo(t, 1, 10.5, 45.5)
	for _, tt := range []struct {
		name  string
		want  *fault.Error
		field string
		spoil func(s *desk.Submission)
	}{
		{"nothing said", desk.ErrEmpty, "", func(s *desk.Submission) { *s = desk.Submission{Description: "  "} }},
		{"client id too short", desk.ErrClientID, "clientId", func(s *desk.Submission) { s.ClientID = "x" }},
		{"unknown object", desk.ErrUnknownObject, "objectType", func(s *desk.Submission) { s.ObjectType = "unicorn" }},
		{"unknown site", desk.ErrUnknownSite, "site", func(s *desk.Submission) { s.Site = "nowhere" }},
		{"latitude beyond the pole", geo.ErrNoPosition, "point", func(s *desk.Submission) { s.Point = &report.Point{Lon: 10, Lat: 91} }},
		{"not a number", geo.ErrNoPosition, "point", func(s *desk.Submission) { s.Point = &report.Point{Lon: math.NaN(), Lat: 45} }},
		{"too long", report.ErrArgs, "description", func(s *desk.Submission) { s.Description = strings.Repeat("a", 4001) }},
		{"a text for a photo", media.ErrType, "photos[0]", func(s *desk.Submission) { s.Photos = []desk.NewPhoto{{Data: []byte("hello")}} }},
		{"a photo cut short", media.ErrTruncated, "photos[1]", func(s *desk.Submission) { s.Photos = []desk.NewPhoto{{Data: good}, {Data: good[:len(good)/2]}} }},
		{"too many photos", desk.ErrTooManyPhotos, "", func(s *desk.Submission) {
			s.Photos = []desk.NewPhoto{{Data: good}, {Data: good}, {Data: good}, {Data: good}}
		}},
	} {
		s := w.at(10.5)
		tt.spoil(&s)
		_, err := w.desk.Submit(t.Context(), report.Actor{}, s)
		if !errors.Is(err, tt.want) || fault.Of(err).Field != tt.field {
			t.Errorf("%s: %v at %q, want %s at %q", tt.name, err, fault.Of(err).Field, tt.want.Code, tt.field)
		}
	}
	for _, table := range []string{"reports", "reportEvents", "media", "messages", "notices"} {
		if n := w.count(table); n != 0 {
			t.Errorf("%d rows of %s were left behind", n, table)
		}
	}
}

func TestRepeatedSubmission(t *testing.T) {
	w := newTown(t)
	s := w.at(10.5)
	s.ClientID = "client-id-0001"
	s.Photos = []desk.NewPhoto{{Data: photo(t, 1, 10.5, 45.5)}}
	first := w.submit("citizen", s)
	s.Photos = append(s.Photos, desk.NewPhoto{Data: photo(t, 2, 10.5, 45.5)})
	again := w.submit("citizen", s)
	if !again.Repeated || again.ID != first.ID || again.TrackToken != first.TrackToken || again.Code != first.Code {
		t.Errorf("the repeat got %+v, want the receipt of %s", again, first.Code)
	}
	if len(again.Photos) != 2 || w.count("media") != 2 {
		t.Errorf("the report has %d photos, want the first and the one the repeat added", len(again.Photos))
	}
	s.Description = "Un'altra buca"
	if _, err := w.desk.Submit(t.Context(), w.as("citizen"), s); !errors.Is(err, desk.ErrClientReused) {
		t.Errorf("another text under the same id: %v, want %s", err, desk.ErrClientReused.Code)
	}
	if other := w.submit("", s); other.ID == first.ID || other.Repeated {
		t.Error("another sender met the citizen's report under the same client id")
	}
}

func TestSubmissionsAtOnce(t *testing.T) {
	w := newTown(t)
	s := w.at(10.5)
	s.ClientID = "client-id-0002"
	var wg sync.WaitGroup
	codes := make([]string, 8)
	for i := range codes {
		wg.Go(func() {
			got, err := w.desk.Submit(t.Context(), report.Actor{}, s)
			if err != nil {
				t.Error(err)
			}
			codes[i] = got.Code
		})
	}
	wg.Wait()
	for _, c := range codes {
		if c != codes[0] {
			t.Errorf("codes %v: the same submission became several reports", codes)
		}
	}
	if n := w.count("reports"); n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
}

func TestPhotosBeforeAndAfter(t *testing.T) {
	w := newTown(t)
	// A photo that comes before its report, and brings the place.
	_, err := w.desk.AddPhotos(t.Context(), report.Actor{}, desk.PhotoTarget{ClientID: "client-id-0003"}, []desk.NewPhoto{{Data: photo(t, 1, 11.5, 45.5)}})
	if err != nil {
		t.Fatal(err)
	}
	got := w.submit("", desk.Submission{ClientID: "client-id-0003", Description: "Una buca", ObjectType: "pothole"})
	if got.District == nil || got.District.Code != "E" || len(got.Photos) != 1 {
		t.Errorf("district %v with %d photos, want E by the photo that waited", got.District, len(got.Photos))
	}

	// A report that waits for its place, and a photo that brings it.
	pending := w.submit("", desk.Submission{Description: "Una buca", ObjectType: "pothole"})
	if pending.Routing != report.RoutePending {
		t.Fatalf("routing = %s", pending.Routing)
	}
	if _, err := w.desk.AddPhotos(t.Context(), report.Actor{}, desk.PhotoTarget{TrackToken: pending.TrackToken}, []desk.NewPhoto{{Data: photo(t, 2, 10.5, 45.5)}}); err != nil {
		t.Fatal(err)
	}
	row, err := store.New(w.app).Report(t.Context(), pending.ID)
	if err != nil {
		t.Fatal(err)
	}
	if row.Routing != report.Routed || string(row.District) != w.ids["W"] || row.PointSource != report.FromEXIF {
		t.Errorf("after the photo: %s to %q from %s", row.Routing, row.District, row.PointSource)
	}
	events, err := store.New(w.app).Events(t.Context(), pending.ID)
	if err != nil || len(events) != 3 {
		t.Errorf("%d events (%v), want submit, photo, relocate", len(events), err)
	}

	// Somebody else's report is not theirs to add to.
	_, err = w.desk.AddPhotos(t.Context(), w.as("eva"), desk.PhotoTarget{Report: got.ID}, []desk.NewPhoto{{Data: photo(t, 3, 0, 0)}})
	if err != nil {
		t.Errorf("a technician of the district may add a photo: %v", err)
	}
	_, err = w.desk.AddPhotos(t.Context(), w.as("ben"), desk.PhotoTarget{Report: got.ID}, []desk.NewPhoto{{Data: photo(t, 4, 0, 0)}})
	if err == nil {
		t.Error("a technician of another district added a photo")
	}
	if _, err := w.desk.AddPhotos(t.Context(), report.Actor{}, desk.PhotoTarget{TrackToken: pending.TrackToken[:20] + strings.Repeat("a", 21)}, []desk.NewPhoto{{Data: photo(t, 5, 0, 0)}}); !errors.Is(err, desk.ErrToken) {
		t.Errorf("a forged link: %v, want %s", err, desk.ErrToken.Code)
	}
}

func TestPhotoReaders(t *testing.T) {
	w := newTown(t)
	s := w.at(10.5)
	s.Photos = []desk.NewPhoto{{Data: photo(t, 1, 10.5, 45.5)}}
	got := w.submit("citizen", s)
	id := got.Photos[0].ID
	for _, tt := range []struct {
		who  string
		size store.Size
		may  bool
	}{
		{"citizen", store.Large, true},
		{"citizen", store.Original, false},
		{"anna", store.Original, true},
		{"ben", store.Original, false},
		{"ben", store.Small, true},
		{"eva", store.Large, false},
		{"", store.Large, false},
		{"anna", "huge", false},
	} {
		data, _, err := w.desk.Photo(t.Context(), w.as(tt.who), id, tt.size)
		if (err == nil) != tt.may {
			t.Errorf("%q reads %s: %v, want %v", tt.who, tt.size, err, tt.may)
		}
		if err == nil && tt.size != store.Original && media.HasMetadata(data) {
			t.Errorf("%s holds metadata", tt.size)
		}
	}
	if _, _, err := w.desk.TrackPhoto(t.Context(), got.TrackToken, id, store.Large); err != nil {
		t.Errorf("the link's holder: %v", err)
	}
	if _, _, err := w.desk.TrackPhoto(t.Context(), got.TrackToken, id, store.Original); !errors.Is(err, store.ErrNoMedia) {
		t.Errorf("the link's holder and the original: %v, want %s", err, store.ErrNoMedia.Code)
	}
}
