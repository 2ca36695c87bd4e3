package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/notify"
)

// ErrConfig answers for a loop that lacks something it needs.
var ErrConfig = fault.Define(fault.Internal, "jobs.config",
	"A background job lacks something it needs.", "A un'attività in background manca qualcosa.")

// An Outbox keeps notices and leases them. Every call is a short transaction of
// its own.
type Outbox interface {
	// ClaimNotices leases due notices, at most one a person unless urgent.
	ClaimNotices(ctx context.Context, now time.Time, owner string, lease time.Duration, limit int) ([]notify.Claim, error)
	// DevicesOf returns where a person can be reached; a disabled one nowhere.
	DevicesOf(ctx context.Context, now time.Time, person notify.PersonID) ([]notify.Device, error)
	// DeliveriesOf returns how a notice went so far, by device.
	DeliveriesOf(ctx context.Context, notice notify.ID) (map[notify.DeviceID]string, error)
	// SettleNotice ends a claim; false means that the lease was lost.
	SettleNotice(ctx context.Context, now time.Time, owner string, e notify.Settlement) (bool, error)
}

// A Channel sends one push to one device, once. It takes no longer than
// Config.SendTimeout and never panics on bad input.
type Channel interface {
	Send(ctx context.Context, p notify.Push) notify.Result
}

// A Config is what a Sender works with. Fields that say so may be left zero.
type Config struct {
	Outbox  Outbox
	Channel Channel
	Name    string           // of the channel in the deliveries: fcm
	Owner   string           // names this process in the leases; unlike any other's
	Now     func() time.Time // the clock
	Log     *slog.Logger

	Workers     int             // notices sent at the same time; zero means 4
	Lease       time.Duration   // zero means a minute; at least twice SendTimeout
	SendTimeout time.Duration   // what one push takes at most; zero means 10 s
	MaxAttempts int             // zero means 12
	Poll        time.Duration   // zero means 2 s
	Grace       time.Duration   // what a push under way gets when the sender stops; zero means 3 s
	Wake        <-chan struct{} // says that something was enqueued; nil: only Poll
	Jitter      func() float64  // in [0, 1); nil means chance
	Leadership  Leadership      // nil means Alone
}

// A Sender takes notices out of the outbox and pushes them to people's devices.
// A notice is sent at least once: when the process dies between the push and its
// settlement, the lease lapses and it is sent again under the same id, which
// the app knows.
type Sender struct {
	cfg     Config
	breaker *breaker
}

// NewSender returns a sender. It returns ErrConfig, with the field, when
// something is missing or does not fit.
func NewSender(cfg Config) (*Sender, error) {
	cfg.Workers = cmp.Or(cfg.Workers, 4)
	cfg.Lease = cmp.Or(cfg.Lease, time.Minute)
	cfg.SendTimeout = cmp.Or(cfg.SendTimeout, 10*time.Second)
	cfg.MaxAttempts = cmp.Or(cfg.MaxAttempts, 12)
	cfg.Poll = cmp.Or(cfg.Poll, 2*time.Second)
	cfg.Grace = cmp.Or(cfg.Grace, 3*time.Second)
	cfg.Name = cmp.Or(cfg.Name, "fcm")
	if cfg.Jitter == nil {
		cfg.Jitter = rand.Float64
	}
	if cfg.Leadership == nil {
		cfg.Leadership = Alone{}
	}
	field := ""
	switch {
	case cfg.Outbox == nil:
		field = "outbox"
	case cfg.Channel == nil:
		field = "channel"
	case cfg.Now == nil:
		field = "now"
	case cfg.Log == nil:
		field = "log"
	case cfg.Owner == "":
		field = "owner"
	case cfg.Workers < 0:
		field = "workers"
	case cfg.Lease < 2*cfg.SendTimeout:
		field = "lease"
	}
	if field != "" {
		return nil, fmt.Errorf("set up the sender: %w", ErrConfig.In(field))
	}
	return &Sender{cfg: cfg, breaker: newBreaker()}, nil
}

// Run sends until ctx ends: whenever it is woken, and every Poll. When it is
// stopped, pushes under way get Grace to end, and what was not begun goes back.
func (s *Sender) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.cfg.Poll)
	defer ticker.Stop()
	for {
		n, err := s.Step(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.cfg.Log.ErrorContext(ctx, "the outbox cannot be read", "error", err)
		}
		if n > 0 && err == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		case <-s.cfg.Wake:
		}
	}
}

// perWorker is how many notices a worker has before it at most: few, so that
// none waits until its lease lapses.
const perWorker = 4

// Step claims what is due now, sends it, and returns how many notices it
// claimed. It returns 0 while the channel is paused or another process leads.
func (s *Sender) Step(ctx context.Context) (int, error) {
	now := s.cfg.Now()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !s.cfg.Leadership.Leads() || !s.breaker.closedUntil(now).IsZero() {
		return 0, nil
	}
	claims, err := s.cfg.Outbox.ClaimNotices(ctx, now, s.cfg.Owner, s.cfg.Lease, s.cfg.Workers*perWorker)
	if err != nil {
		return 0, err
	}
	queue := make(chan notify.Claim, len(claims))
	for _, c := range claims {
		queue <- c
	}
	close(queue)
	// Work under way outlives ctx by Grace: a push that is on the wire is settled
	// rather than sent twice.
	late, cancel := s.graceful(ctx)
	defer cancel()
	errs := make([]error, s.cfg.Workers)
	var workers sync.WaitGroup
	for i := range min(s.cfg.Workers, len(claims)) {
		workers.Go(func() {
			for c := range queue {
				errs[i] = errors.Join(errs[i], s.handle(ctx, late, c))
			}
		})
	}
	workers.Wait()
	return len(claims), errors.Join(errs...)
}

// graceful returns a context that ends Grace after ctx does.
func (s *Sender) graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		pause(late, s.cfg.Grace)
		cancel()
	})
	return late, func() {
		stop()
		cancel()
	}
}

// handle sends one claimed notice and settles it. A panic counts as a failed
// try: the others go on.
func (s *Sender) handle(ctx, late context.Context, c notify.Claim) error {
	var e notify.Settlement
	err := calm(late, func(late context.Context) error {
		var err error
		e, err = s.deliver(ctx, late, c)
		return err
	})
	if err != nil {
		s.cfg.Log.ErrorContext(late, "a notice could not be handled", "notice", string(c.ID), "cause", string(c.Cause), "error", err)
		e = s.again(c, "internal", 0)
	}
	e.Notice, e.Attempt = c.ID, c.Attempt
	// Settled even when Grace is over: what happened is written down.
	held, err := s.cfg.Outbox.SettleNotice(context.WithoutCancel(late), s.cfg.Now(), s.cfg.Owner, e)
	if err != nil {
		return err
	}
	if !held {
		s.cfg.Log.InfoContext(late, "a lease was lost before its notice was settled", "notice", string(c.ID))
	}
	if e.State == notify.StateDead {
		s.cfg.Log.ErrorContext(late, "a notice was given up", "notice", string(c.ID), "cause", string(c.Cause), "reason", e.Reason)
	}
	return nil
}

// again returns the settlement of a notice that is tried again, or given up
// after too many tries.
func (s *Sender) again(c notify.Claim, reason string, retryAfter time.Duration) notify.Settlement {
	if c.Attempt >= s.cfg.MaxAttempts {
		return notify.Settlement{State: notify.StateDead, Reason: reason}
	}
	wait := notify.Backoff(c.Attempt, retryAfter, s.cfg.Jitter)
	return notify.Settlement{State: notify.StatePending, Reason: reason, NotBefore: s.cfg.Now().Add(wait)}
}

// giveBack returns the settlement of a notice that was not tried.
func (s *Sender) giveBack(reason string, at time.Time) notify.Settlement {
	return notify.Settlement{State: notify.StatePending, Refund: true, Reason: reason, NotBefore: at}
}
