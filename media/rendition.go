package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"github.com/disintegration/imaging"
)

// The two pictures shown to people: one to look at, one for lists and maps.
// Sizes and qualities were measured in photos-and-push 2.1 and 2.2: about 250
// and 20 kB for a phone's photo.
const (
	largeSide    = 1280 // pixels, the longer side
	largeQuality = 80
	smallSide    = 320
	smallQuality = 75
)

// Rendition is a JPEG made for showing: upright, of bare pixels, with nothing
// of the original's metadata, colour profile or thumbnail.
type Rendition struct {
	Data          []byte
	Width, Height int // in pixels
}

// Renditions makes the two pictures of a photo that Inspect has described:
// large is at most 1280 pixels on its longer side, small at most 320, neither
// is ever larger than the photo. What was transparent becomes white.
//
// It answers ErrCorrupt when the pixels cannot be decoded, ErrTruncated when
// they end early, and anything Inspect answers when data exceed the limits.
// A phone's photo of 12 megapixels takes a quarter of a second and 50 MB; the
// worst the default limits let in, a PNG of 16 bits a channel or a progressive
// JPEG of 24 megapixels, a second and 400 MB: render one photo at a time.
func Renditions(data []byte, photo Photo, limits Limits) (large, small Rendition, err error) {
	h, err := examine(data, limits)
	if err != nil {
		return large, small, fmt.Errorf("rendering a photo: %w", err)
	}
	pixels, err := decode(data, h.typ)
	if err != nil {
		return large, small, fmt.Errorf("rendering a photo: %w", err)
	}
	// Turning the small picture costs a tenth of turning the photo.
	big := flatten(upright(imaging.Fit(pixels, largeSide, largeSide, imaging.Lanczos), photo.Orientation))
	tiny := imaging.Fit(big, smallSide, smallSide, imaging.Lanczos)
	if large, err = encode(big, largeQuality); err != nil {
		return Rendition{}, Rendition{}, err
	}
	if small, err = encode(flatten(tiny), smallQuality); err != nil {
		return Rendition{}, Rendition{}, err
	}
	return large, small, nil
}

// decode returns the pixels in one of the few forms imaging is given. A panic
// of a decoder is the photo's fault and stays here.
func decode(data []byte, typ Type) (pixels image.Image, err error) {
	defer func() {
		if recover() != nil {
			pixels, err = nil, ErrCorrupt
		}
	}()
	if typ == PNG {
		pixels, err = png.Decode(bytes.NewReader(data))
	} else {
		pixels, err = jpeg.Decode(bytes.NewReader(data))
	}
	if err != nil {
		return nil, ErrCorrupt
	}
	if sound(pixels) {
		return pixels, nil
	}
	return plain(pixels), nil
}

// plain copies any picture into a form imaging can walk. Without transparency
// it may be RGBA, into which the standard library copies CMYK ten times faster.
func plain(m image.Image) image.Image {
	var out draw.Image = image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		out = image.NewRGBA(out.Bounds())
	}
	draw.Draw(out, out.Bounds(), m, m.Bounds().Min, draw.Src)
	return out
}

// sound reports whether imaging can walk an image without leaving its memory.
// imaging works in goroutines of its own, where a panic ends the process.
func sound(m image.Image) bool {
	switch p := m.(type) {
	case *image.NRGBA:
		return holds(len(p.Pix), p.Stride, p.Rect, 4)
	case *image.RGBA:
		return holds(len(p.Pix), p.Stride, p.Rect, 4)
	case *image.Gray:
		return holds(len(p.Pix), p.Stride, p.Rect, 1)
	case *image.YCbCr:
		return soundYCbCr(p)
	}
	return false
}

func holds(n, stride int, r image.Rectangle, perPixel int) bool {
	return r.Min == image.Point{} && !r.Empty() &&
		stride >= r.Dx()*perPixel && n >= (r.Dy()-1)*stride+r.Dx()*perPixel
}

func soundYCbCr(p *image.YCbCr) bool {
	if !holds(len(p.Y), p.YStride, p.Rect, 1) {
		return false
	}
	last := p.COffset(p.Rect.Max.X-1, p.Rect.Max.Y-1)
	return last >= 0 && last < len(p.Cb) && last < len(p.Cr)
}

// upright turns a picture so that orientation o (EXIF 2.32, tag 0x0112) is the
// way a person saw it. imaging turns counter-clockwise.
func upright(m *image.NRGBA, o int) *image.NRGBA {
	switch o {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m)
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

// flatten lays a picture on white paper, in the form the encoder is fast with.
func flatten(m *image.NRGBA) *image.RGBA {
	out := image.NewRGBA(m.Rect)
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, m, m.Rect.Min, draw.Over)
	return out
}

func encode(m *image.RGBA, quality int) (Rendition, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		return Rendition{}, fmt.Errorf("encoding a rendition: %w", err)
	}
	return Rendition{Data: b.Bytes(), Width: m.Rect.Dx(), Height: m.Rect.Dy()}, nil
}
