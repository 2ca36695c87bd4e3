package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// operators are who looks after the devices of others.
var operators = []report.Role{report.RoleAdmin, report.RoleCoordinator, report.RoleServiceManager}

// operates reports whether the actor looks after the devices of others.
func operates(who report.Actor) bool {
	return who.ID == report.System || slices.ContainsFunc(who.Grants, func(g report.Grant) bool { return slices.Contains(operators, g.Role) })
}

// mostConflicts bounds how many conflicts are looked through for those that
// somebody may see.
const mostConflicts = 20_000

// Conflicts lists the conflicts the actor may see: of their own changes, and
// of the fields they may change, the newest first. What is not theirs does not
// take the place of what is: as many as asked for are found, among the newest
// 20,000.
func (s *Sync) Conflicts(ctx context.Context, who report.Actor, f store.ConflictFilter) ([]fieldsync.Conflict, error) {
	if who.ID == "" {
		return nil, ErrSignIn
	}
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 1000
	}
	want, out := f.Limit, []fieldsync.Conflict{}
	for f.Limit = 1000; f.Skip < mostConflicts; f.Skip += f.Limit {
		some, err := s.desk.store.Conflicts(ctx, f)
		if err != nil {
			return nil, err
		}
		theirs, err := only(some, func(c fieldsync.Conflict) (bool, error) {
			err := s.mayDecide(ctx, s.desk.store, who, c)
			if refused(err) {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, theirs...)
		if len(out) >= want || len(some) < f.Limit {
			break
		}
	}
	return out[:min(len(out), want)], nil
}

// refused reports whether an error is an answer about the caller's rights.
func refused(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && (f.Kind == fault.Forbidden || f.Kind == fault.NotFound || errors.Is(f, fieldsync.ErrDeleted) || errors.Is(f, fieldsync.ErrTargetDeleted))
}

func (s *Sync) mayDecide(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Conflict) error {
	p, _ := fieldsync.PatchedOf(c.Coll)
	f, ok := p.Field(c.Field)
	if !ok {
		return fieldsync.ErrNoConflict
	}
	return s.desk.mayPatch(ctx, tx, who, c.Coll, c.Record, 0, []fieldsync.Edit{{Field: f, Named: true}})
}

// ResolveConflict lets a person choose which of the two values of a conflict
// stands: fieldsync.Mine or fieldsync.Theirs. Choosing the one that stands
// closes the conflict; choosing the other writes it. The errors are
// fieldsync.ErrKeep, ErrNoConflict for a conflict that is not there or not for
// the actor, and ErrDecided for one that is closed, or whose field has got a
// third value since.
func (s *Sync) ResolveConflict(ctx context.Context, who report.Actor, cid string, keep fieldsync.Side) error {
	if who.ID == "" {
		return ErrSignIn
	}
	if keep != fieldsync.Mine && keep != fieldsync.Theirs {
		return fieldsync.ErrKeep.In("keep")
	}
	err := s.desk.inTx(ctx, func(tx *store.Store) error {
		c, ok, err := tx.Conflict(ctx, cid)
		if err != nil {
			return err
		}
		if !ok {
			return fieldsync.ErrNoConflict
		}
		if err := s.mayDecide(ctx, tx, who, c); err != nil {
			if refused(err) {
				return fieldsync.ErrNoConflict
			}
			return err
		}
		if c.State != fieldsync.ConflictOpen {
			return fieldsync.ErrDecided
		}
		if keep != c.Kept {
			if err := s.revert(ctx, tx, c, keep); err != nil {
				return err
			}
		}
		return tx.DecideConflict(ctx, cid, keep, who.ID, s.desk.now())
	})
	if err != nil {
		return fmt.Errorf("decide conflict %s: %w", cid, err)
	}
	s.cfg.Hub.Stir()
	return nil
}

// revert writes the value that had lost, if the one that won still stands.
func (s *Sync) revert(ctx context.Context, tx *store.Store, c fieldsync.Conflict, keep fieldsync.Side) error {
	stood, wanted := c.Mine, c.Theirs
	if keep == fieldsync.Mine {
		stood, wanted = c.Theirs, c.Mine
	}
	p, _ := fieldsync.PatchedOf(c.Coll)
	stands, _, err := tx.Patched(ctx, p, c.Record)
	if err != nil {
		return err
	}
	f, _ := p.Field(c.Field)
	edit := fieldsync.Edit{Field: f}.Standing(stands[c.Field].Value)
	if string(edit.Cur) != string(stood) {
		return fieldsync.ErrDecided.In(c.Field)
	}
	by := fieldsync.Change{Happened: s.desk.now()}
	return tx.WriteFields(ctx, p, c.Record, map[string]json.RawMessage{c.Field: wanted}, by, s.desk.now())
}

// DeadLetters lists refused changes, the newest first: a person's own, or, for
// an operator, anybody's.
func (s *Sync) DeadLetters(ctx context.Context, who report.Actor, f store.LetterFilter) ([]fieldsync.Letter, error) {
	if who.ID == "" {
		return nil, ErrSignIn
	}
	if !operates(who) {
		f.Person = who.ID
	}
	all, err := s.desk.store.Letters(ctx, f)
	if err != nil {
		return nil, err
	}
	looksAfter := s.looksAfter(ctx, s.desk.store, who)
	return only(all, func(l fieldsync.Letter) (bool, error) {
		if l.Person == who.ID {
			return true, nil
		}
		return looksAfter(l.Device)
	})
}

// looksAfter returns what reports whether the actor looks after a device: an
// operator of some districts after those of the people of these districts.
func (s *Sync) looksAfter(ctx context.Context, tx *store.Store, who report.Actor) func(device string) (bool, error) {
	districts, err := within(who)
	operator := err == nil
	if who.ID == report.System || operator && districts == nil {
		return func(string) (bool, error) { return true, nil }
	}
	known := map[string]bool{}
	return func(device string) (bool, error) {
		if !operator {
			return false, nil
		}
		yes, seen := known[device]
		if !seen {
			var failed error
			if _, yes, failed = tx.DeviceHealth(ctx, districts, device); failed != nil {
				return false, failed
			}
			known[device] = yes
		}
		return yes, nil
	}
}

// only keeps what pass says.
func only[T any](all []T, pass func(T) (bool, error)) ([]T, error) {
	out := []T{}
	for _, one := range all {
		ok, err := pass(one)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, one)
		}
	}
	return out, nil
}

// DismissLetter gives a refused change up. The error is fieldsync.ErrNoLetter
// for one that is not there or not the actor's.
func (s *Sync) DismissLetter(ctx context.Context, who report.Actor, q string) error {
	return s.desk.store.InTx(ctx, func(tx *store.Store) error {
		l, ok, err := tx.Letter(ctx, q)
		if err != nil {
			return err
		}
		mine := ok && l.Person == who.ID
		if ok && !mine {
			if mine, err = s.looksAfter(ctx, tx, who)(l.Device); err != nil {
				return err
			}
		}
		if !mine {
			return fmt.Errorf("dismiss letter %s: %w", q, fieldsync.ErrNoLetter)
		}
		return tx.DismissLetter(ctx, q)
	})
}

// Quarantined lists the changes that wait for an operator, the oldest first:
// those that broke again and again, those whose record was deleted, and those
// about what is no longer their author's; of one device when device is not
// empty. The error is fieldsync.ErrNotHeld for whoever is no operator.
func (s *Sync) Quarantined(ctx context.Context, who report.Actor, device string, limit int) ([]store.Quarantine, error) {
	if !operates(who) {
		return nil, fmt.Errorf("list the quarantine: %w", fieldsync.ErrNotHeld)
	}
	if limit <= 0 || limit > 1000 {
		limit = 1000
	}
	all, err := s.desk.store.Quarantined(ctx, device, limit)
	if err != nil {
		return nil, err
	}
	looksAfter := s.looksAfter(ctx, s.desk.store, who)
	return only(all, func(q store.Quarantine) (bool, error) { return looksAfter(q.Device) })
}
