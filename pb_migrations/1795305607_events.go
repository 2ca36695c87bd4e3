package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// What hangs on a report: its events (the truth), photos, messages, links,
// interventions and who follows it.
func init() {
	m.Register(creating(
		collection{
			name: "reportEvents",
			fields: []core.Field{
				must("report", "reports"), whole("seq"), required("type"),
				text("fromState"), text("toState"),
				data("payload", 256*kB),
				text("actor"), text("actorRole"), text("device"), text("call"), whole("base"),
				when("occurredAt"), when("recordedAt"), whole("offsetMs"),
				number("lon"), number("lat"), yes("hasPoint"),
				text("source"), one("org", "orgs"),
			},
			indexes: []string{
				"CREATE UNIQUE INDEX `idx_reportEvents_seq` ON `reportEvents` (`report`, `seq`)",
				"CREATE INDEX `idx_reportEvents_call` ON `reportEvents` (`call`)",
			},
		},
		collection{
			name: "media",
			fields: []core.Field{
				one("report", "reports"), text("reportClientId"), text("event"),
				choice("kind", "before", "after", "doc"),
				text("sha256"), whole("size"), text("type"), whole("width"), whole("height"),
				when("takenAt"), text("takenLocal"), text("takenOffset"),
				number("exifLon"), number("exifLat"), yes("hasExifPoint"), text("exifNote"),
				choice("visibility", "public", "staff", "hidden"),
				choice("state", "declared", "ready", "failed"),
				text("uploader"), text("device"), one("org", "orgs"),
			},
			indexes: []string{
				"CREATE INDEX `idx_media_report` ON `media` (`report`)",
				"CREATE INDEX `idx_media_client` ON `media` (`reportClientId`) WHERE `reportClientId` != ''",
				"CREATE INDEX `idx_media_sha256` ON `media` (`sha256`)",
			},
		},
		collection{
			name: "messages",
			fields: []core.Field{
				must("report", "reports"),
				choice("direction", "in", "out"),
				choice("audience", "public", "reporter", "internal", "partner"),
				text("template"), data("params", 16*kB), longText("text", 4000),
				text("author"), text("replyTo"), when("at"), text("call"), one("org", "orgs"),
			},
			indexes: []string{"CREATE INDEX `idx_messages_report` ON `messages` (`report`)"},
		},
		collection{
			name: "reportLinks",
			fields: []core.Field{
				must("a", "reports"), must("b", "reports"),
				choice("kind", "duplicate_of", "related", "parent_of", "caused_by_problem"),
			},
			indexes: []string{
				"CREATE UNIQUE INDEX `idx_reportLinks_pair` ON `reportLinks` (`a`, `b`, `kind`)",
				"CREATE INDEX `idx_reportLinks_b` ON `reportLinks` (`b`, `kind`)",
			},
		},
		collection{
			name: "interventions",
			fields: []core.Field{
				must("report", "reports"), one("technician", "users"), text("team"),
				when("plannedStart"), when("plannedEnd"), text("plannedCloseDate"),
				choice("planState", "proposed", "approved", "communicated", "superseded", "withdrawn"),
				longText("reason", 1000), data("checklist", 64*kB), longText("safetyNotes", 2000), text("vehicle"),
				when("startedAt"), when("endedAt"), longText("outcome", 4000), text("closureCode"), one("org", "orgs"),
			},
			indexes: []string{"CREATE INDEX `idx_interventions_report` ON `interventions` (`report`)"},
		},
		collection{
			name: "subscriptions",
			fields: []core.Field{
				one("report", "reports"), one("area", "areas"), one("objectType", "objectTypes"),
				one("person", "users"), text("contact"), data("channels", 4*kB),
			},
			indexes: []string{
				"CREATE UNIQUE INDEX `idx_subscriptions_report` ON `subscriptions` (`report`, `person`, `contact`) WHERE `report` != ''",
				"CREATE INDEX `idx_subscriptions_person` ON `subscriptions` (`person`)",
			},
		},
	))
}
