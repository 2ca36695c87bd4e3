package report

func (d *decision) reopen(a ReasonArgs) error {
	byReporter := d.role == RoleCitizen || d.role == RoleAccredited
	if byReporter && !withinDays(d.row.ClosedAt, d.at, d.in.Policy.ReopenWindowDays) {
		return ErrReopenWindow
	}
	before := d.row
	d.add(Reopen, Registered, a)
	d.tell(CauseReopened, []Recipient{TellFirstLevel, TellReporter, TellFollowers})
	d.notice(Notice{Cause: CauseReopened, To: TellResponsibleOrg, Org: before.ResponsibleOrg, District: before.District})
	d.handOver(HandUpdate, before)
	d.say("public.reopened")
	if n := d.row.ReopenedCount; reached(n, d.in.Policy.ReopensEscalate) {
		d.fire("ESC-08", Hierarchical, n, false, TellServiceManagers)
	}
	return nil
}

func (d *decision) reject(a RejectArgs) {
	before := d.row
	d.add(Reject, Rejected, a)
	d.withdraw(before)
	d.tell(CauseRejection, []Recipient{TellReporter, TellFollowers}, "outcome", a.Code)
	d.say(SentenceOf(Rejected), "outcome", a.Code, "competent", string(a.Competent))
	d.effect(Message{Report: d.row.ID, Audience: ToReporter, Text: a.Text, From: d.in.Who.ID})
}

// linkDuplicate lets another report stand for this one. Who is responsible and
// what was planned stay on the row, so that unlinking returns to it.
func (d *decision) linkDuplicate(a LinkArgs) error {
	if err := d.guardMaster(a.Master); err != nil {
		return err
	}
	before := d.row
	d.add(LinkDuplicate, Duplicate, a)
	d.effect(Link{From: d.row.ID, To: a.Master})
	d.effect(Follow{Report: a.Master, Person: d.row.Reporter, Like: d.row.ID})
	d.withdraw(before)
	d.tell(CauseMerged, []Recipient{TellReporter, TellFollowers}, "master", d.in.Facts.Master.Code)
	d.say(SentenceOf(Duplicate), "master", d.in.Facts.Master.Code)
	return nil
}

func (d *decision) unlinkDuplicate() {
	before := d.row
	d.add(UnlinkDuplicate, d.row.UnlinkState, d.args)
	d.effect(Link{From: d.row.ID, To: before.DuplicateOf, Remove: true})
	d.effect(Follow{Report: before.DuplicateOf, Person: d.row.Reporter, Like: d.row.ID, Stop: true})
	if oneOf(d.row.State, handedStates) {
		d.handed()
		if d.row.PlannedCloseDate != "" {
			d.effect(d.intervention(WorkPlanned, PlanArgs{PlannedCloseDate: d.row.PlannedCloseDate}))
		}
		return
	}
	d.tell(CauseTaken, []Recipient{TellReporter})
	d.say(SentenceOf(d.row.State))
}

func (d *decision) cancel(a CancelArgs) {
	byReporter := d.role == RoleCitizen || d.role == RoleAccredited
	if byReporter {
		a.Code = CodeByReporter
	}
	a.Code = either(a.Code, CodeInvalid)
	before := d.row
	d.add(Cancel, Cancelled, a)
	d.withdraw(before)
	to := []Recipient{TellFirstLevel, TellFollowers}
	if !byReporter {
		to = append(to, TellReporter)
	}
	d.tell(CauseCancellation, to)
	d.say(SentenceOf(Cancelled))
}
