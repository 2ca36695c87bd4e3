package crs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads how people and files name a system: "EPSG:32632", "32632",
// "urn:ogc:def:crs:EPSG::32632", "urn:ogc:def:crs:OGC:1.3:CRS84", the same as
// an address of opengis.net, or well-known text (see ParseWKT). An empty text
// is ErrUnknown, as is a name nobody here knows.
func Parse(text string) (System, error) {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, "[(") {
		return ParseWKT(text)
	}
	code := text
	if cut := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == '/' || r == '#' || r == ',' }); len(cut) > 1 {
		if !authority(cut[:len(cut)-1]) {
			return System{}, unknown(text)
		}
		code = cut[len(cut)-1]
	}
	switch strings.ToUpper(code) {
	case "CRS84", "CRS84H", "WGS84":
		return WGS84(), nil
	}
	n, err := strconv.Atoi(code)
	if err != nil {
		return System{}, unknown(text)
	}
	return Lookup(n)
}

// authority asks whether what stands before the code names one of the two
// registers. ESRI's and IGNF's numbers mean other systems. In the long forms
// the register follows the word crs.
func authority(parts []string) bool {
	register := parts[0]
	if i := slices.IndexFunc(parts, func(p string) bool { return strings.EqualFold(p, "crs") || strings.EqualFold(p, "srs") }); i >= 0 && i+1 < len(parts) {
		register = parts[i+1]
	}
	switch strings.ToUpper(register) {
	case "EPSG", "OGC", "EPSG.XML": // …/gml/srs/epsg.xml#32632
		return true
	}
	return false
}

func unknown(text string) error {
	return fmt.Errorf("reading a coordinate system: %w", ErrUnknown.With(`"%s"`, short(text)))
}
