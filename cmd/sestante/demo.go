package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
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
ends after the story; the exit code is 1 when a step was not as it must be.

A demo touches nothing else: it reads no sestante.yaml and no SESTANTE_*
variable, keeps photos in its own folder, sends no mail, and speaks to no host
but this one.`,
		Example: `  sestante demo
  sestante demo --once --json
  sestante demo --data ../shared/data --lang it`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, w) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.once, "once", false, "end after the story")
	f.BoolVar(&o.json, "json", false, "print the steps as one JSON document (with --once)")
	f.IntVar(&o.reports, "reports", 240, "how many reports")
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
	h, err := openHouse(cmd.Context(), cfg, newLog(cfg, log), w.now)
	if err != nil {
		return err
	}
	country, err := o.country(cmd.Context(), w, h)
	if err != nil {
		closing := h.close()
		if cmd.Context().Err() != nil && !o.once {
			return closing // a person stopped it, and need not be told
		}
		return errors.Join(err, closing)
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

// config is the defaults, what the command line says, and what makes it a
// demo: a scratch folder, loopback, and the stand-in. The installation that may
// be set up around it is left alone: its bucket and its mail are no place for
// invented reports.
func (o demoRun) config(cmd *cobra.Command, w world, dir string, phones *fcmfake.Server) (config.Config, error) {
	cfg, err := config.Load(config.Sources{Args: w.args, Dir: dir})
	if err != nil {
		return cfg, err
	}
	cfg.Dir, cfg.Storage, cfg.Mail, cfg.AppSecret = dir, config.Storage{}, config.Mail{}, config.Secret{}
	if http := cmd.Flag("http"); o.once && (http == nil || !http.Changed) {
		cfg.HTTP = "127.0.0.1:0"
	}
	if cfg.HTTP, err = freeAddress(cmd.Context(), cfg.HTTP); err != nil {
		return cfg, err
	}
	cfg.PublicURL = "http://" + cfg.HTTP
	cfg.LogLevel, cfg.LanguageDefault = "error", o.lang
	cfg.Push.FCM.ProjectID, cfg.Push.FCM.Endpoint = phones.Project, phones.URL
	cfg.Push.FCM.Credentials = config.Secret{}
	cfg.Push.Workers = 8
	return cfg, nil
}

// freeAddress says, before anything is made, whether the server will be able to
// listen at an address, and chooses a port where that is left open: tracking
// links must name it.
func freeAddress(ctx context.Context, address string) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", errListen.In("http").With("%v", err)
	}
	return l.Addr().String(), l.Close()
}

func (o demoRun) country(ctx context.Context, w world, h *house) (*demo.Country, error) {
	began := w.now()
	o.tell(w, "Making a country in %s ...", "Preparo un paese in %s ...", h.cfg.Dir)
	c, err := demo.Seed(ctx, demo.Config{
		App: h.app, Now: w.now, Zone: h.cfg.Location, Log: h.log, Reports: o.reports, Seed: o.seed, Data: o.data, Lang: o.lang,
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
	ok := len(steps) > 0 && ctx.Err() == nil
	for _, s := range steps {
		ok = ok && s.OK
	}
	if err := o.report(w, c, base, steps, ok); err != nil {
		return err
	}
	if !o.once && ctx.Err() == nil {
		if err := o.look(w, h, c, base, story.Track()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case err := <-served:
			return err
		}
	}
	stopped := ctx.Err() != nil && !o.once // by a person, who need not be told
	stop()
	if err := <-served; err != nil {
		return err
	}
	if !ok && !stopped {
		return errTold
	}
	return nil
}

// report says at the end whether all went as it must.
func (o demoRun) report(w world, c *demo.Country, base string, steps []demo.Step, ok bool) error {
	if o.json {
		return json.NewEncoder(w.out).Encode(map[string]any{
			"ok": ok, "steps": steps, "address": base, "seed": o.seed, "data": o.data, "districts": c.Districts,
			"people": len(c.People), "reports": c.Reports, "states": c.States, "routings": c.Routings,
		})
	}
	good := 0
	for _, s := range steps {
		if s.OK {
			good++
		}
	}
	if ok {
		o.tell(w, "All %d steps went as they must.\n", "Tutti i %d passi sono andati come dovevano.\n", good)
		return nil
	}
	o.tell(w, "%d of %d steps went as they must.\n", "%d passi su %d sono andati come dovevano.\n", good, len(steps))
	return nil
}

// told prints one step.
func (o demoRun) told(w world, s demo.Step) {
	title, mark := fmt.Sprintf("%2d. %s", s.N, s.Title), "ok"
	if !s.OK {
		mark = "NOT OK: " + s.Error
	}
	if coloured(w) {
		title = "\x1b[1m" + title + "\x1b[0m"
		if !s.OK {
			mark = "\x1b[31m" + mark + "\x1b[0m"
		}
	}
	lines := append([]string{title, "    " + s.Who}, s.Saw...)
	for i := range lines[2:] {
		lines[i+2] = "      " + lines[i+2]
	}
	lines = append(lines, fmt.Sprintf("    [%s, %d ms]", mark, s.Ms), "")
	for _, line := range lines {
		o.tell(w, "%s", "%s", line)
	}
}

// coloured reports whether the output is a terminal whose owner has nothing
// against colours (https://no-color.org).
func coloured(w world) bool {
	for _, v := range w.environ {
		if value, found := strings.CutPrefix(v, "NO_COLOR="); found && value != "" || v == "TERM=dumb" {
			return false
		}
	}
	f, ok := w.out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// look prints where to look while the server stays up.
func (o demoRun) look(w world, h *house, c *demo.Country, base, track string) error {
	const superuser = "superuser@demo.example"
	password := rand.Text() // the dashboard can do anything: nobody guesses this one
	if err := h.store.MakeSuperuser(superuser, password); err != nil {
		return err
	}
	o.tell(w, "The server stays up. Where to look:", "Il server resta acceso. Dove guardare:")
	for _, place := range [][3]string{
		{track, "what Giulia sees", "ciò che vede Giulia"},
		{base + "/api/mobile/v1/map/public?bbox=6,36,19,47.5", "the public map, GeoJSON", "la mappa pubblica, GeoJSON"},
		{base + "/api/mobile/v1/object-types", "what can be reported", "che cosa si può segnalare"},
		{base + "/api/mobile/v1/openapi.yaml", "the whole interface", "tutta l'interfaccia"},
		{base + "/_/", "dashboard: " + superuser + ", " + password, "pannello: " + superuser + ", " + password},
	} {
		if place[0] != "" {
			o.tell(w, "  %[2]s\n    %[1]s", "  %[3]s\n    %[1]s", place[0], place[1], place[2])
		}
	}
	o.tell(w, "\nSign-ins (the password of all is %s):", "\nAccessi (la password di tutti è %s):", demo.Password)
	seen := map[string]bool{}
	for _, p := range c.People {
		if !seen[p.Role] {
			o.tell(w, "  %-20s %-28s %s", "  %-20s %-28s %s", p.Role, p.Email, p.Name)
		}
		seen[p.Role] = true
	}
	o.tell(w, "Every district has a lead and two technicians: lead.ne1@demo.example, tech1.ne1@demo.example and so on.",
		"Ogni distretto ha un referente e due tecnici: lead.ne1@demo.example, tech1.ne1@demo.example e così via.")
	o.tell(w, "\nTry: BASE=%s examples/curl/report.sh\nStop with Ctrl-C; the folder %s is kept only if --dir named it.",
		"\nProva: BASE=%s examples/curl/report.sh\nSi ferma con Ctrl-C; la cartella %s resta solo se indicata con --dir.", base, h.cfg.Dir)
	return nil
}
