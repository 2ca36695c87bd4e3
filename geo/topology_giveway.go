package geo

import (
	"github.com/paulmach/orb"
)

// giveWay takes points out that lie beside a side of a neighbour that does not
// change, as does the border before and after them: the side goes straight on
// there. Points that other areas share stay.
func (s *snapping) giveWay(changes []SnapChange) {
	frozen := s.frozen()
	if len(frozen.sides) == 0 {
		return
	}
	users := s.users()
	for k, mp := range s.geoms {
		if s.these[k] < 0 {
			continue
		}
		c := &changes[s.these[k]]
		eachRing(mp, func(ring *orb.Ring) {
			r := (*ring)[:len(*ring)-1]
			feet := make([]*orb.Point, len(r)) // nil where no side is near
			for i, p := range r {
				feet[i] = frozen.foot(p, s.within)
			}
			var out orb.Ring
			for i, p := range r {
				before, after := feet[(i+len(r)-1)%len(r)], feet[(i+1)%len(r)]
				if before == nil || feet[i] == nil || after == nil || users[p] > 1 {
					out = append(out, p)
					continue
				}
				d := metres(p, *feet[i])
				c.Moved++
				c.Moves = append(c.Moves, SnapMove{p, *feet[i]})
				if d > c.FarthestM {
					c.FarthestM, c.Place = d, p
				}
			}
			if len(out) > 0 {
				out = append(out, out[0])
			}
			*ring = out
		})
	}
}

// frozen returns the sides of the neighbours that do not change.
func (s *snapping) frozen() *reach {
	var all []ribbon
	for k, mp := range s.geoms {
		if s.these[k] < 0 {
			all = append(all, ribbonsOf(mp, 0)...)
		}
	}
	return newReach(gather(all))
}

// users counts the areas that have a point, for each point.
func (s *snapping) users() map[orb.Point]int {
	out := map[orb.Point]int{}
	for _, mp := range s.geoms {
		mine := map[orb.Point]bool{}
		eachRing(mp, func(ring *orb.Ring) {
			for _, p := range *ring {
				if !mine[p] {
					mine[p] = true
					out[p]++
				}
			}
		})
	}
	return out
}

// foot returns the point of the nearest side, or nil when none is within so
// many metres.
func (r *reach) foot(p orb.Point, within float64) *orb.Point {
	m := metricAt(p[1])
	dx, dy := 1.01*within/m.perLon, 1.01*within/m.perLat
	best := within * within
	var at *orb.Point
	r.boxes.near(box{p[0] - dx, p[1] - dy, p[0] + dx, p[1] + dy}, func(i int32) bool {
		e := r.sides[i]
		if f, off := m.foot(p, orb.Point{e.ax, e.ay}, orb.Point{e.bx, e.by}); off <= best {
			best, at = off, &f
		}
		return true
	})
	return at
}
