package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The reports. A row is what its events add up to: nothing here is written
// but by desk, in the transaction that appends the event.
func init() {
	m.Register(creating(collection{
		name: "reports",
		fields: []core.Field{
			required("code"), text("clientId"), text("clientHash"), one("org", "orgs"), whole("version"),
			choice("kind", "fault", "delivery", "maintenance", "helpdesk", "inquiry"),
			text("title"), longText("description", 4000),
			one("objectType", "objectTypes"), one("activity", "activities"), one("asset", "assets"), one("site", "sites"),

			number("lon"), number("lat"), number("accuracyM"),
			choice("pointSource", "gps", "exif", "pin", "address", "site"), // empty: no position
			longText("address", 500), longText("addressNote", 500),
			many("areas", "areas"), one("district", "areas"),
			choice("routing", "pending", "routed", "uncertain", "nearest", "unroutable"),
			data("routeTrace", 64*kB),

			choice("channel", "mobile", "web", "phone", "email", "partner", "accredited"),
			one("sourcePartner", "orgs"), text("sourceRef"),
			one("reporter", "users"), one("reporterOrg", "orgs"),
			text("contactName"), text("contactEmail"), text("contactPhone"), text("contactLanguage"),
			yes("anonymous"), yes("consentPublish"), yes("consentContact"),

			whole("priority"), whole("priorityReporter"), yes("blocking"),
			choice("state", "registered", "in_analysis", "assigned", "scheduled", "in_progress", "suspended",
				"resolved", "closed", "rejected", "duplicate", "cancelled"),
			text("resumeState"), text("unlinkState"), text("suspendReason"), when("expectedResume"),
			one("responsibleOrg", "orgs"), one("assignee", "users"), one("executor", "users"), one("ownerL1", "users"),
			text("plannedCloseDate"), // a day, 2006-01-02
			choice("planState", "proposed", "approved", "communicated"), whole("planRevision"),

			when("registeredAt"), when("takenAt"), when("assignedAt"), when("programmedAt"),
			when("workStartedAt"), when("resolvedAt"), when("closedAt"),
			whole("reopenedCount"), whole("bounceCount"), whole("verifyFailCount"),
			whole("escalationLevel"), whole("photosAfter"), whole("interestCount"),

			text("duplicateOf"),
			choice("closureCode", "fixed", "not_found", "not_responsible", "no_action", "duplicate",
				"cancelled_by_reporter", "invalid"),
			longText("outcomeText", 4000),
			yes("firstContactResolution"),
			choice("visibility", "public", "staff"),
		},
		indexes: []string{
			"CREATE UNIQUE INDEX `idx_reports_code` ON `reports` (`code`)",
			"CREATE UNIQUE INDEX `idx_reports_client` ON `reports` (`clientId`, `reporter`) WHERE `clientId` != ''",
			"CREATE INDEX `idx_reports_district` ON `reports` (`district`, `state`)",
			"CREATE INDEX `idx_reports_assignee` ON `reports` (`assignee`, `state`)",
			"CREATE INDEX `idx_reports_reporter` ON `reports` (`reporter`)",
			"CREATE INDEX `idx_reports_org` ON `reports` (`responsibleOrg`, `state`)",
			"CREATE INDEX `idx_reports_state` ON `reports` (`state`, `registeredAt`)",
			"CREATE INDEX `idx_reports_routing` ON `reports` (`routing`) WHERE `routing` != 'routed'",
			"CREATE INDEX `idx_reports_lonlat` ON `reports` (`lon`, `lat`)",
		},
	}))
}
