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

// Ledger is the storage behind a push: one write transaction, and the function
// that carries a change out.
type Ledger struct {
	Tx    *Store
	Now   time.Time
	Shown int64 // the checkpoint the device says it shows; 0: it does not say
	Do    func(ctx context.Context, c fieldsync.Change) (fieldsync.Outcome, error)
}

// Device returns the device, registered to that person at first contact.
func (l Ledger) Device(ctx context.Context, id string, who report.PersonID) (fieldsync.Device, error) {
	owner, state, err := l.Tx.deviceOwner(ctx, id)
	if err != nil {
		return fieldsync.Device{}, err
	}
	if owner == "" {
		const q = `
			INSERT INTO devices (id, person, state, created, updated)
			VALUES ({:id}, {:who}, 'active', {:now}, {:now})`
		if err := l.Tx.exec(ctx, q, dbx.Params{"id": id, "who": who, "now": stamp(l.Now)}); err != nil {
			return fieldsync.Device{}, fmt.Errorf("register device: %w", err)
		}
		owner = who
	}
	if owner != who {
		return fieldsync.Device{}, fieldsync.ErrDevice
	}
	d := fieldsync.Device{ID: id, Person: who, State: state}
	const q = `SELECT lmid, chain, cur_seq FROM _s_device WHERE did = {:id}`
	_, err = l.Tx.value(ctx, q, dbx.Params{"id": id}, &d.LMid, &d.Chain, &d.CurSeq)
	return d, err
}

// deviceOwner returns whose device it is, "" when it is nobody's.
func (s *Store) deviceOwner(ctx context.Context, id string) (report.PersonID, fieldsync.DeviceState, error) {
	var owner, state string
	_, err := s.value(ctx, `SELECT person, state FROM devices WHERE id = {:id}`, dbx.Params{"id": id}, &owner, &state)
	if err != nil {
		return "", "", fmt.Errorf("look up device %s: %w", id, err)
	}
	return report.PersonID(owner), fieldsync.DeviceState(state), nil
}

// KeepDevice stores what a push changed of the device.
func (l Ledger) KeepDevice(ctx context.Context, d fieldsync.Device) error {
	const q = `
		INSERT INTO _s_device (did, usr, app, schema, lmid, chain, cur_seq, seen, skew_ms, unacked, oldest_unacked)
		VALUES ({:did}, {:usr}, {:app}, {:schema}, {:lmid}, {:chain}, {:cur}, {:seen}, {:skew}, {:n}, {:oldest})
		ON CONFLICT (did) DO UPDATE SET usr = excluded.usr, app = excluded.app, schema = excluded.schema,
			lmid = excluded.lmid, chain = excluded.chain, cur_seq = max(cur_seq, excluded.cur_seq), seen = excluded.seen,
			skew_ms = excluded.skew_ms, unacked = excluded.unacked, oldest_unacked = excluded.oldest_unacked`
	p := dbx.Params{
		"did": d.ID, "usr": d.Person, "app": d.App, "schema": d.Schema, "lmid": d.LMid, "chain": d.Chain,
		"cur": max(d.CurSeq, l.Shown), "seen": stamp(d.Seen), "skew": d.SkewMs, "n": d.N, "oldest": stamp(d.Oldest),
	}
	if err := l.Tx.exec(ctx, q, p); err != nil {
		return err
	}
	const seen = `
		UPDATE devices SET lastSeenAt = {:seen}, skewMs = {:skew}, appVersion = {:app}, schema = {:schema}, updated = {:seen}
		WHERE id = {:did}`
	return l.Tx.exec(ctx, seen, dbx.Params{"did": d.ID, "seen": stamp(d.Seen), "skew": d.SkewMs, "app": d.App, "schema": d.Schema})
}

// Kept returns a mutation that was received before, if it was.
func (l Ledger) Kept(ctx context.Context, device string, mid int64) (fieldsync.Kept, bool, error) {
	k := fieldsync.Kept{Device: device, Mid: mid}
	var result string
	const q = `SELECT h, result FROM _s_mut WHERE did = {:did} AND mid = {:mid}`
	ok, err := l.Tx.value(ctx, q, dbx.Params{"did": device, "mid": mid}, &k.Hash, &result)
	if err != nil || !ok {
		return k, false, err
	}
	if err := json.Unmarshal([]byte(result), &k.Result); err != nil {
		return k, false, fmt.Errorf("read the result of mutation %d: %w", mid, err)
	}
	return k, true, nil
}

// Keep stores a received mutation with its end, for ever.
func (l Ledger) Keep(ctx context.Context, k fieldsync.Kept) error {
	result, err := json.Marshal(k.Result)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO _s_mut (did, mid, h, tx, recv, t, st, seq, rec, body, result)
		VALUES ({:did}, {:mid}, {:h}, {:tx}, {:recv}, {:t}, {:st}, {:seq}, {:rec}, {:body}, {:result})`
	return l.Tx.exec(ctx, q, dbx.Params{
		"did": k.Device, "mid": k.Mid, "h": k.Hash, "tx": k.Tx, "recv": stamp(k.Recv), "t": stamp(k.At),
		"st": keptAs(k), "seq": k.Result.Seq, "rec": k.Record, "body": k.Body, "result": string(result),
	})
}

// Refused returns the number of the device's mutation that would have made the
// record and was refused or is in quarantine, or 0.
func (l Ledger) Refused(ctx context.Context, device, record string) (int64, error) {
	if record == "" {
		return 0, nil
	}
	const q = `
		SELECT mid FROM _s_mut
		WHERE did = {:did} AND rec = {:rec} AND st IN ('rejected', 'skipped', 'quarantined')
		ORDER BY mid DESC LIMIT 1`
	var mid int64
	_, err := l.Tx.value(ctx, q, dbx.Params{"did": device, "rec": record}, &mid)
	return mid, err
}

// CommittedAt returns a time not after the commit of that number of the log.
func (l Ledger) CommittedAt(ctx context.Context, seq int64) (time.Time, error) {
	var ms int64
	const q = `SELECT at FROM _s_commit WHERE seq <= {:seq} ORDER BY seq DESC LIMIT 1`
	ok, err := l.Tx.value(ctx, q, dbx.Params{"seq": seq}, &ms)
	if err != nil || !ok {
		return time.Time{}, err
	}
	return time.UnixMilli(ms).UTC(), nil
}

// Savepoint runs fn; what it wrote is undone when it returns an error.
func (l Ledger) Savepoint(ctx context.Context, fn func() error) error { return l.Tx.Savepoint(ctx, fn) }

// Apply carries a change out.
func (l Ledger) Apply(ctx context.Context, c fieldsync.Change) (fieldsync.Outcome, error) {
	return l.Do(ctx, c)
}

// Head returns the epoch and the last number of the log.
func (l Ledger) Head(ctx context.Context) (fieldsync.Head, error) { return l.Tx.Head(ctx) }

// Wanted returns the photos this device declared and has not sent.
func (l Ledger) Wanted(ctx context.Context, device string) ([]fieldsync.Want, error) {
	const q = `SELECT DISTINCT sha256 AS id FROM media WHERE device = {:did} AND state = 'declared' AND sha256 != '' ORDER BY sha256 LIMIT 100`
	ids, err := l.Tx.ids(ctx, q, dbx.Params{"did": device})
	if err != nil {
		return nil, err
	}
	var out []fieldsync.Want
	for _, sha := range ids {
		out = append(out, fieldsync.Want{SHA: sha})
	}
	return out, nil
}

// Head returns the epoch and the last number of the log. In a transaction the
// number is the one its own changes have reached.
func (s *Store) Head(ctx context.Context) (fieldsync.Head, error) {
	var h fieldsync.Head
	const q = `SELECT (SELECT v FROM _meta WHERE k = 'sync.epoch'), seq FROM _s_clock`
	if _, err := s.value(ctx, q, nil, &h.Epoch, &h.Seq); err != nil {
		return h, fmt.Errorf("read the head of the log: %w", err)
	}
	return h, nil
}

// MarkCommit remembers that the log had reached its present number at now, at
// most once a second. It gives what happens next its lower bound in time; a
// commit nobody marked only makes the bound looser.
func (s *Store) MarkCommit(ctx context.Context, now time.Time) error {
	const q = `
		INSERT INTO _s_commit (seq, at)
		SELECT seq, {:at} FROM _s_clock
		WHERE NOT EXISTS (SELECT 1 FROM _s_commit WHERE seq >= _s_clock.seq)
			AND NOT EXISTS (SELECT 1 FROM (SELECT at FROM _s_commit ORDER BY seq DESC LIMIT 1) WHERE at > {:at} - 1000)`
	if err := s.exec(ctx, q, dbx.Params{"at": now.UnixMilli()}); err != nil {
		return fmt.Errorf("mark the commit: %w", err)
	}
	return nil
}
