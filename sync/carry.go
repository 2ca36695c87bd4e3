package fieldsync

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
)

// A mutation that fails twice through nobody's fault is poison. After a crash
// nobody can count, so that an attempt that may crash is counted before it
// begins: the count at that moment includes the attempt itself.
const (
	poisonCrashes = 3 // two that never came back, and this one
	poisonErrors  = 1 // one before this one
)

// carry carries a group out and fills in the results of its members. It
// reports false when the push has to end before the group: the reply says so.
func (p *push) carry(ctx context.Context, items []item) (bool, error) {
	tried := 0
	for _, it := range items {
		tried = max(tried, p.tried[it.m.Mid])
	}
	if tried >= poisonCrashes {
		return true, p.quarantine(ctx, items, 0)
	}
	at, why, broken := p.apply(ctx, items)
	switch {
	case broken != nil && errors.Is(broken, errUndone):
		return false, broken
	case broken != nil && transient(broken):
		p.stop(broken)
		return false, nil
	case broken != nil && tried >= poisonErrors:
		return true, p.quarantine(ctx, items, at)
	case broken != nil:
		p.stop(broken)
		for _, it := range items {
			if err := p.l.Tried(ctx, p.device.ID, it.m.Mid, reason(broken)); err != nil {
				return false, fmt.Errorf("count the attempt at mutation %d: %w", it.m.Mid, err)
			}
		}
		return false, nil
	case why != nil && (errors.Is(why, ErrTargetDeleted) || errors.Is(why, ErrScopeLost)):
		p.hold(items, at, why)
	case why != nil:
		if err := p.refuse(ctx, items, at, why); err != nil {
			return false, err
		}
	}
	return true, p.passed(ctx, items)
}

// stop ends the push: what came before is kept, and the device asks again.
func (p *push) stop(why error) {
	p.reply.Err, p.reply.AfterS, p.reply.Stopped = ErrDefer, deferSeconds, why
}

// transient reports whether an error says by itself that it will pass, and
// nothing about the mutation.
func transient(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && (f.Kind == fault.Busy || f.Kind == fault.Limited)
}

// reason is an error short enough to be kept.
func reason(err error) string {
	text := err.Error()
	return text[:min(len(text), 2000)]
}

// errUndone means that what a group wrote could not be undone by itself: the
// transaction is lost.
var errUndone = errors.New("the step could not be undone")

// apply carries the group out inside a savepoint. It returns which member
// failed, and why it was refused or what broke.
func (p *push) apply(ctx context.Context, items []item) (at int, why *fault.Error, broken error) {
	var failed error
	err := p.l.Savepoint(ctx, func() error {
		for i := range items {
			at = i
			if failed = p.contained(ctx, &items[i]); failed != nil {
				return failed
			}
		}
		return nil
	})
	if err == nil {
		return 0, nil, nil
	}
	if failed == nil || err != failed { //nolint:errorlint // the very error: anything more is the storage's
		return at, nil, fmt.Errorf("%w: %w", errUndone, err)
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Internal || transient(err) {
		return at, nil, err
	}
	return at, f, nil
}

// contained carries one mutation out, and turns a panic into an error: it is
// this mutation's, not the server's.
func (p *push) contained(ctx context.Context, it *item) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("mutation %d of device %s panicked: %v\n%s", it.m.Mid, p.device.ID, v, debug.Stack())
		}
	}()
	return p.applyOne(ctx, it)
}

func (p *push) applyOne(ctx context.Context, it *item) error {
	if it.bad != nil {
		return it.bad
	}
	if !it.m.Known() {
		return ErrOp.In("op").With("%.40s %.40s", it.m.Op, it.m.Coll)
	}
	out, err := p.l.Apply(ctx, Change{
		Mutation: it.m, Device: p.device.ID, CallID: CallID(p.device.ID, it.m, it.kept.Hash),
		Happened: it.kept.At, OffsetMs: p.off, Seen: p.seen(it.m),
	})
	if err != nil {
		return fmt.Errorf("mutation %d of device %s: %w", it.m.Mid, p.device.ID, err)
	}
	head, err := p.l.Head(ctx)
	if err != nil {
		return err
	}
	r := &it.kept.Result
	r.St, r.Ver, r.Seq = out.St, out.Ver, head.Seq
	r.Fields, r.Conflicts, r.Record = out.Fields, out.Conflicts, out.Record
	return nil
}

// refuse gives every member of a refused group its end: the one that was
// refused says why, the others name it. A member that fails only because what
// it stands on was refused before is skipped rather than rejected, and names
// the first cause.
func (p *push) refuse(ctx context.Context, items []item, refused int, why *fault.Error) error {
	cause := items[refused].m.Mid
	for i := range items {
		items[i].kept.Result = Result{Mid: items[i].m.Mid, Skew: items[i].kept.Result.Skew, St: Skipped, Cause: cause}
	}
	r := &items[refused].kept.Result
	r.Code, r.Msg, r.Field = why.Code, why.Say(p.who.Language), why.Field
	if why.Kind == fault.NotFound {
		earlier, err := p.cause(ctx, standsOn(items[refused].m))
		if err != nil {
			return fmt.Errorf("look up what mutation %d stands on: %w", cause, err)
		}
		if earlier != 0 {
			for i := range items {
				items[i].kept.Result.Cause = earlier
			}
			r.Again = AgainNever
			return nil
		}
	}
	r.St, r.Cause, r.Again = Rejected, 0, again(items[refused], why)
	r.Letter = LetterID(p.device.ID, cause)
	return nil
}

// cause returns the mutation that is to blame for the record not being there,
// or 0: not the last in a row of skipped ones but the one that began it.
func (p *push) cause(ctx context.Context, record string) (int64, error) {
	mid, err := p.l.Refused(ctx, p.device.ID, record)
	if err != nil || mid == 0 {
		return 0, err
	}
	kept, ok, err := p.l.Kept(ctx, p.device.ID, mid)
	if err == nil && ok && kept.Result.Cause != 0 {
		return kept.Result.Cause, nil
	}
	return mid, err
}

func again(it item, why *fault.Error) Again {
	if errors.Is(why, ErrOp) || it.bad != nil && errors.Is(it.bad, ErrMalformed) {
		return AgainNever
	}
	switch why.Kind {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return AgainEdit
	case fault.Unauthenticated:
		return AgainLater
	default:
		return AgainNever
	}
}

// quarantine holds a group that broke again and again: the device goes on, an
// operator is shown it, and what it says is kept.
func (p *push) quarantine(ctx context.Context, items []item, culprit int) error {
	p.reply.Poisoned = append(p.reply.Poisoned, items[culprit].m.Mid)
	p.hold(items, culprit, ErrQuarantined)
	return p.passed(ctx, items)
}

// hold keeps a group until an operator decides: the device goes on. The member
// that is to blame says why, the others name it.
func (p *push) hold(items []item, culprit int, why *fault.Error) {
	for i := range items {
		it := &items[i]
		it.kept.Poison = true
		it.kept.Result = Result{
			Mid: it.m.Mid, Skew: it.kept.Result.Skew, St: Held, Code: why.Code, Msg: why.Say(p.who.Language),
			Again: AgainLater, Cause: items[culprit].m.Mid,
		}
	}
	items[culprit].kept.Result.Cause = 0
}

// passed forgets the attempts at a group that has its end.
func (p *push) passed(ctx context.Context, items []item) error {
	for _, it := range items {
		if p.tried[it.m.Mid] == 0 {
			continue
		}
		if err := p.l.Passed(ctx, p.device.ID, it.m.Mid); err != nil {
			return fmt.Errorf("forget the attempts at mutation %d: %w", it.m.Mid, err)
		}
	}
	return nil
}

// conclude keeps what follows from an end: a refusal is put before a person,
// and one that is put right is taken away from them.
func (p *push) conclude(ctx context.Context, it item) error {
	r := it.kept.Result
	p.reply.Res = append(p.reply.Res, r)
	p.reply.Dirty = p.reply.Dirty || r.Seq > 0
	switch {
	case r.St == Rejected:
		l := Letter{
			ID: r.Letter, Device: p.device.ID, Mid: r.Mid, Person: p.who.ID, Op: it.m.Op, Coll: it.m.Coll, Record: it.m.ID, Name: it.m.Name,
			Code: r.Code, Msg: r.Msg, Field: r.Field, Again: r.Again, At: p.now, State: LetterOpen,
		}
		if err := p.l.Bury(ctx, l); err != nil {
			return fmt.Errorf("keep the refusal of mutation %d: %w", r.Mid, err)
		}
	case it.m.Fixes > 0 && (r.St == Applied || r.St == Merged || r.St == Noop):
		if err := p.l.Fixed(ctx, p.who.ID, cmp.Or(it.m.Of, p.device.ID), it.m.Fixes, r.Mid); err != nil {
			return fmt.Errorf("close the refusal of mutation %d: %w", it.m.Fixes, err)
		}
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
	_, id := m.Target()
	return id
}

// Target returns the collection and the id of the record a mutation needs to
// find: its own, or of a create the report that it hangs on; empty when it
// names none.
func (m Mutation) Target() (coll, id string) {
	switch {
	case m.Op == OpCall:
		return "reports", m.ID
	case m.Op != OpCreate:
		return m.Coll, m.ID
	case json.Unmarshal(m.Set["report"].To, &id) != nil:
		return "", ""
	default:
		return "reports", id
	}
}

// CallID returns the id of a mutation's call: its own, or one made from the
// device, the number and the hash of its content (Chain of its canonical form
// after nothing). A device that is forked takes it along, so that what its
// other life handed in already has no second effect; and another change, which
// came by the same number, never bears the same.
func CallID(device string, m Mutation, hash string) string {
	if m.Call != "" {
		return m.Call
	}
	return madeID("call", device, m.Mid, hash)
}

// LetterID returns the id of the dead letter of a mutation.
func LetterID(device string, mid int64) string { return madeID("letter", device, mid, "") }

// ConflictID returns the id of the conflict a mutation had over a field.
func ConflictID(device string, mid int64, field string) string {
	return madeID("conflict", device, mid, field)
}

// madeID makes the same id of the same things, on every run.
func madeID(kind, device string, mid int64, field string) string {
	text := fmt.Sprintf("%s\x00%s\x00%d\x00%s", kind, device, mid, field)
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:])[:idLength])
}
