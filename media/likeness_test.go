package media_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math/bits"
	"testing"

	"github.com/disintegration/imaging"

	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/media"
)

func likeness(t testing.TB, name string, data []byte) (uint64, bool) {
	t.Helper()
	hash, known, err := media.Likeness(data)
	if err != nil {
		t.Fatalf("Likeness of %s: %v", name, err)
	}
	return hash, known
}

// TestLikeness changes photos as phones and messengers do.
func TestLikeness(t *testing.T) {
	for i := range 5 {
		data, err := photogen.JPEG(photogen.Scene{Kind: photogen.Kinds[i%len(photogen.Kinds)], Seed: uint64(i), Width: 480, Height: 360})
		if err != nil {
			t.Fatal(err)
		}
		_, small := render(t, "a scene", data)
		want, known := likeness(t, "a scene", small.Data)
		if !known {
			t.Fatalf("scene %d shows nothing", i)
		}
		picture, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name    string
			changed image.Image
			quality int
		}{
			{"packed hard", picture, 30},
			{"half as large", imaging.Resize(picture, 240, 0, imaging.Lanczos), 80},
			{"brighter", imaging.AdjustBrightness(picture, 10), 80},
			{"with more contrast", imaging.AdjustContrast(picture, 15), 80},
		} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, tt.changed, &jpeg.Options{Quality: tt.quality}); err != nil {
				t.Fatal(err)
			}
			_, again := render(t, tt.name, b.Bytes())
			got, _ := likeness(t, tt.name, again.Data)
			if n := bits.OnesCount64(got ^ want); n > 8 {
				t.Errorf("scene %d, %s: %d bits differ, want 8 or fewer", i, tt.name, n)
			}
		}
	}
}

// TestLikenessOfSamples: real photos are told apart, and no two sizes of one
// are.
func TestLikenessOfSamples(t *testing.T) {
	type one struct {
		name string
		hash uint64
	}
	var all []one
	for name, data := range samples(t, "mobile") {
		photo := inspect(t, name, data)
		large, small, err := media.Renditions(data, photo, media.Limits{})
		if err != nil {
			continue // what cannot be shown cannot be alike
		}
		a, known := likeness(t, name, small.Data)
		if b, _ := likeness(t, name, large.Data); bits.OnesCount64(a^b) > 4 {
			t.Errorf("%s: its two renditions differ in %d bits", name, bits.OnesCount64(a^b))
		}
		if known {
			all = append(all, one{name, a})
		}
	}
	alike := 0
	for i, a := range all {
		for _, b := range all[:i] {
			if bits.OnesCount64(a.hash^b.hash) <= 8 {
				alike++
				t.Logf("%s and %s look alike", a.name, b.name)
			}
		}
	}
	if pairs := len(all) * (len(all) - 1) / 2; alike*20 > pairs {
		t.Errorf("%d of %d pairs of different photos look alike", alike, pairs)
	}
}

func TestLikenessOfNothing(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 320, 240))
	if _, known := likeness(t, "a grey photo", asJPEG(t, grey)); known {
		t.Error("a grey photo shows something")
	}
	for x := range 320 { // a ramp from dark to light
		for y := range 240 {
			grey.SetGray(x, y, color.Gray{Y: uint8(x * 255 / 319)})
		}
	}
	if hash, known := likeness(t, "a ramp", asJPEG(t, grey)); !known || hash != ^uint64(0) {
		t.Errorf("a ramp has the hash %x, want every bit", hash)
	}
	for name, data := range map[string][]byte{"nothing": nil, "a text": []byte("hello, this is no photo"), "half a photo": asJPEG(t, grey)[:400]} {
		if _, _, err := media.Likeness(data); err == nil {
			t.Errorf("%s has a hash", name)
		}
	}
	if _, _, err := media.Likeness(asJPEG(t, image.NewGray(image.Rect(0, 0, 2000, 10)))); !errors.Is(err, media.ErrDimensions) {
		t.Errorf("what is no rendition: %v, want %s", err, media.ErrDimensions.Code)
	}
}

func FuzzLikeness(f *testing.F) {
	f.Add(asJPEG(f, image.NewGray(image.Rect(0, 0, 16, 16))))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		hash, known, err := media.Likeness(data)
		if err != nil && (hash != 0 || known) {
			t.Errorf("Likeness = %x, %v beside %v", hash, known, err)
		}
	})
}
