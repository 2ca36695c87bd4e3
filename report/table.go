package report

import (
	"fmt"
	"slices"

	"github.com/sestante/sestante/fault"
)

// What can go wrong with a move.
var (
	// ErrMove answers an action that no role may make from where the report stands.
	ErrMove = fault.Define(fault.Conflict, "report.move", "The report cannot make that move from where it stands.", "La segnalazione non può fare questo passo da dove si trova.")
	// ErrRole answers an action that another role may make, but not this one.
	ErrRole = fault.Define(fault.Forbidden, "report.role", "Your role may not do that.", "Il tuo ruolo non può farlo.")
)

// Targets of a transition that only the row of the report can name.
const (
	Same     State = "same"     // stays where it stands
	Previous State = "previous" // returns to ResumeState, or to UnlinkState
)

// A Transition is one row of the table: from any state of From, Do leads to
// To, unless one of Guards refuses. Who may do it stands in Permissions.
type Transition struct {
	Do      Action
	From    []State
	To      State          // a state, Same or Previous
	When    string         // empty: the usual way; otherwise the condition of this other way
	Guards  []*fault.Error // what it may be refused with, beside role and state
	Offline bool           // a device without network may queue it
}

var (
	openStates    = []State{Registered, InAnalysis, Assigned, Scheduled, InProgress, Suspended, Resolved}
	workStates    = []State{Assigned, Scheduled, InProgress}
	handedStates  = []State{Assigned, Scheduled, InProgress, Suspended}
	notWorkStates = []State{Registered, InAnalysis, Resolved, Closed, Rejected, Duplicate, Cancelled}
)

// Transitions is the whole life of a report (domain 2.4). What is not here is
// not allowed. Where one action has two rows for a state, the row without When
// is the usual one.
var Transitions = []Transition{
	{Do: Submit, From: []State{None}, To: Registered, Guards: []*fault.Error{ErrObject, ErrBehalf}, Offline: true},
	{Do: Take, From: []State{Registered}, To: InAnalysis},
	{Do: Dispatch, From: []State{Registered, InAnalysis}, To: Assigned, Guards: []*fault.Error{ErrActivity, ErrAssignee, ErrChanged}},
	{Do: Bounce, From: []State{Assigned}, To: InAnalysis},
	{Do: Program, From: []State{Assigned}, To: Scheduled, Guards: []*fault.Error{ErrPlanDate, ErrChanged}},
	{Do: Program, From: []State{Assigned}, To: Same, When: "the plan is only proposed", Guards: []*fault.Error{ErrPlanDate, ErrChanged}},
	{Do: ApprovePlan, From: []State{Assigned}, To: Scheduled, Guards: []*fault.Error{ErrPlan, ErrPlanDate, ErrChanged}},
	// The domain lists scheduled only; SLA-09 asks for a new date after a
	// pause, and a pause ends in in_progress as often as in scheduled.
	{Do: Reprogram, From: []State{Scheduled, InProgress, Suspended}, To: Same, Guards: []*fault.Error{ErrPlanDate, ErrChanged}},
	{Do: Start, From: []State{Assigned, Scheduled}, To: InProgress, Offline: true},
	{Do: Suspend, From: workStates, To: Suspended, Guards: []*fault.Error{ErrResumeDate}, Offline: true},
	{Do: Resume, From: []State{Suspended}, To: Previous, Offline: true},
	{Do: Resolve, From: workStates, To: Resolved, Guards: []*fault.Error{ErrNeedsPhoto}, Offline: true},
	{Do: VerifyOK, From: []State{Resolved}, To: Closed, Guards: []*fault.Error{ErrExecutor, ErrTooEarly}},
	{Do: VerifyKO, From: []State{Resolved}, To: InProgress, Guards: []*fault.Error{ErrExecutor}},
	{Do: Reopen, From: []State{Closed}, To: Registered, Guards: []*fault.Error{ErrReopenWindow}},
	{Do: Reject, From: openStates, To: Rejected},
	{Do: LinkDuplicate, From: openStates, To: Duplicate, Guards: []*fault.Error{ErrMaster}},
	{Do: UnlinkDuplicate, From: []State{Duplicate}, To: Previous},
	{Do: Cancel, From: openStates, To: Cancelled},
	{Do: Comment, From: States, To: Same, Offline: true},
	{Do: Photo, From: States, To: Same, Offline: true},
	{Do: Relocate, From: States, To: Same, Guards: []*fault.Error{ErrPlace, ErrChanged}, Offline: true},
	{Do: Reroute, From: openStates, To: Same}, // what has ended stays whose it was
	{Do: Recategorise, From: States, To: Same, Guards: []*fault.Error{ErrObject, ErrChanged}},
	{Do: Reprioritise, From: openStates, To: Same, Guards: []*fault.Error{ErrChanged}},
	{Do: Reassign, From: handedStates, To: Same, Guards: []*fault.Error{ErrAssignee, ErrChanged}},
	{Do: Transfer, From: handedStates, To: Assigned, Guards: []*fault.Error{ErrActivity, ErrAssignee, ErrChanged}},
	{Do: Escalate, From: openStates, To: Same},
	{Do: Interest, From: openStates, To: Same},
	{Do: WorkRecorded, From: notWorkStates, To: Same, Offline: true},
}

// usual returns the unconditional row for do from the given state.
func usual(from State, do Action) (Transition, bool) {
	for _, t := range Transitions {
		if t.Do == do && t.When == "" && slices.Contains(t.From, from) {
			return t, true
		}
	}
	return Transition{}, false
}

// Next returns the state that usually follows when a person in the role by
// does do to a report in from. It looks at the table and at the role, not at
// scopes and guards: Decide does. Resume and unlink_duplicate answer Previous,
// because only the row knows where they lead. The error is ErrMove when no
// role may do it from there, and ErrRole when another role may.
func Next(from State, do Action, by Role) (State, error) {
	t, ok := usual(from, do)
	if !ok {
		return from, fmt.Errorf("%s %s a report in %q: %w", by, do, from, ErrMove)
	}
	if !roleMay(do, by, from) {
		return from, fmt.Errorf("%s %s a report in %q: %w", by, do, from, ErrRole)
	}
	if t.To == Same {
		return from, nil
	}
	return t.To, nil
}

// Check reports whether some transition leads from one state to the other. It
// is the guard for writes that carry no action: standing still is always
// allowed. The error is ErrMove.
func Check(from, to State) error {
	if from == to {
		return nil
	}
	for _, t := range Transitions {
		if slices.Contains(t.From, from) && t.leadsTo(from, to) {
			return nil
		}
	}
	return fmt.Errorf("from %q to %q: %w", from, to, ErrMove)
}

// leadsTo reports whether the row can end in to.
func (t Transition) leadsTo(from, to State) bool {
	if t.To != Previous {
		return t.To == to
	}
	if from == Suspended {
		return slices.Contains(workStates, to)
	}
	return slices.Contains(openStates, to)
}
