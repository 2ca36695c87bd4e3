package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// Release carries out what a device handed in while it was locked, in its
// order, as the person whose device it is. Call it when the device is active
// again; the device's next push would do the same. It returns the new results.
// The errors are ErrNoDevice, store.ErrNoPerson for a person who is disabled,
// and fieldsync.ErrLocked for a device that still is.
func (s *Sync) Release(ctx context.Context, device string) ([]fieldsync.Result, error) {
	who, err := s.ownerOf(ctx, device)
	if err != nil {
		return nil, err
	}
	if state, _, err := s.desk.store.DeviceState(ctx, who.ID, device); err != nil || len(state.Command()) > 0 {
		return nil, fmt.Errorf("release what device %s handed in: %w", device, either(err, fieldsync.ErrLocked))
	}
	if _, err := s.desk.routes(ctx); err != nil {
		return nil, err
	}
	res, err := s.heldOneByOne(context.WithoutCancel(ctx), &waiting{who: who, req: fieldsync.PushRequest{Device: device}})
	s.cfg.Hub.Stir()
	return res, err
}

// either returns err, or when there is none the other.
func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (s *Sync) ownerOf(ctx context.Context, device string) (report.Actor, error) {
	d, ok, err := s.desk.store.DeviceByID(ctx, device)
	if err != nil {
		return report.Actor{}, err
	}
	if !ok {
		return report.Actor{}, fmt.Errorf("device %s: %w", device, ErrNoDevice)
	}
	return s.desk.Actor(ctx, d.Person)
}

// ReleaseQuarantine carries a quarantined mutation out again, with its group
// and with what was skipped because of it, as the person who sent it. A record
// that was deleted under its author's hands is put back first, as it was; what
// somebody did on what was no longer theirs (sync.scope_lost) is carried out
// with the operator's roles beside their own. What breaks or is refused like
// that again goes back. The device learns of it by what it pulls, or by sending
// the mutation again. The errors are ErrNoDevice for a device outside the
// operator's districts, and fieldsync.ErrNotHeld for a mutation that is not in
// quarantine and for whoever is no operator. The device may be locked or wiped
// by now: the work was done.
func (s *Sync) ReleaseQuarantine(ctx context.Context, who report.Actor, device string, mid int64) ([]fieldsync.Result, error) {
	return s.decide(ctx, who, device, mid, "released", func(tx *store.Store, owner report.Actor, kept []fieldsync.Kept) (fieldsync.PushReply, error) {
		for _, k := range kept {
			switch k.Result.Code {
			case fieldsync.ErrTargetDeleted.Code:
				if err := exhume(ctx, tx, k); err != nil {
					return fieldsync.PushReply{}, err
				}
			case fieldsync.ErrScopeLost.Code:
				owner.Grants = slices.Concat(owner.Grants, who.Grants)
			}
		}
		return fieldsync.Retry(ctx, s.ledger(tx, owner, 0, patience*s.cfg.CallTime), owner, device, kept, s.desk.now())
	})
}

// exhume puts back the record that a mutation is about, if it was deleted.
func exhume(ctx context.Context, tx *store.Store, k fieldsync.Kept) error {
	var m fieldsync.Mutation
	if json.Unmarshal(k.Body, &m) != nil {
		return nil //nolint:nilerr // Retry will say what is wrong with it
	}
	coll, id := m.Target()
	if p, ok := fieldsync.PatchedOf(coll); !ok || !p.Restorable {
		return nil
	}
	_, err := tx.Exhume(ctx, coll, id)
	return err
}

// DismissQuarantine gives a quarantined mutation up, with its group: it is
// refused for the reason it was held, and its author gets a dead letter. The
// errors are those of ReleaseQuarantine.
func (s *Sync) DismissQuarantine(ctx context.Context, who report.Actor, device string, mid int64) ([]fieldsync.Result, error) {
	return s.decide(ctx, who, device, mid, "dismissed", func(tx *store.Store, owner report.Actor, kept []fieldsync.Kept) (fieldsync.PushReply, error) {
		return fieldsync.Refuse(ctx, s.ledger(tx, owner, 0, patience*s.cfg.CallTime), owner, device, kept, s.desk.now())
	})
}

// decide does something about a quarantined mutation and what hangs on it, in
// one transaction, and leaves a trace of who decided.
func (s *Sync) decide(ctx context.Context, who report.Actor, device string, mid int64, what string,
	do func(tx *store.Store, owner report.Actor, kept []fieldsync.Kept) (fieldsync.PushReply, error),
) ([]fieldsync.Result, error) {
	if !operates(who) {
		return nil, fmt.Errorf("decide about mutation %d of device %s: %w", mid, device, fieldsync.ErrNotHeld)
	}
	owner, err := s.ownerOf(ctx, device)
	if err != nil {
		return nil, err
	}
	if _, err := s.desk.routes(ctx); err != nil {
		return nil, err
	}
	var reply fieldsync.PushReply
	err = s.desk.inTx(ctx, func(tx *store.Store) error {
		if yes, err := s.looksAfter(ctx, tx, who)(device); err != nil || !yes {
			return either(err, ErrNoDevice)
		}
		kept, err := tx.QuarantinedGroup(ctx, device, mid)
		if err != nil {
			return err
		}
		if len(kept) == 0 {
			return fieldsync.ErrNotHeld
		}
		if reply, err = do(tx, owner, kept); err != nil {
			return err
		}
		return tx.TraceDevice(ctx, store.DeviceTrace{
			ID: newID(), Device: device, At: s.desk.now(), What: what, By: string(who.ID),
			Reason: fmt.Sprintf("change %d: %s", mid, cmp.Or(kept[0].Result.Code, string(kept[0].Result.St))),
		})
	})
	if err != nil {
		return nil, fmt.Errorf("decide about mutation %d of device %s: %w", mid, device, err)
	}
	s.cfg.Hub.Stir()
	return reply.Res, nil
}

// KeepMalformed keeps a body that could not be read as a push, and
// acknowledges it by its hash: the device need not send it again, and nothing
// somebody did is lost. The errors are ErrSignIn, and fieldsync.ErrTooLarge
// for a body, or for one more body, than is kept for one person.
func (s *Sync) KeepMalformed(ctx context.Context, who report.Actor, body []byte) (fieldsync.PushReply, error) {
	if who.ID == "" {
		return fieldsync.PushReply{}, ErrSignIn
	}
	if int64(len(body)) > s.cfg.Limits.PushBytes {
		return fieldsync.PushReply{}, fieldsync.ErrTooLarge.With("%d bytes, at most %d", len(body), s.cfg.Limits.PushBytes)
	}
	raw := fieldsync.Raw{Person: who.ID, Hash: fieldsync.BodyHash(body), At: s.desk.now(), Body: body}
	reply := fieldsync.PushReply{
		V: fieldsync.Version, Now: s.desk.now().UTC(), Res: []fieldsync.Result{}, Want: []fieldsync.Want{}, Cmd: []fieldsync.Command{},
		Err: fieldsync.ErrRaw, Raw: []string{raw.Hash},
	}
	err := s.desk.store.InTx(ctx, func(tx *store.Store) error {
		kept, err := tx.KeepRaw(ctx, raw, s.cfg.RawBytes)
		if err != nil {
			return err
		}
		if !kept {
			return fieldsync.ErrTooLarge.With("no more than %d bytes that cannot be read are kept", s.cfg.RawBytes)
		}
		head, err := tx.Head(ctx)
		reply.Epoch, reply.Seq = head.Epoch, head.Seq
		return err
	})
	if err != nil {
		return fieldsync.PushReply{}, fmt.Errorf("keep a malformed body: %w", err)
	}
	return reply, nil
}
