//go:build !linux

package main

import "time"

var start = time.Now()

// onOneThread does nothing where a thread's time cannot be asked.
func onOneThread() {}

// cpuTime is the time on the wall, where a thread's own cannot be asked.
func cpuTime() time.Duration { return time.Since(start) }
