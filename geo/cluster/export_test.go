package cluster

// LatticeForTests returns what finds the inside of a cell: a place a little
// north-east of its south-western corner.
func LatticeForTests(side float64) func(lon, lat float64) (insideLon, insideLat float64) {
	l := newLattice(side)
	return func(lon, lat float64) (float64, float64) {
		s := l.spotOf(Point{Lon: lon, Lat: lat})
		b := l.band(s.row)
		return float64(s.column)*b.width - 180 + b.width/4, float64(s.row)*l.height - 90 + l.height/4
	}
}
