package desk

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// ErrBBox answers a box that is none.
var ErrBBox = fault.Define(fault.Invalid, "map.bbox",
	"A bbox is west,south,east,north in degrees, west before east and south before north.",
	"Un bbox è ovest,sud,est,nord in gradi, con ovest prima di est e sud prima di nord.")

// Map returns the reports the caller may read, with a position, as GeoJSON: the
// open ones unless the query names states. It holds at most 5,000 and says when
// there are more. The errors are ErrSignIn and ErrBBox.
func (d *Desk) Map(ctx context.Context, who report.Actor, q Query) (FeatureCollection, error) {
	if who.ID == "" {
		return FeatureCollection{}, ErrSignIn
	}
	f, err := d.filter(ctx, who, q)
	if err != nil {
		return FeatureCollection{}, err
	}
	return d.features(ctx, f, func(r report.Report) (map[string]any, bool) {
		a, ok := report.MayRead(who, r)
		if !ok || a == report.AudiencePublic {
			return nil, false
		}
		shown := map[string]any{
			"code": r.Code, "state": r.State, "phase": report.PhaseOf(r, nil), "objectType": r.ObjectType, "district": r.District,
			"registeredAt": r.RegisteredAt, "accuracyM": r.AccuracyM, "pointSource": r.PointSource, "plannedCloseDate": publicDate(r),
		}
		if a != report.AudienceReporter {
			maps.Copy(shown, map[string]any{
				"priority": r.Priority, "blocking": r.Blocking, "routing": r.Routing, "assignee": r.Assignee,
				"plannedCloseDate": r.PlannedCloseDate, "escalationLevel": r.EscalationLevel,
			})
		}
		return shown, true
	})
}

// wholePhases returns the states among those asked for whose phase is asked for
// as a whole. They are what may narrow reports of which the caller may know the
// phase and not the state, wherever somebody narrows by states: an answer to
// less would tell theirs.
func wholePhases(asked []report.State) []report.State {
	part := map[report.Phase]bool{}
	for _, info := range report.StateInfos {
		if !slices.Contains(asked, info.State) {
			part[info.Phase] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(asked), func(s report.State) bool {
		return part[report.PhaseOf(report.Report{State: s}, nil)]
	})
}

// PublicMap returns the reports anybody may know of, the open ones unless the
// query names states: where something is broken and how far it has come, and
// nothing about people. Their reporters have agreed to it. States narrow by
// whole phases.
func (d *Desk) PublicMap(ctx context.Context, q Query) (FeatureCollection, error) {
	districts, err := d.districts(ctx, q.Districts)
	if err != nil {
		return FeatureCollection{}, err
	}
	f := store.ReportFilter{States: wholePhases(q.States), Districts: districts, BBox: q.BBox, Public: true}
	if len(q.States) > 0 && len(f.States) == 0 {
		f.States = []report.State{report.None} // no report there is
	}
	return d.features(ctx, f, func(r report.Report) (map[string]any, bool) {
		return map[string]any{
			"code": r.Code, "phase": report.PhaseOf(r, nil), "objectType": r.ObjectType, "district": r.District,
			"registeredAt": r.RegisteredAt, "plannedCloseDate": publicDate(r),
		}, true
	})
}

// publicDate is the planned day, once it has been told.
func publicDate(r report.Report) report.Date {
	if r.PlanState == report.PlanCommunicated {
		return r.PlannedCloseDate
	}
	return ""
}

func (d *Desk) features(ctx context.Context, f store.ReportFilter, show func(report.Report) (map[string]any, bool)) (FeatureCollection, error) {
	if len(f.States) == 0 {
		for _, s := range report.States {
			if s.Open() {
				f.States = append(f.States, s)
			}
		}
	}
	if f.BBox == nil {
		f.BBox = &[4]float64{-180, -90, 180, 90}
	}
	if err := checkBBox(*f.BBox); err != nil {
		return FeatureCollection{}, err
	}
	f.Limit = maxFeatures + 1
	found, err := d.store.Reports(ctx, f)
	if err != nil {
		return FeatureCollection{}, err
	}
	out := FeatureCollection{Type: "FeatureCollection", Features: []Feature{}}
	for i, r := range found {
		if i == maxFeatures {
			out.Truncated = true
			break
		}
		if properties, ok := show(r); ok {
			out.Features = append(out.Features, Feature{
				Type: "Feature", ID: string(r.ID), Properties: properties,
				Geometry: Geometry{Type: "Point", Coordinates: [2]float64{r.Point.Lon, r.Point.Lat}},
			})
		}
	}
	return out, nil
}

func checkBBox(b [4]float64) error {
	for _, v := range b {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ErrBBox.In("bbox")
		}
	}
	if b[0] > b[2] || b[1] > b[3] || b[0] < -180 || b[2] > 180 || b[1] < -90 || b[3] > 90 {
		return ErrBBox.In("bbox")
	}
	return nil
}
