package report

import "slices"

// fit sees that the call fits where the report stands now. A device that was
// away says what happened before it knew: that is fitted in, not refused
// (domain 2.6).
func (d *decision) fit() error {
	if _, ok := usual(d.row.State, d.do); ok {
		if d.late {
			return ErrRole
		}
		if d.offer {
			return nil
		}
		return d.changed()
	}
	if !d.unaware() {
		return ErrMove
	}
	switch {
	case d.row.State == Suspended && (d.do == Start || d.do == Resolve):
		d.pause = true
	case d.do == Resolve && slices.Contains(notWorkStates, d.row.State):
		d.do = WorkRecorded
	default:
		return ErrMove
	}
	d.out.Merged = true
	return nil
}

// unaware reports whether the actor made the call without knowing where the
// report stands now, while it was still somebody's work as far as they knew.
func (d *decision) unaware() bool {
	c := d.in.Call
	if base := d.in.Facts.AtBase; base != nil {
		return base.State != d.row.State && slices.Contains(handedStates, base.State)
	}
	if c.Base == 0 {
		return c.Source == SourceSync
	}
	return c.Base < d.row.Version
}

// satisfied reports whether what the call wants is so already, so that doing
// it twice is as good as once.
func (d *decision) satisfied() bool {
	r, who := d.row, d.in.Who.ID
	switch a := d.args.(type) {
	case DispatchArgs:
		return r.State == Assigned && r.handedTo(a.ResponsibleOrg, a.Activity, a.Assignee)
	case TransferArgs:
		return r.State == Assigned && r.handedTo(a.ResponsibleOrg, a.Activity, a.Assignee)
	case PlanArgs:
		return d.planned(a)
	case SuspendArgs:
		return r.State == Suspended && r.SuspendReason == a.Reason
	case ResolveArgs:
		return r.State == Resolved && r.Executor == who
	case VerifyArgs:
		return *a.OK && r.State == Closed
	case RejectArgs:
		return r.State == Rejected && r.ClosureCode == a.Code
	case LinkArgs:
		return r.State == Duplicate && r.DuplicateOf == a.Master
	case CancelArgs:
		return r.State == Cancelled
	case ReassignArgs:
		return r.Assignee == a.Assignee
	case RelocateArgs:
		return r.standsAt(a)
	case RerouteArgs:
		return d.stays()
	case RecategoriseArgs:
		return r.ObjectType == a.ObjectType
	case ReprioritiseArgs:
		return r.Priority == a.Priority && (a.Blocking == nil || *a.Blocking == r.Blocking)
	case NoArgs:
		return d.in.Facts.Interested || r.Reporter == who
	case NoteArgs:
		return d.noted()
	default:
		return false
	}
}

// noted is satisfied for the calls that carry nothing but a note.
func (d *decision) noted() bool {
	r, who, base := d.row, d.in.Who.ID, d.in.Facts.AtBase
	switch d.do {
	case Take:
		return r.State == InAnalysis && r.OwnerL1 == who
	case ApprovePlan:
		return r.State == Scheduled && r.PlanState == PlanCommunicated
	case Start:
		return r.State == InProgress && r.Assignee == who
	case Resume:
		return base != nil && base.State == Suspended && slices.Contains(workStates, r.State)
	default:
		return false
	}
}

func (d *decision) planned(a PlanArgs) bool {
	if d.row.PlannedCloseDate != a.PlannedCloseDate {
		return false
	}
	return d.row.PlanState == PlanCommunicated || (d.do == Program && d.row.PlanState == PlanProposed && d.proposes())
}

// handedTo reports whether the report is in those hands; what is empty was
// not asked for.
func (r Report) handedTo(org OrgID, activity string, assignee PersonID) bool {
	return (org == "" || org == r.ResponsibleOrg) &&
		(activity == "" || activity == r.Activity) &&
		(assignee == "" || assignee == r.Assignee)
}

func (r Report) standsAt(a RelocateArgs) bool {
	same := place(r, a)
	return same.Point == r.Point && same.PointSource == r.PointSource && same.AccuracyM == r.AccuracyM &&
		same.Address == r.Address && same.AddressNote == r.AddressNote && same.Site == r.Site
}
