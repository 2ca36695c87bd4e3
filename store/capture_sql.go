package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// A schemaObject is one view or trigger of the capture, by its name.
type schemaObject struct{ name, sql string }

// The parts every trigger is put together from. The head of the log is the
// one row of _s_clock.
const (
	tick = "UPDATE _s_clock SET seq = seq + 1;\n"
	head = "(SELECT seq FROM _s_clock)"
)

// captureObjects renders every view and trigger of the capture from the tables
// of what is in which scope and of who holds which, for the collections that
// exist. Order matters: views first. The table of scopes must be as
// fieldsync.CheckCollections wants it.
//
// A trigger never relies on the conflict policy of its own statements, because
// SQLite replaces that by the policy of the statement that fired it; an upsert
// clause stands whatever fired it.
func captureObjects(cs []fieldsync.Collection, es []fieldsync.Entitlement, exists func(table string) bool) []schemaObject {
	var views, triggers []schemaObject
	for _, c := range cs {
		if !exists(c.Name) || c.Parent != "" && !exists(c.Parent) {
			continue
		}
		var children []fieldsync.Collection
		for _, k := range cs {
			if k.Parent == c.Name && exists(k.Name) {
				children = append(children, k)
			}
		}
		views = append(views, inView(c))
		triggers = append(triggers, recordTriggers(c, children)...)
	}
	if exists("_s_digest") {
		triggers = append(triggers, digestTriggers()...)
	}
	if exists("_s_field") {
		triggers = append(triggers, fieldTriggers(exists)...)
	}
	if exists("users") && exists("roles") && exists("areas") {
		views = append(views, belowView(), entitledView(es))
		triggers = append(triggers, grantTriggers()...)
	}
	return append(views, triggers...)
}

// inView renders the view that says in which scopes each row of a collection
// is to be: id, parent, name. A child is where its parent is, by the log, as
// far as the filters let it. There is one SELECT in it and a CASE over the
// classes, because SQLite compiles it anew into every statement that writes.
func inView(c fieldsync.Collection) schemaObject {
	var classes []string
	var names, conds strings.Builder
	for _, r := range c.Rules {
		class := string(r.Class)
		if r.Column != "" {
			class += ":"
		}
		classes = append(classes, class)
		cond := []string{}
		if c.Parent == "" && r.Column != "" {
			fmt.Fprintf(&names, " WHEN %s THEN c.`%s`", quote(class), r.Column)
			cond = append(cond, "c.`"+r.Column+"` != ''")
		}
		if c.Parent == "" && r.Open {
			cond = append(cond, isOpen("c"))
		}
		for _, f := range r.Only {
			cond = append(cond, filter(f))
		}
		if len(cond) == 0 {
			cond = append(cond, "true")
		}
		fmt.Fprintf(&conds, " WHEN %s THEN %s", quote(string(r.Class)), strings.Join(cond, " AND "))
	}
	view := "_s_in_" + c.Name
	if c.Parent == "" {
		name := "k.value"
		if names.Len() > 0 {
			name += " || CASE k.value" + names.String() + " ELSE '' END"
		}
		return schemaObject{view, fmt.Sprintf("CREATE VIEW `%s` AS\nSELECT c.id AS id, '' AS parent, %s AS name\n"+
			"FROM `%s` AS c, json_each('[\"%s\"]') AS k\nWHERE CASE substr(k.value, 1, 1)%s END",
			view, name, c.Name, strings.Join(classes, `","`), conds.String())}
	}
	return schemaObject{view, fmt.Sprintf("CREATE VIEW `%s` AS\nSELECT c.id AS id, c.`%s` AS parent, s.name AS name\n"+
		"FROM `%s` AS c JOIN `%s` AS p ON p.id = c.`%s`\n"+
		"CROSS JOIN _s_member AS m ON m.coll = %s AND m.id = p.id AND m.st = 1 CROSS JOIN _s_scope AS s ON s.sid = m.scope\n"+
		"WHERE CASE substr(s.name, 1, 1)%s ELSE false END",
		view, c.Link, c.Name, c.Parent, c.Link, quote(c.Parent), conds.String())}
}

func filter(f fieldsync.Filter) string {
	col := "c.`" + f.Column + "`"
	switch {
	case f.SameAs != "":
		return col + " = p.`" + f.SameAs + "`"
	case len(f.In) > 0:
		return col + " IN " + quoted(f.In)
	default:
		return col + " NOT IN " + quoted(f.Not)
	}
}

// isOpen is the condition of a report that is open, from the one place that
// knows (report.State.Open).
func isOpen(row string) string {
	var open []string
	for _, s := range report.States {
		if s.Open() {
			open = append(open, string(s))
		}
	}
	return row + ".state IN " + quoted(open)
}

// recordTriggers renders what keeps the log of one collection and, when it is
// a parent, carries its moves to its children.
func recordTriggers(c fieldsync.Collection, children []fieldsync.Collection) []schemaObject {
	var fan, orphans strings.Builder
	for _, k := range children {
		fan.WriteString(fanOut(k))
		fmt.Fprintf(&orphans, "UPDATE _s_member SET seq = %s, st = 0, why = 2 WHERE coll = %s AND st = 1 AND id IN (SELECT id FROM `%s` WHERE `%s` = OLD.id);\n",
			head, quote(k.Name), k.Name, k.Link)
	}
	remove := tick + fmt.Sprintf("UPDATE _s_rec SET ver = ver + 1, seq = %s, del = 1 WHERE coll = %s AND id = OLD.id;\n", head, quote(c.Name)) +
		fmt.Sprintf("UPDATE _s_member SET seq = %s, st = 0, why = 2 WHERE coll = %s AND id = OLD.id AND st = 1;\n", head, quote(c.Name)) + orphans.String()
	restamp := tick + record(c) +
		fmt.Sprintf("UPDATE _s_member SET seq = %s WHERE coll = %s AND id = NEW.id AND st = 1;\n", head, quote(c.Name))

	on := func(suffix, event, when, body string) schemaObject {
		name := "_s_" + c.Name + "_" + suffix
		if when != "" {
			when = " WHEN " + when
		}
		return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` AFTER %s ON `%s` FOR EACH ROW%s BEGIN\n%sEND", name, event, c.Name, when, body)}
	}
	out := []schemaObject{
		on("insert", "INSERT", "", touch(c)+fan.String()),
		on("delete", "DELETE", "", remove),
		on("rename", "UPDATE OF id", "OLD.id IS NOT NEW.id", remove),
	}
	// SQLite compiles a trigger into every statement that could fire it: the
	// long one stands only on the columns that can move a row.
	columns, moved := feeds(c, children)
	change := strings.Join(moved, " OR ")
	return append(out,
		on("update", "UPDATE", "NOT ("+change+")", restamp),
		on("move", "UPDATE OF "+strings.Join(columns, ", "), change, touch(c)+fan.String()))
}

// feeds lists the columns of a collection that feed its scopes or those of its
// children, and the conditions under which an update of them may change them.
func feeds(c fieldsync.Collection, children []fieldsync.Collection) (columns, conditions []string) {
	add := func(column, condition string) {
		if column = "`" + column + "`"; !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		if !slices.Contains(conditions, condition) {
			conditions = append(conditions, condition)
		}
	}
	add("id", differs("id"))
	if c.Link != "" {
		add(c.Link, differs(c.Link))
	}
	for _, r := range c.Rules {
		if c.Parent == "" && r.Column != "" {
			add(r.Column, differs(r.Column))
		}
		if c.Parent == "" && r.Open {
			add("state", "("+isOpen("OLD")+") IS NOT ("+isOpen("NEW")+")")
		}
		for _, f := range r.Only {
			add(f.Column, differs(f.Column))
		}
	}
	for _, k := range children {
		for _, r := range k.Rules {
			for _, f := range r.Only {
				if f.SameAs != "" {
					add(f.SameAs, differs(f.SameAs))
				}
			}
		}
	}
	return columns, conditions
}

func differs(col string) string { return "OLD.`" + col + "` IS NOT NEW.`" + col + "`" }

// record counts one more version of the row.
func record(c fieldsync.Collection) string {
	return fmt.Sprintf("INSERT INTO _s_rec (coll, id, ver, seq, del) SELECT %s, NEW.id, 1, seq, 0 FROM _s_clock WHERE true\n"+
		"  ON CONFLICT (coll, id) DO UPDATE SET ver = ver + 1, seq = excluded.seq, del = 0;\n", quote(c.Name))
}

// touch stamps the row in every scope it is in now, and out of every other it
// was in.
func touch(c fieldsync.Collection) string {
	return tick + record(c) +
		fmt.Sprintf("INSERT INTO _s_scope (name) SELECT name FROM `_s_in_%s` WHERE id = NEW.id ON CONFLICT (name) DO NOTHING;\n", c.Name) +
		enter(c, "v.id = NEW.id") +
		fmt.Sprintf("UPDATE _s_member SET seq = %s, st = 0, why = %s WHERE coll = %s AND id = NEW.id AND st = 1 AND seq < %s;\n",
			head, why(c), quote(c.Name), head)
}

// enter stamps the rows the condition picks in the scopes they are to be in.
func enter(c fieldsync.Collection, which string) string {
	return fmt.Sprintf("INSERT INTO _s_member (scope, seq, coll, id, st, why)\n"+
		"  SELECT s.sid, k.seq, %s, v.id, 1, 0 FROM `_s_in_%s` AS v JOIN _s_scope AS s ON s.name = v.name, _s_clock AS k WHERE %s\n"+
		"  ON CONFLICT (coll, id, scope) DO UPDATE SET seq = excluded.seq, st = 1, why = 0;\n", quote(c.Name), c.Name, which)
}

// fanOut carries a move of the parent NEW to its children.
func fanOut(k fieldsync.Collection) string {
	return enter(k, "v.parent = NEW.id") +
		fmt.Sprintf("UPDATE _s_member SET seq = %s, st = 0, why = CASE WHEN %s THEN 1 ELSE 3 END\n"+
			"  WHERE coll = %s AND st = 1 AND seq < %s AND id IN (SELECT id FROM `%s` WHERE `%s` = NEW.id);\n",
			head, isOpen("NEW"), quote(k.Name), head, k.Name, k.Link)
}

// why is the reason of an exit, by its number in fieldsync.Reasons: the report
// closed (3), or the row moved (1).
func why(c fieldsync.Collection) string {
	closes := slices.ContainsFunc(c.Rules, func(r fieldsync.Rule) bool { return r.Open })
	switch {
	case !closes:
		return "1"
	case c.Parent == "":
		return "CASE WHEN " + isOpen("NEW") + " THEN 1 ELSE 3 END"
	default:
		return fmt.Sprintf("coalesce((SELECT CASE WHEN %s THEN 1 ELSE 3 END FROM `%s` AS p WHERE p.id = NEW.`%s`), 1)", isOpen("p"), c.Parent, c.Link)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func quoted[S ~string](values []S) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quote(string(v))
	}
	return "(" + strings.Join(out, ", ") + ")"
}
