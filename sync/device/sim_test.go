package device_test

import (
	"fmt"
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

// TestSimulation lets three people work through a network that loses, repeats,
// delays and breaks off, while the world changes around them: reports move,
// close and reopen, roles come and go, devices are killed. In the end every
// device holds what a plain query says its person may hold, and everything they
// did was done once.
func TestSimulation(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 10
	}
	if n, err := strconv.Atoi(os.Getenv("SESTANTE_SEEDS")); err == nil {
		seeds = n
	}
	for seed := 0; seed < seeds && !t.Failed(); seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { simulate(t, newSim(t, seed)) })
	}
}

type sim struct {
	*world
	seed    int
	rng     *rand.Rand
	people  []report.PersonID
	paths   []string
	stores  []*device.File
	devices []*device.Device
	links   []*link
	reports []string
	did     map[string]bool // texts of comments made
}

func newSim(t *testing.T, seed int) *sim {
	t.Helper()
	s := &sim{world: newWorld(t), seed: seed, rng: rand.New(rand.NewPCG(uint64(seed), 1)), did: map[string]bool{}}
	s.limits = fieldsync.Limits{PageRows: 1 + s.rng.IntN(30), PullBytes: int64(200 + s.rng.IntN(20000))}
	s.person("ann", "coordinator")
	s.person("ben", "technician", "d0", "d1")
	s.person("cit", "")
	for i, who := range []report.PersonID{"ann", "ben", "cit"} {
		l := &link{w: s.world, who: who, rng: s.rng}
		s.people, s.links = append(s.people, who), append(s.links, l)
		s.paths = append(s.paths, filepath.Join(t.TempDir(), string(who)))
		s.stores, s.devices = append(s.stores, nil), append(s.devices, nil)
		s.reopen(i)
	}
	for i := range 12 {
		id := fmt.Sprintf("report%09d", i)
		s.reports = append(s.reports, id)
		s.run(fmt.Sprintf("INSERT INTO reports (id, code, state, reporter, district, contactName, title) VALUES ('%s', '%s', 'registered', '%s', 'd%d', 'Name %d', 't')",
			id, id, s.people[s.rng.IntN(3)], s.rng.IntN(3), i))
	}
	return s
}

// reopen kills a device and starts it again over the same file.
func (s *sim) reopen(i int) {
	s.t.Helper()
	if s.stores[i] != nil {
		if err := s.stores[i].Close(); err != nil {
			s.t.Fatal(err)
		}
	}
	f, err := device.OpenFile(s.paths[i])
	if err != nil {
		s.t.Fatal(err)
	}
	s.stores[i] = f
	s.devices[i] = s.device(fmt.Sprintf("device%d00000000", i), s.people[i], f, s.links[i])
}

func (s *sim) pick() string { return s.reports[s.rng.IntN(len(s.reports))] }

// step is one thing that happens.
func (s *sim) step(n int) {
	s.t.Helper()
	s.now = s.now.Add(time.Second)
	i := s.rng.IntN(len(s.devices))
	set := func(what string) { s.run("UPDATE reports SET " + what + " WHERE id = '" + s.pick() + "'") }
	switch s.rng.IntN(14) {
	case 0, 1, 2:
		_ = s.devices[i].Sync(s.t.Context()) // whatever goes wrong, the end must be right
	case 3, 4:
		text := fmt.Sprintf("s%d", n)
		if s.rng.IntN(5) == 0 {
			text = "refuse"
		}
		if _, err := s.devices[i].Call("report.comment", report.ID(s.pick()), map[string]string{"text": text}); err != nil {
			s.t.Fatal(err)
		}
		s.did[text] = true
	case 5:
		a, b := fmt.Sprintf("g%da", n), fmt.Sprintf("g%db", n)
		_, err := s.devices[i].Do(comment(s.pick(), a), comment(s.pick(), b))
		if err != nil {
			s.t.Fatal(err)
		}
		s.did[a], s.did[b] = true, true
	case 6:
		set(fmt.Sprintf("district = 'd%d'", s.rng.IntN(3)))
	case 7:
		set([]string{"state = 'closed'", "state = 'registered'", "state = 'assigned'"}[s.rng.IntN(3)])
	case 8:
		set("assignee = '" + []string{"", "ann", "ben"}[s.rng.IntN(3)] + "'")
	case 9:
		s.run([]string{
			`UPDATE roles SET areas = '["d1","d2"]' WHERE person = 'ben'`, `UPDATE roles SET areas = '["d0"]' WHERE person = 'ben'`,
			`UPDATE roles SET role = 'technician', areas = '["d0"]' WHERE person = 'ann'`, `UPDATE roles SET role = 'coordinator' WHERE person = 'ann'`,
			`UPDATE users SET disabled = 1 WHERE id = 'cit'`, `UPDATE users SET disabled = 0 WHERE id = 'cit'`,
		}[s.rng.IntN(6)])
	case 10:
		s.reopen(i)
	case 11:
		if s.rng.IntN(6) == 0 {
			s.run("DELETE FROM reports WHERE id = '" + s.pick() + "'")
		} else {
			set(fmt.Sprintf("reporter = '%s'", s.people[s.rng.IntN(3)]))
		}
	case 13: // the disk forgets
		for k := range s.stores[i].State().Base {
			damage(s.t, s.stores[i], []string{"lost", "old", "ghost"}[s.rng.IntN(3)], k)
			break
		}
	case 12:
		left := s.rng.IntN(3)
		s.fail = func() error {
			if left--; left == 0 {
				return errNetwork
			}
			return nil
		}
		_ = s.devices[i].Sync(s.t.Context())
		s.fail = func() error { return nil }
	}
}

func comment(id, text string) fieldsync.Mutation {
	return fieldsync.Mutation{Op: fieldsync.OpCall, Coll: "reports", ID: id, Name: "report.comment", Args: []byte(`{"text":"` + text + `"}`)}
}

func simulate(t *testing.T, s *sim) {
	t.Helper()
	for n := range 80 {
		s.step(n)
	}
	for i, d := range s.devices {
		s.links[i].rng = nil
		if err := d.Sync(t.Context()); err != nil {
			t.Fatalf("seed %d: %s after the network healed: Sync() = %v", s.seed, s.people[i], err)
		}
	}
	for i, d := range s.devices { // what the others did last
		s.sync(d)
		s.wantSame(fmt.Sprintf("seed %d: %s", s.seed, s.people[i]), s.stores[i], s.people[i])
		if h := d.Health(); h.Waiting > 0 {
			t.Errorf("seed %d: %d mutations of %s still wait", s.seed, h.Waiting, s.people[i])
		}
	}
	if twice := s.column("SELECT author FROM messages GROUP BY author HAVING count(*) > 1"); len(twice) > 0 {
		t.Errorf("seed %d: done more than once: %v", s.seed, twice)
	}
	if bad := s.column("SELECT id FROM messages WHERE text = 'refuse'"); len(bad) > 0 {
		t.Errorf("seed %d: what was refused left a trace: %v", s.seed, bad)
	}
	if lost := s.column("SELECT did || '/' || mid FROM _s_mut AS m WHERE st = 'applied' AND NOT EXISTS (SELECT 1 FROM messages WHERE author = m.did || '/' || m.mid)"); len(lost) > 0 {
		t.Errorf("seed %d: acknowledged and not done: %v", s.seed, lost)
	}
	for i := range s.stores {
		if err := s.stores[i].Close(); err != nil {
			t.Error(err)
		}
	}
}
