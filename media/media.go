// Package media decides which photos we take, what they say about themselves,
// and what of them may be shown.
//
// Inspect reads a photo as it came from a phone: what it is, how big, which way
// up, when and where it says it was taken. Renditions makes the two pictures
// people are shown, upright and without a byte of the original. HasMetadata
// proves the latter.
//
// What a photo says about itself is evidence, not truth: a lying or broken EXIF
// is noted and ignored, it never costs anybody their photo.
//
// The package refuses to touch files, the network or a clock, to keep the name
// of a camera, and to decode anything whose size it has not checked first.
package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"time"
)

// Photo is what Inspect found out about one photo.
type Photo struct {
	SHA256      string // of the bytes as received, 64 lower-case hex digits
	Size        int64  // in bytes
	Type        Type
	Width       int // in pixels, upright: after Orientation is applied
	Height      int // in pixels, upright
	Orientation int // 1 to 8 as EXIF counts them; 1 when absent or impossible

	// TakenLocal is the wall clock of the camera, "2026-05-04T18:32:07", or empty.
	TakenLocal string
	// TakenOffset is the camera's claim of its offset from UTC, "+02:00", or empty.
	TakenOffset string
	// TakenAt is the moment in UTC. It is zero unless EXIF gives an offset or
	// the time of the GPS: the server's zone is never guessed into a photo.
	TakenAt time.Time
	// GPS is where the camera says it was; nil when it does not say, or says
	// something impossible.
	GPS *Fix
	// EXIFNote says in English what was found in EXIF and ignored, and why;
	// empty when nothing was. It holds no position, no date and no name.
	EXIFNote string
}

// Fix is a position read by a camera, WGS84, in degrees.
type Fix struct {
	Lon, Lat float64
	// AccuracyM is the horizontal error the camera claims, in metres; 0 when it
	// claims none.
	AccuracyM float64
}

// Limits bound what is accepted, before anything is decoded. A zero field
// means its value in DefaultLimits, so Limits{} is safe.
type Limits struct {
	MaxBytes     int64 // of the file as received
	MaxSide      int   // of the longer side, in pixels
	MaxPixels    int   // of a JPEG, in pixels
	MaxPNGPixels int   // of a PNG: it is kept whole in memory, up to 8 bytes a pixel
	// MaxProgressivePixels is for progressive JPEG, whose decoder keeps every
	// coefficient: 12 bytes a pixel and more.
	MaxProgressivePixels int
	// MaxScans is the number of passes over the picture a JPEG may ask for. An
	// encoder writes about ten; a few kilobytes can ask for thousands.
	MaxScans int
}

// DefaultLimits returns the limits of photos-and-push 2.6: 40 MB, 64 megapixels
// of JPEG, 24 of PNG or progressive JPEG, 20,000 pixels a side, 100 scans.
func DefaultLimits() Limits {
	return Limits{
		MaxBytes:             40_000_000,
		MaxSide:              20_000,
		MaxPixels:            64_000_000,
		MaxPNGPixels:         24_000_000,
		MaxProgressivePixels: 24_000_000,
		MaxScans:             100,
	}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	fill(&l.MaxBytes, d.MaxBytes)
	fill(&l.MaxSide, d.MaxSide)
	fill(&l.MaxPixels, d.MaxPixels)
	fill(&l.MaxPNGPixels, d.MaxPNGPixels)
	fill(&l.MaxProgressivePixels, d.MaxProgressivePixels)
	fill(&l.MaxScans, d.MaxScans)
	return l
}

func fill[T int | int64](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}

// Inspect reads everything we keep about a photo without decoding its pixels.
// It answers ErrEmpty, ErrTooLarge, ErrType, ErrHEIC, ErrDimensions,
// ErrCostly, ErrTruncated or ErrCorrupt for a photo we cannot take. Damage
// inside the compressed pixels is only found by Renditions.
func Inspect(data []byte, limits Limits) (Photo, error) {
	h, err := examine(data, limits)
	if err != nil {
		return Photo{}, err
	}
	sum := sha256.Sum256(data)
	p := Photo{
		SHA256: hex.EncodeToString(sum[:]),
		Size:   int64(len(data)),
		Type:   h.typ,
		Width:  h.width,
		Height: h.height,
	}
	claims := readEXIF(h.exif)
	p.Orientation = claims.orientation
	if sideways(p.Orientation) {
		p.Width, p.Height = p.Height, p.Width
	}
	p.TakenLocal, p.TakenOffset, p.TakenAt = claims.local, claims.offset, claims.at
	p.GPS = claims.fix
	p.EXIFNote = strings.Join(claims.notes, "; ")
	return p, nil
}

// sideways reports whether orientation o swaps width and height.
func sideways(o int) bool { return o >= 5 && o <= 8 }

// header is what can be known of a photo without decoding it.
type header struct {
	typ           Type
	width, height int // as stored, before orientation
	exif          []byte
}

// outline is how a file is put together, by its own table of parts.
type outline struct {
	exif        []byte // the TIFF stream of its EXIF, or nil
	complete    bool   // it reaches its own end mark
	progressive bool
	scans       int
}

// examine decides whether data may be decoded at all.
func examine(data []byte, limits Limits) (header, error) {
	limits = limits.orDefault()
	if int64(len(data)) > limits.MaxBytes {
		return header{}, ErrTooLarge.With("%d > %d bytes", len(data), limits.MaxBytes)
	}
	typ, err := Sniff(data)
	if err != nil {
		return header{}, err
	}
	var o outline
	var c image.Config
	if typ == PNG {
		o = outlinePNG(data)
		c, err = png.DecodeConfig(bytes.NewReader(data))
	} else {
		o = outlineJPEG(data)
		c, err = jpeg.DecodeConfig(bytes.NewReader(data))
	}
	switch {
	case err != nil && !o.complete:
		return header{}, ErrTruncated
	case err != nil:
		return header{}, ErrCorrupt
	}
	if err := limits.check(typ, c, o); err != nil {
		return header{}, err
	}
	if !o.complete {
		return header{}, ErrTruncated
	}
	return header{typ: typ, width: c.Width, height: c.Height, exif: o.exif}, nil
}

// check comes before the question whether the file is complete: of a bomb cut
// short, its size is the thing to say.
func (l Limits) check(typ Type, c image.Config, o outline) error {
	most := l.MaxPixels
	switch {
	case typ == PNG:
		most = l.MaxPNGPixels
	case o.progressive:
		most = min(most, l.MaxProgressivePixels)
	}
	switch {
	case c.Width < 1 || c.Height < 1,
		c.Width > l.MaxSide || c.Height > l.MaxSide,
		c.Width > most/c.Height:
		return ErrDimensions.With("%d x %d px", c.Width, c.Height)
	case o.scans > l.MaxScans:
		return ErrCostly.With("%d > %d", o.scans, l.MaxScans)
	}
	return nil
}
