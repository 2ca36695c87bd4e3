//go:build linux

// Command nearby asks a million reports what lies within 100 m and 72 hours of
// each, with the project's index and with tidwall/rtree, and prints what both
// cost in CPU time, which other work on the machine distorts less than wall
// time. It checks that both find the same.
package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/tidwall/rtree"

	"github.com/sestante/sestante/geo/nearby"
)

const (
	reports = 1_000_000
	asked   = 200_000
)

func main() {
	runtime.GOMAXPROCS(1)
	all := draw()
	order := rand.New(rand.NewPCG(9, 9)).Perm(reports)

	x := nearby.NewIndex()
	measure("index: put", reports, func(i int) {
		if err := x.Put(all[i]); err != nil {
			panic(err)
		}
	})
	var tree rtree.RTreeG[int32]
	measure("rtree: insert", reports, func(i int) {
		p := [2]float64{all[i].Lon, all[i].Lat}
		tree.Insert(p, p, int32(i))
	})
	var hits []nearby.Hit
	mine, theirs := 0, 0
	measure("index: within 100 m and 72 h", asked, func(i int) {
		r := all[order[i]]
		hits = x.Search(nearby.Query{Lon: r.Lon, Lat: r.Lat, RadiusM: 100, Since: r.Registered.Add(-72 * time.Hour), Most: 1000}, hits[:0])
		mine += len(hits)
	})
	measure("rtree: within 100 m and 72 h", asked, func(i int) {
		r := all[order[i]]
		since := r.Registered.Add(-72 * time.Hour)
		up := 100.0 / 110_500
		wide := up / math.Cos((math.Abs(r.Lat)+up)*math.Pi/180)
		tree.Search([2]float64{r.Lon - wide, r.Lat - up}, [2]float64{r.Lon + wide, r.Lat + up}, func(_, _ [2]float64, n int32) bool {
			if !all[n].Registered.Before(since) && nearby.Metres(r.Lon, r.Lat, all[n].Lon, all[n].Lat) <= 100 {
				theirs++
			}
			return true
		})
	})
	measure("index: move", asked, func(i int) {
		r := all[order[i]]
		r.Lat += 0.01
		if err := x.Put(r); err != nil {
			panic(err)
		}
	})
	measure("rtree: move", asked, func(i int) {
		r := all[order[i]]
		p, q := [2]float64{r.Lon, r.Lat}, [2]float64{r.Lon, r.Lat + 0.01}
		tree.Delete(p, p, int32(order[i]))
		tree.Insert(q, q, int32(order[i]))
	})
	if mine != theirs {
		fmt.Printf("they differ: the index finds %d, the tree %d\n", mine, theirs)
		os.Exit(1)
	}
	fmt.Printf("both find %d\n", mine)
}

// draw makes reports as a country has them: sixty in a hundred in 300 towns.
func draw() []nearby.Report {
	r := rand.New(rand.NewPCG(3, 5))
	var towns [300][2]float64
	for i := range towns {
		towns[i] = [2]float64{6.6 + 12*r.Float64(), 36 + 11*r.Float64()}
	}
	end := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	out := make([]nearby.Report, reports)
	for i := range out {
		lon, lat := 6.6+12*r.Float64(), 36+11*r.Float64()
		if r.IntN(10) < 6 {
			t := towns[r.IntN(len(towns))]
			lon, lat = t[0]+r.NormFloat64()*0.03, t[1]+r.NormFloat64()*0.03
		}
		out[i] = nearby.Report{
			ID: nearby.ID(fmt.Sprintf("r%014d", i)), Lon: lon, Lat: lat,
			Registered: end.Add(-time.Duration(r.Int64N(365*24*3600)) * time.Second),
			Object:     nearby.Object(fmt.Sprint("o", r.IntN(40))),
		}
	}
	return out
}

// measure prints the CPU time of one call, the best of ten parts.
func measure(what string, n int, do func(i int)) {
	best := math.Inf(1)
	for part := range 10 {
		from, to := part*n/10, (part+1)*n/10
		began := cpu()
		for i := from; i < to; i++ {
			do(i)
		}
		best = min(best, float64(cpu()-began)/float64(to-from))
	}
	fmt.Printf("%-30s %7.0f ns\n", what, best)
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
