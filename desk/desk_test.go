package desk_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A town is a desk over two square districts, with somebody in every role the
// tests need.
type town struct {
	t    *testing.T
	app  *core.BaseApp
	desk *desk.Desk
	now  time.Time
	ids  map[string]string // names to record ids
	n    int
}

// square returns one degree of the earth.
func square(lon, lat float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{lon, lat}, {lon + 1, lat}, {lon + 1, lat + 1}, {lon, lat + 1}, {lon, lat}}}}
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, app: pbtest.New(t), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), ids: map[string]string{}}
	w.policy(func(*report.Policy) {})
	_, err := w.desk.ImportAreas(t.Context(), []geo.Area{
		{Code: "W", Name: "West", Kind: geo.District, Geometry: square(10, 45), Source: geo.FromAdmin},
		{Code: "E", Name: "East", Kind: geo.District, Geometry: square(11, 45), Source: geo.FromAdmin},
	}, time.Time{}, false)
	if err != nil {
		t.Fatal(err)
	}
	w.ids["W"], w.ids["E"] = string(geo.SeedID(geo.District, "W")), string(geo.SeedID(geo.District, "E"))
	w.ids["city"] = pbtest.Record(t, w.app, "orgs", map[string]any{"code": "city", "name": "Città", "kind": "contact_point"})
	w.ids["roads"] = pbtest.Record(t, w.app, "orgs", map[string]any{"code": "roads", "name": "Strade", "kind": "municipal_area"})
	w.ids["pothole"] = pbtest.Record(t, w.app, "objectTypes", map[string]any{
		"code": "pothole", "name": "Pothole", "nameIt": "Buca", "public": true, "status": "mapped", "defaultPriority": 3,
	})
	w.ids["lamp"] = pbtest.Record(t, w.app, "objectTypes", map[string]any{
		"code": "lamp", "name": "Lamp", "nameIt": "Lampione", "public": true, "status": "mapped",
	})
	pbtest.Record(t, w.app, "activities", map[string]any{"objectType": w.ids["pothole"], "responsibleOrg": w.ids["roads"], "kind": "repair"})
	w.person("citizen", "citizen")
	w.person("anna", "l1_operator")
	w.person("lead", "district_lead", "W")
	w.person("ben", "technician", "W")
	w.person("carla", "technician", "W")
	w.person("eva", "technician", "E")
	w.person("boss", "service_manager")
	return w
}

// policy opens the desk anew over the same town, under another policy.
func (w *town) policy(change func(*report.Policy)) {
	w.t.Helper()
	p := report.DefaultPolicy()
	change(&p)
	var err error
	w.desk, err = desk.New(desk.Config{
		Store: store.New(w.app), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Policy: p, Limits: desk.Limits{Photos: 3}, ToleranceM: 500, CodePrefix: "SE",
		PublicURL: "https://example.org", Language: "it",
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) person(name, role string, areas ...string) {
	w.t.Helper()
	w.ids[name] = pbtest.Record(w.t, w.app, "users", map[string]any{
		"name": name, "email": name + "@example.org", "password": "password-of-" + name, "language": "it", "verified": true,
	})
	var held []string
	for _, a := range areas {
		held = append(held, w.ids[a])
	}
	pbtest.Record(w.t, w.app, "roles", map[string]any{"person": w.ids[name], "role": role, "areas": held})
}

func (w *town) as(name string) report.Actor {
	w.t.Helper()
	if name == "" {
		return report.Actor{}
	}
	a, err := w.desk.Actor(w.t.Context(), report.PersonID(w.ids[name]))
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// call returns a call with a fresh id.
func (w *town) call(name string, id report.ID, args any) report.Call {
	w.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		w.t.Fatal(err)
	}
	w.n++
	callID := "call00000000000"
	suffix := strings.ToLower(time.Duration(w.n).String())
	callID = callID[:15-len(suffix)] + suffix
	return report.Call{ID: callID, Name: name, Report: id, Args: raw, OccurredAt: w.now, Source: report.SourceUI}
}

// do makes a call that must succeed, a minute later.
func (w *town) do(who, name string, id report.ID, args any) desk.Result {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	res, err := w.desk.Do(w.t.Context(), w.as(who), w.call(name, id, args))
	if err != nil {
		w.t.Fatalf("%s by %s: %v", name, who, err)
	}
	return res
}

func (w *town) submit(who string, s desk.Submission) desk.Receipt {
	w.t.Helper()
	res, err := w.desk.Submit(w.t.Context(), w.as(who), s)
	if err != nil {
		w.t.Fatalf("submit by %q: %v", who, err)
	}
	return res
}

// at returns a submission of a pothole at a longitude, in the middle of the
// districts.
func (w *town) at(lon float64) desk.Submission {
	return desk.Submission{
		Description: "Una buca", ObjectType: "pothole", Point: &report.Point{Lon: lon, Lat: 45.5}, AccuracyM: 8,
		ConsentPublish: true, Channel: "mobile",
	}
}

// causes returns the causes of the notices a person has, oldest first.
func (w *town) causes(name string) []string {
	w.t.Helper()
	var rows []struct {
		Cause string `db:"cause"`
	}
	q := `SELECT cause FROM notices WHERE person = '` + w.ids[name] + `' ORDER BY seq`
	if err := w.app.DB().NewQuery(q).All(&rows); err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Cause)
	}
	return out
}

func (w *town) count(table string) int {
	w.t.Helper()
	var n int
	if err := w.app.DB().NewQuery(`SELECT count(*) FROM ` + table).Row(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}
