package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// ErrSignIn answers somebody who is not signed in and would have to be.
var ErrSignIn = fault.Define(fault.Unauthenticated, "person.sign_in",
	"Sign in first.", "Accedi prima con il tuo account.")

// The most one page of a list, and one map, may hold.
const (
	maxPage     = 200
	maxFeatures = 5000
)

// Actor returns who a signed-in person is today. The error is
// store.ErrNoPerson for somebody who is not there or is disabled.
func (d *Desk) Actor(ctx context.Context, id report.PersonID) (report.Actor, error) {
	return d.store.Actor(ctx, id, d.now())
}

// Me returns who the caller is, to themselves.
func (d *Desk) Me(ctx context.Context, who report.Actor) (Me, error) {
	p, err := d.store.Person(ctx, who.ID)
	if err != nil {
		return Me{}, err
	}
	me := Me{ID: p.ID, Name: p.Name, Language: p.Language, Roles: who.Grants}
	if me.Roles == nil {
		me.Roles = []report.Grant{}
	}
	return me, nil
}

// Report returns the row of a report to somebody who may read it as staff. The
// error is report.ErrNone otherwise.
func (d *Desk) Report(ctx context.Context, who report.Actor, id report.ID) (report.Report, error) {
	r, audience, err := d.readable(ctx, d.store, who, id)
	if err == nil && audience != report.AudienceStaff {
		return report.Report{}, fmt.Errorf("read report %s: %w", id, report.ErrNone)
	}
	return r, err
}

// View returns a report, by its id or its code, as the caller may see it. The
// error is report.ErrNone for one that is not there or not for the caller.
func (d *Desk) View(ctx context.Context, who report.Actor, key, lang string) (ReportView, error) {
	var out ReportView
	err := d.store.Snapshot(ctx, func(view *store.Store) error {
		id := report.ID(key)
		if code, err := report.ParseCode(key); err == nil {
			r, err := view.ReportByCode(ctx, code)
			if err != nil {
				return err
			}
			id = r.ID
		}
		r, audience, err := d.readable(ctx, view, who, id)
		if err != nil {
			return err
		}
		out, err = d.view(ctx, view, who, r, audience, lang)
		return err
	})
	return out, err
}

func (d *Desk) view(ctx context.Context, view *store.Store, who report.Actor, r report.Report, audience report.Audience, lang string) (ReportView, error) {
	out := ReportView{Audience: audience, Events: []EventView{}, Photos: []PhotoView{}, Moves: []string{}}
	var err error
	if out.Report, err = project(r, audience); err != nil {
		return out, err
	}
	if out.Messages, err = d.said(ctx, view, r.ID, lang, heard(audience)...); err != nil {
		return out, err
	}
	if audience == report.AudiencePublic {
		return out, nil
	}
	photos, err := view.MediaOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	for _, m := range photos {
		if m.Visibility != "hidden" || audience == report.AudienceStaff {
			out.Photos = append(out.Photos, photoView(m, "/api/mobile/v1/media/"))
		}
	}
	out.Moves = moves(who, r)
	if audience == report.AudienceReporter {
		return out, nil
	}
	events, err := view.Events(ctx, r.ID)
	for _, e := range events {
		out.Events = append(out.Events, EventView{
			ID: e.ID, Seq: e.Seq, Type: e.Type, From: e.From, To: e.To, ActorRole: e.ActorRole,
			OccurredAt: e.OccurredAt, RecordedAt: e.RecordedAt,
		})
	}
	return out, err
}

// heard lists the messages an audience may read.
func heard(a report.Audience) []string {
	switch a {
	case report.AudienceStaff, report.AudienceField:
		return []string{"public", "reporter", "internal", "partner"}
	case report.AudienceReporter:
		return []string{"public", "reporter"}
	case report.AudiencePublic:
		return []string{"public"}
	default:
		return nil
	}
}

// project returns the columns of a report that an audience may see: the same
// lists by which its phone is served.
func project(r report.Report, a report.Audience) (map[string]any, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode report %s: %w", r.ID, err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("encode report %s: %w", r.ID, err)
	}
	if a == report.AudiencePublic {
		all["phase"], all["plannedCloseDate"] = report.PhaseOf(r, nil), publicDate(r)
	}
	allowed := visible(a)
	maps.DeleteFunc(all, func(name string, _ any) bool { return !slices.Contains(allowed, name) })
	if r.PointSource == "" {
		delete(all, "point")
	}
	return all, nil
}

// visible lists the columns of a report for an audience. The public sees what
// a public map shows and nothing else.
func visible(a report.Audience) []string {
	if a == report.AudiencePublic {
		return []string{"id", "code", "objectType", "district", "phase", "registeredAt", "closedAt", "plannedCloseDate"}
	}
	travels := map[report.Audience]fieldsync.Audience{
		report.AudienceReporter: fieldsync.ForReporter,
		report.AudienceField:    fieldsync.ForField,
		report.AudienceStaff:    fieldsync.ForStaff,
	}
	names := []string{"id"}
	for _, c := range fieldsync.Projection("reports", travels[a]) {
		names = append(names, c.Name)
		if c.Name == "lon" {
			names = append(names, "point")
		}
	}
	return names
}

// moves lists the calls the reader may make on the report as it stands. A
// guard may still refuse one: it looks at the arguments.
func moves(who report.Actor, r report.Report) []string {
	out := []string{}
	for _, n := range report.Actions {
		role, err := report.May(who, n.Do, r)
		if n.Call == "" || n.Do == report.Submit || err != nil || slices.Contains(out, n.Call) {
			continue
		}
		if _, err := report.Next(r.State, n.Do, role); err == nil {
			out = append(out, n.Call)
		}
	}
	return out
}

// List returns a page of the reports the caller may read, by code.
func (d *Desk) List(ctx context.Context, who report.Actor, q Query) (Page, error) {
	if who.ID == "" {
		return Page{}, ErrSignIn
	}
	limit := q.Limit
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	f, err := d.filter(ctx, who, q)
	if err != nil {
		return Page{}, err
	}
	page, last := Page{Reports: []map[string]any{}}, ""
	for f.Limit = limit + 1; ; f.Limit = maxPage + 1 {
		found, err := d.store.Reports(ctx, f)
		if err != nil {
			return Page{}, err
		}
		for _, r := range found {
			f.After = r.Code
			audience, ok := report.MayRead(who, r)
			if !ok || !q.tells(r, audience) {
				continue
			}
			if len(page.Reports) == limit {
				page.Next = last // of a report that is shown: another would be told of
				return page, nil
			}
			row, err := project(r, audience)
			if err != nil {
				return Page{}, err
			}
			page.Reports, last = append(page.Reports, row), r.Code
		}
		if len(found) < f.Limit {
			return page, nil
		}
	}
}

// tells reports whether a report may be in the answer to a query: one that is
// there because of what its reader may not know of it would tell that.
func (q Query) tells(r report.Report, a report.Audience) bool {
	columns := visible(a)
	return (len(q.Routings) == 0 || slices.Contains(columns, "routing")) &&
		(len(q.States) == 0 || slices.Contains(columns, "state") || slices.Contains(wholePhases(q.States), r.State))
}

// filter turns a query into one of the store, within the caller's reach.
func (d *Desk) filter(ctx context.Context, who report.Actor, q Query) (store.ReportFilter, error) {
	districts, err := d.districts(ctx, q.Districts)
	if err != nil {
		return store.ReportFilter{}, err
	}
	return store.ReportFilter{
		States: q.States, Routings: q.Routings, Districts: districts, BBox: q.BBox, Text: q.Text, After: q.After,
		Reach: reachOf(who),
	}, nil
}

// districts turns codes into ids; what is no code is taken for an id.
func (d *Desk) districts(ctx context.Context, keys []string) ([]report.AreaID, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	r, err := d.routes(ctx)
	if err != nil {
		return nil, err
	}
	var out []report.AreaID
	for _, key := range keys {
		out = append(out, report.AreaID(key))
		for _, a := range r.index.Areas() {
			if a.Code == key {
				out = append(out, report.AreaID(a.ID))
			}
		}
	}
	return out, nil
}

// reachOf returns which reports an actor's roles reach: what Readers says, as
// a condition a database can search by. MayRead has the last word on each.
func reachOf(who report.Actor) *store.Reach {
	reach := &store.Reach{Person: who.ID}
	for _, g := range who.Grants {
		for _, reader := range report.Readers {
			if !slices.Contains(reader.By, g.Role) {
				continue
			}
			switch reader.At {
			case report.ScopeAll:
				reach.Wide = append(reach.Wide, store.Wide{Org: g.Org, Districts: g.Districts})
			case report.ScopeDistrict, report.ScopePole:
				reach.Districts = append(reach.Districts, g.Districts...)
			case report.ScopeOrg:
				reach.Orgs = append(reach.Orgs, g.Org)
			case report.ScopeReporterOrg:
				reach.ReporterOrgs = append(reach.ReporterOrgs, g.Org)
			case report.ScopeHelpdesk:
				reach.Helpdesk = true
			case report.ScopeAssigned:
				reach.Assigned = true
			case report.ScopeOwn, report.ScopePublic: // one's own are always in reach; the public ones are not listed
			}
		}
	}
	return reach
}

// seesAllOver reports whether somebody has a role over the whole territory.
func seesAllOver(who report.Actor) bool {
	return slices.ContainsFunc(reachOf(who).Wide, func(w store.Wide) bool { return len(w.Districts) == 0 })
}
