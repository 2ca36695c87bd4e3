package report

import "github.com/sestante/sestante/fault"

// What a call may be refused with although the role and the state allow it.
var (
	ErrPlace        = fault.Define(fault.Invalid, "report.place", "A report needs a point, a site or an address.", "Serve un punto, un sito o un indirizzo.")
	ErrObject       = fault.Define(fault.Invalid, "report.object", "That object type does not exist or is retired.", "Questo tipo di oggetto non esiste o non si usa più.")
	ErrBehalf       = fault.Define(fault.Forbidden, "report.behalf", "You may not report on behalf of somebody else.", "Non puoi segnalare per conto di altri.")
	ErrActivity     = fault.Define(fault.Conflict, "report.activity", "No activity of that organisation answers for the object there.", "Nessuna attività di quel soggetto risponde per l'oggetto in quel luogo.")
	ErrAssignee     = fault.Define(fault.Conflict, "report.assignee", "That person is no active technician there.", "Questa persona non è un tecnico attivo in quel distretto.")
	ErrPlanDate     = fault.Define(fault.Conflict, "report.plan_date", "The planned closing date has passed already.", "La data di chiusura prevista è già passata.")
	ErrPlan         = fault.Define(fault.Conflict, "report.plan", "There is no proposed plan to approve.", "Non c'è un piano proposto da approvare.")
	ErrResumeDate   = fault.Define(fault.Invalid, "report.resume_date", "Work cannot be expected to resume before it is suspended.", "La ripresa prevista non può precedere la sospensione.")
	ErrNeedsPhoto   = fault.Define(fault.Conflict, "report.needs_photo", "This object needs a photo taken after the work.", "Per questo oggetto serve una foto dopo il lavoro.")
	ErrExecutor     = fault.Define(fault.Forbidden, "report.executor", "Whoever did the work may not verify it.", "Chi ha eseguito il lavoro non può verificarlo.")
	ErrTooEarly     = fault.Define(fault.Conflict, "report.too_early", "The report may not be closed without a person yet.", "La segnalazione non può ancora chiudersi da sola.")
	ErrReopenWindow = fault.Define(fault.Conflict, "report.reopen_window", "The time in which a reporter may reopen has passed.", "È passato il tempo entro cui chi segnala può riaprire.")
	ErrMaster       = fault.Define(fault.Conflict, "report.master", "A duplicate needs another report that is open or closed a short while ago.", "Serve un'altra segnalazione, aperta o chiusa da poco.")
	ErrChanged      = fault.Define(fault.Conflict, "report.changed", "Somebody changed the same thing meanwhile.", "Qualcuno ha cambiato la stessa cosa nel frattempo.")
	ErrMovedOn      = fault.Define(fault.Conflict, "report.moved_on", "The report was given to somebody else meanwhile.", "La segnalazione è passata a qualcun altro nel frattempo.")
)

func (d *decision) guardPlanDate(date Date) error {
	// Two days of one form compare as texts do.
	if today := d.in.Policy.today(d.in.Now); date < today {
		return ErrPlanDate.In("plannedCloseDate").With("%s, today is %s", date, today)
	}
	return nil
}

// guardActivity settles who a dispatch or transfer hands the report to. The
// activity is a responsibility of one organisation: naming another beside it
// is a contradiction.
func (d *decision) guardActivity(org OrgID, activity string) (ActivityFact, error) {
	found := d.in.Facts.Activity
	switch {
	case found.ID == "" || found.Org == "":
		return found, ErrActivity.In("activity")
	case activity != "" && activity != found.ID:
		return found, ErrActivity.In("activity")
	case org != "" && org != found.Org:
		return found, ErrActivity.In("responsibleOrg")
	}
	return found, nil
}

func (d *decision) guardAssignee(p PersonID) error {
	if p != "" && !d.in.Facts.AssigneeValid {
		return ErrAssignee.In("assignee")
	}
	return nil
}

func (d *decision) guardObject(id string) error {
	o := d.in.Facts.Object
	if id != "" && (!o.Found || o.Retired) {
		return ErrObject.In("objectType")
	}
	return nil
}

func (d *decision) guardMaster(master ID) error {
	m := d.in.Facts.Master
	switch {
	case m == nil || m.Version == 0 || m.ID != master || m.ID == d.row.ID || m.Org != d.row.Org:
		return ErrMaster.In("master")
	case m.State.Open():
		return nil
	case m.State == Closed && withinDays(m.ClosedAt, d.in.Now, d.in.Policy.DuplicateWindowDays):
		return nil
	default:
		return ErrMaster.In("master").With("it is %s", m.State)
	}
}

// guardVerifier keeps work and judgement apart (T6, T15): neither who did the
// work nor whose work it was may verify it, whatever hat they wear. The
// system verifies only what the policy lets it, and only after the wait.
func (d *decision) guardVerifier() error {
	who, r, p := d.in.Who.ID, d.row, d.in.Policy
	if who == r.Executor || who == r.Assignee {
		return ErrExecutor
	}
	if d.role == RoleSystem && (!p.AutoVerify || withinDays(r.ResolvedAt, d.in.Now, p.AutoVerifyDays)) {
		return ErrTooEarly
	}
	return nil
}

// changed compares what an action sets with what the actor saw: if both sides
// changed it, the earlier change stands and a person must look (domain 2.6:
// never the last writer on state, planned date, assignee, priority).
func (d *decision) changed() error {
	base := d.in.Facts.AtBase
	if base == nil {
		return nil
	}
	field, same := "", true
	switch d.do {
	case Reprioritise:
		field, same = "priority", base.Priority == d.row.Priority && base.Blocking == d.row.Blocking
	case Reassign, Dispatch, Transfer:
		field, same = "assignee", base.Assignee == d.row.Assignee && base.ResponsibleOrg == d.row.ResponsibleOrg
	case Program, Reprogram, ApprovePlan:
		field, same = "plannedCloseDate", base.PlannedCloseDate == d.row.PlannedCloseDate && base.PlanState == d.row.PlanState
	case Relocate:
		field, same = "point", base.Point == d.row.Point && base.Address == d.row.Address && base.Site == d.row.Site
	case Recategorise:
		field, same = "objectType", base.ObjectType == d.row.ObjectType
	default: // the others merge
	}
	if same {
		return nil
	}
	return ErrChanged.In(field)
}
