package mobileapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// streams counts the open streams of each person.
type streams struct {
	most int

	mu   sync.Mutex
	open map[report.PersonID]int
}

// enter lets one more in, and returns false when the person has as many as
// allowed. Who came in must leave.
func (s *streams) enter(who report.PersonID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[who] >= s.most {
		return false
	}
	s.open[who]++
	return true
}

func (s *streams) leave(who report.PersonID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[who]--; s.open[who] <= 0 {
		delete(s.open, who)
	}
}

// errSignedOut ends the stream of somebody whose token holds no longer.
var errSignedOut = errors.New("signed out")

// stream tells a device when there is something to pull, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), until the
// device hangs up, the server stops, or its person is signed out.
func (a *API) stream(ctx context.Context, r *request) (answer, error) {
	device := r.query.Get("did")
	if device == "" {
		return answer{}, ErrRequired.In("did")
	}
	if !report.ValidID(device) {
		return answer{}, ErrValue.In("did").With("15 characters of a-z and 0-9")
	}
	if !a.streams.enter(r.who.ID) {
		return answer{}, ErrStreams.With("at most %d", a.streams.most)
	}
	after, _ := strconv.ParseInt(r.event.Request.Header.Get("Last-Event-ID"), 10, 64) // anything else starts from the beginning
	return answer{stream: func(ctx context.Context, w *writer) error {
		defer a.streams.leave(r.who.ID)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(a.gate.closed, cancel)() //nolint:contextcheck // it only ends this stream's own
		err := a.cfg.Sync.Watch(ctx, r.who, device, max(after, 0), func(event any) error {
			if err := a.stillIn(ctx, r); err != nil {
				return err
			}
			return sendEvent(w, event)
		})
		if ctx.Err() != nil || errors.Is(err, errSignedOut) {
			return nil
		}
		return err
	}}, nil
}

// stillIn asks again whether the token with which a stream was opened holds: a
// person who was shut out, or who changed the password, must not go on
// listening on a stream that was opened before.
func (a *API) stillIn(ctx context.Context, r *request) error {
	if _, err := r.event.App.FindAuthRecordByToken(r.token, core.TokenTypeAuth); err != nil {
		return errSignedOut
	}
	if _, err := a.cfg.Desk.Actor(ctx, r.who.ID); err != nil {
		if fault.Of(err).Kind == fault.NotFound {
			return errSignedOut
		}
		return err
	}
	return nil
}

// sendEvent writes one event. The id of a poke or a beat is the number the log
// has reached: a device that comes back hands it in as Last-Event-ID.
func sendEvent(w *writer, event any) error {
	data, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	switch e := event.(type) {
	case fieldsync.Poke:
		_, err = fmt.Fprintf(w, "id: %d\nevent: poke\ndata: %s\n\n", e.Seq, data)
	case fieldsync.Beat:
		_, err = fmt.Fprintf(w, "id: %d\nevent: hb\ndata: %s\n\n", e.Seq, data)
	case fieldsync.Command:
		_, err = fmt.Fprintf(w, "event: cmd\ndata: %s\n\n", data)
	default:
		return fmt.Errorf("an event of type %T", event)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}
