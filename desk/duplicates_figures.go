package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What can go wrong with the figures on duplicates.
var (
	ErrNoFigures = fault.Define(fault.NotFound, "duplicates.figures",
		"There are no such figures, or they are not for you.", "Questi dati non esistono o non sono visibili per te.")
	ErrPeriod = fault.Define(fault.Invalid, "duplicates.period",
		"A period begins before it ends, each a day (2026-11-20) or a moment (2026-11-20T08:00:00Z).",
		"Un periodo comincia prima di finire; inizio e fine sono un giorno (2026-11-20) o un istante (2026-11-20T08:00:00Z).")
)

// readers of figures are the roles that answer for the service as a whole.
var figureReaders = []report.Role{report.RoleServiceManager, report.RoleCoordinator, report.RoleL2, report.RoleAdmin, report.RoleAuditor, report.RoleSystem}

// DuplicateCounts say how often suggestions were shown and what became of them.
// A suggestion that was shown again for the same report counts once.
type DuplicateCounts struct {
	Shown         int     `json:"shown"`
	Accepted      int     `json:"accepted"`      // linked as duplicates, or followed instead
	Dismissed     int     `json:"dismissed"`     // somebody said that it is another thing
	Ignored       int     `json:"ignored"`       // neither
	AcceptedShare float64 `json:"acceptedShare"` // accepted of shown, 0 to 1
}

func (c *DuplicateCounts) add(n store.DuplicateCount) {
	c.Shown += n.Shown
	c.Accepted += n.Accepted
	c.Dismissed += n.Dismissed
	c.Ignored = c.Shown - c.Accepted - c.Dismissed
	if c.Shown > 0 {
		c.AcceptedShare = float64(c.Accepted) / float64(c.Shown)
	}
}

// DuplicatesByObject are the counts for reports of one thing.
type DuplicatesByObject struct {
	ObjectType string `json:"objectType"` // id; empty is any other thing
	Code       string `json:"code"`
	Object     string `json:"object"` // its name
	DuplicateCounts
}

// DuplicatesByRank are the counts of what stood at one place of the list.
type DuplicatesByRank struct {
	Rank int `json:"rank"` // from 1
	DuplicateCounts
}

// DuplicatesByDistance are the counts of what lay in one band.
type DuplicatesByDistance struct {
	OverM float64  `json:"overM"`           // metres, more than; the first band has 0 in it
	UpToM *float64 `json:"upToM,omitempty"` // metres, at most; absent for the last band
	DuplicateCounts
}

// DuplicateFigures say how often people took what was suggested.
type DuplicateFigures struct {
	From       time.Time              `json:"from"`
	To         time.Time              `json:"to"` // not in it any more
	Total      DuplicateCounts        `json:"total"`
	ByObject   []DuplicatesByObject   `json:"byObject"`
	ByRank     []DuplicatesByRank     `json:"byRank"`
	ByDistance []DuplicatesByDistance `json:"byDistance"`
}

// bands are the upper ends of the bands of distance, in metres.
var bands = []float64{5, 10, 25, 50, 100, 250}

// DuplicateFigures returns how often people took suggestions that were first
// shown between the two, each a day of the service, which counts whole, or a
// moment; empty: the last 30 days. The errors are ErrNoFigures for whoever does
// not answer for the service, and ErrPeriod.
func (d *Desk) DuplicateFigures(ctx context.Context, who report.Actor, from, to, lang string) (DuplicateFigures, error) {
	if !slices.ContainsFunc(who.Grants, func(g report.Grant) bool { return slices.Contains(figureReaders, g.Role) }) {
		return DuplicateFigures{}, ErrNoFigures
	}
	out := DuplicateFigures{ByObject: []DuplicatesByObject{}, ByRank: []DuplicatesByRank{}, ByDistance: bandsOf()}
	var err error
	if out.From, out.To, err = d.period(from, to); err != nil {
		return DuplicateFigures{}, err
	}
	if err := d.keepShown(ctx); err != nil {
		return DuplicateFigures{}, err
	}
	if err := d.keepFollowed(ctx, nil); err != nil {
		return DuplicateFigures{}, err
	}
	counts, err := d.store.CountDuplicates(ctx, out.From, out.To, bands)
	if err != nil {
		return DuplicateFigures{}, err
	}
	kinds, err := d.store.ObjectKinds(ctx)
	if err != nil {
		return DuplicateFigures{}, err
	}
	for _, n := range counts {
		out.Total.add(n)
		out.ofObject(n.ObjectType, kinds, lang).add(n)
		out.ofRank(n.Rank).add(n)
		out.ByDistance[n.Band].add(n)
	}
	slices.SortFunc(out.ByObject, func(a, b DuplicatesByObject) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortFunc(out.ByRank, func(a, b DuplicatesByRank) int { return cmp.Compare(a.Rank, b.Rank) })
	return out, nil
}

func bandsOf() []DuplicatesByDistance {
	out := make([]DuplicatesByDistance, len(bands)+1)
	for i, b := range bands {
		out[i].UpToM, out[i+1].OverM = &b, b
	}
	return out
}

func (f *DuplicateFigures) ofObject(id string, kinds []store.ObjectKind, lang string) *DuplicateCounts {
	for i := range f.ByObject {
		if f.ByObject[i].ObjectType == id {
			return &f.ByObject[i].DuplicateCounts
		}
	}
	one := DuplicatesByObject{ObjectType: id}
	for _, k := range kinds {
		if k.ID == id && id != "" {
			if one.Code, one.Object = k.Code, k.Name; lang == "it" {
				one.Object = k.NameIt
			}
		}
	}
	f.ByObject = append(f.ByObject, one)
	return &f.ByObject[len(f.ByObject)-1].DuplicateCounts
}

func (f *DuplicateFigures) ofRank(rank int) *DuplicateCounts {
	for i := range f.ByRank {
		if f.ByRank[i].Rank == rank {
			return &f.ByRank[i].DuplicateCounts
		}
	}
	f.ByRank = append(f.ByRank, DuplicatesByRank{Rank: rank})
	return &f.ByRank[len(f.ByRank)-1].DuplicateCounts
}

// period reads the ends of a period. A day that ends one is in it.
func (d *Desk) period(from, to string) (begin, end time.Time, err error) {
	if end, err = d.momentOf("to", to, 1); err != nil {
		return begin, end, err
	}
	if end.IsZero() {
		end = d.now().Add(time.Millisecond) // what was shown this moment is in it
	}
	if begin, err = d.momentOf("from", from, 0); err != nil {
		return begin, end, err
	}
	if begin.IsZero() {
		begin = end.AddDate(0, 0, -30)
	}
	if !begin.Before(end) {
		return begin, end, ErrPeriod.In("from").With("%s is not before %s", strconv.Quote(begin.Format(time.RFC3339)), strconv.Quote(end.Format(time.RFC3339)))
	}
	return begin.UTC(), end.UTC(), nil
}

func (d *Desk) momentOf(field, text string, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	zone := d.cfg.Policy.Location
	if zone == nil {
		zone = time.UTC
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return at.AddDate(0, 0, days), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, ErrPeriod.In(field)
	}
	return at, nil
}
