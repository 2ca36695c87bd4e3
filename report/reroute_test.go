package report_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/sestante/sestante/report"
)

// A border is a report that an area's new border puts elsewhere.
func border(from report.State, change func(*report.Input)) report.Input {
	in := asking(report.Reroute, someone(report.RoleSystem), standing(from))
	if change != nil {
		change(&in)
	}
	return in
}

func TestFollowTheTerritory(t *testing.T) {
	other := func(in *report.Input) {
		in.Facts.Activity, in.Facts.AssigneeValid = report.ActivityFact{ID: lamps, Org: lights}, false
	}
	tests := []struct {
		name     string
		from     report.State
		change   func(*report.Input)
		events   string
		state    report.State
		org      report.OrgID
		assignee report.PersonID
		district report.AreaID
	}{
		{"nobody has it", report.Registered, nil, "reroute", report.Registered, "", "", harbour},
		{"nobody need look", report.Registered, func(in *report.Input) { in.Facts.Activity.AutoDispatch = true }, "reroute take dispatch", report.Assigned, roads, "", harbour},
		{"the technician works there too", report.Assigned, nil, "reroute", report.Assigned, roads, tina, harbour},
		{"the technician does not", report.Assigned, func(in *report.Input) { in.Facts.AssigneeValid = false }, "reroute", report.Assigned, roads, "", harbour},
		{"nor when it has a date", report.Scheduled, func(in *report.Input) { in.Facts.AssigneeValid = false }, "reroute", report.Scheduled, roads, "", harbour},
		{"work has begun", report.InProgress, other, "reroute", report.InProgress, roads, tina, harbour},
		{"work is to be verified", report.Resolved, other, "reroute", report.Resolved, roads, tina, harbour},
		{"another organisation answers", report.Assigned, other, "reroute transfer", report.Assigned, lights, "", harbour},
		{"and the date is void", report.Scheduled, other, "reroute transfer", report.Assigned, lights, "", harbour},
		{"a person chose the organisation", report.Assigned, func(in *report.Input) {
			other(in)
			in.Facts.Former = report.ActivityFact{ID: "activityother01", Org: police}
		}, "reroute", report.Assigned, roads, "", harbour},
		{"nobody answers there", report.Assigned, func(in *report.Input) { in.Facts.Activity = report.ActivityFact{} }, "reroute", report.Assigned, roads, tina, harbour},
		{"no area is left", report.Assigned, func(in *report.Input) {
			in.Facts.Route, in.Facts.AssigneeValid = report.Route{Routing: report.RouteUnroutable}, false
		}, "reroute", report.Assigned, roads, "", ""},
		{"surer than before", report.Assigned, func(in *report.Input) {
			in.Current.Routing, in.Facts.AssigneeValid = report.RouteUncertain, false
			in.Facts.Route.Renewed = true
		}, "reroute", report.Assigned, roads, tina, harbour},
		{"a new version of the same area", report.Assigned, func(in *report.Input) { in.Facts.Route.Renewed = true }, "", report.Assigned, roads, tina, centre},
		{"nothing is different", report.Assigned, func(in *report.Input) { in.Facts.Route.District = centre }, "", report.Assigned, roads, tina, centre},
	}
	for _, tt := range tests {
		in := border(tt.from, tt.change)
		out := decide(t, in)
		a := out.After
		if types(out) != tt.events || a.State != tt.state || a.ResponsibleOrg != tt.org || a.Assignee != tt.assignee || a.District != tt.district {
			t.Errorf("%s: %q to %s, %s, %q in %q; want %q to %s, %s, %q in %q",
				tt.name, types(out), a.State, a.ResponsibleOrg, a.Assignee, a.District, tt.events, tt.state, tt.org, tt.assignee, tt.district)
		}
		if len(only[report.Notice](out)) != 0 {
			t.Errorf("%s: somebody is told of one report", tt.name)
		}
		if tt.org == in.Current.ResponsibleOrg && !a.AssignedAt.Equal(in.Current.AssignedAt) {
			t.Errorf("%s: the clock of the organisation began anew", tt.name)
		}
		if !a.RegisteredAt.Equal(in.Current.RegisteredAt) || (tt.from != report.Registered && !a.TakenAt.Equal(in.Current.TakenAt)) {
			t.Errorf("%s: a clock of the report began anew", tt.name)
		}
	}
}

// TestRerouteSaysWhatWas: the event alone is enough to see what the move undid.
func TestRerouteSaysWhatWas(t *testing.T) {
	in := border(report.Assigned, nil)
	in.Current.RouteTrace = report.RouteTrace{Reason: "inside", AreaSet: "before"}
	in.Facts.Route.Trace = report.RouteTrace{Reason: "inside", AreaSet: "after"}
	e := decide(t, in).Events[0]
	p := decodePayload[report.Rerouted](t, e)
	if p.Before.District != centre || p.Before.Trace.AreaSet != "before" || p.Route.District != harbour || p.Route.Trace.AreaSet != "after" || p.Run != "reroutingrun001" {
		t.Errorf("payload = %+v", p)
	}
	if e.Actor != report.System || e.ActorRole != report.RoleSystem {
		t.Errorf("by %s as %s", e.Actor, e.ActorRole)
	}
}

func TestRerouteIsNobodysCall(t *testing.T) {
	for _, role := range report.Roles {
		if role == report.RoleSystem {
			continue
		}
		in := border(report.Assigned, nil)
		in.Who = someone(role)
		if _, err := report.Decide(in); !errors.Is(err, report.ErrRole) && !errors.Is(err, report.ErrNone) {
			t.Errorf("Decide(reroute by %s) = %v", role, err)
		}
	}
}

// TestRelocateToAnotherVersion: moving a point within a district whose border
// was redrawn since takes it from nobody.
func TestRelocateToAnotherVersion(t *testing.T) {
	in := asking(report.Relocate, first, standing(report.Assigned))
	in.Facts.Route = report.Route{District: harbour, Areas: []report.AreaID{harbour}, Routing: report.Routed, Renewed: true}
	out := decide(t, in)
	if out.After.Assignee != tina || out.After.District != harbour || len(only[report.Notice](out)) != 0 {
		t.Errorf("after: %q in %s, tells %s", out.After.Assignee, out.After.District, told(out))
	}
}

func decodePayload[T any](t *testing.T, e report.Event) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(e.Payload, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
