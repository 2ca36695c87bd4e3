package desk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/tile"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// tileAt is the tile of a zoom that holds a place in the middle of the districts.
func tileAt(lon float64, z int) tile.Address {
	m := maptile.At(orb.Point{lon, 45.5}, maptile.Zoom(z))
	return tile.Address{Z: uint8(z), X: m.X, Y: m.Y}
}

// onTile returns the features of a layer of a tile.
func (w *town) onTile(who report.Actor, a tile.Address, layer string) []map[string]any {
	w.t.Helper()
	got, err := w.desk.ReportTile(w.t.Context(), who, a, desk.TileQuery{})
	if err != nil {
		w.t.Fatalf("tile %v: %v", a, err)
	}
	data, err := got.Plain()
	if err != nil {
		w.t.Fatal(err)
	}
	layers, err := mvt.Unmarshal(data)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []map[string]any
	for _, l := range layers {
		if l.Name != layer {
			w.t.Fatalf("tile %v has the layer %s", a, l.Name)
		}
		for _, f := range l.Features {
			out = append(out, f.Properties)
		}
	}
	return out
}

// A crowd makes reports and people of every sort.
type crowd struct {
	*town
	rng *rand.Rand
}

func (c crowd) one(of ...string) string { return of[c.rng.IntN(len(of))] }

var (
	someOrgs      = []string{"", "org000000000001", "org000000000002"}
	someDistricts = []string{"", "district0000001", "district0000002", "district0000003"}
	somePeople    = []string{"", "person000000001", "person000000002", "person000000003"}
)

// put writes a report as chance has it, new or again.
func (c crowd) put(n int) {
	c.t.Helper()
	values := map[string]any{
		"id": fmt.Sprintf("report%09d", n), "code": fmt.Sprintf("SE-2026-%d", n), "lon": 10.5 + float64(n)*1e-5, "lat": 45.5,
		"pointSource": c.one("", "gps", "gps", "gps", "pin"), "state": c.one("registered", "in_analysis", "assigned", "resolved", "closed", "registered"),
		"kind": c.one("fault", "helpdesk", "fault"), "visibility": c.one("public", "staff"), "org": c.one(someOrgs...), "responsibleOrg": c.one(someOrgs...),
		"reporterOrg": c.one(someOrgs...), "district": c.one(someDistricts...), "reporter": c.one(somePeople...), "assignee": c.one(somePeople...),
		"plannedCloseDate": c.one("", "2026-12-01"), "planState": c.one("", "communicated", "proposed"),
		"version": 1, "consentPublish": c.rng.IntN(2), "priority": c.rng.IntN(5), "blocking": c.rng.IntN(2), "registeredAt": "2026-11-20 09:00:00.000Z",
	}
	var columns, marks, sets []string
	for name := range values {
		columns, marks = append(columns, name), append(marks, "{:"+name+"}")
		sets = append(sets, name+" = excluded."+name)
	}
	q := fmt.Sprintf("INSERT INTO reports (%s) VALUES (%s) ON CONFLICT (id) DO UPDATE SET %s", strings.Join(columns, ", "), strings.Join(marks, ", "), strings.Join(sets, ", "))
	if _, err := c.app.NonconcurrentDB().NewQuery(q).Bind(values).Execute(); err != nil {
		c.t.Fatal(err)
	}
}

// somebody makes a person with up to two roles.
func (c crowd) somebody() report.Actor {
	who := report.Actor{ID: report.PersonID(c.one(somePeople...))}
	for range c.rng.IntN(3) {
		if who.ID == "" {
			break // a guest has none
		}
		g := report.Grant{Role: report.Roles[1+c.rng.IntN(len(report.Roles)-2)], Org: report.OrgID(c.one(someOrgs...))}
		for range c.rng.IntN(3) {
			g.Districts = append(g.Districts, report.AreaID(c.one(someDistricts[1:]...)))
		}
		who.Grants = append(who.Grants, g)
	}
	return who
}

// TestTilesHoldWhatMayBeRead: whoever asks, after whatever changes, a tile holds
// the reports that the rules let them read, and of each what they may know.
func TestTilesHoldWhatMayBeRead(t *testing.T) {
	c := crowd{newTown(t), rand.New(rand.NewPCG(11, 11))}
	const reports = 150
	for n := range reports {
		c.put(n)
	}
	at := store.New(c.app)
	for range 25 {
		for range c.rng.IntN(12) {
			c.put(c.rng.IntN(reports))
		}
		if c.rng.IntN(3) == 0 {
			q := fmt.Sprintf("DELETE FROM reports WHERE id = 'report%09d'", c.rng.IntN(reports))
			if _, err := c.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
				t.Fatal(err)
			}
		}
		all, err := at.Reports(t.Context(), store.ReportFilter{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for range 12 {
			who := c.somebody()
			want := map[string]report.Audience{}
			works := false
			for _, g := range who.Grants {
				works = works || g.Role != report.RoleCitizen && g.Role != report.RoleAccredited
			}
			for _, r := range all {
				audience, ok := report.MayRead(who, r)
				if ok && r.State.Open() && r.PointSource != "" && (audience != report.AudiencePublic || !works) {
					want[string(r.ID)] = audience
				}
			}
			c.compareTiles(who, want)
		}
	}
}

func (c crowd) compareTiles(who report.Actor, want map[string]report.Audience) {
	c.t.Helper()
	got := c.onTile(who, tileAt(10.5, 13), desk.LayerReports)
	for _, p := range got {
		audience, ok := want[p["id"].(string)]
		if !ok {
			c.t.Fatalf("%+v is shown %v", who, p)
		}
		_, state := p["state"]
		_, priority := p["priority"]
		if state != (audience != report.AudiencePublic) || priority != (audience == report.AudienceField || audience == report.AudienceStaff) {
			c.t.Fatalf("%+v, as %s, is told %v", who, audience, p)
		}
	}
	if len(got) != len(want) {
		c.t.Fatalf("%+v is shown %d reports, want %d", who, len(got), len(want))
	}
	states, urgent := 0, 0
	for _, audience := range want {
		if audience != report.AudiencePublic {
			states++
		}
		if audience == report.AudienceField || audience == report.AudienceStaff {
			urgent++
		}
	}
	sums := map[string]float64{}
	for _, p := range c.onTile(who, tileAt(10.5, 5), desk.LayerCells) {
		for name, v := range p {
			switch {
			case strings.HasPrefix(name, "priority"):
				sums["priority"] += v.(float64)
			case name != "count" && name != "analysis" && name != "scheduling":
				sums["state"] += v.(float64)
			}
		}
		sums["count"] += p["count"].(float64)
	}
	if int(sums["count"]) != len(want) || int(sums["state"]) != states || int(sums["priority"]) != urgent {
		c.t.Fatalf("%+v is told counts of %v, want %d with %d states and %d priorities", who, sums, len(want), states, urgent)
	}
}

// TestTilesAfterARestore: what the log of another past says is not believed.
func TestTilesAfterARestore(t *testing.T) {
	c := crowd{newTown(t), rand.New(rand.NewPCG(12, 12))}
	for n := range 20 {
		c.put(n)
	}
	anna := report.Actor{ID: "anna00000000000", Grants: []report.Grant{{Role: report.RoleL1}}}
	before := len(c.onTile(anna, tileAt(10.5, 13), desk.LayerReports))
	for _, q := range []string{
		"UPDATE reports SET state = 'closed' WHERE code > 'SE-2026-1'", "UPDATE _s_clock SET seq = 3", "UPDATE _s_rec SET seq = 1", "UPDATE _meta SET v = 'another' WHERE k = 'sync.epoch'",
	} {
		if _, err := c.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	after := len(c.onTile(anna, tileAt(10.5, 13), desk.LayerReports))
	var want int
	if err := c.app.DB().NewQuery("SELECT count(*) FROM reports WHERE state != 'closed' AND pointSource != ''").Row(&want); err != nil {
		t.Fatal(err)
	}
	if after != want || after >= before {
		t.Errorf("after a restore the tile has %d reports, want %d; before it had %d", after, want, before)
	}
}

// TestTileQueries: what narrows a tile, and what is refused.
func TestTileQueries(t *testing.T) {
	w := newTown(t)
	got := w.submit("citizen", w.at(10.5))
	a := tileAt(10.5, 14)
	for _, c := range []struct {
		q    desk.TileQuery
		want bool
	}{
		{desk.TileQuery{}, true},
		{desk.TileQuery{States: []report.State{report.Registered}}, true},
		{desk.TileQuery{States: []report.State{report.Assigned, report.Resolved}}, false},
		{desk.TileQuery{Priorities: []int{3}}, true},
		{desk.TileQuery{Priorities: []int{1, 2, 4}}, false},
		{desk.TileQuery{ObjectTypes: []string{"lamp", "pothole"}}, true},
		{desk.TileQuery{ObjectTypes: []string{w.ids["pothole"]}}, true},
		{desk.TileQuery{ObjectTypes: []string{"lamp"}}, false},
		{desk.TileQuery{ObjectTypes: []string{"nothing"}}, false},
		{desk.TileQuery{Districts: []string{"W"}}, true},
		{desk.TileQuery{Districts: []string{w.ids["W"]}}, true},
		{desk.TileQuery{Districts: []string{"E", "nowhere"}}, false},
		{desk.TileQuery{From: w.now}, true},
		{desk.TileQuery{From: w.now.AddDate(0, 0, 1)}, false},
		{desk.TileQuery{To: w.now}, false},
		{desk.TileQuery{To: w.now.AddDate(0, 0, 1)}, true},
	} {
		for _, who := range []string{"anna", "ben"} {
			tile, err := w.desk.ReportTile(t.Context(), w.as(who), a, c.q)
			if err != nil || (tile.Packed != nil) != c.want {
				t.Errorf("%s with %+v: %d bytes, %v; want some: %v", who, c.q, len(tile.Packed), err, c.want)
			}
		}
	}
	if _, err := w.desk.ReportTile(t.Context(), w.as("anna"), a, desk.TileQuery{States: []report.State{report.Registered, report.Closed}}); !errors.Is(err, desk.ErrMapEnded) {
		t.Errorf("closed reports: %v, want ErrMapEnded", err)
	}
	w.do("anna", "report.take", got.ID, map[string]any{})
	if p := w.onTile(w.as("ben"), a, desk.LayerReports); len(p) != 1 || p[0]["state"] != "in_analysis" || p[0]["id"] != string(got.ID) {
		t.Errorf("after it was taken: %v", p)
	}
}

// TestTooManyPoints: a tile with more reports than can be drawn shows cells.
func TestTooManyPoints(t *testing.T) {
	w := newTown(t)
	if err := store.New(w.app).DropCapture(t.Context()); err != nil {
		t.Fatal(err)
	}
	const q = `INSERT INTO reports (id, code, kind, state, pointSource, lon, lat)
		WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
		SELECT printf('report%09d', i), 'C' || i, 'fault', 'registered', 'gps', 10.5 + i / 1e7, 45.5 FROM n`
	if _, err := w.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, p := range w.onTile(w.as("anna"), tileAt(10.5, 13), desk.LayerCells) {
		sum += p["registered"].(float64)
	}
	if sum != 3001 {
		t.Errorf("3001 reports in one tile are counted as %v", sum)
	}
	if n := len(w.onTile(w.as("anna"), tileAt(10.50015, 19), desk.LayerReports)); n == 0 || n > 3000 {
		t.Errorf("closer, %d of them are shown", n)
	}
}

// TestFollowMapAtOnce: many ask while it changes.
func TestFollowMapAtOnce(t *testing.T) {
	c := crowd{newTown(t), rand.New(rand.NewPCG(13, 13))}
	for n := range 50 {
		c.put(n)
	}
	anna := c.as("anna")
	done := make(chan error, 4)
	for range cap(done) {
		go func() {
			for i := range 30 {
				if _, err := c.desk.ReportTile(t.Context(), anna, tileAt(10.5, i%15), desk.TileQuery{}); err != nil {
					done <- err
					return
				}
			}
			done <- c.desk.FollowMap(t.Context())
		}()
	}
	for range 60 {
		c.put(c.rng.IntN(80))
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	var want int
	if err := c.app.DB().NewQuery("SELECT count(*) FROM reports WHERE state != 'closed' AND pointSource != ''").Row(&want); err != nil {
		t.Fatal(err)
	}
	if got := len(c.onTile(anna, tileAt(10.5, 13), desk.LayerReports)); got != want {
		t.Errorf("in the end the tile has %d reports, want %d", got, want)
	}
}

// TestAreaTiles: other kinds, other days.
func TestAreaTiles(t *testing.T) {
	w := newTown(t)
	pbtest.Record(t, w.app, "orgs", map[string]any{"code": "x", "name": "X", "kind": "contact_point"})
	a := tileAt(10.5, 4)
	first, err := w.desk.AreaTile(t.Context(), a, nil, w.now)
	if err != nil || first.Packed == nil {
		t.Fatalf("districts: %+v, %v", first, err)
	}
	if again, err := w.desk.AreaTile(t.Context(), a, nil, w.now.AddDate(1, 0, 0)); err != nil || again.Tag != first.Tag {
		t.Errorf("a year later, with the same areas: %s, %v, want %s", again.Tag, err, first.Tag)
	}
	b, some, err := w.desk.AreaBound(t.Context())
	if err != nil || !some || b != [4]float64{10, 45, 12, 46} {
		t.Errorf("AreaBound = %v, %v, %v", b, some, err)
	}
}

// TestAreaTilesArePacked: outlines are no noise to what packs them.
func TestAreaTilesArePacked(t *testing.T) {
	w := newTown(t)
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		t.Fatal(err)
	}
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	districts, _, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.ImportAreas(t.Context(), districts, time.Time{}, false); err != nil {
		t.Fatal(err)
	}
	whole, packed := 0, 0
	for z := range 9 {
		a := tileAt(9, z)
		for y := range uint32(1) << z {
			a.Y = y
			got, err := w.desk.AreaTile(t.Context(), a, nil, w.now)
			if err != nil {
				t.Fatal(err)
			}
			data, err := got.Plain()
			if err != nil {
				t.Fatal(err)
			}
			if len(data) < 2000 {
				continue
			}
			whole, packed = whole+len(data), packed+len(got.Packed)
			if 10*len(got.Packed) > 9*len(data) {
				t.Errorf("tile %v of %d bytes is packed into %d", a, len(data), len(got.Packed))
			}
		}
	}
	if whole == 0 || 100*packed > 64*whole {
		t.Errorf("tiles of %d bytes are packed into %d, want 64 in a hundred at most", whole, packed)
	}
}
