package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

type eventRow struct {
	ID         string  `db:"id"`
	Report     string  `db:"report"`
	Seq        int64   `db:"seq"`
	Type       string  `db:"type"`
	From       string  `db:"fromState"`
	To         string  `db:"toState"`
	Payload    object  `db:"payload"`
	Actor      string  `db:"actor"`
	ActorRole  string  `db:"actorRole"`
	Device     string  `db:"device"`
	Call       string  `db:"call"`
	Base       int64   `db:"base"`
	OccurredAt stamp   `db:"occurredAt"`
	RecordedAt stamp   `db:"recordedAt"`
	OffsetMs   int64   `db:"offsetMs"`
	Lon        float64 `db:"lon"`
	Lat        float64 `db:"lat"`
	HasPoint   bool    `db:"hasPoint"`
	Source     string  `db:"source"`
	Org        string  `db:"org"`
}

var events = tableOf("reportEvents", eventRow{})

// AppendEvents adds events to the end of their report's history.
func (s *Store) AppendEvents(ctx context.Context, all []report.Event, now time.Time) error {
	for _, e := range all {
		row := eventRow{
			ID: e.ID, Report: string(e.Report), Seq: e.Seq, Type: e.Type, From: string(e.From), To: string(e.To),
			Payload: object(e.Payload), Actor: string(e.Actor), ActorRole: string(e.ActorRole),
			Device: e.Device, Call: e.Call, Base: e.Base,
			OccurredAt: stamp(e.OccurredAt), RecordedAt: stamp(e.RecordedAt), OffsetMs: e.OffsetMs,
			Source: e.Source, Org: string(e.Org),
		}
		if e.At != nil {
			row.Lon, row.Lat, row.HasPoint = e.At.Lon, e.At.Lat, true
		}
		if err := s.exec(ctx, events.insert, events.params(row, now)); err != nil {
			return fmt.Errorf("append event %d of report %s: %w", e.Seq, e.Report, err)
		}
	}
	return nil
}

// Events returns the history of a report, oldest first.
func (s *Store) Events(ctx context.Context, id report.ID) ([]report.Event, error) {
	var rows []eventRow
	if err := s.rows(ctx, &rows, `SELECT * FROM reportEvents WHERE report = {:id} ORDER BY seq`, dbx.Params{"id": id}); err != nil {
		return nil, fmt.Errorf("events of report %s: %w", id, err)
	}
	out := make([]report.Event, 0, len(rows))
	for _, r := range rows {
		e := report.Event{
			ID: r.ID, Report: report.ID(r.Report), Seq: r.Seq, Type: r.Type, From: report.State(r.From), To: report.State(r.To),
			Payload: json.RawMessage(r.Payload), Actor: report.PersonID(r.Actor), ActorRole: report.Role(r.ActorRole),
			Device: r.Device, Call: r.Call, Base: r.Base,
			OccurredAt: time.Time(r.OccurredAt), RecordedAt: time.Time(r.RecordedAt), OffsetMs: r.OffsetMs,
			Source: r.Source, Org: report.OrgID(r.Org),
		}
		if r.HasPoint {
			e.At = &report.Point{Lon: r.Lon, Lat: r.Lat}
		}
		out = append(out, e)
	}
	return out, nil
}

// WasAssignee reports whether the person was the assignee of the report at
// some version up to base; base 0 means at any time.
func (s *Store) WasAssignee(ctx context.Context, id report.ID, person report.PersonID, base int64) (bool, error) {
	const q = `
		SELECT 1 FROM reportEvents
		WHERE report = {:id} AND ({:base} = 0 OR seq <= {:base})
			AND json_extract(payload, '$.assignee') = {:person}
		LIMIT 1`
	var one int
	ok, err := s.value(ctx, q, dbx.Params{"id": id, "person": person, "base": base}, &one)
	if err != nil {
		return false, fmt.Errorf("former assignee of report %s: %w", id, err)
	}
	return ok, nil
}
