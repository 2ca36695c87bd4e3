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
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

func codeOf(err error) string {
	for _, f := range []error{desk.ErrNotDevices, desk.ErrDeviceState, desk.ErrNoDevice, desk.ErrWiped, desk.ErrNotWiped} {
		if errors.Is(err, f) {
			return f.Error()
		}
	}
	return fmt.Sprint(err)
}

// TestDevicesOfOthers has everybody look after the devices of everybody.
func TestDevicesOfOthers(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	w.person("coord", "coordinator", "W")
	w.person("chief", "coordinator")
	w.person("root", "admin")
	syncNow(t, w.phone(t, s, "ben", "phoneben0000000", report.RoleTechnician))
	syncNow(t, w.phone(t, s, "eva", "phoneeva0000000", report.RoleTechnician))
	sees := func(who string) string {
		all, err := s.AllDevices(t.Context(), w.as(who))
		if err != nil {
			return codeOf(err)
		}
		var ids []string
		for _, d := range all {
			ids = append(ids, d.ID)
		}
		return strings.Join(ids, " ")
	}
	const both = "phoneben0000000 phoneeva0000000"
	for who, want := range map[string]string{
		"root": both, "boss": both, "chief": both, "coord": "phoneben0000000",
		"ben": desk.ErrNoDevice.Error(), "anna": desk.ErrNoDevice.Error(), "": desk.ErrNoDevice.Error(),
	} {
		if got := sees(who); got != want {
			t.Errorf("%q sees %s, want %s", who, got, want)
		}
	}
	for i, tt := range []struct {
		who, id string
		state   fieldsync.DeviceState
		reason  string
		want    error
	}{
		{"ben", "phoneben0000000", fieldsync.Locked, "x", desk.ErrNoDevice},
		{"coord", "phoneeva0000000", fieldsync.Locked, "x", desk.ErrNoDevice}, // not of the district
		{"coord", "nosuchdevice000", fieldsync.Locked, "x", desk.ErrNoDevice},
		{"coord", "phoneben0000000", fieldsync.Wipe, "x", desk.ErrNotDevices},
		{"coord", "phoneben0000000", "asleep", "x", desk.ErrDeviceState},
		{"coord", "phoneben0000000", fieldsync.Locked, "", desk.ErrDeviceState},
		{"coord", "phoneben0000000", fieldsync.Locked, "lost", nil},
		{"coord", "phoneben0000000", fieldsync.Active, "found", nil},
		{"boss", "phoneben0000000", fieldsync.Wipe, "stolen", nil},
		{"coord", "phoneben0000000", fieldsync.Active, "x", desk.ErrNotDevices},
		{"boss", "phoneben0000000", fieldsync.Active, "found", nil}, // it was not carried out yet
		{"root", "phoneben0000000", fieldsync.Wipe, "stolen again", nil},
	} {
		w.now = w.now.Add(time.Minute)
		_, err := s.SetDeviceState(t.Context(), w.as(tt.who), tt.id, tt.state, tt.reason)
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%d: SetDeviceState(%s, %s, %s) = %v, want %v", i, tt.who, tt.id, tt.state, err, tt.want)
		}
	}
	story, err := s.DeviceStory(t.Context(), w.as("root"), "phoneben0000000")
	if err != nil {
		t.Fatal(err)
	}
	var traces []string
	for _, tr := range story.Traces {
		traces = append(traces, tr.Old+">"+tr.New+" "+tr.Reason)
	}
	want := "active>wipe stolen again, wipe>active found, active>wipe stolen, locked>active found, active>locked lost"
	if got := strings.Join(traces, ", "); got != want || story.Traces[0].By != w.ids["root"] {
		t.Errorf("traces %s, want %s", got, want)
	}
}

// TestUnlocked: what a locked device handed in is done as soon as it is active
// again, and waits on when its person may not do anything just now.
func TestUnlocked(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id := w.submit("citizen", w.at(10.5)).ID
	ben := w.hand(s, "ben")
	ben.send(comment(id, "c1"))
	for _, tt := range []struct {
		name     string
		disabled int
		held     int64
		want     string
	}{
		{"disabled", 1, 1, "c1"},
		{"at work again", 0, 0, "c1 c2"},
	} {
		w.sql("UPDATE users SET disabled = 0 WHERE id = '" + w.ids["ben"] + "'")
		if _, err := s.SetDeviceState(t.Context(), w.as("boss"), ben.id, fieldsync.Locked, "lost"); err != nil {
			t.Fatal(err)
		}
		if tt.disabled == 1 {
			if got := endsOf(ben.send(comment(id, "c2"))); got != "2:held" {
				t.Fatalf("%s: locked = %s", tt.name, got)
			}
		}
		w.sql(fmt.Sprintf("UPDATE users SET disabled = %d WHERE id = '%s'", tt.disabled, w.ids["ben"]))
		d, err := s.SetDeviceState(t.Context(), w.as("boss"), ben.id, fieldsync.Active, "found")
		if err != nil || d.State != "active" || d.Quarantined != tt.held {
			t.Errorf("%s: SetDeviceState() = %+v, %v, want active with %d put aside", tt.name, d, err, tt.held)
		}
		if got := w.comments(id); got != tt.want {
			t.Errorf("%s: comments = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestWipe carries a wipe out, to its receipt.
func TestWipe(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	const id = "phoneben0000000"
	ben := w.as("ben")
	store := &device.Memory{}
	d := w.phoneOver(t, s, "ben", id, store, func(c *device.Config) {
		c.Wiped = func(ctx context.Context) error { return s.Wiped(ctx, ben, id) }
	})
	syncNow(t, d)
	if err := s.Wiped(t.Context(), w.as("ben"), id); !errors.Is(err, desk.ErrNotWiped) {
		t.Errorf("a receipt nobody asked for: %v", err)
	}
	if _, err := s.SetDeviceState(t.Context(), w.as("boss"), id, fieldsync.Wipe, "stolen"); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(t.Context()); !errors.Is(err, device.ErrWiped) {
		t.Errorf("Sync() = %v, want %v", err, device.ErrWiped)
	}
	if err := s.Wiped(t.Context(), w.as("eva"), id); !errors.Is(err, desk.ErrNoDevice) {
		t.Errorf("somebody else's receipt: %v", err)
	}
	all, err := s.AllDevices(t.Context(), w.as("boss"))
	if err != nil || len(all) != 1 || all[0].WipedAt.IsZero() || all[0].State != "wipe" {
		t.Errorf("AllDevices() = %+v, %v", all, err)
	}
	if _, err := s.SetDeviceState(t.Context(), w.as("boss"), id, fieldsync.Active, "found"); !errors.Is(err, desk.ErrWiped) {
		t.Errorf("taking a wipe back that was carried out: %v", err)
	}
}

// TestVerifyAtTheDesk damages what a phone holds: it repairs itself, and an
// operator sees it.
func TestVerifyAtTheDesk(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	for range 5 {
		w.submit("citizen", w.at(10.5))
	}
	store := &device.Memory{}
	d := w.phoneOver(t, s, "boss", "phoneboss000000", store, func(*device.Config) {})
	syncNow(t, d)
	held := len(store.State().Base)
	for k, row := range store.State().Base {
		if k.Coll == "reports" {
			row.Ver--
			if err := store.Apply(device.Step{Row: &row}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	w.now = w.now.Add(time.Minute)
	syncNow(t, d)
	if h := d.Health(); h.Suspect || h.Verified != 0 || len(store.State().Base) != held {
		t.Errorf("Health() = %+v, %d records of %d", h, len(store.State().Base), held)
	}
	story, err := s.DeviceStory(t.Context(), w.as("boss"), "phoneboss000000")
	if err != nil || len(story.Divergences) != 1 || story.Divergences[0].Stale != 1 || story.Divergences[0].Collection != "reports" || story.Diverged != 1 {
		t.Errorf("DeviceStory() = %+v, %v", story, err)
	}
	if story.Lag != 0 || story.LastSeenAt.IsZero() {
		t.Errorf("a device in step lags %d, seen %s", story.Lag, story.LastSeenAt)
	}
	if err := s.Verify(t.Context(), w.as("ben"), fieldsync.VerifyRequest{V: 1, Device: "phoneboss000000"}, nil); !errors.Is(err, fieldsync.ErrDevice) {
		t.Errorf("verifying somebody else's device: %v", err)
	}
	if err := s.Verify(t.Context(), w.as("boss"), fieldsync.VerifyRequest{V: 1, Device: "phoneboss000000", Cursor: "x"}, nil); !errors.Is(err, fieldsync.ErrCursor) {
		t.Errorf("verifying without a cursor: %v", err)
	}
}

// phoneOver is phone, over a store the test sees, and with a way to verify.
func (w *town) phoneOver(t *testing.T, s *desk.Sync, who, id string, store device.Store, change func(*device.Config)) *device.Device {
	t.Helper()
	actor := w.as(who)
	collect := func(ask func(emit func(any) error) error) (io.ReadCloser, error) {
		var out []byte
		err := ask(func(line any) (err error) {
			out, err = fieldsync.AppendLine(out, line)
			return err
		})
		return io.NopCloser(bytes.NewReader(out)), err
	}
	c := device.Config{
		ID: id, Store: store, Now: func() time.Time { return w.now }, NewID: func() string { return "another00000000" },
		Transport: func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			raw, err := json.Marshal(req)
			if err != nil {
				return nil, err
			}
			if req, err = fieldsync.DecodePush(raw, s.Limits()); err != nil {
				return nil, err
			}
			return collect(func(emit func(any) error) error { return s.Exchange(ctx, actor, req, emit) })
		},
		Verify: func(ctx context.Context, req fieldsync.VerifyRequest) (io.ReadCloser, error) {
			return collect(func(emit func(any) error) error { return s.Verify(ctx, actor, req, emit) })
		},
	}
	change(&c)
	d, err := device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
