package fieldsync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sestante/sestante/report"
)

// deferSeconds is when a device may send again what had to be deferred.
const deferSeconds = 30

// Push takes what a device has to say, in its order and exactly once, inside
// the ledger's transaction. A mutation's own fault is a result and the push
// goes on. An error that is nobody's fault undoes its group, ends the push
// with Err "defer", is counted, and is in the reply's Stopped; at the second
// the mutation goes into quarantine and the push goes on. An error of Push
// itself means that nothing may be kept: the transaction must be rolled back.
func Push(ctx context.Context, l Ledger, who report.Actor, req PushRequest, now time.Time) (PushReply, error) {
	p, err := open(ctx, l, who, req, now)
	if err != nil {
		return PushReply{}, err
	}
	items, err := p.read(ctx, req.Muts)
	if err != nil {
		return PushReply{}, err
	}
	if p.may() {
		if err := p.release(ctx); err != nil {
			return PushReply{}, err
		}
	}
	if err := p.run(ctx, items); err != nil {
		return PushReply{}, err
	}
	if err := p.forget(ctx); err != nil {
		return PushReply{}, err
	}
	if err := l.KeepDevice(ctx, p.device); err != nil {
		return PushReply{}, fmt.Errorf("keep device %s: %w", p.device.ID, err)
	}
	return p.finish(ctx)
}

// forget drops the attempts at mutations that have their end, such as those
// that were only sent again.
func (p *push) forget(ctx context.Context) error {
	if !p.may() || p.reply.Err == ErrDefer {
		return nil
	}
	for mid := range p.tried {
		if mid > p.device.LMid {
			continue
		}
		if err := p.l.Passed(ctx, p.device.ID, mid); err != nil {
			return fmt.Errorf("forget the attempts at mutation %d: %w", mid, err)
		}
	}
	return nil
}

// open looks the device up and begins a push.
func open(ctx context.Context, l Ledger, who report.Actor, req PushRequest, now time.Time) (*push, error) {
	d, err := l.Device(ctx, req.Device, who.ID)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", req.Device, err)
	}
	head, err := l.Head(ctx)
	if err != nil {
		return nil, err
	}
	tried, err := l.Attempts(ctx, d.ID)
	if err != nil {
		return nil, fmt.Errorf("attempts of device %s: %w", d.ID, err)
	}
	d.Seen, d.App, d.Schema = now, req.App, req.Schema
	d.SkewMs, d.N, d.Oldest = -req.Clock.OffMs, req.Unacked.N, req.Unacked.Oldest
	return &push{
		l: l, who: who, now: now, off: req.Clock.OffMs, device: d, tried: tried,
		foreign: req.Epoch != "" && req.Epoch != head.Epoch,
		reply:   PushReply{V: Version, Now: now.UTC(), Res: []Result{}},
		since:   map[int64]time.Time{},
	}, nil
}

// push is one push under way.
type push struct {
	l       Ledger
	who     report.Actor
	now     time.Time
	off     int64
	foreign bool // the device speaks of numbers of another epoch
	device  Device
	tried   map[int64]int
	since   map[int64]time.Time // commits that were looked up
	reply   PushReply
}

// may reports whether the device may have an effect.
func (p *push) may() bool { return p.device.State == Active || p.device.State == "" }

// item is one mutation on its way.
type item struct {
	m         Mutation
	raw       json.RawMessage
	canonical []byte
	bad       error // why it cannot be read
	kept      Kept
}

// read prepares the mutations. One without a readable number gets the one its
// place says; one that can have none is kept by its hash alone.
func (p *push) read(ctx context.Context, muts []json.RawMessage) ([]item, error) {
	items := make([]item, len(muts))
	for i, raw := range muts {
		items[i] = readItem(raw)
	}
	out := make([]item, 0, len(items))
	for i, it := range items {
		if it.m.Mid >= 1 {
			out = append(out, it)
			continue
		}
		hash := BodyHash(it.raw)
		mid, err := p.place(ctx, hash, out, items[i:])
		if err != nil {
			return nil, err
		}
		if it.m.Mid = mid; mid >= 1 {
			out = append(out, it)
		}
		p.reply.Raw = append(p.reply.Raw, hash)
		raw := Raw{Person: p.who.ID, Device: p.device.ID, Hash: hash, Mid: it.m.Mid, At: p.now, Body: it.raw}
		if err := p.l.KeepRaw(ctx, raw); err != nil {
			return nil, fmt.Errorf("keep what cannot be read: %w", err)
		}
	}
	return out, nil
}

// place returns the number of an unreadable mutation: the one it was given
// before, or the one its neighbours leave free; 0 when there is none.
func (p *push) place(ctx context.Context, hash string, before, from []item) (int64, error) {
	mid, ok, err := p.l.RawMid(ctx, p.who.ID, hash)
	if err != nil || ok {
		return mid, err
	}
	next, after := int64(0), int64(0) // the next readable number, and how far on it is
	for i, it := range from {
		if it.m.Mid >= 1 {
			next, after = it.m.Mid, int64(i)
			break
		}
	}
	switch {
	case len(before) > 0:
		mid = before[len(before)-1].m.Mid + 1
	case next > 0:
		mid = next - after
	default:
		mid = p.device.LMid + 1
	}
	if mid <= p.device.LMid || next > 0 && mid >= next {
		return 0, nil
	}
	return mid, nil
}

// readItem prepares a mutation. One that cannot be read is kept by the hash of
// its bytes.
func readItem(raw json.RawMessage) item {
	it := item{raw: raw}
	it.m, it.bad = readMutation(raw)
	canonical, err := Canonical(raw)
	if err != nil {
		it.bad = errors.Join(it.bad, fmt.Errorf("%w: %w", ErrMalformed, err))
		canonical = raw
	}
	it.canonical = canonical
	return it
}

func (p *push) run(ctx context.Context, items []item) error {
	for len(items) > 0 && p.reply.Err == "" {
		first := items[0]
		if first.m.Mid <= p.device.LMid {
			done, err := p.repeat(ctx, first)
			if err != nil || done {
				return err
			}
			items = items[1:]
			continue
		}
		n := group(items)
		if p.outOfLine(items[:n]) {
			return nil
		}
		if err := p.take(ctx, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// group returns how many of the items stand or fall with the first.
func group(items []item) int {
	n := 1
	for tx := items[0].m.Tx; tx != "" && n < len(items) && items[n].m.Tx == tx; n++ {
	}
	return n
}

// repeat answers a mutation that has its end already. It reports whether the
// push ends there.
func (p *push) repeat(ctx context.Context, it item) (bool, error) {
	kept, ok, err := p.l.Kept(ctx, p.device.ID, it.m.Mid)
	if err != nil {
		return false, fmt.Errorf("look up mutation %d: %w", it.m.Mid, err)
	}
	if !ok || kept.Hash != Chain(it.canonical, "") {
		p.reply.Err, p.reply.Mid = ErrFork, it.m.Mid
		return true, nil
	}
	kept.Result.Dup = true
	p.reply.Res = append(p.reply.Res, kept.Result)
	return false, nil
}

// outOfLine reports whether a group does not follow what was received: a
// number is missing, or the chain is broken.
func (p *push) outOfLine(items []item) bool {
	next, chain := p.device.LMid+1, p.device.Chain
	for _, it := range items {
		if it.m.Mid != next {
			p.reply.Err, p.reply.Expect = ErrGap, p.device.LMid+1
			return true
		}
		chain = Chain(it.canonical, chain)
		if it.m.Hash != "" && it.m.Hash != chain {
			p.reply.Err, p.reply.Mid = ErrFork, it.m.Mid
			return true
		}
		next++
	}
	return false
}

// take gives a group its end and keeps it.
func (p *push) take(ctx context.Context, items []item) error {
	for i := range items {
		if err := p.date(ctx, &items[i]); err != nil {
			return err
		}
	}
	if !p.may() {
		for i := range items {
			items[i].kept.Result.St = Held
		}
		return p.keep(ctx, items)
	}
	done, err := p.carry(ctx, items)
	if err != nil || !done {
		return err
	}
	return p.keep(ctx, items)
}

// keep stores the group with its end and moves the device on.
func (p *push) keep(ctx context.Context, items []item) error {
	for _, it := range items {
		if err := p.l.Keep(ctx, it.kept.stored()); err != nil {
			return fmt.Errorf("keep mutation %d: %w", it.m.Mid, err)
		}
		p.device.LMid, p.device.Chain = it.m.Mid, Chain(it.canonical, p.device.Chain)
		if err := p.conclude(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// stored is what goes into the inbox: a result without the record, which has
// its own place and its own readers.
func (k Kept) stored() Kept {
	k.Result.Record = nil
	return k
}

// date gives a mutation the time it happened: what the device says, put right
// by its measured offset, not before the commit of what its author was looking
// at and not after it came. A time outside is moved and marked, never refused.
func (p *push) date(ctx context.Context, it *item) error {
	earliest, err := p.committed(ctx, p.seen(it.m))
	if err != nil {
		return fmt.Errorf("date mutation %d: %w", it.m.Mid, err)
	}
	at, skew := Clamp(it.m.At, p.off, earliest, p.now)
	it.kept = Kept{
		Device: p.device.ID, Mid: it.m.Mid, Hash: Chain(it.canonical, ""), Tx: it.m.Tx, Record: makes(it.m),
		Recv: p.now, At: at, Body: it.raw, Result: Result{Mid: it.m.Mid, Skew: skew},
	}
	return nil
}

// seen is the number of the log the author looked at, as far as it means
// anything here.
func (p *push) seen(m Mutation) int64 {
	if p.foreign {
		return 0
	}
	return m.Base.Seq
}

// committed returns when that number was reached; one push asks again and
// again for the same few.
func (p *push) committed(ctx context.Context, seq int64) (time.Time, error) {
	if at, ok := p.since[seq]; ok {
		return at, nil
	}
	at, err := p.l.CommittedAt(ctx, seq)
	if err == nil {
		p.since[seq] = at
	}
	return at, err
}

// finish fills in what the reply says about the whole.
func (p *push) finish(ctx context.Context) (PushReply, error) {
	head, err := p.l.Head(ctx)
	if err != nil {
		return PushReply{}, err
	}
	want, err := p.l.Wanted(ctx, p.device.ID)
	if err != nil {
		return PushReply{}, err
	}
	r := p.reply
	r.Epoch, r.Seq, r.LMid, r.Chain = head.Epoch, head.Seq, p.device.LMid, p.device.Chain
	r.Want, r.Cmd = append([]Want{}, want...), p.device.State.Command()
	return r, nil
}
