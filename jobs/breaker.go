package jobs

import (
	"sync"
	"time"

	"github.com/sestante/sestante/notify"
)

// The breaker looks at the last windowSize pushes. When at least tripAt of
// them, and more than one in five, were refused as another project's, it is our
// account that is wrong and not the devices.
const (
	windowSize   = 20
	tripAt       = 5
	breakerPause = 5 * time.Minute
)

// A breaker remembers how the last pushes went. It holds the channel closed
// while the push service asks for it, or while our own account seems wrong, and
// says whether a doubtful refusal is the device's. It forgets everything when
// the process ends, which costs a few pushes to learn again.
type breaker struct {
	mu       sync.Mutex
	window   [windowSize]bool // true: refused as another project's
	used     int
	next     int
	until    time.Time // nothing is sent before
	accepted bool      // some push was taken since the window last tripped
	causes   map[notify.Cause]bool
}

func newBreaker() *breaker { return &breaker{causes: map[notify.Cause]bool{}} }

// closedUntil returns until when nothing may be sent; zero means it may.
func (b *breaker) closedUntil(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		return b.until
	}
	return time.Time{}
}

// pause closes the channel for at least d.
func (b *breaker) pause(now time.Time, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := now.Add(d); until.After(b.until) {
		b.until = until
	}
}

// note takes in one result of a push of cause. It returns true when this one
// closes the channel because the account seems wrong.
func (b *breaker) note(now time.Time, cause notify.Cause, r notify.Result) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Verdict == notify.Sent {
		b.accepted, b.causes[cause] = true, true
	}
	b.window[b.next] = r.Reason == "sender_mismatch"
	b.next = (b.next + 1) % windowSize
	b.used = min(b.used+1, windowSize)
	refused := 0
	for _, is := range b.window[:b.used] {
		if is {
			refused++
		}
	}
	if refused < tripAt || refused*5 <= b.used {
		return false
	}
	b.used, b.next, b.accepted = 0, 0, false
	clear(b.causes)
	b.until = now.Add(breakerPause)
	return true
}

// believes reports whether a Prune holds: a doubtful one only where the account
// works, and for a refused message only where others took the same kind.
func (b *breaker) believes(cause notify.Cause, r notify.Result) bool {
	if !r.Doubtful {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Reason == "sender_mismatch" {
		return b.accepted
	}
	return b.causes[cause]
}
