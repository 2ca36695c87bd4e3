package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/sestante/sestante/geo"
)

// What is planned is an import whose day has not come: the versions that are to
// begin on it, and those that are to end.
type planned struct {
	begin, end []geo.Area
}

// laterThan returns what an import put there, when none of it has come about
// yet, and nil otherwise.
func laterThan(have []geo.Area, added, ended []geo.AreaID, now time.Time) *planned {
	p := &planned{}
	is := map[geo.AreaID]geo.Area{}
	for _, h := range have {
		is[h.ID] = h
	}
	for _, id := range added {
		if a, ok := is[id]; ok && a.ValidFrom.After(now) {
			p.begin = append(p.begin, a)
		} else if ok {
			return nil
		}
	}
	for _, id := range ended {
		if a, ok := is[id]; ok && a.ValidTo.After(now) {
			p.end = append(p.end, a)
		} else if ok {
			return nil
		}
	}
	if len(p.begin)+len(p.end) == 0 {
		return nil
	}
	return p
}

// withdrawable asks whether what is planned still stands as it was put there,
// and whether nothing holds on to it.
func (d *Desk) withdrawable(ctx context.Context, have []geo.Area, p *planned) error {
	goes := map[geo.AreaID]bool{}
	var later []string
	for _, a := range p.begin {
		goes[a.ID] = true
		if !a.ValidTo.IsZero() {
			later = append(later, a.Code)
		}
	}
	last := map[areaName]geo.Area{}
	for _, h := range have {
		if name := (areaName{h.Kind, h.Code}); !goes[h.ID] && (last[name].ID == "" || h.ValidFrom.After(last[name].ValidFrom)) {
			last[name] = h
		}
		if goes[h.Parent] && !goes[h.ID] {
			later = append(later, h.Code)
		}
	}
	for _, a := range p.end { // it may be without an end only if nothing else follows
		if last[areaName{a.Kind, a.Code}].ID != a.ID {
			later = append(later, a.Code)
		}
	}
	if len(later) > 0 {
		return changedSince(later)
	}
	for _, a := range p.begin {
		held, err := d.store.AreaHeld(ctx, string(a.ID))
		if err != nil {
			return err
		}
		if held {
			return fmt.Errorf("withdraw %s: %w", a.Code, ErrAreaHeld)
		}
	}
	return nil
}

// withdraws reports whether an import takes back a planned one.
func (imp AreaImport) withdraws() bool { return imp.planned != nil }

// withdraw notes what is taken back: what was to change stays as it is, what was
// to come does not, and what was to end goes on.
func (p *areaPlan) withdraw(imp AreaImport) {
	ends := map[areaName]bool{}
	for _, a := range imp.planned.end {
		p.reopened = append(p.reopened, a.ID)
		ends[areaName{a.Kind, a.Code}] = true
	}
	for _, a := range imp.planned.begin {
		p.withdrawn = append(p.withdrawn, a.ID)
		if name := (areaName{a.Kind, a.Code}); ends[name] {
			delete(ends, name)
			p.changes.Changed = append(p.changes.Changed, a.Code)
		} else {
			p.changes.Removed = append(p.changes.Removed, a.Code)
		}
	}
	for _, a := range imp.planned.end {
		if ends[areaName{a.Kind, a.Code}] {
			p.changes.Added = append(p.changes.Added, a.Code)
		}
	}
}
