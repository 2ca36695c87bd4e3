package mobileapi

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store"
)

// importOptions are what may be said of a file of boundaries, as parameters or
// as fields of a form.
var importOptions = words("kind", "codeProperty", "nameProperty", "priorityProperty", "selector", "source", "validFrom",
	"extent", "crs", "layer", "charset", "snapM", "replace", "name")

// boundaryTypes are the content types of files of boundaries; what a file is,
// is seen by its content.
var boundaryTypes = []string{
	typeForm, typeGeoJSON, typeJSON, "application/zip", "application/geopackage+sqlite3", "application/vnd.google-earth.kml+xml",
	"application/vnd.google-earth.kmz", "text/csv", "text/plain", "application/octet-stream",
}

// formOverhead is how much larger than its file a form may be, in bytes.
const formOverhead = 256 << 10

func (a *API) areaRoutes() []Route {
	file := &Body{Types: boundaryTypes, Limit: a.cfg.MaxImport + formOverhead, In: NewAreas{}}
	one := kinds(fault.NotFound)
	return []Route{
		get("areas/imports", Required, words("limit"), one, a.areaImports),
		{
			Method: http.MethodPost, Path: "areas/imports", Auth: Required, Query: importOptions, Body: file,
			Out: desk.Import{}, Type: typeJSON, Status: []int{http.StatusAccepted},
			Faults: kinds(fault.NotFound, fault.Limited), serve: a.beginImport,
		},
		get("areas/imports/{id}", Required, nil, one, a.areaImport),
		{
			Method: http.MethodPost, Path: "areas/imports/{id}/commit", Auth: Required,
			Out: desk.Import{}, Type: typeJSON, Status: []int{http.StatusAccepted},
			Faults: kinds(fault.NotFound, fault.Conflict), serve: a.commitImport,
		},
		{
			Method: http.MethodPost, Path: "areas/imports/{id}/revert", Auth: Required,
			Out: desk.AreaChanges{}, Type: typeJSON, Status: []int{http.StatusOK},
			Faults: kinds(fault.NotFound, fault.Conflict), serve: a.revertImport,
		},
		{
			Method: http.MethodDelete, Path: "areas/imports/{id}", Auth: Required, Status: []int{http.StatusNoContent},
			Faults: kinds(fault.NotFound, fault.Conflict), serve: a.discardImport,
		},
		get("areas/history", Required, words("kind", "code"), one, a.areaHistory),
		get("areas/survey", Required, words("kind", "code"), one, a.areaSurvey),
		get("areas/reroutes", Required, words("limit"), one, a.reroutes),
	}
}

// NewAreas is what a form brings beside the file of boundaries.
type NewAreas struct {
	desk.AreaOptions
	Name string `json:"name,omitempty"` // of the file; empty: the one the form says
}

// An Imports is a list of imports of areas, the newest first, without their
// previews.
type Imports struct {
	Imports []desk.Import `json:"imports"`
}

func (a *API) areaImports(ctx context.Context, r *request) (Imports, error) {
	limit, err := r.limit()
	if err != nil {
		return Imports{}, err
	}
	all, err := a.cfg.Desk.AreaImports(ctx, r.who, r.lang, limit)
	return Imports{some(all)}, err
}

func (a *API) areaImport(ctx context.Context, r *request) (desk.Import, error) {
	return a.cfg.Desk.AreaImport(ctx, r.who, r.lang, r.path("id"))
}

func (a *API) commitImport(ctx context.Context, r *request) (answer, error) {
	i, err := a.cfg.Desk.CommitImport(ctx, r.who, r.lang, r.path("id"))
	return answer{body: i, status: http.StatusAccepted}, err
}

func (a *API) revertImport(ctx context.Context, r *request) (answer, error) {
	c, err := a.cfg.Desk.UndoImport(ctx, r.who, r.path("id"))
	return answer{body: c}, err
}

func (a *API) discardImport(ctx context.Context, r *request) (answer, error) {
	return answer{}, a.cfg.Desk.DiscardImport(ctx, r.who, r.path("id"))
}

func (a *API) beginImport(ctx context.Context, r *request) (answer, error) {
	i, err := a.cfg.Desk.BeginImport(ctx, r.who, r.lang, func(w io.Writer) (desk.Upload, error) {
		defer r.body.close()
		if r.body.mediaType == typeForm {
			return readAreasForm(r, w)
		}
		if _, err := io.Copy(w, r.body); err != nil {
			return desk.Upload{}, receiveFault(err)
		}
		return upload(r.query, "")
	})
	return answer{body: i, status: http.StatusAccepted}, err
}

// readAreasForm reads a form with one file, in any order, straight to where the
// file is kept.
func readAreasForm(r *request, w io.Writer) (desk.Upload, error) {
	boundary := r.body.params["boundary"]
	if boundary == "" {
		return desk.Upload{}, ErrBody.WithIn("the form has no boundary", "il modulo non ha un boundary")
	}
	values, name, files := maps.Clone(r.query), "", 0
	parts := multipart.NewReader(r.body, boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return desk.Upload{}, receiveFault(err)
		}
		if part.FormName() == "file" {
			if files++; files > 1 {
				return desk.Upload{}, ErrValue.In("file").WithIn("given twice", "indicato due volte")
			}
			name = part.FileName()
			_, err = io.Copy(w, part)
		} else {
			err = readOption(values, part)
		}
		if err != nil {
			return desk.Upload{}, receiveFault(err)
		}
	}
	if files == 0 {
		return desk.Upload{}, ErrRequired.In("file")
	}
	return upload(values, name)
}

// readOption reads one field of a form.
func readOption(values url.Values, part *multipart.Part) error {
	name := part.FormName()
	if !slices.Contains(importOptions, name) {
		return ErrUnknownField.In(shown(name))
	}
	if values.Has(name) {
		return ErrValue.In(name).WithIn("given twice", "indicato due volte")
	}
	data, err := io.ReadAll(io.LimitReader(part, maxFieldBytes+1))
	if err == nil && len(data) > maxFieldBytes {
		err = ErrTooLarge.In(name).WithIn("at most %d bytes", "al massimo %d byte", maxFieldBytes)
	}
	values.Set(name, string(data))
	return err
}

// receiveFault keeps the faults of those who read and write, and makes one of
// what else goes wrong on the way.
func receiveFault(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return bodyFault(err)
}

// upload turns parameters into what comes with a file.
func upload(v url.Values, name string) (desk.Upload, error) {
	o := desk.AreaOptions{
		Kind: v.Get("kind"), CodeProperty: v.Get("codeProperty"), NameProperty: v.Get("nameProperty"), PriorityProperty: v.Get("priorityProperty"),
		Selector: v.Get("selector"), Source: v.Get("source"), ValidFrom: v.Get("validFrom"), Extent: v.Get("extent"),
		CRS: v.Get("crs"), Layer: v.Get("layer"), Charset: v.Get("charset"),
	}
	switch v.Get("replace") {
	case "", "false":
	case "true":
		o.Replace = true
	default:
		return desk.Upload{}, ErrValue.In("replace").WithIn("true or false", "true o false")
	}
	if text := v.Get("snapM"); text != "" {
		var err error
		if o.SnapM, err = number(text); err != nil {
			return desk.Upload{}, ErrValue.In("snapM").WithIn("a number, with a dot before the decimals", "un numero, con il punto prima dei decimali")
		}
	}
	return desk.Upload{Name: orElse(v.Get("name"), name), Options: o}, nil
}

// An AreaVersions is a list of versions of areas, by kind, code and beginning.
type AreaVersions struct {
	Versions []desk.AreaVersion `json:"versions"`
}

func (a *API) areaHistory(ctx context.Context, r *request) (AreaVersions, error) {
	all, err := a.cfg.Desk.AreaVersions(ctx, r.who, geo.Kind(r.query.Get("kind")), r.query.Get("code"))
	return AreaVersions{some(all)}, err
}

func (a *API) areaSurvey(ctx context.Context, r *request) (geo.SurveyReport, error) {
	return a.cfg.Desk.SurveyAreas(ctx, r.who, geo.Kind(r.query.Get("kind")), r.query.Get("code"))
}

// A Reroutes is a list of re-routings, the newest first.
type Reroutes struct {
	Reroutes []store.Rerouting `json:"reroutes"`
}

func (a *API) reroutes(ctx context.Context, r *request) (Reroutes, error) {
	limit, err := r.limit()
	if err != nil {
		return Reroutes{}, err
	}
	all, err := a.cfg.Desk.ReroutesSeen(ctx, r.who, limit)
	return Reroutes{some(all)}, err
}
