package mobileapi

import (
	"context"
	"sync"
)

// A gate counts the requests under way and can be shut. open must be called
// once before use.
type gate struct {
	mu       sync.Mutex
	inside   int
	draining chan struct{} // closed when the gate shuts
	empty    chan struct{} // closed when it is shut and nobody is inside
}

func (g *gate) open() {
	g.draining, g.empty = make(chan struct{}), make(chan struct{})
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

func (g *gate) shut() bool {
	select {
	case <-g.draining:
		return true
	default:
		return false
	}
}

// drain shuts the gate and waits until everybody has left or ctx ends. It may
// be called twice.
func (g *gate) drain(ctx context.Context) error {
	g.mu.Lock()
	if !g.shut() {
		close(g.draining)
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
