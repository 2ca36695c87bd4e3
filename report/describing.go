package report

import (
	"strconv"
	"strings"
)

func (d *decision) comment(a CommentArgs) {
	byReporter := d.role == RoleCitizen || d.role == RoleAccredited || d.in.Who.ID == d.row.Reporter
	a.Audience = either(a.Audience, ToInternal)
	if byReporter {
		a.Audience = ToReporter
	} else {
		a.Solved = nil // the question is the reporter's
	}
	d.add(Comment, d.row.State, Commented{Audience: a.Audience, Solved: a.Solved})
	if a.Text != "" {
		d.effect(Message{Report: d.row.ID, Audience: a.Audience, Text: a.Text, From: d.in.Who.ID, ReplyTo: a.ReplyTo, Inbound: byReporter})
	}
	d.tell(CauseMessage, hearers(a.Audience, byReporter))
	if byReporter || a.Audience == ToPartner {
		d.update()
	}
	// The answer that the work was waiting for.
	if byReporter && d.row.State == Suspended && d.row.SuspendReason == WaitingReporter {
		d.cause(Resume, d.row.ResumeState, d.at, NoteArgs{})
		d.tell(CauseResumed, []Recipient{TellAssignee, TellResponsibleOrg})
	}
}

// hearers are told that somebody wrote.
func hearers(audience string, byReporter bool) []Recipient {
	switch {
	case byReporter:
		return []Recipient{TellFirstLevel, TellAssignee}
	case audience == ToReporter:
		return []Recipient{TellReporter}
	case audience == ToPublic:
		return []Recipient{TellReporter, TellFollowers}
	case audience == ToPartner:
		return []Recipient{TellResponsibleOrg}
	default:
		return []Recipient{TellAssignee, TellFirstLevel}
	}
}

func (d *decision) photo(a PhotoArgs) {
	d.add(Photo, d.row.State, a)
	d.update()
}

func (d *decision) relocate(a RelocateArgs) error {
	if a.Point == nil && a.Site == "" && strings.TrimSpace(a.Address) == "" {
		return ErrPlace.In("point")
	}
	before := d.row
	d.add(Relocate, d.row.State, Relocated{RelocateArgs: a, Route: d.in.Facts.Route, Activity: d.sameOrgActivity(), Proposed: d.offer})
	d.afterRedescribing(before)
	return nil
}

func (d *decision) recategorise(a RecategoriseArgs) error {
	if err := d.guardObject(a.ObjectType); err != nil {
		return err
	}
	before := d.row
	d.add(Recategorise, d.row.State, Recategorised{
		RecategoriseArgs: a, Route: d.in.Facts.Route, Activity: d.sameOrgActivity(), Proposed: d.offer,
		Visibility: visibility(d.row.Kind, d.in.Facts.Object),
	})
	d.afterRedescribing(before)
	return nil
}

// sameOrgActivity is the activity that answers now, when it is another of the
// same organisation; another organisation's comes with a transfer.
func (d *decision) sameOrgActivity() string {
	if f := d.in.Facts.Activity; f.Org == d.row.ResponsibleOrg && oneOf(d.row.State, handedStates) {
		return f.ID
	}
	return ""
}

func (d *decision) afterRedescribing(before Report) {
	if d.offer {
		d.propose()
		return
	}
	d.followRoute(before)
}

// propose tells those who may do it what somebody proposes.
func (d *decision) propose() {
	d.tell(CauseProposal, []Recipient{TellFirstLevel, TellDistrictLeads}, "action", string(d.do))
}

func (d *decision) reprioritise(a ReprioritiseArgs) {
	p := Reprioritised{Priority: a.Priority, Blocking: d.row.Blocking, Reason: a.Reason, Proposed: d.offer}
	if a.Blocking != nil {
		p.Blocking = *a.Blocking
	}
	if p.Blocking {
		p.Priority = min(p.Priority, 2)
	}
	d.add(Reprioritise, d.row.State, p)
	if d.offer {
		d.propose()
		return
	}
	d.update()
}

// escalate tells the next above the actor on the chain they chose.
func (d *decision) escalate(a EscalateArgs) {
	if d.role != RoleSystem {
		a.Rule = ""
	}
	d.add(Escalate, d.row.State, Escalated{EscalateArgs: a, Level: d.row.EscalationLevel + 1})
	to := TellSecondLevel
	if a.Kind == Hierarchical {
		to = d.above()
	}
	level := d.row.EscalationLevel
	d.effect(Escalation{Report: d.row.ID, Rule: a.Rule, Kind: a.Kind, Level: level, Cycle: d.row.ReopenedCount})
	d.tell(CauseEscalation, []Recipient{to}, "rule", a.Rule, "kind", a.Kind, "level", strconv.Itoa(level))
}

// above is the next manager on the chains of domain 2.8: technician, district
// lead, field lead, pole; first level, coordinator, service manager.
func (d *decision) above() Recipient {
	switch d.role {
	case RoleTechnician:
		return TellDistrictLeads
	case RoleDistrictLead:
		return TellFieldLeads
	case RoleFieldLead, RolePlanner:
		return TellPoleManagers
	case RoleL1, RoleL2, RolePartnerUser, RoleContactOperator, RoleHelpdesk:
		return TellCoordinators
	case RoleSystem:
		if d.row.EscalationLevel <= 1 {
			return TellCoordinators
		}
		return TellServiceManagers
	default:
		return TellServiceManagers
	}
}

func (d *decision) interest() {
	d.add(Interest, d.row.State, d.args)
	d.effect(Follow{Report: d.row.ID, Person: d.in.Who.ID})
	if d.row.InterestCount == d.in.Policy.InterestEscalates {
		d.fire("ESC-09", Functional, 1, false, TellSecondLevel)
	}
}
