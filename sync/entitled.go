package fieldsync

import (
	"slices"

	"github.com/sestante/sestante/report"
)

// An Entitlement says which scopes a role opens.
type Entitlement struct {
	Roles []report.Role
	Class Class
	// Over says whose id names the scope: the person's own, the role's
	// organisation, every district its areas stand for, or none.
	Over Over
}

// Over is what a role's scope is about.
type Over string

// What a scope may be about.
const (
	OverAll       Over = ""          // the scope has no id, and whoever has the role holds it
	OverWhole     Over = "whole"     // the same, but only while the role names no areas
	OverSelf      Over = "self"      // the person who holds the role
	OverOrg       Over = "org"       // the organisation the role is held in
	OverDistricts Over = "districts" // each district the role's areas stand for
)

// Who works in the field, who sits in the control room, and who reads there
// what is in their areas and nothing without any: see report.Readers, which
// says the same for those who ask online.
var (
	crews   = []report.Role{report.RoleTechnician, report.RoleDistrictLead, report.RoleFieldLead, report.RolePoleManager}
	control = []report.Role{
		report.RoleCoordinator, report.RoleL1, report.RoleL2, report.RoleServiceManager, report.RoleAdmin, report.RoleAuditor,
	}
	planners = []report.Role{report.RolePlanner}
	// They read what they were given to do.
	callers  = []report.Role{report.RoleContactOperator}
	partners = []report.Role{report.RolePartnerUser}
)

// Entitled is the table of who holds what. Besides it, every person who is not
// disabled holds Global and their own Reporter scope. A role that names areas is
// over these and nothing else; areas that nobody can read are no districts, and
// they are not none either.
var Entitled = []Entitlement{
	{Class: Assignee, Over: OverSelf, Roles: slices.Concat(crews, callers)},
	{Class: District, Over: OverDistricts, Roles: crews},
	{Class: Staff, Over: OverWhole, Roles: control},
	{Class: StaffArea, Over: OverDistricts, Roles: slices.Concat(control, planners)},
	{Class: Org, Over: OverOrg, Roles: partners},
	{Class: ReporterOrg, Over: OverOrg, Roles: []report.Role{report.RoleAccredited}},
	{Class: Inside, Over: OverAll, Roles: slices.Concat(crews, control, planners, callers)},
	{Class: Partners, Over: OverAll, Roles: slices.Concat(control, planners, callers, partners)},
}
