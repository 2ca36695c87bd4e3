// Package sim_test plays the whole of Sestante's synchronisation, seed by
// seed: phones with the real engine over real files, the real server over a
// real SQLite file, and between them a network that loses, repeats, delays and
// breaks off, while power is cut, apps are killed, clocks jump, disks fill and
// roles come and go. Whenever a phone shows a new state, and when the world
// has come to rest, it is held against plain SQL. The letters in front of what
// goes wrong are the invariants of docs/sync-protocol.md.
//
// There is no code here but tests: make sim runs them.
package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const steps = 40

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestSimulation plays N seeds (SIM_N) from SIM_SEED on, on
// every processor (200 from 1: make sim plays 2,000), and prints what is wrong with the first seeds that fail.
// With SIM_SEED and no N it plays that one seed and tells its story. After
// SIM_FAILS seeds that failed a worker stops; at one, nothing is told of it.
func TestSimulation(t *testing.T) {
	n := 200
	if os.Getenv("SIM_SEED") != "" {
		n = 1
	}
	n = number("SIM_N", n)
	from := number("SIM_SEED", 1)
	if n == 1 {
		one(t, uint64(from))
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now() //nolint:forbidigo // how fast the simulation is, and nothing of it, is of this clock
	workers := min(runtime.NumCPU(), n)
	out := make([]bytes.Buffer, workers)
	failed := make(chan int, workers)
	most := number("SIM_FAILS", 5)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for i := range workers {
		// Seeds need a process each at a time: the source of randomness is the
		// process's.
		cmd := exec.CommandContext(ctx, exe, "-test.run=^TestWorker$", "-test.v", "-test.timeout=0")
		cmd.Env = append(os.Environ(), "TMPDIR="+inMemory(t), fmt.Sprintf("SIM_WORKER=%d %d %d", from+i, from+n, workers), "GOMAXPROCS=2", "GOGC=300")
		cmd.Stdout, cmd.Stderr = &out[i], &out[i]
		go func() {
			if cmd.Run() != nil {
				failed <- i
				return
			}
			failed <- -1
		}()
	}
	for range workers {
		i := <-failed
		if i >= 0 && most == 1 {
			stop()
		}
		if i >= 0 {
			t.Errorf("a worker failed:\n%s", tail(out[i].String(), 400))
		}
	}
	took := time.Since(began)
	t.Logf("what happened, and how often: %s", sum(out))
	t.Logf("%d seeds from %d in %v: %.1f a second", n, from, took.Round(time.Second), float64(n)/took.Seconds())
}

// sum adds up what the workers say happened.
func sum(out []bytes.Buffer) string {
	total := map[string]int{}
	for i := range out {
		for line := range strings.Lines(out[i].String()) {
			var what string
			var n int
			_, rest, ok := strings.Cut(line, "happened ")
			if _, err := fmt.Sscan(rest, &what, &n); ok && err == nil {
				total[what] += n
			}
		}
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(total)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, total[what]))
	}
	return strings.Join(parts, ", ")
}

// inMemory returns a scratch folder that is no disk where there is one: phones
// flush every write, and a disk would be waited for a hundred times a seed.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sestante-sim-") //nolint:usetesting // TempDir knows no memory
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// TestWorker plays a share of the seeds in a process of its own.
func TestWorker(t *testing.T) {
	var from, to, by int
	if _, err := fmt.Sscanf(os.Getenv("SIM_WORKER"), "%d %d %d", &from, &to, &by); err != nil {
		t.Skip("only as a part of TestSimulation")
	}
	srv := newServer(t)
	dir := t.TempDir()
	tally := map[string]int{}
	most := number("SIM_FAILS", 5)
	for seed, failed := from, 0; seed < to && failed < most; seed += by {
		r := play(t, srv, dir, plan{seed: uint64(seed), steps: steps, skew: true})
		if len(r.bad) > 0 {
			failed++
			t.Errorf("seed %d: %s", seed, strings.Join(r.bad, "\n"))
			if most > 1 {
				tell(t, srv, dir, uint64(seed))
			}
		}
		for what, n := range r.tally {
			tally[what] += n
		}
	}
	for _, what := range slices.Sorted(maps.Keys(tally)) {
		t.Logf("happened %s %d", what, tally[what])
	}
}

// one plays a seed and tells its story.
func one(t *testing.T, seed uint64) {
	t.Helper()
	srv := newServer(t)
	dir := inMemory(t)
	r := play(t, srv, dir, plan{seed: seed, steps: steps, skew: true})
	if len(r.bad) == 0 {
		t.Logf("seed %d is well\n  %s", seed, strings.Join(r.trace, "\n  "))
		return
	}
	tell(t, srv, dir, seed)
	t.Fail()
}

// tell leaves out of a failing seed every step it fails without, and prints
// what remains.
func tell(t *testing.T, srv *server, dir string, seed uint64) {
	t.Helper()
	p := plan{seed: seed, steps: steps, skew: true, skip: map[int]bool{}}
	which := ""
	fails := func() bool {
		bad := play(t, srv, dir, p).bad
		if len(bad) == 0 {
			return false
		}
		invariant, _, _ := strings.Cut(bad[0], ":")
		if which == "" {
			which = invariant
		}
		return invariant == which
	}
	if !fails() {
		t.Logf("seed %d fails only after the seeds before it", seed)
		return
	}
	for size := steps / 2; size >= 1; size /= 2 {
		for at := 0; at < steps; at += size {
			var tried []int
			for i := at; i < min(at+size, steps); i++ {
				if !p.skip[i] {
					p.skip[i] = true
					tried = append(tried, i)
				}
			}
			if len(tried) > 0 && !fails() {
				for _, i := range tried {
					delete(p.skip, i)
				}
			}
		}
	}
	r := play(t, srv, dir, p)
	t.Logf("seed %d, with %d of its %d steps (SIM_SEED=%d plays it again):\n%s", seed, steps-len(p.skip), steps, seed, r.text())
}
