package media_test

import (
	"math"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/media"
)

// tight keeps fuzzing quick; what is within limits behaves the same beyond.
var tight = media.Limits{MaxSide: 512, MaxPixels: 1 << 16, MaxPNGPixels: 1 << 16, MaxProgressivePixels: 1 << 16, MaxScans: 8}

// seed plants one file of each sort.
func seed(f *testing.F) {
	f.Helper()
	photo := asJPEG(f, picture(24, 16))
	f.Add(photo)
	f.Add(photo[:len(photo)/2])
	f.Add(withEXIF(f, tiff([]field{word(tagOrientation, 6)}, []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "+02:00")}, gps(ratios(tagGPSError, 5, 1)))))
	f.Add(asPNG(f, picture(24, 16)))
	f.Add(after(asPNG(f, picture(24, 16)), 33, chunk("eXIf", tiff([]field{word(tagOrientation, 8)}, nil, gps()))...))
	f.Add(resized(f, photo, 24, 16, 0xc2))
	f.Add(manyScans(f, photo, 3))
	f.Add([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"))
	f.Add([]byte("<svg/>"))
}

func FuzzInspect(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := media.Inspect(data, media.Limits{})
		if err != nil {
			if fault.Of(err) == fault.ErrUnknown {
				t.Errorf("%v is no fault", err)
			}
			return
		}
		if len(p.SHA256) != 64 || p.Size != int64(len(data)) || p.Width < 1 || p.Height < 1 || p.Orientation < 1 || p.Orientation > 8 {
			t.Errorf("Inspect = %+v", p)
		}
		if g := p.GPS; g != nil && !(math.Abs(g.Lat) <= 90 && math.Abs(g.Lon) <= 180 && g.Lat != 0 && g.Lon != 0 && g.AccuracyM >= 0) {
			t.Errorf("GPS = %+v", *g)
		}
		if !p.TakenAt.IsZero() && (p.TakenAt.Year() < 1994 || p.TakenAt.Year() > 2100) {
			t.Errorf("TakenAt = %v", p.TakenAt)
		}
	})
}

func FuzzRenditions(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := media.Inspect(data, tight)
		if err != nil {
			return
		}
		large, small, err := media.Renditions(data, p, tight)
		if err != nil {
			if fault.Of(err) == fault.ErrUnknown {
				t.Errorf("%v is no fault", err)
			}
			return
		}
		if media.HasMetadata(large.Data) || media.HasMetadata(small.Data) {
			t.Error("a rendition has metadata")
		}
		if large.Width != p.Width || large.Height != p.Height || small.Width > 320 || small.Height > 320 {
			t.Errorf("renditions of %d x %d and %d x %d from %d x %d", large.Width, large.Height, small.Width, small.Height, p.Width, p.Height)
		}
	})
}
