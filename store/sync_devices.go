package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// SawDevice writes down that a device was here with a cursor at that number,
// unless it was seen within the time given.
func (s *Store) SawDevice(ctx context.Context, id string, seq int64, now time.Time, within time.Duration) error {
	const known = `SELECT cur_seq, seen FROM _s_device WHERE did = {:id}`
	var cur int64
	var seen stamp
	ok, err := s.value(ctx, known, dbx.Params{"id": id}, &cur, &seen)
	if err != nil || !ok || now.Sub(time.Time(seen)) < within {
		return err
	}
	const q = `UPDATE _s_device SET cur_seq = max(cur_seq, {:seq}), seen = {:now} WHERE did = {:id}`
	if err := s.exec(ctx, q, dbx.Params{"id": id, "seq": seq, "now": stamp(now)}); err != nil {
		return fmt.Errorf("note device %s: %w", id, err)
	}
	const card = `UPDATE devices SET lastSeenAt = {:now}, updated = {:now} WHERE id = {:id}`
	return s.exec(ctx, card, dbx.Params{"id": id, "now": stamp(now)})
}

// A DeviceHealth is how a device stands, for an operator.
type DeviceHealth struct {
	DeviceRecord
	Schema      string
	PersonName  string
	LastMid     int64     // every change up to here has its end
	CursorSeq   int64     // the last checkpoint it showed; 0 when it never said
	LagSeq      int64     // how many numbers the log is ahead of it
	BehindSince time.Time // when the first number was committed that it does not show; zero when it shows all
	SkewMs      int64     // its clock minus ours
	Unacked     int64     // changes that waited on it when it was last here
	Oldest      time.Time // since when the oldest of them waited
	Refused     int64     // changes of its that were refused
	Quarantined int64     // changes of its that are kept and were not done
	Diverged    int64     // records that verifications found to differ, in all
	DivergedAt  time.Time // when last
	WipedAt     time.Time // its receipt of a wipe
}

type deviceHealthRow struct {
	deviceRow
	Schema      string `db:"schema"`
	PersonName  string `db:"personName"`
	LastMid     int64  `db:"lmid"`
	CursorSeq   int64  `db:"curSeq"`
	LagSeq      int64  `db:"lag"`
	BehindMs    int64  `db:"behindMs"`
	SkewMs      int64  `db:"skew"`
	Unacked     int64  `db:"unacked"`
	Oldest      stamp  `db:"oldest"`
	Refused     int64  `db:"refused"`
	Quarantined int64  `db:"quarantined"`
	Diverged    int64  `db:"diverged"`
	DivergedAt  stamp  `db:"divergedAt"`
	WipedAt     stamp  `db:"wipedAt"`
}

func (r deviceHealthRow) health() DeviceHealth {
	h := DeviceHealth{
		DeviceRecord: r.record(), Schema: r.Schema, PersonName: r.PersonName, LastMid: r.LastMid, CursorSeq: r.CursorSeq,
		LagSeq: r.LagSeq, SkewMs: r.SkewMs, Unacked: r.Unacked, Oldest: time.Time(r.Oldest), Refused: r.Refused,
		Quarantined: r.Quarantined, Diverged: r.Diverged, DivergedAt: time.Time(r.DivergedAt), WipedAt: time.Time(r.WipedAt),
	}
	if r.BehindMs > 0 {
		h.BehindSince = time.UnixMilli(r.BehindMs).UTC()
	}
	return h
}

const deviceHealth = `
	SELECT d.id, d.person, d.name, d.platform, d.pushToken, d.appVersion, d.language, d.timezone, d.state, d.schema,
		coalesce(nullif(y.seen, ''), d.lastSeenAt) AS lastSeenAt, coalesce(u.name, '') AS personName,
		coalesce(y.lmid, 0) AS lmid, coalesce(y.cur_seq, 0) AS curSeq, coalesce(y.skew_ms, 0) AS skew,
		iif(coalesce(y.cur_seq, 0) = 0, 0, (SELECT seq FROM _s_clock) - y.cur_seq) AS lag,
		coalesce((SELECT at FROM _s_commit WHERE y.cur_seq > 0 AND seq > y.cur_seq ORDER BY seq LIMIT 1), 0) AS behindMs,
		coalesce(y.unacked, 0) AS unacked, coalesce(y.oldest_unacked, '') AS oldest,
		(SELECT count(*) FROM _s_mut AS m WHERE m.did = d.id AND m.st IN ('rejected', 'skipped')) AS refused,
		(SELECT count(*) FROM _s_mut AS m WHERE m.did = d.id AND m.st IN ('held', 'quarantined')) AS quarantined,
		(SELECT coalesce(sum(missing + extra + stale), 0) FROM _s_diverge AS x WHERE x.did = d.id) AS diverged,
		(SELECT coalesce(max(at), '') FROM _s_diverge AS x WHERE x.did = d.id) AS divergedAt,
		(SELECT coalesce(max(at), '') FROM _s_device_log AS l WHERE l.did = d.id AND l.what = 'wiped') AS wipedAt
	FROM devices AS d LEFT JOIN _s_device AS y ON y.did = d.id LEFT JOIN users AS u ON u.id = d.person`

// DeviceHealths lists every device, the last seen first, at most limit. With
// districts, only those of people whose roles stand for one of them.
func (s *Store) DeviceHealths(ctx context.Context, districts []report.AreaID, limit int) ([]DeviceHealth, error) {
	return s.deviceHealths(ctx, "", districts, limit)
}

// DeviceHealth returns one of the devices that DeviceHealths lists.
func (s *Store) DeviceHealth(ctx context.Context, districts []report.AreaID, id string) (DeviceHealth, bool, error) {
	if id == "" {
		return DeviceHealth{}, false, nil
	}
	all, err := s.deviceHealths(ctx, id, districts, 1)
	if err != nil || len(all) == 0 {
		return DeviceHealth{}, false, err
	}
	return all[0], true, nil
}

func (s *Store) deviceHealths(ctx context.Context, id string, districts []report.AreaID, limit int) ([]DeviceHealth, error) {
	q, p := deviceHealth+` WHERE true`, dbx.Params{"limit": limit}
	if id != "" {
		q += ` AND d.id = {:id}`
		p["id"] = id
	}
	if districts != nil {
		q += ` AND d.person IN (SELECT r.person FROM roles AS r
			JOIN json_each(CASE WHEN json_valid(r.areas) THEN r.areas ELSE '[]' END) AS e JOIN _s_cover AS c ON c.area = e.value
			WHERE c.district IN (SELECT value FROM json_each({:districts})))`
		p["districts"] = list(names[string](districts))
	}
	var rows []deviceHealthRow
	if err := s.rows(ctx, &rows, q+` ORDER BY lastSeenAt DESC, d.id LIMIT {:limit}`, p); err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	out := make([]DeviceHealth, len(rows))
	for i, r := range rows {
		out[i] = r.health()
	}
	return out, nil
}

// A DeviceTrace is one thing that happened to a device besides its syncs.
type DeviceTrace struct {
	ID       string
	Device   string
	At       time.Time
	What     string // state, wiped, or of a change of its in quarantine released or dismissed
	Old, New string // states
	By       string // a person, or who ran the program
	Reason   string
}

// SetDeviceState sets what a device may do and leaves a trace. It joins the
// caller's transaction.
func (s *Store) SetDeviceState(ctx context.Context, t DeviceTrace) error {
	const q = `UPDATE devices SET state = {:state}, updated = {:now} WHERE id = {:id}`
	if err := s.exec(ctx, q, dbx.Params{"state": t.New, "id": t.Device, "now": stamp(t.At)}); err != nil {
		return fmt.Errorf("set the state of device %s: %w", t.Device, err)
	}
	return s.TraceDevice(ctx, t)
}

// TraceDevice leaves a trace.
func (s *Store) TraceDevice(ctx context.Context, t DeviceTrace) error {
	const q = `INSERT INTO _s_device_log (id, did, at, what, old, new, by, reason)
		VALUES ({:id}, {:did}, {:at}, {:what}, {:old}, {:new}, {:by}, {:reason})`
	err := s.exec(ctx, q, dbx.Params{
		"id": t.ID, "did": t.Device, "at": stamp(t.At), "what": t.What, "old": t.Old, "new": t.New, "by": t.By, "reason": t.Reason,
	})
	if err != nil {
		return fmt.Errorf("trace device %s: %w", t.Device, err)
	}
	return nil
}

// DeviceTraces lists what happened to a device, the last first, at most limit.
func (s *Store) DeviceTraces(ctx context.Context, device string, limit int) ([]DeviceTrace, error) {
	const q = `SELECT id, did, at, what, old, new, by, reason FROM _s_device_log WHERE did = {:did} ORDER BY at DESC, id LIMIT {:limit}`
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{"did": device, "limit": limit}).WithContext(ctx).Rows()
	if err != nil {
		return nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	var out []DeviceTrace
	for rows.Next() {
		var t DeviceTrace
		if err := rows.Scan(&t.ID, &t.Device, (*stamp)(&t.At), &t.What, &t.Old, &t.New, &t.By, &t.Reason); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, wrap(rows.Err())
}

// DeviceDivergences lists what verifications found on a device, the last first,
// at most limit.
func (s *Store) DeviceDivergences(ctx context.Context, device string, limit int) ([]DeviceDivergence, error) {
	const q = `SELECT x.at, coalesce(s.name, ''), x.coll, x.missing, x.extra, x.stale FROM _s_diverge AS x LEFT JOIN _s_scope AS s ON s.sid = x.scope
		WHERE x.did = {:did} ORDER BY x.at DESC, x.id LIMIT {:limit}`
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{"did": device, "limit": limit}).WithContext(ctx).Rows()
	if err != nil {
		return nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	var out []DeviceDivergence
	for rows.Next() {
		var d DeviceDivergence
		if err := rows.Scan((*stamp)(&d.At), &d.Scope, &d.Coll, &d.Missing, &d.Extra, &d.Stale); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, wrap(rows.Err())
}

// A DeviceDivergence is what one verification found in one collection of one
// scope.
type DeviceDivergence struct {
	At                    time.Time
	Scope                 string // by its name
	Coll                  string
	Missing, Extra, Stale int64
}
