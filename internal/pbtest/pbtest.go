// Package pbtest gives tests a real PocketBase over a real SQLite file, with
// every migration applied and our own connections. It is for tests only.
package pbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // PocketBase's own schema

	_ "github.com/sestante/sestante/pb_migrations" // ours
	"github.com/sestante/sestante/store"
)

// template holds a migrated data folder that each test clones: migrating costs
// half a second, copying a few milliseconds.
var template = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "sestante-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	app := store.NewApp(dir)
	if err := app.Bootstrap(); err != nil {
		return nil, err
	}
	if err := app.RunAllMigrations(); err != nil {
		return nil, err
	}
	if err := cheapPasswords(app); err != nil {
		return nil, err
	}
	if err := store.New(app).InstallCapture(context.Background()); err != nil {
		return nil, err
	}
	for _, q := range []string{"PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			return nil, err
		}
		if _, err := app.AuxNonconcurrentDB().NewQuery(q).Execute(); err != nil {
			return nil, err
		}
	}
	if err := app.ResetBootstrapState(); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range []string{"data.db", "auxiliary.db"} {
		if files[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// cheapPasswords has passwords hashed with the least cost: tests make hundreds
// of people, and under the race detector each took as long as the test.
func cheapPasswords(app core.App) error {
	for _, name := range []string{"users", core.CollectionNameSuperusers} {
		c, err := app.FindCollectionByNameOrId(name)
		if err != nil {
			return err
		}
		if f, ok := c.Fields.GetByName(core.FieldNamePassword).(*core.PasswordField); ok {
			f.Cost = 4 // the least that bcrypt knows
		}
		if err := app.Save(c); err != nil {
			return err
		}
	}
	return nil
}

// Dir returns a fresh data folder with every migration applied.
func Dir(t testing.TB) string {
	t.Helper()
	files, err := template()
	if err != nil {
		t.Fatalf("prepare the template: %v", err)
	}
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Open returns a running app over dir, closed when the test ends.
func Open(t testing.TB, dir string) *core.BaseApp {
	t.Helper()
	app := store.NewApp(dir)
	if err := app.Bootstrap(); err != nil {
		t.Fatalf("open %s: %v", dir, err)
	}
	app.Settings().Logs.MaxDays = 0 // the log writer outlives short tests
	t.Cleanup(func() {
		if err := shut(app); err != nil {
			t.Errorf("close the app: %v", err)
		}
	})
	return app
}

// shut closes what ResetBootstrapState closes, but does not take the databases
// out of the app: PocketBase's log writer looks after three seconds whether they
// are there, without a lock, and the race detector ends whichever test ends then.
func shut(app *core.BaseApp) error {
	app.Cron().Stop()
	var errs []error
	for _, db := range []dbx.Builder{app.ConcurrentDB(), app.NonconcurrentDB(), app.AuxConcurrentDB(), app.AuxNonconcurrentDB()} {
		if c, ok := db.(interface{ Close() error }); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// New returns a running app over a fresh data folder.
func New(t testing.TB) *core.BaseApp {
	t.Helper()
	return Open(t, Dir(t))
}

// Record saves a record of a collection through PocketBase, as its admin UI
// would, and returns its id. A "password" sets the password of a person.
func Record(t testing.TB, app core.App, collection string, fields map[string]any) string {
	t.Helper()
	col, err := app.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		t.Fatalf("collection %s: %v", collection, err)
	}
	r := core.NewRecord(col)
	for name, value := range fields {
		r.Set(name, value)
	}
	if err := app.Save(r); err != nil {
		t.Fatalf("save a record of %s: %v", collection, err)
	}
	return r.Id
}
