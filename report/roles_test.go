package report_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/report"
)

// A relation is one way a person can stand to a report: what it makes is theirs
// in that way and in no other.
type relation struct {
	letter string
	make   func(r *report.Report, who report.PersonID)
}

var relations = []relation{
	{"o", func(r *report.Report, who report.PersonID) { r.Reporter = who }},
	{"a", func(r *report.Report, who report.PersonID) { r.Assignee = who }},
	{"d", func(r *report.Report, _ report.PersonID) { r.District = centre }},
	{"g", func(r *report.Report, _ report.PersonID) { r.ResponsibleOrg = roads }},
	{"r", func(r *report.Report, _ report.PersonID) { r.ReporterOrg = police }},
	{"v", func(r *report.Report, _ report.PersonID) { r.Visibility, r.ConsentPublish = report.VisiblePublic, true }},
	{"h", func(r *report.Report, _ report.PersonID) { r.Kind = report.KindHelpdesk }},
	{"*", func(*report.Report, report.PersonID) {}},
	{"", func(r *report.Report, _ report.PersonID) { r.Org = elsewhe }},
}

// readable is the "Read report (full)" line of domain 2.5, by hand, in the
// order of Roles.
var readable = strings.Fields("- o or * * * * ad d p p p gr a h * * *")

func allowed(cell, letter string) bool {
	cell = strings.ReplaceAll(cell, "p", "d") // a pole is its districts
	switch {
	case letter == "":
		return false
	case strings.Contains(cell, "*"):
		return true
	default:
		return strings.Contains(cell, letter)
	}
}

// TestMay asks every role to do everything to reports that are theirs in every
// single way.
func TestMay(t *testing.T) {
	rightsGrid := grid(t, rights, len(report.Roles))
	for _, n := range report.Actions {
		if n.Do == report.Submit {
			continue // asked about a report to come: TestSubmitFor
		}
		for j, role := range report.Roles {
			for _, rel := range relations {
				who := someone(role)
				if role == report.RolePartnerUser && rel.letter == "r" {
					who.Grants[0].Org = police
				}
				r := report.Report{ID: theID, Version: 1, Org: contact, State: report.Registered, Kind: "fault", Visibility: report.VisibleStaff, Reporter: anna}
				if rel.letter == "o" && role == report.RoleAnonymous {
					continue // nobody's report cannot be theirs
				}
				rel.make(&r, who.ID)
				wantMay(t, n.Do, role, who, r, rel.letter, rightsGrid[n.Do][j], rightsGrid[n.Do][1], readable[j])
			}
		}
	}
}

func wantMay(t *testing.T, do report.Action, role report.Role, who report.Actor, r report.Report, letter, cell, citizen, reads string) {
	t.Helper()
	var want error
	wantRole := role
	switch {
	case role == report.RoleSystem && cell != ".":
		// the program belongs to every contact point
	case allowed(cell, letter):
	case letter == "o" && role != report.RoleSystem && allowed(citizen, letter):
		wantRole = report.RoleCitizen // whoever reported it is its reporter
	case allowed(reads, letter) || letter == "v" || (letter == "o" && role != report.RoleSystem) || role == report.RoleSystem:
		want, wantRole = report.ErrRole, ""
	default:
		want, wantRole = report.ErrNone, ""
	}
	got, err := report.May(who, do, r)
	if got != wantRole || !errors.Is(err, want) {
		t.Errorf("May(%s, %s, report by %q) = %q, %v; want %q, %v", role, do, letter, got, err, wantRole, want)
	}
}

func TestMayRead(t *testing.T) {
	tests := []struct {
		role   report.Role
		letter string
		want   report.Audience // "" means not at all
	}{
		{report.RoleL1, "*", report.AudienceStaff},
		{report.RoleL1, "", ""}, // another contact point
		{report.RoleAuditor, "*", report.AudienceStaff},
		{report.RoleAdmin, "*", report.AudienceStaff},
		{report.RoleDistrictLead, "d", report.AudienceStaff},
		{report.RoleDistrictLead, "*", ""},
		{report.RolePoleManager, "d", report.AudienceStaff},
		{report.RolePlanner, "d", report.AudienceStaff},
		{report.RoleTechnician, "a", report.AudienceField},
		{report.RoleTechnician, "d", report.AudienceField},
		{report.RoleTechnician, "g", ""},
		{report.RoleTechnician, "o", report.AudienceReporter},
		{report.RolePartnerUser, "g", report.AudienceField},
		{report.RolePartnerUser, "d", ""},
		{report.RoleContactOperator, "a", report.AudienceStaff},
		{report.RoleContactOperator, "*", ""},
		{report.RoleHelpdesk, "h", report.AudienceStaff},
		{report.RoleHelpdesk, "*", ""},
		{report.RoleCitizen, "o", report.AudienceReporter},
		{report.RoleCitizen, "v", report.AudiencePublic},
		{report.RoleCitizen, "d", ""},
		{report.RoleAccredited, "r", report.AudienceReporter},
		{report.RoleAnonymous, "v", report.AudiencePublic},
		{report.RoleAnonymous, "*", ""},
		{report.RoleSystem, "*", report.AudienceStaff},
	}
	for _, tt := range tests {
		who := someone(tt.role)
		r := report.Report{ID: theID, Version: 1, Org: contact, State: report.Assigned, Kind: "fault", Visibility: report.VisibleStaff, Reporter: anna}
		i := slices.IndexFunc(relations, func(rel relation) bool { return rel.letter == tt.letter })
		relations[i].make(&r, who.ID)
		if got, ok := report.MayRead(who, r); got != tt.want || ok != (tt.want != "") {
			t.Errorf("MayRead(%s, report by %q) = %q, %t; want %q", tt.role, tt.letter, got, ok, tt.want)
		}
	}
}

// TestControlRoomOfAnArea: a role of the control room that names districts is
// for these, but takes in whatever is reported.
func TestControlRoomOfAnArea(t *testing.T) {
	here := report.Report{ID: theID, Version: 1, Org: contact, State: report.Registered, Visibility: report.VisibleStaff, District: centre}
	there, nowhere, coming := here, here, here
	there.District, nowhere.District, coming.District, coming.Version = "areaelsewhere01", "", "areaelsewhere01", 0
	for _, role := range []report.Role{report.RoleL1, report.RoleCoordinator, report.RoleL2, report.RoleServiceManager, report.RoleAdmin, report.RoleAuditor} {
		who := as("personsomeone01", role)
		for _, r := range []report.Report{here, there, nowhere} {
			if _, ok := report.MayRead(who, r); ok != (r.District == centre) {
				t.Errorf("%s of the centre reads a report of district %q: %t", role, r.District, ok)
			}
		}
		if _, err := report.May(who, report.Comment, there); !errors.Is(err, report.ErrNone) {
			t.Errorf("%s of the centre comments elsewhere: %v, want %v", role, err, report.ErrNone)
		}
	}
	if _, err := report.May(as("personsomeone01", report.RoleL1), report.Submit, coming); err != nil {
		t.Errorf("a call about another district cannot be taken in: %v", err)
	}
}

// TestAnonymousReportIsNobodys keeps people who are not signed in, and empty
// organisations and districts, from owning what has none.
func TestAnonymousReportIsNobodys(t *testing.T) {
	r := report.Report{ID: theID, Version: 1, Org: contact, State: report.Assigned, Visibility: report.VisibleStaff}
	empty := report.Actor{ID: bruno, Grants: []report.Grant{{Role: report.RolePartnerUser}, {Role: report.RoleTechnician, Districts: []report.AreaID{""}}, {Role: report.RoleAccredited}}}
	for _, who := range []report.Actor{{}, empty} {
		if got, ok := report.MayRead(who, r); ok {
			t.Errorf("MayRead(%q, nobody's report) = %q", who.ID, got)
		}
		if _, err := report.May(who, report.Comment, r); !errors.Is(err, report.ErrNone) {
			t.Errorf("May(%q, comment, nobody's report) = %v, want %v", who.ID, err, report.ErrNone)
		}
	}
}

// TestSubmitFor asks who may report for whom.
func TestSubmitFor(t *testing.T) {
	behalf := map[report.Role]bool{
		report.RoleAccredited: true, report.RoleL1: true, report.RoleCoordinator: true, report.RoleL2: true, report.RoleServiceManager: true,
		report.RoleDistrictLead: true, report.RoleFieldLead: true, report.RolePoleManager: true, report.RolePartnerUser: true,
		report.RoleContactOperator: true, report.RoleSystem: true,
	}
	never := map[report.Role]bool{report.RoleHelpdesk: true, report.RoleAdmin: true, report.RoleAuditor: true}
	const place = `"point":{"lon":9.19,"lat":45.46},"pointSource":"pin"`
	for _, role := range report.Roles {
		in := asking(report.Submit, someone(role), report.Report{})
		in.Call.Args = []byte(`{` + place + `}`)
		if _, err := report.Decide(in); errors.Is(err, report.ErrRole) != never[role] {
			t.Errorf("%s submits = %v, want refused %t", role, err, never[role])
		}
		in.Call.Args = []byte(`{"onBehalf":true,` + place + `}`)
		if _, err := report.Decide(in); errors.Is(err, report.ErrBehalf) == behalf[role] {
			t.Errorf("%s submits for somebody = %v, want allowed %t", role, err, behalf[role])
		}
		in.Call.Args = []byte(`{"kind":"helpdesk","description":"non riesco a entrare"}`)
		if _, err := report.Decide(in); err != nil {
			t.Errorf("%s asks the help desk = %v", role, err)
		}
	}
	in := asking(report.Submit, as(dora, report.RoleDistrictLead), report.Report{})
	in.Facts.Route.District = harbour
	in.Call.Args = []byte(`{"onBehalf":true,` + place + `}`)
	if _, err := report.Decide(in); !errors.Is(err, report.ErrBehalf) {
		t.Errorf("a lead reports for somebody in another district = %v, want %v", err, report.ErrBehalf)
	}
}
