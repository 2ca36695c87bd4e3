package geo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// features reads the list of a FeatureCollection, one feature at a time.
func (rd *jsonReader) features() error {
	token, err := rd.dec.Token()
	if err != nil {
		return rd.broken(err)
	}
	if token != json.Delim('[') {
		return ErrNotGeoJSON.WithIn("features is not a list", "features non è una lista")
	}
	for rd.dec.More() {
		text := json.RawMessage(rd.text[:0])
		if err := rd.dec.Decode(&text); err != nil {
			return rd.brokenFeature(err)
		}
		rd.text = text
		if err := rd.feature(splitFeature(text), text); err != nil {
			return err
		}
	}
	if _, err := rd.dec.Token(); err != nil {
		return rd.broken(err)
	}
	return nil
}

// A rawFeature is a feature whose parts are still text.
type rawFeature struct {
	kind                     string
	id, properties, geometry json.RawMessage
	malformed                bool
}

func splitFeature(text json.RawMessage) rawFeature {
	var f rawFeature
	f.malformed = !membersOf(text, func(key string, value json.RawMessage) bool {
		switch key {
		case "type":
			f.kind = stringOf(value)
		case "id":
			f.id = value
		case "properties":
			f.properties = value
		case "geometry":
			f.geometry = value
		}
		return true
	})
	return f
}

// splitGeometry returns the type and the coordinates of a geometry; ok is
// false when it is no object.
func splitGeometry(text json.RawMessage) (kind string, coordinates json.RawMessage, ok bool) {
	ok = membersOf(text, func(key string, value json.RawMessage) bool {
		switch key {
		case "type":
			kind = stringOf(value)
		case "coordinates", "geometries": // the latter for a place in them
			coordinates = value
		}
		return true
	})
	return kind, coordinates, ok
}

// stringOf is the text of a value that is a string, and empty for any other.
func stringOf(value json.RawMessage) string {
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	return plainString(value)
}

// next is the frame of the next feature, or the fault that there are too many.
func (rd *jsonReader) next() (Raw, error) {
	raw := Raw{Feature: Feature{Index: len(rd.doc.Features)}}
	if raw.Index >= rd.limits.Features {
		return raw, ErrTooLarge.WithIn("more than %d features", "più di %d elementi", rd.limits.Features)
	}
	return raw, nil
}

func (rd *jsonReader) keep(raw Raw) { rd.doc.Features = append(rd.doc.Features, raw) }

func (rd *jsonReader) refuse(raw Raw, p Problem) error {
	raw.Problem = &p
	rd.keep(raw)
	return nil
}

// feature reads a feature; text is all of it, when it is at hand.
func (rd *jsonReader) feature(f rawFeature, text json.RawMessage) error {
	raw, err := rd.next()
	if err != nil {
		return err
	}
	if f.malformed {
		return rd.refuse(raw, Problem{Fault: ErrNotGeoJSON, Note: fault.Say("a feature is an object with properties and geometry", "un elemento è un oggetto con properties e geometry")})
	}
	var ok bool
	raw.ID = textOf(f.id)
	if raw.Properties, ok, err = rd.properties(f.properties); err != nil {
		return err
	}
	kind, coordinates, isObject := splitGeometry(f.geometry)
	if p := f.misread(text); p != nil {
		p.Place = positionIn(coordinates, 0)
		return rd.refuse(raw, *p)
	}
	switch {
	case !ok:
		return rd.refuse(raw, Problem{Fault: ErrNotGeoJSON, Note: fault.Say("its properties are no object", "le sue properties non sono un oggetto")})
	case f.kind != "Feature":
		return rd.refuse(raw, Problem{Fault: ErrNotGeoJSON, Note: fault.Say("its type is not Feature", "il suo type non è Feature")})
	case isNull(f.geometry):
		return rd.refuse(raw, Problem{Fault: ErrEmpty})
	case !isObject:
		return rd.refuse(raw, Problem{Fault: ErrNotGeoJSON, Note: fault.Say("a geometry is an object with type and coordinates", "una geometria è un oggetto con type e coordinates")})
	}
	return rd.shape(raw, kind, coordinates)
}

// shape reads a geometry into the feature and keeps it.
func (rd *jsonReader) shape(raw Raw, kind string, coordinates json.RawMessage) error {
	if len(rd.doc.Features) >= rd.limits.Features {
		return ErrTooLarge.WithIn("more than %d features", "più di %d elementi", rd.limits.Features)
	}
	g, err := readShape(kind, coordinates, rd.limits.Vertices-rd.vertices)
	if err != nil {
		return err
	}
	if rd.vertices += g.vertices; g.problem != nil {
		return rd.refuse(raw, *g.problem)
	}
	raw.Geometry, raw.Heights = g.polygons, g.heights
	rd.keep(raw)
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// properties reads an object of values. Numbers stay as they are written, so
// that a long code is not rounded; what is itself a list or an object stays
// JSON, for unfolding it could take many times its size. All features together
// may have so many values and no more.
func (rd *jsonReader) properties(text json.RawMessage) (map[string]any, bool, error) {
	if isNull(text) {
		return nil, true, nil
	}
	var err error
	out := map[string]any{}
	ok := membersOf(text, func(key string, value json.RawMessage) bool {
		if rd.values++; rd.values > rd.limits.Values {
			err = ErrTooLarge.WithIn("more than %d properties", "più di %d proprietà", rd.limits.Values)
			return false
		}
		out[key] = valueOf(value)
		return true
	})
	return out, ok, err
}

// valueOf is a string, a json.Number, a bool or nil; what is deeper stays text.
func valueOf(raw json.RawMessage) any {
	switch raw[0] {
	case '"':
		return plainString(raw)
	case 't', 'f':
		return raw[0] == 't'
	case 'n':
		return nil
	case '{', '[':
		return json.RawMessage(bytes.Clone(raw))
	}
	return json.Number(raw)
}

func textOf(id json.RawMessage) string {
	if len(id) == 0 {
		return ""
	}
	switch v := valueOf(id).(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return plainNumber(v)
	}
	return ""
}

// A readGeometry is what one geometry's text came to.
type readGeometry struct {
	polygons orb.MultiPolygon
	vertices int
	heights  *orb.Point
	problem  *Problem
}

// readShape reads a geometry of at most limit vertices. More of them are an
// error, for they concern the file; all else is a problem of the feature.
func readShape(kind string, coordinates json.RawMessage, limit int) (readGeometry, error) {
	p := parser{data: coordinates, limit: limit}
	var g readGeometry
	switch {
	case kind != "Polygon" && kind != "MultiPolygon":
		g.problem = &Problem{Fault: ErrGeometryType, Place: positionIn(coordinates, 0), Note: fault.Say("it is a %s", "è un %s", strconv.Quote(shorten(kind)))}
		return g, nil
	case isNull(coordinates):
		g.problem = &Problem{Fault: ErrEmpty}
		return g, nil
	case kind == "Polygon":
		g.polygons = orb.MultiPolygon{p.polygon()}
	default:
		g.polygons = p.multi()
	}
	g.vertices, g.heights = p.vertices, p.heights
	switch {
	case p.err == nil:
		return g, nil
	case errors.Is(p.err, ErrTooLarge):
		return g, p.err.WithIn("more vertices than the limit", "i vertici superano il limite")
	}
	g.problem = &Problem{Fault: p.err, Note: p.where(), Place: p.last}
	if p.last == nil {
		g.problem.Place = positionIn(coordinates, p.i)
	}
	return g, nil
}

// DecodeGeometry reads one Polygon or MultiPolygon in GeoJSON that has been
// checked before, as EncodeGeometry writes it. It checks the form and the
// structure (closed rings, finite numbers on the earth), not self-intersection,
// and refuses them with the faults of Decode. What goes over the 180th meridian
// is cut there; a third number in a position is left out.
func DecodeGeometry(data []byte) (orb.MultiPolygon, error) {
	var text struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if !understood(data, &text) {
		return nil, fmt.Errorf("decoding geometry: %w", ErrNotGeoJSON.In("geometry").WithIn("a geometry is an object with type and coordinates", "una geometria è un oggetto con type e coordinates"))
	}
	g, err := readShape(text.Type, text.Coordinates, Limits{}.OrDefault().Vertices)
	if err != nil {
		return nil, fmt.Errorf("decoding geometry: %w", err)
	}
	problem := g.problem
	if problem == nil {
		problem = checkRings(g.polygons)
	}
	if problem == nil && leaps(g.polygons) {
		g.polygons, problem = normalise(g.polygons)
	}
	if problem != nil {
		return nil, fmt.Errorf("decoding geometry: %w", problem.fault().In("geometry"))
	}
	return g.polygons, nil
}
