package store

import (
	"context"
	"fmt"
	"strings"

	fieldsync "github.com/sestante/sestante/sync"
)

// The field clock: when each patchable field last changed after its record was
// made, whoever changed it. Its triggers stand on the patchable columns alone,
// so that nothing else pays for them.

// fieldTriggers renders the field clock of the collections that exist.
func fieldTriggers(exists func(table string) bool) []schemaObject {
	var out []schemaObject
	for _, p := range fieldsync.Patchable {
		if exists(p.Name) {
			out = append(out, fieldClock(p), fieldGone(p))
		}
	}
	return out
}

// fieldClock takes a number of its own: it may run before the trigger that
// gives the record its number, and a change must never have a number that a
// device has seen already.
func fieldClock(p fieldsync.Patched) schemaObject {
	var columns, changed, picks []string
	for _, f := range p.Fields {
		col := "`" + f.Name + "`"
		columns = append(columns, col)
		changed = append(changed, differs(f.Name))
		picks = append(picks, fmt.Sprintf("SELECT %s AS f WHERE %s", quote(f.Name), differs(f.Name)))
	}
	name := "_s_" + p.Name + "_field"
	return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` AFTER UPDATE OF %s ON `%s` FOR EACH ROW WHEN %s BEGIN\n%s"+
		"INSERT INTO _s_field (coll, id, f, seq, did, mid, t)\n"+
		"  SELECT %s, NEW.id, k.f, %s, '', 0, iif(NEW.updated IS NOT OLD.updated, NEW.updated, '') FROM (%s) AS k WHERE true\n"+
		"  ON CONFLICT (coll, id, f) DO UPDATE SET seq = excluded.seq, did = '', mid = 0, t = excluded.t;\nEND",
		name, strings.Join(columns, ", "), p.Name, strings.Join(changed, " OR "), tick,
		quote(p.Name), head, strings.Join(picks, " UNION ALL "))}
}

// fieldGone forgets the fields of a deleted record. Where no log says that the
// record is gone, a row without a field does.
func fieldGone(p fieldsync.Patched) schemaObject {
	name := "_s_" + p.Name + "_fieldgone"
	body := fmt.Sprintf("DELETE FROM _s_field WHERE coll = %s AND id = OLD.id;\n", quote(p.Name))
	if _, captured := fieldsync.CollectionOf(p.Name); !captured && p.Own {
		body = tick + body + fmt.Sprintf("INSERT INTO _s_field (coll, id, f, seq) SELECT %s, OLD.id, '', seq FROM _s_clock WHERE true\n"+
			"  ON CONFLICT (coll, id, f) DO UPDATE SET seq = excluded.seq;\n", quote(p.Name))
	}
	return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` AFTER DELETE ON `%s` FOR EACH ROW BEGIN\n%sEND", name, p.Name, body)}
}

// checkFields makes sure that every patchable column exists. SQLite would tell
// only at the next write, by refusing it.
func (s *Store) checkFields(ctx context.Context) error {
	for _, p := range fieldsync.Patchable {
		err := s.hasTable(ctx, p.Name, func() error {
			columns := make([]string, 0, len(p.Fields)+2)
			for _, f := range p.Fields {
				columns = append(columns, "c.`"+f.Name+"`")
			}
			columns = append(columns, "c.`updated`", "c.`id` AS id")
			if _, err := s.ids(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM `"+p.Name+"` AS c LIMIT 0", nil); err != nil {
				return fmt.Errorf("%w: %w", ErrCaptured.In(p.Name), err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
