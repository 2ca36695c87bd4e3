package device_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// A world is a real database behind the real engine. Only what a call means is
// simpler than at the desk: "report.comment" adds a message, and a text of
// "refuse" is refused.
type world struct {
	t      testing.TB
	app    *core.BaseApp
	store  *store.Store
	key    []byte
	now    time.Time
	limits fieldsync.Limits
	fail   func() error // asked before each effect; an error ends the push
	n      int
}

var errNope = fault.Define(fault.Conflict, "devicetest.nope", "No.", "No.")

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, app: pbtest.New(t), now: time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)}
	w.store = store.New(w.app)
	if err := w.store.InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.store.SweepGrants(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	w.fail = func() error { return nil }
	var err error
	if w.key, err = w.store.SyncKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.run("INSERT INTO areas (id, kind, code) VALUES ('d0', 'district', 'D0'), ('d1', 'district', 'D1'), ('d2', 'district', 'D2')")
	return w
}

func (w *world) run(qs ...string) {
	w.t.Helper()
	for _, q := range qs {
		if _, err := w.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			w.t.Fatalf("%s: %v", q, err)
		}
	}
}

func (w *world) column(q string) []string {
	w.t.Helper()
	var out []string
	if err := w.app.DB().NewQuery(q).Column(&out); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	return out
}

func (w *world) person(id, role string, areas ...string) {
	w.t.Helper()
	raw, _ := json.Marshal(append([]string{}, areas...))
	w.run(fmt.Sprintf("INSERT INTO users (id, tokenKey, email, language) VALUES ('%[1]s', 'k%[1]s', '%[1]s@x', 'en')", id))
	if role != "" {
		w.run(fmt.Sprintf("INSERT INTO roles (id, person, role, areas) VALUES ('role%[1]s', '%[1]s', '%[2]s', '%[3]s')", id, role, raw))
	}
}

// exchange is the server's side of one round trip.
func (w *world) exchange(ctx context.Context, who report.PersonID, req fieldsync.PushRequest) ([]byte, error) {
	actor := report.Actor{ID: who, Language: "en"}
	var reply fieldsync.PushReply
	err := w.store.InTx(ctx, func(tx *store.Store) error {
		var err error
		l := store.Ledger{Tx: tx, Now: w.now, Do: func(ctx context.Context, c fieldsync.Change) (fieldsync.Outcome, error) {
			return w.apply(ctx, tx, who, c)
		}}
		if reply, err = fieldsync.Push(ctx, l, actor, req, w.now); err != nil {
			return err
		}
		return tx.MarkCommit(ctx, w.now)
	})
	if err != nil {
		return nil, err
	}
	reply.T = "push"
	out, err := fieldsync.AppendLine(nil, reply)
	if err != nil || req.Pull == nil || len(reply.Cmd) > 0 {
		return out, err
	}
	err = w.store.Snapshot(ctx, func(view *store.Store) error {
		return fieldsync.Pull(ctx, view, who, w.key, *req.Pull, w.limits, w.now, func(line any) error {
			out, err = fieldsync.AppendLine(out, line)
			return err
		})
	})
	if f := fault.Of(err); err != nil && f.Kind != fault.Internal {
		return fieldsync.AppendLine(out, fieldsync.Stop{T: "err", Code: f.Code, Msg: f.Text})
	}
	return out, err
}

func (w *world) apply(_ context.Context, tx *store.Store, who report.PersonID, c fieldsync.Change) (fieldsync.Outcome, error) {
	if err := w.fail(); err != nil {
		return fieldsync.Outcome{}, err
	}
	var args struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(c.Args, &args); err != nil {
		return fieldsync.Outcome{}, errNope.In("args")
	}
	db := tx.App().DB()
	w.n++
	if c.Name == "report.submit" {
		if args.Text == "refuse" {
			return fieldsync.Outcome{}, errNope.In("text")
		}
		_, err := db.NewQuery("INSERT INTO reports (id, code, state, reporter, district, title, version) VALUES ({:id}, {:id}, 'registered', {:who}, 'd0', {:text}, 1)").
			Bind(dbx.Params{"id": c.ID, "who": who, "text": args.Text}).Execute()
		return fieldsync.Outcome{St: fieldsync.Applied, Ver: 1}, err
	}
	// What was written before the refusal must be undone by the savepoint.
	res, err := db.NewQuery("UPDATE reports SET title = {:text}, version = version + 1 WHERE id = {:id}").
		Bind(dbx.Params{"id": c.ID, "text": args.Text}).Execute()
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return fieldsync.Outcome{}, report.ErrNone
	}
	_, err = db.NewQuery("INSERT INTO messages (id, report, audience, text, author) VALUES ({:id}, {:report}, 'public', {:text}, {:author})").
		Bind(dbx.Params{"id": fmt.Sprintf("m%d", w.n), "report": c.ID, "text": args.Text, "author": fmt.Sprintf("%s/%d", c.Device, c.Mid)}).Execute()
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if args.Text == "refuse" {
		return fieldsync.Outcome{}, errNope.In("text")
	}
	return fieldsync.Outcome{St: fieldsync.Applied}, nil
}

// A link is a person's way to the server, and everything that can go wrong on
// it.
type link struct {
	w    *world
	who  report.PersonID
	rng  *rand.Rand // nil: nothing goes wrong
	late []fieldsync.PushRequest

	lines    []byte // that came, when nothing went wrong
	verified int    // bytes of verifications
}

var errNetwork = errors.New("the network broke")

func (l *link) transport(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
	raw, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	wire, err := fieldsync.DecodePush(raw, fieldsync.Limits{})
	if err != nil {
		return nil, err
	}
	if l.rng != nil {
		if len(l.late) > 0 && l.rng.IntN(4) == 0 { // one that was lost on the way arrives after all
			old := l.late[l.rng.IntN(len(l.late))]
			if _, err := l.w.exchange(ctx, l.who, old); err != nil {
				return nil, err
			}
		}
		switch l.rng.IntN(8) {
		case 0: // it never arrives, or much later
			l.late = append(l.late, wire)
			return nil, errNetwork
		case 1: // the answer is lost
			if _, err := l.w.exchange(ctx, l.who, wire); err != nil {
				return nil, err
			}
			return nil, errNetwork
		case 2: // it arrives twice
			if _, err := l.w.exchange(ctx, l.who, wire); err != nil {
				return nil, err
			}
		}
	}
	out, err := l.w.exchange(ctx, l.who, wire)
	if err != nil {
		return nil, err
	}
	if l.rng != nil && l.rng.IntN(3) == 0 { // it breaks off
		out = out[:l.rng.IntN(len(out)+1)]
	}
	l.lines = append(l.lines, out...)
	return io.NopCloser(bytes.NewReader(out)), nil
}

func (w *world) device(id string, who report.PersonID, s device.Store, l *link, change ...func(*device.Config)) *device.Device {
	w.t.Helper()
	if l == nil {
		l = &link{w: w, who: who}
	}
	c := device.Config{
		ID: id, Store: s, Transport: l.transport, Verify: l.verifier, Now: func() time.Time { return w.now },
		NewID: func() string { w.n++; return fmt.Sprintf("fork%011d", w.n) },
		Roles: []report.Role{report.RoleTechnician, report.RoleCoordinator},
	}
	for _, fn := range change {
		fn(&c)
	}
	d, err := device.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) sync(d *device.Device) {
	w.t.Helper()
	if err := d.Sync(w.t.Context()); err != nil {
		w.t.Fatalf("Sync() = %v", err)
	}
}

// sees lists what a device's base holds, in a form to compare with visible.
func sees(s device.Store) []string {
	var out []string
	for k, r := range s.State().Base {
		switch k.Coll {
		case "reports":
			var b struct{ Title, State, ContactName string }
			_ = json.Unmarshal(r.Body, &b)
			out = append(out, fmt.Sprintf("%s %s %s %s", k.ID, b.Title, b.State, b.ContactName))
		case "messages":
			var b struct{ Report, Text string }
			_ = json.Unmarshal(r.Body, &b)
			out = append(out, fmt.Sprintf("%s %s %s", k.ID, b.Report, b.Text))
		}
	}
	slices.Sort(out)
	return out
}

// visible is the oracle: one plain query for what a person may hold, which
// knows nothing of scopes, logs and grants.
func (w *world) visible(who report.PersonID) []string {
	w.t.Helper()
	open := "r.state NOT IN ('closed', 'rejected', 'duplicate', 'cancelled')"
	role := func(cond string) string {
		return "EXISTS (SELECT 1 FROM roles AS x WHERE x.person = '" + string(who) + "' AND " + cond + ")"
	}
	staff := "(" + open + " AND " + role("x.role = 'coordinator' AND (x.areas = '[]' OR r.district IN (SELECT value FROM json_each(x.areas)))") + ")"
	field := "(" + open + " AND (" + role("x.role = 'technician' AND r.district IN (SELECT value FROM json_each(x.areas))") +
		" OR (r.assignee = '" + string(who) + "' AND " + role("x.role = 'technician'") + ")))"
	own := "r.reporter = '" + string(who) + "'"
	enabled := "EXISTS (SELECT 1 FROM users WHERE id = '" + string(who) + "' AND NOT disabled)"
	out := w.column("SELECT r.id || ' ' || r.title || ' ' || r.state || ' ' || iif(" + staff + ", r.contactName, '') FROM reports AS r WHERE " + enabled + " AND (" + staff + " OR " + field + " OR " + own + ")")
	out = append(out, w.column("SELECT m.id || ' ' || m.report || ' ' || m.text FROM messages AS m JOIN reports AS r ON r.id = m.report WHERE "+enabled+
		" AND (("+staff+" OR "+field+") OR ("+own+" AND m.audience IN ('public', 'reporter')))")...)
	slices.Sort(out)
	return out
}

func (w *world) wantSame(what string, s device.Store, who report.PersonID) {
	w.t.Helper()
	if got, want := sees(s), w.visible(who); !slices.Equal(got, want) {
		w.t.Errorf("%s: the device holds\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
