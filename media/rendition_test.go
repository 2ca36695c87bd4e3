package media_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/media"
)

func TestRenditionSizes(t *testing.T) {
	cases := []struct{ w, h, largeW, largeH, smallW, smallH int }{
		{2560, 1920, 1280, 960, 320, 240},
		{1920, 2560, 960, 1280, 240, 320},
		{1280, 960, 1280, 960, 320, 240},
		{640, 480, 640, 480, 320, 240},
		{320, 200, 320, 200, 320, 200},
		{17, 23, 17, 23, 17, 23}, // never larger than the photo
		{1, 1, 1, 1, 1, 1},
		{20_000, 1, 1280, 1, 320, 1},
		{1, 20_000, 1, 1280, 1, 320},
	}
	for _, c := range cases {
		data := asJPEG(t, image.NewGray(image.Rect(0, 0, c.w, c.h)))
		large, small := render(t, "a grey photo", data)
		if large.Width != c.largeW || large.Height != c.largeH || small.Width != c.smallW || small.Height != c.smallH {
			t.Errorf("%d x %d: renditions of %d x %d and %d x %d, want %d x %d and %d x %d", c.w, c.h,
				large.Width, large.Height, small.Width, small.Height, c.largeW, c.largeH, c.smallW, c.smallH)
		}
		for _, r := range []media.Rendition{large, small} {
			got, err := jpeg.DecodeConfig(bytes.NewReader(r.Data))
			if err != nil || got.Width != r.Width || got.Height != r.Height {
				t.Errorf("%d x %d: a rendition says %d x %d and is %+v, %v", c.w, c.h, r.Width, r.Height, got, err)
			}
		}
	}
}

// TestRenditionForms makes the same picture in every form a PNG has and asks
// for the same colours: orange on the left, white or see-through on the right.
func TestRenditionForms(t *testing.T) {
	orange, glass := color.NRGBA{R: 240, G: 120, B: 20, A: 255}, color.NRGBA{}
	palette := color.Palette{orange, color.White, glass}
	box := image.Rect(0, 0, 64, 32)
	forms := map[string]interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		"RGBA":       image.NewRGBA(box),
		"RGBA64":     image.NewRGBA64(box),
		"NRGBA":      image.NewNRGBA(box),
		"NRGBA64":    image.NewNRGBA64(box),
		"paletted":   image.NewPaletted(box, palette),
		"grey":       image.NewGray(box),
		"grey, deep": image.NewGray16(box),
	}
	for name, m := range forms {
		for _, right := range []color.Color{color.White, glass} {
			grey := m.ColorModel() == color.GrayModel || m.ColorModel() == color.Gray16Model
			if grey && right == color.Color(glass) {
				continue
			}
			for y := range box.Dy() {
				for x := range box.Dx() {
					m.Set(x, y, map[bool]color.Color{true: orange, false: right}[x < 32])
				}
			}
			large, small := render(t, name, asPNG(t, m))
			for _, r := range []media.Rendition{large, small} {
				want := color.Color(orange)
				if grey {
					want = color.GrayModel.Convert(orange)
				}
				wantColor(t, name, r, 10, 16, want)
				wantColor(t, name, r, 54, 16, color.White)
			}
		}
	}
}

func wantColor(t *testing.T, name string, r media.Rendition, x, y int, want color.Color) {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(r.Data))
	if err != nil {
		t.Fatal(err)
	}
	gr, gg, gb, _ := m.At(x, y).RGBA()
	wr, wg, wb, _ := want.RGBA()
	const near = 6 * 257
	if math.Abs(float64(gr)-float64(wr)) > near || math.Abs(float64(gg)-float64(wg)) > near || math.Abs(float64(gb)-float64(wb)) > near {
		t.Errorf("%s: pixel %d, %d is %v, want %v", name, x, y, m.At(x, y), want)
	}
}

// TestPNGOrientation: a PNG has EXIF too, in a chunk of its own.
func TestPNGOrientation(t *testing.T) {
	data := asPNG(t, picture(40, 30))
	const afterIHDR = 8 + 25
	data = after(data, afterIHDR, chunk("eXIf", tiff([]field{word(tagOrientation, 6)}, nil, gps()))...)
	p := inspect(t, "PNG", data)
	if p.Type != media.PNG || p.Orientation != 6 || p.Width != 30 || p.Height != 40 || p.GPS == nil || p.EXIFNote != "" {
		t.Errorf("Inspect = %+v, want an upright PNG of 30 x 40 with a position", p)
	}
	large, small := render(t, "PNG", data)
	if large.Width != 30 || large.Height != 40 {
		t.Errorf("rendition of %d x %d, want 30 x 40", large.Width, large.Height)
	}
	wantColor(t, "PNG, dark on the left before the turn, above after it", large, 15, 35, color.White)
	wantBare(t, "PNG", data, large, small)
}

// TestScenePrivacy does for our own photos what the sample photos are asked.
func TestScenePrivacy(t *testing.T) {
	for _, k := range photogen.Kinds {
		data, err := photogen.JPEG(photogen.Scene{Kind: k, Width: 400, Height: 300, Lon: 11.88, Lat: 43.46, AccuracyM: 5, Orientation: 6})
		if err != nil {
			t.Fatal(err)
		}
		large, small := render(t, string(k), data)
		wantBare(t, string(k), data, large, small)
	}
}

// TestOrientationOfACaller: an orientation nobody defined turns nothing.
func TestOrientationOfACaller(t *testing.T) {
	data := asJPEG(t, picture(40, 30))
	p := inspect(t, "a photo", data)
	for _, o := range []int{-1, 0, 9, 1 << 30} {
		p.Orientation = o
		large, _, err := media.Renditions(data, p, media.Limits{})
		if err != nil || large.Width != 40 {
			t.Errorf("orientation %d: %d wide, %v", o, large.Width, err)
		}
	}
}

func TestHasMetadata(t *testing.T) {
	bare := asJPEG(t, picture(40, 30))
	jfif := "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
	insert := func(part []byte) []byte { return after(bare, 2, part...) }
	scan := bytes.Index(bare, []byte{0xff, 0xda})
	cases := []struct {
		name string
		data []byte
		want bool
	}{
		{"bare pixels", bare, false},
		{"plain JFIF", insert(app(0xe0, jfif)), false},
		{"a restart interval", insert(app(0xdd, "\x00\x00")), false},

		{"nothing", nil, true},
		{"a PNG", asPNG(t, picture(40, 30)), true},
		{"cut short", bare[:len(bare)-2], true},
		{"JFIF with a thumbnail", insert(app(0xe0, jfif[:12]+"\x01\x01abc")), true},
		{"JFIF that says it has a thumbnail", insert(app(0xe0, jfif[:12]+"\x01\x01")), true},
		{"JFXX", insert(app(0xe0, "JFXX\x00\x10 a thumbnail")), true},
		{"Exif", insert(app(0xe1, "Exif\x00\x00II*\x00")), true},
		{"XMP", insert(app(0xe1, "http://ns.adobe.com/xap/1.0/\x00")), true},
		{"a colour profile", insert(app(0xe2, "ICC_PROFILE\x00\x01\x01")), true},
		{"Photoshop", insert(app(0xed, "Photoshop 3.0\x008BIM")), true},
		{"Adobe", insert(app(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x00")), true},
		{"a comment", insert(app(0xfe, "taken by me")), true},
		{"a segment nobody defined", insert(app(0xf7, "hidden")), true},
		{"a comment between frame and pixels", after(bare, scan, app(0xfe, "late")...), true},
		{"a comment after the pixels", after(bare, len(bare)-2, app(0xfe, "later")...), true},
		{"bytes between segments", after(bare, scan, []byte("stray")...), true},
		{"a byte after the end", append(bytes.Clone(bare), 0), true},
		{"another photo after the end", append(bytes.Clone(bare), bare...), true},
	}
	for _, c := range cases {
		if got := media.HasMetadata(c.data); got != c.want {
			t.Errorf("HasMetadata(%s) = %v, want %v", c.name, got, c.want)
		}
	}
}

// BenchmarkRenditions is what the photo worker does for each photo of a phone.
// Budget: half a second for 12 megapixels on two cores.
func BenchmarkRenditions(b *testing.B) {
	data, err := photogen.JPEG(photogen.Scene{Kind: photogen.FallenTree, Width: 4000, Height: 3000, Lon: 11.88, Lat: 43.46, Orientation: 6})
	if err != nil {
		b.Fatal(err)
	}
	p, err := media.Inspect(data, media.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := media.Renditions(data, p, media.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInspect is what a phone waits for when it has sent a photo.
// Budget: 30 ms for 12 megapixels.
func BenchmarkInspect(b *testing.B) {
	data, err := photogen.JPEG(photogen.Scene{Kind: photogen.FallenTree, Width: 4000, Height: 3000, Lon: 11.88, Lat: 43.46})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := media.Inspect(data, media.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
