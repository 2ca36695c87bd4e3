package fieldsync

import "github.com/sestante/sestante/fault"

// What can go wrong with a whole request. What can go wrong with one mutation
// is a result, not a fault.
var (
	ErrBody = fault.Define(fault.Invalid, "sync.body",
		"The sync request is malformed.", "La richiesta di sincronizzazione non è valida.")
	ErrTooLarge = fault.Define(fault.TooLarge, "sync.too_large",
		"The push is too large; send fewer changes at once.", "L'invio è troppo grande; invia meno modifiche per volta.")
	ErrDevice = fault.Define(fault.NotFound, "sync.device",
		"There is no such device.", "Questo dispositivo non esiste.")
	ErrLocked = fault.Define(fault.Forbidden, "sync.locked",
		"This device is locked. What you send is kept; nothing is sent to it.",
		"Questo dispositivo è bloccato. Ciò che invii viene conservato; non gli viene inviato nulla.")
	ErrCursor = fault.Define(fault.Invalid, "sync.cursor",
		"The cursor is not one of ours, or belongs to another person.", "Il cursore non è valido o appartiene a un'altra persona.")
)

// What can go wrong with one mutation, besides what its call answers.
var (
	ErrMalformed = fault.Define(fault.Invalid, "sync.malformed",
		"This change could not be read; it was kept as it came.", "Questa modifica non è leggibile; è stata conservata com'è arrivata.")
	ErrOp = fault.Define(fault.Invalid, "sync.op",
		"This server does not know this kind of change.", "Questo server non conosce questo tipo di modifica.")
)
