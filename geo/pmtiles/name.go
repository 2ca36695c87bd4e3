package pmtiles

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sestante/sestante/fault"
)

// ErrName answers a name that no base map is served by.
var ErrName = fault.Define(fault.Invalid, "pmtiles.name",
	"A base map cannot be served by this name: give the file another one, without / \\ : and control characters, in UTF-8, of at most 200 bytes, that does not begin with a dot.",
	"Una mappa di base non può essere servita con questo nome: dai al file un altro nome, senza / \\ : e caratteri di controllo, in UTF-8, di al più 200 byte e che non cominci con un punto.")

// maxName is how long a name may be, in bytes: file systems take 255 with the
// extension.
const maxName = 200

// CheckName reports whether the file of a base map may be asked for by its
// name, without the extension: whatever people call a file, as long as it is
// one on every system and never leaves its folder. In an address it has to be
// escaped. The error is ErrName.
func CheckName(name string) error {
	odd := func(r rune) bool {
		return strings.ContainsRune(`/\:`, r) || !unicode.IsPrint(r) && !unicode.In(r, unicode.Mn, unicode.Cf)
	}
	if name == "" || len(name) > maxName || name[0] == '.' || !utf8.ValidString(name) || strings.ContainsFunc(name, odd) || !filepath.IsLocal(name) {
		return ErrName.In("name").With("%q", name)
	}
	return nil
}
