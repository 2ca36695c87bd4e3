package cluster

import (
	"math"
	"slices"
)

// A walk goes over the cells of a grid in their order and lists, for each, the
// cells that may hold points within a distance.
type walk struct {
	*grid
	distance float64
	band     int32 // whose rows are prepared
	rows     []rowAhead
	found    []int32
}

// A rowAhead is a row near the one the walk is in.
type rowAhead struct {
	*span
	first, end, at int32   // its cells, and the first that may still be near
	reach          float64 // degrees of longitude
}

func (g *grid) walk(distance float64) *walk { return &walk{grid: g, distance: distance, band: -1} }

// near returns the cells, the cell itself among them, in which points may be
// within the distance of one of the cell's, each once. The slice is the
// walk's. Cells must be asked for in their order.
func (w *walk) near(c int32) []int32 {
	of := w.cells[c]
	b := &w.bands[of.band]
	if w.band != of.band {
		w.enter(of.band)
	}
	w.found = w.found[:0]
	west := float64(of.column)*b.width - 180 - 1e-9
	east := west + b.width + 2e-9
	for i := range w.rows {
		w.gather(&w.rows[i], west, east)
	}
	return w.found
}

// enter prepares the rows around a band.
func (w *walk) enter(band int32) {
	w.band, w.rows = band, w.rows[:0]
	b := &w.bands[band]
	n := w.rowsWithin(w.distance)
	for row := b.row - n; row <= b.row+n; row++ {
		if s, first, end := w.rowOf(row); s != nil {
			w.rows = append(w.rows, rowAhead{span: s, first: first, end: end, at: first, reach: b.reach(s.band, w.distance)})
		}
	}
}

// gather adds the cells of a row from west-reach to east+reach, around the
// earth.
func (w *walk) gather(r *rowAhead, west, east float64) {
	west, east = west-r.reach, east+r.reach
	from, to, last := int64(0), r.last(), r.last()
	if east-west < 360 {
		if west >= -180 {
			from = r.column(west)
		}
		if east < 180 {
			to = r.column(east)
		}
		// What lies beyond the seam comes in on the other side. A column that
		// both ends touch must not be listed twice.
		if over := r.column(math.Max(west+360, -180)); west < -180 {
			if over <= to {
				from, to = 0, last
			} else {
				w.list(r, r.search(w.grid, over), last)
			}
		}
		if over := r.column(math.Max(east-360, -180)); east >= 180 {
			if over >= from {
				from, to = 0, last
			} else {
				w.list(r, r.first, over)
			}
		}
	}
	at := r.first
	if from > 0 { // the walk goes east: so does the first cell that is near
		for r.at < r.end && w.cells[r.at].column < from {
			r.at++
		}
		at = r.at
	}
	w.list(r, at, to)
}

// list adds the cells of the row from one on, up to a column.
func (w *walk) list(r *rowAhead, at int32, to int64) {
	for ; at < r.end && w.cells[at].column <= to; at++ {
		w.found = append(w.found, at)
	}
}

// search returns the row's first cell from a column on.
func (r *rowAhead) search(g *grid, column int64) int32 {
	i, _ := slices.BinarySearchFunc(g.cells[r.first:r.end], column, func(c cell, column int64) int {
		switch {
		case c.column < column:
			return -1
		case c.column > column:
			return 1
		default:
			return 0
		}
	})
	return r.first + int32(i)
}
