// Package report holds the life of a report: its states, the calls that move
// it, who may make each call, and what its events add up to. It is one table
// read by every door. It is pure: it reads no clock, no database and no
// request.
package report

import "time"

// An ID names a report. It and the ids below are PocketBase record ids (15
// characters of a-z0-9), made anywhere; types of their own keep them apart.
type ID string

// A PersonID names a person. System is the program itself, "" is anonymous.
type PersonID string

// An OrgID names an organisation.
type OrgID string

// An AreaID names an area.
type AreaID string

// System is the actor of what the program does by itself.
const System PersonID = "system"

// A Point is a place on WGS84, in degrees.
type Point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

// A PointSource says where a position comes from; empty means that there is
// no position yet.
type PointSource string

// The sources of a position.
const (
	FromGPS     PointSource = "gps"
	FromEXIF    PointSource = "exif"
	FromPin     PointSource = "pin"
	FromAddress PointSource = "address"
	FromSite    PointSource = "site"
)

// A Routing says how a report found (or did not find) its district.
type Routing string

// The outcomes of routing.
const (
	RoutePending    Routing = "pending"    // no position yet
	Routed          Routing = "routed"     // one district owns the place
	RouteUncertain  Routing = "uncertain"  // a border is nearer than the accuracy
	RouteNearest    Routing = "nearest"    // outside every area, given to the nearest within tolerance
	RouteUnroutable Routing = "unroutable" // no area owns the place: somebody must look
)

// A Report is the row: what the events of one report add up to. Times are
// UTC; a zero time means "not yet". Empty strings mean "none".
type Report struct {
	ID       ID     `json:"id"`
	Code     string `json:"code"`
	ClientID string `json:"clientId"`
	Org      OrgID  `json:"org"` // the contact point that owns the report
	Version  int64  `json:"version"`

	Kind        string `json:"kind"` // fault, delivery, maintenance, helpdesk, inquiry
	Title       string `json:"title"`
	Description string `json:"description"`
	ObjectType  string `json:"objectType"` // id; empty means "other"
	Activity    string `json:"activity"`   // id
	Asset       string `json:"asset"`      // id
	Site        string `json:"site"`       // id

	Point       Point       `json:"point"`
	AccuracyM   float64     `json:"accuracyM"` // metres; 0 means unknown
	PointSource PointSource `json:"pointSource"`
	Address     string      `json:"address"`
	AddressNote string      `json:"addressNote"`

	Areas      []AreaID   `json:"areas"` // every area that matched
	District   AreaID     `json:"district"`
	Routing    Routing    `json:"routing"`
	RouteTrace RouteTrace `json:"routeTrace"`

	Channel       string `json:"channel"` // mobile, web, phone, email, partner, accredited
	SourcePartner OrgID  `json:"sourcePartner"`
	SourceRef     string `json:"sourceRef"`

	Reporter        PersonID `json:"reporter"`
	ReporterOrg     OrgID    `json:"reporterOrg"` // the organisation an accredited reporter or a partner reported for
	ContactName     string   `json:"contactName"`
	ContactEmail    string   `json:"contactEmail"`
	ContactPhone    string   `json:"contactPhone"`
	ContactLanguage string   `json:"contactLanguage"` // it, en
	Anonymous       bool     `json:"anonymous"`
	ConsentPublish  bool     `json:"consentPublish"`
	ConsentContact  bool     `json:"consentContact"`

	Priority         int  `json:"priority"`         // 1 urgent .. 4 low
	PriorityReporter int  `json:"priorityReporter"` // what the reporter claimed; 0 none
	Blocking         bool `json:"blocking"`

	State          State     `json:"state"`
	ResumeState    State     `json:"resumeState"` // where resume leads while suspended
	UnlinkState    State     `json:"unlinkState"` // where unlink_duplicate leads while duplicate
	SuspendReason  string    `json:"suspendReason"`
	ExpectedResume time.Time `json:"expectedResume,omitzero"`

	ResponsibleOrg OrgID    `json:"responsibleOrg"`
	Assignee       PersonID `json:"assignee"`
	Executor       PersonID `json:"executor"` // who did the work that resolve claims
	OwnerL1        PersonID `json:"ownerL1"`

	PlannedCloseDate Date      `json:"plannedCloseDate"` // a day in the report's service calendar
	PlanState        PlanState `json:"planState"`
	PlanRevision     int       `json:"planRevision"`

	RegisteredAt  time.Time `json:"registeredAt,omitzero"`
	TakenAt       time.Time `json:"takenAt,omitzero"`
	AssignedAt    time.Time `json:"assignedAt,omitzero"` // when the present responsible got it
	ProgrammedAt  time.Time `json:"programmedAt,omitzero"`
	WorkStartedAt time.Time `json:"workStartedAt,omitzero"`
	ResolvedAt    time.Time `json:"resolvedAt,omitzero"`
	ClosedAt      time.Time `json:"closedAt,omitzero"` // when it ended, however it ended

	ReopenedCount   int `json:"reopenedCount"`
	BounceCount     int `json:"bounceCount"`
	VerifyFailCount int `json:"verifyFailCount"`
	EscalationLevel int `json:"escalationLevel"`
	PhotosAfter     int `json:"photosAfter"`
	InterestCount   int `json:"interestCount"`

	DuplicateOf ID     `json:"duplicateOf"`
	ClosureCode string `json:"closureCode"` // fixed, not_found, not_responsible, no_action, duplicate, cancelled_by_reporter, invalid
	OutcomeText string `json:"outcomeText"`

	FirstContactResolution bool   `json:"firstContactResolution"`
	Visibility             string `json:"visibility"` // public, staff
}

// A Date is a calendar day, written 2006-01-02; empty means none.
type Date string

// A PlanState says how far the planned closing date has come.
type PlanState string

// The states of a plan.
const (
	PlanNone         PlanState = ""
	PlanProposed     PlanState = "proposed"
	PlanApproved     PlanState = "approved"
	PlanCommunicated PlanState = "communicated"
)

// A RouteTrace is why a report is where it is: enough for a person to check
// the decision by hand.
type RouteTrace struct {
	Reason    string       `json:"reason"`               // inside, border, nearest, uncertain, hole, outside, no_position, null_island
	Matches   []RouteMatch `json:"matches"`              // every area that matched, best first
	Near      []RouteMatch `json:"near,omitempty"`       // other districts within the accuracy
	DistanceM float64      `json:"distanceM,omitempty"`  // to the chosen area, or to the nearest border when uncertain
	AreaSet   string       `json:"areaSet,omitempty"`    // version of the areas that answered
	Tolerance float64      `json:"toleranceM,omitempty"` // metres
	At        time.Time    `json:"at,omitzero"`          // the day whose areas were asked
}

// A RouteMatch is one area in a trace.
type RouteMatch struct {
	Area      AreaID  `json:"area"`
	Code      string  `json:"code"`
	Kind      string  `json:"kind"`
	Priority  int     `json:"priority"`
	Why       string  `json:"why"`                 // inside, selector:siteType=cs, near
	DistanceM float64 `json:"distanceM,omitempty"` // metres
}
