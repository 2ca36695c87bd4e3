package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// A brink is where two sides come close.
type brink struct {
	i, j  int32     // of the sides, counted through all loops
	mid   orb.Point // between them, where they are nearest
	m     float64   // metres between them there
	mean  float64   // metres between them where they are close
	bound orb.Bound // of all that lies close between them
}

// A strait is brinks that follow each other.
type strait []brink

// straits finds where sides that are far from each other along their loop come
// closer than within metres, with what counts as inside between them. Sides of
// different loops are far from each other.
func straits(loops [][]orb.Point, within float64, inside func(brink) bool) []strait {
	w := newShores(loops, within)
	var found []brink
	newStripes(w.boxes).pairs(func(i, j int32) bool {
		i, j = min(i, j), max(i, j)
		if b, ok := w.brink(i, j); ok && inside(b) {
			found = append(found, b)
		}
		return len(found) < 1<<16
	})
	return joinBrinks(found, w)
}

// Shores are the sides of loops with how far along them they are.
type shores struct {
	sides  []side
	boxes  []box
	along  []float64 // metres from the beginning of the loop to each side
	length []float64 // metres around each loop
	within float64
}

func newShores(loops [][]orb.Point, within float64) *shores {
	w := &shores{within: within}
	for number, loop := range loops {
		sum := 0.0
		for i := 1; i < len(loop); i++ {
			a := side{loop[i-1], loop[i], number, i - 1, len(loop) - 1}
			m := metricAt(a.p[1])
			dx, dy := within/2/m.perLon, within/2/m.perLat
			w.sides = append(w.sides, a)
			w.boxes = append(w.boxes, box{a.minX() - dx, a.minY() - dy, a.maxX() + dx, a.maxY() + dy})
			w.along = append(w.along, sum)
			sum += metres(a.p, a.q)
		}
		w.length = append(w.length, sum)
	}
	return w
}

// detour is how many times longer the way along the border is than the way
// across, where two sides of one loop are far from each other.
const detour = 20

// brink measures how close two sides come; ok is false where they do not, or
// belong together.
func (w *shores) brink(i, j int32) (b brink, ok bool) {
	b = brink{i: i, j: j, m: math.Inf(1), bound: noBound()}
	m := metricAt(w.sides[i].p[1])
	ends := 0.0
	for _, k := range [][2]int32{{i, j}, {j, i}} {
		for end := range 2 {
			p, at := w.end(k[0], end)
			foot, off := m.foot(p, w.sides[k[1]].p, w.sides[k[1]].q)
			d := math.Sqrt(off)
			if d >= w.within || w.way(k[0], at, k[1], foot) < detour*d {
				continue
			}
			mid := orb.Point{(p[0] + foot[0]) / 2, (p[1] + foot[1]) / 2}
			b.bound = b.bound.Extend(mid)
			b.mean, ends = b.mean+d, ends+1
			if d > 0 && d < b.m { // 0 is where sides meet
				b.m, b.mid, ok = d, mid, true
			}
		}
	}
	b.mean /= max(ends, 1)
	return b, ok
}

// end is the beginning or the end of a side, and how far along its loop it is.
func (w *shores) end(i int32, end int) (orb.Point, float64) {
	a := w.sides[i]
	if end == 0 {
		return a.p, w.along[i]
	}
	return a.q, w.along[i] + metres(a.p, a.q)
}

// way is how far it is along the border from one place to a point of a side;
// without end when that is another border.
func (w *shores) way(i int32, at float64, j int32, p orb.Point) float64 {
	if w.sides[i].ring != w.sides[j].ring {
		return math.Inf(1)
	}
	way := math.Abs(at - w.along[j] - metres(w.sides[j].p, p))
	return min(way, w.length[w.sides[i].ring]-way)
}

// foot is the point of a side that is nearest to p, and the square of the
// metres between them.
func (m metric) foot(p, a, b orb.Point) (orb.Point, float64) {
	vx, vy := (b[0]-a[0])*m.perLon, (b[1]-a[1])*m.perLat
	t := 0.0
	if length := vx*vx + vy*vy; length > 0 {
		t = min(max(((p[0]-a[0])*m.perLon*vx+(p[1]-a[1])*m.perLat*vy)/length, 0), 1)
	}
	f := orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
	dx, dy := (p[0]-f[0])*m.perLon, (p[1]-f[1])*m.perLat
	return f, dx*dx + dy*dy
}

// joinBrinks joins brinks whose sides follow each other on both shores or on one.
func joinBrinks(all []brink, w *shores) []strait {
	u := newUnion(len(w.sides))
	near := map[int32]bool{}
	for _, b := range all {
		u.join(b.i, b.j)
		near[b.i], near[b.j] = true, true
	}
	for i := range near {
		a := w.sides[i]
		if next := i + 1; a.i+1 < a.n && near[next] {
			u.join(i, next)
		}
	}
	var out []strait
	at := map[int32]int{}
	for _, b := range all {
		k, ok := at[u.find(b.i)]
		if !ok {
			k = len(out)
			at[u.find(b.i)] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], b)
	}
	return out
}

// mean is the mean width: each brink counts by how long it is.
func (s strait) mean() float64 {
	sum, all := 0.0, 0.0
	for _, b := range s {
		long := metres(b.bound.Min, b.bound.Max) + 1e-9
		sum, all = sum+b.mean*long, all+long
	}
	return sum / all
}

// owners returns who the shores belong to.
func (s strait) owners(of []int32) []int32 {
	var out []int32
	for _, b := range s {
		out = append(out, of[b.i], of[b.j])
	}
	return out
}

func (s strait) finding(kind FindingKind, codes []string) Finding {
	narrowest := slices.MinFunc(s, func(b, c brink) int {
		switch {
		case b.m < c.m:
			return -1
		case b.m > c.m:
			return 1
		}
		return comparePoints(b.mid, c.mid)
	})
	bound := noBound()
	for _, b := range s {
		bound = bound.Union(b.bound)
	}
	f := Finding{
		Kind: kind, Severity: SeverityWarning, Areas: codes, Place: narrowest.mid, BBox: bbox(bound),
		WidthM: narrowest.m, LengthM: metres(bound.Min, bound.Max),
	}
	f.AreaM2 = f.LengthM * s.mean()
	return f
}
