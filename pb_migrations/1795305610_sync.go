package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The tables of the sync engine: the head-log, who is in which scope, who
// holds which, and what devices sent. The triggers that fill the first ones
// are not here: they are made from the table of scopes at every start, so
// that the two cannot part.
func init() {
	up := []string{
		// The one counter: every captured change takes the next number inside
		// the writing transaction. Order comes from here and nowhere else.
		`CREATE TABLE _s_clock (k INTEGER PRIMARY KEY CHECK (k = 1), seq INTEGER NOT NULL) STRICT`,
		`INSERT INTO _s_clock (k, seq) VALUES (1, 0)`,

		// When the first change of a second was committed, for the lower bound
		// of an occurrence; at is in milliseconds since 1970.
		`CREATE TABLE _s_commit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT`,

		`CREATE TABLE _s_rec (coll TEXT NOT NULL, id TEXT NOT NULL, ver INTEGER NOT NULL, seq INTEGER NOT NULL,
			del INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (coll, id)) STRICT, WITHOUT ROWID`,

		`CREATE TABLE _s_scope (sid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT`,

		// Exactly one row for each record and scope it is or was in: st says
		// which, why says why it left (0 while it is in).
		`CREATE TABLE _s_member (scope INTEGER NOT NULL, seq INTEGER NOT NULL, coll TEXT NOT NULL, id TEXT NOT NULL,
			st INTEGER NOT NULL, why INTEGER NOT NULL, PRIMARY KEY (scope, seq, coll, id)) STRICT, WITHOUT ROWID`,
		`CREATE UNIQUE INDEX _s_member_rec ON _s_member (coll, id, scope)`,

		// A person holds a scope from from_seq until before to_seq.
		`CREATE TABLE _s_grant (usr TEXT NOT NULL, scope INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER,
			PRIMARY KEY (usr, scope, from_seq)) STRICT, WITHOUT ROWID`,

		// Which districts an area stands for: itself, or those below a pole or
		// a macro area, in every version of theirs.
		`CREATE TABLE _s_cover (area TEXT NOT NULL, district TEXT NOT NULL, PRIMARY KEY (area, district)) STRICT, WITHOUT ROWID`,

		// Whose grants a change of the territory touches; empty between writes.
		`CREATE TABLE _s_stale (usr TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,

		`CREATE TABLE _s_device (did TEXT PRIMARY KEY, usr TEXT NOT NULL, app TEXT NOT NULL DEFAULT '',
			schema TEXT NOT NULL DEFAULT '', lmid INTEGER NOT NULL DEFAULT 0, chain TEXT NOT NULL DEFAULT '',
			cur_seq INTEGER NOT NULL DEFAULT 0, seen TEXT NOT NULL DEFAULT '', skew_ms INTEGER NOT NULL DEFAULT 0,
			unacked INTEGER NOT NULL DEFAULT 0, oldest_unacked TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID`,
		`CREATE INDEX _s_device_usr ON _s_device (usr)`,

		// The durable inbox: every mutation ever received, as it came, in
		// exactly one end state.
		`CREATE TABLE _s_mut (did TEXT NOT NULL, mid INTEGER NOT NULL, h TEXT NOT NULL, tx TEXT NOT NULL, recv TEXT NOT NULL,
			t TEXT NOT NULL, st TEXT NOT NULL, seq INTEGER NOT NULL, rec TEXT NOT NULL, body BLOB NOT NULL,
			result TEXT NOT NULL, PRIMARY KEY (did, mid)) STRICT, WITHOUT ROWID`,
		`CREATE INDEX _s_mut_rec ON _s_mut (did, rec) WHERE st IN ('rejected', 'skipped')`,

		`INSERT OR IGNORE INTO _meta (k, v) VALUES
			('sync.epoch', lower(hex(randomblob(8)))),
			('sync.key', lower(hex(randomblob(32)))),
			('sync.day', strftime('%Y-%m-%d %H:%M:%fZ', 'now'))`,
	}
	m.Register(func(app core.App) error { return execAll(app, up) }, dropSync)
}

// dropSync takes the triggers and views away with the tables: a trigger left
// behind would fail every write.
func dropSync(app core.App) error {
	var made []struct {
		Type string `db:"type"`
		Name string `db:"name"`
	}
	const q = `SELECT type, name FROM sqlite_schema
		WHERE substr(name, 1, 3) = '_s_' AND type IN ('trigger', 'view', 'table')
		ORDER BY CASE type WHEN 'trigger' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, name`
	if err := app.DB().NewQuery(q).All(&made); err != nil {
		return err
	}
	var down []string
	for _, d := range made {
		down = append(down, "DROP "+d.Type+" `"+d.Name+"`")
	}
	down = append(down, `DELETE FROM _meta WHERE substr(k, 1, 5) = 'sync.'`)
	return execAll(app, down)
}
