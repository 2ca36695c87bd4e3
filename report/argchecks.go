package report

// Every kind of arguments checks itself: lengths, lists, forms. What depends
// on the report or on the store is a guard, not a check.

func (a SubmitArgs) check(c *check) {
	c.text("clientId", a.ClientID, maxID)
	c.list("kind", a.Kind, Kinds, true)
	c.text("title", a.Title, maxShort)
	c.text("description", a.Description, maxText)
	c.optionalID("objectType", a.ObjectType)
	c.optionalID("asset", a.Asset)
	c.optionalID("site", a.Site)
	c.point(a.Point, a.AccuracyM, a.PointSource)
	c.text("address", a.Address, maxShort)
	c.text("addressNote", a.AddressNote, maxShort)
	c.list("channel", a.Channel, Channels, true)
	c.optionalID("sourcePartner", string(a.SourcePartner))
	c.text("sourceRef", a.SourceRef, maxID)
	c.priority("priority", a.Priority, 0)
	c.optionalID("reporter", string(a.Reporter))
	if a.Reporter != "" && !a.OnBehalf {
		c.fail("reporter", "only with onBehalf")
	}
	c.text("contactName", a.ContactName, maxShort)
	c.text("contactEmail", a.ContactEmail, maxShort)
	c.text("contactPhone", a.ContactPhone, maxID)
	c.list("contactLanguage", a.ContactLanguage, languages, true)
}

func (a NoteArgs) check(c *check) { c.text("note", a.Note, maxText) }

func (a DispatchArgs) check(c *check) {
	c.optionalID("responsibleOrg", string(a.ResponsibleOrg))
	c.optionalID("activity", a.Activity)
	c.optionalID("assignee", string(a.Assignee))
	c.text("note", a.Note, maxText)
}

func (a TransferArgs) check(c *check) {
	c.optionalID("responsibleOrg", string(a.ResponsibleOrg))
	c.optionalID("activity", a.Activity)
	c.optionalID("assignee", string(a.Assignee))
	c.words("reason", a.Reason)
}

func (a BounceArgs) check(c *check) {
	c.words("reason", a.Reason)
	c.optionalID("suggested", string(a.Suggested))
}

func (a PlanArgs) check(c *check) {
	c.date("plannedCloseDate", a.PlannedCloseDate)
	c.optionalMoment("plannedStart", a.PlannedStart)
	c.optionalMoment("plannedEnd", a.PlannedEnd)
	if a.PlannedStart != nil && a.PlannedEnd != nil && a.PlannedEnd.Before(*a.PlannedStart) {
		c.fail("plannedEnd", "it is before plannedStart")
	}
	c.text("reason", a.Reason, maxText)
}

func (a SuspendArgs) check(c *check) {
	c.list("reason", a.Reason, SuspendReasons, false)
	c.moment("expectedResume", a.ExpectedResume)
	c.text("note", a.Note, maxText)
}

func (a ResolveArgs) check(c *check) {
	c.list("outcome", a.Outcome, Outcomes, false)
	c.text("text", a.Text, maxText)
}

func (a VerifyArgs) check(c *check) {
	if a.OK == nil {
		c.fail("ok", "it is required")
		return
	}
	if !*a.OK {
		c.words("note", a.Note)
	}
	c.text("note", a.Note, maxText)
}

func (a ReasonArgs) check(c *check) { c.words("reason", a.Reason) }

func (a RejectArgs) check(c *check) {
	c.list("code", a.Code, RejectCodes, false)
	c.words("text", a.Text)
	c.optionalID("competent", string(a.Competent))
}

func (a LinkArgs) check(c *check) { c.id("master", string(a.Master)) }

func (a CancelArgs) check(c *check) {
	c.list("code", a.Code, CancelCodes, true)
	c.text("reason", a.Reason, maxText)
}

func (a CommentArgs) check(c *check) {
	if a.Solved == nil {
		c.words("text", a.Text)
	}
	c.text("text", a.Text, maxText)
	c.list("audience", a.Audience, commentAudiences, true)
	c.optionalID("replyTo", a.ReplyTo)
}

func (a PhotoArgs) check(c *check) {
	c.id("media", a.Media)
	c.list("kind", a.Kind, photoKinds, false)
	c.optionalMoment("takenAt", a.TakenAt)
}

func (a RelocateArgs) check(c *check) {
	c.point(a.Point, a.AccuracyM, a.PointSource)
	c.text("address", a.Address, maxShort)
	c.text("addressNote", a.AddressNote, maxShort)
	c.optionalID("site", a.Site)
}

func (a RecategoriseArgs) check(c *check) {
	c.optionalID("objectType", a.ObjectType)
	c.text("reason", a.Reason, maxText)
}

func (a ReprioritiseArgs) check(c *check) {
	c.priority("priority", a.Priority, 1)
	c.text("reason", a.Reason, maxText)
}

func (a ReassignArgs) check(c *check) {
	c.id("assignee", string(a.Assignee))
	c.text("note", a.Note, maxText)
}

func (a EscalateArgs) check(c *check) {
	c.list("kind", a.Kind, chains, false)
	c.words("reason", a.Reason)
	c.text("rule", a.Rule, maxID)
}

func (a RerouteArgs) check(c *check) { c.id("run", a.Run) }

func (NoArgs) check(*check) {}
