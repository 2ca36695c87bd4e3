package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// follow does what an outcome asks for beside the report itself, in the same
// transaction: what people are told cannot get lost, and is not told of
// something that did not happen.
func (d *Desk) follow(ctx context.Context, tx *store.Store, in report.Input, out report.Outcome) error {
	var notices []notify.Notice
	for _, effect := range out.Effects {
		switch e := effect.(type) {
		case report.Notice:
			some, err := d.notices(ctx, tx, in, out.After, e)
			if err != nil {
				return err
			}
			notices = append(notices, some...)
		default:
			if err := d.effect(ctx, tx, in, out, effect); err != nil {
				return err
			}
		}
	}
	if len(notices) == 0 {
		return nil
	}
	_, err := tx.Enqueue(ctx, in.Now, notices)
	return err
}

func (d *Desk) effect(ctx context.Context, tx *store.Store, in report.Input, out report.Outcome, effect report.Effect) error {
	r := out.After
	switch e := effect.(type) {
	case report.Message:
		direction := "out"
		if e.Inbound {
			direction = "in"
		}
		return tx.AppendMessage(ctx, store.Message{
			ID: newID(), Report: e.Report, Direction: direction, Audience: e.Audience, Template: e.Template,
			Params: e.Params, Text: e.Text, Author: e.From, At: out.Events[0].OccurredAt, Call: in.Call.ID, Org: r.Org,
		}, in.Now)
	case report.Intervention:
		return d.workOn(ctx, tx, r, e)
	case report.Link:
		if e.Remove {
			return tx.Unlink(ctx, e.From, e.To, "duplicate_of")
		}
		return tx.Link(ctx, newID(), e.From, e.To, "duplicate_of", in.Now)
	case report.Follow:
		return d.subscribe(ctx, tx, in, e)
	case report.HandOver, report.Escalation:
		// An exchange with a partner's own system and the record of fired
		// rules are kept when those rooms exist; the event holds both facts.
		return nil
	default:
		return fmt.Errorf("an effect of type %T has nobody who does it", effect)
	}
}

// subscribe makes somebody follow a report, or stop.
func (d *Desk) subscribe(ctx context.Context, tx *store.Store, in report.Input, e report.Follow) error {
	people := []report.PersonID{e.Person}
	if e.Like != "" {
		other, err := tx.Report(ctx, e.Like)
		if err != nil {
			return err
		}
		if people, err = tx.Followers(ctx, e.Like); err != nil {
			return err
		}
		people = append(people, other.Reporter)
	}
	for _, p := range people {
		if p == "" || p == report.System {
			continue
		}
		if e.Stop {
			if err := tx.Unfollow(ctx, e.Report, p); err != nil {
				return err
			}
			continue
		}
		if err := tx.Follow(ctx, newID(), e.Report, p, in.Now); err != nil {
			return err
		}
	}
	return nil
}

// notices turns one "tell them" into a notice for each person.
func (d *Desk) notices(ctx context.Context, tx *store.Store, in report.Input, r report.Report, n report.Notice) ([]notify.Notice, error) {
	cause, ok := causeFor(n)
	if !ok {
		return nil, nil
	}
	about := r
	if n.Report != r.ID && n.Report != "" {
		var err error
		if about, err = tx.Report(ctx, n.Report); err != nil {
			return nil, err
		}
	}
	people, err := d.recipients(ctx, tx, in, about, n)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	params, err := d.params(ctx, tx, about, n)
	if err != nil {
		return nil, err
	}
	var out []notify.Notice
	for _, p := range people {
		one, err := notify.New(in.Now, notify.Event{
			Cause: cause, Person: notify.PersonID(p), Report: notify.ReportID(about.ID), Revision: about.Version,
			Org: notify.OrgID(about.Org), Params: params, Zone: d.cfg.Policy.Location,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// params says what a notice is about, in words that name nobody.
func (d *Desk) params(ctx context.Context, tx *store.Store, r report.Report, n report.Notice) (notify.Params, error) {
	p := notify.Params{Code: r.Code, Date: n.Params["date"], Reason: cmp.Or(n.Params["reason"], n.Params["outcome"], n.Params["rule"])}
	if p.Date == "" {
		p.Date = string(r.PlannedCloseDate)
	}
	var err error
	if _, p.District, err = tx.AreaName(ctx, string(r.District)); err != nil {
		return p, err
	}
	if r.ObjectType != "" {
		o, _, err := tx.ObjectType(ctx, r.ObjectType)
		if err != nil {
			return p, err
		}
		p.ObjectEn, p.ObjectIt = o.Name, o.NameIt
	}
	if r.ResponsibleOrg != "" {
		if p.Org, err = tx.OrgName(ctx, r.ResponsibleOrg); err != nil {
			return p, err
		}
	}
	return p, nil
}

// recipients resolves a group to people: enabled, without the actor, nobody
// twice.
func (d *Desk) recipients(ctx context.Context, tx *store.Store, in report.Input, r report.Report, n report.Notice) ([]report.PersonID, error) {
	people, err := d.group(ctx, tx, in, r, n)
	if err != nil {
		return nil, err
	}
	people = slices.DeleteFunc(people, func(p report.PersonID) bool {
		return p == "" || p == report.System || p == in.Who.ID
	})
	slices.Sort(people)
	return slices.Compact(people), nil
}

func (d *Desk) group(ctx context.Context, tx *store.Store, in report.Input, r report.Report, n report.Notice) ([]report.PersonID, error) {
	with := func(district report.AreaID, org report.OrgID, roles ...report.Role) ([]report.PersonID, error) {
		return tx.PeopleWith(ctx, roles, district, org, in.Now)
	}
	district := n.District
	if district == "" {
		district = r.District
	}
	switch n.To {
	case report.TellReporter:
		return []report.PersonID{r.Reporter}, nil
	case report.TellFollowers:
		return tx.Followers(ctx, r.ID)
	case report.TellAssignee:
		return []report.PersonID{r.Assignee}, nil
	case report.TellPerson:
		return []report.PersonID{n.Person}, nil
	case report.TellResponsibleOrg:
		return with("", orgOr(n.Org, r.ResponsibleOrg), report.RolePartnerUser)
	case report.TellFirstLevel:
		if r.OwnerL1 != "" {
			return []report.PersonID{r.OwnerL1}, nil
		}
		return with("", "", report.RoleL1)
	case report.TellSecondLevel:
		return with("", "", report.RoleL2)
	case report.TellCoordinators:
		return with("", "", report.RoleCoordinator)
	case report.TellServiceManagers:
		return with("", "", report.RoleServiceManager)
	default:
		if district == "" {
			return nil, nil // nobody leads a place without a district: the first level's queue shows it
		}
		return d.above(n.To, district, with)
	}
}

// above resolves the people of a district.
func (d *Desk) above(to report.Recipient, district report.AreaID, with func(report.AreaID, report.OrgID, ...report.Role) ([]report.PersonID, error)) ([]report.PersonID, error) {
	switch to {
	case report.TellDistrictLeads:
		return with(district, "", report.RoleDistrictLead)
	case report.TellOnDuty:
		return with(district, "", report.RoleTechnician)
	case report.TellFieldLeads:
		return with(district, "", report.RoleFieldLead)
	case report.TellPoleManagers:
		return with(district, "", report.RolePoleManager)
	default:
		return nil, fmt.Errorf("a notice to %q has nobody to tell", to)
	}
}

func orgOr(a, b report.OrgID) report.OrgID {
	if a != "" {
		return a
	}
	return b
}
