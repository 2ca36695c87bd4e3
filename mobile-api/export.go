package mobileapi

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
)

// The content types of exports, beside that of GeoJSON.
const (
	typeGeoPackage = "application/geopackage+sqlite3"
	typeCSV        = "text/csv"
)

// ErrExports answers an export while as many are being written as may be.
var ErrExports = fault.Define(fault.Busy, "export.busy",
	"Other exports are being written, yours or somebody else's. Try again in a moment.", "Altre esportazioni, tue o di altri, sono in corso. Riprova tra poco.")

// exports bounds what exports take: of each caller how often, and how many at
// once, of all together and of one. A reader that is slow on purpose holds one
// for long, and must not hold all of them.
type exports struct {
	often *limiter
	most  int

	mu   sync.Mutex
	now  int
	open map[string]int // of each caller
}

func newExports(perMinute, burst, atOnce int) *exports {
	return &exports{often: newLimiter(perMinute, burst, maxSenders), most: atOnce, open: map[string]int{}}
}

// enter lets one export in; who came in must leave.
func (x *exports) enter(who string, at time.Time) error {
	if wait := x.often.take(who, at); wait > 0 {
		return later{ErrLimited, wait}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.now >= x.most || x.open[who] >= max(1, x.most/2) {
		return later{ErrExports, retryAfterBusy}
	}
	x.now++
	x.open[who]++
	return nil
}

func (x *exports) leave(who string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now--
	if x.open[who]--; x.open[who] <= 0 {
		delete(x.open, who)
	}
}

// exportRoutes hand out what may be taken to another program.
func (a *API) exportRoutes() []Route {
	return []Route{
		{
			Method: http.MethodGet, Path: "areas/export", Auth: Optional, Query: words("format", "kind", "at", "bom"),
			Type: typeGeoJSON, Status: []int{http.StatusOK}, Faults: kinds(fault.Limited), serve: a.exportAreas,
		},
		{
			Method: http.MethodGet, Path: "reports/export", Auth: Required, Query: words("format", "status", "district", "bbox", "from", "to", "bom"),
			Type: typeGeoJSON, Status: []int{http.StatusOK}, Faults: kinds(fault.Limited, fault.TooLarge), serve: a.exportReports,
		},
	}
}

func (a *API) exportAreas(ctx context.Context, r *request) (answer, error) {
	how, err := r.encoding()
	if err != nil {
		return answer{}, err
	}
	kinds, at, err := r.areasAsked()
	if err != nil {
		return answer{}, err
	}
	return a.hand(r, func() (*desk.Export, error) {
		return a.cfg.Desk.ExportAreas(ctx, r.who, desk.AreaQuery{Kinds: kinds, At: at}, how)
	})
}

func (a *API) exportReports(ctx context.Context, r *request) (answer, error) {
	how, err := r.encoding()
	if err != nil {
		return answer{}, err
	}
	var q desk.ReportQuery
	if q.Query, err = r.narrowMap("status"); err != nil {
		return answer{}, err
	}
	if q.From, q.To, err = r.span(); err != nil {
		return answer{}, err
	}
	return a.hand(r, func() (*desk.Export, error) { return a.cfg.Desk.ExportReports(ctx, r.who, q, how) })
}

// encoding reads how an export is to be written. Without a word it is GeoJSON.
func (r *request) encoding() (desk.Encoding, error) {
	how := desk.Encoding{Format: desk.ExportFormat(orElse(r.query.Get("format"), string(desk.GeoJSON)))}
	if !slices.Contains(desk.ExportFormats(), how.Format) {
		return how, ErrValue.In("format").With("one of %v", desk.ExportFormats())
	}
	if text := r.query.Get("bom"); text != "" {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return how, ErrValue.In("bom").With("true or false")
		}
		how.BOM = yes
	}
	return how, nil
}

// hand prepares an export and answers with it. Whoever reads must notice when
// it ends too early, and a CSV says nothing of that by itself: so the
// connection is broken instead of ended.
func (a *API) hand(r *request, prepare func() (*desk.Export, error)) (answer, error) {
	who := r.person()
	if err := a.exports.enter(who, a.cfg.Now()); err != nil {
		return answer{}, err
	}
	x, err := prepare()
	if err != nil {
		a.exports.leave(who)
		return answer{}, err
	}
	return answer{stream: func(ctx context.Context, w *writer) error {
		defer a.exports.leave(who)
		defer func() { _ = x.Close() }() // what is left behind is the system's to clear away
		h := w.Header()
		h.Set("Content-Type", x.ContentType)
		h.Set("Content-Disposition", disposition(x.Name))
		h.Set("X-Content-Type-Options", "nosniff")
		if x.Size >= 0 {
			h.Set("Content-Length", strconv.FormatInt(x.Size, 10))
		}
		_, err := x.WriteTo(w)
		if err == nil {
			return nil
		}
		if !w.begun {
			h.Del("Content-Length")
			h.Del("Content-Disposition")
			return err
		}
		if ctx.Err() == nil {
			a.cfg.Log.ErrorContext(ctx, "export cut off", slog.String("requestId", h.Get(headerRequestID)), slog.Any("err", err))
		}
		panic(http.ErrAbortHandler)
	}}, nil
}
