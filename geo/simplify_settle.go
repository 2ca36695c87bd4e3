package geo

import (
	"slices"

	"github.com/paulmach/orb"
)

// A chord is a straight way between two points of an arc that stay; kept[at]
// and kept[at+1] are its ends.
type chord struct {
	arc, at int32
	a, b    orb.Point
}

// patience is how often a chord that is in the way gets one point back; after
// that it gets all of them.
const patience = 6

// settle gives points back until no two chords cross, none has a point of
// another border on its wrong side, and every ring has an inside. What the
// geometries did before they were simplified, it leaves.
func (t *thinning) settle() {
	for round := 0; ; round++ {
		chords := t.chords()
		wrong := map[chord]bool{}
		t.findCrossed(chords, wrong)
		t.findSwallowed(chords, wrong)
		t.findFlat(wrong)
		if !t.giveBack(wrong, round >= patience) {
			return
		}
	}
}

func (t *thinning) chords() []chord {
	var out []chord
	for i, kept := range t.kept {
		if t.gone[i] {
			continue
		}
		points := t.borders.arcs[i].points
		for k := 1; k < len(kept); k++ {
			out = append(out, chord{int32(i), int32(k - 1), points[kept[k-1]], points[kept[k]]})
		}
	}
	return out
}

// dropped reports whether the chord goes past points that do not stay.
func (t *thinning) dropped(c chord) bool {
	return t.kept[c.arc][c.at+1] > t.kept[c.arc][c.at]+1
}

// chain returns the points of the border that a chord stands for.
func (t *thinning) chain(c chord) []orb.Point {
	return t.borders.arcs[c.arc].points[t.kept[c.arc][c.at] : t.kept[c.arc][c.at+1]+1]
}

func (t *thinning) findCrossed(chords []chord, wrong map[chord]bool) {
	boxes := make([]box, len(chords))
	for i, c := range chords {
		boxes[i] = boxOf([]orb.Point{c.a, c.b})
	}
	newStripes(boxes).pairs(func(i, j int32) bool {
		a, b := chords[i], chords[j]
		if conflict(a, b) {
			wrong[a], wrong[b] = true, true
		}
		return true
	})
}

// conflict reports whether two chords have more in common than an end.
func conflict(a, b chord) bool {
	if a.a == b.b || a.b == b.b {
		b.a, b.b = b.b, b.a
	}
	if a.b == b.a {
		a.a, a.b = a.b, a.a
	}
	if a.a == b.a { // one common end: the other ends must not lie in one direction
		if a.b == b.b {
			return true
		}
		if turn(a.a[0], a.a[1], a.b[0], a.b[1], b.b[0], b.b[1]) != 0 {
			return false
		}
		return newEdge(a.a, a.b).on(b.b[0], b.b[1]) || newEdge(b.a, b.b).on(a.b[0], a.b[1])
	}
	ba, bb := turn(a.a[0], a.a[1], a.b[0], a.b[1], b.a[0], b.a[1]), turn(a.a[0], a.a[1], a.b[0], a.b[1], b.b[0], b.b[1])
	if ba*bb > 0 {
		return false
	}
	aa, ab := turn(b.a[0], b.a[1], b.b[0], b.b[1], a.a[0], a.a[1]), turn(b.a[0], b.a[1], b.b[0], b.b[1], a.b[0], a.b[1])
	if aa*ab > 0 {
		return false
	}
	return ba*bb*aa*ab != 0 || newEdge(a.a, a.b).on(b.a[0], b.a[1]) || newEdge(a.a, a.b).on(b.b[0], b.b[1]) ||
		newEdge(b.a, b.b).on(a.a[0], a.a[1]) || newEdge(b.a, b.b).on(a.b[0], a.b[1])
}

// findSwallowed looks for points that stay between a chord and the border it
// stands for: they would change sides.
func (t *thinning) findSwallowed(chords []chord, wrong map[chord]bool) {
	boxes := make([]box, len(chords)) // the first ends stand for all points
	for i, c := range chords {
		boxes[i] = boxOf([]orb.Point{c.a})
	}
	all := newStripes(boxes)
	for _, c := range chords {
		if wrong[c] || !t.dropped(c) {
			continue
		}
		chain := t.chain(c)
		all.near(boxOf(chain), func(i int32) bool {
			p := chords[i].a
			if p == c.a || p == c.b || !between(chain, p) {
				return true
			}
			wrong[c] = true
			return false
		})
	}
}

// between reports whether a point lies inside the ring that a chain makes with
// its chord; points on the chain are not.
func between(chain []orb.Point, p orb.Point) bool {
	odd := false
	before := chain[len(chain)-1]
	for _, q := range chain {
		e := newEdge(before, q)
		if e.on(p[0], p[1]) {
			return false
		}
		if e.right(p[0], p[1]) {
			odd = !odd
		}
		before = q
	}
	return odd
}

// findFlat looks for rings of fewer than three points: two arcs that have
// become one line.
func (t *thinning) findFlat(wrong map[chord]bool) {
	for _, polygons := range t.borders.rings {
		for _, rings := range polygons {
			for _, way := range rings {
				if way == nil || t.drops(way) || len(t.ring(way)) >= 4 {
					continue
				}
				for _, s := range way {
					points, kept := t.borders.arcs[s.arc].points, t.kept[s.arc]
					for k := 1; k < len(kept); k++ {
						wrong[chord{s.arc, int32(k - 1), points[kept[k-1]], points[kept[k]]}] = true
					}
				}
			}
		}
	}
}

// giveBack returns to each wrong chord the point that lies farthest from it,
// or all points; false when there was none to give.
func (t *thinning) giveBack(wrong map[chord]bool, all bool) bool {
	back := map[int32][]int32{}
	for c := range wrong {
		if !t.dropped(c) {
			continue
		}
		from, to := t.kept[c.arc][c.at], t.kept[c.arc][c.at+1]
		if !all {
			k, _ := farthest(t.borders.arcs[c.arc].points, from, to)
			back[c.arc] = append(back[c.arc], k)
			continue
		}
		for k := from + 1; k < to; k++ {
			back[c.arc] = append(back[c.arc], k)
		}
	}
	for i, more := range back {
		t.kept[i] = append(t.kept[i], more...)
		slices.Sort(t.kept[i])
	}
	return len(back) > 0
}
