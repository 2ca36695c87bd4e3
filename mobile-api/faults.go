package mobileapi

import (
	"time"

	"github.com/sestante/sestante/fault"
)

// What can be wrong with a request before the desk is asked anything.
var (
	// ErrSignIn answers a request without a token where one is needed, and a
	// token that holds no longer anywhere: a report sent with an expired one
	// would lose its author.
	ErrSignIn = fault.Define(fault.Unauthenticated, "api.sign_in",
		"Sign in first.", "Prima accedi.")
	// ErrBody answers a body that is not what its content type says.
	ErrBody = fault.Define(fault.Invalid, "api.body",
		"The request body could not be read.", "Il corpo della richiesta non è leggibile.")
	// ErrEmpty answers a request that should have a body and has none.
	ErrEmpty = fault.Define(fault.Invalid, "api.empty_body",
		"The request has no body.", "La richiesta è vuota.")
	// ErrContentType answers a body of a type the route does not take.
	ErrContentType = fault.Define(fault.Invalid, "api.content_type",
		"The request body is of a type that is not accepted here.", "Il tipo di contenuto della richiesta non è accettato qui.")
	// ErrTooLarge answers a body, a photo or a field that is too long.
	ErrTooLarge = fault.Define(fault.TooLarge, "api.too_large",
		"That is more than one request may bring.", "La richiesta è troppo grande.")
	// ErrUnknownField answers a field, a file or a query parameter that the
	// route does not know: a spelling mistake must not be lost in silence.
	ErrUnknownField = fault.Define(fault.Invalid, "api.unknown_field",
		"This field is not known here.", "Questo campo non è previsto.")
	// ErrRequired answers a field that must be there and is not.
	ErrRequired = fault.Define(fault.Invalid, "api.required",
		"This field is required.", "Questo campo è obbligatorio.")
	// ErrValue answers a field whose value cannot be read.
	ErrValue = fault.Define(fault.Invalid, "api.value",
		"The value of this field cannot be used.", "Il valore di questo campo non è utilizzabile.")
	// ErrLimited answers a caller who asks too often; Retry-After says when.
	ErrLimited = fault.Define(fault.Limited, "api.limited",
		"Too many requests. Try again in a moment.", "Troppe richieste. Riprova tra poco.")
	// ErrStreams answers a person who has as many open streams as allowed.
	ErrStreams = fault.Define(fault.Limited, "api.streams",
		"You have too many open streams. Close one first.", "Hai troppi flussi aperti. Chiudine uno.")
	// ErrDraining answers new requests while the server is stopping.
	ErrDraining = fault.Define(fault.Busy, "api.draining",
		"The server is restarting. Try again in a moment.", "Il server si sta riavviando. Riprova tra poco.")
	// ErrBusy answers an upload for which there is no memory left now.
	ErrBusy = fault.Define(fault.Busy, "api.busy",
		"Too many photos are arriving at once. Try again in a moment.", "Stanno arrivando troppe foto insieme. Riprova tra poco.")
	// ErrSlow answers a body that stopped arriving.
	ErrSlow = fault.Define(fault.Busy, "api.slow",
		"The request stopped arriving. Send it again.", "La richiesta si è interrotta. Inviala di nuovo.")
)

// A later error says when to try again.
type later struct {
	error
	after time.Duration
}

func (l later) Unwrap() error { return l.error }
