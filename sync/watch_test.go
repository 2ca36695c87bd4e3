package fieldsync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// room is a newsroom whose log the test writes: numbers are either in scope 1,
// which ann holds, or in scope 2, which nobody does.
type room struct {
	mu    sync.Mutex
	seq   int64
	mine  int64 // the last number that is in scope 1
	state fieldsync.DeviceState
	news  int // how often it was asked for somebody's news
}

func (r *room) News(_ context.Context, _ report.PersonID, _ string, after int64) (fieldsync.News, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.news++
	return fieldsync.News{Seq: r.seq, Any: r.mine > after, P: 1, State: r.state, Scopes: []int64{1}}, nil
}

func (r *room) Since(_ context.Context, after int64) (fieldsync.Changed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := fieldsync.Changed{Seq: r.seq, Scopes: []int64{2}}
	if r.mine > after {
		c.Scopes = append(c.Scopes, 1)
	}
	return c, nil
}

func (r *room) commit(mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seq++; mine {
		r.mine = r.seq
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, hub := &room{seq: 5}, &fieldsync.Hub{}
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		var told []string
		now := time.Now //nolint:forbidigo // the bubble's clock
		begin := now()
		ended := make(chan error, 1)
		go func() {
			s := fieldsync.Stream{Hub: hub, News: r, Who: "ann", ID: "dev", After: 5, Now: now, Wait: time.After}
			ended <- fieldsync.Watch(ctx, s, func(event any) error {
				mu.Lock()
				defer mu.Unlock()
				at := now().Sub(begin).Round(10 * time.Millisecond)
				switch e := event.(type) {
				case fieldsync.Poke:
					told = append(told, fmt.Sprintf("%s poke %d", at, e.Seq))
				case fieldsync.Beat:
					told = append(told, fmt.Sprintf("%s beat", at))
				case fieldsync.Command:
					told = append(told, fmt.Sprintf("%s %s", at, e.K))
				}
				return nil
			})
		}()
		heard := func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			out := told
			told = nil
			return out
		}
		want := func(lines ...string) {
			t.Helper()
			if got := strings.Join(heard(), "; "); got != strings.Join(lines, "; ") {
				t.Errorf("told %s, want %s", got, strings.Join(lines, "; "))
			}
		}
		time.Sleep(400 * time.Millisecond)
		for range 5 { // a burst is one poke
			r.commit(true)
			hub.Stir()
		}
		want("400ms poke 10") // at once
		r.commit(true)
		hub.Stir()
		want() // not so soon again
		time.Sleep(300 * time.Millisecond)
		want("650ms poke 11")
		r.commit(false) // nothing of mine
		hub.Stir()
		time.Sleep(time.Second)
		want()
		r.commit(true) // by another process: nobody stirs
		time.Sleep(2500 * time.Millisecond)
		if told := heard(); len(told) != 1 || !strings.HasSuffix(told[0], "poke 13") {
			t.Errorf("told %v of another process's commit, want one poke", told)
		}
		time.Sleep(30 * time.Second)
		if told := heard(); len(told) != 1 || !strings.HasSuffix(told[0], "beat") {
			t.Errorf("told %v in half a minute of silence, want one beat", told)
		}
		r.mu.Lock()
		r.state = fieldsync.Locked
		r.mu.Unlock()
		hub.Look("other")
		time.Sleep(time.Second)
		want()
		hub.Look("dev")
		r.commit(true)
		hub.Stir()
		time.Sleep(time.Second)
		if told := heard(); len(told) != 1 || !strings.HasSuffix(told[0], "lock") {
			t.Errorf("told %v, want lock and no poke", told)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch() = %v, want the context's end", err)
		}
	})
}

// TestWatchAfterARestore: a device that was told of more than the log has now is
// told to look at once, and then as any other.
func TestWatchAfterARestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, hub := &room{seq: 5, mine: 3}, &fieldsync.Hub{}
		ctx, stop := context.WithCancel(t.Context())
		told := make(chan int64, 10)
		ended := make(chan error, 1)
		go func() {
			s := fieldsync.Stream{Hub: hub, News: r, Who: "ann", ID: "dev", After: 900, Now: time.Now, Wait: time.After} //nolint:forbidigo // the bubble's clock
			ended <- fieldsync.Watch(ctx, s, func(event any) error {
				if p, ok := event.(fieldsync.Poke); ok {
					told <- p.Seq
				}
				return nil
			})
		}()
		synctest.Wait()
		r.commit(true)
		hub.Stir()
		time.Sleep(time.Second)
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch() = %v, want the context's end", err)
		}
		close(told)
		var got []int64
		for seq := range told {
			got = append(got, seq)
		}
		if !slices.Equal(got, []int64{5, 6}) {
			t.Errorf("told of %v, want 5 at once and then 6", got)
		}
	})
}

// TestWatchMany lets many streams listen: each is poked for what is its own,
// whoever of them looks at the log, and nobody is asked about for what is not.
func TestWatchMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams = 200
		r, hub := &room{seq: 5}, &fieldsync.Hub{}
		now := time.Now //nolint:forbidigo // the bubble's clock
		var mu sync.Mutex
		pokes := map[int]int64{}
		var stops []context.CancelFunc
		var all sync.WaitGroup
		for i := range streams {
			ctx, stop := context.WithCancel(t.Context())
			stops = append(stops, stop)
			all.Go(func() {
				s := fieldsync.Stream{Hub: hub, News: r, Who: "ann", ID: fmt.Sprint(i), After: 5, Beat: time.Hour, Now: now, Wait: time.After}
				_ = fieldsync.Watch(ctx, s, func(event any) error {
					if p, ok := event.(fieldsync.Poke); ok {
						mu.Lock()
						defer mu.Unlock()
						pokes[i] = p.Seq
					}
					return nil
				})
			})
		}
		time.Sleep(time.Second)
		for range streams - 1 { // the ones that lead come and go
			r.commit(false)
			hub.Stir()
			time.Sleep(300 * time.Millisecond)
			stops[0]()
			stops = stops[1:]
		}
		if r.news > streams {
			t.Errorf("asked %d times for the news of %d streams that nothing concerned", r.news, streams)
		}
		r.commit(true)
		hub.Stir()
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		if len(pokes) != 1 || pokes[streams-1] != r.seq {
			t.Errorf("poked %v, want the last stream at %d", pokes, r.seq)
		}
		mu.Unlock()
		stops[0]()
		all.Wait()
	})
}
