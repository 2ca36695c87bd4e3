package nearby_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sestante/sestante/geo/nearby"
)

var day = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// sown returns reports around a few places, some of them awkward.
func sown(seed uint64, n int) []nearby.Report {
	r := rand.New(rand.NewPCG(seed, 7))
	centres := [][2]float64{{9.19, 45.46}, {180, 10}, {-180, 10}, {0, 90}, {120, -90}, {0, 0}, {-179.9999, 89.99}}
	out := make([]nearby.Report, n)
	for i := range out {
		c := centres[r.IntN(len(centres))]
		lat := min(90, max(-90, c[1]+r.NormFloat64()*0.002))
		lon := math.Remainder(c[0]+r.NormFloat64()*0.002/max(0.0001, math.Cos(lat*math.Pi/180)), 360)
		out[i] = nearby.Report{
			ID: nearby.ID(fmt.Sprintf("r%014d", i)), Lon: lon, Lat: lat, AccuracyM: float64(r.IntN(20)),
			Registered: day.Add(-time.Duration(r.IntN(500)) * time.Hour), Object: nearby.Object(rune('a' + r.IntN(4))), Public: r.IntN(2) == 0,
		}
		if r.IntN(3) == 0 {
			out[i].Closed = day.Add(-time.Duration(r.IntN(500)) * time.Hour)
		}
	}
	return out
}

func filled(t testing.TB, all []nearby.Report) *nearby.Index {
	t.Helper()
	x := nearby.NewIndex()
	for _, r := range all {
		if err := x.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// scan answers a query by looking at every report.
func scan(q nearby.Query, all []nearby.Report) []nearby.ID {
	type hit struct {
		id     nearby.ID
		metres float64
	}
	var hits []hit
	for _, r := range all {
		d := nearby.Metres(q.Lon, q.Lat, r.Lon, r.Lat)
		if d > q.RadiusM || r.ID == q.Except || (q.Public && !r.Public) || r.Registered.Before(q.Since) {
			continue
		}
		if !r.Closed.IsZero() && r.Closed.Before(q.ClosedSince) || q.Objects != nil && !slices.Contains(q.Objects, r.Object) {
			continue
		}
		hits = append(hits, hit{r.ID, d})
	}
	slices.SortFunc(hits, func(a, b hit) int {
		switch {
		case a.metres < b.metres, a.metres == b.metres && a.id < b.id:
			return -1
		}
		return 1
	})
	var out []nearby.ID
	for i, h := range hits {
		if i < q.Most {
			out = append(out, h.id)
		}
	}
	return out
}

func ids(hits []nearby.Hit) []nearby.ID {
	var out []nearby.ID
	for _, h := range hits {
		out = append(out, h.ID())
	}
	return out
}

// queries returns questions beside the reports, one of each kind.
func queries(seed uint64, all []nearby.Report, n int) []nearby.Query {
	r := rand.New(rand.NewPCG(seed, 8))
	out := make([]nearby.Query, n)
	for i := range out {
		p := all[r.IntN(len(all))]
		lat := min(90, max(-90, p.Lat+r.NormFloat64()*0.0005))
		q := nearby.Query{Lon: p.Lon, Lat: lat, RadiusM: r.Float64() * 400, Most: 1 + r.IntN(40)}
		switch r.IntN(6) {
		case 0:
			q.Objects = []nearby.Object{"a", "c", "never seen"}
		case 1:
			q.ClosedSince = day.Add(-100 * time.Hour)
		case 2:
			q.Since = day.Add(-72 * time.Hour)
		case 3:
			q.Public = true
		case 4:
			q.Except = p.ID
		}
		out[i] = q
	}
	return out
}

func TestSearchEqualsScan(t *testing.T) {
	for seed := range uint64(4) {
		all := sown(seed, 3000)
		x := filled(t, all)
		found := 0
		for _, q := range queries(seed, all, 400) {
			got, want := ids(x.Search(q, nil)), scan(q, all)
			found += len(want)
			if !slices.Equal(got, want) {
				t.Fatalf("Search(%+v) = %v, want %v", q, got, want)
			}
		}
		if found < 400 {
			t.Errorf("only %d hits: the questions ask nothing", found)
		}
	}
}

// TestOrderFree: an index that saw reports in another order, some of them
// twice and elsewhere first, and others that were taken away, answers alike.
func TestOrderFree(t *testing.T) {
	all := sown(1, 2000)
	one := filled(t, all)
	r := rand.New(rand.NewPCG(3, 3))
	mixed := slices.Clone(all)
	r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	other := nearby.NewIndex()
	for i, p := range mixed {
		away := p
		away.Lon, away.Lat = r.Float64()*360-180, r.Float64()*180-90
		away.Object = "z"
		guest := away
		guest.ID = nearby.ID(fmt.Sprintf("guest%010d", i))
		for _, put := range []nearby.Report{away, guest, p} {
			if err := other.Put(put); err != nil {
				t.Fatal(err)
			}
		}
		if !other.Delete(guest.ID) || other.Delete(guest.ID) {
			t.Fatalf("Delete(%s) did not take it away once", guest.ID)
		}
	}
	if other.Len() != len(all) {
		t.Fatalf("Len = %d, want %d", other.Len(), len(all))
	}
	for _, q := range queries(2, all, 500) {
		if a, b := ids(one.Search(q, nil)), ids(other.Search(q, nil)); !slices.Equal(a, b) {
			t.Fatalf("Search(%+v) = %v in one order and %v in another", q, a, b)
		}
	}
}

func TestForget(t *testing.T) {
	all := sown(5, 1000)
	x := filled(t, all)
	limit := day.Add(-336 * time.Hour)
	old := 0
	for _, r := range all {
		if !r.Closed.IsZero() && r.Closed.Before(limit) {
			old++
		}
	}
	if n := x.Forget(limit); n != old || old == 0 || x.Len() != len(all)-old {
		t.Errorf("Forget = %d of %d, %d left; want %d", n, len(all), x.Len(), old)
	}
	if n := x.Forget(limit); n != 0 {
		t.Errorf("Forget again = %d", n)
	}
}

func TestPutRefuses(t *testing.T) {
	x := nearby.NewIndex()
	good := nearby.Report{ID: "a", Lon: 9, Lat: 45, Registered: day}
	if err := x.Put(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		spoil func(*nearby.Report)
		want  error
	}{
		{"no id", func(r *nearby.Report) { r.ID = "" }, nearby.ErrID},
		{"a long id", func(r *nearby.Report) { r.ID = "0123456789abcdef" }, nearby.ErrID},
		{"not a number", func(r *nearby.Report) { r.Lon = math.NaN() }, nearby.ErrPlace},
		{"beyond 180", func(r *nearby.Report) { r.Lon = 180.1 }, nearby.ErrPlace},
		{"beyond the pole", func(r *nearby.Report) { r.Lat = -91 }, nearby.ErrPlace},
		{"infinite", func(r *nearby.Report) { r.Lat = math.Inf(1) }, nearby.ErrPlace},
	} {
		r := good
		tt.spoil(&r)
		if err := x.Put(r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if got := x.Search(nearby.Query{Lon: 9, Lat: 45, RadiusM: 1}, nil); len(got) != 1 || x.Len() != 1 {
		t.Errorf("after the refusals the index holds %d, and finds %d", x.Len(), len(got))
	}
	for _, q := range []nearby.Query{{Lon: math.NaN(), RadiusM: 5}, {Lon: 9, Lat: 45, RadiusM: math.NaN()}, {Lon: 9, Lat: 45, RadiusM: -1}} {
		if got := x.Search(q, nil); len(got) != 0 {
			t.Errorf("Search(%+v) = %v, want nothing", q, got)
		}
	}
}

// TestMetres compares with the lengths of a degree on WGS84.
func TestMetres(t *testing.T) {
	for _, tt := range []struct {
		lon1, lat1, lon2, lat2, want float64
	}{
		{9, 45, 9, 45, 0},
		{9, 45, 9.001, 45, 78.847},
		{9, 45, 9, 45.001, 111.132},
		{179.9995, 0, -179.9995, 0, 111.319},
		{0, 89.9995, 180, 89.9995, 111.694},
	} {
		if got := nearby.Metres(tt.lon1, tt.lat1, tt.lon2, tt.lat2); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("Metres(%v, %v, %v, %v) = %.3f, want %.3f", tt.lon1, tt.lat1, tt.lon2, tt.lat2, got, tt.want)
		}
	}
}

func TestAtOnce(t *testing.T) {
	all := sown(9, 500)
	x := filled(t, all)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				r := all[(i*7+w*131)%len(all)]
				switch i % 3 {
				case 0:
					x.Delete(r.ID)
				case 1:
					if err := x.Put(r); err != nil {
						t.Error(err)
					}
				default:
					for _, h := range x.Search(nearby.Query{Lon: r.Lon, Lat: r.Lat, RadiusM: 200}, nil) {
						if h.Metres > 200.01 {
							t.Errorf("a hit is %v m away", h.Metres)
						}
					}
				}
			}
		})
	}
	wg.Wait()
	for _, r := range all {
		if err := x.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range queries(4, all, 100) {
		if got, want := ids(x.Search(q, nil)), scan(q, all); !slices.Equal(got, want) {
			t.Fatalf("afterwards Search(%+v) = %v, want %v", q, got, want)
		}
	}
}

func TestSearchAllocatesNothing(t *testing.T) {
	all := sown(2, 2000)
	x := filled(t, all)
	into := make([]nearby.Hit, 0, 64)
	q := nearby.Query{Lon: all[0].Lon, Lat: all[0].Lat, RadiusM: 150, Objects: []nearby.Object{"a", "b"}}
	if n := testing.AllocsPerRun(100, func() { into = x.Search(q, into[:0]) }); n != 0 {
		t.Errorf("Search allocates %v times", n)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add("r1", 9.19, 45.46, 8.0, int64(0), int64(0), "pothole", 50.0)
	f.Add("", math.NaN(), math.Inf(-1), math.NaN(), int64(-1), int64(1<<62), "", math.Inf(1))
	f.Add("aaaaaaaaaaaaaaa", 180.0, 90.0, -1.0, int64(5), int64(4), "x", 2000.0)
	f.Fuzz(func(t *testing.T, id string, lon, lat, accuracy float64, registered, closed int64, object string, radius float64) {
		x := nearby.NewIndex()
		r := nearby.Report{
			ID: nearby.ID(id), Lon: lon, Lat: lat, AccuracyM: accuracy,
			Registered: time.Unix(registered, 0), Closed: time.Unix(closed, 0), Object: nearby.Object(object),
		}
		q := nearby.Query{Lon: lon, Lat: lat, RadiusM: radius}
		if err := x.Put(r); err != nil {
			if x.Len() != 0 || len(x.Search(q, nil)) != 0 {
				t.Fatalf("a refused report stayed: %v", err)
			}
			return
		}
		if got := x.Search(q, nil); radius >= 0 && (len(got) != 1 || got[0].ID() != r.ID || got[0].Metres != 0) {
			t.Fatalf("Search at its own place = %v", got)
		}
		if !x.Delete(r.ID) || x.Len() != 0 || len(x.Search(q, nil)) != 0 {
			t.Fatal("it could not be taken away")
		}
	})
}

// TestManyObjects: the objects beyond those that have a bit of their own.
func TestManyObjects(t *testing.T) {
	x := nearby.NewIndex()
	for i := range 1200 {
		err := x.Put(nearby.Report{ID: nearby.ID(fmt.Sprint(i)), Lon: 9, Lat: 45, Object: nearby.Object(fmt.Sprint("o", i)), Registered: day})
		if err != nil {
			t.Fatal(err)
		}
	}
	got := ids(x.Search(nearby.Query{Lon: 9, Lat: 45, RadiusM: 1, Objects: []nearby.Object{"o5", "o1100"}}, nil))
	if !slices.Equal(got, []nearby.ID{"1100", "5"}) {
		t.Errorf("Search = %v, want 1100 and 5", got)
	}
}
