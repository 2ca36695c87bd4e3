package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// TestMixInSQL compares the mix of the schema's generated columns with the
// engine's, for ids nobody would give and versions of every size.
func TestMixInSQL(t *testing.T) {
	c := newCapture(t)
	rng := rand.New(rand.NewPCG(7, 8))
	ids := []string{"", "x", "abc", "abcd", "abcde", "report000000001", "sixteen bytes ok", "longer than sixteen bytes", "è", "città€𝄞", "\x00\x01", "~~~~~~~~~~~~~~~", "'\"\\"}
	for range 200 {
		raw := make([]byte, 15)
		for i := range raw {
			raw[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng.IntN(36)]
		}
		ids = append(ids, string(raw))
	}
	for _, id := range ids {
		for _, ver := range []int64{0, 1, 2, rng.Int64N(1 << 20), 1 << 33, -1} {
			if _, err := c.app.NonconcurrentDB().NewQuery("INSERT OR REPLACE INTO _s_rec (coll, id, ver, seq) VALUES ('x', {:id}, {:ver}, 1)").
				Bind(dbx.Params{"id": id, "ver": ver}).Execute(); err != nil {
				t.Fatal(err)
			}
			var got fieldsync.Mix
			var key [2]uint32
			if err := c.app.DB().NewQuery("SELECT k0, k1, d0, d1, d2, d3 FROM _s_rec WHERE coll = 'x' AND id = {:id}").
				Bind(dbx.Params{"id": id}).Row(&key[0], &key[1], &got[0], &got[1], &got[2], &got[3]); err != nil {
				t.Fatal(err)
			}
			if want := fieldsync.MixOf(id, ver); got != want || key != fieldsync.KeyOf(id) {
				t.Errorf("the schema's mix of %q version %d is %08x %08x, want %08x %08x", id, ver, key, got, fieldsync.KeyOf(id), want)
			}
		}
	}
}

// TestDigestsFollow does a thousand things to the database in ways the program
// never would, and wants every digest to be the sum of what the log says after
// each, and what the devices would sum up.
func TestDigestsFollow(t *testing.T) {
	for seed := range uint64(3) {
		c := newCapture(t)
		rng := rand.New(rand.NewPCG(seed, 1))
		c.run("PRAGMA synchronous = OFF")
		for n := range 330 {
			q := randomWrite(rng, n)
			if rng.IntN(12) == 0 { // and some of it never happens
				_ = c.s.InTx(t.Context(), func(tx *store.Store) error {
					if _, err := tx.App().DB().NewQuery(q).Execute(); err != nil {
						t.Fatalf("%s: %v", q, err)
					}
					return fmt.Errorf("undone")
				})
			} else {
				c.run(q)
			}
			if n%5 == 0 {
				c.wantHealthy()
			}
			if t.Failed() {
				t.Fatalf("seed %d, after %d: %s", seed, n, q)
			}
		}
		c.wantDigests()
		// What pulls keep in memory rests on it: see keptRecord.
		split := c.strings("SELECT id FROM _s_member WHERE st = 1 GROUP BY coll, id HAVING count(DISTINCT seq) > 1", nil)
		if len(split) > 0 {
			t.Errorf("records with several numbers in the scopes they are in: %v", split)
		}
	}
}

func randomWrite(rng *rand.Rand, n int) string {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	r := fmt.Sprintf("'%s'", id(fmt.Sprintf("r%d", rng.IntN(12))))
	switch rng.IntN(14) {
	case 0, 1:
		return fmt.Sprintf("INSERT OR REPLACE INTO reports (id, code, state, district, reporter) VALUES (%s, %s, '%s', 'd%d', '%s')",
			r, r, pick("registered", "assigned", "closed"), rng.IntN(3), pick("", "ann", "ben"))
	case 2:
		return "UPDATE OR IGNORE reports SET title = 't" + fmt.Sprint(n) + "' WHERE id = " + r
	case 3:
		return fmt.Sprintf("UPDATE reports SET district = 'd%d' WHERE id = %s", rng.IntN(3), r)
	case 4:
		return fmt.Sprintf("UPDATE reports SET state = '%s' WHERE id = %s", pick("registered", "closed", "assigned"), r)
	case 5:
		return fmt.Sprintf("UPDATE reports SET assignee = '%s' WHERE district = 'd%d'", pick("", "ann", "ben"), rng.IntN(3))
	case 6:
		return "DELETE FROM reports WHERE id = " + r
	case 7, 8:
		return fmt.Sprintf("INSERT INTO messages (id, report, audience) VALUES ('m%d', %s, '%s')", n, r, pick("public", "internal", "reporter"))
	case 9:
		return fmt.Sprintf("UPDATE messages SET audience = '%s', report = %s WHERE rowid %% 3 = %d", pick("public", "partner"), r, rng.IntN(3))
	case 10:
		return fmt.Sprintf("DELETE FROM messages WHERE rowid %% 5 = %d", rng.IntN(5))
	case 11:
		return fmt.Sprintf("INSERT OR REPLACE INTO media (id, report, visibility, uploader) VALUES ('p%d', %s, '%s', 'ann')", rng.IntN(9), r, pick("staff", "hidden"))
	case 12:
		return fmt.Sprintf("UPDATE OR REPLACE reports SET id = '%s' WHERE id = %s", id(fmt.Sprintf("r%d", rng.IntN(12))), r)
	default:
		return fmt.Sprintf("INSERT INTO sites (id, code) VALUES ('s%d', 's%[1]d') ON CONFLICT (id) DO UPDATE SET name = 'n%d'", rng.IntN(4), n)
	}
}

// wantDigests sums up what is in each scope as a device would.
func (c capture) wantDigests() {
	c.t.Helper()
	var rows []struct {
		Scope int64  `db:"scope"`
		Coll  string `db:"coll"`
		ID    string `db:"id"`
		Ver   int64  `db:"ver"`
	}
	const q = `SELECT m.scope, m.coll, m.id, r.ver FROM _s_member AS m JOIN _s_rec AS r ON r.coll = m.coll AND r.id = m.id WHERE m.st = 1`
	if err := c.app.DB().NewQuery(q).All(&rows); err != nil {
		c.t.Fatal(err)
	}
	type of struct {
		scope int64
		coll  string
	}
	want := map[of]fieldsync.Digest{}
	var scopes []int64
	for _, r := range rows {
		d := want[of{r.Scope, r.Coll}]
		d.Add(fieldsync.MixOf(r.ID, r.Ver))
		want[of{r.Scope, r.Coll}] = d
		scopes = append(scopes, r.Scope)
	}
	got, err := c.s.Digests(c.t.Context(), scopes)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(got) != len(want) || len(got) == 0 {
		c.t.Errorf("%d digests, want %d", len(got), len(want))
	}
	for _, d := range got {
		if w := want[of{d.Scope, d.Coll}]; d.Digest != w {
			c.t.Errorf("digest of %s in scope %d = %d %s, want %d %s", d.Coll, d.Scope, d.N, d.Digest, w.N, w)
		}
	}
}
