package mobileapi

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// A limiter allows each key so many requests a minute, and a burst. It
// remembers a bounded number of keys: the one not seen for longest goes first,
// which forgives it at most one burst.
type limiter struct {
	every rate.Limit
	burst int
	size  int

	mu   sync.Mutex
	keys map[string]*list.Element // of *bucket
	used *list.List               // most recently used first
}

type bucket struct {
	key string
	*rate.Limiter
}

func newLimiter(perMinute, burst, size int) *limiter {
	return &limiter{
		every: rate.Limit(float64(perMinute) / 60), burst: burst, size: size,
		keys: map[string]*list.Element{}, used: list.New(),
	}
}

// take counts one request of key, and returns how long to wait when there was
// one too many. One that is refused is not counted.
func (l *limiter) take(key string, now time.Time) (wait time.Duration) {
	r := l.bucket(key).ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// spent returns how long key must wait before it may be counted again, and 0
// when it need not wait.
func (l *limiter) spent(key string, now time.Time) time.Duration {
	missing := 1 - l.bucket(key).TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(l.every) * float64(time.Second))
}

func (l *limiter) bucket(key string) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.keys[key]; ok {
		l.used.MoveToFront(at)
		return at.Value.(*bucket)
	}
	if l.used.Len() >= l.size {
		oldest := l.used.Remove(l.used.Back()).(*bucket)
		delete(l.keys, oldest.key)
	}
	b := &bucket{key, rate.NewLimiter(l.every, l.burst)}
	l.keys[key] = l.used.PushFront(b)
	return b
}

// network returns the part of an address that one subscriber has for itself:
// an IPv4 address whole, of an IPv6 address the /64, within which anybody may
// choose.
func network(ip string) string {
	addr, err := netip.ParseAddr(strings.TrimSpace(ip))
	if err != nil {
		return "?"
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return addr.String()
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return "?"
	}
	return p.String()
}

// held counts the bytes of photos that are in memory.
type held struct {
	limit int64
	now   atomic.Int64
}

// take adds n bytes, or returns false and adds none when there is no room.
func (h *held) take(n int64) bool {
	if h.now.Add(n) > h.limit {
		h.now.Add(-n)
		return false
	}
	return true
}

func (h *held) give(n int64) { h.now.Add(-n) }
