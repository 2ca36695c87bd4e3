package gpkg

import (
	"encoding/binary"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"github.com/sestante/sestante/fault"
)

// A blob is a GeoPackageBinary (OGC 12-128r18, 2.1.3) taken apart: what stands
// before the geometry, and the geometry as WKB.
type blob struct {
	srs   int32
	empty bool // the header says that there is no geometry inside
	wkb   []byte
}

// The bits of the flags of a header.
const (
	flagLittle   = 1 << 0 // byte order of what follows in the header
	flagEnvelope = 7 << 1 // which bounds stand in the header
	flagEmpty    = 1 << 4
	flagExtended = 1 << 5 // an extension says what follows
)

// envelopes are the bytes of the bounds by their code: none, x and y, then
// with z, with m, with both. The codes 5 to 7 are no such.
var envelopes = [8]int{0, 32, 48, 48, 64, -1, -1, -1}

// parseBlob takes a blob apart. The error is a fault without a place.
func parseBlob(b []byte) (blob, *fault.Error) {
	if len(b) < 8 || b[0] != 'G' || b[1] != 'P' {
		return blob{}, ErrGeometry.WithIn("it does not begin with GP", "non comincia con GP")
	}
	if b[2] != 0 {
		return blob{}, ErrGeometry.WithIn("version %d of the header", "versione %d dell'intestazione", b[2])
	}
	flags := b[3]
	if flags&flagExtended != 0 {
		return blob{}, ErrExtended
	}
	var order binary.ByteOrder = binary.BigEndian
	if flags&flagLittle != 0 {
		order = binary.LittleEndian
	}
	size := envelopes[(flags&flagEnvelope)>>1]
	if size < 0 || len(b) < 8+size {
		return blob{}, ErrGeometry.WithIn("the header is cut off", "l'intestazione è troncata")
	}
	return blob{srs: int32(order.Uint32(b[4:])), empty: flags&flagEmpty != 0, wkb: b[8+size:]}, nil //nolint:gosec // the number is signed on the wire
}

// appendBlob appends a geometry as a GeoPackageBinary in EPSG:4326: little
// endian, with the bounds of x and y unless it is a point, whose bounds are
// itself.
func appendBlob(to []byte, g orb.Geometry) ([]byte, error) {
	const srs = wgs84
	bound := g.Bound()
	flags := byte(flagLittle)
	_, point := g.(orb.Point)
	switch {
	case point:
	case bound.IsEmpty():
		flags |= flagEmpty
	default:
		flags |= 1 << 1
	}
	to = append(to, 'G', 'P', 0, flags)
	to = binary.LittleEndian.AppendUint32(to, srs)
	if flags&flagEnvelope != 0 {
		for _, v := range [...]float64{bound.Min[0], bound.Max[0], bound.Min[1], bound.Max[1]} {
			to = binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
		}
	}
	body, err := wkb.Marshal(g, binary.LittleEndian)
	return append(to, body...), err
}
