package report

import (
	"encoding/json"
	"time"
)

// A Call is something a person (or the system) wants to do to a report. It is
// the only way in: phones, console, partners, jobs and the command line all
// make calls.
type Call struct {
	ID         string          `json:"id"`         // made by the caller, 15 characters of a-z0-9; the key of exactly-once
	Name       string          `json:"name"`       // such as "report.dispatch"
	Report     ID              `json:"report"`     // the report it is about; submit may bring a new id
	Args       json.RawMessage `json:"args"`       // decoded strictly by the call's own arguments
	OccurredAt time.Time       `json:"occurredAt"` // when it happened, by the actor's device, already clamped
	Base       int64           `json:"base"`       // version of the report the actor saw; 0 means "unknown"
	Device     string          `json:"device"`     // empty for calls made online
	Source     string          `json:"source"`     // ui, sync, partner, system
	OffsetMs   int64           `json:"offsetMs"`   // measured clock offset of the device
	At         *Point          `json:"at"`         // where the actor was, when the device says so
}

// An Event is one accepted call, or one step the system took because of it.
// Events are only ever added.
type Event struct {
	ID         string          `json:"id"`
	Report     ID              `json:"report"`
	Seq        int64           `json:"seq"` // 1, 2, 3 ... within the report; equals the report's version after it
	Type       string          `json:"type"`
	From       State           `json:"from"`
	To         State           `json:"to"`
	Payload    json.RawMessage `json:"payload"`
	Actor      PersonID        `json:"actor"`
	ActorRole  Role            `json:"actorRole"`
	Device     string          `json:"device"`
	Call       string          `json:"call"` // id of the call that caused it
	Base       int64           `json:"base"`
	OccurredAt time.Time       `json:"occurredAt"`
	RecordedAt time.Time       `json:"recordedAt"`
	OffsetMs   int64           `json:"offsetMs"`
	At         *Point          `json:"at"`
	Source     string          `json:"source"`
	Org        OrgID           `json:"org"`
}
