// Package client writes what the TypeScript client must know of the server's
// tables: which columns travel to whom (rows.ts), what can be called, with
// which arguments and where it leads (calls.ts), and what can go wrong
// (codes.ts). It reads the tables themselves, so that the client cannot be of
// another opinion; a test fails while the files in client/src/gen differ, and
// writes them when UPDATE is set.
//
// It refuses to decide anything: a rule that is not in a table of the server is
// not in these files.
package client

import (
	"bytes"
	"fmt"
	"strings"
)

const notice = "// Generated from the server's tables by `make gen`; do not edit.\n\n"

// Files returns the generated files by name. Root is the root of the checkout,
// whose sources are read for the fault codes.
func Files(root string) (map[string][]byte, error) {
	codes, err := codesFile(root)
	if err != nil {
		return nil, err
	}
	calls, err := callsFile()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"rows.ts": rowsFile(), "calls.ts": calls, "codes.ts": codes}, nil
}

// union writes words as a union of string literals.
func union[T ~string](words []T) string {
	return strings.Join(literals(words), " | ")
}

// list writes words as an array literal.
func list[T ~string](words []T) string {
	return "[" + strings.Join(literals(words), ", ") + "]"
}

func literals[T ~string](words []T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = literal(string(w))
	}
	return out
}

// literal writes a string as TypeScript reads it.
func literal(s string) string {
	r := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`)
	return "'" + r.Replace(s) + "'"
}

// title writes a name with a capital.
func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// A page is a file being written.
type page struct{ bytes.Buffer }

func newPage() *page {
	p := &page{}
	p.WriteString(notice)
	return p
}

func (p *page) line(format string, args ...any) {
	_, _ = fmt.Fprintf(p, format+"\n", args...) // a buffer takes everything
}
