package report

// move does what the call asks, by the kind of its arguments. The guards of
// the table are asked here, each in the step it belongs to.
func (d *decision) move() error {
	switch a := d.args.(type) {
	case SubmitArgs:
		return d.submit(a)
	case DispatchArgs:
		return d.dispatch(a)
	case TransferArgs:
		return d.transfer(a)
	case PlanArgs:
		if d.do == Reprogram {
			return d.reprogram(a)
		}
		return d.program(a)
	case SuspendArgs:
		return d.suspend(a)
	case ResolveArgs:
		if d.do == WorkRecorded {
			d.recordWork(a)
			return nil
		}
		return d.resolve(a)
	case VerifyArgs:
		return d.verify(a)
	case ReasonArgs:
		return d.reopen(a)
	case LinkArgs:
		return d.linkDuplicate(a)
	case ReassignArgs:
		return d.reassign(a)
	case RelocateArgs:
		return d.relocate(a)
	case RecategoriseArgs:
		return d.recategorise(a)
	case RerouteArgs:
		d.reroute(a)
		return nil
	default:
		return d.moveFreely()
	}
}

// moveFreely does the calls that no guard refuses.
func (d *decision) moveFreely() error {
	switch a := d.args.(type) {
	case BounceArgs:
		d.bounce(a)
	case RejectArgs:
		d.reject(a)
	case CancelArgs:
		d.cancel(a)
	case CommentArgs:
		d.comment(a)
	case PhotoArgs:
		d.photo(a)
	case ReprioritiseArgs:
		d.reprioritise(a)
	case EscalateArgs:
		d.escalate(a)
	case NoArgs:
		d.interest()
	default:
		return d.moveNoted()
	}
	return nil
}

// moveNoted does the calls that carry nothing but a note.
func (d *decision) moveNoted() error {
	switch d.do {
	case Take:
		d.take()
	case ApprovePlan:
		return d.approvePlan()
	case Start:
		d.start()
	case Resume:
		d.resume()
	case UnlinkDuplicate:
		d.unlinkDuplicate()
	default:
		return ErrCall.In("name")
	}
	return nil
}
