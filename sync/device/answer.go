package device

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	fieldsync "github.com/sestante/sestante/sync"
)

// reply takes in the first line: how the mutations ended. Pushed is how many of
// those that wait were sent.
func (d *Device) reply(r *reader, sent time.Time, pushed int) (fieldsync.PushReply, error) {
	line, err := r.next()
	if err != nil {
		return fieldsync.PushReply{}, err
	}
	var reply fieldsync.PushReply
	if json.Unmarshal(line, &reply) != nil || reply.T != "push" {
		return reply, ErrTorn.With("the first line is no push reply")
	}
	// What was not sent can have no end: one that comes all the same is of
	// another history, as after a backup of the phone was restored, in which the
	// number is another change's.
	waiting := d.unsent()
	strange := map[int64]bool{}
	for i := min(pushed, len(waiting)); i < len(waiting); i++ {
		strange[waiting[i].Mid] = true
	}
	var steps []Step
	for i := range reply.Res {
		if strange[reply.Res[i].Mid] || reply.Err == fieldsync.ErrFork && reply.Res[i].Mid >= reply.Mid {
			continue
		}
		reply.Res[i].Dup = false // how it ended, not how often it was asked
		steps = append(steps, Step{Settle: &reply.Res[i]})
	}
	m := d.meta()
	now := d.cfg.Now()
	if took := now.Sub(sent); took >= 0 && took < 10*time.Second && !reply.Now.IsZero() {
		m.OffMs = reply.Now.Sub(sent.Add(took / 2)).Milliseconds()
	}
	first := int64(0) // that was sent
	if len(waiting) > 0 {
		first = waiting[0].Mid
	}
	if err := d.cfg.Store.Apply(append(steps, Step{Meta: &m})...); err != nil {
		return reply, err
	}
	if again := d.reoffer(reply); again != nil {
		if err := d.cfg.Store.Apply(Step{Requeue: again}); err != nil {
			return reply, err
		}
	}
	switch reply.Err {
	case fieldsync.ErrFork:
		return reply, d.fork()
	case fieldsync.ErrGap:
		return reply, d.behind(reply.Expect, first)
	default:
		return reply, nil
	}
}

// reoffer returns the outbox as it must be for a server that has forgotten
// what it had acknowledged, as after a backup of it was restored; nil when it
// has not. What it says it has not got has no effect there, and waits again.
// What it still has got a number of another epoch for its effect: the next
// checkpoint shows it. A refusal had no effect and stays one, since its author
// may have sent a better one by now.
func (d *Device) reoffer(reply fieldsync.PushReply) []Entry {
	m := d.meta()
	if reply.Err == fieldsync.ErrFork || reply.Err == fieldsync.ErrRaw {
		return nil // it speaks of another history
	}
	anew := m.Epoch != "" && m.Epoch != reply.Epoch
	var out []Entry
	for i, e := range d.state().Outbox {
		if e.Result == nil || e.Mid <= 0 || e.Result.St == fieldsync.Rejected || e.Result.St == fieldsync.Skipped {
			continue
		}
		switch {
		case e.Mid > reply.LMid:
			e.Result = nil
		case anew && e.Result.Seq > 1:
			settled := *e.Result
			settled.Seq = 1
			e.Result = &settled
		default:
			continue
		}
		if out == nil {
			out = slices.Clone(d.state().Outbox)
		}
		out[i] = e
	}
	return out
}

// behind answers a server that lacks a change before the first that was sent.
// If the device still has it, it is sent next. If not, everything that waits
// goes on under a new id, as after a fork: nothing of it had an effect there,
// and under the old id nothing would pass any more.
func (d *Device) behind(expect, first int64) error {
	if expect == first {
		return ErrBehind.With("it expects change %d, which it was sent", expect)
	}
	if waiting := d.unsent(); len(waiting) > 0 && waiting[0].Mid == expect {
		return nil
	}
	return d.fork()
}

// fork gives the device a new id and everything that waits a new number: the
// server knows another history under the old id, as after a backup of the
// phone was restored.
func (d *Device) fork() error {
	m := d.meta()
	m.Alias = append(m.Alias, m.Device)
	m.Device, m.NextMid, m.Chain = d.cfg.NewID(), 1, ""
	outbox := []Entry{}
	groups := map[string]string{} // a later group may take an old group's name
	past := int64(0)              // what has its end keeps a number that is none
	for _, e := range d.state().Outbox {
		past = min(past, e.Mid)
	}
	for _, e := range d.state().Outbox {
		if e.Result != nil { // refused, or not yet shown by a checkpoint
			if e.Mid > 0 {
				past--
				e.Of, e.Was = m.Alias[len(m.Alias)-1], e.Mid
				e.Mid = past
			}
			outbox = append(outbox, e)
			continue
		}
		var mut fieldsync.Mutation
		if err := json.Unmarshal(e.Body, &mut); err != nil {
			return ErrCorrupt.With("mutation %d", e.Mid)
		}
		if mut.Fixes > 0 && mut.Of == "" {
			mut.Of = m.Alias[len(m.Alias)-1]
		}
		if mut.Op == fieldsync.OpCall {
			content, err := fieldsync.Canonical(e.Body)
			if err != nil {
				return err
			}
			mut.Call = fieldsync.CallID(m.Alias[len(m.Alias)-1], mut, fieldsync.Chain(content, ""))
		}
		mut.Mid = m.NextMid
		if mut.Tx != "" && groups[mut.Tx] == "" {
			groups[mut.Tx] = fmt.Sprintf("t%d", m.NextMid)
		}
		mut.Tx = groups[mut.Tx]
		next, err := seal(mut, m.Chain)
		if err != nil {
			return err
		}
		next.Epoch = e.Epoch
		outbox = append(outbox, next)
		m.NextMid, m.Chain = m.NextMid+1, next.Hash
	}
	return d.cfg.Store.Apply(Step{Meta: &m}, Step{Requeue: outbox})
}
