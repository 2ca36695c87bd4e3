package bench_test

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo/nearby"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// nearbyReports draws n reports as a country has them: sixty in a hundred in
// 300 towns, the rest anywhere, over a year, of forty objects in eight groups.
func nearbyReports(n int) []nearby.Report {
	r := rand.New(rand.NewPCG(3, 5))
	var towns [300][2]float64
	for i := range towns {
		towns[i] = [2]float64{6.6 + 12*r.Float64(), 36 + 11*r.Float64()}
	}
	end := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	out := make([]nearby.Report, n)
	for i := range out {
		lon, lat := 6.6+12*r.Float64(), 36+11*r.Float64()
		if r.IntN(10) < 6 {
			t := towns[r.IntN(len(towns))]
			lon, lat = t[0]+r.NormFloat64()*0.03, t[1]+r.NormFloat64()*0.03
		}
		out[i] = nearby.Report{
			ID: nearby.ID(fmt.Sprintf("r%014d", i)), Lon: lon, Lat: lat, AccuracyM: 5 + 20*r.Float64(),
			Registered: end.Add(-time.Duration(r.Int64N(365*24*3600)) * time.Second),
			Object:     nearby.Object(fmt.Sprint("o", r.IntN(40))), Public: r.IntN(4) > 0,
		}
	}
	return out
}

// BenchmarkNearby asks among a million reports, each time at another one of
// them: what lies within 100 m and 72 hours, and what a form asks for. The
// linear scan is what the answers are checked against.
func BenchmarkNearby(b *testing.B) {
	const million = 1_000_000
	all := nearbyReports(million)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	x := nearby.NewIndex()
	for _, r := range all {
		if err := x.Put(r); err != nil {
			b.Fatal(err)
		}
	}
	built := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	order := rand.New(rand.NewPCG(9, 9)).Perm(million)

	threeDays := func(r nearby.Report) nearby.Query {
		return nearby.Query{Lon: r.Lon, Lat: r.Lat, RadiusM: 100, Since: r.Registered.Add(-72 * time.Hour)}
	}
	siblings := map[nearby.Object][]nearby.Object{}
	for i := range 40 {
		for j := range 5 {
			o := nearby.Object(fmt.Sprint("o", i))
			siblings[o] = append(siblings[o], nearby.Object(fmt.Sprint("o", i-i%5+j)))
		}
	}
	rules := nearby.Rules{RadiusM: 50, ClosedDays: 14}
	form := func(r nearby.Report) nearby.Query {
		return nearby.Query{
			Lon: r.Lon, Lat: r.Lat, RadiusM: rules.Reach(r.AccuracyM), Objects: siblings[r.Object],
			ClosedSince: r.Registered.Add(-14 * 24 * time.Hour), Public: true, Most: 32,
		}
	}
	for _, q := range []struct {
		name string
		of   func(nearby.Report) nearby.Query
	}{{"within-100m-72h", threeDays}, {"form", form}} {
		b.Run(q.name, func(b *testing.B) {
			var hits []nearby.Hit
			found := 0
			for i := 0; b.Loop(); i++ {
				hits = x.Search(q.of(all[order[i%million]]), hits[:0])
				found += len(hits)
			}
			b.ReportMetric(float64(found)/float64(b.N), "hits/op")
		})
	}
	b.Run("put", func(b *testing.B) { // of one that moves
		for i := 0; b.Loop(); i++ {
			r := all[order[i%million]]
			r.Lat += 0.01
			if err := x.Put(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("linear-scan-within-100m-72h", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			q := threeDays(all[order[i%million]])
			near := math.Cos(q.Lat * math.Pi / 180)
			for _, r := range all {
				dx, dy := (r.Lon-q.Lon)*near, r.Lat-q.Lat
				if dx*dx+dy*dy <= 1e-6 && r.Registered.After(q.Since) {
					scanned++
				}
			}
		}
	})
	b.Run("build", func(b *testing.B) {
		for b.Loop() { // measured above, once
		}
		b.ReportMetric(built.Seconds(), "s")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	})
}

var scanned int

// BenchmarkDuplicates asks a desk over 20,000 reports what lies near a place,
// rights, words and photos included: from the database, as before the index is
// ready, and from the index.
func BenchmarkDuplicates(b *testing.B) {
	const n = 20_000
	d := newDistrict(b, n)
	d.run(b, `UPDATE reports SET pointSource = 'gps', visibility = 'public', consentPublish = TRUE`)
	one, err := desk.New(desk.Config{
		Store: store.New(d.app), Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(),
	})
	if err != nil {
		b.Fatal(err)
	}
	ask := func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		found := 0
		for i := 0; b.Loop(); i++ {
			k := (i * 7919) % n
			got, err := one.DuplicatesNear(b.Context(), report.Actor{}, desk.NearPlace{
				Lon: 9.1 + float64(k)/1e6, Lat: 45.4 + float64(k%1000)/1e5, AccuracyM: 8, ObjectType: "pothole00000000",
			}, "it")
			if err != nil {
				b.Fatal(err)
			}
			found += len(got.Duplicates)
		}
		b.ReportMetric(float64(found)/float64(b.N), "suggested/op")
	}
	d.run(b, `INSERT INTO objectTypes (id, code, name, nameIt, public, status) VALUES ('pothole00000000', 'pothole', 'Pothole', 'Buca', TRUE, 'mapped')`)
	b.Run("from-the-database", ask)
	began := time.Now()
	if err := one.FollowDuplicates(b.Context()); err != nil {
		b.Fatal(err)
	}
	loaded := time.Since(began)
	b.Run("from-the-index", func(b *testing.B) {
		ask(b)
		b.ReportMetric(loaded.Seconds()*1000, "load-ms")
	})
}
