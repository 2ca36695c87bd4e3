package report

// A State is where a report stands. Its text is stored and sent as it is.
type State string

// The states. "Pending" of the Italian source is not one of them: it is the
// derived fact that the planned closing date has passed.
const (
	None       State = "" // before submit
	Registered State = "registered"
	InAnalysis State = "in_analysis"
	Assigned   State = "assigned"
	Scheduled  State = "scheduled"
	InProgress State = "in_progress"
	Suspended  State = "suspended"
	Resolved   State = "resolved"
	Closed     State = "closed"
	Rejected   State = "rejected"
	Duplicate  State = "duplicate"
	Cancelled  State = "cancelled"
)

// States lists every state a stored report can be in, in the order of its life.
var States = []State{Registered, InAnalysis, Assigned, Scheduled, InProgress, Suspended, Resolved, Closed, Rejected, Duplicate, Cancelled}

// Open reports whether work on a report in s is still to come or to be verified.
func (s State) Open() bool {
	switch s {
	case Registered, InAnalysis, Assigned, Scheduled, InProgress, Suspended, Resolved:
		return true
	default:
		return false
	}
}

// A Phase is what the public is told: analysis, scheduling, closure.
type Phase string

// The public phases.
const (
	PhaseAnalysis   Phase = "analysis"
	PhaseScheduling Phase = "scheduling"
	PhaseClosure    Phase = "closure"
)

// A Role is the hat a person wears.
type Role string

// The roles of domain 2.5. RoleSystem is the program itself, RoleAnonymous a
// person who is not signed in.
const (
	RoleCitizen         Role = "citizen"
	RoleAccredited      Role = "accredited_reporter"
	RoleL1              Role = "l1_operator"
	RoleCoordinator     Role = "coordinator"
	RoleL2              Role = "l2_operator"
	RoleServiceManager  Role = "service_manager"
	RoleTechnician      Role = "technician"
	RoleDistrictLead    Role = "district_lead"
	RoleFieldLead       Role = "field_lead"
	RolePoleManager     Role = "pole_manager"
	RolePlanner         Role = "planner"
	RolePartnerUser     Role = "partner_user"
	RoleContactOperator Role = "contact_operator"
	RoleHelpdesk        Role = "helpdesk_agent"
	RoleAdmin           Role = "admin"
	RoleAuditor         Role = "auditor"
	RoleSystem          Role = "system"
	RoleAnonymous       Role = "anonymous"
)

// Roles lists every role, in the order of the matrix of domain 2.5.
var Roles = []Role{
	RoleAnonymous, RoleCitizen, RoleAccredited, RoleL1, RoleCoordinator, RoleL2, RoleServiceManager,
	RoleTechnician, RoleDistrictLead, RoleFieldLead, RolePoleManager, RolePlanner, RolePartnerUser,
	RoleContactOperator, RoleHelpdesk, RoleAdmin, RoleAuditor, RoleSystem,
}

// A Grant is one role a person holds, and over what.
type Grant struct {
	Role      Role     `json:"role"`
	Org       OrgID    `json:"org"`       // the organisation the role is held in
	Districts []AreaID `json:"districts"` // districts it covers; poles are already spelled out as their districts
}

// An Actor is who makes a call.
type Actor struct {
	ID       PersonID `json:"id"`
	Name     string   `json:"-"` // never leaves the staff
	Language string   `json:"language"`
	Grants   []Grant  `json:"grants"`
}
