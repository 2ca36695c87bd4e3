package fieldsync

import (
	"context"
	"fmt"
	"time"

	"github.com/sestante/sestante/report"
)

// releasedAtOnce bounds how many waiting mutations one transaction carries
// out; the device asks again for the rest.
const releasedAtOnce = 500

// release carries out what was held while the device was locked, before
// anything newer: its order is the order of the numbers.
func (p *push) release(ctx context.Context) error {
	waiting, err := p.l.Waiting(ctx, p.device.ID, releasedAtOnce+1)
	if err != nil {
		return fmt.Errorf("what device %s has waiting: %w", p.device.ID, err)
	}
	items := asIfNew(waiting)
	for len(items) > 0 && p.reply.Err == "" {
		n := group(items)
		if len(waiting) > releasedAtOnce && n == len(items) && n < len(waiting) {
			break // a group the limit may have cut
		}
		if err := p.settle(ctx, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	if len(waiting) > releasedAtOnce && p.reply.Err == "" {
		p.reply.Err, p.reply.AfterS = ErrDefer, 1
	}
	return nil
}

// asIfNew reads mutations that are kept as if they had just come.
func asIfNew(kept []Kept) []item {
	items := make([]item, len(kept))
	for i, k := range kept {
		items[i] = readItem(k.Body)
		items[i].m.Mid = k.Mid
		k.Poison = false
		k.Result = Result{Mid: k.Mid, Skew: k.Result.Skew}
		items[i].kept = k
	}
	return items
}

// settle carries a kept group out and gives it its end.
func (p *push) settle(ctx context.Context, items []item) error {
	done, err := p.carry(ctx, items)
	if err != nil || !done {
		return err
	}
	for _, it := range items {
		if err := p.finally(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// finally gives a kept mutation its new end.
func (p *push) finally(ctx context.Context, it item) error {
	if err := p.l.Settle(ctx, it.kept.stored()); err != nil {
		return fmt.Errorf("settle mutation %d: %w", it.m.Mid, err)
	}
	return p.conclude(ctx, it)
}

// Retry carries out mutations that are kept, group by group, in their order: a
// quarantined group with what was skipped because of it, or what was held. One
// that has got another end since it was read is left alone. Whether the device
// may work is the caller's to ask: what an operator decides about concerns the
// work that was done, whatever became of the device.
func Retry(ctx context.Context, l Ledger, who report.Actor, device string, kept []Kept, now time.Time) (PushReply, error) {
	p, err := open(ctx, l, who, PushRequest{Device: device}, now)
	if err != nil {
		return PushReply{}, err
	}
	for _, k := range kept { // nobody asks again: what breaks goes back where it was
		p.tried[k.Mid] = max(p.tried[k.Mid], poisonErrors)
	}
	items := asIfNew(kept)
	for len(items) > 0 && p.reply.Err == "" {
		n := group(items)
		now, _, err := l.Kept(ctx, device, kept[0].Mid)
		if err != nil {
			return PushReply{}, err
		}
		if now.Result.St == kept[0].Result.St {
			if err := p.settle(ctx, items[:n]); err != nil {
				return PushReply{}, err
			}
		}
		items, kept = items[n:], kept[n:]
	}
	return p.finish(ctx)
}

// Refuse gives up what is in quarantine: the mutation that is to blame is
// refused for the reason it was held, with a letter to its author, and its
// group is skipped.
func Refuse(ctx context.Context, l Ledger, who report.Actor, device string, kept []Kept, now time.Time) (PushReply, error) {
	p, err := open(ctx, l, who, PushRequest{Device: device}, now)
	if err != nil {
		return PushReply{}, err
	}
	for i, it := range asIfNew(kept) {
		was := kept[i].Result
		if was.St != Held {
			continue
		}
		it.kept.Result = Result{Mid: was.Mid, Skew: was.Skew, St: Skipped, Cause: was.Cause}
		if was.Cause == 0 {
			it.kept.Result = Result{
				Mid: was.Mid, Skew: was.Skew, St: Rejected, Code: was.Code, Msg: was.Msg, Again: AgainNever, Letter: LetterID(device, was.Mid),
			}
		}
		if err := p.finally(ctx, it); err != nil {
			return PushReply{}, err
		}
	}
	return p.finish(ctx)
}

// KeptGroups parts kept mutations into atomic groups.
func KeptGroups(kept []Kept) [][]Kept {
	var out [][]Kept
	items := asIfNew(kept)
	for len(items) > 0 {
		n := group(items)
		out = append(out, kept[:n])
		items, kept = items[n:], kept[n:]
	}
	return out
}
