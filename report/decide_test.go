package report_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/report"
)

// TestSubmitAlone sees what the program does by itself with a fresh report.
func TestSubmitAlone(t *testing.T) {
	auto := func(in *report.Input) { in.Facts.Activity.AutoDispatch = true }
	tests := []struct {
		name   string
		set    func(in *report.Input)
		want   string
		to     report.State
		fired  string // rule
		toWhom report.Recipient
	}{
		{"a person must look", func(*report.Input) {}, "submit", report.Registered, "", ""},
		{"nobody needs to look", auto, "submit take dispatch", report.Assigned, "", ""},
		{"on a border", func(in *report.Input) { auto(in); in.Facts.Route.Routing = report.RouteUncertain }, "submit", report.Registered, "", ""},
		{"near a district", func(in *report.Input) { auto(in); in.Facts.Route.Routing = report.RouteNearest }, "submit take dispatch", report.Assigned, "", ""},
		{"nowhere", func(in *report.Input) { auto(in); in.Facts.Route = report.Route{Routing: report.RouteUnroutable} }, "submit", report.Registered, "ESC-06", report.TellSecondLevel},
		{"something else", args(`{"address":"via Roma 1"}`), "submit", report.Registered, "ESC-06", report.TellSecondLevel},
		{"blocking", args(`{"objectType":"objectpothole01","address":"via Roma 1","blocking":true}`), "submit", report.Registered, "ESC-05", report.TellOnDuty},
		{"nobody answers for it", func(in *report.Input) { in.Facts.Activity = report.ActivityFact{AutoDispatch: true} }, "submit", report.Registered, "", ""},
	}
	for _, tt := range tests {
		in := asking(report.Submit, owner, report.Report{})
		tt.set(&in)
		out := decide(t, in)
		if types(out) != tt.want || out.After.State != tt.to {
			t.Errorf("%s: Decide = %q to %q, want %q to %q", tt.name, types(out), out.After.State, tt.want, tt.to)
		}
		fired := only[report.Escalation](out)
		if (tt.fired == "") != (len(fired) == 0) || (len(fired) > 0 && fired[0].Rule != tt.fired) || (tt.fired != "" && notices(out, report.CauseEscalation, tt.toWhom) != 1) {
			t.Errorf("%s: fired %v, want %q to %s", tt.name, fired, tt.fired, tt.toWhom)
		}
		if notices(out, report.CauseReceipt, report.TellReporter) != 1 {
			t.Errorf("%s: no receipt", tt.name)
		}
	}
}

// TestSubmitTimes keeps the two times of an event apart: the phone's and ours.
func TestSubmitTimes(t *testing.T) {
	in := asking(report.Submit, owner, report.Report{})
	in.Facts.Activity.AutoDispatch = true
	in.Call.OccurredAt = noon.Add(-2*time.Hour + 123456*time.Nanosecond).In(time.FixedZone("CET", 3600))
	r := decide(t, in).After
	if !r.RegisteredAt.Equal(noon.Add(-2*time.Hour)) || !r.TakenAt.Equal(noon) || !r.AssignedAt.Equal(noon) {
		t.Errorf("registered %v, taken %v, assigned %v", r.RegisteredAt, r.TakenAt, r.AssignedAt)
	}
	in.Now = noon.Add(987654 * time.Nanosecond)
	for _, e := range decide(t, in).Events {
		if !e.RecordedAt.Equal(noon) {
			t.Errorf("%s recorded at %v, want whole milliseconds", e.Type, e.RecordedAt)
		}
	}
	for _, at := range []time.Time{{}, noon.Add(time.Hour)} {
		in.Call.OccurredAt = at
		if got := decide(t, in).After.RegisteredAt; !got.Equal(noon) {
			t.Errorf("occurred at %v: registered at %v, want %v", at, got, noon)
		}
	}
}

// TestRowAfter looks at the fields that one event sets beside the state.
func TestRowAfter(t *testing.T) {
	at := noon.Add(-time.Minute)
	photographed := func(in *report.Input) { in.Current.PhotosAfter, in.Current.WorkStartedAt = 2, noon.Add(-time.Hour) }
	tests := []struct {
		name string
		do   report.Action
		who  report.Actor
		from report.State
		set  func(in *report.Input)
		ok   func(r report.Report) bool
	}{
		{"taken by luca", report.Take, first, report.Registered, nil, func(r report.Report) bool { return r.OwnerL1 == luca && r.TakenAt.Equal(at) }},
		{"dispatched without a take", report.Dispatch, first, report.Registered, func(in *report.Input) { in.Current.TakenAt = time.Time{} }, func(r report.Report) bool { return r.TakenAt.Equal(at) && r.AssignedAt.Equal(at) && r.Assignee == tina }},
		{"dispatched after a take", report.Dispatch, first, report.InAnalysis, nil, func(r report.Report) bool { return r.TakenAt.Before(at) && r.AssignedAt.Equal(at) }},
		{"transferred proves nothing", report.Transfer, first, report.InProgress, photographed, func(r report.Report) bool { return r.PhotosAfter == 0 && r.WorkStartedAt.IsZero() && r.Assignee == ugo }},
		{"failed proves nothing", report.VerifyKO, first, report.Resolved, photographed, func(r report.Report) bool {
			return r.PhotosAfter == 0 && r.VerifyFailCount == 1 && r.ClosureCode == "" && r.Executor == "" && !r.WorkStartedAt.IsZero()
		}},
		{"started", report.Start, tech, report.Assigned, nil, func(r report.Report) bool { return r.WorkStartedAt.Equal(at) }},
		{"resolved without a start", report.Resolve, tech, report.Assigned, nil, func(r report.Report) bool {
			return r.WorkStartedAt.Equal(at) && r.ResolvedAt.Equal(at) && r.Executor == tina && r.ClosureCode == "fixed" && r.OutcomeText == "riparata"
		}},
		{"suspended", report.Suspend, tech, report.Scheduled, nil, func(r report.Report) bool {
			return r.ResumeState == report.Scheduled && r.SuspendReason == "materials" && r.ExpectedResume.Day() == 25 && r.PlannedCloseDate != ""
		}},
		{"cancelled by anna", report.Cancel, owner, report.Assigned, args(`{"code":"invalid"}`), func(r report.Report) bool { return r.ClosureCode == report.CodeByReporter && r.ClosedAt.Equal(at) }},
		{"cancelled by luca", report.Cancel, first, report.Assigned, nil, func(r report.Report) bool { return r.ClosureCode == report.CodeInvalid }},
		{"cancelled by luca for anna", report.Cancel, first, report.Scheduled, args(`{"code":"cancelled_by_reporter"}`), func(r report.Report) bool { return r.ClosureCode == report.CodeByReporter }},
		{"rejected", report.Reject, first, report.InAnalysis, nil, func(r report.Report) bool {
			return r.ClosureCode == report.CodeNotResponsible && r.OutcomeText == "è competente la Provincia" && r.ClosedAt.Equal(at)
		}},
		{"blocking is at least a 2", report.Reprioritise, first, report.Assigned, args(`{"priority":4,"blocking":true}`), func(r report.Report) bool { return r.Priority == 2 && r.Blocking }},
		{"another activity there", report.Relocate, first, report.Assigned, func(in *report.Input) { in.Facts.Activity.ID = lamps }, func(r report.Report) bool {
			return r.Activity == lamps && r.PointSource == report.FromPin && r.Point.Lon == 9.2
		}},
		{"an after photo", report.Photo, tech, report.InProgress, nil, func(r report.Report) bool { return r.PhotosAfter == 1 }},
		{"a before photo", report.Photo, tech, report.InProgress, args(`{"media":"mediaphoto00001","kind":"before"}`), func(r report.Report) bool { return r.PhotosAfter == 0 }},
		{"escalated", report.Escalate, lead, report.InProgress, nil, func(r report.Report) bool { return r.EscalationLevel == 1 }},
		{"seen by another", report.Interest, as(bruno, report.RoleCitizen), report.Assigned, nil, func(r report.Report) bool { return r.InterestCount == 1 }},
	}
	for _, tt := range tests {
		in := asking(tt.do, tt.who, standing(tt.from))
		if tt.set != nil {
			tt.set(&in)
		}
		if r := decide(t, in).After; !tt.ok(r) {
			t.Errorf("%s: %+v", tt.name, r)
		}
	}
}

// TestSolved keeps the answer to "is it solved?" for reporters.
func TestSolved(t *testing.T) {
	for _, tt := range []struct {
		who  report.Actor
		want string
	}{
		{owner, `{"audience":"reporter","solved":false}`},
		{first, `{"audience":"internal"}`},
	} {
		in := asking(report.Comment, tt.who, standing(report.Resolved))
		args(`{"text":"no","solved":false}`)(&in)
		if got := string(decide(t, in).Events[0].Payload); got != tt.want {
			t.Errorf("%s answers: payload %s, want %s", tt.who.ID, got, tt.want)
		}
	}
}

// TestLostTechnician tells the technician whose district the report left.
func TestLostTechnician(t *testing.T) {
	in := asking(report.Relocate, first, standing(report.Assigned))
	in.Facts.Route.District = harbour
	out := decide(t, in)
	var lost []report.PersonID
	for _, n := range only[report.Notice](out) {
		if n.Cause == report.CauseWithdrawn {
			lost = append(lost, n.Person)
		}
		if n.To == report.TellDistrictLeads && n.District != harbour {
			t.Errorf("the leads of %s are told", n.District)
		}
	}
	if len(lost) != 1 || lost[0] != tina || out.After.Assignee != "" {
		t.Errorf("withdrawn from %v, assignee %q", lost, out.After.Assignee)
	}
}

// TestPriority keeps the reporter's claim apart from the priority.
func TestPriority(t *testing.T) {
	const base = `"objectType":"objectpothole01","address":"via Roma 1"`
	tests := []struct {
		who      report.Actor
		args     string
		object   int
		want     int
		reporter int
	}{
		{owner, `{` + base + `}`, 4, 4, 0},
		{owner, `{` + base + `}`, 0, 3, 0},
		{owner, `{` + base + `}`, 9, 3, 0},
		{owner, `{` + base + `,"priority":1}`, 4, 4, 1},
		{first, `{` + base + `,"priority":1}`, 4, 1, 1},
		{tech, `{` + base + `,"priority":1}`, 4, 4, 1},
		{owner, `{` + base + `,"blocking":true}`, 4, 2, 0},
		{owner, `{` + base + `,"blocking":true}`, 1, 1, 0},
	}
	for _, tt := range tests {
		in := asking(report.Submit, tt.who, report.Report{})
		in.Call.Args, in.Facts.Object.DefaultPriority = json.RawMessage(tt.args), tt.object
		if r := decide(t, in).After; r.Priority != tt.want || r.PriorityReporter != tt.reporter {
			t.Errorf("%s submits %s: priority %d claimed %d, want %d claimed %d", tt.who.ID, tt.args, r.Priority, r.PriorityReporter, tt.want, tt.reporter)
		}
	}
}

// TestSubmitted sees who becomes the reporter, and what is public.
func TestSubmitted(t *testing.T) {
	accredited := as(bruno, report.RoleAccredited)
	tests := []struct {
		name string
		who  report.Actor
		args string
		want report.Report // the fields compared below
	}{
		{"a citizen", owner, `{"objectType":"objectpothole01","address":"x"}`, report.Report{Reporter: anna, Visibility: "public", Kind: "fault", Channel: "mobile"}},
		{"nobody in particular", report.Actor{}, `{"objectType":"objectpothole01","address":"x","channel":"web"}`, report.Report{Visibility: "public", Kind: "fault", Channel: "web"}},
		{"the police for a citizen", accredited, `{"onBehalf":true,"objectType":"objectpothole01","address":"x"}`, report.Report{ReporterOrg: police, Visibility: "public", Kind: "fault", Channel: "mobile"}},
		{"the first level for anna", first, `{"onBehalf":true,"reporter":"personanna00001","address":"x"}`, report.Report{Reporter: anna, Visibility: "public", Kind: "fault", Channel: "mobile"}},
		{"a ticket", tech, `{"kind":"helpdesk"}`, report.Report{Reporter: tina, Visibility: "staff", Kind: "helpdesk", Channel: "mobile"}},
		{"a delivery", first, `{"kind":"delivery","site":"sitebranch00001"}`, report.Report{Reporter: luca, Visibility: "staff", Kind: "delivery", Channel: "mobile"}},
	}
	for _, tt := range tests {
		in := asking(report.Submit, tt.who, report.Report{})
		in.Call.Args = json.RawMessage(tt.args)
		r := decide(t, in).After
		got := report.Report{Reporter: r.Reporter, ReporterOrg: r.ReporterOrg, Visibility: r.Visibility, Kind: r.Kind, Channel: r.Channel}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestEscalations counts up to every threshold.
func TestEscalations(t *testing.T) {
	tests := []struct {
		name string
		do   report.Action
		who  report.Actor
		from report.State
		set  func(r *report.Report)
		rule string
		to   report.Recipient
	}{
		{"first bounce", report.Bounce, first, report.Assigned, func(*report.Report) {}, "", ""},
		{"second bounce", report.Bounce, first, report.Assigned, func(r *report.Report) { r.BounceCount = 1 }, "ESC-07", report.TellSecondLevel},
		{"third bounce", report.Bounce, first, report.Assigned, func(r *report.Report) { r.BounceCount = 2 }, "ESC-07", report.TellServiceManagers},
		{"first reopen", report.Reopen, owner, report.Closed, func(*report.Report) {}, "", ""},
		{"second reopen", report.Reopen, owner, report.Closed, func(r *report.Report) { r.ReopenedCount = 1 }, "ESC-08", report.TellServiceManagers},
		{"first failure", report.VerifyKO, first, report.Resolved, func(*report.Report) {}, "", ""},
		{"second failure", report.VerifyKO, first, report.Resolved, func(r *report.Report) { r.VerifyFailCount = 1 }, "ESC-08", report.TellServiceManagers},
		{"fourth interest", report.Interest, as(bruno, report.RoleCitizen), report.Assigned, func(r *report.Report) { r.InterestCount = 3 }, "", ""},
		{"fifth interest", report.Interest, as(bruno, report.RoleCitizen), report.Assigned, func(r *report.Report) { r.InterestCount = 4 }, "ESC-09", report.TellSecondLevel},
		{"sixth interest", report.Interest, as(bruno, report.RoleCitizen), report.Assigned, func(r *report.Report) { r.InterestCount = 5 }, "", ""},
		{"a technician", report.Escalate, tech, report.InProgress, func(*report.Report) {}, "-", report.TellDistrictLeads},
		{"a lead", report.Escalate, lead, report.InProgress, func(*report.Report) {}, "-", report.TellFieldLeads},
		{"the first level", report.Escalate, first, report.InProgress, func(*report.Report) {}, "-", report.TellCoordinators},
		{"a service manager", report.Escalate, chief, report.InProgress, func(*report.Report) {}, "-", report.TellServiceManagers},
		{"the system again", report.Escalate, someone(report.RoleSystem), report.InProgress, func(r *report.Report) { r.EscalationLevel = 1 }, "-", report.TellServiceManagers},
	}
	for _, tt := range tests {
		in := asking(tt.do, tt.who, standing(tt.from))
		tt.set(&in.Current)
		out := decide(t, in)
		fired := only[report.Escalation](out)
		if tt.rule == "" {
			if len(fired) > 0 {
				t.Errorf("%s: fired %v", tt.name, fired)
			}
			continue
		}
		if len(fired) != 1 || fired[0].Rule != strings.Trim(tt.rule, "-") || notices(out, report.CauseEscalation, tt.to) != 1 {
			t.Errorf("%s: fired %+v and told %+v, want %s to %s", tt.name, fired, only[report.Notice](out), tt.rule, tt.to)
		}
	}
}

// TestPlans goes through proposal and approval.
func TestPlans(t *testing.T) {
	tests := []struct {
		name     string
		who      report.Actor
		approval bool
		to       report.State
		state    report.PlanState
	}{
		{"a lead", lead, false, report.Scheduled, report.PlanCommunicated},
		{"a partner", as(paolo, report.RolePartnerUser), false, report.Scheduled, report.PlanCommunicated},
		{"a technician only proposes", tech, false, report.Assigned, report.PlanProposed},
		{"a lead, to be approved", lead, true, report.Assigned, report.PlanProposed},
		{"who approves needs no approval", chief, true, report.Scheduled, report.PlanCommunicated},
	}
	for _, tt := range tests {
		in := asking(report.Program, tt.who, standing(report.Assigned))
		in.Policy.PlanNeedsApproval = tt.approval
		out := decide(t, in)
		r := out.After
		if r.State != tt.to || r.PlanState != tt.state || r.PlannedCloseDate != "2026-12-01" || r.ProgrammedAt.IsZero() != (tt.to == report.Assigned) {
			t.Errorf("%s: %s, plan %s for %s, programmed %v", tt.name, r.State, r.PlanState, r.PlannedCloseDate, r.ProgrammedAt)
		}
		proposed := tt.to == report.Assigned
		if notices(out, report.CausePlanProposed, report.TellServiceManagers) == 1 != proposed || notices(out, report.CauseSchedule, report.TellReporter) == 1 == proposed {
			t.Errorf("%s: told %+v", tt.name, only[report.Notice](out))
		}
		if len(only[report.Message](out)) == 1 == proposed {
			t.Errorf("%s: the public reads %+v", tt.name, only[report.Message](out))
		}
	}
	again := decide(t, asking(report.Reprogram, chief, standing(report.Scheduled)))
	if r := again.After; r.PlanRevision != 1 || r.PlannedCloseDate != "2026-12-02" || !r.ProgrammedAt.Equal(standing(report.Scheduled).ProgrammedAt) {
		t.Errorf("reprogrammed: revision %d for %s, programmed %v", r.PlanRevision, r.PlannedCloseDate, r.ProgrammedAt)
	}
	if notices(again, report.CauseReschedule, report.TellReporter) != 1 || notices(again, report.CauseReschedule, report.TellServiceManagers) != 1 {
		t.Errorf("told %+v", only[report.Notice](again))
	}
}

// TestProposalsChangeNothing but the version and the history.
func TestProposalsChangeNothing(t *testing.T) {
	for _, do := range []report.Action{report.Relocate, report.Recategorise, report.Reprioritise, report.Reprogram} {
		in := asking(do, tech, standing(report.Scheduled))
		in.Facts.Activity, in.Facts.Route.District = report.ActivityFact{ID: lamps, Org: lights}, harbour
		out := decide(t, in)
		want := in.Current
		want.Version++
		if !reflect.DeepEqual(out.After, want) || types(out) != string(do) {
			t.Errorf("%s by a technician: %q to %+v", do, types(out), out.After)
		}
		if !strings.Contains(string(out.Events[0].Payload), `"proposed":true`) {
			t.Errorf("%s: payload %s", do, out.Events[0].Payload)
		}
		if notices(out, report.CauseProposal, report.TellDistrictLeads)+notices(out, report.CausePlanProposed, report.TellDistrictLeads) != 1 {
			t.Errorf("%s: told %+v", do, only[report.Notice](out))
		}
	}
}

// TestReroute moves a report to where somebody else answers for it.
func TestReroute(t *testing.T) {
	other := report.ActivityFact{ID: lamps, Org: lights}
	tests := []struct {
		name     string
		do       report.Action
		from     report.State
		activity report.ActivityFact
		district report.AreaID
		want     string
		org      report.OrgID
		assignee report.PersonID
	}{
		{"same answer", report.Relocate, report.Scheduled, report.ActivityFact{ID: potholes, Org: roads}, centre, "relocate", roads, tina},
		{"another organisation", report.Relocate, report.Scheduled, other, centre, "relocate transfer", lights, ""},
		{"another object's organisation", report.Recategorise, report.InProgress, other, centre, "recategorise transfer", lights, ""},
		{"while suspended", report.Recategorise, report.Suspended, other, centre, "recategorise transfer", lights, ""},
		{"another district", report.Relocate, report.Assigned, report.ActivityFact{ID: potholes, Org: roads}, harbour, "relocate", roads, ""},
		{"another district during work", report.Relocate, report.InProgress, report.ActivityFact{ID: potholes, Org: roads}, harbour, "relocate", roads, tina},
		{"another activity of the same", report.Recategorise, report.Assigned, report.ActivityFact{ID: lamps, Org: roads}, centre, "recategorise", roads, tina},
		{"nobody answers", report.Relocate, report.Assigned, report.ActivityFact{}, centre, "relocate", roads, tina},
		{"the work is done", report.Relocate, report.Resolved, other, harbour, "relocate", roads, tina},
		{"it is closed", report.Recategorise, report.Closed, other, harbour, "recategorise", roads, tina},
		{"fresh, and sure now", report.Relocate, report.Registered, report.ActivityFact{ID: lamps, Org: lights, AutoDispatch: true}, harbour, "relocate take dispatch", lights, ""},
	}
	for _, tt := range tests {
		in := asking(tt.do, first, standing(tt.from))
		in.Facts.Activity, in.Facts.Route.District = tt.activity, tt.district
		out := decide(t, in)
		if r := out.After; types(out) != tt.want || r.ResponsibleOrg != tt.org || r.Assignee != tt.assignee || r.District != tt.district {
			t.Errorf("%s: %q with %s, %s in %s; want %q with %s, %s", tt.name, types(out), r.ResponsibleOrg, r.Assignee, r.District, tt.want, tt.org, tt.assignee)
		}
		var hands []string
		for _, h := range only[report.HandOver](out) {
			hands = append(hands, string(h.Step)+" "+string(h.Org))
		}
		got, moved := strings.Join(hands, ", "), strings.HasSuffix(tt.want, "transfer")
		if moved && got != "withdraw orgroads0000001, send orglights000001" {
			t.Errorf("%s: dispatches %q", tt.name, got)
		}
		if moved && (out.After.State != report.Assigned || out.After.PlannedCloseDate != "" || out.After.SuspendReason != "") {
			t.Errorf("%s: after the transfer %+v", tt.name, out.After)
		}
		if tt.name == "another activity of the same" && out.After.Activity != lamps {
			t.Errorf("%s: activity %s", tt.name, out.After.Activity)
		}
	}
}

// TestAnswer lets the reporter's words end the wait for them, and nobody
// else's.
func TestAnswer(t *testing.T) {
	out := decide(t, asking(report.Comment, owner, standing(report.Suspended)))
	if types(out) != "comment resume" || out.After.State != report.InProgress || out.Events[1].Actor != report.System {
		t.Errorf("anna answers: %q to %s", types(out), out.After.State)
	}
	if !out.Events[1].OccurredAt.Equal(out.Events[0].OccurredAt) {
		t.Errorf("the pause ends at %v, want %v", out.Events[1].OccurredAt, out.Events[0].OccurredAt)
	}
	message := only[report.Message](out)[0]
	if message.Text != "ciao" || !message.Inbound || strings.Contains(string(out.Events[0].Payload), "ciao") {
		t.Errorf("message %+v, payload %s", message, out.Events[0].Payload)
	}
	if out := decide(t, asking(report.Comment, first, standing(report.Suspended))); types(out) != "comment" {
		t.Errorf("luca writes: %q", types(out))
	}
	in := asking(report.Comment, owner, standing(report.Suspended))
	in.Current.SuspendReason = "materials"
	if out := decide(t, in); types(out) != "comment" {
		t.Errorf("anna writes while materials miss: %q", types(out))
	}
	in = asking(report.Comment, owner, standing(report.Assigned))
	args(`{"text":"ciao","audience":"public"}`)(&in)
	if got := only[report.Message](decide(t, in))[0].Audience; got != report.ToReporter {
		t.Errorf("a reporter writes to %s, want %s", got, report.ToReporter)
	}
}

// TestDuplicateAndBack unlinks to exactly where the report stood.
func TestDuplicateAndBack(t *testing.T) {
	for _, from := range []report.State{report.Registered, report.InAnalysis, report.Assigned, report.Scheduled, report.InProgress, report.Suspended, report.Resolved} {
		start := standing(from)
		linked := decide(t, asking(report.LinkDuplicate, first, start))
		if l := only[report.Link](linked); len(l) != 1 || l[0] != (report.Link{From: theID, To: masterID}) {
			t.Errorf("%s: links %v", from, l)
		}
		if f := only[report.Follow](linked); len(f) != 1 || f[0].Report != masterID || f[0].Person != anna || f[0].Stop {
			t.Errorf("%s: follows %v", from, f)
		}
		back := decide(t, asking(report.UnlinkDuplicate, first, linked.After))
		want := start
		want.Version += 2
		if !reflect.DeepEqual(back.After, want) {
			t.Errorf("%s: back to %+v, want %+v", from, back.After, want)
		}
	}
}

// TestNewCycle reopens: nothing of the first cycle decides the second.
func TestNewCycle(t *testing.T) {
	in := asking(report.Reopen, owner, standing(report.Closed))
	in.Current.Priority, in.Current.PhotosAfter, in.Current.PlannedCloseDate = 2, 3, "2026-11-20"
	r := decide(t, in).After
	want := report.Report{
		ID: theID, Code: r.Code, Org: contact, Version: 8, Kind: "fault", State: report.Registered, ObjectType: pothole,
		District: centre, Areas: r.Areas, Routing: report.Routed, Point: r.Point, PointSource: report.FromGPS, AccuracyM: 8,
		Reporter: anna, Priority: 2, Visibility: report.VisiblePublic, ConsentPublish: true, RegisteredAt: in.Current.RegisteredAt, ReopenedCount: 1,
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("reopened as %+v, want %+v", r, want)
	}
}

// TestNoticesHoldNobody keeps names, contacts, positions and free words out of
// what goes to the outbox.
func TestNoticesHoldNobody(t *testing.T) {
	const secret = "Segretissima"
	for _, n := range report.Actions {
		text := strings.NewReplacer("strada privata", secret, "pioggia", secret, "riparata", secret, "si vede ancora", secret,
			"è tornata", secret, "è competente la Provincia", secret, "ciao", secret, "è un lampione", secret, "nessuna risposta", secret, "Buca", secret).Replace(fullArgs[n.Do])
		for _, from := range report.States {
			in := asking(n.Do, first, standing(from))
			if n.Do == report.Submit {
				text = `{"contactName":"` + secret + `","address":"` + secret + `","addressNote":"` + secret + `"}`
			}
			in.Current.ContactName, in.Current.ContactEmail, in.Current.Description = secret, secret, secret
			in.Call.Args = json.RawMessage(text)
			if n.Do == report.Submit {
				in.Current = report.Report{}
			}
			out, err := report.Decide(in)
			if err != nil {
				continue
			}
			if raw, _ := json.Marshal(only[report.Notice](out)); strings.Contains(string(raw), secret) {
				t.Errorf("%s from %s tells %s", n.Do, from, raw)
			}
		}
	}
}

// TestPure decides the same thing twice in the same way.
func TestPure(t *testing.T) {
	for _, n := range report.Actions {
		for _, from := range report.States {
			a, errA := report.Decide(asking(n.Do, first, standing(from)))
			b, errB := report.Decide(asking(n.Do, first, standing(from)))
			if !reflect.DeepEqual(a, b) || (errA == nil) != (errB == nil) {
				t.Errorf("%s from %s is decided in two ways", n.Do, from)
			}
			if errA != nil && !reflect.DeepEqual(a, report.Outcome{}) {
				t.Errorf("%s from %s is refused with an outcome", n.Do, from)
			}
		}
	}
}
