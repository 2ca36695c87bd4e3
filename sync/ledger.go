package fieldsync

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sestante/sestante/report"
)

// A Ledger is what a push needs of the storage, inside one write transaction.
type Ledger interface {
	// Device returns the device, registered to that person at first contact.
	// A device of somebody else is ErrDevice.
	Device(ctx context.Context, id string, who report.PersonID) (Device, error)
	// KeepDevice stores what a push changed of the device.
	KeepDevice(ctx context.Context, d Device) error
	// Kept returns a mutation that was received before, if it was.
	Kept(ctx context.Context, device string, mid int64) (Kept, bool, error)
	// Keep stores a received mutation with its end, for ever.
	Keep(ctx context.Context, k Kept) error
	// Settle gives a mutation that is kept another end: of one that waited.
	Settle(ctx context.Context, k Kept) error
	// Waiting returns the mutations of the device that are Held because it was
	// locked, in their order, at most limit.
	Waiting(ctx context.Context, device string, limit int) ([]Kept, error)
	// Attempts returns how often each of the device's mutations was begun and
	// did not come to an end; a mutation without a row has 0.
	Attempts(ctx context.Context, device string) (map[int64]int, error)
	// Tried counts one attempt that failed, and says why for an operator.
	Tried(ctx context.Context, device string, mid int64, why string) error
	// Passed forgets the attempts of a mutation.
	Passed(ctx context.Context, device string, mid int64) error
	// KeepRaw stores what could not be read, once for each person and hash.
	KeepRaw(ctx context.Context, r Raw) error
	// RawMid returns the number that unreadable bytes of that hash were given.
	RawMid(ctx context.Context, who report.PersonID, hash string) (int64, bool, error)
	// Bury keeps a refusal for a person to look at.
	Bury(ctx context.Context, l Letter) error
	// Fixed closes the letter of a refused mutation of the device, if it was that
	// person's: mutation by has put it right.
	Fixed(ctx context.Context, who report.PersonID, device string, mid, by int64) error
	// Refused returns the number of the device's mutation that would have made
	// the record and was refused or is in quarantine, or 0.
	Refused(ctx context.Context, device, record string) (int64, error)
	// CommittedAt returns a time not after the commit of that number of the
	// log, or the zero time when none is known.
	CommittedAt(ctx context.Context, seq int64) (time.Time, error)
	// Savepoint runs fn; what it wrote is undone when it returns an error.
	Savepoint(ctx context.Context, fn func() error) error
	// Apply carries a change out. A fault that a person may act on is the
	// change's own end; any other error ends the push.
	Apply(ctx context.Context, c Change) (Outcome, error)
	// Head returns the epoch and the last number of the log.
	Head(ctx context.Context) (Head, error)
	// Wanted returns the photos this device declared and has not sent.
	Wanted(ctx context.Context, device string) ([]Want, error)
}

// A Head is how far the log is, and in which epoch.
type Head struct {
	Epoch string
	Seq   int64
}

// A Device is what the server knows of a device.
type Device struct {
	ID     string
	Person report.PersonID
	State  DeviceState
	LMid   int64  // every mutation up to here has its end
	Chain  string // hash of that mutation
	App    string
	Schema string
	CurSeq int64     // the last checkpoint it showed
	Seen   time.Time // when it pushed last
	SkewMs int64     // its clock minus ours
	N      int       // mutations that wait on it, as it said
	Oldest time.Time // since when
}

// A DeviceState is what a device may do.
type DeviceState string

// The states of a device; empty is active.
const (
	Active DeviceState = "active"
	Locked DeviceState = "locked" // it may hand in, and gets nothing
	Wipe   DeviceState = "wipe"   // and it is to destroy what it holds
)

// Command returns what a device in the state is told, if anything.
func (s DeviceState) Command() []Command {
	switch s {
	case Locked:
		return []Command{{K: "lock"}}
	case Wipe:
		return []Command{{K: "wipe"}}
	default:
		return []Command{}
	}
}

// Kept is a mutation in the durable inbox.
type Kept struct {
	Device string
	Mid    int64
	Hash   string // of its content
	Tx     string
	Record string // that it would make; empty for a change of what exists
	Recv   time.Time
	At     time.Time // when it happened, clamped
	Body   []byte    // as it came
	Result Result
	Poison bool // in quarantine, for whatever Result.Code says: Result.St is Held
}

// A Raw is what came and could not be read.
type Raw struct {
	Person report.PersonID
	Device string // "" when not even that could be read
	Hash   string // BodyHash of the bytes
	Mid    int64  // the number it was given; 0: none
	At     time.Time
	Body   []byte
}

// A Letter is a refusal that waits for a person: to correct it and send it as
// a new mutation that says which one it supersedes, or to dismiss it.
type Letter struct {
	ID     string          `json:"q"`
	Device string          `json:"did"`
	Mid    int64           `json:"mid"`
	Person report.PersonID `json:"person"`
	Op     string          `json:"op"`
	Coll   string          `json:"c"`
	Record string          `json:"id"`
	Name   string          `json:"name"` // of the call
	Code   string          `json:"code"`
	Msg    string          `json:"msg"`
	Field  string          `json:"field"`
	Again  Again           `json:"again"`
	At     time.Time       `json:"at"`
	State  LetterState     `json:"state"`
	By     int64           `json:"supersededBy"` // the mutation that put it right, of the device or of the id it took after it; 0: none
	Body   json.RawMessage `json:"mutation"`     // as it came
}

// A LetterState says whether somebody has dealt with a refusal.
type LetterState string

// The states of a letter.
const (
	LetterOpen      LetterState = "open"
	LetterFixed     LetterState = "fixed"     // a corrected mutation was applied
	LetterDismissed LetterState = "dismissed" // a person gave it up
)

// A Change is a mutation about to be applied.
type Change struct {
	Mutation
	Device   string
	CallID   string    // the key of exactly-once across every door
	Happened time.Time // clamped
	OffsetMs int64     // to add to the device's clock to get ours
	// Seen is the number of the log its author looked at: Base.Seq, or 0 when
	// that is of another epoch.
	Seen int64
}

// An Outcome is how a change that was not refused ended.
type Outcome struct {
	St        Status // Applied, Merged or Noop
	Ver       int64  // of the record after it
	Fields    map[string]FieldEnd
	Conflicts []string        // ids of what lost
	Record    json.RawMessage // as its author now reads it
}
