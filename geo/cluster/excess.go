package cluster

import (
	"cmp"
	"slices"
	"time"
)

// What is expected comes from these.
const (
	HistoryWeeks     = 8   // at most so many weeks before the window are looked at
	Forget           = 0.2 // by how much a week is worth less than the one after it
	LeastWeeksExcess = 2   // with fewer, nothing is expected and nothing exceeds it
	LeastWeeksTrend  = 4   // with fewer, a median says nothing
)

// An ExcessQuery says what is compared with what.
type ExcessQuery struct {
	From, To time.Time      // the window, half open
	Since    time.Time      // from when on reports were taken; history does not go back further
	Zone     *time.Location // whose hours of the week
	CellM    float64        // side of a cell, metres, from MinEpsM to MaxEpsM
	Hours    int            // length of one test, 1 to 168; multiples of 24 are whole days of the clock
	MinCount int            // fewer reports are never a discovery
	Q        float64        // the share of false discoveries accepted, between 0 and 1
	Cells    int            // cells the territory has, empty ones too; fewer than have reports is taken for those
}

// A Surplus is a cell and a span of time with more reports than expected.
type Surplus struct {
	Series   int     // of which series
	Members  []int32 // the reports, by their index in the series
	From, To time.Time
	Expected float64 // reports
	Own      float64 // what the cell's own history alone expects
	Around   float64 // what its neighbours and the whole territory expect
	Before   int     // reports of the cell in the weeks of history
	P, Q     float64
}

// A Judged is everything that was found, the least likely first, and what it
// was found among.
type Judged struct {
	Surpluses []Surplus
	Tests     int       // how many comparisons were made
	Weeks     int       // of history
	History   time.Time // where it begins; the window's start when there is none
}

// Excess compares, series by series, the reports of each cell and span of the
// window with what the cell's own weeks before, its neighbours and the whole
// territory expect at those hours of the week. Among all comparisons together
// the expected share of false discoveries is at most q.Q, as far as reports
// come independently of each other. The errors are ErrPoint and ErrParameter.
func Excess(series [][]Point, q ExcessQuery) (Judged, error) {
	if err := q.check(); err != nil {
		return Judged{}, err
	}
	for _, points := range series {
		if err := check(points); err != nil {
			return Judged{}, err
		}
	}
	weeks := weeksBefore(q.From, q.Since, HistoryWeeks, q.Zone)
	out := Judged{Weeks: len(weeks.starts), History: weeks.from}
	if out.Weeks < LeastWeeksExcess {
		return out, nil
	}
	bins := q.bins()
	var candidates []Surplus
	for i, points := range series {
		e := newExpectation(points, q, weeks)
		out.Tests += e.cells * len(bins)
		for _, s := range e.judge(points, bins, q.MinCount) {
			s.Series = i
			candidates = append(candidates, s)
		}
	}
	p := make([]float64, len(candidates))
	for i, s := range candidates {
		p[i] = s.P
	}
	for i, value := range BenjaminiHochberg(p, out.Tests) {
		if candidates[i].Q = value; value <= q.Q {
			out.Surpluses = append(out.Surpluses, candidates[i])
		}
	}
	slices.SortStableFunc(out.Surpluses, func(a, b Surplus) int { // stable: by series, span and cell before
		return cmp.Compare(a.P, b.P)
	})
	return out, nil
}

func (q ExcessQuery) check() error {
	switch {
	case !q.From.Before(q.To):
		return ErrParameter.In("to").WithIn("after from", "dopo from")
	case q.Zone == nil:
		return ErrParameter.In("zone").WithIn("a time zone", "un fuso orario")
	case !(q.CellM >= MinEpsM && q.CellM <= MaxEpsM):
		return ErrParameter.In("cellM").WithIn("metres, from %d to %d", "metri, da %d a %d", MinEpsM, MaxEpsM)
	case q.Hours < 1 || q.Hours > Week:
		return ErrParameter.In("hours").WithIn("from 1 to %d", "da 1 a %d", Week)
	case q.To.Sub(q.From).Hours()/float64(q.Hours) > 100_000:
		return ErrParameter.In("hours").WithIn("at most 100,000 spans in the window", "al massimo 100.000 intervalli nella finestra")
	case q.MinCount < 1:
		return ErrParameter.In("minCount").WithIn("1 and more", "da 1 in su")
	case !(q.Q > 0 && q.Q < 1):
		return ErrParameter.In("q").WithIn("between 0 and 1", "tra 0 e 1")
	}
	return nil
}

// A bin is one span of the window.
type bin struct {
	from, to time.Time
	lasts    exposure
}

// bins cuts the window from its start: the last may be shorter.
func (q ExcessQuery) bins() []bin {
	local := q.From.In(q.Zone)
	var out []bin
	for from, n := local, 1; from.Before(q.To); n++ {
		to := local.Add(time.Duration(n*q.Hours) * time.Hour)
		if q.Hours%24 == 0 { // a day may have 23 hours, or 25
			to = local.AddDate(0, 0, n*q.Hours/24)
		}
		if to.After(q.To) {
			to = q.To
		}
		out = append(out, bin{from, to, exposed(from, to, q.Zone)})
		from = to
	}
	return out
}

// judge returns the cells and spans with at least minCount reports, each with
// its chance: in the order of span and cell.
func (e *expectation) judge(points []Point, bins []bin, minCount int) []Surplus {
	type slot struct {
		bin int
		spot
	}
	members := map[slot][]int32{}
	for i, p := range points {
		if p.At < bins[0].from.Unix() || p.At >= bins[len(bins)-1].to.Unix() {
			continue
		}
		n, _ := slices.BinarySearchFunc(bins, p.At, func(b bin, at int64) int {
			if b.to.Unix() <= at {
				return -1
			}
			return 1
		})
		at := slot{n, e.spotOf(p)}
		members[at] = append(members[at], int32(i))
	}
	var out []Surplus
	var where []slot
	for at, found := range members {
		if len(found) >= minCount {
			where = append(where, at)
		}
	}
	slices.SortFunc(where, func(a, b slot) int { return cmp.Or(cmp.Compare(a.bin, b.bin), a.compare(b.spot)) })
	for _, at := range where {
		s := Surplus{Members: members[at], From: bins[at.bin].from, To: bins[at.bin].to}
		sortMembers(points, s.Members)
		e.expect(&s, at.spot, bins[at.bin].lasts)
		out = append(out, s)
	}
	return out
}

// expect fills in what was to be expected of a cell in a span.
func (e *expectation) expect(s *Surplus, at spot, lasts exposure) {
	all, span := 0.0, 0.0
	for h, hours := range lasts {
		all += hours * e.hourly[h]
		span += hours
	}
	s.Before = e.before[at]
	for _, seen := range e.seen[at] {
		s.Own += lasts[seen.hour] * seen.value
	}
	// What the neighbours have in a week comes in these hours as it does in the
	// whole territory; half a report in every hour stands for what was not seen.
	share := (e.worth*all + span*unseen) / (e.worth*e.weekly + Week*unseen)
	s.Around = e.around(at) * share
	shape := e.worth*s.Own + e.strength*s.Around
	rate := e.worth + e.strength
	s.Expected = shape / rate
	s.P = PredictiveTail(len(s.Members), shape, rate)
}
