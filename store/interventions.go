package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// An Intervention is planned or done work on a report.
type Intervention struct {
	ID               string
	Report           report.ID
	Technician       report.PersonID
	PlannedStart     time.Time
	PlannedEnd       time.Time
	PlannedCloseDate report.Date
	PlanState        string // proposed, approved, communicated, superseded, withdrawn
	Reason           string
	StartedAt        time.Time
	EndedAt          time.Time
	ClosureCode      string
	Org              report.OrgID
}

type interventionRow struct {
	ID               string `db:"id"`
	Report           string `db:"report"`
	Technician       string `db:"technician"`
	PlannedStart     stamp  `db:"plannedStart"`
	PlannedEnd       stamp  `db:"plannedEnd"`
	PlannedCloseDate string `db:"plannedCloseDate"`
	PlanState        string `db:"planState"`
	Reason           string `db:"reason"`
	StartedAt        stamp  `db:"startedAt"`
	EndedAt          stamp  `db:"endedAt"`
	ClosureCode      string `db:"closureCode"`
	Org              string `db:"org"`
}

var interventions = tableOf("interventions", interventionRow{})

func toInterventionRow(v Intervention) interventionRow {
	return interventionRow{
		ID: v.ID, Report: string(v.Report), Technician: string(v.Technician),
		PlannedStart: stamp(v.PlannedStart), PlannedEnd: stamp(v.PlannedEnd),
		PlannedCloseDate: string(v.PlannedCloseDate), PlanState: v.PlanState, Reason: v.Reason,
		StartedAt: stamp(v.StartedAt), EndedAt: stamp(v.EndedAt), ClosureCode: v.ClosureCode, Org: string(v.Org),
	}
}

func (r interventionRow) intervention() Intervention {
	return Intervention{
		ID: r.ID, Report: report.ID(r.Report), Technician: report.PersonID(r.Technician),
		PlannedStart: time.Time(r.PlannedStart), PlannedEnd: time.Time(r.PlannedEnd),
		PlannedCloseDate: report.Date(r.PlannedCloseDate), PlanState: r.PlanState, Reason: r.Reason,
		StartedAt: time.Time(r.StartedAt), EndedAt: time.Time(r.EndedAt), ClosureCode: r.ClosureCode, Org: report.OrgID(r.Org),
	}
}

// OpenIntervention returns the work on a report that has not ended and was not
// taken back, the newest first choice, and false when there is none.
func (s *Store) OpenIntervention(ctx context.Context, id report.ID) (Intervention, bool, error) {
	const q = `
		SELECT * FROM interventions
		WHERE report = {:id} AND endedAt = '' AND planState NOT IN ('superseded', 'withdrawn')
		ORDER BY created DESC, rowid DESC LIMIT 1`
	var row interventionRow
	ok, err := s.row(ctx, &row, q, dbx.Params{"id": id})
	if err != nil {
		return Intervention{}, false, fmt.Errorf("work on report %s: %w", id, err)
	}
	return row.intervention(), ok, nil
}

// Interventions returns every planned or done work on a report, oldest first.
func (s *Store) Interventions(ctx context.Context, id report.ID) ([]Intervention, error) {
	var rows []interventionRow
	if err := s.rows(ctx, &rows, `SELECT * FROM interventions WHERE report = {:id} ORDER BY created, rowid`, dbx.Params{"id": id}); err != nil {
		return nil, fmt.Errorf("work on report %s: %w", id, err)
	}
	out := make([]Intervention, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.intervention())
	}
	return out, nil
}

// InsertIntervention adds work to a report.
func (s *Store) InsertIntervention(ctx context.Context, v Intervention, now time.Time) error {
	if err := s.exec(ctx, interventions.insert, interventions.params(toInterventionRow(v), now)); err != nil {
		return fmt.Errorf("add work to report %s: %w", v.Report, err)
	}
	return nil
}

// UpdateIntervention replaces the row of a work.
func (s *Store) UpdateIntervention(ctx context.Context, v Intervention, now time.Time) error {
	if err := s.exec(ctx, interventions.update, interventions.params(toInterventionRow(v), now)); err != nil {
		return fmt.Errorf("change work on report %s: %w", v.Report, err)
	}
	return nil
}

// WithdrawInterventions takes every open work on a report back.
func (s *Store) WithdrawInterventions(ctx context.Context, id report.ID, now time.Time) error {
	const q = `
		UPDATE interventions SET planState = 'withdrawn', updated = {:now}
		WHERE report = {:id} AND endedAt = '' AND planState NOT IN ('superseded', 'withdrawn')`
	if err := s.exec(ctx, q, dbx.Params{"id": id, "now": stamp(now)}); err != nil {
		return fmt.Errorf("withdraw work on report %s: %w", id, err)
	}
	return nil
}
