package photogen

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// point is a place on the canvas, in fractions of its width and height: 0,0 is
// the top left corner, 1,1 the bottom right one.
type point struct{ x, y float64 }

// canvas is what a scene is drawn on, and the dice that make it this one.
type canvas struct {
	img    *image.RGBA
	rng    *rand.Rand
	w, h   float64
	shape  vector.Rasterizer
	lights []func() // what shines by itself is drawn after the light of day
}

func newCanvas(w, h int, rng *rand.Rand) *canvas {
	return &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), rng: rng, w: float64(w), h: float64(h)}
}

// between returns a random number from low to high.
func (c *canvas) between(low, high float64) float64 { return low + (high-low)*c.rng.Float64() }

// fill paints the polygon with smooth edges.
func (c *canvas) fill(paint color.Color, corners ...point) {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, p := range corners {
		low = point{min(low.x, p.x*c.w), min(low.y, p.y*c.h)}
		high = point{max(high.x, p.x*c.w), max(high.y, p.y*c.h)}
	}
	box := image.Rect(int(math.Floor(low.x)), int(math.Floor(low.y)), int(math.Ceil(high.x))+1, int(math.Ceil(high.y))+1)
	if box = box.Intersect(c.img.Rect); box.Empty() {
		return
	}
	c.shape.Reset(box.Dx(), box.Dy())
	for i, p := range corners {
		x, y := float32(p.x*c.w)-float32(box.Min.X), float32(p.y*c.h)-float32(box.Min.Y)
		if i == 0 {
			c.shape.MoveTo(x, y)
		} else {
			c.shape.LineTo(x, y)
		}
	}
	c.shape.ClosePath()
	c.shape.Draw(c.img, box, image.NewUniform(paint), image.Point{})
}

// box paints an upright rectangle.
func (c *canvas) box(paint color.Color, x0, y0, x1, y1 float64) {
	c.fill(paint, point{x0, y0}, point{x1, y0}, point{x1, y1}, point{x0, y1})
}

// oval paints an ellipse with its radii as fractions of width and height.
func (c *canvas) oval(paint color.Color, at point, rx, ry float64) { c.blob(paint, at, rx, ry, 0) }

// blob paints an ellipse whose edge wanders by rough, a fraction of its radius.
func (c *canvas) blob(paint color.Color, at point, rx, ry, rough float64) {
	c.fill(paint, c.outline(at, rx, ry, rough)...)
}

// outline returns the edge of a blob: a circle bent by three random waves.
func (c *canvas) outline(at point, rx, ry, rough float64) []point {
	const corners = 72
	p1, p2, p3 := c.between(0, 7), c.between(0, 7), c.between(0, 7)
	out := make([]point, 0, corners)
	for i := range corners {
		a := 2 * math.Pi * float64(i) / corners
		r := 1 + rough*(0.5*math.Sin(2*a+p1)+0.3*math.Sin(5*a+p2)+0.2*math.Sin(11*a+p3))
		out = append(out, point{at.x + rx*r*math.Cos(a), at.y + ry*r*math.Sin(a)})
	}
	return out
}

// grown returns a shape scaled around a point and moved by dx, dy.
func grown(shape []point, around point, factor, dx, dy float64) []point {
	out := make([]point, len(shape))
	for i, p := range shape {
		out[i] = point{around.x + (p.x-around.x)*factor + dx, around.y + (p.y-around.y)*factor + dy}
	}
	return out
}

// line paints a line whose width runs from w0 to w1, fractions of the canvas's
// width.
func (c *canvas) line(paint color.Color, a, b point, w0, w1 float64) {
	dx, dy := (b.x-a.x)*c.w, (b.y-a.y)*c.h
	n := math.Hypot(dx, dy)
	if n == 0 {
		return
	}
	nx, ny := -dy/n, dx/n
	side := func(p point, width float64) point {
		return point{p.x + nx*width/2, p.y + ny*width/2*c.w/c.h}
	}
	c.fill(paint, side(a, w0), side(b, w1), side(b, -w1), side(a, -w0))
}

// gradient paints the rows from y0 to y1 from one colour to another.
func (c *canvas) gradient(top, bottom color.RGBA, y0, y1 float64) {
	first, last := int(y0*c.h), int(math.Ceil(y1*c.h))
	for y := max(first, 0); y < min(last, c.img.Rect.Dy()); y++ {
		row := image.Rect(0, y, c.img.Rect.Dx(), y+1)
		paint := mix(top, bottom, float64(y-first)/float64(max(last-first, 1)))
		draw.Draw(c.img, row, image.NewUniform(paint), image.Point{}, draw.Src)
	}
}

// glow adds light around a point, fading to nothing at radius, a fraction of
// the width.
func (c *canvas) glow(tint color.RGBA, at point, radius, strength float64) {
	cx, cy, r := at.x*c.w, at.y*c.h, radius*c.w
	area := image.Rect(int(cx-r), int(cy-r), int(cx+r)+1, int(cy+r)+1).Intersect(c.img.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			d := math.Hypot(float64(x)-cx, float64(y)-cy) / r
			if d >= 1 {
				continue
			}
			f := strength * (1 - d) * (1 - d)
			p := c.img.Pix[c.img.PixOffset(x, y):][:3]
			p[0] = clamp(float64(p[0]) + f*float64(tint.R))
			p[1] = clamp(float64(p[1]) + f*float64(tint.G))
			p[2] = clamp(float64(p[2]) + f*float64(tint.B))
		}
	}
}

// later draws something that shines, after the light of day has been laid on.
func (c *canvas) later(shine func()) { c.lights = append(c.lights, shine) }

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// veil is a colour seen through: strength 0 is nothing, 1 is solid.
func veil(hex uint32, strength float64) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: clamp(255 * strength)}
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	f := func(x, y uint8) uint8 { return clamp(float64(x) + (float64(y)-float64(x))*t) }
	return color.RGBA{R: f(a.R, b.R), G: f(a.G, b.G), B: f(a.B, b.B), A: 255}
}

// shade makes a colour darker (below 1) or lighter.
func shade(a color.RGBA, f float64) color.RGBA {
	return color.RGBA{R: clamp(float64(a.R) * f), G: clamp(float64(a.G) * f), B: clamp(float64(a.B) * f), A: a.A}
}

func clamp(v float64) uint8 { return uint8(min(max(v+0.5, 0), 255)) }
