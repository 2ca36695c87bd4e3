package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// capture is a running app whose capture is installed.
type capture struct {
	t   testing.TB
	app *core.BaseApp
	s   *store.Store
}

func newCapture(t testing.TB) capture {
	t.Helper()
	app := pbtest.New(t)
	s := store.New(app)
	if err := s.InstallCapture(t.Context()); err != nil {
		t.Fatalf("install the capture: %v", err)
	}
	return capture{t, app, s}
}

// run executes statements without any hook, as somebody with a SQL console
// would.
func (c capture) run(qs ...string) {
	c.t.Helper()
	for _, q := range qs {
		if _, err := c.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			c.t.Fatalf("%s: %v", q, err)
		}
	}
}

func (c capture) strings(q string, p dbx.Params) []string {
	c.t.Helper()
	var out []string
	if err := c.app.DB().NewQuery(q).Bind(p).Column(&out); err != nil {
		c.t.Fatalf("%s: %v", q, err)
	}
	return out
}

// in lists the scopes a record is in, and those it left with the reason.
func (c capture) in(coll, id string) string {
	c.t.Helper()
	return strings.Join(c.strings(`
		SELECT iif(m.st, s.name, '-' || s.name || '/' || m.why) FROM _s_member AS m JOIN _s_scope AS s ON s.sid = m.scope
		WHERE m.coll = {:coll} AND m.id = {:id} ORDER BY m.st DESC, s.name`, dbx.Params{"coll": coll, "id": id}), " ")
}

func (c capture) held(person string) string {
	c.t.Helper()
	return strings.Join(c.strings(`
		SELECT s.name FROM _s_grant AS g JOIN _s_scope AS s ON s.sid = g.scope
		WHERE g.usr = {:p} AND g.to_seq IS NULL ORDER BY s.name`, dbx.Params{"p": person}), " ")
}

func (c capture) seq() int64 {
	c.t.Helper()
	h, err := c.s.Head(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return h.Seq
}

// wantHealthy fails when the capture or the log is not what the tables say.
func (c capture) wantHealthy() {
	c.t.Helper()
	drift, err := c.s.CaptureDrift(c.t.Context())
	if err != nil || len(drift) > 0 {
		c.t.Errorf("CaptureDrift() = %q, %v; want nothing", drift, err)
	}
}

// id makes a readable id of 15 characters.
func id(name string) string { return (name + "000000000000000")[:15] }

func sqlReport(name, state string, more ...string) string {
	cols, vals := "id, code, state", fmt.Sprintf("'%s', '%s', '%s'", id(name), name, state)
	for i := 0; i+1 < len(more); i += 2 {
		cols += ", " + more[i]
		vals += ", '" + more[i+1] + "'"
	}
	return "INSERT INTO reports (" + cols + ") VALUES (" + vals + ")"
}

func TestScopesFollowTheRow(t *testing.T) {
	c := newCapture(t)
	r := id("r1")
	steps := []struct{ do, want string }{
		{sqlReport("r1", "registered", "reporter", "ann", "district", "d1"), "c:d1 d:d1 r:ann s"},
		{"UPDATE reports SET title = 'leak'", "c:d1 d:d1 r:ann s"},
		{"UPDATE reports SET assignee = 'ben', responsibleOrg = 'org1', state = 'assigned'", "a:ben c:d1 d:d1 o:org1 r:ann s"},
		{"UPDATE reports SET assignee = 'cat'", "a:cat c:d1 d:d1 o:org1 r:ann s -a:ben/1"},
		{"UPDATE reports SET district = 'd2'", "a:cat c:d2 d:d2 o:org1 r:ann s -a:ben/1 -c:d1/1 -d:d1/1"},
		{"UPDATE reports SET assignee = 'ben', district = 'd1'", "a:ben c:d1 d:d1 o:org1 r:ann s -a:cat/1 -c:d2/1 -d:d2/1"},
		{"UPDATE reports SET state = 'closed'", "r:ann -a:ben/3 -a:cat/1 -c:d1/3 -c:d2/1 -d:d1/3 -d:d2/1 -o:org1/3 -s/3"},
		{"UPDATE reports SET reporterOrg = 'vol'", "p:vol r:ann -a:ben/3 -a:cat/1 -c:d1/3 -c:d2/1 -d:d1/3 -d:d2/1 -o:org1/3 -s/3"},
		{"UPDATE reports SET state = 'registered'", "a:ben c:d1 d:d1 o:org1 p:vol r:ann s -a:cat/1 -c:d2/1 -d:d2/1"},
		{"DELETE FROM reports", "-a:ben/2 -a:cat/1 -c:d1/2 -c:d2/1 -d:d1/2 -d:d2/1 -o:org1/2 -p:vol/2 -r:ann/2 -s/2"},
	}
	for _, s := range steps {
		before := c.seq()
		c.run(s.do)
		if got := c.in("reports", r); got != s.want {
			t.Errorf("after %s: in %s, want %s", s.do, got, s.want)
		}
		if c.seq() <= before {
			t.Errorf("after %s: the log did not move from %d", s.do, before)
		}
		c.wantHealthy()
	}
}

func TestChildrenFollowTheParent(t *testing.T) {
	c := newCapture(t)
	c.run(
		sqlReport("r1", "assigned", "reporter", "ann", "district", "d1", "responsibleOrg", "org1"),
		"INSERT INTO messages (id, report, audience) VALUES ('mpub', 'X', 'public'), ('mrep', 'X', 'reporter'), ('mint', 'X', 'internal'), ('mpar', 'X', 'partner')",
		"UPDATE messages SET report = '"+id("r1")+"'",
		"INSERT INTO media (id, report, visibility, uploader) VALUES ('own', '"+id("r1")+"', 'staff', 'ann'), ('other', '"+id("r1")+"', 'staff', 'ben'), ('hid', '"+id("r1")+"', 'hidden', 'ann'), ('lost', '', 'staff', 'ann')",
		"INSERT INTO reportEvents (id, report, seq, type) VALUES ('ev', '"+id("r1")+"', 1, 'report.submit')",
		"INSERT INTO interventions (id, report) VALUES ('iv', '"+id("r1")+"')",
	)
	want := func(when string, lines map[string]string) {
		t.Helper()
		for k, w := range lines {
			coll, id, _ := strings.Cut(k, "/")
			if got := c.in(coll, id); got != w {
				t.Errorf("%s: %s in %s, want %s", when, k, got, w)
			}
		}
		c.wantHealthy()
	}
	want("at first", map[string]string{
		"messages/mpub": "c:d1 d:d1 o:org1 r:ann s", "messages/mrep": "c:d1 d:d1 r:ann s", "messages/mint": "c:d1 d:d1 s", "messages/mpar": "c:d1 d:d1 o:org1 s",
		"media/own": "c:d1 d:d1 o:org1 r:ann s", "media/other": "c:d1 d:d1 o:org1 s", "media/hid": "c:d1 s", "media/lost": "",
		"reportEvents/ev": "c:d1 d:d1 o:org1 s", "interventions/iv": "c:d1 d:d1 o:org1 s",
	})
	c.run("UPDATE reports SET district = 'd2'")
	want("moved", map[string]string{
		"messages/mint": "c:d2 d:d2 s -c:d1/1 -d:d1/1", "media/hid": "c:d2 s -c:d1/1", "reportEvents/ev": "c:d2 d:d2 o:org1 s -c:d1/1 -d:d1/1",
	})
	c.run("UPDATE messages SET audience = 'internal' WHERE id = 'mpub'", "UPDATE media SET report = '"+id("r1")+"' WHERE id = 'lost'")
	want("changed themselves", map[string]string{
		"messages/mpub": "c:d2 d:d2 s -c:d1/1 -d:d1/1 -o:org1/1 -r:ann/1", "media/lost": "c:d2 d:d2 o:org1 r:ann s",
	})
	c.run("UPDATE reports SET state = 'closed'")
	want("closed", map[string]string{
		"messages/mrep": "r:ann -c:d1/1 -c:d2/3 -d:d1/1 -d:d2/3 -s/3", "media/own": "r:ann -c:d1/1 -c:d2/3 -d:d1/1 -d:d2/3 -o:org1/3 -s/3", "interventions/iv": "-c:d1/1 -c:d2/3 -d:d1/1 -d:d2/3 -o:org1/3 -s/3",
	})
	c.run("DELETE FROM reports")
	want("deleted", map[string]string{"messages/mrep": "-c:d1/1 -c:d2/3 -d:d1/1 -d:d2/3 -r:ann/2 -s/3"})
}

// TestArticlesTravelWhilePublished: to those they are written for, and nobody
// while they are not.
func TestArticlesTravelWhilePublished(t *testing.T) {
	c := newCapture(t)
	for _, s := range []struct{ do, want string }{
		{"INSERT INTO kbArticles (id, title, state, audience) VALUES ('k', 'x', 'draft', 'public')", ""},
		{"UPDATE kbArticles SET state = 'review', audience = 'staff'", ""},
		{"UPDATE kbArticles SET state = 'published'", "w"},
		{"UPDATE kbArticles SET solution = 'y'", "w"},
		{"UPDATE kbArticles SET audience = 'partner'", "x -w/1"},
		{"UPDATE kbArticles SET audience = 'public'", "g -w/1 -x/1"},
		{"UPDATE kbArticles SET audience = ''", "-g/1 -w/1 -x/1"},
		{"UPDATE kbArticles SET audience = 'staff'", "w -g/1 -x/1"},
		{"UPDATE kbArticles SET state = 'obsolete'", "-g/1 -w/1 -x/1"},
		{"UPDATE kbArticles SET state = 'published'", "w -g/1 -x/1"},
		{"DELETE FROM kbArticles", "-g/1 -w/2 -x/1"},
	} {
		c.run(s.do)
		if got := c.in("kbArticles", "k"); got != s.want {
			t.Errorf("after %s: in %s, want %s", s.do, got, s.want)
		}
		c.wantHealthy()
	}
}

// TestEveryWayOfWriting writes the same change in every way there is and wants
// each of them in the log.
func TestEveryWayOfWriting(t *testing.T) {
	base := sqlReport("r1", "registered", "district", "d1", "reporter", "ann")
	ways := []struct {
		name, want string
		do         func(c capture)
	}{
		{"raw update", "c:d2 d:d2 r:ann s -c:d1/1 -d:d1/1", func(c capture) { c.run("UPDATE reports SET district = 'd2'") }},
		{"update or replace", "c:d2 d:d2 r:ann s -c:d1/1 -d:d1/1", func(c capture) { c.run("UPDATE OR REPLACE reports SET district = 'd2'") }},
		{"update or ignore", "c:d2 d:d2 r:ann s -c:d1/1 -d:d1/1", func(c capture) { c.run("UPDATE OR IGNORE reports SET district = 'd2'") }},
		// To SQLite this is a delete and an insert: the old scope is told of the delete.
		{"insert or replace", "c:d2 d:d2 r:ann s -c:d1/2 -d:d1/2", func(c capture) {
			c.run(strings.Replace(sqlReport("r1", "registered", "district", "d2", "reporter", "ann"), "INSERT", "INSERT OR REPLACE", 1))
		}},
		{"upsert", "c:d2 d:d2 r:ann s -c:d1/1 -d:d1/1", func(c capture) {
			c.run(base + " ON CONFLICT (id) DO UPDATE SET district = 'd2'")
		}},
		{"record api without validation", "c:d2 d:d2 r:ann s -c:d1/1 -d:d1/1", func(c capture) {
			rec, err := c.app.FindRecordById("reports", id("r1"))
			if err != nil {
				c.t.Fatal(err)
			}
			rec.SetRaw("district", "d2")
			if err := c.app.SaveNoValidate(rec); err != nil {
				c.t.Fatal(err)
			}
		}},
		{"record delete", "-c:d1/2 -d:d1/2 -r:ann/2 -s/2", func(c capture) {
			rec, err := c.app.FindRecordById("reports", id("r1"))
			if err != nil {
				c.t.Fatal(err)
			}
			if err := c.app.Delete(rec); err != nil {
				c.t.Fatal(err)
			}
		}},
		{"in a transaction with others", "c:d2 d:d2 r:ann s -c:d1/1 -d:d1/1", func(c capture) {
			err := c.s.InTx(c.t.Context(), func(tx *store.Store) error {
				_, err := tx.App().DB().NewQuery("UPDATE reports SET district = 'd2'").Execute()
				return err
			})
			if err != nil {
				c.t.Fatal(err)
			}
		}},
		{"rolled back", "c:d1 d:d1 r:ann s", func(c capture) {
			_ = c.s.InTx(c.t.Context(), func(tx *store.Store) error {
				if _, err := tx.App().DB().NewQuery("UPDATE reports SET district = 'd2'").Execute(); err != nil {
					c.t.Fatal(err)
				}
				return context.Canceled
			})
		}},
		{"renamed id", "-c:d1/2 -d:d1/2 -r:ann/2 -s/2", func(c capture) { c.run("UPDATE reports SET id = 'another'") }},
		{"import of many", "c:d1 d:d1 r:ann s", func(c capture) {
			c.run("INSERT INTO reports (id, code, state, district) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT 'n' || i, 'n' || i, 'assigned', 'd1' FROM n")
			if got := c.strings("SELECT count(DISTINCT seq) FROM _s_member WHERE coll = 'reports' AND id LIKE 'n%'", nil); got[0] != "300" {
				c.t.Errorf("an import of 300 rows took %s numbers", got[0])
			}
		}},
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			c := newCapture(t)
			c.run(base)
			w.do(c)
			if got := c.in("reports", id("r1")); got != w.want {
				t.Errorf("in %s, want %s", got, w.want)
			}
			c.wantHealthy()
		})
	}
}

func TestOneRowForEachRecordAndScope(t *testing.T) {
	c := newCapture(t)
	c.run(sqlReport("r1", "registered", "district", "d1"))
	for i := range 20 {
		c.run(fmt.Sprintf("UPDATE reports SET district = 'd%d', title = 't%d'", i%3, i))
	}
	if got := c.in("reports", id("r1")); got != "c:d1 d:d1 s -c:d0/1 -c:d2/1 -d:d0/1 -d:d2/1" {
		t.Errorf("in %s", got)
	}
	got := c.strings("SELECT max(n) FROM (SELECT count(*) AS n FROM _s_member GROUP BY coll, id, scope)", nil)
	if got[0] != "1" {
		t.Errorf("%s rows for one record and scope, want 1", got[0])
	}
}

func TestGrantsFollowRoles(t *testing.T) {
	t.Run("row by row", func(t *testing.T) {
		c := newCapture(t)
		grantsFollowRoles(c, func(q string) { c.run(q) })
	})
	t.Run("areas together", func(t *testing.T) {
		c := newCapture(t)
		grantsFollowRoles(c, func(q string) { c.together(q, nil) })
		broken := errors.New("the file is bad")
		c.together("INSERT INTO areas (id, kind, code) VALUES ('d9', 'district', 'D9')", broken)
		c.run("INSERT INTO areas (id, kind, code) VALUES ('d8', 'district', 'D8')")
		if got := c.strings("SELECT area FROM _s_cover WHERE area IN ('d8', 'd9')", nil); !slices.Equal(got, []string{"d8"}) {
			t.Errorf("after a change of areas that was undone, new districts stand for %v, want d8 alone", got)
		}
	})
}

// together changes areas in one transaction, as an import does, and undoes it
// when fail is not nil.
func (c capture) together(q string, fail error) {
	c.t.Helper()
	err := c.app.RunInTransaction(func(app core.App) error {
		return store.New(app).ChangeAreas(c.t.Context(), func() error {
			_, err := app.NonconcurrentDB().NewQuery(q).Execute()
			return errors.Join(err, fail)
		})
	})
	if !errors.Is(err, fail) {
		c.t.Fatalf("%s: %v, want %v", q, err, fail)
	}
}

func grantsFollowRoles(c capture, run func(q string)) {
	t := c.t
	t.Helper()
	c.run(
		"INSERT INTO areas (id, kind, code, parent) VALUES ('m1', 'macro_area', 'M1', ''), ('p1', 'pole', 'P1', 'm1'), ('d1', 'district', 'D1', 'p1'), ('d2', 'district', 'D2', 'p1'), ('d3', 'district', 'D3', '')",
		"INSERT INTO users (id, tokenKey, email, disabled) VALUES ('ann', 'k1', 'a@x', 0), ('ben', 'k2', 'b@x', 0)",
	)
	steps := []struct{ do, ann, ben string }{
		{"", "g r:ann", "g r:ben"},
		{"INSERT INTO roles (id, person, role, areas) VALUES ('1', 'ann', 'technician', '[\"d1\"]')", "a:ann d:d1 g r:ann w", "g r:ben"},
		{"UPDATE roles SET areas = '[\"d3\",\"d1\"]' WHERE id = '1'", "a:ann d:d1 d:d3 g r:ann w", "g r:ben"},
		{"INSERT INTO roles (id, person, role, areas) VALUES ('2', 'ben', 'district_lead', '[\"m1\"]')", "a:ann d:d1 d:d3 g r:ann w", "a:ben d:d1 d:d2 g r:ben w"},
		{"UPDATE areas SET parent = 'p1' WHERE id = 'd3'", "a:ann d:d1 d:d3 g r:ann w", "a:ben d:d1 d:d2 d:d3 g r:ben w"},
		{"INSERT INTO areas (id, kind, code, parent, validFrom) VALUES ('d1b', 'district', 'D1', 'p1', '2027-01-01 00:00:00.000Z')", "a:ann d:d1 d:d1b d:d3 g r:ann w", "a:ben d:d1 d:d1b d:d2 d:d3 g r:ben w"},
		// Of the control room, who is over areas holds these and no others, and whoever is over none holds all.
		{"INSERT INTO roles (id, person, role, areas) VALUES ('3', 'ann', 'coordinator', '[\"d2\"]')", "a:ann c:d2 d:d1 d:d1b d:d3 g r:ann w x", "a:ben d:d1 d:d1b d:d2 d:d3 g r:ben w"},
		{"UPDATE areas SET code = 'D2', validFrom = '2027-01-01 00:00:00.000Z' WHERE id = 'd3'", "a:ann c:d2 c:d3 d:d1 d:d1b d:d2 d:d3 g r:ann w x", "a:ben d:d1 d:d1b d:d2 d:d3 g r:ben w"},
		{"UPDATE areas SET code = 'D3', validFrom = '' WHERE id = 'd3'", "a:ann c:d2 d:d1 d:d1b d:d3 g r:ann w x", "a:ben d:d1 d:d1b d:d2 d:d3 g r:ben w"},
		{"UPDATE roles SET areas = '[\"m1\"]' WHERE id = '3'", "a:ann c:d1 c:d1b c:d2 c:d3 d:d1 d:d1b d:d3 g r:ann w x", "a:ben d:d1 d:d1b d:d2 d:d3 g r:ben w"},
		{"DELETE FROM areas WHERE id = 'p1'", "a:ann d:d1 d:d1b d:d3 g r:ann w x", "a:ben g r:ben w"},
		{"UPDATE roles SET areas = 'nonsense' WHERE id = '3'", "a:ann d:d1 d:d1b d:d3 g r:ann w x", "a:ben g r:ben w"},
		{"UPDATE roles SET areas = '[]' WHERE id = '3'", "a:ann d:d1 d:d1b d:d3 g r:ann s w x", "a:ben g r:ben w"},
		{"DELETE FROM roles WHERE id = '3'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "a:ben g r:ben w"},
		{"UPDATE roles SET role = 'auditor', areas = '' WHERE id = '2'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "g r:ben s w x"},
		{"UPDATE roles SET role = 'planner' WHERE id = '2'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "g r:ben w x"},
		{"UPDATE roles SET areas = '[\"d1\"]' WHERE id = '2'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "c:d1 c:d1b g r:ben w x"},
		{"UPDATE roles SET role = 'contact_operator' WHERE id = '2'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "a:ben g r:ben w x"},
		{"UPDATE roles SET role = 'partner_user', org = 'amsa' WHERE id = '2'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "g o:amsa r:ben x"},
		{"UPDATE roles SET role = 'accredited_reporter' WHERE id = '2'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "g p:amsa r:ben"},
		{"UPDATE users SET disabled = 1 WHERE id = 'ann'", "", "g p:amsa r:ben"},
		{"UPDATE users SET disabled = 0 WHERE id = 'ann'", "a:ann d:d1 d:d1b d:d3 g r:ann w", "g p:amsa r:ben"},
		{"UPDATE roles SET person = 'ben' WHERE id = '1'", "g r:ann", "a:ben d:d1 d:d1b d:d3 g p:amsa r:ben w"},
		{"UPDATE roles SET areas = 'nonsense' WHERE id = '1'", "g r:ann", "a:ben g p:amsa r:ben w"},
		{"DELETE FROM roles", "g r:ann", "g r:ben"},
		{"DELETE FROM users WHERE id = 'ann'", "", "g r:ben"},
	}
	for _, s := range steps {
		switch {
		case strings.Contains(s.do, " areas SET ") || strings.Contains(s.do, " INTO areas ") || strings.Contains(s.do, " FROM areas "):
			run(s.do)
		case s.do != "":
			c.run(s.do)
		}
		if got := c.held("ann"); got != s.ann {
			t.Errorf("after %s: ann holds %s, want %s", s.do, got, s.ann)
		}
		if got := c.held("ben"); got != s.ben {
			t.Errorf("after %s: ben holds %s, want %s", s.do, got, s.ben)
		}
	}
}

var day1 = time.Date(2031, 5, 1, 0, 0, 0, 0, time.UTC)

func TestGrantsFollowTheirDays(t *testing.T) {
	c := newCapture(t)
	day := func(d int) time.Time { return time.Date(2031, 5, d, 0, 0, 0, 0, time.UTC) }
	sweep := func(d int) {
		t.Helper()
		if err := c.s.SweepGrants(t.Context(), day(d)); err != nil {
			t.Fatal(err)
		}
	}
	sweep(1)
	c.run(
		"INSERT INTO users (id, tokenKey, email) VALUES ('ann', 'k1', 'a@x')",
		"INSERT INTO roles (id, person, role, validFrom, validTo) VALUES ('1', 'ann', 'coordinator', '2031-05-03 00:00:00.000Z', '2031-05-05 00:00:00.000Z')",
	)
	for _, s := range []struct {
		day  int
		want string
	}{{1, "g r:ann"}, {2, "g r:ann"}, {3, "g r:ann s w x"}, {4, "g r:ann s w x"}, {5, "g r:ann"}, {6, "g r:ann"}, {4, "g r:ann s w x"}} {
		sweep(s.day)
		if got := c.held("ann"); got != s.want {
			t.Errorf("on day %d ann holds %s, want %s", s.day, got, s.want)
		}
	}
	before := c.seq()
	sweep(4)
	if c.seq() != before {
		t.Errorf("a sweep that changes nothing moved the log")
	}
}

func TestInstallCaptureSettles(t *testing.T) {
	c := newCapture(t)
	ctx := t.Context()
	c.run(sqlReport("r1", "registered", "district", "d1"), sqlReport("r2", "registered", "district", "d1"))
	before := c.seq()
	if err := c.s.InstallCapture(ctx); err != nil {
		t.Fatal(err)
	}
	if c.seq() != before {
		t.Errorf("installing what is installed moved the log from %d to %d", before, c.seq())
	}
	if err := c.s.DropCapture(ctx); err != nil {
		t.Fatal(err)
	}
	c.run("UPDATE reports SET district = 'd2' WHERE id = '"+id("r1")+"'", "DELETE FROM reports WHERE id = '"+id("r2")+"'",
		sqlReport("r3", "registered", "district", "d3"))
	drift, err := c.s.CaptureDrift(ctx)
	if err != nil || len(drift) < 10 || !slices.Contains(drift, "_s_reports_move is missing.") {
		t.Errorf("CaptureDrift() = %d lines, %v; want every trigger named", len(drift), err)
	}
	if err := c.s.InstallCapture(ctx); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"r1": "c:d2 d:d2 s -c:d1/1 -d:d1/1", "r2": "-c:d1/2 -d:d1/2 -s/2", "r3": "c:d3 d:d3 s"} {
		if got := c.in("reports", id(name)); got != want {
			t.Errorf("%s in %s, want %s", name, got, want)
		}
	}
	c.wantHealthy()
	c.run("DROP TRIGGER _s_reports_update")
	if drift, _ := c.s.CaptureDrift(ctx); !slices.Equal(drift, []string{"_s_reports_update is missing."}) {
		t.Errorf("CaptureDrift() = %q, want the dropped trigger", drift)
	}
}

// TestMigrationGoesDownAndUp takes the engine's tables away, with triggers
// installed, and brings them back: what is written in between works and is
// found.
func TestMigrationGoesDownAndUp(t *testing.T) {
	c := newCapture(t)
	c.run(sqlReport("r1", "registered", "district", "d1"))
	from := 0
	for _, m := range core.AppMigrations.Items() {
		if m.File >= "1795305610" {
			from++
		}
	}
	runner := core.NewMigrationsRunner(c.app, core.AppMigrations)
	if down, err := runner.Down(from); err != nil || len(down) != from {
		t.Fatalf("Down(%d) = %v, %v", from, down, err)
	}
	if left := c.strings("SELECT name FROM sqlite_schema WHERE substr(name, 1, 3) = '_s_'", nil); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	c.run("UPDATE reports SET district = 'd2'")
	if _, err := runner.Up(); err != nil {
		t.Fatalf("Up() = %v", err)
	}
	if err := c.s.InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.in("reports", id("r1")); got != "c:d2 d:d2 s" {
		t.Errorf("in %s, want d:d2 s", got)
	}
	c.wantHealthy()
}

// TestReplacedByAnotherKey has SQLite throw a row out because of a unique
// column that is not its id: no trigger fires for it unless the connection
// asks for that, and then the log must at least be seen to be wrong.
func TestReplacedByAnotherKey(t *testing.T) {
	for _, recursive := range []bool{false, true} {
		c := newCapture(t)
		c.run(fmt.Sprintf("PRAGMA recursive_triggers = %v", recursive), sqlReport("r1", "registered", "district", "d1"),
			"INSERT OR REPLACE INTO reports (id, code, state, district) VALUES ('thief', 'r1', 'registered', 'd1')")
		drift, err := c.s.CaptureDrift(t.Context())
		if err != nil || (len(drift) == 0) != recursive {
			t.Errorf("recursive_triggers %v: CaptureDrift() = %q, %v", recursive, drift, err)
		}
		if err := c.s.RepairCapture(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := c.in("reports", id("r1")); got != "-c:d1/2 -d:d1/2 -s/2" {
			t.Errorf("recursive_triggers %v: the replaced row is in %s", recursive, got)
		}
		c.wantHealthy()
	}
}
