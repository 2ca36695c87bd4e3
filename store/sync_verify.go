package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/pocketbase/dbx"

	fieldsync "github.com/sestante/sestante/sync"
)

// Digests returns what each of the scopes holds, by collection, in the order of
// scope and collection. A collection that holds nothing is left out.
func (s *Store) Digests(ctx context.Context, scopes []int64) ([]fieldsync.Digested, error) {
	const q = `
		SELECT scope, coll, n, d0, d1, d2, d3 FROM _s_digest
		WHERE scope IN (SELECT value FROM json_each({:scopes})) AND n != 0
		ORDER BY scope, coll`
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{"scopes": numbers(scopes)}).WithContext(ctx).Rows()
	if err != nil {
		return nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	out := []fieldsync.Digested{}
	for rows.Next() {
		var d fieldsync.Digested
		if err := rows.Scan(&d.Scope, &d.Coll, &d.N, &d.Sum[0], &d.Sum[1], &d.Sum[2], &d.Sum[3]); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, wrap(rows.Err())
}

// numbers writes numbers as a JSON array, for json_each.
func numbers(all []int64) string {
	out := []byte{'['}
	for i, n := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, n, 10)
	}
	return string(append(out, ']'))
}

// Horizon returns the number up to which exits may have been cleared away.
func (s *Store) Horizon(ctx context.Context) (int64, error) {
	var seq int64
	_, err := s.value(ctx, `SELECT CAST(v AS INTEGER) FROM _meta WHERE k = 'sync.horizon'`, nil, &seq)
	return seq, err
}

// keysOf returns the first and the last key with a prefix of hexadecimal
// digits, and how far a key is shifted to have its next digit last.
func keysOf(prefix string) (from, to int64, shift int) {
	from, _ = strconv.ParseInt("0"+prefix, 16, 64) // the rules let only digits through
	free := 32 - 4*len(prefix)
	return from << free, (from+1)<<free - 1, free - 4
}

// partOf is the join of a part: a large part by what is in the scope, a small
// one by the keys, because the scope may be large.
func partOf(p fieldsync.Part) string {
	const where = ` AND m.scope = {:scope} AND m.coll = {:coll} AND r.coll = {:coll} AND r.k0 BETWEEN {:from} AND {:to}`
	if len(p.Prefix) < 2 {
		return `_s_member AS m CROSS JOIN _s_rec AS r WHERE r.id = m.id` + where
	}
	return `_s_rec AS r CROSS JOIN _s_member AS m WHERE m.id = r.id` + where
}

// Buckets returns what each of the sixteen parts of a part holds, of the
// records that have not changed since the number upto.
func (s *Store) Buckets(ctx context.Context, p fieldsync.Part, upto int64) (out [fieldsync.Ways]fieldsync.Digest, err error) {
	q := `
		SELECT (r.k0 >> {:shift}) & 15, count(*), sum(r.d0) & 4294967295, sum(r.d1) & 4294967295, sum(r.d2) & 4294967295, sum(r.d3) & 4294967295
		FROM ` + partOf(p) + ` AND m.seq <= {:upto} AND m.st = 1
		GROUP BY 1`
	from, to, shift := keysOf(p.Prefix)
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{
		"scope": p.Scope, "coll": p.Coll, "upto": upto, "from": from, "to": to, "shift": shift,
	}).WithContext(ctx).Rows()
	if err != nil {
		return out, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at int
		var d fieldsync.Digest
		if err := rows.Scan(&at, &d.N, &d.Sum[0], &d.Sum[1], &d.Sum[2], &d.Sum[3]); err != nil {
			return out, err
		}
		out[at] = d
	}
	return out, wrap(rows.Err())
}

// Elements returns every record of a part: in the scope now, or gone from it
// after upto.
func (s *Store) Elements(ctx context.Context, p fieldsync.Part, upto int64) ([]fieldsync.Placed, error) {
	q := `SELECT m.id, r.ver, m.seq, m.st FROM ` + partOf(p) + ` AND (m.st = 1 OR m.seq > {:upto})`
	from, to, _ := keysOf(p.Prefix)
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{
		"scope": p.Scope, "coll": p.Coll, "upto": upto, "from": from, "to": to,
	}).WithContext(ctx).Rows()
	if err != nil {
		return nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	var out []fieldsync.Placed
	for rows.Next() {
		var e fieldsync.Placed
		if err := rows.Scan(&e.ID, &e.Ver, &e.Seq, &e.In); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, wrap(rows.Err())
}

// NewerThan returns the ids of a collection that entered, changed in or left a
// scope after a number, at most limit.
func (s *Store) NewerThan(ctx context.Context, scope int64, coll string, after int64, limit int) ([]string, error) {
	const q = `SELECT id FROM _s_member WHERE scope = {:scope} AND seq > {:after} AND coll = {:coll} LIMIT {:limit}`
	return s.ids(ctx, q, dbx.Params{"scope": scope, "after": after, "coll": coll, "limit": limit})
}

// KeepDivergence remembers what a verification found on a device, for an
// operator.
func (s *Store) KeepDivergence(ctx context.Context, id, device string, at time.Time, d fieldsync.Divergence) error {
	const q = `INSERT INTO _s_diverge (id, did, at, scope, coll, missing, extra, stale)
		VALUES ({:id}, {:did}, {:at}, {:scope}, {:coll}, {:missing}, {:extra}, {:stale})`
	err := s.exec(ctx, q, dbx.Params{
		"id": id, "did": device, "at": stamp(at), "scope": d.Scope, "coll": d.Coll, "missing": d.Missing, "extra": d.Extra, "stale": d.Stale,
	})
	if err != nil {
		return fmt.Errorf("keep a divergence of device %s: %w", device, err)
	}
	return nil
}

// ClearExits forgets exits that no device needs: those that were committed
// before the day given and that every device seen since then has had. It
// returns how many it cleared, at most limit; the horizon moves with them. A
// device behind the horizon learns what it holds too much by verifying, or
// starts anew.
func (s *Store) ClearExits(ctx context.Context, before time.Time, limit int) (cleared int64, err error) {
	err = s.InTx(ctx, func(tx *Store) error {
		const bound = `
			SELECT min(
				coalesce((SELECT max(seq) FROM _s_commit WHERE at <= {:ms}), 0),
				coalesce((SELECT min(d.cur_seq) FROM _s_device AS d JOIN devices AS v ON v.id = d.did
					WHERE v.state = 'active' AND d.cur_seq > 0 AND d.seen >= {:day}), 9223372036854775807))`
		var upto int64
		if _, err := tx.value(ctx, bound, dbx.Params{"ms": before.UnixMilli(), "day": stamp(before)}, &upto); err != nil {
			return fmt.Errorf("find the horizon: %w", err)
		}
		// What is left for the next time must stay above the horizon.
		const last = `SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM _s_member WHERE st = 0 AND seq <= {:upto} ORDER BY seq LIMIT {:limit})`
		if _, err := tx.value(ctx, last, dbx.Params{"upto": upto, "limit": limit}, &upto); err != nil || upto == 0 {
			return err
		}
		cleared, err = tx.change(ctx, `DELETE FROM _s_member WHERE st = 0 AND seq <= {:upto}`, dbx.Params{"upto": upto})
		if err != nil {
			return fmt.Errorf("clear exits: %w", err)
		}
		const set = `INSERT INTO _meta (k, v) VALUES ('sync.horizon', {:v})
			ON CONFLICT (k) DO UPDATE SET v = CAST(max(CAST(v AS INTEGER), CAST(excluded.v AS INTEGER)) AS TEXT)`
		return tx.exec(ctx, set, dbx.Params{"v": strconv.FormatInt(upto, 10)})
	})
	return cleared, err
}
