package photogen

import (
	"image/color"
	"math"
)

// pothole paints a hole in the road with a broken rim, cracks and, half of the
// time, a puddle in it.
func (s street) pothole() {
	c := s.c
	z := c.between(1.35, 1.75)
	at := s.ground(c.between(-0.35, 0.3), z)
	rx, ry := c.between(0.15, 0.2)/z, c.between(0.075, 0.1)/z
	for range 9 {
		s.crack(at, rx, ry)
	}
	rim := c.outline(at, rx, ry, 0.28)
	c.fill(veil(0x8a8680, 0.9), grown(rim, at, 1.12, 0, -0.004)...)
	c.fill(rgb(0x3a3835), rim...)
	c.fill(rgb(0x26241f), grown(rim, at, 0.93, 0, 0.006)...)
	c.fill(rgb(0x4b443a), grown(rim, at, 0.80, 0, 0.014)...)
	if c.rng.IntN(2) == 0 {
		pool := grown(rim, at, 0.66, 0, 0.016)
		c.fill(rgb(0x6f7d88), pool...)
		c.fill(veil(0xc9d6de, 0.5), grown(pool, at, 0.6, -rx*0.15, -0.004)...)
	}
	for range 70 { // gravel, in the hole and around it
		a, d := c.between(0, 2*math.Pi), c.between(0.2, 1.7)
		p := point{at.x + rx*d*math.Cos(a), at.y + ry*d*math.Sin(a) + 0.01}
		r := c.between(0.0025, 0.008) / z
		tone := shade(rgb(0x8d877d), c.between(0.5, 1.2))
		c.blob(veil(0x1a1a18, 0.4), point{p.x + r*0.3, p.y + r*0.7}, r, r*0.7, 0.3)
		c.blob(tone, p, r, r*0.9, 0.4)
	}
}

// crack paints a jagged line away from a point.
func (s street) crack(at point, rx, ry float64) {
	c := s.c
	a := c.between(0, 2*math.Pi)
	p := point{at.x + rx*math.Cos(a), at.y + ry*math.Sin(a)}
	width := 0.005
	for range 5 {
		a += c.between(-0.6, 0.6)
		q := point{p.x + rx*0.28*math.Cos(a), p.y + ry*0.28*math.Sin(a)}
		c.line(rgb(0x2c2b2a), p, q, width, width*0.75)
		p, width = q, width*0.75
	}
}

// fallenTree paints a trunk across the road, broken at its foot, with its
// crown on the far side.
func (s street) fallenTree() {
	c := s.c
	z := c.between(1.7, 2.1)
	foot, tip := s.standing(-1.15, z*0.92, 0.07), s.standing(0.55, z*1.08, 0.1)
	crown := s.standing(0.95, z*1.1, 0.2)
	c.blob(veil(0x15160f, 0.5), point{(foot.x + crown.x) / 2, foot.y + 0.055/z}, 0.62/z, 0.05/z, 0.2)
	leaves := []uint32{0x2f4a22, 0x3f6129, 0x55793a, 0x6c8f45, 0x28401d}
	s.foliage(crown, 0.42/z, 0.3/z, leaves[:2], 60)
	for range 10 { // branches
		t := c.between(0.45, 1)
		p := point{foot.x + (tip.x-foot.x)*t, foot.y + (tip.y-foot.y)*t}
		q := point{p.x + c.between(0.05, 0.4)/z, p.y - c.between(-0.12, 0.4)/z}
		c.line(rgb(0x4a3826), p, q, 0.022/z, 0.004/z)
	}
	c.line(rgb(0x3d2e1f), foot, tip, 0.115/z, 0.07/z)
	c.line(rgb(0x6a5239), point{foot.x, foot.y - 0.018/z}, point{tip.x, tip.y - 0.01/z}, 0.07/z, 0.04/z)
	for range 60 { // bark
		t := c.between(0, 0.9)
		p := point{foot.x + (tip.x-foot.x)*t, foot.y + (tip.y-foot.y)*t + c.between(-0.04, 0.04)/z}
		c.line(veil(0x241a10, 0.6), p, point{p.x + c.between(0.02, 0.07)/z, p.y}, 0.004/z, 0.001/z)
	}
	c.blob(rgb(0xc9a674), foot, 0.035/z, 0.075/z, 0.25)
	c.blob(rgb(0xa8824f), foot, 0.02/z, 0.045/z, 0.2)
	s.foliage(crown, 0.4/z, 0.26/z, leaves, 420)
}

// foliage paints leaves, many small blobs thinning out from the middle.
func (s street) foliage(at point, rx, ry float64, paints []uint32, n int) {
	c := s.c
	for range n {
		a, d := c.between(0, 2*math.Pi), math.Sqrt(c.between(0, 1))
		p := point{at.x + rx*d*math.Cos(a), at.y + ry*d*math.Sin(a)}
		r := c.between(0.06, 0.16) * rx
		if n > 100 {
			r /= 2
		}
		c.blob(rgb(paints[c.rng.IntN(len(paints))]), p, r, r*0.8, 0.5)
	}
}

// flood paints water over the road, with the sky in it, around an open drain.
func (s street) flood() {
	c := s.c
	z := c.between(1.5, 1.9)
	at := s.ground(c.between(-0.2, 0.2), z)
	edge := c.outline(at, 0.62/z, 0.2/z, 0.18)
	c.fill(veil(0x3b3f42, 0.75), grown(edge, at, 1.07, 0, 0)...)
	c.fill(rgb(0x6d7a80), edge...)
	c.fill(veil(0x93a4ab, 0.6), grown(edge, at, 0.82, 0, -0.01)...)
	for range 46 { // ripples, wider towards the viewer
		a, d := c.between(0, 2*math.Pi), math.Sqrt(c.between(0, 0.8))
		p := point{at.x + 0.58/z*d*math.Cos(a), at.y + 0.18/z*d*math.Sin(a)}
		w := c.between(0.03, 0.12) / z
		c.line(veil(0xdfe9ec, 0.45), p, point{p.x + w, p.y + c.between(-0.002, 0.002)}, 0.003/z, 0.001)
		c.line(veil(0x3e4a50, 0.4), point{p.x, p.y + 0.005/z}, point{p.x + w, p.y + 0.005/z}, 0.003/z, 0.001)
	}
	for i := range 5 { // rings around the drain
		r := 0.05 + 0.035*float64(i)
		ring := c.outline(at, r/z, r*0.42/z, 0.05)
		for k, p := range ring {
			if (k+i)%6 != 0 {
				c.line(veil(0xf2f7f8, 0.5), p, ring[(k+1)%len(ring)], 0.003/z, 0.003/z)
			}
		}
	}
	c.blob(veil(0xf4f9fa, 0.75), point{at.x, at.y - 0.015/z}, 0.045/z, 0.03/z, 0.35)
	c.blob(veil(0xffffff, 0.9), point{at.x, at.y - 0.025/z}, 0.025/z, 0.02/z, 0.35)
}

// rubbish paints a bin that nobody emptied, and bags beside it.
func (s street) rubbish() {
	c := s.c
	const u, z = -0.82, 1.5
	c.blob(veil(0x141414, 0.45), s.ground(u+0.25, z), 0.42/z, 0.05/z, 0.2)
	bags := []uint32{0x23262b, 0x2b2f36, 0x3f5f86, 0xd9d6cc, 0x1c1f22}
	for i := range 7 {
		at := s.standing(u+0.38+float64(i%4)*0.2, z*c.between(0.94, 1.08), c.between(0.04, 0.09))
		s.bag(at, c.between(0.07, 0.11)/z, rgb(bags[c.rng.IntN(len(bags))]))
	}
	s.bin(u, z)
	for range 40 { // litter
		p := s.ground(u+c.between(-0.2, 1.3), z*c.between(0.85, 1.15))
		r := c.between(0.006, 0.018) / z
		tone := []uint32{0xe8e4da, 0xb8443a, 0x3f7fb0, 0xd8b23c, 0xa7a39a}[c.rng.IntN(5)]
		c.fill(rgb(tone), p, point{p.x + r, p.y - r*0.3}, point{p.x + r*1.2, p.y + r*0.5}, point{p.x + r*0.2, p.y + r*0.6})
	}
}

func (s street) bin(u, z float64) {
	c := s.c
	green := rgb(0x3c6b4a)
	l0, r0 := s.ground(u-0.22, z), s.ground(u+0.22, z)
	l1, r1 := s.standing(u-0.27, z, 0.5), s.standing(u+0.27, z, 0.5)
	c.fill(green, l0, l1, r1, r0)
	c.fill(shade(green, 0.7), point{(l0.x*0.35 + r0.x*0.65), r0.y}, point{l1.x*0.35 + r1.x*0.65, r1.y}, r1, r0)
	for i := range 4 {
		t := 0.2 + 0.2*float64(i)
		c.line(veil(0x1d3a28, 0.5), point{l0.x + (r0.x-l0.x)*t, l0.y}, point{l1.x + (r1.x-l1.x)*t, l1.y}, 0.004, 0.004)
	}
	for range 9 { // what comes out at the top
		at := point{c.between(l1.x+0.02, r1.x-0.02), l1.y - c.between(0, 0.05)}
		s.bag(at, c.between(0.03, 0.055)/z, shade(rgb(0x7d8790), c.between(0.4, 1.6)))
	}
	c.line(shade(green, 1.3), point{l1.x - 0.01, l1.y}, point{r1.x + 0.01, r1.y}, 0.02, 0.02)
	c.line(shade(green, 0.8), point{l1.x, l1.y - 0.02}, point{l1.x - 0.06, l1.y - 0.2}, 0.02, 0.016) // its lid, open
}

func (s street) bag(at point, r float64, tone color.RGBA) {
	c := s.c
	body := c.outline(at, r, r*1.05, 0.22)
	c.fill(tone, body...)
	c.fill(shade(tone, 1.35), grown(body, at, 0.55, -r*0.25, -r*0.3)...)
	c.fill(shade(tone, 0.7), grown(body, at, 0.5, r*0.35, r*0.4)...)
	c.fill(tone, point{at.x - r*0.25, at.y - r*0.85}, point{at.x - r*0.3, at.y - r*1.5}, point{at.x + r*0.3, at.y - r*1.45}, point{at.x + r*0.25, at.y - r*0.85})
}
