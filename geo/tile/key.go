package tile

import "math"

// A Key is a place on the map of the world: column and row among 2^32 by 2^32,
// a centimetre a side, with their bits interleaved. In the order of keys every
// tile is one stretch.
type Key uint64

// maxLat is where the square map ends (EPSG:3857): atan(sinh π).
const maxLat = 85.051128779806592

// KeyOf returns the key of a position in degrees, which must be finite.
// Latitudes beyond 85.05° are moved to the edge of the map, and longitude 180
// is where -180 is.
func KeyOf(lon, lat float64) Key {
	x, y := project(lon, lat)
	return keyAt(unit(x-math.Floor(x)), unit(min(max(y, 0), 1)))
}

func keyAt(x, y uint32) Key { return Key(spread(x) | spread(y)<<1) }

// Position returns the middle of the key's square, in degrees.
func (k Key) Position() (lon, lat float64) {
	x, y := k.xy()
	return unproject((float64(x)+0.5)/(1<<32), (float64(y)+0.5)/(1<<32))
}

func (k Key) xy() (x, y uint32) { return gather(uint64(k)), gather(uint64(k) >> 1) }

// unit turns a share of the map, 0 to 1, into a column or row.
func unit(v float64) uint32 {
	return uint32(min(v*(1<<32), 1<<32-1))
}

// project returns where a position is on the square map: 0 to 1 eastward and
// southward. Beyond maxLat it leaves the square.
func project(lon, lat float64) (x, y float64) {
	sin := math.Sin(min(max(lat, -maxLat), maxLat) * math.Pi / 180)
	return lon/360 + 0.5, 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)
}

func unproject(x, y float64) (lon, lat float64) {
	return x*360 - 180, math.Atan(math.Sinh(math.Pi*(1-2*y))) * 180 / math.Pi
}

// spread puts a zero before every bit.
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

// gather takes every other bit, from the lowest on.
func gather(x uint64) uint32 {
	x &= 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}
