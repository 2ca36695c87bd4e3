package desk

import (
	"context"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// workOn opens, changes or closes the work on a report.
func (d *Desk) workOn(ctx context.Context, tx *store.Store, r report.Report, e report.Intervention) error {
	now := d.now()
	if e.Step == report.WorkDropped {
		return tx.WithdrawInterventions(ctx, e.Report, now)
	}
	if e.Step == report.WorkNoted {
		return tx.InsertIntervention(ctx, store.Intervention{
			ID: newID(), Report: e.Report, Technician: e.Technician, PlanState: "withdrawn",
			StartedAt: e.At, EndedAt: e.At, ClosureCode: e.Outcome, Org: r.Org,
		}, now)
	}
	open, found, err := tx.OpenIntervention(ctx, e.Report)
	if err != nil {
		return err
	}
	if found && replaces(e.Step, open) {
		open.PlanState = "superseded"
		if err := tx.UpdateIntervention(ctx, open, now); err != nil {
			return err
		}
		found = false
	}
	if !found {
		fresh := store.Intervention{ID: newID(), Report: e.Report, Technician: e.Technician, Org: r.Org}
		return tx.InsertIntervention(ctx, step(fresh, e), now)
	}
	return tx.UpdateIntervention(ctx, step(open, e), now)
}

// replaces reports whether a new plan takes the place of an open one, which is
// kept as it was: revisions are counted.
func replaces(s report.WorkStep, open store.Intervention) bool {
	planned := s == report.WorkPlanned || s == report.WorkProposed
	return planned && open.PlannedCloseDate != "" && open.StartedAt.IsZero()
}

// step applies one step to a work.
func step(v store.Intervention, e report.Intervention) store.Intervention {
	if e.Technician != "" {
		v.Technician = e.Technician
	}
	switch e.Step {
	case report.WorkProposed, report.WorkPlanned:
		v.PlannedCloseDate, v.PlannedStart, v.PlannedEnd = e.PlannedCloseDate, e.PlannedStart, e.PlannedEnd
		v.PlanState = "communicated"
		if e.Step == report.WorkProposed {
			v.PlanState = "proposed"
		}
	case report.WorkApproved:
		v.PlanState = "communicated"
	case report.WorkStarted, report.WorkContested:
		v.StartedAt = e.At
	case report.WorkEnded:
		if v.StartedAt.IsZero() {
			v.StartedAt = e.At
		}
		v.EndedAt, v.ClosureCode = e.At, e.Outcome
	case report.WorkGiven, report.WorkDropped, report.WorkNoted:
	}
	return v
}
