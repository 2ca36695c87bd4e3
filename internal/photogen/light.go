package photogen

import (
	"image"
	"image/color"
	"image/draw"
	"time"
)

// light is how a scene is lit: each channel of what does not shine by itself
// is multiplied by its share.
type light struct {
	r, g, b float64
	top     color.RGBA // of the sky
	low     color.RGBA // of the sky above the roofs
	dark    bool       // lamps are on
}

// lamplit is the light of rooms, whatever the hour.
var lamplit = light{r: 1, g: 1, b: 1}

// lightAt returns the light of the hour in the scene's own time zone. Seasons
// are left out.
func lightAt(t time.Time) light {
	hour := 12
	if !t.IsZero() {
		hour = t.Hour()
	}
	switch {
	case hour >= 8 && hour < 18:
		return light{r: 1, g: 1, b: 1, top: rgb(0x6f9fd0), low: rgb(0xdbe6ee)}
	case hour == 6 || hour == 7 || hour == 18 || hour == 19:
		return light{r: 0.92, g: 0.78, b: 0.68, top: rgb(0x5a77ad), low: rgb(0xffd2a0), dark: hour > 12}
	default:
		return light{r: 0.30, g: 0.34, b: 0.47, top: rgb(0x1c2b55), low: rgb(0x5f6a8c), dark: true}
	}
}

// develop lays the light on the picture, then what shines, then the grain and
// the dark corners of a small lens.
func (c *canvas) develop(l light) {
	c.each(func(p []uint8, _, _ float64) {
		p[0] = clamp(float64(p[0]) * l.r)
		p[1] = clamp(float64(p[1]) * l.g)
		p[2] = clamp(float64(p[2]) * l.b)
	})
	for _, shine := range c.lights {
		shine()
	}
	c.each(func(p []uint8, x, y float64) {
		f := 1 - 0.28*((x-0.5)*(x-0.5)+(y-0.5)*(y-0.5))*2
		bits := c.rng.Uint32()
		grain := float64(bits&15) + float64(bits>>4&15) - 15 // from -15 to 15, mostly near 0
		for i := range p {
			p[i] = clamp(float64(p[i])*f + grain*0.35)
		}
	})
}

// each visits the three channels of every pixel, row by row.
func (c *canvas) each(visit func(p []uint8, x, y float64)) {
	for y := range c.img.Rect.Dy() {
		for x := range c.img.Rect.Dx() {
			i := c.img.PixOffset(x, y)
			visit(c.img.Pix[i:i+3], float64(x)/c.w, float64(y)/c.h)
		}
	}
}

// corners paints the marks of Scene.Corners.
func (c *canvas) corners() {
	w, h := c.img.Rect.Dx(), c.img.Rect.Dy()
	side := min(w, h) / 16
	for i, at := range []image.Point{{}, {X: w - side}, {X: w - side, Y: h - side}, {Y: h - side}} {
		paint := []color.RGBA{rgb(0xff0000), rgb(0x00ff00), rgb(0x0000ff), rgb(0xffff00)}[i]
		square := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
		draw.Draw(c.img, square, image.NewUniform(paint), image.Point{}, draw.Src)
	}
}
