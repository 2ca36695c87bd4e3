package fcm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"firebase.google.com/go/v4/errorutils"
	"firebase.google.com/go/v4/messaging"
	"golang.org/x/oauth2"

	"github.com/sestante/sestante/notify"
)

// How long nothing is sent, at least.
const (
	quotaPause   = time.Minute      // Firebase refills its bucket every minute
	accountPause = 5 * time.Minute  // a person has to mend the account
	thirdParty   = 15 * time.Minute // a person has to mend the key Apple or a browser wants
)

// classify says what to do about err. The client's helpers look at the error
// itself, not at what it wraps: err must come as the client returned it.
//
// The table is Firebase's (https://firebase.google.com/docs/cloud-messaging/error-codes);
// what it does not name is tried again, because it may come from anything on
// the way.
func classify(err error, t *try, token string) notify.Result {
	status, header, network := t.answer()
	r := notify.Result{RetryAfter: retryAfter(header), Error: scrub(err, token)}
	switch {
	case messaging.IsUnregistered(err):
		r.Verdict, r.Reason = notify.Prune, "unregistered"
	case messaging.IsSenderIDMismatch(err):
		r.Verdict, r.Reason, r.Doubtful = notify.Prune, "sender_mismatch", true
	case messaging.IsInvalidArgument(err):
		r.Verdict, r.Reason, r.Doubtful = notify.Prune, "bad_token", true
	case messaging.IsQuotaExceeded(err) || status == http.StatusTooManyRequests:
		r.Verdict, r.Reason, r.RetryAfter = notify.Pause, "quota", max(r.RetryAfter, quotaPause)
	case messaging.IsThirdPartyAuthError(err):
		r.Verdict, r.Reason, r.RetryAfter = notify.Retry, "third_party_auth", max(r.RetryAfter, thirdParty)
	case accountRefused(status, network):
		r.Verdict, r.Reason, r.RetryAfter = notify.Pause, "account", max(r.RetryAfter, accountPause)
	case status == http.StatusBadRequest && errorutils.IsInvalidArgument(err):
		r.Verdict, r.Reason = notify.Dead, "bad_message"
	case status == 0 && network == nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		r.Verdict, r.Reason = notify.Dead, "bad_message" // the client refused it before it left
	default:
		r.Verdict, r.Reason = notify.Retry, transient(status, network, err)
	}
	if network != nil {
		r.Error = scrub(network, token)
	}
	return r
}

// accountRefused reports whether our credentials were refused: by the service,
// or by the token endpoint before it.
func accountRefused(status int, network error) bool {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](network); ok {
		return refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError
	}
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// transient names a failure that passes by itself. The client's own error says
// "cancelled" after every network failure, because single cancels: what the
// network said goes first.
func transient(status int, network, err error) string {
	cause := err
	if network != nil {
		cause = network
	}
	switch {
	case status != 0:
		return fmt.Sprintf("http_%d", status)
	case errors.Is(cause, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(cause, context.Canceled):
		return "stopped"
	default:
		return "network"
	}
}

// scrub returns err's text, short and without the token, which some answers
// repeat.
func scrub(err error, token string) error {
	text := err.Error()
	if token != "" {
		text = strings.ReplaceAll(text, token, "…")
	}
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return errors.New(text)
}
