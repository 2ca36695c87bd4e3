package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// Reports come page by page, each once, the oldest first, whatever came in the
// same moment.
func TestSightings(t *testing.T) {
	app := pbtest.New(t)
	s := store.New(app)
	const n = 11_000 // three pages
	for _, q := range []string{
		`INSERT INTO reports (id, code, kind, state, district, objectType, pointSource, lon, lat, registeredAt)
			WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ` + fmt.Sprint(n-1) + `)
			SELECT printf('report%09d', i), 'SE-26-' || i, 'fault', CASE WHEN i % 100 = 99 THEN 'cancelled' ELSE 'assigned' END,
				CASE WHEN i % 2 THEN 'w' ELSE 'e' END, CASE WHEN i % 10 THEN 'lamp' ELSE 'hole' END,
				CASE WHEN i % 5 THEN 'gps' ELSE '' END, 9 + i / 1e6, 45, printf('2026-11-%02d 09:00:00.000Z', 1 + i / 6000) FROM n`,
		`INSERT INTO reports (id, code, kind, state, registeredAt) VALUES ('helpdesk0000000', 'HD', 'helpdesk', 'assigned', '2026-11-01 09:00:00.000Z')`,
		`INSERT INTO reports (id, code, kind, state, registeredAt) VALUES ('never0000000000', 'N', 'fault', 'assigned', '')`,
	} {
		if _, err := app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	day := func(d int) time.Time { return time.Date(2026, 11, d, 9, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name string
		f    store.SightingFilter
		want int
	}{
		{"all", store.SightingFilter{From: day(1), To: day(3)}, n - n/100},
		{"half open", store.SightingFilter{From: day(1), To: day(2)}, 6000 - 60},
		{"from the moment on", store.SightingFilter{From: day(2), To: day(3)}, 5000 - 50},
		{"of one object", store.SightingFilter{From: day(1), To: day(3), ObjectTypes: []string{"hole"}}, n / 10},
		{"of one district", store.SightingFilter{From: day(1), To: day(3), Districts: []report.AreaID{"e"}}, n / 2},
		{"of no time", store.SightingFilter{From: day(5), To: day(6)}, 0},
	} {
		got, last := map[report.ID]bool{}, store.Sighting{}
		err := s.Sightings(t.Context(), tt.f, func(v store.Sighting) error {
			if got[v.ID] || v.RegisteredAt.Before(last.RegisteredAt) || v.RegisteredAt.Equal(last.RegisteredAt) && v.ID <= last.ID {
				t.Fatalf("%s: %s after %s", tt.name, v.ID, last.ID)
			}
			got[v.ID], last = true, v
			return nil
		})
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d reports, %v; want %d", tt.name, len(got), err, tt.want)
		}
	}
	stop, seen := errors.New("enough"), 0
	err := s.Sightings(t.Context(), store.SightingFilter{From: day(1), To: day(3)}, func(store.Sighting) error {
		if seen++; seen == 7 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || seen != 7 {
		t.Errorf("stopped after %d with %v, want 7", seen, err)
	}
	if first, err := s.FirstReport(t.Context()); err != nil || !first.Equal(day(1)) {
		t.Errorf("the first report came %s, %v", first, err)
	}
	codes, err := s.ReportCodes(t.Context(), []report.ID{"report000000003", "report000000010", "nobody"})
	if err != nil || len(codes) != 2 || codes["report000000010"] != "SE-26-10" {
		t.Errorf("codes = %v, %v", codes, err)
	}
}

// The reports of a week are found without reading those of all years.
func TestSightingsUseTheIndex(t *testing.T) {
	var plan []struct {
		Detail string `db:"detail"`
	}
	q := `EXPLAIN QUERY PLAN SELECT id FROM reports WHERE (registeredAt, id) > ('2026', '') AND registeredAt < '2027' ORDER BY registeredAt, id LIMIT 5`
	if err := pbtest.New(t).DB().NewQuery(q).All(&plan); err != nil {
		t.Fatal(err)
	}
	if len(plan) != 1 || !strings.Contains(plan[0].Detail, "idx_reports_registered") {
		t.Errorf("the plan is %v", plan)
	}
}
