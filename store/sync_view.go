package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// SyncKey returns the key that seals cursors.
func (s *Store) SyncKey(ctx context.Context) ([]byte, error) {
	text, err := s.Meta(ctx, "sync.key")
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("read the key of the cursors: %d bytes", len(key))
	}
	return key, nil
}

// Held returns the scopes a person held at that number of the log.
func (s *Store) Held(ctx context.Context, who report.PersonID, at int64) ([]fieldsync.Scope, error) {
	const q = `
		SELECT s.sid, s.name FROM _s_grant AS g JOIN _s_scope AS s ON s.sid = g.scope
		WHERE g.usr = {:who} AND g.from_seq <= {:at} AND (g.to_seq IS NULL OR g.to_seq > {:at})`
	var rows []struct {
		SID  int64  `db:"sid"`
		Name string `db:"name"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"who": who, "at": at}); err != nil {
		return nil, err
	}
	out := make([]fieldsync.Scope, len(rows))
	for i, r := range rows {
		out[i] = fieldsync.ScopeOf(r.SID, r.Name)
	}
	return out, nil
}

// Changes returns the entries of the log in the spans, in order.
func (s *Store) Changes(ctx context.Context, spans []fieldsync.Span, limit int) ([]fieldsync.Entry, error) {
	const q = `
		SELECT m.seq, m.coll, m.id, m.st, m.why
		FROM json_each({:spans}) AS span
		CROSS JOIN _s_member AS m ON m.scope = span.value ->> 0
			AND m.seq > span.value ->> 1 AND m.seq <= span.value ->> 2 AND m.st >= span.value ->> 3
		ORDER BY m.seq, m.coll, m.id
		LIMIT {:limit}`
	p, err := spanParams(spans)
	if err != nil {
		return nil, err
	}
	if p["limit"] = limit; limit <= 0 {
		p["limit"] = -1
	}
	if len(spans) == 1 {
		return s.entries(ctx, `
			SELECT seq, coll, id, st, why FROM _s_member
			WHERE scope = {:scope} AND seq > {:after} AND seq <= {:upto} AND st >= {:live}
			ORDER BY seq, coll, id
			LIMIT {:limit}`, dbx.Params{
			"scope": spans[0].Scope, "after": spans[0].After, "upto": spans[0].Upto, "live": spans[0].Live, "limit": p["limit"],
		})
	}
	return s.entries(ctx, q, p)
}

func (s *Store) entries(ctx context.Context, q string, p dbx.Params) ([]fieldsync.Entry, error) {
	rows, err := s.read.NewQuery(q).Bind(p).WithContext(ctx).Rows()
	if err != nil {
		return nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	var out []fieldsync.Entry
	for rows.Next() {
		var e fieldsync.Entry
		var why int
		if err := rows.Scan(&e.Seq, &e.Coll, &e.ID, &e.In, &why); err != nil {
			return nil, err
		}
		e.Why = fieldsync.ReasonOf(why)
		out = append(out, e)
	}
	return out, wrap(rows.Err())
}

// Count returns how many entries a span has.
func (s *Store) Count(ctx context.Context, span fieldsync.Span) (int64, error) {
	const q = `SELECT count(*) FROM _s_member WHERE scope = {:scope} AND seq > {:after} AND seq <= {:upto} AND st >= {:live}`
	var n int64
	_, err := s.value(ctx, q, dbx.Params{"scope": span.Scope, "after": span.After, "upto": span.Upto, "live": span.Live}, &n)
	return n, err
}

func spanParams(spans []fieldsync.Span) (dbx.Params, error) {
	rows := make([][4]int64, len(spans))
	for i, s := range spans {
		rows[i] = [4]int64{s.Scope, s.After, s.Upto, 0}
		if s.Live {
			rows[i][3] = 1
		}
	}
	raw, err := json.Marshal(rows)
	return dbx.Params{"spans": string(raw)}, err
}

// Bodies returns what an audience may read of each record that exists, in
// JSON, with the columns of fieldsync.Projection and no other.
func (s *Store) Bodies(ctx context.Context, collection string, a fieldsync.Audience, ids []string) (map[string][]byte, error) {
	columns := fieldsync.Projection(collection, a)
	if columns == nil {
		return nil, nil
	}
	q := "SELECT c.id, " + bodySQL(columns) + " FROM json_each({:ids}) AS e CROSS JOIN `" + collection + "` AS c ON c.id = e.value"
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{"ids": list(ids)}).WithContext(ctx).Rows()
	if err != nil {
		return nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	out := make(map[string][]byte, len(ids))
	for rows.Next() {
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return nil, err
		}
		out[id] = body
	}
	return out, wrap(rows.Err())
}

// bodySQL renders a body from its columns. The names are ours, never a
// caller's.
func bodySQL(columns []fieldsync.Column) string {
	parts := []string{"'id', c.id"}
	for _, c := range columns {
		col := "c.`" + c.Name + "`"
		if c.When != "" {
			col = fmt.Sprintf("iif(c.`%s` = %s, %s, '')", c.When, quote(c.Is), col)
		}
		if c.Unless != "" {
			var values []string
			for _, v := range c.In {
				values = append(values, quote(v))
			}
			col = fmt.Sprintf("iif(c.`%s` IN (%s), '', %s)", c.Unless, strings.Join(values, ", "), col)
		}
		switch c.Form {
		case fieldsync.Bool:
			col = "json(iif(" + col + ", 'true', 'false'))"
		case fieldsync.JSON:
			col = fmt.Sprintf("iif(json_valid(%[1]s), json(%[1]s), NULL)", col)
		case fieldsync.Time:
			col = "replace(" + col + ", ' ', 'T')"
		case fieldsync.Text, fieldsync.Number:
		}
		parts = append(parts, quote(c.Name)+", "+col)
	}
	return "json_object(" + strings.Join(parts, ", ") + ")"
}

// LastMid returns the last mutation of the device that has its end.
func (s *Store) LastMid(ctx context.Context, device string) (int64, error) {
	var mid int64
	_, err := s.value(ctx, `SELECT lmid FROM _s_device WHERE did = {:did}`, dbx.Params{"did": device}, &mid)
	return mid, err
}

// DeviceState returns what the person's device may do, and whether it is
// registered: one that is not is active. Somebody else's is
// fieldsync.ErrDevice.
func (s *Store) DeviceState(ctx context.Context, who report.PersonID, device string) (state fieldsync.DeviceState, known bool, err error) {
	owner, state, err := s.deviceOwner(ctx, device)
	if err != nil {
		return "", false, err
	}
	if owner != "" && owner != who {
		return "", false, fieldsync.ErrDevice
	}
	return state, owner != "", nil
}

// News looks for what a person does not know yet: changes in the scopes they
// hold, and of the scopes themselves.
func (s *Store) News(ctx context.Context, who report.PersonID, device string, after int64) (fieldsync.News, error) {
	var n fieldsync.News
	var err error
	if n.State, _, err = s.DeviceState(ctx, who, device); err != nil {
		return n, err
	}
	head, err := s.Head(ctx)
	if err != nil {
		return n, err
	}
	n.Seq = head.Seq
	const q = `
		SELECT s.sid, s.name, g.to_seq IS NULL AS held, g.from_seq > {:after} OR coalesce(g.to_seq > {:after}, false) OR (g.to_seq IS NULL
			AND EXISTS (SELECT 1 FROM _s_member AS m WHERE m.scope = g.scope AND m.seq > {:after})) AS news
		FROM _s_grant AS g JOIN _s_scope AS s ON s.sid = g.scope
		WHERE g.usr = {:who} AND (g.to_seq IS NULL OR g.to_seq > {:after})`
	var rows []struct {
		SID  int64  `db:"sid"`
		Name string `db:"name"`
		Held bool   `db:"held"`
		News bool   `db:"news"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"who": who, "after": after}); err != nil {
		return n, fmt.Errorf("look for news of person %s: %w", who, err)
	}
	n.P = 9
	for _, r := range rows {
		if r.News {
			n.Any = true
			n.P = min(n.P, fieldsync.ScopeOf(r.SID, r.Name).P)
		}
		if r.Held {
			n.Scopes = append(n.Scopes, r.SID)
		}
	}
	return n, nil
}

// Since returns whom the changes with numbers above after concern. Every change
// of what a scope holds comes with a change of a record that is in it or left
// it: of the record itself, or of its parent.
func (s *Store) Since(ctx context.Context, after int64) (fieldsync.Changed, error) {
	head, err := s.Head(ctx)
	if err != nil || head.Seq <= after {
		return fieldsync.Changed{Seq: head.Seq}, err
	}
	c := fieldsync.Changed{Seq: head.Seq}
	const scopes = `
		SELECT DISTINCT m.scope FROM _s_rec AS r CROSS JOIN _s_member AS m ON m.coll = r.coll AND m.id = r.id
		WHERE r.seq > {:after} AND m.seq > {:after}`
	if err := s.read.NewQuery(scopes).Bind(dbx.Params{"after": after}).WithContext(ctx).Column(&c.Scopes); err != nil {
		return c, wrap(err)
	}
	const people = `SELECT usr FROM _s_grant WHERE from_seq > {:after} UNION SELECT usr FROM _s_grant WHERE to_seq > {:after}`
	err = s.read.NewQuery(people).Bind(dbx.Params{"after": after}).WithContext(ctx).Column(&c.People)
	return c, wrap(err)
}
