package fcm

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A try is what one Send saw on the wire.
type try struct {
	cancel context.CancelFunc

	mu     sync.Mutex
	status int
	header http.Header
	err    error
}

type tryKey struct{}

// begin starts one try that ends by itself after SendTimeout.
func begin(ctx context.Context) (context.Context, *try) {
	ctx, cancel := context.WithTimeout(ctx, SendTimeout)
	t := &try{cancel: cancel}
	return context.WithValue(ctx, tryKey{}, t), t
}

func (t *try) end() { t.cancel() }

// answer returns the status (0: nobody answered), the headers and the network
// error that were seen.
func (t *try) answer() (int, http.Header, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status, t.header, t.err
}

// single is a transport that lets one Send make one request. Google's client
// repeats 503 and network errors up to four times, which cannot be switched off
// (firebase-admin-go #720), blocks a worker for eight seconds and, when the time
// runs out, forgets what the service asked in Retry-After. Cancelling the try's
// context stops it; the try remembers the answer.
type single struct{ next http.RoundTripper }

// RoundTrip sends the request and notes the answer in the context's try.
func (s single) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(req)
	t, ok := req.Context().Value(tryKey{}).(*try)
	if !ok {
		return res, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.err = err
		t.cancel()
		return nil, err
	}
	t.status, t.header = res.StatusCode, res.Header
	if res.StatusCode == http.StatusServiceUnavailable {
		t.cancel()
	}
	return res, nil
}

// retryAfter reads the seconds of a Retry-After header; 0 when it has none. A
// date is allowed by RFC 9110 but never sent by Firebase.
func retryAfter(h http.Header) time.Duration {
	d, err := time.ParseDuration(h.Get("Retry-After") + "s")
	if err != nil || d < 0 {
		return 0
	}
	return min(d, 24*time.Hour)
}
