package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
)

// withPhoto is every how many reports have a photo: drawing takes a while.
const withPhoto = 12

// fates says how reports end up, and how often. The rest stay registered.
var fates = []struct {
	state  report.State
	weight int
}{
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
	{report.Registered, 8},
}

// history makes the reports of the last ninety days, oldest first: each by the
// calls that people would have made, at the hours they would have made them.
func (c *Country) history(ctx context.Context) error {
	now := c.cfg.Now()
	begins := make([]time.Time, c.cfg.Reports)
	for i := range begins {
		begins[i] = now.Add(-time.Duration(c.rnd.Float64() * float64(90*24*time.Hour))).Truncate(time.Second)
	}
	slices.SortFunc(begins, time.Time.Compare)
	var last report.ID // something a duplicate may be joined to
	for i, at := range begins {
		r, err := c.begin(ctx, i, at)
		if err != nil {
			return fmt.Errorf("report %d: %w", i, err)
		}
		fate := c.fate(i)
		if err := c.live(ctx, r, fate, last, now); err != nil {
			return fmt.Errorf("report %d, to become %s: %w", i, fate, err)
		}
		if fate == report.Registered || fate == report.Assigned {
			last = r.ID
		}
		c.Reports++
	}
	c.clock = now
	return nil
}

// fate deals every state once before it leaves the rest to chance, so that
// even a small demo shows them all.
func (c *Country) fate(i int) report.State {
	if i < len(fates) {
		return fates[(i+10)%len(fates)].state // a registered one first: the duplicate needs it
	}
	total := 0
	for _, f := range fates {
		total += f.weight
	}
	n := c.rnd.IntN(total)
	for _, f := range fates {
		if n -= f.weight; n < 0 {
			return f.state
		}
	}
	return report.Registered
}

// begin submits a report somewhere in the country.
func (c *Country) begin(ctx context.Context, i int, at time.Time) (report.Report, error) {
	c.clock = at
	t := things[0]
	if i >= len(fates) { // the first few are of a kind that people handle, to reach every state
		t = c.thing()
	}
	place, accuracy := c.place(i)
	s := desk.Submission{
		ClientID: fmt.Sprintf("demo-report-%05d", i), ObjectType: t.code, Description: t.texts[c.rnd.IntN(len(t.texts))],
		AccuracyM: accuracy, Channel: "mobile", ConsentPublish: c.rnd.IntN(10) > 0, ConsentContact: true,
		Priority: 2 + c.rnd.IntN(3), Language: "it",
	}
	if place.Lon != 0 {
		s.Point = &place
	}
	if i%withPhoto == withPhoto/2 {
		photo, err := photogen.JPEG(photogen.Scene{
			Kind: t.photo, Seed: uint64(i), Lon: place.Lon, Lat: place.Lat, AccuracyM: accuracy, TakenAt: at.Add(-time.Minute),
			Width: 800, Height: 600, Orientation: 1 + i%8,
		})
		if err != nil {
			return report.Report{}, err
		}
		s.Photos = []desk.NewPhoto{{Data: photo}}
		c.Photos++
	}
	who := report.Actor{}
	if i%3 == 0 {
		var err error
		if who, err = c.actor(ctx, "citizen", ""); err != nil {
			return report.Report{}, err
		}
	}
	got, err := c.desk.Submit(ctx, who, s)
	if err != nil {
		return report.Report{}, err
	}
	return c.row(ctx, got.ID)
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

// place picks a point in some district; now and then at sea, or nowhere, or
// with a poor fix.
func (c *Country) place(i int) (report.Point, float64) {
	switch {
	case i > len(fates) && i%67 == 0:
		return report.Point{Lon: 11.2, Lat: 40.1}, 15 // the Tyrrhenian: nobody's
	case i > len(fates) && i%59 == 0:
		return report.Point{}, 0
	}
	accuracy := 4 + c.rnd.Float64()*20
	if c.rnd.IntN(25) == 0 {
		accuracy = 400 + c.rnd.Float64()*2000
	}
	for {
		a := c.areas[c.rnd.IntN(len(c.areas))]
		if a.Kind != geo.District {
			continue
		}
		for range 200 {
			p := report.Point{
				Lon: a.Bound.Min.Lon() + c.rnd.Float64()*(a.Bound.Max.Lon()-a.Bound.Min.Lon()),
				Lat: a.Bound.Min.Lat() + c.rnd.Float64()*(a.Bound.Max.Lat()-a.Bound.Min.Lat()),
			}
			if got := c.locate(desk.Place{Lon: p.Lon, Lat: p.Lat}); got.Owner != nil && got.Owner.Area == a.ID && got.Outcome == geo.Inside {
				return p, accuracy
			}
		}
	}
}

func (c *Country) actor(ctx context.Context, role, district string) (report.Actor, error) {
	p, ok := c.Find(role, district)
	if !ok {
		return report.Actor{}, fmt.Errorf("there is no %s in %q", role, district)
	}
	return c.desk.Actor(ctx, report.PersonID(p.ID))
}

func (c *Country) row(ctx context.Context, id report.ID) (report.Report, error) {
	who, err := c.actor(ctx, "admin", "")
	if err != nil {
		return report.Report{}, err
	}
	return c.desk.Report(ctx, who, id)
}

// call makes one call some hours after the one before.
func (c *Country) call(ctx context.Context, role, district, name string, id report.ID, args any) error {
	who, err := c.actor(ctx, role, district)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	c.clock = c.clock.Add(time.Duration(float64(30*time.Minute) * (1 + c.rnd.Float64()*10)))
	if limit := c.cfg.Now(); c.clock.After(limit) {
		c.clock = limit
	}
	_, err = c.desk.Do(ctx, who, report.Call{ID: desk.NewID(), Name: name, Report: id, Args: raw, OccurredAt: c.clock, Source: report.SourceUI})
	if err != nil {
		return fmt.Errorf("%s by %s: %w", name, role, err)
	}
	return nil
}

// districtOf returns the code of the district that has a report.
func (c *Country) districtOf(r report.Report) string {
	for _, a := range c.areas {
		if string(a.ID) == string(r.District) {
			return a.Code
		}
	}
	return ""
}

// live takes a report from where it is towards its fate. One that nobody owns
// waits for a person, as it would.
func (c *Country) live(ctx context.Context, r report.Report, fate report.State, master report.ID, now time.Time) error {
	defer func() { c.count(ctx, r.ID) }()
	district := c.districtOf(r)
	if _, staffed := c.Find("technician", district); district == "" || !staffed {
		return nil
	}
	steps := c.path(r, fate, master, district, now)
	for _, s := range steps {
		if err := c.call(ctx, s.role, s.district, s.name, r.ID, s.args); err != nil {
			return err
		}
	}
	return nil
}

func (c *Country) count(ctx context.Context, id report.ID) {
	if r, err := c.row(ctx, id); err == nil {
		c.States[string(r.State)]++
	}
}

type step struct {
	role, district, name string
	args                 any
}

// path lists the calls that lead to a fate.
func (c *Country) path(r report.Report, fate report.State, master report.ID, district string, now time.Time) []step {
	tech, _ := c.Find("technician", district)
	day := max(r.RegisteredAt.AddDate(0, 0, 3+c.rnd.IntN(20)).Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly))
	handed := r.State == report.Assigned
	var out []step
	add := func(role, district, name string, args any) { out = append(out, step{role, district, name, args}) }
	switch fate {
	case report.Registered:
		return nil
	case report.Rejected:
		add("l1_operator", "", "report.reject", report.RejectArgs{Code: "not_responsible", Text: "È competente la Provincia."})
		return out
	case report.Cancelled:
		add("l1_operator", "", "report.cancel", report.CancelArgs{Code: "invalid", Reason: "Segnalazione di prova"})
		return out
	case report.Duplicate:
		if master != "" {
			add("coordinator", "", "report.linkDuplicate", report.LinkArgs{Master: master})
		}
		return out
	default: // goes on
	}
	if !handed {
		add("l1_operator", "", "report.take", nil)
		if fate == report.InAnalysis {
			return out
		}
		add("l1_operator", "", "report.dispatch", report.DispatchArgs{})
	}
	if fate == report.InAnalysis {
		return out // the catalogue handed it on by itself
	}
	add("district_lead", district, "report.reassign", report.ReassignArgs{Assignee: report.PersonID(tech.ID)})
	if fate == report.Assigned {
		return out
	}
	add("district_lead", district, "report.program", report.PlanArgs{PlannedCloseDate: report.Date(day)})
	if fate == report.Scheduled {
		return out
	}
	add("technician", district, "report.start", nil)
	switch fate {
	case report.InProgress:
		return out
	case report.Suspended:
		add("technician", district, "report.suspend", report.SuspendArgs{Reason: "materials", ExpectedResume: now.AddDate(0, 0, 5)})
		return out
	default: // goes on
	}
	add("technician", district, "report.photo", report.PhotoArgs{Media: desk.NewID(), Kind: "after"})
	add("technician", district, "report.resolve", report.ResolveArgs{Outcome: "fixed", Text: "Intervento eseguito."})
	if fate == report.Resolved {
		return out
	}
	add("l1_operator", "", "report.verify", map[string]any{"ok": true})
	if c.rnd.IntN(12) == 0 {
		add("l1_operator", "", "report.reopen", report.ReasonArgs{Reason: "Il problema si è ripresentato."})
	}
	return out
}
