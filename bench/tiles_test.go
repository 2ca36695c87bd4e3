package bench_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo/tile"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// places makes n places in Italy's box: three of five in 300 towns, the others
// anywhere.
func places(n int) []orb.Point {
	rng := rand.New(rand.NewPCG(3, 3))
	anywhere := func() orb.Point { return orb.Point{6.6 + rng.Float64()*12, 36.6 + rng.Float64()*10.5} }
	var towns [300]orb.Point
	for i := range towns {
		towns[i] = anywhere()
	}
	out := make([]orb.Point, n)
	for i := range out {
		if out[i] = anywhere(); rng.IntN(5) < 3 {
			town := towns[rng.IntN(len(towns))]
			out[i] = orb.Point{town[0] + rng.NormFloat64()*0.03, town[1] + rng.NormFloat64()*0.03}
		}
	}
	return out
}

// mapPoints are reports on the map: of 26 districts and 40 organisations.
func mapPoints(at []orb.Point) []tile.Change {
	rng := rand.New(rand.NewPCG(4, 4))
	out := make([]tile.Change, len(at))
	for i, p := range at {
		id, _ := tile.ParseID(fmt.Sprintf("report%09d", i))
		district := int(p[0]*2+p[1]) % 26
		out[i].Point = tile.Point{
			Key: tile.KeyOf(p[0], p[1]), ID: id, Code: fmt.Sprintf("SE-2026-%06d-X", i), Class: tile.Class(district*4 + rng.IntN(4)),
			State: uint8(rng.IntN(7)), Priority: uint8(1 + rng.IntN(4)), Object: uint16(rng.IntN(30)), Person: uint32(rng.IntN(2000)), At: uint32(1.79e9) + uint32(rng.IntN(1e7)),
		}
	}
	return out
}

// insertReports keeps reports of these places, by plain SQL.
func insertReports(b *testing.B, app *core.BaseApp, at []orb.Point) {
	b.Helper()
	const q = `
		INSERT INTO reports (id, code, kind, state, district, objectType, responsibleOrg, assignee, lon, lat, pointSource, priority, registeredAt, visibility, consentPublish)
		SELECT printf('report%09d', {:base} + p.key), printf('SE-2026-%06d-X', {:base} + p.key), 'fault',
			('["registered","in_analysis","assigned","scheduled","in_progress","suspended","resolved"]' ->> (p.key * 7919 % 7)),
			printf('district%07d', CAST((p.value ->> 0) * 2 + (p.value ->> 1) AS INTEGER) % 26), printf('object%09d', p.key % 30), printf('org%012d', p.key % 4),
			printf('user%011d', p.key % 2000), p.value ->> 0, p.value ->> 1, 'gps', 1 + p.key % 4, strftime('%F %T.000Z', 1763600000 + p.key * 7907 % 31536000, 'unixepoch'), 'public', p.key % 2
		FROM json_each({:places}) AS p`
	base := 0
	for batch := range slices.Chunk(at, 50_000) {
		places, err := json.Marshal(batch)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := app.NonconcurrentDB().NewQuery(q).Bind(dbx.Params{"base": base, "places": string(places)}).Execute(); err != nil {
			b.Fatal(err)
		}
		base += len(batch)
	}
}

// heap returns the bytes in use.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkTileSet measures the set alone: how long it takes to fill, what it
// weighs, and what one change costs.
func BenchmarkTileSet(b *testing.B) {
	const n = 1_000_000
	changes := mapPoints(places(n))
	var k tile.Keeper
	fill := func() {
		k = tile.Keeper{}
		for batch := range slices.Chunk(changes, 1<<16) {
			k.Apply(batch)
		}
	}
	b.Run("fill", func(b *testing.B) {
		for b.Loop() {
			k = tile.Keeper{}
			before := heap()
			fill()
			b.ReportMetric((heap()-before)/1e6, "MB")
		}
	})
	fill()
	rng := rand.New(rand.NewPCG(5, 5))
	b.Run("change", func(b *testing.B) {
		for b.Loop() {
			c := changes[rng.IntN(n)]
			c.State = uint8(rng.IntN(7))
			k.Apply([]tile.Change{c})
		}
	})
	all := make([]tile.Sight, 26*4)
	for i := range all {
		all[i] = 3
	}
	for _, q := range []struct {
		name string
		q    tile.Query
	}{{"everything", tile.Query{Sight: all}}, {"last-week", tile.Query{Sight: all, From: 1.8e9 - 604_800}}, {"half-of-the-time", tile.Query{Sight: all, From: 1.795e9}}, {"one-object", tile.Query{Sight: all, Objects: map[uint16]bool{3: true}}}} {
		for z := 0; z <= 12; z += 2 {
			a := busiest(changes, z)
			b.Run(fmt.Sprintf("cells/%s/z%d", q.name, z), func(b *testing.B) {
				for b.Loop() {
					k.Set().Cells(a, q.q)
				}
			})
		}
	}
}

// busiest returns the tile of a zoom with the most reports in it.
func busiest(changes []tile.Change, z int) tile.Address {
	count := map[maptile.Tile]int{}
	for _, c := range changes {
		lon, lat := c.Key.Position()
		count[maptile.At(orb.Point{lon, lat}, maptile.Zoom(z))]++
	}
	var best maptile.Tile
	for t, n := range count {
		if n > count[best] || n == count[best] && (t.X < best.X || t.X == best.X && t.Y < best.Y) {
			best = t
		}
	}
	return tile.Address{Z: uint8(z), X: best.X, Y: best.Y}
}

// BenchmarkEncode writes a tile of three thousand points by our own encoder and
// by orb's.
func BenchmarkEncode(b *testing.B) {
	points := mapPoints(places(3000))
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			l := tile.NewLayer("reports")
			for i, p := range points {
				l.Point(int32(i%4096), int32(i/2))
				l.Once("id", p.ID.String())
				l.Once("code", p.Code)
				l.Text("state", string(report.States[p.State]))
				l.Whole("priority", uint64(p.Priority))
			}
			tile.Encode(l)
		}
	})
	b.Run("orb", func(b *testing.B) {
		for b.Loop() {
			fc := geojson.NewFeatureCollection()
			for i, p := range points {
				f := geojson.NewFeature(orb.Point{float64(i % 4096), float64(i / 2)})
				f.Properties = geojson.Properties{"id": p.ID.String(), "code": p.Code, "state": string(report.States[p.State]), "priority": uint64(p.Priority)}
				fc.Append(f)
			}
			if _, err := mvt.Marshal(mvt.Layers{mvt.NewLayer("reports", fc)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkTiles asks the desk for tiles over a million open reports, as a
// coordinator who sees all of them, a technician who sees a district, and a
// passer-by: all tiles of a screen at each zoom, none of them asked for before.
func BenchmarkTiles(b *testing.B) {
	const n = 1_000_000
	app := pbtest.New(b)
	kept := store.New(app)
	run := func(qs ...string) {
		b.Helper()
		for _, q := range qs {
			if _, err := app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
				b.Fatalf("%.80s: %v", q, err)
			}
		}
	}
	if err := kept.DropCapture(b.Context()); err != nil { // a million captured writes take minutes: changes below fill the log by hand
		b.Fatal(err)
	}
	run("PRAGMA synchronous = OFF",
		"INSERT INTO users (id, tokenKey, email, language) VALUES ('ann000000000000', 'k1', 'a@x', 'it'), ('ben000000000000', 'k2', 'b@x', 'it')",
		"INSERT INTO areas (id, kind, code) VALUES ('district0000003', 'district', 'D3')",
		"INSERT INTO roles (id, person, role, areas) VALUES ('role00000000001', 'ann000000000000', 'coordinator', '[]'), ('role00000000002', 'ben000000000000', 'technician', '[\"district0000003\"]')")
	insertReports(b, app, places(n))
	the, err := desk.New(desk.Config{Store: kept, Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(), Language: "it"})
	if err != nil {
		b.Fatal(err)
	}
	actor := func(id report.PersonID) report.Actor {
		if id == "" {
			return report.Actor{}
		}
		a, err := the.Actor(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		return a
	}
	b.Run("start", func(b *testing.B) {
		before := heap()
		for b.Loop() {
			if err := the.FollowMap(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric((heap()-before)/1e6, "MB")
	})
	screens := screensOf(mapPoints(places(n)))
	for _, who := range []report.PersonID{"ann000000000000", "ben000000000000", ""} {
		caller := actor(who)
		for _, narrow := range []struct {
			name string
			q    func(round int) desk.TileQuery // another each time, so that nothing is kept
		}{
			{"by-state", func(round int) desk.TileQuery { return desk.TileQuery{States: report.States[:7-round%7]} }},
			{"by-object", func(round int) desk.TileQuery {
				return desk.TileQuery{ObjectTypes: []string{fmt.Sprintf("object%09d", round%30)}, Priorities: []int{1 + round%4, 1 + round%3}}
			}},
			{"by-time", func(round int) desk.TileQuery { // what came in any number of days up to a year
				return desk.TileQuery{From: time.Unix(1763600000+int64(round)*7_654_321%31_536_000, 0)}
			}},
		} {
			b.Run("who="+string(who)+"/"+narrow.name, func(b *testing.B) {
				askTiles(b, the, caller, slices.Concat(screens...), narrow.q)
			})
		}
	}
	b.Run("visible", func(b *testing.B) {
		var took []time.Duration
		at := screens[16][0]
		i := 0
		for b.Loop() {
			before, err := the.ReportTile(b.Context(), actor("ann000000000000"), at, desk.TileQuery{})
			if err != nil {
				b.Fatal(err)
			}
			i++
			began := time.Now()
			lon, lat := middle(at)
			id := fmt.Sprintf("report%09d", i%1000)
			run(fmt.Sprintf("UPDATE reports SET lon = %v, lat = %v WHERE id = '%s'", lon+float64(i%500)*1e-6, lat, id),
				"UPDATE _s_clock SET seq = seq + 1",
				fmt.Sprintf(`INSERT INTO _s_rec (coll, id, ver, seq, del) SELECT 'reports', '%s', 1, seq, 0 FROM _s_clock WHERE true
					ON CONFLICT (coll, id) DO UPDATE SET ver = ver + 1, seq = excluded.seq`, id))
			after, err := the.ReportTile(b.Context(), actor("ann000000000000"), at, desk.TileQuery{})
			if err != nil {
				b.Fatal(err)
			}
			if after.Tag == before.Tag {
				b.Fatal("the change is not to be seen")
			}
			took = append(took, time.Since(began))
		}
		tell(b, took)
	})
}

func middle(a tile.Address) (lon, lat float64) {
	c := a.Bound().Center()
	return c[0], c[1]
}

// askTiles asks for each tile once a round.
func askTiles(b *testing.B, the *desk.Desk, caller report.Actor, tiles []tile.Address, narrow func(round int) desk.TileQuery) {
	b.Helper()
	var took []time.Duration
	round := 0
	for b.Loop() {
		round++
		for _, a := range tiles {
			began := time.Now()
			if _, err := the.ReportTile(b.Context(), caller, a, narrow(round)); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
	}
	tell(b, took)
}

// screensOf returns for each zoom the busiest tile and those around it.
func screensOf(changes []tile.Change) [][]tile.Address {
	out := make([][]tile.Address, 19)
	for z := range out {
		a := busiest(changes, z)
		out[z] = append(out[z], a)
		for _, d := range [][2]int{{-1, -1}, {0, -1}, {1, -1}, {-1, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1}} {
			if b, err := tile.At(z, int(a.X)+d[0], int(a.Y)+d[1]); err == nil {
				out[z] = append(out[z], b)
			}
		}
	}
	return out
}

// tell reports the median, the 99th percentile and the worst.
func tell(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[min(int(share*float64(len(took))), len(took)-1)].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "worst-ms")
}
