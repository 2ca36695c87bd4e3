package geo

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// A topology is a TopoJSON document (specification 1.0.0): shapes made of
// arcs that neighbours share, so that a shared border has one set of points.
type topology struct {
	Transform *struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Objects map[string]json.RawMessage `json:"objects"`
	Arcs    json.RawMessage            `json:"arcs"`
}

// A topoObject is one object of a topology: a collection or a shape.
type topoObject struct {
	Type       string            `json:"type"`
	ID         any               `json:"id"`
	Properties map[string]any    `json:"properties"`
	Geometries []json.RawMessage `json:"geometries"`
	Arcs       json.RawMessage   `json:"arcs"`
}

func (d *decoder) topology(data []byte) error {
	var t topology
	if err := json.Unmarshal(data, &t); err != nil {
		return ErrNotGeoJSON.With("the transform or the objects of the topology are malformed")
	}
	layer, err := pickLayer(t.Objects, d.limits.Layer)
	if err != nil {
		return err
	}
	arcs, err := t.points(d.limits.Vertices)
	if err != nil {
		return err
	}
	return d.topoObject(layer, arcs, true)
}

func pickLayer(objects map[string]json.RawMessage, name string) (json.RawMessage, error) {
	names := slices.Sorted(maps.Keys(objects))
	if raw, ok := objects[name]; ok {
		return raw, nil
	}
	if len(names) == 1 && name == "" {
		return objects[names[0]], nil
	}
	return nil, ErrLayer.With("it holds %s", shorten(strings.Join(names, ", ")))
}

// points returns the arcs in degrees, of at most limit points together. With a
// transform each position is a whole step from the one before.
func (t topology) points(limit int) ([]orb.LineString, error) {
	p := parser{data: t.Arcs, limit: limit}
	out := list(&p, func(p *parser) orb.LineString { return list(p, (*parser).point) })
	if p.err != nil {
		return nil, p.err.In("arcs").With("%s", p.note)
	}
	for i, line := range out {
		var x, y float64
		for k, step := range line {
			if t.Transform != nil {
				x, y = x+step[0], y+step[1]
				s, o := t.Transform.Scale, t.Transform.Translate
				line[k] = orb.Point{float64(x*s[0]) + o[0], float64(y*s[1]) + o[1]}
			}
			if !finite(line[k]) {
				return nil, ErrNotFinite.In(fmt.Sprintf("arcs[%d]", i))
			}
		}
	}
	return out, nil
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]-p[0]) && !math.IsNaN(p[1]-p[1])
}

// topoObject reads one object. A collection at the top is read element by
// element; one inside another is refused, for it is no area.
func (d *decoder) topoObject(raw json.RawMessage, arcs []orb.LineString, top bool) error {
	f := Feature{Index: len(d.features) + len(d.problems)}
	var o topoObject
	if err := decodeNumbers(raw, &o); err != nil {
		return d.refuse(f, Problem{Fault: ErrNotGeoJSON, Note: "malformed object"})
	}
	if o.Type == "GeometryCollection" && top {
		if len(o.Geometries) > d.limits.Features {
			return ErrTooLarge.With("%d features, the limit is %d", len(o.Geometries), d.limits.Features)
		}
		for _, g := range o.Geometries {
			if err := d.topoObject(g, arcs, false); err != nil {
				return err
			}
		}
		return nil
	}
	f.ID, f.Properties = textOf(o.ID), o.Properties
	return d.topoShape(f, o, arcs)
}

func (d *decoder) topoShape(f Feature, o topoObject, arcs []orb.LineString) error {
	var polygons [][][]int
	var err error
	switch o.Type {
	case "MultiPolygon":
		err = json.Unmarshal(o.Arcs, &polygons)
	case "Polygon":
		polygons = make([][][]int, 1)
		err = json.Unmarshal(o.Arcs, &polygons[0])
	case "":
		return d.refuse(f, Problem{Fault: ErrEmpty})
	default:
		return d.refuse(f, Problem{Fault: ErrGeometryType, Note: "it is a " + shorten(o.Type)})
	}
	if err != nil {
		return d.refuse(f, Problem{Fault: ErrArc, Note: "its arcs are not lists of whole numbers"})
	}
	mp := make(orb.MultiPolygon, 0, len(polygons))
	for _, rings := range polygons {
		polygon := make(orb.Polygon, 0, len(rings))
		for _, indexes := range rings {
			ring, ok := stitch(indexes, arcs, d.limits.Vertices-d.vertices)
			if err := d.count(len(ring)); err != nil {
				return err
			}
			if !ok {
				return d.refuse(f, Problem{Fault: ErrArc})
			}
			polygon = append(polygon, ring)
		}
		mp = append(mp, polygon)
	}
	return d.keep(f, mp)
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
