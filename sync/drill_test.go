package fieldsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// shelf is the log of one scope, held in memory: what a server knows of it.
type shelf struct {
	head  int64
	rows  map[string]fieldsync.Placed
	scope fieldsync.Scope
}

func (s *shelf) Head(context.Context) (fieldsync.Head, error) {
	return fieldsync.Head{Epoch: "e", Seq: s.head}, nil
}
func (s *shelf) Horizon(context.Context) (int64, error) { return 0, nil }
func (s *shelf) Held(context.Context, report.PersonID, int64) ([]fieldsync.Scope, error) {
	return []fieldsync.Scope{s.scope}, nil
}

func (s *shelf) Changes(context.Context, []fieldsync.Span, int) ([]fieldsync.Entry, error) {
	return nil, errors.New("not asked here")
}
func (s *shelf) Count(context.Context, fieldsync.Span) (int64, error) { return 0, nil }
func (s *shelf) LastMid(context.Context, string) (int64, error)       { return 0, nil }
func (s *shelf) of(p fieldsync.Part, keep func(fieldsync.Placed) bool) []fieldsync.Placed {
	var out []fieldsync.Placed
	want, _ := strconv.ParseUint("0"+p.Prefix, 16, 64)
	for _, r := range s.rows {
		if uint64(fieldsync.KeyOf(r.ID)[0])>>(32-4*len(p.Prefix)) == want && keep(r) {
			out = append(out, r)
		}
	}
	return out
}

func (s *shelf) Records(_ context.Context, entries []fieldsync.Entry, choose fieldsync.Chooser) ([]fieldsync.Record, error) {
	out := make([]fieldsync.Record, len(entries))
	for i, e := range entries {
		if r, ok := s.rows[e.ID]; ok && r.In {
			in, _ := choose(e.Coll, []int64{s.scope.I})
			body := fmt.Appendf(nil, `{"id":%q}`, e.ID)
			out[i] = fieldsync.Record{Ver: r.Ver, In: in, Body: body, Hash: fieldsync.BodyHash(body)}
		}
	}
	return out, nil
}

func (s *shelf) Digests(context.Context, []int64) ([]fieldsync.Digested, error) {
	d := fieldsync.Digested{Scope: s.scope.I, Coll: "reports"}
	for _, r := range s.of(fieldsync.Part{}, func(p fieldsync.Placed) bool { return p.In }) {
		d.Add(fieldsync.MixOf(r.ID, r.Ver))
	}
	return []fieldsync.Digested{d}, nil
}

func (s *shelf) Buckets(_ context.Context, p fieldsync.Part, upto int64) (out [fieldsync.Ways]fieldsync.Digest, err error) {
	for _, r := range s.of(p, func(r fieldsync.Placed) bool { return r.In && r.Seq <= upto }) {
		out[fieldsync.KeyOf(r.ID)[0]>>(28-4*len(p.Prefix))&15].Add(fieldsync.MixOf(r.ID, r.Ver))
	}
	return out, nil
}

func (s *shelf) Elements(_ context.Context, p fieldsync.Part, upto int64) ([]fieldsync.Placed, error) {
	return s.of(p, func(r fieldsync.Placed) bool { return r.In || r.Seq > upto }), nil
}

func (s *shelf) NewerThan(_ context.Context, _ int64, _ string, after int64, limit int) ([]string, error) {
	var out []string
	for id, r := range s.rows {
		if r.Seq > after && len(out) < limit {
			out = append(out, id)
		}
	}
	return out, nil
}

// drillDown lets a device that holds those versions verify at a number, over
// the wire's JSON, and applies what it is sent. It returns how many bytes
// travelled.
func drillDown(t testing.TB, s *shelf, holds map[string]int64, at int64) (found fieldsync.Verified, bytes int) {
	t.Helper()
	key := []byte("key")
	cur, err := fieldsync.Cursor{Epoch: "e", User: "ann", Seq: at, Grants: at}.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	drill := fieldsync.NewDrill()
	for id, ver := range holds {
		drill.Hold(s.scope.I, "reports", fieldsync.Element{ID: id, Ver: ver})
	}
	for rounds := 0; ; rounds++ {
		if rounds > 40 {
			t.Fatal("the drill has no end")
		}
		req, more := drill.Next()
		if !more {
			return found, bytes
		}
		req.V, req.Device, req.Cursor = 1, "device000000001", cur
		raw, err := json.Marshal(req)
		if err != nil {
			t.Fatal(err)
		}
		asked, err := fieldsync.DecodeVerify(raw)
		if err != nil {
			t.Fatalf("DecodeVerify(%.300s) = %v", raw, err)
		}
		bytes += len(raw)
		_, err = fieldsync.Verify(t.Context(), s, "ann", key, asked, func(line any) error {
			out, err := fieldsync.AppendLine(nil, line)
			if err != nil {
				return err
			}
			bytes += len(out)
			var l fieldsync.Line
			if err := json.Unmarshal(out, &l); err != nil {
				return fmt.Errorf("line %s: %w", out, err)
			}
			switch l.T {
			case "split":
				return drill.Take(fieldsync.Split{I: l.I, C: l.C, P: l.P, B: l.B, Newer: l.Newer})
			case "p":
				holds[l.ID] = l.V
			case "x":
				delete(holds, l.ID)
			case "vf":
				v := line.(fieldsync.Verified) //nolint:forcetypeassert // by its t
				found.Missing, found.Extra, found.Stale = found.Missing+v.Missing, found.Extra+v.Extra, found.Stale+v.Stale
				found.Behind = found.Behind || v.Behind
			}
			return nil
		})
		if err != nil {
			t.Fatalf("Verify() = %v", err)
		}
	}
}

func newShelf(n int) (*shelf, map[string]int64) {
	s := &shelf{head: int64(n), rows: map[string]fieldsync.Placed{}, scope: fieldsync.ScopeOf(7, "s")}
	holds := map[string]int64{}
	for i := range n {
		id := fmt.Sprintf("report%09d", i)
		s.rows[id] = fieldsync.Placed{Element: fieldsync.Element{ID: id, Ver: int64(i%5 + 1)}, Seq: int64(i + 1), In: true}
		holds[id] = int64(i%5 + 1)
	}
	return s, holds
}

// TestDrillFindsEverything damages a replica in every way and wants the drill
// to find exactly that, and to send no more than the damage.
func TestDrillFindsEverything(t *testing.T) {
	const n = 20_000
	for _, tt := range []struct {
		name     string
		damage   func(s *shelf, holds map[string]int64)
		want     string
		mostKB   int
		leftover int // records that rightly differ afterwards, being newer
	}{
		{"none", func(*shelf, map[string]int64) {}, "0 0 0", 1, 0},
		{"one missing", func(_ *shelf, h map[string]int64) { delete(h, "report000000042") }, "1 0 0", 16, 0},
		{"one extra", func(_ *shelf, h map[string]int64) { h["ghost0000000000"] = 1 }, "0 1 0", 16, 0},
		{"one stale", func(_ *shelf, h map[string]int64) { h["report000000042"]-- }, "0 0 1", 16, 0},
		{"versions swapped", func(_ *shelf, h map[string]int64) {
			h["report000000042"], h["report000000043"] = h["report000000042"]+1, h["report000000043"]-1
		}, "0 0 2", 32, 0},
		{"a hundred of each", func(_ *shelf, h map[string]int64) {
			for i := range 100 {
				delete(h, fmt.Sprintf("report%09d", i*100))
				h[fmt.Sprintf("report%09d", i*100+1)]--
				h[fmt.Sprintf("ghost%010d", i)] = 3
			}
		}, "100 100 100", 1500, 0},
		{"changed since", func(s *shelf, _ map[string]int64) {
			r := s.rows["report000000042"]
			r.Ver, r.Seq = r.Ver+1, n+1
			s.rows[r.ID], s.head = r, n+1
		}, "0 0 0", 16, 1},
		{"left since", func(s *shelf, _ map[string]int64) {
			r := s.rows["report000000042"]
			r.In, r.Seq = false, n+1
			s.rows[r.ID], s.head = r, n+1
		}, "0 0 0", 16, 1},
		{"came since", func(s *shelf, _ map[string]int64) {
			s.rows["new000000000000"] = fieldsync.Placed{Element: fieldsync.Element{ID: "new000000000000", Ver: 1}, Seq: n + 1, In: true}
			s.head = n + 1
		}, "0 0 0", 16, 1},
		{"everything lost", func(_ *shelf, h map[string]int64) { clear(h) }, "20000 0 0", 3500, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, holds := newShelf(n)
			tt.damage(s, holds)
			found, bytes := drillDown(t, s, holds, n)
			if got := fmt.Sprintf("%d %d %d", found.Missing, found.Extra, found.Stale); got != tt.want {
				t.Errorf("found %s missing, extra, stale; want %s", got, tt.want)
			}
			if bytes > tt.mostKB<<10 {
				t.Errorf("%d bytes travelled, want at most %d kB", bytes, tt.mostKB)
			}
			differ := 0
			for id, r := range s.rows {
				if ver, has := holds[id]; has != r.In || has && ver != r.Ver {
					differ++
				}
			}
			if differ != tt.leftover {
				t.Errorf("%d records differ afterwards, want %d", differ, tt.leftover)
			}
		})
	}
}

func TestVerifyTooFarBehind(t *testing.T) {
	s, holds := newShelf(5000)
	delete(holds, "report000000001")
	if found, _ := drillDown(t, s, holds, 100); !found.Behind {
		t.Error("a device 4900 changes behind is not told to pull first")
	}
}

func TestDecodeVerify(t *testing.T) {
	ok := `"v":1,"did":"device000000001","cur":"x"`
	for name, tt := range map[string]struct{ body, code string }{
		"digests":        {`{` + ok + `,"dig":[[2,"reports",4,"00112233445566778899aabbccddeeff"]]}`, ""},
		"list":           {`{` + ok + `,"list":[[2,"reports","3a",[["x",1]]]]}`, ""},
		"split":          {`{` + ok + `,"split":[[2,"reports",""]]}`, ""},
		"short sum":      {`{` + ok + `,"dig":[[2,"reports",4,"00"]]}`, "sync.body"},
		"too few values": {`{` + ok + `,"dig":[[2,"reports",4]]}`, "sync.body"},
		"no digits":      {`{` + ok + `,"split":[[2,"reports","G"]]}`, "sync.body"},
		"deep split":     {`{` + ok + `,"split":[[2,"reports","00000000"]]}`, "sync.body"},
		"long prefix":    {`{` + ok + `,"list":[[2,"reports","000000000",[]]]}`, "sync.body"},
		"many parts":     {`{` + ok + `,"split":[` + strings.Repeat(`[2,"reports",""],`, 600) + `[2,"x",""]]}`, "sync.too_large"},
		"version":        {`{"v":3,"did":"device000000001"}`, "sync.body"},
		"nonsense":       {`[`, "sync.body"},
	} {
		_, err := fieldsync.DecodeVerify([]byte(tt.body))
		if code := codeOf(err); code != tt.code {
			t.Errorf("%s: DecodeVerify() = %v, want %q", name, err, tt.code)
		}
	}
}

// TestDecodeVerifyOnce: a part is looked through once, however often a request
// names it.
func TestDecodeVerifyOnce(t *testing.T) {
	const sum = `"00112233445566778899aabbccddeeff"`
	req, err := fieldsync.DecodeVerify([]byte(`{"v":1,"did":"device000000001",
		"dig":[[2,"reports",4,` + sum + `],[2,"reports",5,` + sum + `],[2,"media",4,` + sum + `]],
		"split":[[2,"reports","a"],[2,"reports","a"],[2,"reports","b"]],
		"list":[[2,"reports","a",[["x",1]]],[2,"reports","a",[]]]}`))
	if err != nil || len(req.Digests) != 2 || req.Digests[0].N != 4 || len(req.Split) != 2 || len(req.List) != 1 || len(req.List[0].Elements) != 1 {
		t.Errorf("DecodeVerify() = %+v, %v", req, err)
	}
}

// FuzzDrillDown takes any bytes as a request, and any damage that the bytes
// make of a replica: no request panics, and no damage stays. Go's maps have
// another order each time, so that many inputs look new that are not, and by
// default up to a minute goes into making each of them smaller, in which nothing
// seems to move: -fuzzminimizetime=10x keeps it going.
func FuzzDrillDown(f *testing.F) {
	f.Add([]byte(`{"v":1,"did":"device000000001","list":[[7,"reports","3",[["x",1]]]]}`), uint64(1), 100, 10)
	f.Add([]byte(`{"v":1,"did":"device000000001","dig":[[7,"reports",4,"00112233445566778899aabbccddeeff"]],"split":[[7,"reports","a"]]}`), uint64(2), 3000, 3000)
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64, n, damage int) {
		n, damage = min(max(n, 0), 400), min(max(damage, 0), 400) // more only takes longer: 64 is where a part is split
		s, holds := newShelf(n)
		key := []byte("key")
		if req, err := fieldsync.DecodeVerify(raw); err == nil {
			cur, _ := fieldsync.Cursor{Epoch: "e", User: "ann", Seq: int64(n), Grants: int64(n)}.Seal(key)
			req.Cursor = cur
			if _, err := fieldsync.Verify(t.Context(), s, "ann", key, req, func(line any) error {
				_, err := fieldsync.AppendLine(nil, line)
				return err
			}); err != nil {
				t.Fatalf("Verify(%s) = %v", raw, err)
			}
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		for range damage {
			id := fmt.Sprintf("report%09d", rng.IntN(n+10))
			switch rng.IntN(3) {
			case 0:
				delete(holds, id)
			case 1:
				holds[id]++
			default:
				holds[fmt.Sprintf("ghost%x", rng.Uint32())] = rng.Int64()
			}
		}
		drillDown(t, s, holds, int64(n))
		var wrong []string
		for id, r := range s.rows {
			if holds[id] != r.Ver {
				wrong = append(wrong, id)
			}
		}
		if slices.Sort(wrong); len(wrong) > 0 || len(holds) != n {
			t.Errorf("%d records held of %d, wrong: %v", len(holds), n, wrong)
		}
	})
}

func codeOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Code
	}
	return ""
}
