package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/demo"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// noon is when the country is made: a Sunday.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// seed makes a country of n reports.
func seed(t *testing.T, n int) (*core.BaseApp, *demo.Country) {
	t.Helper()
	app := pbtest.New(t)
	if err := store.New(app).InstallCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
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
	return app, c
}

// count asks how many rows a query finds.
func count(t *testing.T, app core.App, query string) int {
	t.Helper()
	var n int
	if err := app.DB().NewQuery("SELECT count(*) FROM " + query).Row(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestSeed(t *testing.T) {
	app, c := seed(t, 60)
	if c.Districts != 26 || c.Reports != 60 || c.Photos < 3 {
		t.Errorf("%d districts, %d reports, %d photos; want 26, 60 and a few", c.Districts, c.Reports, c.Photos)
	}
	for _, s := range report.States {
		if c.States[string(s)] == 0 {
			t.Errorf("no report is %s: %v", s, c.States)
		}
	}
	for _, r := range []report.Routing{report.Routed, report.RoutePending, report.RouteUncertain, report.RouteUnroutable} {
		if c.Routings[string(r)] == 0 {
			t.Errorf("no report is %s: %v", r, c.Routings)
		}
	}
	for _, role := range report.Roles {
		if _, ok := c.Find(string(role), ""); !ok && role != report.RoleAnonymous && role != report.RoleSystem {
			t.Errorf("nobody is a %s", role)
		}
	}
	for _, p := range c.People {
		user, err := app.FindAuthRecordByEmail("users", p.Email)
		if err != nil || !user.ValidatePassword(demo.Password) {
			t.Errorf("%s cannot sign in: %v", p.Email, err)
		}
	}
	overlay := string(geo.SeedID(geo.Overlay, "NO8"))
	for _, tt := range []struct {
		query, what string
		some        bool
	}{
		{"reports WHERE district = '" + overlay + "'", "reports of a sorting centre", true},
		{"reports WHERE reopenedCount > 0", "reopened reports", true},
		{"reports WHERE bounceCount > 0", "reports that were sent back", true},
		{"reports WHERE verifyFailCount > 0", "reports whose work was not accepted", true},
		{"reports WHERE escalationLevel > 0", "escalated reports", true},
		{"reportEvents WHERE type = 'reprogram'", "reports with another date", true},
		{"reports WHERE plannedCloseDate < '2026-11-22' AND state IN ('scheduled', 'in_progress', 'suspended')", "overdue reports", true},
		{"reports WHERE pointSource = 'exif'", "reports that a photo gave their place", true},
		{"_s_member m JOIN _s_scope s ON s.sid = m.scope WHERE m.coll = 'kbArticles' AND s.name = 'w'", "articles for the crews", true},
		{"_s_member m JOIN kbArticles k ON k.id = m.id WHERE k.state = 'draft'", "articles on phones that are not ready", false},
		{"reportEvents WHERE occurredAt > '2026-11-22 12:00:00.000Z' OR recordedAt > '2026-11-22 12:00:00.000Z'", "events to come", false},
		{"reportEvents a JOIN reportEvents b ON a.report = b.report AND b.seq = a.seq + 1 WHERE b.occurredAt < a.occurredAt", "events out of order", false},
		{"reportEvents WHERE type = 'photo' AND json_extract(payload, '$.media') NOT IN (SELECT id FROM media WHERE state = 'ready')", "photos that are not there", false},
	} {
		if n := count(t, app, tt.query); (n > 0) != tt.some {
			t.Errorf("%d %s, want some: %t", n, tt.what, tt.some)
		}
	}
}
