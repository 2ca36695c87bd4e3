package mobileapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/tile"
)

// typeTile is the content type of a Mapbox Vector Tile
// (https://www.iana.org/assignments/media-types/application/vnd.mapbox-vector-tile).
const typeTile = "application/vnd.mapbox-vector-tile"

// How long tiles are kept by whoever has them: what anybody may see a moment,
// what somebody sees until it is asked about again, borders a minute.
const (
	keptAMoment   = "public, max-age=2"
	keptForAWhile = "public, max-age=60"
)

// What one list of parameters narrows.
var (
	reportTileWords = []string{"status", "priority", "objectType", "district", "from", "to"}
	areaTileWords   = []string{"kind", "at"}
)

func (a *API) tileRoutes() []Route {
	drawn := []int{http.StatusOK, http.StatusNoContent, http.StatusNotModified}
	listed := []int{http.StatusOK, http.StatusNotModified}
	return []Route{
		{
			Method: http.MethodGet, Path: "tiles/reports/{z}/{x}/{y}", Auth: Optional, Query: reportTileWords,
			Type: typeTile, Status: drawn, Faults: kinds(fault.Limited), serve: a.reportTile,
		},
		{
			Method: http.MethodGet, Path: "tiles/areas/{z}/{x}/{y}", Auth: Guest, Query: areaTileWords,
			Type: typeTile, Status: drawn, serve: a.areaTile,
		},
		{
			Method: http.MethodGet, Path: "tiles/reports.json", Auth: Optional, Query: reportTileWords,
			Out: TileJSON{}, Type: typeJSON, Status: listed, serve: a.reportTileJSON,
		},
		{
			Method: http.MethodGet, Path: "tiles/areas.json", Auth: Guest, Query: areaTileWords,
			Out: TileJSON{}, Type: typeJSON, Status: listed, serve: a.areaTileJSON,
		},
	}
}

func (a *API) reportTile(ctx context.Context, r *request) (answer, error) {
	if wait := a.tiles.take(r.person(), a.cfg.Now()); wait > 0 {
		return answer{}, later{ErrLimited, wait}
	}
	at, err := r.address()
	if err != nil {
		return answer{}, err
	}
	q, err := r.tileQuery()
	if err != nil {
		return answer{}, err
	}
	t, err := a.cfg.Desk.ReportTile(ctx, r.who, at, q)
	if err != nil {
		return answer{}, err
	}
	return r.tile(t, r.keeps())
}

// keeps says who may keep an answer that depends on who asks.
func (r *request) keeps() string {
	if r.who.ID == "" {
		return keptAMoment
	}
	return keptByOne
}

func (a *API) areaTile(ctx context.Context, r *request) (answer, error) {
	at, err := r.address()
	if err != nil {
		return answer{}, err
	}
	kinds, day, err := r.areasAsked()
	if err != nil {
		return answer{}, err
	}
	t, err := a.cfg.Desk.AreaTile(ctx, at, kinds, day)
	if err != nil {
		return answer{}, err
	}
	return r.tile(t, keptForAWhile)
}

// tile makes an answer of a tile: nothing, where there is nothing to draw. Maps
// take that for an empty tile, and it saves them to decode one.
func (r *request) tile(t desk.MapTile, cache string) (answer, error) {
	switch {
	case t.Packed == nil:
		return answer{cache: cache}, nil
	case !takesGzip(r.event.Request.Header): // hardly anybody
		plain, err := t.Plain()
		return answer{blob: plain, contentType: typeTile, tag: t.Tag, cache: cache}, err
	default:
		return answer{packed: t.Packed, contentType: typeTile, tag: t.Tag, cache: cache}, nil
	}
}

// takesGzip reports whether a client takes gzip, whatever else it takes.
func takesGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return encodingOf(http.Header{"Accept-Encoding": {part}}) == "gzip"
		}
	}
	return false
}

// sendPacked writes what is in gzip already. Its tag says so: it is not the same
// to the byte as what others get.
func sendPacked(w http.ResponseWriter, req *http.Request, out answer) {
	h, tag := w.Header(), strconv.Quote(out.tag)
	h.Set("ETag", strconv.Quote(out.tag+"-gzip"))
	h.Add("Vary", "Accept-Encoding")
	if matches(req.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", out.contentType)
	h.Set("Content-Encoding", "gzip")
	h.Set("Content-Length", strconv.Itoa(len(out.packed)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(out.packed) // whoever has left cannot be told
}

// address reads which tile is asked for: the row ends in .mvt.
func (r *request) address() (tile.Address, error) {
	var n [3]int
	for i, name := range []string{"z", "x", "y"} {
		text := r.path(name)
		if name == "y" {
			var ok bool
			if text, ok = strings.CutSuffix(text, ".mvt"); !ok {
				return tile.Address{}, tile.ErrAddress.In(name).With("it ends in .mvt")
			}
		}
		v, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return tile.Address{}, tile.ErrAddress.In(name)
		}
		n[i] = int(v)
	}
	return tile.At(n[0], n[1], n[2])
}

// tileQuery reads what narrows the reports of a tile.
func (r *request) tileQuery() (desk.TileQuery, error) {
	narrow, err := r.narrowMap("status")
	if err != nil {
		return desk.TileQuery{}, err
	}
	q := desk.TileQuery{States: narrow.States, Districts: narrow.Districts}
	if q.ObjectTypes, err = r.words("objectType"); err != nil {
		return q, err
	}
	urgent, err := r.words("priority")
	if err != nil {
		return q, err
	}
	for _, w := range urgent {
		p, err := strconv.Atoi(w)
		if err != nil || p < 1 || p > 4 {
			return q, ErrValue.In("priority").With("from 1 to 4")
		}
		q.Priorities = append(q.Priorities, p)
	}
	q.From, q.To, err = r.span()
	return q, err
}

// span returns the moments from which and before which, either of them zero
// when it is absent.
func (r *request) span() (from, to time.Time, err error) {
	if from, err = r.moment("from"); err != nil {
		return from, to, err
	}
	if to, err = r.moment("to"); err != nil {
		return from, to, err
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, ErrValue.In("to").WithIn("after from", "dopo from")
	}
	return from, to, nil
}

// moment returns a time, or the beginning of a day in UTC; zero when it is
// absent.
func (r *request) moment(name string) (time.Time, error) {
	text := r.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, ErrValue.In(name).With("a day such as 2026-11-22, or a moment such as 2026-11-22T09:00:00Z")
}

// areasAsked reads which areas are drawn.
func (r *request) areasAsked() ([]geo.Kind, time.Time, error) {
	list, err := r.words("kind")
	if err != nil {
		return nil, time.Time{}, err
	}
	var kinds []geo.Kind
	for _, w := range list {
		if !slices.Contains(geo.Kinds(), geo.Kind(w)) {
			return nil, time.Time{}, ErrValue.In("kind").With("one of %v", geo.Kinds())
		}
		kinds = append(kinds, geo.Kind(w))
	}
	slices.Sort(kinds)
	day, err := r.moment("at")
	return slices.Compact(kinds), day, err
}

// A TileJSON says how tiles are asked for and what is in them
// (https://github.com/mapbox/tilejson-spec/tree/master/3.0.0).
type TileJSON struct {
	TileJSON     string        `json:"tilejson"` // version of the specification
	Name         string        `json:"name"`
	Description  string        `json:"description"`
	Attribution  string        `json:"attribution,omitempty"`
	Scheme       string        `json:"scheme"`
	Tiles        []string      `json:"tiles"` // address with {z}, {x} and {y}
	MinZoom      int           `json:"minzoom"`
	MaxZoom      int           `json:"maxzoom"`
	Bounds       [4]float64    `json:"bounds"`        // west, south, east, north in degrees
	Center       [3]float64    `json:"center"`        // longitude, latitude, zoom
	VectorLayers []VectorLayer `json:"vector_layers"` //nolint:tagliatelle // the specification's word
}

// A VectorLayer says what is told of the features of one layer.
type VectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"` // what is told, and of which type it is
}

// The closest zooms at which tiles say more than those before.
const (
	maxReportZoom = 18
	maxAreaZoom   = 14
	pointsZoom    = 13
)

func (a *API) reportTileJSON(ctx context.Context, r *request) (answer, error) {
	if _, err := r.tileQuery(); err != nil {
		return answer{}, err
	}
	doc, err := a.tileJSON(ctx, r, "reports", maxReportZoom)
	doc.Name = r.inWords("Reports", "Segnalazioni")
	doc.Description = r.inWords("Open reports that you may see: counted in cells, and from zoom 13 on one by one.",
		"Le segnalazioni aperte che puoi vedere: contate per celle e, dallo zoom 13, una per una.")
	doc.VectorLayers = []VectorLayer{
		{
			ID: desk.LayerCells, MaxZoom: maxReportZoom, Fields: cellFields(),
			Description: r.inWords("Reports counted, in the middle of where they are.", "Segnalazioni contate, al centro di dove si trovano."),
		},
		{ID: desk.LayerReports, Description: r.inWords("Reports.", "Segnalazioni."), MinZoom: pointsZoom, MaxZoom: maxReportZoom, Fields: reportFields()},
	}
	return answer{body: doc, cache: r.keeps()}, err
}

func (a *API) areaTileJSON(ctx context.Context, r *request) (answer, error) {
	if _, _, err := r.areasAsked(); err != nil {
		return answer{}, err
	}
	doc, err := a.tileJSON(ctx, r, "areas", maxAreaZoom)
	doc.Name = r.inWords("Areas", "Aree")
	doc.Description = r.inWords("The areas of the territory, simplified for drawing.", "Le aree del territorio, semplificate per il disegno.")
	layer := func(id, description string, fields map[string]string) VectorLayer {
		return VectorLayer{ID: id, Description: description, MaxZoom: maxAreaZoom, Fields: fields}
	}
	doc.VectorLayers = []VectorLayer{
		layer(desk.LayerAreas, r.inWords("Areas as polygons.", "Le aree come poligoni."), areaFields()),
		layer(desk.LayerBorders, r.inWords("Borders as lines, each once.", "I confini come linee, ciascuno una volta."), map[string]string{"kind": "String"}),
		layer(desk.LayerLabels, r.inWords("Where the names of areas stand.", "Dove stanno i nomi delle aree."), areaFields()),
	}
	return answer{body: doc, cache: keptForAWhile}, err
}

// inWords returns what is said to whoever asks, in their language.
func (r *request) inWords(english, italian string) string {
	if r.lang == "it" {
		return italian
	}
	return english
}

// tileJSON fills in what the two have in common.
func (a *API) tileJSON(ctx context.Context, r *request, what string, maxZoom int) (TileJSON, error) {
	doc := TileJSON{
		TileJSON: "3.0.0", Scheme: "xyz", Attribution: a.cfg.Attribution, MaxZoom: maxZoom,
		Tiles:  []string{r.base(a.cfg.Desk.PublicURL()) + Prefix + "tiles/" + what + "/{z}/{x}/{y}.mvt"},
		Bounds: [4]float64{-180, -85.0511287798066, 180, 85.0511287798066},
	}
	if q := r.query.Encode(); q != "" {
		doc.Tiles[0] += "?" + q
	}
	b, some, err := a.cfg.Desk.AreaBound(ctx)
	if some {
		doc.Center = [3]float64{(b[0] + b[2]) / 2, (b[1] + b[3]) / 2, 6}
		if what == "areas" { // a report may be outside
			doc.Bounds = b
		}
	}
	return doc, err
}

// base returns where the server is reached: where it says it is, or else where
// this request found it.
func (r *request) base(public string) string {
	if public != "" {
		return public
	}
	scheme := "http"
	if r.event.IsTLS() || r.event.Request.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.event.Request.Host
}

func areaFields() map[string]string {
	return map[string]string{"id": "String", "code": "String", "name": "String", "kind": "String"}
}

func reportFields() map[string]string {
	return map[string]string{
		"id": "String", "code": "String", "phase": "String", "state": "String", "priority": "Number", "objectType": "String",
		"district": "String", "registeredAt": "String", "plannedCloseDate": "String", "blocking": "Boolean", "routing": "String",
		"assignee": "String", "escalationLevel": "Number",
	}
}

func cellFields() map[string]string {
	fields := map[string]string{}
	for _, name := range desk.CellCounts() {
		fields[name] = "Number"
	}
	return fields
}
