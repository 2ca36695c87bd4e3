package desk

import (
	"context"
	"math"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store"
)

// AreaFindings is how an area fitted its neighbours when its border was saved
// by hand. It is kept beside the area, for the person who drew it.
type AreaFindings struct {
	At   time.Time     `json:"at"`   // the day whose areas were looked at
	List []AreaFinding `json:"list"` // the worst of each kind, the worst first; empty when all is well
	More int           `json:"more"` // findings that the list leaves out

	Totals map[geo.FindingKind]int `json:"totals"` // of all that was found

	// Version is set beside a version that the edit ended: the findings are
	// about this one, which began then.
	Version geo.AreaID `json:"version,omitempty"`
}

// An AreaFinding is a geo.Finding in one language. Measures are on the WGS84
// ellipsoid.
type AreaFinding struct {
	Text     string          `json:"text"` // what was found and what to do
	Kind     geo.FindingKind `json:"kind"`
	Severity geo.Severity    `json:"severity"`
	Areas    []string        `json:"areas"`  // codes of the areas it is about
	Place    orb.Point       `json:"place"`  // lon,lat of a point in it
	AreaM2   float64         `json:"areaM2"` // square metres; 0 for what has no area
	WidthM   float64         `json:"widthM"` // metres
	Count    int             `json:"count"`  // how many places it stands for
}

const (
	mostOfKind  = 8    // findings of each kind, of those that are kept beside an area
	nearDegrees = 0.01 // more than a survey calls near, as far north as there are areas
)

// FindAround says how the area that an edit leaves fits its neighbours at now,
// or on its first day when that is later: gaps, overlaps and slivers with place
// and size, in lang. It reads the borders of what lies near and no others.
//
// It returns nil for what is meant to lie over others, overlays and areas with
// a selector, and for an area that has ended.
func FindAround(ctx context.Context, s *store.Store, edit AreaEdit, now time.Time, lang string) (*AreaFindings, error) {
	a, at := edit.Is[len(edit.Is)-1], now
	if a.ValidFrom.After(now) {
		at = a.ValidFrom
	}
	if a.Kind == geo.Overlay || a.Selector.Specificity() > 0 || !a.ValidAt(at) {
		return nil, nil // nothing to say is no failure
	}
	near, err := s.AreasNear(ctx, a.Kind, a.Geometry.Bound(), nearDegrees, at)
	if err != nil {
		return nil, err
	}
	areas := []geo.Area{a}
	for _, n := range near {
		if n.ID != a.ID && (edit.Was == nil || n.ID != edit.Was.ID) {
			areas = append(areas, n)
		}
	}
	found := geo.Survey(areas, geo.SurveyOptions{At: at, Kinds: []geo.Kind{a.Kind}, Around: []string{a.Code}, Most: mostFindings})
	return keptFindings(found, at, lang), nil
}

// keptFindings takes the worst of each kind: a hundred overlaps must not hide
// one gap.
func keptFindings(found geo.SurveyReport, at time.Time, lang string) *AreaFindings {
	out := &AreaFindings{At: at.UTC(), List: []AreaFinding{}, Totals: found.Totals}
	of := map[geo.FindingKind]int{}
	for _, f := range found.Findings {
		if of[f.Kind]++; of[f.Kind] > mostOfKind {
			continue
		}
		one := AreaFinding{
			Text: f.Text, Kind: f.Kind, Severity: f.Severity, Areas: f.Areas, Count: f.Count,
			Place: orb.Point{rounded(f.Place[0], 7), rounded(f.Place[1], 7)}, AreaM2: rounded(f.AreaM2, 2), WidthM: rounded(f.WidthM, 3),
		}
		if lang == "it" {
			one.Text = f.Italian
		}
		out.List = append(out.List, one)
	}
	out.More = len(found.Findings) + found.Left - len(out.List)
	return out
}

// rounded is a number with so many decimals: a person reads it.
func rounded(v float64, decimals int) float64 {
	unit := math.Pow10(decimals)
	return math.Round(v*unit) / unit
}
