package tile

import "slices"

// Cells counts the points of the tile that are seen by the cells they are in,
// in the order of the curve. A cell belongs to one tile, so nothing is counted
// twice.
func (s *Set) Cells(a Address, q Query) []Cell {
	first, last := a.stretch()
	t := tally{down: 64 - 2*(uint(a.Z)+CellBits), sieve: q.sieve()}
	s.each(first, last, func(c *chunk, i, n int) bool {
		switch far := c.far != nil && a.Z+CellBits <= sumZoom && i == 0 && n == len(c.spots); {
		case far && t.sieve.deep:
			t.span(c.far)
		case far:
			t.add(c.far.sums)
		default:
			t.spots(c, i, n)
		}
		return true
	})
	t.own(&q, q.own(first, last))
	return slices.DeleteFunc(t.cells, func(c Cell) bool { return c.Count == 0 })
}

// A tally counts points by cell as they come, in the order of their keys.
type tally struct {
	down  uint // how far a key is shifted to give its cell
	sieve *sieve
	cells []Cell
	view  *view
}

// above returns how far a sum's cell is shifted to give ours.
func (t *tally) above() uint { return 2*sumZoom - (64 - t.down) }

// cell returns the last cell, which is a new one when the number is.
func (t *tally) cell(number uint64) *Cell {
	if n := len(t.cells); n > 0 && t.cells[n-1].cell == number {
		return &t.cells[n-1]
	}
	t.cells = append(t.cells, Cell{cell: number})
	return &t.cells[len(t.cells)-1]
}

// add counts sums.
func (t *tally) add(sums []sum) {
	for i := range sums {
		s := &sums[i]
		sight := t.sieve.allowed(s.class, s.kind)
		if sight == 0 {
			continue
		}
		cell := t.cell(uint64(s.cell) >> t.above())
		cell.Count += s.count
		cell.x += s.x
		cell.y += s.y
		cell.States[sight][s.kind&(States-1)] += s.count
		cell.Urgent[sight][s.kind>>4] += s.count
	}
}

// spots counts points one by one.
func (t *tally) spots(c *chunk, i, n int) {
	var cell *Cell
	var of uint64 // of the cell
	side := t.down / 2
	for ; i < n; i++ {
		s := &c.spots[i]
		sight := t.sieve.allowed(s.class, s.kind)
		if sight == 0 || t.sieve.deep && !t.sieve.passes(&c.details[i]) {
			continue
		}
		if here := uint64(s.x)>>side<<32 | uint64(s.y)>>side; cell == nil || here != of {
			cell, of = t.cell(uint64(s.key())>>t.down), here
		}
		cell.Count++
		cell.x += uint64(s.x)
		cell.y += uint64(s.y)
		cell.States[sight][s.kind&(States-1)]++
		cell.Urgent[sight][s.kind>>4]++
	}
}

// own counts again, as what they are, the points that were counted as less, or
// not at all, by their class.
func (t *tally) own(q *Query, own []Own) {
	for _, o := range own {
		kind := kindOf(o.State, o.Priority)
		was, is := t.sieve.allowed(o.Class, kind), q.narrowed(kind, o.Sight)
		if is <= was || !t.sieve.passes(&detail{object: o.Object, at: o.At}) {
			continue
		}
		number := uint64(o.Key) >> t.down
		i, ok := slices.BinarySearchFunc(t.cells, number, func(c Cell, number uint64) int {
			switch {
			case c.cell < number:
				return -1
			case c.cell > number:
				return 1
			}
			return 0
		})
		if !ok {
			t.cells = slices.Insert(t.cells, i, Cell{cell: number})
		}
		c := &t.cells[i]
		if was > 0 {
			c.States[was][o.State]--
			c.Urgent[was][o.Priority]--
		} else {
			x, y := o.Key.xy()
			c.Count++
			c.x += uint64(x)
			c.y += uint64(y)
		}
		c.States[is][o.State]++
		c.Urgent[is][o.Priority]++
	}
}
