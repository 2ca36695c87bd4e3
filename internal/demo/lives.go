package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
)

// A turn is something that does not go straight in the life of a report.
type turn string

// turns are dealt in this order, over and over.
var turns = []turn{"", "", "bounced", "", "moved", "", "escalated", "refused", "", "reopened", "", "commented"}

// errLater ends a life whose next call would lie in the future: the report is
// as far as it can be.
var errLater = errors.New("this has not happened yet")

// A life makes the calls of one report.
type life struct {
	c      *Country
	r      report.Report
	p      plot
	crew   string // district of the lead and of the technician
	tech   Person
	photos photogen.Kind // what a photo after the work shows; empty: none is needed
}

// live takes a report from where it is towards its fate. One that no crew
// answers for waits for a person, as it would.
func (c *Country) live(ctx context.Context, r report.Report, p plot) error {
	l := life{c: c, r: r, p: p, crew: c.districtOf(r)}
	for _, t := range things {
		if t.proof && c.objects[t.code] == r.ObjectType {
			l.photos = t.photo
		}
	}
	var staffed bool
	if l.tech, staffed = c.Find("technician", l.crew); staffed && l.crew != "" {
		if err := l.run(ctx); err != nil && !errors.Is(err, errLater) {
			return err
		}
	}
	now, err := c.row(ctx, r.ID)
	if err != nil {
		return err
	}
	c.States[string(now.State)]++
	c.Routings[string(now.Routing)]++
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

func (l *life) run(ctx context.Context) error {
	for _, part := range []func(context.Context) (bool, error){l.aside, l.handOn, l.plan, l.work, l.end} {
		if goesOn, err := part(ctx); err != nil || !goesOn {
			return err
		}
	}
	return nil
}

// aside ends the reports that nobody works on.
func (l *life) aside(ctx context.Context) (goesOn bool, err error) {
	switch l.p.fate {
	case report.Registered:
		return false, nil
	case report.Rejected:
		return false, l.do(ctx, "l1_operator", "report.reject", report.RejectArgs{Code: "not_responsible", Text: "È competente la Provincia."})
	case report.Cancelled:
		return false, l.do(ctx, "l1_operator", "report.cancel", report.CancelArgs{Code: "invalid", Reason: "Segnalazione di prova"})
	case report.Duplicate:
		if l.c.master.id == "" {
			return false, nil
		}
		return false, l.do(ctx, "coordinator", "report.linkDuplicate", report.LinkArgs{Master: l.c.master.id})
	default:
		return true, nil
	}
}

// handOn brings it to the technician. What the catalogue has handed on by
// itself is with the organisation already.
func (l *life) handOn(ctx context.Context) (goesOn bool, err error) {
	if l.r.State == report.Registered {
		err = l.do(ctx, "l1_operator", "report.take", nil)
		if err != nil || l.p.fate == report.InAnalysis {
			return false, err
		}
		if err = l.do(ctx, "l1_operator", "report.dispatch", report.DispatchArgs{}); err != nil {
			return false, err
		}
	}
	if l.p.fate == report.InAnalysis {
		return false, nil
	}
	if l.p.turn == "bounced" {
		err = l.all(ctx, []line{
			{"district_lead", "report.bounce", report.BounceArgs{Reason: "Non è un nostro impianto"}},
			{"l1_operator", "report.dispatch", report.DispatchArgs{Note: "Verificato sul posto: è vostro"}},
		})
		if err != nil {
			return false, err
		}
	}
	err = l.do(ctx, "district_lead", "report.reassign", report.ReassignArgs{Assignee: report.PersonID(l.tech.ID)})
	return l.p.fate != report.Assigned, err
}

// plan gives it a date, and sometimes another one.
func (l *life) plan(ctx context.Context) (goesOn bool, err error) {
	if err := l.do(ctx, "district_lead", "report.program", report.PlanArgs{PlannedCloseDate: l.day(2, 16)}); err != nil {
		return false, err
	}
	if l.p.turn == "moved" {
		err = l.do(ctx, "district_lead", "report.reprogram", report.PlanArgs{PlannedCloseDate: l.day(8, 20), Reason: "Manca il materiale"})
	}
	return l.p.fate != report.Scheduled, err
}

// day returns a day some days after the one it is.
func (l *life) day(least, most int) report.Date {
	ahead := least + l.c.rnd.IntN(most-least)
	return report.Date(l.c.clock.In(l.c.cfg.Zone).AddDate(0, 0, ahead).Format(time.DateOnly))
}

func (l *life) work(ctx context.Context) (goesOn bool, err error) {
	todo := []line{{"technician", "report.start", nil}}
	if l.p.turn == "commented" {
		todo = append(todo, line{"technician", "report.comment", report.CommentArgs{Text: "Serve il cestello: torno domani.", Audience: "internal"}})
	}
	if l.p.turn == "escalated" {
		todo = append(todo,
			line{"coordinator", "report.reprioritise", report.ReprioritiseArgs{Priority: 1, Reason: "Davanti a un ospedale"}},
			line{"coordinator", "report.escalate", report.EscalateArgs{Kind: report.Hierarchical, Reason: "Serve una seconda squadra"}})
	}
	if l.p.fate == report.Suspended {
		todo = append(todo, line{"technician", "report.suspend", report.SuspendArgs{Reason: "materials", ExpectedResume: l.c.clock.AddDate(0, 0, 30)}})
	}
	err = l.all(ctx, todo)
	return l.p.fate == report.Resolved || l.p.fate == report.Closed, err
}

func (l *life) end(ctx context.Context) (goesOn bool, err error) {
	if err := l.resolve(ctx, 1); err != nil || l.p.fate == report.Resolved {
		return false, err
	}
	if l.p.turn == "refused" {
		if err := l.do(ctx, "l1_operator", "report.verify", map[string]any{"ok": false, "note": "Si vede ancora"}); err != nil {
			return false, err
		}
		if err := l.resolve(ctx, 2); err != nil {
			return false, err
		}
	}
	todo := []line{{"l1_operator", "report.verify", map[string]any{"ok": true}}}
	if l.p.turn == "reopened" {
		todo = append(todo, line{"l1_operator", "report.reopen", report.ReasonArgs{Reason: "Il problema si è ripresentato."}})
	}
	return false, l.all(ctx, todo)
}

// resolve reports the work as done, for the first or the second time, with a
// photo where one is needed.
func (l *life) resolve(ctx context.Context, nth int) error {
	if l.photos != "" {
		if err := l.proof(ctx, nth); err != nil {
			return err
		}
	}
	return l.do(ctx, "technician", "report.resolve", report.ResolveArgs{Outcome: "fixed", Text: "Intervento eseguito."})
}

// proof adds a photo taken after the work.
func (l *life) proof(ctx context.Context, nth int) error {
	who, err := l.c.actor(ctx, l.tech)
	if err != nil {
		return err
	}
	if err := l.c.later(); err != nil {
		return err
	}
	photo, err := l.c.afterwards(l.photos, nth)
	if err != nil {
		return err
	}
	_, err = l.c.desk.AddPhotos(ctx, who, desk.PhotoTarget{Report: l.r.ID}, []desk.NewPhoto{{Kind: report.PhotoAfter, Data: photo}})
	return err
}

// A drawing is what a picture shows, and which of several it is.
type drawing struct {
	kind photogen.Kind
	nth  int
}

// afterwards draws what a place looks like after the work. A few pictures must
// do for all.
func (c *Country) afterwards(kind photogen.Kind, nth int) ([]byte, error) {
	key := drawing{kind, nth}
	if photo, ok := c.after[key]; ok {
		return photo, nil
	}
	photo, err := photogen.JPEG(photogen.Scene{Kind: kind, Seed: 98 + uint64(nth), Width: 320, Height: 240})
	c.after[key] = photo
	return photo, err
}

// A line is one call of one person.
type line struct {
	role, name string
	args       any
}

func (l *life) all(ctx context.Context, lines []line) error {
	for _, one := range lines {
		if err := l.do(ctx, one.role, one.name, one.args); err != nil {
			return err
		}
	}
	return nil
}

// do makes one call, some time after the one before.
func (l *life) do(ctx context.Context, role, name string, args any) error {
	if err := l.c.later(); err != nil {
		return err
	}
	p, ok := l.c.Find(role, "")
	switch role {
	case "technician":
		p = l.tech
	case "district_lead":
		p, ok = l.c.Find(role, l.crew)
	}
	if !ok {
		return fmt.Errorf("there is no %s for %q", role, l.crew)
	}
	who, err := l.c.actor(ctx, p)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = l.c.desk.Do(ctx, who, report.Call{
		ID: desk.NewID(), Name: name, Report: l.r.ID, Args: raw, OccurredAt: l.c.clock, Source: report.SourceUI,
	})
	if err != nil {
		return fmt.Errorf("%s by %s: %w", name, role, err)
	}
	return nil
}

// later moves the clock on to the next moment at which somebody works, from
// eight to six and never on a Sunday, or fails with errLater.
func (c *Country) later() error {
	at := c.clock.Add(20*time.Minute + time.Duration(c.rnd.Float64()*float64(4*time.Hour))).In(c.cfg.Zone)
	morning := midnight(at).Add(8*time.Hour + time.Duration(c.rnd.IntN(45))*time.Minute)
	switch {
	case at.Hour() < 8:
		at = morning
	case at.Hour() >= 18:
		at = morning.AddDate(0, 0, 1)
	}
	if at.Weekday() == time.Sunday {
		at = at.AddDate(0, 0, 1)
	}
	if at.After(c.cfg.Now()) {
		return errLater
	}
	c.clock = at.UTC()
	return nil
}

// actor returns a person as the desk knows them. Nobody's roles change while
// the history is made.
func (c *Country) actor(ctx context.Context, p Person) (report.Actor, error) {
	if a, ok := c.actors[p.ID]; ok {
		return a, nil
	}
	a, err := c.desk.Actor(ctx, report.PersonID(p.ID))
	c.actors[p.ID] = a
	return a, err
}

// row returns a report as it is stored.
func (c *Country) row(ctx context.Context, id report.ID) (report.Report, error) {
	admin, _ := c.Find("admin", "")
	who, err := c.actor(ctx, admin)
	if err != nil {
		return report.Report{}, err
	}
	return c.desk.Report(ctx, who, id)
}
