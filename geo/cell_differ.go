package geo

import (
	"math"
	"slices"
	"weak"
)

// DiffersAt reports whether the owner of a place (degrees WGS84) may be
// another one in y, on any day. It is false only when it is sure: for a report
// of any kind, with a tolerance up to 50 km, both indexes name the same owner.
// Where only one day counts, Layer.DiffersAt says it more exactly.
func (x *Index) DiffersAt(y *Index, lon, lat float64) bool {
	for _, e := range slices.Concat(x.groups[0].epochs, y.groups[0].epochs) {
		if x.layerIn(0, e.from).DiffersAt(y.layerIn(0, e.from), lon, lat) {
			return true
		}
	}
	return false
}

// DiffersAt reports whether the owner of a place may be another one in m: the
// areas of another day or another index. It is false only when it is sure, for
// a report of any kind and a tolerance up to 50 km. It compares what the two
// know about the cell of the place, so it is as fast as a question.
func (l *Layer) DiffersAt(m *Layer, lon, lat float64) bool {
	if l == m {
		return false
	}
	x, y := seated(lon, lat)
	s, t := l.cells.spot(x, y), m.cells.spot(x, y)
	if s.sole >= 0 || t.sole >= 0 {
		return s.sole < 0 || t.sole < 0 || l.x.areas[s.sole].ID != m.x.areas[t.sole].ID
	}
	if !l.sameRecords(m, s, t) {
		return true
	}
	for i := s.record; i >= 0; i = s.row.next(i) {
		if s.row.mask(i, x, y)&s.row.plain(i) != 0 {
			return false // it has the same owner in both, whatever the kind of report
		}
	}
	return l.changesFrom(m).near(lon, lat)
}

// sameRecords reports whether two records ask the same edges for areas that
// have the same identifiers and selectors.
func (l *Layer) sameRecords(m *Layer, s, t spot) bool {
	i, j := s.record, t.record
	for i >= 0 && j >= 0 {
		a, b := s.row.content(i), t.row.content(j)
		n := int(uint32(a[2]))
		if !slices.Equal(a[:recordHead], b[:recordHead]) || len(a) != len(b) ||
			!slices.Equal(a[recordHead+(n+1)/2:], b[recordHead+(n+1)/2:]) {
			return false
		}
		for k := range n {
			p, q := &l.x.areas[s.row.candidate(i, k)], &m.x.areas[t.row.candidate(j, k)]
			if p.ID != q.ID || !p.Selector.equal(q.Selector) {
				return false
			}
		}
		i, j = s.row.next(i), t.row.next(j)
	}
	return i < 0 && j < 0
}

// content returns all numbers of the record at place i.
func (row *cellRow) content(i int) []uint64 {
	head := row.data[i : i+recordHead]
	return row.data[i : i+recordSize(int(uint32(head[0])), int(head[0]>>32), int(uint32(head[2])))]
}

// changes are the bounds of the areas that are not the same in two layers.
type changes struct {
	from weak.Pointer[Layer] // weak, or each index would keep the one before it
	tree extentTree
}

// changesFrom finds the changes from m, and keeps those that were asked last.
func (l *Layer) changesFrom(m *Layer) *changes {
	if c := l.changes.Load(); c != nil && c.from == weak.Make(m) {
		return c
	}
	var extents []extent
	for _, pair := range [][2]*Layer{{l, m}, {m, l}} {
		for _, i := range pair[0].members {
			a := &pair[0].x.areas[i]
			o, same := pair[1].x.same(a)
			if !same || !pair[1].has(int32(o)) {
				extents = append(extents, extent{a.Bound.Min[0], a.Bound.Min[1], a.Bound.Max[0], a.Bound.Max[1]})
			}
		}
	}
	c := &changes{weak.Make(m), newExtentTree(extents)}
	l.changes.Store(c)
	return c
}

// near reports whether a place is so near to a changed area that its nearest
// one may be another.
func (c *changes) near(lon, lat float64) bool {
	m := metricAt(lat)
	found := false
	for _, x := range []float64{lon, lon - 360, lon + 360} {
		c.tree.nearest(m, x, lat, maxReachM*maxReachM, func(int, float64) float64 {
			found = true
			return math.Inf(-1)
		})
	}
	return found
}
