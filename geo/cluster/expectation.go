package cluster

import (
	"cmp"
	"math"
	"slices"
)

// A spot is a cell of a lattice.
type spot struct{ row, column int64 }

func (s spot) compare(t spot) int {
	return cmp.Or(cmp.Compare(s.row, t.row), cmp.Compare(s.column, t.column))
}

// A seen is one hour of the week in the history of a cell: the moving average
// of its reports in that hour.
type seen struct {
	hour  int
	value float64
}

// An expectation is what the weeks before say of one series: of each cell, of
// its neighbours, and of all.
//
// The mean of a cell is taken to be drawn from a gamma distribution around that
// of its neighbours. How wide it is, strength tells: as many weeks of the
// neighbours' history are worth one's own. It is estimated from how much cells
// differ from their neighbours beyond chance; where they do not, strength is
// great and all cells are one.
type expectation struct {
	lattice
	cells    int              // of the territory
	seen     map[spot][]seen  // by hour
	week     map[spot]float64 // of each cell: reports in a week
	before   map[spot]int     // of each cell: reports in all weeks
	hourly   [Week]float64    // of all cells: reports in an hour
	weekly   float64          // of all cells: reports in a week
	floor    float64          // of the mean cell: reports in a week
	worth    float64          // weeks the own history is worth
	strength float64          // weeks the neighbours are worth
}

const (
	neighbours = 24  // the cells of the square of five around a cell, without it
	unseen     = 0.5 // reports that stand for none (Jeffreys): nothing is expected to be impossible
)

func newExpectation(points []Point, q ExcessQuery, weeks past) *expectation {
	e := &expectation{
		lattice: newLattice(q.CellM), seen: map[spot][]seen{}, before: map[spot]int{}, week: map[spot]float64{}, worth: weeks.worth(),
	}
	value := weeks.value()
	type entry struct {
		spot
		hour, week int
	}
	var history []entry
	occupied := map[spot]bool{}
	for _, p := range points {
		k := weeks.week(p.At)
		inWindow := p.At >= q.From.Unix() && p.At < q.To.Unix()
		if k < 0 && !inWindow {
			continue
		}
		at := e.spotOf(p)
		occupied[at] = true
		if k >= 0 {
			history = append(history, entry{at, hourOf(p.At, q.Zone), k})
		}
	}
	e.cells = max(q.Cells, len(occupied))
	// Sums of floating numbers depend on their order: this is always the same.
	slices.SortFunc(history, func(a, b entry) int {
		return cmp.Or(a.compare(b.spot), cmp.Compare(a.hour, b.hour), cmp.Compare(a.week, b.week))
	})
	for _, h := range history {
		v := value[h.week][h.hour]
		list := e.seen[h.spot]
		if n := len(list); n > 0 && list[n-1].hour == h.hour {
			list[n-1].value += v
		} else {
			e.seen[h.spot] = append(list, seen{h.hour, v})
		}
		e.week[h.spot] += v
		e.before[h.spot]++
		e.hourly[h.hour] += v
		e.weekly += v
	}
	e.floor = (e.weekly + unseen/e.worth) / float64(e.cells)
	e.strength = e.estimate()
	return e
}

func (l lattice) spotOf(p Point) spot {
	row := l.row(p.Lat)
	return spot{row, l.band(row).column(p.Lon)}
}

// around returns what a cell has in a week by its neighbours: their mean, and
// at least the mean of the whole territory. An island of reports in a country
// without any is not expected to have none.
func (e *expectation) around(at spot) float64 {
	sum := 0.0
	for _, n := range e.ring(at) {
		sum += e.week[n]
	}
	return math.Max(sum/neighbours, e.floor)
}

// ring lists the neighbours of a cell. In another row they are those around
// the same longitude.
func (e *expectation) ring(at spot) []spot {
	middle := (float64(at.column)+0.5)*e.band(at.row).width - 180
	out := make([]spot, 0, neighbours)
	for row := at.row - 2; row <= at.row+2; row++ {
		b := e.band(row)
		column, count := at.column, b.last()+1
		if row != at.row {
			column = b.column(math.Min(middle, 180))
		}
		for d := int64(-2); d <= 2; d++ {
			if row == at.row && d == 0 {
				continue
			}
			out = append(out, spot{row, ((column+d)%count + count) % count})
		}
	}
	return out
}

// sampled is how many cells with history are enough to see how much cells
// differ from their neighbours.
const sampled = 4000

// estimate returns the strength: by moments, from the squares of what cells
// with history, and the empty ones beside them, differ from their
// surroundings. It is from one week to what the neighbours really are, their
// number times the worth of each.
func (e *expectation) estimate() float64 {
	most := neighbours * e.worth
	all := make([]spot, 0, len(e.week))
	for at := range e.week {
		all = append(all, at)
	}
	slices.SortFunc(all, spot.compare)
	step := len(all)/sampled + 1
	done := map[spot]bool{}
	squares, means := 0.0, 0.0
	for i := 0; i < len(all); i += step {
		for _, at := range append(e.ring(all[i]), all[i]) {
			if done[at] {
				continue
			}
			done[at] = true
			mean := e.around(at)
			squares += (e.week[at] - mean) * (e.week[at] - mean)
			means += mean
		}
	}
	if means == 0 {
		return most
	}
	beyond := squares/means - 1/e.worth
	if beyond <= 1/most {
		return most
	}
	return math.Max(1, 1/beyond)
}
