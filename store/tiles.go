package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// onMap are the columns of a report that a map needs, by what stands for them
// where the row is missing.
var onMap = []struct{ column, none string }{
	{"code", "''"},
	{"org", "''"},
	{"kind", "''"},
	{"objectType", "''"},
	{"lon", "0"},
	{"lat", "0"},
	{"pointSource", "''"},
	{"district", "''"},
	{"routing", "''"},
	{"reporterOrg", "''"},
	{"consentPublish", "0"},
	{"priority", "0"},
	{"blocking", "0"},
	{"state", "''"},
	{"responsibleOrg", "''"},
	{"assignee", "''"},
	{"plannedCloseDate", "''"},
	{"planState", "''"},
	{"registeredAt", "''"},
	{"escalationLevel", "0"},
	{"visibility", "''"},
}

func onMapColumns() string {
	var all []string
	for _, c := range onMap {
		all = append(all, fmt.Sprintf("coalesce(p.`%s`, %s)", c.column, c.none))
	}
	return strings.Join(all, ", ")
}

// OnMap hands each open report that has a position to fn, in no order, with as
// much of it as a map shows and as rights to read it depend on, but without its
// reporter: see Mine. It holds one row at a time.
func (s *Store) OnMap(ctx context.Context, fn func(report.Report) error) error {
	q := `SELECT p.id, ` + onMapColumns() + ` FROM reports AS p WHERE ` + isOpen("p") + ` AND p.pointSource != ''`
	return s.mapRows(ctx, q, nil, fn)
}

// OnMapSince hands to fn each report that changed after that number of the log,
// as OnMap does, open or not and with a position or without. One that was
// deleted has nothing but its id.
func (s *Store) OnMapSince(ctx context.Context, after int64, fn func(report.Report) error) error {
	// The plus keeps SQLite from reading every report in the log.
	q := `SELECT r.id, ` + onMapColumns() + ` FROM _s_rec AS r LEFT JOIN reports AS p ON p.id = r.id
		WHERE r.seq > {:after} AND +r.coll = 'reports' ORDER BY r.seq`
	return s.mapRows(ctx, q, dbx.Params{"after": after}, fn)
}

func (s *Store) mapRows(ctx context.Context, q string, p dbx.Params, fn func(report.Report) error) error {
	rows, err := s.read.NewQuery(q).Bind(p).WithContext(ctx).Rows()
	if err != nil {
		return fmt.Errorf("read the reports of the map: %w", wrap(err))
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r report.Report
		var registered stamp
		if err := rows.Scan(
			&r.ID, &r.Code, &r.Org, &r.Kind, &r.ObjectType, &r.Point.Lon, &r.Point.Lat, &r.PointSource, &r.District, &r.Routing,
			&r.ReporterOrg, &r.ConsentPublish, &r.Priority, &r.Blocking, &r.State, &r.ResponsibleOrg, &r.Assignee,
			&r.PlannedCloseDate, &r.PlanState, &registered, &r.EscalationLevel, &r.Visibility,
		); err != nil {
			return fmt.Errorf("read a report of the map: %w", err)
		}
		r.RegisteredAt = time.Time(registered)
		if err := fn(r); err != nil {
			return err
		}
	}
	return wrap(rows.Err())
}

// Mine returns the open reports that somebody made or is to work on: their ids
// and positions, and which of the two it is.
func (s *Store) Mine(ctx context.Context, who report.PersonID) ([]report.Report, error) {
	q := `SELECT p.id AS id, p.lon AS lon, p.lat AS lat, p.reporter AS reporter, p.assignee AS assignee FROM reports AS p
		WHERE p.reporter = {:who} AND ` + isOpen("p") + `
		UNION
		SELECT p.id, p.lon, p.lat, p.reporter, p.assignee FROM reports AS p WHERE p.assignee = {:who} AND ` + isOpen("p")
	var rows []struct {
		ID       string  `db:"id"`
		Lon      float64 `db:"lon"`
		Lat      float64 `db:"lat"`
		Reporter string  `db:"reporter"`
		Assignee string  `db:"assignee"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"who": who}); err != nil {
		return nil, fmt.Errorf("read the reports of person %s: %w", who, err)
	}
	out := make([]report.Report, 0, len(rows))
	for _, r := range rows {
		out = append(out, report.Report{
			ID: report.ID(r.ID), Point: report.Point{Lon: r.Lon, Lat: r.Lat},
			Reporter: report.PersonID(r.Reporter), Assignee: report.PersonID(r.Assignee),
		})
	}
	return out, nil
}
