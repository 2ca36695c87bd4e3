package device_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// A way is one way to carry the same history to a device.
type way struct {
	name    string
	limits  fieldsync.Limits
	config  func(*device.Config)
	parted  bool    // a push and then a pull, instead of an exchange
	prio    [][]int // of one sync after the other, each time
	clear   bool    // the log forgets exits, also ones the device has not had
	reopens bool    // the device is killed after each sync
}

func ways() []way {
	blunt := func(c *device.Config) { c.Verify = nil }
	return []way{
		{name: "in one piece"},
		{name: "line by line", limits: fieldsync.Limits{PageRows: 1, PullBytes: 1}},
		{name: "in pages", limits: fieldsync.Limits{PageRows: 7, PullBytes: 3000}, reopens: true},
		{name: "small pulls that the device asks for", config: func(c *device.Config) { c.MaxBytes = 900 }},
		{name: "one change a push", config: func(c *device.Config) { c.MaxMuts = 1 }},
		{name: "push, then pull", parted: true, limits: fieldsync.Limits{PageRows: 3}},
		{name: "what is urgent first", prio: [][]int{{0}, {0, 1}, {0, 1, 2}, nil}, limits: fieldsync.Limits{PageRows: 5}},
		{name: "one priority after the other", prio: [][]int{{3}, {1}, {2, 0}, nil}, limits: fieldsync.Limits{PullBytes: 2000}},
		{name: "a log that forgets, and a device that verifies", clear: true},
		{name: "a log that forgets, and a device that cannot", clear: true, config: blunt},
	}
}

// TestEveryWayTheSame plays one history in many ways, each in a world of its
// own: sizes of pages and pushes, exchanges or not, priorities, an old log or
// a forgetful one. The device ends with the same bytes every time.
func TestEveryWayTheSame(t *testing.T) {
	seeds := 1
	if n, err := strconv.Atoi(os.Getenv("SESTANTE_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		var want string
		for i, way := range ways() {
			if t.Run(fmt.Sprintf("%d %s", seed, way.name), func(t *testing.T) {
				got := way.play(t, uint64(seed))
				if i == 0 {
					want = got
				}
				if got != want {
					t.Errorf("it ends with\n%s\nand the first way with\n%s", got, want)
				}
			}); t.Failed() {
				return
			}
		}
	}
}

// play tells the history of a seed to two devices and returns what they hold.
func (way way) play(t *testing.T, seed uint64) string {
	t.Helper()
	w := newWorld(t)
	w.limits = way.limits
	rng := rand.New(rand.NewPCG(seed, 99))
	w.person("ann", "coordinator")
	w.person("ben", "technician", "d0", "d1")
	for i := range 25 {
		w.run(fmt.Sprintf("INSERT INTO reports (id, code, state, reporter, district, contactName, title) VALUES ('report%09d', 'r%d', 'registered', '%s', 'd%d', 'Name %[2]d', 't')",
			i, i, []string{"ann", "ben", "cit"}[i%3], i%3))
	}
	people := []report.PersonID{"ann", "ben"}
	paths := []string{filepath.Join(t.TempDir(), "ann"), filepath.Join(t.TempDir(), "ben")}
	files := make([]*device.File, 2)
	devices := make([]*device.Device, 2)
	open := func(i int) {
		if files[i] != nil {
			if err := files[i].Close(); err != nil {
				t.Fatal(err)
			}
		}
		files[i] = openFile(t, paths[i])
		devices[i] = way.device(w, fmt.Sprintf("device%d00000000", i), people[i], files[i])
	}
	sync := func(i int) {
		way.sync(t, devices[i])
		if way.reopens {
			open(i)
		}
	}
	open(0)
	open(1)
	for round := range 8 {
		for range 12 {
			way.happens(w, rng)
		}
		for i := range devices {
			way.works(t, rng, devices[i], round)
		}
		if w.now = w.now.Add(time.Minute); way.clear && round%3 == 2 {
			if _, err := w.store.ClearExits(t.Context(), w.now, 1000); err != nil {
				t.Fatal(err)
			}
		}
		for i := range devices {
			if rng.IntN(3) > 0 {
				sync(i)
			}
		}
	}
	out := ""
	for i := range devices {
		sync(i)
		sync(i) // what the others did last
	}
	sync(0)
	for i, f := range files {
		w.wantSame(string(people[i]), f, people[i])
		state := *f.State()
		state.Meta = device.Meta{Device: state.Meta.Device, Seq: state.Meta.Seq, NextMid: state.Meta.NextMid, Chain: state.Meta.Chain, Suspect: state.Meta.Suspect}
		out += text(t, &state) + "\n"
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if forgotten := w.column("SELECT count(*) FROM _meta WHERE k = 'sync.horizon'")[0]; (forgotten == "1") != way.clear {
		t.Errorf("%s horizons: the log forgets %v", forgotten, way.clear)
	}
	return out
}

// happens changes the world, in ways that no device is told of.
func (way way) happens(w *world, rng *rand.Rand) {
	w.now = w.now.Add(3 * time.Second)
	id := fmt.Sprintf("report%09d", rng.IntN(25))
	switch rng.IntN(8) {
	case 0, 1:
		w.run(fmt.Sprintf("UPDATE reports SET district = 'd%d' WHERE id = '%s'", rng.IntN(3), id))
	case 2:
		w.run(fmt.Sprintf("UPDATE reports SET state = '%s' WHERE id = '%s'", []string{"closed", "assigned", "registered"}[rng.IntN(3)], id))
	case 3:
		w.run(fmt.Sprintf("UPDATE reports SET assignee = '%s' WHERE id = '%s'", []string{"", "ben"}[rng.IntN(2)], id))
	case 4:
		w.run(fmt.Sprintf("UPDATE roles SET areas = '[\"d%d\"]' WHERE person = 'ben'", rng.IntN(3)))
	case 5:
		w.run(fmt.Sprintf("UPDATE reports SET title = 'to%d' WHERE id = '%s'", rng.IntN(99), id))
	case 6:
		w.run(fmt.Sprintf("DELETE FROM messages WHERE rowid = (SELECT min(rowid) FROM messages WHERE report = '%s')", id))
	default:
		w.run(fmt.Sprintf("UPDATE roles SET role = '%s' WHERE person = 'ann'", []string{"coordinator", "coordinator", "technician"}[rng.IntN(3)]))
	}
}

// works lets a person do something on a device.
func (way way) works(t *testing.T, rng *rand.Rand, d *device.Device, round int) {
	t.Helper()
	for n := range rng.IntN(4) {
		text := []string{"refuse", fmt.Sprintf("%s%d%d", d.ID(), round, n)}[min(rng.IntN(5), 1)]
		muts := []fieldsync.Mutation{comment(fmt.Sprintf("report%09d", rng.IntN(25)), text)}
		if rng.IntN(3) == 0 {
			muts = append(muts, comment(fmt.Sprintf("report%09d", rng.IntN(25)), text+"b"))
		}
		if _, err := d.Do(muts...); err != nil {
			t.Fatal(err)
		}
	}
}

// device returns a device that is reached in this way.
func (way way) device(w *world, id string, who report.PersonID, s device.Store) *device.Device {
	l := &link{w: w, who: who}
	return w.device(id, who, s, l, func(c *device.Config) {
		whole := c.Transport
		if way.parted {
			whole = func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
				push, pull := req, req
				push.Pull, pull.Muts = nil, nil
				first, err := w.exchange(ctx, who, push)
				if err != nil {
					return nil, err
				}
				second, err := w.exchange(ctx, who, pull)
				_, lines, _ := bytes.Cut(second, []byte("\n"))
				return io.NopCloser(bytes.NewReader(append(first, lines...))), err
			}
		}
		c.Transport = func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			if p, ok := ctx.Value(prioKey{}).([]int); ok {
				req.Pull.Prio = p
			}
			return whole(ctx, req)
		}
		if way.config != nil {
			way.config(c)
		}
	})
}

type prioKey struct{}

// sync puts a device in step, with what is urgent first if that is the way.
func (way way) sync(t *testing.T, d *device.Device) {
	t.Helper()
	prios := way.prio
	if prios == nil {
		prios = [][]int{nil}
	}
	for _, p := range prios {
		if err := d.Sync(context.WithValue(t.Context(), prioKey{}, p)); err != nil {
			t.Fatalf("Sync() = %v", err)
		}
	}
}
