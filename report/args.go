package report

import "time"

// SubmitArgs are the arguments of report.submit. A phone may have made them
// hours ago, without network.
type SubmitArgs struct {
	ClientID    string `json:"clientId"` // the phone's own name for it, at most 64 characters
	Kind        string `json:"kind"`     // one of Kinds; empty means fault
	Title       string `json:"title"`
	Description string `json:"description"`
	ObjectType  string `json:"objectType"` // id; empty means "other"
	Asset       string `json:"asset"`
	Site        string `json:"site"`

	Point       *Point      `json:"point"`     // WGS84 degrees
	AccuracyM   float64     `json:"accuracyM"` // metres; 0 means unknown
	PointSource PointSource `json:"pointSource"`
	Address     string      `json:"address"`
	AddressNote string      `json:"addressNote"`

	Channel       string `json:"channel"` // one of Channels; empty means mobile
	SourcePartner OrgID  `json:"sourcePartner"`
	SourceRef     string `json:"sourceRef"`

	Priority int  `json:"priority"` // what the reporter claims, 1 urgent .. 4 low; 0 none
	Blocking bool `json:"blocking"` // somebody cannot work because of it

	OnBehalf        bool     `json:"onBehalf"` // the reporter is somebody else
	Reporter        PersonID `json:"reporter"` // who, when onBehalf and known
	ContactName     string   `json:"contactName"`
	ContactEmail    string   `json:"contactEmail"`
	ContactPhone    string   `json:"contactPhone"`
	ContactLanguage string   `json:"contactLanguage"` // it or en; empty means the actor's
	Anonymous       bool     `json:"anonymous"`       // the reporter wants no name on it
	ConsentPublish  bool     `json:"consentPublish"`
	ConsentContact  bool     `json:"consentContact"`
}

// NoteArgs are the arguments of take, approvePlan, start, resume and
// unlinkDuplicate, which need none: a remark for the staff.
type NoteArgs struct {
	Note string `json:"note,omitempty"`
}

// DispatchArgs are the arguments of report.dispatch. What is empty is what
// the catalogue says for the object and the place.
type DispatchArgs struct {
	ResponsibleOrg OrgID    `json:"responsibleOrg"`
	Activity       string   `json:"activity"`
	Assignee       PersonID `json:"assignee"`
	Note           string   `json:"note,omitempty"`
}

// TransferArgs are the arguments of report.transfer: who is responsible from
// now on, and why.
type TransferArgs struct {
	ResponsibleOrg OrgID    `json:"responsibleOrg"`
	Activity       string   `json:"activity"`
	Assignee       PersonID `json:"assignee"`
	Reason         string   `json:"reason"`
}

// BounceArgs are the arguments of report.bounce: why it is not for the
// responsible organisation, and for whom it may be.
type BounceArgs struct {
	Reason    string `json:"reason"`
	Suggested OrgID  `json:"suggested,omitempty"`
}

// PlanArgs are the arguments of report.program and report.reprogram. Reprogram
// needs the reason.
type PlanArgs struct {
	PlannedCloseDate Date       `json:"plannedCloseDate"`
	PlannedStart     *time.Time `json:"plannedStart,omitempty"`
	PlannedEnd       *time.Time `json:"plannedEnd,omitempty"`
	Reason           string     `json:"reason,omitempty"`
}

// SuspendArgs are the arguments of report.suspend. Reason is one of
// SuspendReasons; ExpectedResume is when work should go on.
type SuspendArgs struct {
	Reason         string    `json:"reason"`
	ExpectedResume time.Time `json:"expectedResume"`
	Note           string    `json:"note,omitempty"`
}

// ResolveArgs are the arguments of report.resolve. Outcome is one of Outcomes;
// Text is what the reporter may read about it.
type ResolveArgs struct {
	Outcome string `json:"outcome"`
	Text    string `json:"text,omitempty"`
}

// VerifyArgs are the arguments of report.verify. Note is required when the
// work is not accepted.
type VerifyArgs struct {
	OK   *bool  `json:"ok"`
	Note string `json:"note,omitempty"`
}

// ReasonArgs are the arguments of report.reopen: why, in words.
type ReasonArgs struct {
	Reason string `json:"reason"`
}

// RejectArgs are the arguments of report.reject. Code is one of RejectCodes;
// Text says to the reporter why, and who is competent; Competent is that
// organisation when it is known here.
type RejectArgs struct {
	Code      string `json:"code"`
	Text      string `json:"text"`
	Competent OrgID  `json:"competent,omitempty"`
}

// LinkArgs are the arguments of report.linkDuplicate: the report that stays.
type LinkArgs struct {
	Master ID `json:"master"`
}

// CancelArgs are the arguments of report.cancel. Code is one of CancelCodes;
// empty means cancelled_by_reporter for reporters and invalid for the staff.
type CancelArgs struct {
	Code   string `json:"code"`
	Reason string `json:"reason,omitempty"`
}

// CommentArgs are the arguments of report.comment. Audience is internal,
// reporter, public or partner; what reporters write always goes to the staff.
// Solved is the reporter's answer to "is it solved?".
type CommentArgs struct {
	Text     string `json:"text"`
	Audience string `json:"audience"`
	ReplyTo  string `json:"replyTo"` // id of a message
	Solved   *bool  `json:"solved"`
}

// PhotoArgs are the arguments of report.photo: a photo that is, or will be,
// among the report's media. Kind is before, after or doc.
type PhotoArgs struct {
	Media   string     `json:"media"`
	Kind    string     `json:"kind"`
	TakenAt *time.Time `json:"takenAt,omitempty"`
}

// RelocateArgs are the arguments of report.relocate: the new place.
type RelocateArgs struct {
	Point       *Point      `json:"point"`
	AccuracyM   float64     `json:"accuracyM"` // metres; 0 means unknown
	PointSource PointSource `json:"pointSource"`
	Address     string      `json:"address"`
	AddressNote string      `json:"addressNote"`
	Site        string      `json:"site"`
}

// RecategoriseArgs are the arguments of report.recategorise. An empty object
// type means "other".
type RecategoriseArgs struct {
	ObjectType string `json:"objectType"`
	Reason     string `json:"reason,omitempty"`
}

// ReprioritiseArgs are the arguments of report.reprioritise. Blocking, when
// given, changes the flag too.
type ReprioritiseArgs struct {
	Priority int    `json:"priority"` // 1 urgent .. 4 low
	Blocking *bool  `json:"blocking,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// ReassignArgs are the arguments of report.reassign: another person of the
// same responsible organisation.
type ReassignArgs struct {
	Assignee PersonID `json:"assignee"`
	Note     string   `json:"note,omitempty"`
}

// EscalateArgs are the arguments of report.escalate. Kind is hierarchical or
// functional. Rule is the code of the rule that fired, for the system only.
type EscalateArgs struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	Rule   string `json:"rule,omitempty"`
}

// RerouteArgs are the arguments of report.reroute, which only the program
// makes: the re-routing it belongs to.
type RerouteArgs struct {
	Run string `json:"run"`
}

// NoArgs are the arguments of calls that take none.
type NoArgs struct{}
