package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	fieldsync "github.com/sestante/sestante/sync"
)

// TestGroupCommit: many devices at once share transactions; one that breaks is
// alone with it.
func TestGroupCommit(t *testing.T) {
	w := newTown(t)
	id := w.submit("citizen", w.at(10.5)).ID
	const devices = 40
	var mu sync.Mutex
	commits, lost := 0, 1
	arrived := make(chan struct{}, devices)
	gate := make(chan struct{})
	s := probed(t, w, func(at desk.Step, c fieldsync.Change) error {
		switch {
		case at == desk.StepApply && strings.Contains(string(c.Args), "cfirst"):
			<-gate // while it is written, all the others come
		case at == desk.StepApply && strings.Contains(string(c.Args), "cbad"):
			panic("poison")
		case at == desk.StepCommit:
			mu.Lock()
			defer mu.Unlock()
			if commits++; commits > 1 && lost > 0 {
				lost--
				return errors.New("the transaction is lost") // with everybody in it
			}
		}
		return nil
	})
	actor := w.as("ben")
	send := func(did, text string) (fieldsync.PushReply, error) {
		raw, err := json.Marshal(m{"mid": 1, "op": "call", "id": string(id), "name": "report.comment", "args": m{"text": text}})
		if err != nil {
			return fieldsync.PushReply{}, err
		}
		return s.Push(t.Context(), actor, fieldsync.PushRequest{V: 1, Device: did, Muts: []json.RawMessage{raw}})
	}
	var wg sync.WaitGroup
	replies := make([]fieldsync.PushReply, devices)
	errs := make([]error, devices)
	push := func(i int, text string) {
		wg.Go(func() {
			arrived <- struct{}{}
			replies[i], errs[i] = send(fmt.Sprintf("device%09d", i), text)
		})
	}
	push(0, "cfirst")
	<-arrived
	for i := 1; i < devices; i++ {
		text := fmt.Sprintf("c%d", i)
		if i == 7 {
			text = "cbad"
		}
		push(i, text)
	}
	for range devices - 1 {
		<-arrived
	}
	close(gate)
	wg.Wait()
	for i := range devices {
		want := []string{"1:applied"}
		if i == 7 {
			// When the transaction that is lost is its own, it has been tried twice.
			want = []string{"defer", "1:held/sync.quarantined"}
		}
		if got := endsOf(replies[i]); errs[i] != nil || !slices.Contains(want, got) {
			t.Errorf("device %d: %s, %v; want %s", i, got, errs[i], want)
		}
	}
	if n := len(strings.Fields(w.comments(id))); n != devices-1 {
		t.Errorf("%d comments, want %d", n, devices-1)
	}
	// Not one of those that are done looks to the next process like a crash.
	again, err := desk.NewSync(w.desk, desk.SyncConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Push(t.Context(), actor, fieldsync.PushRequest{V: 1, Device: "device000000003", Muts: nil}); err != nil {
		t.Error(err)
	}
	if n := w.count("_s_attempt WHERE did != 'device000000007'"); n != 0 {
		t.Errorf("%d attempts are counted", n)
	}
	t.Logf("%d commits for %d pushes", commits, devices)
}

// TestEndless: a change that does not end is given up, and in the end its
// neighbours are done without it. Only the endless one has a limit, so that no
// slow machine can make an innocent one miss it.
func TestEndless(t *testing.T) {
	for name, where := range map[string]struct {
		trigger string
		hang    func(context.Context)
	}{
		"in the code": {"", func(ctx context.Context) { <-ctx.Done() }},
		// SQLite gives such a statement up, and with it the whole transaction.
		"in a statement": {`CREATE TRIGGER endless BEFORE INSERT ON messages WHEN NEW.text = 'cbad' BEGIN
			SELECT count(*) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n); END`, func(context.Context) {}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			newSync(t, w)
			id := w.submit("citizen", w.at(10.5)).ID
			if where.trigger != "" {
				w.sql(where.trigger)
			}
			bad := func(c fieldsync.Change) bool { return strings.Contains(string(c.Args), "cbad") }
			var given []time.Duration
			s, err := desk.NewSync(w.desk, desk.SyncConfig{
				CallTime: 20 * time.Second,
				Bound: func(ctx context.Context, c fieldsync.Change, most time.Duration) (context.Context, context.CancelFunc) {
					if !bad(c) {
						return context.WithCancel(ctx)
					}
					given = append(given, most)
					return context.WithTimeout(ctx, 30*time.Millisecond)
				},
				Probe: func(ctx context.Context, at desk.Step, c fieldsync.Change) error {
					if at == desk.StepApply && bad(c) {
						where.hang(ctx)
					}
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			ben := w.hand(s, "ben")
			muts := []m{comment(id, "c1"), comment(id, "cbad"), comment(id, "c3")}
			var got string
			for range 5 {
				reply, err := ben.try(muts...)
				if got = endsOf(reply); err == nil && !strings.HasSuffix(got, "defer") {
					break
				}
			}
			if want := "2:held/sync.quarantined 3:applied"; !strings.HasSuffix(got, want) {
				t.Errorf("in the end %s, want %s", got, want)
			}
			if got := w.comments(id); got != "c1 c3" {
				t.Errorf("comments = %q", got)
			}
			if len(given) < 2 || given[0] != 20*time.Second || given[len(given)-1] != time.Minute {
				t.Errorf("it was given %v, want 20s first and a minute alone", given)
			}
		})
	}
}
