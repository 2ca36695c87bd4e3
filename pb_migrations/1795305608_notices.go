package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The outbox: who is to be told what, written in the transaction of the call
// that causes it, and how each device took it.
func init() {
	m.Register(creating(
		collection{
			name: "notices",
			fields: []core.Field{
				whole("seq"), required("dedupe"),
				must("person", "users"), required("cause"),
				one("report", "reports"), text("collapse"),
				data("params", 16*kB),
				whole("priority"), // 1 at once (escalation), 2 soon, 3 whenever
				choice("state", "pending", "leased", "sent", "superseded", "expired", "dead"),
				when("notBefore"), when("expires"),
				whole("attempts"), when("leaseUntil"), text("leaseOwner"), longText("lastError", 1000),
				when("createdAt"), when("sentAt"), when("receivedAt"), when("openedAt"),
				one("org", "orgs"),
			},
			indexes: []string{
				"CREATE UNIQUE INDEX `idx_notices_dedupe` ON `notices` (`dedupe`)",
				"CREATE UNIQUE INDEX `idx_notices_seq` ON `notices` (`seq`)",
				"CREATE INDEX `idx_notices_due` ON `notices` (`notBefore`, `priority`, `seq`) WHERE `state` = 'pending' OR `state` = 'leased'",
				"CREATE INDEX `idx_notices_person` ON `notices` (`person`, `seq`)",
			},
		},
		collection{
			name: "deliveries",
			fields: []core.Field{
				must("notice", "notices"), one("device", "devices"),
				choice("channel", "fcm", "webpush", "mail"),
				choice("state", "pending", "sent", "failed", "pruned"),
				text("providerId"), longText("error", 1000),
				text("title"), longText("body", 1000), text("language"),
				whole("attempts"), when("at"),
			},
			indexes: []string{"CREATE UNIQUE INDEX `idx_deliveries_notice` ON `deliveries` (`notice`, `device`, `channel`)"},
		},
	))
}
