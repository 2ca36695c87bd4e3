package report

// draft is the report as it would become: what permissions are asked about.
func (d *decision) draft(a SubmitArgs) Report {
	r := Report{
		ID: d.in.Call.Report, Org: d.in.Facts.Org, Kind: a.Kind, District: d.in.Facts.Route.District,
		Reporter: d.in.Who.ID, ReporterOrg: reporterOrg(d.in.Who), State: None,
	}
	if a.OnBehalf {
		r.Reporter = a.Reporter
		if d.in.Who.ID == "" {
			r.Reporter = System // nobody's: an anonymous person speaks for themselves
		}
	}
	return r
}

// reporterOrg returns the organisation a person reports for, if any.
func reporterOrg(a Actor) OrgID {
	for _, g := range a.Grants {
		if (g.Role == RoleAccredited || g.Role == RolePartnerUser) && g.Org != "" {
			return g.Org
		}
	}
	return ""
}

func (d *decision) submit(a SubmitArgs) error {
	if err := d.guardObject(a.ObjectType); err != nil {
		return err
	}
	draft := d.draft(a)
	d.add(Submit, Registered, d.submitted(a, draft))
	d.tell(CauseReceipt, []Recipient{TellReporter})
	d.say(SentenceOf(Registered))
	if draft.Reporter != "" {
		d.effect(Follow{Report: d.row.ID, Person: draft.Reporter})
	}
	if d.row.Priority == 1 || d.row.Blocking {
		d.fire("ESC-05", Functional, 1, true, TellDistrictLeads, TellOnDuty)
	}
	d.flagUnmapped()
	d.forwardAlone()
	return nil
}

func (d *decision) submitted(a SubmitArgs, draft Report) Submitted {
	a.Kind = either(a.Kind, Kinds[0])
	a.Channel = either(a.Channel, Channels[0])
	a.ContactLanguage = either(a.ContactLanguage, d.in.Who.Language)
	if !oneOf(a.ContactLanguage, languages) {
		a.ContactLanguage = languages[0]
	}
	route := d.in.Facts.Route
	route.Routing = Routing(either(string(route.Routing), string(RoutePending)))
	return Submitted{
		SubmitArgs: a, Code: d.in.Facts.Code, Route: route,
		DecidedPriority: d.priority(a, draft), Visibility: visibility(a.Kind, d.in.Facts.Object),
		ReporterOrg: draft.ReporterOrg, By: draft.Reporter,
	}
}

// priority is what those who set priorities say, or else the object's; what
// other reporters claim is kept beside it. A blocking fault is at least a 2
// (domain 2.7).
func (d *decision) priority(a SubmitArgs, draft Report) int {
	p := d.in.Facts.Object.DefaultPriority
	if p < 1 || p > 4 {
		p = d.in.Policy.DefaultPriority
	}
	if right, ok := permit(d.in.Who, Reprioritise, draft, true, false); ok && !right.perm.Propose && a.Priority > 0 {
		p = a.Priority
	}
	if a.Blocking {
		p = min(p, 2)
	}
	return p
}

func visibility(kind string, o ObjectFact) string {
	if kind == Kinds[0] && o.Public {
		return VisiblePublic
	}
	return VisibleStaff
}

// flagUnmapped queues what no area or no activity answers for (ESC-06).
func (d *decision) flagUnmapped() {
	if d.row.Kind == KindHelpdesk {
		return
	}
	if d.row.Routing == RouteUnroutable || d.row.ObjectType == "" {
		d.fire("ESC-06", Functional, 1, false, TellSecondLevel)
	}
}

// forwardAlone takes and dispatches a fresh report without a person, where the
// catalogue says that nobody needs to look (S1-13).
func (d *decision) forwardAlone() {
	f := d.in.Facts.Activity
	sure := d.row.Routing == Routed || d.row.Routing == RouteNearest
	if d.row.State != Registered || !f.AutoDispatch || f.ID == "" || f.Org == "" || !sure {
		return
	}
	d.cause(Take, InAnalysis, d.in.Now, NoteArgs{})
	d.cause(Dispatch, Assigned, d.in.Now, Handed{ResponsibleOrg: f.Org, Activity: f.ID})
	d.handed()
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
