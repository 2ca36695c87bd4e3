package desk

import (
	"time"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A Submission is a new report as a door hands it in.
type Submission struct {
	ClientID    string // made by the client; repeating it repeats nothing
	Kind        string // empty means fault
	Title       string
	Description string
	ObjectType  string // id or code; empty means "other"
	Site        string // id or code
	Asset       string

	Point       *report.Point // nil: take it from a photo, or wait for one
	AccuracyM   float64       // metres; 0 unknown
	PointSource report.PointSource
	Address     string
	AddressNote string

	Priority int // what the reporter claims, 1 urgent .. 4 low; 0 nothing
	Blocking bool

	ContactName, ContactEmail, ContactPhone, Language string
	ConsentPublish, ConsentContact                    bool

	Channel    string
	OccurredAt time.Time // zero: now
	Photos     []NewPhoto
}

// A NewPhoto is a photo as it was sent.
type NewPhoto struct {
	Kind string // before, after, doc; empty means before
	Data []byte
}

// A Receipt is what a reporter gets for a report.
type Receipt struct {
	ID           report.ID      `json:"id"`
	Code         string         `json:"code"`
	ClientID     string         `json:"clientId"`
	Repeated     bool           `json:"repeated"` // the report was here already; nothing was added twice
	Phase        report.Phase   `json:"phase"`
	RegisteredAt time.Time      `json:"registeredAt"`
	Position     *Position      `json:"position,omitempty"` // absent while it is pending
	Routing      report.Routing `json:"routing"`
	District     *AreaView      `json:"district,omitempty"`
	Photos       []PhotoView    `json:"photos"`
	TrackToken   string         `json:"trackToken"`
	TrackURL     string         `json:"trackUrl"`
	Message      string         `json:"message"`    // a sentence in the reporter's language
	Duplicates   []Duplicate    `json:"duplicates"` // reports that may be of the same thing, at most five
}

// A Position is where a report is.
type Position struct {
	Lon       float64            `json:"lon"` // degrees, WGS84
	Lat       float64            `json:"lat"`
	AccuracyM float64            `json:"accuracyM,omitempty"` // metres
	Source    report.PointSource `json:"source"`
}

// An AreaView names an area.
type AreaView struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
}

// A PhotoView is a photo without its bytes and without anything its camera
// wrote into it.
type PhotoView struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	SHA256 string `json:"sha256,omitempty"` // of the original; for its sender and the staff
	Width  int    `json:"width"`            // pixels, upright, of the original
	Height int    `json:"height"`
	Large  string `json:"large"` // where its 1280 px rendition is
	Small  string `json:"small"` // where its 320 px rendition is
}

// A Tracking is what the holder of a private link sees: the public phase, the
// dates and what was said to the public or to the reporter. No name, no
// contact, no position.
type Tracking struct {
	Code            string        `json:"code"`
	Phase           report.Phase  `json:"phase"`
	PhaseLabel      string        `json:"phaseLabel"`
	Status          string        `json:"status"` // a sentence
	Object          string        `json:"object,omitempty"`
	District        string        `json:"district,omitempty"`
	RegisteredAt    time.Time     `json:"registeredAt"`
	ScheduledFor    report.Date   `json:"scheduledFor,omitempty"`
	ClosedAt        time.Time     `json:"closedAt,omitzero"`
	Messages        []MessageView `json:"messages"`
	Photos          []PhotoView   `json:"photos"`
	FollowedMaster  string        `json:"followedMaster,omitempty"` // code of the report this one was joined to
	PositionPending bool          `json:"positionPending"`          // we still need to know where
}

// A MessageView is one message in words.
type MessageView struct {
	At       time.Time `json:"at"`
	Audience string    `json:"audience"`
	Text     string    `json:"text"`
}

// A ReportView is a report as one of its readers may see it.
type ReportView struct {
	Audience report.Audience `json:"audience"`
	Report   map[string]any  `json:"report"` // the columns that audience may see
	Events   []EventView     `json:"events"`
	Messages []MessageView   `json:"messages"`
	Photos   []PhotoView     `json:"photos"`
	Moves    []string        `json:"moves"` // names of the calls the reader may make now
}

// An EventView is one line of a history.
type EventView struct {
	ID         string       `json:"id"`
	Seq        int64        `json:"seq"`
	Type       string       `json:"type"`
	From       report.State `json:"from"`
	To         report.State `json:"to"`
	ActorRole  report.Role  `json:"actorRole"`
	OccurredAt time.Time    `json:"occurredAt"`
	RecordedAt time.Time    `json:"recordedAt"`
}

// A Query narrows a list or a map; empty fields do not narrow.
type Query struct {
	States    []report.State
	Routings  []report.Routing
	Districts []string // ids or codes
	BBox      *[4]float64
	Text      string // part of a code
	After     string
	Limit     int
}

// A Page is one page of a list.
type Page struct {
	Reports []map[string]any `json:"reports"`
	Next    string           `json:"next,omitempty"` // hand it in as after for the next page
}

// A FeatureCollection is GeoJSON (RFC 7946) of points.
type FeatureCollection struct {
	Type     string    `json:"type"`
	Features []Feature `json:"features"`
	// Truncated says that there are more than one answer may hold: look closer.
	Truncated bool `json:"truncated"`
}

// A Feature is one report on the map.
type Feature struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Geometry   Geometry       `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

// A Geometry is a GeoJSON point: lon, lat in degrees.
type Geometry struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"`
}

// A DeviceRequest registers a device or tells what changed on it.
type DeviceRequest struct {
	ID         string `json:"id"` // made on the device, 15 characters of a-z0-9
	Name       string `json:"name,omitempty"`
	Platform   string `json:"platform"` // android, ios, web, go
	PushToken  string `json:"pushToken,omitempty"`
	AppVersion string `json:"appVersion,omitempty"`
	Language   string `json:"language,omitempty"`
	Timezone   string `json:"timezone,omitempty"`
}

// A DeviceView is a registered device.
type DeviceView struct {
	ID         string    `json:"id"`
	Name       string    `json:"name,omitempty"`
	Platform   string    `json:"platform"`
	State      string    `json:"state"` // active, locked, wipe
	HasToken   bool      `json:"hasToken"`
	LastSeenAt time.Time `json:"lastSeenAt,omitzero"`
}

// A Located is the answer to "who is responsible here?".
type Located struct {
	Routing   report.Routing    `json:"routing"`
	District  *AreaView         `json:"district,omitempty"`
	Uncertain bool              `json:"uncertain"`
	Trace     report.RouteTrace `json:"trace"`
	Reason    string            `json:"reason"` // a sentence
}

// A Me is who the caller is.
type Me struct {
	ID       report.PersonID `json:"id"`
	Name     string          `json:"name"`
	Language string          `json:"language"`
	Roles    []report.Grant  `json:"roles"`
}

// A Result is how a call ended.
type Result struct {
	Report  report.Report `json:"-"`
	ID      report.ID     `json:"report"`
	Code    string        `json:"code"`
	Version int64         `json:"version"`
	State   report.State  `json:"state"`
	Event   string        `json:"event,omitempty"` // id of the event it left
	Status  string        `json:"status"`          // applied, merged, noop
	Repeat  bool          `json:"repeated"`        // the answer of an earlier, equal call

	Duplicates []Duplicate `json:"duplicates,omitempty"` // of a new report: what may be of the same thing
}

// An ObjectType is a thing that can be reported, in the reader's language.
type ObjectType struct {
	store.ObjectType
	Label string `json:"label"`
}
