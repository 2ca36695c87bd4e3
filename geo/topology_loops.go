package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// findFaces numbers the faces. Every loop of half-edges is the outer border of
// a face of its own, except one for each connected piece, the loop around it:
// that one belongs to the face the piece lies in.
func (p *plane) findFaces() {
	p.face = make([]int32, len(p.next))
	for h := range p.face {
		p.face[h] = -1
	}
	p.loops = [][]int32{nil}
	for _, h := range p.outermost() {
		if p.face[h] < 0 {
			p.mark(h, p.faceWest(p.points[p.from(h)]))
		}
	}
	for h := range int32(len(p.next)) {
		if p.face[h] < 0 {
			p.loops = append(p.loops, nil)
			p.mark(h, int32(len(p.loops)-1))
		}
	}
}

// mark gives a face to every half-edge of a loop.
func (p *plane) mark(h, face int32) {
	p.loops[face] = append(p.loops[face], h)
	for p.face[h] < 0 {
		p.face[h] = face
		h = p.next[h]
	}
}

// outermost returns one half-edge of the loop around each connected piece,
// pieces that begin farther west first.
func (p *plane) outermost() []int32 {
	piece := newUnion(len(p.points))
	for _, e := range p.ends {
		piece.join(e[0], e[1])
	}
	most := map[int32]int32{} // piece → its westernmost point, the lowest of them
	for i := range int32(len(p.points)) {
		k := piece.find(i)
		if m, ok := most[k]; !ok || comparePoints(p.points[i], p.points[m]) < 0 {
			most[k] = i
		}
	}
	var out []int32
	for h := range int32(len(p.next)) {
		v := p.from(h)
		if most[piece.find(v)] != v {
			continue
		}
		// Everything lies east of v: west is left of the last way from it.
		if before := p.next[h^1]; before == h || p.compareAngles(v, p.to(before), p.to(h)) > 0 {
			out = append(out, before)
		}
	}
	slices.SortFunc(out, func(g, h int32) int { return comparePoints(p.points[p.from(g)], p.points[p.from(h)]) })
	return out
}

// faceWest returns the face that lies just west of a point of the lattice,
// which is no end of an edge from farther west.
func (p *plane) faceWest(at orb.Point) int32 {
	x, y := at[0], at[1]
	nearest := int32(-1)
	var line edge
	p.edges.near(box{math.Inf(-1), y, x, y}, func(i int32) bool {
		e := newEdge(p.points[p.ends[i][0]], p.points[p.ends[i][1]])
		if y < e.ay || y >= e.by || turn(e.ax, e.ay, e.bx, e.by, x, y) >= 0 {
			return true
		}
		if nearest < 0 || e.eastOf(line) {
			nearest, line = i, e
		}
		return true
	})
	if nearest < 0 {
		return 0
	}
	h := 2 * nearest // the way down has the east on its left
	if p.points[p.to(h)][1] > p.points[p.from(h)][1] {
		h++
	}
	if p.face[h] < 0 {
		p.loops = append(p.loops, nil)
		p.mark(h, int32(len(p.loops)-1))
	}
	return p.face[h]
}

// eastOf compares two edges that reach one height and do not cross.
func (e edge) eastOf(f edge) bool {
	if e.ay >= f.ay { // the lower end of e lies beside f
		if side := turn(f.ax, f.ay, f.bx, f.by, e.ax, e.ay); side != 0 {
			return side < 0
		}
		return turn(f.ax, f.ay, f.bx, f.by, e.bx, e.by) < 0
	}
	if side := turn(e.ax, e.ay, e.bx, e.by, f.ax, f.ay); side != 0 {
		return side > 0
	}
	return turn(e.ax, e.ay, e.bx, e.by, f.bx, f.by) > 0
}

// spread finds out by whom each face is covered, from the face around
// everything inwards.
func (p *plane) spread() {
	p.covers = make([][]cover, len(p.loops))
	p.known = make([]bool, len(p.loops))
	p.known[0] = true
	for todo := []int32{0}; len(todo) > 0; {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		p.around(f, func(h int32) {
			beyond := p.face[h^1]
			sign := int32(-1) // h has f on its left: leaving it, what is on the left is left behind
			if h%2 == 1 {
				sign = 1
			}
			if p.known[beyond] {
				return
			}
			p.known[beyond] = true
			p.covers[beyond] = addCovers(p.covers[f], p.sides[h/2], sign)
			todo = append(todo, beyond)
		})
	}
}

// around visits the half-edges that have a face on their left.
func (p *plane) around(face int32, visit func(h int32)) {
	for _, first := range p.loops[face] {
		for h := first; ; {
			visit(h)
			if h = p.next[h]; h == first {
				break
			}
		}
	}
}

// addCovers returns a list with each of the sides added or taken away.
func addCovers(to, sides []cover, sign int32) []cover {
	out := make([]cover, 0, len(to)+len(sides))
	for len(to) > 0 || len(sides) > 0 {
		switch {
		case len(sides) == 0 || (len(to) > 0 && to[0].who < sides[0].who):
			out, to = append(out, to[0]), to[1:]
		case len(to) == 0 || sides[0].who < to[0].who:
			out, sides = append(out, cover{sides[0].who, sign * sides[0].n}), sides[1:]
		default:
			if n := to[0].n + sign*sides[0].n; n != 0 {
				out = append(out, cover{to[0].who, n})
			}
			to, sides = to[1:], sides[1:]
		}
	}
	return out
}

// A union is a set of sets that only grow together.
type union []int32

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = int32(i)
	}
	return u
}

func (u union) find(i int32) int32 {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

func (u union) join(i, j int32) {
	if i, j = u.find(i), u.find(j); i < j {
		u[j] = i
	} else {
		u[i] = j
	}
}
