package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// cutRounds is how often ribbons are cut until none crosses another: once
// does, but for pieces that rounding moves onto others.
const cutRounds = 6

// cutRibbons cuts gathered ribbons wherever they cross or touch each other.
// Every point of the lattice at which one ends or two cross draws to itself
// the ribbons that pass within half a step (snap rounding, Hobby 1999): so cuts
// make no new crossings. It returns false when there is too much to cut.
func cutRibbons(all []ribbon) ([]ribbon, bool) {
	for range cutRounds {
		lines := slices.CompactFunc(slices.Clone(all), func(r, s ribbon) bool { return r.a == s.a && r.b == s.b })
		c := newCutter(lines)
		if !c.cut() {
			return nil, false
		}
		if c.cuts == 0 {
			break
		}
		all = gather(c.apply(all))
	}
	return all, true
}

// A cutter looks where lines must be cut.
type cutter struct {
	lines []ribbon // one for each stretch, whoever owns it
	spots []orb.Point
	at    [][]orb.Point // of each line, where it is cut
	cuts  int
}

func newCutter(lines []ribbon) *cutter {
	c := &cutter{lines: lines, at: make([][]orb.Point, len(lines))}
	for _, l := range lines {
		c.spots = append(c.spots, l.a, l.b)
	}
	slices.SortFunc(c.spots, comparePlaces)
	c.spots = slices.Compact(c.spots)
	return c
}

// cut finds the cuts; false means that there are too many.
func (c *cutter) cut() bool {
	n := int32(len(c.lines))
	boxes := make([]box, 0, len(c.lines)+len(c.spots))
	for _, l := range c.lines {
		boxes = append(boxes, l.box().grown(0.5))
	}
	lines := newStripes(boxes[:n:n])
	for _, s := range c.spots {
		boxes = append(boxes, box{s[0], s[1], s[0], s[1]})
	}
	most := 1<<17 + 8*len(c.lines)
	var crossings []orb.Point
	done := newStripes(boxes).pairs(func(i, j int32) bool {
		i, j = min(i, j), max(i, j)
		switch {
		case i >= n: // two spots
		case j >= n:
			c.snap(i, c.spots[j-n])
		default:
			if p, ok := crossingOf(c.lines[i], c.lines[j]); ok {
				c.add(i, p)
				c.add(j, p)
				crossings = append(crossings, p)
			}
		}
		return c.cuts <= most
	})
	slices.SortFunc(crossings, comparePoints)
	for _, p := range slices.Compact(crossings) {
		lines.near(box{p[0], p[1], p[0], p[1]}, func(i int32) bool {
			c.snap(i, p)
			return c.cuts <= most
		})
	}
	return done && c.cuts <= most
}

// snap cuts a line at a spot that it passes within half a step.
func (c *cutter) snap(i int32, p orb.Point) {
	l := c.lines[i]
	if p == l.a || p == l.b {
		return
	}
	dx, dy := l.b[0]-l.a[0], l.b[1]-l.a[1]
	if b := l.box().grown(0.5); !b.meets(box{p[0], p[1], p[0], p[1]}) {
		return
	}
	if off := difference(dx, p[1]-l.a[1], dy, p[0]-l.a[0]); math.Abs(off) <= (math.Abs(dx)+math.Abs(dy))/2 {
		c.add(i, p)
	}
}

func (c *cutter) add(i int32, p orb.Point) {
	if l := c.lines[i]; p != l.a && p != l.b {
		c.at[i] = append(c.at[i], p)
		c.cuts++
	}
}

// apply cuts the ribbons where their lines are cut.
func (c *cutter) apply(all []ribbon) []ribbon {
	out := make([]ribbon, 0, len(all)+2*c.cuts)
	i := -1
	for _, r := range all {
		if i < 0 || c.lines[i].a != r.a || c.lines[i].b != r.b {
			i++ // both lists are in the same order
			l := c.lines[i]
			dx, dy := l.b[0]-l.a[0], l.b[1]-l.a[1]
			slices.SortFunc(c.at[i], func(p, q orb.Point) int {
				return cmp.Or(cmp.Compare(float64((p[0]-q[0])*dx)+float64((p[1]-q[1])*dy), 0), comparePoints(p, q))
			})
			c.at[i] = slices.Compact(c.at[i])
		}
		from := r.a
		for _, p := range c.at[i] {
			out = append(out, ribbon{from, p, r.who, r.net})
			from = p
		}
		out = append(out, ribbon{from, r.b, r.who, r.net})
	}
	return out
}

// crossingOf returns the point of the lattice next to where two lines cross,
// if they do so between their ends.
func crossingOf(r, s ribbon) (orb.Point, bool) {
	if turn(r.a[0], r.a[1], r.b[0], r.b[1], s.a[0], s.a[1])*turn(r.a[0], r.a[1], r.b[0], r.b[1], s.b[0], s.b[1]) >= 0 ||
		turn(s.a[0], s.a[1], s.b[0], s.b[1], r.a[0], r.a[1])*turn(s.a[0], s.a[1], s.b[0], s.b[1], r.b[0], r.b[1]) >= 0 {
		return orb.Point{}, false
	}
	rx, ry, sx, sy := r.b[0]-r.a[0], r.b[1]-r.a[1], s.b[0]-s.a[0], s.b[1]-s.a[1]
	t := difference(s.a[0]-r.a[0], sy, s.a[1]-r.a[1], sx) / difference(rx, sy, ry, sx)
	p := orb.Point{math.Round(r.a[0]+float64(t*rx)) + 0, math.Round(r.a[1]+float64(t*ry)) + 0}
	b, c := r.box(), s.box()
	p[0] = min(max(p[0], b.minX, c.minX), b.maxX, c.maxX)
	p[1] = min(max(p[1], b.minY, c.minY), b.maxY, c.maxY)
	return p, true
}

// difference is a·b - c·d, right but for its last two bits (Kahan; Jeannerod,
// Louvet and Muller 2013).
func difference(a, b, c, d float64) float64 {
	w := float64(c * d)
	low := math.FMA(-c, d, w)
	return math.FMA(a, b, -w) + low
}
