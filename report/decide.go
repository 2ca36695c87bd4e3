package report

import (
	"fmt"
	"time"
)

// An Input is one call with all that is needed to decide it.
type Input struct {
	Now     time.Time // the server's clock
	Who     Actor
	Current Report // as stored; zero for submit
	Call    Call
	Facts   Facts
	Policy  Policy

	// NewEventID makes the ids of the events that the system adds. The
	// call's own event bears the id of the call.
	NewEventID func() string
}

// An Outcome is what a call does: the events to append, the row they add up
// to, and what else the desk must see to. A Noop changes nothing, because what
// the call wants is so already. Merged says that the report had moved on since
// the actor saw it and the call was fitted to where it stands now.
type Outcome struct {
	Events  []Event
	After   Report
	Effects []Effect
	Noop    bool
	Merged  bool
}

// A decision is a call on its way to an outcome.
type decision struct {
	in     Input
	do     Action
	args   any
	at     time.Time // when it happened
	role   Role
	grant  Grant
	late   bool   // the role may do it, but not in this state
	offer  bool   // the role may only propose it
	former bool   // the actor had it when they last saw it, and has it no longer
	pause  bool   // a pause the device did not know of must end first
	quiet  bool   // nobody is told of this one report: they are told of all that moved, once
	row    Report // after the events so far
	out    Outcome
}

// Decide answers what the call does to the report. It is pure: the same input
// gives the same outcome, and nothing is written.
//
// The errors, in the order they are looked for: ErrCall and ErrArgs when the
// call is malformed, ErrNone when there is no report that the actor may know
// of, ErrRole (and ErrBehalf, ErrMovedOn) when it is not theirs to do, ErrMove
// when nobody may do it from there, and then the guards of the transition. An
// internal ErrFacts means that the caller forgot a fact.
func Decide(in Input) (Outcome, error) {
	do, args, err := Decode(in.Call)
	if err != nil {
		return Outcome{}, err
	}
	d := &decision{in: in, do: do, args: args, row: in.Current}
	for _, step := range []func() error{d.ready, d.allow} {
		if err := step(); err != nil {
			return Outcome{}, fmt.Errorf("%s: %w", in.Call.Name, err)
		}
	}
	if d.satisfied() {
		return Outcome{After: in.Current, Noop: true}, nil
	}
	for _, step := range []func() error{d.fit, d.move} {
		if err := step(); err != nil {
			return Outcome{}, fmt.Errorf("%s on a report in %q: %w", in.Call.Name, in.Current.State, err)
		}
	}
	d.out.After = d.row
	return d.out, nil
}

// ready checks what every call needs, and settles when it happened: never
// after now, to the millisecond, which is what is stored.
func (d *decision) ready() error {
	c := d.in.Call
	switch {
	case !ValidID(c.ID):
		return ErrArgs.In("id")
	case !ValidID(string(c.Report)):
		return ErrArgs.In("report")
	case !oneOf(c.Source, sources):
		return ErrArgs.In("source").With("one of %v", sources)
	case d.in.NewEventID == nil || d.in.Now.IsZero():
		return ErrFacts
	case d.do == Submit && d.row.Version > 0:
		return ErrMove
	case d.do == Submit && d.in.Facts.Code == "":
		return ErrFacts
	case d.do != Submit && d.row.Version == 0:
		return ErrNone
	case d.do != Submit && d.row.ID != c.Report:
		return ErrFacts
	}
	d.in.Now = d.in.Now.UTC().Truncate(time.Millisecond)
	d.at = c.OccurredAt.UTC().Truncate(time.Millisecond)
	if c.OccurredAt.IsZero() || d.at.After(d.in.Now) {
		d.at = d.in.Now
	}
	return nil
}

// allow finds the role in which the actor makes the call.
func (d *decision) allow() error {
	who, subject, delegated := d.in.Who, d.row, d.in.Policy.LeadsApprovePlans
	if a, ok := d.args.(SubmitArgs); ok {
		subject = d.draft(a)
	}
	p, ok := permit(who, d.do, subject, false, delegated)
	if !ok {
		p, ok = permit(who, d.do, subject, true, delegated)
		d.late = ok
	}
	if base := d.in.Facts.AtBase; !ok && base != nil && d.in.Call.Source == SourceSync {
		p, ok = permit(who, d.do, *base, false, delegated)
		d.former = ok
	}
	if !ok {
		if a, submits := d.args.(SubmitArgs); submits && a.OnBehalf {
			return ErrBehalf.In("onBehalf")
		}
		return refusal(who, d.do, subject)
	}
	d.role, d.grant, d.offer = p.hat.Role, p.hat, p.perm.Propose
	if !d.former {
		return nil
	}
	// What a device did before it knew: work and words are kept, a decision
	// about somebody else's report is not.
	d.out.Merged = true
	switch d.do {
	case Start, Resolve, Comment, Photo:
		return nil
	default:
		return ErrMovedOn
	}
}

// add appends the event of the call itself.
func (d *decision) add(do Action, to State, payload any) {
	c := d.in.Call
	d.push(Event{
		ID: c.ID, Type: string(do), To: to, Payload: write(payload),
		Actor: d.in.Who.ID, ActorRole: d.role, Device: c.Device, Base: c.Base,
		OccurredAt: d.at, OffsetMs: c.OffsetMs, At: c.At, Source: c.Source,
	})
}

// cause appends an event that the system adds because of the call.
func (d *decision) cause(do Action, to State, at time.Time, payload any) {
	d.push(Event{
		ID: d.in.NewEventID(), Type: string(do), To: to, Payload: write(payload),
		Actor: System, ActorRole: RoleSystem, OccurredAt: at, Source: SourceSystem,
	})
}

func (d *decision) push(e Event) {
	e.Report = d.in.Call.Report
	e.Seq = d.row.Version + 1
	e.From = d.row.State
	e.Call = d.in.Call.ID
	e.RecordedAt = d.in.Now
	e.Org = d.row.Org
	if d.do == Submit {
		e.Org = d.in.Facts.Org
	}
	d.row = Apply(d.row, e)
	d.out.Events = append(d.out.Events, e)
}
