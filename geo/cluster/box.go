package cluster

import "math"

// A box is what the cores of a cell lie in; the zero box is everywhere.
type box struct {
	min, max place
	known    bool
}

// boxOf returns the box of some cores, when so many ask for it that it pays.
func (s *scan) boxOf(from, to, asking int32) box {
	if to-from < 8 || asking < 8 {
		return box{}
	}
	b := box{min: s.xyz[s.cores[from]], max: s.xyz[s.cores[from]], known: true}
	for _, core := range s.cores[from+1 : to] {
		p := s.xyz[core]
		b.min = place{math.Min(b.min.x, p.x), math.Min(b.min.y, p.y), math.Min(b.min.z, p.z)}
		b.max = place{math.Max(b.max.x, p.x), math.Max(b.max.y, p.y), math.Max(b.max.z, p.z)}
	}
	return b
}

// squared returns at most the square of the distance from p to anything in the
// box.
func (b box) squared(p place) float64 {
	if !b.known {
		return 0
	}
	return p.squared(place{
		math.Max(b.min.x, math.Min(p.x, b.max.x)),
		math.Max(b.min.y, math.Min(p.y, b.max.y)),
		math.Max(b.min.z, math.Min(p.z, b.max.z)),
	})
}
