package desk

import (
	"context"
	"strings"
	"time"

	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// causes says in which notice people read why they are told something. Where a
// reporter reads other words than a crew, the reporter's are in reporterCauses.
var causes = map[report.Cause]notify.Cause{
	report.CauseReceipt:      notify.Receipt,
	report.CauseTaken:        notify.Taken,
	report.CauseForwarded:    notify.Forwarded,
	report.CauseAssignment:   notify.Assignment,
	report.CauseSchedule:     notify.Schedule,
	report.CauseReschedule:   notify.Reschedule,
	report.CausePlanProposed: notify.PlanProposed,
	report.CauseSuspension:   notify.Suspended,
	report.CauseResumed:      notify.Resumed,
	report.CauseResolution:   notify.Resolved,
	report.CauseNotSolved:    notify.VerifyFailed,
	report.CauseClosure:      notify.Verified,
	report.CauseRejection:    notify.Rejected,
	report.CauseReopened:     notify.Reopened,
	report.CauseMerged:       notify.Duplicate,
	report.CauseCancellation: notify.Cancelled,
	report.CauseTransfer:     notify.Transfer,
	report.CauseWithdrawn:    notify.Unassignment,
	report.CauseBounced:      notify.Bounced,
	report.CauseEscalation:   notify.Escalation,
	report.CauseProposal:     notify.Proposal,
	report.CauseMessage:      notify.Message,
	report.CauseWorkRecorded: notify.WorkOnEnded,
}

var reporterCauses = map[report.Cause]notify.Cause{
	report.CauseSchedule:   notify.Scheduled,
	report.CauseReschedule: notify.Rescheduled,
	report.CauseClosure:    notify.Closed,
}

func causeFor(n report.Notice) (notify.Cause, bool) {
	if n.To == report.TellReporter || n.To == report.TellFollowers {
		if c, ok := reporterCauses[n.Cause]; ok {
			return c, true
		}
	}
	c, ok := causes[n.Cause]
	return c, ok
}

// phaseLabel names a public phase.
func phaseLabel(p report.Phase, lang string) string {
	it := map[report.Phase]string{report.PhaseAnalysis: "Analisi", report.PhaseScheduling: "Programmazione", report.PhaseClosure: "Chiusura"}
	en := map[report.Phase]string{report.PhaseAnalysis: "Analysis", report.PhaseScheduling: "Scheduling", report.PhaseClosure: "Closure"}
	if lang == "it" {
		return it[p]
	}
	return en[p]
}

// sentence returns a public sentence by its key, with its words filled in. A
// key nobody knows reads as nothing, rather than as a key.
func sentence(key string, params map[string]string, lang string) string {
	text := ""
	for _, s := range report.Sentences {
		if s.Key == key {
			text = s.Text.In(lang)
		}
	}
	for _, i := range report.StateInfos {
		if report.SentenceOf(i.State) == key {
			text = i.Sentence.In(lang)
		}
	}
	var pairs []string
	for k, v := range params {
		if k == "date" {
			v = dateInWords(v, lang)
		}
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// dateInWords writes a day as its reader does: 27/11/2026, or 27 November 2026.
func dateInWords(day, lang string) string {
	at, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil:
		return day
	case lang == "it":
		return at.Format("02/01/2006")
	default:
		return at.Format("2 January 2006")
	}
}

// inWords returns a message for a reader of lang: what somebody typed, or the
// sentence its template stands for.
func (d *Desk) inWords(ctx context.Context, view *store.Store, m store.Message, lang string) (string, error) {
	if m.Text != "" {
		return m.Text, nil
	}
	params, err := named(ctx, view, m.Params)
	return sentence(m.Template, params, lang), err
}

// named replaces the id of an organisation among a sentence's words by its
// name.
func named(ctx context.Context, view *store.Store, params map[string]string) (map[string]string, error) {
	id, ok := params["org"]
	if !ok {
		return params, nil
	}
	name, err := view.OrgName(ctx, report.OrgID(id))
	out := map[string]string{"org": name}
	for k, v := range params {
		if k != "org" {
			out[k] = v
		}
	}
	return out, err
}

// status says in one sentence how a report stands.
func (d *Desk) status(ctx context.Context, view *store.Store, r report.Report, master, lang string) (string, error) {
	key := report.SentenceOf(r.State)
	switch {
	case r.State == report.Suspended:
		key += "." + r.SuspendReason
	case r.State == report.Closed && r.ClosureCode != "":
		key += "." + r.ClosureCode
	}
	params, err := named(ctx, view, map[string]string{
		"org": string(r.ResponsibleOrg), "date": string(r.PlannedCloseDate), "master": master,
	})
	return sentence(key, params, lang), err
}

// receiptSentence thanks a reporter, and asks for the place when it is missing.
func receiptSentence(r report.Report, lang string) string {
	pending := r.Routing == report.RoutePending
	switch {
	case lang == "it" && pending:
		return "Abbiamo ricevuto la segnalazione " + r.Code + ". Manca la posizione: aggiungi una foto scattata sul posto o indicaci dove."
	case lang == "it":
		return "Abbiamo ricevuto la segnalazione " + r.Code + ". Puoi seguirla con il link."
	case pending:
		return "We have received report " + r.Code + ". The place is missing: add a photo taken there, or tell us where."
	default:
		return "We have received report " + r.Code + ". You can follow it with the link."
	}
}
