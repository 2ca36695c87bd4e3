package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// An AreaDraft is what somebody means to do to one area. With an id it is about
// that version; without, about the area of that kind and code, the version in
// force if there is one and else a new area. What is absent stays as it is.
type AreaDraft struct {
	ID        geo.AreaID      `json:"id,omitempty"`
	Remove    bool            `json:"remove,omitempty"` // it ends now, or never begins
	Kind      geo.Kind        `json:"kind,omitempty"`
	Code      string          `json:"code,omitempty"`
	Name      string          `json:"name,omitempty"`     // of a new area: the code when absent
	Geometry  json.RawMessage `json:"geometry,omitempty"` // GeoJSON Polygon or MultiPolygon, WGS84
	Priority  *int            `json:"priority,omitempty"`
	Selector  json.RawMessage `json:"selector,omitempty"`
	ValidFrom *time.Time      `json:"validFrom,omitempty"` // of the version there would be
	ValidTo   *time.Time      `json:"validTo,omitempty"`
}

// PreviewDraft says what a draft would change, and keeps nothing: the same as
// the dashboard says of the same edit, and as the preview of an import with that
// one area. read brings the draft; it is not asked when who may not change the
// territory. The errors are ErrSignIn, ErrNothing for whoever may not,
// ErrNoArea, ErrAreaOption, ErrAreaUsed, ErrAreaDays, ErrAreaDay, the faults of
// geo about the field, and those of read.
func (d *Desk) PreviewDraft(ctx context.Context, who report.Actor, read func() (AreaDraft, error)) (AreaPreview, error) {
	if err := tends(who); err != nil {
		return AreaPreview{}, err
	}
	draft, err := read()
	if err != nil {
		return AreaPreview{}, err
	}
	edit, err := d.draftEdit(ctx, draft)
	if err == nil {
		err = CheckAreaDays(ctx, d.store, edit)
	}
	if err == nil {
		err = CheckAreaPlace(ctx, d.store, edit, d.now())
	}
	if err != nil {
		return AreaPreview{}, fmt.Errorf("preview a draft of an area: %w", err)
	}
	p, err := d.PreviewEdit(ctx, edit)
	return p.AreaPreview, err
}

// draftEdit says what a draft comes to.
func (d *Desk) draftEdit(ctx context.Context, draft AreaDraft) (AreaEdit, error) {
	was, err := d.drafted(ctx, draft)
	if err != nil {
		return AreaEdit{}, err
	}
	if draft.Remove {
		return d.removal(was, draft)
	}
	is, err := draft.over(was)
	if err != nil {
		return AreaEdit{}, err
	}
	now := d.now()
	if was == nil {
		former, err := d.store.AreaVersions(ctx, is.Kind, is.Code)
		if err != nil {
			return AreaEdit{}, err
		}
		if draft.ValidFrom == nil && len(former) > 0 {
			is.ValidFrom = now // as an import would
		}
		return EditArea(nil, is, false, now)
	}
	if begins := draft.ValidFrom; begins != nil && draft.ID == "" {
		if !was.ValidTo.IsZero() { // it ends by itself, and this is another
			is.ID, is.ValidFrom, is.ValidTo = "", *begins, time.Time{}
			if draft.ValidTo != nil {
				is.ValidTo = *draft.ValidTo
			}
			return EditArea(nil, is, false, now)
		}
		return laterVersion(*was, is, *begins)
	}
	_, used, err := d.store.AreaNeeded(ctx, string(was.ID), now)
	if err != nil {
		return AreaEdit{}, err
	}
	return EditArea(was, is, used, now)
}

// drafted returns the version that a draft is about, nil for a new area.
func (d *Desk) drafted(ctx context.Context, draft AreaDraft) (*geo.Area, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return nil, err
	}
	if draft.ID != "" {
		a, ok := r.index.ByID(draft.ID)
		if !ok {
			return nil, ErrNoArea.In("id")
		}
		return &a, nil
	}
	switch {
	case !slices.Contains(geo.Kinds(), draft.Kind):
		return nil, ErrAreaOption.In("kind").With("%s", oneOfKinds())
	case draft.Code == "":
		return nil, ErrAreaOption.In("code")
	}
	for _, at := range []time.Time{d.now(), {}} { // the one in force, or what is to come
		if a, ok := r.index.ByCode(draft.Kind, draft.Code, at); ok {
			return &a, nil
		}
	}
	return nil, nil // there is none, and that is no failure
}

// removal is the end of a version: now, or before it began.
func (d *Desk) removal(was *geo.Area, draft AreaDraft) (AreaEdit, error) {
	if was == nil {
		return AreaEdit{}, ErrNoArea.In("code")
	}
	if len(draft.Geometry) > 0 || draft.ValidFrom != nil || draft.ValidTo != nil {
		return AreaEdit{}, ErrAreaOption.In("remove").With("geometry, validFrom, validTo")
	}
	now := d.now()
	edit := AreaEdit{Was: was}
	if was.ValidFrom.Before(now) {
		ended := *was
		if ended.ValidTo.IsZero() || ended.ValidTo.After(now) {
			ended.ValidTo = now
		}
		edit.Is = []geo.Area{ended}
	}
	return edit, nil
}

// over lays a draft over the version it is about.
func (draft AreaDraft) over(was *geo.Area) (geo.Area, error) {
	a := geo.Area{Kind: draft.Kind, Code: draft.Code, Name: draft.Code, Source: geo.FromAdmin}
	if was != nil {
		a = *was
		a.Kind, a.Code = cmp.Or(draft.Kind, a.Kind), cmp.Or(draft.Code, a.Code)
	}
	a.Name = cmp.Or(draft.Name, a.Name)
	if draft.Priority != nil {
		a.Priority = *draft.Priority
	}
	if draft.ValidFrom != nil {
		a.ValidFrom = *draft.ValidFrom
	}
	if draft.ValidTo != nil {
		a.ValidTo = *draft.ValidTo
	}
	if len(draft.Selector) > 0 {
		var err error
		if a.Selector, err = ReadSelector(string(draft.Selector)); err != nil {
			return a, err
		}
	}
	if was != nil && len(draft.Geometry) == 0 {
		return a, nil
	}
	var err error
	if a.Geometry, err = ReadBorder(string(draft.Geometry)); err != nil {
		return a, err
	}
	return a.Measure(), nil
}

// laterVersion is a version that begins on a day that was chosen, as one that is
// imported does.
func laterVersion(was, is geo.Area, begins time.Time) (AreaEdit, error) {
	if !was.ValidFrom.Before(begins) {
		return AreaEdit{}, ErrAreaDay.In("validFrom").With("%s, %s", was.Code, was.ValidFrom.Format(time.DateOnly))
	}
	ended := was
	ended.ValidTo, is.ID = begins, ""
	return AreaEdit{Was: &was, Is: []geo.Area{ended, is}}, is.Validate()
}
