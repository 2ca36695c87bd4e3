package device

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// What a sync can end with, besides the transport's own errors.
var (
	ErrTorn = fault.Define(fault.Busy, "device.torn",
		"The answer broke off; what came is kept and the rest will be asked for.", "La risposta si è interrotta; ciò che è arrivato è conservato.")
	ErrBehind = fault.Define(fault.Conflict, "device.behind",
		"The server says that a change is missing which it was sent.", "Il server dice che manca una modifica che gli è stata inviata.")
	ErrDeferred = fault.Define(fault.Busy, "device.deferred",
		"The server cannot take the changes now; they wait on the device.", "Il server non può accettare ora le modifiche; restano sul dispositivo.")
)

// maxRounds bounds one Sync. A round ends with progress, so that only a server
// that makes none reaches it.
const maxRounds = 10000

// Sync exchanges with the server until everything in the outbox has its end
// and the base is at a checkpoint. Whatever goes wrong on the way, what was
// reached is kept, and the next Sync goes on from there.
func (d *Device) Sync(ctx context.Context) error {
	for range maxRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := d.round(ctx)
		if err != nil {
			return err
		}
		if done {
			return d.mend(ctx)
		}
	}
	return fmt.Errorf("sync: no end after %d rounds", maxRounds)
}

// round is one exchange. It reports whether there is nothing more to do.
func (d *Device) round(ctx context.Context) (done bool, err error) {
	if d.meta().State == "wipe" {
		return true, errors.Join(ErrWiped, d.receipt(ctx))
	}
	req := d.request()
	sent := d.cfg.Now()
	body, err := d.cfg.Transport(ctx, req)
	if err != nil {
		return false, fmt.Errorf("exchange: %w", err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	r := &reader{lines: bufio.NewReaderSize(body, 1<<16)}
	reply, err := d.reply(r, sent, len(req.Muts))
	if err != nil {
		return false, err
	}
	if len(reply.Cmd) > 0 {
		if reply.Err == "" && len(reply.Res) > 0 && len(d.unsent()) > 0 {
			return false, nil // the rest is handed in before anything is destroyed
		}
		return true, d.obey(ctx, reply.Cmd)
	}
	whole, err := d.receive(r, req.Pull.Cursor)
	if err != nil {
		return false, err
	}
	if reply.Err == fieldsync.ErrDefer {
		return false, ErrDeferred
	}
	return whole && len(d.unsent()) == 0, nil
}

// unsent returns the mutations without an end.
func (d *Device) unsent() []Entry {
	var out []Entry
	for _, e := range d.state().Outbox {
		if e.Result == nil {
			out = append(out, e)
		}
	}
	return out
}

// request is the next exchange: what waits, as much as fits without parting a
// group and speaks of numbers of one epoch, and where the device stands.
func (d *Device) request() fieldsync.PushRequest {
	m := d.meta()
	waiting := d.unsent()
	req := fieldsync.PushRequest{
		V: fieldsync.Version, Device: m.Device, Epoch: m.Epoch, App: d.cfg.App,
		Clock: fieldsync.Clock{Wall: d.cfg.Now().UTC(), OffMs: m.OffMs},
		Muts:  []json.RawMessage{},
		Pull: &fieldsync.PullRequest{
			V: fieldsync.Version, Device: m.Device, Cursor: m.Cursor, MaxBytes: d.cfg.MaxBytes,
			Digest: true, Soft: d.cfg.Verify != nil,
		},
	}
	if m.Page != "" {
		req.Pull.Cursor = m.Page
	}
	if req.Unacked.N = len(waiting); req.Unacked.N > 0 {
		req.Unacked.Oldest = waiting[0].At
		// What was made before the server was restored speaks of its old numbers.
		req.Epoch = cmp.Or(waiting[0].Epoch, m.Epoch)
	}
	const room = 900_000 // bytes, under the server's limit with the envelope
	bytes := 0
	for i := 0; i < len(waiting); {
		n, size := 1, len(waiting[i].Body)
		for ; i+n < len(waiting) && waiting[i].Tx != "" && waiting[i+n].Tx == waiting[i].Tx; n++ {
			size += len(waiting[i+n].Body)
		}
		if i > 0 && (i+n > d.cfg.MaxMuts || bytes+size > room || waiting[i].Epoch != waiting[0].Epoch) {
			break
		}
		for _, e := range waiting[i : i+n] {
			req.Muts = append(req.Muts, e.Body)
		}
		i, bytes = i+n, bytes+size
	}
	return req
}

// obey does what the server tells a device that may no longer work.
func (d *Device) obey(ctx context.Context, cmds []fieldsync.Command) error {
	for _, c := range cmds {
		switch c.K {
		case "wipe":
			if err := d.cfg.Store.Apply(Step{Wipe: true}); err != nil {
				return err
			}
			return errors.Join(ErrWiped, d.receipt(ctx))
		case "lock":
			m := d.meta()
			m.State = "lock"
			if err := d.cfg.Store.Apply(Step{Meta: &m}); err != nil {
				return err
			}
			return ErrLocked
		}
	}
	return nil
}

// receipt tells that the device has nothing left, until that was heard.
func (d *Device) receipt(ctx context.Context) error {
	m := d.meta()
	if d.cfg.Wiped == nil || m.Receipt {
		return nil
	}
	if err := d.cfg.Wiped(ctx); err != nil {
		return fmt.Errorf("hand in the receipt of the wipe: %w", err)
	}
	m.Receipt = true
	return d.cfg.Store.Apply(Step{Meta: &m})
}

// receive takes in a pull. It reports whether it reached a checkpoint; when it
// did not, but ended at a resume point, there is more to ask for.
func (d *Device) receive(r *reader, asked string) (whole bool, err error) {
	in := &incoming{d: d, asked: asked, meta: d.meta()}
	in.meta.State = ""
	for {
		line, err := r.next()
		if errors.Is(err, io.EOF) && in.paused {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		done, err := in.take(line)
		if errors.Is(err, errStale) {
			return false, nil
		}
		if err != nil || done {
			return done, err
		}
	}
}

// incoming is a pull on its way in. Lines are kept in memory until a resume
// point makes them durable.
type incoming struct {
	d      *Device
	asked  string // the cursor it was asked with
	meta   Meta
	steps  []Step
	open   bool
	paused bool // the last line was a resume point
}

func (in *incoming) take(raw []byte) (done bool, err error) {
	var l fieldsync.Line
	if json.Unmarshal(raw, &l) != nil {
		return false, ErrTorn.With("a line that is not JSON")
	}
	if l.T != "hi" && l.T != "err" && !in.open {
		return false, ErrTorn.With("the pull does not begin with hi")
	}
	in.paused = false
	switch l.T {
	case "hi":
		in.begin(l)
	case "p", "x", "drop":
		if err := sound(l); err != nil {
			return false, err
		}
		in.steps = append(in.steps, Step{Stage: bytes.Clone(raw)})
	case "err":
		return false, in.refused(l)
	case "pg":
		in.meta.Page = l.Cur
		in.paused = true
		return false, in.flush()
	case "cp":
		in.meta.Page, in.meta.Cursor, in.meta.Seq, in.meta.Checked = "", l.Cur, l.Seq, in.d.cfg.Now().UTC()
		return true, in.publish(l)
	}
	return false, nil
}

// begin opens the pull: it goes on with what is staged only when it was asked
// to, and the server agrees.
func (in *incoming) begin(l fieldsync.Line) {
	in.open = true
	in.meta.Epoch, in.meta.Scopes = l.Epoch, l.Sc
	anew := l.Reset != "" && l.Reset != fieldsync.ResetSoft
	if anew || in.meta.Page == "" || in.asked != in.meta.Page {
		in.meta.Page, in.meta.Reset = "", anew
		in.steps = append(in.steps, Step{Clear: true})
	}
}

// refused is a pull that the server would not give. A cursor that is not its
// own any more is forgotten: the next pull brings everything.
func (in *incoming) refused(l fieldsync.Line) error {
	if l.Code != fieldsync.ErrCursor.Code || in.asked == "" {
		return ErrTorn.With("the server said %s", l.Code)
	}
	m := in.d.meta()
	m.Cursor, m.Page = "", ""
	if err := in.d.cfg.Store.Apply(Step{Clear: true}, Step{Meta: &m}); err != nil {
		return err
	}
	return errStale
}

// errStale ends a round that has to begin again without a cursor.
var errStale = errors.New("the cursor was refused")

func (in *incoming) flush() error {
	meta := in.meta
	err := in.d.cfg.Store.Apply(append(in.steps, Step{Meta: &meta})...)
	in.steps = nil
	return err
}

// publish makes everything staged visible in one step with the cursor, and
// holds what is visible then against what the server says it must be.
func (in *incoming) publish(l fieldsync.Line) error {
	meta := in.meta
	after := meta
	after.Reset = false
	if after.Suspect = false; l.Dig != nil {
		after.Verified = meta.Checked
	}
	store := in.d.cfg.Store
	err := store.Apply(append(in.steps, Step{Meta: &meta}, Step{Switch: max(l.Seq, 1)}, Step{Meta: &after})...)
	in.steps = nil
	if err != nil || l.Dig == nil || store.State().agrees(l.Dig) {
		return err
	}
	// Should the device be killed before this is written, the next checkpoint
	// says it again.
	after.Suspect, after.Verified = true, meta.Verified
	return store.Apply(Step{Meta: &after})
}

// reader reads lines, and tells a torn end from an end.
type reader struct{ lines *bufio.Reader }

func (r *reader) next() ([]byte, error) {
	line, err := r.lines.ReadBytes('\n')
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, fmt.Errorf("%w: %w", ErrTorn, io.EOF)
	default:
		return nil, fmt.Errorf("%w: %w", ErrTorn, err)
	}
}
