package format

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/crs"
)

// A Source says where raw features come from.
type Source struct {
	Kind  Kind
	Layer string
	CRS   string // as the file says it: a code, a name or well-known text (see crs.Parse); empty when it does not
	Notes []Note // of the reading
}

// Polygons returns a geometry as the multipolygon of an area, or the problem
// that it is none.
func Polygons(g orb.Geometry) (orb.MultiPolygon, *geo.Problem) {
	switch g := g.(type) {
	case nil:
		return nil, &geo.Problem{Fault: geo.ErrEmpty}
	case orb.MultiPolygon:
		return g, nil
	case orb.Polygon:
		return orb.MultiPolygon{g}, nil
	}
	return nil, &geo.Problem{Fault: geo.ErrGeometryType, Note: fault.Say("it is a %s", "è un %s", strconv.Quote(g.GeoJSONType()))}
}

// Check makes a checked collection of raw features, all in one coordinate
// system: it brings them to WGS84, closes rings that rounding left open, winds
// them, and asks geo whether they may be areas. It takes the features over:
// their geometries are changed in place. Errors are those of Decode.
func Check(ctx context.Context, raw []geo.Raw, src Source, o Options) (Result, error) {
	step := newSteps(o.Progress)
	step.begin(0, 1)
	return check(ctx, raw, src, o, step)
}

func check(ctx context.Context, raw []geo.Raw, src Source, o Options, step *steps) (Result, error) {
	c := checking{raw: raw, limits: o.Limits.OrDefault(), step: step}
	c.notes = append(c.notes, src.Notes...)
	return c.run(ctx, src, o)
}

// A checking is one Check on its way.
type checking struct {
	raw    []geo.Raw
	limits geo.Limits
	system crs.System
	said   bool // somebody named the system
	notes  notes
	step   *steps
}

func (c *checking) run(ctx context.Context, src Source, o Options) (Result, error) {
	if err := c.choose(src, o.CRS); err != nil {
		return Result{}, err
	}
	if err := c.turn(ctx); err != nil {
		return Result{}, err
	}
	checker := geo.NewChecker(c.limits)
	heights := 0
	for i := range c.raw {
		if err := ctx.Err(); err != nil {
			return Result{}, fmt.Errorf("checking boundaries: %w", err)
		}
		raw := c.raw[i]
		c.raw[i] = geo.Raw{} // what is checked is another copy
		if raw.Heights != nil {
			heights++
		}
		c.close(raw.Geometry)
		c.explain(&raw)
		if err := checker.Add(raw); err != nil {
			return Result{}, fmt.Errorf("checking boundaries: %w", err)
		}
		c.step.at(i+1, len(c.raw))
	}
	if heights > 0 {
		c.notes.add(NoteHeights.With(strconv.Itoa(heights)))
	}
	collection, err := checker.Collection()
	if err != nil {
		return Result{}, err
	}
	for _, n := range []struct {
		note Note
		is   func(geo.Feature) bool
	}{
		{NoteCut, func(f geo.Feature) bool { return f.Cut }},
		{NoteLost, lost},
		{NoteExtent, func(f geo.Feature) bool { return !f.Geometry.Bound().Intersects(c.limits.Expect) }},
	} {
		if names := named(collection, c.limits.Code, n.is); names != "" {
			c.notes.add(n.note.With(names))
		}
	}
	c.step.finish()
	return Result{
		Collection: collection, Kind: src.Kind, Layer: src.Layer,
		CRS: c.system.String(), AccuracyM: c.system.AccuracyM(), Notes: c.notes,
	}, nil
}

// maxNamed is how many features a note names.
const maxNamed = 12

// lost reports whether a text of the feature has the character that stands for
// one that could not be read.
func lost(f geo.Feature) bool {
	for name, v := range f.Properties {
		if text, ok := v.(string); ok && strings.ContainsRune(text, utf8.RuneError) || strings.ContainsRune(name, utf8.RuneError) {
			return true
		}
	}
	return strings.ContainsRune(f.ID, utf8.RuneError)
}

// named names the features of which something is so.
func named(c geo.Collection, code string, is func(geo.Feature) bool) string {
	var names []string
	for _, f := range c.Features {
		switch {
		case !is(f):
		case len(names) == maxNamed:
			return strings.Join(append(names, "…"), ", ")
		default:
			names = append(names, strings.TrimSpace(fmt.Sprintf("features[%d] %s", f.Index, f.Label(code))))
		}
	}
	return strings.Join(names, ", ")
}

// choose settles which system the coordinates are in: what the file says, or
// what the caller says, or WGS84.
func (c *checking) choose(src Source, given string) error {
	c.system, c.said = crs.WGS84(), true
	var wanted crs.System
	if given != "" {
		var err error
		if wanted, err = crs.Parse(given); err != nil {
			return fmt.Errorf("choosing the coordinate system: %w", err)
		}
	}
	if src.CRS == "" {
		c.system, c.said = wanted, given != ""
		if !c.said && src.Kind != GeoJSON && src.Kind != TopoJSON { // theirs is WGS84 by their standards
			c.notes.add(NoteCRSAssumed)
		}
		return nil
	}
	said, err := crs.Parse(src.CRS)
	switch {
	case err == nil:
		c.system = said
	case given == "":
		return fmt.Errorf("choosing the coordinate system: %w", err)
	default:
		c.system = wanted
		c.notes.add(NoteCRSGiven.With(wanted.String()))
	}
	if given != "" && wanted.String() != c.system.String() {
		c.notes.add(NoteCRSKept.With(c.system.String() + " ≠ " + wanted.String()))
	}
	return nil
}

// closes is how far apart the ends of a ring may lie to be one point that was
// rounded twice, in degrees: a millimetre.
const closes = 1e-8

func (c *checking) close(mp orb.MultiPolygon) {
	for _, polygon := range mp {
		for _, ring := range polygon {
			n := len(ring)
			if n < 4 || ring[0] == ring[n-1] {
				continue
			}
			if first, last := ring[0], ring[n-1]; math.Abs(first[0]-last[0]) <= closes && math.Abs(first[1]-last[1]) <= closes {
				ring[n-1] = first
				c.notes.add(NoteClosed)
			}
		}
	}
}

// guesses are the systems that metres without a name are tried in.
var guesses = []int{32632, 32633, 3003, 3004, 7794, 7795, 3035, 3857}

// explain adds to metres in a file without a system which systems would put
// them where they should be. None is chosen: two zones may both look right.
func (c *checking) explain(raw *geo.Raw) {
	p := firstPoint(raw.Geometry)
	if c.said || raw.Problem != nil || p == nil || !(max(math.Abs(p[0]), math.Abs(p[1])) > 360) { // also NaN
		return
	}
	var fits []string
	for _, code := range guesses {
		if c.limits.Expect == geo.World() {
			break // everything is in the right part
		}
		s, err := crs.Lookup(code)
		if err != nil {
			continue
		}
		if out, err := s.ToWGS84(*p); err == nil && c.limits.Expect.Contains(out) {
			fits = append(fits, s.String())
		}
	}
	note := fault.Say("the file names no coordinate system: name it", "il file non indica un sistema di coordinate: indicalo")
	if fits != nil {
		note = fault.Say("the file names no coordinate system; it would lie in the right part of the world in %s: name the right one",
			"il file non indica un sistema di coordinate; starebbe nella parte giusta del mondo in %s: indica quello giusto", strings.Join(fits, ", "))
	}
	raw.Problem = &geo.Problem{Fault: geo.ErrMetres, Place: p, Note: note}
}
