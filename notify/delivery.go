package notify

import (
	"math"
	"time"
)

// A Device is one installation of the app that can be reached by push.
type Device struct {
	ID       DeviceID
	Token    string // what the push service knows it by; never logged
	Platform string // android, ios, web, go
	Language string // what the device is set to, such as it-IT; may be empty
	Person   string // language the person chose; may be empty
}

// A Push is one message to one device.
type Push struct {
	Token    string
	Title    string
	Body     string
	Notice   ID // in the data, so that an app that has seen it ignores the second
	Cause    Cause
	Report   ReportID
	Collapse string
	TTL      time.Duration // how long the push service may keep it; at most four weeks
	Expires  time.Time     // the same as a moment, which is what Apple takes
	High     bool          // wakes the phone
}

// A Verdict is what to do after a push was tried.
type Verdict string

// The verdicts.
const (
	Sent  Verdict = "sent"  // the push service took it
	Retry Verdict = "retry" // try this device again later
	Prune Verdict = "prune" // the token is of no use any more
	Dead  Verdict = "dead"  // this message will never be taken: a person must look
	Pause Verdict = "pause" // nothing may be sent for a while
)

// A Result is how one push went.
type Result struct {
	Verdict    Verdict
	Reason     string // a code, such as unregistered or quota; empty when sent
	ProviderID string // name the push service gave the message
	RetryAfter time.Duration
	// Doubtful marks a Prune that may be our own mistake (wrong credentials, a
	// message nobody would take). It holds only where other devices took the
	// like; otherwise the token stays.
	Doubtful bool
	Error    error // for the log; it holds no token
}

// A Delivery is how one notice went to one device.
type Delivery struct {
	Notice     ID
	Device     DeviceID
	Channel    string // fcm, webpush, mail
	State      string // pending, sent, failed, pruned
	ProviderID string
	Error      string
	Title      string
	Body       string
	Language   string
	At         time.Time
}

// The states of a delivery.
const (
	DeliveryPending = "pending"
	DeliverySent    = "sent"
	DeliveryFailed  = "failed"
	DeliveryPruned  = "pruned"
)

// A State is where a notice stands in the outbox.
type State string

// The states of a notice.
const (
	StatePending    State = "pending"
	StateLeased     State = "leased"
	StateSent       State = "sent"
	StateSuperseded State = "superseded" // a newer one says it
	StateExpired    State = "expired"    // no longer worth telling, or nobody to tell it to
	StateDead       State = "dead"       // given up: a person must look
)

// A Claim is a notice somebody has taken to send. It is theirs until
// LeaseUntil; Attempt counts from 1 and, with the owner, names the lease.
type Claim struct {
	Notice
	Attempt    int
	LeaseUntil time.Time
}

// A Record is a notice with its history.
type Record struct {
	Notice
	Seq        int64
	State      State
	Attempts   int
	LastError  string // a code, or what the push service said
	SentAt     time.Time
	ReceivedAt time.Time // by the device's clock
	OpenedAt   time.Time // by the device's clock
}

// A Settlement is how a claim ended. Deliveries and Pruned are kept even when
// the lease was lost meanwhile: they happened.
type Settlement struct {
	Notice     ID
	Attempt    int       // of the claim
	State      State     // where the notice goes
	NotBefore  time.Time // when StatePending
	Refund     bool      // the attempt does not count: it was not the notice's fault
	Reason     string    // why it was not sent, a code
	Deliveries []Delivery
	Pruned     []string // tokens that are of no use any more
}

// The bounds of Backoff.
const (
	minBackoff = 10 * time.Second
	maxBackoff = time.Hour
)

// Backoff returns how long to wait before the next try, when attempt tries
// (1 and up) have gone wrong: ten seconds doubled each time, up to an hour,
// spread over its upper half by jitter, which returns a number in [0, 1). It
// never returns less than retryAfter, which the push service asked for.
func Backoff(attempt int, retryAfter time.Duration, jitter func() float64) time.Duration {
	doubled := float64(minBackoff) * math.Pow(2, float64(min(max(attempt, 1), 20)))
	top := min(doubled, float64(maxBackoff))
	wait := time.Duration(top/2 + jitter()*top/2)
	return max(wait, retryAfter, minBackoff)
}
