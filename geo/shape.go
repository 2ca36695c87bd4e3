package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// A shape is the geometry of one area made ready for questions: its edges,
// listed by horizontal stripes. It never changes after newShape. A question
// reads one stripe, or the few that a distance reaches.
type shape struct {
	bound orb.Bound
	edges []edge
	y0    float64 // bottom of the first stripe
	per   float64 // stripes per degree
	start []int32 // stripe s holds list[start[s]:start[s+1]]
	list  []int32 // indexes of edges
}

// maxStripes keeps the table of one area small, whatever its geometry.
const maxStripes = 1 << 16

// newShape takes every edge of every ring: a point is inside when an odd
// number of them is to its right, so holes and islands need no special case.
func newShape(mp orb.MultiPolygon) *shape {
	s := &shape{bound: mp.Bound()}
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				if ring[i] != ring[i-1] {
					s.edges = append(s.edges, newEdge(ring[i-1], ring[i]))
				}
			}
		}
	}
	s.stripe()
	return s
}

func (s *shape) stripe() {
	s.y0 = s.bound.Min[1]
	height := s.bound.Max[1] - s.y0
	n := s.stripes(height)
	if height > 0 {
		s.per = float64(n) / height
	}
	if math.IsInf(s.per, 0) {
		s.per = 0 // flatter than numbers can divide: one stripe
	}
	s.start = make([]int32, n+1)
	each := func(visit func(stripe int, edge int32)) {
		for i, e := range s.edges {
			for k := s.at(e.ay); k <= s.at(e.by); k++ {
				visit(k, int32(i))
			}
		}
	}
	each(func(k int, _ int32) { s.start[k+1]++ })
	for k := range n {
		s.start[k+1] += s.start[k]
	}
	s.list = make([]int32, s.start[n])
	next := slices.Clone(s.start[:n])
	each(func(k int, i int32) { s.list[next[k]] = i; next[k]++ })
}

// stripes chooses how many: two edges a stripe, unless the edges are so tall
// that listing each in all its stripes would take much more room than the
// edges themselves.
func (s *shape) stripes(height float64) int {
	tall := 0.0
	for _, e := range s.edges {
		tall += e.by - e.ay
	}
	n := float64(len(s.edges)) / 2
	if tall > 0 {
		n = min(n, 8*float64(len(s.edges))*height/tall)
	}
	return int(min(max(n, 1), maxStripes))
}

// at returns the stripe of a latitude, clamped. It never decreases as y grows,
// which is all that the stripes rely on: an edge is listed in every stripe
// from that of its lower end to that of its upper end.
func (s *shape) at(y float64) int {
	k := (y - s.y0) * s.per
	last := len(s.start) - 2
	if !(k > 0) { // also NaN
		return 0
	}
	if k >= float64(last) {
		return last
	}
	return int(k)
}

func (s *shape) within(x, y float64) bool {
	return x >= s.bound.Min[0] && x <= s.bound.Max[0] && y >= s.bound.Min[1] && y <= s.bound.Max[1]
}

// contains reports whether the shape owns the point: its left and bottom
// borders are in, its right and top ones out.
func (s *shape) contains(x, y float64) bool {
	if !s.within(x, y) {
		return false
	}
	odd := false
	k := s.at(y)
	for _, i := range s.list[s.start[k]:s.start[k+1]] {
		if s.edges[i].right(x, y) {
			odd = !odd
		}
	}
	return odd
}

// A metric turns small differences of degrees into metres around one latitude.
type metric struct{ perLon, perLat float64 }

// metricAt uses the radii of curvature of the WGS84 ellipsoid: N·cosφ along
// the parallel and M along the meridian. Up to 1 km it agrees with a geodesic
// within centimetres, up to 5 km within 3 m.
func metricAt(lat float64) metric {
	const (
		a  = 6378137.0              // semi-major axis, metres
		e2 = 6.69437999014131699e-3 // first eccentricity squared
	)
	sin, cos := math.Sincos(lat * math.Pi / 180)
	w2 := 1 - float64(e2*float64(sin*sin))
	w := math.Sqrt(w2)
	return metric{
		perLon: max(a/w*cos, 1e-9) * (math.Pi / 180),
		perLat: a * (1 - e2) / (w2 * w) * (math.Pi / 180),
	}
}

// toEdge returns the square of the metres from the point to the edge. Products
// are kept apart from sums, as in turn, so that ties fall alike on every
// machine.
func (m metric) toEdge(x, y float64, e edge) float64 {
	px, py := float64((x-e.ax)*m.perLon), float64((y-e.ay)*m.perLat)
	vx, vy := float64((e.bx-e.ax)*m.perLon), float64((e.by-e.ay)*m.perLat)
	t := 0.0
	if length := float64(vx*vx) + float64(vy*vy); length > 0 {
		t = min(max((float64(px*vx)+float64(py*vy))/length, 0), 1)
	}
	qx, qy := px-float64(t*vx), py-float64(t*vy)
	return float64(qx*qx) + float64(qy*qy)
}
