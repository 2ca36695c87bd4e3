package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/tile"
)

// AreaTile returns one tile of the areas of some kinds in force at a moment:
// polygons with code, name, kind and id, the borders between them as lines, and
// for each area one point where its name can stand. No kinds are those that own
// reports; a zero moment is now. Borders are simplified for the zoom, and
// neighbours keep their border in common: it is for drawing, and says nothing
// exact about who is responsible.
func (d *Desk) AreaTile(ctx context.Context, at tile.Address, kinds []geo.Kind, day time.Time) (MapTile, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return MapTile{}, err
	}
	if day.IsZero() {
		day = d.now()
	}
	if len(kinds) == 0 {
		kinds = slices.DeleteFunc(geo.Kinds(), func(k geo.Kind) bool { return !k.Owns() })
	}
	var maps []*areaMap
	var keys []string
	for _, kind := range kinds {
		m := d.live.areas.of(r, kind, day)
		maps, keys = append(maps, m), append(keys, m.key)
	}
	return d.live.tiles.get(fmt.Sprintf("areas %s %s %v", at, r.stamp, keys), packTight, func() []byte { return drawAreas(at, maps) })
}

// drawAreas makes a tile.
func drawAreas(at tile.Address, maps []*areaMap) []byte {
	areas, borders, labels := tile.NewLayer(LayerAreas), tile.NewLayer(LayerBorders), tile.NewLayer(LayerLabels)
	for _, m := range maps {
		m.draw(at, areas, borders, labels)
	}
	return tile.Encode(areas, borders, labels)
}

// An areaMap is the areas of one kind, ready to be drawn.
type areaMap struct {
	key    string
	kind   geo.Kind
	stamp  string // of the state of all areas that they are of
	spell  spell
	areas  []geo.Area
	labels []tile.Key // where names stand; 0 for an area without extent
	cut    sync.Once
	shared *geo.Borders
	levels [len(levelZooms)]areaLevel
}

// An areaLevel is the areas simplified for one zoom.
type areaLevel struct {
	once    sync.Once
	shapes  []tile.Shape
	borders tile.Path
}

// levelZooms are the zooms that areas are simplified for; beyond the last they
// are drawn as they are.
var levelZooms = [...]int{2, 4, 6, 8, 10, 12, tile.MaxZoom}

// areaMaps keeps the sets of areas that were asked for last.
type areaMaps struct {
	mu   sync.Mutex
	kept []*areaMap // the last used first
}

// keptAreaMaps bounds how many are kept: every kind today, and a look back.
const keptAreaMaps = 12

// A spell is a time in which the same areas are in force; a zero end is open.
type spell struct{ from, to time.Time }

func (s spell) holds(day time.Time) bool {
	return !day.Before(s.from) && (s.to.IsZero() || day.Before(s.to))
}

// narrow ends the spell where something changes.
func (s *spell) narrow(at, day time.Time) {
	switch {
	case at.IsZero():
	case !day.Before(at) && at.After(s.from):
		s.from = at
	case day.Before(at) && (s.to.IsZero() || at.Before(s.to)):
		s.to = at
	}
}

// of returns the areas of a kind at a moment, ready to be drawn.
func (m *areaMaps) of(r *router, kind geo.Kind, day time.Time) *areaMap {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.kept, func(o *areaMap) bool { return o.stamp == r.stamp && o.kind == kind && o.spell.holds(day) })
	if i < 0 {
		m.kept = slices.DeleteFunc(m.kept, func(o *areaMap) bool { return o.stamp != r.stamp }) // the areas have changed since
		m.kept = slices.Insert(m.kept, 0, newAreaMap(r, kind, day))
		m.kept = m.kept[:min(len(m.kept), keptAreaMaps)]
		return m.kept[0]
	}
	found := m.kept[i]
	m.kept = slices.Insert(slices.Delete(m.kept, i, i+1), 0, found)
	return found
}

func newAreaMap(r *router, kind geo.Kind, day time.Time) *areaMap {
	m := &areaMap{kind: kind, stamp: r.stamp}
	for _, a := range r.index.Areas() {
		if a.Kind != kind {
			continue
		}
		m.spell.narrow(a.ValidFrom, day)
		m.spell.narrow(a.ValidTo, day)
		if a.ValidAt(day) {
			m.areas = append(m.areas, a)
		}
	}
	m.key = fmt.Sprintf("%s@%d", kind, m.spell.from.Unix())
	return m
}

// level returns the areas simplified for a zoom.
func (m *areaMap) level(z uint8) *areaLevel {
	m.cut.Do(func() {
		shapes := make([]orb.MultiPolygon, len(m.areas))
		for i, a := range m.areas {
			shapes[i] = a.Geometry
			key := tile.Key(0)
			if at, ok := tile.Label(a.Geometry); ok {
				key = tile.KeyOf(at[0], at[1])
			}
			m.labels = append(m.labels, key)
		}
		m.shared = geo.NewBorders(shapes)
	})
	i := slices.IndexFunc(levelZooms[:], func(zoom int) bool { return int(z) <= zoom })
	l := &m.levels[i]
	l.once.Do(func() {
		tolerance := 0.0 // as they are
		if zoom := levelZooms[i]; zoom < tile.MaxZoom {
			tolerance = 360.0 / float64(int(tile.Extent)<<zoom) // a unit of a tile
		}
		simple := m.shared.Simplify(tolerance)
		for _, mp := range simple {
			l.shapes = append(l.shapes, tile.NewShape(mp))
		}
		l.borders = tile.NewPath(tile.Borders(simple))
	})
	return l
}

// draw adds what a tile has of the areas.
func (m *areaMap) draw(at tile.Address, areas, borders, labels *tile.Layer) {
	level := m.level(at.Z)
	tell := func(l *tile.Layer, a geo.Area) {
		l.Text("id", string(a.ID))
		l.Text("code", a.Code)
		l.Text("name", a.Name)
		l.Text("kind", string(a.Kind))
	}
	for i, a := range m.areas {
		if areas.Polygon(at, level.shapes[i]) {
			tell(areas, a)
		}
		if m.labels[i] != 0 && at.Holds(m.labels[i]) {
			labels.Point(at.Place(m.labels[i]))
			tell(labels, a)
		}
	}
	if borders.Line(at, level.borders) {
		borders.Text("kind", string(m.kind))
	}
}

// AreaBound returns the box around every area in force, in degrees: west, south,
// east, north. It is false when there is none.
func (d *Desk) AreaBound(ctx context.Context) ([4]float64, bool, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return [4]float64{}, false, err
	}
	var b orb.Bound
	found := false
	for _, a := range r.index.Areas() {
		switch {
		case !a.ValidAt(d.now()):
		case !found:
			b, found = a.Bound, true
		default:
			b = b.Union(a.Bound)
		}
	}
	return [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, found, nil
}
