package device

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// What a device refuses by itself.
var (
	ErrWiped = fault.Define(fault.Forbidden, "device.wiped",
		"This device was wiped by its administrator.", "Questo dispositivo è stato cancellato dall'amministratore.")
	ErrLocked = fault.Define(fault.Forbidden, "device.locked",
		"This device is locked. What waits on it was handed in.", "Questo dispositivo è bloccato. Ciò che era in attesa è stato consegnato.")
	ErrCorrupt = fault.Define(fault.Internal, "device.corrupt",
		"The local store is damaged.", "L'archivio locale è danneggiato.")
)

// A Row is one record as the last checkpoint left it.
type Row struct {
	Coll string          `json:"c"`
	ID   string          `json:"id"`
	Ver  int64           `json:"v"`
	In   []int64         `json:"m"` // every held scope it is in
	Hash string          `json:"h"`
	Body json.RawMessage `json:"d"`
}

// An Entry is one mutation in the outbox. It stays until a checkpoint shows
// its effect, or until a person has dealt with its refusal.
type Entry struct {
	Mid    int64             `json:"mid"`           // negative for what had its end before a fork
	Of     string            `json:"of,omitempty"`  // the id the device had then
	Was    int64             `json:"was,omitempty"` // its number under that id
	Tx     string            `json:"tx,omitempty"`
	Epoch  string            `json:"epoch,omitempty"`  // of the log that its base is a number of
	At     time.Time         `json:"at"`               // by the device's clock
	Body   json.RawMessage   `json:"body"`             // as it is sent, hash included
	Hash   string            `json:"hash"`             // the end of the chain after it
	Result *fieldsync.Result `json:"result,omitempty"` // how the server ended it; nil while that is unknown
}

// Refused reports whether the mutation had no effect and never will.
func (e Entry) Refused() bool {
	if e.Result == nil {
		return false
	}
	switch e.Result.St {
	case fieldsync.Rejected, fieldsync.Skipped, fieldsync.Held:
		return true
	default:
		return false
	}
}

// Meta is where a device stands.
type Meta struct {
	Device  string    `json:"did"`
	Alias   []string  `json:"alias,omitempty"` // ids it had before a fork
	Epoch   string    `json:"epoch,omitempty"`
	Cursor  string    `json:"cur,omitempty"`   // of the last checkpoint
	Page    string    `json:"page,omitempty"`  // resume point of a pull under way
	Reset   bool      `json:"reset,omitempty"` // that pull replaces the base
	Seq     int64     `json:"seq,omitempty"`   // of the last checkpoint
	NextMid int64     `json:"next,omitempty"`  // of the next mutation; 0 is 1
	Chain   string    `json:"chain,omitempty"` // hash of the last mutation made
	OffMs   int64     `json:"off,omitempty"`   // to add to the device's clock to get the server's
	Checked time.Time `json:"checked,omitzero"`
	// Verified is when what is held was last found to be what the server says
	// it must be. Suspect says that at the last checkpoint it was not.
	Verified time.Time         `json:"verified,omitzero"`
	Suspect  bool              `json:"suspect,omitempty"`
	State    string            `json:"state,omitempty"`   // lock, wipe, or empty
	Receipt  bool              `json:"receipt,omitempty"` // of a wipe: it was handed in
	Scopes   []fieldsync.Scope `json:"sc,omitempty"`
}

// A Step is one change of the local store. Exactly one field is set.
type Step struct {
	Meta    *Meta             `json:"meta,omitempty"`    // where the device stands from now on
	Append  *Entry            `json:"append,omitempty"`  // one more mutation in the outbox
	Settle  *fieldsync.Result `json:"settle,omitempty"`  // how a mutation ended
	Dismiss int64             `json:"dismiss,omitempty"` // a person has dealt with that refusal
	Requeue []Entry           `json:"requeue,omitempty"` // the outbox from now on, after a fork
	Stage   json.RawMessage   `json:"stage,omitempty"`   // a line of a pull, not yet visible
	Clear   bool              `json:"clear,omitempty"`   // forget what is staged
	Switch  int64             `json:"switch,omitempty"`  // what is staged becomes visible: the checkpoint's number
	Wipe    bool              `json:"wipe,omitempty"`    // forget everything but who the device is
	Row     *Row              `json:"row,omitempty"`     // a record of the base, when a journal is compacted
}

// A Store keeps a device's state. Apply is all or nothing, and durable when it
// returns. A store is for one goroutine at a time.
type Store interface {
	Apply(steps ...Step) error
	// State returns what is stored. It is the store's own: read it, and change
	// it only through Apply.
	State() *State
	Close() error
}

// Key names a record.
type Key struct{ Coll, ID string }

// A Sum names a digest: of one collection in one scope.
type Sum struct {
	Scope int64
	Coll  string
}

// State is everything a device keeps, in memory. The zero State is an empty
// device.
type State struct {
	Meta   Meta
	Base   map[Key]Row
	Sums   map[Sum]fieldsync.Digest // of the base, by scope and collection; none is empty
	Staged []fieldsync.Line
	Outbox []Entry // in the order of mid; settled ones included
}

// apply carries out one step. It does not fail on anything Apply let through.
func (s *State) apply(step Step) error {
	switch {
	case step.Meta != nil:
		s.Meta = *step.Meta
	case step.Append != nil:
		s.Outbox = append(s.Outbox, *step.Append)
	case step.Settle != nil:
		for i := range s.Outbox {
			// What was held got its end when the device was unlocked.
			if e := s.Outbox[i]; e.Mid == step.Settle.Mid && (e.Result == nil || e.Result.St == fieldsync.Held) {
				s.Outbox[i].Result = step.Settle
			}
		}
	case step.Dismiss != 0:
		s.Outbox = slices.DeleteFunc(s.Outbox, func(e Entry) bool { return e.Mid == step.Dismiss && e.Refused() })
	case step.Requeue != nil:
		s.Outbox = slices.Clone(step.Requeue)
	case step.Stage != nil:
		var line fieldsync.Line
		if err := json.Unmarshal(step.Stage, &line); err != nil {
			return ErrCorrupt.With("a staged line")
		}
		s.Staged = append(s.Staged, line)
	case step.Clear:
		s.Staged = nil
	case step.Switch != 0:
		s.publish(step.Switch)
	case step.Wipe:
		*s = State{Meta: Meta{Device: s.Meta.Device, State: "wipe", NextMid: s.Meta.NextMid, Chain: s.Meta.Chain}}
	case step.Row != nil:
		s.put(*step.Row)
	}
	return nil
}

// put sets a record of the base, and keeps the digests in step.
func (s *State) put(r Row) {
	if s.Base == nil {
		s.Base = map[Key]Row{}
	}
	k := Key{r.Coll, r.ID}
	s.count(s.Base[k], (*fieldsync.Digest).Remove)
	s.count(r, (*fieldsync.Digest).Add)
	s.Base[k] = r
}

// remove takes a record off the base.
func (s *State) remove(k Key) {
	s.count(s.Base[k], (*fieldsync.Digest).Remove)
	delete(s.Base, k)
}

func (s *State) count(r Row, turn func(*fieldsync.Digest, fieldsync.Mix)) {
	if len(r.In) == 0 {
		return
	}
	if s.Sums == nil {
		s.Sums = map[Sum]fieldsync.Digest{}
	}
	m := fieldsync.MixOf(r.ID, r.Ver)
	for _, scope := range r.In {
		of := Sum{scope, r.Coll}
		d := s.Sums[of]
		turn(&d, m)
		if s.Sums[of] = d; d == (fieldsync.Digest{}) {
			delete(s.Sums, of)
		}
	}
}

// agrees reports whether the base is what a checkpoint says it must be.
func (s *State) agrees(dig []fieldsync.Digested) bool {
	n := 0
	for _, d := range dig {
		if s.Sums[Sum{d.Scope, d.Coll}] != d.Digest {
			return false
		}
		n++
	}
	return n == len(s.Sums)
}

// summed reports whether the digests are those of the base.
func (s *State) summed() bool {
	fresh := State{}
	for _, r := range s.Base {
		fresh.count(r, (*fieldsync.Digest).Add)
	}
	return maps.Equal(fresh.Sums, s.Sums)
}

// publish makes what is staged visible, line by line in the order it came, and
// takes what the checkpoint shows off the overlay.
func (s *State) publish(seq int64) {
	if s.Meta.Reset || s.Base == nil {
		s.Base, s.Sums = map[Key]Row{}, nil
	}
	for _, l := range s.Staged {
		k := Key{l.C, l.ID}
		switch l.T {
		case "p":
			row := Row{Coll: l.C, ID: l.ID, Ver: l.V, In: l.M, Hash: l.H, Body: l.D}
			if len(l.D) == 0 { // only its scopes changed
				row.Body, row.Hash = s.Base[k].Body, s.Base[k].Hash
			}
			s.put(row)
		case "x":
			s.remove(k)
		case "drop":
			s.drop(l.I)
		}
	}
	s.Staged = nil
	s.Outbox = slices.DeleteFunc(s.Outbox, func(e Entry) bool {
		return e.Result != nil && !e.Refused() && e.Result.Seq <= seq
	})
}

// drop forgets a scope, and the records that are in no other.
func (s *State) drop(scope int64) {
	for k, r := range s.Base {
		if !slices.Contains(r.In, scope) {
			continue
		}
		in := slices.DeleteFunc(slices.Clone(r.In), func(i int64) bool { return i == scope })
		if len(in) == 0 {
			s.remove(k)
			continue
		}
		r.In = in
		s.put(r)
	}
}

// snapshot returns the steps that make an empty state into this one.
func (s *State) snapshot() []Step {
	steps := []Step{{Meta: &s.Meta}}
	keys := slices.SortedFunc(maps.Keys(s.Base), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Coll, b.Coll), cmp.Compare(a.ID, b.ID))
	})
	for _, k := range keys {
		row := s.Base[k]
		steps = append(steps, Step{Row: &row})
	}
	for _, l := range s.Staged {
		raw, _ := plain(l) // what came from JSON goes back to it
		steps = append(steps, Step{Stage: raw})
	}
	for i := range s.Outbox {
		steps = append(steps, Step{Append: &s.Outbox[i]})
	}
	return steps
}

// plain writes JSON without escaping <, > and &: the bytes of a body are
// hashed, and must stay the bytes that came.
func plain(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// Memory is a Store that forgets everything when it ends. The zero Memory is
// ready.
type Memory struct{ state State }

// Apply carries the steps out.
func (m *Memory) Apply(steps ...Step) error {
	for _, s := range steps {
		if err := m.state.apply(s); err != nil {
			return err
		}
	}
	return nil
}

// State returns what is stored.
func (m *Memory) State() *State { return &m.state }

// Close does nothing.
func (m *Memory) Close() error { return nil }
