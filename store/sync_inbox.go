package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// quarantined is the state of a mutation in quarantine; to its device it is
// held.
const quarantined = "quarantined"

// keptAs is the state of a mutation in the inbox.
func keptAs(k fieldsync.Kept) string {
	if k.Poison {
		return quarantined
	}
	return string(k.Result.St)
}

// Settle gives a mutation that is kept another end.
func (l Ledger) Settle(ctx context.Context, k fieldsync.Kept) error {
	result, err := json.Marshal(k.Result)
	if err != nil {
		return err
	}
	const q = `UPDATE _s_mut SET st = {:st}, seq = {:seq}, result = {:result} WHERE did = {:did} AND mid = {:mid}`
	return l.Tx.exec(ctx, q, dbx.Params{
		"did": k.Device, "mid": k.Mid, "st": keptAs(k), "seq": k.Result.Seq, "result": string(result),
	})
}

// Waiting returns the mutations of the device that are held because it was
// locked, in their order.
func (l Ledger) Waiting(ctx context.Context, device string, limit int) ([]fieldsync.Kept, error) {
	return l.Tx.Waiting(ctx, device, limit)
}

const keptColumns = `did, mid, h, tx, recv, t, st, rec, body, result`

type keptRow struct {
	Did    string `db:"did"`
	Mid    int64  `db:"mid"`
	H      string `db:"h"`
	Tx     string `db:"tx"`
	Recv   stamp  `db:"recv"`
	T      stamp  `db:"t"`
	St     string `db:"st"`
	Rec    string `db:"rec"`
	Body   []byte `db:"body"`
	Result string `db:"result"`
}

func (r keptRow) kept() (fieldsync.Kept, error) {
	k := fieldsync.Kept{
		Device: r.Did, Mid: r.Mid, Hash: r.H, Tx: r.Tx, Record: r.Rec, Recv: time.Time(r.Recv), At: time.Time(r.T),
		Body: r.Body, Poison: r.St == quarantined,
	}
	if err := json.Unmarshal([]byte(r.Result), &k.Result); err != nil {
		return k, fmt.Errorf("read the result of mutation %d: %w", r.Mid, err)
	}
	return k, nil
}

func (s *Store) keptMutations(ctx context.Context, q string, p dbx.Params) ([]fieldsync.Kept, error) {
	var rows []keptRow
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, fmt.Errorf("list kept mutations: %w", err)
	}
	out := make([]fieldsync.Kept, 0, len(rows))
	for _, r := range rows {
		k, err := r.kept()
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// Waiting returns the mutations of the device that are held because it was
// locked, in their order.
func (s *Store) Waiting(ctx context.Context, device string, limit int) ([]fieldsync.Kept, error) {
	const q = `SELECT ` + keptColumns + ` FROM _s_mut WHERE did = {:did} AND st = 'held' AND st IN ('held', 'quarantined') ORDER BY mid LIMIT {:limit}`
	return s.keptMutations(ctx, q, dbx.Params{"did": device, "limit": limit})
}

// QuarantinedGroup returns a quarantined mutation with those of its group, and
// the mutations that were skipped because of one of them, in their order.
func (s *Store) QuarantinedGroup(ctx context.Context, device string, mid int64) ([]fieldsync.Kept, error) {
	const q = `
		WITH poison AS (
			SELECT mid, tx, coalesce(result ->> 'cause', mid) AS root FROM _s_mut
			WHERE did = {:did} AND mid = {:mid} AND st = 'quarantined'
		), whole AS (
			SELECT m.mid FROM _s_mut AS m JOIN poison AS p
			WHERE m.did = {:did} AND m.st = 'quarantined' AND coalesce(m.result ->> 'cause', m.mid) = p.root
		)
		SELECT ` + keptColumns + ` FROM _s_mut
		WHERE did = {:did} AND (mid IN (SELECT mid FROM whole)
			OR st = 'skipped' AND result ->> 'cause' IN (SELECT mid FROM whole))
		ORDER BY mid`
	return s.keptMutations(ctx, q, dbx.Params{"did": device, "mid": mid})
}

// A Quarantine is one mutation that waits for an operator: it broke again and
// again, or its record was deleted or taken from its author meanwhile.
type Quarantine struct {
	Device string          `json:"did"`
	Mid    int64           `json:"mid"`
	Person report.PersonID `json:"person"`
	Recv   time.Time       `json:"receivedAt"`
	Code   string          `json:"code"`  // why: sync.quarantined, sync.target_deleted or sync.scope_lost
	Cause  int64           `json:"cause"` // the member of its group that is to blame; 0: it is
	Body   json.RawMessage `json:"mutation"`
}

// Quarantined lists what is in quarantine, the oldest first, at most limit; of
// one device when device is not empty.
func (s *Store) Quarantined(ctx context.Context, device string, limit int) ([]Quarantine, error) {
	const q = `
		SELECT m.did, m.mid, m.h, m.tx, m.recv, m.t, m.st, m.rec, m.body, m.result, coalesce(d.usr, '') AS usr
		FROM _s_mut AS m LEFT JOIN _s_device AS d ON d.did = m.did
		WHERE m.st = 'quarantined' AND m.st IN ('held', 'quarantined') AND ({:did} = '' OR m.did = {:did})
		ORDER BY m.recv, m.did, m.mid LIMIT {:limit}`
	var rows []struct {
		keptRow
		Usr string `db:"usr"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"did": device, "limit": limit}); err != nil {
		return nil, fmt.Errorf("list the quarantine: %w", err)
	}
	out := make([]Quarantine, 0, len(rows))
	for _, r := range rows {
		k, err := r.kept()
		if err != nil {
			return nil, err
		}
		out = append(out, Quarantine{
			Device: k.Device, Mid: k.Mid, Person: report.PersonID(r.Usr), Recv: k.Recv, Code: k.Result.Code, Cause: k.Result.Cause, Body: k.Body,
		})
	}
	return out, nil
}

// KeepRaw stores what could not be read, once for each person and hash.
func (l Ledger) KeepRaw(ctx context.Context, r fieldsync.Raw) error {
	_, err := l.Tx.KeepRaw(ctx, r, 0)
	return err
}

// KeepRaw stores what could not be read, once for each person and hash, and
// reports whether it is kept: with a limit other than 0, not beyond that many
// bytes for one person.
func (s *Store) KeepRaw(ctx context.Context, r fieldsync.Raw, limit int64) (bool, error) {
	const q = `
		INSERT INTO _s_raw (usr, hash, did, mid, at, body)
		SELECT {:usr}, {:hash}, {:did}, {:mid}, {:at}, {:body}
		WHERE {:limit} = 0 OR (SELECT coalesce(sum(length(body)), 0) FROM _s_raw WHERE usr = {:usr} AND hash != {:hash}) + {:n} <= {:limit}
		ON CONFLICT (usr, hash) DO UPDATE SET did = excluded.did`
	n, err := s.change(ctx, q, dbx.Params{
		"usr": r.Person, "hash": r.Hash, "did": r.Device, "mid": r.Mid, "at": stamp(r.At), "body": r.Body, "limit": limit, "n": len(r.Body),
	})
	if err != nil {
		return false, fmt.Errorf("keep what could not be read: %w", err)
	}
	return n > 0, nil
}

// RawMid returns the number that unreadable bytes of that hash were given.
func (l Ledger) RawMid(ctx context.Context, who report.PersonID, hash string) (int64, bool, error) {
	var mid int64
	ok, err := l.Tx.value(ctx, `SELECT mid FROM _s_raw WHERE usr = {:usr} AND hash = {:hash}`, dbx.Params{"usr": who, "hash": hash}, &mid)
	return mid, ok, err
}
