package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The catalogue: what can be reported (object types), who is responsible for
// what on it and where (activities), the sites and the assets.
func init() {
	catalogue := []collection{
		{
			name: "activities",
			fields: []core.Field{
				must("objectType", "objectTypes"),
				must("responsibleOrg", "orgs"),
				one("area", "areas"), // empty: everywhere
				choice("kind", "repair", "inspect", "clean", "maintain", "deliver"),
				yes("autoDispatch"),
				text("partnerChannel"),
				when("validFrom"), when("validTo"),
			},
			indexes: []string{"CREATE INDEX `idx_activities_object` ON `activities` (`objectType`)"},
		},
		{
			name: "sites",
			fields: []core.Field{
				required("code"), required("name"),
				choice("type", "filiale", "ram", "cs", "cd", "up", "office", "other"),
				number("lon"), number("lat"), yes("hasPoint"),
				one("clientOrg", "orgs"),
				data("districtShares", 16*kB), // [{area, weight}]
				text("address"),
			},
			indexes: []string{"CREATE UNIQUE INDEX `idx_sites_code` ON `sites` (`code`)"},
		},
		{
			name: "assets",
			fields: []core.Field{
				required("code"),
				choice("type", "atm", "queue_manager", "workstation", "printer", "network", "other"),
				one("site", "sites"),
				text("serial"),
				choice("status", "in_service", "faulty", "retired"),
			},
			indexes: []string{"CREATE UNIQUE INDEX `idx_assets_code` ON `assets` (`code`)"},
		},
	}
	m.Register(func(app core.App) error {
		err := create(app, collection{
			name: "objectTypes",
			fields: []core.Field{
				required("code"), required("name"), required("nameIt"),
				text("icon"),
				whole("defaultPriority"),
				data("extraQuestions", 64*kB), // Open311 attributes
				yes("public"),
				yes("needsAfterPhoto"),
				number("dedupeRadiusM"), whole("dedupeDays"),
				longText("emergencyNotice", 1000),
				choice("status", "mapped", "proposed", "retired"),
			},
			indexes: []string{"CREATE UNIQUE INDEX `idx_objectTypes_code` ON `objectTypes` (`code`)"},
		})
		if err != nil {
			return err
		}
		if err := addSelf(app, "objectTypes", "parent"); err != nil {
			return err
		}
		for _, c := range catalogue {
			if err := create(app, c); err != nil {
				return err
			}
		}
		return nil
	}, func(app core.App) error {
		for _, name := range []string{"assets", "sites", "activities", "objectTypes"} {
			if err := drop(name)(app); err != nil {
				return err
			}
		}
		return nil
	})
}
