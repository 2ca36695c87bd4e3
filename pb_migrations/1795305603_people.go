package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The people. PocketBase's own users collection is kept, and closed: nobody
// signs up by themselves, nobody lists anybody, and a disabled person cannot
// sign in. What a person may do is in roles, one row a role.
func init() {
	m.Register(func(app core.App) error {
		users, err := app.FindCollectionByNameOrId("users")
		if err != nil {
			return fmt.Errorf("find collection users: %w", err)
		}
		orgs, err := app.FindCollectionByNameOrId("orgs")
		if err != nil {
			return fmt.Errorf("find collection orgs: %w", err)
		}
		users.Fields.Add(
			&core.RelationField{Name: "org", CollectionId: orgs.Id, MaxSelect: 1},
			choice("language", "it", "en"),
			text("position"),
			choice("level", "A1", "A2", "B", "C"),
			data("skills", 16*kB),
			&core.RelationField{Name: "clients", CollectionId: orgs.Id, MaxSelect: 99},
			yes("disabled"),
		)
		users.Fields.RemoveByName("avatar") // PocketBase would serve it with thumbnails
		users.ListRule, users.ViewRule = nil, nil
		users.CreateRule, users.UpdateRule, users.DeleteRule = nil, nil, nil
		users.AuthRule = new("disabled = false")
		users.AuthToken.Duration = 30 * 86400 // crews are away for days
		users.AuthAlert.Enabled = false       // a letter at each new sign-in, to crews who share tablets
		if err := app.Save(users); err != nil {
			return fmt.Errorf("close collection users: %w", err)
		}
		return create(app, collection{
			name: "roles",
			fields: []core.Field{
				must("person", "users"),
				choice("role", "citizen", "accredited_reporter", "l1_operator", "coordinator", "l2_operator",
					"service_manager", "technician", "district_lead", "field_lead", "pole_manager", "planner",
					"partner_user", "contact_operator", "helpdesk_agent", "admin", "auditor"),
				one("org", "orgs"),
				many("areas", "areas"), // districts, or poles and macro areas that stand for theirs
				when("validFrom"), when("validTo"),
			},
			indexes: []string{
				"CREATE INDEX `idx_roles_person` ON `roles` (`person`)",
				"CREATE INDEX `idx_roles_role` ON `roles` (`role`)",
			},
		})
	}, func(app core.App) error {
		if err := drop("roles")(app); err != nil {
			return err
		}
		users, err := app.FindCollectionByNameOrId("users")
		if err != nil {
			return fmt.Errorf("find collection users: %w", err)
		}
		for _, name := range []string{"org", "language", "position", "level", "skills", "clients", "disabled"} {
			users.Fields.RemoveByName(name)
		}
		users.Fields.Add(&core.FileField{Name: "avatar", MaxSelect: 1, MimeTypes: []string{"image/jpeg", "image/png", "image/svg+xml", "image/gif", "image/webp"}})
		own := new("id = @request.auth.id")
		users.ListRule, users.ViewRule, users.UpdateRule, users.DeleteRule = own, own, own, own
		users.CreateRule, users.AuthRule = new(""), new("")
		users.AuthToken.Duration = 5 * 86400
		users.AuthAlert.Enabled = true
		if err := app.Save(users); err != nil {
			return fmt.Errorf("reopen collection users: %w", err)
		}
		return nil
	})
}
