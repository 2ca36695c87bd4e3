package geo

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the shipped boundaries
	"fmt"
	"io"
)

//go:embed data/italy_provinces.geojson.gz
var italyProvinces []byte

// ItalyProvinces returns the shipped provinces of Italy: small, in the public
// domain, and of an older vintage (110 of them, with the Sardinian provinces
// of 2005 to 2016). Property "code" is the two-letter code, "name" the Italian
// name. Neighbours share their borders bit for bit. They are for
// demonstrations and first steps: an installation imports the official
// boundaries. See data/README.md for the source.
func ItalyProvinces() (Collection, error) {
	raw, err := OpenItalyProvinces()
	if err != nil {
		return Collection{}, err
	}
	return Decode(raw, Limits{Code: "code"})
}

// OpenItalyProvinces returns the same file as GeoJSON text, for whoever wants
// to see or copy it.
func OpenItalyProvinces() (io.Reader, error) {
	raw, err := gzip.NewReader(bytes.NewReader(italyProvinces))
	if err != nil {
		return nil, fmt.Errorf("opening the shipped provinces: %w", err)
	}
	return raw, nil
}
