package hooks

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
	"github.com/sestante/sestante/store"
)

// ErrAreaHeld answers the deletion of an area that somebody's role is limited
// to.
var ErrAreaHeld = fault.Define(fault.Conflict, "area.held",
	"Somebody's role is limited to this area. End the area with a date, or change those roles first.",
	"C'è chi ha un ruolo limitato a quest'area. Chiudi l'area con una data, oppure cambia prima quei ruoli.")

// keepHeldArea refuses to delete an area that a role names: PocketBase would
// take it out of the role, and a role of the control room without areas is one
// for the whole territory.
func (h *hooks) keepHeldArea(e *core.RecordEvent) error {
	held, err := store.New(e.App).AreaHeld(e.Context, e.Record.Id)
	if err != nil {
		return err
	}
	if held {
		return apierr.From(fmt.Errorf("delete area %s: %w", e.Record.Id, ErrAreaHeld), h.cfg.Language)
	}
	return e.Next()
}
