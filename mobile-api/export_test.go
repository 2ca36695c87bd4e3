package mobileapi

import "time"

// What tests look at from inside.
var Network = network

// A Limiter is a limiter.
type Limiter = limiter

// NewLimiter returns one that remembers size keys.
func NewLimiter(perMinute, burst, size int) *Limiter { return newLimiter(perMinute, burst, size) }

// Take counts one request.
func (l *limiter) Take(key string, now time.Time) time.Duration { return l.take(key, now) }
