package report

import "encoding/json"

// The payload of an event is what the call asked for and what was decided for
// it: enough for Apply, without asking anybody. Where a call has nothing to
// add, its arguments are the payload. Free words of a comment stay out of it:
// they live in the message.

// Submitted is the payload of submit. Its contact fields are the only personal
// data of a payload beside the description: Redact blanks them.
type Submitted struct {
	SubmitArgs
	Code            string   `json:"code"`
	Route           Route    `json:"route"`
	DecidedPriority int      `json:"decidedPriority"`
	Visibility      string   `json:"visibility"`
	ReporterOrg     OrgID    `json:"reporterOrg"`
	By              PersonID `json:"by"` // the reporter, once onBehalf is settled
}

// A Route is the territory's answer for a place: geo finds it, the desk
// carries it.
type Route struct {
	District AreaID     `json:"district"`
	Areas    []AreaID   `json:"areas"`
	Routing  Routing    `json:"routing"`
	Trace    RouteTrace `json:"trace"`

	// Renewed says that District is another version of the area the report
	// lies in already: nobody's work moves with it.
	Renewed bool `json:"renewed,omitempty"`
}

// Handed is the payload of dispatch and transfer: who is responsible now.
// Reason is of a transfer.
type Handed struct {
	ResponsibleOrg OrgID    `json:"responsibleOrg"`
	Activity       string   `json:"activity"`
	Assignee       PersonID `json:"assignee"`
	Note           string   `json:"note,omitempty"`
	Reason         string   `json:"reason,omitempty"`
}

// Planned is the payload of program and reprogram.
type Planned struct {
	PlanArgs
	Proposed bool `json:"proposed,omitempty"` // by somebody who may not decide it
}

// Done is the payload of resolve and work_recorded.
type Done struct {
	ResolveArgs
	NotAssignee bool  `json:"notAssignee,omitempty"` // the executor was no longer the assignee
	Found       State `json:"found,omitempty"`       // where work_recorded found the report
}

// Commented is the payload of comment.
type Commented struct {
	Audience string `json:"audience"`
	Solved   *bool  `json:"solved,omitempty"`
}

// Relocated is the payload of relocate.
type Relocated struct {
	RelocateArgs
	Route    Route  `json:"route"`
	Activity string `json:"activity,omitempty"` // of the same organisation, that answers there
	Proposed bool   `json:"proposed,omitempty"`
}

// Rerouted is the payload of reroute: where the territory of now puts the
// report, and where that of before had put it.
type Rerouted struct {
	RerouteArgs
	Route        Route  `json:"route"`
	Before       Stood  `json:"before"`
	Activity     string `json:"activity,omitempty"`     // of the same organisation, that answers there
	KeepAssignee bool   `json:"keepAssignee,omitempty"` // the technician works in the new district too
}

// Stood is how a report was routed before.
type Stood struct {
	District AreaID     `json:"district"`
	Areas    []AreaID   `json:"areas"`
	Routing  Routing    `json:"routing"`
	Trace    RouteTrace `json:"trace"`
}

// Recategorised is the payload of recategorise.
type Recategorised struct {
	RecategoriseArgs
	Route      Route  `json:"route"`
	Visibility string `json:"visibility"`
	Activity   string `json:"activity,omitempty"` // of the same organisation, that answers for it
	Proposed   bool   `json:"proposed,omitempty"`
}

// Reprioritised is the payload of reprioritise: the numbers after it.
type Reprioritised struct {
	Priority int    `json:"priority"`
	Blocking bool   `json:"blocking"`
	Reason   string `json:"reason,omitempty"`
	Proposed bool   `json:"proposed,omitempty"`
}

// Escalated is the payload of escalate: the level after it.
type Escalated struct {
	EscalateArgs
	Level int `json:"level"`
}

// Redact returns the event without the reporter and the contact it may carry:
// for the erasure of a person's data, which the history must survive. The
// folded report becomes anonymous and loses those fields, nothing else. Title
// and description stay: what people wrote there is for a person to judge.
func Redact(e Event) Event {
	if Action(e.Type) != Submit {
		return e
	}
	p := read[Submitted](e.Payload)
	p.Reporter, p.By = "", ""
	p.ContactName, p.ContactEmail, p.ContactPhone = "", "", ""
	p.Anonymous = true
	e.Payload = write(p)
	e.Actor = ""
	return e
}

// read decodes a payload. Payloads are written by write; one that is not ours
// reads as empty, because a fold has nobody to complain to.
func read[T any](raw json.RawMessage) T {
	var v T
	if json.Unmarshal(raw, &v) != nil {
		var zero T
		return zero
	}
	return v
}

// write encodes a payload. Every payload is a struct of strings, numbers and
// times of our years, which always has a JSON.
func write(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("{}")
	}
	return b
}
