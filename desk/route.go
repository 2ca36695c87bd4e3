package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A router is an index of the areas, and the stamp of the areas it was built
// from.
type router struct {
	index *geo.Index
	stamp string
	turns []time.Time // when a version begins or ends, in order
}

// turned reports whether other areas answer at now than at day.
func (r *router) turned(day, now time.Time) bool {
	i, _ := slices.BinarySearchFunc(r.turns, day, time.Time.Compare)
	for ; i < len(r.turns) && !r.turns[i].After(now); i++ {
		if r.turns[i].After(day) {
			return true
		}
	}
	return false
}

// turnsOf returns when the areas change by themselves, as versions of them
// begin and end.
func turnsOf(areas []geo.Area) []time.Time {
	var out []time.Time
	for _, a := range areas {
		for _, at := range []time.Time{a.ValidFrom, a.ValidTo} {
			if !at.IsZero() {
				out = append(out, at)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// routes returns a router that knows the areas as they are now. It is asked
// before a transaction is opened: building takes a tenth of a second, and the
// one writer must not wait for it.
func (d *Desk) routes(ctx context.Context) (*router, error) {
	stamp, err := d.store.AreaStamp(ctx)
	if err != nil {
		return nil, err
	}
	if r := d.router.Load(); r != nil && r.stamp == stamp {
		return r, nil
	}
	d.rebuild.Lock()
	defer d.rebuild.Unlock()
	if r := d.router.Load(); r != nil && r.stamp == stamp {
		return r, nil // somebody else built it meanwhile
	}
	fresh, err := d.buildRouter(ctx)
	if err != nil {
		return nil, err
	}
	d.router.Store(fresh)
	return fresh, nil
}

func (d *Desk) buildRouter(ctx context.Context) (*router, error) {
	var areas []geo.Area
	var stamp string
	err := d.store.Snapshot(ctx, func(view *store.Store) error {
		var err error
		if stamp, err = view.AreaStamp(ctx); err != nil {
			return err
		}
		areas, err = view.Areas(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	index, err := d.indexOf(areas)
	if err != nil {
		return nil, fmt.Errorf("index the areas: %w", err)
	}
	return &router{index, stamp, turnsOf(areas)}, nil
}

// indexOf indexes areas, and takes from the index in use what has not changed.
func (d *Desk) indexOf(areas []geo.Area) (*geo.Index, error) {
	if r := d.router.Load(); r != nil {
		return r.index.Update(areas)
	}
	return geo.NewIndex(areas)
}

// A Place is where somebody asks who is responsible.
type Place struct {
	Lon, Lat   float64 // degrees, WGS84
	AccuracyM  float64 // metres; 0 unknown
	SiteType   string
	ObjectType string
	Org        string
	At         time.Time // zero: now
}

// locate answers with the areas of one moment.
func (d *Desk) locate(r *router, p Place) geo.Answer {
	at := p.At
	if at.IsZero() {
		at = d.now()
	}
	tolerance := d.cfg.ToleranceM
	if tolerance == 0 {
		tolerance = -1 // geo reads 0 as its default, the configuration reads it as none
	}
	return r.index.Locate(geo.Query{
		Lon: p.Lon, Lat: p.Lat, AccuracyM: p.AccuracyM, ToleranceM: tolerance, At: at,
		SiteType: p.SiteType, ObjectType: p.ObjectType, Org: p.Org,
	})
}

// Locate says who is responsible at a place. The errors are geo.ErrNoPosition
// and geo.ErrNullIsland.
func (d *Desk) Locate(ctx context.Context, p Place, lang string) (Located, error) {
	if err := geo.CheckPosition(p.Lon, p.Lat); err != nil {
		return Located{}, err
	}
	r, err := d.routes(ctx)
	if err != nil {
		return Located{}, err
	}
	answer := d.locate(r, p)
	route := toRoute(answer)
	out := Located{Routing: route.Routing, Uncertain: answer.Uncertain, Trace: route.Trace, Reason: answer.Say(lang)}
	if o := answer.Owner; o != nil {
		out.District = &AreaView{ID: string(o.Area), Code: o.Code, Name: o.Name}
	}
	return out, nil
}

// Router returns what answers many questions about the areas of now at once.
func (d *Desk) Router(ctx context.Context) (func(Place) geo.Answer, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return nil, err
	}
	return func(p Place) geo.Answer { return d.locate(r, p) }, nil
}

// toRoute turns the territory's answer into what a report keeps of it.
func toRoute(a geo.Answer) report.Route {
	out := report.Route{
		Routing: routingOf(a.Outcome),
		Trace: report.RouteTrace{
			Reason: string(a.Outcome), Matches: matches(a.Matches), Near: matches(a.Near),
			DistanceM: a.DistanceM, AreaSet: a.AreaSet, Tolerance: a.ToleranceM, At: a.At,
		},
	}
	if a.Uncertain {
		out.Routing = report.RouteUncertain
	}
	for _, m := range a.Matches {
		out.Areas = append(out.Areas, report.AreaID(m.Area))
	}
	if a.Owner != nil {
		out.District = report.AreaID(a.Owner.Area)
		if a.Outcome == geo.Nearest {
			out.Areas = append(out.Areas, out.District)
		}
	}
	return out
}

func routingOf(o geo.Outcome) report.Routing {
	switch o {
	case geo.Inside, geo.Border:
		return report.Routed
	case geo.Uncertain:
		return report.RouteUncertain
	case geo.Nearest:
		return report.RouteNearest
	case geo.NullIsland, geo.NoPosition:
		return report.RoutePending
	case geo.InHole, geo.Outside:
		return report.RouteUnroutable
	default:
		return report.RouteUnroutable
	}
}

func matches(all []geo.Match) []report.RouteMatch {
	out := make([]report.RouteMatch, 0, len(all))
	for _, m := range all {
		out = append(out, report.RouteMatch{
			Area: report.AreaID(m.Area), Code: m.Code, Kind: string(m.Kind), Priority: m.Priority, Why: m.Why, DistanceM: m.DistanceM,
		})
	}
	return out
}
