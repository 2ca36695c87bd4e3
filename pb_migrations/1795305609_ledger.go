package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The tables PocketBase does not know: small facts, code counters and the
// answers to calls, by which every mutating route is exactly-once.
func init() {
	up := []string{
		`CREATE TABLE _meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE TABLE _codes (prefix TEXT NOT NULL, year INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (prefix, year)) STRICT, WITHOUT ROWID`,
		`CREATE TABLE _calls (id TEXT PRIMARY KEY, person TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,
			report TEXT NOT NULL, result TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
	}
	m.Register(func(app core.App) error { return execAll(app, up) }, func(app core.App) error {
		return execAll(app, []string{`DROP TABLE _calls`, `DROP TABLE _codes`, `DROP TABLE _meta`})
	})
}

func execAll(app core.App, statements []string) error {
	for _, q := range statements {
		if _, err := app.DB().NewQuery(q).Execute(); err != nil {
			return fmt.Errorf("run %.60q: %w", q, err)
		}
	}
	return nil
}
