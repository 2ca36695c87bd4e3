package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb/geojson"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/apierr"
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
	// ErrAreaDays answers a version of an area on days that another has.
	ErrAreaDays = fault.Define(fault.Conflict, "area.days",
		"There is another version of the area on some of those days: end that one first.",
		"In alcuni di quei giorni esiste già un'altra versione dell'area: chiudi prima quella.")
)

// keepHeldArea refuses to delete an area that a role names: PocketBase would
// take it out of the role, and a role of the control room without areas is one
// for the whole territory. Nor does one go in which reports lie.
func (h *hooks) keepHeldArea(e *core.RecordEvent) error {
	s := store.New(e.App)
	held, err := s.AreaHeld(e.Context, e.Record.Id)
	if err != nil {
		return err
	}
	if held {
		return h.refuseArea(e, ErrAreaHeld)
	}
	used, err := s.AreaUsed(e.Context, e.Record.Id)
	if err != nil {
		return err
	}
	if used {
		return h.refuseArea(e, ErrAreaUsed)
	}
	return e.Next()
}

func (h *hooks) refuseArea(e *core.RecordEvent, err error) error {
	return apierr.From(fmt.Errorf("write area %s: %w", e.Record.Id, err), h.cfg.Language)
}

// checkArea refuses a new area that would answer wrongly, and fills in what
// follows from its border.
func (h *hooks) checkArea(e *core.RecordEvent) error {
	if err := settleArea(e); err != nil {
		return h.refuseArea(e, err)
	}
	return e.Next()
}

// editArea does for an edit what checkArea does for a new area. A border that
// reports were routed by is not rewritten: the edit becomes a new version that
// begins now, and the record that was edited ends there.
func (h *hooks) editArea(e *core.RecordEvent) error {
	old := e.Record.Original()
	redrawn, renamed := false, old.GetString("code") != e.Record.GetString("code") || old.GetString("kind") != e.Record.GetString("kind")
	if !sameJSON(old.GetString("geometry"), e.Record.GetString("geometry")) {
		redrawn = true
	}
	if !redrawn && !renamed {
		return h.checkArea(e)
	}
	used, err := store.New(e.App).AreaUsed(e.Context, e.Record.Id)
	if err != nil {
		return err
	}
	now := h.now()
	began, ends := old.GetDateTime("validFrom").Time(), old.GetDateTime("validTo").Time()
	switch {
	case !used || began.After(now):
		return h.checkArea(e)
	case renamed:
		return h.refuseArea(e, ErrAreaUsed.In("code"))
	case !ends.IsZero():
		return h.refuseArea(e, ErrAreaUsed.In("geometry"))
	default:
		return h.newVersion(e, now)
	}
}

// newVersion keeps the edited values as a version that begins at now, and ends
// the record that was edited.
func (h *hooks) newVersion(e *core.RecordEvent, now time.Time) error {
	outside := e.App
	defer func() { e.App = outside }()
	return outside.RunInTransaction(func(tx core.App) error {
		e.App = tx
		fresh := core.NewRecord(e.Record.Collection())
		old := e.Record.Original()
		begins, err := types.ParseDateTime(now)
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
		fresh.Set("validFrom", begins)
		e.Record.Set("validTo", begins)
		if err := e.Next(); err != nil {
			return err
		}
		return tx.SaveWithContext(e.Context, fresh)
	})
}

// settleArea checks an area as an import would, and sets the columns that
// follow from its border.
func settleArea(e *core.RecordEvent) error {
	a, err := areaOf(e.Record)
	if err != nil {
		return err
	}
	geometry, err := json.Marshal(geojson.NewGeometry(a.Geometry))
	if err != nil {
		return fmt.Errorf("encode the border: %w", err)
	}
	if !sameJSON(string(geometry), e.Record.GetString("geometry")) {
		e.Record.Set("geometry", json.RawMessage(geometry))
	}
	for name, v := range map[string]float64{
		"minLon": a.Bound.Min.Lon(), "minLat": a.Bound.Min.Lat(), "maxLon": a.Bound.Max.Lon(), "maxLat": a.Bound.Max.Lat(), "areaM2": a.AreaM2,
	} {
		e.Record.Set(name, v)
	}
	versions, err := store.New(e.App).AreaVersions(e.Context, a.Kind, a.Code)
	if err != nil {
		return err
	}
	for _, o := range versions {
		meets := (o.ValidTo.IsZero() || a.ValidFrom.Before(o.ValidTo)) && (a.ValidTo.IsZero() || o.ValidFrom.Before(a.ValidTo))
		if string(o.ID) != e.Record.Id && meets {
			return ErrAreaDays.In("validFrom").With("%s", a.Code)
		}
	}
	return nil
}

// areaOf reads an area from a record: its border is decoded and checked like
// that of a file, and wound like one.
func areaOf(r *core.Record) (geo.Area, error) {
	a := geo.Area{
		ID: geo.AreaID(r.Id), Code: r.GetString("code"), Name: r.GetString("name"), Kind: geo.Kind(r.GetString("kind")),
		ValidFrom: r.GetDateTime("validFrom").Time(), ValidTo: r.GetDateTime("validTo").Time(), Source: geo.Source(r.GetString("source")),
	}
	if text := r.GetString("selector"); text != "" && text != "null" {
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if d.Decode(&a.Selector) != nil {
			return a, geo.ErrAreaSelector.In("selector")
		}
	}
	text := r.GetString("geometry")
	if strings.TrimSpace(text) == "" {
		text = "null"
	}
	if !json.Valid([]byte(text)) {
		return a, geo.ErrNotJSON.In("geometry")
	}
	file := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":` + text + `}]}`
	found, err := geo.Decode(strings.NewReader(file), geo.Limits{Expect: geo.World()})
	if err != nil {
		return a, inGeometry(err)
	}
	a.Geometry = found.Features[0].Geometry
	a = a.Measure()
	return a, a.Validate()
}

// inGeometry names the field of the record in place of the feature of a file.
func inGeometry(err error) error {
	if fault.Of(err).Kind == fault.Internal {
		return err
	}
	return fault.Of(err).In("geometry")
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
