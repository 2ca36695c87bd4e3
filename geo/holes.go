package geo

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
)

// HoleWidthM tells a hole of the territory from a gap between neighbours whose
// borders do not quite meet, in metres: twice the area over the perimeter,
// which is the mean width of something long. A place in a hole has no owner; a
// place in a gap goes to the nearest.
const HoleWidthM = 20

// An epoch is a stretch of time in which the same areas are valid. San Marino
// is a hole in no single district: it lies between two. So the holes are those
// of the union of all districts, found when somebody first asks.
type epoch struct {
	from  time.Time // zero in the first one
	areas []orb.MultiPolygon
	once  sync.Once
	holes []*shape
}

// newEpochs returns the epochs in order of time, and the one of the areas
// without an end.
func newEpochs(areas []Area) (all []*epoch, open *epoch) {
	starts := []time.Time{{}}
	for _, a := range areas {
		if coversTerritory(a) {
			starts = append(starts, a.ValidFrom, a.ValidTo)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	starts = slices.CompactFunc(starts, time.Time.Equal)
	open = &epoch{}
	for _, from := range starts {
		all = append(all, &epoch{from: from})
	}
	for _, a := range areas {
		if !coversTerritory(a) {
			continue
		}
		if a.ValidTo.IsZero() {
			open.areas = append(open.areas, a.Geometry)
		}
		for _, e := range all {
			if !e.from.Before(a.ValidFrom) && (a.ValidTo.IsZero() || e.from.Before(a.ValidTo)) {
				e.areas = append(e.areas, a.Geometry)
			}
		}
	}
	return all, open
}

// coversTerritory leaves out overlays and areas for some reports only: a place
// outside them is not a hole.
func coversTerritory(a Area) bool {
	return a.Kind == District && a.Selector.Specificity() == 0
}

func (x *Index) epochAt(at time.Time) *epoch {
	if at.IsZero() {
		return x.open
	}
	found := x.epochs[0]
	for _, e := range x.epochs {
		if at.Before(e.from) {
			break
		}
		found = e
	}
	return found
}

// hole reports whether the place lies in a hole of the territory. It is asked
// only about places that no district contains.
func (e *epoch) hole(lon, lat float64) bool {
	e.once.Do(func() {
		for _, ring := range holesOf(e.areas) {
			if meanWidth(ring) >= HoleWidthM {
				e.holes = append(e.holes, newShape(orb.MultiPolygon{{ring}}))
			}
		}
	})
	for _, h := range e.holes {
		if h.contains(lon, lat) || (lon < 0 && h.contains(lon+360, lat)) {
			return true
		}
	}
	return false
}

// holesOf returns the holes of the union of geometries that share their
// borders exactly. One that lies over the 180th meridian has longitudes from
// there on, beyond 180.
func holesOf(all []orb.MultiPolygon) []orb.Ring {
	var border []arrow
	for _, mp := range all {
		border = append(border, arrows(mp)...)
	}
	border = cancel(border)
	return append(enclosed(border), holesOverSeam(border)...)
}

// holesOverSeam returns the holes that were cut in two with what is around
// them: on the map from 0 to 360, where the seam is no border, they are whole.
// What crosses the meridian of Greenwich is left open there.
func holesOverSeam(border []arrow) []orb.Ring {
	var edges mapEdges
	for _, a := range border {
		edges.add(a.from, a.to)
	}
	cut := edges.seam()
	if len(cut.meridian) == 0 {
		return nil
	}
	var turned []arrow
	for _, a := range border {
		for _, part := range cut.shownOf(a) {
			from, to := part.from, part.to
			for _, p := range []*orb.Point{&from, &to} {
				if p[0] < 0 {
					p[0] += 360
				}
			}
			if way := part.to[0] - part.from[0]; math.Abs(to[0]-from[0]-way) < 1 { // not another way around
				turned = append(turned, arrow{from, to})
			}
		}
	}
	return slices.DeleteFunc(enclosed(turned), func(hole orb.Ring) bool {
		b := hole.Bound()
		return b.Min[0] >= 180 || b.Max[0] <= 180
	})
}

// meanWidth is twice the area over the perimeter, in metres.
func meanWidth(ring orb.Ring) float64 {
	length := orbgeo.Length(ring)
	if length == 0 {
		return 0
	}
	return 2 * max(orbgeo.Area(ring), -orbgeo.Area(ring)) / length
}

// shownOf returns what of a piece of border is not seam.
func (s seam) shownOf(a arrow) []arrow {
	if !s.hides(a.from, a.to) {
		return []arrow{a}
	}
	var out []arrow
	for _, part := range s.shown(a.from, a.to) {
		if a.from[1] > a.to[1] {
			slices.Reverse(part)
		}
		out = append(out, arrow{part[0], part[1]})
	}
	return out
}
