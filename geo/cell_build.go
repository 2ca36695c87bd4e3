package geo

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// A cellSet is what a grid is made from: the areas of an index, those of them
// that the grid is for, and their order.
type cellSet struct {
	areas   []Area
	members []int32 // numbers of areas, ascending
	rank    []int32 // of each area of the index: lower is better
	plain   []bool  // of each area of the index: it has no selector
}

// newCells makes the grid of a set. Rows in which nothing has changed are
// taken from an older grid: reuse says which, and how its areas are numbered
// now. Whether or not there is one, the grid is the same to the last bit.
func newCells(set cellSet, old *cells, reuse func(row int) bool, renumber []int32) cells {
	per, bound := set.choose()
	if per == 0 {
		return cells{}
	}
	g := cells{per: per}
	g.row0 = int(g.v(bound.Min[1]))
	g.rows = make([]cellRow, int(g.v(bound.Max[1]))-g.row0+1)
	fresh := make([]bool, len(g.rows))
	for k := range g.rows {
		if k0 := g.row0 + k; old != nil && old.per == per && reuse(k0) {
			g.rows[k] = old.renumbered(k0, renumber)
		} else {
			fresh[k] = true
		}
	}
	b := &rowBuilder{per: per, rank: set.rank, plain: set.plain, local: make([]int32, len(set.areas))}
	for i := range b.local {
		b.local[i] = -1
	}
	for from := 0; from < len(fresh); from += rowsAtOnce {
		set.build(&g, b, fresh, from, min(from+rowsAtOnce, len(fresh)))
	}
	return g
}

// rowsAtOnce bounds the room that building takes: the edges of so many rows.
const rowsAtOnce = 128

// renumbered returns a row of an older grid, with the numbers that its areas
// have now. All else is shared.
func (g *cells) renumbered(row int, renumber []int32) cellRow {
	if row < g.row0 || row >= g.row0+len(g.rows) {
		return cellRow{}
	}
	r := g.rows[row-g.row0]
	same := true
	for _, a := range r.areas {
		same = same && renumber[a] == a
	}
	if !same {
		r.areas = slices.Clone(r.areas)
		for i, a := range r.areas {
			r.areas[i] = renumber[a]
		}
	}
	return r
}

// build makes the rows from..to that are fresh.
func (set *cellSet) build(g *cells, b *rowBuilder, fresh []bool, from, to int) {
	buckets := make([][]rowEdge, to-from)
	count := make([]int, to-from)
	set.each(g, fresh, from, to, func(k int, _ edge, _ int32) { count[k-from]++ })
	for k, n := range count {
		buckets[k] = make([]rowEdge, 0, n)
	}
	set.each(g, fresh, from, to, func(k int, e edge, area int32) {
		buckets[k-from] = append(buckets[k-from], rowEdge{edge: e, area: area})
	})
	for k, edges := range buckets {
		if fresh[from+k] {
			g.rows[from+k] = b.row(g.row0+from+k, edges)
		}
	}
}

// each visits every edge that reaches a fresh row of from..to, with the row.
// Level edges decide nothing, and are left out.
func (set *cellSet) each(g *cells, fresh []bool, from, to int, visit func(row int, e edge, area int32)) {
	for _, i := range set.members {
		a := &set.areas[i]
		low, high := int(g.v(a.Bound.Min[1]))-g.row0, int(g.v(a.Bound.Max[1]))-g.row0
		if high < from || low >= to {
			continue
		}
		eachEdge(a.Geometry, func(p, q orb.Point) {
			if p[1] == q[1] {
				return
			}
			e := newEdge(p, q)
			first, last := max(int(g.v(e.ay))-g.row0, from), min(int(g.v(e.by))-g.row0, to-1)
			for k := first; k <= last; k++ {
				if fresh[k] {
					visit(k, e, i)
				}
			}
		})
	}
}

func eachEdge(mp orb.MultiPolygon, visit func(p, q orb.Point)) {
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				visit(ring[i-1], ring[i])
			}
		}
	}
}

// The finest and the coarsest grid, in cells per degree, and how many cells
// and copies of edges it may take.
const (
	finestPer    = 128
	coarsestPer  = 0.25
	maxCells     = 1 << 22
	cellsPerEdge = 32
	copiesOfEdge = 6
)

// choose returns the cells per degree for the set, and its bound: as fine as
// the number of cells and of the copies of edges allow. Dense cells are
// divided further, so a world-wide set stays small.
func (set *cellSet) choose() (per float64, bound orb.Bound) {
	edges, length := 0.0, 0.0
	for k, i := range set.members {
		if k == 0 {
			bound = set.areas[i].Bound
		}
		bound = bound.Union(set.areas[i].Bound)
		eachEdge(set.areas[i].Geometry, func(p, q orb.Point) {
			edges++
			length += math.Abs(p[0]-q[0]) + math.Abs(p[1]-q[1])
		})
	}
	if edges == 0 {
		return 0, bound
	}
	room := min(max(cellsPerEdge*edges, 4096), maxCells)
	for per = finestPer; per > coarsestPer; per /= 2 {
		columns := (bound.Max[0]-bound.Min[0])*per + 1
		rows := (bound.Max[1]-bound.Min[1])*per + 1
		if columns*rows <= room && length*per <= copiesOfEdge*edges+4096 {
			break
		}
	}
	return per, bound
}
