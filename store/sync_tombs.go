package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// The tombs: copies of deleted records that somebody may still be working on,
// with their field clocks. Only children of a report have one
// (fieldsync.Patched.Restorable), and none outlives its report: erasing a
// report erases them.

// tombTriggers renders the triggers that keep the tombs, for the columns that
// the collections have now.
func (s *Store) tombTriggers(ctx context.Context, exists func(table string) bool) ([]schemaObject, error) {
	if !exists("_s_tomb") || !exists("_s_field") {
		return nil, nil
	}
	var out []schemaObject
	for _, p := range fieldsync.Patchable {
		c, captured := fieldsync.CollectionOf(p.Name)
		if !p.Restorable || !captured || !exists(p.Name) || !exists(c.Parent) {
			continue
		}
		columns, err := s.columnsOf(ctx, p.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, buries(c, columns), erases(c))
	}
	return out, nil
}

func (s *Store) columnsOf(ctx context.Context, table string) ([]string, error) {
	return s.ids(ctx, `SELECT name AS id FROM pragma_table_info({:t}) ORDER BY cid`, dbx.Params{"t": table})
}

// buries renders the trigger that copies a record before it is deleted. What is
// deleted together with its report leaves no copy.
func buries(c fieldsync.Collection, columns []string) schemaObject {
	parts := make([]string, len(columns))
	for i, name := range columns {
		// A number is written with every digit it has; JSON has no bytes.
		parts[i] = fmt.Sprintf("%s, CASE typeof(OLD.`%[2]s`) WHEN 'real' THEN iif(abs(OLD.`%[2]s`) < 1e308, json(format('%%!.17g', OLD.`%[2]s`)), OLD.`%[2]s`) WHEN 'blob' THEN CAST(OLD.`%[2]s` AS TEXT) ELSE OLD.`%[2]s` END",
			quote(name), name)
	}
	name := "_s_" + c.Name + "_tomb"
	return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` BEFORE DELETE ON `%s` FOR EACH ROW WHEN EXISTS (SELECT 1 FROM `%s` WHERE id = OLD.`%s`) BEGIN\n"+
		"INSERT INTO _s_tomb (coll, id, parent, seq, body, fields)\n"+
		"  SELECT %s, OLD.id, OLD.`%s`, k.seq, json_object(%s),\n"+
		"    (SELECT json_group_array(json_array(f, seq, did, mid, t)) FROM _s_field WHERE coll = %[5]s AND id = OLD.id AND f != '')\n"+
		"  FROM _s_clock AS k WHERE true\n"+
		"  ON CONFLICT (coll, id) DO UPDATE SET parent = excluded.parent, seq = excluded.seq, body = excluded.body, fields = excluded.fields;\nEND",
		name, c.Name, c.Parent, c.Link, quote(c.Name), c.Link, strings.Join(parts, ", "))}
}

// erases renders the trigger that forgets the copies with their report.
func erases(c fieldsync.Collection) schemaObject {
	name := "_s_" + c.Name + "_erase"
	return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` AFTER DELETE ON `%s` FOR EACH ROW BEGIN\n"+
		"DELETE FROM _s_tomb WHERE parent = OLD.id AND coll = %s;\nEND", name, c.Parent, quote(c.Name))}
}

// HasTomb reports whether a deleted record can be put back.
func (s *Store) HasTomb(ctx context.Context, coll, id string) (bool, error) {
	var n int
	_, err := s.value(ctx, `SELECT count(*) FROM _s_tomb WHERE coll = {:coll} AND id = {:id}`, dbx.Params{"coll": coll, "id": id}, &n)
	return n > 0, err
}

// Exhume puts a deleted record back as it was, its field clock too, and
// reports whether it did: it does not when there is no copy, or when the
// record is there.
func (s *Store) Exhume(ctx context.Context, coll, id string) (bool, error) {
	p := dbx.Params{"coll": coll, "id": id}
	var body, fields string
	ok, err := s.value(ctx, `SELECT body, fields FROM _s_tomb WHERE coll = {:coll} AND id = {:id}`, p, &body, &fields)
	if err != nil || !ok {
		return false, err
	}
	var had map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &had); err != nil {
		return false, fmt.Errorf("read the copy of %s %s: %w", coll, id, err)
	}
	columns, err := s.columnsOf(ctx, coll)
	if err != nil {
		return false, err
	}
	// What the collection lost since is lost, what it gained has its default.
	columns = slices.DeleteFunc(columns, func(c string) bool { _, ok := had[c]; return !ok })
	var names, values []string
	for _, c := range columns {
		names = append(names, "`"+c+"`")
		values = append(values, "t.body ->> "+quote(`$."`+c+`"`))
	}
	q := fmt.Sprintf("INSERT INTO `%s` (%s) SELECT %s FROM _s_tomb AS t WHERE t.coll = {:coll} AND t.id = {:id} ON CONFLICT (id) DO NOTHING",
		coll, strings.Join(names, ", "), strings.Join(values, ", "))
	n, err := s.change(ctx, q, p)
	if err != nil || n == 0 {
		return false, err
	}
	const clock = `
		INSERT INTO _s_field (coll, id, f, seq, did, mid, t)
		SELECT {:coll}, {:id}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each({:fields}) WHERE true
		ON CONFLICT (coll, id, f) DO UPDATE SET seq = excluded.seq, did = excluded.did, mid = excluded.mid, t = excluded.t`
	if err := s.exec(ctx, clock, dbx.Params{"coll": coll, "id": id, "fields": fields}); err != nil {
		return false, err
	}
	return true, s.exec(ctx, `DELETE FROM _s_tomb WHERE coll = {:coll} AND id = {:id}`, p)
}

// ClearTombs forgets the copies of what was deleted before the day given.
func (s *Store) ClearTombs(ctx context.Context, before time.Time) error {
	const q = `DELETE FROM _s_tomb WHERE seq <= coalesce((SELECT max(seq) FROM _s_commit WHERE at <= {:ms}), 0)`
	return s.exec(ctx, q, dbx.Params{"ms": before.UnixMilli()})
}

// HadRecord reports whether the person held the record at that number of the
// log, as far as the log remembers: it was in one of the scopes they held then.
// Lost asks for a scope that they hold no more. A record may have entered the
// scope after that number and left it again; the log cannot tell.
func (s *Store) HadRecord(ctx context.Context, who report.PersonID, coll, id string, at int64, lost bool) (bool, error) {
	const q = `
		SELECT count(*) FROM _s_member AS m JOIN _s_grant AS g ON g.scope = m.scope AND g.usr = {:who}
		WHERE m.coll = {:coll} AND m.id = {:id} AND (m.st = 1 OR m.seq > {:at})
			AND g.from_seq <= {:at} AND (g.to_seq > {:at} OR g.to_seq IS NULL AND NOT {:lost})
			AND NOT ({:lost} AND EXISTS (SELECT 1 FROM _s_grant AS n WHERE n.usr = g.usr AND n.scope = g.scope AND n.to_seq IS NULL))`
	var n int
	_, err := s.value(ctx, q, dbx.Params{"who": who, "coll": coll, "id": id, "at": at, "lost": lost}, &n)
	if err != nil {
		return false, fmt.Errorf("what person %s held: %w", who, err)
	}
	return n > 0, nil
}

// ReportAt returns a report as its events up to that number of the log make it,
// and false when there were none.
func (s *Store) ReportAt(ctx context.Context, id report.ID, at int64) (report.Report, bool, error) {
	var last int64
	const q = `
		SELECT coalesce(max(e.seq), 0) FROM reportEvents AS e JOIN _s_rec AS r ON r.coll = 'reportEvents' AND r.id = e.id
		WHERE e.report = {:id} AND r.seq <= {:at}`
	if _, err := s.value(ctx, q, dbx.Params{"id": id, "at": at}, &last); err != nil || last == 0 {
		return report.Report{}, false, err
	}
	all, err := s.Events(ctx, id)
	if err != nil {
		return report.Report{}, false, err
	}
	return report.Fold(slices.DeleteFunc(all, func(e report.Event) bool { return e.Seq > last })), true, nil
}
