package report

import "slices"

// An Audience says how much of a report somebody may read.
type Audience string

// The audiences, from the narrowest to the widest.
const (
	AudiencePublic   Audience = "public"   // PublicView, of public reports only
	AudienceReporter Audience = "reporter" // PublicView, with what the reporter sent
	AudienceField    Audience = "field"    // everything but the reporter's contact
	AudienceStaff    Audience = "staff"    // everything
)

var audienceOrder = []Audience{AudiencePublic, AudienceReporter, AudienceField, AudienceStaff}

// A Reader lets each role of By read the reports of At as As.
type Reader struct {
	By []Role
	At Scope
	As Audience
}

// Readers is the "Read report" line of domain 2.5. Public reports are
// everybody's to read beside it.
var Readers = []Reader{
	{By: []Role{RoleL1, RoleCoordinator, RoleL2, RoleServiceManager, RoleAdmin, RoleAuditor, RoleSystem}, At: ScopeAll, As: AudienceStaff},
	{By: []Role{RoleDistrictLead}, At: ScopeDistrict, As: AudienceStaff},
	{By: []Role{RoleFieldLead, RolePoleManager, RolePlanner}, At: ScopePole, As: AudienceStaff},
	{By: []Role{RoleContactOperator}, At: ScopeAssigned, As: AudienceStaff},
	{By: []Role{RoleHelpdesk}, At: ScopeHelpdesk, As: AudienceStaff},
	{By: []Role{RoleTechnician}, At: ScopeAssigned, As: AudienceField},
	{By: []Role{RoleTechnician}, At: ScopeDistrict, As: AudienceField},
	{By: []Role{RolePartnerUser}, At: ScopeOrg, As: AudienceField},
	{By: []Role{RoleCitizen, RoleAccredited}, At: ScopeOwn, As: AudienceReporter},
	{By: []Role{RoleAccredited, RolePartnerUser}, At: ScopeReporterOrg, As: AudienceReporter},
}

// MayRead returns the widest audience the actor belongs to for the report, and
// false when the report is not theirs to know of.
func MayRead(a Actor, r Report) (Audience, bool) {
	best := -1
	if r.Public() {
		best = 0
	}
	for _, hat := range hats(a, r) {
		for _, reader := range Readers {
			if slices.Contains(reader.By, hat.Role) && within(reader.At, a, hat, r) {
				best = max(best, slices.Index(audienceOrder, reader.As))
			}
		}
	}
	if best < 0 {
		return "", false
	}
	return audienceOrder[best], true
}

// Public reports whether anybody may know of the report: its kind and object
// are for the public, and its reporter has agreed.
func (r Report) Public() bool { return r.Visibility == VisiblePublic && r.ConsentPublish }
