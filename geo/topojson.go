package geo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// A TopoJSON document (specification 1.0.0) holds shapes made of arcs that
// neighbours share, so that a shared border has one set of points.

// maxLayers is how many objects one topology may have: a person names one.
const maxLayers = 1000

// A topoObject is one object of a topology: a collection or a shape. Its parts
// are text until they are counted.
type topoObject struct {
	Type       string          `json:"type"`
	ID         json.RawMessage `json:"id"`
	Properties json.RawMessage `json:"properties"`
	Geometries json.RawMessage `json:"geometries"`
	Arcs       json.RawMessage `json:"arcs"`
}

// objects keeps the text of the object that is asked for, or of the first.
func (rd *jsonReader) objects(m *members) error {
	if token, err := rd.dec.Token(); err != nil {
		return rd.broken(err)
	} else if token != json.Delim('{') {
		return ErrNotGeoJSON.WithIn("the objects of the topology are malformed", "gli oggetti della topologia sono malformati")
	}
	m.objects = map[string]json.RawMessage{}
	for rd.dec.More() {
		token, err := rd.dec.Token()
		var text json.RawMessage
		if err == nil {
			err = rd.dec.Decode(&text)
		}
		if err != nil {
			return rd.broken(err)
		}
		name, _ := token.(string)
		if len(m.objects) > 0 && name != rd.limits.Layer {
			text = nil // only its name matters
		}
		if m.objects[name] = text; len(m.objects) > maxLayers {
			return ErrTooLarge.WithIn("more than %d objects", "più di %d oggetti", maxLayers)
		}
	}
	if _, err := rd.dec.Token(); err != nil {
		return rd.broken(err)
	}
	return nil
}

func pickLayer(objects map[string]json.RawMessage, name string) (string, json.RawMessage, error) {
	names := slices.Sorted(maps.Keys(objects))
	if raw, ok := objects[name]; ok {
		return name, raw, nil
	}
	if len(names) == 1 && name == "" {
		return names[0], objects[names[0]], nil
	}
	return "", nil, ErrLayer.In("layer").WithIn("it holds %s", "contiene %s", listed(names))
}

// arcs reads the arcs, one at a time, as they stand in the file.
func (rd *jsonReader) arcs(m *members) error {
	if token, err := rd.dec.Token(); err != nil {
		return rd.broken(err)
	} else if token != json.Delim('[') {
		return ErrCoordinates.In("arcs")
	}
	for vertices := 0; rd.dec.More(); {
		text := json.RawMessage(rd.text[:0])
		if err := rd.dec.Decode(&text); err != nil {
			return rd.broken(err)
		}
		rd.text = text
		p := parser{data: text, limit: rd.limits.Vertices - vertices}
		m.arcs = append(m.arcs, list(&p, (*parser).point))
		if p.err != nil {
			at := fault.Say("position %d", "posizione %d", p.at)
			return p.err.In(fmt.Sprintf("arcs[%d]", len(m.arcs)-1)).WithWords(fault.Join([]fault.Words{at, p.note}, ": "))
		}
		if vertices += p.vertices; m.heights == nil {
			m.heights = p.heights
		}
	}
	if _, err := rd.dec.Token(); err != nil {
		return rd.broken(err)
	}
	return nil
}

func (rd *jsonReader) topology(m members) error {
	switch {
	case !m.hasObjects:
		return ErrNotGeoJSON.WithIn("the topology has no objects", "la topologia non ha oggetti")
	case !m.arc:
		return ErrCoordinates.In("arcs").WithIn("the topology has none", "la topologia non ne ha")
	}
	name, layer, err := pickLayer(m.objects, rd.limits.Layer)
	if err != nil {
		return err
	}
	rd.doc.Layer = name
	if err := unfold(m.arcs, m.transform); err != nil {
		return err
	}
	return rd.topoLayer(layer, m)
}

// unfold puts arcs in degrees where they stand. With a transform each position
// is a whole step from the one before.
func unfold(arcs []orb.LineString, transform json.RawMessage) error {
	var t struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	}
	plain := isNull(transform)
	if !plain && !understood(transform, &t) {
		return ErrNotGeoJSON.WithIn("the transform of the topology is malformed", "la trasformazione della topologia è malformata")
	}
	for i, line := range arcs {
		var x, y float64
		for k, step := range line {
			if !plain {
				x, y = x+step[0], y+step[1]
				line[k] = orb.Point{float64(x*t.Scale[0]) + t.Translate[0], float64(y*t.Scale[1]) + t.Translate[1]}
			}
			if !finite(line[k]) {
				return ErrNotFinite.In(fmt.Sprintf("arcs[%d]", i)).WithIn("position %d", "posizione %d", k+1)
			}
		}
	}
	return nil
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]-p[0]) && !math.IsNaN(p[1]-p[1])
}

// topoLayer reads one object. A collection is read element by element; one
// inside another is refused, for it is no area.
func (rd *jsonReader) topoLayer(text json.RawMessage, m members) error {
	var o topoObject
	if !understood(text, &o) || o.Type != "GeometryCollection" {
		return rd.topoShape(text, m)
	}
	if isNull(o.Geometries) {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(o.Geometries))
	if token, err := dec.Token(); err != nil || token != json.Delim('[') {
		return ErrNotGeoJSON.WithIn("the geometries of the layer are no list", "le geometrie del livello non sono una lista")
	}
	for dec.More() {
		var g json.RawMessage
		if err := dec.Decode(&g); err != nil {
			return rd.broken(err)
		}
		if err := rd.topoShape(g, m); err != nil {
			return err
		}
	}
	return nil
}

func (rd *jsonReader) topoShape(text json.RawMessage, m members) error {
	raw, err := rd.next()
	if err != nil {
		return err
	}
	var o topoObject
	if !understood(text, &o) {
		return rd.refuse(raw, Problem{Fault: ErrNotGeoJSON, Note: fault.Say("malformed object", "oggetto malformato")})
	}
	var ok bool
	raw.ID = textOf(o.ID)
	if raw.Properties, ok, err = rd.properties(o.Properties); err != nil {
		return err
	}
	shape := rawFeature{id: o.ID, properties: o.Properties}
	if p := shape.misread(text); p != nil {
		p.Place = firstOfArcs(o.Arcs, m.arcs)
		return rd.refuse(raw, *p)
	}
	p := parser{data: o.Arcs, limit: rd.limits.Vertices}
	var polygons [][][]int
	switch {
	case !ok:
		return rd.refuse(raw, Problem{Fault: ErrNotGeoJSON, Note: fault.Say("its properties are no object", "le sue properties non sono un oggetto")})
	case o.Type == "":
		return rd.refuse(raw, Problem{Fault: ErrEmpty})
	case o.Type == "MultiPolygon":
		polygons = list(&p, (*parser).arcRings)
	case o.Type == "Polygon":
		polygons = [][][]int{p.arcRings()}
	default:
		return rd.refuse(raw, Problem{Fault: ErrGeometryType, Place: firstOfArcs(o.Arcs, m.arcs), Note: fault.Say("it is a %s", "è un %s", strconv.Quote(shorten(o.Type)))})
	}
	switch {
	case p.err == nil:
		return rd.stitched(raw, polygons, m)
	case p.err.Is(ErrTooLarge):
		return p.err.WithIn("more arcs than the limit has vertices", "gli archi superano il limite dei vertici")
	case p.err.Is(ErrEmpty):
		return rd.refuse(raw, Problem{Fault: ErrEmpty})
	}
	return rd.refuse(raw, Problem{Fault: ErrArc, Place: firstOfArcs(o.Arcs, m.arcs), Note: fault.Say("its arcs are not lists of whole numbers", "i suoi archi non sono liste di numeri interi")})
}

// firstOfArcs is the first position of the first arc that a text names and that
// is there, for a message; nil when there is none.
func firstOfArcs(text []byte, arcs []orb.LineString) *orb.Point {
	for digits := range bytes.FieldsFuncSeq(text, func(r rune) bool { return !isNumber(byte(min(r, 127))) }) {
		i, err := strconv.Atoi(string(digits[:min(len(digits), 20)]))
		if err != nil {
			return nil
		}
		if i < 0 {
			i = ^i
		}
		if i < len(arcs) && len(arcs[i]) > 0 {
			return &arcs[i][0]
		}
	}
	return nil
}

// arcRings reads the arcs of a polygon's rings.
func (p *parser) arcRings() [][]int {
	return list(p, func(p *parser) []int { return list(p, (*parser).whole) })
}

// whole reads a whole number. It counts like a point.
func (p *parser) whole() int {
	if p.vertices++; p.vertices > p.limit {
		p.refuse(ErrTooLarge, fault.Words{})
		return 0
	}
	v := p.number()
	if v != math.Trunc(v) || math.Abs(v) > 1<<31 {
		p.refuse(ErrCoordinates, fault.Words{})
		return 0
	}
	return int(v)
}

// stitched keeps a shape made of arcs.
func (rd *jsonReader) stitched(raw Raw, polygons [][][]int, m members) error {
	raw.Heights = m.heights
	for _, rings := range polygons {
		polygon := make(orb.Polygon, 0, len(rings))
		for _, indexes := range rings {
			ring, ok := stitch(indexes, m.arcs, rd.limits.Vertices-rd.vertices)
			if rd.vertices += len(ring); rd.vertices > rd.limits.Vertices {
				return ErrTooLarge.WithIn("more than %d vertices", "più di %d vertici", rd.limits.Vertices)
			}
			if !ok {
				return rd.refuse(raw, Problem{Fault: ErrArc, Place: somewhere(append(raw.Geometry, orb.Polygon{ring}))})
			}
			polygon = append(polygon, ring)
		}
		raw.Geometry = append(raw.Geometry, polygon)
	}
	rd.keep(raw)
	return nil
}

// stitch joins arcs into a ring: ^i means arc i backwards, and the first point
// of each arc repeats the last of the one before. It stops just past limit
// points, so that a short file cannot unfold into a long ring.
func stitch(indexes []int, arcs []orb.LineString, limit int) (orb.Ring, bool) {
	var ring orb.Ring
	for _, i := range indexes {
		if len(ring) > limit {
			return ring, true
		}
		back := i < 0
		if back {
			i = ^i
		}
		if i >= len(arcs) || len(arcs[i]) == 0 {
			return ring, false
		}
		arc := arcs[i]
		if back {
			arc = slices.Clone(arc)
			slices.Reverse(arc)
		}
		if n := len(ring); n > 0 {
			if ring[n-1] != arc[0] {
				return ring, false
			}
			arc = arc[1:]
		}
		ring = append(ring, arc...)
	}
	return ring, true
}
