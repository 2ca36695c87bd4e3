package geo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

func (d *decoder) collection(data []byte) error {
	var fc struct {
		Features []json.RawMessage `json:"features"`
	}
	if err := json.Unmarshal(data, &fc); err != nil {
		return ErrNotGeoJSON.With("features is not a list")
	}
	if len(fc.Features) > d.limits.Features {
		return ErrTooLarge.With("%d features, the limit is %d", len(fc.Features), d.limits.Features)
	}
	for i, raw := range fc.Features {
		if err := d.feature(i, raw); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) feature(index int, data []byte) error {
	var raw struct {
		Type       string          `json:"type"`
		ID         any             `json:"id"`
		Properties map[string]any  `json:"properties"`
		Geometry   json.RawMessage `json:"geometry"`
	}
	f := Feature{Index: index}
	if err := decodeNumbers(data, &raw); err != nil {
		return d.refuse(f, Problem{Fault: ErrNotGeoJSON, Note: "a feature is an object with properties and geometry"})
	}
	f.ID, f.Properties = textOf(raw.ID), raw.Properties
	if raw.Type != "Feature" {
		return d.refuse(f, Problem{Fault: ErrNotGeoJSON, Note: "its type is not Feature"})
	}
	if len(raw.Geometry) == 0 || string(raw.Geometry) == "null" {
		return d.refuse(f, Problem{Fault: ErrEmpty})
	}
	return d.geometry(f, raw.Geometry)
}

// decodeNumbers keeps numbers as they are written, so that a code such as 015
// given as a number, or a long one, is not rounded.
func decodeNumbers(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(into)
}

func textOf(id any) string {
	switch v := id.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

func (d *decoder) geometry(f Feature, data []byte) error {
	mp, problem, err := readGeometry(data, d.limits.Vertices-d.vertices)
	if err != nil {
		return err
	}
	if problem != nil {
		return d.refuse(f, *problem)
	}
	for _, polygon := range mp {
		for _, ring := range polygon {
			d.vertices += len(ring)
		}
	}
	return d.keep(f, mp)
}

// readGeometry reads a geometry of at most limit vertices. More of them are an
// error, for they concern the file; all else is a problem of the feature.
func readGeometry(data []byte, limit int) (orb.MultiPolygon, *Problem, error) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if !understood(data, &g) {
		return nil, &Problem{Fault: ErrNotGeoJSON, Note: "a geometry is an object with type and coordinates"}, nil
	}
	p := parser{data: g.Coordinates, limit: limit}
	var mp orb.MultiPolygon
	switch {
	case g.Type != "Polygon" && g.Type != "MultiPolygon":
		return nil, &Problem{Fault: ErrGeometryType, Note: "it is a " + strconv.Quote(shorten(g.Type))}, nil
	case len(g.Coordinates) == 0 || string(g.Coordinates) == "null":
		return nil, &Problem{Fault: ErrEmpty}, nil
	case g.Type == "Polygon":
		mp = orb.MultiPolygon{p.polygon()}
	default:
		mp = p.multi()
	}
	switch {
	case p.err == nil:
		return mp, nil, nil
	case errors.Is(p.err, ErrTooLarge):
		return nil, nil, p.err.With("more vertices than the limit")
	}
	return nil, &Problem{Fault: p.err, Note: p.note, Place: p.last}, nil
}

// DecodeGeometry reads one Polygon or MultiPolygon in GeoJSON that has been
// checked before, as EncodeGeometry writes it. It checks the form and the
// structure (closed rings, finite numbers on the earth), not self-intersection,
// and refuses them with the faults of Decode.
func DecodeGeometry(data []byte) (orb.MultiPolygon, error) {
	mp, problem, err := readGeometry(data, Limits{}.orDefault().Vertices)
	if err == nil && problem == nil {
		problem = checkStructure(mp)
	}
	if err != nil {
		return nil, fmt.Errorf("decoding geometry: %w", err)
	}
	if problem != nil {
		return nil, fmt.Errorf("decoding geometry: %w", problem.fault().In("geometry"))
	}
	return mp, nil
}

// A parser reads coordinates that are already known to be valid JSON. After
// its first fault it reads nothing more.
type parser struct {
	data     []byte
	i        int
	limit    int // of points
	vertices int // read so far
	last     *orb.Point
	err      *fault.Error
	note     string
}

func (p *parser) multi() orb.MultiPolygon {
	return list(p, (*parser).polygon)
}

func (p *parser) polygon() orb.Polygon {
	return list(p, func(p *parser) orb.Ring { return list(p, (*parser).point) })
}

func list[T any](p *parser, element func(*parser) T) []T {
	var out []T
	if !p.take('[') {
		p.refuse(ErrCoordinates, "")
		return out
	}
	if p.take(']') {
		return out
	}
	for p.err == nil {
		out = append(out, element(p))
		if p.take(']') {
			break
		}
		if p.err == nil && !p.take(',') {
			p.refuse(ErrCoordinates, "")
		}
	}
	return out
}

func (p *parser) point() orb.Point {
	var pt orb.Point
	if p.vertices++; p.vertices > p.limit {
		p.refuse(ErrTooLarge, "")
		return pt
	}
	if !p.take('[') {
		p.refuse(ErrCoordinates, "")
		return pt
	}
	pt[0] = p.number()
	if !p.take(',') {
		p.refuse(ErrCoordinates, "a position has two numbers")
	}
	pt[1] = p.number()
	if p.err != nil {
		return pt
	}
	p.last = &pt
	if p.take(',') {
		p.refuse(ErrThreeD, "")
	} else if !p.take(']') {
		p.refuse(ErrCoordinates, "")
	}
	return pt
}

func (p *parser) number() float64 {
	if p.err != nil {
		return 0
	}
	p.space()
	from := p.i
	for p.i < len(p.data) && strings.IndexByte("+-.0123456789eE", p.data[p.i]) >= 0 {
		p.i++
	}
	v, err := strconv.ParseFloat(string(p.data[from:p.i]), 64)
	if errors.Is(err, strconv.ErrRange) && math.IsInf(v, 0) {
		p.refuse(ErrNotFinite, "")
	} else if err != nil && !errors.Is(err, strconv.ErrRange) {
		p.refuse(ErrCoordinates, "a coordinate is not a number")
	}
	return v
}

func (p *parser) take(c byte) bool {
	p.space()
	if p.err == nil && p.i < len(p.data) && p.data[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) space() {
	for p.i < len(p.data) && (p.data[p.i] == ' ' || p.data[p.i] == '\n' || p.data[p.i] == '\t' || p.data[p.i] == '\r') {
		p.i++
	}
}

// refuse keeps the first fault.
func (p *parser) refuse(err *fault.Error, note string) {
	if p.err == nil {
		p.err, p.note = err, note
	}
}

// understood decodes data into v, and reports whether it has that form.
func understood(data []byte, v any) bool { return json.Unmarshal(data, v) == nil }
