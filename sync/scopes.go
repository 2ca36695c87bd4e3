package fieldsync

import (
	"strings"

	"github.com/sestante/sestante/report"
)

// A Class is one kind of scope. A scope is a named set of records that a
// person either holds whole or not at all; its name is the class, and for
// most classes a colon and an id: "d:k3f…" is everything open in one district.
type Class string

// The classes of scopes.
const (
	Global      Class = "g" // reference data, for everybody
	Staff       Class = "s" // every open report, for the control room
	District    Class = "d" // what is open in a district
	Assignee    Class = "a" // what is open and assigned to a person
	Reporter    Class = "r" // what a person reported, open or not
	Org         Class = "o" // what is open and an organisation must do
	ReporterOrg Class = "p" // what the people of an accredited organisation reported
)

// ScopeName returns the name of the scope of a class about one id; id is
// empty for Global and Staff.
func ScopeName(c Class, id string) string {
	if id == "" {
		return string(c)
	}
	return string(c) + ":" + id
}

// ClassOf returns the class of a scope's name.
func ClassOf(name string) Class {
	class, _, _ := strings.Cut(name, ":")
	return Class(class)
}

// Priority says in which order scopes are filled on a new device: 0 is what a
// person must do today, 3 is what only a control room needs.
func (c Class) Priority() int {
	switch c {
	case Assignee:
		return 0
	case Reporter, District, Org:
		return 1
	case Global, ReporterOrg:
		return 2
	default:
		return 3
	}
}

// A Rule puts the rows of a collection into the scopes of one class.
type Rule struct {
	Class Class
	// Column is the column of the collection that names the scope's id; empty
	// for Global and Staff. A row whose column is empty is in no such scope.
	// For a child it is a column of the parent.
	Column string
	// Open keeps only reports that are open (of a child: whose report is).
	Open bool
	// Only keeps only rows that pass every filter.
	Only []Filter
}

// A Filter compares a column of a row. Exactly one of In, Not and SameAs is
// used.
type Filter struct {
	Column string
	In     []string // the column has one of these values
	Not    []string // the column has none of these values
	SameAs string   // the column equals this column of the parent
}

// A Collection is one captured collection: its rows are in scopes, and every
// change of them reaches the devices that hold one.
type Collection struct {
	Name   string // of the collection in PocketBase, and on the wire
	Parent string // the collection whose scopes its rows follow; empty: none
	Link   string // the column that names the parent
	Rules  []Rule
}

// Captured is the one table that says which collections travel and to whom.
// The triggers, the pull and the tests are all made from it.
var Captured = []Collection{
	{Name: "reports", Rules: []Rule{
		{Class: Reporter, Column: "reporter"},
		{Class: ReporterOrg, Column: "reporterOrg"},
		{Class: District, Column: "district", Open: true},
		{Class: Assignee, Column: "assignee", Open: true},
		{Class: Org, Column: "responsibleOrg", Open: true},
		{Class: Staff, Open: true},
	}},
	// A reporter sees how a report stands in the report itself; its history
	// is the staff's.
	{Name: "reportEvents", Parent: "reports", Link: "report", Rules: staffOnly()},
	{Name: "media", Parent: "reports", Link: "report", Rules: append([]Rule{
		{Class: Staff, Open: true},
		{Class: Reporter, Column: "reporter", Only: ownMedia},
		{Class: ReporterOrg, Column: "reporterOrg", Only: ownMedia},
	}, field(Filter{Column: "visibility", Not: []string{"hidden"}})...)},
	{Name: "messages", Parent: "reports", Link: "report", Rules: []Rule{
		{Class: Staff, Open: true},
		{Class: District, Column: "district", Open: true},
		{Class: Assignee, Column: "assignee", Open: true},
		{Class: Org, Column: "responsibleOrg", Open: true, Only: audience("public", "partner")},
		{Class: Reporter, Column: "reporter", Only: audience("public", "reporter")},
		{Class: ReporterOrg, Column: "reporterOrg", Only: audience("public", "reporter")},
	}},
	{Name: "interventions", Parent: "reports", Link: "report", Rules: staffOnly()},

	{Name: "objectTypes", Rules: everybody},
	{Name: "activities", Rules: everybody},
	{Name: "areas", Rules: everybody},
	{Name: "orgs", Rules: everybody},
	{Name: "sites", Rules: everybody},
	{Name: "assets", Rules: everybody},
}

var (
	everybody = []Rule{{Class: Global}}
	ownMedia  = []Filter{{Column: "visibility", Not: []string{"hidden"}}, {Column: "uploader", SameAs: "reporter"}}
)

// field is the rules of whoever does the work, with one filter.
func field(only ...Filter) []Rule {
	return []Rule{
		{Class: District, Column: "district", Open: true, Only: only},
		{Class: Assignee, Column: "assignee", Open: true, Only: only},
		{Class: Org, Column: "responsibleOrg", Open: true, Only: only},
	}
}

func staffOnly() []Rule { return append([]Rule{{Class: Staff, Open: true}}, field()...) }

func audience(who ...string) []Filter { return []Filter{{Column: "audience", In: who}} }

// CollectionOf returns the captured collection of that name.
func CollectionOf(name string) (Collection, bool) {
	for _, c := range Captured {
		if c.Name == name {
			return c, true
		}
	}
	return Collection{}, false
}

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
	OverAll       Over = ""          // the scope has no id
	OverSelf      Over = "self"      // the person who holds the role
	OverOrg       Over = "org"       // the organisation the role is held in
	OverDistricts Over = "districts" // each district the role's areas stand for
)

// Entitled is the table of who holds what. Besides it, every person who is not
// disabled holds Global and their own Reporter scope.
var Entitled = []Entitlement{
	{Class: Assignee, Over: OverSelf, Roles: []report.Role{
		report.RoleTechnician, report.RoleDistrictLead, report.RoleFieldLead, report.RolePoleManager,
	}},
	{Class: District, Over: OverDistricts, Roles: []report.Role{
		report.RoleTechnician, report.RoleDistrictLead, report.RoleFieldLead, report.RolePoleManager,
	}},
	{Class: Staff, Over: OverAll, Roles: []report.Role{
		report.RoleCoordinator, report.RoleL1, report.RoleL2, report.RoleServiceManager, report.RolePlanner,
		report.RoleContactOperator, report.RoleAdmin, report.RoleAuditor,
	}},
	{Class: Org, Over: OverOrg, Roles: []report.Role{report.RolePartnerUser}},
	{Class: ReporterOrg, Over: OverOrg, Roles: []report.Role{report.RoleAccredited}},
}

// A Reason says why a record left.
type Reason string

// The reasons of an exit.
const (
	Moved   Reason = "moved"   // to a scope the person does not hold
	Deleted Reason = "deleted" // it is no more
	ClosedR Reason = "closed"  // its report is no longer open
	Revoked Reason = "revoked" // the person lost the scope
)

// Reasons are the reasons in the order of the numbers the log stores; the
// first is the number 1.
var Reasons = []Reason{Moved, Deleted, ClosedR}
