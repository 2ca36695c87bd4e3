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
	ErrField = fault.Define(fault.Forbidden, "sync.field",
		"This is changed by a call, or not from a device.", "Questo dato si modifica con una chiamata, o non da un dispositivo.")
	ErrValue = fault.Define(fault.Invalid, "sync.value",
		"This value does not fit its field.", "Questo valore non è adatto al campo.")
	ErrRight = fault.Define(fault.Forbidden, "sync.right",
		"You may not change this.", "Non puoi modificare questo dato.")
	ErrRecord = fault.Define(fault.NotFound, "sync.none",
		"There is no such record, or it is not for you.", "L'elemento non esiste o non è visibile per te.")
	ErrDeleted = fault.Define(fault.Conflict, "sync.deleted",
		"It was deleted in the meantime.", "È stato eliminato nel frattempo.")
	ErrTargetDeleted = fault.Define(fault.Conflict, "sync.target_deleted",
		"It was deleted in the meantime; the change is kept, and an operator can put it back.",
		"È stato eliminato nel frattempo; la modifica è conservata e un operatore può ripristinarlo.")
	ErrScopeLost = fault.Define(fault.Forbidden, "sync.scope_lost",
		"This was yours when you changed it, and is not any more; the change is kept, and an operator will look at it.",
		"Era di tua competenza quando l'hai modificato e ora non lo è più; la modifica è conservata e sarà esaminata da un operatore.")
	ErrChanged = fault.Define(fault.Conflict, "sync.changed",
		"It was changed in the meantime, and was not deleted.", "È stato modificato nel frattempo e non è stato eliminato.")
	ErrTaken = fault.Define(fault.Conflict, "sync.taken",
		"There is another record under this id.", "Esiste già un altro elemento con questo identificativo.")
	ErrQuarantined = fault.Define(fault.Internal, "sync.quarantined",
		"The server could not carry this change out; it is kept, and an operator will look at it.",
		"Il server non è riuscito a eseguire questa modifica; è conservata e sarà esaminata da un operatore.")
)

// What can go wrong when somebody decides about what a push left behind.
var (
	ErrNoConflict = fault.Define(fault.NotFound, "sync.no_conflict",
		"There is no such conflict, or it is not for you.", "Il conflitto non esiste o non è visibile per te.")
	ErrDecided = fault.Define(fault.Conflict, "sync.decided",
		"This has been decided, or the field has changed since.", "È già stato deciso, o il campo è cambiato nel frattempo.")
	ErrKeep = fault.Define(fault.Invalid, "sync.keep",
		"Say which value to keep: mine or theirs.", "Indica quale valore tenere: mine o theirs.")
	ErrNoLetter = fault.Define(fault.NotFound, "sync.no_letter",
		"There is no such refused change, or it is not for you.", "La modifica rifiutata non esiste o non è visibile per te.")
	ErrNotHeld = fault.Define(fault.NotFound, "sync.not_held",
		"No such change is in quarantine.", "Nessuna modifica del genere è in quarantena.")
)
