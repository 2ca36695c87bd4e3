// Package errors_test writes docs/errors.md from the faults that every room
// defines, and fails when the page is stale. It has no code of its own: a fault
// is listed because its room is imported here.
package errors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	_ "github.com/sestante/sestante/hooks"
	"github.com/sestante/sestante/internal/apierr"
	_ "github.com/sestante/sestante/mobile-api" // and with it desk, store and the rules
)

// kinds says what a phone should do about each kind of fault, in the order of
// the page.
var kinds = []struct {
	kind  fault.Kind
	means string
	phone string
}{
	{fault.Invalid, "The request is malformed.", "Drops it and reports a bug: sent again it fails again. `field` says what is wrong."},
	{fault.Unauthenticated, "Nobody is signed in, or the token holds no longer.", "Asks the person to sign in, then sends it again."},
	{fault.Forbidden, "The person may not do this.", "Drops it and tells the person."},
	{fault.NotFound, "There is no such thing, or not for this person.", "Drops its copy."},
	{fault.Conflict, "It no longer fits what is stored.", "Keeps it and asks the person."},
	{fault.TooLarge, "It is more than one request may bring.", "Sends less: fewer photos, smaller ones, fewer changes at once."},
	{fault.Limited, "The sender asks too often.", "Sends it again, unchanged, after `Retry-After` seconds."},
	{fault.Busy, "The server cannot now.", "Sends it again, unchanged, after `Retry-After` seconds."},
	{fault.Internal, "A mistake of ours.", "Sends it again, unchanged, later: each time a little later."},
}

const head = `<!-- Made from the faults in the code by "make gen". Edit those. -->

# What can go wrong

Whatever fails answers in one shape:

` + "```json" + `
{
  "status": 400,
  "message": "The value of this field cannot be used (degrees, from -90 to 90).",
  "data": {"kind": "invalid", "code": "api.value", "field": "lat"}
}
` + "```" + `

- ` + "`kind`" + ` says what to do about it, and there are no others than these nine.
- ` + "`code`" + ` names the failure for good. Programs compare it and translate it.
- ` + "`field`" + `, when it is there, is the part of the request it is about.
- ` + "`message`" + ` is a sentence for a person, Italian or English by ` + "`Accept-Language`" + `.
  Its wording may change.

A mutation of a push that is refused is not answered this way: it has the same
code in its result, and the push goes on.

A server gives this list too, at ` + "`GET /api/mobile/v1/errors`" + `.

## Kinds

| kind | HTTP | what it means | what a phone does |
|---|---|---|---|
`

func page() string {
	var b strings.Builder
	b.WriteString(head)
	for _, k := range kinds {
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", k.kind, apierr.Status(k.kind), k.means, k.phone)
	}
	b.WriteString("\n## Codes\n")
	room := ""
	for _, f := range fault.All() {
		first, _, _ := strings.Cut(f.Code, ".")
		if first != room {
			room = first
			fmt.Fprintf(&b, "\n### %s\n\n| code | kind | English | italiano |\n|---|---|---|---|\n", room)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Code, f.Kind, f.Text, f.Italian)
	}
	return b.String()
}

func TestPage(t *testing.T) {
	name := filepath.Join("..", "..", "..", "docs", "errors.md")
	got := page()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("docs/errors.md is stale; run UPDATE=1 go test ./internal/gen/errors")
	}
}

// TestFaults: every fault can be read by a person in both languages, and is of
// a kind the page explains.
func TestFaults(t *testing.T) {
	explained := map[fault.Kind]bool{}
	for _, k := range kinds {
		explained[k.kind] = true
	}
	for _, f := range fault.All() {
		for lang, text := range map[string]string{"English": f.Text, "Italian": f.Italian} {
			if !strings.HasSuffix(text, ".") || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s in %s is no sentence: %q", f.Code, lang, text)
			}
		}
		if !explained[f.Kind] {
			t.Errorf("%s is of the kind %s, which the page does not explain", f.Code, f.Kind)
		}
		if apierr.Status(f.Kind) == 0 {
			t.Errorf("%s has no status", f.Code)
		}
	}
}
