package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/sestante/sestante/fault"
)

// sniffed is how much of a file is looked at: enough for a long comment before
// the first element of a KML.
const sniffed = 64 << 10

// Sniff tells what a file is by its content. The name decides only between
// texts that may be either, such as CSV and WKT. ErrUnknown answers a file
// that is none of the kinds, and names what it looks like; ErrArchive a zip
// that cannot be read. Other errors come from reading.
func Sniff(f File) (Kind, error) {
	start := make([]byte, min(sniffed, max(f.Size, 0)))
	n, err := f.Data.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading a file: %w", err)
	}
	start = start[:n]
	switch {
	case bytes.HasPrefix(start, []byte("SQLite format 3\x00")):
		return GeoPackage, nil
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("PK\x05\x06")):
		return sniffArchive(f)
	}
	for _, other := range []struct{ prefix, what, italian string }{
		{"\x1f\x8b", "it is compressed with gzip: unpack it", "è compresso con gzip: decomprimilo"},
		{"7z\xbc\xaf\x27\x1c", "it is a 7z archive: pack it as zip", "è un archivio 7z: comprimilo come zip"},
		{"Rar!", "it is a RAR archive: pack it as zip", "è un archivio RAR: comprimilo come zip"},
		{"\x00\x00\x27\x0a", "it is the .shp of a shapefile: zip it together with its .dbf and .prj", "è il .shp di uno shapefile: comprimilo in zip con i suoi .dbf e .prj"},
		{"%PDF", "it is a PDF", "è un PDF"},
		{"\x89PNG", "it is a picture", "è un'immagine"},
		{"\xff\xd8\xff", "it is a picture", "è un'immagine"},
		{"\xff\xfe", "it is UTF-16: save it as UTF-8", "è in UTF-16: salvalo in UTF-8"},
		{"\xfe\xff", "it is UTF-16: save it as UTF-8", "è in UTF-16: salvalo in UTF-8"},
	} {
		if bytes.HasPrefix(start, []byte(other.prefix)) {
			return "", sniffing(fault.Say(other.what, other.italian))
		}
	}
	return sniffText(f, bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")))
}

var topology = regexp.MustCompile(`"type"\s*:\s*"Topology"`)

func sniffing(what fault.Words) error {
	return fmt.Errorf("looking at a file: %w", ErrUnknown.WithWords(what))
}

func sniffText(f File, start []byte) (Kind, error) {
	text := bytes.TrimLeft(start, " \t\r\n\x1e")
	switch {
	case len(text) == 0:
		return "", sniffing(fault.Say("it is empty", "è vuoto"))
	case text[0] == '{':
		if topology.Match(text) {
			return TopoJSON, nil
		}
		return GeoJSON, nil
	case text[0] == '<':
		return sniffXML(text)
	case isWKT(firstWord(text)):
		return WKT, nil
	case bytes.IndexByte(text, 0) >= 0:
		return "", sniffing(fault.Say("it is binary", "è binario"))
	case shapeColumn(firstLine(text)):
		return CSV, nil
	}
	switch strings.ToLower(path.Ext(f.Name)) {
	case ".csv", ".tsv", ".txt":
		return CSV, nil
	case ".wkt":
		return WKT, nil
	case ".json", ".geojson", ".topojson":
		return GeoJSON, nil // its reader says what is wrong with it
	}
	return "", sniffing(fault.Say("it is text of another kind", "è testo di un altro genere"))
}

// sniffXML looks for the root element of KML, behind comments.
func sniffXML(text []byte) (Kind, error) {
	lower := bytes.ToLower(text)
	for _, root := range []string{"<kml", "<kml:kml"} {
		if bytes.Contains(lower, []byte(root)) {
			return KML, nil
		}
	}
	for _, other := range []struct{ root, what, italian string }{
		{"<gml:", "it is GML", "è GML"},
		{"<html", "it is a web page", "è una pagina web"},
		{"<gpx", "it is GPX", "è GPX"},
		{"<osm", "it is OpenStreetMap XML", "è XML di OpenStreetMap"},
	} {
		if bytes.Contains(lower, []byte(other.root)) {
			return "", sniffing(fault.Say(other.what, other.italian))
		}
	}
	return "", sniffing(fault.Say("it is XML, but no KML", "è XML, ma non KML"))
}

// firstWord is what stands before a space or a bracket, in upper case.
func firstWord(text []byte) string {
	text = text[:min(len(text), 64)]
	if i := bytes.IndexFunc(text, func(r rune) bool { return r == '(' || r == '=' || unicode.IsSpace(r) }); i >= 0 {
		text = text[:i]
	}
	return strings.ToUpper(string(text))
}

func isWKT(word string) bool {
	switch word {
	case "SRID", "POLYGON", "MULTIPOLYGON", "POLYGONZ", "MULTIPOLYGONZ", "POLYGONM", "MULTIPOLYGONM", "POLYGONZM", "MULTIPOLYGONZM",
		"POINT", "LINESTRING", "MULTIPOINT", "MULTILINESTRING", "GEOMETRYCOLLECTION", "POINTZ", "LINESTRINGZ":
		return true
	}
	return false
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimRight(line, "\r"))
}

// shapeColumns are the names of a CSV's column with shapes, the first found
// wins.
var shapeColumns = []string{"wkt", "ewkt", "geom", "geometry", "the_geom", "wkt_geom", "geometria"}

// shapeColumn reports whether a CSV's first line names such a column.
func shapeColumn(line string) bool {
	for cell := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' || r == '\t' }) {
		name := strings.ToLower(strings.Trim(strings.TrimSpace(cell), `"`))
		if slices.Contains(shapeColumns, name) {
			return true
		}
	}
	return false
}
