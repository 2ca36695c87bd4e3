package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// patch carries out a patch, an add or a sets: what each field becomes is
// decided by its policy (fieldsync.Merge), what loses is kept as a conflict.
// The right is asked of the record as it stands, and again as it has become: a
// change may not open the door it came through.
func (d *Desk) patch(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change) (fieldsync.Outcome, error) {
	p, ok := fieldsync.PatchedOf(c.Coll)
	if !ok {
		return fieldsync.Outcome{}, fieldsync.ErrField.In("c").With("%.40s", c.Coll)
	}
	edits, err := fieldsync.Edits(p, c.Mutation)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if err := d.mayPatch(ctx, tx, who, p.Name, c.ID, c.Seen, edits); err != nil {
		return fieldsync.Outcome{}, err
	}
	stands, ok, err := tx.Patched(ctx, p, c.ID)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if !ok {
		return fieldsync.Outcome{}, fieldsync.ErrRecord
	}
	for i, e := range edits {
		s := stands[e.Field.Name]
		edits[i] = e.Standing(s.Value)
		edits[i].Last, edits[i].LastAt = s.Seq, s.At
	}
	verdicts := fieldsync.Merge(c.Seen, c.Happened, edits)
	values := map[string]json.RawMessage{}
	for i, v := range verdicts {
		if v.Value != nil {
			values[edits[i].Field.Name] = v.Value
		}
	}
	if len(values) > 0 {
		if err := tx.WriteFields(ctx, p, c.ID, values, c, d.now()); err != nil {
			return fieldsync.Outcome{}, err
		}
		if err := d.mayPatch(ctx, tx, who, p.Name, c.ID, c.Seen, edits); err != nil {
			return fieldsync.Outcome{}, err
		}
	}
	return d.settled(ctx, tx, who, c, p, edits, verdicts)
}

// settled keeps what lost and says how each field ended.
func (d *Desk) settled(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change, p fieldsync.Patched, edits []fieldsync.Edit, verdicts []fieldsync.Verdict) (fieldsync.Outcome, error) {
	out := fieldsync.Outcome{St: fieldsync.Noop, Fields: map[string]fieldsync.FieldEnd{}}
	plain := true
	for i, v := range verdicts {
		e := edits[i]
		if !e.Named {
			continue
		}
		out.Fields[e.Field.Name] = v.End
		switch v.End {
		case fieldsync.FieldNoop:
			continue
		case fieldsync.FieldApplied:
		case fieldsync.FieldMerged, fieldsync.FieldConflict:
			plain = false
		}
		out.St = fieldsync.Applied
		if v.Lost == nil {
			continue
		}
		head, err := tx.Head(ctx)
		if err != nil {
			return fieldsync.Outcome{}, err
		}
		lost := fieldsync.Conflict{
			ID: fieldsync.ConflictID(c.Device, c.Mid, e.Field.Name), Coll: p.Name, Record: c.ID, Field: e.Field.Name, Base: e.From,
			Mine: v.Value, Theirs: v.Lost, Kept: fieldsync.Mine,
			Device: c.Device, Mid: c.Mid, Person: who.ID, Seq: head.Seq, At: d.now(),
		}
		if v.End == fieldsync.FieldConflict {
			lost.Mine, lost.Theirs, lost.Kept = v.Lost, e.Cur, fieldsync.Theirs
		}
		if err := tx.KeepConflict(ctx, lost); err != nil {
			return fieldsync.Outcome{}, err
		}
		out.Conflicts = append(out.Conflicts, lost.ID)
	}
	if !plain {
		out.St = fieldsync.Merged
	}
	var err error
	if out.Ver, err = tx.LoggedVersion(ctx, p.Name, c.ID); err != nil {
		return fieldsync.Outcome{}, err
	}
	if plain && c.Op == fieldsync.OpPatch {
		return out, nil // it is what they sent
	}
	out.Record, err = tx.BodyFor(ctx, who.ID, p.Name, c.ID)
	return out, err
}

// mayPatch returns nil when the actor may change each of the fields, and
// otherwise ErrRight, or what says that the record is not there: ErrNone for a
// report's, fieldsync.ErrTargetDeleted for one that was deleted and can be put
// back, ErrDeleted for one that cannot, else fieldsync.ErrRecord. Seen is the
// number of the log the actor looked at, 0 when that is no matter.
func (d *Desk) mayPatch(ctx context.Context, tx *store.Store, who report.Actor, coll, id string, seen int64, edits []fieldsync.Edit) error {
	rights, err := d.rightsTo(ctx, tx, who, coll, id, 0)
	if (err != nil || lacks(rights, edits) != "") && seen > 0 { // what was is asked only when what is does not do
		rights, err = d.rightsTo(ctx, tx, who, coll, id, seen)
	}
	if err != nil {
		return fmt.Errorf("change %s %s: %w", coll, id, err)
	}
	if field := lacks(rights, edits); field != "" {
		return fieldsync.ErrRight.In("set." + field)
	}
	return nil
}

// lacks returns the first named field that the rights do not cover.
func lacks(rights []fieldsync.Right, edits []fieldsync.Edit) (field string) {
	for _, e := range edits {
		if e.Named && !slices.Contains(rights, e.Field.Right) {
			return e.Field.Name
		}
	}
	return ""
}

// rightsTo lists what the actor may change of a record, as it stands or as it
// stood at the number they saw.
func (d *Desk) rightsTo(ctx context.Context, tx *store.Store, who report.Actor, coll, id string, seen int64) ([]fieldsync.Right, error) {
	on, mine := report.ID(""), false
	var err error
	found := true
	switch coll {
	case "reports":
		on = report.ID(id)
	case "media":
		m, readErr := tx.Media(ctx, id)
		found, err = readErr == nil, readErr
		if errors.Is(err, store.ErrNoMedia) {
			err = nil
		}
		on = m.Report
	case "interventions":
		var technician report.PersonID
		technician, on, found, err = tx.WorkOn(ctx, id)
		mine = technician == who.ID
	case "users":
		return own(report.PersonID(id) == who.ID)
	case "devices":
		dev, ok, readErr := tx.DeviceByID(ctx, id)
		if readErr != nil {
			return nil, readErr
		}
		return own(ok && dev.Person == who.ID)
	case "subscriptions":
		var sub store.Subscription
		if sub, found, err = tx.Subscription(ctx, id); err == nil && found {
			return own(sub.Person == who.ID)
		}
	default:
		return nil, fieldsync.ErrRecord
	}
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, d.gone(ctx, tx, who, coll, id, seen)
	}
	return d.rightsOn(ctx, tx, who, on, mine, seen)
}

func own(mine bool) ([]fieldsync.Right, error) {
	if !mine {
		return nil, fieldsync.ErrRecord
	}
	return []fieldsync.Right{fieldsync.RightSelf}, nil
}

// create makes a record a device made: a photo, or following a report. It is
// a plain insert: whoever has the id keeps it.
func (d *Desk) create(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change, call report.Call) (fieldsync.Outcome, error) {
	switch c.Coll {
	case "media":
		return d.declarePhoto(ctx, tx, who, c, call)
	case "subscriptions":
		return d.follows(ctx, tx, who, c)
	default:
		return fieldsync.Outcome{}, fieldsync.ErrField.In("c").With("%.40s", c.Coll)
	}
}

func (d *Desk) follows(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change) (fieldsync.Outcome, error) {
	v := store.Subscription{ID: c.ID, Person: who.ID}
	for name, s := range c.Set {
		switch name {
		case "report":
			if json.Unmarshal(s.To, &v.Report) != nil {
				return fieldsync.Outcome{}, fieldsync.ErrValue.In("set.report")
			}
		case "channels":
			v.Channels = s.To
		default:
			return fieldsync.Outcome{}, fieldsync.ErrField.In(fmt.Sprintf("set.%.40s", name))
		}
	}
	if len(v.Channels) > 4<<10 {
		return fieldsync.Outcome{}, fieldsync.ErrValue.In("set.channels")
	}
	if _, _, err := d.readable(ctx, tx, who, v.Report); err != nil {
		return fieldsync.Outcome{}, err
	}
	old, taken, err := tx.Subscription(ctx, v.ID)
	switch {
	case err != nil:
		return fieldsync.Outcome{}, err
	case taken && old.Person == who.ID && old.Report == v.Report:
		return fieldsync.Outcome{St: fieldsync.Noop}, nil
	case taken:
		return fieldsync.Outcome{}, fieldsync.ErrTaken.In("id")
	}
	if already, err := tx.Follows(ctx, v.Report, who.ID); err != nil || already {
		return fieldsync.Outcome{St: fieldsync.Noop}, err
	}
	return fieldsync.Outcome{St: fieldsync.Applied}, tx.InsertSubscription(ctx, v, d.now())
}

// remove deletes a record of the actor's own, unless somebody changed it since
// the actor looked.
func (d *Desk) remove(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change) (fieldsync.Outcome, error) {
	p, ok := fieldsync.PatchedOf(c.Coll)
	if !ok || !p.Own {
		return fieldsync.Outcome{}, fieldsync.ErrField.In("c").With("%.40s", c.Coll)
	}
	rights, err := d.rightsTo(ctx, tx, who, c.Coll, c.ID, c.Seen)
	if errors.Is(err, fieldsync.ErrDeleted) {
		return fieldsync.Outcome{St: fieldsync.Noop}, nil
	}
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if !slices.Contains(rights, fieldsync.RightSelf) {
		return fieldsync.Outcome{}, fieldsync.ErrRight
	}
	stands, _, err := tx.Patched(ctx, p, c.ID)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	for name, s := range stands {
		if s.Seq > c.Seen {
			return fieldsync.Outcome{}, fieldsync.ErrChanged.In(name)
		}
	}
	return fieldsync.Outcome{St: fieldsync.Applied}, tx.DeleteSubscription(ctx, c.ID)
}
