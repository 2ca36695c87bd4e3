package format

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/sestante/sestante/geo"
)

// A charset turns bytes into text. A nil table means UTF-8.
type charset struct {
	name  string
	table *charmap.Charmap
}

var utf8Charset = charset{name: "UTF-8"}

// charsets are those that Italian files come in, by the names that files and
// people give them, without anything but letters and digits.
var charsets = map[string]charset{
	"utf8": utf8Charset, "65001": utf8Charset, "cp65001": utf8Charset, "usascii": utf8Charset, "ascii": utf8Charset,
	"windows1252": {"windows-1252", charmap.Windows1252}, "1252": {"windows-1252", charmap.Windows1252},
	"cp1252": {"windows-1252", charmap.Windows1252}, "ansi1252": {"windows-1252", charmap.Windows1252},
	"iso88591": {"ISO-8859-1", charmap.ISO8859_1}, "88591": {"ISO-8859-1", charmap.ISO8859_1}, "latin1": {"ISO-8859-1", charmap.ISO8859_1},
	"iso885915": {"ISO-8859-15", charmap.ISO8859_15}, "885915": {"ISO-8859-15", charmap.ISO8859_15}, "latin9": {"ISO-8859-15", charmap.ISO8859_15},
	"windows1250": {"windows-1250", charmap.Windows1250}, "1250": {"windows-1250", charmap.Windows1250}, "cp1250": {"windows-1250", charmap.Windows1250},
	"cp850": {"CP850", charmap.CodePage850}, "850": {"CP850", charmap.CodePage850}, "ibm850": {"CP850", charmap.CodePage850}, "oem850": {"CP850", charmap.CodePage850},
	"cp437": {"CP437", charmap.CodePage437}, "437": {"CP437", charmap.CodePage437}, "ibm437": {"CP437", charmap.CodePage437}, "oem437": {"CP437", charmap.CodePage437},
	"macroman": {"macintosh", charmap.Macintosh}, "macintosh": {"macintosh", charmap.Macintosh}, "10000": {"macintosh", charmap.Macintosh},
}

// findCharset finds a charset by a name, or answers ErrCharset.
func findCharset(name string) (charset, error) {
	key := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, name)
	if c, ok := charsets[key]; ok {
		return c, nil
	}
	return charset{}, ErrCharset.With(`"%s"`, shorten(name))
}

// languageDrivers are the marks in the header of a .dbf that name a charset.
var languageDrivers = map[byte]string{
	0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x04: "macroman", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252", 0xc8: "cp1250",
}

func (c charset) text(s string) string {
	if c.table == nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	var out strings.Builder
	for i := range len(s) {
		out.WriteRune(c.table.DecodeByte(s[i]))
	}
	return out.String()
}

// retext turns the text of all properties from raw bytes into the charset, or
// guesses: what is valid UTF-8 is UTF-8, else it is what Windows writes in
// Italy. It reports whether it guessed about something that is not plain
// ASCII.
func retext(raw []geo.Raw, said *charset) (charset, bool) {
	c, guessed := utf8Charset, false
	if said != nil {
		c = *said
	} else {
		valid := true
		for _, r := range raw {
			for name, v := range r.Properties {
				if s, ok := v.(string); ok {
					valid = valid && utf8.ValidString(s) && utf8.ValidString(name)
					guessed = guessed || !ascii(s) || !ascii(name)
				}
			}
		}
		if !valid {
			c = charsets["cp1252"]
		}
	}
	if c.table == nil && said == nil {
		return c, guessed // it is as it should be
	}
	for i := range raw {
		out := make(map[string]any, len(raw[i].Properties))
		for name, v := range raw[i].Properties {
			if s, ok := v.(string); ok {
				v = c.text(s)
			}
			out[c.text(name)] = v
		}
		if raw[i].Properties != nil {
			raw[i].Properties = out
		}
	}
	return c, guessed
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
