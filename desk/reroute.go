package desk

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// Bounds of one step of a re-routing. The only writer is held for a handful of
// reports, and between two steps whoever waits for it comes first.
const (
	reroutePage  = 5000
	rerouteBatch = 20
)

// errAreasMoved says that the areas changed between reading and writing.
var errAreasMoved = errors.New("the areas changed meanwhile")

// Reroute holds every open report against the areas of now, when they have
// changed since that was last done, and returns the last re-routing. A report
// that lies elsewhere now is moved by a call of the program's own, with an
// event; when all have been looked at, whoever is concerned is told once.
//
// It may be cut off at any moment, by its context or by a kill: what was moved
// stays moved, and the next call goes on where it ended. Two processes may do it
// at the same time; neither does again what the other has done.
func (d *Desk) Reroute(ctx context.Context) (store.Rerouting, error) {
	run, due, err := d.dueRerouting(ctx)
	for err == nil && due && run.State != store.ReroutingDone {
		if err = ctx.Err(); err != nil {
			break
		}
		if run.State == store.ReroutingTells {
			run, err = d.tellRerouted(ctx, run)
		} else {
			run, err = d.rerouteSome(ctx, run)
		}
	}
	if err != nil {
		return run, fmt.Errorf("re-route the open reports: %w", err)
	}
	return run, nil
}

// Reroutings returns the last re-routings, newest first, at most so many.
func (d *Desk) Reroutings(ctx context.Context, limit int) ([]store.Rerouting, error) {
	return d.store.Reroutings(ctx, limit)
}

// dueRerouting returns the last re-routing, a new one when the areas changed
// after it, and whether there is something to do.
func (d *Desk) dueRerouting(ctx context.Context) (store.Rerouting, bool, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return store.Rerouting{}, false, err
	}
	last, err := d.store.Reroutings(ctx, 1)
	if err != nil {
		return store.Rerouting{}, false, err
	}
	now := d.now()
	fresh := store.Rerouting{ID: newID(), State: store.ReroutingMoves, Stamp: r.stamp, Day: now, StartedAt: now, Flows: []store.Flow{}}
	if len(last) > 0 {
		switch was := last[0]; {
		case was.State != store.ReroutingDone:
			return was, true, nil
		case was.Stamp == r.stamp && !r.turned(was.Day, now):
			late, err := d.store.Late(ctx, 1)
			if err != nil || len(late) == 0 {
				return was, false, err
			}
			fresh.After = allLookedAt
		}
	}
	err = d.inTx(ctx, func(tx *store.Store) error {
		again, err := tx.Reroutings(ctx, 1)
		if err != nil {
			return err
		}
		if len(again) > 0 && (len(last) == 0 || again[0].ID != last[0].ID) {
			fresh = again[0] // somebody else began it meanwhile, or has done it
			return nil
		}
		return tx.InsertRerouting(ctx, fresh)
	})
	return fresh, err == nil, err
}

// allLookedAt comes after every id.
const allLookedAt = "~"

// rerouteSome takes a re-routing one page further.
func (d *Desk) rerouteSome(ctx context.Context, run store.Rerouting) (store.Rerouting, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return run, err
	}
	if now := d.now(); run.Stamp != r.stamp || r.turned(run.Day, now) {
		// The areas changed once more: those looked at must be looked at again.
		next := run
		next.Stamp, next.Day, next.After, next.Checked = r.stamp, now, "", 0
		return d.advance(ctx, run, next, nil)
	}
	late, err := d.store.Late(ctx, rerouteBatch)
	if err != nil {
		return run, err
	}
	if len(late) > 0 {
		return d.rerouteBatch(ctx, r, run, run, late)
	}
	page, err := d.store.OpenPlaced(ctx, run.After, reroutePage)
	if err != nil {
		return run, err
	}
	if len(page) == 0 {
		next := run
		next.State, next.After = store.ReroutingTells, allLookedAt
		return d.advance(ctx, run, next, nil)
	}
	local, err := d.store.LocalObjectTypes(ctx)
	if err != nil {
		return run, err
	}
	return d.reroutePage(ctx, r, run, page, local)
}

// reroutePage moves those of a page that lie elsewhere now.
func (d *Desk) reroutePage(ctx context.Context, r *router, run store.Rerouting, page []store.Placed, local map[string]bool) (store.Rerouting, error) {
	var batch []report.ID
	looked := 0
	for i, p := range page {
		looked++
		if d.strays(r, p, run.Day, local) {
			batch = append(batch, p.ID)
		}
		if len(batch) < rerouteBatch && i < len(page)-1 {
			continue
		}
		next := run
		next.After, next.Checked = string(p.ID), run.Checked+looked
		var err error
		if run, err = d.rerouteBatch(ctx, r, run, next, batch); err != nil || run.After != next.After {
			return run, err // somebody else is at it, or the areas changed: look again where it stands
		}
		batch, looked = batch[:0], 0
	}
	return run, nil
}

// strays reports whether a report may lie elsewhere by the areas of a day than
// its row says. It may say so wrongly, and never says no wrongly.
func (d *Desk) strays(r *router, p store.Placed, day time.Time, local map[string]bool) bool {
	if !p.HasPoint {
		return p.Routing != report.RoutePending
	}
	found := toRoute(d.locate(r, placeOf(p, day)))
	switch {
	case p.District != found.District && !r.renewed(p.District, found.District):
		return true
	case p.Routing != found.Routing:
		return true
	default:
		// The same district, but who answers may hang on a smaller area.
		return local[p.ObjectType] && !r.sameCodes(p.AreaIDs(), found.Areas)
	}
}

func placeOf(p store.Placed, day time.Time) Place {
	return Place{Lon: p.Lon, Lat: p.Lat, AccuracyM: p.AccuracyM, SiteType: p.SiteType, ObjectType: p.ObjectCode, Org: p.Org, At: day}
}

// rerouteBatch moves a few reports and keeps that they were looked at, all of
// it or none.
func (d *Desk) rerouteBatch(ctx context.Context, r *router, run, next store.Rerouting, batch []report.ID) (store.Rerouting, error) {
	return d.advance(ctx, run, next, func(tx *store.Store, next *store.Rerouting) error {
		if stamp, err := tx.AreaStamp(ctx); err != nil || stamp != r.stamp {
			return errors.Join(err, errAreasMoved)
		}
		for _, id := range batch {
			moved := false
			err := tx.Savepoint(ctx, func() error {
				var err error
				moved, err = d.rerouteOne(ctx, tx, *next, id)
				return err
			})
			switch {
			case err == nil && moved:
				next.Moved++
			case err == nil:
			case ctx.Err() != nil || fault.Of(err).Kind == fault.Busy:
				return err
			default: // one report that cannot be moved must not keep the others
				next.Failed++
				d.log.ErrorContext(ctx, "a report could not follow the territory", slog.String("report", string(id)), slog.Any("err", err))
			}
			if err := tx.DropLate(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// advance takes a re-routing from run to next, with whatever else is to be done
// in the same transaction. When somebody else has taken it further, or the areas
// have changed, nothing is done and it returns where the re-routing stands.
func (d *Desk) advance(ctx context.Context, run, next store.Rerouting, also func(*store.Store, *store.Rerouting) error) (store.Rerouting, error) {
	errElsewhere := errors.New("somebody else went on")
	out := next
	err := d.inTx(ctx, func(tx *store.Store) error {
		if also != nil {
			if err := also(tx, &out); err != nil {
				return err
			}
		}
		ok, err := tx.UpdateRerouting(ctx, run, out)
		if err == nil && !ok {
			return errElsewhere
		}
		return err
	})
	if errors.Is(err, errElsewhere) || errors.Is(err, errAreasMoved) {
		last, err := d.store.Reroutings(ctx, 1)
		if err != nil || len(last) == 0 {
			return run, err
		}
		return last[0], nil
	}
	if err != nil {
		return run, err
	}
	return out, nil
}

// rerouteOne moves one report, if it lies elsewhere.
func (d *Desk) rerouteOne(ctx context.Context, tx *store.Store, run store.Rerouting, id report.ID) (bool, error) {
	before, err := tx.Report(ctx, id)
	if none(err) || (err == nil && !before.State.Open()) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	args, err := json.Marshal(report.RerouteArgs{Run: run.ID})
	if err != nil {
		return false, fmt.Errorf("encode the arguments: %w", err)
	}
	res, err := d.do(ctx, tx, report.Actor{ID: report.System}, report.Call{
		ID: rerouteCall(run, id), Name: "report.reroute", Report: id, Args: args, OccurredAt: d.now(), Source: report.SourceSystem,
	})
	if err != nil || res.Repeat || res.Status == Noop {
		return false, err
	}
	return true, tx.KeepMove(ctx, run.ID, store.RerouteMove{
		Report: id, From: before.District, To: res.Report.District,
		FromOrg: before.ResponsibleOrg, ToOrg: res.Report.ResponsibleOrg, Assignee: before.Assignee,
	})
}

// rerouteCall names the one call that moves a report for one state of the areas.
func rerouteCall(run store.Rerouting, id report.ID) string {
	sum := sha256.Sum256([]byte(run.ID + "|" + run.Stamp + "|" + run.Day.UTC().Format(time.RFC3339Nano) + "|" + string(id)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:idLength]
}

// rerouteFacts tells the rules where an open report lies by the areas of now,
// and who answered and answers for it.
func (d *Desk) rerouteFacts(ctx context.Context, tx *store.Store, in *report.Input) error {
	r := in.Current
	route, err := d.route(ctx, tx, *in, pointOf(r), r.AccuracyM, r.Site, r.ObjectType)
	if err != nil {
		return err
	}
	if err := d.catalogue(ctx, tx, in, r.ObjectType, r.Areas, ""); err != nil {
		return err
	}
	in.Facts.Former, in.Facts.Activity = in.Facts.Activity, report.ActivityFact{}
	if err := d.catalogue(ctx, tx, in, r.ObjectType, route.Areas, ""); err != nil {
		return err
	}
	in.Facts.Route = route
	return d.assigneeIn(ctx, tx, in, r.Assignee, route.District)
}

// pointOf returns the report's own point, or nil.
func pointOf(r report.Report) *report.Point {
	if r.PointSource == "" {
		return nil
	}
	return &r.Point
}

// renewed reports whether two identifiers name versions of one area.
func (r *router) renewed(old, fresh report.AreaID) bool {
	if old == fresh || old == "" || fresh == "" {
		return false
	}
	a, b := r.code(old), r.code(fresh)
	return a != "" && a == b
}

// sameCodes reports whether two lists name the same areas, in whichever
// version.
func (r *router) sameCodes(a, b []report.AreaID) bool {
	codes := func(ids []report.AreaID) []string {
		var out []string
		for _, id := range ids {
			out = append(out, r.code(id))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(codes(a), codes(b))
}

// routedBefore reports whether an open report was routed by other areas than
// those of now: it was made before they changed and arrived after, or it was
// closed when the others were looked at.
func (d *Desk) routedBefore(r report.Report, now time.Time) bool {
	router, trace := d.router.Load(), r.RouteTrace
	if router == nil || trace.At.IsZero() || !r.State.Open() {
		return false
	}
	return trace.AreaSet != router.index.Version() || router.turned(trace.At, now)
}
