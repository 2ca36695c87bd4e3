package mobileapi

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
)

// accessPriority puts the line in the log around everything else PocketBase
// does with a request.
const accessPriority = -100_000

// headerRequestID carries the id by which a line of the log is found again.
const headerRequestID = "X-Request-Id"

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
	http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// access writes one line for each request of the server: the pattern of the
// route and not what was asked, because tokens, codes and positions are in
// that; and not who asked.
func (a *API) access(e *core.RequestEvent) error {
	began := a.cfg.Now()
	id := rand.Text()[:16]
	tracked, h := e.Response, e.Response.Header()
	defer giveBodyBack(e.Request)()
	h.Set(headerRequestID, id)
	if e.Request.Header.Get("Origin") != "" { // a client from elsewhere sees no others
		h.Set("Access-Control-Expose-Headers", "Retry-After, ETag, "+headerRequestID)
	}
	err := e.Next()
	method := e.Request.Method
	if !slices.Contains(methods, method) {
		method = "other"
	}
	_, pattern, _ := strings.Cut(e.Request.Pattern, " ")
	a.cfg.Log.InfoContext(e.Request.Context(), "request",
		slog.String("method", method),
		slog.String("route", orElse(pattern, "/")),
		slog.Int("status", statusOf(tracked, err)),
		slog.Int64("ms", a.cfg.Now().Sub(began).Milliseconds()),
		slog.String("requestId", id),
	)
	return err
}

// giveBodyBack returns what puts the connection's own body back into the
// request. net/http looks at it after the handler, to see whether all of it was
// read; in place of it PocketBase leaves a wrapper that it has closed, and then
// the rest of a body that was refused is read as the next request on the
// connection, whoever's that is.
func giveBodyBack(req *http.Request) func() {
	tee, ok := req.Body.(*router.RereadableReadCloser)
	if !ok {
		return func() {}
	}
	own := tee.ReadCloser
	return func() { req.Body = own }
}

// statusOf returns what a request was, or is about to be, answered with.
func statusOf(w http.ResponseWriter, err error) int {
	if s, ok := w.(router.StatusTracker); ok && s.Status() != 0 {
		return s.Status()
	}
	if err != nil {
		return router.ToApiError(err).Status
	}
	return http.StatusOK
}
