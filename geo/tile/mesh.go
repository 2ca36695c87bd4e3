package tile

import (
	"cmp"
	"slices"
)

// A mesh is sides that meet nowhere but at their ends, each once, and what lies
// between them. Half 2n goes along side n, and half 2n+1 back.
type mesh struct {
	sides  []side
	times  []int32           // how often the rings go along the side, less how often back
	starts []int32           // halves, by where they begin and then by their direction, to the left
	where  []int32           // of each half in starts
	bands  map[int32][]int32 // sides by the bands of rows that they are in
}

// bandRows is how many rows a band has, as a power of two.
const bandRows = 3

// newMesh takes sides that were noded. What is gone along as often as back
// bounds nothing and is left out.
func newMesh(noded []side) *mesh {
	m := &mesh{}
	along := make([]side, len(noded)) // from the lesser end to the greater
	for i, s := range noded {
		along[i] = s
		if comparePlaces(s.from, s.to) > 0 {
			along[i] = side{s.to, s.from}
		}
	}
	order := make([]int, len(noded))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(comparePlaces(along[a].from, along[b].from), comparePlaces(along[a].to, along[b].to))
	})
	for i := 0; i < len(order); {
		one, times := along[order[i]], int32(0)
		for ; i < len(order) && along[order[i]] == one; i++ {
			if noded[order[i]] == one {
				times++
			} else {
				times--
			}
		}
		if times != 0 {
			m.sides, m.times = append(m.sides, one), append(m.times, times)
		}
	}
	m.turnAround()
	m.bands = map[int32][]int32{}
	for i, s := range m.sides {
		for band := s.least(1) >> bandRows; band <= s.most(1)>>bandRows; band++ {
			m.bands[band] = append(m.bands[band], int32(i))
		}
	}
	return m
}

// turnAround sorts the halves around every place.
func (m *mesh) turnAround() {
	m.starts, m.where = make([]int32, 2*len(m.sides)), make([]int32, 2*len(m.sides))
	for i := range m.starts {
		m.starts[i] = int32(i)
	}
	slices.SortFunc(m.starts, func(a, b int32) int {
		s, t := m.half(a), m.half(b)
		if c := comparePlaces(s.from, t.from); c != 0 {
			return c
		}
		if c := cmp.Compare(upper(s), upper(t)); c != 0 {
			return c
		}
		return -cmp.Compare(turn(s.from, s.to, t.to), 0)
	})
	for i, h := range m.starts {
		m.where[h] = int32(i)
	}
}

// upper is 0 for directions from east to before west, and 1 for the others.
func upper(s side) int {
	if s.to[1] > s.from[1] || s.to[1] == s.from[1] && s.to[0] > s.from[0] {
		return 0
	}
	return 1
}

func (m *mesh) half(h int32) side {
	s := m.sides[h/2]
	if h&1 == 1 {
		return side{s.to, s.from}
	}
	return s
}

// next returns the half by which one goes on around what lies to the left,
// along sides that are wanted: the first to the right of the way back.
func (m *mesh) next(h int32, wanted func(int32) bool) int32 {
	i := m.where[h^1]
	from := m.half(h ^ 1).from
	for {
		if i == 0 || m.half(m.starts[i-1]).from != from { // around, to the last that begins here
			for int(i)+1 < len(m.starts) && m.half(m.starts[i+1]).from == from {
				i++
			}
		} else {
			i--
		}
		if g := m.starts[i]; wanted(g) || g == h^1 {
			return g
		}
	}
}

// inside returns for each half whether what lies to its left is inside.
func (m *mesh) inside() []bool {
	in, seen := make([]bool, 2*len(m.sides)), make([]bool, 2*len(m.sides))
	all := func(int32) bool { return true }
	for h := range int32(len(in)) {
		if seen[h] || m.half(h).from[1] == m.half(h).to[1] {
			continue // nothing is bounded by level sides alone
		}
		is := m.winding(h) > 0
		for g := h; !seen[g]; g = m.next(g, all) {
			in[g], seen[g] = is, true
		}
	}
	return in
}

// winding returns how often the rings go around what lies to the left of a half
// that is not level: what a ray to it from the west crosses.
func (m *mesh) winding(h int32) int32 {
	on := m.half(h)
	x, y := int64(on.from[0])+int64(on.to[0]), int64(on.from[1])+int64(on.to[1]) // of the middle, doubled
	sum := int32(0)
	for _, i := range m.bands[int32(y>>(bandRows+1))] {
		s := m.sides[i]
		if i == h/2 && on.to[1] > on.from[1] || i != h/2 && !crosses(s, x, y) { // what lies to the left of a half that goes up is before it
			continue
		}
		if s.to[1] < s.from[1] {
			sum += m.times[i]
		} else {
			sum -= m.times[i]
		}
	}
	return sum
}

// crosses reports whether a side passes west of a place that is given doubled,
// at its height.
func crosses(s side, x, y int64) bool {
	from, to := s.from, s.to
	if (2*int64(from[1]) > y) == (2*int64(to[1]) > y) {
		return false
	}
	if from[1] > to[1] {
		from, to = to, from
	}
	// The place is to the right of a side that goes up.
	return int64(to[0]-from[0])*(y-2*int64(from[1])) < int64(to[1]-from[1])*(x-2*int64(from[0]))
}

// rings returns the borders between inside and outside, every shell before its
// holes.
func (m *mesh) rings() [][]place {
	in := m.inside()
	border := func(h int32) bool { return in[h] && !in[h^1] }
	seen := make([]bool, len(in))
	var shells, holes [][]place
	for h := range int32(len(in)) {
		if seen[h] || !border(h) {
			continue
		}
		var way []place
		for g := h; !seen[g]; g = m.next(g, border) {
			seen[g] = true
			way = append(way, m.half(g).from)
		}
		for _, ring := range loops(way) {
			if doubleArea(ring) > 0 {
				shells = append(shells, ring)
			} else {
				holes = append(holes, ring)
			}
		}
	}
	return nest(shells, holes)
}

// loops divides a way around something where it comes by the same place again.
func loops(way []place) [][]place {
	var out [][]place
	var open []place
	at := map[place]int{}
	for _, p := range append(way, way[0]) {
		if i, again := at[p]; again {
			for _, q := range open[i:] {
				delete(at, q)
			}
			out = append(out, slices.Clone(open[i:]))
			open = open[:i]
		}
		at[p] = len(open)
		open = append(open, p)
	}
	return out
}

// doubleArea is twice the area of a ring, positive for a shell.
func doubleArea(ring []place) int64 {
	sum := int64(0)
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += int64(p[0])*int64(q[1]) - int64(q[0])*int64(p[1])
	}
	return sum
}

// nest puts every hole after the smallest shell around it.
func nest(shells, holes [][]place) [][]place {
	of := make([][][]place, len(shells))
	boxes, sizes := make([]side, len(shells)), make([]int64, len(shells))
	for i, shell := range shells {
		boxes[i], sizes[i] = boxOf(shell), doubleArea(shell)
	}
	for _, hole := range holes {
		x, y := int64(hole[0][0])+int64(hole[1][0]), int64(hole[0][1])+int64(hole[1][1])
		best := -1
		for i, shell := range shells {
			if boxes[i].holds(hole[0]) && (best < 0 || sizes[i] < sizes[best]) && around(shell, x, y) {
				best = i
			}
		}
		if best >= 0 {
			of[best] = append(of[best], hole)
		}
	}
	var out [][]place
	for i, shell := range shells {
		out = append(append(out, shell), of[i]...)
	}
	return out
}

// boxOf returns the box around a ring, as a side from corner to corner.
func boxOf(ring []place) side {
	b := side{ring[0], ring[0]}
	for _, p := range ring {
		for axis, v := range p {
			b.from[axis], b.to[axis] = min(b.from[axis], v), max(b.to[axis], v)
		}
	}
	return b
}

// around reports whether a place, given doubled, that is not on the ring is
// inside it.
func around(ring []place, x, y int64) bool {
	odd := false
	for i, p := range ring {
		if crosses(side{p, ring[(i+1)%len(ring)]}, x, y) {
			odd = !odd
		}
	}
	return odd
}
