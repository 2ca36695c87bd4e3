// Package fault defines the few ways a request can fail that its caller may
// act on. Each failure is defined once, as a package variable beside its rule,
// and wrapped on its way up with fmt.Errorf and %w. The wrapping is for the
// log; the fault itself, with its code, its text and its field, is for the
// wire.
//
// It refuses to know HTTP, storage or any rule: it is at the bottom of the
// house.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A Kind says what the caller may do about a failure.
type Kind string

// The kinds, from the device's point of view.
const (
	Invalid         Kind = "invalid"         // malformed: do not retry it
	Unauthenticated Kind = "unauthenticated" // sign in, then try again
	Forbidden       Kind = "forbidden"       // the caller may not do this
	NotFound        Kind = "not_found"       // no such thing, or not for this caller
	Conflict        Kind = "conflict"        // it no longer fits: show it to a person
	TooLarge        Kind = "too_large"       // send less
	Limited         Kind = "limited"         // too many: try again later, unchanged
	Busy            Kind = "busy"            // try again later, unchanged
	Internal        Kind = "internal"        // our mistake: try again later, unchanged
)

// Error is one failure. The package variables made by Define are the defined
// failures; In and With return copies that say where and why it happened.
type Error struct {
	Kind    Kind
	Code    string // stable name, such as "report.move"; clients translate it
	Text    string // a sentence in English, safe to show to a person
	Italian string // the same sentence in Italian
	Field   string // the input it is about, such as "features[3]"; may be empty
	Detail  string // what was found there, safe to show; may be empty

	DetailItalian string // the detail in Italian; empty when Detail needs no other words
}

// Error returns the sentence, with the field and the detail when it has them.
func (e *Error) Error() string {
	if e.Field == "" {
		return sentence(e.Text, e.Detail)
	}
	return sentence(e.Field+": "+e.Text, e.Detail)
}

// Say returns the sentence for a person who reads lang ("it" or "en"; any
// other language reads English), without the field.
func (e *Error) Say(lang string) string {
	text := e.Text
	if italian(lang) && e.Italian != "" {
		text = e.Italian
	}
	return sentence(text, e.Words().In(lang))
}

func sentence(text, detail string) string {
	if detail == "" {
		return text
	}
	return strings.TrimSuffix(text, ".") + " (" + detail + ")."
}

// Is reports whether target is the same defined failure, wherever it happened.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error) // errors.Is has unwrapped before it asks
	return ok && t.Code == e.Code
}

// In returns a copy that says which input the failure is about.
func (e *Error) In(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// With returns a copy that says what was found, in a detail that reads the same
// in every language: WithWords is for one that does not. The detail travels to
// the caller: it must hold no secret, no name and no position of another person.
func (e *Error) With(format string, args ...any) *Error {
	c := *e
	c.Detail, c.DetailItalian = fmt.Sprintf(format, args...), ""
	return &c
}

// WithIn is With for a detail that is said in words: in English and in Italian,
// with the same values in both.
func (e *Error) WithIn(english, italian string, args ...any) *Error {
	return e.WithWords(Say(english, italian, args...))
}

// WithWords is WithIn for words that are there already.
func (e *Error) WithWords(w Words) *Error {
	c := *e
	c.Detail, c.DetailItalian = w.English, w.Italian
	return &c
}

// Words returns the detail in both languages.
func (e *Error) Words() Words { return Words{English: e.Detail, Italian: e.DetailItalian} }

// ErrUnknown is the fault of an error nobody defined.
var ErrUnknown = Define(Internal, "internal", "Something went wrong on our side.", "Qualcosa non ha funzionato dalla nostra parte.")

var (
	mu  sync.Mutex
	all = map[string]*Error{}
)

// Define returns a new fault. It is for package variables only: a code defined
// twice panics as the program starts.
func Define(k Kind, code, english, italian string) *Error {
	mu.Lock()
	defer mu.Unlock()
	if all[code] != nil {
		panic("fault: " + code + " is defined twice")
	}
	e := &Error{Kind: k, Code: code, Text: english, Italian: italian}
	all[code] = e
	return e
}

// All returns every defined fault of the program, sorted by code.
func All() []*Error {
	mu.Lock()
	defer mu.Unlock()
	out := make([]*Error, 0, len(all))
	for _, e := range all {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *Error) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// Of returns the fault that err wraps, or ErrUnknown.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return ErrUnknown
}
