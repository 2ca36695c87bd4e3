package store_test

import (
	"strings"
	"testing"

	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// TestPrepare: what was prepared is not read from its table again, and what
// changed since is.
func TestPrepare(t *testing.T) {
	c := newCapture(t)
	c.run("INSERT INTO areas (id, kind, code) VALUES ('d1', 'district', 'D1')",
		"INSERT INTO users (id, tokenKey, email) VALUES ('ann', 'k1', 'a@x')",
		"INSERT INTO roles (id, person, role, areas) VALUES ('1', 'ann', 'technician', '[\"d1\"]')",
		sqlReport("r1", "assigned", "district", "d1", "title", "as prepared"),
		sqlReport("r2", "assigned", "district", "d1", "title", "as prepared"),
		sqlReport("r3", "closed", "district", "d1"))
	upto, n, err := c.s.Prepare(t.Context(), 0, 1000)
	if err != nil || n < 3 { // the area and two reports; the closed one is in no shared scope
		t.Fatalf("Prepare = %d records, %v", n, err)
	}
	if again, n, err := c.s.Prepare(t.Context(), upto, 1000); again != upto || n != 0 || err != nil {
		t.Errorf("Prepare after %d = %d, %d records, %v; want nothing", upto, again, n, err)
	}
	c.run("UPDATE reports SET title = 'as changed' WHERE id = '" + id("r2") + "'")
	// Behind the back of the log, so that only what is in memory says it still.
	if err := c.s.DropCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.run("UPDATE reports SET title = 'as nobody saw it'")
	key, err := c.s.SyncKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err = c.s.Snapshot(t.Context(), func(view *store.Store) error {
		return fieldsync.Pull(t.Context(), view, "ann", key, fieldsync.PullRequest{V: 1, Device: id("dev")}, fieldsync.Limits{}, day1, func(line any) error {
			if p, ok := line.(fieldsync.Put); ok && p.C == "reports" {
				got[p.I] = string(p.D)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for r, want := range map[string]string{"r1": "as prepared", "r2": "as nobody saw it"} {
		if !strings.Contains(got[id(r)], want) {
			t.Errorf("%s is sent as %s, want its title %q", r, got[id(r)], want)
		}
	}
}

// TestPrepareNewest: with little room, what changed last is prepared.
func TestPrepareNewest(t *testing.T) {
	c := newCapture(t)
	c.run("INSERT INTO areas (id, kind, code) VALUES ('d1', 'district', 'D1')",
		sqlReport("r1", "assigned", "district", "d1"), sqlReport("r2", "assigned", "district", "d1"))
	if _, n, err := c.s.Prepare(t.Context(), 0, 1); n != 1 || err != nil {
		t.Errorf("Prepare with room for one = %d, %v", n, err)
	}
}
