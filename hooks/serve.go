package hooks

import (
	"fmt"
	"net/http"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
)

// What PocketBase's own routes are refused with.
var (
	// ErrProduction answers what would change the schema, or reach around it,
	// in production: that comes with a release, as a migration.
	ErrProduction = fault.Define(fault.Forbidden, "platform.production",
		"This is shut in production. The schema changes with a release.",
		"In produzione questa funzione è chiusa. Lo schema cambia con una nuova versione.")
	// ErrThumb answers a thumbnail of a stored file: PocketBase makes them from
	// any picture, however large, while the caller waits.
	ErrThumb = fault.Define(fault.Invalid, "platform.thumb",
		"Thumbnails are not made here. Ask for a photo's small or large size.",
		"Qui non si generano miniature. Chiedi la foto in formato small o large.")
	// ErrNoRoute answers a path below /api that leads nowhere.
	ErrNoRoute = fault.Define(fault.NotFound, "platform.no_route",
		"There is nothing at this address.", "A questo indirizzo non c'è nulla.")
)

// shut are PocketBase's routes that no hook of its own guards.
var shut = map[string]bool{
	"POST /api/sql": true,
	"DELETE /api/collections/{collection}/truncate": true,
}

const fileRoute = "GET /api/files/{collection}/{recordId}/{filename}"

// serve prepares PocketBase's router: the installer (which prints a token that
// makes anybody an administrator) is taken off, what is dangerous is refused,
// and what is unknown below /api is answered in JSON even when a web app
// answers everything else.
func (h *hooks) serve(se *core.ServeEvent) error {
	se.InstallerFunc = nil
	if err := dressDashboard(se); err != nil {
		return err
	}
	se.Router.BindFunc(h.guardRoute)
	for _, method := range []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} { // one by one: a pattern without a method would collide with a web app's GET /{path...}
		se.Router.Route(method, "/api/{path...}", func(e *core.RequestEvent) error { return h.refuse(e, ErrNoRoute) }).
			Unbind(apis.DefaultActivityLoggerMiddlewareId) // it keeps addresses, and a mistyped one may hold a secret
	}
	return se.Next()
}

func (h *hooks) guardRoute(e *core.RequestEvent) error {
	switch {
	case h.cfg.Production && shut[e.Request.Pattern]:
		return h.refuse(e, ErrProduction)
	case e.Request.Pattern == fileRoute && e.Request.URL.Query().Has("thumb"):
		return h.refuse(e, ErrThumb.In("thumb"))
	default:
		return e.Next()
	}
}

func (h *hooks) refuseSchema(e *core.CollectionRequestEvent) error {
	return h.refuse(e.RequestEvent, ErrProduction)
}

func (h *hooks) refuseImport(e *core.CollectionsImportRequestEvent) error {
	return h.refuse(e.RequestEvent, ErrProduction)
}

// refuse answers with a fault in the reader's language.
func (h *hooks) refuse(e *core.RequestEvent, f *fault.Error) error {
	lang := apierr.Language(e.Request.Header.Get("Accept-Language"), h.cfg.Language)
	return apierr.From(fmt.Errorf("%s: %w", e.Request.Pattern, f), lang)
}
