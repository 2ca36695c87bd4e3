package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The territory. One row is one version of one area: validFrom and validTo
// (half-open) say when it is the one that answers.
func init() {
	m.Register(func(app core.App) error {
		err := create(app, collection{
			name: "areas",
			fields: []core.Field{
				required("code"), required("name"),
				choice("kind", "macro_area", "pole", "district", "province", "municipality", "zone", "overlay"),
				data("geometry", 64<<20), // GeoJSON MultiPolygon, WGS84 lon/lat
				number("minLon"), number("minLat"), number("maxLon"), number("maxLat"),
				number("areaM2"),
				when("validFrom"), when("validTo"),
				choice("source", "seed", "reconstructed", "istat", "admin"),
				longText("remark", 2000),
				yes("confirmed"), // an admin has looked at a reconstructed row
				whole("priority"),
				data("selector", 16*kB), // siteTypes, objectTypes, orgs
				data("properties", 64*kB),
				one("org", "orgs"),
			},
			indexes: []string{
				"CREATE UNIQUE INDEX `idx_areas_version` ON `areas` (`kind`, `code`, `validFrom`)",
			},
		})
		if err != nil {
			return err
		}
		return addSelf(app, "areas", "parent")
	}, drop("areas"))
}
