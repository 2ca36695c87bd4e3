package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// What somebody did on a record before they knew that it was no longer theirs,
// or no longer there.

// rightsOn lists what the actor may change of a report and of what hangs on
// it. Mine says that the work is theirs. What they did while the report was
// theirs, and before they knew that it had left, counts: words and work, but no
// decision about what is somebody else's now.
func (d *Desk) rightsOn(ctx context.Context, tx *store.Store, who report.Actor, id report.ID, mine bool, seen int64) ([]fieldsync.Right, error) {
	r, err := tx.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	rights, known := rightsAt(who, r, mine)
	if seen <= 0 {
		return rights, known
	}
	then, ok, err := tx.ReportAt(ctx, id, seen)
	if err != nil || !ok {
		return rights, errors.Join(err, known)
	}
	former, knew := rightsAt(who, then, mine)
	for _, right := range former {
		if right != fieldsync.RightStaff {
			rights = append(rights, right)
		}
	}
	if known != nil && knew != nil {
		return nil, known
	}
	return rights, nil
}

// rightsAt lists what the actor may change of a report that stands like that.
// The error is report.ErrNone when they may not even know of it.
func rightsAt(who report.Actor, r report.Report, mine bool) ([]fieldsync.Right, error) {
	audience, ok := report.MayRead(who, r)
	if !ok {
		return nil, fmt.Errorf("read report %s: %w", r.ID, report.ErrNone)
	}
	may := func(a report.Action) bool {
		_, err := report.May(who, a, r)
		return err == nil
	}
	var out []fieldsync.Right
	writes := may(report.Comment) // auditors read everything and write nothing
	if writes {
		out = append(out, fieldsync.RightNote)
	}
	staff := audience == report.AudienceStaff && writes
	if staff || r.Reporter == who.ID && who.ID != "" {
		out = append(out, fieldsync.RightContact)
	}
	if staff && may(report.Recategorise) {
		out = append(out, fieldsync.RightStaff)
	}
	crew := audience == report.AudienceField || audience == report.AudienceStaff
	if mine && crew || may(report.WorkRecorded) {
		out = append(out, fieldsync.RightWork)
	}
	return out, nil
}

// gone says how a change of a record ends that is not there: it waits for an
// operator when the record was deleted under its author's hands and can be put
// back.
func (d *Desk) gone(ctx context.Context, tx *store.Store, who report.Actor, coll, id string, seen int64) error {
	at, deleted, err := tx.DeletedAt(ctx, coll, id)
	if err != nil {
		return err
	}
	if !deleted {
		return fieldsync.ErrRecord
	}
	kept, err := tx.HasTomb(ctx, coll, id)
	if err != nil || !kept {
		return either(err, fieldsync.ErrDeleted)
	}
	if seen <= 0 || seen >= at { // of another epoch, or nothing said: as it was last
		seen = at - 1
	}
	had, err := tx.HadRecord(ctx, who.ID, coll, id, seen, false)
	if err != nil || !had {
		return either(err, fieldsync.ErrDeleted)
	}
	return fieldsync.ErrTargetDeleted.In("id")
}

// lost turns a refusal into a wait for an operator when the actor held the
// record at the number they saw, through a role that ended since: what they did
// in good faith is not thrown away, and not taken on their word either, because
// only they say when it was.
func (d *Desk) lost(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change, refusal error) error {
	if c.Seen <= 0 {
		return refusal
	}
	for _, foreign := range []error{report.ErrNone, report.ErrRole, fieldsync.ErrRight, fieldsync.ErrRecord} {
		if !errors.Is(refusal, foreign) {
			continue
		}
		coll, id := c.Target()
		had, err := tx.HadRecord(ctx, who.ID, coll, id, c.Seen, true)
		if err != nil {
			return err
		}
		if had {
			return fieldsync.ErrScopeLost.In("id")
		}
	}
	return refusal
}
