package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The outbox is read in two ways that must not slow down with the notices
// already sent: the next ones by urgency, and the older ones of one person.
func init() {
	queue := map[string]string{
		"idx_notices_queue":   "`priority`, `notBefore`, `seq`",
		"idx_notices_waiting": "`person`, `seq`",
	}
	m.Register(func(app core.App) error {
		col, err := app.FindCollectionByNameOrId("notices")
		if err != nil {
			return fmt.Errorf("find collection notices: %w", err)
		}
		for name, columns := range queue {
			col.AddIndex(name, false, columns, "`state` = 'pending' OR `state` = 'leased'")
		}
		return app.Save(col)
	}, func(app core.App) error {
		col, err := app.FindCollectionByNameOrId("notices")
		if err != nil {
			return fmt.Errorf("find collection notices: %w", err)
		}
		for name := range queue {
			col.RemoveIndex(name)
		}
		return app.Save(col)
	})
}
