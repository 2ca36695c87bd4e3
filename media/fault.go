package media

import "github.com/sestante/sestante/fault"

// The ways a photo can be refused. Each is final for these bytes: sending them
// again changes nothing, taking or exporting the photo again may.
var (
	// ErrEmpty answers a file of no bytes.
	ErrEmpty = fault.Define(fault.Invalid, "media.empty",
		"The photo is empty.",
		"La foto è vuota.")

	// ErrTooLarge answers more bytes than Limits.MaxBytes.
	ErrTooLarge = fault.Define(fault.TooLarge, "media.too_large",
		"The photo file is too large.",
		"Il file della foto è troppo grande.")

	// ErrType answers a file that is neither JPEG nor PNG, whatever its name
	// says. Its detail is the format found, when it is a known one.
	ErrType = fault.Define(fault.Invalid, "media.type",
		"Only JPEG and PNG photos are accepted.",
		"Si accettano solo foto JPEG e PNG.")

	// ErrHEIC answers the format some phones save by default.
	ErrHEIC = fault.Define(fault.Invalid, "media.heic",
		"HEIC photos cannot be read yet: send JPEG.",
		"Le foto HEIC non si possono ancora leggere: invia un JPEG.")

	// ErrDimensions answers a picture with too many pixels, or with none.
	ErrDimensions = fault.Define(fault.Invalid, "media.dimensions",
		"The photo has too many pixels, or none.",
		"La foto ha troppi pixel, o nessuno.")

	// ErrCostly answers a JPEG that asks to be painted over too many times.
	ErrCostly = fault.Define(fault.Invalid, "media.costly",
		"The photo is built in a way that takes too long to read.",
		"La foto è costruita in un modo che richiede troppo tempo per leggerla.")

	// ErrTruncated answers a photo whose end is missing.
	ErrTruncated = fault.Define(fault.Invalid, "media.truncated",
		"The photo is cut short.",
		"La foto è incompleta: ne manca la fine.")

	// ErrCorrupt answers a photo that is all there and makes no sense.
	ErrCorrupt = fault.Define(fault.Invalid, "media.corrupt",
		"The photo is damaged and cannot be read.",
		"La foto è danneggiata e non si può leggere.")
)
