package cluster

import "math"

// A lattice cuts the earth into rows of equal latitude, and each row into
// cells of equal longitude, so that no cell is wider or higher than side
// metres: a cell's two farthest points are at most side·√2 apart. There are
// fewer cells in a row towards the poles.
type lattice struct {
	side   float64 // metres
	height float64 // of a row, degrees
}

func newLattice(side float64) lattice {
	return lattice{side: side, height: side / (greatCurve * degree)}
}

// parallel is the radius of the circle of latitude lat, metres.
func parallel(lat float64) float64 {
	if math.Abs(lat) >= 90 {
		return 0
	}
	sin, cos := math.Sincos(lat * degree)
	return radius * cos / math.Sqrt(1-float64(ecc2*float64(sin*sin)))
}

func (l lattice) row(lat float64) int64 { return int64(math.Floor((lat + 90) / l.height)) }

// A band is what is known of one row.
type band struct {
	row   int64
	width float64 // of a cell, degrees
	least float64 // the radius of its shortest parallel, metres
}

func (l lattice) band(row int64) band {
	south := float64(row)*l.height - 90
	north := south + l.height
	longest := 0.0
	switch {
	case south <= 0 && north >= 0:
		longest = radius
	case south > 0:
		longest = parallel(south)
	default:
		longest = parallel(north)
	}
	width := 360.0
	if longest > 0 {
		width = math.Min(width, l.side/longest/degree)
	}
	// A hair towards the pole, for what was rounded above.
	return band{row: row, width: width, least: math.Min(parallel(south-1e-9), parallel(north+1e-9))}
}

// column returns the cell of a longitude in the row. 180° is -180°.
func (b band) column(lon float64) int64 {
	if lon >= 180 {
		lon = -180
	}
	return int64(math.Floor((lon + 180) / b.width))
}

// last is the easternmost cell of the row.
func (b band) last() int64 { return b.column(math.Nextafter(180, 0)) }

// reach returns by how many degrees of longitude two points may differ, one in
// b and one in c, that are at most d metres apart: 180 is all around. It
// follows from chord² >= 4 p q sin²(Δλ/2) for parallels of radius p and q.
func (b band) reach(c band, d float64) float64 {
	mean := math.Sqrt(b.least * c.least)
	if 2*mean <= d {
		return 180
	}
	return 2 * math.Asin(d/(2*mean)) / degree * (1 + 1e-9)
}

// rowsWithin is how many rows away a point may be that is at most d metres
// away.
func (l lattice) rowsWithin(d float64) int64 {
	return int64(d*1.0001/(leastCurve*degree)/l.height) + 1
}
