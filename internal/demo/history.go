package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
)

// withPhoto is every how many reports have a photo: drawing takes a while.
const withPhoto = 12

// days is how far back the history goes.
const days = 90

// fates says how reports end up, and how often.
var fates = []struct {
	state  report.State
	weight int
}{
	{report.Registered, 8},
	{report.InAnalysis, 7},
	{report.Assigned, 11},
	{report.Scheduled, 14},
	{report.InProgress, 9},
	{report.Suspended, 5},
	{report.Resolved, 7},
	{report.Closed, 28},
	{report.Rejected, 4},
	{report.Duplicate, 4},
	{report.Cancelled, 3},
}

// A plot is what will become of a report.
type plot struct {
	fate report.State
	turn turn
}

// history makes the reports of the last ninety days, oldest first: each by the
// calls that people would have made, at the hours they would have made them.
func (c *Country) history(ctx context.Context) error {
	for i, at := range c.begins() {
		p := plot{c.fate(i, at), turns[i%len(turns)]}
		r, err := c.begin(ctx, i, at, p)
		if err != nil {
			return fmt.Errorf("report %d: %w", i, err)
		}
		if err := c.live(ctx, r, p); err != nil {
			return fmt.Errorf("report %d, to become %s: %w", i, p.fate, err)
		}
		c.Reports++
	}
	c.clock = c.cfg.Now()
	return nil
}

// begins returns when the reports come in: on any day, from seven in the
// morning to ten at night. The first few are old, so that their lives have had
// the time to get anywhere.
func (c *Country) begins() []time.Time {
	now := c.cfg.Now()
	today := midnight(now.In(c.cfg.Zone))
	out := make([]time.Time, c.cfg.Reports)
	for i := range out {
		ago := c.rnd.IntN(days)
		if i < len(fates) {
			ago = days + i
		}
		at := today.AddDate(0, 0, -ago).Add(7*time.Hour + time.Duration(c.rnd.Float64()*float64(15*time.Hour)))
		if at.After(now) {
			at = at.AddDate(0, 0, -1)
		}
		out[i] = at.Truncate(time.Second).UTC()
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// fate deals every state once before it leaves the rest to chance, so that
// even a small demo shows them all. What is older than three weeks has mostly
// ended.
func (c *Country) fate(i int, at time.Time) report.State {
	if i < len(fates) {
		return fates[i].state
	}
	total := 0
	for _, f := range fates {
		total += f.weight
	}
	n := c.rnd.IntN(total)
	for _, f := range fates {
		if n -= f.weight; n >= 0 {
			continue
		}
		if f.state.Open() && c.cfg.Now().Sub(at) > 21*24*time.Hour && c.rnd.IntN(4) > 0 {
			return report.Closed
		}
		return f.state
	}
	return report.Registered
}

// begin submits a report somewhere in the country.
func (c *Country) begin(ctx context.Context, i int, at time.Time, p plot) (report.Report, error) {
	c.clock = at
	t := things[0]
	if i >= len(fates) && !odd(i) { // the first few are of a kind that people handle, to reach every state
		t = c.thing()
	}
	where := c.where(i, t)
	if p.fate == report.Duplicate && c.master.id != "" && !odd(i) {
		t, where = c.master.what, c.master.where // somebody else saw the same
		where.at = &report.Point{Lon: where.at.Lon + 0.0002, Lat: where.at.Lat}
	}
	s := desk.Submission{
		ClientID: fmt.Sprintf("demo-report-%05d", i), ObjectType: t.code, Description: t.texts[c.rnd.IntN(len(t.texts))],
		ConsentPublish: c.rnd.IntN(10) > 0, ConsentContact: true, Priority: 2 + c.rnd.IntN(3), Language: "it",
		Site: where.site.code, Asset: where.site.assets[t.code], Point: where.at, AccuracyM: where.accuracyM,
	}
	if err := c.shoot(i, t, where, &s); err != nil {
		return report.Report{}, err
	}
	who, channel, err := c.reporter(ctx, t)
	if err != nil {
		return report.Report{}, err
	}
	s.Channel = channel
	got, err := c.desk.Submit(ctx, who, s)
	if err != nil {
		return report.Report{}, err
	}
	if p.fate == report.Registered && where.at != nil && !odd(i) {
		c.master.id, c.master.what, c.master.where = got.ID, t, where
	}
	return c.row(ctx, got.ID)
}

// shoot adds a photo to some of the reports. Every other of those gives no
// place: the photo does.
func (c *Country) shoot(i int, t thing, where spot, s *desk.Submission) error {
	if i%withPhoto != withPhoto/2 || where.at == nil {
		return nil
	}
	photo, err := photogen.JPEG(photogen.Scene{
		Kind: t.photo, Seed: uint64(i), Lon: where.at.Lon, Lat: where.at.Lat, AccuracyM: where.accuracyM,
		TakenAt: c.clock.Add(-time.Minute).In(c.cfg.Zone), Width: 800, Height: 600, Orientation: 1 + i%8,
	})
	if err != nil {
		return err
	}
	s.Photos = []desk.NewPhoto{{Data: photo}}
	c.Photos++
	if i/withPhoto%2 == 0 {
		s.Point, s.AccuracyM = nil, 0
	}
	return nil
}

// reporter says who sends a report, and how: half of them nobody in
// particular.
func (c *Country) reporter(ctx context.Context, t thing) (report.Actor, string, error) {
	role, channel := "", "mobile"
	switch n := c.rnd.IntN(20); {
	case t.org == "": // a branch calls
		role, channel = "contact_operator", "phone"
	case n < 6:
		role = "citizen"
	case n < 8:
		role, channel = "accredited_reporter", "accredited"
	case n < 10:
		role, channel = "l1_operator", "phone"
	case n < 13:
		channel = "web"
	}
	if role == "" {
		return report.Actor{}, channel, nil
	}
	var all []Person
	for _, p := range c.People {
		if p.Role == role {
			all = append(all, p)
		}
	}
	who, err := c.actor(ctx, all[c.rnd.IntN(len(all))])
	return who, channel, err
}

func (c *Country) thing() thing {
	total := 0
	for _, t := range things {
		total += t.weight
	}
	n := c.rnd.IntN(total)
	for _, t := range things {
		if n -= t.weight; n < 0 {
			return t
		}
	}
	return things[0]
}
