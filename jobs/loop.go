// Package jobs runs what happens by itself: the sender of the outbox and the
// periodic sweeps. It is the only room besides cmd that starts goroutines, and
// every one of them has a context that stops it and an owner that waits for it.
//
// It refuses to decide: what is sent, swept or escalated is asked of the rules
// and of the store it is given.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// restartDelay keeps a loop that breaks at once from spinning.
const restartDelay = 5 * time.Second

// A Loop runs until its context ends.
type Loop func(ctx context.Context) error

// A Group is a set of loops that start and stop together. Its zero value is
// not usable; see NewGroup. Starting twice starts once, stopping twice stops
// once, and a stopped group can be started again.
type Group struct {
	log *slog.Logger

	mu     sync.Mutex
	loops  []named
	cancel context.CancelFunc // nil while stopped
	wait   *sync.WaitGroup    // of the running loops
}

type named struct {
	name string
	loop Loop
}

// NewGroup returns a group without loops that logs to log.
func NewGroup(log *slog.Logger) *Group { return &Group{log: log} }

// Add adds a loop that Start will start. A loop added to a running group waits
// for the next Start.
func (g *Group) Add(name string, loop Loop) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loops = append(g.loops, named{name, loop})
}

// Start starts every loop. They end when ctx does or Stop is called. A loop that
// panics or returns while it should run is logged and started again.
func (g *Group) Start(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cancel != nil {
		return
	}
	ctx, g.cancel = context.WithCancel(ctx)
	g.wait = &sync.WaitGroup{}
	for _, n := range g.loops {
		g.wait.Go(func() { g.keep(ctx, n) })
	}
}

// Stop ends every loop and returns when all have ended.
func (g *Group) Stop() {
	g.mu.Lock()
	cancel, wait := g.cancel, g.wait
	g.cancel = nil
	g.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if wait != nil {
		wait.Wait()
	}
}

// keep runs one loop until ctx ends.
func (g *Group) keep(ctx context.Context, n named) {
	for ctx.Err() == nil {
		err := calm(ctx, n.loop)
		if ctx.Err() != nil {
			return
		}
		g.log.ErrorContext(ctx, "a background loop ended and is started again", "loop", n.name, "error", err)
		pause(ctx, restartDelay)
	}
}

// calm runs loop and returns its panic as an error.
func calm(ctx context.Context, loop Loop) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return loop(ctx)
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Every returns a loop that calls fn once every period, never twice at the same
// time, for as long as lead says that this process is the one to do it. What fn
// returns is logged; the next period tries again.
func Every(period time.Duration, name string, lead Leadership, log *slog.Logger, fn func(context.Context) error) Loop {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
			if !lead.Leads() {
				continue
			}
			if err := calm(ctx, fn); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "a periodic job stopped early", "job", name, "error", err)
			}
		}
	}
}

// Leadership says whether this process is the one to do background work. Today
// there is one process, and it is.
type Leadership interface{ Leads() bool }

// Alone is the leadership of the only process.
type Alone struct{}

// Leads returns true.
func (Alone) Leads() bool { return true }
