package main

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// onOneThread keeps the caller on its thread, so that cpuTime is its own.
func onOneThread() { runtime.LockOSThread() }

// cpuTime is how long this thread has been computing: on a busy machine it says
// more than the clock on the wall.
func cpuTime() time.Duration {
	const threadClock = 3 // CLOCK_THREAD_CPUTIME_ID
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0
	}
	return time.Duration(t.Nano())
}
