package geo

import (
	"slices"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// alongSeam adds the stretches of the meridian that have the inside of the
// polygon on one side, east or west of it, to its border. It refuses a hole
// that is not in the shell there, or in another hole.
func (c *seamCut) alongSeam(lon float64, stops []stop) *Problem {
	open := slices.Clone(c.south)
	holes := 0
	for k, in := range open {
		if in && k > 0 {
			holes++
		}
	}
	from := -90.0
	for i := 0; i <= len(stops); i++ {
		to := 90.0
		if i < len(stops) {
			to = stops[i].lat
		}
		if from < to {
			switch place := (orb.Point{lon, from}); {
			case holes > 0 && !open[0]:
				return &Problem{Fault: ErrHoleOutside, Place: &place}
			case holes > 1:
				return &Problem{Fault: ErrHoleOutside, Place: &place, Note: fault.Say("it lies in another hole", "sta dentro un altro buco")}
			case holes == 0 && open[0] && lon > 0:
				c.border = append(c.border, arrow{place, orb.Point{lon, to}})
			case holes == 0 && open[0]:
				c.border = append(c.border, arrow{orb.Point{lon, to}, place})
			}
			from = to
		}
		if i == len(stops) {
			break
		}
		k := stops[i].loop
		if open[k] = !open[k]; k > 0 && open[k] {
			holes++
		} else if k > 0 {
			holes--
		}
	}
	return nil
}

// addBorder adds a loop to the border, with the inside of the polygon on its
// left, and the edge along the pole that it holds.
func (c *seamCut) addBorder(k int) {
	l := &c.loops[k]
	back := l.leftInside(c.south[k]) != (k == 0)
	add := func(p, q orb.Point, back bool) {
		if back {
			p, q = q, p
		}
		c.border = append(c.border, arrow{p, q})
	}
	for _, s := range l.strands {
		for j := 1; j < len(s); j++ {
			add(s[j-1], s[j], back)
		}
	}
	switch {
	case l.turns != 0 && c.south[k]:
		add(orb.Point{-180, -90}, orb.Point{180, -90}, k > 0)
	case l.turns != 0:
		add(orb.Point{180, 90}, orb.Point{-180, 90}, k > 0)
	}
}

// leftInside reports whether what a loop encloses lies on its left.
func (l *loop) leftInside(south bool) bool {
	if !l.crosses {
		return counterClockwise(l.ring)
	}
	for i := range l.strands {
		at, to := l.meeting(i)
		if at[0] == to[0] {
			continue
		}
		above := south // north of where the loop comes to the meridian
		for _, s := range l.strands {
			for _, p := range [2]orb.Point{s[0], s[len(s)-1]} {
				if p[0] == at[0] && p[1] <= at[1] {
					above = !above
				}
			}
		}
		return above == (at[0] > 0) // going east, north is on the left
	}
	return true
}

// join makes polygons of the border, and puts the holes that do not meet the
// meridian into them. The edge along a pole that a shell and a hole both have
// goes there and back, and is no ring.
func (c *seamCut) join(apart []orb.Ring) (orb.MultiPolygon, *Problem) {
	var shells orb.MultiPolygon
	holes := apart
	for _, ring := range rings(c.border, leftmost) {
		if counterClockwise(ring) {
			shells = append(shells, orb.Polygon{ring})
		} else {
			holes = append(holes, ring)
		}
	}
	if homeless := placeHoles(shells, holes); len(homeless) > 0 {
		return nil, &Problem{Fault: ErrHoleOutside, Place: &homeless[0][0]}
	}
	if len(shells) == 0 {
		return nil, &Problem{Fault: ErrAntimeridian, Place: &c.loops[0].ring[0], Note: fault.Say("nothing is left of it", "non ne resta nulla")}
	}
	return shells, nil
}
