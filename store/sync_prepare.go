package store

import (
	"context"
	"strconv"

	"github.com/pocketbase/dbx"

	fieldsync "github.com/sestante/sestante/sync"
)

// Prepare reads what changed after a number of the log in the scopes that many
// people hold, at most limit records and the newest of them, so that pulls find
// it made: making a body takes several times as long as sending it. It returns
// the number up to which it has looked, and how many records it has read.
func (s *Store) Prepare(ctx context.Context, after int64, limit int) (upto int64, n int, err error) {
	err = s.Snapshot(ctx, func(view *Store) error {
		head, err := view.Head(ctx)
		if err != nil || head.Seq <= after {
			upto = min(after, head.Seq)
			return err
		}
		upto = head.Seq
		scopes, err := view.sharedScopes(ctx)
		if err != nil || len(scopes) == 0 {
			return err
		}
		entries, err := view.newest(ctx, scopes, after, limit)
		if err != nil {
			return err
		}
		n = len(entries)
		return fieldsync.Prepare(ctx, view, scopes, entries)
	})
	return upto, n, err
}

// sharedScopes returns the scopes of the classes that many people hold.
func (s *Store) sharedScopes(ctx context.Context) ([]fieldsync.Scope, error) {
	const q = `
		SELECT s.sid, s.name
		FROM json_each({:classes}) AS k JOIN _s_scope AS s ON s.name = k.value OR s.name >= k.value || ':' AND s.name < k.value || ';'`
	var rows []struct {
		SID  int64  `db:"sid"`
		Name string `db:"name"`
	}
	var classes list
	for _, c := range fieldsync.WidelyHeld() {
		classes = append(classes, string(c))
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"classes": classes}); err != nil {
		return nil, err
	}
	out := make([]fieldsync.Scope, len(rows))
	for i, r := range rows {
		out[i] = fieldsync.ScopeOf(r.SID, r.Name)
	}
	return out, nil
}

// newest returns the records that changed in the scopes after a number, the
// newest first.
func (s *Store) newest(ctx context.Context, scopes []fieldsync.Scope, after int64, limit int) ([]fieldsync.Entry, error) {
	sids := make(list, len(scopes))
	for i, scope := range scopes {
		sids[i] = strconv.FormatInt(scope.I, 10)
	}
	const q = `
		SELECT max(m.seq), m.coll, m.id, 1, 0
		FROM json_each({:scopes}) AS held CROSS JOIN _s_member AS m ON m.scope = CAST(held.value AS INTEGER) AND m.seq > {:after} AND m.st = 1
		GROUP BY m.coll, m.id
		ORDER BY 1 DESC
		LIMIT {:limit}`
	return s.entries(ctx, q, dbx.Params{"scopes": sids, "after": after, "limit": limit})
}
