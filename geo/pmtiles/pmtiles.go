// Package pmtiles reads what stands at the head of a PMTiles archive
// (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md): which tiles
// it has, for where, and what is said about them.
//
// It refuses to read tiles: whoever draws a map asks for ranges of the file
// and finds them by itself.
package pmtiles

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sestante/sestante/fault"
)

// ErrArchive answers a file that is no PMTiles archive of version 3, or one
// that was cut off.
var ErrArchive = fault.Define(fault.Invalid, "pmtiles.archive",
	"The file is not a whole PMTiles archive of version 3: make it anew, or convert it with the pmtiles tool.",
	"Il file non è un archivio PMTiles integro della versione 3: generalo di nuovo o convertilo con lo strumento pmtiles.")

// HeaderBytes is how long a header is.
const HeaderBytes = 127

// maxMetadata bounds what is said about the tiles, packed and unpacked.
const maxMetadata = 4 << 20

// A Compression says how a part of an archive is packed.
type Compression byte

// The compressions that can be read here. Brotli (3) and zstd (4) cannot.
const (
	Unknown Compression = 0
	None    Compression = 1
	Gzip    Compression = 2
)

// A Header is what an archive says of itself.
type Header struct {
	Internal         Compression // of the metadata
	TileType         byte        // 1 vector tiles, 2 PNG, 3 JPEG, 4 WebP, 5 AVIF, 6 MapLibre tiles, 0 others
	MinZoom, MaxZoom int
	Bounds           [4]float64 // west, south, east, north in degrees
	Center           [3]float64 // longitude, latitude, zoom

	metadata part
}

// A part is a stretch of the file.
type part struct{ offset, length uint64 }

// tileTypes are the names of what tiles may be.
var tileTypes = map[byte]string{1: "pbf", 2: "png", 3: "jpg", 4: "webp", 5: "avif", 6: "mlt"}

// Format returns what the tiles are, as TileJSON and MBTiles name it: pbf for
// vector tiles, png, jpg, webp, avif, mlt, or empty.
func (h Header) Format() string { return tileTypes[h.TileType] }

// ReadHeader reads the header of an archive of so many bytes and checks that
// everything it points at is there. The error is ErrArchive, or that of
// reading.
func ReadHeader(from io.ReaderAt, size int64) (Header, error) {
	b := make([]byte, HeaderBytes)
	if n, err := from.ReadAt(b, 0); n < HeaderBytes {
		if err == nil || errors.Is(err, io.EOF) {
			return Header{}, ErrArchive.WithIn("%d bytes", "%d byte", size)
		}
		return Header{}, fmt.Errorf("read the header: %w", err)
	}
	if string(b[:7]) != "PMTiles" {
		return Header{}, ErrArchive.WithIn("it does not begin with PMTiles", "non comincia con PMTiles")
	}
	if b[7] != 3 {
		return Header{}, ErrArchive.WithIn("version %d", "versione %d", b[7])
	}
	for at, name := range map[int]string{8: "root directory", 24: "metadata", 40: "leaf directories", 56: "tiles"} {
		if p := partAt(b, at); p.offset > uint64(size) || p.length > uint64(size)-p.offset { //nolint:gosec // a size is not negative
			return Header{}, ErrArchive.WithIn("its %s end beyond its %d bytes", "%s: finiscono oltre i suoi %d byte", name, size)
		}
	}
	degrees := func(at int) float64 { return float64(int32(binary.LittleEndian.Uint32(b[at:]))) / 1e7 } //nolint:gosec // signed on the wire
	h := Header{
		Internal: Compression(b[97]), TileType: b[99], MinZoom: int(b[100]), MaxZoom: int(b[101]),
		Bounds:   [4]float64{degrees(102), degrees(106), degrees(110), degrees(114)},
		Center:   [3]float64{degrees(119), degrees(123), float64(b[118])},
		metadata: partAt(b, 24),
	}
	if h.MinZoom > h.MaxZoom || h.MaxZoom > 31 {
		return Header{}, ErrArchive.WithIn("zoom %d to %d", "zoom da %d a %d", h.MinZoom, h.MaxZoom)
	}
	return h, nil
}

func partAt(b []byte, at int) part {
	return part{binary.LittleEndian.Uint64(b[at:]), binary.LittleEndian.Uint64(b[at+8:])}
}

// A Metadata is as much of the JSON about an archive as maps ask for. All of
// it is as whoever made the archive wrote it.
type Metadata struct {
	Name         string        `json:"name"`
	Description  string        `json:"description"`
	Attribution  string        `json:"attribution"`
	VectorLayers []VectorLayer `json:"vector_layers"` //nolint:tagliatelle // the specification's word
}

// A VectorLayer is one layer of vector tiles.
type VectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     *int              `json:"minzoom"` // nil: the archive's
	MaxZoom     *int              `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

// ReadMetadata reads what is said about the tiles. The error is ErrArchive
// when that cannot be read, is no JSON, or is longer than 4 MiB.
func ReadMetadata(from io.ReaderAt, h Header) (Metadata, error) {
	var m Metadata
	if h.metadata.length == 0 {
		return m, nil
	}
	if h.metadata.length > maxMetadata {
		return m, ErrArchive.WithIn("metadata of %d bytes", "metadati di %d byte", h.metadata.length)
	}
	packed := make([]byte, h.metadata.length)
	if _, err := from.ReadAt(packed, int64(h.metadata.offset)); err != nil && !errors.Is(err, io.EOF) { //nolint:gosec // it lies within the file
		return m, fmt.Errorf("read the metadata: %w", err)
	}
	var plain io.Reader = bytes.NewReader(packed)
	switch h.Internal {
	case None:
	case Gzip:
		unpacked, err := gzip.NewReader(plain)
		if err != nil {
			return m, ErrArchive.WithIn("its metadata cannot be unpacked", "i suoi metadati non si possono decomprimere")
		}
		plain = unpacked
	default:
		return m, ErrArchive.WithIn("its metadata are packed in a way that cannot be read here (%d)", "i suoi metadati sono compressi in un modo qui non leggibile (%d)", h.Internal)
	}
	text, err := io.ReadAll(io.LimitReader(plain, maxMetadata+1))
	if err != nil || len(text) > maxMetadata {
		return m, ErrArchive.WithIn("its metadata cannot be unpacked", "i suoi metadati non si possono decomprimere")
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, ErrArchive.WithIn("its metadata are no JSON", "i suoi metadati non sono JSON")
	}
	return m, nil
}
