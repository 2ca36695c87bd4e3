package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// A region is faces of a plane that hang together, measured on the ellipsoid.
type region struct {
	faces  []int32
	m2     float64
	around float64 // metres of border
	bound  orb.Bound
	place  orb.Point // lon,lat of a point in its largest face
}

// width is the mean width of something long, metres.
func (r region) width() float64 {
	if r.around == 0 {
		return 0
	}
	return 2 * r.m2 / r.around
}

// noBound is the bound of nothing.
func noBound() orb.Bound {
	return orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
}

// bbox is the bound as GeoJSON writes it.
func bbox(b orb.Bound) []float64 { return []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} }

// regions joins faces that lie side by side and measures each group. The order
// is that of the faces.
func (p *plane) regions(faces []int32) []region {
	index := make(map[int32]int32, len(faces))
	for i, f := range faces {
		index[f] = int32(i)
	}
	group := newUnion(len(faces))
	for i, f := range faces {
		p.around(f, func(h int32) {
			if j, ok := index[p.face[h^1]]; ok {
				group.join(int32(i), j)
			}
		})
	}
	number := map[int32]int{}
	var out []region
	largest := map[int]float64{}
	for i, f := range faces {
		k, ok := number[group.find(int32(i))]
		if !ok {
			k = len(out)
			number[group.find(int32(i))] = k
			out = append(out, region{bound: noBound()})
		}
		r := &out[k]
		r.faces = append(r.faces, f)
		m2 := p.measure(f, r, func(beyond int32) bool { _, in := index[beyond]; return in })
		if r.m2 += m2; m2 > largest[k] || len(r.faces) == 1 {
			largest[k] = m2
			r.place = p.inside(f)
		}
	}
	return out
}

// measure adds the border and the bound of a face to a region, and returns its
// square metres.
func (p *plane) measure(face int32, r *region, member func(face int32) bool) float64 {
	m2 := 0.0
	p.around(face, func(h int32) {
		a, b := fromLattice(p.points[p.from(h)]), fromLattice(p.points[p.to(h)])
		m2 += strip(a, b)
		r.bound = r.bound.Extend(a)
		if !member(p.face[h^1]) {
			r.around += metres(a, b)
		}
	})
	return max(m2, 0)
}

// inside returns a point in a face: the middle of the longest stretch of a
// parallel through the middle of it, or of the next parallel that passes no
// corner.
func (p *plane) inside(face int32) orb.Point {
	var heights []float64
	p.around(face, func(h int32) { heights = append(heights, p.points[p.from(h)][1]) })
	slices.Sort(heights)
	heights = slices.Compact(heights)
	if len(heights) < 2 {
		return fromLattice(p.points[p.from(p.loops[face][0])])
	}
	k := len(heights) / 2
	y := (heights[k-1] + heights[k]) / 2
	var cuts []float64
	p.around(face, func(h int32) {
		e := newEdge(p.points[p.from(h)], p.points[p.to(h)])
		if e.ay < y && y < e.by {
			cuts = append(cuts, e.lonAt(y))
		}
	})
	if len(cuts) == 0 {
		return fromLattice(p.points[p.from(p.loops[face][0])])
	}
	slices.Sort(cuts)
	best, widest := orb.Point{cuts[0], y}, -1.0
	for i := 1; i < len(cuts); i += 2 {
		if w := cuts[i] - cuts[i-1]; w > widest {
			best, widest = orb.Point{(cuts[i] + cuts[i-1]) / 2, y}, w
		}
	}
	return fromLattice(best)
}

// metres is the length of a short stretch on the ellipsoid, or nearly that of
// a long one.
func metres(a, b orb.Point) float64 {
	m := metricAt((a[1] + b[1]) / 2)
	return math.Hypot((b[0]-a[0])*m.perLon, (b[1]-a[1])*m.perLat)
}

// strip is what one side adds to the square metres of a counter-clockwise
// ring: the area between the side, which is straight in longitude and latitude,
// and the equator, by Simpson's rule on the exact area below a parallel, degree
// by degree of latitude.
func strip(a, b orb.Point) float64 {
	n := math.Ceil(math.Abs(b[1] - a[1]))
	if !(n > 1) { // also NaN
		n = 1
	}
	high := (b[1] - a[1]) / n
	sum := 0.0
	for k := range int(n) {
		y := a[1] + float64(k)*high
		sum += belowParallel(y) + 4*belowParallel(y+high/2) + belowParallel(y+high)
	}
	return (a[0] - b[0]) * (math.Pi / 180) * sum / (6 * n)
}

// belowParallel is the area between the equator and a parallel for each radian
// of longitude, square metres on the WGS84 ellipsoid (Snyder 1987, 3-12).
func belowParallel(lat float64) float64 {
	const (
		b2 = 6356752.314245179 * 6356752.314245179 // semi-minor axis squared
		e  = 0.08181919084262149                   // first eccentricity
	)
	sin := math.Sin(lat * math.Pi / 180)
	return b2 / 2 * (sin/(1-e*e*sin*sin) + math.Atanh(e*sin)/e)
}

// ellipsoidM2 is what a geometry covers, square metres on the WGS84 ellipsoid.
func ellipsoidM2(mp orb.MultiPolygon) float64 {
	sum := 0.0
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				sum += strip(ring[i-1], ring[i])
			}
		}
	}
	return max(sum, 0)
}
