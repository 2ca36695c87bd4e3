package fieldsync

import (
	"context"

	"github.com/sestante/sestante/report"
)

// A View is what a pull needs of the storage: one unchanging state of it.
type View interface {
	// Head returns the epoch and the last number of the log.
	Head(ctx context.Context) (Head, error)
	// Held returns the scopes a person held at that number of the log.
	Held(ctx context.Context, who report.PersonID, at int64) ([]Scope, error)
	// Changes returns the entries of the log in the spans, in the order of
	// their numbers, at most limit of them (0: all).
	Changes(ctx context.Context, spans []Span, limit int) ([]Entry, error)
	// Count returns how many entries a span has.
	Count(ctx context.Context, span Span) (int64, error)
	// States returns the version of each record and the scopes it is in now.
	States(ctx context.Context, collection string, ids []string) (map[string]RecordState, error)
	// Bodies returns what an audience may read of each record that exists.
	Bodies(ctx context.Context, collection string, a Audience, ids []string) (map[string][]byte, error)
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

// A RecordState is where a record is now.
type RecordState struct {
	Ver int64
	In  []int64
}
