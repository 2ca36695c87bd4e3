package mobileapi

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
)

// What tests look at from inside.

// Network is network.
var Network = network

// A Limiter is a limiter.
type Limiter = limiter

// NewLimiter returns one that remembers size keys.
func NewLimiter(perMinute, burst, size int) *Limiter { return newLimiter(perMinute, burst, size) }

// Take counts one request.
func (l *limiter) Take(key string, now time.Time) time.Duration { return l.take(key, now) }

// A Reader is a door without a house: it reads reports, and knows nobody to
// hand them to.
type Reader struct{ api API }

// NewReader returns one.
func NewReader(cfg Config) *Reader {
	return &Reader{API{cfg: cfg, held: held{limit: cfg.MaxHeld}}}
}

// Read reads a report from a body, as the route does.
func (r *Reader) Read(contentType string, data []byte) (desk.Submission, error) {
	req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(data))
	req.Header.Set("Content-Type", contentType)
	e := &core.RequestEvent{}
	e.Request, e.Response = req, httptest.NewRecorder()
	b, err := r.api.open(e, Body{Types: []string{typeForm, typeJSON}, Limit: r.api.cfg.MaxBody})
	if err != nil {
		return desk.Submission{}, err
	}
	s, release, err := r.api.readReport(b)
	release()
	return s, err
}

// Held returns how many bytes of photos are counted as in memory.
func (r *Reader) Held() int64 { return r.api.held.now.Load() }
