package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Type is the format of a photo, as a media type of RFC 6838.
type Type string

// The formats we read.
const (
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
)

const (
	jpegMagic = "\xff\xd8\xff"
	pngMagic  = "\x89PNG\r\n\x1a\n"
)

// Sniff returns the format of a photo by its first bytes; names and declared
// types are not asked. It answers ErrEmpty for nothing, ErrHEIC for HEIC,
// ErrTruncated for less than one signature, ErrCorrupt for a PNG that was
// carried as text, and ErrType, with the name of the format where we know it,
// for anything else.
func Sniff(data []byte) (Type, error) {
	switch {
	case len(data) == 0:
		return "", ErrEmpty
	case bytes.HasPrefix(data, []byte(jpegMagic)):
		return JPEG, nil
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return PNG, nil
	case strings.HasPrefix(jpegMagic, string(data[:min(len(data), len(jpegMagic))])),
		strings.HasPrefix(pngMagic, string(data[:min(len(data), len(pngMagic))])):
		return "", ErrTruncated
	case bytes.HasPrefix(data, []byte(pngMagic[:4])):
		return "", ErrCorrupt // line ends were rewritten on the way
	}
	name := foreign(data)
	switch name {
	case "":
		return "", ErrType
	case "HEIC":
		return "", ErrHEIC
	}
	return "", ErrType.With("%s", name)
}

// signatures of what people send instead of a photo. The names go to the
// sender, so they are the ones both languages use.
var signatures = []struct{ magic, name string }{
	{"GIF87a", "GIF"},
	{"GIF89a", "GIF"},
	{"II*\x00", "TIFF"},
	{"MM\x00*", "TIFF"},
	{"II+\x00", "TIFF"},
	{"MM\x00+", "TIFF"},
	{"%PDF-", "PDF"},
	{"PK\x03\x04", "ZIP"},
	{"8BPS", "PSD"},
	{"\xff\x0a", "JPEG XL"},
	{"\x00\x00\x00\x0cJXL ", "JPEG XL"},
	{"\x00\x00\x00\x0cjP  ", "JPEG 2000"},
	{"\x1a\x45\xdf\xa3", "Matroska"},
}

// foreign names a format we do not read, or answers "" for one we do not know.
func foreign(data []byte) string {
	for _, s := range signatures {
		if bytes.HasPrefix(data, []byte(s.magic)) {
			return s.name
		}
	}
	if len(data) >= 12 {
		if string(data[4:8]) == "ftyp" {
			return isoBrand(data)
		}
		if string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP" {
			return "WebP"
		}
	}
	if isBMP(data) {
		return "BMP"
	}
	return textual(data)
}

// isoBrand names the content of an ISO base media file (ISO/IEC 14496-12) by
// its major brand, and where that is only a container's, by the compatible ones.
func isoBrand(data []byte) string {
	end := min(len(data), int(min(binary.BigEndian.Uint32(data), 256)))
	brands := []string{string(data[8:12])}
	for i := 16; i+4 <= end; i += 4 {
		brands = append(brands, string(data[i:i+4]))
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(names, b) })
	}
	switch {
	case has("avif", "avis"):
		return "AVIF"
	case has("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"):
		return "HEIC"
	}
	return "MP4"
}

// isBMP asks for the length of a known header too: "BM" alone begins many texts.
func isBMP(data []byte) bool {
	if len(data) < 18 || string(data[:2]) != "BM" {
		return false
	}
	return slices.Contains([]uint32{12, 40, 52, 56, 64, 108, 124}, binary.LittleEndian.Uint32(data[14:18]))
}

// textual names texts: a drawing, a page, or something written.
func textual(data []byte) string {
	head := data[:min(len(data), 1024)]
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	low := bytes.ToLower(bytes.TrimLeftFunc(head, unicode.IsSpace))
	switch {
	case bytes.HasPrefix(low, []byte("<svg")), bytes.HasPrefix(low, []byte("<?xml")) && bytes.Contains(low, []byte("<svg")):
		return "SVG"
	case bytes.HasPrefix(low, []byte("<!doctype html")), bytes.HasPrefix(low, []byte("<html")):
		return "HTML"
	}
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		cut := r == utf8.RuneError && len(data) > len(head) && !utf8.FullRune(head)
		if cut {
			break
		}
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return ""
		}
		head = head[n:]
	}
	return "TXT"
}
