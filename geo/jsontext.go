package geo

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// membersOf visits the members of an object that is known to be valid JSON, for
// as long as visit wants more, without looking at it again: encoding/json would
// read it once to check it and once more for each level. It reports whether the
// text is an object.
func membersOf(text []byte, visit func(key string, value json.RawMessage) (more bool)) bool {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return false
	}
	for i = skipSpace(text, i+1); i < len(text) && text[i] == '"'; i = skipSpace(text, i) {
		end := skipString(text, i)
		key := plainString(text[i:end])
		from := skipSpace(text, skipSpace(text, end)+1) // past the colon
		if from >= len(text) {
			return true
		}
		to := skipValue(text, from)
		if !visit(key, text[from:to:to]) {
			return true
		}
		if i = skipSpace(text, to); i < len(text) && text[i] == ',' {
			i++
		}
	}
	return true
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// skipString returns where the string that begins at i ends.
func skipString(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// skipValue returns where the value that begins at i ends.
func skipValue(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
			if depth == 0 {
				return i
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth <= 0 {
				if depth < 0 {
					return i // of what is around a number or a word
				}
				return i + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(text)
}

// plainString is the text of a string in quotes.
func plainString(quoted []byte) string {
	if len(quoted) >= 2 && bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it is valid JSON already
	return s
}
