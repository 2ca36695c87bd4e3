package report

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/sestante/sestante/fault"
)

// Limits of what a person may write, in characters.
const (
	maxText  = 4000 // description, comment, reason (Open311's limit for a description)
	maxShort = 200  // title, address, name, reference
	maxID    = 64   // names other systems give to things
	idLen    = 15   // of a PocketBase record
)

// A check collects the first thing that is wrong with some arguments.
type check struct{ err *fault.Error }

func (c *check) fail(field, format string, args ...any) {
	if c.err == nil {
		c.err = ErrArgs.In(field).With(format, args...)
	}
}

// done returns the first failure as an error, and a true nil without one.
func (c *check) done() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

func (c *check) text(field, s string, limit int) {
	if n := utf8.RuneCountInString(s); n > limit {
		c.fail(field, "%d characters, at most %d", n, limit)
	}
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' {
			c.fail(field, "control character U+%04X", r)
		}
	}
}

func (c *check) words(field, s string) {
	if s == "" {
		c.fail(field, "it is required")
	}
	c.text(field, s, maxText)
}

func (c *check) id(field, s string) {
	if s == "" {
		c.fail(field, "it is required")
		return
	}
	c.optionalID(field, s)
}

func (c *check) optionalID(field, s string) {
	if s != "" && !ValidID(s) {
		c.fail(field, "an id has %d characters of a-z0-9", idLen)
	}
}

func (c *check) list(field, s string, list []string, optional bool) {
	if (s != "" || !optional) && !oneOf(s, list) {
		c.fail(field, "one of %v", list)
	}
}

func (c *check) point(p *Point, accuracyM float64, source PointSource) {
	if p != nil && !(math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90) {
		c.fail("point", "longitude within 180 and latitude within 90 degrees")
	}
	if !(accuracyM >= 0 && accuracyM <= 1e6) {
		c.fail("accuracyM", "metres, from 0 to 1000000")
	}
	if p == nil && source != "" {
		c.fail("pointSource", "there is no point")
	}
	if p != nil && !oneOf(source, pointSources) {
		c.fail("pointSource", "one of %v", pointSources)
	}
}

func (c *check) date(field string, d Date) {
	if t, err := time.Parse(time.DateOnly, string(d)); err != nil || t.Year() < 2000 {
		c.fail(field, "a day written 2006-01-02")
	}
}

func (c *check) moment(field string, t time.Time) {
	if t.Year() < 2000 || t.Year() > 9999 {
		c.fail(field, "a moment written 2006-01-02T15:04:05Z")
	}
}

func (c *check) optionalMoment(field string, t *time.Time) {
	if t != nil {
		c.moment(field, *t)
	}
}

func (c *check) priority(field string, p, least int) {
	if p < least || p > 4 {
		c.fail(field, "from %d to 4", least)
	}
}

// ValidID reports whether s has the form of a record id: 15 characters of
// a-z0-9.
func ValidID(s string) bool {
	if len(s) != idLen {
		return false
	}
	for _, r := range []byte(s) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}
