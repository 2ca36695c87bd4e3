package geo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Limits say what an import may hold. The zero value means the defaults.
type Limits struct {
	Bytes    int64 // of the file; default 64 MiB
	Features int   // default 50,000
	Vertices int   // of all rings together; default 4,000,000
	Problems int   // how many to report before giving up; default 100

	// Expect is where the boundaries should be. A feature that lies wholly
	// outside it, and would not if its axes were swapped, is refused as
	// swapped. The zero bound means Italy; World switches the question off.
	Expect orb.Bound

	// Code names the property that holds a feature's code. When it is not
	// empty, a feature without it and two with the same are refused. The name
	// "id" means the member id of the feature when there is no such property.
	Code string

	// Layer names the object of a TopoJSON that is meant; it may be empty when
	// there is only one.
	Layer string
}

var (
	italy = orb.Bound{Min: orb.Point{5.5, 35}, Max: orb.Point{19.5, 48}}
	world = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
)

// Italy returns the bound in which Italian boundaries lie, with the sea around.
func Italy() orb.Bound { return italy }

// World returns the bound of every position.
func World() orb.Bound { return world }

func (l Limits) orDefault() Limits {
	l.Bytes = cmp.Or(l.Bytes, 64<<20)
	l.Features = cmp.Or(l.Features, 50_000)
	l.Vertices = cmp.Or(l.Vertices, 4_000_000)
	l.Problems = cmp.Or(l.Problems, 100)
	if l.Expect == (orb.Bound{}) {
		l.Expect = italy
	}
	return l
}

// A Feature is one shape of a file with what the file says about it.
type Feature struct {
	Index      int            // in the file, from 0
	ID         string         // its id member as text; empty when it has none
	Properties map[string]any // as JSON has them, but numbers are json.Number: see Text and Integer
	Geometry   orb.MultiPolygon
}

// Text returns a property as text: a string as it is, a number as the file
// writes it. It is empty for anything else. The name "id" means the member id
// when there is no property of that name.
func (f Feature) Text(property string) string {
	switch v := f.Properties[property].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	if property == "id" {
		return f.ID
	}
	return ""
}

// Integer returns a property that is a whole number, written as a number or as
// text; ok is false when it is anything else.
func (f Feature) Integer(property string) (n int, ok bool) {
	n, err := strconv.Atoi(f.Text(property))
	return n, err == nil
}

// label is what a person calls the feature: its code, or the first of the
// usual names that it has.
func (f Feature) label(code string) string {
	for _, name := range []string{code, "code", "sigla", "name", "id"} {
		if text := f.Text(name); text != "" && name != "" {
			return strings.Trim(strconv.QuoteToGraphic(shorten(text)), `"`)
		}
	}
	return ""
}

func shorten(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}

// A Collection is what a file holds, checked: every geometry is a valid
// multipolygon in WGS84 lon,lat, wound as RFC 7946 asks.
type Collection struct {
	Features []Feature
}

// Decode reads boundaries in GeoJSON (a FeatureCollection, a Feature, or a
// bare geometry) or in TopoJSON. It refuses the file as a whole: with one
// fault when the file itself is wrong (ErrNotJSON, ErrTruncated, ErrNotGeoJSON,
// ErrCRS, ErrLayer, ErrTooLarge, ErrNoFeatures), otherwise with Problems, which name
// every bad feature and the place of its error. Other errors come from r.
//
// Positions with a height are refused (ErrThreeD): to drop a number in silence
// is to guess which one was meant.
func Decode(r io.Reader, limits Limits) (Collection, error) {
	limits = limits.orDefault()
	data, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	if err != nil {
		return Collection{}, fmt.Errorf("reading boundaries: %w", err)
	}
	if int64(len(data)) > limits.Bytes {
		return Collection{}, fmt.Errorf("reading boundaries: %w", ErrTooLarge.With("more than %d bytes", limits.Bytes))
	}
	d := &decoder{limits: limits, codes: map[string]int{}}
	if err := d.document(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))); err != nil {
		return Collection{}, fmt.Errorf("decoding boundaries: %w", err)
	}
	if len(d.problems) > 0 {
		return Collection{}, fmt.Errorf("decoding boundaries: %w", d.problems)
	}
	if len(d.features) == 0 {
		return Collection{}, fmt.Errorf("decoding boundaries: %w", ErrNoFeatures)
	}
	return Collection{Features: d.features}, nil
}

// A decoder holds what one Decode has read so far.
type decoder struct {
	limits   Limits
	features []Feature
	problems Problems
	codes    map[string]int // code → index of the feature that has it
	vertices int
}

// errEnough ends a decoding that has found as many problems as a person reads.
var errEnough = errors.New("enough problems")

func (d *decoder) document(data []byte) error {
	var head struct {
		Type string          `json:"type"`
		CRS  json.RawMessage `json:"crs"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return notJSON(data, err)
	}
	if err := checkCRS(head.CRS); err != nil {
		return err
	}
	err := d.byType(head.Type, data)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (d *decoder) byType(kind string, data []byte) error {
	switch kind {
	case "FeatureCollection":
		return d.collection(data)
	case "Feature":
		return d.feature(0, data)
	case "Topology":
		return d.topology(data)
	case "Polygon", "MultiPolygon", "Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection":
		return d.geometry(Feature{}, data)
	}
	return ErrNotGeoJSON.With("its type is %q", shorten(kind))
}

// notJSON tells a file that was cut from one that never was JSON, and says
// what it looks like.
func notJSON(data []byte, err error) error {
	looks := map[string]string{
		"\x1f\x8b": "it is compressed with gzip", "PK": "it is a zip archive, perhaps a shapefile",
		"<": "it is XML, perhaps KML", "SQLite format 3": "it is a GeoPackage", "\xff\xfe": "it is UTF-16", "\xfe\xff": "it is UTF-16",
	}
	for prefix, what := range looks {
		if bytes.HasPrefix(data, []byte(prefix)) {
			return ErrNotJSON.With("%s", what)
		}
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		if strings.Contains(syntax.Error(), "unexpected end") && len(bytes.TrimSpace(data)) > 0 {
			return ErrTruncated.With("after %d bytes", len(data))
		}
		return ErrNotJSON.With("at byte %d", syntax.Offset)
	}
	return ErrNotGeoJSON
}

// checkCRS accepts no crs member, null, and the names of WGS84 in lon,lat. The
// member was removed by RFC 7946, but older files carry it.
func checkCRS(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var crs struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &crs); err != nil {
		return ErrCRS
	}
	name := strings.ToUpper(crs.Properties.Name)
	if strings.HasSuffix(name, "CRS84") || (strings.HasSuffix(name, ":4326") && strings.Contains(name, "EPSG")) {
		return nil
	}
	return ErrCRS.With("%q", shorten(crs.Properties.Name))
}

// keep checks a geometry and keeps it, or keeps its problem.
func (d *decoder) keep(f Feature, raw orb.MultiPolygon) error {
	if p := checkPlace(raw, d.limits.Expect); p != nil {
		return d.refuse(f, *p)
	}
	mp, p := normalise(raw)
	if p == nil {
		p = checkGeometry(mp)
	}
	if p != nil {
		return d.refuse(f, *p)
	}
	if d.limits.Code != "" {
		code := f.Text(d.limits.Code)
		if code == "" {
			return d.refuse(f, Problem{Fault: ErrCodeMissing, Note: fmt.Sprintf("property %q", d.limits.Code)})
		}
		if first, ok := d.codes[code]; ok {
			return d.refuse(f, Problem{Fault: ErrCodeTwice, Note: fmt.Sprintf("also features[%d]", first)})
		}
		d.codes[code] = f.Index
	}
	f.Geometry = mp
	d.features = append(d.features, f)
	return nil
}

// refuse notes a problem of a feature and goes on, until there are enough.
func (d *decoder) refuse(f Feature, p Problem) error {
	p.Index, p.Label = f.Index, f.label(d.limits.Code)
	d.problems = append(d.problems, p)
	if len(d.problems) >= d.limits.Problems {
		return errEnough
	}
	return nil
}

// count adds vertices to the sum and refuses the file when it is too much.
func (d *decoder) count(n int) error {
	d.vertices += n
	if d.vertices > d.limits.Vertices {
		return ErrTooLarge.With("more than %d vertices", d.limits.Vertices)
	}
	return nil
}
