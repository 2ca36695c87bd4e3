package geo

import (
	"math"

	"github.com/paulmach/orb"
)

// passes says whether the side that begins at ring[i] goes over the 180th
// meridian: 1 when it does so eastwards, -1 westwards, 0 when it does not. A
// side that is longer than half the earth is taken to go the shorter way. It
// is not where it is meant to be so long: along a pole, which is one place,
// and along a parallel from -180 to 180 between two sides of the ring that
// both go up from there, or both down, as in a box around the earth.
func passes(ring orb.Ring, i int) int {
	p, q := ring[i], ring[i+1]
	dx := q[0] - p[0]
	if math.Abs(dx) <= 180 || alongPole(p, q) || (math.Abs(dx) == 360 && goesAround(ring, i)) {
		return 0
	}
	if dx < 0 {
		return 1
	}
	return -1
}

func alongPole(p, q orb.Point) bool { return p[1] == q[1] && math.Abs(p[1]) == 90 }

// goesAround tells a side along a whole parallel from one of no length, whose
// ends are one place on the 180th meridian.
func goesAround(ring orb.Ring, i int) bool {
	n := len(ring) - 1
	before, p, q, after := ring[(i+n-1)%n], ring[i], ring[i+1], ring[(i+2)%n]
	return p[1] == q[1] && before[0] == p[0] && after[0] == q[0] &&
		((before[1] > p[1] && after[1] > p[1]) || (before[1] < p[1] && after[1] < p[1]))
}

// leap returns where a side of a ring goes over the 180th meridian, or nil.
func leap(ring orb.Ring) *orb.Point {
	for i := range len(ring) - 1 {
		if passes(ring, i) != 0 {
			at := ring[i]
			return &at
		}
	}
	return nil
}

// leaps reports whether any ring goes over the 180th meridian.
func leaps(mp orb.MultiPolygon) bool {
	for _, polygon := range mp {
		for _, ring := range polygon {
			if leap(ring) != nil {
				return true
			}
		}
	}
	return false
}

// Unwrapped returns a closed ring with longitudes that go on beyond 180 where it
// goes over the 180th meridian, closed along the pole when it goes around the
// earth, for a look at what lies inside what. ok is false, and the ring itself
// returned, when it does not go over, or is not all in degrees.
func Unwrapped(ring orb.Ring) (path orb.Ring, ok bool) {
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] || leap(ring) == nil {
		return ring, false
	}
	shift, south := 0.0, false
	path = append(path, ring[0])
	for i, p := range ring[1:] {
		if !onEarth(p) {
			return ring, false
		}
		shift += 360 * float64(passes(ring, i))
		south = south || p[1] < 0
		path = append(path, orb.Point{p[0] + shift, p[1]})
	}
	if first, last := path[0], path[len(path)-1]; first != last {
		pole := 90.0
		if south {
			pole = -90
		}
		path = append(path, orb.Point{last[0], pole}, orb.Point{first[0], pole}, first)
	}
	return path, true
}

// seamLat is the latitude at which the side between a place west of the 180th
// meridian and one east of it crosses it. It is computed from the western end,
// whichever way the side goes: neighbours that share it get the same bits.
func seamLat(west, east orb.Point) float64 {
	before, after := 180-west[0], east[0]+180
	if after == 0 {
		return east[1]
	}
	lat := west[1] + float64((east[1]-west[1])*(before/(before+after)))
	return min(max(lat, min(west[1], east[1])), max(west[1], east[1]))
}

func onSeam(p orb.Point) bool { return math.Abs(p[0]) == 180 }

// A loop is a ring taken apart where it meets the 180th meridian.
type loop struct {
	ring    orb.Ring
	strands [][]orb.Point // from one meeting to the next, in order; only their ends lie on ±180
	runs    [][]float64   // of each strand: latitudes along the meridian after its end, to the next strand
	turns   int           // how often it goes around the earth, eastwards
	leaps   bool          // some side goes over the meridian
	crosses bool          // so does the ring: it comes from one side of it and goes on at the other
}

// newLoop takes a closed ring apart. Sides along a pole may go either way: the
// way that brings the ring back to where it began is meant.
func newLoop(ring orb.Ring) loop {
	l := loop{ring: ring}
	polar := 0
	for i := range len(ring) - 1 {
		l.turns += passes(ring, i)
		if p, q := ring[i], ring[i+1]; alongPole(p, q) && math.Abs(p[0]-q[0]) > 180 {
			polar += sign(p[0] - q[0])
		}
	}
	short := l.turns != 0 && l.turns+polar == 0
	if short {
		l.turns = 0
	}
	l.takeApart(l.flat(short))
	return l
}

func sign(v float64) int {
	if v < 0 {
		return -1
	}
	return 1
}

// flat returns the sides of the ring on the map from -180 to 180. Those that go
// over the meridian are two; those of no length are left out. With short, long
// sides along a pole go over the meridian too.
func (l *loop) flat(short bool) [][2]orb.Point {
	out := make([][2]orb.Point, 0, len(l.ring)+2)
	add := func(p, q orb.Point) {
		if p != q {
			out = append(out, [2]orb.Point{p, q})
		}
	}
	for i := range len(l.ring) - 1 {
		p, q := l.ring[i], l.ring[i+1]
		way := passes(l.ring, i)
		if short && way == 0 && alongPole(p, q) && math.Abs(p[0]-q[0]) > 180 {
			way = sign(p[0] - q[0])
		}
		l.leaps = l.leaps || way != 0
		switch {
		case way == 0:
			add(p, q)
		case onSeam(p) && onSeam(q): // along the meridian, with two signs
			add(p, orb.Point{p[0], q[1]})
		case way > 0:
			lat := seamLat(p, q)
			add(p, orb.Point{180, lat})
			add(orb.Point{-180, lat}, q)
		default:
			lat := seamLat(q, p)
			add(p, orb.Point{-180, lat})
			add(orb.Point{180, lat}, q)
		}
	}
	return out
}

// takeApart makes strands and runs of the sides.
func (l *loop) takeApart(sides [][2]orb.Point) {
	alongSeam := func(s [2]orb.Point) bool { return onSeam(s[0]) && s[0][0] == s[1][0] }
	first := -1
	for i, s := range sides {
		if onSeam(s[0]) && !alongSeam(s) {
			first = i
			break
		}
	}
	if first < 0 { // it never meets the meridian, or lies on it
		if len(sides) > 0 && !onSeam(sides[0][0]) {
			l.strands = [][]orb.Point{l.ring}
		}
		return
	}
	open := false
	for i := range sides {
		s := sides[(first+i)%len(sides)]
		last := len(l.strands) - 1
		switch {
		case alongSeam(s):
			l.runs[last] = append(l.runs[last], s[1][1])
			continue
		case open:
			l.strands[last] = append(l.strands[last], s[1])
		default:
			l.strands = append(l.strands, []orb.Point{s[0], s[1]})
			l.runs = append(l.runs, nil)
			last++
		}
		if open = !onSeam(s[1]); !open {
			l.runs[last] = []float64{s[1][1]}
		}
	}
	for i := range l.strands {
		from, to := l.meeting(i)
		l.crosses = l.crosses || from[0] != to[0]
	}
}

// meets reports whether the ring meets the meridian.
func (l *loop) meets() bool { return len(l.runs) > 0 }

// meeting returns where the ring comes to the meridian at the end of a strand,
// and where it leaves it at the beginning of the next.
func (l *loop) meeting(i int) (from, to orb.Point) {
	s := l.strands[i]
	return s[len(s)-1], l.strands[(i+1)%len(l.strands)][0]
}

// rebuilt is a ring that only touches the meridian, with every point of it on
// the side from which it comes: the same ring, written so that none leaps.
func (l *loop) rebuilt() orb.Ring {
	var out orb.Ring
	for i, s := range l.strands {
		out = append(out, s...)
		if !l.meets() {
			return out
		}
		end := s[len(s)-1]
		for _, lat := range l.runs[i][1:] {
			out = append(out, orb.Point{end[0], lat})
		}
		if next := l.strands[(i+1)%len(l.strands)][0]; next == out[len(out)-1] {
			out = out[:len(out)-1] // the next strand begins with it
		}
	}
	return append(out, out[0])
}
