package pb_migrations_test

import (
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// schema returns every table, index and trigger as SQLite keeps it.
func schema(t *testing.T, app core.App) map[string]string {
	t.Helper()
	var rows []struct {
		Name string `db:"name"`
		SQL  string `db:"sql"`
	}
	q := `SELECT type || ' ' || name AS name, COALESCE(sql, '') AS sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`
	if err := app.DB().NewQuery(q).All(&rows); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Name] = r.SQL
	}
	return out
}

func TestUpDownUp(t *testing.T) {
	app := pbtest.New(t)
	if err := store.New(app).DropCapture(t.Context()); err != nil { // not part of the schema: it is rendered at start
		t.Fatal(err)
	}
	before := schema(t, app)
	runner := core.NewMigrationsRunner(app, core.AppMigrations)
	n := len(core.AppMigrations.Items())
	if _, err := runner.Down(n); err != nil {
		t.Fatal(err)
	}
	if _, ok := schema(t, app)["table reports"]; ok {
		t.Error("reports is still there after going down")
	}
	if _, err := runner.Up(); err != nil {
		t.Fatal(err)
	}
	after := schema(t, app)
	for name, sql := range before {
		if after[name] != sql {
			t.Errorf("%s was\n\t%s\nand is\n\t%s", name, sql, after[name])
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("%s was not there before", name)
		}
	}
}

func TestEveryCollectionIsClosed(t *testing.T) {
	app := pbtest.New(t)
	all, err := app.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.System {
			continue
		}
		for name, rule := range map[string]*string{
			"list": c.ListRule, "view": c.ViewRule, "create": c.CreateRule, "update": c.UpdateRule, "delete": c.DeleteRule,
		} {
			if rule != nil {
				t.Errorf("%s has a %s rule: %q", c.Name, name, *rule)
			}
		}
	}
}
