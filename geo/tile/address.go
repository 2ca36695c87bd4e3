package tile

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// ErrAddress answers a zoom, column or row that no tile has.
var ErrAddress = fault.Define(fault.Invalid, "tile.address",
	"There is no such tile: the zoom goes from 0 to 22, column and row from 0 to 2^zoom - 1.",
	"Questo riquadro non esiste: lo zoom va da 0 a 22, colonna e riga da 0 a 2^zoom - 1.")

// MaxZoom is the closest zoom there are tiles of: about 10 m a side.
const MaxZoom = 22

// An Address names one tile: at zoom Z the world is 2^Z columns X, from the
// antimeridian eastward, by 2^Z rows Y, from the north southward.
type Address struct {
	Z    uint8
	X, Y uint32
}

// At returns the address of a zoom, column and row. The error is ErrAddress,
// about z, x or y.
func At(z, x, y int) (Address, error) {
	if z < 0 || z > MaxZoom {
		return Address{}, ErrAddress.In("z").With("zoom %d", z)
	}
	if n := 1 << z; x < 0 || x >= n {
		return Address{}, ErrAddress.In("x").WithIn("column %d of %d", "colonna %d di %d", x, n)
	} else if y < 0 || y >= n {
		return Address{}, ErrAddress.In("y").WithIn("row %d of %d", "riga %d di %d", y, n)
	}
	return Address{uint8(z), uint32(x), uint32(y)}, nil
}

// String returns z/x/y.
func (a Address) String() string { return fmt.Sprintf("%d/%d/%d", a.Z, a.X, a.Y) }

// Bound returns the corners of the tile in degrees.
func (a Address) Bound() orb.Bound {
	n := math.Exp2(float64(a.Z))
	west, north := unproject(float64(a.X)/n, float64(a.Y)/n)
	east, south := unproject(float64(a.X+1)/n, float64(a.Y+1)/n)
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

// stretch returns the first and the last key of the tile.
func (a Address) stretch() (first, last Key) {
	up := 32 - uint(a.Z)
	first = keyAt(a.X<<up, a.Y<<up)
	if a.Z == 0 { // a shift by 32 leaves nothing of X and Y, which are 0
		return 0, math.MaxUint64
	}
	return first, first | (1<<(2*up) - 1)
}

// Place returns where in the tile a key is, in units of Extent a side.
func (a Address) Place(k Key) (column, row int32) { return a.place(k.xy()) }

// place returns where in the tile something is, from the whole map's
// coordinates in units of 2^-32: from 0 to Extent-1, rightward and downward.
func (a Address) place(x, y uint32) (column, row int32) {
	side := uint64(1) << (32 - uint(a.Z))
	within := func(v uint32) int32 { return int32(uint64(v) & (side - 1) * Extent / side) }
	return within(x), within(y)
}

// Holds reports whether a key is in the tile.
func (a Address) Holds(k Key) bool {
	first, last := a.stretch()
	return first <= k && k <= last
}
