package desk

import (
	"time"

	"github.com/sestante/sestante/report"
)

// A Hotspots is what a detector found, over what, and how much it can know.
type Hotspots struct {
	Detector HotspotDetector `json:"detector"`
	From     time.Time       `json:"from"` // the window, half open
	To       time.Time       `json:"to"`
	TimeZone string          `json:"timeZone"` // whose days and hours of the week

	EpsM   float64 `json:"epsM"`   // metres: how near is near, or the side of a cell; 0 for trends
	Hours  int     `json:"hours"`  // how soon is soon, or the length of a span; 0 for trends
	MinPts int     `json:"minPts"` // fewer reports are no hot spot
	Q      float64 `json:"q"`      // the share of false discoveries accepted; 0: the detector makes no such promise

	Reports   int            `json:"reports"` // looked at in the window
	Tests     int            `json:"tests"`   // comparisons made, of which those found are what stands out
	Baseline  HotspotHistory `json:"baseline"`
	Notes     []HotspotNote  `json:"notes"` // what to keep in mind, as too little history
	Hotspots  []Hotspot      `json:"hotspots"`
	Truncated bool           `json:"truncated"` // there are more than one answer may hold
}

// A HotspotHistory is how far back there is something to compare with.
type HotspotHistory struct {
	Weeks int       `json:"weeks"` // whole weeks of it; eight are looked at
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// A HotspotNote is something to keep in mind when reading the answer.
type HotspotNote struct {
	Code    string `json:"code"` // little_history, no_position
	English string `json:"english"`
	Italian string `json:"italian"`
}

// A Hotspot is a place and a time with more reports than there should be, and
// why it is said to be one.
type Hotspot struct {
	ID         string          `json:"id"` // the same for the same reports
	Rule       string          `json:"rule"`
	ObjectType *HotspotObject  `json:"objectType,omitempty"` // absent for reports of several
	District   *AreaView       `json:"district,omitempty"`   // that of most of the reports
	From       time.Time       `json:"from"`                 // of the first report, or of the span
	To         time.Time       `json:"to"`
	Count      int             `json:"count"`
	Place      *HotspotPlace   `json:"place,omitempty"` // absent when no report has a position
	Baseline   HotspotExpected `json:"baseline"`
	P          *float64        `json:"p,omitempty"` // the chance of so many reports if nothing had changed; absent where none can be told
	Q          *float64        `json:"q,omitempty"` // the least share of false discoveries at which it is one
	Reports    []HotspotReport `json:"reports"`     // at most five hundred, the oldest first
	English    string          `json:"english"`     // why, in a sentence
	Italian    string          `json:"italian"`
}

// A HotspotObject names what was reported.
type HotspotObject struct {
	ID     string `json:"id"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	NameIt string `json:"nameIt"`
}

// A HotspotPlace is where the reports of a hot spot lie.
type HotspotPlace struct {
	Lon     float64    `json:"lon"` // of their centre, degrees, WGS84
	Lat     float64    `json:"lat"`
	RadiusM float64    `json:"radiusM"` // from there to the farthest, metres
	Bound   [4]float64 `json:"bound"`   // west, south, east, north; west > east across 180°
}

// A HotspotExpected is what a hot spot was compared with.
type HotspotExpected struct {
	Expected float64   `json:"expected"` // reports, in a place and time like it
	Weeks    int       `json:"weeks"`    // of history behind that
	From     time.Time `json:"from"`     // of the history
	To       time.Time `json:"to"`

	Reports   int      `json:"reports"`             // in the history of the place
	Median    *float64 `json:"median,omitempty"`    // trends: of the same weekday
	MAD       *float64 `json:"mad,omitempty"`       // trends: the median deviation from it
	Threshold *float64 `json:"threshold,omitempty"` // trends: what the count is above
	Own       *float64 `json:"own,omitempty"`       // excess: expected by the cell's own history alone
	Around    *float64 `json:"around,omitempty"`    // excess: by its neighbours and the whole territory
}

// A HotspotReport is one of the reports that make a hot spot.
type HotspotReport struct {
	ID           report.ID `json:"id"`
	Code         string    `json:"code"`
	RegisteredAt time.Time `json:"registeredAt"`
}

// GeoJSON returns the hot spots that have a place as points, each with
// everything else as its properties.
func (h Hotspots) GeoJSON() FeatureCollection {
	out := FeatureCollection{Type: "FeatureCollection", Features: []Feature{}, Truncated: h.Truncated}
	for _, s := range h.Hotspots {
		if s.Place == nil {
			continue
		}
		codes := make([]string, len(s.Reports))
		for i, r := range s.Reports {
			codes[i] = r.Code
		}
		shown := map[string]any{
			"detector": h.Detector, "rule": s.Rule, "from": s.From, "to": s.To, "count": s.Count, "radiusM": s.Place.RadiusM,
			"bound": s.Place.Bound, "expected": s.Baseline.Expected, "weeks": s.Baseline.Weeks, "p": s.P, "q": s.Q,
			"reports": codes, "english": s.English, "italian": s.Italian, "objectType": nil, "district": nil,
		}
		if s.ObjectType != nil {
			shown["objectType"] = s.ObjectType.Code
		}
		if s.District != nil {
			shown["district"] = s.District.Code
		}
		out.Features = append(out.Features, Feature{
			Type: "Feature", ID: s.ID, Properties: shown,
			Geometry: Geometry{Type: "Point", Coordinates: [2]float64{s.Place.Lon, s.Place.Lat}},
		})
	}
	return out
}
