package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// alone looks at one area by itself. Where it was cut at the 180th meridian it
// goes on, and is as wide as both parts.
func (s *survey) alone(who int32) {
	a := s.areas[who]
	cut := seamOf(a.Geometry)
	for _, polygon := range a.Geometry {
		if cut.closes(polygon) || !s.thinPart(a, polygon) {
			s.necks(a, polygon, cut, s.spikes(a, polygon, cut))
		}
	}
	s.duplicates(a, cut)
}

// thinPart reports a part that is a sliver as a whole.
func (s *survey) thinPart(a Area, polygon orb.Polygon) bool {
	r := region{m2: ellipsoidM2(orb.MultiPolygon{polygon}), bound: polygon.Bound(), place: polygon[0][0]}
	for _, ring := range polygon {
		for i := 1; i < len(ring); i++ {
			r.around += metres(ring[i-1], ring[i])
		}
	}
	if r.width() >= s.o.SliverM {
		return false
	}
	s.add(found(FoundSliver, SeverityWarning, r, []string{a.Code}))
	return true
}

// duplicates reports points that are all but the one before.
func (s *survey) duplicates(a Area, cut seam) {
	f := Finding{Kind: FoundDuplicate, Severity: SeverityNote, Areas: []string{a.Code}, WidthM: s.o.DuplicateM}
	b := noBound()
	for _, polygon := range a.Geometry {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				if metres(ring[i-1], ring[i]) >= s.o.DuplicateM || (!cut.none() && (onSeam(ring[i-1]) || onSeam(ring[i]))) {
					continue
				}
				if f.Count++; f.Count == 1 {
					f.Place = ring[i]
				}
				b = b.Extend(ring[i])
			}
		}
	}
	if f.Count > 0 {
		f.BBox = bbox(b)
		s.add(f)
	}
}

// spikeTimes is how many times longer than wide a spike is.
const spikeTimes = 20

// spikes reports corners at which a border turns back, so that what lies
// between there and back is long and narrower than a sliver. It returns where
// they are.
func (s *survey) spikes(a Area, polygon orb.Polygon, cut seam) []orb.Bound {
	var out []orb.Bound
	for _, ring := range polygon {
		n := len(ring) - 1
		for i := range n {
			u, v, w := ring[(i+n-1)%n], ring[i], ring[(i+1)%n]
			m := metricAt(v[1])
			there, back := metres(u, v), metres(v, w)
			tip, off := there, m.toEdge(u[0], u[1], newEdge(v, w))
			if back < there {
				tip, off = back, m.toEdge(w[0], w[1], newEdge(u, v))
			}
			wide := math.Sqrt(off)
			if wide >= s.o.SliverM || tip < spikeTimes*max(wide, s.o.SliverM/spikeTimes) || cut.hides(u, v) || cut.hides(v, w) {
				continue
			}
			b := orb.MultiPoint{u, v, w}.Bound()
			out = append(out, b.Pad(s.o.SliverM/m.perLat))
			s.add(Finding{
				Kind: FoundSpike, Severity: SeverityWarning, Areas: []string{a.Code}, Place: v,
				BBox: bbox(b), AreaM2: wide * tip / 2, WidthM: wide / 2, LengthM: tip,
			})
		}
	}
	return out
}

// necks reports where a part is so narrow that it all but falls apart, unless
// it is a spike.
func (s *survey) necks(a Area, polygon orb.Polygon, cut seam, spikes []orb.Bound) {
	var loops [][]orb.Point
	for _, ring := range polygon {
		loops = append(loops, cut.lines(ring)...)
	}
	var inside *shape
	for _, n := range straits(loops, s.o.SliverM, func(b brink) bool {
		if slices.ContainsFunc(spikes, func(s orb.Bound) bool { return s.Contains(b.mid) }) {
			return false
		}
		if inside == nil {
			inside = newShape(orb.MultiPolygon{polygon})
		}
		return inside.contains(b.mid[0], b.mid[1])
	}) {
		s.add(n.finding(FoundSliver, []string{a.Code}))
	}
}

// openGaps reports narrow strips between neighbours that nobody covers and
// that have an open end, so that they are no holes. Faces are those outside
// that were not reported as gaps.
func (s *survey) openGaps(p *plane, faces []int32) {
	for _, face := range faces {
		var loops [][]orb.Point
		var owner []int32
		for _, first := range p.loops[face] {
			var loop []orb.Point
			for h := first; ; {
				loop = append(loop, fromLattice(p.points[p.from(h)]))
				owner = append(owner, p.sides[h/2][0].who)
				if h = p.next[h]; h == first {
					break
				}
			}
			loops = append(loops, append(loop, loop[0]))
		}
		for _, n := range straits(loops, s.o.GapM, func(b brink) bool {
			return b.m > s.o.NoiseM && owner[b.i] != owner[b.j] && p.faceWest(toLattice(b.mid)) == face
		}) {
			if f := n.finding(FoundGap, s.codes(n.owners(owner))); f.LengthM >= 5*n.mean() {
				s.add(f)
			}
		}
	}
}
