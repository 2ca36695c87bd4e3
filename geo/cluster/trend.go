package cluster

import (
	"cmp"
	"slices"
	"time"
)

// A TrendQuery says which days are compared with the same weekday before.
type TrendQuery struct {
	From, To time.Time      // the days touched by it, whole
	Since    time.Time      // from when on reports were taken
	Zone     *time.Location // whose days
	MinCount int            // fewer reports never stand out; 5 by the rule
}

// A Standout is a day with clearly more reports than the same weekday of the
// weeks before.
type Standout struct {
	Series    int
	Members   []int32 // the reports, by their index in the series
	From, To  time.Time
	Before    []int // the counts of the same weekday, the last week first
	Median    float64
	MAD       float64 // median absolute deviation from it
	Threshold float64 // median + 3·MAD: the count is above it
	P, Q      float64
}

// A Trended is what stands out, the least likely first, and among how many
// days.
type Trended struct {
	Standouts []Standout
	Tests     int
	Weeks     int // of history, at the first day; at most HistoryWeeks
}

// Trend finds the days of each series whose count is above the median of the
// same weekday in the eight weeks before by more than three times their median
// absolute deviation, and at least q.MinCount. P is the chance of such a count if
// nothing had changed, by the exact test of two Poisson counts, and Q is P seen
// among all the days tested: they explain, the rule decides. The errors are
// ErrPoint and ErrParameter.
func Trend(series [][]Point, q TrendQuery) (Trended, error) {
	switch {
	case !q.From.Before(q.To):
		return Trended{}, ErrParameter.In("to").WithIn("after from", "dopo from")
	case q.Zone == nil:
		return Trended{}, ErrParameter.In("zone").WithIn("a time zone", "un fuso orario")
	case q.To.Sub(q.From) > 100_000*24*time.Hour:
		return Trended{}, ErrParameter.In("to").WithIn("at most 100,000 days", "al massimo 100.000 giorni")
	case q.MinCount < 1:
		return Trended{}, ErrParameter.In("minCount").WithIn("1 and more", "da 1 in su")
	}
	first, last := dayOf(q.From, q.Zone), dayOf(q.To.Add(-1), q.Zone)
	since := last + 1 // no history at all
	if !q.Since.IsZero() {
		since = dayOf(q.Since, q.Zone)
	}
	out := Trended{Weeks: min(max(0, (first-since)/7), HistoryWeeks)}
	var standouts []Standout
	var p []float64
	for i, points := range series {
		if err := check(points); err != nil {
			return Trended{}, err
		}
		days := map[int][]int32{}
		for n, point := range points {
			day := dayOf(time.Unix(point.At, 0), q.Zone)
			days[day] = append(days[day], int32(n))
		}
		for day := first; day <= last; day++ {
			before := weekdaysBefore(days, day, since)
			if len(before) < LeastWeeksTrend {
				continue
			}
			out.Tests++
			s := Standout{Series: i, Members: days[day], Before: before}
			if !s.judge(q.MinCount) {
				continue
			}
			s.From, s.To = startOf(day, q.Zone), startOf(day+1, q.Zone)
			sortMembers(points, s.Members)
			standouts, p = append(standouts, s), append(p, s.P)
		}
	}
	for i, value := range BenjaminiHochberg(p, out.Tests) {
		standouts[i].Q = value
	}
	slices.SortStableFunc(standouts, func(a, b Standout) int { return cmp.Compare(a.P, b.P) })
	out.Standouts = standouts
	return out, nil
}

// judge applies the rule.
func (s *Standout) judge(minCount int) bool {
	s.Median = median(s.Before)
	off := make([]float64, len(s.Before))
	sum := 0
	for i, n := range s.Before {
		off[i] = max(float64(n)-s.Median, s.Median-float64(n))
		sum += n
	}
	s.MAD = median(off)
	s.Threshold = s.Median + 3*s.MAD
	s.P = PredictiveTail(len(s.Members), float64(sum)+1, float64(len(s.Before)))
	return len(s.Members) >= minCount && float64(len(s.Members)) > s.Threshold
}

// weekdaysBefore returns the counts of the same weekday of up to eight weeks
// before, as far back as there is history.
func weekdaysBefore(days map[int][]int32, day, since int) []int {
	var out []int
	for k := 1; k <= HistoryWeeks && day-7*k >= since; k++ {
		out = append(out, len(days[day-7*k]))
	}
	return out
}

func median[T int | float64](values []T) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (float64(sorted[(n-1)/2]) + float64(sorted[n/2])) / 2
}

// dayOf numbers the days of the calendar in a time zone.
func dayOf(t time.Time, zone *time.Location) int {
	year, month, day := t.In(zone).Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// startOf returns the first moment of a day.
func startOf(day int, zone *time.Location) time.Time {
	utc := time.Unix(int64(day)*86400, 0).UTC()
	return time.Date(utc.Year(), utc.Month(), utc.Day(), 0, 0, 0, 0, zone)
}
