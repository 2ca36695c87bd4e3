package geo

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/sestante/sestante/fault"
)

// brokenFeature names the feature in whose text the file stops being JSON.
func (rd *jsonReader) brokenFeature(err error) error {
	text, at := rd.unread()
	return rd.blame(rd.broken(err), splitFeature(text), text, at)
}

// brokenMember does so for a feature that is a record of its own, whose member
// key is broken.
func (rd *jsonReader) brokenMember(m *members, key string, err error) error {
	f := rawFeature{id: m.id, properties: m.properties, geometry: m.geometry}
	text, at := rd.unread()
	switch key {
	case "properties":
		f.properties = text
	case "geometry", "coordinates":
	default:
		return rd.broken(err)
	}
	return rd.blame(rd.broken(err), f, text, at)
}

// unread is the text from where the decoder stopped, as far as it was read, and
// the byte of the file at which it begins.
func (rd *jsonReader) unread() ([]byte, int64) {
	text, err := io.ReadAll(rd.dec.Buffered())
	if err != nil {
		return nil, 0 // it comes from memory
	}
	return text, rd.dec.InputOffset()
}

// blame makes the fault of a file the problem of the feature in whose text it
// lies: text begins at the byte at. What is not about the text stays as it is.
func (rd *jsonReader) blame(err error, f rawFeature, text []byte, at int64) error {
	said := fault.Of(err)
	if !errors.Is(err, ErrNotJSON) && !errors.Is(err, ErrTruncated) {
		return err
	}
	feature := Feature{Index: len(rd.doc.Features), ID: guess(f.id), Properties: map[string]any{}}
	membersOf(f.properties, func(key string, value json.RawMessage) bool {
		feature.Properties[key] = guess(value)
		return len(feature.Properties) < 100
	})
	note, end := said.Words(), len(text)
	if word, i := foreignWord(text); errors.Is(err, ErrNotJSON) && word != "" {
		note, end = fault.Say("at byte %d it says %s, which JSON does not know", "al byte %d dice %s, che JSON non conosce", at+int64(i)+1, word), i
	}
	problem := feature.identified(Problem{Fault: bare(said), Place: positionIn(text, end), Note: note}, rd.limits.Code)
	return Problems{problem}
}

// bare is the fault without what was found.
func bare(f *fault.Error) *fault.Error {
	c := *f
	c.Field, c.Detail, c.DetailItalian = "", "", ""
	return &c
}

// guess is the text of a value that may be cut or no JSON at all, for a message.
func guess(value json.RawMessage) string {
	if len(value) == 0 || value[0] == '{' || value[0] == '[' || string(value) == "null" {
		return ""
	}
	return strings.Trim(strings.ToValidUTF8(string(value), "\uFFFD"), `"`)
}

// foreignWord finds the first word outside strings that JSON does not know, such
// as NaN or Infinity, and where it begins.
func foreignWord(text []byte) (word string, at int) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			i = skipString(text, i)
		case isLetter(c):
			from := i
			for i < len(text) && isLetter(text[i]) {
				i++
			}
			switch w := string(text[from:i]); {
			case w == "true", w == "false", w == "null":
			case (w == "e" || w == "E") && from > 0 && isNumber(text[from-1]):
			default:
				return printable(w), from
			}
		default:
			i++
		}
	}
	return "", 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
