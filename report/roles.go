package report

import (
	"fmt"
	"slices"

	"github.com/sestante/sestante/fault"
)

// ErrNone answers whoever may not even know that the report exists.
var ErrNone = fault.Define(fault.NotFound, "report.none", "There is no such report, or it is not for you.", "La segnalazione non esiste o non è visibile per te.")

// A Scope says over which reports a role may do something.
type Scope string

// The scopes of domain 2.5. Pole is tested like district, because a grant
// spells a pole out as its districts.
const (
	ScopeOwn         Scope = "own"          // the person is the reporter
	ScopeAssigned    Scope = "assigned"     // the person is the assignee
	ScopeDistrict    Scope = "district"     // the grant covers the report's district
	ScopePole        Scope = "pole"         // the grant covers the report's district, as part of a pole
	ScopeOrg         Scope = "org"          // the grant's organisation is responsible
	ScopeReporterOrg Scope = "reporter_org" // the report was made for the grant's organisation
	ScopePublic      Scope = "public"       // everybody may see the report
	ScopeHelpdesk    Scope = "helpdesk"     // a help-desk ticket about the platform itself
	ScopeAll         Scope = "all"          // every report of the contact point the role is held in, or of the grant's districts when it names some
)

// A Permission lets each role of By do each action of Do on the reports of At.
type Permission struct {
	Do        []Action
	By        []Role
	At        Scope
	From      []State // only from these states; nil: wherever the table lets it
	Propose   bool    // what they do is recorded as a proposal and changes nothing by itself
	Delegated bool    // only where the policy hands it down to them
}

var (
	firstLevel      = []Role{RoleL1, RoleCoordinator, RoleServiceManager}
	deskRoles       = []Role{RoleL1, RoleCoordinator, RoleL2, RoleServiceManager}
	poleRoles       = []Role{RoleFieldLead, RolePoleManager}
	leadRoles       = []Role{RoleDistrictLead}
	partnerRoles    = []Role{RolePartnerUser}
	fieldRoles      = []Role{RoleTechnician}
	reporterRoles   = []Role{RoleCitizen, RoleAccredited}
	accreditedRoles = []Role{RoleAccredited}
	helpdeskRoles   = []Role{RoleHelpdesk}

	handling       = []Action{Take, Dispatch, Bounce, Reassign, Transfer}
	attaching      = []Action{Comment, Photo}
	working        = []Action{Start, Suspend, Resume, Resolve, WorkRecorded}
	planning       = []Action{Program, Reprogram}
	verifying      = []Action{VerifyOK, VerifyKO}
	describing     = []Action{Relocate, Recategorise, Reprioritise}
	beforeSchedule = []State{Registered, InAnalysis, Assigned}
)

// Permissions is the matrix of domain 2.5, with the "Who" of 2.4 where the
// matrix is silent. What is not here is not allowed.
var Permissions = []Permission{
	// Submit: everybody for themselves; the scope says for whom else.
	{Do: []Action{Submit}, By: []Role{RoleAnonymous, RoleCitizen, RoleAccredited, RoleL1, RoleCoordinator, RoleL2, RoleServiceManager, RoleTechnician, RoleDistrictLead, RoleFieldLead, RolePoleManager, RolePlanner, RolePartnerUser, RoleContactOperator}, At: ScopeOwn},
	{Do: []Action{Submit}, By: []Role{RoleL1, RoleCoordinator, RoleL2, RoleServiceManager, RoleContactOperator, RoleSystem}, At: ScopeAll},
	{Do: []Action{Submit}, By: leadRoles, At: ScopeDistrict},
	{Do: []Action{Submit}, By: poleRoles, At: ScopePole},
	{Do: []Action{Submit}, By: []Role{RoleAccredited, RolePartnerUser}, At: ScopeReporterOrg},
	{Do: []Action{Submit}, By: []Role{RolePlanner, RoleHelpdesk, RoleAdmin, RoleAuditor}, At: ScopeHelpdesk},

	// Take, dispatch and what becomes of a dispatch.
	{Do: handling, By: firstLevel, At: ScopeAll},
	{Do: handling, By: leadRoles, At: ScopeDistrict},
	{Do: handling, By: poleRoles, At: ScopePole},
	{Do: []Action{Bounce, Reassign}, By: partnerRoles, At: ScopeOrg},

	// Set priority, recategorise, relocate.
	{Do: describing, By: deskRoles, At: ScopeAll},
	{Do: describing, By: leadRoles, At: ScopeDistrict},
	{Do: describing, By: poleRoles, At: ScopePole},
	{Do: describing, By: fieldRoles, At: ScopeAssigned, Propose: true},
	{Do: describing, By: fieldRoles, At: ScopeDistrict, Propose: true},
	{Do: describing, By: partnerRoles, At: ScopeOrg, Propose: true},

	// Plans. The coordinator revises plans and makes none.
	{Do: planning, By: []Role{RoleServiceManager}, At: ScopeAll},
	{Do: []Action{Reprogram}, By: []Role{RoleCoordinator}, At: ScopeAll},
	{Do: planning, By: leadRoles, At: ScopeDistrict},
	{Do: planning, By: poleRoles, At: ScopePole},
	{Do: planning, By: partnerRoles, At: ScopeOrg},
	{Do: planning, By: fieldRoles, At: ScopeAssigned, Propose: true},
	{Do: planning, By: []Role{RolePlanner}, At: ScopePole, Propose: true},
	{Do: []Action{ApprovePlan}, By: []Role{RoleServiceManager}, At: ScopeAll},
	{Do: []Action{ApprovePlan}, By: leadRoles, At: ScopeDistrict, Delegated: true},
	{Do: []Action{ApprovePlan}, By: poleRoles, At: ScopePole},

	// Work. First level may only stop and restart it, for the reporter's answer.
	{Do: working, By: fieldRoles, At: ScopeAssigned},
	{Do: working, By: leadRoles, At: ScopeDistrict},
	{Do: working, By: partnerRoles, At: ScopeOrg},
	{Do: []Action{Suspend, Resume}, By: []Role{RoleL1}, At: ScopeAll},

	// The end of it. The executor never verifies: see ErrExecutor.
	{Do: verifying, By: firstLevel, At: ScopeAll},
	{Do: verifying, By: leadRoles, At: ScopeDistrict},
	{Do: verifying, By: poleRoles, At: ScopePole},
	{Do: []Action{Reopen}, By: reporterRoles, At: ScopeOwn},
	{Do: []Action{Reopen}, By: accreditedRoles, At: ScopeReporterOrg},
	{Do: []Action{Reopen}, By: firstLevel, At: ScopeAll},
	{Do: []Action{Reopen}, By: leadRoles, At: ScopeDistrict},
	{Do: []Action{Reopen}, By: poleRoles, At: ScopePole},
	{Do: []Action{Reject, LinkDuplicate, UnlinkDuplicate}, By: []Role{RoleL1, RoleCoordinator}, At: ScopeAll},
	{Do: []Action{Cancel}, By: reporterRoles, At: ScopeOwn, From: beforeSchedule},
	{Do: []Action{Cancel}, By: accreditedRoles, At: ScopeReporterOrg, From: beforeSchedule},
	{Do: []Action{Cancel}, By: []Role{RoleL1}, At: ScopeAll},

	// Words and photos: whoever reads it in full, but auditors only read.
	{Do: attaching, By: reporterRoles, At: ScopeOwn},
	{Do: attaching, By: []Role{RoleAccredited, RolePartnerUser}, At: ScopeReporterOrg},
	{Do: attaching, By: []Role{RoleL1, RoleCoordinator, RoleL2, RoleServiceManager, RoleAdmin}, At: ScopeAll},
	{Do: attaching, By: []Role{RoleTechnician, RoleContactOperator}, At: ScopeAssigned},
	{Do: attaching, By: []Role{RoleTechnician, RoleDistrictLead}, At: ScopeDistrict},
	{Do: attaching, By: []Role{RoleFieldLead, RolePoleManager, RolePlanner}, At: ScopePole},
	{Do: attaching, By: partnerRoles, At: ScopeOrg},

	// Manual escalation is always possible for those who work on it.
	{Do: []Action{Escalate}, By: deskRoles, At: ScopeAll},
	{Do: []Action{Escalate}, By: []Role{RoleTechnician, RoleContactOperator}, At: ScopeAssigned},
	{Do: []Action{Escalate}, By: leadRoles, At: ScopeDistrict},
	{Do: []Action{Escalate}, By: []Role{RoleFieldLead, RolePoleManager, RolePlanner}, At: ScopePole},
	{Do: []Action{Escalate}, By: partnerRoles, At: ScopeOrg},

	{Do: []Action{Interest}, By: []Role{RoleCitizen, RoleAccredited, RoleL1, RoleCoordinator, RoleL2, RoleServiceManager, RoleTechnician, RoleDistrictLead, RoleFieldLead, RolePoleManager, RolePlanner, RolePartnerUser, RoleContactOperator, RoleHelpdesk, RoleAdmin}, At: ScopePublic},

	// Help-desk tickets: agents handle them, the administrator manages them.
	{Do: []Action{Take, Dispatch, Bounce, Reassign, Recategorise, Reprioritise, Cancel}, By: []Role{RoleHelpdesk, RoleAdmin}, At: ScopeHelpdesk},
	{Do: []Action{Start, Suspend, Resume, Resolve, WorkRecorded, VerifyOK, VerifyKO, Reopen, Reject, Escalate, Comment, Photo}, By: helpdeskRoles, At: ScopeHelpdesk},

	// What the program does by itself: among others, adding the photo of
	// somebody who holds a report's link, and taking the place from it.
	{Do: []Action{Take, Dispatch, Transfer, Resume, VerifyOK, Escalate, Comment, Photo, Relocate, Reroute}, By: []Role{RoleSystem}, At: ScopeAll},
}

// roleMay reports whether the role may do it to some report in from.
func roleMay(do Action, by Role, from State) bool {
	for _, p := range Permissions {
		if p.covers(do, by) && p.allows(from) {
			return true
		}
	}
	return false
}

func (p Permission) covers(do Action, by Role) bool {
	return slices.Contains(p.Do, do) && slices.Contains(p.By, by)
}

func (p Permission) allows(from State) bool {
	return p.From == nil || slices.Contains(p.From, from)
}

// hats returns what the actor may wear towards the report: the grants, in
// their order, and then the citizen's hat for whoever has no other or made
// the report.
func hats(a Actor, r Report) []Grant {
	switch {
	case a.ID == System:
		return []Grant{{Role: RoleSystem}}
	case a.ID == "":
		return []Grant{{Role: RoleAnonymous}}
	case len(a.Grants) == 0 || (r.Version > 0 && r.Reporter == a.ID):
		return append(slices.Clone(a.Grants), Grant{Role: RoleCitizen})
	default:
		return a.Grants
	}
}

// within reports whether the report lies in the scope, for that hat.
func within(at Scope, a Actor, g Grant, r Report) bool {
	switch at {
	case ScopeAll:
		return (g.Org == "" || r.Org == "" || g.Org == r.Org) && inArea(g, r)
	case ScopeOwn:
		return r.Reporter == a.ID && (a.ID != "" || r.Version == 0)
	case ScopeAssigned:
		return a.ID != "" && r.Assignee == a.ID
	case ScopeDistrict, ScopePole:
		return r.District != "" && slices.Contains(g.Districts, r.District)
	case ScopeOrg:
		return g.Org != "" && r.ResponsibleOrg == g.Org
	case ScopeReporterOrg:
		return g.Org != "" && r.ReporterOrg == g.Org
	case ScopePublic:
		return r.Public()
	case ScopeHelpdesk:
		return r.Kind == KindHelpdesk
	default:
		return false
	}
}

// inArea reports whether a grant over everything reaches the report: one that
// names districts is for these. Whoever takes a call takes it in, wherever it
// is about.
func inArea(g Grant, r Report) bool {
	return len(g.Districts) == 0 || r.Version == 0 || slices.Contains(g.Districts, r.District)
}

// A pass is a permission that holds, and the hat it holds for.
type pass struct {
	hat  Grant
	perm Permission
}

// permit finds the permission under which the actor may do it. Rights go
// before proposals, then the order of the hats decides. anyState overlooks
// the states a permission is limited to; delegated counts what a policy may
// hand down.
func permit(a Actor, do Action, r Report, anyState, delegated bool) (pass, bool) {
	var proposal *pass
	for _, hat := range hats(a, r) {
		for _, p := range Permissions {
			if !p.covers(do, hat.Role) || (p.Delegated && !delegated) {
				continue
			}
			if (!anyState && !p.allows(r.State)) || !within(p.At, a, hat, r) {
				continue
			}
			if !p.Propose {
				return pass{hat, p}, true
			}
			if proposal == nil {
				proposal = &pass{hat, p}
			}
		}
	}
	if proposal != nil {
		return *proposal, true
	}
	return pass{}, false
}

// May returns the role in which the actor may do the action to the report as
// it stands, be it as a right, as a proposal or by delegation. It looks at
// roles and scopes, not at the table. A new report is asked about as it would become, with
// version 0. The error is ErrNone for a person who may not even read the
// report, and ErrRole for one who may read it but not do that.
func May(a Actor, do Action, r Report) (Role, error) {
	if p, ok := permit(a, do, r, false, true); ok {
		return p.hat.Role, nil
	}
	return "", refusal(a, do, r)
}

func refusal(a Actor, do Action, r Report) error {
	if _, ok := MayRead(a, r); !ok && r.Version > 0 {
		return fmt.Errorf("%s: %w", do, ErrNone)
	}
	return fmt.Errorf("%s: %w", do, ErrRole)
}
