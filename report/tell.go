package report

import "strconv"

// tell adds one notice for each recipient. Every notice carries the code; the
// words come in pairs of key and value, as in strings.NewReplacer.
func (d *decision) tell(cause Cause, to []Recipient, words ...string) {
	for _, r := range to {
		d.notice(Notice{Cause: cause, To: r, Org: d.row.ResponsibleOrg, District: d.row.District}, words...)
	}
}

func (d *decision) notice(n Notice, words ...string) {
	if d.quiet {
		return
	}
	n.Report = d.row.ID
	n.Params = d.params(words)
	d.out.Effects = append(d.out.Effects, n)
}

// say appends a sentence of the program to what the public may read.
func (d *decision) say(template string, words ...string) {
	d.effect(Message{Report: d.row.ID, Audience: ToPublic, Template: template, Params: d.params(words)})
}

func (d *decision) params(words []string) map[string]string {
	p := map[string]string{"code": d.row.Code}
	for i := 0; i+1 < len(words); i += 2 {
		p[words[i]] = words[i+1]
	}
	return p
}

func (d *decision) effect(e Effect) { d.out.Effects = append(d.out.Effects, e) }

// handOver sends, updates or withdraws the dispatch that before describes.
func (d *decision) handOver(step HandStep, r Report) {
	if r.ResponsibleOrg != "" {
		d.effect(HandOver{Step: step, Report: r.ID, Org: r.ResponsibleOrg, Activity: r.Activity, Because: d.do})
	}
}

// update tells the organisation that has the report what changed in it.
func (d *decision) update() { d.handOver(HandUpdate, d.row) }

// withdraw takes the report from whoever had it: organisation, technician,
// plan. Before is the report as they had it.
func (d *decision) withdraw(before Report) {
	if before.ResponsibleOrg == "" {
		return
	}
	d.handOver(HandWithdraw, before)
	d.notice(Notice{Cause: CauseWithdrawn, To: TellResponsibleOrg, Org: before.ResponsibleOrg, District: before.District})
	if d.row.District != before.District || !oneOf(d.row.State, handedStates) {
		d.notice(Notice{Cause: CauseWithdrawn, To: TellDistrictLeads, District: before.District})
	}
	if before.Assignee != "" {
		d.notice(Notice{Cause: CauseWithdrawn, To: TellPerson, Person: before.Assignee})
	}
	if before.PlannedCloseDate != "" || (!before.WorkStartedAt.IsZero() && before.ResolvedAt.IsZero()) {
		d.effect(Intervention{Step: WorkDropped, Report: before.ID, Technician: before.Assignee, At: d.at})
	}
}

// reached reports whether a count calls for an escalation; a limit of 0 never
// does.
func reached(n, limit int) bool { return limit > 0 && n >= limit }

// fire adds a rule's escalation, and tells those it is for.
func (d *decision) fire(rule, kind string, level int, urgent bool, to ...Recipient) {
	d.effect(Escalation{Report: d.row.ID, Rule: rule, Kind: kind, Level: level, Cycle: d.row.ReopenedCount})
	for _, r := range to {
		d.notice(Notice{Cause: CauseEscalation, To: r, Org: d.row.ResponsibleOrg, District: d.row.District, Urgent: urgent},
			"rule", rule, "kind", kind, "level", strconv.Itoa(level))
	}
}
