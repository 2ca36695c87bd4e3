package mobileapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
)

// hotspotRoutes are for those who look after a territory: where reports lie
// closer together than they should.
func (a *API) hotspotRoutes() []Route {
	return []Route{{
		Method: http.MethodGet, Path: "hotspots", Auth: Required,
		Query: words("detector", "from", "to", "objectType", "district", "epsM", "hours", "minPts", "q", "format"),
		Out:   desk.Hotspots{}, Type: typeJSON, Status: []int{http.StatusOK, http.StatusNotModified},
		Faults: kinds(fault.NotFound), serve: a.hotspots,
	}}
}

// hotspots answers in JSON, or in GeoJSON whoever asks for that.
func (a *API) hotspots(ctx context.Context, r *request) (answer, error) {
	if err := oneOf("format", r.query.Get("format"), []string{"json", "geojson"}); err != nil {
		return answer{}, err
	}
	q, err := a.hotspotQuery(r)
	if err != nil {
		return answer{}, err
	}
	found, err := a.cfg.Desk.Hotspots(ctx, r.who, q)
	if err != nil {
		return answer{}, err
	}
	r.event.Response.Header().Add("Vary", "Accept")
	if !r.wantsGeoJSON() {
		return answer{body: found, cache: keptByOne}, nil
	}
	data, err := json.Marshal(found.GeoJSON())
	if err != nil {
		return answer{}, fmt.Errorf("encode hot spots: %w", err)
	}
	return answer{blob: data, contentType: typeGeoJSON, tag: digest(data), cache: keptByOne}, nil
}

// wantsGeoJSON reports whether GeoJSON was asked for: by name, or by the header
// of whoever names no format.
func (r *request) wantsGeoJSON() bool {
	switch r.query.Get("format") {
	case "geojson":
		return true
	case "json":
		return false
	default:
		accept := strings.ToLower(r.event.Request.Header.Get("Accept"))
		return strings.Contains(accept, typeGeoJSON) && !strings.Contains(accept, typeJSON)
	}
}

func (a *API) hotspotQuery(r *request) (q desk.HotspotQuery, err error) {
	q.Detector = desk.HotspotDetector(r.query.Get("detector"))
	if q.From, err = a.cfg.Desk.HotspotMoment(r.query.Get("from"), false); err != nil {
		return q, inField(err, "from")
	}
	if q.To, err = a.cfg.Desk.HotspotMoment(r.query.Get("to"), true); err != nil {
		return q, inField(err, "to")
	}
	if q.ObjectTypes, err = r.words("objectType"); err != nil {
		return q, err
	}
	if q.Districts, err = r.words("district"); err != nil {
		return q, err
	}
	if q.EpsM, err = r.positive("epsM"); err != nil {
		return q, err
	}
	if q.Hours, err = r.whole("hours"); err != nil {
		return q, err
	}
	if q.MinPts, err = r.whole("minPts"); err != nil {
		return q, err
	}
	q.Q, err = r.positive("q")
	return q, err
}

// positive returns a parameter that must be more than 0, or 0 when it is
// absent.
func (r *request) positive(name string) (float64, error) {
	v, err := r.number(name)
	switch {
	case err != nil || v == nil:
		return 0, err
	case *v <= 0:
		return 0, ErrValue.In(name).With("more than 0")
	default:
		return *v, nil
	}
}

// whole returns a whole number that must be more than 0, or 0 when it is
// absent.
func (r *request) whole(name string) (int, error) {
	text := r.query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0, ErrValue.In(name).With("a whole number, more than 0")
	}
	return n, nil
}

// inField says which parameter a fault is about.
func inField(err error, field string) error {
	f := fault.Of(err)
	if f == fault.ErrUnknown {
		return err
	}
	return f.In(field)
}
