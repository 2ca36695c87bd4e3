package mobileapi

import (
	"context"
	"net/http"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// Prefix begins the path of every route. A change that an old phone would not
// understand gets another one.
const Prefix = "/api/mobile/v1/"

// An Auth says whom a route lets in.
type Auth string

// Whom a route lets in. Everywhere but at Guest, a token that does not hold is
// refused.
const (
	Guest    Auth = "guest"    // anybody; who they are does not matter
	Optional Auth = "optional" // anybody, and whoever is signed in as themselves
	Required Auth = "required" // whoever is signed in
)

// A Route is one line of the API.
type Route struct {
	Method, Path string // Path as OpenAPI writes it, names in braces
	Auth         Auth
	Query        []string     // parameters it knows
	Body         *Body        // nil for none
	Out          any          // zero value of the answer, for the drift test; a []any holds those of its lines or events; nil for none
	Type         string       // content type of the answer; empty for none
	Status       []int        // of answers that are no fault
	Faults       []fault.Kind // kinds of fault it may answer with, besides Busy and Internal, which all may
	Limited      bool         // it counts against the rate of intake

	serve handler
}

// Bounds of bodies that no configuration sets, in bytes.
const (
	maxJSON = 64 << 10
	maxCall = 128 << 10 // arguments hold texts
	maxPull = 128 << 10 // a cursor holds an entry for each scope on its way
)

// Routes returns the table of the API: the server binds it, and a test
// compares it with api/openapi.yaml.
func (a *API) Routes() []Route {
	routes := append(a.reportRoutes(), a.readRoutes()...)
	routes = append(routes, a.personRoutes()...)
	routes = append(routes, a.syncRoutes()...)
	routes = append(routes, a.decideRoutes()...)
	routes = append(routes, a.deviceRoutes()...)
	routes = append(routes, a.hotspotRoutes()...)
	routes = append(routes, a.areaRoutes()...)
	routes = append(routes, a.areaPreviewRoutes()...)
	routes = append(routes, a.tileRoutes()...)
	routes = append(routes, a.duplicateRoutes()...)
	routes = append(routes, a.exportRoutes()...)
	routes = append(routes, a.baseMapRoutes()...)
	for i := range routes {
		routes[i].Path = Prefix + routes[i].Path
		routes[i].Faults = append(routes[i].Faults, routes[i].implied()...)
	}
	return routes
}

// implied returns the kinds of fault that follow from what a route reads.
func (rt Route) implied() []fault.Kind {
	kinds := []fault.Kind{fault.Invalid} // an unknown parameter is refused everywhere
	if rt.Auth != Guest {
		kinds = append(kinds, fault.Unauthenticated)
	}
	if rt.Body != nil {
		kinds = append(kinds, fault.TooLarge)
	}
	if rt.Limited {
		kinds = append(kinds, fault.Limited)
	}
	return kinds
}

func (a *API) reportRoutes() []Route {
	report := &Body{Types: []string{typeForm, typeJSON}, Limit: a.cfg.MaxBody, In: NewReport{}}
	photos := &Body{Types: []string{typeForm}, Limit: a.cfg.MaxBody, In: NewPhotos{}}
	return []Route{
		{
			Method: http.MethodPost, Path: "reports", Auth: Optional, Limited: true, Body: report,
			Out: desk.Receipt{}, Type: typeJSON, Status: []int{http.StatusCreated, http.StatusOK},
			Faults: []fault.Kind{fault.Conflict, fault.Forbidden}, serve: a.submit,
		},
		{
			Method: http.MethodPost, Path: "media", Auth: Optional, Limited: true, Body: photos,
			Out: Photos{}, Type: typeJSON, Status: []int{http.StatusCreated},
			Faults: []fault.Kind{fault.NotFound, fault.Conflict, fault.Forbidden}, serve: a.addPhotos,
		},
		get("reports", Required, words("state", "routing", "district", "bbox", "text", "after", "limit"), nil, a.list),
		get("reports/{id}", Required, nil, kinds(fault.NotFound), a.view),
		send(http.MethodPost, "calls", maxCall, kinds(fault.NotFound, fault.Forbidden, fault.Conflict), a.call),
		{
			Method: http.MethodGet, Path: "media/{id}/{size}", Auth: Required, Type: typePhoto, Status: []int{http.StatusOK, http.StatusNotModified},
			Faults: kinds(fault.NotFound), serve: a.photo,
		},
	}
}

func (a *API) readRoutes() []Route {
	return []Route{
		get("track/{token}", Guest, nil, kinds(fault.NotFound, fault.Limited), a.track),
		{
			Method: http.MethodGet, Path: "track/{token}/media/{id}/{size}", Auth: Guest, Type: typePhoto, Status: []int{http.StatusOK, http.StatusNotModified},
			Faults: kinds(fault.NotFound, fault.Limited), serve: a.trackPhoto,
		},
		{
			Method: http.MethodGet, Path: "map/reports", Auth: Required, Query: words("bbox", "status", "district"),
			Out: desk.FeatureCollection{}, Type: typeGeoJSON, Status: []int{http.StatusOK, http.StatusNotModified}, serve: a.reportMap,
		},
		{
			Method: http.MethodGet, Path: "map/public", Auth: Guest, Query: words("bbox", "status", "district"),
			Out: desk.FeatureCollection{}, Type: typeGeoJSON, Status: []int{http.StatusOK, http.StatusNotModified}, serve: a.publicMap,
		},
		get("areas/locate", Guest, words("lon", "lat", "accuracyM", "siteType", "objectType"), nil, a.locate),
		{
			Method: http.MethodGet, Path: "object-types", Auth: Optional,
			Out: ObjectTypes{}, Type: typeJSON, Status: []int{http.StatusOK, http.StatusNotModified}, serve: a.objectTypes,
		},
		{Method: http.MethodGet, Path: "openapi.yaml", Auth: Guest, Type: typeYAML, Status: []int{http.StatusOK, http.StatusNotModified}, serve: a.openAPI},
		{
			Method: http.MethodGet, Path: "errors", Auth: Guest,
			Out: Faults{}, Type: typeJSON, Status: []int{http.StatusOK, http.StatusNotModified}, serve: a.faults,
		},
	}
}

func (a *API) personRoutes() []Route {
	moment := &Body{Types: []string{typeJSON}, Limit: maxJSON, In: Moment{}, May: true}
	return []Route{
		get("me", Required, nil, nil, a.me),
		get("devices", Required, nil, nil, a.devices),
		send(http.MethodPut, "devices/{id}", maxJSON, kinds(fault.NotFound), a.putDevice),
		{
			Method: http.MethodDelete, Path: "devices/{id}", Auth: Required, Status: []int{http.StatusNoContent},
			Faults: kinds(fault.NotFound), serve: a.forgetDevice,
		},
		get("notices", Required, words("limit"), nil, a.notices),
		{
			Method: http.MethodPost, Path: "notices/{id}/received", Auth: Required, Body: moment, Status: []int{http.StatusNoContent},
			Faults: kinds(fault.NotFound), serve: a.acknowledge("received"),
		},
		{
			Method: http.MethodPost, Path: "notices/{id}/opened", Auth: Required, Body: moment, Status: []int{http.StatusNoContent},
			Faults: kinds(fault.NotFound), serve: a.acknowledge("opened"),
		},
	}
}

func (a *API) syncRoutes() []Route {
	push := a.cfg.Sync.Limits().PushBytes
	lines := []any{
		fieldsync.Hi{}, fieldsync.Drop{}, fieldsync.Fill{}, fieldsync.Put{}, fieldsync.Exit{}, fieldsync.Page{}, fieldsync.Checkpoint{},
	}
	return []Route{
		{
			Method: http.MethodPost, Path: "sync/push", Auth: Required,
			Body: &Body{Types: []string{typeJSON}, Limit: push, In: fieldsync.PushRequest{}, Packed: true},
			Out:  fieldsync.PushReply{}, Type: typeJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound), serve: a.push,
		},
		{
			Method: http.MethodPost, Path: "sync/pull", Auth: Required,
			Body: &Body{Types: []string{typeJSON}, Limit: maxPull, In: fieldsync.PullRequest{}},
			Out:  lines, Type: typeNDJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound, fault.Forbidden), serve: a.pull,
		},
		{
			Method: http.MethodPost, Path: "sync/exchange", Auth: Required,
			Body: &Body{Types: []string{typeJSON}, Limit: push + maxPull, In: fieldsync.PushRequest{}, Packed: true},
			Out:  append([]any{fieldsync.PushReply{}}, lines...), Type: typeNDJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound, fault.Forbidden), serve: a.exchange,
		},
		{
			Method: http.MethodPost, Path: "sync/verify", Auth: Required,
			Body: &Body{Types: []string{typeJSON}, Limit: a.cfg.MaxVerify, In: fieldsync.VerifyRequest{}, Packed: true},
			Out:  []any{fieldsync.Split{}, fieldsync.Put{}, fieldsync.Exit{}, fieldsync.Verified{}}, Type: typeNDJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound, fault.Forbidden), serve: a.verify,
		},
		{
			Method: http.MethodGet, Path: "sync/stream", Auth: Required, Query: words("did"),
			Out: []any{fieldsync.Poke{}, fieldsync.Beat{}, fieldsync.Command{}}, Type: typeEvents, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound, fault.Limited), serve: a.stream,
		},
	}
}

// decideRoutes are for people: what pushes left behind.
func (a *API) decideRoutes() []Route {
	return []Route{
		get("sync/conflicts", Required, words("state", "device", "person", "collection", "record", "limit"), nil, a.conflicts),
		{
			Method: http.MethodPost, Path: "sync/conflicts/{id}/resolve", Auth: Required,
			Body:   &Body{Types: []string{typeJSON}, Limit: maxJSON, In: Choice{}},
			Status: []int{http.StatusNoContent}, Faults: kinds(fault.NotFound, fault.Conflict), serve: a.resolveConflict,
		},
		get("sync/letters", Required, words("state", "device", "person", "limit"), nil, a.letters),
		{
			Method: http.MethodPost, Path: "sync/letters/{id}/dismiss", Auth: Required,
			Status: []int{http.StatusNoContent}, Faults: kinds(fault.NotFound), serve: a.dismissLetter,
		},
		get("sync/quarantine", Required, words("device", "limit"), kinds(fault.NotFound), a.quarantined),
		{
			Method: http.MethodPost, Path: "sync/quarantine/{id}/{mid}/release", Auth: Required,
			Out: Released{}, Type: typeJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound), serve: quarantine(a.cfg.Sync.ReleaseQuarantine),
		},
		{
			Method: http.MethodPost, Path: "sync/quarantine/{id}/{mid}/dismiss", Auth: Required,
			Out: Released{}, Type: typeJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound), serve: quarantine(a.cfg.Sync.DismissQuarantine),
		},
		get("sync/divergences", Required, words("device", "limit"), kinds(fault.NotFound), a.divergences),
	}
}

// deviceRoutes are for those who look after the devices of others.
func (a *API) deviceRoutes() []Route {
	return []Route{
		get("devices/all", Required, nil, kinds(fault.NotFound), a.allDevices),
		get("devices/{id}", Required, nil, kinds(fault.NotFound), a.deviceStory),
		send(http.MethodPost, "devices/{id}/state", maxJSON, kinds(fault.Forbidden, fault.NotFound, fault.Conflict), a.setDeviceState),
		{
			Method: http.MethodPost, Path: "devices/{id}/wiped", Auth: Required, Status: []int{http.StatusNoContent},
			Faults: kinds(fault.NotFound, fault.Conflict), serve: a.wiped,
		},
	}
}

func words(names ...string) []string { return names }

func kinds(all ...fault.Kind) []fault.Kind { return all }

// get makes the route of a plain question: no body, an answer in JSON.
func get[Out any](path string, auth Auth, query []string, faults []fault.Kind, fn func(context.Context, *request) (Out, error)) Route {
	var out Out
	return Route{
		Method: http.MethodGet, Path: path, Auth: auth, Query: query, Faults: faults,
		Out: out, Type: typeJSON, Status: []int{http.StatusOK},
		serve: func(ctx context.Context, r *request) (answer, error) {
			v, err := fn(ctx, r)
			return answer{body: v}, err
		},
	}
}

// send makes the route of somebody signed in who sends JSON and gets JSON.
func send[In, Out any](method, path string, limit int64, faults []fault.Kind, fn func(context.Context, *request, In) (Out, error)) Route {
	var zero In
	var out Out
	return Route{
		Method: method, Path: path, Auth: Required, Faults: faults,
		Body: &Body{Types: []string{typeJSON}, Limit: limit, In: zero},
		Out:  out, Type: typeJSON, Status: []int{http.StatusOK},
		serve: func(ctx context.Context, r *request) (answer, error) {
			var in In
			if err := r.body.decode(&in); err != nil {
				return answer{}, err
			}
			v, err := fn(ctx, r, in)
			return answer{body: v}, err
		},
	}
}
