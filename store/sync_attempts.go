package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
)

// A Mark says that a push is about to be carried out.
type Mark struct {
	Device      string
	First, Last int64 // the numbers it brings; 0: none
}

// MarkPushes writes, in a transaction of its own, that the pushes are about to
// be carried out by the process boot. A mark another process left means that
// it died over it: each mutation of it is then counted as one failed attempt.
// It returns the devices that have such mutations, which must be carried out
// one by one; they are not marked.
func (s *Store) MarkPushes(ctx context.Context, boot string, marks []Mark, now time.Time) (map[string]bool, error) {
	suspect := map[string]bool{}
	var bring []Mark
	for _, m := range marks {
		m, err := s.withHeld(ctx, m)
		if err != nil {
			return nil, err
		}
		if m.First > 0 {
			bring = append(bring, m)
		}
	}
	if len(bring) == 0 {
		return suspect, nil // who brings nothing costs nothing
	}
	err := s.InTx(ctx, func(tx *Store) error {
		for _, m := range bring {
			bad, err := tx.markPush(ctx, boot, m, now)
			if err != nil {
				return err
			}
			if bad {
				suspect[m.Device] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mark the pushes: %w", err)
	}
	return suspect, nil
}

// withHeld adds what waits since the device was locked: it goes first.
func (s *Store) withHeld(ctx context.Context, m Mark) (Mark, error) {
	var first, last int64
	const q = `
		SELECT coalesce(min(mid), 0), coalesce(max(mid), 0) FROM _s_mut
		WHERE did = {:did} AND st = 'held' AND st IN ('held', 'quarantined')`
	if _, err := s.value(ctx, q, dbx.Params{"did": m.Device}, &first, &last); err != nil {
		return m, fmt.Errorf("what device %s has waiting: %w", m.Device, err)
	}
	if first > 0 {
		m.First, m.Last = first, max(m.Last, last)
	}
	return m, nil
}

func (s *Store) markPush(ctx context.Context, boot string, m Mark, now time.Time) (bool, error) {
	p := dbx.Params{"did": m.Device, "boot": boot, "first": m.First, "last": m.Last, "at": stamp(now)}
	var first, last int64
	var tried int
	const before = `
		SELECT coalesce((SELECT first FROM _s_mark WHERE did = {:did} AND boot != {:boot}), 0),
			coalesce((SELECT last FROM _s_mark WHERE did = {:did} AND boot != {:boot}), 0),
			(SELECT count(*) FROM _s_attempt WHERE did = {:did} AND mid >= {:first} AND mid <= {:last})`
	if _, err := s.value(ctx, before, p, &first, &last, &tried); err != nil {
		return false, err
	}
	if first > 0 {
		n, err := s.countAll(ctx, m.Device, first, last, now)
		if err != nil {
			return false, err
		}
		if err := s.Unmark(ctx, m.Device); err != nil {
			return false, err
		}
		tried += n
	}
	if tried > 0 {
		return true, nil
	}
	const q = `
		INSERT INTO _s_mark (did, first, last, boot, at) VALUES ({:did}, {:first}, {:last}, {:boot}, {:at})
		ON CONFLICT (did) DO UPDATE SET first = excluded.first, last = excluded.last, boot = excluded.boot, at = excluded.at`
	return false, s.exec(ctx, q, p)
}

// countAll counts one failed attempt for each mutation of the device from
// first to last that has not come to an end.
func (s *Store) countAll(ctx context.Context, device string, first, last int64, now time.Time) (int, error) {
	const q = `
		WITH RECURSIVE open (mid) AS (
			SELECT {:first} UNION ALL SELECT mid + 1 FROM open WHERE mid < {:last}
		)
		INSERT INTO _s_attempt (did, mid, n, at, why)
		SELECT {:did}, o.mid, 1, {:at}, 'the server ended' FROM open AS o
		LEFT JOIN _s_mut AS m ON m.did = {:did} AND m.mid = o.mid
		WHERE m.mid IS NULL OR m.st = 'held'
		ON CONFLICT (did, mid) DO NOTHING`
	n, err := s.change(ctx, q, dbx.Params{"did": device, "first": first, "last": last, "at": stamp(now)})
	return int(n), err
}

// Unmark takes the mark of a device away, after a push that came to an end
// before all its mutations had.
func (s *Store) Unmark(ctx context.Context, device string) error {
	return s.exec(ctx, `DELETE FROM _s_mark WHERE did = {:did}`, dbx.Params{"did": device})
}

// Attempt counts an attempt at mutations of a device before it is made, in a
// transaction of its own: after a crash nobody could.
func (s *Store) Attempt(ctx context.Context, device string, mids []int64, now time.Time) error {
	return s.InTx(ctx, func(tx *Store) error {
		for _, mid := range mids {
			if err := tx.tried(ctx, device, mid, "the server ended", now); err != nil {
				return err
			}
		}
		return nil
	})
}

// Unattempt takes an attempt back that ended for a reason which says nothing
// about the mutations, such as a full disk.
func (s *Store) Unattempt(ctx context.Context, device string, mids []int64) error {
	return s.InTx(ctx, func(tx *Store) error {
		for _, mid := range mids {
			const q = `UPDATE _s_attempt SET n = n - 1 WHERE did = {:did} AND mid = {:mid}`
			if err := tx.exec(ctx, q, dbx.Params{"did": device, "mid": mid}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) tried(ctx context.Context, device string, mid int64, why string, now time.Time) error {
	const q = `
		INSERT INTO _s_attempt (did, mid, n, at, why) VALUES ({:did}, {:mid}, 1, {:at}, {:why})
		ON CONFLICT (did, mid) DO UPDATE SET n = n + 1, at = excluded.at, why = excluded.why`
	return s.exec(ctx, q, dbx.Params{"did": device, "mid": mid, "at": stamp(now), "why": why})
}

// Attempts returns how often each of the device's mutations was begun and did
// not come to an end.
func (l Ledger) Attempts(ctx context.Context, device string) (map[int64]int, error) {
	var rows []struct {
		Mid int64 `db:"mid"`
		N   int   `db:"n"`
	}
	if err := l.Tx.rows(ctx, &rows, `SELECT mid, n FROM _s_attempt WHERE did = {:did}`, dbx.Params{"did": device}); err != nil {
		return nil, err
	}
	out := make(map[int64]int, len(rows))
	for _, r := range rows {
		out[r.Mid] = r.N
	}
	return out, nil
}

// Tried counts one attempt that failed.
func (l Ledger) Tried(ctx context.Context, device string, mid int64, why string) error {
	return l.Tx.tried(ctx, device, mid, why, l.Now)
}

// Passed forgets the attempts of a mutation.
func (l Ledger) Passed(ctx context.Context, device string, mid int64) error {
	return l.Tx.exec(ctx, `DELETE FROM _s_attempt WHERE did = {:did} AND mid = {:mid}`, dbx.Params{"did": device, "mid": mid})
}
