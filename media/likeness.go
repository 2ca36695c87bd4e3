package media

import (
	"fmt"
	"math"

	"github.com/disintegration/imaging"
)

// flat is the deviation of grey values below which a picture shows nothing to
// know it by: a hand over the lens, a white wall. All such pictures would be
// alike.
const flat = 3.0

// Likeness returns the difference hash of a rendition: 64 bits, each saying
// whether one of 9 by 8 grey fields is darker than the field to its right, row
// by row from the top, the first the highest. Photos of one scene, made smaller,
// brighter or packed harder, differ in 8 bits or fewer; turned, mirrored or cut
// by a tenth they do not (photos-and-push 2.7). Known is false for a picture
// that shows nothing. The errors are those of Inspect, and of a picture with
// more than 1280 pixels a side ErrDimensions.
func Likeness(rendition []byte) (hash uint64, known bool, err error) {
	h, err := examine(rendition, Limits{MaxSide: largeSide})
	if err != nil {
		return 0, false, fmt.Errorf("hashing a rendition: %w", err)
	}
	pixels, err := decode(rendition, h.typ)
	if err != nil {
		return 0, false, fmt.Errorf("hashing a rendition: %w", err)
	}
	fields := imaging.Resize(imaging.Grayscale(pixels), 9, 8, imaging.Box)
	var sum, squares float64
	for y := range 8 {
		for x := range 9 {
			v := float64(fields.Pix[y*fields.Stride+4*x])
			sum, squares = sum+v, squares+v*v
			if x > 0 && fields.Pix[y*fields.Stride+4*(x-1)] < fields.Pix[y*fields.Stride+4*x] {
				hash |= 1 << (63 - (8*y + x - 1))
			}
		}
	}
	mean := sum / 72
	return hash, math.Sqrt(max(0, squares/72-mean*mean)) >= flat, nil
}
