package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // PocketBase's own schema

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/hooks"
	"github.com/sestante/sestante/internal/config"
	_ "github.com/sestante/sestante/pb_migrations" // ours
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// errFolder answers a data folder that cannot be used.
var errFolder = fault.Define(fault.Invalid, "store.folder",
	"The data folder cannot be used.", "La cartella dei dati non è utilizzabile.")

// A house is the whole program over one data folder, wired and migrated. What
// runs by itself (the server, the loops) is started by the commands.
type house struct {
	cfg   config.Config
	app   *core.BaseApp
	store *store.Store
	desk  *desk.Desk
	sync  *desk.Sync
	hub   *fieldsync.Hub // wakes the streams
	log   *slog.Logger
	now   func() time.Time
	wake  chan struct{} // something was enqueued
}

// openHouse opens the data folder, brings its schema up to date and wires the
// rooms. Close it when done. The errors are errFolder, store.ErrNewer, and
// whatever the migrations say.
func openHouse(ctx context.Context, cfg config.Config, log *slog.Logger, now func() time.Time) (*house, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, errFolder.In("dir").With("%v", err)
	}
	h := &house{cfg: cfg, log: log, now: now, wake: make(chan struct{}, 1), hub: &fieldsync.Hub{}}
	h.app = store.NewApp(cfg.Dir)
	h.app.OnSettingsReload().BindFunc(func(e *core.SettingsReloadEvent) error {
		if err := e.Next(); err != nil {
			return err
		}
		return applySettings(e.App.Settings(), cfg)
	})
	if err := h.app.Bootstrap(); err != nil {
		return nil, errFolder.In("dir").With("%v", err)
	}
	if err := h.furnish(ctx); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *house) furnish(ctx context.Context) error {
	h.store = store.New(h.app)
	if err := h.store.CheckVersion(ctx); err != nil {
		return err
	}
	if err := h.app.RunAllMigrations(); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	if err := applySettings(h.app.Settings(), h.cfg); err != nil {
		return err
	}
	var err error
	if h.desk, err = desk.New(deskConfig(h.cfg, h.store, h.log, h.now, h.changed)); err != nil {
		return err
	}
	door := hooks.Config{Production: h.cfg.Production, Language: h.cfg.LanguageDefault, Log: h.log, Now: h.now, Desk: h.desk}
	if err := hooks.Register(h.app, door); err != nil {
		return err
	}
	hooks.RegisterCapture(h.app)
	if err := h.store.InstallCapture(ctx); err != nil {
		return fmt.Errorf("install the capture of changes: %w", err)
	}
	limits := h.cfg.Sync
	h.sync, err = desk.NewSync(h.desk, desk.SyncConfig{Hub: h.hub, Heartbeat: limits.Heartbeat, RawBytes: limits.MaxKeptBytes, Limits: fieldsync.Limits{
		Muts: limits.MaxMutations, PushBytes: limits.MaxPushBytes, PullBytes: limits.MaxPullBytes, PageRows: limits.MaxPageRows,
	}})
	return err
}

// deskConfig translates the set-up into what the desk needs.
func deskConfig(cfg config.Config, s *store.Store, log *slog.Logger, now func() time.Time, changed func()) desk.Config {
	policy := report.DefaultPolicy()
	policy.Location = cfg.Location
	policy.ReopenWindowDays = cfg.Report.ReopenDays
	policy.DuplicateWindowDays = cfg.Duplicates.ClosedDays
	policy.PlanNeedsApproval = cfg.Report.PlanNeedsApproval
	policy.AutoVerify = cfg.Report.AutoVerifyDays > 0
	policy.AutoVerifyDays = cfg.Report.AutoVerifyDays
	return desk.Config{
		Store: s, Now: now, Log: log, Policy: policy,
		Limits:      desk.Limits{Photos: cfg.Intake.MaxPhotos, PhotoBytes: cfg.Intake.MaxPhotoBytes},
		Duplicates:  desk.DuplicatePolicy{RadiusM: cfg.Duplicates.RadiusM, AreaRadiusM: cfg.Duplicates.AreaRadiusM, AreaObjects: cfg.Duplicates.AreaObjects},
		ImportBytes: cfg.Territory.MaxImportBytes,
		ExportRows:  cfg.Export.MaxRows,
		ToleranceM:  cfg.Territory.ToleranceM, CodePrefix: cfg.Territory.CodePrefix,
		PublicURL: cfg.PublicURL, Language: cfg.LanguageDefault, Secret: cfg.AppSecret.Reveal(), Changed: changed,
	}
}

// changed is told after each commit: there may be something to push and
// something to pull.
func (h *house) changed() {
	h.hub.Stir()
	select {
	case h.wake <- struct{}{}:
	default: // it has been told and has not looked yet
	}
}

// close ends PocketBase: the databases are closed.
func (h *house) close() error {
	event := &core.TerminateEvent{App: h.app}
	return h.app.OnTerminate().Trigger(event, func(e *core.TerminateEvent) error {
		return e.App.ResetBootstrapState()
	})
}

// applySettings puts our set-up over PocketBase's settings, in memory only: a
// secret that came from a file must not end up in the database.
func applySettings(s *core.Settings, cfg config.Config) error {
	s.Meta.AppName, s.Meta.AppURL = cfg.OrgName, cfg.PublicURL
	s.Meta.HideControls = cfg.Production
	s.TrustedProxy.Headers = cfg.TrustedProxyHeaders
	s.Batch.Enabled = false // a batch would hold the only writer while it parses
	s.Logs.MinLevel = int(slog.LevelError)
	s.Logs.LogIP = false
	if s3 := cfg.Storage.S3; s3.Bucket != "" {
		s.S3 = core.S3Config{
			Enabled: true, Bucket: s3.Bucket, Region: s3.Region, Endpoint: s3.Endpoint,
			AccessKey: s3.AccessKey, Secret: s3.Secret.Reveal(), ForcePathStyle: s3.ForcePathStyle,
		}
	}
	if smtp := cfg.Mail.SMTP; smtp.Host != "" {
		s.SMTP.Enabled, s.SMTP.Host, s.SMTP.Port = true, smtp.Host, smtp.Port
		s.SMTP.Username, s.SMTP.Password = smtp.Username, smtp.Password.Reveal()
		s.Meta.SenderAddress, s.Meta.SenderName = smtp.From, cfg.OrgName
	}
	return nil
}

// newLog returns the program's log.
func newLog(cfg config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	switch cfg.LogLevel {
	case "debug":
		level = slog.LevelDebug
	case "error":
		level = slog.LevelError
	default:
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
