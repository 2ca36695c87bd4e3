package format

import (
	"slices"
	"strings"
)

// A Note says what was left out of a file or assumed about it, although it was
// read. Codes are stable; there is at most one note of each.
type Note struct {
	Code    string `json:"code"`
	Text    string `json:"text"`             // a sentence in English
	Italian string `json:"italian"`          // the same in Italian
	Detail  string `json:"detail,omitempty"` // what it is about: a count, a name
}

// Say returns the sentence in the language ("it", or any other for English),
// with its detail.
func (n Note) Say(lang string) string {
	text := n.Text
	if strings.HasPrefix(strings.ToLower(lang), "it") {
		text = n.Italian
	}
	if n.Detail != "" {
		text = strings.TrimSuffix(text, ".") + " (" + n.Detail + ")."
	}
	return text
}

// String is the sentence in English with its code in front.
func (n Note) String() string { return n.Code + ": " + n.Say("en") }

// With returns the note with a detail.
func (n Note) With(detail string) Note {
	n.Detail = detail
	return n
}

// The notes of every kind of file.
var (
	NoteHeights = Note{
		Code:    "format.heights_dropped",
		Text:    "Positions have heights or measures, which were left out.",
		Italian: "Le posizioni hanno quote o misure, che sono state tralasciate.",
	}
	NoteCRSAssumed = Note{
		Code:    "format.crs_assumed",
		Text:    "The file does not say its coordinate system: it was taken for WGS84.",
		Italian: "Il file non indica il suo sistema di coordinate: è stato letto come WGS84.",
	}
	NoteCRSGiven = Note{
		Code:    "format.crs_given",
		Text:    "The file does not say its coordinate system in words that are known: the one given was used.",
		Italian: "Il file non indica un sistema di coordinate noto: è stato usato quello fornito.",
	}
	NoteCRSKept = Note{
		Code:    "format.crs_kept",
		Text:    "The file says another coordinate system than the one given: the file's was used.",
		Italian: "Il file indica un sistema di coordinate diverso da quello fornito: è stato usato quello del file.",
	}
	NoteReprojected = Note{
		Code:    "format.reprojected",
		Text:    "The coordinates were turned into WGS84.",
		Italian: "Le coordinate sono state convertite in WGS84.",
	}
	NoteAccuracy = Note{
		Code:    "format.accuracy",
		Text:    "The way from this coordinate system to WGS84 is only known to some metres: borders may lie so far off.",
		Italian: "La conversione da questo sistema di coordinate a WGS84 è nota solo entro alcuni metri: i confini possono scostarsi di tanto.",
	}
	NoteAxes = Note{
		Code:    "format.axes_swapped",
		Text:    "The file has northing before easting, as its coordinate system does: they were exchanged.",
		Italian: "Il file ha il nord prima dell'est, come il suo sistema di coordinate: sono stati scambiati.",
	}
	NoteClosed = Note{
		Code:    "format.rings_closed",
		Text:    "Rings whose ends lie within a millimetre of each other were closed.",
		Italian: "Gli anelli con le estremità a meno di un millimetro l'una dall'altra sono stati chiusi.",
	}
	NoteCharset = Note{
		Code:    "format.charset_assumed",
		Text:    "The file does not say how its text is encoded: it was guessed.",
		Italian: "Il file non indica la codifica del testo: è stata dedotta.",
	}
	NoteSkipped = Note{
		Code:    "format.points_skipped",
		Text:    "Points beside the areas were left out.",
		Italian: "I punti accanto alle aree sono stati tralasciati.",
	}
	NoteDeleted = Note{
		Code:    "format.deleted_skipped",
		Text:    "Records marked as deleted were left out.",
		Italian: "I record contrassegnati come cancellati sono stati tralasciati.",
	}
	NoteCut = Note{
		Code:    "format.cut_at_180",
		Text:    "Areas that go over the 180th meridian were cut there, as RFC 7946 asks.",
		Italian: "Le aree che passano oltre il meridiano 180 sono state tagliate lì, come chiede RFC 7946.",
	}
	NoteLinks = Note{
		Code:    "format.links_skipped",
		Text:    "Links to files elsewhere were not followed.",
		Italian: "I rimandi a file che stanno altrove non sono stati seguiti.",
	}
	NoteLost = Note{
		Code:    "format.lost_letters",
		Text:    "The text holds the character U+FFFD, which stands for letters that were lost before: look at the names.",
		Italian: "Il testo contiene il carattere U+FFFD, che sta per lettere perse in precedenza: controlla i nomi.",
	}
	NoteExtent = Note{
		Code:    "format.outside_extent",
		Text:    "Areas lie wholly outside Italy: if they should not, look at the coordinates.",
		Italian: "Alcune aree stanno tutte fuori dall'Italia: se non dovrebbero, controlla le coordinate.",
	}
	NoteWinding = Note{
		Code:    "format.winding_ignored",
		Text:    "The direction of rings does not tell shells from holes: they were sorted by what lies inside what.",
		Italian: "Il verso degli anelli non distingue contorni e buchi: sono stati ordinati in base a ciò che contiene cosa.",
	}
)

// notes gathers notes, one of each code.
type notes []Note

func (n *notes) add(note Note) {
	if !slices.ContainsFunc(*n, func(o Note) bool { return o.Code == note.Code }) {
		*n = append(*n, note)
	}
}
