package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// A Standing is what stands in one patchable field.
type Standing struct {
	Value json.RawMessage // canonical JSON
	Seq   int64           // the number at which it last changed; 0: never since its record was made
	At    time.Time       // when that happened; the zero time when nobody knows
}

// Patched returns what stands in the patchable fields of a record, and false
// when there is none.
func (s *Store) Patched(ctx context.Context, p fieldsync.Patched, id string) (map[string]Standing, bool, error) {
	columns := make([]fieldsync.Column, len(p.Fields))
	for i, f := range p.Fields {
		columns[i] = fieldsync.Column{Name: f.Name, Form: f.Form}
	}
	var body []byte
	q := "SELECT " + bodySQL(columns) + " FROM `" + p.Name + "` AS c WHERE c.id = {:id}"
	ok, err := s.value(ctx, q, dbx.Params{"id": id}, &body)
	if err != nil || !ok {
		return nil, false, err
	}
	values, err := fieldsync.Values(body)
	if err != nil {
		return nil, false, fmt.Errorf("read the fields of %s %s: %w", p.Name, id, err)
	}
	out := make(map[string]Standing, len(values))
	for _, f := range p.Fields {
		out[f.Name] = Standing{Value: values[f.Name]}
	}
	return out, true, s.clocks(ctx, p.Name, id, out)
}

// clocks fills in when each field last changed.
func (s *Store) clocks(ctx context.Context, coll, id string, out map[string]Standing) error {
	const q = `
		SELECT f.f, f.seq, f.t, coalesce((SELECT at FROM _s_commit AS c WHERE c.seq <= f.seq ORDER BY c.seq DESC LIMIT 1), 0) AS since
		FROM _s_field AS f WHERE f.coll = {:coll} AND f.id = {:id} AND f.f != ''`
	var rows []struct {
		F     string `db:"f"`
		Seq   int64  `db:"seq"`
		T     stamp  `db:"t"`
		Since int64  `db:"since"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"coll": coll, "id": id}); err != nil {
		return fmt.Errorf("read the field clock of %s %s: %w", coll, id, err)
	}
	for _, r := range rows {
		st, ok := out[r.F]
		if !ok {
			continue
		}
		if st.Seq, st.At = r.Seq, time.Time(r.T); st.At.IsZero() && r.Since > 0 {
			st.At = time.UnixMilli(r.Since).UTC()
		}
		out[r.F] = st
	}
	return nil
}

// WriteFields writes patchable fields of a record that exists, and notes in
// the field clock who did it and when it happened.
func (s *Store) WriteFields(ctx context.Context, p fieldsync.Patched, id string, values map[string]json.RawMessage, c fieldsync.Change, now time.Time) error {
	params := dbx.Params{"id": id, "now": stamp(now)}
	var sets []string
	var names list
	for _, f := range p.Fields { // in the order of the table, so that the statement is one text
		v, ok := values[f.Name]
		if !ok {
			continue
		}
		value, err := columnValue(f, v)
		if err != nil {
			return err
		}
		params[f.Name] = value
		sets = append(sets, "[["+f.Name+"]] = {:"+f.Name+"}")
		names = append(names, f.Name)
	}
	if len(sets) == 0 {
		return nil
	}
	q := "UPDATE {{" + p.Name + "}} SET " + strings.Join(sets, ", ") + ", [[updated]] = {:now} WHERE [[id]] = {:id}"
	n, err := s.change(ctx, q, params)
	if err != nil || n != 1 {
		return fmt.Errorf("write the fields of %s %s (%d rows): %w", p.Name, id, n, orNone(err))
	}
	const clock = `
		UPDATE _s_field SET did = {:did}, mid = {:mid}, t = {:t}
		WHERE coll = {:coll} AND id = {:id} AND f IN (SELECT value FROM json_each({:names}))`
	return s.exec(ctx, clock, dbx.Params{
		"did": c.Device, "mid": c.Mid, "t": stamp(c.Happened), "coll": p.Name, "id": id, "names": names,
	})
}

func orNone(err error) error {
	if err == nil {
		return fieldsync.ErrRecord
	}
	return err
}

// columnValue is a JSON value as its column holds it.
func columnValue(f fieldsync.Field, v json.RawMessage) (any, error) {
	switch f.Form {
	case fieldsync.JSON:
		return string(v), nil
	case fieldsync.Number:
		var n float64
		err := json.Unmarshal(v, &n)
		return n, err
	case fieldsync.Bool:
		var b bool
		err := json.Unmarshal(v, &b)
		return b, err
	default:
		var t string
		err := json.Unmarshal(v, &t)
		return t, err
	}
}

// DeletedAt returns the number at which a record was deleted, if it was and
// anybody remembers.
func (s *Store) DeletedAt(ctx context.Context, coll, id string) (int64, bool, error) {
	const q = `
		SELECT seq FROM _s_rec WHERE coll = {:coll} AND id = {:id} AND del = 1
		UNION ALL SELECT seq FROM _s_field WHERE coll = {:coll} AND id = {:id} AND f = ''`
	var seq int64
	ok, err := s.value(ctx, q, dbx.Params{"coll": coll, "id": id}, &seq)
	return seq, ok, err
}

// LoggedVersion returns the version of a record in the log, 0 for one that is
// in none.
func (s *Store) LoggedVersion(ctx context.Context, coll, id string) (int64, error) {
	var ver int64
	_, err := s.value(ctx, `SELECT ver FROM _s_rec WHERE coll = {:coll} AND id = {:id}`, dbx.Params{"coll": coll, "id": id}, &ver)
	return ver, err
}

// BodyFor returns a record as a pull would send it to the person now, nil when
// it would not.
func (s *Store) BodyFor(ctx context.Context, who report.PersonID, coll, id string) ([]byte, error) {
	const q = `
		SELECT s.sid, s.name FROM _s_member AS m
		JOIN _s_scope AS s ON s.sid = m.scope
		JOIN _s_grant AS g ON g.scope = m.scope AND g.usr = {:who} AND g.to_seq IS NULL
		WHERE m.coll = {:coll} AND m.id = {:id} AND m.st = 1`
	var rows []struct {
		SID  int64  `db:"sid"`
		Name string `db:"name"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"who": who, "coll": coll, "id": id}); err != nil || len(rows) == 0 {
		return nil, err
	}
	var audience fieldsync.Audience
	for _, r := range rows {
		audience = max(audience, fieldsync.ClassOf(r.Name).Audience())
	}
	bodies, err := s.Bodies(ctx, coll, audience, []string{id})
	return bodies[id], err
}

// WorkOn returns whose work an intervention is and on which report, and false
// when there is none.
func (s *Store) WorkOn(ctx context.Context, id string) (technician report.PersonID, on report.ID, ok bool, err error) {
	var t, r string
	ok, err = s.value(ctx, `SELECT technician, report FROM interventions WHERE id = {:id}`, dbx.Params{"id": id}, &t, &r)
	return report.PersonID(t), report.ID(r), ok, err
}

// A Subscription is a person who follows a report.
type Subscription struct {
	ID       string
	Report   report.ID
	Person   report.PersonID
	Channels json.RawMessage
}

type subscriptionRow struct {
	ID       string `db:"id"`
	Report   string `db:"report"`
	Person   string `db:"person"`
	Channels object `db:"channels"`
}

// Subscription returns one subscription, if there is one.
func (s *Store) Subscription(ctx context.Context, id string) (Subscription, bool, error) {
	var r subscriptionRow
	ok, err := s.row(ctx, &r, `SELECT id, report, person, channels FROM subscriptions WHERE id = {:id}`, dbx.Params{"id": id})
	return Subscription{r.ID, report.ID(r.Report), report.PersonID(r.Person), json.RawMessage(r.Channels)}, ok, err
}

// Follows reports whether the person follows the report.
func (s *Store) Follows(ctx context.Context, rep report.ID, person report.PersonID) (bool, error) {
	var n int
	const q = `SELECT count(*) FROM subscriptions WHERE report = {:report} AND person = {:person}`
	_, err := s.value(ctx, q, dbx.Params{"report": rep, "person": person}, &n)
	return n > 0, err
}

// InsertSubscription adds a subscription. It is a plain insert: an id that is
// taken is an error, whoever has it.
func (s *Store) InsertSubscription(ctx context.Context, v Subscription, now time.Time) error {
	channels := object(v.Channels)
	if len(channels) == 0 {
		channels = object(`{}`)
	}
	const q = `
		INSERT INTO subscriptions (id, report, person, contact, channels, created, updated)
		VALUES ({:id}, {:report}, {:person}, '', {:channels}, {:now}, {:now})`
	return s.exec(ctx, q, dbx.Params{"id": v.ID, "report": v.Report, "person": v.Person, "channels": channels, "now": stamp(now)})
}

// DeleteSubscription takes a subscription away.
func (s *Store) DeleteSubscription(ctx context.Context, id string) error {
	return s.exec(ctx, `DELETE FROM subscriptions WHERE id = {:id}`, dbx.Params{"id": id})
}
