package media_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/media"
)

func TestSniff(t *testing.T) {
	cases := []struct {
		name, data string
		want       media.Type
		err        *fault.Error
		detail     string
	}{
		{"JPEG", "\xff\xd8\xff\xe0 and so on", media.JPEG, nil, ""},
		{"PNG", "\x89PNG\r\n\x1a\n and so on", media.PNG, nil, ""},

		{"nothing", "", "", media.ErrEmpty, ""},
		{"a JPEG of two bytes", "\xff\xd8", "", media.ErrTruncated, ""},
		{"a PNG of five bytes", "\x89PNG\r", "", media.ErrTruncated, ""},
		{"a PNG sent as text", "\x89PNG\n\x1a\n and so on", "", media.ErrCorrupt, ""},
		{"not quite a JPEG", "\xff\xd8\x00\x00", "", media.ErrType, ""},

		{"HEIC of a phone", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "", media.ErrHEIC, ""},
		{"HEIC by its second brand", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "", media.ErrHEIC, ""},
		{"AVIF", "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf", "", media.ErrType, "AVIF"},
		{"AVIF that says mif1 first", "\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "", media.ErrType, "AVIF"},
		{"a film", "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42", "", media.ErrType, "MP4"},
		{"ftyp of a lying length", "\xff\xff\xff\xffftypisom", "", media.ErrType, "MP4"},
		{"WebP", "RIFF\x24\x00\x00\x00WEBPVP8 ", "", media.ErrType, "WebP"},
		{"GIF", "GIF89a\x01\x00", "", media.ErrType, "GIF"},
		{"TIFF little", "II*\x00\x08\x00\x00\x00", "", media.ErrType, "TIFF"},
		{"TIFF big", "MM\x00*\x00\x00\x00\x08", "", media.ErrType, "TIFF"},
		{"BMP", "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", "", media.ErrType, "BMP"},
		{"a text that begins with BM", "BMW parked on the pavement", "", media.ErrType, "TXT"},
		{"SVG", "\xef\xbb\xbf <svg xmlns=", "", media.ErrType, "SVG"},
		{"SVG in XML", "<?xml version=\"1.0\"?>\n<!-- made --><svg ", "", media.ErrType, "SVG"},
		{"an error page", "<!DOCTYPE html><title>502</title>", "", media.ErrType, "HTML"},
		{"PDF", "%PDF-1.7", "", media.ErrType, "PDF"},
		{"ZIP", "PK\x03\x04\x14\x00", "", media.ErrType, "ZIP"},
		{"text", "Buca in via Garibaldi, è pericolosa\n", "", media.ErrType, "TXT"},
		{"bytes of no kind", "\x00\x01\x02\x03\x80", "", media.ErrType, ""},
	}
	for _, c := range cases {
		got, err := media.Sniff([]byte(c.data))
		if c.err == nil {
			if got != c.want || err != nil {
				t.Errorf("Sniff(%s) = %q, %v, want %q", c.name, got, err, c.want)
			}
			continue
		}
		if !errors.Is(err, c.err) || fault.Of(err).Detail != c.detail || got != "" {
			t.Errorf("Sniff(%s) = %q, %v, want %v with %q", c.name, got, err, c.err.Code, c.detail)
		}
	}
}

// TestSniffLongText asks that a letter cut in two at the end of what is looked
// at does not make a text something else.
func TestSniffLongText(t *testing.T) {
	for pad := range 4 {
		_, err := media.Sniff([]byte(strings.Repeat("x", pad) + strings.Repeat("è…𝄞", 500)))
		if fault.Of(err).Detail != "TXT" {
			t.Errorf("padded by %d: %v, want a text", pad, err)
		}
	}
}

// TestFaultsSpeak asks that every refusal has its sentence in both languages.
func TestFaultsSpeak(t *testing.T) {
	_, err := media.Sniff([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"))
	f := fault.Of(err)
	if f.Say("en") != "HEIC photos cannot be read yet: send JPEG." || f.Say("it") != "Le foto HEIC non si possono ancora leggere: invia un JPEG." {
		t.Errorf("HEIC is refused with %q and %q", f.Say("en"), f.Say("it"))
	}
	for _, e := range []*fault.Error{
		media.ErrEmpty, media.ErrTooLarge, media.ErrType, media.ErrHEIC,
		media.ErrDimensions, media.ErrCostly, media.ErrTruncated, media.ErrCorrupt,
	} {
		if e.Text == "" || e.Italian == "" || e.Text == e.Italian {
			t.Errorf("%s says %q and %q", e.Code, e.Text, e.Italian)
		}
	}
}
