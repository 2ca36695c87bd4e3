package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store"
)

// What an edit of an area by hand can be refused with, beside the faults of
// geo.
var (
	// ErrAreaHeld answers the deletion of an area that somebody's role is
	// limited to.
	ErrAreaHeld = fault.Define(fault.Conflict, "area.held",
		"Somebody's role is limited to this area. End the area with a date, or change those roles first.",
		"C'è chi ha un ruolo limitato a quest'area. Chiudi l'area con una data, oppure cambia prima quei ruoli.")
	// ErrAreaUsed answers what would change the past: reports lie in the area.
	ErrAreaUsed = fault.Define(fault.Conflict, "area.used",
		"Reports lie in this version of the area, and what it was stays. End it with a date and add another.",
		"In questa versione dell'area ci sono segnalazioni, e com'era resta. Chiudila con una data e aggiungine un'altra.")
	// ErrAreaEnd answers an end in the past of an area in which reports lie.
	ErrAreaEnd = fault.Define(fault.Conflict, "area.end",
		"Reports lie in this version of the area: it can end now or later, not in the past.",
		"In questa versione dell'area ci sono segnalazioni: può finire da ora in poi, non nel passato.")
	// ErrSelector answers what is no selector.
	ErrSelector = fault.Define(fault.Invalid, "area.selector",
		`A selector is JSON such as {"siteTypes":["cs"]}, with siteTypes, objectTypes and orgs.`,
		`Un selettore è JSON come {"siteTypes":["cs"]}, con siteTypes, objectTypes e orgs.`)
	// ErrAreaDays answers a version of an area on days that another has.
	ErrAreaDays = fault.Define(fault.Conflict, "area.days",
		"There is another version of the area on some of those days: end that one first.",
		"In alcuni di quei giorni esiste già un'altra versione dell'area: chiudi prima quella.")
	// ErrAreaChecked answers an edit that was only to be checked. What it
	// would change is in its sentences: see SayEdit.
	ErrAreaChecked = fault.Define(fault.Invalid, "area.checked",
		"Nothing was saved: checkOnly is on.", "Non è stato salvato nulla: checkOnly è attivo.")
	// ErrNoArea answers for an area that is not there.
	ErrNoArea = fault.Define(fault.NotFound, "area.none", "There is no such area.", "Quest'area non esiste.")
)

// An AreaEdit is what an edit of one area by hand comes to.
type AreaEdit struct {
	// Was is the version that is edited as it was, nil for a new area.
	Was *geo.Area

	// Is holds the versions there are in its place, in order of time: one, or
	// two when the edit ends the version and begins another, or none when it is
	// taken away. The version that was edited keeps its identifier.
	Is []geo.Area
}

// Splits reports whether the edit begins a version of its own.
func (e AreaEdit) Splits() bool { return len(e.Is) == 2 }

// EditArea says what an edit by hand comes to: was is the version that is
// edited, nil for a new area; is what it was edited to; used whether a report
// may have been routed by was. What reports were routed by, a border, a selector
// or a priority, is not rewritten: the edit begins a version of its own at now,
// and was ends there.
// The errors are ErrAreaUsed, for what would change the past, and what
// geo.Area.Validate says of a version.
func EditArea(was *geo.Area, is geo.Area, used bool, now time.Time) (AreaEdit, error) {
	edit := AreaEdit{Was: was, Is: []geo.Area{is}}
	if err := is.Validate(); err != nil {
		return edit, err
	}
	if was != nil && used && !was.ValidFrom.After(now) {
		reroutes, renamed := was.Reroutes(is), was.Code != is.Code || was.Kind != is.Kind
		switch {
		case renamed:
			return edit, ErrAreaUsed.In("code")
		case !was.ValidFrom.Equal(is.ValidFrom):
			return edit, ErrAreaUsed.In("validFrom")
		case !was.ValidTo.Equal(is.ValidTo) && !is.ValidTo.IsZero() && is.ValidTo.Before(now):
			return edit, ErrAreaEnd.In("validTo")
		case reroutes && !was.ValidTo.IsZero() && was.Geometry.Equal(is.Geometry):
			return edit, ErrAreaUsed.In("selector")
		case reroutes && !was.ValidTo.IsZero():
			return edit, ErrAreaUsed.In("geometry")
		case reroutes:
			ended := *was
			ended.ValidTo, is.ID, is.ValidFrom = now, "", now
			edit.Is = []geo.Area{ended, is}
		}
	}
	return edit, edit.Is[len(edit.Is)-1].Validate()
}

// CheckAreaDays returns ErrAreaDays when another version of the area has some
// of the days of one that an edit leaves.
func CheckAreaDays(ctx context.Context, s *store.Store, edit AreaEdit) error {
	for _, a := range edit.Is {
		versions, err := s.AreaVersions(ctx, a.Kind, a.Code)
		if err != nil {
			return err
		}
		for _, o := range versions {
			edited := o.ID == a.ID || edit.Was != nil && o.ID == edit.Was.ID
			meets := (o.ValidTo.IsZero() || a.ValidFrom.Before(o.ValidTo)) && (a.ValidTo.IsZero() || o.ValidFrom.Before(a.ValidTo))
			if !edited && meets {
				return ErrAreaDays.In("validFrom").With("%s", a.Code)
			}
		}
	}
	return nil
}

// CheckAreaPlace returns geo.ErrSwapped when an area that was drawn anew lies
// nowhere near the others, and would with longitude and latitude swapped.
func CheckAreaPlace(ctx context.Context, s *store.Store, edit AreaEdit, now time.Time) error {
	if len(edit.Is) == 0 || edit.Was != nil && edit.Was.Geometry.Equal(edit.Is[len(edit.Is)-1].Geometry) {
		return nil
	}
	territory, ok, err := s.Territory(ctx, now)
	if err != nil || !ok {
		return err
	}
	is := edit.Is[len(edit.Is)-1].Bound
	swapped := orb.Bound{Min: orb.Point{is.Min[1], is.Min[0]}, Max: orb.Point{is.Max[1], is.Max[0]}}
	if swapped.Min[1] < -90 || swapped.Max[1] > 90 { // no latitudes
		return nil
	}
	if !is.Intersects(territory) && swapped.Intersects(territory) {
		return geo.ErrSwapped.In("geometry")
	}
	return nil
}

// ReadBorder reads the border of one area, a GeoJSON Polygon or MultiPolygon in
// WGS84, as an import would: decoded, checked and wound. The errors are the
// faults of geo, about the field geometry.
func ReadBorder(text string) (orb.MultiPolygon, error) {
	if strings.TrimSpace(text) == "" {
		text = "null"
	}
	if !json.Valid([]byte(text)) {
		return nil, geo.ErrNotJSON.In("geometry")
	}
	file := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":` + text + `}]}`
	found, err := geo.Decode(strings.NewReader(file), geo.Limits{Expect: geo.World()})
	if err != nil {
		return nil, inGeometry(err)
	}
	return found.Features[0].Geometry, nil
}

// inGeometry names the field of the area in place of the feature of a file.
func inGeometry(err error) error {
	if fault.Of(err).Kind == fault.Internal {
		return err
	}
	return fault.Of(err).In("geometry")
}

// ReadSelector reads the selector of an area. The error is
// ErrSelector.
func ReadSelector(text string) (geo.Selector, error) {
	var s geo.Selector
	if text == "" || text == "null" {
		return s, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&s) != nil {
		return s, ErrSelector.In("selector")
	}
	return s, nil
}

// An EditPreview says what an edit by hand would change, and what neighbours
// that stay as they are have of the territory it gains and loses.
type EditPreview struct {
	AreaPreview

	around []geo.Transfer
}

// PreviewEdit says what an edit by hand would change, as PreviewAreas does of an
// import: from now, or from the first moment after now at which it changes
// something. Nothing is kept. The errors are the faults of geo.
func (d *Desk) PreviewEdit(ctx context.Context, edit AreaEdit) (EditPreview, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return EditPreview{}, err
	}
	plan, err := planEdit(r, edit, d.now())
	if err != nil {
		return EditPreview{}, fmt.Errorf("preview the edit of an area: %w", err)
	}
	p, err := d.preview(ctx, plan, nil)
	return EditPreview{p, plan.around()}, err
}

// planEdit says what an edit does to the areas there are.
func planEdit(r *router, edit AreaEdit, now time.Time) (areaPlan, error) {
	is := slices.Clone(edit.Is)
	for i := range is {
		if is[i].ID == "" {
			is[i].ID = geo.AreaID(newID())
		}
	}
	plan := areaPlan{stamp: r.stamp, from: edit.begins(now)}
	var gone []geo.AreaID
	if edit.Was != nil {
		gone = append(gone, edit.Was.ID)
	}
	var err error
	if plan.index, err = r.index.With(is, gone...); err != nil {
		return plan, err
	}
	plan.after = plan.index.Areas()
	plan.edited = &editedAreas{is: on(is, plan.from)}
	if edit.Was != nil {
		plan.edited.was = on([]geo.Area{*edit.Was}, plan.from)
	}
	plan.changes = changesOf(plan.edited)
	return plan, nil
}

// editedAreas are what an edit by hand takes the place of, and what it puts
// there, on the day it begins to matter.
type editedAreas struct{ was, is []geo.Area }

// on returns the areas that are valid at a moment.
func on(areas []geo.Area, at time.Time) []geo.Area {
	return slices.DeleteFunc(slices.Clone(areas), func(a geo.Area) bool { return !a.ValidAt(at) })
}

// begins returns the first moment, from now on, at which the edit changes
// something; now when it changes nothing.
func (e AreaEdit) begins(now time.Time) time.Time {
	all := slices.Clone(e.Is)
	var was []geo.Area
	if e.Was != nil {
		was = []geo.Area{*e.Was}
		all = append(all, *e.Was)
	}
	moments := append([]time.Time{now}, slices.DeleteFunc(turnsOf(all), func(t time.Time) bool { return !t.After(now) })...)
	for _, at := range moments {
		if !slices.EqualFunc(on(was, at), on(e.Is, at), alike) {
			return at
		}
	}
	return now
}

// alike reports whether two versions say the same of the days they share.
func alike(old, fresh geo.Area) bool {
	return old.Kind == fresh.Kind && old.Code == fresh.Code && old.Parent == fresh.Parent && old.Source == fresh.Source &&
		old.Remark == fresh.Remark && sameArea(old, fresh)
}

// changesOf lists the codes of what an edit changes. An area that gets another
// code is one less and one more.
func changesOf(e *editedAreas) AreaChanges {
	c := AreaChanges{Added: []string{}, Changed: []string{}, Removed: []string{}, Unchanged: []string{}}
	same := func(a, b geo.Area) bool { return a.Kind == b.Kind && a.Code == b.Code }
	for _, a := range e.is {
		switch i := slices.IndexFunc(e.was, func(w geo.Area) bool { return same(w, a) }); {
		case i < 0:
			c.Added = append(c.Added, a.Code)
		case alike(e.was[i], a):
			c.Unchanged = append(c.Unchanged, a.Code)
		default:
			c.Changed = append(c.Changed, a.Code)
		}
	}
	for _, w := range e.was {
		if !slices.ContainsFunc(e.is, func(a geo.Area) bool { return same(w, a) }) {
			c.Removed = append(c.Removed, w.Code)
		}
	}
	return c
}
