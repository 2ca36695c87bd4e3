package mobileapi

import (
	"context"
	"sync"
)

// A gate counts the requests under way and can be shut. open must be called
// once before use.
type gate struct {
	mu     sync.Mutex
	inside int
	closed context.Context // ends when the gate shuts: what has no end of its own ends with it
	close  context.CancelFunc
	empty  chan struct{} // closed when it is shut and nobody is inside
}

func (g *gate) open() {
	g.closed, g.close = context.WithCancel(context.Background())
	g.empty = make(chan struct{})
}

// enter lets a request in, and returns false when the gate is shut. Who came in
// must leave.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut() {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && g.shut() {
		close(g.empty)
	}
}

func (g *gate) shut() bool { return g.closed.Err() != nil }

// drain shuts the gate and waits until everybody has left or ctx ends. It may
// be called twice.
func (g *gate) drain(ctx context.Context) error {
	g.mu.Lock()
	if !g.shut() {
		g.close()
		if g.inside == 0 {
			close(g.empty)
		}
	}
	g.mu.Unlock()
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
