package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// newSync returns the devices' side of a town.
func newSync(t *testing.T, w *town) *desk.Sync {
	t.Helper()
	s := store.New(w.app)
	if err := s.InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepGrants(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	out, err := desk.NewSync(w.desk, desk.SyncConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// phone returns a device of somebody in the town, wired to the desk.
func (w *town) phone(t *testing.T, s *desk.Sync, who, id string, roles ...report.Role) *device.Device {
	t.Helper()
	actor := w.as(who)
	d, err := device.New(device.Config{
		ID: id, Store: &device.Memory{}, Now: func() time.Time { return w.now }, NewID: func() string { return "another00000000" }, Roles: roles,
		Transport: func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			raw, err := json.Marshal(req)
			if err != nil {
				return nil, err
			}
			if req, err = fieldsync.DecodePush(raw, s.Limits()); err != nil {
				return nil, err
			}
			var out []byte
			err = s.Exchange(ctx, actor, req, func(line any) error {
				out, err = fieldsync.AppendLine(out, line)
				return err
			})
			return io.NopCloser(bytes.NewReader(out)), err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func syncNow(t *testing.T, d *device.Device) {
	t.Helper()
	if err := d.Sync(t.Context()); err != nil {
		t.Fatalf("Sync() = %v", err)
	}
}

// offline is the report of TestPhonesWorkOffline.
const offline = report.ID("reportoffline00")

func wantState(t *testing.T, d *device.Device, want report.State) {
	t.Helper()
	r, ok := d.View("reports", string(offline))
	if got := r.State(); !ok && want != "" || got != want {
		t.Errorf("device %s sees the report %q (%v), want %q", d.ID(), got, ok, want)
	}
}

// TestPhonesWorkOffline carries a report from a citizen's phone under a bridge
// to a technician's in a cellar, and back.
func TestPhonesWorkOffline(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	citizen := w.phone(t, s, "citizen", "phonecitizen000")
	ben := w.phone(t, s, "ben", "phoneben0000000", report.RoleTechnician)
	eva := w.phone(t, s, "eva", "phoneeva0000000", report.RoleTechnician)
	const id = offline

	made := w.now
	_, err := citizen.Call("report.submit", id, report.SubmitArgs{
		Description: "Una buca", ObjectType: w.ids["pothole"], Point: &report.Point{Lon: 10.5, Lat: 45.5}, AccuracyM: 5, PointSource: report.FromGPS,
	})
	if err != nil {
		t.Fatal(err)
	}
	photo := fieldsync.Mutation{Op: fieldsync.OpCreate, Coll: "media", ID: "photooffline000", Set: map[string]fieldsync.Set{}}
	for name, v := range map[string]any{"report": id, "kind": "before", "sha256": strings.Repeat("ab", 32), "size": 1234, "type": "image/jpeg"} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		photo.Set[name] = fieldsync.Set{To: raw}
	}
	if _, err := citizen.Do(photo); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(2 * time.Hour)
	syncNow(t, citizen)
	if bad := citizen.Refusals(); len(bad) > 0 {
		t.Fatalf("refused: %+v", bad[0].Result)
	}
	wantState(t, citizen, report.Registered)
	if r, _ := citizen.View("reports", string(id)); string(r.Fields["registeredAt"]) == "" || r.Pending != 0 {
		t.Errorf("the citizen sees %s, %d pending", r.Fields["registeredAt"], r.Pending)
	}
	if n := w.count("reportEvents WHERE " + fmt.Sprintf("report = '%s' AND type = 'submit' AND occurredAt = '%s'", id, made.Format("2006-01-02 15:04:05.000Z"))); n != 1 {
		t.Errorf("%d events say that it happened when it did", n)
	}
	if n := w.count("media WHERE " + "state = 'declared' AND device = 'phonecitizen000'"); n != 1 {
		t.Errorf("%d photos are announced, want 1", n)
	}

	w.do("anna", "report.take", id, struct{}{})
	w.do("anna", "report.dispatch", id, report.DispatchArgs{Assignee: report.PersonID(w.ids["ben"])})
	syncNow(t, ben)
	syncNow(t, eva)
	wantState(t, ben, report.Assigned)
	wantState(t, eva, "")

	if _, err := ben.Call("report.start", id, struct{}{}); err != nil {
		t.Fatal(err)
	}
	wantState(t, ben, report.InProgress) // at once, in the cellar
	w.now = w.now.Add(time.Hour)
	syncNow(t, ben)
	syncNow(t, citizen)
	wantState(t, ben, report.InProgress)
	wantState(t, citizen, report.InProgress)

	w.do("anna", "report.reject", id, report.RejectArgs{Code: "not_responsible", Text: "Compete alla provincia"})
	syncNow(t, ben)
	syncNow(t, citizen)
	wantState(t, ben, "")
	wantState(t, citizen, report.Rejected)
	if drift, err := store.New(w.app).CaptureDrift(t.Context()); err != nil || len(drift) > 0 {
		t.Errorf("CaptureDrift() = %q, %v", drift, err)
	}
}

func TestSyncKnowsWhoAsks(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	push := fieldsync.PushRequest{V: 1, Device: "phoneben0000000"}
	pull := fieldsync.PullRequest{V: 1, Device: "phoneben0000000"}
	quiet := func(any) error { return nil }
	if _, err := s.Push(t.Context(), report.Actor{}, push); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("Push by nobody = %v, want sign in", err)
	}
	if err := s.Pull(t.Context(), w.as("ben"), pull, quiet); err != nil {
		t.Errorf("Pull() of a new device = %v", err)
	}
	if n := w.count("devices WHERE " + "id = 'phoneben0000000' AND person = '" + w.ids["ben"] + "'"); n != 1 {
		t.Errorf("the device is registered %d times", n)
	}
	for name, err := range map[string]error{
		"push":  func() error { _, err := s.Push(t.Context(), w.as("eva"), push); return err }(),
		"pull":  s.Pull(t.Context(), w.as("eva"), pull, quiet),
		"watch": s.Watch(t.Context(), w.as("eva"), "phoneben0000000", 0, quiet),
	} {
		if !errors.Is(err, fieldsync.ErrDevice) {
			t.Errorf("%s with another person's device = %v, want sync.device", name, err)
		}
	}
	if _, err := w.app.NonconcurrentDB().NewQuery("UPDATE devices SET state = 'locked'").Execute(); err != nil {
		t.Fatal(err)
	}
	if err := s.Pull(t.Context(), w.as("ben"), pull, quiet); !errors.Is(err, fieldsync.ErrLocked) {
		t.Errorf("Pull() of a locked device = %v, want sync.locked", err)
	}
	lines := 0
	push.Pull = &pull
	if err := s.Exchange(t.Context(), w.as("ben"), push, func(any) error { lines++; return nil }); err != nil || lines != 1 {
		t.Errorf("Exchange() of a locked device = %v with %d lines, want the push reply only", err, lines)
	}
}
