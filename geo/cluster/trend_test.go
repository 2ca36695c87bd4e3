package cluster_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/sestante/sestante/geo/cluster"
)

// TestTrendRule: above the median of eight weeks by three median deviations,
// and five at least.
func TestTrendRule(t *testing.T) {
	zone := rome(t)
	day := time.Date(2026, 11, 4, 0, 0, 0, 0, zone)
	for _, tt := range []struct {
		name   string
		before []int // the last week first
		today  int
		want   bool
		median float64
		limit  float64
	}{
		{"four are never enough", []int{0, 0, 0, 0, 0, 0, 0, 0}, 4, false, 0, 0},
		{"five after silence", []int{0, 0, 0, 0, 0, 0, 0, 0}, 5, true, 0, 0},
		{"as ever", []int{6, 6, 6, 6, 6, 6, 6, 6}, 6, false, 6, 6},
		{"one more than ever, never any other", []int{6, 6, 6, 6, 6, 6, 6, 6}, 7, true, 6, 6},
		{"at three deviations", []int{4, 8, 6, 4, 8, 6, 4, 8}, 12, false, 6, 12},
		{"beyond three deviations", []int{4, 8, 6, 4, 8, 6, 4, 8}, 13, true, 6, 12},
		{"one wild week does not hide it", []int{2, 1, 90, 2, 1, 2, 1, 2}, 7, true, 2, 3.5},
		{"four weeks are enough", []int{1, 1, 1, 1}, 6, true, 1, 1},
		{"three are not", []int{1, 1, 1}, 60, false, 0, 0},
	} {
		points := onDay(nil, day, tt.today)
		for k, n := range tt.before {
			points = onDay(points, day.AddDate(0, 0, -7*(k+1)), n)
		}
		got, err := cluster.Trend([][]cluster.Point{points}, cluster.TrendQuery{
			From: day, To: day.AddDate(0, 0, 1), Since: day.AddDate(0, 0, -7*len(tt.before)), Zone: zone, MinCount: 5,
		})
		if err != nil {
			t.Fatal(err)
		}
		if (len(got.Standouts) == 1) != tt.want || got.Weeks != len(tt.before) {
			t.Errorf("%s: %+v, want %v", tt.name, got, tt.want)
			continue
		}
		if tt.want {
			s := got.Standouts[0]
			if s.Median != tt.median || s.Threshold != tt.limit || len(s.Members) != tt.today || len(s.Before) != len(tt.before) || !(s.P > 0 && s.P < 1) {
				t.Errorf("%s: %+v, want median %v, limit %v", tt.name, s, tt.median, tt.limit)
			}
		}
	}
}

// onDay adds n reports of a day, some of them at its very ends.
func onDay(points []cluster.Point, day time.Time, n int) []cluster.Point {
	next := day.AddDate(0, 0, 1)
	for i := range n {
		at := day.Unix()
		switch i % 3 {
		case 1:
			at = next.Unix() - 1
		case 2:
			at = day.Unix() + 43_200
		}
		points = append(points, cluster.Point{Lon: 9, Lat: 45, At: at, ID: strconv.Itoa(len(points))})
	}
	return points
}

// Days are those of the clock: of 23 and of 25 hours too.
func TestTrendDays(t *testing.T) {
	zone := rome(t)
	for _, sunday := range []time.Time{time.Date(2026, 3, 29, 0, 0, 0, 0, zone), time.Date(2026, 10, 25, 0, 0, 0, 0, zone)} {
		var points []cluster.Point
		for k := range 9 {
			points = onDay(points, sunday.AddDate(0, 0, -7*k), 6)
		}
		q := cluster.TrendQuery{From: sunday, To: sunday.AddDate(0, 0, 1), Since: sunday.AddDate(0, 0, -80), Zone: zone, MinCount: 5}
		got, err := cluster.Trend([][]cluster.Point{points}, q)
		if err != nil || len(got.Standouts) != 0 || got.Tests != 1 {
			t.Errorf("%s: %+v, %v; want nothing to stand out", sunday, got, err)
		}
		got, err = cluster.Trend([][]cluster.Point{onDay(points, sunday, 1)}, q)
		if err != nil || len(got.Standouts) != 1 || !got.Standouts[0].To.Equal(sunday.AddDate(0, 0, 1)) {
			t.Errorf("%s: %+v, %v; want the Sunday", sunday, got, err)
		}
	}
}

// The order of reports does not matter, and series do not mix.
func TestTrendIsOrderFree(t *testing.T) {
	zone := rome(t)
	day := time.Date(2026, 11, 4, 0, 0, 0, 0, zone)
	busy, quiet := onDay(nil, day, 20), onDay(nil, day, 3)
	for k := 1; k <= 8; k++ {
		busy, quiet = onDay(busy, day.AddDate(0, 0, -7*k), 2), onDay(quiet, day.AddDate(0, 0, -7*k), 3)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var want string
	for n := range 5 {
		got, err := cluster.Trend([][]cluster.Point{quiet, busy}, cluster.TrendQuery{
			From: day.AddDate(0, 0, -3), To: day.AddDate(0, 0, 4), Since: day.AddDate(-1, 0, 0), Zone: zone, MinCount: 5,
		})
		if err != nil || len(got.Standouts) != 1 || got.Standouts[0].Series != 1 || got.Tests != 14 {
			t.Fatalf("got %+v, %v", got, err)
		}
		ids := ""
		for _, i := range got.Standouts[0].Members {
			ids += " " + busy[i].ID
		}
		if n > 0 && ids != want {
			t.Errorf("after a shuffle%s, want%s", ids, want)
		}
		want = ids
		random.Shuffle(len(busy), func(i, j int) { busy[i], busy[j] = busy[j], busy[i] })
	}
}

func TestTrendRefuses(t *testing.T) {
	zone := rome(t)
	day := time.Date(2026, 11, 4, 0, 0, 0, 0, zone)
	for _, tt := range []struct {
		field string
		q     cluster.TrendQuery
	}{
		{"to", cluster.TrendQuery{From: day, To: day, Zone: zone, MinCount: 5}},
		{"to", cluster.TrendQuery{From: time.Time{}, To: day, Zone: zone, MinCount: 5}},
		{"zone", cluster.TrendQuery{From: day, To: day.Add(1), MinCount: 5}},
		{"minCount", cluster.TrendQuery{From: day, To: day.Add(1), Zone: zone}},
	} {
		_, err := cluster.Trend(nil, tt.q)
		wantFault(t, tt.field, err, cluster.ErrParameter, tt.field)
	}
}
