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

// KeepConflict stores a value that lost.
func (s *Store) KeepConflict(ctx context.Context, c fieldsync.Conflict) error {
	const q = `
		INSERT INTO _s_conflict (cid, coll, id, f, base, mine, theirs, kept, did, mid, usr, seq, at, state)
		VALUES ({:cid}, {:coll}, {:id}, {:f}, {:base}, {:mine}, {:theirs}, {:kept}, {:did}, {:mid}, {:usr}, {:seq}, {:at}, 'open')`
	var base any
	if c.Base != nil {
		base = string(c.Base)
	}
	err := s.exec(ctx, q, dbx.Params{
		"cid": c.ID, "coll": c.Coll, "id": c.Record, "f": c.Field, "base": base, "mine": string(c.Mine), "theirs": string(c.Theirs),
		"kept": string(c.Kept), "did": c.Device, "mid": c.Mid, "usr": c.Person, "seq": c.Seq, "at": stamp(c.At),
	})
	if err != nil {
		return fmt.Errorf("keep conflict %s: %w", c.ID, err)
	}
	return nil
}

// A ConflictFilter picks conflicts. Empty fields pick all.
type ConflictFilter struct {
	Person report.PersonID // whose change met another one
	Device string
	Coll   string
	Record string
	State  fieldsync.ConflictState
	Limit  int // at most 1000, which is also what 0 means
	Skip   int // of the newest
}

const conflictColumns = `SELECT cid, coll, id, f, base, mine, theirs, kept, did, mid, usr, seq, at, state, decided_by, decided_at FROM _s_conflict `

type conflictRow struct {
	CID       string  `db:"cid"`
	Coll      string  `db:"coll"`
	ID        string  `db:"id"`
	F         string  `db:"f"`
	Base      *string `db:"base"`
	Mine      string  `db:"mine"`
	Theirs    string  `db:"theirs"`
	Kept      string  `db:"kept"`
	Did       string  `db:"did"`
	Mid       int64   `db:"mid"`
	Usr       string  `db:"usr"`
	Seq       int64   `db:"seq"`
	At        stamp   `db:"at"`
	State     string  `db:"state"`
	DecidedBy string  `db:"decided_by"`
	DecidedAt stamp   `db:"decided_at"`
}

func (r conflictRow) conflict() fieldsync.Conflict {
	c := fieldsync.Conflict{
		ID: r.CID, Coll: r.Coll, Record: r.ID, Field: r.F, Mine: json.RawMessage(r.Mine), Theirs: json.RawMessage(r.Theirs),
		Kept: fieldsync.Side(r.Kept), Device: r.Did, Mid: r.Mid, Person: report.PersonID(r.Usr), Seq: r.Seq, At: time.Time(r.At),
		State: fieldsync.ConflictState(r.State), DecidedBy: report.PersonID(r.DecidedBy), DecidedAt: time.Time(r.DecidedAt),
	}
	if r.Base != nil {
		c.Base = json.RawMessage(*r.Base)
	}
	return c
}

// Conflicts lists conflicts, the newest first.
func (s *Store) Conflicts(ctx context.Context, f ConflictFilter) ([]fieldsync.Conflict, error) {
	const q = conflictColumns + `
		WHERE ({:usr} = '' OR usr = {:usr}) AND ({:did} = '' OR did = {:did}) AND ({:coll} = '' OR coll = {:coll})
			AND ({:id} = '' OR id = {:id}) AND ({:state} = '' OR state = {:state})
		ORDER BY at DESC, did, mid DESC, f LIMIT {:limit} OFFSET {:skip}`
	var rows []conflictRow
	err := s.rows(ctx, &rows, q, dbx.Params{
		"usr": f.Person, "did": f.Device, "coll": f.Coll, "id": f.Record, "state": string(f.State), "limit": atMost(f.Limit), "skip": f.Skip,
	})
	if err != nil {
		return nil, fmt.Errorf("list the conflicts: %w", err)
	}
	out := make([]fieldsync.Conflict, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.conflict())
	}
	return out, nil
}

// Conflict returns one conflict, if there is one.
func (s *Store) Conflict(ctx context.Context, id string) (fieldsync.Conflict, bool, error) {
	var row conflictRow
	ok, err := s.row(ctx, &row, conflictColumns+`WHERE cid = {:cid}`, dbx.Params{"cid": id})
	if err != nil {
		return fieldsync.Conflict{}, false, fmt.Errorf("read conflict %s: %w", id, err)
	}
	return row.conflict(), ok, nil
}

// DecideConflict closes an open conflict: a person chose which value stands.
func (s *Store) DecideConflict(ctx context.Context, id string, keep fieldsync.Side, by report.PersonID, now time.Time) error {
	const q = `
		UPDATE _s_conflict SET state = 'decided', kept = {:kept}, decided_by = {:by}, decided_at = {:at}
		WHERE cid = {:cid} AND state = 'open'`
	return s.exec(ctx, q, dbx.Params{"cid": id, "kept": string(keep), "by": by, "at": stamp(now)})
}
