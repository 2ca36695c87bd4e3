package fieldsync

import (
	"context"
	"sync"
	"time"

	"github.com/sestante/sestante/report"
)

// How a stream behaves.
const (
	Coalesce  = 250 * time.Millisecond // between two pokes, at least
	Heartbeat = 25 * time.Second
	pollEvery = time.Second // how soon a commit of another process is seen
)

// The events of a stream. A stream never carries data: a device that is poked
// pulls.
type (
	// Poke says that something in the person's scopes changed: the number the
	// log has reached, and the most urgent priority among what changed.
	Poke struct {
		Seq int64 `json:"seq"`
		P   int   `json:"p"`
	}
	// Beat says that the stream lives.
	Beat struct {
		Now time.Time `json:"now"`
		Seq int64     `json:"seq"`
	}
)

// News is what a stream has to tell: whether anything the person holds is
// newer than what was told, and what the device must do.
type News struct {
	Seq   int64 // of the log
	Any   bool
	P     int
	State DeviceState
}

// A Newsroom answers for the storage.
type Newsroom interface {
	// News looks for changes in the person's scopes, and of the scopes, with
	// numbers above after. A device of somebody else is ErrDevice.
	News(ctx context.Context, who report.PersonID, device string, after int64) (News, error)
	// Head returns the epoch and the last number of the log.
	Head(ctx context.Context) (Head, error)
}

// A Hub wakes streams after commits. The zero Hub is ready; it is safe for
// concurrent use.
type Hub struct {
	mu     sync.Mutex
	seq    int64         // the last number anybody told us of
	woken  chan struct{} // closed at the next commit; nil while nobody waits
	polled time.Time
}

// Committed tells the hub that the log has reached seq, as somebody found who
// looked.
func (h *Hub) Committed(seq int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq > h.seq {
		h.seq = seq
		h.rouse()
	}
}

// Stir tells the hub that something was committed: every stream looks.
func (h *Hub) Stir() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rouse()
}

func (h *Hub) rouse() {
	if h.woken != nil {
		close(h.woken)
		h.woken = nil
	}
}

// wake returns a channel that the next commit closes.
func (h *Hub) wake() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.woken == nil {
		h.woken = make(chan struct{})
	}
	return h.woken
}

// due reports, to one caller in each interval, that it is time to ask the
// storage for the commits of other processes.
func (h *Hub) due(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.polled) < pollEvery && !now.Before(h.polled) {
		return false
	}
	h.polled = now
	return true
}

// A Stream is one device that listens.
type Stream struct {
	Hub   *Hub
	News  Newsroom
	Who   report.PersonID
	ID    string // of the device
	After int64  // the last number it was told of
	Now   func() time.Time
	Wait  func(time.Duration) <-chan time.Time // time.After
}

// Watch tells emit about everything the device should know (Poke, Beat,
// Command) until ctx ends or emit fails. It runs in the caller's goroutine and
// checks what the person holds at every poke.
func Watch(ctx context.Context, s Stream, emit func(event any) error) error {
	told, state := s.After, DeviceState("")
	beat := s.Wait(Heartbeat)
	for {
		woken := s.Hub.wake() // before we look, so that no commit is missed
		news, err := s.News.News(ctx, s.Who, s.ID, told)
		if err != nil {
			return err
		}
		if news.State != state {
			state = news.State
			for _, c := range state.Command() {
				if err := emit(c); err != nil {
					return err
				}
			}
		}
		if news.Any && len(state.Command()) == 0 {
			if err := emit(Poke{Seq: news.Seq, P: news.P}); err != nil {
				return err
			}
		}
		told = max(told, news.Seq)
		if beat, err = s.rest(ctx, woken, beat, told, emit); err != nil {
			return err
		}
	}
}

// rest waits until there may be something to tell.
func (s Stream) rest(ctx context.Context, woken <-chan struct{}, beat <-chan time.Time, told int64, emit func(any) error) (<-chan time.Time, error) {
	select { // what comes within this time is told at once at its end
	case <-ctx.Done():
		return beat, ctx.Err()
	case <-s.Wait(Coalesce):
	}
	for {
		select {
		case <-ctx.Done():
			return beat, ctx.Err()
		case <-woken:
			return beat, nil
		case <-beat:
			return s.Wait(Heartbeat), emit(Beat{Now: s.Now().UTC(), Seq: told})
		case <-s.Wait(pollEvery):
			if !s.Hub.due(s.Now()) {
				continue
			}
			head, err := s.News.Head(ctx)
			if err != nil {
				return beat, err
			}
			s.Hub.Committed(head.Seq)
		}
	}
}

// Gates are the two places where replication will stand: what was committed
// may be shown only up to the watermark, and an acknowledgement waits at the
// durability gate. Without replication both let everything pass at once.
type Gates struct {
	// Watermark returns how much of a log that reached head may be shown; nil
	// is all of it.
	Watermark func(ctx context.Context, head int64) (int64, error)
	// Durable returns when everything up to seq is safe; nil is at once.
	Durable func(ctx context.Context, seq int64) error
}

// Acknowledge waits until what a push did may be acknowledged.
func (g Gates) Acknowledge(ctx context.Context, seq int64) error {
	if g.Durable == nil {
		return nil
	}
	return g.Durable(ctx, seq)
}

// Shown returns how much of a log that reached head may be shown.
func (g Gates) Shown(ctx context.Context, head int64) (int64, error) {
	if g.Watermark == nil {
		return head, nil
	}
	return g.Watermark(ctx, head)
}
