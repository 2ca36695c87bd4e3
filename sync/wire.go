package fieldsync

import (
	"encoding/json"
	"time"
)

// Version is the version of the protocol that this engine speaks.
const Version = 1

// A PushRequest is what a device has to say. Fields it does not know are left
// alone: an old server must not refuse a newer client.
type PushRequest struct {
	V       int               `json:"v"`
	Device  string            `json:"did"` // made on the device: 15 characters of a-z0-9
	Epoch   string            `json:"epoch,omitempty"`
	App     string            `json:"app,omitempty"`
	Schema  string            `json:"schema,omitempty"`
	Clock   Clock             `json:"clock"`
	Chain   string            `json:"chain,omitempty"` // hash of the last mutation the device knows to be kept
	Unacked Unacked           `json:"unacked"`
	Muts    []json.RawMessage `json:"muts"` // each a Mutation, decoded one by one
	Pull    *PullRequest      `json:"pull,omitempty"`
}

// A Clock is what the device's clocks say while it sends.
type Clock struct {
	Wall   time.Time `json:"wall,omitzero"`
	MonoMs int64     `json:"mono_ms,omitempty"` // of a clock that never jumps
	OffMs  int64     `json:"off_ms,omitempty"`  // to add to the wall clock to get ours, as measured
}

// Unacked says how much waits on the device, for its health.
type Unacked struct {
	N      int       `json:"n"`
	Oldest time.Time `json:"oldest,omitzero"`
}

// A Mutation is one thing done on a device: number Mid of that device.
type Mutation struct {
	Mid   int64             `json:"mid"`
	Tx    string            `json:"tx,omitempty"` // neighbours with the same tx stand or fall together
	Op    string            `json:"op"`           // call, create, patch, add, sets or delete
	Coll  string            `json:"c,omitempty"`
	ID    string            `json:"id,omitempty"`   // of the record: the report a call is about, the photo that is created
	Name  string            `json:"name,omitempty"` // of the call, such as "report.start"
	Call  string            `json:"call,omitempty"` // id of the call; made from device and mid when it is not sent
	Args  json.RawMessage   `json:"args,omitempty"`
	Set   map[string]Set    `json:"set,omitempty"` // of a create or a patch
	Field string            `json:"f,omitempty"`   // of an add or a sets
	By    float64           `json:"by,omitempty"`  // of an add
	Plus  []json.RawMessage `json:"add,omitempty"` // of a sets: members to add
	Minus []json.RawMessage `json:"rem,omitempty"` // of a sets: members to take out
	Base  Base              `json:"base,omitzero"`
	At    time.Time         `json:"at,omitzero"`          // when it happened, by the device's clock
	Pos   *Pos              `json:"pos,omitempty"`        // where the device was
	Fixes int64             `json:"supersedes,omitempty"` // the refused mutation that this one puts right
	// Of is the id the device had when it sent the mutation that Fixes names, when
	// that is not the one it has now: after a fork the numbers begin anew.
	Of   string `json:"of,omitempty"`
	Hash string `json:"h,omitempty"`
}

// A Set is one field of a mutation: the value the author saw and the one they
// want.
type Set struct {
	From json.RawMessage `json:"f,omitempty"`
	To   json.RawMessage `json:"t"`
}

// A Base is what the author was looking at.
type Base struct {
	Seq int64 `json:"seq,omitempty"` // the checkpoint
	Ver int64 `json:"ver,omitempty"` // the record's own version; of a report, its column version
}

// A Pos is where a device was: degrees, WGS84.
type Pos struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

// The operations this engine knows.
const (
	OpCall   = "call"   // a call of the lifecycle
	OpCreate = "create" // a record made on the device
	OpPatch  = "patch"  // fields without a life of their own
	OpAdd    = "add"    // to a number
	OpSets   = "sets"   // members of an array without order
	OpDelete = "delete" // of one's own record
)

// A Status says how a mutation ended.
type Status string

// The ends of a mutation.
const (
	Applied  Status = "applied"
	Merged   Status = "merged"   // some of it; the rest had been decided otherwise
	Noop     Status = "noop"     // it was so already
	Rejected Status = "rejected" // refused: Code and Msg say why
	Held     Status = "held"     // kept, not applied: the device is locked, or an operator must decide (Code says why)
	Skipped  Status = "skipped"  // not tried, because Cause was refused
)

// Again says what may be done about a refusal.
type Again string

// What may be done about a refusal.
const (
	AgainNever Again = "never"
	AgainEdit  Again = "edit"  // a person may correct it and send it as a new mutation
	AgainLater Again = "later" // the same may pass later
)

// A Result is how one mutation ended. It is stored in the transaction of the
// effect, and a repeat of the mutation gets the same result with Dup set.
type Result struct {
	Mid   int64  `json:"mid"`
	St    Status `json:"st"`
	Seq   int64  `json:"seq,omitempty"` // of the log after the effect
	Ver   int64  `json:"ver,omitempty"` // of the record after it
	Code  string `json:"code,omitempty"`
	Msg   string `json:"msg,omitempty"` // a sentence in the person's language
	Field string `json:"field,omitempty"`
	Again Again  `json:"again,omitempty"`
	Cause int64  `json:"cause,omitempty"` // the mutation that made this one pointless
	Skew  bool   `json:"skew,omitempty"`  // the time it happened was not possible and was moved
	Dup   bool   `json:"dup,omitempty"`

	// Of a patch: how each field ended, the conflicts that are kept, and the
	// record as its author now reads it, when that is not what they sent.
	Fields    map[string]FieldEnd `json:"f,omitempty"`
	Conflicts []string            `json:"cid,omitempty"`
	Record    json.RawMessage     `json:"rec,omitempty"`
	Letter    string              `json:"q,omitempty"` // the dead letter that keeps a refusal for a person
}

// A PushReply answers a push. Err is empty, or says why the tail was not
// processed: gap (Expect is the mutation to send next), fork (Mid was sent
// before with another content, or the chain is broken), defer (try again after
// AfterS seconds).
type PushReply struct {
	T      string    `json:"t,omitempty"` // "push" as the first line of an exchange
	V      int       `json:"v"`
	Epoch  string    `json:"epoch"`
	Now    time.Time `json:"now"`
	LMid   int64     `json:"lmid"` // every mutation up to here has its end
	Chain  string    `json:"chain"`
	Seq    int64     `json:"seq"`
	Res    []Result  `json:"res"`
	Want   []Want    `json:"want"` // photos the server knows of and has not got
	Cmd    []Command `json:"cmd"`
	Dirty  bool      `json:"dirty"` // there is something to pull
	Err    string    `json:"err,omitempty"`
	Expect int64     `json:"expect,omitempty"`
	Mid    int64     `json:"mid,omitempty"`
	AfterS int       `json:"after_s,omitempty"`
	// Raw acknowledges what could not be read, by the hash of its bytes: it is
	// kept, and need not be sent again.
	Raw []string `json:"raw,omitempty"`

	// Stopped is why the tail was deferred, and Poisoned what went into
	// quarantine, for the log.
	Stopped  error   `json:"-"`
	Poisoned []int64 `json:"-"`
}

// The errors of a push.
const (
	ErrGap   = "gap"
	ErrFork  = "fork"
	ErrDefer = "defer"
	ErrRaw   = "malformed" // the whole body could not be read; Raw has its hash
)

// A Want asks a device for the bytes of a photo.
type Want struct {
	SHA string `json:"sha"`
	Off int64  `json:"off"`
}

// A Command is what the server tells a device to do: lock or wipe.
type Command struct {
	K string `json:"k"`
	N string `json:"n,omitempty"`
}

// A PullRequest asks for what changed since the cursor; no cursor asks for
// everything.
type PullRequest struct {
	V        int    `json:"v"`
	Device   string `json:"did"`
	Cursor   string `json:"cur,omitempty"`
	Schema   string `json:"schema,omitempty"`
	Prio     []int  `json:"prio,omitempty"` // only scopes of these priorities; empty: all
	MaxBytes int64  `json:"max_bytes,omitempty"`
	Digest   bool   `json:"dig,omitempty"`  // tell at the checkpoint what each scope holds
	Soft     bool   `json:"soft,omitempty"` // the device can verify and repair: see ResetSoft
}

// The reasons of a reset, in Hi.
const (
	ResetNew     = "new"     // the device has no cursor
	ResetEpoch   = "epoch"   // the server was restored, or the cursor is from its future
	ResetHorizon = "horizon" // exits that the device has not had were cleared away
	// ResetSoft is ResetHorizon for a device that can verify: nothing is to be
	// forgotten. The lines bring what changed, and what is held too much is to
	// be found by verifying at the checkpoint.
	ResetSoft = "soft"
)

// The lines of a pull, in the order they come: Hi, Drop*, Fill*, then Put and
// Exit with a Page now and then, and at the end a Checkpoint, or a Page when
// there is more.
type (
	// Hi opens a pull. Reset says that the device must forget what the
	// following lines do not bring, at the checkpoint that ends them; but see
	// ResetSoft.
	Hi struct {
		T     string    `json:"t"` // "hi"
		Epoch string    `json:"epoch"`
		Seq   int64     `json:"seq"`
		Now   time.Time `json:"now"`
		Sc    []Scope   `json:"sc"`
		Plan  Plan      `json:"plan"`
		Reset string    `json:"reset,omitempty"`
	}

	// A Scope is one the person holds: its number on the wire, its name and
	// its priority.
	Scope struct {
		I int64  `json:"i"`
		S string `json:"s"`
		P int    `json:"p"`
	}

	// A Plan is how much is coming.
	Plan struct {
		Rows int64 `json:"rows"` // of fills
	}

	// Drop says that the person lost a scope: records held through no other
	// are to be forgotten.
	Drop struct {
		T string `json:"t"` // "drop"
		I int64  `json:"i"`
		S string `json:"s"`
	}

	// Fill announces the whole of a scope.
	Fill struct {
		T    string `json:"t"` // "fill"
		I    int64  `json:"i"`
		Upto int64  `json:"upto"`
		Rows int64  `json:"rows"`
	}

	// Put brings a record: its version, every held scope it is in, the hash of
	// its body's bytes and the body.
	Put struct {
		T string          `json:"t"` // "p"
		Q int64           `json:"q"`
		C string          `json:"c"`
		I string          `json:"id"`
		V int64           `json:"v"`
		M []int64         `json:"m"`
		H string          `json:"h"`
		D json.RawMessage `json:"d,omitempty"`
	}

	// Exit takes a record away: no held scope has it any more.
	Exit struct {
		T string `json:"t"` // "x"
		Q int64  `json:"q"`
		C string `json:"c"`
		I string `json:"id"`
		R Reason `json:"r"`
	}

	// Page is a point from which the pull can be resumed. What came before it
	// is durable on the device and not yet visible.
	Page struct {
		T   string `json:"t"` // "pg"
		Cur string `json:"cur"`
		N   int    `json:"n"` // lines since the last one
	}

	// Checkpoint ends a pull that reached the head: what was staged becomes
	// visible at once.
	Checkpoint struct {
		T    string `json:"t"` // "cp"
		Seq  int64  `json:"seq"`
		Cur  string `json:"cur"`
		LMid int64  `json:"lmid"`
		// What each scope holds, when the device asked: what it holds itself
		// once it has taken the lines.
		Dig []Digested `json:"dig,omitzero"`
	}

	// Stop ends an exchange whose push was taken and whose pull is refused.
	Stop struct {
		T    string `json:"t"` // "err"
		Code string `json:"code"`
		Msg  string `json:"msg"`
	}
)

// Line is how a device tells the lines apart: every key any of them has.
type Line struct {
	T      string          `json:"t"`
	Epoch  string          `json:"epoch"`
	Seq    int64           `json:"seq"`
	Now    time.Time       `json:"now"`
	Sc     []Scope         `json:"sc"`
	Plan   Plan            `json:"plan"`
	Reset  string          `json:"reset"`
	I      int64           `json:"i"`
	S      string          `json:"s"`
	Upto   int64           `json:"upto"`
	Rows   int64           `json:"rows"`
	Q      int64           `json:"q"`
	C      string          `json:"c"`
	ID     string          `json:"id"`
	V      int64           `json:"v"`
	M      []int64         `json:"m"`
	H      string          `json:"h"`
	D      json.RawMessage `json:"d"`
	R      Reason          `json:"r"`
	Cur    string          `json:"cur"`
	N      int             `json:"n"`
	LMid   int64           `json:"lmid"`
	Code   string          `json:"code"`
	Msg    string          `json:"msg"`
	Dig    []Digested      `json:"dig,omitzero"`
	P      string          `json:"p,omitempty"`
	B      []Digest        `json:"b,omitempty"`
	Newer  []string        `json:"newer,omitempty"`
	OK     bool            `json:"ok,omitempty"`
	Behind bool            `json:"behind,omitempty"`
}
