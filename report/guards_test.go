package report_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// A refusal is one guard of one action, brought about.
type refusal struct {
	do    report.Action
	want  *fault.Error
	who   report.Actor
	from  report.State
	spoil func(in *report.Input)
}

func atBase(change func(r *report.Report)) func(in *report.Input) {
	return func(in *report.Input) {
		base := in.Current
		change(&base)
		in.Facts.AtBase = &base
		in.Call.Base = in.Current.Version - 1
	}
}

func args(s string) func(in *report.Input) {
	return func(in *report.Input) { in.Call.Args = json.RawMessage(s) }
}

var (
	first = as(luca, report.RoleL1)
	lead  = as(dora, report.RoleDistrictLead)
	chief = as(sara, report.RoleServiceManager)
	tech  = as(tina, report.RoleTechnician)
	owner = as(anna, report.RoleCitizen)
)

var refusals = []refusal{
	{report.Submit, report.ErrObject, owner, "", func(in *report.Input) { in.Facts.Object.Found = false }},
	{report.Submit, report.ErrObject, owner, "", func(in *report.Input) { in.Facts.Object.Retired = true }},
	{report.Submit, report.ErrBehalf, owner, "", args(`{"onBehalf":true,"address":"via Roma 1"}`)},
	{report.Dispatch, report.ErrActivity, first, report.InAnalysis, func(in *report.Input) { in.Facts.Activity = report.ActivityFact{} }},
	{report.Dispatch, report.ErrActivity, first, report.InAnalysis, args(`{"activity":"activitylamps01"}`)},
	{report.Dispatch, report.ErrActivity, first, report.InAnalysis, args(`{"responsibleOrg":"orglights000001"}`)},
	{report.Dispatch, report.ErrAssignee, first, report.InAnalysis, func(in *report.Input) { in.Facts.AssigneeValid = false }},
	{report.Dispatch, report.ErrChanged, first, report.InAnalysis, atBase(func(r *report.Report) { r.ResponsibleOrg = roads })},
	{report.Program, report.ErrPlanDate, chief, report.Assigned, args(`{"plannedCloseDate":"2026-11-21"}`)},
	{report.Program, report.ErrPlanDate, tech, report.Assigned, args(`{"plannedCloseDate":"2026-11-21"}`)},
	{report.Program, report.ErrChanged, chief, report.Assigned, atBase(func(r *report.Report) { r.PlannedCloseDate = "2026-11-29" })},
	{report.ApprovePlan, report.ErrPlan, chief, report.Assigned, func(in *report.Input) { in.Current.PlanState = report.PlanNone }},
	{report.ApprovePlan, report.ErrPlanDate, chief, report.Assigned, func(in *report.Input) { in.Current.PlannedCloseDate = "2026-11-21" }},
	{report.ApprovePlan, report.ErrChanged, chief, report.Assigned, atBase(func(r *report.Report) { r.PlannedCloseDate = "2026-11-29" })},
	{report.Reprogram, report.ErrPlanDate, chief, report.Scheduled, args(`{"plannedCloseDate":"2026-11-21","reason":"x"}`)},
	{report.Reprogram, report.ErrChanged, chief, report.Scheduled, atBase(func(r *report.Report) { r.PlannedCloseDate = "2026-11-29" })},
	{report.Suspend, report.ErrResumeDate, tech, report.InProgress, args(`{"reason":"materials","expectedResume":"2026-11-22T10:00:00Z"}`)},
	{report.Resolve, report.ErrNeedsPhoto, tech, report.InProgress, func(in *report.Input) { in.Facts.Object.NeedsAfterPhoto = true }},
	{report.VerifyOK, report.ErrExecutor, as(tina, report.RoleL1), report.Resolved, nil},
	{report.VerifyOK, report.ErrExecutor, as(ugo, report.RoleServiceManager), report.Resolved, func(in *report.Input) { in.Current.Assignee = ugo }},
	{report.VerifyOK, report.ErrTooEarly, someone(report.RoleSystem), report.Resolved, nil},
	{report.VerifyOK, report.ErrTooEarly, someone(report.RoleSystem), report.Resolved, func(in *report.Input) { in.Policy.AutoVerify = true }},
	{report.VerifyKO, report.ErrExecutor, as(tina, report.RoleDistrictLead), report.Resolved, nil},
	{report.Reopen, report.ErrReopenWindow, owner, report.Closed, func(in *report.Input) { in.Current.ClosedAt = noon.Add(-14*24*time.Hour - 2*time.Minute) }},
	{report.LinkDuplicate, report.ErrMaster, first, report.Assigned, func(in *report.Input) { in.Facts.Master = nil }},
	{report.LinkDuplicate, report.ErrMaster, first, report.Assigned, func(in *report.Input) { in.Facts.Master.State = report.Rejected }},
	{report.LinkDuplicate, report.ErrMaster, first, report.Assigned, func(in *report.Input) { in.Facts.Master.State = report.Duplicate }},
	{report.LinkDuplicate, report.ErrMaster, first, report.Assigned, func(in *report.Input) { in.Facts.Master.Org = elsewhe }},
	{report.LinkDuplicate, report.ErrMaster, first, report.Assigned, func(in *report.Input) {
		in.Facts.Master.ID = theID
		args(`{"master":"reportnumber001"}`)(in)
	}},
	{report.LinkDuplicate, report.ErrMaster, first, report.Assigned, func(in *report.Input) {
		in.Facts.Master.State, in.Facts.Master.ClosedAt = report.Closed, noon.Add(-15*24*time.Hour)
	}},
	{report.Relocate, report.ErrPlace, first, report.Assigned, args(`{"addressNote":"in fondo"}`)},
	{report.Relocate, report.ErrChanged, first, report.Assigned, atBase(func(r *report.Report) { r.Point.Lon = 9 })},
	{report.Recategorise, report.ErrObject, first, report.Assigned, func(in *report.Input) { in.Facts.Object.Found = false }},
	{report.Recategorise, report.ErrChanged, first, report.Assigned, atBase(func(r *report.Report) { r.ObjectType = "" })},
	{report.Reprioritise, report.ErrChanged, first, report.Assigned, atBase(func(r *report.Report) { r.Priority = 4 })},
	{report.Reassign, report.ErrAssignee, lead, report.Assigned, func(in *report.Input) { in.Facts.AssigneeValid = false }},
	{report.Reassign, report.ErrChanged, lead, report.Assigned, atBase(func(r *report.Report) { r.Assignee = ugo })},
	{report.Transfer, report.ErrActivity, first, report.Scheduled, func(in *report.Input) { in.Facts.Activity.Org = "" }},
	{report.Transfer, report.ErrAssignee, first, report.Scheduled, func(in *report.Input) { in.Facts.AssigneeValid = false }},
	{report.Transfer, report.ErrChanged, first, report.Scheduled, atBase(func(r *report.Report) { r.ResponsibleOrg = lights })},
}

// TestGuards brings about every guard of the table, and sees that without the
// spoiling the same call goes through.
func TestGuards(t *testing.T) {
	seen := map[report.Action]map[string]bool{}
	for i, r := range refusals {
		in := asking(r.do, r.who, standing(r.from))
		if r.spoil != nil {
			r.spoil(&in)
		}
		if _, err := report.Decide(in); !errors.Is(err, r.want) {
			t.Errorf("%d: Decide(%s from %q) = %v, want %v", i, r.do, r.from, err, r.want)
		}
		if r.spoil != nil && r.who.ID != report.System && r.want != report.ErrExecutor {
			if _, err := report.Decide(asking(r.do, r.who, standing(r.from))); err != nil {
				t.Errorf("%d: unspoiled Decide(%s from %q) = %v", i, r.do, r.from, err)
			}
		}
		if seen[r.do] == nil {
			seen[r.do] = map[string]bool{}
		}
		seen[r.do][r.want.Code] = true
	}
	for _, tr := range report.Transitions {
		for _, g := range tr.Guards {
			if !seen[tr.Do][g.Code] {
				t.Errorf("no test brings about %s of %s", g.Code, tr.Do)
			}
		}
	}
}

// TestEdgesOfGuards stands on the last legal moment of each window.
func TestEdgesOfGuards(t *testing.T) {
	tests := []struct {
		name string
		do   report.Action
		who  report.Actor
		from report.State
		set  func(in *report.Input)
	}{
		{"a plan for today", report.Program, chief, report.Assigned, args(`{"plannedCloseDate":"2026-11-22"}`)},
		{"today is Rome's, one hour ahead of UTC", report.Program, chief, report.Assigned, func(in *report.Input) {
			in.Now = time.Date(2026, 11, 22, 22, 59, 0, 0, time.UTC)
			args(`{"plannedCloseDate":"2026-11-22"}`)(in)
		}},
		{"reopening after exactly 14 days", report.Reopen, owner, report.Closed, func(in *report.Input) { in.Current.ClosedAt = in.Call.OccurredAt.Add(-14 * 24 * time.Hour) }},
		{"the first level reopens after a year", report.Reopen, first, report.Closed, func(in *report.Input) { in.Current.ClosedAt = noon.Add(-365 * 24 * time.Hour) }},
		{"a master closed 14 days ago", report.LinkDuplicate, first, report.Assigned, func(in *report.Input) {
			in.Facts.Master.State, in.Facts.Master.ClosedAt = report.Closed, noon.Add(-14*24*time.Hour)
		}},
		{"the system closes after the wait", report.VerifyOK, someone(report.RoleSystem), report.Resolved, func(in *report.Input) {
			in.Policy.AutoVerify, in.Current.ResolvedAt = true, noon.Add(-5*24*time.Hour-time.Millisecond)
		}},
		{"the photo is there", report.Resolve, tech, report.InProgress, func(in *report.Input) {
			in.Facts.Object.NeedsAfterPhoto, in.Current.PhotosAfter = true, 1
		}},
		{"nothing was there to be photographed", report.Resolve, tech, report.InProgress, func(in *report.Input) {
			in.Facts.Object.NeedsAfterPhoto = true
			args(`{"outcome":"not_found"}`)(in)
		}},
	}
	for _, tt := range tests {
		in := asking(tt.do, tt.who, standing(tt.from))
		tt.set(&in)
		if out, err := report.Decide(in); err != nil || out.Noop {
			t.Errorf("%s: Decide = %q, %v", tt.name, types(out), err)
		}
	}
	in := asking(report.Program, chief, standing(report.Assigned))
	in.Now = time.Date(2026, 11, 22, 23, 1, 0, 0, time.UTC) // the 23rd in Rome
	args(`{"plannedCloseDate":"2026-11-22"}`)(&in)
	if _, err := report.Decide(in); !errors.Is(err, report.ErrPlanDate) {
		t.Errorf("a plan for yesterday in Rome = %v, want %v", err, report.ErrPlanDate)
	}
}

// TestRequest refuses what is wrong with the call itself.
func TestRequest(t *testing.T) {
	tests := []struct {
		name string
		set  func(in *report.Input)
		want *fault.Error
	}{
		{"no id", func(in *report.Input) { in.Call.ID = "" }, report.ErrArgs},
		{"capital id", func(in *report.Input) { in.Call.ID = "CALLNUMBER00001" }, report.ErrArgs},
		{"no report", func(in *report.Input) { in.Call.Report = "" }, report.ErrArgs},
		{"odd source", func(in *report.Input) { in.Call.Source = "moon" }, report.ErrArgs},
		{"no such call", func(in *report.Input) { in.Call.Name = "report.explode" }, report.ErrCall},
		{"nobody calls work_recorded", func(in *report.Input) { in.Call.Name = "" }, report.ErrCall},
		{"no such report", func(in *report.Input) { in.Current = report.Report{} }, report.ErrNone},
		{"another report's row", func(in *report.Input) { in.Current.ID = masterID }, report.ErrFacts},
		{"no ids for the system", func(in *report.Input) { in.NewEventID = nil }, report.ErrFacts},
		{"no clock", func(in *report.Input) { in.Now = time.Time{} }, report.ErrFacts},
		{"submitted before", func(in *report.Input) {
			in.Call.Name, in.Call.Args = "report.submit", json.RawMessage(fullArgs[report.Submit])
		}, report.ErrMove},
		{"submit without a code", func(in *report.Input) {
			in.Call.Name, in.Call.Args = "report.submit", json.RawMessage(fullArgs[report.Submit])
			in.Current, in.Facts.Code = report.Report{}, ""
		}, report.ErrFacts},
		{"a stranger", func(in *report.Input) {
			in.Who, in.Current.Visibility = as(bruno, report.RoleCitizen), report.VisibleStaff
		}, report.ErrNone},
		{"a reader of the map", func(in *report.Input) { in.Who = as(bruno, report.RoleCitizen) }, report.ErrRole},
	}
	for _, tt := range tests {
		in := asking(report.Take, first, standing(report.Registered))
		tt.set(&in)
		out, err := report.Decide(in)
		if !errors.Is(err, tt.want) || len(out.Events) > 0 || len(out.Effects) > 0 {
			t.Errorf("%s: Decide = %q, %v; want %v", tt.name, types(out), err, tt.want)
		}
	}
}

// TestDelegation lets a lead approve only where the policy says so, and lets
// another hat of the same person count.
func TestDelegation(t *testing.T) {
	in := asking(report.ApprovePlan, lead, standing(report.Assigned))
	if _, err := report.Decide(in); !errors.Is(err, report.ErrRole) {
		t.Errorf("a lead approves = %v, want %v", err, report.ErrRole)
	}
	in.Who.Grants = append(in.Who.Grants, report.Grant{Role: report.RoleServiceManager})
	if out := decide(t, in); out.Events[0].ActorRole != report.RoleServiceManager {
		t.Errorf("approved as %s", out.Events[0].ActorRole)
	}
	in = asking(report.ApprovePlan, lead, standing(report.Assigned))
	in.Policy.LeadsApprovePlans = true
	if out := decide(t, in); out.After.State != report.Scheduled || out.After.PlanState != report.PlanCommunicated {
		t.Errorf("approved to %s, plan %s", out.After.State, out.After.PlanState)
	}
}
