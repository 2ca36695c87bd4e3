package hooks

import (
	"context"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"

	"github.com/sestante/sestante/store"
)

// RegisterCapture keeps the change capture right: it is put in order at every
// start, before anybody writes, and taken away and rebuilt around every edit of
// a collection, in the transaction of the edit. SQLite refuses to drop a column
// that a trigger names, and would let pass what a trigger needs.
func RegisterCapture(app core.App) {
	app.OnServe().Bind(&hook.Handler[*core.ServeEvent]{Id: "capture.install", Priority: -1000, Func: installCapture})
	around := func() *hook.Handler[*core.CollectionEvent] {
		return &hook.Handler[*core.CollectionEvent]{Id: "capture.rebuild", Func: rebuildCapture}
	}
	app.OnCollectionCreateExecute().Bind(around())
	app.OnCollectionUpdateExecute().Bind(around())
	app.OnCollectionDeleteExecute().Bind(around())
}

func installCapture(e *core.ServeEvent) error {
	if err := store.New(e.App).InstallCapture(context.Background()); err != nil {
		return err
	}
	return e.Next()
}

func rebuildCapture(e *core.CollectionEvent) error {
	has, err := store.New(e.App).HasCapture(e.Context)
	if err != nil || !has {
		return nextOr(e, err)
	}
	outer := e.App
	return outer.RunInTransaction(func(tx core.App) error {
		e.App = tx
		defer func() { e.App = outer }()
		s := store.New(tx)
		if err := s.DropCapture(e.Context); err != nil {
			return err
		}
		if err := e.Next(); err != nil {
			return err
		}
		if err := s.InstallCapture(e.Context); err != nil {
			return err
		}
		return s.RestampCollection(e.Context, e.Collection.Name)
	})
}

// nextOr goes on unless something went wrong.
func nextOr(e *core.CollectionEvent, err error) error {
	if err != nil {
		return err
	}
	return e.Next()
}
