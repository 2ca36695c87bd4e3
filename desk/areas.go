package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// ErrAreaDay answers an import that begins on a day for which there is another
// version already, or before it.
var ErrAreaDay = fault.Define(fault.Conflict, "geo.version",
	"There is another version of the area from that day or later: choose a later day, or revert the import that brought it.",
	"Esiste già un'altra versione dell'area da quel giorno o successiva: scegli un giorno seguente, oppure annulla l'importazione che l'ha portata.")

// AreaChanges says what an import did, or would do.
type AreaChanges struct {
	Added     []string `json:"added"`     // codes that were not there
	Changed   []string `json:"changed"`   // codes with a new version; the old one ends where it begins
	Removed   []string `json:"removed"`   // codes that end, because the set that replaces theirs lacks them
	Unchanged []string `json:"unchanged"` // codes that are the same, but for less than a centimetre
	DryRun    bool     `json:"dryRun"`
}

// Any reports whether something changes at all.
func (c AreaChanges) Any() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) > 0 }

// An AreaImport is a set of areas to be put in force.
type AreaImport struct {
	Areas []geo.Area

	// From is where the new versions begin. Zero means "since always" for a
	// code that never was and "from now" for any other.
	From time.Time

	// Replace ends the areas in force that are not among Areas, of the kinds
	// that are.
	Replace bool

	Name   string          // of the file, for the history
	Person report.PersonID // who imports; System for the command line

	id      string      // of the import's record, when there is one
	reverts string      // the import that this one undoes
	ends    []areaName  // what ends beside what Replace ends
	planned *planned    // what is taken back before its day, and nothing else
	options AreaOptions // as they were given
}

// An areaName is what an area is called in whichever version.
type areaName struct {
	kind geo.Kind
	code string
}

// ImportAreas keeps areas, each as a version that begins at from. What is the
// same as the version in force, or differs by less than a centimetre, is left
// alone, so that importing twice changes nothing, whatever the projection; what differs ends the version in force, which goes on answering for
// reports of its days. A zero from means "since always" for a code that is new
// and "from now" for one that changes. Everything is kept, or nothing is: the
// errors are the faults of geo and ErrAreaDay. With dryRun nothing is kept.
func (d *Desk) ImportAreas(ctx context.Context, areas []geo.Area, from time.Time, dryRun bool) (AreaChanges, error) {
	imp := AreaImport{Areas: areas, From: from, Person: report.System}
	if !dryRun {
		return d.PutAreas(ctx, imp)
	}
	plan, err := d.planned(ctx, imp)
	plan.changes.DryRun = true
	return plan.changes, err
}

// PutAreas keeps the areas of an import, all of them or none, and notes what it
// put in force and what it ended, so that it can be reverted. An import that
// changes nothing leaves no note. The errors are those of ImportAreas.
func (d *Desk) PutAreas(ctx context.Context, imp AreaImport) (AreaChanges, error) {
	for range attempts {
		plan, err := d.planned(ctx, imp)
		if err != nil {
			return plan.changes, err
		}
		err = d.inTx(ctx, func(tx *store.Store) error { return d.putAreas(ctx, tx, imp, plan) })
		if !errors.Is(err, errAreasMoved) {
			return plan.changes, err
		}
	}
	return AreaChanges{}, fmt.Errorf("import areas: %w", store.ErrLocked)
}

// attempts is how often a plan is made anew because somebody else changed the
// areas while it was made: that takes seconds, and the one writer must not wait.
const attempts = 5

// putAreas does what a plan says, if the areas are still those it was made for.
func (d *Desk) putAreas(ctx context.Context, tx *store.Store, imp AreaImport, plan areaPlan) error {
	if stamp, err := tx.AreaStamp(ctx); err != nil || stamp != plan.stamp {
		return errors.Join(err, errAreasMoved)
	}
	err := tx.ChangeAreas(ctx, func() error {
		if err := tx.WithdrawAreas(ctx, plan.withdrawn, plan.reopened, d.now()); err != nil {
			return err
		}
		for kind, codes := range plan.ends {
			if _, err := tx.EndAreas(ctx, kind, codes, plan.from, d.now()); err != nil {
				return err
			}
		}
		for i, a := range plan.inserts {
			if err := tx.InsertArea(ctx, a, d.now()); err != nil {
				return err
			}
			if imp.id != "" {
				d.imports.tell(int64(i+1), int64(len(plan.inserts)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.noteImport(ctx, tx, imp, plan)
}

// planned says what an import would do, from one state of the database.
func (d *Desk) planned(ctx context.Context, imp AreaImport) (areaPlan, error) {
	var plan areaPlan
	if _, err := geo.NewIndex(imp.Areas); err != nil {
		return plan, err
	}
	err := d.store.Snapshot(ctx, func(view *store.Store) error {
		var err error
		plan, err = d.planAreas(ctx, view, imp)
		return err
	})
	return plan, err
}

// AreasInForce returns the areas that answer for today, with their geometry.
func (d *Desk) AreasInForce(ctx context.Context) ([]geo.Area, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return nil, err
	}
	var out []geo.Area
	for _, a := range r.index.Areas() {
		if a.ValidAt(d.now()) {
			out = append(out, a)
		}
	}
	return out, nil
}
