package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// MaxSnapM is the widest tolerance of Snap, metres: what lies farther apart is
// no slip of the hand.
const MaxSnapM = 100

// ErrSnap answers a tolerance that is no distance, or a wider one than Snap
// takes.
var ErrSnap = fault.Define(fault.Invalid, "geo.snap",
	"Borders can be snapped over more than 0 and at most 100 metres.",
	"I confini si possono agganciare per più di 0 e al massimo 100 metri.")

// A SnapChange says what Snap did to one area.
type SnapChange struct {
	Kind      Kind       `json:"kind"`
	Code      string     `json:"code"`
	Moved     int        `json:"moved"`     // points that lie on a neighbour's now, or gave way to its side
	Added     int        `json:"added"`     // points of neighbours that a side goes through now
	FarthestM float64    `json:"farthestM"` // metres of the longest move; 0 when none moved
	Place     orb.Point  `json:"place"`     // where that was, lon,lat
	Moves     []SnapMove `json:"-"`         // each of them
	Text      string     `json:"text"`      // why the area was left as it was, in English; empty when it was not
	Italian   string     `json:"italian"`   // the same in Italian
}

// A SnapMove is a point that moved.
type SnapMove struct{ From, To orb.Point }

// Snap returns the areas with borders that all but meet made to meet, point by
// point, so that every place between neighbours has one owner: a point within
// so many metres of a point of another area of its kind moves there, and a
// side that passes a point of another area so near goes through it. Borders
// that are already shared do not move, nor does what has no neighbour so near;
// of two areas the one that stands earlier in the list keeps its points.
//
// An area that snapping would spoil (its border would cross itself, a part of
// it vanish) is left as it was, and its change says why. The changes are those
// of the areas that changed or were left, in the order of the list. The only
// error is ErrSnap.
func Snap(areas []Area, toleranceM float64) ([]Area, []SnapChange, error) {
	return SnapTo(areas, nil, toleranceM)
}

// SnapTo is Snap for areas that come to stand beside others, which do not
// change: an area that was drawn again beside its old neighbours. Points move
// to those of the neighbours first. A point beside a neighbour's side, with
// that border before and after it, gives way; where a border only reaches such
// a side, its end stays beside it, as the side cannot go through it: Survey
// reports it as unmatched, or as a gap or an overlap of a few square metres.
func SnapTo(areas, neighbours []Area, toleranceM float64) ([]Area, []SnapChange, error) {
	if !(toleranceM > 0) || toleranceM > MaxSnapM {
		return nil, nil, ErrSnap.With("%v", toleranceM)
	}
	out := slices.Clone(areas)
	changes := make([]SnapChange, len(areas))
	for _, kind := range Kinds() {
		s := newSnapping(kind, areas, neighbours, toleranceM)
		s.meetPoints(changes)
		s.giveWay(changes)
		s.meetSides(changes)
		for k, i := range s.these {
			if i >= 0 {
				changes[i].Kind, changes[i].Code = kind, areas[i].Code
				s.finish(&out[i], s.geoms[k], &changes[i])
			}
		}
	}
	return out, slices.DeleteFunc(changes, func(c SnapChange) bool { return c.Moved+c.Added == 0 && c.Text == "" }), nil
}

// finish puts the snapped geometry into an area, if it is a good one.
func (s *snapping) finish(a *Area, mp orb.MultiPolygon, c *SnapChange) {
	if c.Moved+c.Added == 0 {
		return
	}
	clean, problem := normalise(mp)
	if problem == nil {
		problem = checkGeometry(clean)
	}
	if problem != nil {
		f := problem.Fault
		if problem.Place != nil {
			f = f.With("%.6f,%.6f", problem.Place[0], problem.Place[1])
		}
		*c = SnapChange{Kind: c.Kind, Code: c.Code, Text: f.Say("en"), Italian: f.Say("it")}
		return
	}
	a.Geometry = clean
	*a = a.Measure()
}

// A snapping is the work on the areas of one kind. Neighbours that do not
// change come first.
type snapping struct {
	these  []int              // indexes of the areas in the caller's list; -1 for a neighbour
	geoms  []orb.MultiPolygon // of each, what becomes of it
	within float64            // metres
	fixed  map[orb.Point]bool // ends of borders that are shared already
}

func newSnapping(kind Kind, areas, neighbours []Area, within float64) *snapping {
	s := &snapping{within: within, fixed: map[orb.Point]bool{}}
	for _, a := range neighbours {
		if a.Kind == kind && checkStructure(a.Geometry) == nil {
			s.these, s.geoms = append(s.these, -1), append(s.geoms, a.Geometry)
		}
	}
	for i, a := range areas {
		if a.Kind == kind && checkStructure(a.Geometry) == nil {
			s.these, s.geoms = append(s.these, i), append(s.geoms, a.Geometry.Clone())
		}
	}
	for e := range s.sharedSides() {
		s.fixed[orb.Point{e.ax, e.ay}], s.fixed[orb.Point{e.bx, e.by}] = true, true
	}
	return s
}

// eachRing visits the rings of one geometry that have anything left.
func eachRing(mp orb.MultiPolygon, visit func(ring *orb.Ring)) {
	for i := range mp {
		for j := range mp[i] {
			if len(mp[i][j]) > 1 {
				visit(&mp[i][j])
			}
		}
	}
}

// meetPoints moves points onto points of areas before them.
func (s *snapping) meetPoints(changes []SnapChange) {
	seen := newPegs(s.geoms, s.within)
	for p := range s.fixed {
		seen.add(p, -1)
	}
	for k, mp := range s.geoms {
		mine := map[orb.Point]bool{}
		eachRing(mp, func(ring *orb.Ring) {
			for _, p := range *ring {
				mine[p] = true
			}
		})
		if s.these[k] < 0 {
			for p := range mine {
				seen.add(p, int32(k))
			}
			continue
		}
		c := &changes[s.these[k]]
		eachRing(mp, func(ring *orb.Ring) {
			r := *ring
			for i, p := range r[:len(r)-1] {
				if s.fixed[p] {
					continue
				}
				to, d, ok := seen.nearest(p, int32(k))
				if !ok || (mine[to] && !standsBy(r, i, to)) || leavesSeam(p, p, to) {
					seen.add(p, int32(k))
					continue
				}
				if to == p {
					continue
				}
				mine[to] = true
				if r[i] = to; i == 0 {
					r[len(r)-1] = to
				}
				c.Moved++
				c.Moves = append(c.Moves, SnapMove{p, to})
				if d > c.FarthestM {
					c.FarthestM, c.Place = d, p
				}
			}
		})
	}
}

// leavesSeam reports whether a side along the 180th meridian, or a point of it,
// would be led off it: beyond it the area goes on.
func leavesSeam(a, b, to orb.Point) bool { return onSeam(a) && a[0] == b[0] && to[0] != a[0] }

// standsBy reports whether a point is next to the i-th of a closed ring.
func standsBy(r orb.Ring, i int, p orb.Point) bool {
	n := len(r) - 1
	return r[(i+n-1)%n] == p || r[(i+1)%n] == p
}

// meetSides leads sides through points of other areas that they pass.
func (s *snapping) meetSides(changes []SnapChange) {
	var points []orb.Point
	var owner []int32
	owners := map[orb.Point]map[int32]bool{}
	var boxes []box
	for k, mp := range s.geoms {
		eachRing(mp, func(ring *orb.Ring) {
			for _, p := range (*ring)[1:] {
				if owners[p] == nil {
					owners[p] = map[int32]bool{}
				}
				if !owners[p][int32(k)] {
					owners[p][int32(k)] = true
					points, owner, boxes = append(points, p), append(owner, int32(k)), append(boxes, box{p[0], p[1], p[0], p[1]})
				}
			}
		})
	}
	all := newStripes(boxes)
	shared := s.sharedSides()
	for k, mp := range s.geoms {
		if s.these[k] < 0 {
			continue
		}
		eachRing(mp, func(ring *orb.Ring) {
			out := (*ring)[:1:1]
			for i := 1; i < len(*ring); i++ {
				a, b := (*ring)[i-1], (*ring)[i]
				if !shared[newEdge(a, b)] {
					var through []orb.Point
					s.passed(all, a, b, func(n int32) {
						if owner[n] != int32(k) && !owners[points[n]][int32(k)] && !leavesSeam(a, b, points[n]) {
							through = append(through, points[n])
						}
					})
					through = along(a, b, through)
					changes[s.these[k]].Added += len(through)
					out = append(out, through...)
				}
				out = append(out, b)
			}
			*ring = out
		})
	}
}

// sharedSides returns the sides that two areas have in common.
func (s *snapping) sharedSides() map[edge]bool {
	var all []ribbon
	for k, mp := range s.geoms {
		all = append(all, ribbonsOf(mp, int32(k))...)
	}
	all = gather(all)
	out := map[edge]bool{}
	for i := 1; i < len(all); i++ {
		if compareWays(all[i-1], all[i]) == 0 {
			out[newEdge(all[i].a, all[i].b)] = true
		}
	}
	return out
}

// passed visits the points that lie so near to a side that it goes through
// them.
func (s *snapping) passed(all *stripes, a, b orb.Point, visit func(i int32)) {
	if a == b {
		return
	}
	m := metricAt((a[1] + b[1]) / 2)
	dx, dy := 1.01*s.within/m.perLon, 1.01*s.within/m.perLat
	reach := boxOf([]orb.Point{a, b})
	reach = box{reach.minX - dx, reach.minY - dy, reach.maxX + dx, reach.maxY + dy}
	all.near(reach, func(i int32) bool {
		p := orb.Point{all.boxes[i].minX, all.boxes[i].minY}
		if p == a || p == b {
			return true
		}
		foot, off := m.foot(p, a, b)
		if off <= s.within*s.within && foot != a && foot != b {
			visit(i)
		}
		return true
	})
}

// along sorts points by where they lie along a side, each once.
func along(a, b orb.Point, points []orb.Point) []orb.Point {
	at := func(p orb.Point) float64 { return (p[0]-a[0])*(b[0]-a[0]) + (p[1]-a[1])*(b[1]-a[1]) }
	slices.SortFunc(points, func(p, q orb.Point) int { return cmp.Or(cmp.Compare(at(p), at(q)), comparePoints(p, q)) })
	return slices.Compact(points)
}
