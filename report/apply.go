package report

import "time"

// Fold returns what the events of one report, in the order of their seq, add
// up to.
func Fold(events []Event) Report {
	var r Report
	for _, e := range events {
		r = Apply(r, e)
	}
	return r
}

// Apply returns the report after the event. It is a pure fold: it trusts the
// event, asks no guard and leaves r as it was. Times come from OccurredAt,
// because the figures measure when things happened (domain 2.1).
func Apply(r Report, e Event) Report {
	r.Version = e.Seq
	r.State = e.To
	at := e.OccurredAt
	switch Action(e.Type) {
	case Submit:
		r = register(r, e)
	case Take:
		r.TakenAt = at
		if e.Actor != System {
			r.OwnerL1 = e.Actor
		}
	case Dispatch, Transfer:
		r = hand(r, read[Handed](e.Payload), at)
	case Bounce:
		r.BounceCount++
		r = unhand(r)
	case Program, Reprogram, ApprovePlan:
		r = plan(r, e)
	case Start:
		r.WorkStartedAt = first(r.WorkStartedAt, at)
	case Suspend:
		p := read[SuspendArgs](e.Payload)
		r.ResumeState, r.SuspendReason, r.ExpectedResume = e.From, p.Reason, p.ExpectedResume
	case Resolve:
		p := read[Done](e.Payload)
		r.WorkStartedAt = first(r.WorkStartedAt, at)
		r.ResolvedAt, r.Executor, r.ClosureCode, r.OutcomeText = at, e.Actor, p.Outcome, p.Text
	case VerifyOK:
		r.ClosedAt = at
	case VerifyKO:
		r.VerifyFailCount++
		r = unresolve(r)
	case Reopen:
		r = reopen(r)
	case Reject, LinkDuplicate, Cancel:
		r = end(r, e)
	case UnlinkDuplicate:
		r.ClosedAt = time.Time{}
		if r.ClosureCode == CodeDuplicate {
			r.ClosureCode = ""
		}
	default:
		r = describe(r, e)
	}
	return settle(r)
}

// settle keeps the fields that belong to one state out of all others. A
// duplicate keeps its pause, because unlinking returns to it.
func settle(r Report) Report {
	if r.State != Duplicate {
		r.DuplicateOf, r.UnlinkState = "", ""
	}
	if r.State != Suspended && r.State != Duplicate {
		r.ResumeState, r.SuspendReason, r.ExpectedResume = "", "", time.Time{}
	}
	return r
}

func first(t, at time.Time) time.Time {
	if t.IsZero() {
		return at
	}
	return t
}

func register(r Report, e Event) Report {
	p := read[Submitted](e.Payload)
	r.ID, r.Org, r.RegisteredAt = e.Report, e.Org, e.OccurredAt
	r.Code, r.ClientID = p.Code, p.ClientID
	r.Kind, r.Title, r.Description = p.Kind, p.Title, p.Description
	r.ObjectType, r.Asset, r.Site = p.ObjectType, p.Asset, p.Site
	r = place(r, RelocateArgs{p.Point, p.AccuracyM, p.PointSource, p.Address, p.AddressNote, p.Site})
	r = route(r, p.Route)
	r.Channel, r.SourcePartner, r.SourceRef = p.Channel, p.SourcePartner, p.SourceRef
	r.Reporter, r.ReporterOrg = p.By, p.ReporterOrg
	r.ContactName, r.ContactEmail, r.ContactPhone, r.ContactLanguage = p.ContactName, p.ContactEmail, p.ContactPhone, p.ContactLanguage
	r.Anonymous, r.ConsentPublish, r.ConsentContact = p.Anonymous, p.ConsentPublish, p.ConsentContact
	r.Priority, r.PriorityReporter, r.Blocking = p.DecidedPriority, p.Priority, p.Blocking
	r.Visibility = p.Visibility
	return r
}

func place(r Report, p RelocateArgs) Report {
	r.Point, r.PointSource, r.AccuracyM = Point{}, "", 0
	if p.Point != nil {
		r.Point, r.PointSource, r.AccuracyM = *p.Point, p.PointSource, p.AccuracyM
	}
	r.Address, r.AddressNote, r.Site = p.Address, p.AddressNote, p.Site
	return r
}

// route follows the territory. Work that had not begun leaves the technician
// of the district it leaves.
func route(r Report, t Route) Report {
	if r.District != t.District && !t.Renewed && (r.State == Assigned || r.State == Scheduled) {
		r.Assignee = ""
	}
	r.District, r.Areas, r.Routing, r.RouteTrace = t.District, t.Areas, t.Routing, t.Trace
	return r
}

// hand gives the report to an organisation. A report that was never taken is
// taken by it: the take-charge clock stops at whichever comes first.
func hand(r Report, p Handed, at time.Time) Report {
	r = unhand(r)
	r.ResponsibleOrg, r.Activity, r.Assignee = p.ResponsibleOrg, p.Activity, p.Assignee
	r.AssignedAt = at
	r.TakenAt = first(r.TakenAt, at)
	return r
}

// unhand takes the report from whoever had it, with what they had planned.
func unhand(r Report) Report {
	r.ResponsibleOrg, r.Activity, r.Assignee = "", "", ""
	r.PlannedCloseDate, r.PlanState, r.PlanRevision = "", PlanNone, 0
	r.AssignedAt, r.ProgrammedAt, r.WorkStartedAt = time.Time{}, time.Time{}, time.Time{}
	r.PhotosAfter = 0 // proof of the work of whoever had it
	return r
}

func plan(r Report, e Event) Report {
	if Action(e.Type) == ApprovePlan {
		r.PlanState = PlanCommunicated
		r.ProgrammedAt = first(r.ProgrammedAt, e.OccurredAt)
		return r
	}
	p := read[Planned](e.Payload)
	switch {
	case Action(e.Type) == Program && p.Proposed:
		r.PlannedCloseDate, r.PlanState = p.PlannedCloseDate, PlanProposed
	case p.Proposed:
		// A proposed new date leaves the promised one standing.
	default:
		if r.PlanState == PlanCommunicated {
			r.PlanRevision++
		}
		r.PlannedCloseDate, r.PlanState = p.PlannedCloseDate, PlanCommunicated
		r.ProgrammedAt = first(r.ProgrammedAt, e.OccurredAt)
	}
	return r
}

// unresolve takes the claim back. The photos that were to prove it prove it no
// longer.
func unresolve(r Report) Report {
	r.ResolvedAt, r.Executor, r.ClosureCode, r.OutcomeText = time.Time{}, "", "", ""
	r.PhotosAfter = 0
	return r
}

// reopen starts a new cycle: the same report, code and priority, with nothing
// decided yet.
func reopen(r Report) Report {
	r = unresolve(unhand(r))
	r.ReopenedCount++
	r.TakenAt, r.ClosedAt = time.Time{}, time.Time{}
	return r
}

func end(r Report, e Event) Report {
	r.ClosedAt = e.OccurredAt
	switch Action(e.Type) {
	case Reject:
		p := read[RejectArgs](e.Payload)
		r.ClosureCode, r.OutcomeText = p.Code, p.Text
	case LinkDuplicate:
		r.DuplicateOf, r.UnlinkState = read[LinkArgs](e.Payload).Master, e.From
		// A resolved report keeps the code its work claimed, to return to it.
		if e.From != Resolved {
			r.ClosureCode = CodeDuplicate
		}
	default:
		r.ClosureCode = read[CancelArgs](e.Payload).Code
	}
	return r
}

// follow lets the report go where the territory went. A technician who works
// there too keeps the report.
func follow(r Report, p Rerouted) Report {
	assignee := r.Assignee
	r = route(r, p.Route)
	if p.KeepAssignee {
		r.Assignee = assignee
	}
	r.Activity = either(p.Activity, r.Activity)
	return r
}

// describe carries the events that move nothing.
func describe(r Report, e Event) Report {
	switch Action(e.Type) {
	case Photo:
		if read[PhotoArgs](e.Payload).Kind == PhotoAfter {
			r.PhotosAfter++
		}
	case Relocate:
		if p := read[Relocated](e.Payload); !p.Proposed {
			r = route(place(r, p.RelocateArgs), p.Route)
			r.Activity = either(p.Activity, r.Activity)
		}
	case Reroute:
		r = follow(r, read[Rerouted](e.Payload))
	case Recategorise:
		if p := read[Recategorised](e.Payload); !p.Proposed {
			r.ObjectType, r.Visibility = p.ObjectType, p.Visibility
			r = route(r, p.Route)
			r.Activity = either(p.Activity, r.Activity)
		}
	case Reprioritise:
		if p := read[Reprioritised](e.Payload); !p.Proposed {
			r.Priority, r.Blocking = p.Priority, p.Blocking
		}
	case Reassign:
		r.Assignee = read[ReassignArgs](e.Payload).Assignee
	case Escalate:
		r.EscalationLevel = read[Escalated](e.Payload).Level
	case Interest:
		r.InterestCount++
	default: // take note of it, change nothing: comment, work_recorded
	}
	return r
}
