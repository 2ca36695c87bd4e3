package report

import "time"

// An Effect is something the desk must do because of an outcome, in the same
// transaction: Notice, Message, HandOver, Intervention, Link, Follow or
// Escalation. It holds no name, no contact and no position: the desk looks
// those up where it may.
type Effect interface{ effect() }

// A Cause says why somebody is told something. It chooses the template and
// the urgency in notify.
type Cause string

// The causes.
const (
	CauseReceipt      Cause = "receipt"       // we have your report
	CauseTaken        Cause = "taken"         // somebody looks into it
	CauseForwarded    Cause = "forwarded"     // it went to the organisation in charge
	CauseAssignment   Cause = "assignment"    // it is yours to do
	CauseSchedule     Cause = "schedule"      // there is a date
	CauseReschedule   Cause = "reschedule"    // there is another date
	CausePlanProposed Cause = "plan_proposed" // a plan waits for your approval
	CauseSuspension   Cause = "suspension"    // it waits, perhaps for you
	CauseResumed      Cause = "resumed"       // it goes on
	CauseResolution   Cause = "resolution"    // the work is done, to be verified
	CauseNotSolved    Cause = "not_solved"    // the verification failed
	CauseClosure      Cause = "closure"       // it is closed: is it solved?
	CauseRejection    Cause = "rejection"     // we cannot take it
	CauseReopened     Cause = "reopened"      // it starts again
	CauseMerged       Cause = "merged"        // another report stands for it
	CauseCancellation Cause = "cancellation"  // it is no longer wanted
	CauseTransfer     Cause = "transfer"      // it comes from another organisation
	CauseWithdrawn    Cause = "withdrawn"     // it is no longer yours
	CauseBounced      Cause = "bounced"       // it came back to the first level
	CauseEscalation   Cause = "escalation"    // it needs your decision
	CauseProposal     Cause = "proposal"      // somebody proposes a change
	CauseMessage      Cause = "message"       // somebody wrote
	CauseWorkRecorded Cause = "work_recorded" // work was done on a report that had ended
)

// A Recipient is a group that the desk resolves on the report after the
// outcome. The actor of the call is never among them, and nobody twice.
type Recipient string

// The recipients.
const (
	TellReporter        Recipient = "reporter"
	TellFollowers       Recipient = "followers"
	TellAssignee        Recipient = "assignee"
	TellPerson          Recipient = "person"           // Notice.Person
	TellDistrictLeads   Recipient = "district_leads"   // of Notice.District
	TellOnDuty          Recipient = "on_duty"          // technicians on duty in Notice.District
	TellResponsibleOrg  Recipient = "responsible_org"  // of Notice.Org
	TellFirstLevel      Recipient = "first_level"      // the owner, or else the queue
	TellSecondLevel     Recipient = "second_level"     // problem managers
	TellCoordinators    Recipient = "coordinators"     // who run the process
	TellServiceManagers Recipient = "service_managers" // the end of the municipal chain
	TellFieldLeads      Recipient = "field_leads"      // above the leads of Notice.District
	TellPoleManagers    Recipient = "pole_managers"    // of the pole of Notice.District
)

// A Notice tells a group something. Params are for the template: codes, dates
// and words of lists, never free text.
type Notice struct {
	Cause    Cause
	To       Recipient
	Report   ID
	Person   PersonID // with TellPerson
	Org      OrgID    // with TellResponsibleOrg
	District AreaID   // with TellDistrictLeads and the recipients above them
	Urgent   bool     // may be sent outside the recipient's hours
	Params   map[string]string
}

// A Message is appended to the report's conversation. A template stands for
// the text that the program writes; Text is what a person wrote.
type Message struct {
	Report   ID
	Audience string // public, reporter, internal, partner
	Template string // key of a sentence, such as public.scheduled; empty for a person's words
	Params   map[string]string
	Text     string
	From     PersonID // empty for the program's sentences
	ReplyTo  string
	Inbound  bool // from the reporter to the staff
}

// A HandStep says what happens to a dispatch.
type HandStep string

// The steps of a dispatch.
const (
	HandSend     HandStep = "send"     // give it to the organisation
	HandUpdate   HandStep = "update"   // tell the organisation what changed
	HandWithdraw HandStep = "withdraw" // take it back
)

// A HandOver sends, updates or withdraws the dispatch to an organisation: for
// those in their own system it becomes an exchange with a partner. The desk
// sends none to the organisation that made the call.
type HandOver struct {
	Step     HandStep
	Report   ID
	Org      OrgID
	Activity string
	Because  Action
}

// A WorkStep says what happens to the planned or done work on a report.
type WorkStep string

// The steps of an intervention.
const (
	WorkProposed  WorkStep = "proposed"  // a plan that waits for approval
	WorkPlanned   WorkStep = "planned"   // a plan with its date communicated; it supersedes the one before
	WorkApproved  WorkStep = "approved"  // the proposed plan stands
	WorkGiven     WorkStep = "given"     // to another technician
	WorkStarted   WorkStep = "started"   // opens one when none is planned
	WorkEnded     WorkStep = "ended"     // as resolve claims it
	WorkContested WorkStep = "contested" // the verification failed: it goes on
	WorkDropped   WorkStep = "dropped"   // the plan is void
	WorkNoted     WorkStep = "noted"     // done on a report that had ended meanwhile: opened and ended at once
)

// An Intervention opens, changes or closes the work on a report.
type Intervention struct {
	Step             WorkStep
	Report           ID
	Technician       PersonID
	PlannedCloseDate Date
	PlannedStart     time.Time // zero when the plan names none
	PlannedEnd       time.Time
	At               time.Time // when the step happened
	Outcome          string    // a closure code, with WorkEnded and WorkNoted
}

// A Link joins a duplicate to its master, or parts them.
type Link struct {
	From, To ID
	Remove   bool
}

// A Follow subscribes somebody to a report, or ends it. Person is empty when
// the reporter of Report's duplicate has only a contact.
type Follow struct {
	Report ID       // what is followed
	Person PersonID // who follows
	Like   ID       // everybody told about this report as its reporter follows too
	Stop   bool
}

// An Escalation is one fired rule. Rule, level and cycle are the key that lets
// it fire once.
type Escalation struct {
	Report ID
	Rule   string // such as ESC-07; empty when a person escalates
	Kind   string // Hierarchical or Functional
	Level  int
	Cycle  int // how often the report was reopened
}

func (Notice) effect()       {}
func (Message) effect()      {}
func (HandOver) effect()     {}
func (Intervention) effect() {}
func (Link) effect()         {}
func (Follow) effect()       {}
func (Escalation) effect()   {}
