package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What can go wrong with a call before the rules are asked.
var (
	ErrCallID = fault.Define(fault.Invalid, "call.id",
		"A call needs an id of its own: 15 characters of a-z and 0-9.",
		"Una chiamata ha bisogno di un identificativo: 15 caratteri fra a-z e 0-9.")
	ErrCallReused = fault.Define(fault.Conflict, "call.reused",
		"Another call was made under this id.", "Con questo identificativo è già stata fatta un'altra chiamata.")
	ErrReportExists = fault.Define(fault.Conflict, "report.exists",
		"There is a report under this id already.", "Esiste già una segnalazione con questo identificativo.")
)

// The ways a call can end well.
const (
	Applied = "applied" // it had its effect
	Merged  = "merged"  // it had one, but not the one asked for: the world had moved on
	Noop    = "noop"    // what it asks for was so already
)

// Do makes one call, in a transaction of its own. Made again with the same id
// it has no second effect and returns the first answer. The errors are the
// faults above, report.ErrNone for a report that is not there or not for who,
// and whatever the rules refuse with; nothing is written then.
func (d *Desk) Do(ctx context.Context, who report.Actor, call report.Call) (Result, error) {
	if _, err := d.routes(ctx); err != nil {
		return Result{}, err
	}
	var res Result
	err := d.inTx(ctx, func(tx *store.Store) error {
		var err error
		res, err = d.do(ctx, tx, who, call)
		return err
	})
	if err == nil && call.Name == "report.submit" {
		res.Duplicates = d.duplicatesAtReceipt(ctx, who, res.Report, cmp.Or(who.Language, d.cfg.Language))
	}
	return res, err
}

// inTx runs fn in a transaction and tells whoever waits for changes.
func (d *Desk) inTx(ctx context.Context, fn func(tx *store.Store) error) error {
	err := d.store.InTx(ctx, func(tx *store.Store) error {
		if err := fn(tx); err != nil {
			return err
		}
		return tx.MarkCommit(ctx, d.now())
	})
	if err != nil {
		return err
	}
	d.cfg.Changed()
	return nil
}

// do makes one call inside a transaction: a sync push groups many. The routes
// must have been asked for before the transaction began.
func (d *Desk) do(ctx context.Context, tx *store.Store, who report.Actor, call report.Call) (Result, error) {
	if !report.ValidID(call.ID) {
		return Result{}, ErrCallID.In("id")
	}
	hash := hashOf(call)
	if res, ok, err := d.answered(ctx, tx, who, call, hash); err != nil || ok {
		return res, err
	}
	in, err := d.input(ctx, tx, who, call)
	if err != nil {
		return Result{}, err
	}
	out, err := report.Decide(in)
	if err != nil {
		return Result{}, err
	}
	if err := d.keep(ctx, tx, in, out); err != nil {
		return Result{}, err
	}
	res := resultOf(out)
	kept, err := json.Marshal(res)
	if err != nil {
		return Result{}, fmt.Errorf("encode the answer: %w", err)
	}
	call.Report = out.After.ID
	err = tx.KeepAnswer(ctx, call, store.CallAnswer{Person: who.ID, Hash: hash, Result: kept}, d.now())
	return res, err
}

// answered returns the kept answer of a call that was made before.
func (d *Desk) answered(ctx context.Context, tx *store.Store, who report.Actor, call report.Call, hash string) (Result, bool, error) {
	kept, ok, err := tx.AnswerOf(ctx, call.ID)
	if err != nil || !ok {
		return Result{}, false, err
	}
	if kept.Person != who.ID || kept.Hash != hash {
		return Result{}, false, ErrCallReused.In("id")
	}
	var res Result
	if err := json.Unmarshal(kept.Result, &res); err != nil {
		return Result{}, false, fmt.Errorf("decode the answer of call %s: %w", call.ID, err)
	}
	res.Repeat = true
	res.Report, err = tx.Report(ctx, res.ID)
	return res, true, err
}

// hashOf tells one call from another: its name, its report and its arguments.
func hashOf(call report.Call) string {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\x00%s\x00%s", call.Name, call.Report, call.Args)
	return hex.EncodeToString(sum.Sum(nil))
}

// keep writes what the rules decided: the events, the row they add up to, and
// what follows from them.
func (d *Desk) keep(ctx context.Context, tx *store.Store, in report.Input, out report.Outcome) error {
	if len(out.Events) == 0 {
		return nil
	}
	now := in.Now
	var err error
	if in.Current.Version == 0 {
		err = tx.InsertReport(ctx, out.After, now)
	} else {
		err = tx.UpdateReport(ctx, out.After, in.Current.Version, now)
	}
	if err != nil {
		return err
	}
	if err := tx.AppendEvents(ctx, out.Events, now); err != nil {
		return err
	}
	if !in.Current.State.Open() && d.routedBefore(out.After, now) {
		if err := tx.KeepLate(ctx, out.After.ID); err != nil {
			return err
		}
	}
	return d.follow(ctx, tx, in, out)
}

func resultOf(out report.Outcome) Result {
	res := Result{
		Report: out.After, ID: out.After.ID, Code: out.After.Code, Version: out.After.Version,
		State: out.After.State, Status: Applied,
	}
	if len(out.Events) > 0 {
		res.Event = out.Events[0].ID
	}
	switch {
	case out.Noop:
		res.Status = Noop
	case out.Merged:
		res.Status = Merged
	}
	return res
}

// readable returns a report and how much of it the actor may read. The error
// is report.ErrNone when that is nothing, so that the name space cannot be
// probed.
func (d *Desk) readable(ctx context.Context, s *store.Store, who report.Actor, id report.ID) (report.Report, report.Audience, error) {
	r, err := s.Report(ctx, id)
	if err != nil {
		return r, "", err
	}
	audience, ok := report.MayRead(who, r)
	if !ok {
		return report.Report{}, "", fmt.Errorf("read report %s: %w", id, report.ErrNone)
	}
	return r, audience, nil
}

// none reports whether err says that there is no such report.
func none(err error) bool { return errors.Is(err, report.ErrNone) }
