package crs

import "math"

// A datum says how a figure of the earth lies on the earth.
type datum struct {
	name     string
	ell      ellipsoid
	accuracy float64 // of its way to WGS84, metres; 0 when it is WGS84
	shifts   bool    // by the sets of Monte Mario; otherwise its degrees are those of WGS84
}

// ETRS89, and IGM95 and RDN2008 which are Italy's realisations of it, move with
// the European plate and WGS84 does not: the EPSG takes them for equal within a
// metre (transformation 1149).
var (
	onWGS84      = datum{name: "WGS 84", ell: wgs84}
	onETRS89     = datum{name: "ETRS89", ell: grs80, accuracy: 1}
	onIGM95      = datum{name: "IGM95", ell: grs80, accuracy: 1}
	onRDN2008    = datum{name: "RDN2008", ell: grs80, accuracy: 1}
	onMonteMario = datum{name: "Monte Mario", ell: intl1924, accuracy: 4, shifts: true}
)

// toWGS84 turns degrees on the datum (as radians) into WGS84.
func (d datum) toWGS84(lon, lat float64) (float64, float64) {
	if !d.shifts {
		return lon, lat
	}
	return wgs84.geodetic(monteMarioAt(lon, lat).forward(d.ell.geocentric(lon, lat)))
}

func (d datum) fromWGS84(lon, lat float64) (float64, float64) {
	if !d.shifts {
		return lon, lat
	}
	return d.ell.geodetic(monteMarioAt(lon, lat).inverse(wgs84.geocentric(lon, lat)))
}

// helmert is the position vector transformation (EPSG method 9606): metres,
// arc-seconds and parts per million.
type helmert struct{ tx, ty, tz, rx, ry, rz, ds float64 }

// The three sets by which Monte Mario goes to WGS84, each good for about 4 m
// where it belongs: EPSG transformations 1660, 1662 and 1664.
var (
	mainland = helmert{-104.1, -49.1, -9.9, 0.971, -2.917, 0.714, -11.68}
	sardinia = helmert{-168.6, -34.0, 38.6, -0.374, -0.679, -1.379, -9.48}
	sicily   = helmert{-50.2, -50.4, 84.8, -0.690, -2.012, 0.459, -28.08}
)

// monteMarioAt chooses the set of a place in radians. The border between them
// runs through the sea: through the Strait of Messina it is a line of four
// points, and the Lipari islands are Sicily's.
func monteMarioAt(lon, lat float64) helmert {
	x, y := lon*180/math.Pi, lat*180/math.Pi
	switch {
	case x < 10.2 && y < 41.6:
		return sardinia
	case x > 11 && y < 38.85 && x < straitAt(y):
		return sicily
	}
	return mainland
}

// straitAt is the longitude of the middle of the Strait of Messina at a
// latitude, and of the open sea north and south of it.
func straitAt(lat float64) float64 {
	line := [][2]float64{{37.95, 15.56}, {38.20, 15.60}, {38.243, 15.625}, {38.30, 15.70}}
	if lat <= line[0][0] {
		return line[0][1]
	}
	for i := 1; i < len(line); i++ {
		if a, b := line[i-1], line[i]; lat <= b[0] {
			return a[1] + (b[1]-a[1])*(lat-a[0])/(b[0]-a[0])
		}
	}
	return 15.70
}

// matrix is the linear part of the transformation.
func (h helmert) matrix() [3][3]float64 {
	const second = math.Pi / 180 / 3600
	m := 1 + h.ds*1e-6
	rx, ry, rz := h.rx*second, h.ry*second, h.rz*second
	return [3][3]float64{{m, -m * rz, m * ry}, {m * rz, m, -m * rx}, {-m * ry, m * rx, m}}
}

func (h helmert) forward(p [3]float64) [3]float64 {
	q := multiply(h.matrix(), p)
	return [3]float64{q[0] + h.tx, q[1] + h.ty, q[2] + h.tz}
}

// inverse solves forward by iteration: the matrix is the identity but for some
// ten millionths, so that five steps are exact.
func (h helmert) inverse(q [3]float64) [3]float64 {
	m := h.matrix()
	want := [3]float64{q[0] - h.tx, q[1] - h.ty, q[2] - h.tz}
	p := want
	for range 5 {
		got := multiply(m, p)
		for i := range p {
			p[i] += want[i] - got[i]
		}
	}
	return p
}

func multiply(m [3][3]float64, p [3]float64) [3]float64 {
	var q [3]float64
	for i, row := range m {
		q[i] = row[0]*p[0] + row[1]*p[1] + row[2]*p[2]
	}
	return q
}
