package store_test

import (
	"fmt"
	"testing"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/store"
)

// benchNotices makes n notices for a thousand people.
func benchNotices(b *testing.B, n int) []notify.Notice {
	b.Helper()
	out := make([]notify.Notice, 0, n)
	for i := range n {
		out = append(out, newNotice(b, notify.Assignment, fmt.Sprintf("person%03d", i%1000), fmt.Sprintf("r%d", i), 1))
	}
	return out
}

// A call that causes two notices pays for them inside its transaction; budget:
// 1 ms, most of it the disk's.
func BenchmarkEnqueue(b *testing.B) {
	s := store.New(pbtest.New(b))
	ns := benchNotices(b, 2*b.N)
	b.ResetTimer()
	for i := range b.N {
		enqueue(b, s, ns[2*i:2*i+2]...)
	}
}

// A hundred in one transaction, as a push of a phone brings them.
func BenchmarkEnqueueHundred(b *testing.B) {
	s := store.New(pbtest.New(b))
	ns := benchNotices(b, 100*b.N)
	b.ResetTimer()
	for i := range b.N {
		enqueue(b, s, ns[100*i:100*i+100]...)
	}
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "notices/s")
}

// Sixteen claimed and settled one by one, with 10,000 waiting; budget: 16 ms,
// so that a municipality's morning of assignments leaves in seconds.
func BenchmarkClaimAndSettle(b *testing.B) {
	s := store.New(pbtest.New(b))
	ns := benchNotices(b, 10_000+16*b.N)
	for len(ns) > 0 {
		n := min(len(ns), 1000)
		enqueue(b, s, ns[:n]...)
		ns = ns[n:]
	}
	b.ResetTimer()
	for range b.N {
		for _, c := range claim(b, s, noticeNow, "one", 16) {
			settle(b, s, noticeNow, "one", c, notify.Settlement{State: notify.StateSent})
		}
	}
	b.ReportMetric(float64(16*b.N)/b.Elapsed().Seconds(), "notices/s")
}
