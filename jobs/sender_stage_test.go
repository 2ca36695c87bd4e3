package jobs_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/internal/fcmfake"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/jobs"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/notify/fcm"
	"github.com/sestante/sestante/store"
)

// A stage is an outbox in a real database, a sender with Google's own client
// and a stand-in for Firebase. Its clock stands still until it is moved.
type stage struct {
	t     testing.TB
	app   core.App
	store *store.Store
	fake  *fcmfake.Server
	log   *logBook

	mu  sync.Mutex
	now time.Time
}

func newStage(t testing.TB) *stage {
	t.Helper()
	fake, err := fcmfake.New()
	if err != nil {
		t.Fatal(err)
	}
	app := pbtest.New(t)
	t.Cleanup(fake.Close)
	return &stage{
		t: t, app: app, store: store.New(app), fake: fake, log: &logBook{},
		now: time.Date(2027, 3, 8, 9, 30, 0, 0, time.UTC),
	}
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// sender returns a sender of the stage; change may alter its configuration.
func (s *stage) sender(owner string, change func(*jobs.Config)) *jobs.Sender {
	s.t.Helper()
	channel, err := fcm.New(s.t.Context(), fcm.Config{ProjectID: s.fake.Project, Endpoint: s.fake.URL, WithoutAuth: true})
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := jobs.Config{
		Outbox: s.store, Channel: channel, Owner: owner, Now: s.clock, Jitter: func() float64 { return 0 },
		Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	sender, err := jobs.NewSender(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return sender
}

// person makes a person with one device a token, and returns their id.
func (s *stage) person(name, language string, tokens ...string) notify.PersonID {
	s.t.Helper()
	users, err := s.app.FindCollectionByNameOrId("users")
	if err != nil {
		s.t.Fatal(err)
	}
	if f, ok := users.Fields.GetByName("password").(*core.PasswordField); ok {
		f.Cost = 4 // the least: nobody signs in here
	}
	r := core.NewRecord(users)
	r.Id = recordID(name)
	r.SetEmail(name + "@example.org")
	r.SetPassword("long enough 1")
	r.Set("language", language)
	if err := s.app.Save(r); err != nil {
		s.t.Fatal(err)
	}
	for i, token := range tokens {
		s.device(fmt.Sprintf("%s%d", name, i), r.Id, token)
	}
	return notify.PersonID(r.Id)
}

func (s *stage) device(name, person, token string) {
	s.t.Helper()
	devices, err := s.app.FindCollectionByNameOrId("devices")
	if err != nil {
		s.t.Fatal(err)
	}
	d := core.NewRecord(devices)
	d.Id = recordID(name)
	for k, v := range map[string]any{
		"person": person, "platform": "android", "pushToken": token, "state": "active", "lastSeenAt": s.clock(), "language": "de-DE",
	} {
		d.Set(k, v)
	}
	if err := s.app.Save(d); err != nil {
		s.t.Fatal(err)
	}
}

// recordID pads a name to the 15 characters of a record id.
func recordID(name string) string { return name + strings.Repeat("0", 15-len(name)) }

// tell enqueues one notice and returns its id.
func (s *stage) tell(person notify.PersonID, cause notify.Cause, rep string) notify.ID {
	s.t.Helper()
	n, err := notify.New(s.clock(), notify.Event{
		Cause: cause, Person: person, Report: notify.ReportID(rep), Revision: 1,
		Params: notify.Params{Code: rep, ObjectIt: "Lampione", ObjectEn: "Street light"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.store.Enqueue(s.t.Context(), s.clock(), []notify.Notice{n}); err != nil {
		s.t.Fatal(err)
	}
	return n.ID
}

// drain steps until nothing is due.
func (s *stage) drain(sender *jobs.Sender) {
	s.t.Helper()
	for {
		n, err := sender.Step(s.t.Context())
		if err != nil {
			s.t.Fatalf("Step = %v", err)
		}
		if n == 0 {
			return
		}
	}
}

func (s *stage) wantState(what string, id notify.ID, state notify.State, reason string) {
	s.t.Helper()
	r, err := s.app.FindRecordById("notices", string(id))
	if err != nil {
		s.t.Fatal(err)
	}
	if got := notify.State(r.GetString("state")); got != state || r.GetString("lastError") != reason {
		s.t.Errorf("%s: the notice is %s (%q), want %s (%q)", what, got, r.GetString("lastError"), state, reason)
	}
}

// token returns the push token a device has now.
func (s *stage) token(name string) string {
	s.t.Helper()
	r, err := s.app.FindRecordById("devices", recordID(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return r.GetString("pushToken")
}

// A logBook keeps what is logged.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
