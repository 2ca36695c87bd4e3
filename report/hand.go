package report

func (d *decision) take() {
	d.add(Take, InAnalysis, d.args)
	d.tell(CauseTaken, []Recipient{TellReporter})
	d.say(SentenceOf(InAnalysis))
}

func (d *decision) dispatch(a DispatchArgs) error {
	f, err := d.guardActivity(a.ResponsibleOrg, a.Activity)
	if err != nil {
		return err
	}
	if err := d.guardAssignee(a.Assignee); err != nil {
		return err
	}
	d.add(Dispatch, Assigned, Handed{ResponsibleOrg: f.Org, Activity: f.ID, Assignee: a.Assignee, Note: a.Note})
	d.handed()
	return nil
}

// handed tells everybody that the report has a new responsible.
func (d *decision) handed() {
	d.handOver(HandSend, d.row)
	d.tell(CauseAssignment, []Recipient{TellResponsibleOrg, TellDistrictLeads})
	if d.row.Assignee != "" {
		d.tell(CauseAssignment, []Recipient{TellAssignee})
	}
	d.tell(CauseForwarded, []Recipient{TellReporter}, "org", string(d.row.ResponsibleOrg))
	d.say(SentenceOf(Assigned), "org", string(d.row.ResponsibleOrg))
}

func (d *decision) bounce(a BounceArgs) {
	before := d.row
	d.add(Bounce, InAnalysis, a)
	d.withdraw(before)
	d.tell(CauseBounced, []Recipient{TellFirstLevel}, "suggested", string(a.Suggested))
	switch n, limit := d.row.BounceCount, d.in.Policy.BouncesEscalate; {
	case n == limit:
		d.fire("ESC-07", Functional, 1, false, TellSecondLevel)
	case reached(n, limit):
		d.fire("ESC-07", Hierarchical, n, false, TellServiceManagers)
	}
}

func (d *decision) reassign(a ReassignArgs) error {
	if err := d.guardAssignee(a.Assignee); err != nil {
		return err
	}
	before := d.row
	d.add(Reassign, d.row.State, a)
	if before.Assignee != "" {
		d.notice(Notice{Cause: CauseWithdrawn, To: TellPerson, Person: before.Assignee})
	}
	d.tell(CauseAssignment, []Recipient{TellAssignee})
	d.effect(Intervention{Step: WorkGiven, Report: d.row.ID, Technician: a.Assignee, PlannedCloseDate: d.row.PlannedCloseDate, At: d.at})
	return nil
}

func (d *decision) transfer(a TransferArgs) error {
	f, err := d.guardActivity(a.ResponsibleOrg, a.Activity)
	if err != nil {
		return err
	}
	if err := d.guardAssignee(a.Assignee); err != nil {
		return err
	}
	before := d.row
	d.add(Transfer, Assigned, Handed{ResponsibleOrg: f.Org, Activity: f.ID, Assignee: a.Assignee, Reason: a.Reason})
	d.transferred(before)
	return nil
}

func (d *decision) transferred(before Report) {
	d.withdraw(before)
	d.tell(CauseTransfer, []Recipient{TellFirstLevel}, "from", string(before.ResponsibleOrg), "to", string(d.row.ResponsibleOrg))
	d.handed()
}

// followRoute sees, after the place or the object changed, that whoever
// answers for it now has it: another organisation gets it by a transfer that
// the system adds; another district of the same organisation is told.
func (d *decision) followRoute(before Report) {
	f := d.in.Facts.Activity
	switch {
	case d.row.State == Registered:
		d.flagUnmapped()
		d.forwardAlone()
	case !oneOf(d.row.State, handedStates):
		// Not handed to anybody, or done: the first level decides.
	case f.ID == "" || f.Org == "":
		d.fire("ESC-06", Functional, 1, false, TellSecondLevel)
	case f.Org != d.row.ResponsibleOrg:
		d.cause(Transfer, Assigned, d.in.Now, Handed{ResponsibleOrg: f.Org, Activity: f.ID, Reason: string(d.do)})
		d.transferred(before)
		return
	case before.District != d.row.District && !d.in.Facts.Route.Renewed:
		d.tell(CauseAssignment, []Recipient{TellDistrictLeads})
		if before.Assignee != d.row.Assignee {
			d.notice(Notice{Cause: CauseWithdrawn, To: TellPerson, Person: before.Assignee})
		}
	}
	d.update()
}
