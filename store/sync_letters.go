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

// Bury keeps a refusal for a person to look at.
func (l Ledger) Bury(ctx context.Context, d fieldsync.Letter) error {
	const q = `
		INSERT INTO _s_dead (q, did, mid, usr, op, coll, rec, name, code, msg, field, again, at, state)
		VALUES ({:q}, {:did}, {:mid}, {:usr}, {:op}, {:coll}, {:rec}, {:name}, {:code}, {:msg}, {:field}, {:again}, {:at}, {:state})
		ON CONFLICT (q) DO UPDATE SET code = excluded.code, msg = excluded.msg, field = excluded.field, again = excluded.again,
			at = excluded.at, state = excluded.state, fixed_by = 0`
	return l.Tx.exec(ctx, q, dbx.Params{
		"q": d.ID, "did": d.Device, "mid": d.Mid, "usr": d.Person, "op": d.Op, "coll": d.Coll, "rec": d.Record, "name": d.Name,
		"code": d.Code, "msg": d.Msg, "field": d.Field, "again": string(d.Again), "at": stamp(d.At), "state": string(d.State),
	})
}

// Fixed closes the letter of a refused mutation, if it was that person's:
// mutation by has put it right.
func (l Ledger) Fixed(ctx context.Context, who report.PersonID, device string, mid, by int64) error {
	const q = `
		UPDATE _s_dead SET state = 'fixed', fixed_by = {:by}
		WHERE did = {:did} AND mid = {:mid} AND usr = {:usr} AND state = 'open'`
	return l.Tx.exec(ctx, q, dbx.Params{"did": device, "mid": mid, "usr": who, "by": by})
}

// A LetterFilter picks dead letters. Empty fields pick all.
type LetterFilter struct {
	Person report.PersonID
	Device string
	State  fieldsync.LetterState
	Limit  int // at most 1000, which is also what 0 means
}

const letterColumns = `
	SELECT d.q, d.did, d.mid, d.usr, d.op, d.coll, d.rec, d.name, d.code, d.msg, d.field, d.again, d.at, d.state, d.fixed_by,
		coalesce(m.body, '') AS body
	FROM _s_dead AS d LEFT JOIN _s_mut AS m ON m.did = d.did AND m.mid = d.mid `

type letterRow struct {
	Q       string `db:"q"`
	Did     string `db:"did"`
	Mid     int64  `db:"mid"`
	Usr     string `db:"usr"`
	Op      string `db:"op"`
	Coll    string `db:"coll"`
	Rec     string `db:"rec"`
	Name    string `db:"name"`
	Code    string `db:"code"`
	Msg     string `db:"msg"`
	Field   string `db:"field"`
	Again   string `db:"again"`
	At      stamp  `db:"at"`
	State   string `db:"state"`
	FixedBy int64  `db:"fixed_by"`
	Body    []byte `db:"body"`
}

func (r letterRow) letter() fieldsync.Letter {
	l := fieldsync.Letter{
		ID: r.Q, Device: r.Did, Mid: r.Mid, Person: report.PersonID(r.Usr), Op: r.Op, Coll: r.Coll, Record: r.Rec, Name: r.Name,
		Code: r.Code, Msg: r.Msg, Field: r.Field, Again: fieldsync.Again(r.Again), At: time.Time(r.At),
		State: fieldsync.LetterState(r.State), By: r.FixedBy, Body: json.RawMessage(r.Body),
	}
	if !json.Valid(l.Body) {
		l.Body = nil
	}
	return l
}

// Letters lists dead letters, the newest first.
func (s *Store) Letters(ctx context.Context, f LetterFilter) ([]fieldsync.Letter, error) {
	const q = letterColumns + `
		WHERE ({:usr} = '' OR d.usr = {:usr}) AND ({:did} = '' OR d.did = {:did}) AND ({:state} = '' OR d.state = {:state})
		ORDER BY d.at DESC, d.did, d.mid DESC LIMIT {:limit}`
	var rows []letterRow
	err := s.rows(ctx, &rows, q, dbx.Params{
		"usr": f.Person, "did": f.Device, "state": string(f.State), "limit": atMost(f.Limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list the dead letters: %w", err)
	}
	out := make([]fieldsync.Letter, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.letter())
	}
	return out, nil
}

// atMost bounds the length of a list for people.
func atMost(limit int) int {
	const most = 1000
	if limit <= 0 || limit > most {
		return most
	}
	return limit
}

// Letter returns one dead letter, if there is one.
func (s *Store) Letter(ctx context.Context, q string) (fieldsync.Letter, bool, error) {
	var row letterRow
	ok, err := s.row(ctx, &row, letterColumns+`WHERE d.q = {:q}`, dbx.Params{"q": q})
	if err != nil {
		return fieldsync.Letter{}, false, fmt.Errorf("read dead letter %s: %w", q, err)
	}
	return row.letter(), ok, nil
}

// DismissLetter closes a letter that nobody wants to put right.
func (s *Store) DismissLetter(ctx context.Context, q string) error {
	return s.exec(ctx, `UPDATE _s_dead SET state = 'dismissed' WHERE q = {:q} AND state = 'open'`, dbx.Params{"q": q})
}
