package nearby

import (
	"math"

	"github.com/sestante/sestante/fault"
)

// ErrPlace answers a position that is none.
var ErrPlace = fault.Define(fault.Invalid, "nearby.place",
	"A place is a longitude from -180 to 180 and a latitude from -90 to 90, in degrees.",
	"Un luogo è una longitudine da -180 a 180 e una latitudine da -90 a 90, in gradi.")

func checkPlace(lon, lat float64) error {
	switch {
	case !(lon >= -180 && lon <= 180):
		return ErrPlace.In("lon")
	case !(lat >= -90 && lat <= 90):
		return ErrPlace.In("lat")
	}
	return nil
}

// WGS84 (NGA.STND.0036, table 3.1): the longer half axis in metres, and the
// first eccentricity squared.
const (
	halfAxis     = 6378137.0
	eccentricity = 6.69437999014e-3
)

// A spot is a place on the ellipsoid in earth-centred coordinates, in 256ths
// of a metre: the straight line between two of them is their distance, at the
// poles and at 180 degrees as anywhere else, with the same bits on every
// machine. At 2 km it is a hundredth of a millimetre shorter than the way over
// the ground.
type spot struct{ x, y, z int32 }

const perMetre = 256

func spotOf(lon, lat float64) spot {
	sinLat, cosLat := math.Sincos(radians(lat))
	sinLon, cosLon := math.Sincos(radians(lon))
	n := halfAxis / math.Sqrt(1-eccentricity*sinLat*sinLat) // radius of curvature in the prime vertical
	return spot{fixed(n * cosLat * cosLon), fixed(n * cosLat * sinLon), fixed(n * (1 - eccentricity) * sinLat)}
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

func fixed(metres float64) int32 { return int32(math.Round(metres * perMetre)) }

// squared returns the squared distance in 65,536ths of a square metre. It does
// not overflow within a hemisphere.
func (s spot) squared(t spot) int64 {
	dx, dy, dz := int64(s.x)-int64(t.x), int64(s.y)-int64(t.y), int64(s.z)-int64(t.z)
	return dx*dx + dy*dy + dz*dz
}

// Metres returns the distance between two places in metres, good to a
// centimetre for places up to some kilometres apart. The places must be
// positions (see ErrPlace).
func Metres(lon1, lat1, lon2, lat2 float64) float64 {
	a, b := spotOf(lon1, lat1), spotOf(lon2, lat2)
	dx, dy, dz := float64(a.x)-float64(b.x), float64(a.y)-float64(b.y), float64(a.z)-float64(b.z)
	return math.Sqrt(dx*dx+dy*dy+dz*dz) / perMetre
}

// A cell is a piece of the earth about 280 m high and, outside the poles, as
// wide: the row counts from the south pole, the column from 180 degrees west.
type cell uint64

const (
	rowHeight = 0.0025 // degrees
	rows      = 72_000 // 180 / rowHeight
)

func cellOf(lon, lat float64) cell {
	row := rowOf(lat)
	n := columns(row)
	return at(row, int(math.Floor((lon+180)/360*float64(n)))%n)
}

func at(row, column int) cell { return cell(row)<<32 | cell(column) }

func rowOf(lat float64) int { return min(max(int(math.Floor((lat+90)/rowHeight)), 0), rows-1) }

// columns returns how many cells go around the earth in a row.
func columns(row int) int {
	south := float64(row)*rowHeight - 90
	nearest := 0.0 // latitude of the row that is nearest to the equator
	if south > 0 {
		nearest = south
	} else if north := south + rowHeight; north < 0 {
		nearest = north
	}
	return max(1, int(math.Cos(radians(nearest))*(360/rowHeight)))
}

// around calls each with every cell that may hold a place within metres of
// lon, lat. No cell comes twice.
func around(lon, lat, metres float64, each func(cell)) {
	const (
		leastRadius = 6335439.0 // of a meridian, at the equator: nowhere is a metre more degrees
		slack       = 1e-7      // degrees, a centimetre: rounding
	)
	span := metres/leastRadius*(180/math.Pi) + slack
	// Two places on parallels of radius p and q are at least 2 √(pq) sin(Δlon/2)
	// apart, and no parallel within the span is shorter than the outermost.
	turn := 180.0
	if outermost := math.Abs(lat) + span; outermost < 90 {
		if s := metres / (2 * halfAxis * math.Cos(radians(outermost))); s < 1 {
			turn = min(180, 2*math.Asin(s)*(180/math.Pi)+slack)
		}
	}
	for row := rowOf(lat - span); row <= rowOf(lat+span); row++ {
		n := columns(row)
		west := int(math.Floor((lon - turn + 180) / 360 * float64(n)))
		east := int(math.Floor((lon + turn + 180) / 360 * float64(n)))
		for c := west; c <= min(east, west+n-1); c++ {
			each(at(row, ((c%n)+n)%n))
		}
	}
}
