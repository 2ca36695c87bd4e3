package geo

import (
	"slices"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// cutPolygon divides a polygon whose rings go over the 180th meridian into
// polygons that do not, as RFC 7946 3.1.9 asks. One of which no ring does comes
// back as it is. A border that goes around the earth has the pole on its own
// side of the equator inside. The rings are closed and without repeated points;
// what comes back is wound, and still to be checked.
func cutPolygon(polygon orb.Polygon) (orb.MultiPolygon, *Problem) {
	if !leaps(orb.MultiPolygon{polygon}) {
		return orb.MultiPolygon{polygon}, nil
	}
	c := seamCut{loops: make([]loop, len(polygon))}
	crosses := false
	for k, ring := range polygon {
		l := newLoop(ring)
		if problem := l.check(); problem != nil {
			return nil, problem
		}
		if l.leaps && !l.crosses { // all of it on one side, with the other's sign
			l = newLoop(l.rebuilt())
		}
		crosses = crosses || l.crosses
		c.loops[k] = l
	}
	if crosses {
		return c.cut()
	}
	out := make(orb.Polygon, len(polygon))
	for k, l := range c.loops {
		out[k] = l.ring
	}
	return orb.MultiPolygon{out}, nil
}

// check refuses a ring that goes over the meridian and cannot be cut: one that
// goes around the earth more than once, lies on the meridian as a whole, or
// comes to a place of it twice. Only a ring that stays on one map may have both
// its edges as its border, as one around the earth has.
func (l *loop) check() *Problem {
	at := leap(l.ring)
	if at == nil {
		at = &l.ring[0]
	}
	switch {
	case l.turns < -1 || l.turns > 1:
		return &Problem{Fault: ErrAntimeridian, Place: at, Note: fault.Say("it goes around the earth more than once", "gira attorno alla terra più di una volta")}
	case len(l.strands) == 0:
		return &Problem{Fault: ErrAntimeridian, Place: at, Note: fault.Say("all of it lies on the meridian", "sta tutto sul meridiano")}
	}
	var west, east [][2]float64 // stretches of the meridian, seen from either side
	for i, run := range l.runs {
		from, to := l.meeting(i)
		if !monotone(run) {
			return &Problem{Fault: ErrSelfIntersection, Place: &from}
		}
		if stretch := ordered(from[1], to[1]); l.crosses || from[0] > 0 {
			west = append(west, stretch)
		} else {
			east = append(east, stretch)
		}
	}
	for _, list := range [][][2]float64{west, east} {
		slices.SortFunc(list, compareStretches)
		for i := 1; i < len(list); i++ {
			if list[i][0] <= list[i-1][1] {
				return &Problem{Fault: ErrSelfIntersection, Place: &orb.Point{180, list[i][0]}}
			}
		}
	}
	return nil
}

// monotone reports whether latitudes only rise, or only fall.
func monotone(run []float64) bool {
	for i := 2; i < len(run); i++ {
		if (run[i] > run[i-1]) != (run[1] > run[0]) {
			return false
		}
	}
	return true
}

// A seamCut is the work on one polygon, whose first loop is the shell.
type seamCut struct {
	loops  []loop
	south  []bool // of each loop: it holds the south pole
	west   []stop // what happens along the meridian, seen from the west, northwards
	east   []stop
	border []arrow
}

// A stop is a latitude at which a loop begins or ends to be around the
// meridian.
type stop struct {
	lat  float64
	loop int
}

func (c *seamCut) cut() (orb.MultiPolygon, *Problem) {
	if problem := c.untangled(); problem != nil {
		return nil, problem
	}
	c.listStops()
	if problem := c.findPoles(); problem != nil {
		return nil, problem
	}
	for _, side := range []struct {
		lon   float64
		stops []stop
	}{{180, c.west}, {-180, c.east}} {
		if problem := c.alongSeam(side.lon, side.stops); problem != nil {
			return nil, problem
		}
	}
	var apart []orb.Ring // holes that do not meet the meridian
	for k := range c.loops {
		l := &c.loops[k]
		if !l.meets() {
			hole := slices.Clone(l.ring)
			if counterClockwise(hole) {
				hole.Reverse()
			}
			apart = append(apart, hole)
			continue
		}
		c.addBorder(k)
	}
	return c.join(apart)
}

// untangled refuses loops that cross or touch themselves or cross each other,
// before what they enclose is joined anew.
func (c *seamCut) untangled() *Problem {
	var sides []side
	for k := range c.loops {
		l, n, first := &c.loops[k], 0, len(sides)
		for i, s := range l.strands {
			for j := 1; j < len(s); j++ {
				sides = append(sides, side{s[j-1], s[j], k, n, 0})
				n++
			}
			if !l.meets() {
				continue
			}
			if from, to := l.meeting(i); from != to {
				n++ // the next strand does not go on where this one ends
			}
		}
		for i := first; i < len(sides); i++ {
			sides[i].n = n
		}
	}
	_, problem := checkSides(sides)
	return problem
}

func (c *seamCut) listStops() {
	for k, l := range c.loops {
		for i := range l.runs {
			for _, p := range [2]orb.Point{l.strands[i][0], l.strands[i][len(l.strands[i])-1]} {
				if p[0] > 0 {
					c.west = append(c.west, stop{p[1], k})
				} else {
					c.east = append(c.east, stop{p[1], k})
				}
			}
		}
	}
	for _, list := range [][]stop{c.west, c.east} {
		slices.SortFunc(list, func(a, b stop) int {
			switch {
			case a.lat < b.lat:
				return -1
			case a.lat > b.lat:
				return 1
			}
			return a.loop - b.loop
		})
	}
}

// findPoles decides which pole each loop holds that goes around the earth: the
// one on its side of the equator. A shell that goes around and a hole in it
// that does so too leave a belt, wherever they are: both are given the pole
// that puts the hole inside the shell.
func (c *seamCut) findPoles() *Problem {
	c.south = make([]bool, len(c.loops))
	around, top := 0, -1
	for _, s := range c.west {
		if c.loops[s.loop].turns != 0 {
			top = s.loop // in the end, the northernmost
		}
	}
	for _, l := range c.loops {
		if l.turns != 0 {
			around++
		}
	}
	belt := around > 1 && c.loops[0].turns != 0
	for k, l := range c.loops {
		if l.turns == 0 {
			continue
		}
		b := l.ring.Bound()
		if low, high := b.Min[1], b.Max[1]; !belt && (low < 0) == (high > 0) { // on both sides of the equator, or on it
			return &Problem{Fault: ErrAntimeridian, Place: leap(l.ring), Note: fault.Say("it goes around the earth along the equator, so that either pole may be inside", "gira attorno alla terra lungo l'equatore, e dentro può esserci l'uno o l'altro polo")}
		}
		c.south[k] = b.Min[1] < 0
		if belt {
			c.south[k] = top == 0
		}
	}
	return nil
}
