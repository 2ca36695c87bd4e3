package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// Imports of areas, with what each put in force and ended, and what follows
// from a change of areas: open reports that go where the territory went. All
// of it is the program's own, so these are plain tables.
func init() {
	const open = "`state` = 'registered' OR `state` = 'in_analysis' OR `state` = 'assigned' OR `state` = 'scheduled' OR " +
		"`state` = 'in_progress' OR `state` = 'suspended' OR `state` = 'resolved'"
	up := []string{
		// state is reading, checking, previewed, committing, done or refused; the
		// file is in the scratch folder under the id until it is done or refused.
		`CREATE TABLE _area_imports (id TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, state TEXT NOT NULL,
			name TEXT NOT NULL, size INTEGER NOT NULL, options TEXT NOT NULL, person TEXT NOT NULL,
			worker TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, problems TEXT NOT NULL, notes TEXT NOT NULL,
			preview TEXT NOT NULL, stamp TEXT NOT NULL, changes TEXT NOT NULL, reverts TEXT NOT NULL,
			createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		// did is added or ended
		`CREATE TABLE _area_import_rows (import TEXT NOT NULL, area TEXT NOT NULL, did TEXT NOT NULL,
			PRIMARY KEY (import, area, did)) STRICT, WITHOUT ROWID`,

		// stamp and day say which areas the reports are held against; state is
		// moving, telling or done; after is the last report looked at.
		`CREATE TABLE _reroutes (id TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, state TEXT NOT NULL,
			stamp TEXT NOT NULL, day TEXT NOT NULL, after TEXT NOT NULL,
			checked INTEGER NOT NULL, moved INTEGER NOT NULL, failed INTEGER NOT NULL, told INTEGER NOT NULL, flows TEXT NOT NULL,
			startedAt TEXT NOT NULL, endedAt TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		// who is to be told of what moved, until they are
		`CREATE TABLE _reroute_moves (run TEXT NOT NULL, report TEXT NOT NULL, fromArea TEXT NOT NULL, toArea TEXT NOT NULL,
			fromOrg TEXT NOT NULL, toOrg TEXT NOT NULL, assignee TEXT NOT NULL, PRIMARY KEY (run, report)) STRICT, WITHOUT ROWID`,
		// arrived after the areas of their day had ended
		`CREATE TABLE _reroute_late (report TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID`,
	}
	m.Register(func(app core.App) error {
		col, err := app.FindCollectionByNameOrId("reports")
		if err != nil {
			return fmt.Errorf("find collection reports: %w", err)
		}
		col.AddIndex("idx_reports_open", false, "`id`", open)
		if err := app.Save(col); err != nil {
			return fmt.Errorf("index the open reports: %w", err)
		}
		return execAll(app, up)
	}, func(app core.App) error {
		col, err := app.FindCollectionByNameOrId("reports")
		if err != nil {
			return fmt.Errorf("find collection reports: %w", err)
		}
		col.RemoveIndex("idx_reports_open")
		if err := app.Save(col); err != nil {
			return fmt.Errorf("take the index of open reports away: %w", err)
		}
		return execAll(app, []string{
			`DROP TABLE _reroute_late`, `DROP TABLE _reroute_moves`, `DROP TABLE _reroutes`,
			`DROP TABLE _area_import_rows`, `DROP TABLE _area_imports`,
		})
	})
}
