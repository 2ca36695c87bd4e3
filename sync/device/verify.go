package device

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	fieldsync "github.com/sestante/sestante/sync"
)

// passes bounds how often one Sync looks again whether a repair was enough;
// what is still wrong then is loaded anew as a whole.
const passes = 4

// mend repairs what the last checkpoint found wrong, if anything.
func (d *Device) mend(ctx context.Context) error {
	if !d.meta().Suspect {
		return nil
	}
	if err := d.dropStrays(); err != nil {
		return err
	}
	if d.cfg.Verify != nil {
		ok, err := d.Verify(ctx)
		if err != nil || ok {
			return err
		}
	}
	// The cursor is forgotten, and the old base stays until the new one is whole.
	m := d.meta()
	m.Cursor, m.Page, m.Suspect = "", "", false
	if err := d.cfg.Store.Apply(Step{Clear: true}, Step{Meta: &m}); err != nil {
		return err
	}
	for range maxRounds {
		if done, err := d.round(ctx); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("sync: no end after %d rounds", maxRounds)
}

// dropStrays takes scopes off that the person does not hold: the server would
// say nothing of them.
func (d *Device) dropStrays() error {
	m, steps := d.meta(), []Step(nil)
	for of := range d.state().Sums {
		if slices.ContainsFunc(m.Scopes, func(s fieldsync.Scope) bool { return s.I == of.Scope }) {
			continue
		}
		raw, err := plain(fieldsync.Drop{T: "drop", I: of.Scope})
		if err != nil {
			return err
		}
		steps = append(steps, Step{Stage: raw})
	}
	return d.repair(steps)
}

// Verify asks the server whether what the device holds is what it must hold at
// its last checkpoint, and repairs what differs, record by record. It returns
// false when that was not enough, or when too much has changed since. Sync
// calls it by itself when a checkpoint does not agree.
func (d *Device) Verify(ctx context.Context) (bool, error) {
	if d.cfg.Verify == nil {
		return false, errors.New("device: there is no way to verify")
	}
	for range passes {
		if d.meta().Cursor == "" {
			return false, nil
		}
		found, end, err := d.drill(ctx)
		switch {
		case errors.Is(err, errStale), err == nil && end.Behind:
			return false, nil
		case err != nil:
			return false, err
		case found == 0 && end.OK:
			m := d.meta()
			m.Suspect, m.Verified = false, d.cfg.Now().UTC()
			return true, d.cfg.Store.Apply(Step{Meta: &m})
		}
	}
	return false, nil
}

// drill goes down to the records that differ and repairs them. It returns how
// many there were, and the end of the first answer.
func (d *Device) drill(ctx context.Context) (found int64, first fieldsync.Line, err error) {
	m, drill := d.meta(), fieldsync.NewDrill()
	for k, r := range d.state().Base {
		for _, scope := range r.In {
			drill.Hold(scope, k.Coll, fieldsync.Element{ID: k.ID, Ver: r.Ver})
		}
	}
	asked := false
	for range maxRounds {
		req, more := drill.Next()
		if !more {
			return found, first, nil
		}
		req.V, req.Device, req.Cursor = fieldsync.Version, m.Device, m.Cursor
		n, end, err := d.ask(ctx, req, drill)
		if err != nil {
			return found, first, err
		}
		if !asked {
			asked, first = true, end
		}
		if found += n; end.Behind {
			first.Behind = true
			return found, first, nil
		}
	}
	return found, first, fmt.Errorf("verify: no end after %d rounds", maxRounds)
}

// ask asks one question, takes the answer in and applies its repairs in one
// step.
func (d *Device) ask(ctx context.Context, req fieldsync.VerifyRequest, drill *fieldsync.Drill) (found int64, end fieldsync.Line, err error) {
	body, err := d.cfg.Verify(ctx, req)
	if err != nil {
		return 0, end, fmt.Errorf("verify: %w", err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	r := &reader{lines: bufio.NewReaderSize(body, 1<<16)}
	var steps []Step
	for {
		raw, err := r.next()
		if err != nil {
			return 0, end, err
		}
		var l fieldsync.Line
		if json.Unmarshal(raw, &l) != nil {
			return 0, end, ErrTorn.With("a line that is not JSON")
		}
		switch l.T {
		case "split":
			if err := drill.Take(fieldsync.Split{I: l.I, C: l.C, P: l.P, B: l.B, Newer: l.Newer}); err != nil {
				return 0, end, err
			}
		case "p", "x":
			if err := sound(l); err != nil {
				return 0, end, err
			}
			steps = append(steps, Step{Stage: bytes.Clone(raw)})
		case "err":
			if l.Code == fieldsync.ErrCursor.Code {
				return 0, end, errStale
			}
			return 0, end, ErrTorn.With("the server said %s", l.Code)
		case "vf":
			return int64(len(steps)), l, d.repair(steps)
		}
	}
}

// repair puts records into the base as the server says they are, at the
// checkpoint where the base is.
func (d *Device) repair(steps []Step) error {
	if len(steps) == 0 {
		return nil
	}
	m := d.meta()
	m.Reset = false
	// No effect of the outbox is newly shown by a repair: the checkpoint is the
	// one it was.
	steps = append([]Step{{Clear: true}, {Meta: &m}}, steps...)
	return d.cfg.Store.Apply(append(steps, Step{Switch: max(m.Seq, 1)})...)
}

// sound checks a record against its hash.
func sound(l fieldsync.Line) error {
	if l.T == "p" && len(l.D) > 0 && fieldsync.BodyHash(l.D) != l.H {
		return ErrTorn.With("the body of %s %s is not what its hash says", l.C, l.ID)
	}
	return nil
}

// Check reads everything the device holds again: every body against its hash,
// and the digests against the records. A record that is not sound is marked,
// so that the next checkpoint finds it wrong and has it repaired; until then it
// is shown as it is. It returns the records that were marked. An app calls it
// now and then, against what a disk loses.
func (d *Device) Check() ([]Key, error) {
	var bad []Key
	var steps []Step
	for k, r := range d.state().Base {
		if fieldsync.BodyHash(r.Body) == r.Hash {
			continue
		}
		r.Ver = -1 // no version the server ever gives
		bad, steps = append(bad, k), append(steps, Step{Row: &r})
	}
	if len(steps) == 0 && d.state().summed() {
		return nil, nil
	}
	m := d.meta()
	m.Suspect = true
	return bad, d.cfg.Store.Apply(append(steps, Step{Meta: &m})...)
}
