package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What a revert can be refused with.
var (
	ErrNotImported = fault.Define(fault.Conflict, "area.import_not_done",
		"Only an import that was put in force can be reverted.", "Si può annullare solo un'importazione già in vigore.")
	ErrWithdrawn = fault.Define(fault.Conflict, "area.import_withdrawn",
		"That import was taken back before its day, and nothing of it was kept: import the file again.",
		"Quell'importazione è stata ritirata prima del suo giorno e nulla ne è rimasto: importa di nuovo il file.")
	ErrChangedSince = fault.Define(fault.Conflict, "area.changed_since",
		"Areas of that import have changed since: revert the later change first.",
		"Alcune aree di quell'importazione sono cambiate in seguito: annulla prima la modifica più recente.")
)

// noteImport keeps what an import put in force and what it ended.
func (d *Desk) noteImport(ctx context.Context, tx *store.Store, imp AreaImport, plan areaPlan) error {
	changes, err := json.Marshal(plan.changes)
	if err != nil {
		return fmt.Errorf("encode the changes: %w", err)
	}
	now := d.now()
	if imp.id == "" {
		if !plan.changes.Any() {
			return nil
		}
		options, err := json.Marshal(imp.options)
		if err != nil {
			return fmt.Errorf("encode the options: %w", err)
		}
		imp.id = newID()
		err = tx.InsertAreaImport(ctx, store.AreaImport{
			ID: imp.id, State: store.ImportDone, Name: cutName(imp.Name), Options: options, Person: imp.Person, Changes: changes,
			Reverts: imp.reverts, CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
	} else {
		kept, err := tx.AreaImport(ctx, imp.id)
		if err != nil {
			return err
		}
		kept.State, kept.Changes, kept.Worker, kept.UpdatedAt = store.ImportDone, changes, "", now
		if ok, err := tx.UpdateAreaImport(ctx, kept, store.ImportCommitting); err != nil || !ok {
			return cmp.Or(err, fmt.Errorf("commit import %s: %w", imp.id, store.ErrNoImport))
		}
	}
	added := make([]geo.AreaID, 0, len(plan.inserts))
	for _, a := range plan.inserts {
		added = append(added, a.ID)
	}
	return tx.KeepImportRows(ctx, imp.id, added, plan.ended)
}

// An AreaVersion is one version of one area, without its geometry.
type AreaVersion struct {
	ID        string    `json:"id"`
	Kind      geo.Kind  `json:"kind"`
	Code      string    `json:"code"`
	Name      string    `json:"name"`
	ValidFrom time.Time `json:"validFrom,omitzero"` // absent: since always
	ValidTo   time.Time `json:"validTo,omitzero"`   // absent: no end
	AreaM2    float64   `json:"areaM2"`
	Source    string    `json:"source"`
	InForce   bool      `json:"inForce"`
	Planned   bool      `json:"planned"` // it has not begun
}

// AreaHistory returns the versions of areas, by kind, code and beginning; an
// empty kind or code is any. The error is ErrAreaOption for a kind that there is
// not.
func (d *Desk) AreaHistory(ctx context.Context, kind geo.Kind, code string) ([]AreaVersion, error) {
	if err := knownKind(kind); err != nil {
		return nil, fmt.Errorf("list the versions of areas: %w", err)
	}
	all, err := d.store.AreaVersions(ctx, kind, code)
	if err != nil {
		return nil, err
	}
	out := make([]AreaVersion, 0, len(all))
	for _, a := range all {
		out = append(out, AreaVersion{
			ID: string(a.ID), Kind: a.Kind, Code: a.Code, Name: a.Name, ValidFrom: a.ValidFrom, ValidTo: a.ValidTo,
			AreaM2: a.AreaM2, Source: string(a.Source), InForce: a.ValidAt(d.now()), Planned: a.ValidFrom.After(d.now()),
		})
	}
	return out, nil
}

// RevertAreas brings back what was in force before an import, from now on, as
// new versions: the import itself stays in the history, and reports of its days
// keep its areas. "last" is the last import that changed something. The errors
// are store.ErrNoImport, ErrNotImported and ErrChangedSince.
func (d *Desk) RevertAreas(ctx context.Context, person report.PersonID, id string, dryRun bool) (AreaChanges, error) {
	imp, err := d.revert(ctx, id)
	if err != nil {
		return AreaChanges{}, fmt.Errorf("revert import %s: %w", id, err)
	}
	imp.Person = person
	if !dryRun {
		return d.PutAreas(ctx, imp)
	}
	plan, err := d.planned(ctx, imp)
	plan.changes.DryRun = true
	return plan.changes, err
}

// revert is the import that undoes another.
func (d *Desk) revert(ctx context.Context, id string) (AreaImport, error) {
	was, err := d.importToRevert(ctx, id)
	if err != nil {
		return AreaImport{}, err
	}
	added, ended, err := d.store.ImportRows(ctx, was.ID)
	if err != nil {
		return AreaImport{}, err
	}
	if len(added)+len(ended) == 0 && was.Reverts != "" {
		return AreaImport{}, ErrWithdrawn
	}
	have, err := d.store.Areas(ctx)
	if err != nil {
		return AreaImport{}, err
	}
	out := AreaImport{Name: was.Name, reverts: was.ID}
	if later := laterThan(have, added, ended, d.now()); later != nil {
		out.planned, err = later, d.withdrawable(ctx, have, later)
		return out, err
	}
	out.Areas, out.ends, err = undo(have, added, ended)
	return out, err
}

// undo says what brings back the areas that an import ended, and which codes it
// added must end. What stands must still be what the import put there.
func undo(have []geo.Area, added, ended []geo.AreaID) (back []geo.Area, ends []areaName, err error) {
	current, put, later := map[areaName]geo.Area{}, map[areaName]bool{}, []string{}
	for _, a := range have {
		if a.ValidTo.IsZero() {
			current[areaName{a.Kind, a.Code}] = a
		}
	}
	returns := map[areaName]bool{}
	for _, a := range have {
		name := areaName{a.Kind, a.Code}
		switch {
		case slices.Contains(ended, a.ID):
			returns[name] = true
			a.ValidFrom, a.ValidTo = time.Time{}, time.Time{}
			back = append(back, a)
		case slices.Contains(added, a.ID):
			put[name] = true
			if now, ok := current[name]; !ok || !sameArea(now, a) {
				later = append(later, a.Code)
			}
		}
	}
	for name := range put {
		if !returns[name] {
			ends = append(ends, name)
		}
	}
	for name := range returns {
		if _, stands := current[name]; stands && !put[name] {
			later = append(later, name.code)
		}
	}
	if len(later) > 0 {
		return nil, nil, changedSince(later)
	}
	return back, ends, nil
}

// changedSince names the first areas that changed.
func changedSince(codes []string) error {
	const most = 10
	slices.Sort(codes)
	codes = slices.Compact(codes)
	if n := len(codes); n > most {
		return ErrChangedSince.WithIn("%s and %d more", "%s e altre %d", strings.Join(codes[:most], ", "), n-most)
	}
	return ErrChangedSince.With("%s", strings.Join(codes, ", "))
}

// mostReverted bounds how far "last" looks back.
const mostReverted = 1000

func (d *Desk) importToRevert(ctx context.Context, id string) (store.AreaImport, error) {
	if id == "last" {
		all, err := d.store.AreaImports(ctx, mostReverted, store.ImportDone)
		if err != nil {
			return store.AreaImport{}, err
		}
		reverted := map[string]bool{}
		for _, i := range all { // the newest first
			switch {
			case reverted[i.ID]: // what it reverted itself stands again
			case i.Reverts != "":
				reverted[i.Reverts] = true
			default:
				return i, nil
			}
		}
		return store.AreaImport{}, store.ErrNoImport
	}
	was, err := d.store.AreaImport(ctx, id)
	if err == nil && was.State != store.ImportDone {
		err = ErrNotImported.With("%s", was.State)
	}
	return was, err
}
