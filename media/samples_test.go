package media_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/media"
)

// samples returns the real photos of one folder by name, and skips the test
// where they are not at hand: they are not ours to ship.
func samples(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	dir := filepath.Join(dataFolder(t), "photos", folder)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Skipf("the sample photos are not here: set SESTANTE_DATA to a folder that holds photos/%s", folder)
	}
	out := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[folder+"/"+f.Name()] = data
	}
	return out
}

// dataFolder is SESTANTE_DATA, or shared/data beside the checkout's parent.
func dataFolder(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("SESTANTE_DATA"); dir != "" {
		return dir
	}
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(root, "..", "shared", "data")
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
}

func inspect(t testing.TB, name string, data []byte) media.Photo {
	t.Helper()
	p, err := media.Inspect(data, media.Limits{})
	if err != nil {
		t.Fatalf("Inspect(%s): %v", name, err)
	}
	return p
}

func render(t testing.TB, name string, data []byte) (large, small media.Rendition) {
	t.Helper()
	large, small, err := media.Renditions(data, inspect(t, name, data), media.Limits{})
	if err != nil {
		t.Fatalf("Renditions(%s): %v", name, err)
	}
	return large, small
}

func TestSamplePositions(t *testing.T) {
	for name, data := range samples(t, "gps") {
		p := inspect(t, name, data)
		if p.GPS == nil || math.Abs(p.GPS.Lat-43.467) > 0.002 || math.Abs(p.GPS.Lon-11.885) > 0.006 {
			t.Errorf("%s: GPS = %+v, want it near 11.885, 43.467", name, p.GPS)
		}
		// The date of this camera and the date of its satellites differ by a day.
		if p.TakenLocal[:11] != "2008-10-22T" || !p.TakenAt.IsZero() || p.EXIFNote != "gps time is of another day" {
			t.Errorf("%s: taken %q, %v, note %q", name, p.TakenLocal, p.TakenAt, p.EXIFNote)
		}
	}
}

func TestSamplePhones(t *testing.T) {
	photos := samples(t, "mobile")
	p := inspect(t, "iphone", photos["mobile/iphone_hdr_YES.jpg"])
	at := time.Date(2015, 4, 10, 18, 12, 23, 0, time.UTC)
	if p.TakenLocal != "2015-04-10T20:12:23" || p.TakenOffset != "" || !p.TakenAt.Equal(at) {
		t.Errorf("iphone: taken %q %q %v, want the time of its GPS, %v", p.TakenLocal, p.TakenOffset, p.TakenAt, at)
	}
	if p.GPS == nil || math.Abs(p.GPS.Lon+3.7248) > 1e-3 || math.Abs(p.GPS.Lat-40.4470) > 1e-3 {
		t.Errorf("iphone: GPS = %+v, want it west of Greenwich, in Madrid", p.GPS)
	}
	large, small := render(t, "iphone", photos["mobile/iphone_hdr_YES.jpg"])
	if large.Width != 1280 || large.Height != 960 || small.Width != 320 || small.Height != 240 {
		t.Errorf("iphone: renditions of %d x %d and %d x %d", large.Width, large.Height, small.Width, small.Height)
	}
	p = inspect(t, "jolla", photos["mobile/jolla.jpg"])
	if p.TakenLocal != "2014-09-21T16:00:56" || !p.TakenAt.IsZero() || p.GPS != nil {
		t.Errorf("jolla: %+v, want a wall clock and no more", p)
	}
}

// TestSampleOrientations compares each turned sample with the one that needs
// no turning: a picture left as it lies differs three times as much as the number painted on each does.
func TestSampleOrientations(t *testing.T) {
	photos := samples(t, "orientation")
	for name, data := range photos {
		form, tag, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".jpg"), "_")
		p := inspect(t, name, data)
		want := inspect(t, form, photos["orientation/"+form+"_1.jpg"])
		if fmt.Sprint(p.Orientation) != tag || p.Width != want.Width || p.Height != want.Height {
			t.Errorf("%s: orientation %d, %d x %d, want %d x %d", name, p.Orientation, p.Width, p.Height, want.Width, want.Height)
		}
		_, small := render(t, name, data)
		_, reference := render(t, form, photos["orientation/"+form+"_1.jpg"])
		if d := difference(t, small.Data, reference.Data); d > 20 {
			t.Errorf("%s: differs from the upright one by %.1f of 255", name, d)
		}
		turned := p
		turned.Orientation = map[int]int{1: 3, 3: 1, 6: 8, 8: 6}[p.Orientation] // upside down
		_, wrong, err := media.Renditions(data, turned, media.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(t, wrong.Data, reference.Data); d < 40 {
			t.Errorf("%s: turned wrongly it differs by %.1f only: the comparison sees nothing", name, d)
		}
	}
}

// difference is the mean distance of two pictures' brightness, 0 to 255, or
// 255 when their sizes differ.
func difference(t *testing.T, a, b []byte) float64 {
	t.Helper()
	left, _, errLeft := image.Decode(bytes.NewReader(a))
	right, _, errRight := image.Decode(bytes.NewReader(b))
	if errLeft != nil || errRight != nil {
		t.Fatal(errLeft, errRight)
	}
	if left.Bounds() != right.Bounds() {
		return 255
	}
	sum, n := 0.0, 0.0
	for y := range left.Bounds().Dy() {
		for x := range left.Bounds().Dx() {
			l := color.GrayModel.Convert(left.At(x, y)).(color.Gray).Y
			r := color.GrayModel.Convert(right.At(x, y)).(color.Gray).Y
			sum += math.Abs(float64(l) - float64(r))
			n++
		}
	}
	return sum / n
}

func TestSampleHEIC(t *testing.T) {
	for name, data := range samples(t, "heic") {
		if _, err := media.Inspect(data, media.Limits{}); !errors.Is(err, media.ErrHEIC) {
			t.Errorf("Inspect(%s) = %v, want media.heic", name, err)
		}
	}
}

// TestSampleOddities: photos other programs choke on are taken or refused, and
// what is taken can be shown.
func TestSampleOddities(t *testing.T) {
	for name, data := range samples(t, "invalid") {
		p, err := media.Inspect(data, media.Limits{})
		if err == nil {
			_, _, err = media.Renditions(data, p, media.Limits{})
		}
		if err != nil && fault.Of(err) == fault.ErrUnknown {
			t.Errorf("%s: %v is no fault", name, err)
		}
	}
}

// TestSamplePrivacy asks that nothing of an original reaches what is shown.
func TestSamplePrivacy(t *testing.T) {
	for _, folder := range []string{"gps", "orientation", "mobile", "invalid"} {
		for name, data := range samples(t, folder) {
			if !media.HasMetadata(data) {
				t.Errorf("HasMetadata(%s) = false for an original", name)
			}
			large, small := render(t, name, data)
			wantBare(t, name, data, large, small)
		}
	}
}

// wantBare asks that renditions carry no metadata by the scanner and by what a
// person would search for: names of formats, and runs of the original's head,
// where its position and its thumbnail are.
func wantBare(t *testing.T, name string, original []byte, made ...media.Rendition) {
	t.Helper()
	for _, r := range made {
		if media.HasMetadata(r.Data) {
			t.Errorf("%s: a rendition has metadata", name)
		}
		for _, word := range []string{"Exif", "JFIF", "http", "xmp", "ICC_PROFILE", "MPF", "Photoshop", "2008:10"} {
			if bytes.Contains(r.Data, []byte(word)) {
				t.Errorf("%s: a rendition says %q", name, word)
			}
		}
		const run = 24 // the bytes of one coordinate
		tables := 700  // where the encoder's own tables end
		for at := 2; at+run <= min(len(original), 12_000); at += run / 2 {
			piece := original[at : at+run]
			if i := bytes.Index(r.Data[tables:], piece); i >= 0 && len(bytes.Trim(piece, "\x00\xff")) > 0 {
				t.Errorf("%s: bytes %d to %d of the original are in a rendition", name, at, at+run)
			}
		}
	}
}
