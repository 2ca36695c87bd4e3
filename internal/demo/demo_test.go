package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/demo"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// seed makes a country of n reports.
func seed(t *testing.T, n int) *demo.Country {
	t.Helper()
	app := pbtest.New(t)
	if err := store.New(app).InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c, err := demo.Seed(t.Context(), demo.Config{
		App: app, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler), Reports: n, Seed: 1,
		Desk: func(now func() time.Time) (*desk.Desk, error) {
			return desk.New(desk.Config{
				Store: store.New(app), Now: now, Log: slog.New(slog.DiscardHandler), Policy: report.DefaultPolicy(),
				Limits: desk.Limits{Photos: 10}, ToleranceM: 500, CodePrefix: "SE", Language: "it",
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSeed(t *testing.T) {
	c := seed(t, 70)
	if c.Districts != 26 || c.Reports != 70 || c.Photos < 5 {
		t.Errorf("%d districts, %d reports, %d photos; want 26, 70 and a few", c.Districts, c.Reports, c.Photos)
	}
	for _, s := range report.States {
		if c.States[string(s)] == 0 {
			t.Errorf("no report is %s: %v", s, c.States)
		}
	}
	for _, role := range []string{
		"citizen", "accredited_reporter", "l1_operator", "coordinator", "l2_operator", "service_manager", "technician", "district_lead",
		"field_lead", "pole_manager", "planner", "partner_user", "contact_operator", "helpdesk_agent", "admin", "auditor",
	} {
		if _, ok := c.Find(role, ""); !ok {
			t.Errorf("nobody is a %s", role)
		}
	}
}
