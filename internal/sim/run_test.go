package sim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// A run is one seed: a country, some phones in it, and steps that happen to
// them. Step i draws from a source of its own, so that leaving one out changes
// no other.
type run struct {
	t     *testing.T
	ctx   context.Context
	srv   *server
	seed  uint64
	rng   *rand.Rand
	dir   string
	trace []string
	bad   []string // what is wrong, each with its invariant
	wrong bool     // the simulation itself is broken

	loss      int // percent of exchanges that something happens to
	maxMuts   int
	pullBytes int64
	moods     []mood // what may happen in this run
	healed    bool
	hot       bool // everybody writes into the same few records

	phones    []*phone
	reports   []string // ids of reports made, some of which never arrived
	n         int      // acts so far
	forks     int
	calls     int
	gone      map[string]bool // keys of what plain SQL deleted
	acked     map[string]fieldsync.Status
	sents     map[string][]string // what was sent as did/mid
	full      int                 // steps until the disk has room again
	busy      bool                // the world is moving already
	rots      int                 // times that a flash lost something
	freed     map[string]bool     // devices whose quarantine was released
	tally     map[string]int      // what happened how often
	listening bool                // every line of this answer is looked at
	compared  map[compared]bool   // what was looked at already
}

// A plan says what to run: the seed, how many steps, and which to leave out.
type plan struct {
	seed  uint64
	steps int
	skip  map[int]bool
	calm  []string // moods to leave out
	skew  bool     // phones have their own idea of time
}

// play runs a plan and returns it with what went wrong.
func play(t *testing.T, srv *server, dir string, p plan) *run {
	t.Helper()
	cryptotest.SetGlobalRandom(t, p.seed)
	r := &run{
		t: t, ctx: t.Context(), srv: srv, seed: p.seed, dir: dir,
		gone: map[string]bool{}, compared: map[compared]bool{}, freed: map[string]bool{}, tally: map[string]int{}, acked: map[string]fieldsync.Status{}, sents: map[string][]string{},
	}
	r.draw(-1)
	r.cast(p)
	for i := 0; i < p.steps && len(r.bad) == 0; i++ {
		r.draw(i)
		if !p.skip[i] {
			r.step(i)
		}
	}
	if len(r.bad) == 0 {
		r.draw(1 << 20)
		r.heal()
	}
	for _, p := range r.phones {
		if p.file != nil {
			_ = p.file.Close()
		}
	}
	return r
}

func (r *run) draw(step int) { r.rng = rand.New(rand.NewPCG(r.seed, uint64(int64(step)))) }

func (r *run) chance(percent int) bool { return r.rng.IntN(100) < percent }

func pick[T any](r *run, from ...T) T { return from[r.rng.IntN(len(from))] }

func (r *run) say(format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf(format, args...))
}

// fail notes that an invariant does not hold.
func (r *run) fail(invariant, format string, args ...any) {
	text := invariant + ": " + fmt.Sprintf(format, args...)
	r.say("!! %s", text)
	r.bad = append(r.bad, text)
}

// broken notes that the simulation cannot go on, through its own fault.
func (r *run) broken(format string, args ...any) {
	if r.srv.disk.dead {
		return // what is asked of a dead server has no answer
	}
	r.wrong = true
	r.fail("sim", format, args...)
}

// cast chooses who has a phone, how bad the network is and what may happen.
// A run in which everything happens at once finds less than runs in which some
// things do (swarm testing).
func (r *run) cast(p plan) {
	r.srv.limits = fieldsync.Limits{PageRows: 1 + r.rng.IntN(25), PullBytes: int64(500 + r.rng.IntN(40000))}
	r.loss = pick(r, 0, 10, 30, 60)
	r.maxMuts = pick(r, 1, 3, 500)
	r.pullBytes = pick(r, int64(0), 0, 3000)
	if slices.Contains(p.calm, "network") {
		r.loss, r.pullBytes, r.srv.limits.PullBytes = 0, 0, 0
	}
	if err := r.srv.begin(); err != nil {
		r.broken("begin: %v", err)
		return
	}
	for _, m := range moods {
		if m.always || r.rng.IntN(2) == 0 {
			if !slices.Contains(p.calm, m.name) {
				r.moods = append(r.moods, m)
			}
		}
	}
	order := r.rng.Perm(len(country().People))[:2+r.rng.IntN(3)]
	for _, i := range order {
		name := country().People[i].Name
		ph := r.newPhone(name+"1", name)
		ph.blunt = r.chance(20)
		// Drawn in every run, so that wrong clocks change nothing else.
		by := pick(r, 0, 0, 0, -years(10), -hours(3), -hours(0.1), hours(0.1), hours(5), years(10))
		if p.skew {
			ph.skew = by
		}
		if r.chance(15) {
			r.newPhone(name+"2", name)
		}
	}
	for range 1 + r.rng.IntN(5) {
		r.console("", "report.submit", r.submission())
	}
	r.hot = r.chance(30)
}

// step is one thing that happens.
func (r *run) step(i int) {
	r.srv.now = r.srv.now.Add(hours(float64(r.rng.IntN(20)) / 60))
	r.say("step %d, %s", i, r.srv.now.Format("2006-01-02 15:04:05"))
	if r.full > 0 {
		if r.full--; r.full == 0 {
			r.say("the disk has room again")
			r.pages(1 << 20)
		}
	}
	r.move()
}

// move lets one mood act.
func (r *run) move() {
	total := 0
	for _, m := range r.moods {
		total += m.weight
	}
	n := r.rng.IntN(total)
	for _, m := range r.moods {
		if n -= m.weight; n < 0 {
			m.act(r)
			break
		}
	}
	if r.srv.disk.dead {
		r.tally["cuts"]++
		r.say("the server's power was cut")
		if err := r.srv.restart(r.ctx); err != nil {
			r.fail("L1", "the server does not start again: %v", err)
		}
	}
}

// meanwhile is what happens on the server between two pages of a sync.
func (r *run) meanwhile(ctx context.Context) {
	if r.healed || r.busy || !r.chance(40) {
		return
	}
	r.busy = true
	defer func() { r.busy = false }()
	for range 1 + r.rng.IntN(2) {
		m := r.moods[r.rng.IntN(len(r.moods))]
		if m.server {
			r.say("  meanwhile:")
			m.act(r)
		}
	}
	if r.srv.disk.dead {
		if err := r.srv.restart(ctx); err != nil {
			r.fail("L1", "the server does not start again: %v", err)
		}
	}
}

// console is a call by somebody of the staff at a desk, through the desk's own
// door.
func (r *run) console(reportID, name string, args any) {
	who := pick(r, "ann", "lia", "led")
	actor, err := r.srv.desk.Actor(r.ctx, report.PersonID(id(who)))
	if err != nil {
		return // disabled just now
	}
	raw, err := json.Marshal(args)
	if err != nil {
		r.broken("write arguments: %v", err)
		return
	}
	r.calls++
	if name == "report.submit" {
		reportID = r.newReport()
	}
	call := report.Call{
		ID: id(fmt.Sprintf("console%08d", r.calls)), Name: name, Report: report.ID(reportID), Args: raw,
		OccurredAt: r.srv.now, Source: report.SourceUI,
	}
	_, err = r.srv.desk.Do(r.ctx, actor, call)
	r.say("%s at a desk: %s %s %s: %v", who, name, reportID, raw, err)
}

func (r *run) newReport() string {
	rid := id(fmt.Sprintf("report%09d", len(r.reports)))
	r.reports = append(r.reports, rid)
	return rid
}

// anyReport is one that was made, or one that was not.
func (r *run) anyReport() string {
	if len(r.reports) == 0 || r.chance(3) {
		return id("nosuchreport")
	}
	return r.reports[r.rng.IntN(len(r.reports))]
}

// text is the story of a run for whoever has to find out what is wrong.
func (r *run) text() string {
	from := max(0, len(r.trace)-200)
	return fmt.Sprintf("%s\n  %s", strings.Join(r.bad, "\n"), strings.Join(r.trace[from:], "\n  "))
}
