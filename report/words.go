package report

import "slices"

// KindHelpdesk is the kind of a ticket about the platform itself: it needs no
// place and is never public.
const KindHelpdesk = "helpdesk"

// Kinds lists what a report can be about; the first is the default.
var Kinds = []string{"fault", "delivery", "maintenance", KindHelpdesk, "inquiry"}

// Channels lists how a report can reach the contact point; the first is the
// default.
var Channels = []string{"mobile", "web", "phone", "email", "partner", "accredited"}

// The visibilities of a report. A staff report is on no public page.
const (
	VisiblePublic = "public"
	VisibleStaff  = "staff"
)

// WaitingReporter is the reason of a pause that an answer of the reporter ends.
const WaitingReporter = "waiting_reporter"

// SuspendReasons lists why work may pause, and so its clocks (SLA-06).
var SuspendReasons = []string{WaitingReporter, "waiting_third_party", "no_access", "weather_safety", "materials"}

// The closure codes that the program itself gives.
const (
	CodeNotResponsible = "not_responsible"
	CodeDuplicate      = "duplicate"
	CodeByReporter     = "cancelled_by_reporter"
	CodeInvalid        = "invalid"
)

// Outcomes lists the closure codes a resolve may claim.
var Outcomes = []string{"fixed", "not_found", "no_action", CodeNotResponsible}

// RejectCodes lists the closure codes a reject may give.
var RejectCodes = []string{CodeNotResponsible, CodeInvalid, "not_found", "no_action"}

// CancelCodes lists the closure codes a cancel may give.
var CancelCodes = []string{CodeByReporter, CodeInvalid}

// The two chains of escalation (domain 2.8).
const (
	Hierarchical = "hierarchical" // to the manager who can decide
	Functional   = "functional"   // to somebody who can solve it
)

// The kinds of a photo.
const (
	PhotoBefore = "before"
	PhotoAfter  = "after" // counts for object types that ask for proof
	PhotoDoc    = "doc"
)

// The audiences of a comment.
const (
	ToInternal = "internal"
	ToReporter = "reporter"
	ToPublic   = "public"
	ToPartner  = "partner"
)

// The sources of a call.
const (
	SourceUI      = "ui"
	SourceSync    = "sync"
	SourcePartner = "partner"
	SourceSystem  = "system"
)

var (
	pointSources     = []PointSource{FromGPS, FromEXIF, FromPin, FromAddress, FromSite}
	photoKinds       = []string{PhotoBefore, PhotoAfter, PhotoDoc}
	commentAudiences = []string{ToInternal, ToReporter, ToPublic, ToPartner}
	chains           = []string{Hierarchical, Functional}
	languages        = []string{"it", "en"}
	sources          = []string{SourceUI, SourceSync, SourcePartner, SourceSystem}
)

func oneOf[T ~string](s T, list []T) bool { return slices.Contains(list, s) }
