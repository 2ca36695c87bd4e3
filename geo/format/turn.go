package format

import (
	"context"
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/crs"
)

// turn brings every position to WGS84. A system whose standard has northing
// first is read with easting first, as files have it, unless only the other
// way leads to where the boundaries should be.
func (c *checking) turn(ctx context.Context) error {
	if c.system.IsWGS84() {
		return nil
	}
	t := turning{system: c.system}
	if other := !c.system.Degrees() && !c.lands(false) && c.lands(true); other {
		t.swap, t.wrong = true, !c.system.NorthFirst()
		if !t.wrong {
			c.notes.add(NoteAxes.With(c.system.String()))
		}
	}
	for i := range c.raw {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("turning coordinates: %w", err)
		}
		t.turn(&c.raw[i])
	}
	c.notes.add(NoteReprojected.With(c.system.String() + " " + c.system.Name()))
	if m := c.system.AccuracyM(); m > 1 {
		c.notes.add(NoteAccuracy.With(fmt.Sprintf("%s, ±%g m", c.system, m)))
	}
	return nil
}

// A turning is how positions of one file come to WGS84.
type turning struct {
	system crs.System
	swap   bool // northing stands first
	wrong  bool // and its system does not have it so
}

func (t turning) at(p orb.Point) (orb.Point, error) {
	if t.swap {
		p[0], p[1] = p[1], p[0]
	}
	out, err := t.system.ToWGS84(p)
	if over := math.Abs(out[0]) - 180; over > 0 && over < 1e-9 { // the meridian, but for rounding
		out[0] = math.Copysign(180, out[0])
	}
	return out, err
}

func (t turning) turn(raw *geo.Raw) {
	if raw.Problem != nil {
		said := *raw.Problem
		if first := firstPoint(raw.Geometry); said.Place == nil && first != nil && !math.IsNaN(first[0]-first[0]+first[1]-first[1]) {
			said.Place = first
		}
		if said.Place != nil {
			if p, err := t.at(*said.Place); err == nil {
				said.Place = &p
			}
		}
		raw.Problem = &said
		return
	}
	if first := firstPoint(raw.Geometry); first != nil && !t.system.Degrees() && likeDegrees(raw.Geometry) {
		raw.Problem = &geo.Problem{Fault: ErrDegrees, Place: first, Note: fault.Say("they are said to be in %s", "sono dichiarate in %s", t.system)}
		return
	}
	for _, polygon := range raw.Geometry {
		for _, ring := range polygon {
			for k, p := range ring {
				if math.IsNaN(p[0] - p[0] + p[1] - p[1]) {
					continue // geo says so, with the vertex beside it as the place
				}
				out, err := t.at(p)
				switch {
				case err != nil:
					raw.Problem = &geo.Problem{Fault: fault.Of(err), Note: fault.Plain(fmt.Sprintf("%.9g,%.9g in %s", p[0], p[1], t.system))}
					return
				case t.wrong:
					raw.Problem = &geo.Problem{Fault: geo.ErrSwapped, Place: &out, Note: fault.Say("northing stands before easting in %s", "il nord sta prima dell'est in %s", t.system)}
					return
				}
				ring[k] = out
			}
		}
	}
}

// likeDegrees reports whether all positions could be degrees: within that many
// metres of a grid's origin lies no area of anybody's.
func likeDegrees(mp orb.MultiPolygon) bool {
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring {
				if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 180) {
					return false
				}
			}
		}
	}
	return true
}

// firstPoint returns a copy of the first position, or nil.
func firstPoint(mp orb.MultiPolygon) *orb.Point {
	if len(mp) == 0 || len(mp[0]) == 0 || len(mp[0][0]) == 0 {
		return nil
	}
	p := mp[0][0][0]
	return &p
}

// lands reports whether the first position of some feature comes to lie where
// boundaries should be: in Italy, whose systems these are, when that may be
// anywhere.
func (c *checking) lands(swap bool) bool {
	where := c.limits.Expect
	if where == geo.World() {
		where = geo.Italy()
	}
	for _, raw := range c.raw {
		p := firstPoint(raw.Geometry)
		if p == nil {
			continue
		}
		if swap {
			p[0], p[1] = p[1], p[0]
		}
		if out, err := c.system.ToWGS84(*p); err == nil && where.Contains(out) {
			return true
		}
	}
	return false
}
