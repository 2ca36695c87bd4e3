package fieldsync

import (
	"encoding/json"
	"time"

	"github.com/sestante/sestante/report"
)

// A Side is one of the two values of a conflict.
type Side string

// The sides of a conflict.
const (
	Mine   Side = "mine"   // of the device whose mutation met the other
	Theirs Side = "theirs" // that stood when the mutation came
)

// A Conflict is one field that two people changed at once, and the value that
// lost: nothing anybody wrote is gone.
type Conflict struct {
	ID     string          `json:"cid"`
	Coll   string          `json:"c"`
	Record string          `json:"id"`
	Field  string          `json:"f"`
	Base   json.RawMessage `json:"base,omitempty"` // what the author saw, when they said it
	Mine   json.RawMessage `json:"mine"`
	Theirs json.RawMessage `json:"theirs"`
	Kept   Side            `json:"kept"` // which of the two stands

	Device    string          `json:"did"`
	Mid       int64           `json:"mid"`
	Person    report.PersonID `json:"person"` // who sent Mine
	Seq       int64           `json:"seq"`
	At        time.Time       `json:"at"`
	State     ConflictState   `json:"state"`
	DecidedBy report.PersonID `json:"decidedBy,omitempty"`
	DecidedAt time.Time       `json:"decidedAt,omitzero"`
}

// A ConflictState says whether a person has looked at a conflict.
type ConflictState string

// The states of a conflict.
const (
	ConflictOpen    ConflictState = "open"
	ConflictDecided ConflictState = "decided"
)
