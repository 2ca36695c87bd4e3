// Package apierr turns an error into PocketBase's answer to the caller.
//
// PocketBase answers 400 for any error it does not know, and a device drops an
// operation that is answered 400. So no error may reach PocketBase except
// through From.
package apierr

import (
	"errors"
	"net/http"
	"strings"

	"github.com/pocketbase/pocketbase/tools/router"

	"github.com/sestante/sestante/fault"
)

var status = map[fault.Kind]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Limited:         http.StatusTooManyRequests,
	fault.Busy:            http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

// Status returns the HTTP status that answers a kind of failure.
func Status(k fault.Kind) int { return status[k] }

// From returns the answer for err in lang ("it", or anything else for
// English): the fault's text, code, kind and field for the caller, the whole
// chain for the log. An error PocketBase made itself passes unchanged.
func From(err error, lang string) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*router.ApiError](err); ok {
		return e
	}
	f := fault.Of(err)
	e := router.NewApiError(status[f.Kind], f.Say(lang), err)
	e.Data = Data(f)
	return e
}

// Data returns what of a fault travels beside its sentence.
func Data(f *fault.Error) map[string]any {
	data := map[string]any{"code": f.Code, "kind": string(f.Kind)}
	if f.Field != "" {
		data["field"] = f.Field
	}
	return data
}

// Language picks it or en from an Accept-Language header; absent means def.
// The first of the two that is named wins: weights below it do not matter to a
// choice between two.
func Language(header, def string) string {
	for part := range strings.SplitSeq(strings.ToLower(header), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(tag, "-")
		if base == "it" || base == "en" {
			return base
		}
	}
	return def
}
