package device_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// TestPutRightAfterAFork: a refusal of before a fork is closed by what puts it
// right, whether that was made before the fork or after it; and by nobody else.
func TestPutRightAfterAFork(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.person("ben", "coordinator")
	w.run("INSERT INTO reports (id, code, state, district) VALUES ('report000000000', 'r', 'assigned', 'd0')")
	d := w.device(dev, "ann", &device.Memory{}, nil)
	do := func(text string, fixes int64) {
		t.Helper()
		m := comment("report000000000", text)
		m.Fixes = fixes
		if _, err := d.Do(m); err != nil {
			t.Fatal(err)
		}
	}
	letters := func() string {
		return strings.Join(w.column("SELECT mid || state || fixed_by FROM _s_dead ORDER BY did, mid"), " ")
	}
	do("refuse", 0)
	do("refuse", 0)
	w.sync(d)
	do("first put right", 1)
	w.push(mut(3, "", "from the phone this one was restored from"))
	w.sync(d)
	if d.ID() == dev || letters() != "1fixed1 2open0" {
		t.Errorf("a correction that waited: device %s, letters %s; want another device and 1fixed1 2open0", d.ID(), letters())
	}
	var left []device.Entry
	for _, e := range d.Refusals() {
		if e.Was == 2 && e.Of == dev && e.Mid < 0 {
			left = append(left, e)
		}
	}
	if len(left) != 1 {
		t.Fatalf("the refusals are %+v, want one that was number 2 of %s", d.Refusals(), dev)
	}
	theirs := fmt.Sprintf(`{"mid":1,"op":"call","id":"report000000000","name":"report.comment","args":{"text":"x"},"supersedes":2,"of":%q}`, dev)
	req := fieldsync.PushRequest{V: 1, Device: "device000000009", Muts: []json.RawMessage{json.RawMessage(theirs)}}
	if _, err := w.exchange(t.Context(), "ben", req); err != nil {
		t.Fatal(err)
	}
	if letters() != "1fixed1 2open0" {
		t.Errorf("somebody else closed a letter: %s", letters())
	}
	do("second put right", left[0].Mid)
	w.sync(d)
	if letters() != "1fixed1 2fixed2" {
		t.Errorf("a correction made after the fork: letters %s, want 1fixed1 2fixed2", letters())
	}
}

// TestMissingWhatWasSent: a server that says it lacks what it was just sent is
// believed once, and asked again another time.
func TestMissingWhatWasSent(t *testing.T) {
	w := newWorld(t)
	calls := 0
	d := w.device(dev, "ann", &device.Memory{}, nil, func(c *device.Config) {
		c.Transport = func(context.Context, fieldsync.PushRequest) (io.ReadCloser, error) {
			calls++
			out, err := fieldsync.AppendLine(nil, fieldsync.PushReply{T: "push", V: 1, Epoch: "e", Err: fieldsync.ErrGap, Expect: 1})
			return io.NopCloser(bytes.NewReader(out)), err
		}
	})
	if _, err := d.Do(comment("report000000000", "a")); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(t.Context()); !errors.Is(err, device.ErrBehind) || calls != 1 || d.ID() != dev {
		t.Errorf("Sync() = %v after %d exchanges as %s, want device.behind after one as %s", err, calls, d.ID(), dev)
	}
	if h := d.Health(); h.Waiting != 1 {
		t.Errorf("%d changes wait, want 1", h.Waiting)
	}
}

// TestAnEndOfAnotherHistory: a phone restored from a backup made before its
// last change was sent makes another one with the same number. What the server
// says of the first one, which it held while the phone was locked, is no end of
// the second (seed 22029 of the simulation, which sends one change at a time).
func TestAnEndOfAnotherHistory(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.run("INSERT INTO reports (id, code, state, district) VALUES ('report000000000', 'r', 'assigned', 'd0')")
	kept := &device.Memory{}
	d := w.device(dev, "ann", kept, nil, func(c *device.Config) { c.MaxMuts = 1 })
	w.sync(d)
	if _, err := d.Do(comment("report000000000", "before the backup")); err != nil {
		t.Fatal(err)
	}
	w.run("UPDATE devices SET state = 'locked' WHERE id = '" + dev + "'")
	w.push(string(kept.State().Outbox[0].Body), mut(2, "", "of the life after the backup"))
	w.run("UPDATE devices SET state = 'active' WHERE id = '" + dev + "'")
	if _, err := d.Do(comment("report000000000", "of the life after the restore")); err != nil {
		t.Fatal(err)
	}
	w.sync(d)
	got := strings.Join(w.column("SELECT text FROM messages ORDER BY text"), "; ")
	if want := "before the backup; of the life after the backup; of the life after the restore"; got != want || d.ID() == dev {
		t.Errorf("as %s the messages are %s; want %s, and another device", d.ID(), got, want)
	}
}
