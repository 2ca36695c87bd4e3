package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/fcmfake"
	"github.com/sestante/sestante/jobs"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/store"
)

func TestSendsInThePersonsLanguage(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct{ name, language, title, body string }{
		{"anna", "it", "Nuovo incarico", "MI-1 · Lampione"},
		{"ben", "en", "New assignment", "MI-2 · Street light"},
		{"carla", "", "Nuovo incarico", "MI-3 · Lampione"}, // the device speaks German: Italian it is
	} {
		token := "good-" + c.name
		id := s.tell(s.person(c.name, c.language, token), notify.Assignment, "MI-"+fmt.Sprint(len(s.fake.Messages())+1))
		s.drain(s.sender("one", nil))
		ms := s.fake.Messages()
		m := ms[len(ms)-1]
		if m.Token != token || m.Title != c.title || m.Body != c.body || m.Data["nid"] != string(id) {
			t.Errorf("%s was sent %q, %q, want %q, %q", c.name, m.Title, m.Body, c.title, c.body)
		}
		s.wantState(c.name, id, notify.StateSent, "")
	}
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens []string
		state  notify.State
		reason string
		left   string // token of the first device afterwards
	}{
		{"one device", []string{"good-1"}, notify.StateSent, "", "good-1"},
		{"nobody there", nil, notify.StateExpired, "no_device", ""},
		{"the app is gone", []string{"unregistered-1"}, notify.StateExpired, "no_device", ""},
		{"gone from one of two", []string{"unregistered-1", "good-1"}, notify.StateSent, "unregistered", ""},
		{"another project's, and nothing else was ever taken", []string{"mismatch-1"}, notify.StatePending, "sender_mismatch", "mismatch-1"},
		{"a bad token, and nothing else was ever taken", []string{"badtoken-1"}, notify.StateDead, "bad_token", "badtoken-1"},
		{"a message nobody takes", []string{"badmessage-1"}, notify.StateDead, "bad_message", "badmessage-1"},
		{"the service is ill", []string{"internal-1"}, notify.StatePending, "http_500", "internal-1"},
		{"the service is ill for one of two", []string{"internal-1", "good-1"}, notify.StatePending, "http_500", "internal-1"},
		{"too much", []string{"quota-1"}, notify.StatePending, "quota", "quota-1"},
		{"a proxy's page", []string{"html-1"}, notify.StatePending, "http_502", "html-1"},
		{"no key for Apple", []string{"apns-1"}, notify.StatePending, "third_party_auth", "apns-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			id := s.tell(s.person("anna", "it", c.tokens...), notify.Assignment, "MI-1")
			s.drain(s.sender("one", nil))
			reason := c.reason
			if c.name == "the app is gone" {
				reason = "no_device"
			}
			s.wantState(c.name, id, c.state, reason)
			if len(c.tokens) > 0 {
				if got := s.token("anna0"); got != c.left {
					t.Errorf("the device's token is %q, want %q", got, c.left)
				}
			}
			for _, token := range c.tokens {
				if strings.Contains(s.log.String(), token) {
					t.Errorf("the log holds a token: %s", s.log)
				}
			}
		})
	}
}

func TestDoubtfulTokensArePrunedOnceOthersAreTaken(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", nil)
	s.tell(s.person("anna", "it", "good-1"), notify.Assignment, "MI-1")
	s.drain(sender)
	s.tell(s.person("ben", "it", "mismatch-1"), notify.Assignment, "MI-2")
	s.tell(s.person("carla", "it", "badtoken-1"), notify.Assignment, "MI-3")
	s.tell(s.person("dario", "it", "badtoken-2"), notify.Receipt, "MI-4") // nobody has taken a receipt yet
	s.drain(sender)
	if b, c, d := s.token("ben0"), s.token("carla0"), s.token("dario0"); b != "" || c != "" || d != "badtoken-2" {
		t.Errorf("tokens left: %q, %q, %q; want the first two pruned", b, c, d)
	}
}

func TestRetriesSkipWhoHasIt(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", nil)
	id := s.tell(s.person("anna", "it", "good-1", "flaky-1"), notify.Assignment, "MI-1")
	s.drain(sender)
	s.wantState("first try", id, notify.StatePending, "http_503")
	s.wait(9 * time.Second)
	s.drain(sender)
	if n := len(s.fake.Requests()); n != 2 {
		t.Errorf("%d requests before the backoff ended, want 2", n)
	}
	s.wait(time.Second)
	s.drain(sender)
	s.wantState("second try", id, notify.StateSent, "")
	if got, want := s.fake.Requests(), []string{"good-1", "flaky-1", "flaky-1"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", nil)
	s.tell(s.person("anna", "it", "down-1"), notify.Assignment, "MI-1")
	s.drain(sender)
	s.wait(29 * time.Second)
	s.drain(sender)
	if n := len(s.fake.Requests()); n != 1 {
		t.Errorf("%d requests within Retry-After, want 1", n)
	}
	s.wait(time.Second)
	s.drain(sender)
	if n := len(s.fake.Requests()); n != 2 {
		t.Errorf("%d requests after Retry-After, want 2", n)
	}
}

func TestDeadAfterTooManyTries(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", func(c *jobs.Config) { c.MaxAttempts = 3 })
	id := s.tell(s.person("anna", "it", "internal-1"), notify.Assignment, "MI-1")
	for range 10 {
		s.drain(sender)
		s.wait(time.Hour)
	}
	s.wantState("after ten hours", id, notify.StateDead, "http_500")
	if n := len(s.fake.Requests()); n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
	if !strings.Contains(s.log.String(), "given up") {
		t.Errorf("the log says nothing about it: %s", s.log)
	}
	if dead, err := s.store.DeadNotices(t.Context(), 10); err != nil || len(dead) != 1 {
		t.Errorf("DeadNotices = %v, %v; want one", dead, err)
	}
}

func TestExpiresUnsent(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", nil)
	id := s.tell(s.person("anna", "it", "internal-1"), notify.Escalation, "MI-1") // worth an hour
	for range 10 {
		s.drain(sender)
		s.wait(20 * time.Minute)
	}
	s.wantState("after three hours", id, notify.StateExpired, "http_500")
}

func TestPauseHoldsEverything(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", func(c *jobs.Config) { c.Workers = 1 })
	first := s.tell(s.person("anna", "it", "quota-1"), notify.Assignment, "MI-1")
	second := s.tell(s.person("ben", "it", "good-1"), notify.Assignment, "MI-2")
	s.drain(sender)
	s.wantState("refused", first, notify.StatePending, "quota")
	s.wantState("behind it", second, notify.StatePending, "paused")
	s.wait(89 * time.Second)
	s.drain(sender)
	if got := s.fake.Requests(); !slices.Equal(got, []string{"quota-1"}) {
		t.Errorf("asked for %q during the pause, want one", got)
	}
	s.wait(time.Second)
	if err := s.drop("anna0"); err != nil {
		t.Fatal(err)
	}
	s.drain(sender)
	s.wantState("after the pause", second, notify.StateSent, "")
	r, err := s.app.FindRecordById("notices", string(second))
	if err != nil || r.GetInt("attempts") != 1 {
		t.Errorf("the one behind it counts %d tries, %v; want 1: the pause was not its fault", r.GetInt("attempts"), err)
	}
}

// drop forgets a device's token.
func (s *stage) drop(name string) error {
	_, err := s.store.PruneToken(s.t.Context(), s.clock(), s.token(name))
	return err
}

// Wrong credentials make every token look like another project's: none may be
// thrown away for it, and nothing may be lost.
func TestBreaker(t *testing.T) {
	s := newStage(t)
	sender := s.sender("one", func(c *jobs.Config) { c.Workers = 1 })
	var ids []notify.ID
	for i := range 12 {
		name := fmt.Sprintf("p%02d", i)
		ids = append(ids, s.tell(s.person(name, "it", "mismatch-"+name), notify.Assignment, "MI-"+name))
	}
	s.drain(sender)
	if n := len(s.fake.Requests()); n != 5 {
		t.Errorf("%d requests before the channel closed, want 5", n)
	}
	for i, id := range ids {
		if name := fmt.Sprintf("p%02d0", i); s.token(name) == "" {
			t.Errorf("the token of %s was thrown away", name)
		}
		if r, err := s.app.FindRecordById("notices", string(id)); err != nil || r.GetString("state") != "pending" {
			t.Errorf("notice %d is %s, %v; want pending", i, r.GetString("state"), err)
		}
	}
	if !strings.Contains(s.log.String(), "check the credentials") {
		t.Errorf("the log raises no alarm: %s", s.log)
	}
}

// The process dies after the push and before the settlement: another one sends
// it again, under the same id.
func TestKilledInTheMiddle(t *testing.T) {
	s := newStage(t)
	id := s.tell(s.person("anna", "it", "good-1"), notify.Assignment, "MI-1")
	dying := s.sender("one", func(c *jobs.Config) { c.Outbox = killed{s.store} })
	if _, err := dying.Step(t.Context()); !errors.Is(err, errKilled) {
		t.Fatalf("Step of the dying process = %v, want %v", err, errKilled)
	}
	heir := s.sender("two", nil)
	s.wait(59 * time.Second)
	s.drain(heir)
	if n := len(s.fake.Messages()); n != 1 {
		t.Errorf("%d messages before the lease ended, want 1", n)
	}
	s.wait(time.Second)
	s.drain(heir)
	ms := s.fake.Messages()
	if len(ms) != 2 || ms[0].Data["nid"] != string(id) || ms[1].Data["nid"] != string(id) {
		t.Errorf("messages = %v, want the same notice twice", ms)
	}
	s.wantState("in the end", id, notify.StateSent, "")
}

var errKilled = errors.New("killed")

// killed is an outbox whose process dies before every settlement.
type killed struct{ *store.Store }

func (killed) SettleNotice(context.Context, time.Time, string, notify.Settlement) (bool, error) {
	return false, errKilled
}

// A push that panics costs its own notice a try, and nobody else's.
func TestPanicIsOneNotices(t *testing.T) {
	s := newStage(t)
	var inner jobs.Channel
	sender := s.sender("one", func(c *jobs.Config) { inner = c.Channel; c.Channel = startled{inner} })
	bad := s.tell(s.person("anna", "it", "boo"), notify.Assignment, "MI-1")
	good := s.tell(s.person("ben", "it", "good-1"), notify.Assignment, "MI-2")
	s.drain(sender)
	s.wantState("the one that panics", bad, notify.StatePending, "internal")
	s.wantState("the other", good, notify.StateSent, "")
}

type startled struct{ jobs.Channel }

func (c startled) Send(ctx context.Context, p notify.Push) notify.Result {
	if p.Token == "boo" {
		panic("boo")
	}
	return c.Channel.Send(ctx, p)
}

func TestOrderOfAPerson(t *testing.T) {
	s := newStage(t)
	const people, each = 12, 8
	var ids []notify.PersonID
	for p := range people {
		name := fmt.Sprintf("p%02d", p)
		ids = append(ids, s.person(name, "it", "good-"+name))
	}
	for i := range each {
		for p := range people {
			s.tell(ids[p], notify.Assignment, fmt.Sprintf("%02d", i))
		}
	}
	one, two := s.sender("one", nil), s.sender("two", nil)
	var wg sync.WaitGroup
	for _, sender := range []*jobs.Sender{one, two} {
		wg.Go(func() {
			for len(s.fake.Messages()) < people*each {
				if _, err := sender.Step(t.Context()); err != nil {
					t.Errorf("Step = %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	got := map[string][]string{}
	for _, m := range s.fake.Messages() {
		got[m.Token] = append(got[m.Token], m.Data["report"])
	}
	if len(s.fake.Messages()) != people*each {
		t.Errorf("%d messages, want %d", len(s.fake.Messages()), people*each)
	}
	for token, reports := range got {
		if !slices.IsSorted(reports) {
			t.Errorf("%s was told in the order %q", token, reports)
		}
	}
}

func TestRunWakesAndStops(t *testing.T) {
	s := newStage(t)
	wake := make(chan struct{}, 1)
	taken := make(chan fcmfake.Message, 10)
	s.fake.OnMessage(func(m fcmfake.Message) { taken <- m })
	sender := s.sender("one", func(c *jobs.Config) { c.Wake = wake; c.Poll = time.Hour })
	anna := s.person("anna", "it", "good-1")
	for round := range 2 { // started and stopped twice
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- sender.Run(ctx) }()
		s.tell(anna, notify.Assignment, fmt.Sprintf("MI-%d", round))
		wake <- struct{}{}
		<-taken
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run, stopped = %v", err)
		}
	}
}

// A sender that is stopped lets the push on the wire end, and gives back what it
// had not begun.
func TestStopGivesBack(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	sender := s.sender("one", func(c *jobs.Config) {
		c.Workers, c.Poll, c.Grace = 1, time.Hour, time.Minute
		c.Channel = stopper{c.Channel, cancel}
	})
	first := s.tell(s.person("anna", "it", "good-1"), notify.Assignment, "MI-1")
	second := s.tell(s.person("ben", "it", "good-2"), notify.Assignment, "MI-2")
	if err := sender.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
	s.wantState("on the wire", first, notify.StateSent, "")
	s.wantState("not begun", second, notify.StatePending, "")
	s.drain(s.sender("two", nil)) // at once, without waiting for a lease
	s.wantState("by the next process", second, notify.StateSent, "")
}

// stopper stops the sender while its first push is on the wire.
type stopper struct {
	jobs.Channel
	stop context.CancelFunc
}

func (c stopper) Send(ctx context.Context, p notify.Push) notify.Result {
	c.stop()
	return c.Channel.Send(ctx, p)
}

// A push that hangs when the sender stops is given up after Grace and goes back
// without counting as a try.
func TestStopDoesNotWaitForever(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	sender := s.sender("one", func(c *jobs.Config) {
		c.Grace = time.Millisecond
		c.Channel = stopper{c.Channel, cancel}
	})
	id := s.tell(s.person("anna", "it", "slow-1"), notify.Assignment, "MI-1")
	if err := sender.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
	s.wantState("hanging", id, notify.StatePending, "stopped")
	r, err := s.app.FindRecordById("notices", string(id))
	if err != nil || r.GetInt("attempts") != 0 {
		t.Errorf("it counts %d tries, %v; want none", r.GetInt("attempts"), err)
	}
}

func TestOnlyTheLeaderSends(t *testing.T) {
	s := newStage(t)
	s.tell(s.person("anna", "it", "good-1"), notify.Assignment, "MI-1")
	s.drain(s.sender("one", func(c *jobs.Config) { c.Leadership = follower{} }))
	if n := len(s.fake.Requests()); n != 0 {
		t.Errorf("a process that does not lead made %d requests", n)
	}
}

type follower struct{}

func (follower) Leads() bool { return false }

func TestNewSenderRefuses(t *testing.T) {
	s := newStage(t)
	good := jobs.Config{Outbox: s.store, Channel: startled{}, Owner: "one", Now: s.clock, Log: slog.New(slog.DiscardHandler)}
	if _, err := jobs.NewSender(good); err != nil {
		t.Fatalf("NewSender = %v", err)
	}
	for name, change := range map[string]func(*jobs.Config){
		"no outbox":     func(c *jobs.Config) { c.Outbox = nil },
		"no channel":    func(c *jobs.Config) { c.Channel = nil },
		"no owner":      func(c *jobs.Config) { c.Owner = "" },
		"no clock":      func(c *jobs.Config) { c.Now = nil },
		"no log":        func(c *jobs.Config) { c.Log = nil },
		"a short lease": func(c *jobs.Config) { c.Lease = 15 * time.Second },
		"few workers":   func(c *jobs.Config) { c.Workers = -1 },
	} {
		cfg := good
		change(&cfg)
		if _, err := jobs.NewSender(cfg); !errors.Is(err, jobs.ErrConfig) {
			t.Errorf("NewSender(%s) = %v, want %v", name, err, jobs.ErrConfig)
		}
	}
}
