package pb_migrations

import (
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// Hot spots read the reports of some weeks in the order they came: without this
// index they would read all there ever were.
func init() {
	const index = "CREATE INDEX `idx_reports_registered` ON `reports` (`registeredAt`, `id`)"
	change := func(change func(indexes []string) []string) func(core.App) error {
		return func(app core.App) error {
			col, err := app.FindCollectionByNameOrId("reports")
			if err != nil {
				return fmt.Errorf("find the reports: %w", err)
			}
			col.Indexes = change(col.Indexes)
			if err := app.Save(col); err != nil {
				return fmt.Errorf("change the indexes of the reports: %w", err)
			}
			return nil
		}
	}
	m.Register(
		change(func(all []string) []string { return append(all, index) }),
		change(func(all []string) []string {
			return slices.DeleteFunc(all, func(one string) bool { return one == index })
		}),
	)
}
