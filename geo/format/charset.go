package format

import (
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"

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
	// What is called Latin-1 has letters of Windows where Latin-1 has control
	// characters; the Encoding Standard of the WHATWG reads it so too.
	"iso88591": {"ISO-8859-1", charmap.Windows1252}, "88591": {"ISO-8859-1", charmap.Windows1252}, "latin1": {"ISO-8859-1", charmap.Windows1252},
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

// text decodes a text; ok is false when it is not in the charset: then what is
// not has become U+FFFD.
func (c charset) text(s string) (text string, ok bool) {
	if c.table == nil {
		return strings.ToValidUTF8(s, "\uFFFD"), utf8.ValidString(s)
	}
	var out strings.Builder
	ok = true
	for i := range len(s) {
		r := c.table.DecodeByte(s[i])
		ok = ok && r != utf8.RuneError
		out.WriteRune(r)
	}
	return out.String(), ok
}

// retext turns the text of all properties from raw bytes into the charset, or
// guesses: what is valid UTF-8 is UTF-8, else it is what Windows writes in
// Italy. It reports whether it guessed about something that is not plain
// ASCII. A text that is not in the charset that was said is read in the other,
// which the caller named; without one it is the problem of its feature.
func retext(raw []geo.Raw, said, other *charset) (charset, bool) {
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
		c.properties(&raw[i], other)
	}
	return c, guessed
}

// properties decodes the names and values of a feature.
func (c charset) properties(raw *geo.Raw, other *charset) {
	if raw.Properties == nil {
		return
	}
	decode := func(s string) (string, bool) {
		text, ok := c.text(s)
		if !ok && other != nil {
			return other.text(s)
		}
		return text, ok
	}
	out := make(map[string]any, len(raw.Properties))
	for _, name := range slices.Sorted(maps.Keys(raw.Properties)) { // the same problem every time
		v := raw.Properties[name]
		key, fine := decode(name)
		value, isText := v.(string)
		if isText {
			text, ok := decode(value)
			v, fine = text, fine && ok
		}
		if !fine && raw.Problem == nil {
			raw.Problem = geo.Misread(name, value)
		}
		out[key] = v
	}
	raw.Properties = out
}

// mend wraps text whose format says that it is UTF-8: what is not, byte by
// byte, is read in the charset that the caller named. Without one it stays as it
// is, to be refused.
func (w *work) mend(r io.Reader) (io.Reader, error) {
	if w.charset == "" {
		return r, nil
	}
	c, err := findCharset(w.charset)
	if err != nil || c.table == nil {
		return r, err
	}
	return transform.NewReader(r, mender{table: c.table}), nil
}

// A mender leaves UTF-8 alone and decodes every other byte.
type mender struct {
	transform.NopResetter

	table *charmap.Charmap
}

// Transform is that of transform.Transformer.
func (m mender) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && size == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if r = m.table.DecodeByte(src[nSrc]); r == utf8.RuneError {
				r = -1 // it is nothing there either: leave it
			}
		}
		if nDst+utf8.UTFMax > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		if r < 0 {
			dst[nDst] = src[nSrc]
			nDst++
		} else {
			nDst += utf8.EncodeRune(dst[nDst:], r)
		}
		nSrc += size
	}
	return nDst, nSrc, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
