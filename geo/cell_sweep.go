package geo

import (
	"cmp"
	"math"
	"slices"
)

// A cellEdge is an edge as one row of cells sees it: the columns that it may
// pass through there, and the areas that it bounds.
type cellEdge struct {
	edge
	left, right int32   // columns, both included
	areas       []int32 // local numbers
}

// A height is a latitude within a row from which up the owner's parity is
// turned, in all the cells that lie left of the edge that ends there.
type height struct {
	y    float64
	area int32
}

// A sweep makes the words of one row of cells, from the right to the left.
// Right of every edge nobody owns anything. An edge that the sweep has left
// behind counts for all cells farther left, for places at its own heights: so
// it turns the parity of its areas from its lower end up, and again from its
// upper end up. An end below the row turns the base; an end above it nothing;
// an end within it stays as a height, until the next edge of the same ring is
// left behind and takes it away.
type sweep struct {
	b       *rowBuilder
	per     float64 // cells of this grid per degree
	row     int     // number of the row in this grid
	level   int
	odd     []int32 // areas that own what lies right, sorted
	heights []height
	active  []int32 // edges that pass through the cell
	local   []cellEdge
}

// run goes over the columns from right to left and tells emit what holds for
// the columns from..to. The edges are sorted by their right column, from the
// right.
func (s *sweep) run(edges []cellEdge, from, to int, emit func(from, to int)) {
	s.active = s.active[:0]
	i := 0
	for c := to; c >= from; {
		for i < len(edges) && int(edges[i].right) >= c {
			s.active = append(s.active, int32(i))
			i++
		}
		next := from - 1
		if i < len(edges) {
			next = max(next, int(edges[i].right))
		}
		for _, a := range s.active {
			next = max(next, int(edges[a].left)-1)
		}
		emit(next+1, c)
		kept := s.active[:0]
		for _, a := range s.active {
			if int(edges[a].left) > next {
				s.leave(&edges[a])
			} else {
				kept = append(kept, a)
			}
		}
		s.active = kept
		c = next
	}
}

// leave makes an edge one of those that lie right.
func (s *sweep) leave(e *cellEdge) {
	for _, area := range e.areas {
		s.end(e.ay, area)
		s.end(e.by, area)
	}
}

func (s *sweep) end(y float64, area int32) {
	switch r := int((float64(y*s.b.per) + 90*s.b.per) * s.scale()); {
	case r < s.row:
		s.odd = toggleSorted(s.odd, area)
	case r == s.row:
		h := height{y, area}
		if k := slices.Index(s.heights, h); k >= 0 {
			s.heights = slices.Delete(s.heights, k, k+1)
		} else {
			s.heights = append(s.heights, h)
		}
	}
}

func (s *sweep) scale() float64 { return float64(int(1) << (finerBits * s.level)) }

func toggleSorted(list []int32, v int32) []int32 {
	k, found := slices.BinarySearch(list, v)
	if found {
		return slices.Delete(list, k, k+1)
	}
	return slices.Insert(list, k, v)
}

// span returns the columns that the edge may pass through between two
// latitudes that it reaches, in a grid of so many cells per degree. It errs
// towards too many: an edge that is asked where it does not pass answers
// rightly all the same.
func span(e edge, per, bottom, top float64) (left, right int) {
	// Rounding moves latitudes and longitudes by less than a thousandth of these.
	const roomY, roomX = 1e-12, 1e-11
	at := func(y float64) float64 {
		t := min(max((y-e.ay)/(e.by-e.ay), 0), 1)
		return e.ax + float64(t*(e.bx-e.ax))
	}
	low, high := e.ax, e.bx
	if bottom-roomY > e.ay {
		low = at(bottom - roomY)
	}
	if top+roomY < e.by {
		high = at(top + roomY)
	}
	column := func(x float64) int { return int(float64(x*per) + 180*per) }
	left = max(column(min(low, high)-roomX), column(min(e.ax, e.bx)))
	right = min(column(max(low, high)+roomX), column(max(e.ax, e.bx)))
	return left, right
}

func compareCellEdges(a, b *cellEdge) int {
	return cmp.Or(cmp.Compare(b.right, a.right), compareEdges(a.edge, b.edge))
}

func compareEdges(a, b edge) int {
	return cmp.Or(cmp.Compare(a.ax, b.ax), cmp.Compare(a.ay, b.ay), cmp.Compare(a.bx, b.bx), cmp.Compare(a.by, b.by))
}

// word makes the word of a cell in which edges pass, or above or below whose
// ends the parity turns. It returns the same word for columns that the caller
// finds alike.
func (s *sweep) word(edges []cellEdge) uint32 {
	if len(s.active) == 0 && len(s.heights) == 0 {
		return s.b.certain(s.odd)
	}
	return s.b.record(s.odd, s.heights, edges, s.active)
}

// finer makes the word of a cell by dividing it. The state of the sweep is
// that at the right border of the cell.
func (s *sweep) finer(edges []cellEdge, column int) uint32 {
	b, f := s.b, s.b.sweepAt(s.level+1)
	f.per = s.per * finerSide
	place := len(b.out.data)
	b.out.data = append(b.out.data, make([]uint64, finerWords)...)
	for k := range finerSide {
		f.row = s.row*finerSide + k
		f.begin(s, edges, column)
		from, to := column*finerSide, column*finerSide+finerSide-1
		f.run(f.local, from, to, func(left, right int) {
			f.fill(f.local, left, right, func(c int, w uint32) { b.putFiner(place, k<<finerBits|(c-from), w) })
		})
	}
	return uint32(place)<<2 | cellFiner
}

// begin takes the state of a coarser sweep to one row of the finer grid of a cell.
func (s *sweep) begin(coarse *sweep, edges []cellEdge, column int) {
	s.odd = append(s.odd[:0], coarse.odd...)
	s.heights = s.heights[:0]
	for _, h := range coarse.heights {
		s.end(h.y, h.area)
	}
	from, to := int32(column*finerSide), int32(column*finerSide+finerSide-1)
	bottom, top := float64(s.row)/s.per-90, float64(s.row+1)/s.per-90
	s.local = s.local[:0]
	for _, i := range coarse.active {
		e := edges[i]
		if s.rowOf(e.ay) > s.row || s.rowOf(e.by) < s.row {
			continue
		}
		left, right := span(e.edge, s.per, bottom, top)
		switch {
		case int32(right) < from:
		case int32(left) > to:
			s.leave(&e)
		default:
			e.left, e.right = max(int32(left), from), min(int32(right), to)
			s.local = append(s.local, e)
		}
	}
	slices.SortFunc(s.local, func(a, b cellEdge) int { return compareCellEdges(&a, &b) })
}

func (s *sweep) rowOf(y float64) int {
	return int((float64(y*s.b.per) + 90*s.b.per) * s.scale())
}

// A cell with more edges than this is divided, maxFiner times at most.
const (
	denseEdges = 20
	maxFiner   = 2
)

// dense reports whether columns that are alike have so many edges that a finer
// grid pays, and whether the row may still afford the copies of edges that it
// takes: a comb of long teeth would be copied without end.
func (s *sweep) dense(edges []cellEdge, columns int) bool {
	if len(s.active) <= denseEdges || s.level == maxFiner {
		return false
	}
	copies := 0.0
	for _, i := range s.active {
		e := &edges[i]
		copies += 1 + finerSide*(min((e.by-e.ay)*s.per, 1)+min(math.Abs(e.bx-e.ax)*s.per, 1))
	}
	if copies *= float64(columns); copies > s.b.copies {
		return false
	}
	s.b.copies -= copies
	return true
}

// fill makes the words of columns that are alike, and puts each where put
// says: one word for all, or a finer grid for each.
func (s *sweep) fill(edges []cellEdge, left, right int, put func(column int, word uint32)) {
	if s.dense(edges, right-left+1) {
		for c := left; c <= right; c++ {
			put(c, s.finer(edges, c))
		}
		return
	}
	w := s.word(edges)
	for c := left; c <= right; c++ {
		put(c, w)
	}
}
