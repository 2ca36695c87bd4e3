package media

import (
	"bytes"
	"encoding/binary"
)

// Markers of ITU-T T.81, table B.1.
const (
	markSOF0  = 0xc0
	markSOF15 = 0xcf
	markSOF2  = 0xc2
	markSOF10 = 0xca
	markDHT   = 0xc4
	markJPG   = 0xc8
	markDAC   = 0xcc
	markRST0  = 0xd0
	markRST7  = 0xd7
	markSOI   = 0xd8
	markEOI   = 0xd9
	markSOS   = 0xda
	markDQT   = 0xdb
	markDRI   = 0xdd
	markAPP0  = 0xe0
	markAPP1  = 0xe1
)

// segment is one marker of a JPEG with its payload; a scan's payload is only
// its header, the compressed pixels follow at end.
type segment struct {
	marker byte
	body   []byte
	stray  int // bytes between this marker and what came before it
	end    int // offset of the first byte after body
}

// nextSegment returns the marker at or after offset at. It answers false where
// the data end before the segment does. It is as liberal as the decoder: bytes
// that belong to nothing are skipped, and counted.
func nextSegment(data []byte, at int) (segment, bool) {
	start := at
	for {
		i := bytes.IndexByte(data[at:], 0xff)
		if i < 0 || at+i+1 >= len(data) {
			return segment{}, false
		}
		at += i
		m := data[at+1]
		switch {
		case m == 0x00:
			at += 2
		case m == 0xff: // a fill byte
			at++
		case m >= markRST0 && m <= markEOI || m == 0x01:
			return segment{marker: m, stray: at - start, end: at + 2}, true
		default:
			return withBody(data, at, at-start)
		}
	}
}

func withBody(data []byte, at, stray int) (segment, bool) {
	if at+4 > len(data) {
		return segment{}, false
	}
	n := int(binary.BigEndian.Uint16(data[at+2:]))
	if n < 2 || at+2+n > len(data) {
		return segment{}, false
	}
	return segment{marker: data[at+1], body: data[at+4 : at+2+n], stray: stray, end: at + 2 + n}, true
}

// pixelsEnd returns the offset of the first marker after the compressed pixels
// that begin at offset at: restarts and stuffed bytes belong to the pixels.
func pixelsEnd(data []byte, at int) int {
	for {
		i := bytes.IndexByte(data[at:], 0xff)
		if i < 0 || at+i+1 >= len(data) {
			return len(data)
		}
		at += i
		m := data[at+1]
		if m != 0x00 && m != 0xff && (m < markRST0 || m > markRST7) {
			return at
		}
		at++
		if m != 0xff {
			at++
		}
	}
}

// outlineJPEG walks the segments of a JPEG up to its end mark. What follows
// the end mark (a second picture, a film) is not looked at.
func outlineJPEG(data []byte) outline {
	var o outline
	for at := 2; ; {
		s, ok := nextSegment(data, at)
		if !ok {
			return o
		}
		at = s.end
		switch {
		case s.marker == markEOI:
			o.complete = true
			return o
		case s.marker == markSOS:
			o.scans++
			at = pixelsEnd(data, at)
		case s.marker == markSOF2 || s.marker == markSOF10:
			o.progressive = true
		case s.marker == markAPP1 && o.exif == nil:
			if tiff, ok := bytes.CutPrefix(s.body, []byte("Exif\x00")); ok && len(tiff) > 0 {
				o.exif = tiff[1:] // the second byte of padding is not always zero
			}
		}
	}
}

// HasMetadata reports whether data is anything but a JPEG of bare pixels: a
// JPEG with any application segment besides a plain JFIF header without a
// thumbnail, with a comment, with bytes between its segments, or with
// anything after its end mark. What is not a whole JPEG has metadata, since
// nobody can vouch for it.
func HasMetadata(data []byte) bool {
	if !bytes.HasPrefix(data, []byte(jpegMagic)) {
		return true
	}
	for at := 2; ; {
		s, ok := nextSegment(data, at)
		if !ok || s.stray > 0 {
			return true
		}
		at = s.end
		switch {
		case s.marker == markEOI:
			return at != len(data)
		case s.marker == markSOS:
			at = pixelsEnd(data, at)
		case !bare(s):
			return true
		}
	}
}

// bare reports whether a segment only serves to decode pixels. It is a list of
// what is let through: a marker nobody thought of is metadata.
func bare(s segment) bool {
	switch s.marker {
	case markDHT, markDQT, markDRI, markDAC:
		return true
	case markAPP0: // JFIF: name, version, density, and a thumbnail of 0 x 0
		return len(s.body) == 14 && string(s.body[:5]) == "JFIF\x00" && s.body[12] == 0 && s.body[13] == 0
	}
	return s.marker >= markSOF0 && s.marker <= markSOF15 && s.marker != markJPG
}
