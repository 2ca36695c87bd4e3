package mobileapi

import (
	"context"
	"net/http"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// duplicateRoutes are for finding out whether a thing has been reported
// already.
func (a *API) duplicateRoutes() []Route {
	const dismiss = "reports/{id}/duplicates/{candidate}/dismiss"
	return []Route{
		get("duplicates", Optional, words("lon", "lat", "accuracyM", "objectType", "clientId"), kinds(fault.Limited), a.duplicatesNear),
		get("duplicates/figures", Required, words("from", "to"), kinds(fault.NotFound), a.duplicateFigures),
		{
			Method: http.MethodGet, Path: "duplicates/{id}/photo", Auth: Guest, Type: typePhoto, Status: []int{http.StatusOK, http.StatusNotModified},
			Faults: kinds(fault.NotFound), serve: a.duplicatePhoto,
		},
		get("reports/{id}/duplicates", Required, words("dismissed"), kinds(fault.NotFound), a.duplicatesOf),
		{Method: http.MethodPost, Path: dismiss, Auth: Required, Status: []int{http.StatusNoContent}, Faults: kinds(fault.NotFound), serve: a.dismissDuplicate(false)},
		{Method: http.MethodDelete, Path: dismiss, Auth: Required, Status: []int{http.StatusNoContent}, Faults: kinds(fault.NotFound), serve: a.dismissDuplicate(true)},
	}
}

// Questions of one sender: each is remembered for the figures, so that they
// cannot be asked without end.
const (
	asksPerMin = 60
	askBurst   = 300
)

// duplicatesNear answers a form that is about to send a report.
func (a *API) duplicatesNear(ctx context.Context, r *request) (desk.Duplicates, error) {
	if wait := a.asks.take(r.person(), a.cfg.Now()); wait > 0 {
		return desk.Duplicates{}, later{ErrLimited, wait}
	}
	p := desk.NearPlace{ObjectType: r.query.Get("objectType"), ClientID: r.query.Get("clientId")}
	lon, err := r.number("lon")
	if err != nil {
		return desk.Duplicates{}, err
	}
	lat, err := r.number("lat")
	if err != nil {
		return desk.Duplicates{}, err
	}
	if lon == nil && lat == nil {
		return desk.Duplicates{}, ErrRequired.In("lon")
	}
	if _, err := position(lon, lat); err != nil {
		return desk.Duplicates{}, err
	}
	p.Lon, p.Lat = *lon, *lat
	accuracy, err := r.number("accuracyM")
	if err != nil {
		return desk.Duplicates{}, err
	}
	if accuracy != nil {
		if !(*accuracy >= 0 && *accuracy <= maxAccuracyM) {
			return desk.Duplicates{}, ErrValue.In("accuracyM").With("metres, from 0 to %d", maxAccuracyM)
		}
		p.AccuracyM = *accuracy
	}
	return a.cfg.Desk.DuplicatesNear(ctx, r.who, p, r.lang)
}

func (a *API) duplicatesOf(ctx context.Context, r *request) (desk.Duplicates, error) {
	all := r.query.Get("dismissed")
	if err := oneOf("dismissed", all, []string{"true", "false"}); err != nil {
		return desk.Duplicates{}, err
	}
	return a.cfg.Desk.DuplicatesOf(ctx, r.who, r.path("id"), r.lang, all == "true")
}

func (a *API) dismissDuplicate(undo bool) handler {
	return func(ctx context.Context, r *request) (answer, error) {
		return answer{}, a.cfg.Desk.DismissDuplicate(ctx, r.who, r.path("id"), report.ID(r.path("candidate")), undo)
	}
}

func (a *API) duplicatePhoto(ctx context.Context, r *request) (answer, error) {
	data, contentType, tag, err := a.cfg.Desk.PublicPhoto(ctx, report.ID(r.path("id")))
	return answer{blob: data, contentType: contentType, tag: tag, cache: keptBriefly}, err
}

func (a *API) duplicateFigures(ctx context.Context, r *request) (desk.DuplicateFigures, error) {
	return a.cfg.Desk.DuplicateFigures(ctx, r.who, r.query.Get("from"), r.query.Get("to"), r.lang)
}
