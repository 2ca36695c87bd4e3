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
		if err := p.l.Settle(ctx, it.kept.stored()); err != nil {
			return fmt.Errorf("settle mutation %d: %w", it.m.Mid, err)
		}
		if err := p.conclude(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// Retry carries out mutations that are kept, group by group, in their order: a
// quarantined group with what was skipped because of it, or what was held. One
// that has got another end since it was read is left alone. The error is
// ErrLocked for a device that is locked.
func Retry(ctx context.Context, l Ledger, who report.Actor, device string, kept []Kept, now time.Time) (PushReply, error) {
	p, err := reopen(ctx, l, who, device, now)
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

func reopen(ctx context.Context, l Ledger, who report.Actor, device string, now time.Time) (*push, error) {
	p, err := open(ctx, l, who, PushRequest{Device: device}, now)
	if err != nil {
		return nil, err
	}
	if !p.may() {
		return nil, ErrLocked.With("%s", p.device.State)
	}
	return p, nil
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
