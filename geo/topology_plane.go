package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Borders of different areas that should be one line often are not quite. To
// see what lies between them they are laid over each other: rounded to a
// lattice of about a tenth of a millimetre, cut wherever they meet, and joined
// into faces, each with the list of those that cover it. The lattice is for
// surveys and comparisons only; routing never sees it.
const lattice = 1 << 30 // steps to a degree

func toLattice(p orb.Point) orb.Point {
	return orb.Point{math.Round(p[0]*lattice) + 0, math.Round(p[1]*lattice) + 0}
}

func fromLattice(p orb.Point) orb.Point { return orb.Point{p[0] / lattice, p[1] / lattice} }

// A ribbon is a stretch of border from a to b, a before b, of somebody who is
// on its left net times more often than on its right.
type ribbon struct {
	a, b orb.Point // of the lattice
	who  int32
	net  int32
}

func (r ribbon) box() box {
	return box{r.a[0], min(r.a[1], r.b[1]), r.b[0], max(r.a[1], r.b[1])}
}

// ribbonsOf returns the border of a geometry that is wound as RFC 7946 asks.
func ribbonsOf(mp orb.MultiPolygon, who int32) []ribbon {
	var out []ribbon
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				if finite(ring[i-1]) && finite(ring[i]) {
					out = append(out, ribbon{ring[i-1], ring[i], who, 1})
				}
			}
		}
	}
	return out
}

// gather turns ribbons to their own direction, adds up those of the same owner
// that lie on each other and drops those that are nothing. The order of the
// answer is fixed. It works in the place of the list it is given.
func gather(all []ribbon) []ribbon {
	for i, r := range all {
		if comparePlaces(r.b, r.a) < 0 {
			all[i] = ribbon{r.b, r.a, r.who, -r.net}
		}
	}
	slices.SortFunc(all, func(r, s ribbon) int {
		if c := compareWays(r, s); c != 0 {
			return c
		}
		return int(r.who - s.who)
	})
	out := all[:0]
	for i := 0; i < len(all); {
		sum := all[i]
		for i++; i < len(all) && all[i].a == sum.a && all[i].b == sum.b && all[i].who == sum.who; i++ {
			sum.net += all[i].net
		}
		if sum.net != 0 && sum.a != sum.b {
			out = append(out, sum)
		}
	}
	return out
}

// comparePlaces is comparePoints for finite numbers, where sorting takes most
// of the time.
func comparePlaces(p, q orb.Point) int {
	switch {
	case p[0] < q[0]:
		return -1
	case p[0] > q[0]:
		return 1
	case p[1] < q[1]:
		return -1
	case p[1] > q[1]:
		return 1
	}
	return 0
}

// compareWays orders ribbons by where they begin and end, whoever owns them.
func compareWays(r, s ribbon) int {
	if c := comparePlaces(r.a, s.a); c != 0 {
		return c
	}
	return comparePlaces(r.b, s.b)
}

// A plane is ribbons laid over each other.
type plane struct {
	points []orb.Point // of the lattice
	ends   [][2]int32  // of each edge, lower point first as ribbons have it
	sides  [][]cover   // of each edge, who is on its left more often than on its right
	next   []int32     // half-edge 2e goes along edge e, 2e+1 back; next goes around the face on the left
	face   []int32     // of each half-edge, the face on its left; 0 is the face around everything
	loops  [][]int32   // of each face, one half-edge of each of its borders
	covers [][]cover   // of each face, by whom it is covered
	known  []bool      // of each face, whether its covers are known: all are, unless a cut was missed
	edges  *stripes    // the boxes of the edges
}

// A cover is somebody with a number of times.
type cover struct{ who, n int32 }

// newPlane lays ribbons over each other; nil when they are too tangled.
func newPlane(all []ribbon) *plane {
	for i := range all {
		all[i].a, all[i].b = toLattice(all[i].a), toLattice(all[i].b)
	}
	cut, ok := cutRibbons(gather(all))
	if !ok {
		return nil
	}
	p := &plane{}
	p.number(cut)
	p.turnAround()
	p.findFaces()
	p.spread()
	return p
}

// number gives numbers to points and edges.
func (p *plane) number(all []ribbon) {
	number := make(map[orb.Point]int32, len(all))
	id := func(q orb.Point) int32 {
		n, ok := number[q]
		if !ok {
			n = int32(len(p.points))
			number[q] = n
			p.points = append(p.points, q)
		}
		return n
	}
	var boxes []box
	for i := 0; i < len(all); {
		r := all[i]
		var side []cover
		for ; i < len(all) && all[i].a == r.a && all[i].b == r.b; i++ {
			side = append(side, cover{all[i].who, all[i].net})
		}
		p.ends = append(p.ends, [2]int32{id(r.a), id(r.b)})
		boxes = append(boxes, r.box())
		p.sides = append(p.sides, side)
	}
	p.edges = newStripes(boxes)
}

// from and to are the ends of a half-edge.
func (p *plane) from(h int32) int32 { return p.ends[h/2][h%2] }
func (p *plane) to(h int32) int32   { return p.ends[h/2][1-h%2] }

// turnAround links each half-edge with the one that follows it around the face
// on its left: at its end, the first that is met turning clockwise from the
// way back.
func (p *plane) turnAround() {
	start := make([]int32, len(p.points)+1)
	for h := range int32(2 * len(p.ends)) {
		start[p.from(h)+1]++
	}
	for i := range p.points {
		start[i+1] += start[i]
	}
	leaving := make([]int32, 2*len(p.ends))
	next := slices.Clone(start)
	for h := range int32(2 * len(p.ends)) {
		leaving[next[p.from(h)]] = h
		next[p.from(h)]++
	}
	p.next = make([]int32, 2*len(p.ends))
	for i := range p.points {
		fan := leaving[start[i]:start[i+1]]
		slices.SortFunc(fan, func(g, h int32) int { return p.compareAngles(int32(i), p.to(g), p.to(h)) })
		for k, h := range fan {
			p.next[h^1] = fan[(k+len(fan)-1)%len(fan)]
		}
	}
}

// compareAngles orders points around v counter-clockwise, from just after due
// west.
func (p *plane) compareAngles(v, a, b int32) int {
	o, q, r := p.points[v], p.points[a], p.points[b]
	return cmp.Or(cmp.Compare(quarter(o, q), quarter(o, r)), turn(o[0], o[1], r[0], r[1], q[0], q[1]))
}

func quarter(o, q orb.Point) int {
	switch {
	case q[1] < o[1]:
		return 0
	case q[1] > o[1]:
		return 2
	case q[0] > o[0]:
		return 1
	}
	return 3
}
