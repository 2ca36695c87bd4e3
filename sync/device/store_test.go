package device_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// script is a life of a local store: each line is one Apply.
func script() [][]device.Step {
	line := func(format string, args ...any) device.Step {
		return device.Step{Stage: fmt.Appendf(nil, format, args...)}
	}
	meta := func(m device.Meta) device.Step { return device.Step{Meta: &m} }
	entry := func(mid int64) device.Step {
		return device.Step{Append: &device.Entry{Mid: mid, Body: []byte(`{"text":"<b> & è"}`), Hash: fmt.Sprint(mid)}}
	}
	settle := func(mid, seq int64, st fieldsync.Status) device.Step {
		return device.Step{Settle: &fieldsync.Result{Mid: mid, Seq: seq, St: st}}
	}
	put := func(id string, scopes string) device.Step {
		return line(`{"t":"p","q":1,"c":"reports","id":%q,"v":1,"m":%s,"h":"h","d":{"title":"<%s>"}}`, id, scopes, id)
	}
	return [][]device.Step{
		{meta(device.Meta{Device: "d", NextMid: 1})},
		{entry(1), meta(device.Meta{Device: "d", NextMid: 2})},
		{device.Step{Clear: true}, put("a", "[1]"), put("b", "[1,2]"), meta(device.Meta{Device: "d", NextMid: 2, Page: "p1", Reset: true})},
		{entry(2), entry(3)},
		{put("c", "[2]"), meta(device.Meta{Device: "d", Reset: true}), device.Step{Switch: 5}, meta(device.Meta{Device: "d", Seq: 5, Cursor: "c1"})},
		{settle(1, 6, fieldsync.Applied), settle(2, 0, fieldsync.Rejected), settle(3, 9, fieldsync.Merged)},
		{line(`{"t":"drop","i":1,"s":"d:x"}`), line(`{"t":"x","q":7,"c":"reports","id":"c","r":"moved"}`), device.Step{Switch: 7}},
		{device.Step{Dismiss: 2}},
		{device.Step{Dismiss: 3}},
		{line(`{"t":"p","q":8,"c":"reports","id":"b","v":2,"m":[2,3],"h":""}`), device.Step{Switch: 8}},
	}
}

// runStore is the conformance suite of a Store.
func runStore(t *testing.T, open func(t *testing.T) device.Store) {
	s := open(t)
	for i, steps := range script() {
		if err := s.Apply(steps...); err != nil {
			t.Fatalf("Apply %d: %v", i, err)
		}
		st := s.State()
		var got string
		switch i {
		case 2:
			got = fmt.Sprint(len(st.Base), len(st.Staged), len(st.Outbox))
		case 4, 5, 6, 7, 8, 9:
			var ids []string
			for k, r := range st.Base {
				ids = append(ids, fmt.Sprint(k.ID, r.In))
			}
			slices.Sort(ids)
			got = fmt.Sprint(ids, len(st.Staged), len(st.Outbox))
		}
		if want := map[int]string{
			2: "0 2 1", 4: "[a[1] b[1 2] c[2]] 0 3", 5: "[a[1] b[1 2] c[2]] 0 3",
			6: "[b[2]] 0 2", 7: "[b[2]] 0 1", 8: "[b[2]] 0 1", 9: "[b[2 3]] 0 1",
		}[i]; got != want {
			t.Errorf("after step %d the store holds %s, want %s", i, got, want)
		}
	}
	row := s.State().Base[device.Key{Coll: "reports", ID: "b"}]
	if string(row.Body) != `{"title":"<b>"}` || row.Ver != 2 || row.Hash != "h" {
		t.Errorf("the body is %s (version %d, hash %s), want the bytes that came", row.Body, row.Ver, row.Hash)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestMemory(t *testing.T) { runStore(t, func(*testing.T) device.Store { return &device.Memory{} }) }

func TestFile(t *testing.T) {
	runStore(t, func(t *testing.T) device.Store { return openFile(t, filepath.Join(t.TempDir(), "store")) })
}

func openFile(t testing.TB, path string) *device.File {
	t.Helper()
	f, err := device.OpenFile(path)
	if err != nil {
		t.Fatalf("OpenFile() = %v", err)
	}
	return f
}

// text is a state in a form to compare.
func text(t testing.TB, s *device.State) string {
	t.Helper()
	var rows []string
	for k, r := range s.Base {
		rows = append(rows, fmt.Sprintf("%v %d %v %s %s", k, r.Ver, r.In, r.Hash, r.Body))
	}
	slices.Sort(rows)
	raw, err := json.Marshal([]any{s.Meta, rows, s.Staged, s.Outbox})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestFileCutAnywhere cuts the journal at every byte: what is read back is what
// was there after some whole number of steps, and never fewer than were whole
// in the file.
func TestFileCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	f := openFile(t, path)
	states := []string{text(t, f.State())}
	ends := []int64{0}
	for _, steps := range script() {
		if err := f.Apply(steps...); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		states, ends = append(states, text(t, f.State())), append(ends, info.Size())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut")
	for n := range len(whole) + 1 {
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		steps := 0
		for steps+1 < len(ends) && ends[steps+1] <= int64(n) {
			steps++
		}
		got := openFile(t, cut)
		if text(t, got.State()) != states[steps] {
			t.Fatalf("cut at byte %d of %d: not the state after %d steps", n, len(whole), steps)
		}
		// And it goes on from there.
		if err := got.Apply(device.Step{Dismiss: 99}); err != nil {
			t.Fatal(err)
		}
		if err := got.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFileCompacts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	f := openFile(t, path)
	for _, steps := range script()[:6] {
		if err := f.Apply(steps...); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Apply(device.Step{Stage: []byte(`{"t":"p","c":"reports","id":"z","m":[1],"h":"h","d":{"x":"<&>"}}`)}); err != nil {
		t.Fatal(err)
	}
	want := text(t, f.State())
	if err := f.Compact(); err != nil {
		t.Fatal(err)
	}
	if err := f.Apply(script()[7]...); err != nil {
		t.Fatal(err)
	}
	after := text(t, f.State())
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	g := openFile(t, path)
	defer func() { _ = g.Close() }()
	if got := text(t, g.State()); got != after || after == want {
		t.Errorf("after compaction and one step:\n%s\nwant\n%s", got, after)
	}
}

func TestFileDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	f := openFile(t, path)
	for _, steps := range script() {
		if err := f.Apply(steps...); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[20] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := device.OpenFile(path); !errors.Is(err, device.ErrCorrupt) {
		t.Errorf("OpenFile of a damaged file = %v, want device.corrupt", err)
	}
}

func (w *world) town(t *testing.T) {
	t.Helper()
	w.person("ann", "coordinator")
	for i := range 4 {
		w.run(fmt.Sprintf("INSERT INTO reports (id, code, state, district, title, contactName) VALUES ('report%09d', 'r%d', 'assigned', 'd0', '<t%d> & è', 'n')", i, i, i))
	}
}

// TestAnswerCutAnywhere breaks the answer off at every byte. The next sync
// ends right, and before it nothing half is to be seen.
func TestAnswerCutAnywhere(t *testing.T) {
	w := newWorld(t)
	w.town(t)
	w.limits = fieldsync.Limits{PageRows: 1}
	ask := fieldsync.PushRequest{V: 1, Device: dev, Pull: &fieldsync.PullRequest{V: 1, Device: dev}}
	whole, err := w.exchange(t.Context(), "ann", ask)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		var m device.Memory
		l := &link{w: w, who: "ann"}
		d := w.device(dev, "ann", &m, l)
		torn, err := device.New(device.Config{
			ID: dev, Store: &m, Now: func() time.Time { return w.now }, NewID: func() string { return dev },
			Transport: func(context.Context, fieldsync.PushRequest) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(whole[:n])), nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := torn.Sync(t.Context()); err == nil {
			t.Fatalf("cut at %d of %d: Sync() = nil", n, len(whole))
		}
		if len(m.State().Base) > 0 {
			t.Fatalf("cut at %d: %d records are visible", n, len(m.State().Base))
		}
		if n%64 == 0 {
			w.sync(d)
			w.wantSame(fmt.Sprintf("cut at %d", n), &m, "ann")
		}
	}
}

func TestOverlayAndReceipts(t *testing.T) {
	w := newWorld(t)
	w.town(t)
	var m device.Memory
	l := &link{w: w, who: "ann"}
	d := w.device(dev, "ann", &m, l)
	w.sync(d)
	if _, err := d.Call("report.start", "report000000000", map[string]string{}); err != nil {
		t.Fatal(err)
	}
	r, ok := d.View("reports", "report000000000")
	if !ok || r.State() != "in_progress" || r.Pending != 1 {
		t.Errorf("View() = %v %s pending %d; want in_progress at once", ok, r.State(), r.Pending)
	}
	if h := d.Health(); h.Waiting != 1 {
		t.Errorf("Health() = %+v, want one waiting", h)
	}
	if _, err := d.Call("report.comment", "report000000001", map[string]string{"text": "refuse"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Call("report.submit", "fresh0000000000", map[string]string{"text": "new", "title": "New"}); err != nil {
		t.Fatal(err)
	}
	if got := len(d.List("reports")); got != 5 {
		t.Errorf("%d reports on the device, want 5 with the new one", got)
	}
	w.sync(d)
	if got := d.Refusals(); len(got) != 1 || got[0].Mid != 2 || got[0].Result.Code != "devicetest.nope" {
		t.Errorf("Refusals() = %v, want the second", got)
	}
	if h := d.Health(); h.Waiting != 0 || h.Refused != 1 || h.Checkpoint != 0 {
		t.Errorf("Health() = %+v, want all in step and one refusal", h)
	}
	if err := d.Dismiss(2); err != nil || len(d.Refusals()) != 0 {
		t.Errorf("Dismiss() = %v with %d left", err, len(d.Refusals()))
	}
	if len(m.State().Outbox) != 0 {
		t.Errorf("%d entries are left in the outbox", len(m.State().Outbox))
	}
	w.wantSame("in the end", &m, "ann")
}

// TestForkedPhone is a phone whose backup was restored: it counts from where it
// stood, and the server knows another history.
func TestForkedPhone(t *testing.T) {
	w := newWorld(t)
	w.town(t)
	path := filepath.Join(t.TempDir(), "store")
	f := openFile(t, path)
	d := w.device(dev, "ann", f, nil)
	say := func(text string) {
		t.Helper()
		if _, err := d.Call("report.comment", "report000000000", map[string]string{"text": text}); err != nil {
			t.Fatal(err)
		}
	}
	say("one")
	w.sync(d)
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	say("two")
	w.sync(d)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	f = openFile(t, path)
	defer func() { _ = f.Close() }()
	d = w.device(dev, "ann", f, nil)
	say("other two")
	w.sync(d)
	if d.ID() == dev || !slices.Contains(f.State().Meta.Alias, dev) {
		t.Errorf("the device is still %s, alias %v", d.ID(), f.State().Meta.Alias)
	}
	if got := w.column("SELECT text FROM messages ORDER BY text"); !reflect.DeepEqual(got, []string{"one", "other two", "two"}) {
		t.Errorf("effects %v, want each once", got)
	}
	w.wantSame("after the fork", f, "ann")
}

func TestLockAndWipe(t *testing.T) {
	w := newWorld(t)
	w.town(t)
	var m device.Memory
	d := w.device(dev, "ann", &m, nil)
	w.sync(d)
	if _, err := d.Call("report.comment", "report000000000", map[string]string{"text": "late"}); err != nil {
		t.Fatal(err)
	}
	w.run("UPDATE devices SET state = 'locked'")
	if err := d.Sync(t.Context()); !errors.Is(err, device.ErrLocked) {
		t.Errorf("Sync() of a locked device = %v, want device.locked", err)
	}
	if _, err := d.Call("report.comment", "report000000000", map[string]string{"text": "x"}); !errors.Is(err, device.ErrLocked) {
		t.Errorf("a call on a locked device: %v, want device.locked", err)
	}
	w.run("UPDATE devices SET state = 'active'")
	w.sync(d)
	if got := d.Refusals(); len(got) != 0 {
		t.Errorf("Refusals() = %v, want none: what was held is released with the lock", got)
	}
	if got := w.column("SELECT text FROM messages"); !slices.Contains(got, "late") {
		t.Errorf("messages %v, want what was held among them", got)
	}
	w.run("UPDATE devices SET state = 'wipe'")
	if err := d.Sync(t.Context()); !errors.Is(err, device.ErrWiped) {
		t.Errorf("Sync() of a wiped device = %v, want device.wiped", err)
	}
	if s := m.State(); len(s.Base)+len(s.Outbox)+len(s.Staged) > 0 || s.Meta.Cursor != "" {
		t.Errorf("a wiped device still holds %d records", len(s.Base))
	}
}

// TestServerRestored gives the server another epoch, and loses the key of its
// cursors: the device fills again and forgets what is no more.
func TestServerRestored(t *testing.T) {
	for name, q := range map[string]string{
		"epoch": "UPDATE _meta SET v = 'another' WHERE k = 'sync.epoch'",
		"key":   "UPDATE _meta SET v = lower(hex(randomblob(32))) WHERE k = 'sync.key'",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.town(t)
			var m device.Memory
			d := w.device(dev, "ann", &m, nil)
			w.sync(d)
			if err := w.store.DropCapture(t.Context()); err != nil { // as a restored file would: no trace in the log
				t.Fatal(err)
			}
			w.run("DELETE FROM reports WHERE id = 'report000000003'", "DELETE FROM _s_member WHERE id = 'report000000003'", "DELETE FROM _s_rec WHERE id = 'report000000003'", q)
			if err := w.store.InstallCapture(t.Context()); err != nil {
				t.Fatal(err)
			}
			var err error
			if w.key, err = w.store.SyncKey(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.sync(d)
			w.wantSame("after the restore", &m, "ann")
		})
	}
}
