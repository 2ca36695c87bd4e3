package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/paulmach/orb/geojson"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/apierr"
	"github.com/sestante/sestante/store"
)

// keepHeldArea refuses to delete an area that a role names: PocketBase would
// take it out of the role, and a role of the control room without areas is one
// for the whole territory. Nor does one go in which reports lie.
func (h *hooks) keepHeldArea(e *core.RecordEvent) error {
	held, used, err := store.New(e.App).AreaNeeded(e.Context, e.Record.Id, h.now())
	if err != nil {
		return err
	}
	if held {
		return h.refuseArea(e, desk.ErrAreaHeld)
	}
	if used {
		return h.refuseArea(e, desk.ErrAreaUsed)
	}
	return e.Next()
}

func (h *hooks) refuseArea(e *core.RecordEvent, err error) error {
	return apierr.From(fmt.Errorf("write area %s: %w", e.Record.Id, err), h.cfg.Language)
}

// checkArea refuses a new area that would answer wrongly, and fills in what
// follows from its border.
func (h *hooks) checkArea(e *core.RecordEvent) error {
	is, err := areaOf(e.Record)
	if err != nil {
		return h.refuseArea(e, err)
	}
	edit, err := desk.EditArea(nil, is, false, h.now())
	if err != nil {
		return h.refuseArea(e, err)
	}
	if known, ok := e.Context.Value(findingsKey{}).(func() any); ok {
		return h.keepArea(e, edit, known) // the new version of an edit
	}
	return h.keepArea(e, edit, func() any { return h.findings(e, edit) })
}

// editArea does for an edit what checkArea does for a new area. A border that
// reports were routed by is not rewritten: the edit becomes a new version that
// begins now, and the record that was edited ends there.
func (h *hooks) editArea(e *core.RecordEvent) error {
	is, err := areaOf(e.Record)
	if err != nil {
		return h.refuseArea(e, err)
	}
	was := formerly(e.Record.Original())
	if formerly(e.Record).Geometry.Equal(was.Geometry) {
		is.Geometry = was.Geometry // however a reader would wind it today
	}
	redrawn := !was.Geometry.Equal(is.Geometry)
	used := false
	if was.Reroutes(is) || was.Code != is.Code || was.Kind != is.Kind || !was.ValidFrom.Equal(is.ValidFrom) || !was.ValidTo.Equal(is.ValidTo) {
		if _, used, err = store.New(e.App).AreaNeeded(e.Context, e.Record.Id, h.now()); err != nil {
			return err
		}
	}
	edit, err := desk.EditArea(&was, is, used, h.now())
	if err != nil {
		return h.refuseArea(e, err)
	}
	return h.keepArea(e, edit, func() any {
		if !redrawn && was.Kind == is.Kind {
			return e.Record.Original().Get(findingsField)
		}
		return h.findings(e, edit)
	})
}

// keepArea keeps what an edit comes to, with the findings about it; or only
// says what it would change, for whoever asked for that.
func (h *hooks) keepArea(e *core.RecordEvent, edit desk.AreaEdit, findings func() any) error {
	s := store.New(e.App)
	if err := desk.CheckAreaDays(e.Context, s, edit); err != nil {
		return h.refuseArea(e, err)
	}
	if err := desk.CheckAreaPlace(e.Context, s, edit, h.now()); err != nil {
		return h.refuseArea(e, err)
	}
	if e.Record.GetBool(checkField) {
		return h.showArea(e, edit)
	}
	if edit.Splits() {
		return h.newVersion(e, edit, findings())
	}
	if err := setBorder(e.Record, edit.Is[0]); err != nil {
		return err
	}
	e.Record.Set(findingsField, findings())
	return e.Next()
}

// newVersion keeps the edited values as a version that begins at now, and ends
// the record that was edited. Whoever edited it has this one open: the findings
// stand there too, and say which version they are about.
func (h *hooks) newVersion(e *core.RecordEvent, edit desk.AreaEdit, findings any) error {
	outside := e.App
	defer func() { e.App = outside }()
	return outside.RunInTransaction(func(tx core.App) error {
		e.App = tx
		fresh := core.NewRecord(e.Record.Collection())
		old := e.Record.Original()
		begins, err := types.ParseDateTime(edit.Is[1].ValidFrom)
		if err != nil {
			return err
		}
		for _, f := range e.Record.Collection().Fields {
			if _, auto := f.(*core.AutodateField); auto || f.GetName() == core.FieldNameId {
				continue
			}
			fresh.Set(f.GetName(), e.Record.Get(f.GetName()))
			e.Record.Set(f.GetName(), old.Get(f.GetName()))
		}
		fresh.Id = desk.NewID()
		fresh.Set("validFrom", begins)
		e.Record.Set("validTo", begins)
		if found, ok := findings.(*desk.AreaFindings); ok {
			about := *found
			about.Version = geo.AreaID(fresh.Id)
			e.Record.Set(findingsField, about)
		}
		if err := e.Next(); err != nil {
			return err
		}
		// They were found before the transaction began: nobody waits for that.
		known := context.WithValue(e.Context, findingsKey{}, func() any { return findings })
		return tx.SaveWithContext(known, fresh)
	})
}

// setBorder keeps a border as an import would, and sets the columns that follow
// from it.
func setBorder(r *core.Record, a geo.Area) error {
	geometry, err := json.Marshal(geojson.NewGeometry(a.Geometry))
	if err != nil {
		return fmt.Errorf("encode the border: %w", err)
	}
	if !sameJSON(string(geometry), r.GetString("geometry")) {
		r.Set("geometry", json.RawMessage(geometry))
	}
	r.Set("code", a.Code)
	r.Set("name", a.Name)
	for name, v := range map[string]float64{
		"minLon": a.Bound.Min.Lon(), "minLat": a.Bound.Min.Lat(), "maxLon": a.Bound.Max.Lon(), "maxLat": a.Bound.Max.Lat(), "areaM2": a.AreaM2,
	} {
		r.Set(name, v)
	}
	return nil
}

// areaOf reads an area from a record: its border is decoded and checked like
// that of a file, and wound like one.
func areaOf(r *core.Record) (geo.Area, error) {
	a := labelsOf(r)
	var err error
	if a.Selector, err = desk.ReadSelector(r.GetString("selector")); err != nil {
		return a, err
	}
	if a.Geometry, err = desk.ReadBorder(r.GetString("geometry")); err != nil {
		return a, err
	}
	return a.Measure(), nil
}

// formerly reads an area as it was kept, and checks nothing. What cannot be read
// of it is left out: then everything about it is new.
func formerly(r *core.Record) geo.Area {
	a := labelsOf(r)
	if s, err := desk.ReadSelector(r.GetString("selector")); err == nil {
		a.Selector = s
	}
	if g, err := geo.ParseGeometry([]byte(r.GetString("geometry"))); err == nil {
		a.Geometry = g
	}
	return a.Measure()
}

func labelsOf(r *core.Record) geo.Area {
	return geo.Area{
		ID: geo.AreaID(r.Id), Code: strings.TrimSpace(r.GetString("code")), Name: strings.TrimSpace(r.GetString("name")), Kind: geo.Kind(r.GetString("kind")),
		Parent: geo.AreaID(r.GetString("parent")), Priority: r.GetInt("priority"), Remark: r.GetString("remark"),
		ValidFrom: r.GetDateTime("validFrom").Time(), ValidTo: r.GetDateTime("validTo").Time(), Source: geo.Source(r.GetString("source")),
	}
}

// sameJSON reports whether two texts are the same JSON, white space aside.
func sameJSON(a, b string) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, []byte(a)) != nil || json.Compact(&y, []byte(b)) != nil {
		return a == b
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// ours returns the fault in a refusal, when it is one of ours.
func ours(cause error) bool {
	_, ok := errors.AsType[*fault.Error](cause)
	return ok
}
