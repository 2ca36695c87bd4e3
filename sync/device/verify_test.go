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
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// verify is the server's side of one question of a verification.
func (w *world) verify(ctx context.Context, who report.PersonID, id string, req fieldsync.VerifyRequest) (out []byte, err error) {
	var found []fieldsync.Divergence
	err = w.store.Snapshot(ctx, func(view *store.Store) error {
		found, err = fieldsync.Verify(ctx, view, who, w.key, req, func(line any) error {
			out, err = fieldsync.AppendLine(out, line)
			return err
		})
		return err
	})
	if f := fault.Of(err); err != nil && f.Kind != fault.Internal {
		return fieldsync.AppendLine(out, fieldsync.Stop{T: "err", Code: f.Code, Msg: f.Text})
	}
	for _, d := range found {
		w.n++
		err = errors.Join(err, w.store.KeepDivergence(ctx, fmt.Sprintf("div%d", w.n), id, w.now, d))
	}
	return out, err
}

// verifier is a person's way to ask, over the wire's JSON and the same bad
// network.
func (l *link) verifier(ctx context.Context, req fieldsync.VerifyRequest) (io.ReadCloser, error) {
	raw, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	wire, err := fieldsync.DecodeVerify(raw)
	if err != nil {
		return nil, err
	}
	if l.rng != nil && l.rng.IntN(8) == 0 {
		return nil, errNetwork
	}
	out, err := l.w.verify(ctx, l.who, req.Device, wire)
	if err != nil {
		return nil, err
	}
	l.verified += len(out) + len(raw)
	if l.rng != nil && l.rng.IntN(8) == 0 {
		out = out[:l.rng.IntN(len(out)+1)]
	}
	return io.NopCloser(bytes.NewReader(out)), nil
}

// damage does to a replica what a disk or a bug would.
func damage(t testing.TB, s device.Store, what string, k device.Key) {
	t.Helper()
	if len(s.State().Staged) > 0 { // of a download under way: not what this is about
		return
	}
	row, step := s.State().Base[k], device.Step{}
	switch what {
	case "lost":
		step.Stage = fmt.Appendf(nil, `{"t":"x","q":1,"c":%q,"id":%q}`, k.Coll, k.ID)
	case "old":
		row.Ver--
		step.Row = &row
	case "ghost":
		row.ID = "ghost0000000000"
		step.Row = &row
	}
	seq := max(s.State().Meta.Seq, 1)
	if err := s.Apply(step, device.Step{Switch: seq}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) reports(n int) {
	w.t.Helper()
	w.run(fmt.Sprintf("INSERT INTO reports (id, code, state, district, title) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT printf('report%%09d', i), i, 'assigned', 'd0', 't' FROM n", n-1))
}

func TestDeviceMendsItself(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.reports(3000)
	s, l := &device.Memory{}, &link{w: w, who: "ann"}
	d := w.device(dev, "ann", s, l)
	w.sync(d)
	if l.verified > 0 || d.Health().Suspect || d.Health().Verified != 0 {
		t.Fatalf("after the first sync: %d bytes verified, %+v", l.verified, d.Health())
	}
	for i, what := range []string{"lost", "old", "ghost"} {
		l.verified = 0
		damage(t, s, what, device.Key{Coll: "reports", ID: fmt.Sprintf("report%09d", 7*i)})
		w.now = w.now.Add(time.Minute)
		w.sync(d)
		w.wantSame(what, s, "ann")
		if l.verified == 0 || l.verified > 20_000 {
			t.Errorf("%s: %d bytes to repair one record of 3000", what, l.verified)
		}
		if h := d.Health(); h.Suspect || h.Verified != 0 {
			t.Errorf("%s: afterwards %+v", what, h)
		}
	}
	if got := w.column("SELECT coll || ' ' || missing || extra || stale FROM _s_diverge ORDER BY id"); strings.Join(got, ", ") != "reports 100, reports 001, reports 010" {
		t.Errorf("an operator sees %v", got)
	}
	if bad, err := d.Check(); err != nil || len(bad) > 0 {
		t.Errorf("Check() of a sound replica = %v, %v", bad, err)
	}
}

// TestRottenBody: a body that the disk changed is found by reading it again.
func TestRottenBody(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.reports(50)
	s := &device.Memory{}
	d := w.device(dev, "ann", s, nil)
	w.sync(d)
	k := device.Key{Coll: "reports", ID: "report000000007"}
	row := s.State().Base[k]
	row.Body = bytes.Replace(row.Body, []byte(`"t"`), []byte(`"T"`), 1)
	if err := s.Apply(device.Step{Row: &row}); err != nil {
		t.Fatal(err)
	}
	w.sync(d) // id and version are right: a checkpoint cannot know
	bad, err := d.Check()
	if err != nil || len(bad) != 1 || bad[0] != k || !d.Health().Suspect {
		t.Fatalf("Check() = %v, %v", bad, err)
	}
	w.sync(d)
	w.wantSame("repaired", s, "ann")
	if bad, err := d.Check(); err != nil || len(bad) > 0 || d.Health().Suspect {
		t.Errorf("afterwards Check() = %v, %v", bad, err)
	}
}

// TestBehindTheHorizon leaves a device dark until the log has forgotten what
// was deleted meanwhile. One that can verify finds it; any other starts anew.
// The outbox of both stays, and what they show is never empty.
func TestBehindTheHorizon(t *testing.T) {
	for _, can := range []bool{true, false} {
		w := newWorld(t)
		w.person("ann", "coordinator")
		w.reports(500)
		s, l := &device.Memory{}, &link{w: w, who: "ann"}
		d := w.device(dev, "ann", s, l)
		w.sync(d)
		dark := w.now
		if _, err := d.Call("report.comment", "report000000001", map[string]string{"text": "from the dark"}); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(10 * 24 * time.Hour)
		w.run("DELETE FROM reports WHERE id = 'report000000007'", "UPDATE reports SET title = 'new' WHERE id = 'report000000008'")
		if err := w.store.MarkCommit(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
		if n, err := w.store.ClearExits(t.Context(), dark, 100); err != nil || n != 0 {
			t.Fatalf("ClearExits() = %d, %v: the device that was seen has not had them", n, err)
		}
		w.now = w.now.Add(200 * 24 * time.Hour)
		w.run("UPDATE reports SET title = 'newer' WHERE id = 'report000000009'")
		if err := w.store.MarkCommit(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
		if n, err := w.store.ClearExits(t.Context(), w.now.Add(-180*24*time.Hour), 100); err != nil || n == 0 {
			t.Fatalf("ClearExits() = %d, %v", n, err)
		}
		if horizon, err := w.store.Horizon(t.Context()); err != nil || horizon <= s.State().Meta.Seq {
			t.Fatalf("Horizon() = %d, %v; the device is at %d", horizon, err, s.State().Meta.Seq)
		}
		l.lines = nil
		if !can {
			d = w.device(dev, "ann", s, l, func(c *device.Config) { c.Verify = nil })
		}
		w.sync(d)
		w.wantSame(fmt.Sprintf("can verify: %v", can), s, "ann")
		if got := w.column("SELECT text FROM messages"); len(got) != 1 {
			t.Errorf("can verify %v: the outbox brought %v", can, got)
		}
		puts := bytes.Count(l.lines, []byte(`"t":"p"`))
		if can && puts > 10 || !can && puts < 499 {
			t.Errorf("can verify %v: %d records travelled", can, puts)
		}
		if want := map[bool]string{true: `"reset":"soft"`, false: `"reset":"horizon"`}[can]; !bytes.Contains(l.lines, []byte(want)) {
			t.Errorf("can verify %v: no %s in %.200s", can, want, l.lines)
		}
	}
}

func TestWipeReceipt(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.reports(3)
	s, told, fails := &device.Memory{}, 0, true
	d := w.device(dev, "ann", s, nil, func(c *device.Config) {
		c.Wiped = func(context.Context) error {
			if told++; fails {
				return errNetwork
			}
			return nil
		}
	})
	w.sync(d)
	w.run("UPDATE devices SET state = 'wipe'")
	for i, want := range []int{1, 2, 2} {
		if err := d.Sync(t.Context()); !errors.Is(err, device.ErrWiped) {
			t.Errorf("Sync() = %v, want %v", err, device.ErrWiped)
		}
		if told != want || len(s.State().Base) > 0 {
			t.Errorf("sync %d: %d receipts, want %d; %d records left", i, told, want, len(s.State().Base))
		}
		fails = false
	}
}
