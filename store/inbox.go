package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/notify"
)

// noticeColumns are the columns of a leaseRow.
const noticeColumns = `id, seq, dedupe, person, cause, report, collapse, params, priority, state,
	notBefore, expires, createdAt, org, attempts, leaseUntil, lastError, sentAt, receivedAt, openedAt`

// NoticesOf returns what a person was told, newest first: everything but what a
// newer notice replaced and what waits for its time.
func (s *Store) NoticesOf(ctx context.Context, now time.Time, person notify.PersonID, limit int) ([]notify.Record, error) {
	const q = `
		SELECT ` + noticeColumns + ` FROM notices
		WHERE person = {:person} AND state <> 'superseded' AND createdAt <= {:now}
		ORDER BY seq DESC
		LIMIT {:limit}`
	out, err := s.records(ctx, q, dbx.Params{"person": person, "now": stamp(now), "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("notices of person %s: %w", person, err)
	}
	return out, nil
}

// DeadNotices returns the notices that were given up, newest first.
func (s *Store) DeadNotices(ctx context.Context, limit int) ([]notify.Record, error) {
	const q = `SELECT ` + noticeColumns + ` FROM notices WHERE state = 'dead' ORDER BY seq DESC LIMIT {:limit}`
	out, err := s.records(ctx, q, dbx.Params{"limit": limit})
	if err != nil {
		return nil, fmt.Errorf("dead notices: %w", err)
	}
	return out, nil
}

func (s *Store) records(ctx context.Context, q string, p dbx.Params) ([]notify.Record, error) {
	var rows []leaseRow
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, err
	}
	out := make([]notify.Record, 0, len(rows))
	for _, r := range rows {
		rec, err := r.record()
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// RequeueNotice sends a dead notice on its way again, at once, with all its
// tries and all its time before it, to the devices that have not had it. Any
// other notice is ErrNoNotice.
func (s *Store) RequeueNotice(ctx context.Context, now time.Time, id notify.ID) error {
	return s.InTx(ctx, func(tx *Store) error {
		rows, err := tx.records(ctx, `SELECT `+noticeColumns+` FROM notices WHERE id = {:id} AND state = 'dead'`, dbx.Params{"id": id})
		if err != nil {
			return fmt.Errorf("read notice %s: %w", id, err)
		}
		if len(rows) == 0 {
			return fmt.Errorf("requeue notice %s: %w", id, ErrNoNotice)
		}
		const retry = `UPDATE deliveries SET state = 'pending', updated = {:now} WHERE notice = {:id} AND state = 'failed'`
		if err := tx.exec(ctx, retry, dbx.Params{"id": id, "now": stamp(now)}); err != nil {
			return fmt.Errorf("requeue notice %s: %w", id, err)
		}
		const q = `
			UPDATE notices SET state = 'pending', notBefore = {:now}, expires = {:expires}, attempts = 0, updated = {:now}
			WHERE id = {:id}`
		worth := rows[0].Expires.Sub(rows[0].CreatedAt)
		return tx.exec(ctx, q, dbx.Params{"id": id, "now": stamp(now), "expires": stamp(now.Add(worth))})
	})
}

// MarkReceived notes that a device of person got the notice at at, by its own
// clock. The first time stays. Somebody else's notice is ErrNoNotice.
func (s *Store) MarkReceived(ctx context.Context, now time.Time, person notify.PersonID, id notify.ID, at time.Time) error {
	const q = `
		UPDATE notices SET receivedAt = CASE WHEN receivedAt = '' THEN {:at} ELSE receivedAt END, updated = {:now}
		WHERE id = {:id} AND person = {:person}`
	return s.mark(ctx, q, now, person, id, at)
}

// MarkOpened notes that person opened the notice at at, by the device's clock;
// what is opened was received. The first time stays. Somebody else's notice is
// ErrNoNotice.
func (s *Store) MarkOpened(ctx context.Context, now time.Time, person notify.PersonID, id notify.ID, at time.Time) error {
	const q = `
		UPDATE notices SET openedAt = CASE WHEN openedAt = '' THEN {:at} ELSE openedAt END,
			receivedAt = CASE WHEN receivedAt = '' THEN {:at} ELSE receivedAt END, updated = {:now}
		WHERE id = {:id} AND person = {:person}`
	return s.mark(ctx, q, now, person, id, at)
}

func (s *Store) mark(ctx context.Context, q string, now time.Time, person notify.PersonID, id notify.ID, at time.Time) error {
	n, err := s.change(ctx, q, dbx.Params{"id": id, "person": person, "at": stamp(at), "now": stamp(now)})
	if err != nil {
		return fmt.Errorf("mark notice %s: %w", id, err)
	}
	if n == 0 {
		return fmt.Errorf("mark notice %s: %w", id, ErrNoNotice)
	}
	return nil
}
