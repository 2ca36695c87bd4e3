package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// A seam is what only closes a geometry that was cut: stretches of the 180th
// meridian with the geometry on both sides of them, and a pole that it lies all
// around. They are no border: who stands there stands inside.
type seam struct {
	meridian     [][2]float64 // latitudes, ascending and apart
	south, north bool
}

// seamOf finds the seam of a valid geometry. It costs a look at each point of
// one that has none.
func seamOf(mp orb.MultiPolygon) seam {
	var e mapEdges
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				e.add(ring[i-1], ring[i])
			}
		}
	}
	return e.seam()
}

// mapEdges are the sides of a geometry along the edges of the map.
type mapEdges struct{ west, east, south, north [][2]float64 }

func (e *mapEdges) add(p, q orb.Point) {
	switch {
	case p[0] == -180 && q[0] == -180:
		e.west = append(e.west, ordered(p[1], q[1]))
	case p[0] == 180 && q[0] == 180:
		e.east = append(e.east, ordered(p[1], q[1]))
	case p[1] == -90 && q[1] == -90:
		e.south = append(e.south, ordered(p[0], q[0]))
	case p[1] == 90 && q[1] == 90:
		e.north = append(e.north, ordered(p[0], q[0]))
	}
}

func (e *mapEdges) seam() seam {
	whole := func(list [][2]float64) bool {
		list = joined(list)
		return len(list) == 1 && list[0] == [2]float64{-180, 180}
	}
	return seam{common(joined(e.west), joined(e.east)), whole(e.south), whole(e.north)}
}

func compareStretches(a, b [2]float64) int { return comparePoints(a, b) }

func ordered(a, b float64) [2]float64 { return [2]float64{min(a, b), max(a, b)} }

// joined sorts stretches and makes one of those that meet.
func joined(list [][2]float64) [][2]float64 {
	slices.SortFunc(list, compareStretches)
	var out [][2]float64
	for _, s := range list {
		if n := len(out); n > 0 && s[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], s[1])
			continue
		}
		out = append(out, s)
	}
	return out
}

// common returns what two lists of stretches, each sorted and apart, share.
func common(a, b [][2]float64) [][2]float64 {
	var out [][2]float64
	for len(a) > 0 && len(b) > 0 {
		if from, to := max(a[0][0], b[0][0]), min(a[0][1], b[0][1]); from < to {
			out = append(out, [2]float64{from, to})
		}
		if a[0][1] < b[0][1] {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

func (s seam) none() bool { return len(s.meridian) == 0 && !s.south && !s.north }

// hidden returns the stretches of the meridian that a side along it has in
// common with the seam.
func (s seam) hidden(p, q orb.Point) [][2]float64 {
	side := ordered(p[1], q[1])
	i, _ := slices.BinarySearchFunc(s.meridian, side[0], func(h [2]float64, lat float64) int {
		if h[1] <= lat {
			return -1
		}
		return 1
	})
	var out [][2]float64
	for ; i < len(s.meridian) && s.meridian[i][0] < side[1]; i++ {
		out = append(out, [2]float64{max(s.meridian[i][0], side[0]), min(s.meridian[i][1], side[1])})
	}
	return out
}

// hides reports whether any of a side belongs to the seam.
func (s seam) hides(p, q orb.Point) bool {
	switch {
	case p[0] == q[0] && onSeam(p):
		return s.hidden(p, q) != nil
	case alongPole(p, q):
		return p[1] < 0 && s.south || p[1] > 0 && s.north
	}
	return false
}

// shown returns what is border of a side that the seam hides, or part of it.
func (s seam) shown(p, q orb.Point) [][]orb.Point {
	if alongPole(p, q) {
		return nil
	}
	var out [][]orb.Point
	side := ordered(p[1], q[1])
	from := side[0]
	for _, h := range s.hidden(p, q) {
		if from < h[0] {
			out = append(out, []orb.Point{{p[0], from}, {p[0], h[0]}})
		}
		from = h[1]
	}
	if from < side[1] {
		out = append(out, []orb.Point{{p[0], from}, {p[0], side[1]}})
	}
	return out
}

// lines returns the border of a ring without the seam: the ring itself where
// there is none, else its parts.
func (s seam) lines(ring orb.Ring) [][]orb.Point {
	if s.none() {
		return [][]orb.Point{ring}
	}
	var out [][]orb.Point
	from := 0
	for i := 1; i < len(ring); i++ {
		if s.hides(ring[i-1], ring[i]) {
			out = append(out, ring[from:i])
			out = append(out, s.shown(ring[i-1], ring[i])...)
			from = i
		}
	}
	return append(out, ring[from:])
}

// closes reports whether a polygon goes on beyond the seam.
func (s seam) closes(polygon orb.Polygon) bool {
	if s.none() {
		return false
	}
	for _, ring := range polygon {
		for i := 1; i < len(ring); i++ {
			if s.hides(ring[i-1], ring[i]) {
				return true
			}
		}
	}
	return false
}
