package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A CallAnswer is how a call ended, kept in the transaction of its effect so
// that a repeat gets the same answer and has no second effect.
type CallAnswer struct {
	Person report.PersonID
	Hash   string // of the call's name, report and arguments
	Result []byte // JSON
}

// AnswerOf returns the kept answer of a call, if it was made before.
func (s *Store) AnswerOf(ctx context.Context, callID string) (CallAnswer, bool, error) {
	var row struct {
		Person string `db:"person"`
		Hash   string `db:"hash"`
		Result string `db:"result"`
	}
	ok, err := s.row(ctx, &row, `SELECT person, hash, result FROM _calls WHERE id = {:id}`, dbx.Params{"id": callID})
	if err != nil {
		return CallAnswer{}, false, fmt.Errorf("answer of call %s: %w", callID, err)
	}
	return CallAnswer{report.PersonID(row.Person), row.Hash, []byte(row.Result)}, ok, nil
}

// KeepAnswer stores how a call ended.
func (s *Store) KeepAnswer(ctx context.Context, call report.Call, a CallAnswer, now time.Time) error {
	const q = `
		INSERT INTO _calls (id, person, name, hash, report, result, at)
		VALUES ({:id}, {:person}, {:name}, {:hash}, {:report}, {:result}, {:at})`
	err := s.exec(ctx, q, dbx.Params{
		"id": call.ID, "person": a.Person, "name": call.Name, "hash": a.Hash,
		"report": call.Report, "result": string(a.Result), "at": stamp(now),
	})
	if err != nil {
		return fmt.Errorf("keep the answer of call %s: %w", call.ID, err)
	}
	return nil
}

// Meta returns a small fact of the installation, or "" when it is not set.
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	var v string
	_, err := s.value(ctx, `SELECT v FROM _meta WHERE k = {:k}`, dbx.Params{"k": key}, &v)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	return v, nil
}

// SetMeta sets a small fact of the installation.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	const q = `INSERT INTO _meta (k, v) VALUES ({:k}, {:v}) ON CONFLICT (k) DO UPDATE SET v = {:v}`
	if err := s.exec(ctx, q, dbx.Params{"k": key, "v": value}); err != nil {
		return fmt.Errorf("set %s: %w", key, err)
	}
	return nil
}

// MetaOnce returns a small fact, setting it to value when it was never set.
func (s *Store) MetaOnce(ctx context.Context, key, value string) (string, error) {
	const q = `INSERT INTO _meta (k, v) VALUES ({:k}, {:v}) ON CONFLICT (k) DO NOTHING`
	if err := s.exec(ctx, q, dbx.Params{"k": key, "v": value}); err != nil {
		return "", fmt.Errorf("set %s: %w", key, err)
	}
	return s.Meta(ctx, key)
}
