package crs

import "math"

// An ellipsoid is a figure of the earth.
type ellipsoid struct {
	a float64 // semi-major axis, metres
	f float64 // flattening
}

var (
	wgs84    = ellipsoid{6378137, 1 / 298.257223563}
	grs80    = ellipsoid{6378137, 1 / 298.257222101}
	intl1924 = ellipsoid{6378388, 1 / 297.0}
)

// e2 is the square of the first eccentricity.
func (e ellipsoid) e2() float64 { return e.f * (2 - e.f) }

// geocentric returns the X, Y, Z in metres of a place on the ellipsoid, given
// in radians (EPSG method 9602).
func (e ellipsoid) geocentric(lon, lat float64) [3]float64 {
	sinLat, cosLat := math.Sincos(lat)
	sinLon, cosLon := math.Sincos(lon)
	nu := e.a / math.Sqrt(1-e.e2()*sinLat*sinLat)
	return [3]float64{nu * cosLat * cosLon, nu * cosLat * sinLon, nu * (1 - e.e2()) * sinLat}
}

// geodetic returns longitude and latitude in radians of a geocentric position
// near the ellipsoid; its height is left out. Bowring (1976) is exact there to
// a nanometre.
func (e ellipsoid) geodetic(x [3]float64) (lon, lat float64) {
	b := e.a * (1 - e.f)
	p := math.Hypot(x[0], x[1])
	sin, cos := x[2]*e.a, p*b
	r := math.Hypot(sin, cos)
	sin, cos = sin/r, cos/r
	e2 := e.e2()
	lat = math.Atan2(x[2]+e2/(1-e2)*b*sin*sin*sin, p-e2*e.a*cos*cos*cos)
	return math.Atan2(x[1], x[0]), lat
}
