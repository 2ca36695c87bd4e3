package cluster

import (
	"math"
	"slices"
)

// A grid holds points by cell, and in each cell by time. What is said of
// points below is by their place in this order; order leads back.
type grid struct {
	lattice
	order []int32 // the input's index of each point
	at    []int64
	xyz   []place
	cells []cell
	bands []span
}

// A cell is a square with points in it: those from first to the next cell's
// first.
type cell struct {
	column int64
	first  int32
	band   int32
}

// A span is a row with cells in it: those from first to the next row's first.
type span struct {
	band
	first int32
}

// newGrid sorts checked points into cells of at most side metres.
func newGrid(points []Point, side float64) *grid {
	g := &grid{lattice: newLattice(side)}
	n := len(points)
	keys, rows, columns := make([]uint64, n), make([]int64, n), make([]int64, n)
	var lowest, westmost int64 = math.MaxInt64, math.MaxInt64
	var rowSpan, columnSpan uint64
	first := int64(math.MaxInt64)
	for i, p := range points {
		rows[i] = g.row(p.Lat)
		columns[i] = g.band(rows[i]).column(p.Lon)
		lowest, westmost, first = min(lowest, rows[i]), min(westmost, columns[i]), min(first, p.At)
	}
	for i := range points {
		rowSpan, columnSpan = max(rowSpan, uint64(rows[i]-lowest)), max(columnSpan, uint64(columns[i]-westmost))
	}
	g.order = make([]int32, n)
	for i := range g.order {
		g.order[i] = int32(i)
		keys[i] = uint64(points[i].At - first)
	}
	spare := make([]int32, n)
	g.order, spare = radix(g.order, spare, keys)
	for i := range keys {
		// A metre of side makes 26 bits of each: together they fit.
		keys[i] = uint64(rows[i]-lowest)*(columnSpan+1) + uint64(columns[i]-westmost)
	}
	g.order, _ = radix(g.order, spare, keys)

	g.at, g.xyz = make([]int64, n), make([]place, n)
	for i, from := range g.order {
		p := points[from]
		g.at[i], g.xyz[i] = p.At, placeOf(p.Lon, p.Lat)
		row, column := rows[from], columns[from]
		if len(g.bands) == 0 || g.bands[len(g.bands)-1].row != row {
			g.bands = append(g.bands, span{band: g.band(row), first: int32(len(g.cells))})
		} else if g.cells[len(g.cells)-1].column == column {
			continue
		}
		g.cells = append(g.cells, cell{column: column, first: int32(i), band: int32(len(g.bands) - 1)})
	}
	return g
}

// end returns where the points of a cell end.
func (g *grid) end(cell int32) int32 {
	if int(cell) == len(g.cells)-1 {
		return int32(len(g.order))
	}
	return g.cells[cell+1].first
}

// rowOf returns the cells of a row, which may be none.
func (g *grid) rowOf(row int64) (b *span, first, end int32) {
	i, ok := slices.BinarySearchFunc(g.bands, row, func(s span, row int64) int { return int(s.row - row) })
	if !ok {
		return nil, 0, 0
	}
	end = int32(len(g.cells))
	if i+1 < len(g.bands) {
		end = g.bands[i+1].first
	}
	return &g.bands[i], g.bands[i].first, end
}

// radix sorts the indexes in from by their keys, stably: 11 bits at a time,
// least significant first. It returns the sorted indexes and the other slice.
func radix(from, to []int32, keys []uint64) (sorted, spare []int32) {
	const bits = 11
	var all uint64
	for _, k := range keys {
		all |= k
	}
	for shift := 0; all>>shift != 0; shift += bits {
		var starts [1<<bits + 1]int
		for _, k := range keys {
			starts[(k>>shift)&(1<<bits-1)+1]++
		}
		for d := range 1 << bits {
			starts[d+1] += starts[d]
		}
		for _, i := range from {
			d := keys[i] >> shift & (1<<bits - 1)
			to[starts[d]] = i
			starts[d]++
		}
		from, to = to, from
	}
	return from, to
}
