package report

import (
	"time"
	_ "time/tzdata" // "today" in a plan is a day of Europe/Rome, on machines without zone files too

	"github.com/sestante/sestante/fault"
)

// ErrFacts is our own mistake: Decide was asked without something it needs.
var ErrFacts = fault.Define(fault.Internal, "report.facts", "Something went wrong on our side.", "Qualcosa non ha funzionato dalla nostra parte.")

// Facts are what only a store can know about a call. The desk fills in those
// that the call's comment names; the others stay zero.
type Facts struct {
	// Org is the contact point that will own the report, and Code the human
	// code it got: for submit.
	Org  OrgID
	Code string

	// Route is what the territory says of the new place or object: for
	// submit, relocate, recategorise and reroute.
	Route Route

	// Activity is the one the call names or, when it names none, the one
	// that answers for the object at the place: for submit, dispatch,
	// transfer, relocate, recategorise and reroute. Zero when there is none.
	Activity ActivityFact

	// Former is the activity that answers for the object in the areas the
	// report lies in by its row: for reroute. Zero when there is none.
	Former ActivityFact

	// Object is the object type of the call (submit, recategorise) or of the
	// report (resolve). Zero for "other".
	Object ObjectFact

	// Master is the report that linkDuplicate names. Nil when there is none.
	Master *Report

	// AssigneeValid says that the assignee the call names is an active
	// technician who may work for that organisation in that district; for
	// reroute, that the present assignee is one in the district of Route.
	AssigneeValid bool

	// Interested says that the actor follows the report already: for interest.
	Interested bool

	// AtBase is the report as it stood at Call.Base: Fold of the events up to
	// it. Nil when Base is unknown or is the present version.
	AtBase *Report
}

// An ActivityFact is who answers for an object at a place.
type ActivityFact struct {
	ID           string
	Org          OrgID
	AutoDispatch bool // no person needs to look before it is forwarded
}

// An ObjectFact is what the catalogue says of an object type.
type ObjectFact struct {
	Found           bool // the id exists
	Retired         bool // it may no longer be chosen
	DefaultPriority int  // 1..4; 0 leaves it to the policy
	NeedsAfterPhoto bool // work on it is proved by a photo
	Public          bool // its reports go on the public map
}

// A Policy is what an installation may decide about the life of its reports.
// A count of 0 switches its escalation off.
type Policy struct {
	Location             *time.Location // whose "today" plans are held against; nil means UTC
	ReopenWindowDays     int            // how long reporters may reopen, in days of 24 hours from closing
	DuplicateWindowDays  int            // how long ago a master may have closed, in days of 24 hours
	AutoVerify           bool           // the system may close what nobody verified
	AutoVerifyDays       int            // after how many days of 24 hours
	PlanNeedsApproval    bool           // a first date waits for whoever approves plans
	LeadsApprovePlans    bool           // district leads are delegated to approve
	DefaultPriority      int            // of objects that have none
	InterestEscalates    int            // ESC-09: this many people see the same
	BouncesEscalate      int            // ESC-07: sent back this often
	ReopensEscalate      int            // ESC-08: reopened this often
	VerifyFailsEscalates int            // ESC-08: verification failed this often
}

// DefaultPolicy returns the defaults of the domain, in Europe/Rome.
func DefaultPolicy() Policy {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		rome = time.UTC // cannot happen: the zones are compiled in
	}
	return Policy{
		Location:             rome,
		ReopenWindowDays:     14,
		DuplicateWindowDays:  14,
		AutoVerifyDays:       5,
		DefaultPriority:      3,
		InterestEscalates:    5,
		BouncesEscalate:      2,
		ReopensEscalate:      2,
		VerifyFailsEscalates: 2,
	}
}

// withinDays reports whether at is no later than that many days of 24 hours
// after since.
func withinDays(since, at time.Time, days int) bool {
	return !at.After(since.Add(time.Duration(days) * 24 * time.Hour))
}

// today returns the calendar day of now where the policy lives.
func (p Policy) today(now time.Time) Date {
	if p.Location != nil {
		now = now.In(p.Location)
	}
	return Date(now.Format(time.DateOnly))
}

// mayApprove reports whether plans of the role need nobody's approval.
func (p Policy) mayApprove(by Role) bool {
	switch by {
	case RoleServiceManager, RoleFieldLead, RolePoleManager:
		return true
	case RoleDistrictLead:
		return p.LeadsApprovePlans
	default:
		return false
	}
}
