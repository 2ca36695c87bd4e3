package geo

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sestante/sestante/fault"
)

// ErrEncoding is text that is not in the encoding it should be in: to read on
// would put other letters in its place.
var ErrEncoding = fault.Define(fault.Invalid, "geo.encoding",
	"The text is not in the encoding that it should be in: save the file as UTF-8, or name its charset.",
	"Il testo non è nella codifica che dovrebbe avere: salva il file in UTF-8, oppure indica la sua codifica (charset).")

// misread is the problem of a feature with a property whose text is no UTF-8,
// and nil when all of it is.
func (f rawFeature) misread(all json.RawMessage) *Problem {
	var found *Problem
	whole := utf8.Valid(f.properties)
	membersOf(f.properties, func(key string, value json.RawMessage) bool {
		if sound(value) && (whole || !strings.ContainsRune(key, utf8.RuneError)) {
			return true
		}
		found = Misread(key, string(bytes.Trim(value, `"`)))
		return false
	})
	switch {
	case found != nil:
		return found
	case !sound(f.id):
		return Misread("id", string(bytes.Trim(f.id, `"`)))
	case !utf8.Valid(all):
		return &Problem{Fault: ErrEncoding}
	}
	return nil
}

// Misread is the problem of a feature with a property whose text cannot be
// read: ErrEncoding with the property and its bytes.
func Misread(property, value string) *Problem {
	shown := value
	if len(shown) > 60 {
		shown = shown[:60] + "…"
	}
	return &Problem{Fault: ErrEncoding, Note: fault.Say("property %s is %s", "la proprietà %s è %s", strconv.QuoteToGraphic(property), strconv.QuoteToGraphic(shown))}
}

// sound reports whether a JSON value is UTF-8 in which no escape stands for
// half a character (a surrogate without its other half).
func sound(value []byte) bool {
	if !utf8.Valid(value) {
		return false
	}
	for i := 0; i+1 < len(value); i++ {
		if value[i] != '\\' {
			continue
		}
		if i++; value[i] != 'u' {
			continue
		}
		switch unit := hexUnit(value, i+1); {
		case unit >= 0xdc00 && unit <= 0xdfff:
			return false
		case unit >= 0xd800 && unit <= 0xdbff:
			if low := hexUnit(value, i+7); !bytes.HasPrefix(value[min(i+5, len(value)):], []byte(`\u`)) || low < 0xdc00 || low > 0xdfff {
				return false
			}
			i += 10
		}
	}
	return true
}

// hexUnit is the number that four digits of an escape stand for, or -1.
func hexUnit(value []byte, at int) int {
	if at+4 > len(value) {
		return -1
	}
	v, err := strconv.ParseUint(string(value[at:at+4]), 16, 16)
	if err != nil {
		return -1
	}
	return int(v)
}
