package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"

	fieldsync "github.com/sestante/sestante/sync"
)

// CaptureDrift compares what is installed and logged with what should be, and
// says each difference in a sentence; none is health. It writes nothing.
func (s *Store) CaptureDrift(ctx context.Context) ([]string, error) {
	var out []string
	err := s.Snapshot(ctx, func(view *Store) error {
		want, err := view.wantedCapture(ctx)
		if err != nil {
			return err
		}
		have, err := view.installedCapture(ctx)
		if err != nil {
			return err
		}
		for _, o := range want {
			i := slices.IndexFunc(have, func(h schemaObject) bool { return h.name == o.name })
			switch {
			case i < 0:
				out = append(out, o.name+" is missing.")
			case have[i].sql != o.sql:
				out = append(out, o.name+" differs from the table of scopes.")
			}
		}
		for _, h := range have {
			if !slices.ContainsFunc(want, func(o schemaObject) bool { return o.name == h.name }) {
				out = append(out, h.name+" should not be there.")
			}
		}
		if len(out) > 0 {
			return nil // the views cannot be asked
		}
		for _, c := range fieldsync.Captured {
			ids, err := view.misplaced(ctx, c.Name)
			if err != nil {
				return err
			}
			if len(ids) > 0 {
				out = append(out, fmt.Sprintf("%d records of %s are not where the log says.", len(ids), c.Name))
			}
		}
		wrong, err := view.wrongDigests(ctx)
		if err != nil {
			return err
		}
		if wrong > 0 {
			out = append(out, fmt.Sprintf("%d digests are not the sum of what is in their scope.", wrong))
		}
		return view.hasTable(ctx, "roles", func() error {
			if wrong, err = view.wrongGrants(ctx); err == nil && wrong > 0 {
				out = append(out, fmt.Sprintf("%d scopes are not held by whom the roles say.", wrong))
			}
			return err
		})
	})
	return out, err
}

// RepairCapture installs what is missing, and stamps every record and every
// grant that CaptureDrift finds out of place, so that devices learn where they
// are. It reads every captured row: it is for an operator, not for every start.
func (s *Store) RepairCapture(ctx context.Context) error {
	return s.InTx(ctx, func(tx *Store) error {
		if err := tx.InstallCapture(ctx); err != nil {
			return err
		}
		return tx.settle(ctx)
	})
}

// settle puts every record and every grant where it belongs.
func (s *Store) settle(ctx context.Context) error {
	for _, c := range fieldsync.Captured {
		if err := s.hasTable(ctx, c.Name, func() error {
			ids, err := s.misplaced(ctx, c.Name)
			if err != nil {
				return err
			}
			return s.RestampRecords(ctx, c.Name, ids)
		}); err != nil {
			return err
		}
	}
	if err := s.sumDigests(ctx); err != nil {
		return fmt.Errorf("sum the digests: %w", err)
	}
	return s.hasTable(ctx, "roles", func() error {
		wrong, err := s.wrongGrants(ctx)
		if err != nil || wrong == 0 {
			return err
		}
		if err := s.script(ctx, cover, nil); err != nil {
			return err
		}
		return s.script(ctx, regrant("(SELECT id FROM users UNION SELECT usr FROM _s_grant)"), nil)
	})
}

// misplaced lists the records of a collection whose place in the log is not
// what their row says.
func (s *Store) misplaced(ctx context.Context, coll string) ([]string, error) {
	q := fmt.Sprintf("SELECT id FROM `%[1]s` WHERE id NOT IN (SELECT id FROM _s_rec WHERE coll = {:coll} AND del = 0)\n"+
		"UNION SELECT id FROM _s_rec WHERE coll = {:coll} AND del = 0 AND id NOT IN (SELECT id FROM `%[1]s`)\n"+
		"UNION SELECT id FROM (SELECT id, name FROM `_s_in_%[1]s` EXCEPT\n"+
		"  SELECT m.id, s.name FROM _s_member AS m JOIN _s_scope AS s ON s.sid = m.scope WHERE m.coll = {:coll} AND m.st = 1)\n"+
		"UNION SELECT id FROM (SELECT m.id, s.name FROM _s_member AS m JOIN _s_scope AS s ON s.sid = m.scope WHERE m.coll = {:coll} AND m.st = 1\n"+
		"  EXCEPT SELECT id, name FROM `_s_in_%[1]s`)\n"+
		"ORDER BY id", coll)
	return s.ids(ctx, q, dbx.Params{"coll": coll})
}

// wrongGrants returns how many grants are not what the roles say, by the cover
// as it should be.
func (s *Store) wrongGrants(ctx context.Context) (n int, err error) {
	const q = `
		SELECT (SELECT count(*) FROM (SELECT area, district FROM _s_cover EXCEPT SELECT area, district FROM _s_below))
			+ (SELECT count(*) FROM (SELECT area, district FROM _s_below EXCEPT SELECT area, district FROM _s_cover))
			+ (SELECT count(*) FROM _s_grant AS g JOIN _s_scope AS s ON s.sid = g.scope
				WHERE g.to_seq IS NULL AND (g.usr, s.name) NOT IN (SELECT usr, name FROM _s_entitled))
			+ (SELECT count(*) FROM (SELECT usr, name FROM _s_entitled EXCEPT
				SELECT g.usr, s.name FROM _s_grant AS g JOIN _s_scope AS s ON s.sid = g.scope WHERE g.to_seq IS NULL))`
	_, err = s.value(ctx, q, nil, &n)
	return n, err
}
