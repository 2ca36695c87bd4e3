package bench_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// A district is n open reports of one district, and ann, who works in it.
type district struct {
	app  *core.BaseApp
	sync *desk.Sync
	ann  report.Actor
	now  time.Time
	n    int
}

// newDistrict makes reports of about four hundred bytes of content, by plain
// SQL, captured.
func newDistrict(b *testing.B, n int) *district {
	b.Helper()
	d := &district{app: pbtest.New(b), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), n: n}
	d.run(b, "PRAGMA synchronous = OFF",
		"INSERT INTO areas (id, kind, code) VALUES ('district0000001', 'district', 'D1')",
		"INSERT INTO users (id, tokenKey, email, language) VALUES ('ann000000000000', 'k1', 'a@x', 'it')",
		"INSERT INTO roles (id, person, role, areas) VALUES ('role00000000001', 'ann000000000000', 'technician', '[\"district0000001\"]')",
		"INSERT INTO devices (id, person, state, platform) VALUES ('device000000001', 'ann000000000000', 'active', 'go')",
		fmt.Sprintf(`INSERT INTO reports (id, code, kind, state, district, title, description, address, objectType, lon, lat, accuracyM, registeredAt, clientId, areas)
			WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT printf('report%%09d', i), 'SE-2026-' || i, 'fault', 'assigned', 'district0000001', 'Buca in strada ' || i,
				'Una buca profonda davanti al numero ' || (i %% 200) || ', pericolosa di notte e con la pioggia', 'Via Roma ' || (i %% 200) || ', Milano',
				'pothole00000000', 9.1 + i / 1e6, 45.4 + (i %% 1000) / 1e5, 8, '2026-11-20 09:00:00.000Z', 'client' || i, '["district0000001"]' FROM n`, n-1),
		"PRAGMA synchronous = FULL")
	d.open(b)
	return d
}

// open opens the desk anew, with nothing in memory.
func (d *district) open(b *testing.B) {
	b.Helper()
	kept := store.New(d.app)
	the, err := desk.New(desk.Config{Store: kept, Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(), Language: "it"})
	if err != nil {
		b.Fatal(err)
	}
	if d.sync, err = desk.NewSync(the, desk.SyncConfig{Limits: fieldsync.Limits{PullBytes: 1 << 40}}); err != nil {
		b.Fatal(err)
	}
	if d.ann, err = the.Actor(b.Context(), "ann000000000000"); err != nil {
		b.Fatal(err)
	}
}

func (d *district) run(b *testing.B, qs ...string) {
	b.Helper()
	for _, q := range qs {
		if _, err := d.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			b.Fatalf("%.80s: %v", q, err)
		}
	}
}

// pull pulls from a cursor and returns the next one, the records that came, and
// the bytes on the wire.
func (d *district) pull(b *testing.B, cursor, encoding string) (next string, records int, wire int64) {
	b.Helper()
	count := &counter{}
	var w io.WriteCloser = count
	switch encoding {
	case "gzip":
		w, _ = gzip.NewWriterLevel(count, gzip.BestSpeed)
	case "zstd":
		w, _ = zstd.NewWriter(count, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	}
	var buf []byte
	err := d.sync.Pull(b.Context(), d.ann, fieldsync.PullRequest{V: 1, Device: "device000000001", Cursor: cursor, Digest: true}, func(line any) (err error) {
		switch l := line.(type) {
		case fieldsync.Put, fieldsync.Exit:
			records++
		case fieldsync.Checkpoint:
			next = l.Cur
		}
		if buf, err = fieldsync.AppendLine(buf, line); err == nil && len(buf) > 64<<10 {
			_, err = w.Write(buf)
			buf = buf[:0]
		}
		return err
	})
	if err != nil || next == "" {
		b.Fatalf("pull: %v", err)
	}
	if _, err := w.Write(buf); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return next, records, count.n
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }
func (c *counter) Close() error                { return nil }

// BenchmarkFirstSync fills a new device with a district: cold, in the first
// seconds after a start, and warm, when the server has made the bodies ready or
// a colleague has pulled. Beside it the plain
// SELECT of the same columns, and PocketBase's list API, as an administrator,
// a thousand records a page.
func BenchmarkFirstSync(b *testing.B) {
	for _, n := range []int{1000, 5000, 50_000} {
		d := newDistrict(b, n)
		rate := func(b *testing.B, wire int64) {
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			if wire > 0 {
				b.ReportMetric(float64(wire), "wire-bytes")
			}
		}
		for _, how := range []struct {
			name, encoding string
			cold           bool
		}{{"cold/gzip", "gzip", true}, {"warm/gzip", "gzip", false}, {"warm/zstd", "zstd", false}, {"warm/plain", "", false}} {
			b.Run(fmt.Sprintf("%d/%s", n, how.name), func(b *testing.B) {
				d.open(b)
				d.pull(b, "", "") // warms
				var wire int64
				for b.Loop() {
					if how.cold {
						b.StopTimer()
						d.open(b)
						b.StartTimer()
					}
					var got int
					if _, got, wire = d.pull(b, "", how.encoding); got < n {
						b.Fatalf("%d records, want %d", got, n)
					}
				}
				rate(b, wire)
			})
		}
		b.Run(fmt.Sprintf("%d/limit/select", n), func(b *testing.B) {
			for b.Loop() {
				d.selectAll(b)
			}
			rate(b, 0)
		})
		b.Run(fmt.Sprintf("%d/limit/list-api", n), func(b *testing.B) {
			list := d.listAPI(b)
			for b.Loop() {
				list(b)
			}
			rate(b, 0)
		})
	}
}

// selectAll reads the columns of the field's body, row by row.
func (d *district) selectAll(b *testing.B) {
	b.Helper()
	if n := d.count(b, "SELECT "+columns()+" FROM reports WHERE district = 'district0000001'"); n != d.n {
		b.Fatalf("%d rows, want %d", n, d.n)
	}
}

// columns are those of the field's body.
func columns() string {
	var names []string
	for _, c := range fieldsync.Projection("reports", fieldsync.ForField) {
		names = append(names, "`"+c.Name+"`")
	}
	return strings.Join(names, ", ")
}

// count reads every value of every row of a query, and returns how many rows
// there are.
func (d *district) count(b *testing.B, q string) int {
	b.Helper()
	rows, err := d.app.DB().NewQuery(q).Rows()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	n := 0
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if rows.Err() != nil {
		b.Fatal(rows.Err())
	}
	return n
}

// listAPI returns a function that reads every report through PocketBase's list
// API.
func (d *district) listAPI(b *testing.B) func(b *testing.B) {
	b.Helper()
	router, err := apis.NewRouter(d.app)
	if err != nil {
		b.Fatal(err)
	}
	mux, err := router.BuildMux()
	if err != nil {
		b.Fatal(err)
	}
	admins, err := d.app.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		b.Fatal(err)
	}
	admin := core.NewRecord(admins)
	admin.SetEmail(fmt.Sprintf("admin%d@example.org", time.Now().UnixNano()))
	admin.SetPassword("a-long-password")
	if err := d.app.Save(admin); err != nil {
		b.Fatal(err)
	}
	token, err := admin.NewAuthToken()
	if err != nil {
		b.Fatal(err)
	}
	return func(b *testing.B) {
		b.Helper()
		for page := 1; (page-1)*1000 < d.n; page++ {
			req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, fmt.Sprintf("/api/collections/reports/records?perPage=1000&skipTotal=1&page=%d", page), nil)
			req.Header.Set("Authorization", token)
			res := httptest.NewRecorder()
			mux.ServeHTTP(res, req)
			if res.Code != http.StatusOK {
				b.Fatalf("list API: %d %s", res.Code, res.Body)
			}
		}
	}
}

// BenchmarkCatchUp pulls what changed among half a million reports, and
// nothing, and the loss of fifty thousand of them. Beside it stand the reading
// of one number, the plain SELECT of the rows that changed, by their ids, and
// of the ids of those that are lost.
func BenchmarkCatchUp(b *testing.B) {
	const all, lost = 500_000, 50_000
	d := newDistrict(b, all)
	cursor, _, _ := d.pull(b, "", "")
	b.Run("idle", func(b *testing.B) {
		for b.Loop() {
			_, _, wire := d.pull(b, cursor, "gzip")
			b.ReportMetric(float64(wire), "wire-bytes")
		}
	})
	b.Run("idle/limit", func(b *testing.B) {
		for b.Loop() {
			if n := d.count(b, "SELECT 1 FROM _s_clock"); n != 1 {
				b.Fatal(n)
			}
		}
	})
	for _, n := range []int{1, 100, 10_000} {
		rate := func(b *testing.B) { b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s") }
		b.Run(fmt.Sprintf("%d-changes", n), func(b *testing.B) {
			before, _, _ := d.pull(b, cursor, "")
			d.run(b, fmt.Sprintf("UPDATE reports SET title = 'changed' WHERE rowid %% %d = 0", all/n))
			for b.Loop() {
				next, got, wire := d.pull(b, before, "gzip")
				if got != n {
					b.Fatalf("%d changes, want %d", got, n)
				}
				cursor = next
				b.ReportMetric(float64(wire), "wire-bytes")
			}
			rate(b)
		})
		b.Run(fmt.Sprintf("%d-changes/limit", n), func(b *testing.B) {
			q := "SELECT " + columns() + fmt.Sprintf(" FROM reports WHERE rowid IN (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i * %d FROM n)", n, all/n)
			for b.Loop() {
				if got := d.count(b, q); got != n {
					b.Fatalf("%d rows, want %d", got, n)
				}
			}
			rate(b)
		})
	}
	d.run(b, fmt.Sprintf("UPDATE reports SET district = 'elsewhere000000' WHERE rowid %% %d != 0", all/lost))
	before, _, _ := d.pull(b, cursor, "")
	d.run(b, "DELETE FROM roles")
	b.Run("revoke", func(b *testing.B) {
		for b.Loop() {
			_, _, wire := d.pull(b, before, "")
			if wire > 5000 {
				b.Fatalf("%d bytes to revoke %d records", wire, lost)
			}
			b.ReportMetric(float64(wire), "wire-bytes")
		}
	})
	b.Run("revoke/limit", func(b *testing.B) {
		for b.Loop() {
			if got := d.count(b, "SELECT id FROM reports WHERE district = 'district0000001'"); got != lost {
				b.Fatalf("%d rows, want %d", got, lost)
			}
		}
	})
}

// BenchmarkCapturedWrite writes one report in one transaction of its own, with
// the capture and without, every write on the disk.
func BenchmarkCapturedWrite(b *testing.B) {
	writes := map[string]string{
		"content": "UPDATE reports SET title = {:v} WHERE id = 'report000000007'",
		"move":    "UPDATE reports SET district = {:v} WHERE id = 'report000000007'",
	}
	for _, captured := range []bool{false, true} {
		for name, q := range writes {
			b.Run(fmt.Sprintf("%s/captured=%v", name, captured), func(b *testing.B) {
				d := newDistrict(b, 1000)
				if !captured {
					if err := store.New(d.app).DropCapture(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				n := 0
				for b.Loop() {
					n++
					if _, err := d.app.NonconcurrentDB().NewQuery(q).Bind(map[string]any{"v": fmt.Sprintf("d%d", n%7)}).Execute(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkIdleStreams holds five thousand streams that have nothing to say,
// and commits to a scope that one of them listens to; beside them the floor: as
// many goroutines that wait for a channel and a timer, and the same commit with
// nobody who listens. What HTTP itself holds for a connection is in neither.
func BenchmarkIdleStreams(b *testing.B) {
	const streams = 5000
	d := newDistrict(b, 10)
	d.run(b, "PRAGMA synchronous = OFF", fmt.Sprintf(`INSERT INTO users (id, tokenKey, email) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		SELECT printf('user%%011d', i), 'u' || i, i || '@x' FROM n`, streams-1), "PRAGMA synchronous = FULL")
	news := store.New(d.app)
	head, err := news.Head(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	commit := func(b *testing.B, n int) {
		d.run(b, fmt.Sprintf("UPDATE reports SET reporter = 'user%011d' WHERE id = 'report000000003'", n%streams))
	}
	b.Run("streams", func(b *testing.B) {
		hub, pokes := &fieldsync.Hub{}, make(chan int64, streams)
		end := hold(b, streams, func(ctx context.Context, i int, begun func()) {
			s := fieldsync.Stream{
				Hub: hub, News: news, Who: report.PersonID(fmt.Sprintf("user%011d", i)), ID: fmt.Sprintf("stream%09d", i), After: head.Seq,
				Now: time.Now, Wait: func(wait time.Duration) <-chan time.Time {
					if wait == fieldsync.Coalesce {
						begun()
					}
					return time.After(wait)
				},
			}
			_ = fieldsync.Watch(ctx, s, func(event any) error {
				if p, ok := event.(fieldsync.Poke); ok {
					pokes <- p.Seq
				}
				return nil
			})
		})
		for n := 0; b.Loop(); n++ {
			commit(b, n)
			hub.Stir()
			<-pokes
		}
		end()
	})
	b.Run("floor=waiting-goroutines", func(b *testing.B) {
		end := hold(b, streams, func(ctx context.Context, _ int, begun func()) {
			beat := time.NewTimer(fieldsync.Heartbeat)
			defer beat.Stop()
			begun()
			select {
			case <-beat.C:
			case <-ctx.Done():
			}
		})
		for n := 0; b.Loop(); n++ {
			commit(b, n)
		}
		end()
	})
}

// hold runs wait n times at once, until the function it returns is called, and
// reports how much memory each takes once all have said that they have begun.
func hold(b *testing.B, n int, wait func(ctx context.Context, i int, begun func())) (end func()) {
	b.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, stop := context.WithCancel(b.Context())
	var began, running sync.WaitGroup
	began.Add(n)
	for i := range n {
		running.Go(func() { wait(ctx, i, sync.OnceFunc(began.Done)) })
	}
	began.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return func() {
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/float64(n), "bytes/stream")
		stop()
		running.Wait()
	}
}
