package jobs_test

import (
	"fmt"
	"testing"

	"github.com/sestante/sestante/jobs"
	"github.com/sestante/sestante/notify"
)

// A hundred people are told at once, through Google's client and the stand-in
// on the same machine; budget: a second.
func BenchmarkSendHundred(b *testing.B) {
	s := newStage(b)
	sender := s.sender("one", func(c *jobs.Config) { c.Workers = 4 })
	var people []notify.PersonID
	for i := range 100 {
		name := fmt.Sprintf("p%03d", i)
		people = append(people, s.person(name, "it", "good-"+name))
	}
	sent := 0
	for b.Loop() {
		b.StopTimer()
		for _, p := range people {
			s.tell(p, notify.Assignment, fmt.Sprintf("MI-%d", sent))
		}
		sent++
		b.StartTimer()
		s.drain(sender)
	}
	if n := len(s.fake.Messages()); n != 100*sent {
		b.Errorf("%d messages, want %d", n, 100*sent)
	}
	b.ReportMetric(float64(100*sent)/b.Elapsed().Seconds(), "notices/s")
}
