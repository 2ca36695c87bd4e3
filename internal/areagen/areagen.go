// Package areagen draws territories for tests and measurements that need more
// areas than the program ships: as many municipalities as Italy has, in its
// shape, with borders as crooked as real ones. The same call draws the same
// areas on every machine.
//
// It knows no real municipality: nothing but tests may route by it.
package areagen

import (
	"fmt"
	"math/rand/v2"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// The lattice: so many cells each way over the box, of which those are kept
// whose middle lies in Italy.
const (
	side     = 173
	segments = 32 // of two borders in three, and half as many of the third; a power of two
)

var box = orb.Bound{Min: orb.Point{6.6, 36.6}, Max: orb.Point{18.6, 47.1}} // degrees

// Municipalities returns about 7,900 areas of the given kind, which cover the
// shape of Italy without gaps and have about 840,000 vertices together, each
// shared one counted for both its areas: as many as the 7,899 real ones have,
// which share 400,000 sides. Neighbours share their vertices to the last bit.
func Municipalities(kind geo.Kind) ([]geo.Area, error) {
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		return nil, err
	}
	land, err := provinces.Areas(geo.Fields{Code: "code", Kind: geo.District})
	if err != nil {
		return nil, fmt.Errorf("areas of the provinces: %w", err)
	}
	x, err := geo.NewIndex(land)
	if err != nil {
		return nil, err
	}
	return Lattice(kind, side, box, func(middle orb.Point) bool {
		return x.Locate(geo.Query{Lon: middle[0], Lat: middle[1], ToleranceM: -1}).Owner != nil
	}), nil
}

// Lattice returns areas that cover a box, n each way, or those of them whose
// middle is wanted: crooked quadrilaterals that share their borders.
func Lattice(kind geo.Kind, n int, within orb.Bound, wanted func(middle orb.Point) bool) []geo.Area {
	l := lattice{n, within}
	var out []geo.Area
	for row := range n {
		for column := range n {
			ring := l.cell(column, row)
			if wanted != nil && !wanted(ring.Bound().Center()) {
				continue
			}
			code := fmt.Sprintf("%03d%03d", row, column)
			out = append(out, geo.Area{Code: code, Name: "Area " + code, Kind: kind, Geometry: orb.MultiPolygon{{ring}}})
		}
	}
	return out
}

type lattice struct {
	n   int
	box orb.Bound
}

// cell is the ring around one cell, counter-clockwise.
func (l lattice) cell(column, row int) orb.Ring {
	var ring orb.Ring
	add := func(border []orb.Point, backwards bool) {
		for k := range border[1:] {
			if backwards {
				k = len(border) - 1 - k
			}
			ring = append(ring, border[k])
		}
	}
	add(l.border(column, row, 0), false)
	add(l.border(column+1, row, 1), false)
	add(l.border(column, row+1, 0), true)
	add(l.border(column, row, 1), true)
	return append(ring, ring[0])
}

// node is a corner of cells, moved by up to a fifth of a cell.
func (l lattice) node(column, row int) orb.Point {
	r := draw(column, row, 2)
	dx, dy := (r.Float64()-0.5)*0.4, (r.Float64()-0.5)*0.4
	return orb.Point{
		l.box.Min[0] + (float64(column)+dx)*(l.box.Max[0]-l.box.Min[0])/float64(l.n),
		l.box.Min[1] + (float64(row)+dy)*(l.box.Max[1]-l.box.Min[1])/float64(l.n),
	}
}

// border is the crooked line from a node to the next one, eastwards (0) or
// northwards (1): each half is bent at its middle, by ever less.
func (l lattice) border(column, row, direction int) []orb.Point {
	from, to := l.node(column, row), l.node(column+1-direction, row+direction)
	r := draw(column, row, direction)
	n := segments
	if r.IntN(3) == 0 {
		n /= 2
	}
	line := make([]orb.Point, n+1)
	line[0], line[n] = from, to
	bend := 0.2
	for step := n; step > 1; step /= 2 {
		for i := 0; i < n; i += step {
			a, b := line[i], line[i+step]
			s := (r.Float64() - 0.5) * bend
			line[i+step/2] = orb.Point{(a[0]+b[0])/2 - s*(b[1]-a[1]), (a[1]+b[1])/2 + s*(b[0]-a[0])}
		}
		bend = 0.25
	}
	return line
}

func draw(column, row, what int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(column)<<32|uint64(row), uint64(what)+41))
}
