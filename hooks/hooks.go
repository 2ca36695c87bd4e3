// Package hooks carries PocketBase's own events to the rules: what comes in
// through its record API, its admin pages and its file server. A handler reads,
// asks, and refuses or goes on; it decides nothing about a report itself.
//
// What has a life is changed by calls only. Our own writes are SQL in store
// and pass none of these hooks, so whatever does arrive here was not decided
// by the desk, and a change of a lived field is refused whoever makes it.
//
// The package serves no routes of its own and writes no row. It logs what goes
// wrong beside what was asked for; the rest is in the errors it returns.
package hooks

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
	"github.com/pocketbase/pocketbase/tools/types"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// Config is what the hooks need. Log must be set.
type Config struct {
	Production bool   // keep the SQL console and edits of collections shut
	Language   string // of whoever names none, it or en; default it
	Log        *slog.Logger

	// Now is the clock by which an edited area gets a new version; nil means
	// PocketBase's own.
	Now func() time.Time

	// Desk says what the edit of an area would change; nil means one over the
	// same database that counts nothing outside the areas as near.
	Desk *desk.Desk
}

// now is the moment, as precisely as PocketBase keeps it.
func (h *hooks) now() time.Time {
	if h.cfg.Now == nil {
		return types.NowDateTime().Time()
	}
	return h.cfg.Now().UTC().Truncate(time.Millisecond)
}

type hooks struct{ cfg Config }

// Register binds the hooks to app, before it serves. It reads as a list of what
// happens when; capture has a file and a function of its own. The error names
// what is missing in cfg.
func Register(app core.App, cfg Config) error {
	if cfg.Log == nil {
		return errors.New("hooks: a log is needed")
	}
	if cfg.Language == "" {
		cfg.Language = "it"
	}
	h := &hooks{cfg}
	if cfg.Desk == nil {
		var err error
		if h.cfg.Desk, err = desk.New(desk.Config{Store: store.New(app), Now: h.now, Log: cfg.Log, Policy: report.DefaultPolicy()}); err != nil {
			return err
		}
	}

	for name := range lived {
		on(app.OnRecordCreate(name), "sestante.life.create."+name, h.refuseRecord)
		on(app.OnRecordUpdate(name), "sestante.life.update."+name, h.guardUpdate)
		on(app.OnRecordDelete(name), "sestante.life.delete."+name, h.refuseRecord)
	}
	on(app.OnRecordCreate("areas"), "sestante.areas.create", h.checkArea)
	on(app.OnRecordUpdate("areas"), "sestante.areas.update", h.editArea)
	on(app.OnRecordDelete("areas"), "sestante.areas.delete", h.keepHeldArea)
	on(app.OnRecordCreateRequest(), "sestante.life.say.create", h.translate)
	on(app.OnRecordUpdateRequest(), "sestante.life.say.update", h.translate)
	on(app.OnRecordDeleteRequest(), "sestante.life.say.delete", h.translate)
	// Of two people who change different fields of a row, both must win.
	on(app.OnRecordUpdate(), "sestante.unchanged", keepUnchanged)

	if cfg.Production {
		app.OnCollectionCreateRequest().Bind(&hook.Handler[*core.CollectionRequestEvent]{Id: "sestante.schema.create", Func: h.refuseSchema})
		app.OnCollectionUpdateRequest().Bind(&hook.Handler[*core.CollectionRequestEvent]{Id: "sestante.schema.update", Func: h.refuseSchema})
		app.OnCollectionDeleteRequest().Bind(&hook.Handler[*core.CollectionRequestEvent]{Id: "sestante.schema.delete", Func: h.refuseSchema})
		app.OnCollectionsImportRequest().Bind(&hook.Handler[*core.CollectionsImportRequestEvent]{Id: "sestante.schema.import", Func: h.refuseImport})
	}
	app.OnServe().Bind(&hook.Handler[*core.ServeEvent]{Id: "sestante.serve", Func: h.serve})
	return h.optimizeNightly(app)
}

// on binds a handler under an id, by which a test can take it away again.
func on[E hook.Tagger](to *hook.TaggedHook[E], id string, fn func(E) error) {
	to.Bind(&hook.Handler[E]{Id: id, Func: fn})
}

// optimizeNightly replaces PocketBase's own nightly job, which empties the
// write-ahead log with every writer waiting, by the part of it that is useful.
func (h *hooks) optimizeNightly(app core.App) error {
	return app.Cron().Add("__pbDBOptimize__", "0 0 * * *", func() {
		ctx := context.Background()
		if err := store.New(app).Optimize(ctx); err != nil {
			h.cfg.Log.ErrorContext(ctx, "optimize the database", slog.Any("err", err))
		}
	})
}
