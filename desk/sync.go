package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// SyncConfig is what the devices' side of a desk needs. The zero value works.
type SyncConfig struct {
	// Hub wakes streams. Hand its Stir to Config.Changed, and streams learn of
	// every commit at once; without one they learn of them within a second.
	Hub    *fieldsync.Hub
	Limits fieldsync.Limits
	Gates  fieldsync.Gates
	// Heartbeat is how long a stream is silent at most; 0: fieldsync.Heartbeat.
	Heartbeat time.Duration
	// Wait is time.After, or a test's.
	Wait func(time.Duration) <-chan time.Time
	// CallTime bounds how long one change may take, from the moment it holds the
	// database's writer: 20 seconds when 0. What waits for the writer is not
	// counted. A change that is carried out alone, because it broke before, gets
	// three times as long: a machine that stalled must not look like poison.
	CallTime time.Duration
	// Bound is context.WithTimeout, or a test's.
	Bound func(ctx context.Context, c fieldsync.Change, most time.Duration) (context.Context, context.CancelFunc)
	// RawBytes bounds what is kept, for one person, of bodies that cannot be
	// read; 16 MB when 0.
	RawBytes int64
	// Probe is called at each step of a push, for tests and simulations: its
	// error ends the step as a failure there would, its panic as a crash. Nil in
	// production.
	Probe func(ctx context.Context, at Step, c fieldsync.Change) error
}

// Sync is what devices ask of the desk. It is safe for concurrent use.
type Sync struct {
	desk *Desk
	cfg  SyncConfig
	line line
	boot string // tells what this process left behind from what others did
}

// NewSync returns the devices' side of a desk.
func NewSync(d *Desk, cfg SyncConfig) (*Sync, error) {
	if d == nil {
		return nil, errors.New("desk: a sync needs a desk")
	}
	if cfg.Hub == nil {
		cfg.Hub = &fieldsync.Hub{}
	}
	if cfg.Wait == nil {
		cfg.Wait = time.After
	}
	if cfg.CallTime <= 0 {
		cfg.CallTime = 20 * time.Second
	}
	if cfg.Bound == nil {
		cfg.Bound = func(ctx context.Context, _ fieldsync.Change, most time.Duration) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, most)
		}
	}
	if cfg.RawBytes <= 0 {
		cfg.RawBytes = 16 << 20
	}
	cfg.Limits = cfg.Limits.Or()
	return &Sync{desk: d, cfg: cfg, boot: newID()}, nil
}

// Limits returns the limits a door must decode with.
func (s *Sync) Limits() fieldsync.Limits { return s.cfg.Limits }

// Push takes what a device has to say (see fieldsync.Push), and returns once it
// may be acknowledged. Pushes that come at the same time share a transaction;
// what goes wrong with one is its own. The errors are ErrSignIn and
// fieldsync.ErrDevice for the device of somebody else; after any error nothing
// of the push was kept.
func (s *Sync) Push(ctx context.Context, who report.Actor, req fieldsync.PushRequest) (fieldsync.PushReply, error) {
	if who.ID == "" {
		return fieldsync.PushReply{}, ErrSignIn
	}
	// Looked at before it can hold up others.
	if _, _, err := s.desk.store.DeviceState(ctx, who.ID, req.Device); err != nil {
		return fieldsync.PushReply{}, err
	}
	w := &waiting{who: who, req: req, turn: make(chan bool, 1)}
	w.shown = s.shown(ctx, who, req.Pull)
	// A phone that hangs up in the middle must not undo what others see done.
	s.group(context.WithoutCancel(ctx), w)
	if w.err != nil {
		return fieldsync.PushReply{}, fmt.Errorf("push: %w", w.err)
	}
	if w.reply.Stopped != nil {
		s.desk.log.ErrorContext(ctx, "push deferred", "device", req.Device, "lastMid", w.reply.LMid, "error", w.reply.Stopped)
	}
	if len(w.reply.Poisoned) > 0 {
		s.desk.log.ErrorContext(ctx, "mutations put into quarantine", "device", req.Device, "mids", w.reply.Poisoned)
	}
	return w.reply, s.cfg.Gates.Acknowledge(ctx, w.reply.Seq)
}

// shown returns the checkpoint the device says it shows, or 0.
func (s *Sync) shown(ctx context.Context, who report.Actor, pull *fieldsync.PullRequest) int64 {
	if pull == nil || pull.Cursor == "" {
		return 0
	}
	key, err := s.desk.store.SyncKey(ctx)
	if err != nil {
		return 0
	}
	cur, err := fieldsync.OpenCursor(key, who.ID, pull.Cursor)
	if err != nil {
		return 0
	}
	return cur.Seq
}

// admit lets a person's device read: it returns the key of the cursors, and
// whether the device was here before. The errors are ErrSignIn,
// fieldsync.ErrDevice and fieldsync.ErrLocked.
func (s *Sync) admit(ctx context.Context, who report.Actor, device string) (key []byte, known bool, err error) {
	if who.ID == "" {
		return nil, false, ErrSignIn
	}
	if key, err = s.desk.store.SyncKey(ctx); err != nil {
		return nil, false, err
	}
	state, known, err := s.desk.store.DeviceState(ctx, who.ID, device)
	if err == nil && len(state.Command()) > 0 {
		err = fieldsync.ErrLocked.With("%s", state)
	}
	return key, known, err
}

// Pull sends what changed for a person since the cursor, line by line, from one
// state of the database. The errors are ErrSignIn, fieldsync.ErrDevice,
// fieldsync.ErrLocked, fieldsync.ErrCursor, and emit's own.
func (s *Sync) Pull(ctx context.Context, who report.Actor, req fieldsync.PullRequest, emit func(line any) error) error {
	key, known, err := s.admit(ctx, who, req.Device)
	if err != nil {
		return err
	}
	d := s.desk
	if !known {
		if _, err := s.Push(ctx, who, fieldsync.PushRequest{V: fieldsync.Version, Device: req.Device, Schema: req.Schema}); err != nil {
			return err
		}
	}
	err = d.store.Snapshot(ctx, func(view *store.Store) error {
		return fieldsync.Pull(ctx, gated{view, s.cfg.Gates}, who.ID, key, req, s.cfg.Limits, d.now(), emit)
	})
	if err != nil {
		return err
	}
	return s.saw(ctx, who, req, key)
}

// gated shows a view only up to the watermark.
type gated struct {
	*store.Store
	gates fieldsync.Gates
}

// Head returns the epoch and how much of the log may be shown.
func (g gated) Head(ctx context.Context) (fieldsync.Head, error) {
	h, err := g.Store.Head(ctx)
	if err != nil {
		return h, err
	}
	h.Seq, err = g.gates.Shown(ctx, h.Seq)
	return h, err
}

// Exchange is a push and a pull in one round trip: the first line is the push's
// reply, and what follows was read after it was committed. A device that is
// locked gets the first line only.
func (s *Sync) Exchange(ctx context.Context, who report.Actor, req fieldsync.PushRequest, emit func(line any) error) error {
	reply, err := s.Push(ctx, who, req)
	if err != nil {
		return err
	}
	reply.T = "push"
	if err := emit(reply); err != nil {
		return err
	}
	if req.Pull == nil || len(reply.Cmd) > 0 {
		return nil
	}
	err = s.Pull(ctx, who, *req.Pull, emit)
	// The push is taken and its reply is on the way: a refused pull is a line
	// of the answer, not another answer.
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Internal {
		return emit(fieldsync.Stop{T: "err", Code: f.Code, Msg: f.Say(who.Language)})
	}
	return err
}

// Watch tells a device when there is something to pull, until ctx ends or emit
// fails (see fieldsync.Watch). After is the last number it was told of.
func (s *Sync) Watch(ctx context.Context, who report.Actor, device string, after int64, emit func(event any) error) error {
	if who.ID == "" {
		return ErrSignIn
	}
	return fieldsync.Watch(ctx, fieldsync.Stream{
		Hub: s.cfg.Hub, News: s.desk.store, Who: who.ID, ID: device, After: after, Beat: s.cfg.Heartbeat,
		Now: s.desk.now, Wait: s.cfg.Wait,
	}, emit)
}

// apply carries out one change a device sent. See lost for what becomes of one
// about a record that is no longer the actor's.
func (d *Desk) apply(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change) (fieldsync.Outcome, error) {
	out, err := d.change(ctx, tx, who, c)
	if err != nil {
		return fieldsync.Outcome{}, d.lost(ctx, tx, who, c, err)
	}
	return out, nil
}

func (d *Desk) change(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change) (fieldsync.Outcome, error) {
	call := report.Call{
		ID: c.CallID, Name: c.Name, Report: report.ID(c.ID), Args: c.Args, OccurredAt: c.Happened,
		Base: c.Base.Ver, Device: c.Device, Source: report.SourceSync, OffsetMs: c.OffsetMs,
	}
	if c.Pos != nil {
		call.At = &report.Point{Lon: c.Pos.Lon, Lat: c.Pos.Lat}
	}
	switch c.Op {
	case fieldsync.OpCreate:
		return d.create(ctx, tx, who, c, call)
	case fieldsync.OpPatch, fieldsync.OpAdd, fieldsync.OpSets:
		return d.patch(ctx, tx, who, c)
	case fieldsync.OpDelete:
		return d.remove(ctx, tx, who, c)
	}
	res, err := d.do(ctx, tx, who, call)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	return outcomeOf(res), nil
}

func outcomeOf(res Result) fieldsync.Outcome {
	out := fieldsync.Outcome{St: fieldsync.Status(res.Status), Ver: res.Report.Version}
	if out.St == "" {
		out.St = fieldsync.Applied
	}
	return out
}
