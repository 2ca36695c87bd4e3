package fieldsync

import "strings"

// A Class is one kind of scope. A scope is a named set of records that a
// person either holds whole or not at all; its name is the class, and for
// most classes a colon and an id: "d:k3f…" is everything open in one district.
type Class string

// The classes of scopes.
const (
	Global      Class = "g" // reference data, for everybody
	Staff       Class = "s" // every open report, for the control room
	StaffArea   Class = "c" // what is open in a district, for the part of the control room that answers for it
	District    Class = "d" // what is open in a district, for those who work there
	Assignee    Class = "a" // what is open and assigned to a person
	Reporter    Class = "r" // what a person reported, open or not
	Org         Class = "o" // what is open and an organisation must do
	ReporterOrg Class = "p" // what the people of an accredited organisation reported
	Inside      Class = "w" // knowledge written for those who work here
	Partners    Class = "x" // knowledge shared with the companies that work for us
)

// ScopeName returns the name of the scope of a class about one id; id is
// empty for the classes of which there is one scope.
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
	case Global, ReporterOrg, Inside, Partners:
		return 2
	default:
		return 3
	}
}

// A Rule puts the rows of a collection into the scopes of one class.
type Rule struct {
	Class Class
	// Column is the column of the collection that names the scope's id; empty
	// when there is one scope of the class. A row whose column is empty is in no
	// such scope. For a child it is a column of the parent.
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
		{Class: StaffArea, Column: "district", Open: true},
		{Class: Staff, Open: true},
	}},
	// A reporter sees how a report stands in the report itself; its history
	// is the staff's.
	{Name: "reportEvents", Parent: "reports", Link: "report", Rules: staffOnly()},
	{Name: "media", Parent: "reports", Link: "report", Rules: append([]Rule{
		{Class: Staff, Open: true},
		{Class: StaffArea, Column: "district", Open: true},
		{Class: Reporter, Column: "reporter", Only: ownMedia},
		{Class: ReporterOrg, Column: "reporterOrg", Only: ownMedia},
	}, field(Filter{Column: "visibility", Not: []string{"hidden"}})...)},
	{Name: "messages", Parent: "reports", Link: "report", Rules: []Rule{
		{Class: Staff, Open: true},
		{Class: StaffArea, Column: "district", Open: true},
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

	// An article travels while it is published, as a whole, to those it is
	// written for.
	{Name: "kbArticles", Rules: []Rule{
		{Class: Global, Only: published("public")},
		{Class: Inside, Only: published("staff")},
		{Class: Partners, Only: published("partner")},
	}},
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

func staffOnly() []Rule {
	return append([]Rule{{Class: Staff, Open: true}, {Class: StaffArea, Column: "district", Open: true}}, field()...)
}

func audience(who ...string) []Filter { return []Filter{{Column: "audience", In: who}} }

func published(who string) []Filter {
	return append(audience(who), Filter{Column: "state", In: []string{"published"}})
}

// CollectionOf returns the captured collection of that name.
func CollectionOf(name string) (Collection, bool) {
	for _, c := range Captured {
		if c.Name == name {
			return c, true
		}
	}
	return Collection{}, false
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
