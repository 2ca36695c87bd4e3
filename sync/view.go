package fieldsync

import (
	"context"

	"github.com/sestante/sestante/report"
)

// A View is what a pull needs of the storage: one unchanging state of it.
type View interface {
	// Head returns the epoch and the last number of the log.
	Head(ctx context.Context) (Head, error)
	// Horizon returns the number up to which exits may have been cleared away:
	// a device whose cursor is below it cannot be told of every exit.
	Horizon(ctx context.Context) (int64, error)
	// Held returns the scopes a person held at that number of the log.
	Held(ctx context.Context, who report.PersonID, at int64) ([]Scope, error)
	// Changes returns the entries of the log in the spans, in the order of
	// their numbers, at most limit of them (0: all).
	Changes(ctx context.Context, spans []Span, limit int) ([]Entry, error)
	// Count returns how many entries a span has.
	Count(ctx context.Context, span Span) (int64, error)
	// Records returns where the record of each entry is now and what may be
	// read of it, in the order of the entries. Choose tells from the scopes a
	// record is in which of them count and for whom its body is made.
	Records(ctx context.Context, entries []Entry, choose Chooser) ([]Record, error)
	// Digests returns what each of the scopes holds, by collection, in the order
	// of scope and collection; nil when the state cannot say.
	Digests(ctx context.Context, scopes []int64) ([]Digested, error)
	// LastMid returns the last mutation of the device that has its end.
	LastMid(ctx context.Context, device string) (int64, error)
}

// A Span is a piece of the log of one scope: numbers above After, up to and
// with Upto. Live leaves the exits out.
type Span struct {
	Scope int64
	After int64
	Upto  int64
	Live  bool
}

// An Entry is one row of the log: a record entered, changed in or left a
// scope.
type Entry struct {
	Seq  int64
	Coll string
	ID   string
	In   bool
	Why  Reason // when it left
}

// A Chooser tells which of the scopes a record is in count for a person, and
// for whom the record's body is made. None means that the person has no right
// to the record.
type Chooser func(coll string, in []int64) (held []int64, a Audience)

// A Record is where a record is now, and what may be read of it. One that is no
// more, or in no scope that counts, has no body.
type Record struct {
	Ver  int64
	In   []int64 // the scopes that count, in their order
	Body []byte  // JSON; nil when there is none
	Hash string  // BodyHash of the body
}
