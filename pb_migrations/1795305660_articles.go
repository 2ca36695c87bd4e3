package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The knowledge base: what is known of a fault or a question, for those an
// article is written for. Whoever may write it does so in the dashboard.
func init() {
	m.Register(func(app core.App) error {
		return create(app, collection{
			name: "kbArticles",
			fields: []core.Field{
				choice("kind", "known_error", "workaround", "solution", "procedure", "faq", "competence"),
				required("title"),
				longText("symptom", 4000), longText("rootCause", 4000), longText("workaround", 8000), longText("solution", 20000),
				many("objectTypes", "objectTypes"), many("areas", "areas"), // empty: all of them
				choice("audience", "public", "staff", "partner"), // empty: nobody's yet
				one("owner", "users"),
				choice("state", "draft", "review", "published", "obsolete"),
				when("reviewBy"), // somebody must have looked at it again by then
				whole("version"),
			},
			indexes: []string{"CREATE INDEX `idx_kbArticles_state` ON `kbArticles` (`state`)"},
		})
	}, func(app core.App) error {
		// Views over it would outlive it, and be made anew at the start.
		if err := dropCapture(app); err != nil {
			return err
		}
		return drop("kbArticles")(app)
	})
}
