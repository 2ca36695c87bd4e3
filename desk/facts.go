package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// input gathers what the rules need to know about a call.
func (d *Desk) input(ctx context.Context, tx *store.Store, who report.Actor, call report.Call) (report.Input, error) {
	do, args, err := report.Decode(call)
	if err != nil {
		return report.Input{}, err
	}
	in := report.Input{Now: d.now(), Who: who, Call: call, Policy: d.cfg.Policy, NewEventID: newID}
	if in.Call.OccurredAt.IsZero() {
		in.Call.OccurredAt = in.Now
	}
	if do == report.Submit {
		return d.submitInput(ctx, tx, in, args)
	}
	if in.Current, err = tx.Report(ctx, call.Report); err != nil {
		return in, err
	}
	in.Facts.Org = in.Current.Org
	if err := d.atBase(ctx, tx, &in); err != nil {
		return in, err
	}
	return in, d.facts(ctx, tx, &in, args)
}

// atBase tells the rules what the actor saw, when that is not what stands now.
func (d *Desk) atBase(ctx context.Context, tx *store.Store, in *report.Input) error {
	base := in.Call.Base
	if base <= 0 || base >= in.Current.Version {
		return nil
	}
	events, err := tx.Events(ctx, in.Current.ID)
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(e report.Event) bool { return e.Seq > base })
	seen := report.Fold(events)
	in.Facts.AtBase = &seen
	return nil
}

// submitInput prepares a new report: its id, its place, its code.
func (d *Desk) submitInput(ctx context.Context, tx *store.Store, in report.Input, args any) (report.Input, error) {
	submit, ok := args.(report.SubmitArgs)
	if !ok {
		return in, fmt.Errorf("submit has %T for arguments", args)
	}
	if in.Call.Report == "" {
		in.Call.Report = report.ID(newID())
	}
	if !report.ValidID(string(in.Call.Report)) {
		return in, ErrCallID.In("report")
	}
	if _, err := tx.Report(ctx, in.Call.Report); err == nil {
		return in, ErrReportExists.In("report")
	} else if !none(err) {
		return in, err
	}
	org, err := tx.ContactPoint(ctx)
	if err != nil {
		return in, err
	}
	in.Facts.Org = org
	if in.Facts.Route, err = d.route(ctx, tx, in, submit.Point, submit.AccuracyM, submit.Site, submit.ObjectType); err != nil {
		return in, err
	}
	if err := d.catalogue(ctx, tx, &in, submit.ObjectType, in.Facts.Route.Areas, ""); err != nil {
		return in, err
	}
	in.Facts.Code, err = d.nextCode(ctx, tx, in)
	return in, err
}

// facts fills in what the call's rules ask for.
func (d *Desk) facts(ctx context.Context, tx *store.Store, in *report.Input, args any) error {
	r := in.Current
	switch a := args.(type) {
	case report.DispatchArgs:
		if err := d.catalogue(ctx, tx, in, r.ObjectType, r.Areas, a.Activity); err != nil {
			return err
		}
		return d.assignee(ctx, tx, in, a.Assignee)
	case report.TransferArgs:
		if err := d.catalogue(ctx, tx, in, r.ObjectType, r.Areas, a.Activity); err != nil {
			return err
		}
		return d.assignee(ctx, tx, in, a.Assignee)
	case report.ReassignArgs:
		return d.assignee(ctx, tx, in, a.Assignee)
	case report.RelocateArgs:
		route, err := d.route(ctx, tx, *in, a.Point, a.AccuracyM, a.Site, r.ObjectType)
		if err != nil {
			return err
		}
		in.Facts.Route = route
		return d.catalogue(ctx, tx, in, r.ObjectType, route.Areas, "")
	case report.RerouteArgs:
		return d.rerouteFacts(ctx, tx, in)
	case report.RecategoriseArgs:
		route, err := d.route(ctx, tx, *in, pointOf(r), r.AccuracyM, r.Site, a.ObjectType)
		if err != nil {
			return err
		}
		in.Facts.Route = route
		return d.catalogue(ctx, tx, in, a.ObjectType, route.Areas, "")
	case report.ResolveArgs:
		return d.catalogue(ctx, tx, in, r.ObjectType, r.Areas, r.Activity)
	case report.LinkArgs:
		master, err := tx.Report(ctx, a.Master)
		if err != nil && !none(err) {
			return err
		}
		if err == nil {
			in.Facts.Master = &master
		}
		return nil
	case report.NoArgs:
		followers, err := tx.Followers(ctx, r.ID)
		in.Facts.Interested = slices.Contains(followers, in.Who.ID) || r.Reporter == in.Who.ID
		return err
	default:
		return nil
	}
}

// route asks the territory who owns a place.
func (d *Desk) route(ctx context.Context, tx *store.Store, in report.Input, point *report.Point, accuracyM float64, siteKey, objectKey string) (report.Route, error) {
	pending := report.Route{Routing: report.RoutePending, Trace: report.RouteTrace{Reason: "no_position", Matches: []report.RouteMatch{}}}
	site, _, err := tx.Site(ctx, siteKey)
	if err != nil {
		return pending, err
	}
	if point == nil && site.HasPoint {
		point = &report.Point{Lon: site.Lon, Lat: site.Lat}
	}
	if point == nil {
		return pending, nil
	}
	r := d.router.Load()
	if r == nil {
		return pending, errors.New("route before the areas were read")
	}
	object, _, err := tx.ObjectType(ctx, objectKey)
	if err != nil {
		return pending, err
	}
	found := toRoute(d.locate(r, Place{
		Lon: point.Lon, Lat: point.Lat, AccuracyM: accuracyM, At: routeDay(in),
		SiteType: site.Type, ObjectType: object.Code, Org: string(in.Facts.Org),
	}))
	found.Renewed = r.renewed(in.Current.District, found.District)
	return found, nil
}

// routeDay says whose areas answer for a report: of the day it was made; of now
// while it is open, because somebody has to go there now.
func routeDay(in report.Input) time.Time {
	switch {
	case in.Current.Version == 0:
		return in.Call.OccurredAt
	case in.Current.State.Open():
		return in.Now
	default:
		return in.Current.RegisteredAt
	}
}

// catalogue fills in what is known of a thing and who is responsible for it.
func (d *Desk) catalogue(ctx context.Context, tx *store.Store, in *report.Input, objectType string, areas []report.AreaID, activity string) error {
	if objectType != "" {
		o, found, err := tx.ObjectType(ctx, objectType)
		if err != nil {
			return err
		}
		in.Facts.Object = report.ObjectFact{
			Found: found, Retired: o.Status == "retired", DefaultPriority: o.DefaultPriority,
			NeedsAfterPhoto: o.NeedsAfterPhoto, Public: o.Public,
		}
	}
	a, found, err := store.Activity{}, false, error(nil)
	if activity != "" {
		a, found, err = tx.Activity(ctx, activity)
	} else if objectType != "" {
		a, found, err = tx.ActivityFor(ctx, objectType, areas, in.Now)
	}
	if err != nil {
		return err
	}
	if found {
		in.Facts.Activity = report.ActivityFact{ID: a.ID, Org: a.ResponsibleOrg, AutoDispatch: a.AutoDispatch}
	}
	return nil
}

// assignee says whether a person may be given the report's work where it lies.
func (d *Desk) assignee(ctx context.Context, tx *store.Store, in *report.Input, person report.PersonID) error {
	return d.assigneeIn(ctx, tx, in, person, in.Current.District)
}

// assigneeIn says whether a person may be given the report's work: somebody
// enabled who works in the district, or a partner of the organisation.
func (d *Desk) assigneeIn(ctx context.Context, tx *store.Store, in *report.Input, person report.PersonID, district report.AreaID) error {
	if person == "" {
		return nil
	}
	workers := []report.Role{report.RoleTechnician, report.RoleDistrictLead}
	if district != "" {
		there, err := tx.PeopleWith(ctx, workers, district, "", in.Now)
		if err != nil {
			return err
		}
		in.Facts.AssigneeValid = slices.Contains(there, person)
	}
	org := in.Facts.Activity.Org
	if org == "" {
		org = in.Current.ResponsibleOrg // of a reassignment, which names no activity
	}
	if !in.Facts.AssigneeValid && org != "" {
		partners, err := tx.PeopleWith(ctx, []report.Role{report.RolePartnerUser}, "", org, in.Now)
		if err != nil {
			return err
		}
		in.Facts.AssigneeValid = slices.Contains(partners, person)
	}
	return nil
}

// nextCode gives a new report its human code: the district's letters, the year
// where the policy lives, and a number.
func (d *Desk) nextCode(ctx context.Context, tx *store.Store, in report.Input) (string, error) {
	prefix := d.cfg.CodePrefix
	if in.Facts.Route.District != "" {
		code, _, err := tx.AreaName(ctx, string(in.Facts.Route.District))
		if err != nil {
			return "", err
		}
		prefix = prefixOf(code, prefix)
	}
	year := in.Call.OccurredAt.In(d.cfg.Policy.Location).Year()
	n, err := tx.NextCode(ctx, prefix, year)
	if err != nil {
		return "", err
	}
	return report.FormatCode(prefix, year, int64(n))
}

// prefixOf returns the letters an area's code offers for a human code, or
// otherwise when it offers too few.
func prefixOf(code, otherwise string) string {
	out := strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c
		}
		return -1
	}, strings.ToUpper(code))
	if len(out) < 2 {
		return otherwise
	}
	return out[:min(len(out), 4)]
}
