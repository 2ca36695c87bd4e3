package report_test

import (
	"errors"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// TestRebase brings calls of a device that was away: what it saw, what stands
// now, and what becomes of the call (domain 2.6).
func TestRebase(t *testing.T) {
	former := func(r *report.Report) { r.Assignee = ugo }
	tests := []struct {
		name   string
		do     report.Action
		saw    report.State
		now    report.State
		change func(r *report.Report) // the row, as it stands now
		want   string                 // events; "noop"; or empty for an error
		to     report.State
		err    *fault.Error
	}{
		{"resolve, cancelled", report.Resolve, report.InProgress, report.Cancelled, nil, "work_recorded", report.Cancelled, nil},
		{"resolve, rejected", report.Resolve, report.Assigned, report.Rejected, nil, "work_recorded", report.Rejected, nil},
		{"resolve, duplicate", report.Resolve, report.Scheduled, report.Duplicate, nil, "work_recorded", report.Duplicate, nil},
		{"resolve, closed", report.Resolve, report.InProgress, report.Closed, nil, "work_recorded", report.Closed, nil},
		{"resolve, bounced", report.Resolve, report.Assigned, report.InAnalysis, nil, "work_recorded", report.InAnalysis, nil},
		{"resolve, resolved by ugo", report.Resolve, report.InProgress, report.Resolved, func(r *report.Report) { r.Executor = ugo }, "work_recorded", report.Resolved, nil},
		{"resolve, resolved by herself", report.Resolve, report.InProgress, report.Resolved, nil, "noop", report.Resolved, nil},
		{"resolve, suspended", report.Resolve, report.InProgress, report.Suspended, nil, "resume resolve", report.Resolved, nil},
		{"resolve from a known pause, cancelled", report.Resolve, report.Suspended, report.Cancelled, nil, "work_recorded", report.Cancelled, nil},
		{"resolve on a pause it knew of", report.Resolve, report.Suspended, report.Suspended, nil, "", "", report.ErrMove},
		{"resolve, given to ugo", report.Resolve, report.InProgress, report.InProgress, former, "resolve", report.Resolved, nil},
		{"resolve, given to ugo and cancelled", report.Resolve, report.InProgress, report.Cancelled, former, "work_recorded", report.Cancelled, nil},
		{"start, suspended before work", report.Start, report.Assigned, report.Suspended, func(r *report.Report) { r.ResumeState = report.Scheduled }, "resume start", report.InProgress, nil},
		{"start, suspended during work", report.Start, report.Assigned, report.Suspended, nil, "resume", report.InProgress, nil},
		{"start, given to ugo", report.Start, report.Assigned, report.Scheduled, former, "start", report.InProgress, nil},
		{"start twice", report.Start, report.Assigned, report.InProgress, nil, "noop", report.InProgress, nil},
		{"start, cancelled", report.Start, report.Assigned, report.Cancelled, nil, "", "", report.ErrMove},
		{"suspend, given to ugo", report.Suspend, report.InProgress, report.InProgress, former, "", "", report.ErrMovedOn},
		{"suspend, resolved", report.Suspend, report.InProgress, report.Resolved, nil, "", "", report.ErrMove},
		{"resume, resumed", report.Resume, report.Suspended, report.InProgress, nil, "noop", report.InProgress, nil},
		{"comment, in another district by now", report.Comment, report.InProgress, report.Assigned, func(r *report.Report) { r.Assignee, r.District, r.Visibility = ugo, harbour, report.VisibleStaff }, "comment", report.Assigned, nil},
		{"photo, cancelled", report.Photo, report.InProgress, report.Cancelled, nil, "photo", report.Cancelled, nil},
		{"relocate, another district", report.Relocate, report.InProgress, report.Assigned, func(r *report.Report) { r.Assignee, r.District = ugo, harbour }, "", "", report.ErrMovedOn},
	}
	for _, tt := range tests {
		in := away(tt.do, tt.saw, tt.now, tt.change)
		out, err := report.Decide(in)
		if tt.err != nil {
			if !errors.Is(err, tt.err) {
				t.Errorf("%s: Decide = %q, %v; want %v", tt.name, types(out), err, tt.err)
			}
			continue
		}
		got := types(out)
		if out.Noop {
			got = "noop"
		}
		if err != nil || got != tt.want || out.After.State != tt.to {
			t.Errorf("%s: Decide = %q to %q, %v; want %q to %q", tt.name, got, out.After.State, err, tt.want, tt.to)
		}
	}
}

// away is a call that tina's device made when it had seen the state saw.
func away(do report.Action, saw, now report.State, change func(r *report.Report)) report.Input {
	row := standing(now)
	row.Assignee, row.ResponsibleOrg = tina, roads
	if change != nil {
		change(&row)
	}
	in := asking(do, tech, row)
	base := standing(saw)
	base.Version = 5
	in.Facts.AtBase = &base
	in.Call.Source, in.Call.Device, in.Call.Base = report.SourceSync, "devicetina00001", 5
	return in
}

// TestWorkRecorded sees that nobody's work is lost and the lead is told.
func TestWorkRecorded(t *testing.T) {
	out := decide(t, away(report.Resolve, report.InProgress, report.Cancelled, nil))
	if !out.Merged || notices(out, report.CauseWorkRecorded, report.TellDistrictLeads) != 1 {
		t.Errorf("merged %t, effects %v", out.Merged, out.Effects)
	}
	work := only[report.Intervention](out)
	if len(work) != 1 || work[0].Step != report.WorkNoted || work[0].Technician != tina || work[0].Outcome != "fixed" || !work[0].At.Equal(out.Events[0].OccurredAt) {
		t.Errorf("interventions = %+v", work)
	}
	want := standing(report.Cancelled)
	want.Version++
	if got := out.After; got.Version != want.Version || got.Executor != want.Executor || got.ClosureCode != want.ClosureCode || !got.ClosedAt.Equal(want.ClosedAt) {
		t.Errorf("the row changed: %+v", got)
	}
}

// TestFormerAssignee marks work by somebody who had lost the report meanwhile.
func TestFormerAssignee(t *testing.T) {
	in := away(report.Resolve, report.InProgress, report.InProgress, func(r *report.Report) { r.Assignee = ugo })
	out := decide(t, in)
	if !out.Merged || out.After.Executor != tina || out.After.Assignee != ugo {
		t.Errorf("merged %t, executor %s, assignee %s", out.Merged, out.After.Executor, out.After.Assignee)
	}
	if got := string(out.Events[0].Payload); got != `{"outcome":"fixed","text":"riparata","notAssignee":true}` {
		t.Errorf("payload = %s", got)
	}
	if notices(out, report.CauseWorkRecorded, report.TellAssignee) != 1 {
		t.Errorf("ugo is not told: %v", out.Effects)
	}
	// Online the same person sees that it is ugo's, and is refused.
	in.Call.Source = report.SourceUI
	if _, err := report.Decide(in); !errors.Is(err, report.ErrRole) {
		t.Errorf("online Decide = %v, want %v", err, report.ErrRole)
	}
	// Neither of the two may verify it.
	for _, id := range []report.PersonID{tina, ugo} {
		if _, err := report.Decide(asking(report.VerifyOK, as(id, report.RoleL1), out.After)); !errors.Is(err, report.ErrExecutor) {
			t.Errorf("%s verifies = %v, want %v", id, err, report.ErrExecutor)
		}
	}
	decide(t, asking(report.VerifyOK, first, out.After))
}

// TestOnlineStartOnPause is no rebase: who sees the pause must resume.
func TestOnlineStartOnPause(t *testing.T) {
	if _, err := report.Decide(asking(report.Start, tech, standing(report.Suspended))); !errors.Is(err, report.ErrMove) {
		t.Errorf("Decide = %v, want %v", err, report.ErrMove)
	}
}

// TestTwice makes every call twice: the second time nothing happens, or it is
// refused, but never anything else.
func TestTwice(t *testing.T) {
	tests := []struct {
		do   report.Action
		who  report.Actor
		from report.State
		want error // nil: a noop
	}{
		{report.Take, first, report.Registered, nil},
		{report.Dispatch, first, report.InAnalysis, nil},
		{report.Bounce, first, report.Assigned, report.ErrMove},
		{report.Program, chief, report.Assigned, nil},
		{report.Reprogram, chief, report.Scheduled, nil},
		{report.Start, tech, report.Scheduled, nil},
		{report.Suspend, tech, report.InProgress, nil},
		{report.Resume, tech, report.Suspended, report.ErrMove},
		{report.Resolve, tech, report.InProgress, nil},
		{report.VerifyOK, first, report.Resolved, nil},
		{report.VerifyKO, first, report.Resolved, report.ErrMove},
		{report.Reopen, owner, report.Closed, report.ErrMove},
		{report.Reject, first, report.InAnalysis, nil},
		{report.LinkDuplicate, first, report.Assigned, nil},
		{report.UnlinkDuplicate, first, report.Duplicate, report.ErrMove},
		{report.Cancel, owner, report.Assigned, nil},
		{report.Relocate, first, report.Assigned, nil},
		{report.Recategorise, first, report.Assigned, nil},
		{report.Reprioritise, first, report.Assigned, nil},
		{report.Reassign, lead, report.Assigned, nil},
		{report.Transfer, first, report.Assigned, nil},
	}
	for _, tt := range tests {
		in := asking(tt.do, tt.who, standing(tt.from))
		after := decide(t, in).After
		in.Current, in.Call.ID = after, "callnumber00002"
		out, err := report.Decide(in)
		if !errors.Is(err, tt.want) || out.Noop != (tt.want == nil) || len(out.Events) != 0 {
			t.Errorf("second %s = %q, noop %t, %v; want %v", tt.do, types(out), out.Noop, err, tt.want)
		}
	}
}
