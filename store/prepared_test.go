package store_test

import (
	"fmt"
	"testing"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/store"
)

// TestKeptStatements uses the statements a connection keeps in the ways that
// could mix them up: one inside the other, after a failure, after the schema
// changed under them, and more of them than are kept.
func TestKeptStatements(t *testing.T) {
	db, err := store.Connect(t.TempDir() + "/x.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	db.DB().SetMaxOpenConns(1)
	run := func(q string, p dbx.Params) error {
		_, err := db.NewQuery(q).Bind(p).Execute()
		return err
	}
	must := func(q string, p dbx.Params) {
		t.Helper()
		if err := run(q, p); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	must("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)", nil)
	const insert = "INSERT INTO t (id, v) VALUES ({:id}, {:v})"
	for i := range 5 {
		must(insert, dbx.Params{"id": i, "v": fmt.Sprint("v", i)})
	}
	for range 3 { // a failure leaves the statement as it was
		if err := run(insert, dbx.Params{"id": 1, "v": "again"}); err == nil {
			t.Error("a duplicate key was taken")
		}
	}
	must(insert, dbx.Params{"id": 5, "v": "v5"})

	const one = "SELECT v FROM t WHERE id = {:id}"
	const from = "SELECT id, v FROM t WHERE id >= {:id} ORDER BY id"
	err = db.Transactional(func(tx *dbx.Tx) error {
		for range 3 {
			outer, err := tx.NewQuery(from).Bind(dbx.Params{"id": 0}).Rows()
			if err != nil {
				return err
			}
			n := 0
			for outer.Next() {
				var id int
				var v, same string
				if err := outer.Scan(&id, &v); err != nil {
					return err
				}
				if err := tx.NewQuery(one).Bind(dbx.Params{"id": id}).Row(&same); err != nil {
					return err
				}
				inner, err := tx.NewQuery(from).Bind(dbx.Params{"id": id}).Rows() // the same, inside itself
				if err != nil {
					return err
				}
				var first int
				if !inner.Next() || inner.Scan(&first, &v) != nil || first != id || v != same {
					t.Errorf("inside row %d: row %d %s, want %s", id, first, v, same)
				}
				if err := inner.Close(); err != nil {
					return err
				}
				n++
			}
			if err := outer.Close(); err != nil || n != 6 {
				t.Errorf("%d rows, %v; want 6", n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	columns := func() int {
		t.Helper()
		rows, err := db.NewQuery("SELECT * FROM t ORDER BY id LIMIT 1").Rows()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		if err != nil || !rows.Next() {
			t.Fatalf("columns %v, %v", names, err)
		}
		types, err := rows.ColumnTypes()
		if err != nil || len(types) != len(names) || types[1].DatabaseTypeName() != "TEXT" {
			t.Errorf("types %v, %v", types, err)
		}
		return len(names)
	}
	for range 3 {
		if n := columns(); n != 2 {
			t.Errorf("%d columns, want 2", n)
		}
	}
	must("ALTER TABLE t ADD COLUMN w TEXT", nil)
	for range 3 {
		if n := columns(); n != 3 {
			t.Errorf("%d columns after one was added, want 3", n)
		}
	}
	for range 2 {
		for i := range 400 {
			var got int
			if err := db.NewQuery(fmt.Sprintf("SELECT %d + count(*) FROM t", i)).Row(&got); err != nil || got != i+6 {
				t.Fatalf("statement %d = %d, %v", i, got, err)
			}
		}
	}
}

// TestTriggersUnderKeptStatements: a write that is kept compiled follows the
// triggers as they are now.
func TestTriggersUnderKeptStatements(t *testing.T) {
	c := newCapture(t)
	c.run(sqlReport("r1", "registered", "district", "d1"))
	write := func(v string) {
		t.Helper()
		_, err := c.app.NonconcurrentDB().NewQuery("UPDATE reports SET district = {:v}").Bind(dbx.Params{"v": v}).Execute()
		if err != nil {
			t.Fatal(err)
		}
	}
	write("d1")
	write("d2")
	write("d3")
	if err := c.s.DropCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := c.seq()
	write("d4")
	if c.seq() != before {
		t.Error("a trigger that was dropped still fired")
	}
	if err := c.s.InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("d5")
	if got := c.in("reports", id("r1")); got != "c:d5 d:d5 s -c:d1/1 -c:d2/1 -c:d3/1 -c:d4/1 -d:d1/1 -d:d2/1 -d:d3/1 -d:d4/1" {
		t.Errorf("in %s", got)
	}
	c.wantHealthy()
}
