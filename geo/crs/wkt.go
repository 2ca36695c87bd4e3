package crs

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxWKT bounds a description: real ones have a few kilobytes.
const (
	maxWKT      = 64 << 10
	maxWKTDepth = 32
)

// A node is one part of well-known text: KEY["word",word,KEY[…]].
type node struct {
	key   string // in upper case
	words []string
	kids  []node
}

// readNode reads well-known text, with square or round brackets.
func readNode(text string) (node, error) {
	if len(text) > maxWKT {
		return node{}, ErrMalformed.WithIn("it is longer than %d bytes", "supera i %d byte", maxWKT)
	}
	r := nodeReader{text: text}
	n, ok := r.node(0)
	for ok && r.take(",") { // ESRI writes the system of heights behind it
		_, ok = r.node(0)
	}
	if r.space(); !ok || r.i < len(r.text) {
		return node{}, ErrMalformed.WithIn("at character %d", "al carattere %d", r.i+1)
	}
	return n, nil
}

type nodeReader struct {
	text string
	i    int
}

func (r *nodeReader) space() {
	for r.i < len(r.text) && (r.text[r.i] <= ' ' || r.text[r.i] == 0xef || r.text[r.i] == 0xbb || r.text[r.i] == 0xbf) {
		r.i++ // also a byte order mark
	}
}

func (r *nodeReader) take(set string) bool {
	r.space()
	if r.i < len(r.text) && strings.IndexByte(set, r.text[r.i]) >= 0 {
		r.i++
		return true
	}
	return false
}

func (r *nodeReader) node(depth int) (node, bool) {
	key, ok := r.word()
	n := node{key: strings.ToUpper(key)}
	if !ok || depth > maxWKTDepth || !r.take("[(") {
		return n, false
	}
	for {
		start := r.i
		word, ok := r.word()
		if !ok {
			return n, false
		}
		if quoted := strings.HasSuffix(strings.TrimSpace(r.text[start:r.i]), `"`); !quoted && r.peek("[(") {
			r.i = start
			kid, ok := r.node(depth + 1)
			if !ok {
				return n, false
			}
			n.kids = append(n.kids, kid)
		} else {
			n.words = append(n.words, word)
		}
		if r.take("])") {
			return n, true
		}
		if !r.take(",") {
			return n, false
		}
	}
}

func (r *nodeReader) peek(set string) bool {
	r.space()
	return r.i < len(r.text) && strings.IndexByte(set, r.text[r.i]) >= 0
}

// word reads "text in quotes", where "" is a quote, or a bare word or number.
func (r *nodeReader) word() (string, bool) {
	r.space()
	if r.i < len(r.text) && r.text[r.i] == '"' {
		var out strings.Builder
		for r.i++; r.i < len(r.text); r.i++ {
			if r.text[r.i] != '"' {
				out.WriteByte(r.text[r.i])
				continue
			}
			if r.i++; r.i >= len(r.text) || r.text[r.i] != '"' {
				return out.String(), true
			}
			out.WriteByte('"')
		}
		return "", false
	}
	start := r.i
	for r.i < len(r.text) && strings.IndexByte(`[](),"`, r.text[r.i]) < 0 {
		r.i++
	}
	word := strings.TrimSpace(r.text[start:r.i])
	return word, word != ""
}

// find returns the first part with one of the keys.
func (n node) find(keys ...string) (node, bool) {
	i := slices.IndexFunc(n.kids, func(k node) bool { return slices.Contains(keys, k.key) })
	if i < 0 {
		return node{}, false
	}
	return n.kids[i], true
}

func (n node) name() string {
	if len(n.words) == 0 {
		return ""
	}
	return n.words[0]
}

// plain leaves letters and digits, small: ESRI writes False_Easting where the
// EPSG writes "False easting".
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// ParseWKT reads a system described as well-known text: of the OGC (2001), of
// ESRI (.prj files) or of ISO 19162. It goes by the parameters, not by the
// name: two files that call the same system differently mean the same, and a
// name does not excuse wrong parameters. Errors are ErrMalformed and
// ErrUnknown, which says what is not known.
func ParseWKT(text string) (System, error) {
	root, err := readNode(text)
	if err == nil {
		var s System
		if s, err = root.system(); err == nil {
			return s, nil
		}
	}
	return System{}, fmt.Errorf("reading well-known text of a coordinate system: %w", err)
}
