package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// What is kept for finding duplicates: what photos look like, and which
// suggestions were shown. Nothing in them names a person, and a row about a
// photo or a report that is gone is swept.
func init() {
	up := []string{
		// A difference hash: 64 bits, as the signed number they make.
		`CREATE TABLE _media_likeness (media TEXT PRIMARY KEY, hash INTEGER NOT NULL) STRICT, WITHOUT ROWID`,

		// ask is what the candidate was shown for: a hash of the client id under
		// which a report came or is to come. report is empty until it has come.
		// stage says where it was first shown: form, receipt or desk.
		`CREATE TABLE _duplicate_shown (ask TEXT NOT NULL, candidate TEXT NOT NULL, report TEXT NOT NULL, stage TEXT NOT NULL,
			objectType TEXT NOT NULL, rank INTEGER NOT NULL, metres REAL NOT NULL, score REAL NOT NULL, at TEXT NOT NULL,
			dismissedBy TEXT NOT NULL DEFAULT '', dismissedAt TEXT NOT NULL DEFAULT '',
			PRIMARY KEY (ask, candidate)) STRICT, WITHOUT ROWID`,
		`CREATE INDEX _duplicate_shown_at ON _duplicate_shown (at)`,
		`CREATE INDEX _duplicate_shown_report ON _duplicate_shown (report) WHERE report != ''`,
		`CREATE INDEX _duplicate_shown_candidate ON _duplicate_shown (candidate, at)`,
	}
	m.Register(func(app core.App) error { return execAll(app, up) }, func(app core.App) error {
		return execAll(app, []string{`DROP TABLE _duplicate_shown`, `DROP TABLE _media_likeness`})
	})
}
