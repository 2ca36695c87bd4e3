package desk

import "time"

// maxAge is how long ago something reported online may have happened: older
// claims are a clock gone wrong.
const maxAge = 366 * 24 * time.Hour

// clamp returns when something happened: what the client says, if that is
// neither in the future nor absurdly long ago, and now otherwise. A client's
// clock is never a reason to refuse.
func clamp(claimed, now time.Time) time.Time {
	if claimed.IsZero() || claimed.After(now) || now.Sub(claimed) > maxAge {
		return now
	}
	return claimed
}
