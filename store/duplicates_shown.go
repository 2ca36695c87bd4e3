package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A ShownDuplicate is one suggestion that somebody was shown; nobody is named.
type ShownDuplicate struct {
	Ask        string // what it was shown for: the same before and after the report has come
	Candidate  report.ID
	Report     report.ID // empty while the report is still to come
	Stage      string    // where it was first shown: form, receipt or desk
	ObjectType string    // id, of what it was shown for
	Rank       int       // from 1
	Metres     float64
	Score      float64
	At         time.Time
}

// KeepShownDuplicates keeps what was shown. What was shown before for the same
// ask stays as it was first shown, and learns which report it was for.
func (s *Store) KeepShownDuplicates(ctx context.Context, all []ShownDuplicate) error {
	const q = `
		INSERT INTO _duplicate_shown (ask, candidate, report, stage, objectType, rank, metres, score, at)
		VALUES ({:ask}, {:candidate}, {:report}, {:stage}, {:objectType}, {:rank}, {:metres}, {:score}, {:at})
		ON CONFLICT (ask, candidate) DO UPDATE SET report = excluded.report WHERE report = '' AND excluded.report != ''`
	return s.InTx(ctx, func(tx *Store) error {
		for _, d := range all {
			err := tx.exec(ctx, q, dbx.Params{
				"ask": d.Ask, "candidate": d.Candidate, "report": d.Report, "stage": d.Stage, "objectType": d.ObjectType,
				"rank": d.Rank, "metres": d.Metres, "score": d.Score, "at": stamp(d.At),
			})
			if err != nil {
				return fmt.Errorf("keep a shown duplicate: %w", err)
			}
		}
		return nil
	})
}

// DismissDuplicate says that a report is no duplicate of one that was shown
// for it, in the eyes of by (reporter or staff); "" takes that back. It returns
// false when the candidate was never shown for the report.
func (s *Store) DismissDuplicate(ctx context.Context, id, candidate report.ID, by string, now time.Time) (bool, error) {
	const q = `UPDATE _duplicate_shown SET dismissedBy = {:by}, dismissedAt = {:at} WHERE report = {:report} AND report != '' AND candidate = {:candidate}`
	p := dbx.Params{"by": by, "at": stamp(now), "report": id, "candidate": candidate}
	if by == "" {
		p["at"] = ""
	}
	n, err := s.change(ctx, q, p)
	if err != nil {
		return false, fmt.Errorf("dismiss a duplicate of report %s: %w", id, err)
	}
	return n > 0, nil
}

// DismissedDuplicates returns the candidates that were dismissed for a report,
// with who did it: reporter or staff.
func (s *Store) DismissedDuplicates(ctx context.Context, id report.ID) (map[report.ID]string, error) {
	var rows []struct {
		Candidate string `db:"candidate"`
		By        string `db:"dismissedBy"`
	}
	const q = `SELECT candidate, dismissedBy FROM _duplicate_shown WHERE report = {:id} AND report != '' AND dismissedBy != ''`
	if err := s.rows(ctx, &rows, q, dbx.Params{"id": id}); err != nil {
		return nil, fmt.Errorf("dismissed duplicates of report %s: %w", id, err)
	}
	out := make(map[report.ID]string, len(rows))
	for _, r := range rows {
		out[report.ID(r.Candidate)] = r.By
	}
	return out, nil
}

// A DuplicateCount is how often suggestions of one kind were shown, and what
// became of them.
type DuplicateCount struct {
	ObjectType string `db:"objectType"` // id
	Rank       int    `db:"rank"`
	Band       int    `db:"band"` // number of the first bound the distance does not exceed; len(bounds) beyond the last
	Shown      int    `db:"shown"`
	Accepted   int    `db:"accepted"`
	Dismissed  int    `db:"dismissed"`
}

// CountDuplicates counts the suggestions first shown at or after from and before to,
// by object, by rank and by distance: bounds are metres, growing.
//
// One is accepted when the two reports are linked as duplicates now, whichever
// way; or when somebody said "I see it too" of the candidate afterwards: the
// reporter of the report it was shown for, or, where no report came of it,
// whoever did so within an hour, of the last time it was shown. One is
// dismissed when somebody said so and it was not accepted.
func (s *Store) CountDuplicates(ctx context.Context, from, to time.Time, bounds []float64) ([]DuplicateCount, error) {
	p := dbx.Params{"from": stamp(from), "to": stamp(to)}
	band := "CASE"
	for i, b := range bounds {
		band += fmt.Sprintf(" WHEN d.metres <= %g THEN %d", b, i)
	}
	band += fmt.Sprintf(" ELSE %d END", len(bounds))
	if len(bounds) == 0 {
		band = "0"
	}
	q := `
		SELECT objectType, rank, band, count(*) AS shown, sum(accepted) AS accepted, sum(dismissed AND NOT accepted) AS dismissed
		FROM (
			SELECT d.objectType, d.rank, ` + band + ` AS band, d.dismissedBy != '' AS dismissed, ` + acceptedDuplicate + ` AS accepted
			FROM _duplicate_shown AS d WHERE d.at >= {:from} AND d.at < {:to})
		GROUP BY objectType, rank, band ORDER BY objectType, rank, band`
	var out []DuplicateCount
	if err := s.rows(ctx, &out, q, p); err != nil {
		return nil, fmt.Errorf("count shown duplicates: %w", err)
	}
	return out, nil
}

// acceptedDuplicate is the condition of a shown duplicate d that was accepted.
const acceptedDuplicate = `CASE WHEN d.report != '' THEN
	EXISTS (SELECT 1 FROM reportLinks AS l WHERE l.kind = 'duplicate_of' AND l.a = d.report AND l.b = d.candidate)
	OR EXISTS (SELECT 1 FROM reportLinks AS l WHERE l.kind = 'duplicate_of' AND l.a = d.candidate AND l.b = d.report)
	OR EXISTS (SELECT 1 FROM reportEvents AS e JOIN reports AS r ON r.id = d.report AND r.reporter = e.actor
		WHERE e.report = d.candidate AND e.type = 'interest' AND e.actor != '' AND e.recordedAt >= d.at)
ELSE
	EXISTS (SELECT 1 FROM reportEvents AS e
		WHERE e.report = d.candidate AND e.type = 'interest' AND e.recordedAt >= d.at AND e.recordedAt < strftime('%Y-%m-%d %H:%M:%fZ', d.at, '+1 hour')
		AND NOT EXISTS (SELECT 1 FROM _duplicate_shown AS o
			WHERE o.candidate = d.candidate AND o.report = '' AND o.at <= e.recordedAt AND (o.at > d.at OR o.at = d.at AND o.ask > d.ask)))
END`
