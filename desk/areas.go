package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store"
)

// ErrAreaDay answers an import that begins on a day for which there is another
// version already, or before it.
var ErrAreaDay = fault.Define(fault.Conflict, "geo.version",
	"There is another version of the area from that day or later: choose a later day.",
	"Esiste già un'altra versione dell'area da quel giorno o successiva: scegli un giorno seguente.")

// AreaChanges says what an import did, or would do.
type AreaChanges struct {
	Added     []string `json:"added"`     // codes that were not there
	Changed   []string `json:"changed"`   // codes with a new version; the old one ends where it begins
	Unchanged []string `json:"unchanged"` // codes that are the same to the last bit
	DryRun    bool     `json:"dryRun"`
}

// ImportAreas keeps areas, each as a version that begins at from. What is the
// same as the version in force is left alone, so that importing twice changes
// nothing; what differs ends the version in force, which goes on answering for
// reports of its days. A zero from means "since always" for a code that is new
// and "from now" for one that changes. Everything is kept, or nothing is: the
// errors are the faults of geo and ErrAreaDay. With dryRun nothing is kept.
func (d *Desk) ImportAreas(ctx context.Context, areas []geo.Area, from time.Time, dryRun bool) (AreaChanges, error) {
	if _, err := geo.NewIndex(areas); err != nil {
		return AreaChanges{}, err
	}
	if dryRun {
		plan, err := d.planAreas(ctx, d.store, areas, from)
		plan.changes.DryRun = true
		return plan.changes, err
	}
	var plan areaPlan
	err := d.inTx(ctx, func(tx *store.Store) error {
		var err error
		if plan, err = d.planAreas(ctx, tx, areas, from); err != nil {
			return err
		}
		for kind, codes := range plan.ends {
			if _, err := tx.EndAreas(ctx, kind, codes, plan.from, d.now()); err != nil {
				return err
			}
		}
		for _, a := range plan.inserts {
			if err := tx.InsertArea(ctx, a, d.now()); err != nil {
				return err
			}
		}
		return nil
	})
	return plan.changes, err
}

// An areaPlan is what an import comes to.
type areaPlan struct {
	changes AreaChanges
	inserts []geo.Area
	ends    map[geo.Kind][]string
	from    time.Time // where changed versions begin
}

func (d *Desk) planAreas(ctx context.Context, s *store.Store, areas []geo.Area, from time.Time) (areaPlan, error) {
	have, err := s.Areas(ctx)
	if err != nil {
		return areaPlan{}, err
	}
	plan := areaPlan{
		changes: AreaChanges{Added: []string{}, Changed: []string{}, Unchanged: []string{}},
		ends:    map[geo.Kind][]string{}, from: from,
	}
	if from.IsZero() {
		plan.from = d.now()
	}
	for i, a := range areas {
		if err := plan.add(a, have, from); err != nil {
			return plan, fmt.Errorf("area %d: %w", i, in(err, fmt.Sprintf("features[%d]", i)))
		}
	}
	plan.reparent(have)
	all := slices.Concat(have, plan.inserts)
	for i, old := range all[:len(have)] {
		if slices.Contains(plan.ends[old.Kind], old.Code) && old.ValidTo.IsZero() {
			all[i].ValidTo = plan.from
		}
	}
	_, err = geo.NewIndex(all)
	return plan, err
}

// add puts one area of an import where it belongs.
func (p *areaPlan) add(a geo.Area, have []geo.Area, from time.Time) error {
	current := slices.IndexFunc(have, func(h geo.Area) bool {
		return h.Kind == a.Kind && h.Code == a.Code && h.ValidTo.IsZero()
	})
	if current < 0 {
		a.ID = cmp.Or(a.ID, geo.SeedID(a.Kind, a.Code))
		if slices.ContainsFunc(have, func(h geo.Area) bool { return h.ID == a.ID }) {
			a.ID = geo.AreaID(newID())
		}
		a.ValidFrom = from
		p.inserts = append(p.inserts, a)
		p.changes.Added = append(p.changes.Added, a.Code)
		return nil
	}
	old := have[current]
	if sameArea(old, a) {
		p.changes.Unchanged = append(p.changes.Unchanged, a.Code)
		return nil
	}
	if !old.ValidFrom.Before(p.from) {
		return ErrAreaDay.With("%s, version from %s", a.Code, old.ValidFrom.Format(time.DateOnly))
	}
	a.ID, a.ValidFrom = geo.AreaID(newID()), p.from
	p.inserts = append(p.inserts, a)
	p.ends[a.Kind] = append(p.ends[a.Kind], a.Code)
	p.changes.Changed = append(p.changes.Changed, a.Code)
	return nil
}

// sameArea reports whether a new area says what the one in force says.
func sameArea(old, fresh geo.Area) bool {
	fresh.ID, fresh.ValidFrom, fresh.ValidTo = old.ID, old.ValidFrom, old.ValidTo
	return geo.SetVersion([]geo.Area{old}) == geo.SetVersion([]geo.Area{fresh}) &&
		old.Name == fresh.Name && old.Priority == fresh.Priority && old.Remark == fresh.Remark
}

// reparent points areas at the version of their parent that is kept: an import
// names parents by the identifier they would have on an empty database.
func (p *areaPlan) reparent(have []geo.Area) {
	all := slices.Concat(have, p.inserts)
	for i, a := range p.inserts {
		if a.Parent == "" || slices.ContainsFunc(all, func(o geo.Area) bool { return o.ID == a.Parent && o.ValidTo.IsZero() }) {
			continue
		}
		p.inserts[i].Parent = ""
		for _, o := range all {
			if geo.SeedID(o.Kind, o.Code) == a.Parent && o.ValidTo.IsZero() {
				p.inserts[i].Parent = o.ID
			}
		}
	}
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
