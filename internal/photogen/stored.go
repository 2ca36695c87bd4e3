package photogen

import "image"

// stored returns upright pixels as a camera held another way would store them
// (EXIF 2.32, tag 0x0112: which visual edges row 0 and column 0 are).
func stored(m *image.RGBA, orientation int) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	// from returns the upright pixel that the camera stores at column x, row y.
	var from func(x, y int) (int, int)
	switch orientation {
	case 2: // row 0 is the top, column 0 the right
		from = func(x, y int) (int, int) { return w - 1 - x, y }
	case 3: // the bottom, the right
		from = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
	case 4: // the bottom, the left
		from = func(x, y int) (int, int) { return x, h - 1 - y }
	case 5: // the left, the top
		from = func(x, y int) (int, int) { return y, x }
	case 6: // the right, the top
		from = func(x, y int) (int, int) { return w - 1 - y, x }
	case 7: // the right, the bottom
		from = func(x, y int) (int, int) { return w - 1 - y, h - 1 - x }
	case 8: // the left, the bottom
		from = func(x, y int) (int, int) { return y, h - 1 - x }
	default:
		return m
	}
	sw, sh := w, h
	if orientation >= 5 {
		sw, sh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, sw, sh))
	for y := range sh {
		for x := range sw {
			ux, uy := from(x, y)
			copy(out.Pix[out.PixOffset(x, y):][:4], m.Pix[m.PixOffset(ux, uy):][:4])
		}
	}
	return out
}
