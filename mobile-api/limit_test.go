package mobileapi_test

import (
	"strconv"
	"testing"
	"time"

	mobileapi "github.com/sestante/sestante/mobile-api"
)

func TestNetwork(t *testing.T) {
	for _, c := range []struct{ ip, want string }{
		{"203.0.113.7", "203.0.113.7"},
		{"0000:0000:0000:0000:0000:ffff:cb00:7107", "203.0.113.7"},
		{"2001:0db8:0001:0002:0003:0004:0005:0006", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::1", "2001:db8:1:3::/64"},
		{"invalid IP", "?"},
		{"", "?"},
	} {
		if got := mobileapi.Network(c.ip); got != c.want {
			t.Errorf("Network(%q) = %q, want %q", c.ip, got, c.want)
		}
	}
}

// TestLimiterForgets: it remembers a bounded number of keys, and forgets the
// one not seen for longest.
func TestLimiterForgets(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	l := mobileapi.NewLimiter(1, 1, 3)
	for _, c := range []struct {
		key  string
		wait bool
	}{
		{"a", false},
		{"a", true},
		{"b", false},
		{"c", false},
		{"a", true},
		{"d", false}, // b goes
		{"a", true},
		{"b", false}, // c goes
		{"a", true},
		{"c", false},
		{"b", true},
	} {
		if got := l.Take(c.key, now) > 0; got != c.wait {
			t.Errorf("Take(%s) must wait = %v, want %v", c.key, got, c.wait)
		}
	}
	for i := range 1000 {
		l.Take("stranger"+strconv.Itoa(i), now)
	}
	if l.Take("a", now) > 0 {
		t.Error("a was remembered past the bound")
	}
	if wait := l.Take("a", now); wait != time.Minute {
		t.Errorf("wait = %v, want a minute", wait)
	}
}
