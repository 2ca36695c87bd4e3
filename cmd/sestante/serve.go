package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
	"github.com/pocketbase/pocketbase/tools/security"
	"github.com/spf13/cobra"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/config"
	"github.com/sestante/sestante/jobs"
	mobileapi "github.com/sestante/sestante/mobile-api"
	"github.com/sestante/sestante/notify/fcm"
)

// errListen answers an address that cannot be listened on.
var errListen = fault.Define(fault.Conflict, "serve.address",
	"The server cannot listen there. Is another one running? Choose another address with --http.",
	"Il server non può ascoltare a quell'indirizzo. Ce n'è già uno in funzione? Scegline un altro con --http.")

func serveCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server: the API for phones and the web app, PocketBase's dashboard for
administrators at /_/, and the loops that push notices.

It stops on an interrupt or SIGTERM: new requests are answered 503, those under
way are let end (shutdown.drain_s), and the exit code is 0.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(w)
			if err != nil {
				return err
			}
			h, err := openHouse(cmd.Context(), cfg, newLog(cfg, w.err), w.now)
			if err != nil {
				return err
			}
			return h.serve(cmd.Context(), nil)
		},
	}
}

// serve runs the server until ctx ends, and closes the house. When started is
// not nil it is told the address, once the server answers.
func (h *house) serve(ctx context.Context, started func(address string)) error {
	api, err := mobileapi.New(mobileapi.Config{
		Desk: h.desk, Sync: h.sync, Log: h.log, Now: h.now,
		MaxBody: h.cfg.Intake.MaxBodyBytes, MaxPhoto: h.cfg.Intake.MaxPhotoBytes, MaxPhotos: h.cfg.Intake.MaxPhotos,
		RatePerMinute: h.cfg.Intake.RatePerMinute, RateBurst: h.cfg.Intake.RateBurst,
		MaxImport: h.cfg.Territory.MaxImportBytes,
		MaxVerify: h.cfg.Sync.MaxVerifyBytes, StreamsPerUser: h.cfg.Sync.StreamsPerUser, Language: h.cfg.LanguageDefault,
		Attribution: h.cfg.OrgName, BaseMaps: h.cfg.Tiles.PMTiles,
		TilesPerMinute: h.cfg.Tiles.RatePerMinute, TilesBurst: h.cfg.Tiles.RateBurst,
		ExportsPerMinute: h.cfg.Export.RatePerMinute, ExportsBurst: h.cfg.Export.RateBurst, ExportsAtOnce: h.cfg.Export.AtOnce,
	})
	if err != nil {
		return errors.Join(err, h.close())
	}
	loops, err := h.loops(ctx)
	if err != nil {
		return errors.Join(err, h.close())
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.cfg.HTTP)
	if err != nil {
		return errors.Join(errListen.In("http").With("%v", err), h.close())
	}
	h.app.OnServe().Bind(&hook.Handler[*core.ServeEvent]{Id: "sestante.api", Func: func(se *core.ServeEvent) error {
		se.Listener = listener
		api.Bind(se)
		if err := se.Next(); err != nil {
			return err
		}
		h.log.InfoContext(ctx, "serving", "address", listener.Addr().String(), "version", Version)
		loops.Start(context.WithoutCancel(ctx)) // they are stopped after the requests have ended
		if started != nil {
			started(listener.Addr().String())
		}
		return nil
	}})
	// Before PocketBase's own handler, which cuts every request at once.
	h.app.OnTerminate().Bind(&hook.Handler[*core.TerminateEvent]{Id: "sestante.drain", Priority: -10_000, Func: func(te *core.TerminateEvent) error {
		drain, cancel := context.WithTimeout(context.Background(), h.cfg.Shutdown.Drain)
		defer cancel()
		if err := api.Drain(drain); err != nil {
			h.log.ErrorContext(drain, "requests were cut off", "err", err)
		}
		loops.Stop()
		return te.Next()
	}})
	return h.listen(ctx)
}

// listen serves HTTP until ctx ends or the listener fails.
func (h *house) listen(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- apis.Serve(h.app, apis.ServeConfig{HttpAddr: h.cfg.HTTP}) }()
	select {
	case err := <-done:
		if err != nil {
			err = fmt.Errorf("serve on %s: %w", h.cfg.HTTP, err)
		}
		return errors.Join(err, h.close())
	case <-ctx.Done():
		h.log.InfoContext(ctx, "stopping")
		err := h.close() // makes Serve return
		return errors.Join(err, <-done)
	}
}

// loops prepares what runs beside the server.
func (h *house) loops(ctx context.Context) (*jobs.Group, error) {
	loops := jobs.NewGroup(h.log)
	loops.Add("grants", jobs.Every(time.Minute, "grants", jobs.Alone{}, h.log, func(ctx context.Context) error {
		return h.store.SweepGrants(ctx, h.now())
	}))
	loops.Add("exits", jobs.Every(24*time.Hour, "exits", jobs.Alone{}, h.log, func(ctx context.Context) error {
		_, err := h.sync.ClearExits(ctx)
		return err
	}))
	loops.Add("map", jobs.Every(time.Second, "map", jobs.Alone{}, h.log, h.desk.FollowMap))
	loops.Add("bodies", jobs.Every(2*time.Second, "bodies", jobs.Alone{}, h.log, h.prepareBodies()))
	loops.Add("duplicates", jobs.Every(time.Second, "duplicates", jobs.Alone{}, h.log, h.desk.FollowDuplicates))
	loops.Add("duplicates-tidy", jobs.Every(24*time.Hour, "duplicates-tidy", jobs.Alone{}, h.log, h.desk.TidyDuplicates))
	h.territoryLoops(loops)
	if h.cfg.Report.AutoVerifyDays > 0 {
		loops.Add("verify", jobs.Every(10*time.Minute, "verify", jobs.Alone{}, h.log, func(ctx context.Context) error {
			_, err := h.desk.VerifyUnattended(ctx)
			return err
		}))
	}
	if h.cfg.Push.FCM.ProjectID == "" {
		return loops, nil
	}
	phones, err := fcm.New(ctx, fcmConfig(h.cfg))
	if err != nil {
		return nil, fmt.Errorf("set up push: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	sender, err := jobs.NewSender(jobs.Config{
		Outbox: h.store, Channel: phones, Owner: host + "-" + security.RandomString(8), Now: h.now, Log: h.log,
		Workers: h.cfg.Push.Workers, Lease: h.cfg.Push.Lease, MaxAttempts: h.cfg.Push.MaxAttempts, Wake: h.wake,
	})
	if err != nil {
		return nil, err
	}
	loops.Add("push", sender.Run)
	return loops, nil
}

// mostPrepared bounds the records that are made ready at once. Two bodies each,
// they fit into what the store keeps.
const mostPrepared = 20_000

// prepareBodies returns what makes ready, after a start and after changes, what
// phones will ask for.
func (h *house) prepareBodies() func(context.Context) error {
	var after int64
	return func(ctx context.Context) error {
		upto, _, err := h.store.Prepare(ctx, after, mostPrepared)
		if err == nil {
			after = upto
		}
		return err
	}
}

// fcmConfig says how notices reach phones. A stand-in is asked without
// credentials when there are none.
func fcmConfig(cfg config.Config) fcm.Config {
	c := cfg.Push.FCM
	return fcm.Config{
		ProjectID: c.ProjectID, Credentials: []byte(c.Credentials.Reveal()), Endpoint: c.Endpoint,
		WithoutAuth: c.Endpoint != "" && c.Credentials.IsZero(),
	}
}
