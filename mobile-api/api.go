package mobileapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
)

// Config is what the door needs. Desk, Sync, Log and Now must be set; a number
// that is zero takes its default.
type Config struct {
	Desk *desk.Desk
	Sync *desk.Sync // whose limits bound what devices send
	Log  *slog.Logger
	Now  func() time.Time

	MaxBody   int64 // bytes of one request that brings a report or photos; default 64 MB
	MaxPhoto  int64 // bytes of one photo; default 40 MB
	MaxPhotos int   // photos in one request; default 10
	MaxHeld   int64 // bytes of photos in memory, of all requests together; default 8 x MaxBody

	RatePerMinute int // requests that bring a report or photos, of one sender, for long; default 10
	RateBurst     int // how many of them at once; default 60

	MaxVerify int64 // bytes of one request to verify; default 4 MB
	MaxImport int64 // bytes of one file of boundaries; default 128 MB

	StreamsPerUser int           // open streams of one person; default 5
	Idle           time.Duration // how long a body may stand still, or a reader; default 60 s

	Language string // of whoever names none, it or en; default it

	Attribution string // whose data maps show, for their corner; empty for none

	TilesPerMinute   int // tiles of reports one caller may ask for, for long; default 6000
	TilesBurst       int // how many of them at once after a pause; default 2000
	ExportsPerMinute int // exports one caller may ask for, for long; default 10
	ExportsBurst     int // how many of them at once after a pause; default 60
	ExportsAtOnce    int // exports being written for all callers together; default 4

	BaseMaps string // a PMTiles file, or a folder of them; empty for none
}

// API is the door. It is safe for concurrent use.
type API struct {
	cfg     Config
	intake  *limiter // who sends reports and photos
	guesses *limiter // who asks for tracking links that do not exist
	asks    *limiter // who asks what was reported already
	tiles   *limiter // who asks for tiles of reports
	gate    gate
	exports *exports
	streams streams
	held    held
	gzip    func(http.Handler) http.HandlerFunc
	packers packers
}

// Bounds of what the door remembers and answers by itself.
const (
	maxSenders      = 20_000 // addresses and people a limiter remembers, about 100 bytes each
	guessesPerMin   = 10     // tracking links that do not exist, of one address
	guessBurst      = 30
	retryAfterBusy  = 5 * time.Second // a restart takes about as long
	compressedBytes = 1024            // below that, gzip saves no packet
)

// New returns the door. The error names what is missing.
func New(cfg Config) (*API, error) {
	if cfg.Desk == nil || cfg.Sync == nil || cfg.Log == nil || cfg.Now == nil {
		return nil, errors.New("mobileapi: a desk, its sync, a log and a clock are needed")
	}
	cfg.MaxBody = orElse(cfg.MaxBody, 64_000_000)
	cfg.MaxPhoto = orElse(cfg.MaxPhoto, 40_000_000)
	cfg.MaxPhotos = orElse(cfg.MaxPhotos, 10)
	cfg.MaxHeld = orElse(cfg.MaxHeld, 8*cfg.MaxBody)
	cfg.RatePerMinute = orElse(cfg.RatePerMinute, 10)
	cfg.RateBurst = orElse(cfg.RateBurst, 60)
	cfg.MaxVerify = orElse(cfg.MaxVerify, 4_000_000)
	cfg.MaxImport = orElse(cfg.MaxImport, 128_000_000)
	cfg.StreamsPerUser = orElse(cfg.StreamsPerUser, 5)
	cfg.Idle = orElse(cfg.Idle, time.Minute)
	cfg.Language = orElse(cfg.Language, "it")
	cfg.TilesPerMinute = orElse(cfg.TilesPerMinute, 6000)
	cfg.TilesBurst = orElse(cfg.TilesBurst, 2000)
	cfg.ExportsPerMinute = orElse(cfg.ExportsPerMinute, 10)
	cfg.ExportsBurst = orElse(cfg.ExportsBurst, 60)
	cfg.ExportsAtOnce = orElse(cfg.ExportsAtOnce, 4)

	gz, err := gzhttp.NewWrapper(
		gzhttp.MinSize(compressedBytes),
		gzhttp.CompressionLevel(1), // a phone waits for the server's CPU too
		gzhttp.EnableZstd(false),   // what a phone's HTTP client takes without asking is gzip
		gzhttp.ContentTypes([]string{"application/json", typeGeoJSON, typeYAML, typeCSV}),
		gzhttp.SuffixETag("-gzip"),
	)
	if err != nil {
		return nil, err
	}
	a := &API{
		cfg:     cfg,
		intake:  newLimiter(cfg.RatePerMinute, cfg.RateBurst, maxSenders),
		guesses: newLimiter(guessesPerMin, guessBurst, maxSenders),
		asks:    newLimiter(asksPerMin, askBurst, maxSenders),
		tiles:   newLimiter(cfg.TilesPerMinute, cfg.TilesBurst, maxSenders),
		exports: newExports(cfg.ExportsPerMinute, cfg.ExportsBurst, cfg.ExportsAtOnce),
		streams: streams{most: cfg.StreamsPerUser, open: map[report.PersonID]int{}},
		held:    held{limit: cfg.MaxHeld},
		gzip:    gz,
	}
	a.gate.open()
	return a, nil
}

func orElse[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Bind mounts the routes on PocketBase's router, and the line in the log on
// every route of the server. It goes into OnServe:
//
//	app.OnServe().BindFunc(func(se *core.ServeEvent) error {
//		api.Bind(se)
//		return se.Next()
//	})
//
// PocketBase's own activity log is taken off these routes, because it keeps
// addresses with the tokens in them; so is its limit on bodies, because each
// route has its own.
func (a *API) Bind(se *core.ServeEvent) {
	se.Router.Bind(&hook.Handler[*core.RequestEvent]{Id: "mobileapi.access", Priority: accessPriority, Func: a.access})
	for _, rt := range a.Routes() {
		route := se.Router.Route(rt.Method, rt.Path, a.endpoint(rt))
		route.Unbind(apis.DefaultActivityLoggerMiddlewareId, apis.DefaultBodyLimitMiddlewareId, apis.DefaultRateLimitMiddlewareId)
		if rt.Type != typeEvents && rt.Type != typeNDJSON { // a stream must not wait for a full block, and lines compress themselves
			route.BindFunc(a.compress)
		}
	}
}

// compress answers in gzip those who take it.
func (a *API) compress(e *core.RequestEvent) (err error) {
	plain := e.Response
	defer func() { e.Response = plain }()
	a.gzip(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		e.Response = w
		err = e.Next()
	})).ServeHTTP(plain, e.Request)
	return err
}

// Drain ends the streams, answers every new request with ErrDraining, and
// waits for the requests under way until ctx ends; then it returns the
// context's error. It goes before PocketBase's own shutdown, which cancels
// every request at once:
//
//	app.OnTerminate().Bind(&hook.Handler[*core.TerminateEvent]{
//		Id: "mobileapi.drain", Priority: -10000,
//		Func: func(te *core.TerminateEvent) error { ...api.Drain(ctx)...; return te.Next() },
//	})
func (a *API) Drain(ctx context.Context) error { return a.gate.drain(ctx) }
