package geo

import (
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
		if h.contains(lon, lat) {
			return true
		}
	}
	return false
}

// holesOf returns the holes of the union of geometries that share their
// borders exactly.
func holesOf(all []orb.MultiPolygon) []orb.Ring {
	var border []arrow
	for _, mp := range all {
		border = append(border, arrows(mp)...)
	}
	return enclosed(cancel(border))
}

// meanWidth is twice the area over the perimeter, in metres.
func meanWidth(ring orb.Ring) float64 {
	length := orbgeo.Length(ring)
	if length == 0 {
		return 0
	}
	return 2 * max(orbgeo.Area(ring), -orbgeo.Area(ring)) / length
}
