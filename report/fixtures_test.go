package report_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/sestante/sestante/report"
)

// The people, organisations and places of the tests.
const (
	contact  = report.OrgID("contactpoint001")
	elsewhe  = report.OrgID("contactpoint002")
	roads    = report.OrgID("orgroads0000001")
	lights   = report.OrgID("orglights000001")
	police   = report.OrgID("orgpolice000001")
	centre   = report.AreaID("districtcentre1")
	harbour  = report.AreaID("districtharbor1")
	anna     = report.PersonID("personanna00001") // citizen
	bruno    = report.PersonID("personbruno0001") // another citizen
	luca     = report.PersonID("personluca00001") // first level
	tina     = report.PersonID("persontina00001") // technician in centre
	ugo      = report.PersonID("personugo000001") // technician in centre
	dora     = report.PersonID("persondora00001") // district lead of centre
	sara     = report.PersonID("personsara00001") // service manager
	paolo    = report.PersonID("personpaolo0001") // partner user at roads
	potholes = "activitypothole"
	lamps    = "activitylamps01"
	pothole  = "objectpothole01"
	theID    = report.ID("reportnumber001")
	masterID = report.ID("reportnumber002")
)

// noon is a Sunday's noon in Rome, in winter time.
var noon = time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)

// as is a person who holds one role, in the contact point and over the centre.
func as(id report.PersonID, role report.Role) report.Actor {
	g := report.Grant{Role: role, Org: contact, Districts: []report.AreaID{centre}}
	if role == report.RolePartnerUser {
		g.Org = roads
	}
	if role == report.RoleAccredited {
		g.Org = police
	}
	return report.Actor{ID: id, Language: "it", Grants: []report.Grant{g}}
}

func someone(role report.Role) report.Actor {
	switch role {
	case report.RoleSystem:
		return report.Actor{ID: report.System}
	case report.RoleAnonymous:
		return report.Actor{}
	case report.RoleL1, report.RoleCoordinator, report.RoleL2, report.RoleServiceManager, report.RoleAdmin, report.RoleAuditor:
		a := as("personsomeone01", role)
		a.Grants[0].Districts = nil // over the whole territory
		return a
	default:
		return as("personsomeone01", role)
	}
}

// standing is a public report of anna's in the centre, with roads and tina, in
// the given state, as its events would have left it.
func standing(s report.State) report.Report {
	r := report.Report{
		ID: theID, Code: "MI-2026-000123-P", Org: contact, Version: 7, Kind: "fault", State: s,
		ObjectType: pothole, District: centre, Areas: []report.AreaID{centre}, Routing: report.Routed,
		Point: report.Point{Lon: 9.19, Lat: 45.46}, PointSource: report.FromGPS, AccuracyM: 8,
		Reporter: anna, Priority: 3, Visibility: report.VisiblePublic, ConsentPublish: true,
		RegisteredAt: noon.Add(-72 * time.Hour), TakenAt: noon.Add(-71 * time.Hour),
	}
	if s == report.Registered || s == report.InAnalysis {
		return r
	}
	r.ResponsibleOrg, r.Activity, r.Assignee = roads, potholes, tina
	r.AssignedAt = noon.Add(-70 * time.Hour)
	switch s {
	case report.Scheduled:
		r.PlannedCloseDate, r.PlanState, r.ProgrammedAt = "2026-11-30", report.PlanCommunicated, noon.Add(-60*time.Hour)
	case report.Suspended:
		r.ResumeState, r.SuspendReason = report.InProgress, report.WaitingReporter
	case report.Resolved, report.Closed:
		r.Executor, r.ResolvedAt, r.ClosureCode = tina, noon.Add(-24*time.Hour), "fixed"
	case report.Duplicate:
		r.UnlinkState, r.DuplicateOf = report.Assigned, masterID
	default:
	}
	if !s.Open() {
		r.ClosedAt = noon.Add(-23 * time.Hour)
	}
	return r
}

// fullArgs are arguments that are good for each action, unless the state or
// the facts say otherwise.
var fullArgs = map[report.Action]string{
	report.Submit:          `{"description":"Buca","objectType":"objectpothole01","consentPublish":true,"point":{"lon":9.19,"lat":45.46},"pointSource":"gps","accuracyM":8}`,
	report.Take:            `{}`,
	report.Dispatch:        `{"assignee":"persontina00001"}`,
	report.Bounce:          `{"reason":"strada privata"}`,
	report.Program:         `{"plannedCloseDate":"2026-12-01"}`,
	report.ApprovePlan:     `{}`,
	report.Reprogram:       `{"plannedCloseDate":"2026-12-02","reason":"pioggia"}`,
	report.Start:           `{}`,
	report.Suspend:         `{"reason":"materials","expectedResume":"2026-11-25T08:00:00Z"}`,
	report.Resume:          `{}`,
	report.Resolve:         `{"outcome":"fixed","text":"riparata"}`,
	report.VerifyOK:        `{"ok":true}`,
	report.VerifyKO:        `{"ok":false,"note":"si vede ancora"}`,
	report.Reopen:          `{"reason":"è tornata"}`,
	report.Reject:          `{"code":"not_responsible","text":"è competente la Provincia"}`,
	report.LinkDuplicate:   `{"master":"reportnumber002"}`,
	report.UnlinkDuplicate: `{}`,
	report.Cancel:          `{}`,
	report.Comment:         `{"text":"ciao"}`,
	report.Photo:           `{"media":"mediaphoto00001","kind":"after"}`,
	report.Relocate:        `{"point":{"lon":9.2,"lat":45.5},"pointSource":"pin"}`,
	report.Reroute:         `{"run":"reroutingrun001"}`,
	report.Recategorise:    `{"objectType":"objectlamp00001"}`,
	report.Reprioritise:    `{"priority":1}`,
	report.Reassign:        `{"assignee":"personugo000001"}`,
	report.Transfer:        `{"reason":"è un lampione","assignee":"personugo000001"}`,
	report.Escalate:        `{"kind":"hierarchical","reason":"nessuna risposta"}`,
	report.Interest:        `{}`,
}

var wire = func() map[report.Action]string {
	m := map[report.Action]string{}
	for _, n := range report.Actions {
		m[n.Do] = n.Call
	}
	return m
}()

// asking is an input that the guards have nothing against.
func asking(do report.Action, who report.Actor, current report.Report) report.Input {
	n := 0
	in := report.Input{
		Now: noon, Who: who, Current: current, Policy: report.DefaultPolicy(),
		Call: report.Call{
			ID: "callnumber00001", Name: wire[do], Report: theID, Args: json.RawMessage(fullArgs[do]),
			OccurredAt: noon.Add(-time.Minute), Base: current.Version, Source: report.SourceUI,
		},
		Facts: report.Facts{
			Org: contact, Code: "MI-2026-000123-P", AssigneeValid: true,
			Route:    report.Route{District: centre, Areas: []report.AreaID{centre}, Routing: report.Routed},
			Activity: report.ActivityFact{ID: potholes, Org: roads},
			Object:   report.ObjectFact{Found: true, Public: true, DefaultPriority: 3},
			Master:   &report.Report{ID: masterID, Code: "MI-2026-000100-X", Version: 2, Org: contact, State: report.InProgress},
		},
		NewEventID: func() string { n++; return fmt.Sprintf("systemevent%04d", n) },
	}
	if do == report.Submit {
		in.Current = report.Report{}
	}
	if do == report.Transfer {
		in.Facts.Activity = report.ActivityFact{ID: lamps, Org: lights}
	}
	if do == report.Reroute {
		in.Call.Source = report.SourceSystem
		in.Facts.Former = in.Facts.Activity
		in.Facts.Route = report.Route{District: harbour, Areas: []report.AreaID{harbour}, Routing: report.Routed}
	}
	if do == report.ApprovePlan && current.PlannedCloseDate == "" {
		in.Current.PlannedCloseDate, in.Current.PlanState = "2026-12-01", report.PlanProposed
	}
	return in
}

func decide(t *testing.T, in report.Input) report.Outcome {
	t.Helper()
	out, err := report.Decide(in)
	if err != nil {
		t.Fatalf("Decide(%s in %q) = %v", in.Call.Name, in.Current.State, err)
	}
	return out
}

// types lists the events of an outcome, such as "resume start".
func types(out report.Outcome) string {
	s := ""
	for i, e := range out.Events {
		if i > 0 {
			s += " "
		}
		s += e.Type
	}
	return s
}

// notices counts the notices of a cause to a recipient.
func notices(out report.Outcome, cause report.Cause, to report.Recipient) int {
	n := 0
	for _, e := range out.Effects {
		if v, ok := e.(report.Notice); ok && v.Cause == cause && v.To == to {
			n++
		}
	}
	return n
}

// only returns the effects of one kind.
func only[T report.Effect](out report.Outcome) []T {
	var list []T
	for _, e := range out.Effects {
		if v, ok := e.(T); ok {
			list = append(list, v)
		}
	}
	return list
}
