package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/config"
	"github.com/sestante/sestante/internal/demo"
	"github.com/sestante/sestante/internal/fcmfake"
)

// A demoRun is how the demo was asked for.
type demoRun struct {
	once, json bool
	reports    int
	seed       uint64
	data, lang string
}

func demoCommand(w world) *cobra.Command {
	var o demoRun
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a country with reports and people, and tell the story of one report",
		Long: `Make a scratch folder with Italy's 26 districts, people in every role and a few
hundred reports with their history; start a server on it; and tell the story of
one report step by step, over the same HTTP that every client speaks, with what
each party sees. A stand-in for Firebase prints which phones ring.

Then the server stays up, and the places to look at are printed. With --once it
ends after the story; the exit code is 1 when a step was not as it must be.`,
		Example: `  sestante demo
  sestante demo --once --json
  sestante demo --data ../shared/data --language-default it`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, w) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.once, "once", false, "end after the story")
	f.BoolVar(&o.json, "json", false, "print the steps as one JSON document (with --once)")
	f.IntVar(&o.reports, "reports", 300, "how many reports")
	f.Uint64Var(&o.seed, "seed", 1, "seed of chance")
	f.StringVar(&o.data, "data", "", "folder with real boundaries (territory/provinces.geojson) and photos (photos/gps)")
	f.StringVar(&o.lang, "lang", "en", "language of the telling: en or it")
	return cmd
}

func (o demoRun) run(cmd *cobra.Command, w world) (err error) {
	if o.lang != "en" && o.lang != "it" {
		return fmt.Errorf("%w: --lang is en or it", errUsage)
	}
	if o.reports < 0 || o.reports > 100_000 {
		return fmt.Errorf("%w: --reports is 0 to 100000", errUsage)
	}
	if o.json {
		o.once = true
	}
	dir, done, err := o.folder(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	phones, err := fcmfake.New()
	if err != nil {
		return err
	}
	defer phones.Close()
	cfg, err := o.config(cmd, w, dir, phones)
	if err != nil {
		return err
	}
	log := io.Discard
	if !o.json {
		log = w.err
	}
	cfg.LogLevel = "error"
	h, err := openHouse(cmd.Context(), cfg, newLog(cfg, log), w.now)
	if err != nil {
		return err
	}
	country, err := o.country(cmd.Context(), w, h)
	if err != nil {
		return errors.Join(err, h.close())
	}
	return o.play(cmd.Context(), w, h, country, phones, dir)
}

// folder returns a scratch folder, or the one that --dir names, and what to do
// with it at the end.
func (o demoRun) folder(cmd *cobra.Command) (string, func() error, error) {
	if dir := cmd.Flag("dir"); dir != nil && dir.Changed {
		path, err := filepath.Abs(dir.Value.String())
		if err != nil {
			return "", nil, err
		}
		if _, err := os.Stat(filepath.Join(path, "data.db")); err == nil {
			return "", nil, errFolder.In("dir").With("the demo wants an empty folder of its own")
		}
		return path, func() error { return nil }, nil
	}
	path, err := os.MkdirTemp("", "sestante-demo-")
	if err != nil {
		return "", nil, errFolder.With("%v", err)
	}
	return path, func() error { return os.RemoveAll(path) }, nil
}

// config is the defaults, what the command line and the environment say, and
// what makes it a demo: a scratch folder, loopback, and the stand-in.
func (o demoRun) config(cmd *cobra.Command, w world, dir string, phones *fcmfake.Server) (config.Config, error) {
	cfg, err := settings(w)
	if err != nil {
		return cfg, err
	}
	cfg.Dir = dir
	if http := cmd.Flag("http"); o.once && (http == nil || !http.Changed) {
		cfg.HTTP = "127.0.0.1:0"
	}
	cfg.PublicURL = "http://" + cfg.HTTP
	cfg.Push.FCM.ProjectID, cfg.Push.FCM.Endpoint = phones.Project, phones.URL
	cfg.Push.FCM.Credentials = config.Secret{}
	cfg.Push.Workers = 8
	return cfg, nil
}

func (o demoRun) country(ctx context.Context, w world, h *house) (*demo.Country, error) {
	began := w.now()
	o.tell(w, "Making a country in %s ...", "Preparo un paese in %s ...", h.cfg.Dir)
	c, err := demo.Seed(ctx, demo.Config{
		App: h.app, Now: w.now, Log: h.log, Reports: o.reports, Seed: o.seed, Data: o.data,
		Desk: func(now func() time.Time) (*desk.Desk, error) {
			return desk.New(deskConfig(h.cfg, h.store, h.log, now, func() {}))
		},
	})
	if err != nil {
		return nil, err
	}
	o.tell(w, "%d districts, %d people, %d reports (%d with photos) in %.1f s.\n", "%d distretti, %d persone, %d segnalazioni (%d con foto) in %.1f s.\n",
		c.Districts, len(c.People), c.Reports, c.Photos, w.now().Sub(began).Seconds())
	return c, nil
}

func (o demoRun) tell(w world, english, italian string, args ...any) {
	if o.json {
		return
	}
	text := english
	if o.lang == "it" {
		text = italian
	}
	_, _ = fmt.Fprintf(w.out, text+"\n", args...) // there is nowhere else to tell it
}

// play serves, tells the story, and stays up unless it was asked for once.
func (o demoRun) play(ctx context.Context, w world, h *house, c *demo.Country, phones *fcmfake.Server, dir string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	address, served := make(chan string, 1), make(chan error, 1)
	go func() { served <- h.serve(ctx, func(a string) { address <- a }) }()
	var base string
	select {
	case a := <-address:
		base = "http://" + a
	case err := <-served:
		return err
	}
	story := demo.Story{Country: c, Base: base, Phones: phones, Dir: filepath.Join(dir, "phones"), Lang: o.lang, Now: w.now, Told: func(s demo.Step) { o.told(w, s) }}
	steps := story.Play(ctx)
	ok := len(steps) > 0
	for _, s := range steps {
		ok = ok && s.OK
	}
	if o.json {
		err := json.NewEncoder(w.out).Encode(map[string]any{
			"ok": ok, "steps": steps, "seed": o.seed, "data": o.data, "districts": c.Districts, "people": len(c.People), "reports": c.Reports, "states": c.States,
		})
		if err != nil {
			return err
		}
	}
	if !o.once && ctx.Err() == nil {
		if err := o.look(w, h, c, base); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case err := <-served:
			return err
		}
	}
	stop()
	if err := <-served; err != nil {
		return err
	}
	if !ok {
		o.tell(w, "\nThe story did not go as it must.", "\nLa storia non è andata come deve.")
		return errTold
	}
	return nil
}

// told prints one step.
func (o demoRun) told(w world, s demo.Step) {
	mark := "ok"
	if !s.OK {
		mark = "NOT OK: " + s.Error
	}
	o.tell(w, "%2d. %s\n    %s", "%2d. %s\n    %s", s.N, s.Title, s.Who)
	for _, line := range s.Saw {
		o.tell(w, "      %s", "      %s", line)
	}
	o.tell(w, "    [%s, %d ms]\n", "    [%s, %d ms]\n", mark, s.Ms)
}

// look prints where to look while the server stays up.
func (o demoRun) look(w world, h *house, c *demo.Country, base string) error {
	const superuser = "admin@demo.example"
	if err := h.store.MakeSuperuser(superuser, demo.Password); err != nil {
		return err
	}
	o.tell(w, "The server stays up. Where to look:", "Il server resta acceso. Dove guardare:")
	for _, line := range [][2]string{
		{base + "/_/", "dashboard; sign in as " + superuser},
		{base + "/api/mobile/v1/map/public?bbox=6,36,19,47.5", "the public map, GeoJSON"},
		{base + "/api/mobile/v1/openapi.yaml", "the whole interface"},
		{base + "/api/mobile/v1/object-types", "what can be reported"},
	} {
		o.tell(w, "  %-64s %s", "  %-64s %s", line[0], line[1])
	}
	o.tell(w, "\nSign-ins (password of all: %s):", "\nAccessi (la password di tutti: %s):", demo.Password)
	seen := map[string]bool{}
	for _, p := range c.People {
		if !seen[p.Role] || strings.HasSuffix(p.Email, ".no7@demo.example") {
			o.tell(w, "  %-20s %-28s %s", "  %-20s %-28s %s", p.Role, p.Email, p.Name)
		}
		seen[p.Role] = true
	}
	o.tell(w, "\nEvery district has a lead and two technicians: lead.ne1@..., tech1.ne1@... and so on.\nTry: examples/curl/report.sh with BASE=%s. Stop with Ctrl-C; the folder is then removed.",
		"\nOgni distretto ha un referente e due tecnici: lead.ne1@..., tech1.ne1@... e così via.\nProva: examples/curl/report.sh con BASE=%s. Si ferma con Ctrl-C; la cartella viene rimossa.", base)
	return nil
}
