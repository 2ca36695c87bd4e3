// Package bench measures the program's rates, each beside its limit in the same
// run, so that later work has a line to beat: make bench. One op is one report,
// one point, one push or one pull; the rate of what is inside is a metric of
// its own.
package bench_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// A site is a whole installation over the shipped territory.
type site struct {
	app  *core.BaseApp
	desk *desk.Desk
	sync *desk.Sync
	tech report.Actor
	lead report.Actor
	l1   report.Actor
	rnd  *rand.Rand
	n    int
}

func newSite(b *testing.B) *site {
	b.Helper()
	s := &site{app: pbtest.New(b), rnd: rand.New(rand.NewPCG(1, 2))}
	kept := store.New(s.app)
	if err := kept.InstallCapture(b.Context()); err != nil {
		b.Fatal(err)
	}
	var err error
	s.desk, err = desk.New(desk.Config{
		Store: kept, Now: time.Now, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(),
		Limits: desk.Limits{Photos: 10}, ToleranceM: 500, CodePrefix: "SE", Language: "it",
	})
	if err != nil {
		b.Fatal(err)
	}
	if s.sync, err = desk.NewSync(s.desk, desk.SyncConfig{}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.desk.ImportAreas(b.Context(), districts(b), time.Time{}, false); err != nil {
		b.Fatal(err)
	}
	org := pbtest.Record(b, s.app, "orgs", map[string]any{"code": "c", "name": "C", "kind": "contact_point"})
	object := pbtest.Record(b, s.app, "objectTypes", map[string]any{"code": "pothole", "name": "P", "nameIt": "B", "status": "mapped"})
	pbtest.Record(b, s.app, "activities", map[string]any{"objectType": object, "responsibleOrg": org, "kind": "repair"})
	milan := string(geo.SeedID(geo.District, "NO7"))
	s.l1 = s.person(b, "anna", "l1_operator", "")
	s.lead = s.person(b, "lead", "district_lead", milan)
	s.tech = s.person(b, "ben", "technician", milan)
	return s
}

func (s *site) person(b *testing.B, name, role, area string) report.Actor {
	b.Helper()
	id := pbtest.Record(b, s.app, "users", map[string]any{"name": name, "email": name + "@example.org", "password": "password-" + name})
	fields := map[string]any{"person": id, "role": role}
	if area != "" {
		fields["areas"] = []string{area}
	}
	pbtest.Record(b, s.app, "roles", fields)
	a, err := s.desk.Actor(b.Context(), report.PersonID(id))
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func districts(b *testing.B) []geo.Area {
	b.Helper()
	table, err := geo.ItalyDistricts()
	if err != nil {
		b.Fatal(err)
	}
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		b.Fatal(err)
	}
	areas, _, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		b.Fatal(err)
	}
	return append(geo.MacroAreas(table, areas), areas...)
}

// submission is a report in Milan.
func (s *site) submission() desk.Submission {
	s.n++
	return desk.Submission{
		ClientID: fmt.Sprintf("client-%08d", s.n), Description: "Una buca profonda davanti al civico 12", ObjectType: "pothole",
		Point: &report.Point{Lon: 9.12 + s.rnd.Float64()/10, Lat: 45.43 + s.rnd.Float64()/20}, AccuracyM: 8,
	}
}

func (s *site) submit(b *testing.B, sub desk.Submission) report.ID {
	b.Helper()
	got, err := s.desk.Submit(b.Context(), report.Actor{}, sub)
	if err != nil {
		b.Fatal(err)
	}
	return got.ID
}

// BenchmarkIntake takes in reports: without a photo, with a photo of a phone's
// size, and, as the limit, the bare insert of as many bytes with the same
// durability.
func BenchmarkIntake(b *testing.B) {
	b.Run("text", func(b *testing.B) {
		s := newSite(b)
		for b.Loop() {
			s.submit(b, s.submission())
		}
	})
	b.Run("photo12MP", func(b *testing.B) {
		s := newSite(b)
		data, err := photogen.JPEG(photogen.Scene{Kind: photogen.Pothole, Lon: 9.19, Lat: 45.46, Width: 4000, Height: 3000})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			sub := s.submission()
			sub.Photos = []desk.NewPhoto{{Data: append(data, byte(s.n), byte(s.n>>8), byte(s.n>>16))}} // never the same bytes
			s.submit(b, sub)
		}
	})
	b.Run("limit/insert", func(b *testing.B) {
		s := newSite(b)
		if _, err := s.app.NonconcurrentDB().NewQuery(`CREATE TABLE plain (id INTEGER PRIMARY KEY, body TEXT)`).Execute(); err != nil {
			b.Fatal(err)
		}
		body, err := json.Marshal(s.submission())
		if err != nil {
			b.Fatal(err)
		}
		q := s.app.NonconcurrentDB().NewQuery(`INSERT INTO plain (body) VALUES ({:b})`).Bind(map[string]any{"b": string(body)})
		for b.Loop() {
			if _, err := q.Execute(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRoute asks who owns a place: anywhere in Italy's box, and in Milan
// with a GPS accuracy that has to be held against the borders.
func BenchmarkRoute(b *testing.B) {
	index, err := geo.NewIndex(districts(b))
	if err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	points := make([]geo.Query, 10_000)
	for i := range points {
		points[i] = geo.Query{Lon: 6.6 + rnd.Float64()*12, Lat: 36.6 + rnd.Float64()*10.5, ToleranceM: -1}
	}
	for _, tt := range []struct {
		name     string
		accuracy float64
	}{{"uniform", 0}, {"accuracy20m", 20}} {
		b.Run(tt.name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				q := points[i%len(points)]
				q.AccuracyM = tt.accuracy
				_ = index.Locate(q)
				i++
			}
		})
	}
}

// assigned submits reports and gives them to the technician.
func (s *site) assigned(b *testing.B, n int) []report.ID {
	b.Helper()
	var out []report.ID
	for range n {
		id := s.submit(b, s.submission())
		s.do(b, s.l1, "report.dispatch", id, map[string]any{"assignee": s.tech.ID})
		out = append(out, id)
	}
	return out
}

func (s *site) do(b *testing.B, who report.Actor, name string, id report.ID, args any) {
	b.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.desk.Do(b.Context(), who, report.Call{ID: s.id("call"), Name: name, Report: id, Args: raw, Source: report.SourceUI}); err != nil {
		b.Fatal(err)
	}
}

func (s *site) id(prefix string) string {
	s.n++
	return fmt.Sprintf("%s%0*d", prefix, 15-len(prefix), s.n)
}

// BenchmarkPush sends what a day without network left in an outbox: a hundred
// comments on a technician's reports, in one push, acknowledged on disk.
func BenchmarkPush(b *testing.B) {
	const size = 100
	s := newSite(b)
	reports := s.assigned(b, 20)
	device, mid := s.id("device"), int64(0)
	started := time.Now()
	for b.Loop() {
		var muts []json.RawMessage
		for range size {
			mid++
			raw, err := json.Marshal(fieldsync.Mutation{
				Mid: mid, Op: fieldsync.OpCall, Name: "report.comment", ID: string(reports[mid%20]), At: time.Now(),
				Args: json.RawMessage(`{"text":"Servono due transenne e un sacco di asfalto a freddo"}`),
			})
			if err != nil {
				b.Fatal(err)
			}
			muts = append(muts, raw)
		}
		reply, err := s.sync.Push(b.Context(), s.tech, fieldsync.PushRequest{V: fieldsync.Version, Device: device, Muts: muts})
		if err != nil || reply.LMid != mid {
			b.Fatalf("push = %+v, %v", reply, err)
		}
		for _, r := range reply.Res {
			if r.St != fieldsync.Applied {
				b.Fatalf("mutation %d: %+v", r.Mid, r)
			}
		}
	}
	b.ReportMetric(float64(mid)/time.Since(started).Seconds(), "mutations/s")
}

// BenchmarkPull fills a new device with a district of a thousand open reports,
// beside the plain SELECT of the same rows.
func BenchmarkPull(b *testing.B) {
	s := newSite(b)
	for range 1000 {
		s.submit(b, s.submission())
	}
	b.Run("first", func(b *testing.B) {
		lines, bytes := 0, 0
		for b.Loop() {
			lines, bytes = 0, 0
			req := fieldsync.PullRequest{V: fieldsync.Version, Device: s.id("device")}
			err := s.sync.Pull(b.Context(), s.lead, req, func(line any) error {
				raw, err := json.Marshal(line)
				lines, bytes = lines+1, bytes+len(raw)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(bytes), "bytes/op")
	})
	b.Run("idle", func(b *testing.B) {
		device, cursor := s.id("device"), ""
		pull := func() {
			err := s.sync.Pull(b.Context(), s.lead, fieldsync.PullRequest{V: fieldsync.Version, Device: device, Cursor: cursor}, func(line any) error {
				raw, err := json.Marshal(line)
				if err != nil {
					return err
				}
				var l struct {
					T   string `json:"t"`
					Cur string `json:"cur"`
				}
				if err := json.Unmarshal(raw, &l); err != nil {
					return err
				}
				if l.Cur != "" {
					cursor = l.Cur
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		pull()
		for b.Loop() {
			pull()
		}
	})
	b.Run("limit/select", func(b *testing.B) {
		for b.Loop() {
			var rows []struct {
				ID   string `db:"id"`
				Body string `db:"body"`
			}
			q := `SELECT id, json_object('code', code, 'state', state, 'lon', lon, 'lat', lat, 'description', description, 'district', district) AS body FROM reports`
			if err := s.app.DB().NewQuery(q).All(&rows); err != nil || len(rows) != 1000 {
				b.Fatalf("%d rows, %v", len(rows), err)
			}
		}
		b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// TestBenchmarksMeasureSomething runs the smallest of what the benchmarks do,
// so that they cannot rot unseen.
func TestBenchmarksMeasureSomething(t *testing.T) {
	res := testing.Benchmark(func(b *testing.B) {
		s := newSite(b)
		ids := s.assigned(b, 1)
		for b.Loop() {
			s.do(b, s.tech, "report.comment", ids[0], map[string]any{"text": "ok"})
		}
	})
	if res.N == 0 {
		t.Error("the benchmarks do not run")
	}
}
