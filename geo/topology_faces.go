package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// depth is how often a face is covered.
func (p *plane) depth(face int32) int32 {
	n := int32(0)
	for _, c := range p.covers[face] {
		n += c.n
	}
	return n
}

// facesOf returns the faces, but for the one around everything, that answer
// yes.
func (p *plane) facesOf(yes func(face int32) bool) []int32 {
	var out []int32
	for f := int32(1); f < int32(len(p.loops)); f++ {
		if p.known[f] && yes(f) {
			out = append(out, f)
		}
	}
	return out
}

// gaps reports what nobody covers with areas all around.
func (s *survey) gaps(p *plane) {
	open := []int32{0}
	for _, r := range p.regions(p.facesOf(func(f int32) bool { return p.depth(f) == 0 })) {
		var who []int32
		for _, f := range r.faces {
			p.around(f, func(h int32) {
				for _, c := range p.sides[h/2] {
					who = append(who, c.who)
				}
			})
		}
		f := found(FoundHole, SeverityNote, r, s.codes(who))
		switch {
		case f.WidthM < s.o.NoiseM:
			continue
		case len(f.Areas) == 1 && f.WidthM < s.o.SliverM:
			f.Kind, f.Severity = FoundSliver, SeverityWarning
		case len(f.Areas) > 1 && f.WidthM < s.o.GapM:
			f.Kind, f.Severity = FoundGap, SeverityWarning
		default:
			open = append(open, r.faces...)
		}
		s.add(f)
	}
	s.openGaps(p, open)
}

func found(kind FindingKind, severity Severity, r region, codes []string) Finding {
	return Finding{
		Kind: kind, Severity: severity, Areas: codes, Place: r.place, BBox: bbox(r.bound),
		AreaM2: r.m2, WidthM: r.width(), LengthM: r.around / 2,
	}
}

// unmatched reports borders that come to lie on each other only when they are
// rounded, or that one neighbour has cut into more sides than the other. Those
// that were exact before do not count.
func (s *survey) unmatched(p *plane, exact []ribbon) {
	type seam struct {
		f     Finding
		bound orb.Bound
	}
	seams := map[[2]int32]*seam{}
	var order [][2]int32
	for e, sides := range p.sides {
		if len(sides) != 2 || sides[0].n+sides[1].n != 0 {
			continue
		}
		way := ribbon{a: p.points[p.ends[e][0]], b: p.points[p.ends[e][1]]}
		if _, fits := slices.BinarySearchFunc(exact, way, compareWays); fits {
			continue
		}
		pair := [2]int32{sides[0].who, sides[1].who}
		a, b := fromLattice(p.points[p.ends[e][0]]), fromLattice(p.points[p.ends[e][1]])
		m := seams[pair]
		if m == nil {
			m = &seam{Finding{Kind: FoundUnmatched, Severity: SeverityNote, Areas: s.codes(pair[:]), Place: a}, noBound()}
			seams[pair] = m
			order = append(order, pair)
		}
		m.f.Count++
		m.f.LengthM += metres(a, b)
		m.bound = m.bound.Extend(a).Extend(b)
	}
	for _, pair := range order {
		f := seams[pair].f
		f.BBox = bbox(seams[pair].bound)
		s.add(f)
	}
}

// mostTogether is how many areas over one place are told apart.
const mostTogether = 16

// overlaps reports what two areas cover. The plane says where somebody is
// twice; who it is takes the whole borders of those who reach there.
func (s *survey) overlaps(p *plane) {
	twice := p.facesOf(func(f int32) bool { return p.depth(f) > 1 })
	if len(twice) == 0 {
		return
	}
	var boxes []box
	for _, r := range p.regions(twice) {
		boxes = append(boxes, boxOfBound(r.bound).grown(1e-8))
	}
	places := newStripes(boxes)
	var all []ribbon
	for i, a := range s.areas {
		reached := false
		places.near(boxOfBound(a.Bound), func(int32) bool { reached = true; return false })
		if reached {
			all = append(all, ribbonsOf(a.Geometry, int32(i))...)
		}
	}
	whole := newPlane(gather(all))
	if whole == nil {
		s.tangled()
		return
	}
	s.pairs(whole)
}

// pairs reports each stretch of each overlap of a plane with whole borders.
func (s *survey) pairs(p *plane) {
	faces := map[[2]int32][]int32{}
	var order [][2]int32
	for _, f := range p.facesOf(func(f int32) bool { return len(p.covers[f]) > 1 }) {
		who := p.covers[f]
		who = who[:min(len(who), mostTogether)]
		for i, a := range who {
			for _, b := range who[i+1:] {
				pair := [2]int32{a.who, b.who}
				if faces[pair] == nil {
					order = append(order, pair)
				}
				faces[pair] = append(faces[pair], f)
			}
		}
	}
	for _, pair := range order {
		for _, r := range p.regions(faces[pair]) {
			f := found(FoundOverlap, SeverityWarning, r, s.codes(slices.Clone(pair[:])))
			switch {
			case f.WidthM < s.o.NoiseM:
				continue
			case s.areas[pair[0]].Priority != s.areas[pair[1]].Priority:
				f.Severity = SeverityNote // somebody has said who wins
			case f.WidthM >= s.o.GapM:
				f.Severity = SeverityError
			}
			s.add(f)
		}
	}
}

func (s *survey) tangled() {
	f := Finding{Kind: FoundTangled, Severity: SeverityError, Areas: s.o.Around, BBox: []float64{}}
	if len(s.areas) > 0 {
		b := s.areas[0].Bound
		for _, a := range s.areas {
			b = b.Union(a.Bound)
		}
		f.Place, f.BBox = b.Center(), bbox(b)
	}
	if f.Areas == nil {
		f.Areas = []string{}
	}
	s.add(f)
}

func (s *survey) invalid(a Area, p Problem) {
	f := Finding{Kind: FoundInvalid, Severity: SeverityError, Areas: []string{a.Code}, BBox: []float64{}}
	if p.Place != nil {
		f.Place = *p.Place
		f.BBox = []float64{p.Place[0], p.Place[1], p.Place[0], p.Place[1]}
	}
	f.Text, f.Italian = p.Fault.Say("en"), p.Fault.Say("it")
	s.add(f)
}
