package cluster

import "time"

// Week is how many hours of the week there are to tell apart.
const Week = 168

// HourOfWeek returns the hour of the week at t, in t's own time zone: 0 is
// Monday from midnight to one. Where clocks are put back, an hour comes twice.
func HourOfWeek(t time.Time) int { return (int(t.Weekday())+6)%7*24 + t.Hour() }

// An exposure is how long each hour of the week lasted, in hours: 1 in most
// weeks, 0 and 2 where clocks are changed.
type exposure [Week]float64

// exposed measures [from, to) in a time zone. Clocks are changed at quarters of
// an hour, everywhere.
func exposed(from, to time.Time, zone *time.Location) (e exposure) {
	const step = 15 * time.Minute
	for t := from; t.Before(to); {
		next := t.Truncate(step).Add(step)
		if next.After(to) {
			next = to
		}
		e[HourOfWeek(t.In(zone))] += next.Sub(t).Hours()
		t = next
	}
	return e
}

// A past is the weeks before a moment, the last first, and what each is worth.
type past struct {
	from   time.Time // where the oldest begins
	starts []int64   // seconds; week k is from starts[k] to starts[k-1]
	until  int64     // seconds; the end of week 0
	weight []float64 // of each week; they add up to 1
	lasted []exposure
}

// weeksBefore returns the whole weeks of the clock between since and at, the
// last most of them, each worth less by a fifth than the one after it.
func weeksBefore(at, since time.Time, most int, zone *time.Location) past {
	local := at.In(zone)
	w := past{from: at, until: at.Unix()}
	end, weight, sum := at, 1.0, 0.0
	for k := 1; k <= most; k++ {
		start := local.AddDate(0, 0, -7*k)
		if since.IsZero() || start.Before(since) {
			break
		}
		w.from, w.starts = start, append(w.starts, start.Unix())
		w.weight, w.lasted = append(w.weight, weight), append(w.lasted, exposed(start, end, zone))
		sum += weight
		end, weight = start, weight*(1-Forget)
	}
	for k := range w.weight {
		w.weight[k] /= sum
	}
	return w
}

// week returns which of the weeks a moment is in, or -1.
func (w past) week(at int64) int {
	if at >= w.until {
		return -1
	}
	for k, start := range w.starts {
		if at >= start {
			return k
		}
	}
	return -1
}

// worth is how many weeks of equal weight know as much (Kish).
func (w past) worth() float64 {
	sum := 0.0
	for _, v := range w.weight {
		sum += v * v
	}
	if sum == 0 {
		return 0
	}
	return 1 / sum
}

// value returns what one report in an hour of the week adds, in a week of each,
// to the moving average of reports in that hour: its week's weight, over how
// long the hour lasted, over the weight of all weeks that had the hour.
func (w past) value() []exposure {
	var had exposure
	for k, e := range w.lasted {
		for h, hours := range e {
			if hours > 0 {
				had[h] += w.weight[k]
			}
		}
	}
	out := make([]exposure, len(w.lasted))
	for k, e := range w.lasted {
		for h, hours := range e {
			if hours > 0 {
				out[k][h] = w.weight[k] / hours / had[h]
			}
		}
	}
	return out
}

// hourOf returns the hour of the week of a report.
func hourOf(at int64, zone *time.Location) int { return HourOfWeek(time.Unix(at, 0).In(zone)) }
