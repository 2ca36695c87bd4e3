package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sestante/sestante/jobs"
)

func TestGroupStartsAndStopsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := jobs.NewGroup(slog.New(slog.DiscardHandler))
		var running, begun atomic.Int32
		for _, name := range []string{"a", "b"} {
			g.Add(name, func(ctx context.Context) error {
				begun.Add(1)
				running.Add(1)
				defer running.Add(-1)
				<-ctx.Done()
				return ctx.Err()
			})
		}
		for round := range 2 {
			g.Start(t.Context())
			g.Start(t.Context())
			synctest.Wait()
			if n := running.Load(); n != 2 {
				t.Errorf("round %d: %d loops run, want 2", round, n)
			}
			g.Stop()
			if n := running.Load(); n != 0 {
				t.Errorf("round %d: %d loops run after Stop, want none", round, n)
			}
			g.Stop()
		}
		if n := begun.Load(); n != 4 {
			t.Errorf("loops were begun %d times, want 4", n)
		}
	})
}

func TestGroupRestartsWhatBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &logBook{}
		g := jobs.NewGroup(slog.New(slog.NewTextHandler(book, nil)))
		var begun atomic.Int32
		g.Add("shaky", func(ctx context.Context) error {
			switch begun.Add(1) {
			case 1:
				panic("out of luck")
			case 2:
				return errors.New("out of disk")
			}
			<-ctx.Done()
			return ctx.Err()
		})
		g.Start(t.Context())
		time.Sleep(time.Minute) // of the bubble's clock
		g.Stop()
		if n := begun.Load(); n != 3 {
			t.Errorf("the loop was begun %d times, want 3", n)
		}
		for _, part := range []string{"out of luck", "out of disk", "loop=shaky"} {
			if !strings.Contains(book.String(), part) {
				t.Errorf("the log lacks %q: %s", part, book)
			}
		}
	})
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		job := jobs.Every(time.Minute, "sweep", jobs.Alone{}, slog.New(slog.DiscardHandler), func(context.Context) error {
			if n.Add(1) == 2 {
				panic("once")
			}
			return errors.New("and again")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+time.Second)
		defer cancel()
		if err := job(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Every ended with %v", err)
		}
		if n.Load() != 5 {
			t.Errorf("the job ran %d times in five minutes, want 5", n.Load())
		}
	})
}

func TestEveryOnlyForTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		job := jobs.Every(time.Minute, "sweep", follower{}, slog.New(slog.DiscardHandler), func(context.Context) error {
			t.Error("a process that does not lead swept")
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		if err := job(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Every ended with %v", err)
		}
	})
}
