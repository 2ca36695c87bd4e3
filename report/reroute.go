package report

// reroute lets an open report follow the territory after the areas changed.
// Nobody is told of each one: whoever is concerned is told of all of them
// together, and the reporter, for whom nothing changed, is not.
func (d *decision) reroute(a RerouteArgs) {
	before, facts := d.row, d.in.Facts
	d.quiet = true
	d.add(Reroute, d.row.State, Rerouted{
		RerouteArgs: a, Route: facts.Route, Activity: d.followedActivity(),
		Before:       Stood{District: before.District, Areas: before.Areas, Routing: before.Routing, Trace: before.RouteTrace},
		KeepAssignee: before.Assignee != "" && facts.AssigneeValid,
	})
	switch {
	case d.row.State == Registered:
		if before.Routing != RouteUnroutable {
			d.flagUnmapped() // it waits in that queue already
		}
		d.forwardAlone()
	case !d.followsActivity(before):
		// Whoever has it keeps it.
	case facts.Activity.ID == "" || facts.Activity.Org == "":
		d.fire("ESC-06", Functional, 1, false, TellSecondLevel)
	case facts.Activity.Org != before.ResponsibleOrg:
		d.cause(Transfer, Assigned, d.in.Now, Handed{
			ResponsibleOrg: facts.Activity.Org, Activity: facts.Activity.ID, Reason: string(Reroute),
		})
		d.transferred(before)
		return
	}
	d.update()
}

// stays reports whether the territory of now says of the report what its row
// says: the same area, as surely, answered for by the same activity.
func (d *decision) stays() bool {
	r, f := d.row, d.in.Facts
	same := r.District == f.Route.District || f.Route.Renewed
	return same && r.Routing == f.Route.Routing && f.Former.ID == f.Activity.ID
}

// followsActivity reports whether the organisation of a report goes with the
// territory. It does not when the catalogue says the same for both places, when
// a person handed the report to somebody the catalogue never named, or when
// work on it has begun: that ends where it began.
func (d *decision) followsActivity(before Report) bool {
	f := d.in.Facts
	begun := before.State == InProgress || before.State == Resolved || !before.WorkStartedAt.IsZero()
	return oneOf(before.State, handedStates) && !begun && f.Former.ID != f.Activity.ID && before.ResponsibleOrg == f.Former.Org
}

// followedActivity is the activity that answers for the same organisation now.
func (d *decision) followedActivity() string {
	if f := d.in.Facts; f.Activity.Org == d.row.ResponsibleOrg && f.Activity.ID != f.Former.ID {
		return d.sameOrgActivity()
	}
	return ""
}
