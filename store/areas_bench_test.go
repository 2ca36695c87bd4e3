package store_test

import (
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/areagen"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// Whoever starts the server over as many municipalities as Italy has waits for
// the areas to be read and indexed: the budget is two seconds.
func BenchmarkStartMunicipalities(b *testing.B) {
	areas, err := areagen.Municipalities(geo.District)
	if err != nil {
		b.Fatal(err)
	}
	app := pbtest.New(b)
	kept := store.New(app)
	withoutTriggers(b, app)
	err = kept.InTx(b.Context(), func(tx *store.Store) error {
		for _, a := range areas {
			a.ID = geo.SeedID(a.Kind, a.Code)
			if err := tx.InsertArea(b.Context(), a.Measure(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := kept.Areas(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("readAndIndex", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			all, err := kept.Areas(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := geo.NewIndex(all); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// withoutTriggers makes putting thousands of areas there take a second: only
// reading is measured.
func withoutTriggers(b *testing.B, app core.App) {
	b.Helper()
	var names []string
	if err := app.DB().NewQuery("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'areas'").Column(&names); err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		if _, err := app.DB().NewQuery("DROP TRIGGER " + name).Execute(); err != nil {
			b.Fatal(err)
		}
	}
}
