// Package cluster finds where and when reports lie closer together than they
// should: groups dense in space and time (DBSCAN), cells that had more reports
// than their history expects (Excess), and days that stand out from the same
// weekday of the weeks before (Trend). docs/hotspots.md has the formulas and
// where they come from.
//
// Every answer is the same whatever the order of the input, and on every
// machine.
//
// It refuses to say why: it knows positions and times, not what was reported,
// and it knows no clock, no database and no map.
package cluster

import (
	"math"
	"slices"
	"strconv"

	"github.com/sestante/sestante/fault"
)

// What is wrong with what was handed in.
var (
	ErrPoint = fault.Define(fault.Invalid, "cluster.point",
		"This point cannot be placed: it needs a longitude from -180 to 180, a latitude from -90 to 90 and a time.",
		"Questo punto non si può collocare: servono una longitudine da -180 a 180, una latitudine da -90 a 90 e un istante.")
	ErrParameter = fault.Define(fault.Invalid, "cluster.parameter",
		"This parameter is out of its range.", "Questo parametro è fuori dal suo intervallo.")
)

// A Point is one report, as far as this room is concerned.
type Point struct {
	Lon, Lat float64 // degrees, WGS84
	At       int64   // seconds since 1970, UTC
	ID       string  // breaks ties; need not be unique
}

// Bounds of what can be asked for.
const (
	MinEpsM = 1         // metres
	MaxEpsM = 50_000    // metres; beyond, a chord is no longer a distance
	MaxAt   = 1 << 40   // seconds either side of 1970: 34,000 years
	maxSize = 1<<31 - 2 // points: they are numbered in 32 bits
)

// check returns ErrPoint, with the point's index, for a point that is nowhere
// or never.
func check(points []Point) error {
	if len(points) > maxSize {
		return ErrParameter.In("points").WithIn("at most %d", "al massimo %d", maxSize)
	}
	for i, p := range points {
		// Written so that NaN fails.
		if !(math.Abs(p.Lon) <= 180) || !(math.Abs(p.Lat) <= 90) || p.At > MaxAt || p.At < -MaxAt {
			return ErrPoint.In("points["+strconv.Itoa(i)+"]").WithIn("lon %v, lat %v, at %d", "lon %v, lat %v, istante %d", p.Lon, p.Lat, p.At)
		}
	}
	return nil
}

// before orders points by content: time, then id, then place. Points that
// are equal in it are equal in everything.
func before(p, q *Point) bool {
	switch {
	case p.At != q.At:
		return p.At < q.At
	case p.ID != q.ID:
		return p.ID < q.ID
	case p.Lon != q.Lon:
		return p.Lon < q.Lon
	default:
		return p.Lat < q.Lat
	}
}

// sortMembers puts indexes of points into the order of their content.
func sortMembers(points []Point, members []int32) {
	slices.SortFunc(members, func(a, b int32) int {
		switch {
		case before(&points[a], &points[b]):
			return -1
		case before(&points[b], &points[a]):
			return 1
		default:
			return 0
		}
	})
}
