package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// engineTables are the statements that make the engine's tables, as the
// migrations left them.
var engineTables = sync.OnceValue(func() func(t testing.TB) []string {
	var once sync.Once
	var out []string
	return func(t testing.TB) []string {
		once.Do(func() {
			const q = `SELECT sql FROM sqlite_schema WHERE (name = '_meta' OR tbl_name LIKE '\_s\_%' ESCAPE '\') AND type IN ('table', 'index') AND sql != '' ORDER BY type DESC`
			if err := pbtest.New(t).DB().NewQuery(q).Column(&out); err != nil {
				t.Fatal(err)
			}
		})
		return out
	}
})

// A ground is a database of its own, with a capture made from random tables,
// and what is known of it.
type ground struct {
	t     testing.TB
	rng   *rand.Rand
	db    *sql.DB
	cs    []fieldsync.Collection
	es    []fieldsync.Entitlement
	story []string
	head  int64
	was   world
	ever  map[place]bool // wherever a record was found to be
}

var (
	columnPool = []string{"c1", "c2", "c3"}
	valuePool  = []string{"", "x", "y", "z"}
	statePool  = []string{"registered", "assigned", "closed", "rejected", ""}
	areaKinds  = []string{"macro_area", "pole", "district", "overlay", "province"}
	roleNames  = []report.Role{report.RoleTechnician, report.RoleCoordinator, report.RolePartnerUser}
)

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// randomRules makes the rules of a collection without a parent.
func randomRules(rng *rand.Rand) []fieldsync.Rule {
	var out []fieldsync.Rule
	for _, class := range "abcdefgh"[:1+rng.IntN(4)] {
		r := fieldsync.Rule{Class: fieldsync.Class(class), Open: rng.IntN(2) == 0, Only: randomFilters(rng, false)}
		if rng.IntN(3) > 0 {
			r.Column = pick(rng, columnPool)
		}
		out = append(out, r)
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func randomFilters(rng *rand.Rand, child bool) []fieldsync.Filter {
	var out []fieldsync.Filter
	for range rng.IntN(3) {
		f := fieldsync.Filter{Column: pick(rng, append([]string{"state"}, columnPool...))}
		values := valuePool
		if f.Column == "state" {
			values = statePool
		}
		switch n := rng.IntN(3); {
		case n == 0 && child:
			f.SameAs = pick(rng, columnPool)
		case n == 1:
			f.Not = []string{pick(rng, values)}
		default:
			f.In = []string{pick(rng, values), pick(rng, values)}
		}
		out = append(out, f)
	}
	return out
}

// randomTables makes a table of scopes, and one of who holds them.
func randomTables(rng *rand.Rand) (cs []fieldsync.Collection, es []fieldsync.Entitlement) {
	for i := range 1 + rng.IntN(2) {
		c := fieldsync.Collection{Name: fmt.Sprintf("root%d", i), Rules: randomRules(rng)}
		cs = append(cs, c)
		for j := range rng.IntN(3) {
			k := fieldsync.Collection{Name: fmt.Sprintf("child%d%d", i, j), Parent: c.Name, Link: "link"}
			for _, r := range c.Rules {
				if rng.IntN(4) > 0 {
					r.Only = randomFilters(rng, true)
					k.Rules = append(k.Rules, r)
				}
			}
			if len(k.Rules) > 0 {
				cs = append(cs, k)
			}
		}
	}
	overs := []fieldsync.Over{fieldsync.OverAll, fieldsync.OverWhole, fieldsync.OverSelf, fieldsync.OverOrg, fieldsync.OverDistricts}
	for range 1 + rng.IntN(6) {
		es = append(es, fieldsync.Entitlement{
			Class: fieldsync.Class("abcd"[rng.IntN(4)]), Over: pick(rng, overs), Roles: []report.Role{pick(rng, roleNames), pick(rng, roleNames)},
		})
	}
	return cs, es
}

// newGround makes the database of a seed.
func newGround(t testing.TB, seed uint64) *ground {
	t.Helper()
	g := &ground{t: t, rng: rand.New(rand.NewPCG(seed, 11)), ever: map[place]bool{}}
	g.cs, g.es = randomTables(g.rng)
	if err := fieldsync.CheckCollections(g.cs); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.db, err = sql.Open("sqlite", ":memory:"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.db.Close() })
	g.db.SetMaxOpenConns(1)
	tables := []string{"users", "roles", "areas"}
	setup := slices.Concat(engineTables()(t), []string{
		"INSERT INTO _s_clock (k, seq) VALUES (1, 0)",
		"INSERT INTO _meta (k, v) VALUES ('sync.day', '2027-01-01 00:00:00.000Z')",
		"CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, disabled BOOLEAN NOT NULL DEFAULT FALSE, language TEXT NOT NULL DEFAULT '', updated TEXT NOT NULL DEFAULT '')",
		"CREATE TABLE roles (id TEXT PRIMARY KEY NOT NULL, person TEXT NOT NULL DEFAULT '', role TEXT NOT NULL DEFAULT '', org TEXT NOT NULL DEFAULT '', areas JSON DEFAULT '[]' NOT NULL, validFrom TEXT NOT NULL DEFAULT '', validTo TEXT NOT NULL DEFAULT '')",
		"CREATE TABLE areas (id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', parent TEXT NOT NULL DEFAULT '')",
		fmt.Sprintf("PRAGMA recursive_triggers = %d", g.rng.IntN(2)),
	})
	for _, c := range g.cs {
		tables = append(tables, c.Name)
		setup = append(setup, fmt.Sprintf("CREATE TABLE %s (id TEXT PRIMARY KEY NOT NULL, link TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT '', "+
			"c1 TEXT NOT NULL DEFAULT '', c2 TEXT NOT NULL DEFAULT '', c3 TEXT NOT NULL DEFAULT '', other TEXT NOT NULL DEFAULT '')", c.Name))
	}
	exists := func(name string) bool { return slices.Contains(tables, name) || strings.HasPrefix(name, "_s_") }
	for _, q := range append(setup, store.CaptureSQL(g.cs, g.es, exists)...) {
		if _, err := g.db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	g.was = g.read()
	return g
}

// write is a random statement of somebody who knows nothing of the engine.
func (g *ground) write() string {
	switch n := g.rng.IntN(20); {
	case n < 2:
		return g.writeRole()
	case n < 3:
		return fmt.Sprintf("INSERT INTO users (id, disabled) VALUES ('u%d', %v) ON CONFLICT (id) DO UPDATE SET disabled = excluded.disabled", g.rng.IntN(3), g.rng.IntN(4) == 0)
	case n < 5:
		return g.writeArea()
	}
	c := pick(g.rng, g.cs)
	set := func() string {
		switch col := pick(g.rng, []string{"c1", "c2", "c3", "state", "state", "link", "other"}); col {
		case "state":
			return "state = '" + pick(g.rng, statePool) + "'"
		case "link":
			return "link = '" + g.id() + "'"
		default:
			return col + " = '" + pick(g.rng, valuePool) + "'"
		}
	}
	where := pick(g.rng, []string{"id = '" + g.id() + "'", "id = '" + g.id() + "'", "id > '" + g.id() + "'", "c1 = '" + pick(g.rng, valuePool) + "'", "link = '" + g.id() + "'"})
	values := fmt.Sprintf("('%s', '%s', '%s', '%s', '%s', '%s')", g.id(), g.id(), pick(g.rng, statePool), pick(g.rng, valuePool), pick(g.rng, valuePool), pick(g.rng, valuePool))
	into := " INTO " + c.Name + " (id, link, state, c1, c2, c3) VALUES " + values
	switch g.rng.IntN(12) {
	case 0, 1, 2:
		return "INSERT OR REPLACE" + into
	case 3:
		return "INSERT OR IGNORE" + into
	case 4:
		return "INSERT" + into + " ON CONFLICT (id) DO UPDATE SET " + set() + ", " + "c2 = excluded.c2"
	case 5:
		return "UPDATE OR REPLACE " + c.Name + " SET id = '" + g.id() + "' WHERE id = '" + g.id() + "'"
	case 6:
		return "DELETE FROM " + c.Name + " WHERE " + where
	case 7:
		return "UPDATE OR IGNORE " + c.Name + " SET " + set() + " WHERE " + where
	default:
		return "UPDATE " + c.Name + " SET " + set() + " WHERE " + where
	}
}

func (g *ground) id() string { return fmt.Sprintf("i%d", g.rng.IntN(5)) }

func (g *ground) writeRole() string {
	areas := pick(g.rng, []string{"", "[]", "nonsense", `["a0"]`, `["a1","a2"]`, `["a3"]`, `["gone"]`})
	if g.rng.IntN(3) == 0 {
		return fmt.Sprintf("UPDATE roles SET areas = '%s' WHERE id = 'r%d'", areas, g.rng.IntN(4))
	}
	if g.rng.IntN(6) == 0 {
		return fmt.Sprintf("UPDATE OR REPLACE roles SET id = 'r%d' WHERE id = 'r%d'", g.rng.IntN(4), g.rng.IntN(4))
	}
	if g.rng.IntN(6) == 0 {
		return fmt.Sprintf("DELETE FROM roles WHERE id = 'r%d'", g.rng.IntN(4))
	}
	return fmt.Sprintf("INSERT OR REPLACE INTO roles (id, person, role, org, areas) VALUES ('r%d', 'u%d', '%s', '%s', '%s')",
		g.rng.IntN(4), g.rng.IntN(3), pick(g.rng, roleNames), pick(g.rng, valuePool), areas)
}

func (g *ground) writeArea() string {
	if g.rng.IntN(5) == 0 {
		return fmt.Sprintf("DELETE FROM areas WHERE id = 'a%d'", g.rng.IntN(5))
	}
	if g.rng.IntN(6) == 0 {
		return fmt.Sprintf("UPDATE OR REPLACE areas SET id = 'a%d' WHERE id = 'a%d'", g.rng.IntN(5), g.rng.IntN(5))
	}
	if g.rng.IntN(3) == 0 {
		return fmt.Sprintf("UPDATE areas SET parent = 'a%d' WHERE id = 'a%d'", g.rng.IntN(5), g.rng.IntN(5))
	}
	return fmt.Sprintf("INSERT OR REPLACE INTO areas (id, kind, code, parent) VALUES ('a%d', '%s', 'k%d', '%s')",
		g.rng.IntN(5), pick(g.rng, areaKinds), g.rng.IntN(3), pick(g.rng, []string{"", "a0", "a1", "a2"}))
}

// FuzzCapture makes random tables of scopes and of who holds them over small
// random schemas, installs their capture, writes to them in random ways, and
// after each statement wants the log to be what a recount says.
func FuzzCapture(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := newGround(t, seed)
		for range 40 {
			q := g.write()
			undo := g.rng.IntN(10) == 0
			if undo {
				g.exec("BEGIN")
			}
			g.exec(q)
			if undo {
				g.exec("ROLLBACK")
			}
			g.recount(undo)
			if t.Failed() {
				t.Fatalf("seed %d with %+v and %+v, after\n%s", seed, g.cs, g.es, strings.Join(g.story, "\n"))
			}
		}
	})
}

func (g *ground) exec(q string) {
	g.t.Helper()
	g.story = append(g.story, q)
	if _, err := g.db.Exec(q); err != nil {
		g.t.Fatalf("seed with %+v: %s: %v", g.cs, q, err)
	}
}
