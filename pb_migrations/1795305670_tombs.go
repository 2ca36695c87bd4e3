package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// What somebody deleted while somebody else was working on it: a copy of the
// record and of its field clock, so that an operator can put it back. The
// triggers that fill it are made with those of the capture.
func init() {
	up := []string{
		// seq is the number the log had before the deletion. body is every column
		// as JSON; fields is [[f, seq, did, mid, t], ...] of the field clock.
		`CREATE TABLE _s_tomb (coll TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, seq INTEGER NOT NULL,
			body TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (coll, id)) STRICT, WITHOUT ROWID`,
		`CREATE INDEX _s_tomb_parent ON _s_tomb (parent)`,
		`CREATE INDEX _s_tomb_seq ON _s_tomb (seq)`,
	}
	m.Register(func(app core.App) error { return execAll(app, up) }, func(app core.App) error {
		// They write the table that goes, and are made anew at the start.
		if err := dropCapture(app); err != nil {
			return err
		}
		return execAll(app, []string{`DROP TABLE _s_tomb`})
	})
}
