package device

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// A Transport carries one exchange to the server and returns the lines of the
// answer. An error means that nothing is known about what the server did; the
// same will be sent again.
type Transport func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error)

// A Verifier carries one question of a verification to the server and returns
// the lines of the answer.
type Verifier func(ctx context.Context, req fieldsync.VerifyRequest) (io.ReadCloser, error)

// Config is what a device is made of.
type Config struct {
	ID        string // 15 characters of a-z0-9; a store that has one already keeps its own
	Store     Store
	Transport Transport
	Verify    Verifier // nil: what differs from the server is loaded anew as a whole
	// Wiped hands in the receipt that the device destroyed what it held; nil:
	// nobody is told. It may be called again after it failed.
	Wiped    func(ctx context.Context) error
	Now      func() time.Time
	NewID    func() string // a fresh device id, should this one be forked
	App      string
	Roles    []report.Role // of the person, to foresee what a call does
	MaxMuts  int           // mutations in one push; 500
	MaxBytes int64         // bytes wanted in one pull; 0 leaves it to the server
}

// Device is one device of one person. It is for one goroutine at a time.
type Device struct {
	cfg Config
}

// New returns a device over its store.
func New(cfg Config) (*Device, error) {
	if cfg.Store == nil || cfg.Transport == nil || cfg.Now == nil || cfg.NewID == nil {
		return nil, errors.New("device: a store, a transport, a clock and a source of ids are needed")
	}
	if cfg.MaxMuts <= 0 {
		cfg.MaxMuts = fieldsync.Limits{}.Or().Muts
	}
	d := &Device{cfg}
	if d.meta().Device == "" {
		if !report.ValidID(cfg.ID) {
			return nil, errors.New("device: an id of 15 characters of a-z and 0-9 is needed")
		}
		if err := cfg.Store.Apply(Step{Meta: &Meta{Device: cfg.ID, NextMid: 1}}); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Device) state() *State { return d.cfg.Store.State() }
func (d *Device) meta() Meta    { return d.state().Meta }

// ID returns the device's id, which changes when it is forked.
func (d *Device) ID() string { return d.meta().Device }

// Do puts what a person did into the outbox, durably, and so into what they
// see. Several mutations at once stand or fall together. Each takes its
// number, its time and its base from the device; op, record, name, arguments,
// position and the number in the outbox of the refusal it puts right (Fixes)
// are the caller's. It returns the numbers.
func (d *Device) Do(muts ...fieldsync.Mutation) ([]int64, error) {
	meta := d.meta()
	switch meta.State {
	case "wipe":
		return nil, ErrWiped
	case "lock":
		return nil, ErrLocked
	}
	var mids []int64
	var steps []Step
	for _, m := range muts {
		m.Mid, m.At = meta.NextMid, d.cfg.Now().UTC()
		if i := slices.IndexFunc(d.state().Outbox, func(e Entry) bool { return m.Fixes < 0 && e.Mid == m.Fixes }); i >= 0 {
			m.Fixes, m.Of = d.state().Outbox[i].Was, d.state().Outbox[i].Of
		}
		if m.Base.Seq == 0 {
			m.Base.Seq = meta.Seq
		}
		if m.Base.Ver == 0 && m.Op == fieldsync.OpCall {
			m.Base.Ver = d.version(m.ID)
		}
		if len(muts) > 1 {
			m.Tx = fmt.Sprintf("t%d", meta.NextMid-int64(len(mids)))
		}
		e, err := seal(m, meta.Chain)
		if err != nil {
			return nil, err
		}
		e.Epoch = meta.Epoch
		meta.NextMid, meta.Chain = meta.NextMid+1, e.Hash
		mids, steps = append(mids, m.Mid), append(steps, Step{Append: &e})
	}
	return mids, d.cfg.Store.Apply(append(steps, Step{Meta: &meta})...)
}

// Call makes one call on a report; args is any JSON value.
func (d *Device) Call(name string, id report.ID, args any) (int64, error) {
	raw, err := plain(args)
	if err != nil {
		return 0, fmt.Errorf("write the arguments of %s: %w", name, err)
	}
	mids, err := d.Do(fieldsync.Mutation{Op: fieldsync.OpCall, Coll: "reports", ID: string(id), Name: name, Args: raw})
	if err != nil {
		return 0, err
	}
	return mids[0], nil
}

// version returns the version of a report as the base shows it.
func (d *Device) version(id string) int64 {
	var body struct {
		Version int64 `json:"version"`
	}
	row := d.state().Base[Key{"reports", id}]
	if len(row.Body) == 0 || json.Unmarshal(row.Body, &body) != nil {
		return 0
	}
	return body.Version
}

// seal makes the entry of a mutation that follows the one with that hash.
func seal(m fieldsync.Mutation, previous string) (Entry, error) {
	m.Hash = ""
	raw, err := plain(m)
	if err != nil {
		return Entry{}, fmt.Errorf("write mutation %d: %w", m.Mid, err)
	}
	canonical, err := fieldsync.Canonical(raw)
	if err != nil {
		return Entry{}, err
	}
	m.Hash = fieldsync.Chain(canonical, previous)
	if raw, err = plain(m); err != nil {
		return Entry{}, err
	}
	return Entry{Mid: m.Mid, Tx: m.Tx, At: m.At, Body: raw, Hash: m.Hash}, nil
}

// Refusals lists what the server refused, oldest first: it needs a person's
// attention, and stays until Dismiss.
func (d *Device) Refusals() []Entry {
	return slices.DeleteFunc(slices.Clone(d.state().Outbox), func(e Entry) bool { return !e.Refused() })
}

// Merges lists what took effect, but not as it was meant, and is not yet in a
// checkpoint.
func (d *Device) Merges() []Entry {
	return slices.DeleteFunc(slices.Clone(d.state().Outbox), func(e Entry) bool {
		return e.Result == nil || e.Result.St != fieldsync.Merged
	})
}

// Dismiss takes a refusal off the list, when the person has seen it or has
// sent a corrected one.
func (d *Device) Dismiss(mid int64) error { return d.cfg.Store.Apply(Step{Dismiss: mid}) }

// Health is how well a device is in step.
type Health struct {
	Waiting    int           // mutations without an end
	Oldest     time.Duration // since the oldest of them was made
	Checkpoint time.Duration // since the last checkpoint; negative: there was none
	Verified   time.Duration // since what is held was last found right; negative: never
	Suspect    bool          // at the last checkpoint it was not, and is not repaired yet
	Refused    int           // that need attention
	State      string        // lock, wipe, or empty
}

// Health returns how well the device is in step. Connected is no part of it: a
// connection can hide a stuck queue.
func (d *Device) Health() Health {
	now := d.cfg.Now()
	h := Health{Checkpoint: -1, Verified: -1, Suspect: d.meta().Suspect, State: d.meta().State}
	for _, e := range d.state().Outbox {
		if e.Refused() {
			h.Refused++
		}
		if e.Result == nil {
			h.Waiting++
			h.Oldest = max(h.Oldest, now.Sub(e.At))
		}
	}
	if at := d.meta().Checked; !at.IsZero() {
		h.Checkpoint = now.Sub(at)
	}
	if at := d.meta().Verified; !at.IsZero() {
		h.Verified = now.Sub(at)
	}
	return h
}
