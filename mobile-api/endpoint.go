package mobileapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// The content types of answers.
const (
	typeJSON    = "application/json"
	typeGeoJSON = "application/geo+json"
	typeNDJSON  = "application/x-ndjson"
	typeYAML    = "application/yaml"
	typePhoto   = "image/*"
	typeEvents  = "text/event-stream"
)

// A request is what a handler sees of one.
type request struct {
	who   report.Actor
	token string // with which who is signed in; empty for a guest
	lang  string // of the reader: it or en
	ip    string // the part of the caller's address that tells subscribers apart
	query url.Values
	body  *body // nil for routes without one

	event *core.RequestEvent // for endpoint and its helpers only
}

// path returns a part of the path by the name it has in braces.
func (r *request) path(name string) string { return r.event.Request.PathValue(name) }

// person tells callers apart: who they are, or where a guest asks from.
func (r *request) person() string {
	if r.who.ID != "" {
		return "p:" + string(r.who.ID)
	}
	return "ip:" + r.ip
}

// An answer is what a handler makes of a request. Exactly one of body, blob,
// packed and stream may be set; none of them is an empty answer.
type answer struct {
	status int    // 0 means 200, or 204 when empty
	body   any    // sent as JSON, under the content type of the route
	blob   []byte // sent as it is
	packed []byte // sent in gzip, which this is: only to who takes it
	stream func(ctx context.Context, w *writer) error

	contentType string // of a blob
	name        string // of a blob that is to be saved, not shown
	tag         string // what a blob or body is known by in caches; empty: never kept
	cache       string // Cache-Control; empty: no-store
}

type handler func(context.Context, *request) (answer, error)

// endpoint makes a route's handler into one of PocketBase's. It is the only
// code that reads a request, writes a status or makes an error of a failure.
func (a *API) endpoint(rt Route) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) (err error) {
		lang := apierr.Language(e.Request.Header.Get("Accept-Language"), "")
		r := &request{event: e, lang: orElse(lang, a.cfg.Language)}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // a panic's value, not a wrapped error
					panic(p)
				}
				err = a.fail(rt, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		if !a.gate.enter() {
			return a.fail(rt, r, later{ErrDraining, retryAfterBusy})
		}
		defer a.gate.leave()
		ctx := e.Request.Context()
		if err := a.read(ctx, rt, r, lang); err != nil {
			return a.fail(rt, r, err)
		}
		defer r.body.close()
		out, err := rt.serve(ctx, r)
		if err == nil {
			err = a.send(ctx, rt, r, out)
		}
		return a.fail(rt, r, err)
	}
}

// read fills the request: who asks, how often, what for.
func (a *API) read(ctx context.Context, rt Route, r *request, lang string) error {
	e := r.event
	r.ip = network(e.RealIP())
	if err := a.identify(ctx, rt, r); err != nil {
		return err
	}
	if lang == "" && r.who.Language != "" {
		r.lang = r.who.Language
	}
	if rt.Limited {
		if wait := a.intake.take(r.person(), a.cfg.Now()); wait > 0 {
			return later{ErrLimited, wait}
		}
	}
	var err error
	if r.query, err = url.ParseQuery(e.Request.URL.RawQuery); err != nil {
		return ErrValue.In("query")
	}
	if err := rt.checkQuery(r.query); err != nil {
		return err
	}
	if rt.Body != nil {
		r.body, err = a.open(e, *rt.Body)
	}
	return err
}

// identify says who asks. A token that does not hold is refused everywhere: the
// phone must sign in again, not go on as a stranger. Superusers are no people
// of the desk: they have PocketBase's own pages.
func (a *API) identify(ctx context.Context, rt Route, r *request) error {
	token := r.event.Request.Header.Get("Authorization")
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = rest
	}
	if token == "" || rt.Auth == Guest {
		if rt.Auth == Required {
			return ErrSignIn
		}
		r.who = report.Actor{Language: r.lang}
		return nil
	}
	auth := r.event.Auth
	if auth == nil || auth.Collection().Name != "users" {
		return ErrSignIn
	}
	who, err := a.cfg.Desk.Actor(ctx, report.PersonID(auth.Id))
	if errors.Is(err, store.ErrNoPerson) {
		return fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	r.who, r.token = who, token
	return err
}

// send writes an answer.
func (a *API) send(ctx context.Context, rt Route, r *request, out answer) error {
	w := a.paceWriter(r.event.Response)
	h := w.Header()
	h.Set("Cache-Control", orElse(out.cache, "no-store"))
	h.Add("Vary", "Authorization, Accept-Language")
	switch {
	case out.stream != nil:
		h.Set("Content-Type", rt.Type)
		h.Set("X-Accel-Buffering", "no") // nginx would hold the lines back
		err := out.stream(ctx, w)
		if err != nil && !w.begun {
			h.Del("Content-Type") // the fault is JSON
		}
		return err
	case out.packed != nil:
		sendPacked(w, r.event.Request, out)
		return nil
	case out.blob != nil:
		h.Set("Content-Type", out.contentType)
		h.Set("Content-Disposition", disposition(out.name))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("ETag", strconv.Quote(out.tag))
		if matches(r.event.Request.Header.Get("If-None-Match"), strconv.Quote(out.tag)) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		http.ServeContent(w, r.event.Request, "", time.Time{}, bytes.NewReader(out.blob))
		return nil
	case out.body != nil:
		return sendJSON(w, r.event.Request, rt, out)
	default:
		w.WriteHeader(orElse(out.status, http.StatusNoContent))
		return nil
	}
}

func disposition(name string) string {
	if name == "" {
		return "inline"
	}
	return "attachment; filename=" + strconv.Quote(name)
}

func sendJSON(w http.ResponseWriter, req *http.Request, rt Route, out answer) error {
	data, err := json.Marshal(out.body)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	h := w.Header()
	if out.cache != "" {
		tag := strconv.Quote(digest(data))
		h.Set("ETag", tag)
		if matches(req.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h.Set("Content-Type", rt.Type)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(orElse(out.status, http.StatusOK))
	_, _ = w.Write(data) // whoever has left cannot be told
	return nil
}

// fail turns an error into the answer for it, and logs what a person must look
// at. Once the answer has begun there is no way to say so: a stream that ends
// without its last line says it by itself.
func (a *API) fail(rt Route, r *request, err error) error {
	if err == nil {
		return nil
	}
	ctx, f := r.event.Request.Context(), fault.Of(err)
	if ctx.Err() != nil && f.Kind == fault.Internal {
		return nil // the caller has gone
	}
	ordinary := errors.Is(err, ErrDraining) || errors.Is(err, ErrSlow) // a bad network is no news
	if f.Kind == fault.Internal || f.Kind == fault.Busy && !ordinary {
		a.cfg.Log.ErrorContext(ctx, "request failed", slog.String("route", rt.Path), slog.String("method", rt.Method),
			slog.String("requestId", r.event.Response.Header().Get(headerRequestID)), slog.Any("err", err))
	}
	h := r.event.Response.Header()
	h.Set("Cache-Control", "no-store")
	var l later
	switch {
	case errors.As(err, &l):
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(l.after.Seconds()))))
	case f.Kind == fault.Limited || f.Kind == fault.Busy:
		h.Set("Retry-After", strconv.Itoa(int(retryAfterBusy.Seconds())))
	}
	return apierr.From(err, r.lang)
}
