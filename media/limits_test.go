package media_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"runtime"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/media"
)

// chunk is one part of a PNG.
func chunk(name string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// hugePNG is a whole, valid PNG of one colour, a bit a pixel.
func hugePNG(t testing.TB, w, h uint32) []byte {
	t.Helper()
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	row := make([]byte, 1+(w+7)/8)
	for range h {
		if _, err := z.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 1, 0, 0, 0, 0))...)
	out = append(out, chunk("IDAT", packed.Bytes())...)
	return append(out, chunk("IEND", nil)...)
}

// resized writes another size into the frame header of a JPEG.
func resized(t testing.TB, data []byte, w, h uint16, sof byte) []byte {
	t.Helper()
	out := bytes.Clone(data)
	at := bytes.Index(out, []byte{0xff, 0xc0})
	if at < 0 {
		t.Fatal("the encoder wrote no baseline frame")
	}
	out[at+1] = sof
	binary.BigEndian.PutUint16(out[at+5:], h)
	binary.BigEndian.PutUint16(out[at+7:], w)
	return out
}

// manyScans repeats the one scan of a JPEG.
func manyScans(t testing.TB, data []byte, n int) []byte {
	t.Helper()
	at := bytes.Index(data, []byte{0xff, 0xda})
	scan := data[at : len(data)-2]
	out := bytes.Clone(data[:at])
	for range n {
		out = append(out, scan...)
	}
	return append(out, 0xff, 0xd9)
}

func TestLimits(t *testing.T) {
	photo := asJPEG(t, picture(40, 30))
	none := media.Limits{}
	cases := []struct {
		name   string
		data   []byte
		limits media.Limits
		want   *fault.Error // nil: taken
		detail string
	}{
		{"a photo", photo, none, nil, ""},
		{"one pixel", asJPEG(t, image.NewGray(image.Rect(0, 0, 1, 1))), none, nil, ""},
		{"exactly as large as allowed", photo, media.Limits{MaxBytes: int64(len(photo)), MaxSide: 40, MaxPixels: 1200}, nil, ""},
		{"a byte too large", photo, media.Limits{MaxBytes: int64(len(photo)) - 1}, media.ErrTooLarge, fmt.Sprintf("%d > %d bytes", len(photo), len(photo)-1)},
		{"a pixel too wide", photo, media.Limits{MaxSide: 39}, media.ErrDimensions, "40 x 30 px"},
		{"a pixel too many", photo, media.Limits{MaxPixels: 1199}, media.ErrDimensions, "40 x 30 px"},
		{"41 MB", make([]byte, 41_000_000), none, media.ErrTooLarge, "41000000 > 40000000 bytes"},
		{"nothing", nil, none, media.ErrEmpty, ""},
		{"text", []byte("a hole in the road"), none, media.ErrType, "TXT"},

		{"PNG of 30,000 squared", hugePNG(t, 30_000, 30_000), none, media.ErrDimensions, "30000 x 30000 px"},
		{"PNG of 25 megapixels", hugePNG(t, 5_000, 5_000), none, media.ErrDimensions, "5000 x 5000 px"},
		{"JPEG of 65,500 squared", resized(t, photo, 65_500, 65_500, 0xc0), none, media.ErrDimensions, "65500 x 65500 px"},
		{"its first 423 bytes", resized(t, photo, 65_500, 65_500, 0xc0)[:423], none, media.ErrTruncated, ""},
		{"it without its end", resized(t, photo, 65_500, 65_500, 0xc0)[:len(photo)-2], none, media.ErrDimensions, "65500 x 65500 px"},
		{"JPEG 30,000 wide", resized(t, photo, 30_000, 10, 0xc0), none, media.ErrDimensions, "30000 x 10 px"},
		{"JPEG of 65 megapixels", resized(t, photo, 8_125, 8_001, 0xc0), none, media.ErrDimensions, "8125 x 8001 px"},
		{"progressive JPEG of 25 megapixels", resized(t, photo, 5_000, 5_000, 0xc2), none, media.ErrDimensions, "5000 x 5000 px"},
		{"JPEG of no width", resized(t, photo, 0, 30, 0xc0), none, media.ErrDimensions, "0 x 30 px"},
		{"JPEG of no height", resized(t, photo, 40, 0, 0xc0), none, media.ErrDimensions, "40 x 0 px"},
		{"a hundred scans", manyScans(t, photo, 100), none, nil, ""},
		{"a hundred and one", manyScans(t, photo, 101), none, media.ErrCostly, "101 > 100"},
		{"PNG of no width", hugePNG(t, 0, 1), none, media.ErrCorrupt, ""},
	}
	for _, c := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := media.Inspect(c.data, c.limits)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 256<<10 {
			t.Errorf("Inspect(%s) took %d bytes of memory", c.name, spent)
		}
		_, _, errRender := media.Renditions(c.data, p, c.limits)
		if c.want == nil {
			if err != nil || errRender != nil {
				t.Errorf("%s: %v and %v, want it taken", c.name, err, errRender)
			}
			continue
		}
		for _, e := range []error{err, errRender} { // both doors are shut
			if !errors.Is(e, c.want) || fault.Of(e).Detail != c.detail {
				t.Errorf("%s: %v, want %s with %q", c.name, e, c.want.Code, c.detail)
			}
		}
	}
}

// TestCutShort asks that a photo whose end is missing says so, wherever it was cut.
func TestCutShort(t *testing.T) {
	scene, err := photogen.JPEG(photogen.Scene{Kind: photogen.Pothole, Width: 160, Height: 120, Lon: 11, Lat: 43})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"JPEG": scene, "PNG": asPNG(t, picture(40, 30))} {
		for at := 1; at < len(data); at++ {
			p, err := media.Inspect(data[:at], media.Limits{})
			if !errors.Is(err, media.ErrTruncated) {
				t.Errorf("%s cut at %d of %d: %+v, %v, want media.truncated", name, at, len(data), p, err)
			}
		}
	}
}

// TestDamaged asks that a photo that is all there but spoilt inside is refused
// as damaged, or shown as far as it goes, and nothing worse.
func TestDamaged(t *testing.T) {
	whole := asPNG(t, picture(40, 30))
	at := bytes.Index(whole, []byte("IDAT")) + 10
	spoilt := bytes.Clone(whole)
	spoilt[at] ^= 0xff
	wantCorrupt(t, "PNG with a wrong checksum", spoilt)

	data := asJPEG(t, picture(40, 30))
	tables := bytes.Index(data, []byte{0xff, 0xc4})
	wantCorrupt(t, "JPEG without its tables", append(bytes.Clone(data[:tables]), 0xff, 0xd9))
	scan := bytes.Index(data, []byte{0xff, 0xda}) + 14
	wantCorrupt(t, "JPEG without its pixels", append(bytes.Clone(data[:scan]), 0xff, 0xd9))

	for i := range data {
		for _, bits := range []byte{0xff, 0x01, 0x80} {
			spoilt := bytes.Clone(data)
			spoilt[i] ^= bits
			p, err := media.Inspect(spoilt, media.Limits{})
			if err == nil {
				_, _, err = media.Renditions(spoilt, p, media.Limits{})
			}
			if err != nil && fault.Of(err) == fault.ErrUnknown {
				t.Errorf("byte %d spoilt: %v is no fault", i, err)
			}
		}
	}
}

func wantCorrupt(t *testing.T, name string, data []byte) {
	t.Helper()
	p, err := media.Inspect(data, media.Limits{})
	if err == nil {
		_, _, err = media.Renditions(data, p, media.Limits{})
	}
	if !errors.Is(err, media.ErrCorrupt) {
		t.Errorf("%s: %v, want media.corrupt", name, err)
	}
}
