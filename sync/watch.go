package fieldsync

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sestante/sestante/report"
)

// How a stream behaves.
const (
	Coalesce  = 250 * time.Millisecond // between two pokes, at least
	Heartbeat = 25 * time.Second       // between two signs of life, unless the stream says otherwise
	pollEvery = time.Second            // how soon a commit of another process is seen
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
	Seq    int64 // of the log
	Any    bool
	P      int
	State  DeviceState
	Scopes []int64 // that the person holds
}

// Changed is whom a stretch of the log concerns.
type Changed struct {
	Seq    int64             // the stretch reaches at least to here
	Scopes []int64           // in which something entered, changed or left
	People []report.PersonID // who gained or lost a scope
}

// A Newsroom answers for the storage.
type Newsroom interface {
	// News looks for changes in the person's scopes, and of the scopes, with
	// numbers above after. A device of somebody else is ErrDevice.
	News(ctx context.Context, who report.PersonID, device string, after int64) (News, error)
	// Since returns whom the changes with numbers above after concern.
	Since(ctx context.Context, after int64) (Changed, error)
}

// A Hub wakes the streams that a commit concerns, and no other: it knows which
// listen to which scope, and one look at the log serves them all. The zero Hub
// is ready; it is safe for concurrent use.
//
// It has no goroutine of its own. Of the streams that have nothing to do, one
// looks at the log for all (it holds the lead), and hands the lead on before it
// turns to its own device, which may be slow.
type Hub struct {
	once    sync.Once
	stirred chan struct{} // something was committed
	lead    chan struct{} // holds one token, unless a stream has it

	mu      sync.Mutex
	seq     int64 // every change up to here was passed on
	known   bool  // seq is
	scopes  map[int64]map[*listener]struct{}
	people  map[report.PersonID]map[*listener]struct{}
	devices map[string]map[*listener]struct{}
}

type listener struct {
	who    report.PersonID
	device string
	scopes []int64 // sorted
	wake   chan struct{}
}

func (l *listener) rouse() {
	select {
	case l.wake <- struct{}{}:
	default: // it has been told and has not looked yet
	}
}

func (h *Hub) ready() {
	h.once.Do(func() {
		h.stirred, h.lead = make(chan struct{}, 1), make(chan struct{}, 1)
		h.lead <- struct{}{}
		h.scopes = map[int64]map[*listener]struct{}{}
		h.people = map[report.PersonID]map[*listener]struct{}{}
		h.devices = map[string]map[*listener]struct{}{}
	})
}

// Stir tells the hub that something was committed.
func (h *Hub) Stir() {
	h.ready()
	select {
	case h.stirred <- struct{}{}:
	default:
	}
}

// Look tells the streams of a device to look at once: what the device may do has
// changed.
func (h *Hub) Look(device string) {
	h.ready()
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.devices[device] {
		l.rouse()
	}
}

func (h *Hub) join(who report.PersonID, device string) *listener {
	h.ready()
	l := &listener{who: who, device: device, wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	enter(h.people, who, l)
	enter(h.devices, device, l)
	return l
}

func (h *Hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	exitFrom(h.people, l.who, l)
	exitFrom(h.devices, l.device, l)
	for _, s := range l.scopes {
		exitFrom(h.scopes, s, l)
	}
	if len(h.people) == 0 {
		h.known = false // nobody follows the log any more
	}
}

// settle notes what a listener listens to, as it was when the log had reached
// seq. What was passed on in between it may have missed: then it looks again.
func (h *Hub) settle(l *listener, scopes []int64, seq int64) {
	slices.Sort(scopes)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(scopes, l.scopes) {
		for _, s := range l.scopes {
			exitFrom(h.scopes, s, l)
		}
		for _, s := range scopes {
			enter(h.scopes, s, l)
		}
		l.scopes = scopes
	}
	if !h.known {
		h.seq, h.known = seq, true
	}
	if h.seq > seq {
		l.rouse()
	}
}

func enter[K comparable](index map[K]map[*listener]struct{}, k K, l *listener) {
	if index[k] == nil {
		index[k] = map[*listener]struct{}{}
	}
	index[k][l] = struct{}{}
}

func exitFrom[K comparable](index map[K]map[*listener]struct{}, k K, l *listener) {
	if delete(index[k], l); len(index[k]) == 0 {
		delete(index, k)
	}
}

// pass wakes whom the log concerns since the last time. Only who holds the lead
// calls it.
func (h *Hub) pass(ctx context.Context, room Newsroom) error {
	h.mu.Lock()
	after := h.seq
	h.mu.Unlock()
	changed, err := room.Since(ctx, after)
	if err != nil || changed.Seq <= after {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range changed.Scopes {
		for l := range h.scopes[s] {
			l.rouse()
		}
	}
	for _, p := range changed.People {
		for l := range h.people[p] {
			l.rouse()
		}
	}
	h.seq = max(h.seq, changed.Seq)
	return nil
}

// A Stream is one device that listens.
type Stream struct {
	Hub   *Hub
	News  Newsroom
	Who   report.PersonID
	ID    string        // of the device
	After int64         // the last number it was told of
	Beat  time.Duration // between two signs of life; 0: Heartbeat
	Now   func() time.Time
	Wait  func(time.Duration) <-chan time.Time // time.After
}

// Watch tells emit about everything the device should know (Poke, Beat,
// Command) until ctx ends or emit fails. It runs in the caller's goroutine, and
// looks at what the person holds, and at what the device may do, at every poke
// and every sign of life.
func Watch(ctx context.Context, s Stream, emit func(event any) error) error {
	if s.Beat <= 0 {
		s.Beat = Heartbeat
	}
	l := s.Hub.join(s.Who, s.ID)
	defer s.Hub.leave(l)
	told, state := s.After, DeviceState("")
	beat := s.Wait(s.Beat)
	for {
		news, err := s.News.News(ctx, s.Who, s.ID, told)
		if err == nil && told > news.Seq { // told of days that a restore has undone
			told = 0
			news, err = s.News.News(ctx, s.Who, s.ID, told)
		}
		if err != nil {
			return err
		}
		s.Hub.settle(l, news.Scopes, news.Seq)
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
		beaten, err := s.rest(ctx, l, beat)
		if err != nil {
			return err
		}
		if beaten {
			beat = s.Wait(s.Beat)
			if err := emit(Beat{Now: s.Now().UTC(), Seq: told}); err != nil {
				return err
			}
		}
	}
}

// rest waits until there may be something to tell, and looks at the log for
// all streams when no other does. It reports whether a sign of life is due.
func (s Stream) rest(ctx context.Context, l *listener, beat <-chan time.Time) (beaten bool, err error) {
	h := s.Hub
	select { // what comes within this time is told at once at its end
	case <-ctx.Done():
		return false, ctx.Err()
	case <-beat:
		return true, nil
	case <-s.Wait(Coalesce):
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-l.wake:
		return false, nil
	case <-beat:
		return true, nil
	case <-h.lead:
	}
	defer func() { h.lead <- struct{}{} }()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-l.wake:
			return false, nil
		case <-beat:
			return true, nil
		case <-h.stirred:
		case <-s.Wait(pollEvery):
		}
		if err := h.pass(ctx, s.News); err != nil {
			return false, err
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
