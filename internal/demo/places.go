package demo

import (
	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// A spot is where a report is from.
type spot struct {
	at        *report.Point // nil: not said, or a site's
	accuracyM float64
	site      site
}

// A site is a branch or a sorting centre with its machines.
type site struct {
	code   string
	assets map[string]string // object type to the asset's id
}

// where picks a place: a site for machines, a point in some district for the
// rest; now and then at sea, on a border, nowhere, or with a poor fix.
func (c *Country) where(i int, t thing) spot {
	if t.org == "" {
		return spot{site: c.sites[c.rnd.IntN(len(c.sites))]}
	}
	if i >= len(fates) {
		switch i % 59 {
		case 11:
			return spot{at: &report.Point{Lon: 11.2, Lat: 40.1}, accuracyM: 15} // the Tyrrhenian: nobody's
		case 12:
			return spot{at: &report.Point{Lon: 12.4578, Lat: 43.9424}, accuracyM: 10} // San Marino: nobody's either
		case 23:
			return spot{} // somebody will have to say where
		}
	}
	accuracyM := 4 + c.rnd.Float64()*20
	if c.rnd.IntN(25) == 0 {
		accuracyM = 400 + c.rnd.Float64()*2000
	}
	p := c.inside(c.district())
	return spot{at: &p, accuracyM: accuracyM}
}

// crowded are districts with a large city: they are reported from more often.
var crowded = map[string]int{"NO2": 2, "NO7": 5, "NE3": 2, "CN1": 2, "CN4": 2, "CE1": 4, "CE2": 3, "SU1": 4, "SU3": 2, "SI1": 2}

// district picks one.
func (c *Country) district() geo.Area {
	var all []geo.Area
	for _, a := range c.areas {
		if a.Kind == geo.District {
			for range max(1, crowded[a.Code]) {
				all = append(all, a)
			}
		}
	}
	return all[c.rnd.IntN(len(all))]
}

// inside picks a point in an area that no other district could claim.
func (c *Country) inside(a geo.Area) report.Point {
	for {
		p := report.Point{
			Lon: a.Bound.Min.Lon() + c.rnd.Float64()*(a.Bound.Max.Lon()-a.Bound.Min.Lon()),
			Lat: a.Bound.Min.Lat() + c.rnd.Float64()*(a.Bound.Max.Lat()-a.Bound.Min.Lat()),
		}
		if got := c.locate(desk.Place{Lon: p.Lon, Lat: p.Lat}); got.Owner != nil && got.Owner.Area == a.ID && got.Outcome == geo.Inside {
			return p
		}
	}
}
