package geo

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/paulmach/orb"
)

// Limits say what an import may hold. The zero value means the defaults.
type Limits struct {
	Bytes    int64 // of the file; default 64 MiB
	Features int   // default 50,000
	Vertices int   // of all rings together; default 4,000,000
	Values   int   // properties of all features together; default 2,000,000
	Problems int   // how many to report before giving up; default 100

	// Expect is where the boundaries should be. A feature that lies wholly
	// outside it, and would not if its axes were swapped, is refused as
	// swapped. The zero bound means Italy; World switches the question off.
	Expect orb.Bound

	// Within asks that every feature meets Expect, and refuses the others with
	// ErrExtent.
	Within bool

	// Code names the property that holds a feature's code. When it is not
	// empty, a feature without it and two with the same are refused. The name
	// "id" means the member id of the feature when there is no such property.
	Code string

	// Name and Priority name the properties that hold a feature's name and its
	// priority. When they are not empty, a feature that has something else there
	// is refused, with ErrWords and ErrPriority; one that has nothing is not.
	Name, Priority string

	// Inflated is how many bytes may come out of an archive, all its parts
	// together; default eight times Bytes.
	Inflated int64

	// Layer names the layer of the file that is meant (the object of a
	// TopoJSON, the shapefile of a zip); it may be empty when there is only one.
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

// OrDefault returns the limits with a default where they say nothing.
func (l Limits) OrDefault() Limits {
	l.Bytes = cmp.Or(l.Bytes, 64<<20)
	l.Features = cmp.Or(l.Features, 50_000)
	l.Vertices = cmp.Or(l.Vertices, 4_000_000)
	l.Values = cmp.Or(l.Values, 2_000_000)
	l.Inflated = cmp.Or(l.Inflated, 8*l.Bytes)
	l.Problems = cmp.Or(l.Problems, 100)
	if l.Expect == (orb.Bound{}) {
		l.Expect = italy
	}
	return l
}

// A Collection is what a file holds, checked: every geometry is a valid
// multipolygon in WGS84 lon,lat, wound and cut at the 180th meridian as RFC 7946
// asks.
type Collection struct {
	Features []Feature
}

// Decode reads boundaries in GeoJSON (a FeatureCollection, a Feature, a bare
// geometry, or a sequence of them) or in TopoJSON. It refuses the file as a
// whole: with one fault when the file itself is wrong (ErrNotJSON,
// ErrTruncated, ErrNotGeoJSON, ErrCRS, ErrLayer, ErrTooLarge, ErrNoFeatures),
// otherwise with Problems, which name every bad feature and the place of its
// error. Other errors come from r.
//
// A border that goes over the 180th meridian is cut there, and its feature says
// so: a side longer than 180 degrees of longitude is taken to go the shorter
// way. A border that goes around the earth holds the pole on its side of the
// equator. What cannot be cut so is refused with ErrAntimeridian.
//
// It takes WGS84 only. A third number in a position, its height, is left out, and
// the feature says so: an area has none. The room geo/format reads other systems
// and other files, and says what it left out.
func Decode(r io.Reader, limits Limits) (Collection, error) {
	doc, err := Read(r, limits)
	if err == nil {
		err = checkCRS(doc.CRS)
	}
	if err != nil {
		return Collection{}, fmt.Errorf("decoding boundaries: %w", err)
	}
	c := NewChecker(limits)
	for i := range doc.Features {
		raw := doc.Features[i]
		doc.Features[i] = Raw{} // checked is another copy
		if err := c.Add(raw); err != nil {
			return Collection{}, fmt.Errorf("decoding boundaries: %w", err)
		}
	}
	return c.Collection()
}

// checkCRS accepts no name and those of WGS84 in lon,lat. The member crs was
// removed by RFC 7946, but older files carry it.
func checkCRS(name string) error {
	upper := strings.ToUpper(name)
	if name == "" || strings.HasSuffix(upper, "CRS84") || (strings.HasSuffix(upper, ":4326") && strings.Contains(upper, "EPSG")) {
		return nil
	}
	return ErrCRS.With("%q", shorten(name))
}

// A Checker looks at features one after the other and gathers those that may
// become areas, and the problems of those that may not.
type Checker struct {
	limits   Limits
	features []Feature
	problems Problems
	codes    map[string]int // code → index of the feature that has it
	vertices int
	seen     int
}

// NewChecker returns a Checker without features. Of the limits it asks
// Features, Vertices, Problems, Expect and Code.
func NewChecker(limits Limits) *Checker {
	return &Checker{limits: limits.OrDefault(), codes: map[string]int{}}
}

// Add looks at one feature, whose geometry is in WGS84, lon,lat. Its problem is
// kept for Collection; an error is ErrTooLarge, or Problems when there are as
// many as Limits allows, and ends the work.
func (c *Checker) Add(raw Raw) error {
	if c.seen++; c.seen > c.limits.Features {
		return ErrTooLarge.WithIn("more than %d features", "più di %d elementi", c.limits.Features)
	}
	for _, polygon := range raw.Geometry {
		for _, ring := range polygon {
			c.vertices += len(ring)
		}
	}
	if c.vertices > c.limits.Vertices {
		return ErrTooLarge.WithIn("more than %d vertices", "più di %d vertici", c.limits.Vertices)
	}
	f, p := raw.Feature, raw.Problem
	if p == nil {
		f.Geometry, p = c.check(raw.Feature)
		f.Cut, f.Flattened = p == nil && leaps(raw.Geometry), raw.Heights != nil
	}
	if p == nil {
		c.features = append(c.features, f)
		return nil
	}
	if c.problems = append(c.problems, raw.identified(*p, c.limits.Code)); len(c.problems) >= c.limits.Problems {
		return c.problems
	}
	return nil
}

// check asks what a feature needs, and returns its geometry normalised.
func (c *Checker) check(f Feature) (orb.MultiPolygon, *Problem) {
	if p := checkPlace(f.Geometry, c.limits.Expect); p != nil {
		return nil, p
	}
	mp, p := normalise(f.Geometry)
	if p == nil && c.limits.Within {
		p = checkExtent(mp, c.limits.Expect)
	}
	if p == nil {
		p = checkGeometry(mp)
	}
	if p != nil || c.limits.Code == "" {
		return mp, p
	}
	code := f.Text(c.limits.Code)
	if code == "" {
		return nil, f.codeMissing(c.limits.Code)
	}
	if p := f.naming(c.limits.Code, c.limits.Name, c.limits.Priority); p != nil {
		return nil, p
	}
	if first, ok := c.codes[code]; ok {
		twice := codeTwice(first)
		return nil, &twice
	}
	c.codes[code] = f.Index
	return mp, nil
}

// Collection returns what was added, or the Problems of it, or ErrNoFeatures.
func (c *Checker) Collection() (Collection, error) {
	switch {
	case len(c.problems) > 0:
		return Collection{}, fmt.Errorf("decoding boundaries: %w", c.problems)
	case len(c.features) == 0:
		return Collection{}, fmt.Errorf("decoding boundaries: %w", ErrNoFeatures)
	}
	return Collection{Features: c.features}, nil
}
