package store

import (
	"context"
	"fmt"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A RerouteMove is one report that followed the territory: from which area to
// which, from which organisation to which, and whose work it was.
type RerouteMove struct {
	Report   report.ID       `db:"report"`
	From     report.AreaID   `db:"fromArea"`
	To       report.AreaID   `db:"toArea"`
	FromOrg  report.OrgID    `db:"fromOrg"`
	ToOrg    report.OrgID    `db:"toOrg"`
	Assignee report.PersonID `db:"assignee"` // before it moved
}

// KeepMove notes a move, for the people who will be told. A report that moves
// again in the same re-routing, because the areas changed meanwhile, went from
// where it was at first to where it is at last.
func (s *Store) KeepMove(ctx context.Context, run string, m RerouteMove) error {
	const q = `
		INSERT INTO _reroute_moves (run, report, fromArea, toArea, fromOrg, toOrg, assignee)
		VALUES ({:run}, {:report}, {:from}, {:to}, {:fromOrg}, {:toOrg}, {:assignee})
		ON CONFLICT (run, report) DO UPDATE SET toArea = excluded.toArea, toOrg = excluded.toOrg,
			assignee = CASE WHEN assignee = '' THEN excluded.assignee ELSE assignee END`
	if err := s.exec(ctx, q, dbx.Params{
		"run": run, "report": m.Report, "from": m.From, "to": m.To, "fromOrg": m.FromOrg, "toOrg": m.ToOrg, "assignee": m.Assignee,
	}); err != nil {
		return fmt.Errorf("note the move of report %s: %w", m.Report, err)
	}
	return nil
}

// A MoveGroup counts moves that are the same for whoever is told of them.
type MoveGroup struct {
	RerouteMove
	Reports int `db:"n"`
}

// MoveGroups returns the moves of a re-routing, counted. A group has no report.
func (s *Store) MoveGroups(ctx context.Context, run string) ([]MoveGroup, error) {
	const q = `
		SELECT '' AS report, fromArea, toArea, fromOrg, toOrg, assignee, count(*) AS n FROM _reroute_moves WHERE run = {:run}
		GROUP BY fromArea, toArea, fromOrg, toOrg, assignee ORDER BY fromArea, toArea, fromOrg, toOrg, assignee`
	var out []MoveGroup
	if err := s.rows(ctx, &out, q, dbx.Params{"run": run}); err != nil {
		return nil, fmt.Errorf("count the moves: %w", err)
	}
	return out, nil
}

// DropMoves forgets the moves of a re-routing: everybody has been told.
func (s *Store) DropMoves(ctx context.Context, run string) error {
	return s.exec(ctx, `DELETE FROM _reroute_moves WHERE run = {:run}`, dbx.Params{"run": run})
}
