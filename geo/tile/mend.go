package tile

import (
	"cmp"
	"slices"
)

// A place is a point of a tile, in its units.
type place = [2]int32

// A side is an edge of a ring, with the inside of a shell to its left when y is
// taken to grow upward.
type side struct{ from, to place }

// mend makes polygons of rings that rounding has harmed: borders that were
// apart have come to touch or to cross, and a neck is as thin as a line. Shells
// come with a positive area and holes with a negative one, and so they leave:
// every shell is followed by its holes, none crosses another or itself, and
// where two touch it is at a point. Section 4.3.3.3 of the specification asks
// for no less.
//
// What belongs to the inside is what the rings go around more often to the left
// than to the right: a part where two polygons overlap is inside once, and one
// that was turned over is none.
func mend(rings [][]place) [][]place {
	var sides []side
	for _, ring := range rings {
		for i, p := range ring {
			sides = append(sides, side{p, ring[(i+1)%len(ring)]})
		}
	}
	noded := node(sides)
	if len(rings) == 1 && len(noded) == len(sides) && !pinched(sides) {
		return rings
	}
	return newMesh(noded).rings()
}

// pinched reports whether a place is where more than one side begins.
func pinched(sides []side) bool {
	from := make([]place, len(sides))
	for i, s := range sides {
		from[i] = s.from
	}
	slices.SortFunc(from, comparePlaces)
	for i := 1; i < len(from); i++ {
		if from[i] == from[i-1] {
			return true
		}
	}
	return false
}

func comparePlaces(a, b place) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }

// node divides sides until they meet nowhere but at their ends. Every division
// is at a whole place within the box of the side, so the parts are as long as it
// was, counted in columns and rows, and there is an end to it.
func node(sides []side) []side {
	for {
		cuts := map[int][]place{}
		order := make([]int, len(sides))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(sides[a].least(0), sides[b].least(0)) })
		for n, i := range order {
			most := sides[i].most(0)
			for _, j := range order[n+1:] {
				if sides[j].least(0) > most {
					break
				}
				if sides[j].least(1) <= sides[i].most(1) && sides[i].least(1) <= sides[j].most(1) {
					meet(sides, i, j, cuts)
				}
			}
		}
		if len(cuts) == 0 {
			return sides
		}
		sides = divide(sides, cuts)
	}
}

func (s side) least(axis int) int32 { return min(s.from[axis], s.to[axis]) }
func (s side) most(axis int) int32  { return max(s.from[axis], s.to[axis]) }

// divide cuts sides at places on them.
func divide(sides []side, cuts map[int][]place) []side {
	var out []side
	for i, s := range sides {
		at := cuts[i]
		slices.SortFunc(at, func(a, b place) int { return cmp.Compare(steps(s.from, a), steps(s.from, b)) })
		from := s.from
		for _, p := range append(at, s.to) {
			if p != from {
				out = append(out, side{from, p})
			}
			from = p
		}
	}
	return out
}

// steps is how far two places are apart in columns and rows.
func steps(a, b place) int32 { return max(a[0]-b[0], b[0]-a[0]) + max(a[1]-b[1], b[1]-a[1]) }

// turn is positive when c lies to the left of the line from a to b, negative to
// its right and 0 on it. Places of a tile are far too small to overflow.
func turn(a, b, c place) int64 {
	return int64(b[0]-a[0])*int64(c[1]-a[1]) - int64(b[1]-a[1])*int64(c[0]-a[0])
}

// meet notes where two sides have to be cut because they meet.
func meet(sides []side, i, j int, cuts map[int][]place) {
	s, t := sides[i], sides[j]
	cut := func(n int, p place) {
		if of := sides[n]; p != of.from && p != of.to {
			cuts[n] = append(cuts[n], p)
		}
	}
	ts, te := turn(s.from, s.to, t.from), turn(s.from, s.to, t.to)
	if ts > 0 && te > 0 || ts < 0 && te < 0 {
		return
	}
	ss, se := turn(t.from, t.to, s.from), turn(t.from, t.to, s.to)
	if ss > 0 && se > 0 || ss < 0 && se < 0 {
		return
	}
	touches := false
	for _, e := range []struct {
		at   place
		turn int64
		n    int
	}{{t.from, ts, i}, {t.to, te, i}, {s.from, ss, j}, {s.to, se, j}} {
		if e.turn == 0 {
			if touches = true; sides[e.n].holds(e.at) {
				cut(e.n, e.at)
			}
		}
	}
	if !touches {
		p := place{along(s.from[0], s.to[0], ss, se), along(s.from[1], s.to[1], ss, se)}
		cut(i, p)
		cut(j, p)
	}
}

// holds reports whether a place is in the box of the side.
func (s side) holds(p place) bool {
	return p[0] >= s.least(0) && p[0] <= s.most(0) && p[1] >= s.least(1) && p[1] <= s.most(1)
}

// along returns the whole number nearest to where, between two, one comes from a
// side of a line to the other: at the distances a and b from it, whose signs
// differ.
func along(from, to int32, a, b int64) int32 {
	whole, part := a-b, int64(to-from)*a
	if whole < 0 {
		whole, part = -whole, -part
	}
	half := 2*part + whole // floor(x + ½) is floor((2x + 1) / 2)
	quotient := half / (2 * whole)
	if half%(2*whole) < 0 {
		quotient--
	}
	return from + int32(quotient)
}
