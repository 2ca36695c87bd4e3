package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// measure lays the old and the new borders of one kind over each other. What
// stays where it was cancels to the last bit, so that the work grows with the
// change and not with the set.
func (c *Comparison) measure(kind Kind, pairs []areaPair) {
	var moved []ribbon
	for i, p := range pairs {
		if p.is != nil {
			moved = append(moved, ribbonsOf(p.is.Geometry, int32(i))...)
		}
		if p.was != nil {
			for _, r := range ribbonsOf(p.was.Geometry, int32(i)) {
				moved = append(moved, ribbon{r.b, r.a, r.who, 1})
			}
		}
	}
	moved = gather(moved)
	changes := c.of(kind, pairs)
	of := make([][]ribbon, len(pairs))
	for _, r := range moved {
		of[r.who] = append(of[r.who], r)
	}
	for i, p := range pairs {
		if p.was != nil && p.is != nil {
			changes[i].ShiftM, changes[i].ShiftedAt = shift(of[i], p.was.Geometry, p.is.Geometry)
		}
	}
	plane := newPlane(moved)
	if plane == nil {
		c.Rough = true
		return
	}
	c.tally(kind, plane, changes)
}

// of returns the changes that stand for the pairs.
func (c *Comparison) of(kind Kind, pairs []areaPair) []*AreaChange {
	out := make([]*AreaChange, len(pairs))
	at := map[string]*AreaChange{}
	for _, list := range [][]AreaChange{c.Added, c.Removed, c.Changed} {
		for i := range list {
			if list[i].Kind == kind {
				at[list[i].Code] = &list[i]
			}
		}
	}
	for i, p := range pairs {
		out[i] = at[cmp.Or(p.is, p.was).Code]
	}
	return out
}

// tally adds up the faces that somebody gains or loses.
func (c *Comparison) tally(kind Kind, p *plane, changes []*AreaChange) {
	transfers := map[[2]string]float64{}
	whole := noBound()
	if len(c.BBox) == 4 {
		whole = orb.Bound{Min: orb.Point{c.BBox[0], c.BBox[1]}, Max: orb.Point{c.BBox[2], c.BBox[3]}}
	}
	bounds := make([]orb.Bound, len(changes))
	for f := int32(1); f < int32(len(p.loops)); f++ {
		if len(p.covers[f]) == 0 {
			continue
		}
		r := region{bound: noBound()}
		m2 := p.measure(f, &r, func(int32) bool { return false })
		var from, to []string
		for _, cover := range p.covers[f] {
			change := changes[cover.who]
			if cover.n > 0 {
				change.GainedM2 += m2
				to = append(to, change.Code)
			} else {
				change.LostM2 += m2
				from = append(from, change.Code)
			}
			if b := &bounds[cover.who]; len(change.BBox) == 0 {
				*b = r.bound
			} else {
				*b = b.Union(r.bound)
			}
			change.BBox = bbox(bounds[cover.who])
		}
		c.AreaM2 += m2
		whole = whole.Union(r.bound)
		hand(transfers, from, to, m2)
	}
	for key, m2 := range transfers {
		c.Transfers = append(c.Transfers, Transfer{kind, key[0], key[1], m2})
	}
	if whole.Min[0] <= whole.Max[0] {
		c.BBox = bbox(whole)
	}
}

// hand notes territory that goes from each of some to each of others; nobody
// stands in for an empty list.
func hand(transfers map[[2]string]float64, from, to []string, m2 float64) {
	if len(from) == 0 {
		from = []string{""}
	}
	if len(to) == 0 {
		to = []string{""}
	}
	for _, f := range from {
		for _, t := range to {
			transfers[[2]string{f, t}] += m2
		}
	}
}

// shift is how far one border of an area lies from the other at most, and
// where: the Hausdorff distance, taken at the corners and the middles of the
// sides that moved.
func shift(moved []ribbon, was, is orb.MultiPolygon) (far float64, at *orb.Point) {
	old, fresh := gather(ribbonsOf(was, 0)), gather(ribbonsOf(is, 0))
	toOld, toFresh := newReach(old), newReach(fresh)
	for _, r := range moved {
		other := toOld
		if _, mine := slices.BinarySearchFunc(old, r, compareWays); mine {
			other = toFresh
		}
		for _, p := range []orb.Point{r.a, r.b, {(r.a[0] + r.b[0]) / 2, (r.a[1] + r.b[1]) / 2}} {
			if d := other.beyond(p, far); d > far {
				far, at = d, &p
			}
		}
	}
	return far, at
}

// A reach finds what is near among sides.
type reach struct {
	sides []edge
	boxes *stripes
}

func newReach(all []ribbon) *reach {
	r := &reach{sides: make([]edge, len(all))}
	boxes := make([]box, len(all))
	for i, s := range all {
		r.sides[i] = newEdge(s.a, s.b)
		boxes[i] = s.box()
	}
	r.boxes = newStripes(boxes)
	return r
}

// beyond returns the metres to the nearest side, or 0 when that is not more
// than limit.
func (r *reach) beyond(p orb.Point, limit float64) float64 {
	if len(r.sides) == 0 {
		return 0
	}
	m := metricAt(p[1])
	for try := max(2*limit, 1); ; try *= 4 {
		best := math.Inf(1)
		dx, dy := try/m.perLon, try/m.perLat
		r.boxes.near(box{p[0] - dx, p[1] - dy, p[0] + dx, p[1] + dy}, func(i int32) bool {
			best = min(best, m.toEdge(p[0], p[1], r.sides[i]))
			return best > limit*limit
		})
		if best <= limit*limit {
			return 0
		}
		if d := math.Sqrt(best); d <= try {
			return d
		}
		if try > 1e8 { // farther than the earth is round
			return 0
		}
	}
}
