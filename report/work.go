package report

// endPause adds the resume that a device could not know was needed. It
// happened when the work did: the pause of the clocks ends there.
func (d *decision) endPause() {
	if d.pause {
		d.cause(Resume, d.row.ResumeState, d.at, NoteArgs{})
	}
}

func (d *decision) start() {
	if d.pause && d.row.ResumeState == InProgress {
		d.add(Resume, InProgress, d.args) // the work had begun before the pause
		return
	}
	d.endPause()
	d.add(Start, InProgress, d.args)
	d.effect(Intervention{Step: WorkStarted, Report: d.row.ID, Technician: d.in.Who.ID, PlannedCloseDate: d.row.PlannedCloseDate, At: d.at})
	d.alertFormer()
}

// alertFormer tells the lead and the assignee that somebody else did the work.
func (d *decision) alertFormer() {
	if d.former {
		d.tell(CauseWorkRecorded, []Recipient{TellDistrictLeads, TellAssignee})
	}
}

func (d *decision) suspend(a SuspendArgs) error {
	if a.ExpectedResume.Before(d.at) {
		return ErrResumeDate.In("expectedResume")
	}
	a.ExpectedResume = a.ExpectedResume.UTC()
	d.add(Suspend, Suspended, a)
	d.tell(CauseSuspension, []Recipient{TellReporter, TellDistrictLeads, TellAssignee}, "reason", a.Reason)
	d.say("public.suspended."+a.Reason, "reason", a.Reason)
	d.update()
	return nil
}

func (d *decision) resume() {
	d.add(Resume, d.row.ResumeState, d.args)
	if d.row.Assignee != d.in.Who.ID {
		d.tell(CauseResumed, []Recipient{TellAssignee, TellResponsibleOrg})
	}
}

func (d *decision) resolve(a ResolveArgs) error {
	if d.in.Facts.Object.NeedsAfterPhoto && a.Outcome == Outcomes[0] && d.row.PhotosAfter == 0 {
		return ErrNeedsPhoto
	}
	d.endPause()
	d.add(Resolve, Resolved, Done{ResolveArgs: a, NotAssignee: d.row.Assignee != "" && d.row.Assignee != d.in.Who.ID})
	d.effect(Intervention{Step: WorkEnded, Report: d.row.ID, Technician: d.in.Who.ID, At: d.at, Outcome: a.Outcome})
	d.tell(CauseResolution, []Recipient{TellFirstLevel, TellReporter}, "outcome", a.Outcome)
	d.say(SentenceOf(Resolved), "outcome", a.Outcome)
	d.alertFormer()
	return nil
}

// recordWork keeps the work that a device brings to a report that ended, or
// went to somebody else, before it could say so. The state stays.
func (d *decision) recordWork(a ResolveArgs) {
	d.add(WorkRecorded, d.row.State, Done{ResolveArgs: a, NotAssignee: d.row.Assignee != d.in.Who.ID, Found: d.row.State})
	d.effect(Intervention{Step: WorkNoted, Report: d.row.ID, Technician: d.in.Who.ID, At: d.at, Outcome: a.Outcome})
	d.tell(CauseWorkRecorded, []Recipient{TellDistrictLeads, TellFirstLevel}, "found", string(d.row.State), "outcome", a.Outcome)
}

func (d *decision) verify(a VerifyArgs) error {
	if err := d.guardVerifier(); err != nil {
		return err
	}
	if *a.OK {
		d.add(VerifyOK, Closed, a)
		d.tell(CauseClosure, []Recipient{TellReporter, TellFollowers, TellAssignee, TellResponsibleOrg}, "outcome", d.row.ClosureCode)
		d.say(SentenceOf(Closed)+"."+d.row.ClosureCode, "outcome", d.row.ClosureCode)
		d.update()
		return nil
	}
	before := d.row
	d.add(VerifyKO, InProgress, a)
	d.effect(Intervention{Step: WorkContested, Report: d.row.ID, Technician: before.Executor, At: d.at})
	d.tell(CauseNotSolved, []Recipient{TellAssignee, TellDistrictLeads, TellResponsibleOrg})
	d.update()
	if n := d.row.VerifyFailCount; reached(n, d.in.Policy.VerifyFailsEscalates) {
		d.fire("ESC-08", Hierarchical, n, false, TellServiceManagers)
	}
	return nil
}
