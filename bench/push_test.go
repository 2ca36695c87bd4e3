package bench_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// An outbox makes the pushes of one device.
type outbox struct {
	id  string
	mid int64
}

// next returns the device's next push: so many patches of the works, one after
// another, as a crew that ticks off its day makes them.
func (o *outbox) next(b *testing.B, works []string, size int) fieldsync.PushRequest {
	b.Helper()
	req := fieldsync.PushRequest{V: fieldsync.Version, Device: o.id}
	for range size {
		o.mid++
		raw, err := json.Marshal(fieldsync.Mutation{
			Mid: o.mid, Op: fieldsync.OpPatch, Coll: "interventions", ID: works[int(o.mid)%len(works)],
			Base: fieldsync.Base{Seq: 1 << 40}, // nobody is in the way
			Set:  map[string]fieldsync.Set{"vehicle": {To: json.RawMessage(fmt.Sprintf(`"van %d of %s"`, o.mid, o.id))}},
		})
		if err != nil {
			b.Fatal(err)
		}
		req.Muts = append(req.Muts, raw)
	}
	return req
}

// works gives the technician reports and a work on each.
func (s *site) works(b *testing.B, n int) []string {
	b.Helper()
	var out []string
	for _, id := range s.assigned(b, n) {
		work := s.id("work")
		q := fmt.Sprintf("INSERT INTO interventions (id, report, technician) VALUES ('%s', '%s', '%s')", work, id, s.tech.ID)
		if _, err := s.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			b.Fatal(err)
		}
		out = append(out, work)
	}
	return out
}

// mostEach is the most a server takes in one push.
const mostEach = 500

// each lets the devices push at once, in as many pushes as size takes, and
// waits for all.
func each(b *testing.B, devices []*outbox, works []string, size int, push func(fieldsync.PushRequest) (fieldsync.PushReply, error)) {
	b.Helper()
	reqs := make([][]fieldsync.PushRequest, len(devices))
	for i, d := range devices {
		for left := size; left > 0; left -= mostEach {
			reqs[i] = append(reqs[i], d.next(b, works, min(left, mostEach)))
		}
	}
	var wg sync.WaitGroup
	for i := range devices {
		wg.Go(func() {
			for _, req := range reqs[i] {
				reply, err := push(req)
				if err != nil || len(reply.Res) != len(req.Muts) || reply.Res[len(req.Muts)-1].St != fieldsync.Applied {
					b.Errorf("push of device %d = %s, %v", i, reply.Err, err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkGroupCommit pushes patches from one device and from 64 at once,
// acknowledged on disk (synchronous=FULL): through the line where pushes share
// transactions, beside one transaction a push, and beside the limit, the bare
// update of as many rows with one commit for each 500.
func BenchmarkGroupCommit(b *testing.B) {
	for _, tt := range []struct{ devices, size int }{{1, 500}, {1, 2000}, {64, 8}, {64, 31}} {
		name := fmt.Sprintf("%ddevices/%deach", tt.devices, tt.size)
		prepare := func(b *testing.B) (*site, []string, []*outbox) {
			b.Helper()
			s := newSite(b)
			works := s.works(b, 50)
			var devices []*outbox
			for range tt.devices {
				devices = append(devices, &outbox{id: s.id("device")})
			}
			return s, works, devices
		}
		rate := func(b *testing.B) {
			b.Helper()
			b.ReportMetric(float64(b.N*tt.devices*tt.size)/b.Elapsed().Seconds(), "mutations/s")
		}
		b.Run(name+"/grouped", func(b *testing.B) {
			s, works, devices := prepare(b)
			for b.Loop() {
				each(b, devices, works, tt.size, func(req fieldsync.PushRequest) (fieldsync.PushReply, error) {
					return s.sync.Push(b.Context(), s.tech, req)
				})
			}
			rate(b)
		})
		b.Run(name+"/alone", func(b *testing.B) {
			s, works, devices := prepare(b)
			var one sync.Mutex // nobody waits in the line, so that nobody shares
			for b.Loop() {
				each(b, devices, works, tt.size, func(req fieldsync.PushRequest) (fieldsync.PushReply, error) {
					one.Lock()
					defer one.Unlock()
					return s.sync.Push(b.Context(), s.tech, req)
				})
			}
			rate(b)
		})
		b.Run(name+"/limit", func(b *testing.B) {
			s, works, _ := prepare(b)
			n := 0
			for b.Loop() {
				for left := tt.devices * tt.size; left > 0; left -= 500 {
					err := store.New(s.app).InTx(b.Context(), func(tx *store.Store) error {
						q := tx.App().DB().NewQuery(`UPDATE interventions SET vehicle = {:v}, updated = {:v} WHERE id = {:id}`)
						for range min(left, 500) {
							n++
							if _, err := q.Bind(map[string]any{"v": fmt.Sprint(n), "id": works[n%len(works)]}).Execute(); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			rate(b)
		})
	}
}

// BenchmarkPushCalls pushes calls of the lifecycle, which cost what their
// rules, events and notices cost, from 1 and from 64 devices.
func BenchmarkPushCalls(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("%ddevices", n), func(b *testing.B) {
			s := newSite(b)
			reports := s.assigned(b, 50)
			size := 512 / n
			mids := make([]int64, n)
			var ids []string
			for range n {
				ids = append(ids, s.id("device"))
			}
			for b.Loop() {
				var wg sync.WaitGroup
				for i := range n {
					muts := comments(b, reports, &mids[i], size)
					wg.Go(func() {
						reply, err := s.sync.Push(b.Context(), s.tech, fieldsync.PushRequest{V: fieldsync.Version, Device: ids[i], Muts: muts})
						if err != nil || reply.LMid != mids[i] {
							b.Errorf("push = %s, %v", reply.Err, err)
						}
					})
				}
				wg.Wait()
			}
			b.ReportMetric(float64(b.N*n*size)/b.Elapsed().Seconds(), "mutations/s")
		})
	}
}

func comments(b *testing.B, reports []report.ID, mid *int64, size int) []json.RawMessage {
	b.Helper()
	var muts []json.RawMessage
	for range size {
		*mid++
		raw, err := json.Marshal(fieldsync.Mutation{
			Mid: *mid, Op: fieldsync.OpCall, Name: "report.comment", ID: string(reports[int(*mid)%len(reports)]),
			Args: json.RawMessage(`{"text":"Servono due transenne"}`),
		})
		if err != nil {
			b.Fatal(err)
		}
		muts = append(muts, raw)
	}
	return muts
}
