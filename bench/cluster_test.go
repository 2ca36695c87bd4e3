package bench_test

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo/cluster"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// reportsLike draws n places and times as reports have them: sixty in a hundred
// in 300 towns, the rest anywhere in Italy's box, over some days.
func reportsLike(n, days int) []cluster.Point {
	random := rand.New(rand.NewPCG(7, 11))
	type town struct{ lon, lat, spread float64 }
	towns := make([]town, 300)
	for i := range towns {
		towns[i] = town{6.6 + 12*random.Float64(), 36 + 11*random.Float64(), 0.005 + 0.03*random.Float64()}
	}
	out := make([]cluster.Point, n)
	for i := range out {
		p := cluster.Point{At: 1_763_000_000 + random.Int64N(int64(days)*86400), ID: strconv.Itoa(i)}
		if random.IntN(10) < 6 {
			t := towns[random.IntN(len(towns))]
			p.Lon, p.Lat = t.lon+random.NormFloat64()*t.spread, t.lat+random.NormFloat64()*t.spread
		} else {
			p.Lon, p.Lat = 6.6+12*random.Float64(), 36+11*random.Float64()
		}
		out[i] = p
	}
	return out
}

// densities are those of the target, and that of the detector of problems: 4
// reports within 100 m in 90 days.
var densities = map[string]cluster.Density{
	"200m-24h": {EpsM: 200, EpsS: 24 * 3600, MinPts: 5},
	"500m-48h": {EpsM: 500, EpsS: 48 * 3600, MinPts: 5},
	"100m-90d": {EpsM: 100, EpsS: 90 * 86400, MinPts: 4},
}

// Whoever asks where reports lie close waits for this. The target is 2.5 s for
// a million.
func BenchmarkClusterMillion(b *testing.B) {
	for _, days := range []int{365, 30} {
		points := reportsLike(1_000_000, days)
		for _, name := range []string{"200m-24h", "500m-48h", "100m-90d"} {
			b.Run(strconv.Itoa(days)+"days/"+name, func(b *testing.B) {
				b.ReportAllocs()
				found := 0
				for b.Loop() {
					c, err := cluster.DBSCAN(points, densities[name])
					if err != nil {
						b.Fatal(err)
					}
					found = c.Clusters
				}
				b.ReportMetric(float64(found), "clusters")
			})
		}
	}
}

// The peer: every point against every other, as the definition says it, and
// the same 20,000 points through the grid.
func BenchmarkClusterPeer(b *testing.B) {
	points, d := reportsLike(20_000, 30), densities["500m-48h"]
	b.Run("all-pairs", func(b *testing.B) {
		for b.Loop() {
			if allPairs(points, d) < 0 {
				b.Fatal("no clusters can be fewer than none")
			}
		}
	})
	b.Run("grid", func(b *testing.B) {
		for b.Loop() {
			if _, err := cluster.DBSCAN(points, d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// allPairs is DBSCAN without an index, in the plane, as short as it can be: it
// returns how many clusters there are.
func allPairs(points []cluster.Point, d cluster.Density) (clusters int) {
	type flat struct {
		x, y float64
		at   int64
	}
	at := make([]flat, len(points))
	for i, p := range points {
		at[i] = flat{p.Lon * 111_320 * math.Cos(p.Lat*math.Pi/180), p.Lat * 111_132, p.At}
	}
	near := func(i int, found []int) []int {
		for j := range at {
			dx, dy, dt := at[i].x-at[j].x, at[i].y-at[j].y, at[i].at-at[j].at
			if max(dt, -dt) <= d.EpsS && dx*dx+dy*dy <= d.EpsM*d.EpsM {
				found = append(found, j)
			}
		}
		return found
	}
	seen := make([]bool, len(points))
	var found []int
	for i := range at {
		if seen[i] {
			continue
		}
		if found = near(i, found[:0]); len(found) < d.MinPts {
			continue
		}
		clusters++
		seen[i] = true
		for todo := append([]int(nil), found...); len(todo) > 0; {
			j := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[j] {
				continue
			}
			seen[j] = true
			if found = near(j, found[:0]); len(found) >= d.MinPts {
				todo = append(todo, found...)
			}
		}
	}
	return clusters
}

// The whole question, from the database to the answer: 100,000 reports of five
// months. Reading them takes the longest.
func BenchmarkHotspots(b *testing.B) {
	app := pbtest.New(b)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	kept := store.New(app)
	if err := kept.DropCapture(b.Context()); err != nil { // nobody pulls these
		b.Fatal(err)
	}
	for _, q := range []string{
		"PRAGMA synchronous = OFF",
		`INSERT INTO reports (id, code, kind, state, objectType, pointSource, lon, lat, registeredAt)
			WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
			SELECT printf('report%09d', i), 'SE-2026-' || i, 'fault', 'assigned', 'object000000' || printf('%03d', i % 20), 'gps',
				9 + (i * 7919 % 100000) / 1e5, 45 + (i * 104729 % 100003) / 1e5,
				strftime('%Y-%m-%d %H:%M:%f', '2026-06-25 09:00:00', '+' || (i * 129) || ' seconds') || 'Z' FROM n`,
	} {
		if _, err := app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			b.Fatal(err)
		}
	}
	the, err := desk.New(desk.Config{
		Store: kept, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(),
	})
	if err != nil {
		b.Fatal(err)
	}
	console := report.Actor{Grants: []report.Grant{{Role: report.RoleSystem}}}
	for _, detector := range []desk.HotspotDetector{desk.DetectCluster, desk.DetectTrend, desk.DetectExcess} {
		b.Run(string(detector), func(b *testing.B) {
			for b.Loop() {
				now = now.Add(time.Minute) // another question each time: answers are kept
				found, err := the.Hotspots(b.Context(), console, desk.HotspotQuery{Detector: detector})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(found.Reports), "reports")
			}
		})
	}
}
