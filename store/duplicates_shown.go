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
	Stage      string    // where it was first shown: form, receipt or desk; followed: on a form whose sender followed it
	ObjectType string    // id, of what it was shown for
	Rank       int       // from 1
	Metres     float64
	Score      float64
	At         time.Time
}

// KeepShownDuplicates keeps what was shown, and for which asks a report has
// come by now. What was shown before for the same ask stays as it was first
// shown, but for when that was while nothing has come of it.
func (s *Store) KeepShownDuplicates(ctx context.Context, all []ShownDuplicate, sent map[string]report.ID) error {
	const q = `
		INSERT INTO _duplicate_shown (ask, candidate, report, stage, objectType, rank, metres, score, at)
		VALUES ({:ask}, {:candidate}, {:report}, {:stage}, {:objectType}, {:rank}, {:metres}, {:score}, {:at})
		ON CONFLICT (ask, candidate) DO UPDATE SET report = excluded.report,
			at = CASE WHEN excluded.report = '' AND stage = 'form' THEN excluded.at ELSE at END WHERE report = ''`
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
		for ask, id := range sent {
			err := tx.exec(ctx, `UPDATE _duplicate_shown SET report = {:report} WHERE ask = {:ask} AND report = ''`, dbx.Params{"report": id, "ask": ask})
			if err != nil {
				return fmt.Errorf("keep what a form came to: %w", err)
			}
		}
		return nil
	})
}

// A FollowedDuplicate is a report that somebody said "I see it too" of, within
// an hour after it was shown on a form that nothing has come of yet. Whether it
// was their form, the ask says to whoever made it.
type FollowedDuplicate struct {
	Ask       string          `db:"ask"`
	Candidate report.ID       `db:"candidate"`
	Person    report.PersonID `db:"actor"`
}

// FollowedDuplicates lists them: of some asks, or with none of all that were
// shown since that moment.
func (s *Store) FollowedDuplicates(ctx context.Context, asks []string, since time.Time) ([]FollowedDuplicate, error) {
	which := `d.at >= {:since}`
	if len(asks) > 0 {
		which = `d.ask IN (SELECT value FROM json_each({:asks}))`
	}
	q := `
		SELECT DISTINCT d.ask, d.candidate, e.actor FROM _duplicate_shown AS d
		JOIN reportEvents AS e ON e.report = d.candidate AND e.type = 'interest' AND e.actor != ''
			AND e.recordedAt >= d.at AND e.recordedAt < strftime('%Y-%m-%d %H:%M:%fZ', d.at, '+1 hour')
		WHERE ` + which + ` AND d.report = '' AND d.stage = 'form' ORDER BY d.ask, d.candidate, e.actor`
	var out []FollowedDuplicate
	if err := s.rows(ctx, &out, q, dbx.Params{"asks": list(asks), "since": stamp(since)}); err != nil {
		return nil, fmt.Errorf("list followed duplicates: %w", err)
	}
	return out, nil
}

// KeepFollowedDuplicates keeps which of the shown ones were followed by those
// whose forms they were shown on.
func (s *Store) KeepFollowedDuplicates(ctx context.Context, all []FollowedDuplicate) error {
	const q = `UPDATE _duplicate_shown SET stage = 'followed' WHERE ask = {:ask} AND candidate = {:candidate} AND report = '' AND stage = 'form'`
	return s.InTx(ctx, func(tx *Store) error {
		for _, f := range all {
			if err := tx.exec(ctx, q, dbx.Params{"ask": f.Ask, "candidate": f.Candidate}); err != nil {
				return fmt.Errorf("keep a followed duplicate: %w", err)
			}
		}
		return nil
	})
}

// DismissDuplicate says that a report is no duplicate of one that was shown
// for it, in the eyes of by (reporter or staff); "" takes that back, and with
// staff what the staff said of the two the other way round as well. It returns
// false when the candidate was never shown for the report.
func (s *Store) DismissDuplicate(ctx context.Context, id, candidate report.ID, by string, staff bool, now time.Time) (bool, error) {
	const q = `UPDATE _duplicate_shown SET dismissedBy = {:by}, dismissedAt = {:at}
		WHERE report = {:report} AND report != '' AND candidate = {:candidate}
			OR {:both} AND report = {:candidate} AND report != '' AND candidate = {:report} AND dismissedBy = 'staff'`
	p := dbx.Params{"by": by, "at": stamp(now), "report": id, "candidate": candidate, "both": staff && by == ""}
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
// with who did it: reporter or staff. What the staff said of two reports counts
// for both.
func (s *Store) DismissedDuplicates(ctx context.Context, id report.ID) (map[report.ID]string, error) {
	var rows []struct {
		Candidate string `db:"candidate"`
		By        string `db:"dismissedBy"`
	}
	const q = `
		SELECT candidate, dismissedBy FROM _duplicate_shown WHERE report = {:id} AND report != '' AND dismissedBy != ''
		UNION ALL SELECT report, dismissedBy FROM _duplicate_shown WHERE candidate = {:id} AND report != '' AND dismissedBy = 'staff'`
	if err := s.rows(ctx, &rows, q, dbx.Params{"id": id}); err != nil {
		return nil, fmt.Errorf("dismissed duplicates of report %s: %w", id, err)
	}
	out := make(map[report.ID]string, len(rows))
	for _, r := range rows {
		if id := report.ID(r.Candidate); out[id] != "staff" {
			out[id] = r.By
		}
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

// CountDuplicates counts the suggestions shown at or after from and before to,
// by object, by rank and by distance: bounds are metres, growing. Those on a form
// count when something came of it: a report, or one of them was followed.
//
// One is accepted when the two reports are linked as duplicates now, whichever
// way; or when the reporter of the report it was shown for said "I see it too"
// of the candidate afterwards; or, where no report came of it, when it was
// followed. One is dismissed when somebody said so and it was not accepted.
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
			FROM _duplicate_shown AS d WHERE d.at >= {:from} AND d.at < {:to} AND (d.report != '' OR ` + followedAsk + `))
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
ELSE d.stage = 'followed' END`

// followedAsk is the condition of a form on which something was followed.
const followedAsk = `EXISTS (SELECT 1 FROM _duplicate_shown AS f WHERE f.ask = d.ask AND f.stage = 'followed')`
