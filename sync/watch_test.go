package fieldsync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// room is a newsroom whose log the test writes.
type room struct {
	mu    sync.Mutex
	seq   int64
	mine  int64 // the last number that is of the person's
	state fieldsync.DeviceState
	asked int
}

func (r *room) News(_ context.Context, _ report.PersonID, _ string, after int64) (fieldsync.News, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fieldsync.News{Seq: r.seq, Any: r.mine > after, P: 1, State: r.state}, nil
}

func (r *room) Head(context.Context) (fieldsync.Head, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return fieldsync.Head{Seq: r.seq}, nil
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
