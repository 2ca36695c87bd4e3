package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/store"
)

var noticeNow = time.Date(2027, 3, 8, 9, 30, 0, 0, time.UTC)

// newPerson makes a user with the id, who reads language.
func newPerson(t testing.TB, app core.App, id, language string) {
	t.Helper()
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := users.Fields.GetByName("password").(*core.PasswordField); ok {
		f.Cost = 4 // the least: nobody signs in here
	}
	r := core.NewRecord(users)
	r.Id = id
	r.SetEmail(id + "@example.org")
	r.SetPassword("long enough 1")
	r.Set("language", language)
	if err := app.Save(r); err != nil {
		t.Fatalf("save person %s: %v", id, err)
	}
}

// newDevice makes an active device of person, seen at seen.
func newDevice(t testing.TB, app core.App, id, person, token string, seen time.Time) *core.Record {
	t.Helper()
	devices, err := app.FindCollectionByNameOrId("devices")
	if err != nil {
		t.Fatal(err)
	}
	r := core.NewRecord(devices)
	r.Id = id
	for k, v := range map[string]any{
		"person": person, "platform": "android", "pushToken": token, "state": "active", "language": "en-GB", "lastSeenAt": seen,
	} {
		r.Set(k, v)
	}
	if err := app.Save(r); err != nil {
		t.Fatalf("save device %s: %v", id, err)
	}
	return r
}

const (
	anna = "anna00000000001"
	ben  = "ben000000000001"
)

func newNotice(t testing.TB, cause notify.Cause, person, rep string, revision int64) notify.Notice {
	t.Helper()
	n, err := notify.New(noticeNow, notify.Event{
		Cause: cause, Person: notify.PersonID(person), Report: notify.ReportID(rep), Revision: revision,
		Params: notify.Params{Code: "MI-2027-000123", ObjectIt: "Lampione"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func enqueue(t testing.TB, s *store.Store, ns ...notify.Notice) int {
	t.Helper()
	n, err := s.Enqueue(t.Context(), noticeNow, ns)
	if err != nil {
		t.Fatalf("Enqueue(%d) = %v", len(ns), err)
	}
	return n
}

func claim(t testing.TB, s *store.Store, now time.Time, owner string, limit int) []notify.Claim {
	t.Helper()
	cs, err := s.ClaimNotices(t.Context(), now, owner, time.Minute, limit)
	if err != nil {
		t.Fatalf("ClaimNotices = %v", err)
	}
	return cs
}

func settle(t testing.TB, s *store.Store, now time.Time, owner string, c notify.Claim, e notify.Settlement) bool {
	t.Helper()
	e.Notice, e.Attempt = c.ID, c.Attempt
	held, err := s.SettleNotice(t.Context(), now, owner, e)
	if err != nil {
		t.Fatalf("SettleNotice(%s) = %v", c.Dedupe, err)
	}
	return held
}

// told returns "cause/report" of the claims, in order.
func told(cs []notify.Claim) []string {
	out := make([]string, 0, len(cs))
	for _, c := range cs {
		out = append(out, fmt.Sprintf("%s/%s", c.Cause, c.Report))
	}
	return out
}

func wantTold(t *testing.T, what string, cs []notify.Claim, want ...string) {
	t.Helper()
	if got := told(cs); !slices.Equal(got, want) {
		t.Errorf("%s: claimed %q, want %q", what, got, want)
	}
}

func noticeState(t *testing.T, s *store.Store, id notify.ID) string {
	t.Helper()
	r, err := s.App().FindRecordById("notices", string(id))
	if err != nil {
		t.Fatal(err)
	}
	return r.GetString("state")
}

func TestEnqueueTakesEachOnce(t *testing.T) {
	s := store.New(pbtest.New(t))
	a := newNotice(t, notify.Assignment, anna, "r1", 1)
	if n := enqueue(t, s, a, a); n != 1 {
		t.Errorf("Enqueue(twice at once) = %d, want 1", n)
	}
	if n := enqueue(t, s, a); n != 0 {
		t.Errorf("Enqueue(again) = %d, want 0", n)
	}
	cs := claim(t, s, noticeNow, "one", 10)
	wantTold(t, "enqueued three times", cs, "assignment/r1")
	if got := cs[0].Notice; got != a {
		t.Errorf("read back %+v, want %+v", got, a)
	}
}

func TestEnqueueIsPartOfItsTransaction(t *testing.T) {
	s := store.New(pbtest.New(t))
	stop := errors.New("stop")
	err := s.InTx(t.Context(), func(tx *store.Store) error {
		if n, err := tx.Enqueue(t.Context(), noticeNow, []notify.Notice{newNotice(t, notify.Assignment, anna, "r1", 1)}); n != 1 || err != nil {
			t.Errorf("Enqueue in a transaction = %d, %v", n, err)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("InTx = %v, want %v", err, stop)
	}
	wantTold(t, "rolled back", claim(t, s, noticeNow, "one", 10))
}

func TestEnqueueSupersedes(t *testing.T) {
	s := store.New(pbtest.New(t))
	first := newNotice(t, notify.Assignment, anna, "r1", 1)
	enqueue(t, s, first, newNotice(t, notify.Assignment, anna, "r2", 1), newNotice(t, notify.Assignment, ben, "r1", 1),
		newNotice(t, notify.Escalation, anna, "r1", 1))
	enqueue(t, s, newNotice(t, notify.Unassignment, anna, "r1", 2))
	if got := noticeState(t, s, first.ID); got != "superseded" {
		t.Errorf("the older notice is %s, want superseded", got)
	}
	wantTold(t, "first of each", claim(t, s, noticeNow, "one", 10), "escalation/r1", "assignment/r2", "assignment/r1")
	second := newNotice(t, notify.Assignment, ben, "r1", 2)
	enqueue(t, s, second) // ben's first one is on its way: it is not touched
	if got := noticeState(t, s, newNotice(t, notify.Assignment, ben, "r1", 1).ID); got != "leased" {
		t.Errorf("the notice on its way is %s, want leased", got)
	}
}

func TestClaimKeepsTheOrderOfAPerson(t *testing.T) {
	s := store.New(pbtest.New(t))
	enqueue(t, s,
		newNotice(t, notify.Receipt, anna, "r1", 1), newNotice(t, notify.Receipt, anna, "r2", 1), newNotice(t, notify.Receipt, anna, "r3", 1),
		newNotice(t, notify.Receipt, ben, "r4", 1))
	first := claim(t, s, noticeNow, "one", 10)
	wantTold(t, "first", first, "receipt/r1", "receipt/r4")
	wantTold(t, "while the first is on its way", claim(t, s, noticeNow, "one", 10))
	enqueue(t, s, newNotice(t, notify.Escalation, anna, "r5", 1))
	wantTold(t, "an escalation does not wait", claim(t, s, noticeNow, "one", 10), "escalation/r5")
	settle(t, s, noticeNow, "one", first[0], notify.Settlement{State: notify.StatePending, NotBefore: noticeNow.Add(time.Minute)})
	wantTold(t, "one in backoff does not hold up the next, an escalation on its way came later",
		claim(t, s, noticeNow, "one", 10), "receipt/r2")
}

func TestClaimMostUrgentFirst(t *testing.T) {
	s := store.New(pbtest.New(t))
	late := newNotice(t, notify.Receipt, "p5", "r5", 1)
	late.NotBefore = noticeNow.Add(time.Second)
	enqueue(t, s, newNotice(t, notify.Receipt, "p1", "r1", 1), newNotice(t, notify.Assignment, "p2", "r2", 1),
		newNotice(t, notify.Escalation, "p3", "r3", 1), newNotice(t, notify.Receipt, "p4", "r4", 1), late)
	wantTold(t, "by urgency", claim(t, s, noticeNow, "one", 3), "escalation/r3", "assignment/r2", "receipt/r1")
	wantTold(t, "the rest, but what waits", claim(t, s, noticeNow, "one", 3), "receipt/r4")
	wantTold(t, "when its time has come", claim(t, s, noticeNow.Add(time.Second), "one", 3), "receipt/r5")
}

func TestLeaseLapses(t *testing.T) {
	s := store.New(pbtest.New(t))
	enqueue(t, s, newNotice(t, notify.Receipt, anna, "r1", 1))
	first := claim(t, s, noticeNow, "one", 10)
	wantTold(t, "before the lease ends", claim(t, s, noticeNow.Add(59*time.Second), "two", 10))
	later := noticeNow.Add(time.Minute)
	second := claim(t, s, later, "two", 10)
	wantTold(t, "after the lease ended", second, "receipt/r1")
	if second[0].ID != first[0].ID || second[0].Attempt != 2 {
		t.Errorf("the second owner has %s, attempt %d; want %s, attempt 2", second[0].ID, second[0].Attempt, first[0].ID)
	}
	delivery := notify.Delivery{Notice: first[0].ID, Device: "d1", Channel: "fcm", State: notify.DeliverySent, At: later}
	if settle(t, s, later, "one", first[0], notify.Settlement{State: notify.StateSent, Deliveries: []notify.Delivery{delivery}}) {
		t.Error("the first owner settled the second one's lease")
	}
	if got := noticeState(t, s, first[0].ID); got != "leased" {
		t.Errorf("the notice is %s, want leased", got)
	}
	if ds, err := s.DeliveriesOf(t.Context(), first[0].ID); err != nil || ds["d1"] != notify.DeliverySent {
		t.Errorf("DeliveriesOf = %v, %v; want what the late owner sent", ds, err)
	}
	if !settle(t, s, later, "two", second[0], notify.Settlement{State: notify.StateSent}) {
		t.Error("the second owner could not settle its own lease")
	}
}

// One owner whose lease lapsed and who claimed again is two leases.
func TestLeaseIsNamedByItsAttempt(t *testing.T) {
	s := store.New(pbtest.New(t))
	enqueue(t, s, newNotice(t, notify.Receipt, anna, "r1", 1))
	first := claim(t, s, noticeNow, "one", 10)
	second := claim(t, s, noticeNow.Add(time.Hour), "one", 10)
	if settle(t, s, noticeNow.Add(time.Hour), "one", first[0], notify.Settlement{State: notify.StateSent}) {
		t.Error("the lapsed lease was settled")
	}
	if !settle(t, s, noticeNow.Add(time.Hour), "one", second[0], notify.Settlement{State: notify.StatePending, Refund: true, NotBefore: noticeNow.Add(time.Hour)}) {
		t.Error("the second lease could not be settled")
	}
	third := claim(t, s, noticeNow.Add(time.Hour), "one", 10)
	if len(third) != 1 || third[0].Attempt != 2 {
		t.Errorf("after a refund: %+v, want attempt 2 again", third)
	}
}

// A refund gives the number of an attempt out again: only the owner tells the
// two leases apart.
func TestLeaseIsNamedByItsOwner(t *testing.T) {
	s := store.New(pbtest.New(t))
	enqueue(t, s, newNotice(t, notify.Receipt, anna, "r1", 1))
	first := claim(t, s, noticeNow, "one", 10)
	settle(t, s, noticeNow, "one", first[0], notify.Settlement{State: notify.StatePending, Refund: true, NotBefore: noticeNow})
	second := claim(t, s, noticeNow, "two", 10)
	if len(second) != 1 || second[0].Attempt != first[0].Attempt {
		t.Fatalf("after a refund: %+v, want attempt %d again", second, first[0].Attempt)
	}
	if settle(t, s, noticeNow, "one", first[0], notify.Settlement{State: notify.StateSent}) {
		t.Error("the first owner settled the second one's lease")
	}
}

func TestExpiredDoesNotBlock(t *testing.T) {
	s := store.New(pbtest.New(t))
	old := newNotice(t, notify.Assignment, anna, "r1", 1) // 24 hours
	enqueue(t, s, old, newNotice(t, notify.Receipt, anna, "r2", 1))
	wantTold(t, "two days later", claim(t, s, noticeNow.Add(48*time.Hour), "one", 10), "receipt/r2")
	if got := noticeState(t, s, old.ID); got != "expired" {
		t.Errorf("the old notice is %s, want expired", got)
	}
}

func TestClaimNeverGivesOneTwice(t *testing.T) {
	s := store.New(pbtest.New(t))
	var ns []notify.Notice
	for i := range 60 {
		ns = append(ns, newNotice(t, notify.Receipt, fmt.Sprintf("person%d", i%20), fmt.Sprintf("r%d", i), 1))
	}
	enqueue(t, s, ns...)
	type took struct {
		claim notify.Claim
		owner string
	}
	out := make(chan took)
	done := make(chan error)
	for _, owner := range []string{"one", "two", "three"} {
		go func() {
			for {
				cs, err := s.ClaimNotices(context.Background(), noticeNow, owner, time.Minute, 5)
				if err != nil || len(cs) == 0 {
					done <- err
					return
				}
				for _, c := range cs {
					out <- took{c, owner}
				}
			}
		}()
	}
	seen := map[notify.ID]string{}
	for running := 3; running > 0; {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			running--
		case got := <-out:
			if was := seen[got.claim.ID]; was != "" {
				t.Errorf("%s was given to %s and to %s", got.claim.Dedupe, was, got.owner)
			}
			seen[got.claim.ID] = got.owner
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d notices were given out, want 20: one a person", len(seen))
	}
}

func TestDevicesOf(t *testing.T) {
	app := pbtest.New(t)
	s := store.New(app)
	newPerson(t, app, anna, "it")
	newPerson(t, app, ben, "")
	newDevice(t, app, "device000000001", anna, "token-1", noticeNow)
	newDevice(t, app, "device000000002", anna, "token-2", noticeNow.Add(-59*24*time.Hour))
	newDevice(t, app, "device000000003", anna, "token-3", noticeNow.Add(-61*24*time.Hour))
	newDevice(t, app, "device000000004", anna, "", noticeNow)
	locked := newDevice(t, app, "device000000005", anna, "token-5", noticeNow)
	locked.Set("state", "locked")
	if err := app.Save(locked); err != nil {
		t.Fatal(err)
	}
	newDevice(t, app, "device000000006", ben, "token-6", noticeNow)
	tokens := func(person notify.PersonID) string {
		ds, err := s.DevicesOf(t.Context(), noticeNow, person)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, d := range ds {
			out = append(out, fmt.Sprintf("%s %s/%s", d.Token, d.Person, d.Language))
		}
		return strings.Join(out, ", ")
	}
	if got, want := tokens(anna), "token-1 it/en-GB, token-2 it/en-GB"; got != want {
		t.Errorf("DevicesOf(anna) = %s, want %s", got, want)
	}
	person, err := app.FindRecordById("users", ben)
	if err != nil {
		t.Fatal(err)
	}
	person.Set("disabled", true)
	if err := app.Save(person); err != nil {
		t.Fatal(err)
	}
	if got := tokens(ben); got != "" {
		t.Errorf("DevicesOf(ben, disabled) = %s, want none", got)
	}
	if was, err := s.PruneToken(t.Context(), noticeNow, "token-1"); !was || err != nil {
		t.Errorf("PruneToken = %v, %v", was, err)
	}
	for _, gone := range []string{"token-1", "", "never"} {
		if was, err := s.PruneToken(t.Context(), noticeNow, gone); was || err != nil {
			t.Errorf("PruneToken(%q) = %v, %v; want false", gone, was, err)
		}
	}
	if got, want := tokens(anna), "token-2 it/en-GB"; got != want {
		t.Errorf("DevicesOf(anna), pruned = %s, want %s", got, want)
	}
}

func TestDeliveryStaysSent(t *testing.T) {
	s := store.New(pbtest.New(t))
	for _, state := range []string{notify.DeliveryPending, notify.DeliverySent, notify.DeliveryFailed} {
		if err := s.RecordDelivery(t.Context(), noticeNow, notify.Delivery{Notice: "n1", Device: "d1", Channel: "fcm", State: state}); err != nil {
			t.Fatal(err)
		}
	}
	if ds, err := s.DeliveriesOf(t.Context(), "n1"); err != nil || ds["d1"] != notify.DeliverySent || len(ds) != 1 {
		t.Errorf("DeliveriesOf = %v, %v; want one, sent", ds, err)
	}
}

func TestReceipts(t *testing.T) {
	s := store.New(pbtest.New(t))
	n := newNotice(t, notify.Assignment, anna, "r1", 1)
	enqueue(t, s, n)
	at := noticeNow.Add(time.Minute)
	for _, c := range []struct {
		name string
		mark func(context.Context, time.Time, notify.PersonID, notify.ID, time.Time) error
		who  notify.PersonID
		at   time.Time
		want error
	}{
		{"received by another", s.MarkReceived, ben, at, store.ErrNoNotice},
		{"opened by another", s.MarkOpened, ben, at, store.ErrNoNotice},
		{"received", s.MarkReceived, anna, at, nil},
		{"received again", s.MarkReceived, anna, at.Add(time.Hour), nil},
		{"opened", s.MarkOpened, anna, at.Add(time.Minute), nil},
		{"opened again", s.MarkOpened, anna, at.Add(time.Hour), nil},
	} {
		if err := c.mark(t.Context(), noticeNow, c.who, n.ID, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s = %v, want %v", c.name, err, c.want)
		}
	}
	rs, err := s.NoticesOf(t.Context(), noticeNow, anna, 10)
	if err != nil || len(rs) != 1 || !rs[0].ReceivedAt.Equal(at) || !rs[0].OpenedAt.Equal(at.Add(time.Minute)) {
		t.Errorf("NoticesOf = %+v, %v; want received %v and opened a minute later", rs, err, at)
	}
	if rs, err := s.NoticesOf(t.Context(), noticeNow, ben, 10); err != nil || len(rs) != 0 {
		t.Errorf("NoticesOf(ben) = %+v, %v; want none", rs, err)
	}
}

func TestRequeueADeadNotice(t *testing.T) {
	s := store.New(pbtest.New(t))
	n := newNotice(t, notify.Assignment, anna, "r1", 1)
	enqueue(t, s, n)
	if err := s.RequeueNotice(t.Context(), noticeNow, n.ID); !errors.Is(err, store.ErrNoNotice) {
		t.Errorf("RequeueNotice(pending) = %v, want %v", err, store.ErrNoNotice)
	}
	cs := claim(t, s, noticeNow, "one", 1)
	settle(t, s, noticeNow, "one", cs[0], notify.Settlement{State: notify.StateDead, Reason: "bad_message", Deliveries: []notify.Delivery{
		{Notice: n.ID, Device: "d1", Channel: "fcm", State: notify.DeliveryFailed},
		{Notice: n.ID, Device: "d2", Channel: "fcm", State: notify.DeliverySent},
	}})
	dead, err := s.DeadNotices(t.Context(), 10)
	if err != nil || len(dead) != 1 || dead[0].LastError != "bad_message" {
		t.Fatalf("DeadNotices = %+v, %v; want one, bad_message", dead, err)
	}
	later := noticeNow.Add(100 * time.Hour)
	if err := s.RequeueNotice(t.Context(), later, n.ID); err != nil {
		t.Fatal(err)
	}
	cs = claim(t, s, later, "one", 1)
	if len(cs) != 1 || cs[0].Attempt != 1 || !cs[0].Expires.Equal(later.Add(24*time.Hour)) {
		t.Errorf("after RequeueNotice: %+v, want attempt 1 and another 24 hours", cs)
	}
	if ds, err := s.DeliveriesOf(t.Context(), n.ID); err != nil || ds["d1"] != notify.DeliveryPending || ds["d2"] != notify.DeliverySent {
		t.Errorf("DeliveriesOf = %v, %v; want d1 pending, d2 sent", ds, err)
	}
}
