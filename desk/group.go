package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// A Step is a moment of a push, for SyncConfig.Probe.
type Step string

// The steps of a push, in their order.
const (
	StepApply     Step = "apply"     // before each change, inside its savepoint
	StepCommit    Step = "commit"    // everything is written, nothing is committed
	StepCommitted Step = "committed" // everything is on disk, nobody has heard of it
)

// groupMutations bounds how many mutations share one transaction.
const groupMutations = 1000

// waiting is one push on its way through the line.
type waiting struct {
	who   report.Actor
	req   fieldsync.PushRequest
	shown int64 // the checkpoint the device says it shows
	reply fieldsync.PushReply
	err   error
	turn  chan bool // false: it is done; true: it must lead
}

// A line is where pushes wait for the one writer. Whoever finds nobody leading
// leads: it carries out what waits, together, until its own push is done, and
// hands the lead to the first who still waits. There is no timer: a push alone
// goes at once, and what comes while one is being written goes together.
type line struct {
	mu      sync.Mutex
	waiting []*waiting
	led     bool
}

// group carries a push out, alone or with others, and returns when it is done.
func (s *Sync) group(ctx context.Context, w *waiting) {
	s.line.mu.Lock()
	s.line.waiting = append(s.line.waiting, w)
	led := s.line.led
	s.line.led = true
	s.line.mu.Unlock()
	if led && !<-w.turn {
		return
	}
	s.lead(ctx, w)
}

// lead carries out the next in line, own among them, and passes the lead on:
// own is the first in line.
func (s *Sync) lead(ctx context.Context, own *waiting) {
	batch := s.line.take()
	defer func() {
		if v := recover(); v != nil {
			for _, w := range batch {
				w.err = errors.Join(w.err, fmt.Errorf("the push broke: %v", v))
			}
		}
		for _, w := range batch {
			if w != own {
				w.turn <- false
			}
		}
		s.line.passOn()
	}()
	s.carry(ctx, batch)
}

// take takes the next pushes off the line: at least one, and no more than go
// into one transaction. Two pushes of one device never go together, since the
// second stands on the first.
func (l *line) take() []*waiting {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, muts := 0, 0
	devices := map[string]bool{}
	for ; n < len(l.waiting); n++ {
		w := l.waiting[n]
		muts += len(w.req.Muts)
		if n > 0 && (muts > groupMutations || devices[w.req.Device]) {
			break
		}
		devices[w.req.Device] = true
	}
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return batch
}

// passOn makes the first who waits lead.
func (l *line) passOn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.led = false
		return
	}
	l.waiting[0].turn <- true
}

// carry carries a batch out and gives each push its reply or its error.
func (s *Sync) carry(ctx context.Context, batch []*waiting) {
	suspect, err := s.mark(ctx, batch)
	if err != nil {
		fail(batch, err)
		return
	}
	var plain, careful []*waiting
	for _, w := range batch {
		if suspect[w.req.Device] {
			careful = append(careful, w)
		} else {
			plain = append(plain, w)
		}
	}
	if len(plain) > 0 {
		s.together(ctx, plain)
	}
	for _, w := range careful {
		w.reply, w.err = s.oneByOne(ctx, w)
	}
	s.cfg.Hub.Stir()
}

// mark notes what is about to be carried out, so that a crash is known for one
// afterwards. Routes are asked for here: inside the transaction it would be
// too late.
func (s *Sync) mark(ctx context.Context, batch []*waiting) (map[string]bool, error) {
	if _, err := s.desk.routes(ctx); err != nil {
		return nil, err
	}
	marks := make([]store.Mark, 0, len(batch))
	for _, w := range batch {
		first, last := w.req.Mids()
		marks = append(marks, store.Mark{Device: w.req.Device, First: first, Last: last})
	}
	return s.desk.store.MarkPushes(ctx, s.boot, marks, s.desk.now())
}

func fail(batch []*waiting, err error) {
	for _, w := range batch {
		w.err = err
	}
}

// together carries pushes out in one transaction. When one of them cannot be
// kept, nothing is, and each goes again by itself.
func (s *Sync) together(ctx context.Context, batch []*waiting) {
	err := s.commit(ctx, batch)
	switch {
	case err == nil:
		return
	case len(batch) == 1 || refusesAll(err):
		s.alone(ctx, batch, err)
	default:
		for _, w := range batch {
			one := []*waiting{w}
			if err := s.commit(ctx, one); err != nil {
				s.alone(ctx, one, err)
			}
		}
	}
}

// refusesAll reports whether an error is about the storage, so that nobody
// would fare better alone.
func refusesAll(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && (f.Kind == fault.Busy || f.Kind == fault.Limited)
}

// alone ends pushes whose transaction was lost: with their error when it says
// what is wrong, else change by change.
func (s *Sync) alone(ctx context.Context, batch []*waiting, err error) {
	f, known := errors.AsType[*fault.Error](err)
	for _, w := range batch {
		// This process lives, so that what it marked did not crash.
		if unmarked := s.desk.store.Unmark(ctx, w.req.Device); unmarked != nil {
			w.err = errors.Join(err, unmarked)
			continue
		}
		if w.err = err; !known || f.Kind == fault.Internal {
			w.reply, w.err = s.oneByOne(ctx, w)
		}
	}
}

// commit carries pushes out in one transaction.
func (s *Sync) commit(ctx context.Context, batch []*waiting) error {
	replies := make([]fieldsync.PushReply, len(batch))
	err := s.desk.inTx(ctx, func(tx *store.Store) error {
		for i, w := range batch {
			var err error
			if replies[i], err = fieldsync.Push(ctx, s.ledger(tx, w.who, w.shown, s.cfg.CallTime), w.who, w.req, s.desk.now()); err != nil {
				return err
			}
			// A mark whose mutations all have their end says nothing; one of a
			// push that stopped would look like a crash to the next process.
			if replies[i].Err == "" && len(replies[i].Cmd) == 0 {
				continue
			}
			if err := tx.Unmark(ctx, w.req.Device); err != nil {
				return err
			}
		}
		return s.probe(ctx, StepCommit, fieldsync.Change{})
	})
	if err != nil {
		return err
	}
	for i, w := range batch {
		w.reply = replies[i]
		w.err = s.probe(ctx, StepCommitted, fieldsync.Change{})
	}
	return nil
}

func (s *Sync) probe(ctx context.Context, at Step, c fieldsync.Change) error {
	if s.cfg.Probe == nil {
		return nil
	}
	return s.cfg.Probe(ctx, at, c)
}

// patience is how many times CallTime a change may take that is carried out
// alone.
const patience = 3

// ledger is the storage of one push, each change of which may take as long as
// most.
func (s *Sync) ledger(tx *store.Store, who report.Actor, shown int64, most time.Duration) store.Ledger {
	return store.Ledger{Tx: tx, Now: s.desk.now(), Shown: shown, Do: func(ctx context.Context, c fieldsync.Change) (fieldsync.Outcome, error) {
		// SQLite gives a statement up when its context ends, and with it the
		// transaction: the push is then carried out change by change.
		ctx, cancel := s.cfg.Bound(ctx, c, most)
		defer cancel()
		if err := s.probe(ctx, StepApply, c); err != nil {
			return fieldsync.Outcome{}, err
		}
		return s.desk.apply(ctx, tx, who, c)
	}}
}

// oneByOne carries a push out group by group, each in a transaction of its own
// and counted before it begins: one of them may end the server.
func (s *Sync) oneByOne(ctx context.Context, w *waiting) (fieldsync.PushReply, error) {
	held, err := s.heldOneByOne(ctx, w)
	if err != nil {
		return fieldsync.PushReply{}, err
	}
	groups := w.req.Groups()
	if len(groups) == 0 {
		groups = []fieldsync.PushRequest{w.req}
	}
	whole := fieldsync.PushReply{Res: held}
	for i, g := range groups {
		first, last := g.Mids()
		reply, err := s.attempt(ctx, w, span(first, last), func(l store.Ledger) (fieldsync.PushReply, error) {
			return fieldsync.Push(ctx, l, w.who, g, s.desk.now())
		})
		if err != nil && i > 0 && whole.V > 0 {
			whole.Err, whole.AfterS, whole.Stopped = fieldsync.ErrDefer, 30, err
			return whole, nil // what came before is kept
		}
		if err != nil {
			return fieldsync.PushReply{}, err
		}
		reply.Res = append(whole.Res, reply.Res...)
		reply.Raw = append(whole.Raw, reply.Raw...)
		reply.Poisoned = append(whole.Poisoned, reply.Poisoned...)
		reply.Dirty = reply.Dirty || whole.Dirty
		if whole = reply; whole.Err != "" {
			break
		}
	}
	return whole, nil
}

// heldOneByOne does so for what waits since the device was locked.
func (s *Sync) heldOneByOne(ctx context.Context, w *waiting) ([]fieldsync.Result, error) {
	state, _, err := s.desk.store.DeviceState(ctx, w.who.ID, w.req.Device)
	if err != nil || len(state.Command()) > 0 {
		return nil, err
	}
	var out []fieldsync.Result
	for {
		held, err := s.desk.store.Waiting(ctx, w.req.Device, groupMutations)
		if err != nil || len(held) == 0 {
			return out, err
		}
		groups := fieldsync.KeptGroups(held)
		if len(held) == groupMutations && len(groups) > 1 {
			groups = groups[:len(groups)-1] // the limit may have cut it
		}
		for _, g := range groups {
			reply, err := s.attempt(ctx, w, mids(g), func(l store.Ledger) (fieldsync.PushReply, error) {
				// Somebody may have locked it between two groups.
				if d, err := l.Device(ctx, w.req.Device, w.who.ID); err != nil || len(d.State.Command()) > 0 {
					return fieldsync.PushReply{}, either(err, fieldsync.ErrLocked)
				}
				return fieldsync.Retry(ctx, l, w.who, w.req.Device, g, s.desk.now())
			})
			out = append(out, reply.Res...)
			if err == nil {
				err = reply.Stopped
			}
			if err != nil {
				return out, err
			}
		}
	}
}

func mids(kept []fieldsync.Kept) []int64 {
	var out []int64
	for _, k := range kept {
		out = append(out, k.Mid)
	}
	return out
}

func span(first, last int64) []int64 {
	var out []int64
	for mid := first; mid > 0 && mid <= last; mid++ {
		out = append(out, mid)
	}
	return out
}

// attempt carries one group out in its own transaction. An attempt that ends
// for a reason which says nothing about the group does not count.
func (s *Sync) attempt(ctx context.Context, w *waiting, mids []int64, do func(store.Ledger) (fieldsync.PushReply, error)) (fieldsync.PushReply, error) {
	if err := s.desk.store.Attempt(ctx, w.req.Device, mids, s.desk.now()); err != nil {
		return fieldsync.PushReply{}, err
	}
	var reply fieldsync.PushReply
	err := s.desk.inTx(ctx, func(tx *store.Store) error {
		var err error
		if reply, err = do(s.ledger(tx, w.who, w.shown, patience*s.cfg.CallTime)); err != nil {
			return err
		}
		return s.probe(ctx, StepCommit, fieldsync.Change{})
	})
	if err == nil {
		err = s.probe(ctx, StepCommitted, fieldsync.Change{})
	}
	if why := errors.Join(err, reply.Stopped); refusesAll(why) || errors.Is(why, fieldsync.ErrLocked) {
		err = errors.Join(err, s.desk.store.Unattempt(ctx, w.req.Device, mids))
	}
	return reply, err
}
