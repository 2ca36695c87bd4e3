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

	withdrawn []geo.AreaID // versions that have not begun, and never will
	reopened  []geo.AreaID // those that they were to follow

	stamp string     // of the areas before
	after []geo.Area // every version there would be
	index *geo.Index // of after

	edited *editedAreas // by hand; nil for an import
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
	if imp.withdraws() {
		plan.withdraw(imp)
	}
	versions := stand(have)
	for i, a := range settle(imp.Areas, have, plan.from) {
		if a.AreaM2 == 0 {
			a = a.Measure() // the columns of its box are how its neighbours find it
		}
		if err := plan.add(a, versions, imp.From); err != nil {
			return plan, fmt.Errorf("area %d: %w", i, in(err, fmt.Sprintf("features[%d]", i)))
		}
	}
	if err := plan.remove(imp, have); err != nil {
		return plan, err
	}
	plan.reparent(have)
	plan.after = plan.standing(have)
	plan.index, err = geo.NewIndex(plan.after)
	return plan, err
}

// ending returns what the areas are called whose version in force ends.
func (p *areaPlan) ending() map[areaName]bool {
	out := map[areaName]bool{}
	for kind, codes := range p.ends {
		for _, code := range codes {
			out[areaName{kind, code}] = true
		}
	}
	return out
}

// standing returns every version that there would be, and notes which end.
func (p *areaPlan) standing(have []geo.Area) []geo.Area {
	ends, gone, back := p.ending(), map[geo.AreaID]bool{}, map[geo.AreaID]bool{}
	for _, id := range p.withdrawn {
		gone[id] = true
	}
	for _, id := range p.reopened {
		back[id] = true
	}
	after := make([]geo.Area, 0, len(have)+len(p.inserts))
	for _, h := range have {
		switch {
		case gone[h.ID]:
			continue
		case back[h.ID]:
			h.ValidTo = time.Time{}
		case h.ValidTo.IsZero() && ends[areaName{h.Kind, h.Code}]:
			h.ValidTo = p.from
			p.ended = append(p.ended, h.ID)
		}
		after = append(after, h)
	}
	return append(after, p.inserts...)
}

// roundedM is how far a point may lie from where it is kept, in metres, before
// somebody moved it.
const roundedM = 0.01

// settle returns the areas of a file with the borders that they have in force,
// where they are those but for the rounding of numbers: a file that comes back
// from another program or projection would else change every area. What was
// redrawn in such a file keeps the points that it shares with those in force.
func settle(file, have []geo.Area, on time.Time) []geo.Area {
	kept := map[areaName]geo.Area{}
	for _, h := range have {
		if h.ValidAt(on) {
			kept[areaName{h.Kind, h.Code}] = h
		}
	}
	out := slices.Clone(file)
	var redrawn []geo.Area
	var where []int
	rounded := false
	for i, a := range file {
		h, ok := kept[areaName{a.Kind, a.Code}]
		switch {
		case ok && a.Geometry.Equal(h.Geometry):
		case ok && geo.SameButRounded(h.Geometry, a.Geometry, roundedM):
			out[i].Geometry, rounded = h.Geometry, true
			out[i] = out[i].Measure()
		default:
			redrawn, where = append(redrawn, a), append(where, i)
		}
	}
	if !rounded || len(redrawn) == 0 {
		return out
	}
	beside := slices.DeleteFunc(slices.Clone(have), func(h geo.Area) bool {
		return !h.ValidAt(on) || !slices.ContainsFunc(redrawn, func(a geo.Area) bool { return a.Kind == h.Kind })
	})
	seated := geo.Reseat(redrawn, beside, roundedM)
	for k, i := range where {
		out[i] = seated[k]
	}
	return out
}

// A standing is the versions that there are, by what they are called.
type standing struct {
	named map[areaName][]geo.Area
	ids   map[geo.AreaID]bool
}

func stand(have []geo.Area) standing {
	s := standing{map[areaName][]geo.Area{}, map[geo.AreaID]bool{}}
	for _, h := range have {
		name := areaName{h.Kind, h.Code}
		s.named[name] = append(s.named[name], h)
		s.ids[h.ID] = true
	}
	return s
}

// add puts one area of an import where it belongs.
func (p *areaPlan) add(a geo.Area, have standing, from time.Time) error {
	versions := have.named[areaName{a.Kind, a.Code}]
	current := slices.IndexFunc(versions, func(h geo.Area) bool { return h.ValidTo.IsZero() })
	if current < 0 {
		return p.addNew(a, have, from)
	}
	old := versions[current]
	planned := old.ValidFrom.After(p.from)
	if before := slices.IndexFunc(versions, func(h geo.Area) bool { return h.ValidAt(p.from) }); planned && before >= 0 && sameArea(versions[before], a) {
		p.changes.Unchanged = append(p.changes.Unchanged, a.Code) // until the version that is planned
		return nil
	}
	if !planned && sameArea(old, a) {
		p.changes.Unchanged = append(p.changes.Unchanged, a.Code)
		return nil
	}
	if !old.ValidFrom.Before(p.from) {
		return ErrAreaDay.With("%s, version from %s", a.Code, old.ValidFrom.Format(time.DateOnly))
	}
	a.ID, a.ValidFrom, a.Parent = geo.AreaID(newID()), p.from, cmp.Or(a.Parent, old.Parent)
	p.inserts = append(p.inserts, a)
	p.ends[a.Kind] = append(p.ends[a.Kind], a.Code)
	p.changes.Changed = append(p.changes.Changed, a.Code)
	return nil
}

// addNew adds an area that is not in force. One whose former versions have
// ended does not begin before their end.
func (p *areaPlan) addNew(a geo.Area, have standing, from time.Time) error {
	if a.ID = cmp.Or(a.ID, geo.SeedID(a.Kind, a.Code)); have.ids[a.ID] {
		a.ID = geo.AreaID(newID())
	}
	a.ValidFrom = from
	for _, h := range have.named[areaName{a.Kind, a.Code}] {
		a.ValidFrom, a.Parent = p.from, cmp.Or(a.Parent, h.Parent)
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

// reparent points areas at the version of their parent that is kept. An import
// names parents by the identifier they would have on an empty database, a revert
// by that of a version that may have ended.
func (p *areaPlan) reparent(have []geo.Area) {
	names, kept, ends := map[geo.AreaID]areaName{}, map[areaName]geo.AreaID{}, p.ending()
	for _, h := range have {
		name := areaName{h.Kind, h.Code}
		names[geo.SeedID(h.Kind, h.Code)], names[h.ID] = name, name
		if h.ValidTo.IsZero() && !ends[name] {
			kept[name] = h.ID
		}
	}
	for _, a := range p.inserts {
		name := areaName{a.Kind, a.Code}
		names[geo.SeedID(a.Kind, a.Code)], names[a.ID], kept[name] = name, name, a.ID
	}
	for i, a := range p.inserts {
		if a.Parent != "" {
			p.inserts[i].Parent = kept[names[a.Parent]]
		}
	}
}
