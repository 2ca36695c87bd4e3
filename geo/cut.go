package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// crossing returns the edges of a geometry that cross the parallel.
func crossing(mp orb.MultiPolygon, latitude float64) map[edge]bool {
	out := map[edge]bool{}
	for _, a := range arrows(mp) {
		if e := newEdge(a.from, a.to); e.ay < latitude && latitude < e.by {
			out[e] = true
		}
	}
	return out
}

// splitEdges gives those edges of a geometry a point on the parallel, and no
// others. Neighbours that share an edge get the same point, bit for bit,
// because it is computed from the same end: so they still share their border.
func splitEdges(mp orb.MultiPolygon, latitude float64, these map[edge]bool) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(mp))
	for i, polygon := range mp {
		out[i] = make(orb.Polygon, len(polygon))
		for j, ring := range polygon {
			split := make(orb.Ring, 0, len(ring)+2)
			for k, p := range ring {
				if k > 0 {
					if e := newEdge(ring[k-1], p); these[e] {
						split = append(split, orb.Point{e.lonAt(latitude), latitude})
					}
				}
				split = append(split, p)
			}
			out[i][j] = split
		}
	}
	return out
}

// lonAt is where the edge crosses a parallel, rounded, and never outside it.
func (e edge) lonAt(latitude float64) float64 {
	lon := e.ax + float64((e.bx-e.ax)*((latitude-e.ay)/(e.by-e.ay)))
	return min(max(lon, min(e.ax, e.bx)), max(e.ax, e.bx))
}

// cutAt divides a geometry along a parallel. Both halves get the same points
// on the cut, with nothing between them. The geometry must already have a
// point wherever it crosses the parallel: splitEdges puts it there. A half
// that holds nothing is nil.
func cutAt(mp orb.MultiPolygon, latitude float64) (north, south orb.MultiPolygon) {
	var above, below []arrow
	for _, a := range arrows(mp) {
		switch {
		case a.from[1] > latitude || a.to[1] > latitude:
			above = append(above, a)
		case a.from[1] < latitude || a.to[1] < latitude:
			below = append(below, a)
		case a.to[0] > a.from[0]: // on the cut, eastwards: the inside is above
			above = append(above, a)
		default:
			below = append(below, a)
		}
	}
	for _, a := range cutLine(mp, latitude) {
		above = append(above, a)
		below = append(below, arrow{a.to, a.from})
	}
	north = assemble(cancel(above))
	south = assemble(cancel(below))
	return north, south
}

// cutLine returns the stretches of the parallel that have the inside of the
// geometry on both sides, eastwards. Between two points of the border on the
// parallel, the inside is above when an odd number of edges leaves the
// parallel upwards farther east, and below likewise.
func cutLine(mp orb.MultiPolygon, latitude float64) []arrow {
	var all, up, down []float64 // longitudes on the parallel
	for _, a := range arrows(mp) {
		for _, ends := range [][2]orb.Point{{a.from, a.to}, {a.to, a.from}} {
			if ends[0][1] != latitude {
				continue
			}
			all = append(all, ends[0][0])
			if ends[1][1] > latitude {
				up = append(up, ends[0][0])
			} else if ends[1][1] < latitude {
				down = append(down, ends[0][0])
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	odd := func(list []float64, from float64) bool {
		n := 0
		for _, x := range list {
			if x >= from {
				n++
			}
		}
		return n%2 == 1
	}
	var out []arrow
	for i := 1; i < len(all); i++ {
		if odd(up, all[i]) && odd(down, all[i]) {
			out = append(out, arrow{orb.Point{all[i-1], latitude}, orb.Point{all[i], latitude}})
		}
	}
	return out
}
