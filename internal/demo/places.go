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

// oddly is after how many reports the odd places come again.
const oddly = 59

// odd reports whether a report is from one of the odd places, which are dealt
// after the fates and then again and again.
func odd(i int) bool { return i >= len(fates) && (i-len(fates))%oddly < 4 }

// where picks a place: a site for machines, a point in some district for the
// rest; and now and then an odd one.
func (c *Country) where(i int, t thing) spot {
	if odd(i) {
		return c.oddPlace((i - len(fates)) % oddly)
	}
	if t.org == "" {
		return spot{site: c.sites[c.rnd.IntN(len(c.sites))]}
	}
	p := c.inside(c.district())
	return spot{at: &p, accuracyM: 4 + c.rnd.Float64()*20}
}

// oddPlace is at sea, in a country within the country, nowhere, or near a
// border with a poor fix.
func (c *Country) oddPlace(n int) spot {
	switch n {
	case 0:
		return spot{at: &report.Point{Lon: 11.2, Lat: 40.1}, accuracyM: 15} // the Tyrrhenian: nobody's
	case 1:
		return spot{at: &report.Point{Lon: 12.4578, Lat: 43.9424}, accuracyM: 10} // San Marino: nobody's either
	case 2:
		return spot{} // somebody will have to say where
	}
	const poor = 2000
	for {
		p := c.inside(c.district())
		if c.locate(desk.Place{Lon: p.Lon, Lat: p.Lat, AccuracyM: poor}).Uncertain {
			return spot{at: &p, accuracyM: poor}
		}
	}
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
