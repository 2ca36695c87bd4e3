package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// A place is a record in a scope.
type place struct{ coll, id, scope string }

// A world is every row of a ground, by collection and id.
type world map[string]map[string]map[string]string

// read reads every row.
func (g *ground) read() world {
	g.t.Helper()
	out := world{}
	names := []string{"users", "roles", "areas"}
	for _, c := range g.cs {
		names = append(names, c.Name)
	}
	for _, name := range names {
		out[name] = map[string]map[string]string{}
		for _, row := range g.ask("SELECT * FROM " + name) {
			out[name][row["id"]] = row
		}
	}
	return out
}

func (g *ground) ask(q string) []map[string]string {
	g.t.Helper()
	rows, err := g.db.Query(q)
	if err != nil {
		g.t.Fatalf("%s: %v", q, err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		g.t.Fatal(err)
	}
	var out []map[string]string
	for rows.Next() {
		cells, at := make([]string, len(names)), make([]any, len(names))
		for i := range cells {
			at[i] = &cells[i]
		}
		if err := rows.Scan(at...); err != nil {
			g.t.Fatal(err)
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = cells[i]
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		g.t.Fatal(err)
	}
	return out
}

// placesOf says from the rows alone where every record is to be.
func placesOf(cs []fieldsync.Collection, w world) map[place]bool {
	out := map[place]bool{}
	for _, c := range cs { // parents come before their children
		for id, row := range w[c.Name] {
			for _, r := range c.Rules {
				for _, scope := range scopesOf(c, r, row, w, out) {
					out[place{c.Name, id, scope}] = true
				}
			}
		}
	}
	return out
}

func scopesOf(c fieldsync.Collection, r fieldsync.Rule, row map[string]string, w world, parents map[place]bool) []string {
	parent := w[c.Parent][row[c.Link]]
	for _, f := range r.Only {
		v := row[f.Column]
		switch {
		case f.SameAs != "" && (parent == nil || v != parent[f.SameAs]),
			len(f.In) > 0 && !slices.Contains(f.In, v),
			len(f.Not) > 0 && slices.Contains(f.Not, v):
			return nil
		}
	}
	switch {
	case c.Parent != "":
		var out []string
		for p := range parents {
			if p.coll == c.Parent && p.id == row[c.Link] && fieldsync.ClassOf(p.scope) == r.Class {
				out = append(out, p.scope)
			}
		}
		return out
	case r.Open && !report.State(row["state"]).Open():
		return nil
	case r.Column == "":
		return []string{string(r.Class)}
	case row[r.Column] == "":
		return nil
	default:
		return []string{fieldsync.ScopeName(r.Class, row[r.Column])}
	}
}

// recount compares the log with what the rows say.
func (g *ground) recount(undone bool) {
	g.t.Helper()
	now := g.read()
	want, before := placesOf(g.cs, now), placesOf(g.cs, g.was)
	var head int64
	if err := g.db.QueryRow("SELECT seq FROM _s_clock").Scan(&head); err != nil {
		g.t.Fatal(err)
	}
	if undone && head != g.head {
		g.t.Errorf("the log is at %d after what never happened, and was at %d", head, g.head)
	}
	live, at, vers := map[place]bool{}, map[[2]string]map[string]bool{}, map[[2]string]string{}
	for _, m := range g.ask("SELECT m.coll, m.id, s.name, m.st, m.seq FROM _s_member AS m JOIN _s_scope AS s ON s.sid = m.scope") {
		p := place{m["coll"], m["id"], m["name"]}
		g.stamped(p, m["st"] == "1", seqOf(m["seq"]), head, now, want, before)
		if m["st"] == "1" {
			live[p] = true
			key := [2]string{p.coll, p.id}
			if at[key] == nil {
				at[key] = map[string]bool{}
			}
			at[key][m["seq"]] = true
		}
		g.ever[p] = false
	}
	if !maps.Equal(live, want) {
		g.t.Errorf("the log has %v, the rows say %v", live, want)
	}
	for p, missed := range g.ever {
		if missed {
			g.t.Errorf("the log has forgotten that %v was there", p)
		}
		g.ever[p] = true
	}
	for key, seqs := range at {
		if len(seqs) > 1 {
			g.t.Errorf("%v has several numbers in the scopes it is in: %v", key, seqs)
		}
	}
	for _, r := range g.ask("SELECT coll, id, ver, seq, del FROM _s_rec") {
		vers[[2]string{r["coll"], r["id"]}] = r["ver"]
		_, there := now[r["coll"]][r["id"]]
		if there != (r["del"] == "0") {
			g.t.Errorf("%s %s is there: %v, and the log says deleted: %s", r["coll"], r["id"], there, r["del"])
		}
		if changed := !maps.Equal(now[r["coll"]][r["id"]], g.was[r["coll"]][r["id"]]); changed && seqOf(r["seq"]) <= g.head {
			g.t.Errorf("%s %s changed, and its number is still %s", r["coll"], r["id"], r["seq"])
		}
	}
	for _, c := range g.cs {
		for id := range now[c.Name] {
			if vers[[2]string{c.Name, id}] == "" {
				g.t.Errorf("%s %s has no version", c.Name, id)
			}
		}
	}
	g.sums(live, vers)
	g.grants(now)
	g.was, g.head = now, head
}

// stamped checks the number of one place in the log: what entered, changed or
// left since the last look has a new one.
func (g *ground) stamped(p place, in bool, seq, head int64, now world, want, before map[place]bool) {
	g.t.Helper()
	moved := want[p] != before[p]
	changed := in && !maps.Equal(now[p.coll][p.id], g.was[p.coll][p.id])
	if (moved || changed) && seq <= g.head || seq > head {
		g.t.Errorf("%v has the number %d, moved: %v, changed: %v; the log was at %d and is at %d", p, seq, moved, changed, g.head, head)
	}
}

// sums checks the digests.
func (g *ground) sums(live map[place]bool, vers map[[2]string]string) {
	g.t.Helper()
	want := map[[2]string]fieldsync.Digest{}
	for p := range live {
		d := want[[2]string{p.scope, p.coll}]
		d.Add(fieldsync.MixOf(p.id, seqOf(vers[[2]string{p.coll, p.id}])))
		want[[2]string{p.scope, p.coll}] = d
	}
	for _, r := range g.ask("SELECT s.name, d.coll, d.n, d.d0, d.d1, d.d2, d.d3 FROM _s_digest AS d JOIN _s_scope AS s ON s.sid = d.scope") {
		var got fieldsync.Digest
		got.N = seqOf(r["n"])
		for i := range got.Sum {
			got.Sum[i] = uint32(seqOf(r[fmt.Sprintf("d%d", i)]))
		}
		key := [2]string{r["name"], r["coll"]}
		if got != want[key] {
			g.t.Errorf("the digest of %v is %v, want %v", key, got, want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		g.t.Errorf("there is no digest of %v", want)
	}
}

// grants checks who holds what.
func (g *ground) grants(now world) {
	g.t.Helper()
	want := map[[2]string]bool{}
	for id, u := range now["users"] {
		if u["disabled"] == "false" || u["disabled"] == "0" {
			want[[2]string{id, "g"}], want[[2]string{id, "r:" + id}] = true, true
		}
	}
	for _, r := range now["roles"] {
		if !want[[2]string{r["person"], "g"}] {
			continue
		}
		for _, e := range g.es {
			if !slices.Contains(e.Roles, report.Role(r["role"])) {
				continue
			}
			for _, about := range aboutOf(e.Over, r, now["areas"]) {
				want[[2]string{r["person"], strings.TrimSuffix(string(e.Class)+":"+about, ":")}] = true
			}
		}
	}
	got := map[[2]string]bool{}
	for _, r := range g.ask("SELECT g.usr, s.name FROM _s_grant AS g JOIN _s_scope AS s ON s.sid = g.scope WHERE g.to_seq IS NULL") {
		got[[2]string{r["usr"], r["name"]}] = true
	}
	if !maps.Equal(got, want) {
		g.t.Errorf("held is %v, the roles say %v", got, want)
	}
}

// aboutOf lists the ids of the scopes a role opens; empty text: the one scope.
func aboutOf(over fieldsync.Over, role map[string]string, areas map[string]map[string]string) []string {
	var named []string
	readable := json.Unmarshal([]byte(role["areas"]), &named) == nil
	switch over {
	case fieldsync.OverAll:
		return []string{""}
	case fieldsync.OverWhole:
		if role["areas"] == "" || readable && len(named) == 0 {
			return []string{""}
		}
		return nil
	case fieldsync.OverSelf:
		return []string{role["person"]}
	case fieldsync.OverOrg:
		if role["org"] == "" {
			return nil
		}
		return []string{role["org"]}
	case fieldsync.OverDistricts:
		return districtsOf(named, areas)
	default:
		return nil
	}
}

// districtsOf lists the districts that areas stand for, in every version of
// each.
func districtsOf(named []string, areas map[string]map[string]string) []string {
	type key struct{ kind, code string }
	seen, todo := map[key]bool{}, []key{}
	visit := func(a map[string]string) {
		if k := (key{a["kind"], a["code"]}); !seen[k] {
			seen[k] = true
			todo = append(todo, k)
		}
	}
	for _, id := range named {
		if a := areas[id]; a != nil && slices.Contains([]string{"macro_area", "pole", "district", "overlay"}, a["kind"]) {
			visit(a)
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		for _, a := range areas {
			if p := areas[a["parent"]]; p != nil && (key{p["kind"], p["code"]}) == todo[0] {
				visit(a)
			}
		}
	}
	var out []string
	for id, a := range areas {
		if seen[key{a["kind"], a["code"]}] && (a["kind"] == "district" || a["kind"] == "overlay") {
			out = append(out, id)
		}
	}
	return out
}

func seqOf(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n) // what is no number counts as 0
	return n
}
