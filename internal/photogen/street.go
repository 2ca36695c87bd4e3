package photogen

import (
	"image/color"
	"slices"
)

// street is the ground of every scene outdoors, seen in perspective. u counts
// road halves to the right of its middle, z counts from 1 at the viewer's feet
// to infinity at the horizon.
type street struct {
	c       *canvas
	horizon float64
	middle  float64 // where the road vanishes
	half    float64 // half the road's width at the viewer's feet
}

// ground returns where a point of the ground is seen.
func (s street) ground(u, z float64) point {
	return point{s.middle + u*s.half/z, s.horizon + (1-s.horizon)/z}
}

// standing returns the point height above the ground at u, z; a height of 1
// at the viewer's feet is the whole picture.
func (s street) standing(u, z, height float64) point {
	p := s.ground(u, z)
	return point{p.x, p.y - height/z}
}

// strip paints the ground between two lines to the vanishing point.
func (s street) strip(paint color.Color, u0, u1, near, far float64) {
	s.c.fill(paint, s.ground(u0, near), s.ground(u1, near), s.ground(u1, far), s.ground(u0, far))
}

func (c *canvas) outdoors(kind Kind, l light) {
	s := street{c: c, horizon: c.between(0.34, 0.42), middle: c.between(0.42, 0.58), half: c.between(0.62, 0.78)}
	broken := -1
	if kind == StreetLamp {
		broken = 1
		s.middle -= 0.18 // the lamps stand on the right
	}
	s.backdrop(l)
	s.road()
	s.lamps(l, broken)
	switch kind {
	case FallenTree:
		s.fallenTree()
	case Flood:
		s.flood()
	case Rubbish:
		s.rubbish()
	case StreetLamp: // the lamp that stays dark is its subject
	default:
		s.pothole()
	}
}

// backdrop paints sky, clouds, a row of houses on either side and trees.
func (s street) backdrop(l light) {
	c := s.c
	c.gradient(l.top, l.low, 0, s.horizon+0.02)
	if !l.dark {
		s.clouds()
	}
	c.gradient(rgb(0x9a9a92), rgb(0x8b8b84), s.horizon, 1)
	c.box(veil(0x7c8f86, 0.8), 0, s.horizon-0.05, 1, s.horizon+0.005)
	for _, side := range []float64{-1, 1} {
		s.houses(side, l)
	}
}

func (s street) clouds() {
	for range 5 {
		at := point{s.c.between(0, 1), s.c.between(0.02, s.horizon*0.6)}
		for range 6 {
			puff := point{at.x + s.c.between(-0.09, 0.09), at.y + s.c.between(-0.012, 0.012)}
			s.c.blob(veil(0xffffff, 0.22), puff, s.c.between(0.04, 0.1), s.c.between(0.01, 0.028), 0.3)
		}
	}
}

// houses paints the fronts along one side, farthest first.
func (s street) houses(side float64, l light) {
	walls := []uint32{0xc9a77c, 0xb8876a, 0xd6c3a0, 0xa9b0a2, 0xc98f72, 0xbfb6a8, 0xd8b48c}
	edges := []float64{1.15, 1.7, 2.5, 3.7, 5.6, 8.5, 14}
	for i := len(edges) - 2; i >= 0; i-- {
		near, far := edges[i], edges[i+1]
		tall := s.c.between(1.15, 1.9)
		s.house(side, near, far, tall, rgb(walls[s.c.rng.IntN(len(walls))]), l)
	}
}

// houseLine is how far from the road's middle the fronts stand, in road halves.
const houseLine = 1.75

func (s street) house(side, near, far, tall float64, wall color.RGBA, l light) {
	u := side * houseLine
	if side < 0 {
		wall = shade(wall, 0.8) // the sun comes from the left
	}
	wall = mix(wall, rgb(0xb9c4cc), min(near/16, 0.6)) // haze
	foot, top := s.ground(u, near), s.standing(u, near, tall)
	footFar, topFar := s.ground(u, far), s.standing(u, far, tall)
	s.c.fill(wall, foot, top, topFar, footFar)
	s.c.fill(shade(wall, 0.62), top, topFar, s.standing(u*0.985, far, tall+0.05), s.standing(u*0.985, near, tall+0.05))
	floors, columns := 3+s.c.rng.IntN(2), 3
	for f := range floors {
		for k := range columns {
			s.window(u, near, far, tall, float64(f)/float64(floors), float64(k)/float64(columns), 1/float64(floors), 1/float64(columns), wall, l)
		}
	}
}

// window paints one window of a front; up and along are the corner of its cell
// as fractions of the front, high and wide the cell's size.
func (s street) window(u, near, far, tall, up, along, high, wide float64, wall color.RGBA, l light) {
	// 1/z runs evenly along a front as it is seen.
	z := func(t float64) float64 { return 1 / (1/near + (1/far-1/near)*t) }
	z0, z1 := z(along+wide*0.28), z(along+wide*0.72)
	h0, h1 := tall*(up+high*0.3), tall*(up+high*0.85)
	pane := []point{s.standing(u, z0, h0), s.standing(u, z0, h1), s.standing(u, z1, h1), s.standing(u, z1, h0)}
	s.c.fill(shade(wall, 1.18), grown(pane, pane[0], 1.12, 0, 0)...)
	s.c.fill(mix(rgb(0x39434f), rgb(0x8795a3), s.c.between(0, 0.6)), pane...)
	if l.dark && s.c.rng.IntN(3) == 0 {
		s.c.later(func() { s.c.fill(veil(0xffd58a, 0.75), pane...) })
	}
}

// road paints pavements, kerbs, asphalt and its middle line.
func (s street) road() {
	const far = 60
	s.strip(rgb(0xa6a19a), -houseLine, houseLine, 1, far)
	for z := 1.0; z < 14; z *= 1.16 { // joints between the slabs
		for _, side := range []float64{-1, 1} {
			s.c.line(veil(0x5c5852, 0.45), s.ground(side*1.08, z), s.ground(side*houseLine, z), 0.002/z, 0.002/z)
		}
	}
	s.strip(rgb(0xc7c3bb), -1.07, 1.07, 1, far)
	s.strip(rgb(0x6e6a66), -1.02, 1.02, 1, far)
	s.strip(rgb(0x56585c), -1, 1, 1, far)
	s.asphalt()
	for z := 1.0 + s.c.between(0, 0.3); z < 20; z += 0.55 * z {
		s.strip(veil(0xe9e6da, 0.85), -0.02, 0.02, z, z*1.28)
	}
}

// asphalt roughens the road: stones near by, patches further off.
func (s street) asphalt() {
	for range 26 {
		z := 1 / s.c.between(0.05, 1)
		at := s.ground(s.c.between(-0.95, 0.95), z)
		paint := veil(0x2f3134, s.c.between(0.05, 0.2))
		if s.c.rng.IntN(2) == 0 {
			paint = veil(0x9a9a98, s.c.between(0.04, 0.14))
		}
		s.c.blob(paint, at, s.c.between(0.03, 0.14)/z, s.c.between(0.01, 0.04)/z, 0.5)
	}
	for range 1400 {
		z := 1 / s.c.between(0.03, 1)
		at := s.ground(s.c.between(-1, 1), z)
		r := s.c.between(0.0008, 0.0026) / z
		paint := veil(0x26282b, 0.4)
		if s.c.rng.IntN(2) == 0 {
			paint = veil(0xb5b3ae, 0.35)
		}
		s.c.line(paint, at, point{at.x + r, at.y}, r, r)
	}
}

// lamps paints a row of street lamps; the one counted broken (from the viewer,
// or -1) is dark, and its head hangs.
func (s street) lamps(l light, broken int) {
	depths := []float64{1.25, 1.9, 3.1, 5, 8}
	for i, z := range slices.Backward(depths) {
		if i == 0 && broken < 0 {
			continue // it would stand in front of the subject
		}
		s.lamp(z, i == broken, l.dark)
	}
}

func (s street) lamp(z float64, broken, dark bool) {
	const u, tall = 1.2, 1.05
	foot, top := s.ground(u, z), s.standing(u, z, tall)
	pole := rgb(0x3d4448)
	s.c.line(pole, foot, top, 0.014/z, 0.008/z)
	s.c.line(shade(pole, 1.5), point{foot.x - 0.003/z, foot.y}, point{top.x - 0.002/z, top.y}, 0.003/z, 0.002/z)
	arm := point{top.x - 0.14/z, top.y - 0.03/z}
	if broken {
		arm = point{top.x - 0.1/z, top.y + 0.1/z}
	}
	s.c.line(pole, top, arm, 0.008/z, 0.007/z)
	head := point{arm.x - 0.02/z, arm.y + 0.012/z}
	s.c.oval(shade(pole, 0.8), head, 0.04/z, 0.018/z)
	switch {
	case broken:
		s.shards(head, foot, z)
	case dark:
		s.c.later(func() {
			s.c.oval(rgb(0xfff3c8), point{head.x, head.y + 0.006/z}, 0.03/z, 0.01/z)
			s.c.glow(rgb(0xffd890), head, 0.3/z, 0.75)
			s.c.glow(rgb(0xffd890), s.ground(u-0.3, z), 0.35/z, 0.25)
		})
	default:
		s.c.oval(rgb(0xd9dcd6), point{head.x, head.y + 0.006/z}, 0.03/z, 0.009/z)
	}
}

// shards paints what is left of a lamp: a cable, a torn head, glass below.
func (s street) shards(head, foot point, z float64) {
	s.c.line(rgb(0x1b1d1f), head, point{head.x + 0.012/z, head.y + 0.12/z}, 0.003/z, 0.002/z)
	s.c.fill(rgb(0xdfe6e4), point{head.x - 0.03/z, head.y}, point{head.x, head.y + 0.03/z}, point{head.x + 0.01/z, head.y})
	for range 24 {
		at := point{foot.x - s.c.between(0.02, 0.24)/z, foot.y + s.c.between(-0.02, 0.05)/z}
		r := s.c.between(0.004, 0.014) / z
		s.c.fill(veil(0xe8f2f2, 0.8), at, point{at.x + r, at.y + r*0.4}, point{at.x + r*0.3, at.y + r*0.8})
	}
}
