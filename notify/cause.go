package notify

import (
	"maps"
	"slices"
	"time"
)

// A Cause is why somebody is told something. Its text is stored and sent.
type Cause string

// What crews and their leads are told.
const (
	Assignment   Cause = "assignment"    // the report is now yours
	Unassignment Cause = "unassignment"  // it is no longer yours
	Schedule     Cause = "schedule"      // your work on it has a day
	Reschedule   Cause = "reschedule"    // the day has changed
	Escalation   Cause = "escalation"    // it needs you now
	Deadline     Cause = "deadline"      // three quarters of the agreed time are gone
	PlanProposed Cause = "plan_proposed" // a day waits for your approval
	Transfer     Cause = "transfer"      // it has come to your district or organisation
	Bounced      Cause = "bounced"       // the responsible organisation sent it back
	WorkOnEnded  Cause = "work_on_ended" // your work arrived, but the report had ended meanwhile
	VerifyFailed Cause = "verify_failed" // a check found your work not done
	Verified     Cause = "verified"      // a check found it done: the report is closed
	Proposal     Cause = "proposal"      // somebody proposes a change that is yours to make
	Rerouted     Cause = "rerouted"      // borders moved, and open reports with them: one notice for all of them
)

// What reporters and followers are told.
const (
	Receipt     Cause = "receipt"     // we have your report
	Taken       Cause = "taken"       // somebody looks at it
	Forwarded   Cause = "forwarded"   // it went to the organisation responsible
	Scheduled   Cause = "scheduled"   // work is planned for a day
	Rescheduled Cause = "rescheduled" // the day has changed
	Suspended   Cause = "suspended"   // work waits, perhaps for you
	Resolved    Cause = "resolved"    // the crew says it is done
	Closed      Cause = "closed"      // it is over: was it solved?
	Rejected    Cause = "rejected"    // it will not be worked on here
	Reopened    Cause = "reopened"    // it is open again
	Duplicate   Cause = "duplicate"   // it is followed with another report
	Resumed     Cause = "resumed"     // work goes on
	Cancelled   Cause = "cancelled"   // it is no longer wanted
	Message     Cause = "message"     // somebody wrote on it
)

// A thread is what a newer notice replaces: within one report and person, the
// last message of a thread says it all.
type thread string

const (
	work     thread = "work"     // is it mine, and when
	progress thread = "progress" // the reporter's view
	alone    thread = ""         // replaced by a newer one of its own cause only
)

type rule struct {
	priority Priority
	ttl      time.Duration
	thread   thread
	untilDay bool // worth telling until the planned day is over
}

// ttl is how long most notices are worth telling.
const ttl = 72 * time.Hour

// rules says how every cause is told: its urgency, how long it is worth
// telling, and what a newer one replaces.
var rules = map[Cause]rule{
	Assignment:   {Soon, 24 * time.Hour, work, false},
	Unassignment: {Whenever, ttl, work, false},
	Schedule:     {Whenever, ttl, work, true},
	Reschedule:   {Whenever, ttl, work, true},
	Transfer:     {Whenever, ttl, work, false},
	Escalation:   {Urgent, time.Hour, alone, false},
	Deadline:     {Whenever, ttl, alone, false},
	PlanProposed: {Whenever, ttl, alone, false},
	Bounced:      {Whenever, ttl, alone, false},
	WorkOnEnded:  {Whenever, ttl, alone, false},
	VerifyFailed: {Whenever, ttl, alone, false},
	Verified:     {Whenever, ttl, work, false},
	Proposal:     {Whenever, ttl, alone, false},
	Rerouted:     {Whenever, ttl, alone, false},

	Receipt:     {Whenever, ttl, progress, false},
	Taken:       {Whenever, ttl, progress, false},
	Forwarded:   {Whenever, ttl, progress, false},
	Scheduled:   {Whenever, ttl, progress, true},
	Rescheduled: {Whenever, ttl, progress, true},
	Suspended:   {Whenever, ttl, progress, false},
	Resolved:    {Whenever, ttl, progress, false},
	Closed:      {Whenever, ttl, progress, false},
	Rejected:    {Whenever, ttl, progress, false},
	Reopened:    {Whenever, ttl, progress, false},
	Duplicate:   {Whenever, ttl, progress, false},
	Resumed:     {Whenever, ttl, progress, false},
	Cancelled:   {Whenever, ttl, progress, false},
	Message:     {Whenever, ttl, alone, false},
}

// Causes returns every cause, sorted.
func Causes() []Cause { return slices.Sorted(maps.Keys(rules)) }
