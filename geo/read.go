package geo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// A Raw is a feature as a file has it, before anybody has checked it. Its
// geometry has the numbers of the file, in the file's coordinate system, with
// rings as they come.
type Raw struct {
	Feature
	Problem *Problem   // why it can be no area, whatever its coordinates; nil when they must be looked at
	Heights *orb.Point // the first position that had a third number, which was left out; nil when none had
}

// A Document is what a GeoJSON or TopoJSON file holds, read but not checked.
type Document struct {
	Features []Raw
	CRS      string // the name in the crs member of old files, such as "urn:ogc:def:crs:EPSG::32632"; empty when there is none
	Topology bool   // it is a TopoJSON
	Layer    string // the object of the topology that was read
	Name     string // that a FeatureCollection gives itself, as GDAL writes it; empty when it has none
}

// Read reads GeoJSON (a FeatureCollection, a Feature, a bare geometry, or a
// sequence of them: one a line, or separated as RFC 8142 has it) or TopoJSON,
// and checks no coordinate. It holds the text of one feature at a time, of a
// topology the text of its arcs. It refuses what Decode says of files as a
// whole, except ErrNoFeatures and a system that is not WGS84: that is named in
// the answer. What is wrong with one feature is in its Problem.
func Read(r io.Reader, limits Limits) (Document, error) {
	limits = limits.OrDefault()
	in := bufio.NewReaderSize(&capped{r: r, left: limits.Bytes, limit: limits.Bytes}, 64<<10)
	start, err := in.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return Document{}, err
	}
	if bom := "\xef\xbb\xbf"; bytes.HasPrefix(start, []byte(bom)) {
		_, err = in.Discard(len(bom))
	} else {
		err = looksLike(start)
	}
	if err != nil {
		return Document{}, err
	}
	rd := jsonReader{limits: limits, dec: json.NewDecoder(separators{in})}
	rd.dec.UseNumber()
	if err := rd.records(); err != nil {
		return Document{}, err
	}
	return rd.doc, nil
}

// capped hands on at most limit bytes, and then refuses the file.
type capped struct {
	r           io.Reader
	left, limit int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, ErrTooLarge.WithIn("more than %d bytes", "più di %d byte", c.limit)
	}
	return n, err
}

// separators makes the record separator of RFC 8142 a line's end: JSON itself
// has no use for it.
type separators struct{ r io.Reader }

func (s separators) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for i, c := range p[:n] {
		if c == 0x1e {
			p[i] = '\n'
		}
	}
	return n, err
}

// looksLike names what a file is that is no JSON.
func looksLike(start []byte) error {
	for _, known := range []struct{ prefix, what, italian string }{
		{"\x1f\x8b", "it is compressed with gzip", "è compresso con gzip"},
		{"PK", "it is a zip archive, perhaps a shapefile", "è un archivio zip, forse uno shapefile"},
		{"<", "it is XML, perhaps KML", "è XML, forse KML"},
		{"SQLite format 3", "it is a GeoPackage", "è un GeoPackage"},
		{"\xff\xfe", "it is UTF-16", "è in UTF-16"},
		{"\xfe\xff", "it is UTF-16", "è in UTF-16"},
	} {
		if bytes.HasPrefix(start, []byte(known.prefix)) {
			return ErrNotJSON.WithIn(known.what, known.italian)
		}
	}
	return nil
}

// A jsonReader reads a file value by value.
type jsonReader struct {
	limits   Limits
	dec      *json.Decoder
	doc      Document
	vertices int
	values   int
	text     []byte // of the feature being read
}

// records reads the values of a file one after the other. There is usually
// one.
func (rd *jsonReader) records() error {
	for n := 0; ; n++ {
		token, err := rd.dec.Token()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return nil
		case err != nil:
			return rd.broken(err)
		case token != json.Delim('{') && n > 0:
			return ErrNotJSON.WithIn("after byte %d comes something else", "dopo il byte %d segue altro", rd.dec.InputOffset())
		case token != json.Delim('{'):
			return ErrNotGeoJSON
		case rd.doc.Topology:
			return ErrNotGeoJSON.WithIn("something follows the topology", "dopo la topologia segue altro")
		}
		m := members{}
		if err := rd.object(&m); err != nil {
			return err
		}
		if err := rd.record(m, n); err != nil {
			return err
		}
	}
}

// members are the parts of a GeoJSON object or a topology, in whatever order
// they stand. What is large has been read: features and arcs.
type members struct {
	kind, name                   string
	id, properties, geometry     json.RawMessage
	coordinates, crs, transform  json.RawMessage
	objects                      map[string]json.RawMessage
	arcs                         []orb.LineString
	heights                      *orb.Point
	hasFeatures, hasObjects, arc bool
}

func (rd *jsonReader) object(m *members) error {
	for rd.dec.More() {
		token, err := rd.dec.Token()
		if err != nil {
			return rd.broken(err)
		}
		key, _ := token.(string)
		if err := rd.member(m, key); err != nil {
			return err
		}
	}
	if _, err := rd.dec.Token(); err != nil { // the closing brace
		return rd.broken(err)
	}
	return nil
}

func (rd *jsonReader) member(m *members, key string) error {
	switch key {
	case "features":
		m.hasFeatures = true
		return rd.features()
	case "objects":
		m.hasObjects = true
		return rd.objects(m)
	case "arcs":
		m.arc = true
		return rd.arcs(m)
	}
	var raw json.RawMessage
	if err := rd.dec.Decode(&raw); err != nil {
		return rd.brokenMember(m, key, err)
	}
	switch key {
	case "type":
		if !understood(raw, &m.kind) {
			return ErrNotGeoJSON.WithIn("its type is no text", "il suo type non è un testo")
		}
	case "id":
		m.id = raw
	case "properties":
		m.properties = raw
	case "geometry":
		m.geometry = raw
	case "coordinates":
		m.coordinates = raw
	case "crs":
		m.crs = raw
	case "transform":
		m.transform = raw
	default:
		if !utf8.Valid(raw) {
			return ErrEncoding.In(printable(key))
		}
		if key == "name" {
			m.name = stringOf(raw)
		}
	}
	return nil
}

// broken tells a file that was cut from one that never was JSON.
func (rd *jsonReader) broken(err error) error {
	at := rd.dec.InputOffset()
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		(isSyntax && strings.Contains(syntax.Error(), "unexpected end"))
	switch {
	case cut && at == 0 && !rd.begun():
		return ErrNotJSON.WithIn("it is empty", "è vuoto")
	case cut:
		return ErrTruncated.WithIn("after more than %d bytes", "dopo oltre %d byte", at)
	case isSyntax && strings.Contains(syntax.Error(), "max depth"):
		return ErrNotJSON.WithIn("it is nested too deep", "è annidato troppo in profondità")
	case isSyntax:
		return ErrNotJSON.WithIn("at or after byte %d", "al byte %d o dopo", at+1)
	}
	return fmt.Errorf("reading boundaries: %w", err)
}

// begun reports whether anything but space has been read.
func (rd *jsonReader) begun() bool {
	rest, err := io.ReadAll(rd.dec.Buffered())
	return err == nil && len(bytes.TrimSpace(rest)) > 0
}

// record understands one value of the file.
func (rd *jsonReader) record(m members, n int) error {
	if err := rd.system(m.crs, n); err != nil {
		return err
	}
	switch m.kind {
	case "FeatureCollection":
		rd.doc.Name = m.name
		return nil // its features are read
	case "Feature":
		f := rawFeature{kind: m.kind, id: m.id, properties: m.properties, geometry: m.geometry}
		return rd.feature(f, nil)
	case "Topology":
		if n > 0 {
			return ErrNotGeoJSON.WithIn("a topology follows something else", "una topologia segue altro")
		}
		rd.doc.Topology = true
		return rd.topology(m)
	case "Polygon", "MultiPolygon", "Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection":
		return rd.shape(Raw{Feature: Feature{Index: len(rd.doc.Features)}}, m.kind, m.coordinates)
	}
	return ErrNotGeoJSON.WithIn("its type is %q", "il suo type è %q", shorten(m.kind))
}

// system keeps the name in a crs member: the form of 2008 ("name"), and the
// one before it ("EPSG"). A link is not followed: a file must not make a
// server ask another. Records of one file must agree.
func (rd *jsonReader) system(raw json.RawMessage, n int) error {
	var name string
	if len(raw) > 0 && string(raw) != "null" {
		var crs struct {
			Type       string `json:"type"`
			Properties struct {
				Name string      `json:"name"`
				Code json.Number `json:"code"`
			} `json:"properties"`
		}
		if !understood(raw, &crs) {
			return ErrCRS.WithIn("the member crs is malformed", "il membro crs è malformato")
		}
		switch {
		case strings.EqualFold(crs.Type, "link"):
			return ErrCRS.WithIn("the member crs is a link, which is not followed", "il membro crs è un collegamento, che non viene seguito")
		case crs.Properties.Name != "":
			name = crs.Properties.Name
		case strings.EqualFold(crs.Type, "EPSG") && crs.Properties.Code != "":
			name = "EPSG:" + crs.Properties.Code.String()
		default:
			return ErrCRS.WithIn("the member crs names none", "il membro crs non ne indica nessuno")
		}
	}
	if n > 0 && name != rd.doc.CRS {
		return ErrCRS.WithIn("record %d names another than the first", "il record %d ne indica un altro rispetto al primo", n+1)
	}
	rd.doc.CRS = name
	return nil
}
