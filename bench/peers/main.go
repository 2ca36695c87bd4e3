// Command peers measures who owns a place: this project's index beside the
// libraries that one would otherwise take, over the same areas and the same
// points, in one run. It is a module of its own, so that its peers do not
// enter the program.
//
// The real boundaries are used where SESTANTE_DATA (or the folder data beside
// the checkout's parent) has them, and drawn ones otherwise. Times are of one
// thread computing, best and median of the rounds; a round of a slow method is
// short. Wrong answers are counted against a test of every edge in rational
// arithmetic.
//
//	go run . [-sets D,P,M] [-methods sestante] [-checked 20000] [-round 300ms]
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

type options struct {
	sets    string
	methods string
	checked int
	round   time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.sets, "sets", "D,P,M", "districts, provinces, municipalities")
	flag.StringVar(&o.methods, "methods", "", "parts of the names of methods, divided by commas; empty means all")
	flag.IntVar(&o.checked, "checked", 20_000, "points of each kind whose answers are checked")
	flag.DurationVar(&o.round, "round", 300*time.Millisecond, "computing time for each method and kind of point")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o options) error {
	onOneThread()
	fmt.Printf("%s %s/%s, %d processors\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, name := range strings.Split(o.sets, ",") {
		s, err := load(name)
		if err != nil {
			return err
		}
		measure(o, s)
	}
	return nil
}

// A locator answers who owns a point: the number of an area, or -1.
type locator func(p orb.Point) int

// A method builds a locator over areas.
type method struct {
	name  string
	build func(areas []orb.MultiPolygon) (locator, error)
	slow  bool // more than a microsecond a point: fewer points
}

func measure(o options, s set) {
	fmt.Printf("\n%s: %d areas, %d edges (%s)\n", s.name, len(s.areas), s.edges, s.source)
	fmt.Printf("%-34s %21s %21s %7s %9s %9s %14s\n", "method", "uniform ns best/med", "border ns best/med", "allocs", "build", "memory", "wrong (u, b)")
	const many = 1 << 20
	uniform, border := s.uniform(many), s.nearBorder(many)
	exact := newExact(s.areas)
	sample := min(o.checked, many)
	wantU, wantB := exact.all(uniform[:sample]), exact.all(border[:sample])
	for _, m := range methods(s) {
		if !chosen(o.methods, m.name) {
			continue
		}
		before := heap()
		began := cpuTime()
		locate, err := m.build(s.areas)
		built := cpuTime() - began
		if err != nil {
			fmt.Printf("%-34s %v\n", m.name, err)
			continue
		}
		memory := heap() - before
		u, b, allocs := timed(o, each(locate), uniform), timed(o, each(locate), border), allocations(locate, border)
		n := sample
		if m.slow {
			n = min(n, 2000)
		}
		fmt.Printf("%-34s %21s %21s %7.1f %9s %8.1fM %14s\n", m.name, u, b, allocs, built.Round(time.Millisecond/10), float64(memory)/1e6,
			fmt.Sprintf("%d, %d of %d", exact.wrong(locate, uniform[:n], wantU), exact.wrong(locate, border[:n], wantB), n))
		runtime.KeepAlive(locate)
	}
	if chosen(o.methods, "sestante") {
		inOrder(o, s, uniform, border)
	}
}

func chosen(filter, name string) bool {
	return filter == "" || slices.ContainsFunc(strings.Split(filter, ","), func(part string) bool { return strings.Contains(name, part) })
}

// timed runs rounds until the time is over, and says the best and the median.
func timed(o options, ask func([]orb.Point), points []orb.Point) string {
	n, at := 16, 0
	var rounds []float64
	for spent := time.Duration(0); spent < o.round || len(rounds) < 3; {
		if at+n > len(points) {
			at = 0
		}
		part := points[at : at+n]
		began := cpuTime()
		ask(part)
		took := cpuTime() - began
		spent += took
		at += n
		if took < 2*time.Millisecond && n < len(points)/2 { // too short to be measured
			n *= 2
			continue
		}
		rounds = append(rounds, float64(took)/float64(n))
	}
	slices.Sort(rounds)
	return fmt.Sprintf("%s / %s", digits(rounds[0]), digits(rounds[len(rounds)/2]))
}

// passes asks about all points in each round: where they come in order, a part
// of them is a part of the country, and what it takes is not what the whole
// takes.
func passes(o options, ask func([]orb.Point), points []orb.Point) string {
	ask(points) // once unmeasured, as the others have short rounds first
	var rounds []float64
	for spent := time.Duration(0); spent < o.round || len(rounds) < 5; {
		began := cpuTime()
		ask(points)
		took := cpuTime() - began
		spent += took
		rounds = append(rounds, float64(took)/float64(len(points)))
	}
	slices.Sort(rounds)
	return fmt.Sprintf("%s / %s", digits(rounds[0]), digits(rounds[len(rounds)/2]))
}

// each asks about one point after another.
func each(locate locator) func([]orb.Point) {
	return func(points []orb.Point) {
		for _, p := range points {
			sink += locate(p)
		}
	}
}

// sink keeps the compiler from leaving the work out.
var sink int

func digits(ns float64) string {
	if ns < 100 {
		return fmt.Sprintf("%.1f", ns)
	}
	return fmt.Sprintf("%.0f", ns)
}

func allocations(locate locator, points []orb.Point) float64 {
	const n = 500
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, p := range points[:n] {
		sink += locate(p)
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n
}

// wrong counts answers that are none. Where drawn areas overlap, as a
// few do, either is right.
func (e exact) wrong(locate locator, points []orb.Point, want []int) int {
	n := 0
	for i, p := range points {
		if got := locate(p); got != want[i] && (got < 0 || want[i] < 0 || !contains(e.areas[got], p)) {
			n++
		}
	}
	return n
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
