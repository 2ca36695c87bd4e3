package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sestante/sestante/report"
)

// told writes the effects of an outcome in one line.
func told(out report.Outcome) string {
	var words []string
	for _, e := range out.Effects {
		switch v := e.(type) {
		case report.Notice:
			words = append(words, fmt.Sprintf("%s>%s", v.Cause, v.To))
		case report.Message:
			words = append(words, "say:"+either(v.Template, v.Audience))
		case report.HandOver:
			words = append(words, fmt.Sprintf("%s:%s", v.Step, strings.TrimRight(string(v.Org), "01")))
		case report.Intervention:
			words = append(words, "work:"+string(v.Step))
		case report.Link:
			words = append(words, fmt.Sprintf("link:%t", !v.Remove))
		case report.Follow:
			words = append(words, fmt.Sprintf("follow:%t", !v.Stop))
		case report.Escalation:
			words = append(words, "fire:"+either(v.Rule, v.Kind))
		}
	}
	return strings.Join(words, " ")
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func TestTold(t *testing.T) {
	tests := []struct {
		do   report.Action
		who  report.Actor
		from report.State
		want string
	}{
		{report.Submit, owner, "", "receipt>reporter say:public.registered follow:true"},
		{report.Take, first, report.Registered, "taken>reporter say:public.in_analysis"},
		{report.Dispatch, first, report.InAnalysis, "send:orgroads assignment>responsible_org assignment>district_leads assignment>assignee forwarded>reporter say:public.assigned"},
		{report.Bounce, lead, report.Assigned, "withdraw:orgroads withdrawn>responsible_org withdrawn>district_leads withdrawn>person bounced>first_level"},
		{report.Program, lead, report.Assigned, "work:planned schedule>reporter schedule>followers schedule>assignee schedule>responsible_org say:public.scheduled update:orgroads"},
		{report.Program, tech, report.Assigned, "work:proposed plan_proposed>service_managers plan_proposed>district_leads"},
		{report.ApprovePlan, chief, report.Assigned, "work:approved schedule>reporter schedule>followers schedule>assignee schedule>responsible_org say:public.scheduled update:orgroads"},
		{report.Reprogram, lead, report.Scheduled, "work:planned reschedule>reporter reschedule>followers reschedule>assignee reschedule>responsible_org reschedule>service_managers say:public.rescheduled update:orgroads"},
		{report.Start, tech, report.Scheduled, "work:started"},
		{report.Suspend, tech, report.InProgress, "suspension>reporter suspension>district_leads suspension>assignee say:public.suspended.materials update:orgroads"},
		{report.Resume, tech, report.Suspended, ""},
		{report.Resume, lead, report.Suspended, "resumed>assignee resumed>responsible_org"},
		{report.Resolve, tech, report.InProgress, "work:ended resolution>first_level resolution>reporter say:public.resolved"},
		{report.VerifyOK, first, report.Resolved, "closure>reporter closure>followers closure>assignee closure>responsible_org say:public.closed.fixed update:orgroads"},
		{report.VerifyKO, first, report.Resolved, "work:contested not_solved>assignee not_solved>district_leads not_solved>responsible_org update:orgroads"},
		{report.Reopen, owner, report.Closed, "reopened>first_level reopened>reporter reopened>followers reopened>responsible_org update:orgroads say:public.reopened"},
		{report.Reject, first, report.InAnalysis, "rejection>reporter rejection>followers say:public.rejected say:reporter"},
		{report.Reject, first, report.Scheduled, "withdraw:orgroads withdrawn>responsible_org withdrawn>district_leads withdrawn>person work:dropped rejection>reporter rejection>followers say:public.rejected say:reporter"},
		{report.LinkDuplicate, first, report.Scheduled, "link:true follow:true withdraw:orgroads withdrawn>responsible_org withdrawn>district_leads withdrawn>person work:dropped merged>reporter merged>followers say:public.duplicate"},
		{report.UnlinkDuplicate, first, report.Duplicate, "link:false follow:false send:orgroads assignment>responsible_org assignment>district_leads assignment>assignee forwarded>reporter say:public.assigned"},
		{report.Cancel, owner, report.Assigned, "withdraw:orgroads withdrawn>responsible_org withdrawn>district_leads withdrawn>person cancellation>first_level cancellation>followers say:public.cancelled"},
		{report.Cancel, first, report.Scheduled, "withdraw:orgroads withdrawn>responsible_org withdrawn>district_leads withdrawn>person work:dropped cancellation>first_level cancellation>followers cancellation>reporter say:public.cancelled"},
		{report.Comment, owner, report.Assigned, "say:reporter message>first_level message>assignee update:orgroads"},
		{report.Comment, first, report.Assigned, "say:internal message>assignee message>first_level"},
		{report.Photo, tech, report.InProgress, "update:orgroads"},
		{report.Relocate, first, report.Assigned, "update:orgroads"},
		{report.Reroute, someone(report.RoleSystem), report.Assigned, "update:orgroads"},
		{report.Reroute, someone(report.RoleSystem), report.InProgress, "update:orgroads"},
		{report.Reprioritise, first, report.Assigned, "update:orgroads"},
		{report.Reassign, lead, report.Scheduled, "withdrawn>person assignment>assignee work:given"},
		{report.Transfer, first, report.Scheduled, "withdraw:orgroads withdrawn>responsible_org withdrawn>person work:dropped transfer>first_level send:orglights assignment>responsible_org assignment>district_leads assignment>assignee forwarded>reporter say:public.assigned"},
		{report.Escalate, lead, report.Scheduled, "fire:hierarchical escalation>field_leads"},
		{report.Interest, as(bruno, report.RoleCitizen), report.Scheduled, "follow:true"},
	}
	for _, tt := range tests {
		if got := told(decide(t, asking(tt.do, tt.who, standing(tt.from)))); got != tt.want {
			t.Errorf("%s by %s from %q tells\n\t%s\nwant\n\t%s", tt.do, tt.who.ID, tt.from, got, tt.want)
		}
	}
}
