package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/sync/device"
)

// TestClocksDoNotMatter plays the same seeds with phones whose clocks are right
// and with phones whose clocks are wrong by up to ten years: every change ends
// the same way, in the same order (I21).
func TestClocksDoNotMatter(t *testing.T) {
	srv := newServer(t)
	dir := inMemory(t)
	n := 40
	if testing.Short() {
		n = 8
	}
	// A border moves at an hour, and to patch is to say when: both may ask
	// which clock. A network that breaks off does so by the byte.
	calm := []string{"border", "phone clock", "network"}
	for seed := range uint64(n) {
		var ends [2][]string
		for i, skew := range []bool{false, true} {
			r := play(t, srv, dir, plan{seed: seed + 1, steps: steps, skew: skew, calm: calm})
			if len(r.bad) > 0 {
				t.Fatalf("seed %d: %s", seed+1, r.text())
			}
			for _, k := range r.inbox() {
				ends[i] = append(ends[i], fmt.Sprint(k.did, " ", k.mid, " ", k.st, " ", k.result.Code))
			}
			states, err := srv.column("SELECT id || ' ' || state || ' ' || version FROM reports ORDER BY id", nil)
			if err != nil {
				t.Fatal(err)
			}
			ends[i] = append(ends[i], states...)
		}
		if !slices.Equal(ends[0], ends[1]) {
			t.Errorf("seed %d: with clocks that are right\n%v\nwith clocks that are wrong\n%v", seed+1, ends[0], ends[1])
		}
	}
}

// TestSameSeedSameStory: a seed that fails must fail again.
func TestSameSeedSameStory(t *testing.T) {
	srv := newServer(t)
	dir := inMemory(t)
	for seed := range uint64(5) {
		first := play(t, srv, dir, plan{seed: seed + 1, steps: steps, skew: true})
		again := play(t, srv, dir, plan{seed: seed + 1, steps: steps, skew: true})
		if !slices.Equal(first.trace, again.trace) {
			t.Errorf("seed %d tells two stories", seed+1)
		}
	}
}

// TestFullDiskAtEveryPage lets the disk of the server run full at every page of
// a push. SQLite undoes the whole transaction then; what was written after it
// once was committed bit by bit, and the phone was taken for a forked one.
func TestFullDiskAtEveryPage(t *testing.T) {
	srv := newServer(t)
	for room := range 14 {
		if err := srv.begin(); err != nil {
			t.Fatal(err)
		}
		s := &stage{t: t, srv: srv, devices: map[string]*handset{}}
		name := fmt.Sprintf("full%d", room)
		if err := s.open(name, "cit"); err != nil {
			t.Fatal(err)
		}
		h := s.devices[name]
		for i := range 4 {
			if _, err := h.dev.Call("report.submit", report.ID(id(fmt.Sprintf("full%d", i))), map[string]any{
				"description": fmt.Sprintf("%03000d", i), "objectType": id("pothole"), "point": map[string]any{"lon": 10.5, "lat": 45.5}, "accuracyM": 5, "pointSource": "gps",
			}); err != nil {
				t.Fatal(err)
			}
		}
		var pages int
		if err := srv.app.NonconcurrentDB().NewQuery("PRAGMA page_count").Row(&pages); err != nil {
			t.Fatal(err)
		}
		srv.mustRun(t, fmt.Sprintf("PRAGMA max_page_count = %d", pages+room))
		err := h.dev.Sync(t.Context())
		if room == 0 && err == nil {
			t.Error("there was room enough: the test proves nothing")
		}
		srv.mustRun(t, "PRAGMA max_page_count = 1000000")
		if err := h.dev.Sync(t.Context()); err != nil && !errors.Is(err, device.ErrDeferred) {
			t.Errorf("with room for %d pages, and then for all: %v", room, err)
		}
		ids, err := srv.column("SELECT id FROM reports ORDER BY id", nil)
		if err != nil || len(ids) != 4 || h.dev.ID() != id(name) || len(h.dev.Refusals()) > 0 {
			t.Errorf("with room for %d pages: %v (%v), the device is %s, refused %d; want four reports of %s", room, ids, err, h.dev.ID(), len(h.dev.Refusals()), id(name))
		}
	}
}
