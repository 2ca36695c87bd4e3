package report

import (
	"strconv"
	"time"
)

// proposes reports whether a plan of this actor waits for somebody: because
// the role only proposes, or because the policy wants plans approved.
func (d *decision) proposes() bool {
	return d.offer || (d.do == Program && d.in.Policy.PlanNeedsApproval && !d.in.Policy.mayApprove(d.role))
}

func (d *decision) program(a PlanArgs) error {
	if err := d.guardPlanDate(a.PlannedCloseDate); err != nil {
		return err
	}
	if d.proposes() {
		d.add(Program, d.row.State, Planned{PlanArgs: a, Proposed: true})
		d.proposed(a)
		return nil
	}
	d.add(Program, Scheduled, Planned{PlanArgs: a})
	d.effect(d.intervention(WorkPlanned, a))
	d.scheduled()
	return nil
}

func (d *decision) reprogram(a PlanArgs) error {
	if err := d.guardPlanDate(a.PlannedCloseDate); err != nil {
		return err
	}
	if d.proposes() {
		d.add(Reprogram, d.row.State, Planned{PlanArgs: a, Proposed: true})
		d.proposed(a)
		return nil
	}
	before := d.row
	d.add(Reprogram, d.row.State, Planned{PlanArgs: a})
	d.effect(d.intervention(WorkPlanned, a))
	words := []string{"date", string(a.PlannedCloseDate), "before", string(before.PlannedCloseDate), "revision", strconv.Itoa(d.row.PlanRevision)}
	// The service manager settles the conflicts that a moved plan makes (S1-59).
	d.tell(CauseReschedule, []Recipient{TellReporter, TellFollowers, TellAssignee, TellResponsibleOrg, TellServiceManagers}, words...)
	d.say("public.rescheduled", words...)
	d.update()
	return nil
}

func (d *decision) approvePlan() error {
	if d.row.PlanState != PlanProposed {
		return ErrPlan
	}
	if err := d.guardPlanDate(d.row.PlannedCloseDate); err != nil {
		return err
	}
	d.add(ApprovePlan, Scheduled, d.args)
	d.effect(Intervention{Step: WorkApproved, Report: d.row.ID, Technician: d.row.Assignee, PlannedCloseDate: d.row.PlannedCloseDate, At: d.at})
	d.scheduled()
	return nil
}

func (d *decision) proposed(a PlanArgs) {
	d.effect(d.intervention(WorkProposed, a))
	to := []Recipient{TellServiceManagers}
	if d.offer || d.in.Policy.LeadsApprovePlans {
		to = append(to, TellDistrictLeads)
	}
	d.tell(CausePlanProposed, to, "date", string(a.PlannedCloseDate))
}

func (d *decision) scheduled() {
	date := string(d.row.PlannedCloseDate)
	d.tell(CauseSchedule, []Recipient{TellReporter, TellFollowers, TellAssignee, TellResponsibleOrg}, "date", date)
	d.say(SentenceOf(Scheduled), "date", date)
	d.update()
}

func (d *decision) intervention(step WorkStep, a PlanArgs) Intervention {
	return Intervention{
		Step: step, Report: d.row.ID, Technician: d.row.Assignee, PlannedCloseDate: a.PlannedCloseDate,
		PlannedStart: moment(a.PlannedStart), PlannedEnd: moment(a.PlannedEnd), At: d.at,
	}
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
