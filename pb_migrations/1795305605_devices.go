package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The devices people work with. The id is made on the device.
func init() {
	m.Register(creating(collection{
		name: "devices",
		fields: []core.Field{
			must("person", "users"),
			text("name"),
			choice("platform", "android", "ios", "web", "go"),
			longText("pushToken", 4096),
			text("appVersion"), text("schema"), text("language"), text("timezone"),
			choice("state", "active", "locked", "wipe"),
			when("lastSeenAt"),
			whole("skewMs"), // device clock minus ours
			one("org", "orgs"),
		},
		indexes: []string{
			"CREATE INDEX `idx_devices_person` ON `devices` (`person`)",
			"CREATE UNIQUE INDEX `idx_devices_token` ON `devices` (`pushToken`) WHERE `pushToken` != ''",
		},
	}))
}
