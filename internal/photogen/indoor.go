package photogen

import "image/color"

// office paints a desk with a computer that stopped with an error, or shows
// nothing at all.
func (c *canvas) office() {
	wall := []uint32{0xd9d4c7, 0xc9d3d6, 0xd6cfd6, 0xcfd6c8}[c.rng.IntN(4)]
	c.gradient(shade(rgb(wall), 1.05), shade(rgb(wall), 0.82), 0, 0.62)
	c.notices()
	wood := []uint32{0xa9825a, 0x8a6a4c, 0xb7a68d, 0x77797c}[c.rng.IntN(4)]
	c.gradient(shade(rgb(wood), 0.85), shade(rgb(wood), 1.12), 0.62, 1)
	c.box(shade(rgb(wood), 0.55), 0, 0.615, 1, 0.63)
	for range 40 { // the grain of the wood
		y := c.between(0.64, 1)
		x := c.between(-0.1, 0.9)
		c.line(veil(0x3a2a1a, 0.14), point{x, y}, point{x + c.between(0.1, 0.5), y + c.between(-0.004, 0.004)}, 0.002, 0.001)
	}
	c.tower()
	c.monitor(c.between(0.3, 0.38))
	c.keyboard()
	c.mug()
}

// notices paints sheets of paper on the wall.
func (c *canvas) notices() {
	for range 3 {
		x, y := c.between(0.03, 0.9), c.between(0.05, 0.3)
		c.box(veil(0x3a3a3a, 0.2), x+0.004, y+0.006, x+0.094, y+0.166)
		c.box(rgb(0xf4f1e8), x, y, x+0.09, y+0.16)
		for i := range 8 {
			c.box(veil(0x6c6c70, 0.6), x+0.01, y+0.02+0.016*float64(i), x+c.between(0.04, 0.08), y+0.024+0.016*float64(i))
		}
	}
}

func (c *canvas) monitor(x float64) {
	w, top, bottom := 0.4, 0.13, 0.56
	black := rgb(0x1b1c1f)
	c.oval(veil(0x000000, 0.3), point{x + w/2, 0.705}, 0.16, 0.022)
	c.fill(rgb(0x26272b), point{x + w*0.44, bottom}, point{x + w*0.56, bottom}, point{x + w*0.58, 0.68}, point{x + w*0.42, 0.68})
	c.oval(rgb(0x2b2c30), point{x + w/2, 0.69}, 0.11, 0.018)
	c.box(black, x, top, x+w, bottom)
	c.box(shade(black, 1.5), x, top, x+w, top+0.006)
	screen := [4]float64{x + 0.012, top + 0.018, x + w - 0.012, bottom - 0.035}
	if c.rng.IntN(3) == 0 {
		c.box(rgb(0x07080a), screen[0], screen[1], screen[2], screen[3])
		c.oval(rgb(0xd9822b), point{x + w - 0.03, bottom - 0.017}, 0.004, 0.005)
	} else {
		c.errorScreen(screen)
	}
	// the window behind the viewer, seen in the glass
	c.fill(veil(0xffffff, 0.07), point{screen[0] + 0.05, screen[1]}, point{screen[0] + 0.2, screen[1]}, point{screen[0] + 0.08, screen[3]}, point{screen[0], screen[3]})
}

func (c *canvas) errorScreen(at [4]float64) {
	c.box(rgb(0x1256a8), at[0], at[1], at[2], at[3])
	left := at[0] + 0.035
	c.oval(rgb(0xf2f6fb), point{left + 0.004, at[1] + 0.06}, 0.006, 0.008) // a sad face
	c.oval(rgb(0xf2f6fb), point{left + 0.004, at[1] + 0.1}, 0.006, 0.008)
	c.line(rgb(0xf2f6fb), point{left + 0.045, at[1] + 0.05}, point{left + 0.03, at[1] + 0.08}, 0.005, 0.005)
	c.line(rgb(0xf2f6fb), point{left + 0.03, at[1] + 0.08}, point{left + 0.045, at[1] + 0.11}, 0.005, 0.005)
	for i := range 6 {
		y := at[1] + 0.15 + 0.03*float64(i)
		x := left
		for x < at[2]-0.12-0.03*float64(i%3) {
			word := c.between(0.012, 0.04)
			c.box(veil(0xf2f6fb, 0.85), x, y, x+word, y+0.009)
			x += word + 0.008
		}
	}
	c.later(func() { c.glow(rgb(0x2a6cc0), point{(at[0] + at[2]) / 2, (at[1] + at[3]) / 2}, 0.34, 0.16) })
}

func (c *canvas) tower() {
	x := c.between(0.78, 0.82)
	c.oval(veil(0x000000, 0.3), point{x + 0.08, 0.78}, 0.12, 0.02)
	c.fill(rgb(0x303338), point{x, 0.2}, point{x + 0.11, 0.19}, point{x + 0.11, 0.785}, point{x, 0.77})
	c.fill(rgb(0x1f2125), point{x + 0.11, 0.19}, point{x + 0.16, 0.22}, point{x + 0.16, 0.74}, point{x + 0.11, 0.785})
	c.box(rgb(0x44484e), x+0.012, 0.24, x+0.098, 0.29)
	c.box(rgb(0x17181b), x+0.016, 0.262, x+0.094, 0.268)
	c.oval(rgb(0x55585e), point{x + 0.055, 0.36}, 0.012, 0.016)
	for i := range 9 {
		y := 0.5 + 0.022*float64(i)
		c.box(rgb(0x17181b), x+0.02, y, x+0.09, y+0.007)
	}
}

func (c *canvas) keyboard() {
	x0, y0 := c.between(0.28, 0.33), 0.79
	c.fill(veil(0x000000, 0.3), point{x0 - 0.01, y0 + 0.01}, point{x0 + 0.39, y0 + 0.01}, point{x0 + 0.43, 0.945}, point{x0 - 0.05, 0.945})
	c.fill(rgb(0x2c2e33), point{x0, y0}, point{x0 + 0.38, y0}, point{x0 + 0.42, 0.93}, point{x0 - 0.04, 0.93})
	for row := range 5 {
		y, tilt := y0+0.012+0.024*float64(row), 0.0075*float64(row)
		key := (0.36 + 2*tilt) / 14
		for k := range 14 {
			x := x0 + 0.01 - tilt + key*float64(k)
			c.box(rgb(0x4a4d54), x, y, x+key*0.82, y+0.018)
			c.box(rgb(0x5b5f67), x, y, x+key*0.82, y+0.004)
		}
	}
	mouse := point{x0 + 0.5, 0.87}
	c.oval(veil(0x000000, 0.3), point{mouse.x + 0.006, mouse.y + 0.012}, 0.03, 0.05)
	c.oval(rgb(0x33363b), mouse, 0.028, 0.05)
	c.line(rgb(0x1a1b1e), point{mouse.x, mouse.y - 0.048}, point{mouse.x, mouse.y - 0.005}, 0.002, 0.002)
}

func (c *canvas) mug() {
	x := c.between(0.08, 0.16)
	paint := rgb([]uint32{0xb23a3a, 0x3a6ab2, 0xe6e2d8, 0x3f7f5a}[c.rng.IntN(4)])
	c.oval(veil(0x000000, 0.3), point{x + 0.05, 0.8}, 0.06, 0.016)
	c.oval(paint, point{x + 0.075, 0.73}, 0.03, 0.04)
	c.oval(shade(rgb(0xa9825a), 0.95), point{x + 0.077, 0.73}, 0.018, 0.026)
	c.box(paint, x, 0.66, x+0.075, 0.79)
	c.oval(paint, point{x + 0.0375, 0.79}, 0.0375, 0.016)
	c.box(veil(0xffffff, 0.18), x+0.01, 0.67, x+0.022, 0.78)
	c.oval(shade(paint, 0.75), point{x + 0.0375, 0.66}, 0.0375, 0.016)
	c.oval(rgb(0x2b1a10), point{x + 0.0375, 0.662}, 0.031, 0.012)
}

// cashMachine paints a machine in a wall with a cross on its screen and tape
// over its keys.
func (c *canvas) cashMachine() {
	c.bricks()
	steel := rgb(0xb9bec3)
	x0, x1 := 0.24, 0.76
	c.box(veil(0x000000, 0.35), x0+0.012, 0.07, x1+0.02, 0.97)
	c.box(rgb([]uint32{0x1f4f8f, 0x1d6b52, 0x8f2a2f}[c.rng.IntN(3)]), x0, 0.05, x1, 0.2)
	for i := range 4 { // letters nobody can read, of a bank that does not exist
		x := x0 + 0.1 + 0.08*float64(i)
		c.box(rgb(0xf1f3f5), x, 0.095, x+0.05, 0.155)
		c.box(veil(0x1a2a40, 0.5), x+0.012, 0.112, x+0.038, 0.138)
	}
	c.box(steel, x0, 0.2, x1, 0.95)
	c.box(shade(steel, 1.15), x0, 0.2, x0+0.012, 0.95)
	c.box(shade(steel, 0.72), x1-0.012, 0.2, x1, 0.95)
	c.outOfService(0.31, 0.26, 0.6, 0.56)
	for i := range 4 {
		y := 0.3 + 0.065*float64(i)
		c.box(rgb(0x7d8389), 0.275, y, 0.297, y+0.03)
		c.box(rgb(0x7d8389), 0.613, y, 0.635, y+0.03)
	}
	c.slots()
	c.keypad(0.34, 0.64)
	c.tape()
}

func (c *canvas) bricks() {
	c.box(rgb(0x8f857b), 0, 0, 1, 1)
	for row := range 22 {
		y := float64(row) / 21
		for k := -1; k < 10; k++ {
			x := float64(k)*0.115 + 0.0575*float64(row%2)
			tone := shade(rgb(0xa05f48), c.between(0.75, 1.15))
			c.box(tone, x, y, x+0.11, y+0.042)
		}
	}
}

func (c *canvas) outOfService(x0, y0, x1, y1 float64) {
	c.box(rgb(0x16181c), x0-0.008, y0-0.01, x1+0.008, y1+0.01)
	c.box(rgb(0x101a2c), x0, y0, x1, y1)
	mid := point{(x0 + x1) / 2, y0 + 0.12}
	red := rgb(0xe0433c)
	c.line(red, point{mid.x - 0.045, mid.y - 0.06}, point{mid.x + 0.045, mid.y + 0.06}, 0.02, 0.02)
	c.line(red, point{mid.x + 0.045, mid.y - 0.06}, point{mid.x - 0.045, mid.y + 0.06}, 0.02, 0.02)
	for i, width := range []float64{0.2, 0.14} {
		y := y0 + 0.215 + 0.03*float64(i)
		c.box(veil(0xdfe6ee, 0.85), mid.x-width/2, y, mid.x+width/2, y+0.014)
	}
	c.fill(veil(0xffffff, 0.08), point{x0, y0}, point{x0 + 0.12, y0}, point{x0 + 0.02, y1}, point{x0, y1})
}

func (c *canvas) slots() {
	c.box(rgb(0x6c7278), 0.655, 0.3, 0.735, 0.36)
	c.box(rgb(0x0d0e10), 0.665, 0.325, 0.725, 0.333)
	c.box(rgb(0x6c7278), 0.655, 0.42, 0.735, 0.47)
	c.box(rgb(0x0d0e10), 0.662, 0.44, 0.728, 0.446)
	c.box(rgb(0x3a3f44), 0.3, 0.87, 0.62, 0.92)
	c.box(rgb(0x0d0e10), 0.32, 0.888, 0.6, 0.9)
}

func (c *canvas) keypad(x, y float64) {
	c.box(rgb(0x83898f), x-0.02, y-0.02, x+0.24, y+0.19)
	paints := map[int]color.RGBA{3: rgb(0xc0392b), 7: rgb(0xe1b12c), 11: rgb(0x2f8f4e)}
	for row := range 4 {
		for k := range 4 {
			paint, ok := paints[row*4+k]
			if !ok {
				paint = rgb(0xd9dde0)
			}
			kx, ky := x+0.056*float64(k), y+0.044*float64(row)
			c.box(veil(0x000000, 0.35), kx+0.003, ky+0.005, kx+0.047, ky+0.037)
			c.box(paint, kx, ky, kx+0.044, ky+0.032)
		}
	}
}

// tape paints a band of red and white across the keys.
func (c *canvas) tape() {
	a, b := point{0.2, c.between(0.66, 0.74)}, point{0.8, c.between(0.72, 0.82)}
	c.line(veil(0x000000, 0.3), point{a.x, a.y + 0.012}, point{b.x, b.y + 0.012}, 0.036, 0.036)
	const stripes = 18
	for i := range stripes {
		t0, t1 := float64(i)/stripes, float64(i+1)/stripes
		paint := rgb(0xf3f1ec)
		if i%2 == 0 {
			paint = rgb(0xd2342c)
		}
		at := func(t float64) point { return point{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
		c.line(paint, at(t0), at(t1), 0.036, 0.036)
	}
}
