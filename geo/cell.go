package geo

import "math"

// The cell index. The plane is divided into rows and columns of equal cells,
// aligned on whole fractions of a degree. Each cell has one word: nobody here;
// one area, surely; a record; or a finer grid of the cell.
//
// A record lists the areas that may own a place of the cell, best first, which
// of them own its far right (the base), and what changes that on the way west:
// edges that pass through the cell, and heights from which up an edge farther
// right counts. One pass over them turns the base into the mask of the owners
// of a place, and the lowest bit of the mask is the best of them. Holes, parts
// and overlaps need no special case.
//
// An edge is stored once for all the areas it bounds, lower end first, so that
// neighbours ask the same bits: see edge.right for the rule of borders.

// A cellRow is one row of cells. Numbers of areas are local to the row, in
// order of rank, so that a row whose areas have not changed is the same,
// whatever happened to the others: rows are shared between indexes.
type cellRow struct {
	first int32    // column of the first word
	words []uint32 // what is in each cell: a tag and a number
	data  []uint64 // records and finer grids
	areas []int32  // local number of an area to its number in the index
}

// The tags of a word. The rest of the word is the local number of an area, or
// a place in data.
const (
	cellEmpty  = 0
	cellSole   = 1 // one area without a selector, surely
	cellRecord = 2
	cellFiner  = 3 // 32 numbers with two words each: a grid of 8 by 8
	cellTag    = 3
)

// Each finer grid divides a cell by 8 both ways.
const (
	finerBits  = 3
	finerSide  = 1 << finerBits
	finerWords = finerSide * finerSide / 2
)

// A record in data:
//
//	number of edges | number of heights << 32
//	base mask | mask of the areas without a selector << 32
//	number of candidates | 1 << 32 when another record follows, of lower rank
//	candidates, two to a number, the first in the low half
//	heights, each as y and a mask
//	edges, each as ax, ay, bx, by and a mask
const (
	recordHead  = 3
	heightSize  = 2
	edgeSize    = 5
	maxInRecord = 32
)

// cells is the grid: rows from the lowest latitude up.
type cells struct {
	per  float64 // cells per degree, a power of two, so that products are exact
	row0 int
	rows []cellRow
}

// u and v are the place in units of cells from 180° west and from the south
// pole. They never decrease as the degrees grow, which is all that the cells
// rely on: rounding cannot put a place on the wrong side of an edge.
func (g *cells) u(x float64) float64 { return float64(x*g.per) + 180*g.per }
func (g *cells) v(y float64) float64 { return float64(y*g.per) + 90*g.per }

// A spot is what the grid knows about a place before any edge is asked: either
// one area, or the record at this place in the row's data.
type spot struct {
	row    *cellRow
	sole   int32 // number of the area, or -1
	record int   // place in row.data, or -1
}

// spot finds the cell of a place. NaN is nowhere.
func (g *cells) spot(x, y float64) spot {
	none := spot{nil, -1, -1}
	if x != x || y != y { // int(NaN) differs between processors
		return none
	}
	u, v := g.u(x), g.v(y)
	r := int(v) - g.row0
	if uint(r) >= uint(len(g.rows)) {
		return none
	}
	row := &g.rows[r]
	c := int(u) - int(row.first)
	if uint(c) >= uint(len(row.words)) {
		return none
	}
	w := row.words[c]
	for w&cellTag == cellFiner {
		u, v = u*finerSide, v*finerSide
		k := int(v)&(finerSide-1)<<finerBits | int(u)&(finerSide-1)
		w = uint32(row.data[int(w>>2)+k>>1] >> (32 * (k & 1)))
	}
	switch w & cellTag {
	case cellSole:
		return spot{row, row.areas[w>>2], -1}
	case cellRecord:
		return spot{row, -1, int(w >> 2)}
	}
	return none
}

// mask returns which candidates of the record at place i own the point.
func (row *cellRow) mask(i int, x, y float64) uint32 {
	head := row.data[i : i+recordHead : i+recordHead]
	edges, heights := int(uint32(head[0])), int(head[0]>>32)
	mask := uint32(head[1])
	d := row.data[i+recordHead+(int(uint32(head[2]))+1)/2:]
	for ; heights > 0; heights-- {
		if math.Float64frombits(d[0]) <= y {
			mask ^= uint32(d[1])
		}
		d = d[heightSize:]
	}
	for ; edges > 0; edges-- {
		e := d[:edgeSize:len(d)]
		ay, by := math.Float64frombits(e[1]), math.Float64frombits(e[3])
		if y >= ay && y < by && beside(math.Float64frombits(e[0]), ay, math.Float64frombits(e[2]), by, x, y) {
			mask ^= uint32(e[4])
		}
		d = d[edgeSize:]
	}
	return mask
}

// plain returns which candidates of the record have no selector.
func (row *cellRow) plain(i int) uint32 { return uint32(row.data[i+1] >> 32) }

// candidate returns the number of the bit-th candidate of the record.
func (row *cellRow) candidate(i, bit int) int32 {
	local := uint32(row.data[i+recordHead+bit>>1] >> (32 * (bit & 1)))
	return row.areas[local]
}

// next returns the place of the record with the candidates of lower rank, or
// -1 when there are no more.
func (row *cellRow) next(i int) int {
	head := row.data[i : i+recordHead]
	if head[2]>>32 == 0 {
		return -1
	}
	return i + recordSize(int(uint32(head[0])), int(head[0]>>32), int(uint32(head[2])))
}

func recordSize(edges, heights, candidates int) int {
	return recordHead + (candidates+1)/2 + heights*heightSize + edges*edgeSize
}
