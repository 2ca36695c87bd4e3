package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store"
)

// An areaPlan is what an import comes to.
type areaPlan struct {
	changes AreaChanges
	inserts []geo.Area
	ends    map[geo.Kind][]string
	ended   []geo.AreaID // the versions that end
	from    time.Time    // where changed versions begin

	stamp string     // of the areas before
	after []geo.Area // every version there would be
	index *geo.Index // of after
}

// planAreas says what an import does to the areas there are.
func (d *Desk) planAreas(ctx context.Context, s *store.Store, imp AreaImport) (areaPlan, error) {
	plan := areaPlan{
		changes: AreaChanges{Added: []string{}, Changed: []string{}, Removed: []string{}, Unchanged: []string{}},
		ends:    map[geo.Kind][]string{}, from: imp.From,
	}
	if imp.From.IsZero() {
		plan.from = d.now()
	}
	have, err := s.Areas(ctx)
	if err != nil {
		return plan, err
	}
	if plan.stamp, err = s.AreaStamp(ctx); err != nil {
		return plan, err
	}
	for i, a := range imp.Areas {
		if err := plan.add(a, have, imp.From); err != nil {
			return plan, fmt.Errorf("area %d: %w", i, in(err, fmt.Sprintf("features[%d]", i)))
		}
	}
	if err := plan.remove(imp, have); err != nil {
		return plan, err
	}
	plan.reparent(have)
	plan.after = slices.Concat(have, plan.inserts)
	for i, old := range have {
		if old.ValidTo.IsZero() && slices.Contains(plan.ends[old.Kind], old.Code) {
			plan.after[i].ValidTo = plan.from
			plan.ended = append(plan.ended, old.ID)
		}
	}
	plan.index, err = geo.NewIndex(plan.after)
	return plan, err
}

// add puts one area of an import where it belongs.
func (p *areaPlan) add(a geo.Area, have []geo.Area, from time.Time) error {
	same := func(h geo.Area) bool { return h.Kind == a.Kind && h.Code == a.Code }
	current := slices.IndexFunc(have, func(h geo.Area) bool { return same(h) && h.ValidTo.IsZero() })
	if current < 0 {
		return p.addNew(a, slices.DeleteFunc(slices.Clone(have), func(h geo.Area) bool { return !same(h) && h.ID != cmp.Or(a.ID, geo.SeedID(a.Kind, a.Code)) }), from)
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

// addNew adds an area that is not in force. One whose former versions have
// ended, which before holds, does not begin before their end.
func (p *areaPlan) addNew(a geo.Area, before []geo.Area, from time.Time) error {
	a.ID = cmp.Or(a.ID, geo.SeedID(a.Kind, a.Code))
	a.ValidFrom = from
	for _, h := range before {
		if h.ID == a.ID {
			a.ID = geo.AreaID(newID())
		}
	}
	for _, h := range before {
		if h.Kind != a.Kind || h.Code != a.Code {
			continue
		}
		a.ValidFrom = p.from
		if h.ValidTo.After(p.from) {
			return ErrAreaDay.With("%s, version to %s", a.Code, h.ValidTo.Format(time.DateOnly))
		}
	}
	p.inserts = append(p.inserts, a)
	p.changes.Added = append(p.changes.Added, a.Code)
	return nil
}

// remove ends what the import ends without putting anything in its place.
func (p *areaPlan) remove(imp AreaImport, have []geo.Area) error {
	kinds, listed := map[geo.Kind]bool{}, map[areaName]bool{}
	for _, a := range imp.Areas {
		kinds[a.Kind] = true
		listed[areaName{a.Kind, a.Code}] = true
	}
	for _, h := range have {
		name := areaName{h.Kind, h.Code}
		goes := imp.Replace && kinds[h.Kind] || slices.Contains(imp.ends, name)
		if !goes || listed[name] || !h.ValidTo.IsZero() {
			continue
		}
		if !h.ValidFrom.Before(p.from) {
			return ErrAreaDay.In(h.Code).With("version from %s", h.ValidFrom.Format(time.DateOnly))
		}
		p.ends[h.Kind] = append(p.ends[h.Kind], h.Code)
		p.changes.Removed = append(p.changes.Removed, h.Code)
	}
	return nil
}

// sameArea reports whether a new area says what the one in force says. A file
// rarely repeats what was remarked of an area: then the remark is no difference.
func sameArea(old, fresh geo.Area) bool {
	fresh.ID, fresh.ValidFrom, fresh.ValidTo = old.ID, old.ValidFrom, old.ValidTo
	return geo.SetVersion([]geo.Area{old}) == geo.SetVersion([]geo.Area{fresh}) &&
		old.Name == fresh.Name && old.Priority == fresh.Priority && (fresh.Remark == "" || old.Remark == fresh.Remark)
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
