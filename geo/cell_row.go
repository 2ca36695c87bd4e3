package geo

import (
	"math"
	"slices"
)

// A rowBuilder makes rows of cells, one after another, and keeps its room
// between them.
type rowBuilder struct {
	per    float64 // cells per degree of the coarsest grid
	rank   []int32 // of each area of the index: lower is better
	plain  []bool  // of each area of the index: it has no selector
	out    cellRow
	sweeps []*sweep // one for each level of grids
	copies float64  // of edges that finer grids of the row may still make

	edges  []cellEdge
	lists  []int32  // what cellEdge.areas are parts of
	local  []int32  // of each area of the index: its number in the row, or -1
	sets   []uint32 // words of the records without edges
	chosen []int32  // scratch of record: candidates
	data   []uint64 // room for out.data
}

// A rowEdge is an edge of one area, on its way into a row.
type rowEdge struct {
	edge
	left, right int32
	area        int32 // number in the index
}

func (b *rowBuilder) sweepAt(level int) *sweep {
	for len(b.sweeps) <= level {
		b.sweeps = append(b.sweeps, &sweep{b: b, level: len(b.sweeps)})
	}
	return b.sweeps[level]
}

// row makes one row of the grid from all the edges that reach it.
func (b *rowBuilder) row(number int, edges []rowEdge) cellRow {
	if len(edges) == 0 {
		return cellRow{}
	}
	b.out = cellRow{areas: b.number(edges), data: b.data[:0]}
	b.merge(number, edges)
	b.sets = b.sets[:0]
	b.copies = 6*float64(len(edges)) + 8192
	first, last := b.edges[0].left, b.edges[0].right
	for i := range b.edges {
		first = min(first, b.edges[i].left)
	}
	b.out.first = first
	b.out.words = make([]uint32, last-first+1)
	s := b.sweepAt(0)
	s.per, s.row = b.per, number
	s.odd, s.heights = s.odd[:0], s.heights[:0]
	s.run(b.edges, int(first), int(last), func(left, right int) {
		s.fill(b.edges, left, right, func(c int, w uint32) { b.out.words[c-int(first)] = w })
	})
	b.data = b.out.data
	b.out.data = slices.Clone(b.data) // without the room to grow
	return b.out
}

// number gives the areas of the row their local numbers, by rank.
func (b *rowBuilder) number(edges []rowEdge) []int32 {
	var areas []int32
	for i := range edges {
		if a := edges[i].area; b.local[a] < 0 {
			b.local[a] = 0
			areas = append(areas, a)
		}
	}
	slices.SortFunc(areas, func(i, j int32) int { return int(b.rank[i] - b.rank[j]) })
	for k, a := range areas {
		b.local[a] = int32(k)
	}
	return areas
}

// merge makes the edges of the row: once for all the areas that share one.
func (b *rowBuilder) merge(number int, edges []rowEdge) {
	bottom, top := float64(number)/b.per-90, float64(number+1)/b.per-90
	for i := range edges {
		e := &edges[i]
		left, right := span(e.edge, b.per, bottom, top)
		e.left, e.right, e.area = int32(left), int32(right), b.local[e.area]
	}
	for _, a := range b.out.areas {
		b.local[a] = -1
	}
	slices.SortFunc(edges, compareRowEdges)
	b.edges, b.lists = b.edges[:0], b.lists[:0]
	b.lists = slices.Grow(b.lists, len(edges)) // so that the parts stay where they are
	for i := 0; i < len(edges); {
		e, from := &edges[i], len(b.lists)
		for ; i < len(edges) && edges[i].edge == e.edge; i++ {
			b.lists = append(b.lists, edges[i].area)
		}
		b.edges = append(b.edges, cellEdge{e.edge, e.left, e.right, b.lists[from:len(b.lists):len(b.lists)]})
	}
}

func compareRowEdges(a, b rowEdge) int {
	switch {
	case a.right != b.right:
		return int(b.right - a.right)
	case a.edge != b.edge:
		return compareEdges(a.edge, b.edge)
	}
	return int(a.area - b.area)
}

// certain makes the word of a cell through which nothing passes.
func (b *rowBuilder) certain(odd []int32) uint32 {
	switch {
	case len(odd) == 0:
		return cellEmpty
	case len(odd) == 1 && b.plain[b.out.areas[odd[0]]]:
		return uint32(odd[0])<<2 | cellSole
	}
	for _, w := range b.sets[max(len(b.sets)-16, 0):] {
		if b.sameSet(int(w>>2), odd) {
			return w
		}
	}
	w := b.record(odd, nil, nil, nil)
	b.sets = append(b.sets, w)
	return w
}

// sameSet reports whether the first record at place i is of these areas. A set
// of more than one record is made anew each time.
func (b *rowBuilder) sameSet(i int, odd []int32) bool {
	if int(b.out.data[i+2]) != len(odd) {
		return false
	}
	for k, a := range odd {
		if uint32(b.out.data[i+recordHead+k>>1]>>(32*(k&1))) != uint32(a) {
			return false
		}
	}
	return true
}

// putFiner puts the k-th word of a finer grid.
func (b *rowBuilder) putFiner(place, k int, w uint32) {
	b.out.data[place+k>>1] |= uint64(w) << (32 * (k & 1))
}

// record writes the record of a cell, or several when there are more
// candidates than a mask has bits, and returns its word.
func (b *rowBuilder) record(odd []int32, heights []height, edges []cellEdge, active []int32) uint32 {
	b.chosen = append(b.chosen[:0], odd...)
	for _, h := range heights {
		b.chosen = append(b.chosen, h.area)
	}
	for _, i := range active {
		b.chosen = append(b.chosen, edges[i].areas...)
	}
	slices.Sort(b.chosen)
	b.chosen = slices.Compact(b.chosen)
	place := len(b.out.data)
	for rest := b.chosen; len(rest) > 0; {
		n := min(len(rest), maxInRecord)
		b.write(rest[:n], len(rest) > n, odd, heights, edges, active)
		rest = rest[n:]
	}
	return uint32(place)<<2 | cellRecord
}

// write appends one record, of the candidates that are given, sorted.
func (b *rowBuilder) write(candidates []int32, more bool, odd []int32, heights []height, edges []cellEdge, active []int32) {
	bit := func(area int32) uint32 {
		if k, found := slices.BinarySearch(candidates, area); found {
			return 1 << k
		}
		return 0
	}
	var base, plain uint32
	for _, a := range odd {
		base ^= bit(a)
	}
	for k, a := range candidates {
		if b.plain[b.out.areas[a]] {
			plain |= 1 << k
		}
	}
	place := len(b.out.data)
	last := uint64(len(candidates))
	if more {
		last |= 1 << 32
	}
	b.out.data = append(b.out.data, 0, uint64(base)|uint64(plain)<<32, last)
	for k := 0; k < len(candidates); k += 2 {
		pair := uint64(candidates[k])
		if k+1 < len(candidates) {
			pair |= uint64(candidates[k+1]) << 32
		}
		b.out.data = append(b.out.data, pair)
	}
	nHeights := b.writeHeights(heights, bit)
	nEdges := 0
	for _, i := range active {
		e, mask := &edges[i], uint32(0)
		for _, a := range e.areas {
			mask ^= bit(a)
		}
		if mask != 0 {
			b.out.data = append(b.out.data, math.Float64bits(e.ax), math.Float64bits(e.ay), math.Float64bits(e.bx), math.Float64bits(e.by), uint64(mask))
			nEdges++
		}
	}
	b.out.data[place] = uint64(nEdges) | uint64(nHeights)<<32
}

// writeHeights appends the heights, those of one latitude together.
func (b *rowBuilder) writeHeights(heights []height, bit func(int32) uint32) int {
	from := len(b.out.data)
	for _, h := range heights {
		mask := bit(h.area)
		if mask == 0 {
			continue
		}
		known := false
		for k := from; k < len(b.out.data) && !known; k += heightSize {
			if known = math.Float64frombits(b.out.data[k]) == h.y; known {
				b.out.data[k+1] ^= uint64(mask)
			}
		}
		if !known {
			b.out.data = append(b.out.data, math.Float64bits(h.y), uint64(mask))
		}
	}
	return (len(b.out.data) - from) / heightSize
}
