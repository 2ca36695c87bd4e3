package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/demo"
)

// What a simulation cannot begin with.
var (
	errUsers = fault.Define(fault.Invalid, "simulate.users",
		"A fleet needs people: a file with an address and a password on each line.",
		"Una flotta ha bisogno di persone: un file con un indirizzo e una password per riga.")
	errBase = fault.Define(fault.Invalid, "simulate.base",
		"The server must be on this machine, unless --anywhere says that you mean it.",
		"Il server deve essere su questa macchina, a meno che --anywhere non confermi.")
)

// A simulateRun is how a simulation was asked for.
type simulateRun struct {
	devices        int
	minutes        float64
	loss           float64
	seed           uint64
	base, users    string
	self, anywhere bool
	think          time.Duration
}

func simulateCommand(w world) *cobra.Command {
	var o simulateRun
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Let a fleet of devices work against a server over a bad network",
		Long: `Let many devices work, each with the engine that real ones have: they report,
comment, and come and go over a network that loses requests and answers. When
the time is over the network heals, every device comes in step, and what each
holds is compared with what a fresh device of the same person is given.

It prints one JSON document: how much was done, how long it took (milliseconds),
how many bytes it took, and what was checked. The exit code is 1 when a check
failed. With --self it makes a scratch server first; else --base names one, which
should be one for tests: what the fleet reports stays there.`,
		Example: `  sestante simulate --self --devices 20 --minutes 1 --loss 0.1
  sestante simulate --base http://127.0.0.1:8090 --users people.txt --devices 100`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, w) },
	}
	f := cmd.Flags()
	f.IntVar(&o.devices, "devices", 10, "how many devices")
	f.Float64Var(&o.minutes, "minutes", 1, "how long they work")
	f.Float64Var(&o.loss, "loss", 0.1, "how many of the exchanges go wrong, 0 to 1")
	f.Uint64Var(&o.seed, "seed", 1, "seed of chance")
	f.StringVar(&o.base, "base", "", "address of a running server")
	f.StringVar(&o.users, "users", "", "file with the people: an address and a password on each line")
	f.BoolVar(&o.self, "self", false, "make a scratch server with the people of the demo")
	f.BoolVar(&o.anywhere, "anywhere", false, "the server may be on another machine")
	f.DurationVar(&o.think, "think", 200*time.Millisecond, "how long a person waits between two things, on average")
	return cmd
}

func (o simulateRun) check() error {
	switch {
	case o.self == (o.base != ""):
		return fmt.Errorf("%w: one of --self and --base is needed", errUsage)
	case o.devices < 1 || o.devices > 10_000:
		return fmt.Errorf("%w: --devices is 1 to 10000", errUsage)
	case o.minutes <= 0 || o.minutes > 24*60:
		return fmt.Errorf("%w: --minutes is more than 0 and at most a day", errUsage)
	case o.loss < 0 || o.loss >= 1:
		return fmt.Errorf("%w: --loss is 0 to less than 1", errUsage)
	case o.think < 0:
		return fmt.Errorf("%w: --think is not negative", errUsage)
	case !o.self && o.users == "":
		return errUsers.In("users")
	case !o.self && !o.anywhere && !loopback(o.base):
		return errBase.In("base")
	}
	return nil
}

// loopback reports whether an address is of this machine.
func loopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (o simulateRun) run(cmd *cobra.Command, w world) error {
	if err := o.check(); err != nil {
		return err
	}
	ctx := cmd.Context()
	fleet := fleet{
		base: strings.TrimSuffix(o.base, "/"), devices: o.devices, lasts: time.Duration(o.minutes * float64(time.Minute)),
		loss: o.loss, seed: o.seed, think: o.think, now: w.now,
	}
	if o.self {
		ground, err := o.ground(cmd, w)
		if err != nil {
			return err
		}
		fleet.base, fleet.people = ground.base, ground.people
		out, err := fleet.sail(ctx)
		return errors.Join(o.tell(w, out, err), ground.close())
	}
	var err error
	if fleet.people, err = readPeople(o.users); err != nil {
		return err
	}
	out, err := fleet.sail(ctx)
	return o.tell(w, out, err)
}

func (o simulateRun) tell(w world, out voyage, err error) error {
	if err != nil {
		return err
	}
	e := json.NewEncoder(w.out)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	if !out.OK {
		return errTold
	}
	return nil
}

// A login is somebody who can sign in.
type login struct{ identity, password string }

// readPeople reads an address and a password from each line; empty lines and
// those that begin with # are left out.
func readPeople(path string) ([]login, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errUsers.In("users").With("%v", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var out []login
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case len(fields) == 2:
			out = append(out, login{fields[0], fields[1]})
		default:
			return nil, errUsers.In("users").With("line %d has not two words", n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, errUsers.In("users").With("%v", err)
	}
	if len(out) == 0 {
		return nil, errUsers.In("users").With("the file names nobody")
	}
	return out, nil
}

// ground is a scratch server for a fleet.
type ground struct {
	base   string
	people []login
	close  func() error
}

// ground makes a scratch server with the demo's country and starts it.
func (o simulateRun) ground(cmd *cobra.Command, w world) (ground, error) {
	cfg, err := settings(w)
	if err != nil {
		return ground{}, err
	}
	dir, err := os.MkdirTemp("", "sestante-simulate-")
	if err != nil {
		return ground{}, errFolder.With("%v", err)
	}
	clean := func() error { return os.RemoveAll(dir) }
	cfg.Dir, cfg.HTTP, cfg.PublicURL, cfg.LogLevel = dir, "127.0.0.1:0", "http://127.0.0.1:0", "error"
	cfg.Push.FCM.ProjectID = ""
	h, err := openHouse(cmd.Context(), cfg, newLog(cfg, w.err), w.now)
	if err != nil {
		return ground{}, errors.Join(err, clean())
	}
	country, err := demo.Seed(cmd.Context(), demo.Config{
		App: h.app, Now: w.now, Log: h.log, Reports: 60, Seed: o.seed,
		Desk: func(now func() time.Time) (*desk.Desk, error) {
			return desk.New(deskConfig(h.cfg, h.store, h.log, now, func() {}))
		},
	})
	if err != nil {
		return ground{}, errors.Join(err, h.close(), clean())
	}
	ctx, stop := context.WithCancel(cmd.Context())
	address, served := make(chan string, 1), make(chan error, 1)
	go func() { served <- h.serve(ctx, func(a string) { address <- a }) }()
	g := ground{close: func() error { stop(); return errors.Join(<-served, clean()) }}
	select {
	case a := <-address:
		g.base = "http://" + a
	case err := <-served:
		stop()
		return ground{}, errors.Join(err, clean())
	}
	for _, p := range country.People {
		switch p.Role {
		case "technician", "district_lead", "coordinator", "citizen", "l1_operator":
			g.people = append(g.people, login{p.Email, demo.Password})
		}
	}
	return g, nil
}
