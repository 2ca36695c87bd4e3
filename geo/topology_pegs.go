package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// Pegs find points near a place among those of other owners.
type pegs struct {
	within float64
	dx, dy float64 // degrees of a cell, at least within wide
	cells  map[[2]int64][]peg
}

type peg struct {
	p     orb.Point
	owner int32 // -1: several
}

func newPegs(geoms []orb.MultiPolygon, within float64) *pegs {
	lat := 0.0
	for _, mp := range geoms {
		b := mp.Bound()
		lat = max(lat, math.Abs(b.Min[1]), math.Abs(b.Max[1]))
	}
	m := metricAt(min(lat, 89.9))
	return &pegs{within, 1.01 * within / m.perLon, 1.01 * within / metricAt(0).perLat, map[[2]int64][]peg{}}
}

func (s *pegs) cell(p orb.Point) [2]int64 {
	return [2]int64{int64(math.Floor(p[0] / s.dx)), int64(math.Floor(p[1] / s.dy))}
}

func (s *pegs) add(p orb.Point, owner int32) {
	c := s.cell(p)
	s.cells[c] = append(s.cells[c], peg{p, owner})
}

// nearest returns the nearest point that is not only the asker's own; of points
// equally near, the first by longitude and latitude.
func (s *pegs) nearest(p orb.Point, asker int32) (to orb.Point, d float64, ok bool) {
	m := metricAt(p[1])
	best := s.within * s.within
	c := s.cell(p)
	for dx := int64(-1); dx <= 1; dx++ {
		for dy := int64(-1); dy <= 1; dy++ {
			for _, q := range s.cells[[2]int64{c[0] + dx, c[1] + dy}] {
				if q.owner == asker {
					continue
				}
				if off := m.toEdge(p[0], p[1], edge{q.p[0], q.p[1], q.p[0], q.p[1]}); off < best || off == best && (!ok || comparePoints(q.p, to) < 0) {
					to, best, ok = q.p, off, true
				}
			}
		}
	}
	return to, math.Sqrt(best), ok
}
