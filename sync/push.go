package fieldsync

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// deferSeconds is when a device may send again what had to be deferred.
const deferSeconds = 30

// Push takes what a device has to say, in its order and exactly once, inside
// the ledger's transaction. A mutation's own fault is a result and the push
// goes on; any other error undoes its group, ends the push with Err "defer",
// and is in the reply's Stopped. An error of Push itself means that nothing
// may be kept: the transaction must be rolled back.
func Push(ctx context.Context, l Ledger, who report.Actor, req PushRequest, now time.Time) (PushReply, error) {
	d, err := l.Device(ctx, req.Device, who.ID)
	if err != nil {
		return PushReply{}, fmt.Errorf("device %s: %w", req.Device, err)
	}
	d.Seen, d.App, d.Schema = now, req.App, req.Schema
	d.SkewMs, d.N, d.Oldest = -req.Clock.OffMs, req.Unacked.N, req.Unacked.Oldest
	p := &push{l: l, who: who, now: now, off: req.Clock.OffMs, device: d}
	p.reply = PushReply{V: Version, Now: now.UTC(), Res: []Result{}}
	if err := p.run(ctx, req.Muts); err != nil {
		return PushReply{}, err
	}
	if err := l.KeepDevice(ctx, p.device); err != nil {
		return PushReply{}, fmt.Errorf("keep device %s: %w", d.ID, err)
	}
	return p.finish(ctx)
}

// push is one push under way.
type push struct {
	l      Ledger
	who    report.Actor
	now    time.Time
	off    int64
	device Device
	reply  PushReply
}

// item is one mutation on its way.
type item struct {
	m         Mutation
	raw       json.RawMessage
	canonical []byte
	bad       error // why it cannot be read
	kept      Kept
}

func (p *push) run(ctx context.Context, muts []json.RawMessage) error {
	items := make([]item, len(muts))
	for i, raw := range muts {
		items[i] = read(raw)
		if items[i].m.Mid < 1 {
			return ErrBody.In(fmt.Sprintf("muts[%d].mid", i))
		}
	}
	for len(items) > 0 {
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
		if done := p.outOfLine(items[:n]); done {
			return nil
		}
		if err := p.take(ctx, items[:n]); err != nil {
			return err
		}
		if p.reply.Err != "" {
			return nil
		}
		items = items[n:]
	}
	return nil
}

// read prepares a mutation. One that cannot be read is kept by the hash of its
// bytes.
func read(raw json.RawMessage) item {
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
	if p.device.State != Active && p.device.State != "" {
		for i := range items {
			items[i].kept.Result.St = Held
		}
		return p.keep(ctx, items)
	}
	refused, why, stopped := p.apply(ctx, items)
	if stopped != nil { // what came before is kept, and the device asks again
		p.reply.Err, p.reply.AfterS, p.reply.Stopped = ErrDefer, deferSeconds, stopped
		return nil //nolint:nilerr // the reply carries it
	}
	if why != nil {
		if err := p.refuse(ctx, items, refused, why); err != nil {
			return err
		}
	}
	return p.keep(ctx, items)
}

// apply carries the group out inside a savepoint. It returns which member was
// refused and why, or an error that ends the push.
func (p *push) apply(ctx context.Context, items []item) (refused int, why *fault.Error, err error) {
	err = p.l.Savepoint(ctx, func() error {
		for i := range items {
			refused = i
			if err := p.applyOne(ctx, &items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return 0, nil, nil
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return 0, nil, err
	}
	switch f.Kind {
	case fault.Busy, fault.Internal, fault.Limited:
		return 0, nil, err
	default:
		return refused, f, nil
	}
}

func (p *push) applyOne(ctx context.Context, it *item) error {
	if it.bad != nil {
		return it.bad
	}
	if it.m.Op != OpCall && (it.m.Op != OpCreate || it.m.Coll != "media") {
		return ErrOp.In("op").With("%.40s %.40s", it.m.Op, it.m.Coll)
	}
	out, err := p.l.Apply(ctx, Change{
		Mutation: it.m, Device: p.device.ID, CallID: CallID(p.device.ID, it.m),
		Happened: it.kept.At, OffsetMs: p.off,
	})
	if err != nil {
		return fmt.Errorf("mutation %d of device %s: %w", it.m.Mid, p.device.ID, err)
	}
	head, err := p.l.Head(ctx)
	if err != nil {
		return err
	}
	it.kept.Result.St, it.kept.Result.Ver, it.kept.Result.Seq = out.St, out.Ver, head.Seq
	return nil
}

// refuse gives every member of a refused group its end: the one that was
// refused says why, the others name it. A member that fails only because what
// it stands on was refused before is skipped rather than rejected.
func (p *push) refuse(ctx context.Context, items []item, refused int, why *fault.Error) error {
	cause := items[refused].m.Mid
	for i := range items {
		r := &items[i].kept.Result
		r.St, r.Seq, r.Ver, r.Cause = Skipped, 0, 0, cause
	}
	r := &items[refused].kept.Result
	r.Code, r.Msg, r.Field = why.Code, why.Say(p.who.Language), why.Field
	if why.Kind == fault.NotFound {
		earlier, err := p.l.Refused(ctx, p.device.ID, standsOn(items[refused].m))
		if err != nil {
			return fmt.Errorf("look up what mutation %d stands on: %w", cause, err)
		}
		if earlier != 0 {
			r.Cause, r.Again = earlier, AgainNever
			return nil
		}
	}
	r.St, r.Cause, r.Again = Rejected, 0, again(why.Kind)
	return nil
}

func again(k fault.Kind) Again {
	switch k {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return AgainEdit
	case fault.Unauthenticated:
		return AgainLater
	default:
		return AgainNever
	}
}

// keep stores the group with its end and moves the device on.
func (p *push) keep(ctx context.Context, items []item) error {
	for _, it := range items {
		if it.bad != nil && it.kept.Result.St == Rejected && errors.Is(it.bad, ErrMalformed) {
			it.kept.Result.Again = AgainNever
		}
		if it.kept.Result.Code == ErrOp.Code {
			it.kept.Result.Again = AgainNever
		}
		if err := p.l.Keep(ctx, it.kept); err != nil {
			return fmt.Errorf("keep mutation %d: %w", it.m.Mid, err)
		}
		p.device.LMid, p.device.Chain = it.m.Mid, Chain(it.canonical, p.device.Chain)
		p.reply.Res = append(p.reply.Res, it.kept.Result)
		p.reply.Dirty = p.reply.Dirty || it.kept.Result.Seq > 0
	}
	return nil
}

// date gives a mutation the time it happened: what the device says, put right
// by its measured offset, not before the commit of what its author was looking
// at and not after it came. A time outside is moved and marked, never refused.
func (p *push) date(ctx context.Context, it *item) error {
	earliest, err := p.l.CommittedAt(ctx, it.m.Base.Seq)
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

// Clamp returns when something happened: at plus the device's offset in
// milliseconds, but not before earliest (when that is known) and not after
// received. It reports whether the time had to be moved. A device that says no
// time gets the time of receipt, unmarked.
func Clamp(at time.Time, offsetMs int64, earliest, received time.Time) (time.Time, bool) {
	if at.IsZero() {
		return received, false
	}
	// An offset past the range of a Duration (292 years) is no measurement.
	const most = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
	t := at.Add(time.Duration(min(max(offsetMs, -most), most)) * time.Millisecond)
	switch {
	case t.After(received):
		return received, true
	case t.Before(earliest):
		if earliest.After(received) {
			return received, true
		}
		return earliest, true
	default:
		return t, false
	}
}

// makes returns the record a mutation would make, or "".
func makes(m Mutation) string {
	if m.Op == OpCreate || m.Op == OpCall && m.Name == "report.submit" {
		return m.ID
	}
	return ""
}

// standsOn returns the record a mutation needs to find.
func standsOn(m Mutation) string {
	if m.Op != OpCreate {
		return m.ID
	}
	var id string
	if json.Unmarshal(m.Set["report"].To, &id) != nil {
		return ""
	}
	return id
}

// CallID returns the id of a mutation's call: its own, or one made from the
// device and the number, which is as unique.
func CallID(device string, m Mutation) string {
	if m.Call != "" {
		return m.Call
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", device, m.Mid))
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:])[:idLength])
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
