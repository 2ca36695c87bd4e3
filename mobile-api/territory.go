package mobileapi

import (
	"context"

	"github.com/sestante/sestante/desk"
)

// Who may keep the answers that are the same for many, and how long: a map is
// looked at again and again, and half a minute old is new enough.
const (
	keptBriefly = "public, max-age=30"
	keptByOne   = "private, no-cache" // kept, but asked about each time
)

func (a *API) reportMap(ctx context.Context, r *request) (answer, error) {
	q, err := r.narrowMap("status")
	if err != nil {
		return answer{}, err
	}
	fc, err := a.cfg.Desk.Map(ctx, r.who, q)
	return answer{body: fc, cache: keptByOne}, err
}

func (a *API) publicMap(ctx context.Context, r *request) (answer, error) {
	q, err := r.narrowMap("status")
	if err != nil {
		return answer{}, err
	}
	fc, err := a.cfg.Desk.PublicMap(ctx, q)
	return answer{body: fc, cache: keptBriefly}, err
}

// locate says who is responsible at a place.
func (a *API) locate(ctx context.Context, r *request) (desk.Located, error) {
	var at [3]*float64
	for i, name := range []string{"lon", "lat", "accuracyM"} {
		v, err := r.number(name)
		if err != nil {
			return desk.Located{}, err
		}
		at[i] = v
	}
	if at[0] == nil && at[1] == nil {
		return desk.Located{}, ErrRequired.In("lon")
	}
	if _, err := position(at[0], at[1]); err != nil {
		return desk.Located{}, err
	}
	p := desk.Place{Lon: *at[0], Lat: *at[1], SiteType: r.query.Get("siteType"), ObjectType: r.query.Get("objectType")}
	if at[2] != nil {
		if *at[2] < 0 || *at[2] > maxAccuracyM {
			return desk.Located{}, ErrValue.In("accuracyM").With("metres, from 0 to %d", maxAccuracyM)
		}
		p.AccuracyM = *at[2]
	}
	return a.cfg.Desk.Locate(ctx, p, r.lang)
}

// An ObjectTypes is the catalogue of what can be reported.
type ObjectTypes struct {
	ObjectTypes []desk.ObjectType `json:"objectTypes"`
}

func (a *API) objectTypes(ctx context.Context, r *request) (answer, error) {
	all, err := a.cfg.Desk.ObjectTypes(ctx, r.who, r.lang)
	return answer{body: ObjectTypes{some(all)}, cache: keptByOne}, err
}

// some makes an empty list of none: on the wire [] is never null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
