package cluster_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // on machines without zone files too

	"github.com/sestante/sestante/geo/cluster"
)

func rome(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// A city is a square of n by n cells of a kilometre, in which reports come by
// themselves, at random.
type city struct {
	random *rand.Rand
	zone   *time.Location
	n      int
	rate   func(row, column int) float64 // reports a day
	night  float64                       // what comes at night, of what comes by day
	count  int
}

// poisson draws a count (Knuth), for means below 700.
func (c *city) poisson(mean float64) int {
	n, limit := 0, math.Exp(-mean)
	for product := c.random.Float64(); product > limit; product *= c.random.Float64() {
		n++
	}
	return n
}

// live makes the reports of some days.
func (c *city) live(from, to time.Time) (out []cluster.Point) {
	days := int(math.Round(to.Sub(from).Hours() / 24))
	for row := range c.n {
		for column := range c.n {
			for range c.poisson(c.rate(row, column) * float64(days)) {
				out = append(out, c.report(row, column, from.AddDate(0, 0, c.random.IntN(days))))
			}
		}
	}
	return out
}

// report makes one in a cell, on a day: fewer at night.
func (c *city) report(row, column int, day time.Time) cluster.Point {
	hour := c.random.IntN(24)
	for (hour < 7 || hour > 20) && c.random.Float64() > c.night {
		hour = c.random.IntN(24)
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, c.random.IntN(60), c.random.IntN(60), 0, c.zone)
	c.count++
	return cluster.Point{
		Lon: 9 + (float64(column)+c.random.Float64())/78.8, Lat: 45 + (float64(row)+c.random.Float64())/111.1,
		At: at.Unix(), ID: "r" + strconv.Itoa(c.count),
	}
}

// query asks about the week from a moment.
func (c *city) query(from time.Time) cluster.ExcessQuery {
	return cluster.ExcessQuery{
		From: from, To: from.AddDate(0, 0, 7), Since: from.AddDate(0, 0, -60), Zone: c.zone,
		CellM: 1000, Hours: 24, MinCount: 3, Q: 0.05, Cells: c.n * c.n,
	}
}

func uniform(rate float64) func(int, int) float64 { return func(int, int) float64 { return rate } }

// downtown is what cities are: much in the middle, next to nothing outside.
func downtown(row, column int) float64 {
	return 0.02 + 4*math.Exp(-(math.Pow(float64(row-7), 2)+math.Pow(float64(column-7), 2))/10)
}

// TestFalseDiscoveries plays two hundred weeks over each of several cities, with
// bursts of ten reports in known cells: the share of what was found and was not
// planted is at most q, and the bursts are found.
//
// A mean of shares between 0 and 1 around q = 0.05 has, over 200 runs, a
// standard error of at most √(0.05·0.95/200) = 0.0154: the margin is three.
func TestFalseDiscoveries(t *testing.T) {
	const runs, q = 200, 0.05
	margin := 3 * math.Sqrt(q*(1-q)/runs)
	zone := rome(t)
	for _, tt := range []struct {
		name   string
		rate   func(int, int) float64
		bursts int
	}{
		{"even, nothing planted", uniform(0.3), 0},
		{"even, five bursts", uniform(0.3), 5},
		{"sparse, five bursts", uniform(0.02), 5},
		{"a town, nothing planted", downtown, 0},
		{"a town, five bursts", downtown, 5},
	} {
		random := rand.New(rand.NewPCG(5, uint64(len(tt.name))))
		share, found, planted := 0.0, 0, 0
		for range runs {
			c := &city{random: random, zone: zone, n: 14, rate: tt.rate, night: 0.1}
			from := time.Date(2026, 5, 4, 0, 0, 0, 0, zone)
			points := c.live(from.AddDate(0, 0, -60), from.AddDate(0, 0, 7))
			c.plant(&points, from, tt.bursts)
			got, err := cluster.Excess([][]cluster.Point{points}, c.query(from))
			if err != nil {
				t.Fatal(err)
			}
			wrong := 0
			bursts := map[string]bool{}
			for _, s := range got.Surpluses {
				burst := burstOf(points, s)
				if burst == "" {
					wrong++
				}
				bursts[burst] = true
			}
			delete(bursts, "")
			planted += tt.bursts
			found += len(bursts)
			share += float64(wrong) / float64(max(1, len(got.Surpluses)))
		}
		share /= runs
		t.Logf("%s: share of false discoveries %.4f, %d of %d bursts found", tt.name, share, found, planted)
		if share > q+margin {
			t.Errorf("%s: share of false discoveries %.4f, want at most %.2f + %.3f", tt.name, share, q, margin)
		}
		if float64(found) < 0.9*float64(planted) {
			t.Errorf("%s: %d bursts found of %d", tt.name, found, planted)
		}
	}
}

// plant adds bursts of ten reports, each in one cell of the lattice and on one
// day. Their ids begin with that of the burst.
func (c *city) plant(points *[]cluster.Point, from time.Time, bursts int) {
	inside := cluster.LatticeForTests(1000)
	for n := range bursts {
		day := from.AddDate(0, 0, c.random.IntN(7))
		middle := c.report(c.random.IntN(c.n), c.random.IntN(c.n), day)
		lon, lat := inside(middle.Lon, middle.Lat)
		for range 10 {
			p := c.report(0, 0, day)
			p.Lon, p.Lat = lon+c.random.Float64()*0.001, lat+c.random.Float64()*0.001
			p.ID = "burst" + strconv.Itoa(n) + " " + p.ID
			*points = append(*points, p)
		}
	}
}

// burstOf returns the burst a surplus holds reports of, or "".
func burstOf(points []cluster.Point, s cluster.Surplus) string {
	for _, i := range s.Members {
		if burst, _, ok := strings.Cut(points[i].ID, " "); ok {
			return burst
		}
	}
	return ""
}

// TestExcessIsOrderFree shuffles the reports: the answer, to the last bit, is
// the same.
func TestExcessIsOrderFree(t *testing.T) {
	zone := rome(t)
	c := &city{random: rand.New(rand.NewPCG(8, 9)), zone: zone, n: 12, rate: downtown, night: 0.2}
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, zone)
	points := c.live(from.AddDate(0, 0, -60), from.AddDate(0, 0, 7))
	c.plant(&points, from, 4)
	say := func() (out []string) {
		got, err := cluster.Excess([][]cluster.Point{points}, c.query(from))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got.Surpluses {
			line := fmt.Sprint(s.From, s.To, s.Expected, s.Own, s.Around, s.P, s.Q)
			for _, i := range s.Members {
				line += " " + points[i].ID
			}
			out = append(out, line)
		}
		return out
	}
	want := say()
	if len(want) < 3 {
		t.Fatalf("%d surpluses of four planted", len(want))
	}
	for range 5 {
		c.random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		if got := say(); !slices.Equal(got, want) {
			t.Fatalf("after a shuffle\n%v\nwant\n%v", got, want)
		}
	}
}

// What comes every Monday at eight is expected on Monday at eight, and not on
// Tuesday.
func TestExpectationByHour(t *testing.T) {
	zone := rome(t)
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, zone) // clocks were put back on 25 October
	at := func(day time.Time, hour, n int) (out []cluster.Point) {
		for i := range n {
			when := time.Date(day.Year(), day.Month(), day.Day(), hour, i, 0, 0, zone)
			out = append(out, cluster.Point{Lon: 9.1, Lat: 45.4, At: when.Unix(), ID: strconv.Itoa(i)})
		}
		return out
	}
	var points []cluster.Point
	for k := 1; k <= 8; k++ {
		points = append(points, at(monday.AddDate(0, 0, -7*k), 8, 10)...)
	}
	points = append(points, at(monday, 8, 12)...)
	points = append(points, at(monday.AddDate(0, 0, 1), 8, 12)...)
	q := cluster.ExcessQuery{
		From: monday, To: monday.AddDate(0, 0, 7), Since: monday.AddDate(0, 0, -100), Zone: zone,
		CellM: 500, Hours: 6, MinCount: 5, Q: 0.05, Cells: 1000,
	}
	got, err := cluster.Excess([][]cluster.Point{points}, q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Weeks != 8 || got.Tests != 28*1000 {
		t.Errorf("%d weeks, %d tests; want 8 and 28,000", got.Weeks, got.Tests)
	}
	if len(got.Surpluses) != 1 {
		t.Fatalf("%d surpluses, want Tuesday's: %+v", len(got.Surpluses), got.Surpluses)
	}
	if s := got.Surpluses[0]; s.From.Weekday() != time.Tuesday || s.From.Hour() != 6 || len(s.Members) != 12 || s.Own != 0 || s.Expected > 0.5 {
		t.Errorf("the surplus is %+v", s)
	}
	q.Q, q.MinCount = 0.999, 1 // ask for everything, to see what was expected on Monday
	if got, err = cluster.Excess([][]cluster.Point{points}, q); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got.Surpluses, func(s cluster.Surplus) bool { return s.From.Weekday() == time.Monday })
	if i >= 0 && math.Abs(got.Surpluses[i].Own-10) > 1e-9 {
		t.Errorf("on Monday the cell expects %v, want 10", got.Surpluses[i].Own)
	}
}

// A steady rate stays what it is in the weeks in which clocks are changed.
func TestClocksChanged(t *testing.T) {
	zone := rome(t)
	for _, from := range []time.Time{
		time.Date(2026, 3, 30, 0, 0, 0, 0, zone),  // the hour from 2 to 3 of 29 March was not there
		time.Date(2026, 10, 26, 0, 0, 0, 0, zone), // that of 25 October was there twice
		time.Date(2026, 3, 23, 0, 0, 0, 0, zone),  // they change within the window
		time.Date(2026, 10, 19, 0, 0, 0, 0, zone),
	} {
		var points []cluster.Point
		for at := from.AddDate(0, 0, -70); at.Before(from.AddDate(0, 0, 7)); at = at.Add(30 * time.Minute) {
			points = append(points, cluster.Point{Lon: 9.1, Lat: 45.4, At: at.Unix(), ID: strconv.FormatInt(at.Unix(), 10)})
		}
		for _, hours := range []int{24, 168, 1} {
			q := cluster.ExcessQuery{
				From: from, To: from.AddDate(0, 0, 7), Since: from.AddDate(0, 0, -70), Zone: zone,
				CellM: 500, Hours: hours, MinCount: 1, Q: 0.9999, Cells: 1,
			}
			got, err := cluster.Excess([][]cluster.Point{points}, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range got.Surpluses {
				if lasted := s.To.Sub(s.From).Hours(); math.Abs(s.Own-2*lasted) > 1e-6 {
					t.Errorf("%s, %d hours: expected %v in %v hours, want two an hour", s.From, hours, s.Own, lasted)
				}
			}
			if len(got.Surpluses) == 0 {
				t.Errorf("%s, %d hours: nothing to look at", from, hours)
			}
		}
	}
}

// Without history there is nothing to exceed.
func TestTooLittleHistory(t *testing.T) {
	zone := rome(t)
	c := &city{random: rand.New(rand.NewPCG(1, 1)), zone: zone, n: 3, rate: uniform(1), night: 1}
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, zone)
	points := c.live(from.AddDate(0, 0, -60), from.AddDate(0, 0, 7))
	c.plant(&points, from, 1)
	for _, tt := range []struct {
		since     time.Time
		weeks     int
		surpluses bool
	}{
		{time.Time{}, 0, false},
		{from, 0, false},
		{from.AddDate(0, 0, -13), 1, false},
		{from.AddDate(0, 0, -14), 2, true},
		{from.AddDate(0, 0, -55), 7, true},
		{from.AddDate(-1, 0, 0), 8, true},
	} {
		q := c.query(from)
		q.Since = tt.since
		got, err := cluster.Excess([][]cluster.Point{points}, q)
		if err != nil || got.Weeks != tt.weeks || (len(got.Surpluses) > 0) != tt.surpluses {
			t.Errorf("since %s: %d weeks, %d surpluses, %v; want %d and %v", tt.since, got.Weeks, len(got.Surpluses), err, tt.weeks, tt.surpluses)
		}
	}
}

// A series that never had a report has no history: it is expected to have next
// to none, not none.
func TestSeriesApart(t *testing.T) {
	zone := rome(t)
	c := &city{random: rand.New(rand.NewPCG(2, 1)), zone: zone, n: 10, rate: uniform(0.2), night: 1}
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, zone)
	common := c.live(from.AddDate(0, 0, -60), from.AddDate(0, 0, 7))
	var rare []cluster.Point
	for range 6 {
		rare = append(rare, cluster.Point{Lon: 9.05, Lat: 45.05, At: from.Unix() + c.random.Int64N(3600)})
	}
	got, err := cluster.Excess([][]cluster.Point{common, rare, nil}, c.query(from))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Surpluses) != 1 || got.Surpluses[0].Series != 1 || got.Surpluses[0].P <= 0 || got.Tests < 3*100*7 {
		t.Errorf("got %+v", got)
	}
}

func TestExcessRefuses(t *testing.T) {
	zone := rome(t)
	c := &city{zone: zone, n: 1}
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, zone)
	for _, tt := range []struct {
		field  string
		change func(*cluster.ExcessQuery)
	}{
		{"to", func(q *cluster.ExcessQuery) { q.To = q.From }},
		{"zone", func(q *cluster.ExcessQuery) { q.Zone = nil }},
		{"cellM", func(q *cluster.ExcessQuery) { q.CellM = math.NaN() }},
		{"hours", func(q *cluster.ExcessQuery) { q.Hours = 0 }},
		{"hours", func(q *cluster.ExcessQuery) { q.Hours = 169 }},
		{"hours", func(q *cluster.ExcessQuery) { q.From = time.Time{}; q.Hours = 1 }},
		{"minCount", func(q *cluster.ExcessQuery) { q.MinCount = 0 }},
		{"q", func(q *cluster.ExcessQuery) { q.Q = math.NaN() }},
		{"q", func(q *cluster.ExcessQuery) { q.Q = 1 }},
	} {
		q := c.query(from)
		tt.change(&q)
		_, err := cluster.Excess(nil, q)
		wantFault(t, tt.field, err, cluster.ErrParameter, tt.field)
	}
	_, err := cluster.Excess([][]cluster.Point{{{Lon: math.NaN()}}}, c.query(from))
	wantFault(t, "NaN", err, cluster.ErrPoint, "points[0]")
}

// FuzzExcess throws reports everywhere: chances stay chances.
func FuzzExcess(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 9.0, 45.0, 1000.0, 24)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 180.0, 90.0, 50000.0, 1)
	f.Fuzz(func(t *testing.T, data []byte, lon, lat, cellM float64, hours int) {
		from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
		var points []cluster.Point
		for i := 0; i+2 < len(data) && i < 600; i += 3 {
			points = append(points, cluster.Point{
				Lon: lon + float64(data[i]%16)/100, Lat: lat - float64(data[i+1]%16)/100, At: from.Unix() + (int64(data[i+2])-224)*6*3600,
			})
		}
		q := cluster.ExcessQuery{
			From: from, To: from.AddDate(0, 0, 7), Since: from.AddDate(0, 0, -60), Zone: time.UTC,
			CellM: cellM, Hours: hours, MinCount: 1, Q: 0.5, Cells: 100,
		}
		got, err := cluster.Excess([][]cluster.Point{points}, q)
		if err != nil {
			return
		}
		for _, s := range got.Surpluses {
			if !(s.P >= 0 && s.P <= 1 && s.Q >= s.P*(1-1e-9) && s.Q <= 0.5 && s.Expected > 0) {
				t.Errorf("surplus %+v", s)
			}
		}
		if !slices.IsSortedFunc(got.Surpluses, func(a, b cluster.Surplus) int { return cmp.Compare(a.P, b.P) }) {
			t.Error("not the least likely first")
		}
	})
}
