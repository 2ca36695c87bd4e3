package crs

import "math"

// Transverse projects degrees on any ellipsoid, for the examples of the
// EPSG's note, which are on others than ours.
func Transverse(a, inverseFlattening, lon0, lat0, k0, fe, fn, lon, lat float64) (e, n, backLon, backLat float64) {
	t := newTransverse(ellipsoid{a, 1 / inverseFlattening}, transverseParams{lon0, lat0, k0, fe, fn})
	e, n = t.forward(lon*math.Pi/180, lat*math.Pi/180)
	backLon, backLat = t.inverse(e, n)
	return e, n, degrees(backLon), degrees(backLat)
}

// PositionVector shifts geocentric metres, there and back.
func PositionVector(tx, ty, tz, rx, ry, rz, ds float64, p [3]float64) (there, back [3]float64) {
	h := helmert{tx, ty, tz, rx, ry, rz, ds}
	there = h.forward(p)
	return there, h.inverse(there)
}

// SetAt names the set of Monte Mario that is used at a place in degrees.
func SetAt(lon, lat float64) string {
	switch monteMarioAt(lon*math.Pi/180, lat*math.Pi/180) {
	case sardinia:
		return "Sardegna"
	case sicily:
		return "Sicilia"
	}
	return "mainland"
}
