package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The organisations: municipal areas, companies, clients, suppliers, poles.
// The relation to itself needs the collection to exist first.
func init() {
	m.Register(func(app core.App) error {
		err := create(app, collection{
			name: "orgs",
			fields: []core.Field{
				required("code"), required("name"),
				choice("kind", "contact_point", "municipal_area", "mca_company", "client", "supplier", "pole"),
				data("contactProcess", 64*kB),
				yes("inactive"),
			},
			indexes: []string{"CREATE UNIQUE INDEX `idx_orgs_code` ON `orgs` (`code`)"},
		})
		if err != nil {
			return err
		}
		return addSelf(app, "orgs", "parent")
	}, drop("orgs"))
}
