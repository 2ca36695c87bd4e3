package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The push side of the sync engine, whole: which field changed when, what two
// people wanted at once, what was refused, what crashed, and what nobody could
// read.
func init() {
	up := []string{
		// When a patchable field last changed after its record was made. did,
		// mid and t say who did it from a device and when it happened; they are
		// empty for every other writer. The row with an empty f is the deletion
		// of a record whose collection has no log.
		`CREATE TABLE _s_field (coll TEXT NOT NULL, id TEXT NOT NULL, f TEXT NOT NULL, seq INTEGER NOT NULL,
			did TEXT NOT NULL DEFAULT '', mid INTEGER NOT NULL DEFAULT 0, t TEXT NOT NULL DEFAULT '',
			PRIMARY KEY (coll, id, f)) STRICT, WITHOUT ROWID`,

		// Every value that lost against another one. base, mine and theirs are
		// JSON; kept says which of the two stands.
		`CREATE TABLE _s_conflict (cid TEXT PRIMARY KEY, coll TEXT NOT NULL, id TEXT NOT NULL, f TEXT NOT NULL,
			base TEXT, mine TEXT NOT NULL, theirs TEXT NOT NULL, kept TEXT NOT NULL, did TEXT NOT NULL, mid INTEGER NOT NULL,
			usr TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open',
			decided_by TEXT NOT NULL DEFAULT '', decided_at TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID`,
		`CREATE INDEX _s_conflict_rec ON _s_conflict (coll, id)`,
		`CREATE INDEX _s_conflict_usr ON _s_conflict (usr, at)`,
		`CREATE INDEX _s_conflict_open ON _s_conflict (at) WHERE state = 'open'`,

		// The refusals that wait for a person; what was refused is in _s_mut.
		`CREATE TABLE _s_dead (q TEXT PRIMARY KEY, did TEXT NOT NULL, mid INTEGER NOT NULL, usr TEXT NOT NULL,
			op TEXT NOT NULL, coll TEXT NOT NULL, rec TEXT NOT NULL, name TEXT NOT NULL,
			code TEXT NOT NULL, msg TEXT NOT NULL, field TEXT NOT NULL, again TEXT NOT NULL, at TEXT NOT NULL,
			state TEXT NOT NULL DEFAULT 'open', fixed_by INTEGER NOT NULL DEFAULT 0, UNIQUE (did, mid)) STRICT, WITHOUT ROWID`,
		`CREATE INDEX _s_dead_usr ON _s_dead (usr, at)`,
		`CREATE INDEX _s_dead_open ON _s_dead (at) WHERE state = 'open'`,

		// Poison. A push is marked before it is carried out, in a transaction of
		// its own; a mark that an earlier process left means that it died, and
		// each mutation in it is from then on counted by itself.
		`CREATE TABLE _s_mark (did TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, boot TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE _s_attempt (did TEXT NOT NULL, mid INTEGER NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL,
			why TEXT NOT NULL DEFAULT '', PRIMARY KEY (did, mid)) STRICT, WITHOUT ROWID`,

		// What came and could not be read, as it came, by the hash of its bytes.
		// mid is the number it was given, 0 when it could have none.
		`CREATE TABLE _s_raw (usr TEXT NOT NULL, hash TEXT NOT NULL, did TEXT NOT NULL, mid INTEGER NOT NULL, at TEXT NOT NULL,
			body BLOB NOT NULL, PRIMARY KEY (usr, hash)) STRICT, WITHOUT ROWID`,

		`DROP INDEX _s_mut_rec`,
		`CREATE INDEX _s_mut_rec ON _s_mut (did, rec) WHERE st IN ('rejected', 'skipped', 'quarantined')`,
		`CREATE INDEX _s_mut_waits ON _s_mut (did, mid) WHERE st IN ('held', 'quarantined')`,
	}
	down := []string{
		`DROP INDEX _s_mut_waits`,
		`DROP INDEX _s_mut_rec`,
		`CREATE INDEX _s_mut_rec ON _s_mut (did, rec) WHERE st IN ('rejected', 'skipped')`,
		`DROP TABLE _s_raw`, `DROP TABLE _s_attempt`, `DROP TABLE _s_mark`, `DROP TABLE _s_dead`, `DROP TABLE _s_conflict`,
		`DROP TABLE _s_field`,
	}
	m.Register(func(app core.App) error { return execAll(app, up) }, func(app core.App) error {
		if err := dropFieldClock(app); err != nil {
			return err
		}
		return execAll(app, down)
	})
}

// dropFieldClock takes the triggers away that would write a table that is gone.
func dropFieldClock(app core.App) error {
	var names []string
	const q = `SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB '_s_*_field*'`
	if err := app.DB().NewQuery(q).Column(&names); err != nil {
		return err
	}
	var drops []string
	for _, n := range names {
		drops = append(drops, "DROP TRIGGER `"+n+"`")
	}
	return execAll(app, drops)
}
