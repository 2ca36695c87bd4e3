package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// ErrCaptured refuses a change of a collection that the devices depend on.
var ErrCaptured = fault.Define(fault.Conflict, "sync.captured",
	"Devices depend on a field of this collection: change it in a migration, together with the table of what travels.",
	"I dispositivi dipendono da un campo di questa raccolta: modificala con una migrazione, insieme all'elenco di ciò che viene inviato.")

// InstallCapture makes the triggers that keep the head-log what the table of
// scopes says they are, and the log what the tables say it is: it creates what
// is missing, replaces what differs, and stamps the records whose place in the
// log is wrong. When nothing differs it writes nothing. It must run after
// every migration and at every start, before anybody writes.
func (s *Store) InstallCapture(ctx context.Context) error {
	return s.InTx(ctx, func(tx *Store) error {
		want, err := tx.wantedCapture(ctx)
		if err != nil {
			return err
		}
		have, err := tx.installedCapture(ctx)
		if err != nil {
			return err
		}
		if !slices.Equal(byName(want), have) {
			if err := tx.DropCapture(ctx); err != nil {
				return err
			}
			for _, o := range want {
				if err := tx.exec(ctx, o.sql, nil); err != nil {
					return fmt.Errorf("create %s: %w", o.name, err)
				}
			}
			if err := tx.checkColumns(ctx); err != nil {
				return err
			}
			if err := tx.checkFields(ctx); err != nil {
				return err
			}
			if err := tx.settle(ctx); err != nil {
				return err
			}
		}
		return tx.restampChangedBodies(ctx)
	})
}

// DropCapture takes every view and trigger of the capture away, for a change
// of the schema that they would block. What is written until InstallCapture
// has run is found by it, but changes of content are not: see RestampRecords.
func (s *Store) DropCapture(ctx context.Context) error {
	have, err := s.installedCapture(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(have, func(a, b schemaObject) int { return rank(a) - rank(b) })
	for _, o := range have {
		kind := "TRIGGER"
		if isView(o) {
			kind = "VIEW"
		}
		if err := s.exec(ctx, "DROP "+kind+" `"+o.name+"`", nil); err != nil {
			return fmt.Errorf("drop %s: %w", o.name, err)
		}
	}
	return nil
}

// HasCapture reports whether the tables of the capture exist: they do not
// before their migration.
func (s *Store) HasCapture(ctx context.Context) (bool, error) {
	var n int
	_, err := s.value(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_s_clock'`, nil, &n)
	return n > 0, err
}

// rank puts triggers before the views they read.
func rank(o schemaObject) int {
	if isView(o) {
		return 1
	}
	return 0
}

func isView(o schemaObject) bool { return len(o.sql) > 11 && o.sql[:11] == "CREATE VIEW" }

func (s *Store) wantedCapture(ctx context.Context) ([]schemaObject, error) {
	var rows []struct {
		Name string `db:"name"`
	}
	if err := s.rows(ctx, &rows, `SELECT name FROM sqlite_schema WHERE type = 'table'`, nil); err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	tables := map[string]bool{}
	for _, r := range rows {
		tables[r.Name] = true
	}
	exists := func(name string) bool { return tables[name] }
	tombs, err := s.tombTriggers(ctx, exists)
	return append(captureObjects(fieldsync.Captured, fieldsync.Entitled, exists), tombs...), err
}

func (s *Store) installedCapture(ctx context.Context) ([]schemaObject, error) {
	const q = `
		SELECT name, sql FROM sqlite_schema
		WHERE substr(name, 1, 3) = '_s_' AND type IN ('view', 'trigger')
		ORDER BY name`
	var rows []struct {
		Name string `db:"name"`
		SQL  string `db:"sql"`
	}
	if err := s.rows(ctx, &rows, q, nil); err != nil {
		return nil, fmt.Errorf("list the triggers of the capture: %w", err)
	}
	var out []schemaObject
	for _, r := range rows {
		out = append(out, schemaObject{r.Name, r.SQL})
	}
	return out, nil
}

func byName(in []schemaObject) []schemaObject {
	return slices.SortedFunc(slices.Values(in), func(a, b schemaObject) int { return strings.Compare(a.name, b.name) })
}

func (s *Store) hasTable(ctx context.Context, name string, fn func() error) error {
	var n int
	_, err := s.value(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = {:name}`, dbx.Params{"name": name}, &n)
	if err != nil || n == 0 {
		return err
	}
	return fn()
}

func (s *Store) ids(ctx context.Context, q string, p dbx.Params) ([]string, error) {
	var rows []struct {
		ID string `db:"id"`
	}
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, nil
}

// RestampCollection counts a change of every record of a captured collection:
// after its columns were edited, nobody can say whose body stayed the same. Of
// any other collection it does nothing.
func (s *Store) RestampCollection(ctx context.Context, name string) error {
	if _, ok := fieldsync.CollectionOf(name); !ok {
		return nil
	}
	return s.hasTable(ctx, name, func() error {
		ids, err := s.ids(ctx, "SELECT id FROM `"+name+"` ORDER BY id", nil)
		if err != nil {
			return err
		}
		return s.RestampRecords(ctx, name, ids)
	})
}

// checkColumns makes sure that every column the capture reads and every column
// that travels exists. SQLite would tell only at the next write, by refusing
// it.
func (s *Store) checkColumns(ctx context.Context) error {
	for _, c := range fieldsync.Captured {
		err := s.hasTable(ctx, c.Name, func() error {
			if _, err := s.ids(ctx, "SELECT id FROM `_s_in_"+c.Name+"` LIMIT 0", nil); err != nil {
				return fmt.Errorf("%w: %w", ErrCaptured.In(c.Name), err)
			}
			for a := fieldsync.ForReference; a <= fieldsync.ForStaff; a++ {
				if _, err := s.Bodies(ctx, c.Name, a, nil); err != nil {
					return fmt.Errorf("%w: %w", ErrCaptured.In(c.Name), err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.hasTable(ctx, "roles", func() error {
		if _, err := s.ids(ctx, "SELECT usr AS id FROM _s_entitled, _s_below LIMIT 0", nil); err != nil {
			return fmt.Errorf("%w: %w", ErrCaptured.In("roles"), err)
		}
		return nil
	})
}

// RestampRecords counts a change of each of the records, one number each, and
// puts them in the scopes they belong in.
func (s *Store) RestampRecords(ctx context.Context, coll string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var base int64
	if _, err := s.value(ctx, `SELECT seq FROM _s_clock`, nil, &base); err != nil {
		return err
	}
	steps := fmt.Sprintf("INSERT INTO _s_rec (coll, id, ver, seq, del)\n"+
		"  SELECT {:coll}, e.value, 1, {:base} + e.key + 1, e.value NOT IN (SELECT id FROM `%[1]s`) FROM json_each({:ids}) AS e WHERE true\n"+
		"  ON CONFLICT (coll, id) DO UPDATE SET ver = ver + 1, seq = excluded.seq, del = excluded.del;\n"+
		"INSERT INTO _s_scope (name) SELECT DISTINCT name FROM `_s_in_%[1]s` WHERE id IN (SELECT value FROM json_each({:ids})) ON CONFLICT (name) DO NOTHING;\n"+
		"INSERT INTO _s_member (scope, seq, coll, id, st, why)\n"+
		"  SELECT s.sid, {:base} + e.key + 1, {:coll}, v.id, 1, 0 FROM json_each({:ids}) AS e JOIN `_s_in_%[1]s` AS v ON v.id = e.value JOIN _s_scope AS s ON s.name = v.name WHERE true\n"+
		"  ON CONFLICT (coll, id, scope) DO UPDATE SET seq = excluded.seq, st = 1, why = 0;\n"+
		"UPDATE _s_member SET st = 0, seq = r.seq, why = 1 + r.del FROM _s_rec AS r\n"+
		"  WHERE r.coll = _s_member.coll AND r.id = _s_member.id AND _s_member.coll = {:coll} AND _s_member.st = 1 AND _s_member.seq <= {:base}\n"+
		"  AND _s_member.id IN (SELECT value FROM json_each({:ids}));\n"+
		"UPDATE _s_clock SET seq = {:base} + {:n};\n", coll)
	return s.script(ctx, steps, dbx.Params{"coll": coll, "base": base, "n": len(ids), "ids": list(ids)})
}

// restampChangedBodies counts a change of every record of the collections
// whose list of travelling columns is not the one that was last served.
func (s *Store) restampChangedBodies(ctx context.Context) error {
	known := map[string]string{}
	text, err := s.Meta(ctx, "sync.bodies")
	if err != nil {
		return err
	}
	first := text == ""
	if !first {
		if err := json.Unmarshal([]byte(text), &known); err != nil {
			return fmt.Errorf("read the lists of bodies: %w", err)
		}
	}
	changed := false
	for _, c := range fieldsync.Captured {
		sum := bodySum(c.Name)
		if known[c.Name] == sum {
			continue
		}
		changed = true
		known[c.Name] = sum
		if first {
			continue // nobody was served yet
		}
		if err := s.RestampCollection(ctx, c.Name); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	raw, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return s.SetMeta(ctx, "sync.bodies", string(raw))
}

func bodySum(coll string) string {
	h := sha256.New()
	for a := fieldsync.ForReference; a <= fieldsync.ForStaff; a++ {
		fmt.Fprintf(h, "%d%v\n", a, fieldsync.Projection(coll, a))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
