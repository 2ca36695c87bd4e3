// Package demo makes a country with people, reports and photos in a scratch
// folder, and tells the story of one report in it, step by step, over the same
// HTTP that every client speaks. Each step checks what it tells.
//
// It knows no more of the program than an administrator (who fills in the
// catalogue and the people) and a client (who sends requests) would.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// Password is everybody's in a demo.
const Password = "sestante-demo"

// Config is what a demo is made of.
type Config struct {
	App     *core.BaseApp
	Desk    func(now func() time.Time) (*desk.Desk, error) // a desk with another clock over the same data
	Now     func() time.Time
	Zone    *time.Location // of the people; nil: UTC
	Log     *slog.Logger
	Reports int    // how many
	Seed    uint64 // of chance
	Data    string // folder with real boundaries and photos; empty: those that ship with the program
	Lang    string // it or en: what the public and the desk read; crews read Italian
}

// A Country is what Seed made: who is there, and where things are.
type Country struct {
	cfg       Config
	rnd       *rand.Rand
	clock     time.Time
	desk      *desk.Desk
	areas     []geo.Area
	locate    func(desk.Place) geo.Answer
	orgs      map[string]string // code to id
	objects   map[string]string // code to id
	sites     []site
	actors    map[string]report.Actor // by the person's id
	after     map[drawing][]byte
	master    master
	People    []Person
	Districts int
	Reports   int
	Photos    int
	States    map[string]int // how many reports ended in each state
	Routings  map[string]int // how many reports found their district in each way
}

// A master is an open report that duplicates may be joined to.
type master struct {
	id    report.ID
	what  thing
	where spot
}

// A Person is somebody with a sign-in.
type Person struct {
	ID       string
	Role     string
	Email    string
	Name     string
	District string // code, for those who work in one
}

// Seed fills an empty data folder: territory, organisations, people in every
// role, the catalogue, and reports with a believable history of three months.
func Seed(ctx context.Context, cfg Config) (*Country, error) {
	c := &Country{
		cfg: cfg, rnd: rand.New(rand.NewPCG(cfg.Seed, 4)),
		orgs: map[string]string{}, objects: map[string]string{}, actors: map[string]report.Actor{}, after: map[drawing][]byte{},
		States: map[string]int{}, Routings: map[string]int{},
	}
	if cfg.Zone == nil {
		c.cfg.Zone = time.UTC
	}
	var err error
	c.clock = cfg.Now()
	if c.desk, err = cfg.Desk(func() time.Time { return c.clock }); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"territory", c.territory},
		{"organisations", c.organisations},
		{"catalogue", c.catalogue},
		{"people", c.people},
		{"knowledge base", c.knowledge},
		{"reports", c.history},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("make the %s: %w", step.name, err)
		}
	}
	return c, nil
}

// territory dissolves the districts from the real provinces when they are
// there, and from those that ship with the program otherwise.
func (c *Country) territory(ctx context.Context) error {
	table, err := geo.ItalyDistricts()
	if err != nil {
		return err
	}
	provinces, code, err := c.provinces()
	if err != nil {
		return err
	}
	districts, _, err := geo.Dissolve(table, provinces, code)
	if err != nil {
		return err
	}
	c.areas = append(geo.MacroAreas(table, districts), districts...)
	for _, d := range districts {
		if d.Kind == geo.District {
			c.Districts++
		}
	}
	if _, err := c.desk.ImportAreas(ctx, c.areas, time.Time{}, false); err != nil {
		return err
	}
	c.locate, err = c.desk.Router(ctx)
	return err
}

func (c *Country) provinces() (geo.Collection, string, error) {
	if c.cfg.Data == "" {
		all, err := geo.ItalyProvinces()
		return all, "code", err
	}
	f, err := os.Open(filepath.Join(c.cfg.Data, "territory", "provinces.geojson"))
	if err != nil {
		return geo.Collection{}, "", fmt.Errorf("open the real boundaries: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	all, err := geo.Decode(f, geo.Limits{Code: "sigla"})
	return all, "sigla", err
}

// Find returns the first person of a role, in a district when one is named.
func (c *Country) Find(role, district string) (Person, bool) {
	for _, p := range c.People {
		if p.Role == role && (district == "" || p.District == district) {
			return p, true
		}
	}
	return Person{}, false
}
