package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// What the dashboard shows of an area that is edited by hand: a preview before
// it is saved, for whoever ticks checkOnly, and afterwards how it fits its
// neighbours. Neither travels to devices. The index finds the neighbours of an
// area without reading the borders of all the others.
func init() {
	const index = "idx_areas_box"
	change := func(change func(areas *core.Collection)) func(core.App) error {
		return func(app core.App) error {
			col, err := app.FindCollectionByNameOrId("areas")
			if err != nil {
				return fmt.Errorf("find the areas: %w", err)
			}
			change(col)
			if err := app.Save(col); err != nil {
				return fmt.Errorf("change the areas: %w", err)
			}
			return nil
		}
	}
	m.Register(change(func(areas *core.Collection) {
		areas.Fields.Add(
			&core.BoolField{
				Name: "checkOnly", // never kept as true
				Help: "Spunta e salva: non si salva nulla, qui appare che cosa cambierebbe. — Tick and save: nothing is saved, and what would change is said here.",
			},
			&core.JSONField{
				Name: "findings", MaxSize: 64 * kB, // desk.AreaFindings
				Help: "Scritto dal server: com'è messa con le vicine da quando il confine è cambiato. — Written by the server: how it fits its neighbours since its border changed.",
			},
		)
		areas.AddIndex(index, false, "`kind`, `minLon`, `maxLon`, `minLat`, `maxLat`, `validFrom`, `validTo`, `id`", "")
	}), change(func(areas *core.Collection) {
		areas.RemoveIndex(index)
		areas.Fields.RemoveByName("checkOnly")
		areas.Fields.RemoveByName("findings")
	}))
}
