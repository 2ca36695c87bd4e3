package photogen_test

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/media"
)

var rome = time.FixedZone("", 2*3600)

// small is a scene that is quick to draw.
func small(k photogen.Kind) photogen.Scene {
	return photogen.Scene{Kind: k, Seed: 7, Width: 320, Height: 240}
}

func draw(t testing.TB, s photogen.Scene) []byte {
	t.Helper()
	data, err := photogen.JPEG(s)
	if err != nil {
		t.Fatalf("JPEG(%+v): %v", s, err)
	}
	return data
}

func inspect(t testing.TB, data []byte) media.Photo {
	t.Helper()
	p, err := media.Inspect(data, media.Limits{})
	if err != nil {
		t.Fatalf("Inspect: %v", err)
	}
	return p
}

func TestRoundTrip(t *testing.T) {
	places := []struct{ lon, lat, accuracy float64 }{
		{11.8822345, 43.4631234, 4.75}, // Arezzo
		{-70.6692655, -33.4488897, 12}, // Santiago
		{151.2092955, -33.8688197, 0},  // Sydney
		{-179.9999999, 0.0000123, 99999.5},
		{179.9999999, 89.9999999, 0.01},
		{0.0000012, -89.9999999, 3},
		{11.9999999999, 43.9999999999, 3}, // rounds up to a whole degree
	}
	taken := time.Date(2026, 5, 4, 0, 12, 7, 0, rome)
	for _, p := range places {
		s := small(photogen.Pothole)
		s.Lon, s.Lat, s.AccuracyM, s.TakenAt = p.lon, p.lat, p.accuracy, taken
		got := inspect(t, draw(t, s))
		if got.EXIFNote != "" {
			t.Errorf("%v: EXIFNote = %q", p, got.EXIFNote)
		}
		if got.GPS == nil {
			t.Errorf("%v: no position came back", p)
			continue
		}
		if math.Abs(got.GPS.Lon-p.lon) > 1e-6 || math.Abs(got.GPS.Lat-p.lat) > 1e-6 || math.Abs(got.GPS.AccuracyM-p.accuracy) > 0.01 {
			t.Errorf("GPS = %+v, want %v", *got.GPS, p)
		}
		if got.TakenLocal != "2026-05-04T00:12:07" || got.TakenOffset != "+02:00" || !got.TakenAt.Equal(taken) {
			t.Errorf("taken %q %q %v, want %v", got.TakenLocal, got.TakenOffset, got.TakenAt, taken)
		}
		if got.Width != 320 || got.Height != 240 || got.Orientation != 1 || got.Type != media.JPEG {
			t.Errorf("Photo = %+v, want 320 x 240 upright JPEG", got)
		}
	}
}

func TestNothingClaimed(t *testing.T) {
	got := inspect(t, draw(t, small(photogen.Flood)))
	if got.GPS != nil || got.TakenLocal != "" || got.TakenOffset != "" || !got.TakenAt.IsZero() || got.EXIFNote != "" {
		t.Errorf("a scene without place and time claims %+v", got)
	}
}

func TestOrientation(t *testing.T) {
	want := []string{"red", "green", "blue", "yellow"} // clockwise from the top left
	for o := 1; o <= 8; o++ {
		s := small(photogen.CashMachine)
		s.Orientation, s.Corners = o, true
		data := draw(t, s)
		got := inspect(t, data)
		if got.Orientation != o || got.Width != 320 || got.Height != 240 {
			t.Errorf("orientation %d: %d, %d x %d, want 320 x 240", o, got.Orientation, got.Width, got.Height)
		}
		large, tiny, err := media.Renditions(data, got, media.Limits{})
		if err != nil {
			t.Errorf("orientation %d: %v", o, err)
			continue
		}
		for _, r := range []media.Rendition{large, tiny} {
			if r.Width != got.Width || r.Height != got.Height {
				t.Errorf("orientation %d: rendition of %d x %d", o, r.Width, r.Height)
			}
			if c := corners(t, r.Data); fmt.Sprint(c) != fmt.Sprint(want) {
				t.Errorf("orientation %d: corners %v, want %v", o, c, want)
			}
		}
	}
}

// corners names the colours of a picture's corners, clockwise from the top left.
func corners(t *testing.T, data []byte) []string {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	const in = 5 // pixels from the edge
	w, h := m.Bounds().Dx()-1, m.Bounds().Dy()-1
	var out []string
	for _, p := range []image.Point{{X: in, Y: in}, {X: w - in, Y: in}, {X: w - in, Y: h - in}, {X: in, Y: h - in}} {
		r, g, b, _ := m.At(p.X, p.Y).RGBA()
		const half = 0x8000
		name := map[[3]bool]string{
			{true, false, false}: "red", {false, true, false}: "green", {false, false, true}: "blue", {true, true, false}: "yellow",
		}[[3]bool{r > half, g > half, b > half}]
		out = append(out, name)
	}
	return out
}

func TestSeeds(t *testing.T) {
	for _, k := range photogen.Kinds {
		s := small(k)
		first, again := draw(t, s), draw(t, s)
		if !bytes.Equal(first, again) {
			t.Errorf("%s: the same seed gave two pictures", k)
		}
		s.Seed++
		if bytes.Equal(first, draw(t, s)) {
			t.Errorf("%s: another seed gave the same picture", k)
		}
	}
}

// TestHours asks that night is darker than noon outdoors, and that a room is not.
func TestHours(t *testing.T) {
	for _, k := range photogen.Kinds {
		s := small(k)
		s.TakenAt = time.Date(2026, 5, 4, 12, 0, 0, 0, rome)
		noon := brightness(t, s)
		s.TakenAt = s.TakenAt.Add(11 * time.Hour)
		night := brightness(t, s)
		indoors := k == photogen.Workstation
		if darker := night < noon*0.7; darker == indoors {
			t.Errorf("%s: brightness %.0f at noon, %.0f at night", k, noon, night)
		}
	}
}

func brightness(t *testing.T, s photogen.Scene) float64 {
	t.Helper()
	m, err := photogen.Draw(s)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i := 0; i < len(m.Pix); i += 4 {
		sum += int(m.Pix[i]) + int(m.Pix[i+1]) + int(m.Pix[i+2])
	}
	return float64(sum) / float64(len(m.Pix)/4*3)
}

func TestRefusals(t *testing.T) {
	ok := small(photogen.Rubbish)
	for name, spoil := range map[string]func(*photogen.Scene){
		"kind":        func(s *photogen.Scene) { s.Kind = "unicorn" },
		"width":       func(s *photogen.Scene) { s.Width = 0 },
		"height":      func(s *photogen.Scene) { s.Height = 9000 },
		"lon":         func(s *photogen.Scene) { s.Lon = 181 },
		"lat":         func(s *photogen.Scene) { s.Lat = math.NaN() },
		"accuracy":    func(s *photogen.Scene) { s.AccuracyM = -1 },
		"orientation": func(s *photogen.Scene) { s.Orientation = 9 },
	} {
		s := ok
		spoil(&s)
		if _, err := photogen.JPEG(s); err == nil || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("%s: error = %v, want one that names it", name, err)
		}
	}
}
