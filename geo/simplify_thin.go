package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// A thinning chooses which points of each arc stay.
type thinning struct {
	borders *Borders
	kept    [][]int32 // of each arc, indexes of its points, both ends included
	gone    []bool    // arcs that are left out
}

func newThinning(b *Borders, tolerance float64) *thinning {
	t := &thinning{borders: b, kept: make([][]int32, len(b.arcs)), gone: make([]bool, len(b.arcs))}
	for i, a := range b.arcs {
		t.kept[i] = thin(a.points, tolerance)
		reach := boxOf(a.points)
		t.gone[i] = a.alone && reach.maxX-reach.minX <= tolerance && reach.maxY-reach.minY <= tolerance
	}
	t.keepLast()
	return t
}

// keepLast brings back the largest ring of a geometry that would be left with
// nothing.
func (t *thinning) keepLast() {
	for _, polygons := range t.borders.rings {
		var largest path
		size := -1.0
		for _, rings := range polygons {
			if len(rings) == 0 {
				continue
			}
			shell := rings[0]
			if shell == nil || !t.drops(shell) {
				largest = nil
				break
			}
			reach := boxOf(t.borders.arcs[shell[0].arc].points)
			if s := (reach.maxX - reach.minX) + (reach.maxY - reach.minY); s > size {
				largest, size = shell, s
			}
		}
		if largest != nil {
			t.gone[largest[0].arc] = false
		}
	}
}

func (t *thinning) drops(way path) bool { return len(way) == 1 && t.gone[way[0].arc] }

// ring returns the points of a ring that stay.
func (t *thinning) ring(way path) orb.Ring {
	var out orb.Ring
	for _, s := range way {
		points, kept := t.borders.arcs[s.arc].points, t.kept[s.arc]
		for i := range kept {
			if s.back {
				i = len(kept) - 1 - i
			}
			if p := points[kept[i]]; len(out) == 0 || out[len(out)-1] != p {
				out = append(out, p)
			}
		}
	}
	return out
}

func boxOf(points []orb.Point) box {
	b := noBox()
	for _, p := range points {
		b = b.union(box{p[0], p[1], p[0], p[1]})
	}
	return b
}

// thin chooses the points that stay of a line: between two of them, none that
// goes lies farther than the tolerance from the straight way. A closed line
// keeps at least three.
func thin(points []orb.Point, tolerance float64) []int32 {
	last := int32(len(points) - 1)
	kept := []int32{0, last}
	if points[0] == points[last] {
		far, _ := farthest(points, 0, last)
		kept = []int32{0, far, last}
	}
	var out []int32
	for i := 1; i < len(kept); i++ {
		out = append(out, thinBetween(points, kept[i-1], kept[i], tolerance)...)
	}
	out = append(out, last)
	if points[0] == points[last] && len(out) < 4 {
		out = append(out, best(points, out))
		slices.Sort(out)
	}
	return out
}

// best is the point that lies farthest off the lines between those that stay.
func best(points []orb.Point, kept []int32) int32 {
	at, off := kept[0]+1, -1.0
	for i := 1; i < len(kept); i++ {
		if k, d := farthest(points, kept[i-1], kept[i]); d > off {
			at, off = k, d
		}
	}
	return at
}

// thinBetween returns the points from one to before the other that stay.
func thinBetween(points []orb.Point, from, to int32, tolerance float64) []int32 {
	var out []int32
	type stretch struct{ from, to int32 }
	todo := []stretch{{from, to}}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if k, off := farthest(points, s.from, s.to); off > tolerance {
			todo = append(todo, stretch{k, s.to}, stretch{s.from, k})
			continue
		}
		out = append(out, s.from)
	}
	return out
}

// farthest returns the point between two others that lies farthest from the
// straight way between them, and how far; -1 when there is none between.
func farthest(points []orb.Point, from, to int32) (at int32, off float64) {
	at, off = from, -1
	e := edge{points[from][0], points[from][1], points[to][0], points[to][1]}
	for i := from + 1; i < to; i++ {
		if d := degrees.toEdge(points[i][0], points[i][1], e); d > off {
			at, off = i, d
		}
	}
	if off > 0 {
		off = math.Sqrt(off)
	}
	return at, off
}

// degrees measures in the plane of longitude and latitude, as they are drawn.
var degrees = metric{1, 1}
