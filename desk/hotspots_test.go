package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// A past is reports written as they would stand after some months.
type past struct {
	*town
	n int
}

func newPast(t *testing.T) *past {
	t.Helper()
	p := &past{town: newTown(t)}
	p.now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	p.person("root", "admin")
	p.person("kim", "coordinator")
	p.person("second", "l2_operator")
	p.person("secondE", "l2_operator", "E")
	p.person("auditor", "auditor")
	p.person("west", "coordinator", "W")
	p.person("east", "coordinator", "E")
	return p
}

// A fact is a report of the past; zero fields take a pothole in the west.
type fact struct {
	object, district, asset, state, kind, source string
	lon, lat                                     float64
	at                                           time.Time
	reopened                                     int
}

// keep writes reports in one transaction and returns their ids.
func (p *past) keep(all ...fact) (ids []string) {
	p.t.Helper()
	const q = `INSERT INTO reports (id, code, kind, state, district, objectType, asset, lon, lat, pointSource, registeredAt, reopenedCount)
		VALUES ({:id}, {:code}, {:kind}, {:state}, {:district}, {:object}, {:asset}, {:lon}, {:lat}, {:source}, {:at}, {:reopened})`
	err := p.app.NonconcurrentDB().(*dbx.DB).Transactional(func(tx *dbx.Tx) error {
		for _, f := range all {
			p.n++
			id := fmt.Sprintf("past%011d", p.n)
			_, err := tx.NewQuery(q).Bind(dbx.Params{
				"id": id, "code": fmt.Sprintf("SE-26-%06d", p.n), "kind": or(f.kind, "fault"), "state": or(f.state, "registered"),
				"district": p.ids[or(f.district, "W")], "object": p.ids[or(f.object, "pothole")], "asset": f.asset,
				"lon": f.lon, "lat": f.lat, "source": or(f.source, "gps"),
				"at": f.at.UTC().Format("2006-01-02 15:04:05.000Z"), "reopened": f.reopened,
			}).Execute()
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return ids
}

// exec runs a statement of the test's own.
func (p *past) exec(q string) {
	p.t.Helper()
	if _, err := p.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
		p.t.Fatal(err)
	}
}

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

// near returns facts a few metres from a place, a day apart, the last of them
// days before now.
func (p *past) near(lon float64, n, days int, like fact) (out []fact) {
	for i := range n {
		f := like
		f.lon, f.lat, f.at = lon+float64(i)*0.0001, 45.5, p.now.AddDate(0, 0, -days-i)
		out = append(out, f)
	}
	return out
}

func (p *past) hotspots(who string, q desk.HotspotQuery) desk.Hotspots {
	p.t.Helper()
	got, err := p.desk.Hotspots(p.t.Context(), p.as(who), q)
	if err != nil {
		p.t.Fatalf("hot spots for %s: %v", who, err)
	}
	return got
}

func reportsOf(h desk.Hotspot) (ids []string) {
	for _, r := range h.Reports {
		ids = append(ids, string(r.ID))
	}
	slices.Sort(ids)
	return ids
}

func TestHotspotClusters(t *testing.T) {
	p := newPast(t)
	burst := p.keep(p.near(10.5, 5, 10, fact{})...)
	p.keep(p.near(10.6, 3, 10, fact{})...)                                          // one too few
	p.keep(p.near(10.7, 3, 10, fact{})...)                                          // with those of another object
	p.keep(p.near(10.7, 3, 10, fact{object: "lamp"})...)                            // they are four
	p.keep(p.near(10.8, 6, 100, fact{})...)                                         // long ago
	p.keep(p.near(10.9, 3, 10, fact{})...)                                          // what does not count:
	p.keep(p.near(10.9, 3, 10, fact{state: "rejected"})...)                         // invalid
	p.keep(p.near(10.9, 3, 10, fact{state: "cancelled"})...)                        // withdrawn
	p.keep(p.near(10.9, 3, 10, fact{kind: "helpdesk"})...)                          // about the platform
	unplaced := p.keep(p.near(10.9, 3, 10, fact{source: " ", district: "none"})...) // nowhere
	p.exec(`UPDATE reports SET pointSource = '' WHERE id IN ('` + strings.Join(unplaced, "','") + `')`)
	twins := p.keep(p.near(11.5, 4, 20, fact{district: "E", object: "lamp", state: "duplicate"})...) // duplicates count

	got := p.hotspots("boss", desk.HotspotQuery{})
	if got.Detector != desk.DetectCluster || got.EpsM != 100 || got.MinPts != 4 || got.Hours != 90*24 || len(got.Hotspots) != 2 {
		t.Fatalf("hot spots = %+v, want two clusters", got)
	}
	h := got.Hotspots[0]
	if !slices.Equal(reportsOf(h), burst) || h.Count != 5 || h.Rule != "dense" || h.ObjectType.Code != "pothole" || h.District.Code != "W" || h.P != nil {
		t.Errorf("the first is %+v, want the potholes %v", h, burst)
	}
	if !strings.HasPrefix(h.Reports[0].Code, "SE-26-") || h.Place == nil || h.Place.RadiusM < 10 || h.Place.RadiusM > 40 ||
		h.Place.Bound[0] != 10.5 || h.English == "" || !strings.Contains(h.Italian, "Buca in West") {
		t.Errorf("the first says %+v, place %+v", h, h.Place)
	}
	if !slices.Equal(reportsOf(got.Hotspots[1]), twins) || got.Hotspots[1].District.Code != "E" {
		t.Errorf("the second is %+v, want the lamps %v", got.Hotspots[1], twins)
	}
	if len(got.Notes) == 0 || got.Notes[len(got.Notes)-1].Code != "no_position" {
		t.Errorf("notes = %+v, want one about those without a position", got.Notes)
	}

	for _, tt := range []struct {
		name string
		q    desk.HotspotQuery
		want int
	}{
		{"three are enough", desk.HotspotQuery{MinPts: 3}, 6},
		{"of lamps", desk.HotspotQuery{ObjectTypes: []string{"lamp"}}, 1},
		{"of lamps, by id", desk.HotspotQuery{ObjectTypes: []string{p.ids["lamp"]}}, 1},
		{"in the west", desk.HotspotQuery{Districts: []string{"W"}}, 1},
		{"in the east, by id", desk.HotspotQuery{Districts: []string{p.ids["E"]}}, 1},
		{"in the last fortnight", desk.HotspotQuery{From: p.now.AddDate(0, 0, -15)}, 1},
		{"within five metres", desk.HotspotQuery{EpsM: 5}, 0},
		{"within a day", desk.HotspotQuery{Hours: 12}, 0},
		{"of the summer too", desk.HotspotQuery{From: p.now.AddDate(0, 0, -110)}, 3},
	} {
		if got := p.hotspots("boss", tt.q); len(got.Hotspots) != tt.want {
			t.Errorf("%s: %d hot spots, want %d", tt.name, len(got.Hotspots), tt.want)
		}
	}
}

// Two reports that had to be opened again at one point, or of one asset.
func TestHotspotReopened(t *testing.T) {
	p := newPast(t)
	p.ids["asset"] = "asset0000000001"
	p.keep(fact{lon: 10.2, lat: 45.2, at: p.now.AddDate(0, 0, -9), reopened: 1})
	point := p.keep(
		fact{lon: 10.5, lat: 45.5, at: p.now.AddDate(0, 0, -9), reopened: 1},
		fact{lon: 10.5001, lat: 45.5, at: p.now.AddDate(0, 0, -3), reopened: 2, object: "lamp"})
	asset := p.keep(
		fact{lon: 10.7, lat: 45.5, at: p.now.AddDate(0, 0, -8), reopened: 1, asset: p.ids["asset"]},
		fact{lon: 10.9, lat: 45.5, at: p.now.AddDate(0, 0, -2), reopened: 1, asset: p.ids["asset"]})
	got := p.hotspots("boss", desk.HotspotQuery{})
	if len(got.Hotspots) != 2 || got.Hotspots[0].Rule != "reopened" {
		t.Fatalf("hot spots = %+v, want the point and the asset", got.Hotspots)
	}
	if a, b := got.Hotspots[0], got.Hotspots[1]; !slices.Equal(reportsOf(a), point) || a.ObjectType != nil || !slices.Equal(reportsOf(b), asset) || b.ObjectType.Code != "pothole" {
		t.Errorf("hot spots = %+v, want %v and %v", got.Hotspots, point, asset)
	}
}

func TestHotspotTrend(t *testing.T) {
	p := newPast(t)
	zone := report.DefaultPolicy().Location
	day := time.Date(2026, 11, 18, 0, 30, 0, 0, zone) // half past midnight in Rome is the day before in UTC
	for k := 1; k <= 9; k++ {
		p.keep(fact{at: day.AddDate(0, 0, -7*k), lon: 10.2, lat: 45.2}, fact{at: day.AddDate(0, 0, -7*k), lon: 10.4, lat: 45.4})
		p.keep(fact{at: day.AddDate(0, 0, -7*k), district: "E", lon: 11.4, lat: 45.4})
	}
	var busy []string
	for i := range 7 {
		busy = append(busy, p.keep(fact{at: day.Add(time.Duration(i) * time.Hour), lon: 10.2 + float64(i)/20, lat: 45.2})...)
	}
	p.keep(fact{at: day, district: "E", lon: 11.4, lat: 45.4}, fact{at: day, district: "E", lon: 11.4, lat: 45.4})

	got := p.hotspots("boss", desk.HotspotQuery{Detector: desk.DetectTrend})
	if len(got.Hotspots) != 1 || got.Baseline.Weeks != 8 || len(got.Notes) != 0 {
		t.Fatalf("trend = %+v, want the Wednesday", got)
	}
	h := got.Hotspots[0]
	if !slices.Equal(reportsOf(h), busy) || *h.Baseline.Median != 2 || *h.Baseline.Threshold != 2 || h.Baseline.Reports != 16 || h.Baseline.Weeks != 8 ||
		h.District.Code != "W" || !(*h.P > 0 && *h.P < 0.05) || *h.Q < *h.P {
		t.Errorf("trend = %+v, baseline %+v", h, h.Baseline)
	}
	if !strings.Contains(h.English, "Wednesday 2026-11-18") || !strings.Contains(h.Italian, "mercoledì 2026-11-18") {
		t.Errorf("it says %q and %q", h.English, h.Italian)
	}
	if got := p.hotspots("boss", desk.HotspotQuery{Detector: desk.DetectTrend, Q: 1e-9}); len(got.Hotspots) != 0 {
		t.Errorf("at q = 1e-9: %+v", got.Hotspots)
	}
}

// A burst is found in a town that has lived for ten weeks, and nothing else.
func TestHotspotExcess(t *testing.T) {
	p := newPast(t)
	random := rand.New(rand.NewPCG(1, 2))
	var life []fact
	for days := range 77 {
		for range 12 {
			life = append(life, fact{
				lon: 10.4 + 0.2*random.Float64(), lat: 45.4 + 0.2*random.Float64(), at: p.now.AddDate(0, 0, -days).Add(-time.Duration(random.IntN(86400)) * time.Second),
			})
		}
	}
	p.keep(life...)
	var burst []fact
	for i := range 9 {
		burst = append(burst, fact{lon: 10.5031, lat: 45.5031 + float64(i)*1e-5, at: time.Date(2026, 11, 17, 8+i, 0, 0, 0, time.UTC)})
	}
	ids := p.keep(burst...)
	got := p.hotspots("boss", desk.HotspotQuery{Detector: desk.DetectExcess})
	if len(got.Hotspots) != 1 || got.Q != 0.05 || got.Tests < 10_000 {
		t.Fatalf("excess = %+v, want the burst", got)
	}
	h := got.Hotspots[0]
	for _, id := range ids {
		if !slices.Contains(reportsOf(h), id) {
			t.Errorf("%s is not among %v", id, reportsOf(h))
		}
	}
	if !(h.Baseline.Expected > 0 && h.Baseline.Expected < 1) || *h.Q > 0.05 || h.Baseline.Weeks != 8 || h.Baseline.Around == nil || h.Rule != "expected" {
		t.Errorf("excess = %+v, baseline %+v", h, h.Baseline)
	}
	geojson := got.GeoJSON()
	if len(geojson.Features) != 1 || geojson.Features[0].Properties["count"] != h.Count || geojson.Features[0].Geometry.Coordinates != [2]float64{h.Place.Lon, h.Place.Lat} {
		t.Errorf("as GeoJSON: %+v", geojson)
	}
}

// Who looks after nothing gets nothing, and not even that there is something.
func TestHotspotRights(t *testing.T) {
	p := newPast(t)
	p.keep(p.near(10.5, 4, 10, fact{})...)
	p.keep(p.near(11.5, 4, 10, fact{district: "E"})...)
	for _, tt := range []struct {
		who      string
		district string
		want     int
		err      error
	}{
		{"boss", "", 2, nil},
		{"root", "", 2, nil},
		{"kim", "", 2, nil},
		{"west", "", 1, nil},
		{"west", "W", 1, nil},
		{"west", "E", 0, desk.ErrNoHotspots},
		{"west", "nowhere", 0, desk.ErrNoHotspots},
		{"east", "E", 1, nil},
		{"second", "", 2, nil},
		{"secondE", "", 1, nil},
		{"secondE", "W", 0, desk.ErrNoHotspots},
		{"auditor", "", 2, nil},
		{"anna", "", 0, desk.ErrNoHotspots},
		{"lead", "", 0, desk.ErrNoHotspots},
		{"ben", "", 0, desk.ErrNoHotspots},
		{"citizen", "", 0, desk.ErrNoHotspots},
		{"", "", 0, desk.ErrSignIn},
	} {
		q := desk.HotspotQuery{}
		if tt.district != "" {
			q.Districts = []string{tt.district}
		}
		got, err := p.desk.Hotspots(t.Context(), p.as(tt.who), q)
		if !errors.Is(err, tt.err) || len(got.Hotspots) != tt.want {
			t.Errorf("hot spots for %q in %q: %d, %v; want %d, %v", tt.who, tt.district, len(got.Hotspots), err, tt.want, tt.err)
		}
		for _, h := range got.Hotspots {
			if tt.who == "west" && h.District.Code != "W" {
				t.Errorf("west sees %+v", h)
			}
		}
	}
	// Somebody who is coordinator of another organisation's reports sees none of ours.
	p.exec(`UPDATE reports SET org = '` + p.ids["city"] + `'`)
	p.exec(`UPDATE roles SET org = '` + p.ids["roads"] + `' WHERE person = '` + p.ids["kim"] + `'`)
	if got := p.hotspots("kim", desk.HotspotQuery{}); len(got.Hotspots) != 0 || got.Reports != 0 {
		t.Errorf("of another organisation: %+v", got)
	}
}

func TestHotspotHistory(t *testing.T) {
	p := newPast(t)
	for _, d := range []desk.HotspotDetector{desk.DetectTrend, desk.DetectExcess} {
		got := p.hotspots("boss", desk.HotspotQuery{Detector: d})
		if got.Baseline.Weeks != 0 || len(got.Notes) != 1 || got.Notes[0].Code != "little_history" || got.Hotspots == nil {
			t.Errorf("%s of nothing: %+v", d, got)
		}
	}
	p.keep(fact{lon: 10.1, lat: 45.1, at: p.now.AddDate(0, 0, -7*6)})
	got := p.hotspots("boss", desk.HotspotQuery{Detector: desk.DetectTrend})
	if got.Baseline.Weeks != 4 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0].Italian, "solo 4 settimane") {
		t.Errorf("after six weeks: %+v", got)
	}
}

// One of something is said as one, in both languages.
func TestHotspotsCountInWords(t *testing.T) {
	p := newPast(t)
	p.keep(p.near(10.5, 4, 10, fact{})...)
	p.keep(fact{lon: 10.5, lat: 45.5, at: p.now.AddDate(0, 0, -98)}, fact{lon: 10.5, lat: 45.5, at: p.now.AddDate(0, 0, -95)})
	lost := p.keep(fact{lon: 10.7, lat: 45.5, at: p.now.AddDate(0, 0, -3), source: " "})
	p.exec(`UPDATE reports SET pointSource = '' WHERE id = '` + lost[0] + `'`)
	got := p.hotspots("boss", desk.HotspotQuery{})
	if len(got.Hotspots) != 1 || got.Baseline.Weeks != 1 {
		t.Fatalf("hot spots = %+v, want one after one week", got)
	}
	english, italian := got.Headline()
	said := []string{english, italian, got.Hotspots[0].English, got.Hotspots[0].Italian}
	for _, n := range got.Notes {
		said = append(said, n.English, n.Italian)
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{
		"1 hot spot among 5 reports", ", after 1 week of history", "1 punto caldo fra 5 segnalazioni", ", dopo 1 settimana di storia",
		"in the week before this window there was 1 around it", "nella settimana prima di questo intervallo lì intorno ce n'era 1.",
		"There is only one whole week", "c'è una sola settimana intera", "One of the reports has no position", "Una segnalazione non ha",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing says %q:\n%s", want, all)
		}
	}
}

// The same question is answered from memory until something changes.
func TestHotspotsAreKept(t *testing.T) {
	p := newPast(t)
	p.keep(p.near(10.5, 4, 10, fact{})...)
	first := p.hotspots("boss", desk.HotspotQuery{})
	again := p.hotspots("root", desk.HotspotQuery{})
	if &first.Hotspots[0] != &again.Hotspots[0] {
		t.Error("the same question was asked of the database twice")
	}
	if west := p.hotspots("west", desk.HotspotQuery{}); &west.Hotspots[0] == &first.Hotspots[0] {
		t.Error("somebody who sees less got the answer of somebody who sees more")
	}
	p.keep(p.near(10.9, 4, 10, fact{})...)
	if got := p.hotspots("boss", desk.HotspotQuery{}); len(got.Hotspots) != 2 {
		t.Errorf("after a change: %d hot spots, want 2", len(got.Hotspots))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.desk.Hotspots(ctx, p.as("boss"), desk.HotspotQuery{MinPts: 3}); err == nil {
		t.Error("whoever has gone got an answer")
	}
}

func TestHotspotsRefuse(t *testing.T) {
	p := newPast(t)
	for _, tt := range []struct {
		q     desk.HotspotQuery
		want  error
		field string
	}{
		{desk.HotspotQuery{Detector: "magic"}, desk.ErrHotspotDetector, "detector"},
		{desk.HotspotQuery{From: p.now, To: p.now}, desk.ErrHotspotWindow, "to"},
		{desk.HotspotQuery{From: p.now.AddDate(-2, 0, 0)}, desk.ErrHotspotWindow, "from"},
		{desk.HotspotQuery{Detector: "trend", From: p.now.AddDate(0, -6, 0)}, desk.ErrHotspotWindow, "from"},
		{desk.HotspotQuery{To: time.Date(30, 1, 1, 0, 0, 0, 0, time.UTC)}, desk.ErrHotspotWindow, "from"},
		{desk.HotspotQuery{EpsM: -1}, desk.ErrHotspotValue, "epsM"},
		{desk.HotspotQuery{EpsM: 1e9}, desk.ErrHotspotValue, "epsM"},
		{desk.HotspotQuery{Detector: "excess", EpsM: 1}, desk.ErrHotspotValue, "epsM"},
		{desk.HotspotQuery{Hours: -1}, desk.ErrHotspotValue, "hours"},
		{desk.HotspotQuery{Detector: "excess", Hours: 169}, desk.ErrHotspotValue, "hours"},
		{desk.HotspotQuery{MinPts: 1}, desk.ErrHotspotValue, "minPts"},
		{desk.HotspotQuery{Detector: "excess", Q: 1}, desk.ErrHotspotValue, "q"},
		{desk.HotspotQuery{Detector: "trend", Q: -1}, desk.ErrHotspotValue, "q"},
		{desk.HotspotQuery{ObjectTypes: []string{"unicorn"}}, desk.ErrUnknownObject, "objectType"},
		{desk.HotspotQuery{Districts: []string{"Atlantis"}}, desk.ErrNoHotspots, "district"},
	} {
		_, err := p.desk.Hotspots(t.Context(), p.as("boss"), tt.q)
		if !errors.Is(err, tt.want) || fault.Of(err).Field != tt.field {
			t.Errorf("%+v: %v, want %v in %s", tt.q, err, tt.want, tt.field)
		}
	}
}

func TestHotspotMoment(t *testing.T) {
	p := newPast(t)
	for _, tt := range []struct {
		text string
		end  bool
		want string
	}{
		{"2026-11-20", false, "2026-11-19T23:00:00Z"},
		{"2026-11-20", true, "2026-11-20T23:00:00Z"},
		{"2026-10-25", true, "2026-10-25T23:00:00Z"}, // a day of 25 hours
		{"2026-11-20T08:00:00Z", true, "2026-11-20T08:00:00Z"},
		{"", true, "0001-01-01T00:00:00Z"},
	} {
		got, err := p.desk.HotspotMoment(tt.text, tt.end)
		if err != nil || got.UTC().Format(time.RFC3339) != tt.want {
			t.Errorf("%q: %s, %v; want %s", tt.text, got.UTC(), err, tt.want)
		}
	}
	if _, err := p.desk.HotspotMoment("yesterday", false); !errors.Is(err, desk.ErrHotspotWindow) {
		t.Errorf("yesterday: %v", err)
	}
}

// A district that got a new border keeps its history: a trend goes by its code.
func TestHotspotTrendOverVersions(t *testing.T) {
	p := newPast(t)
	day := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	p.keep(fact{at: day.AddDate(0, 0, -90), lon: 10.2, lat: 45.2})
	for k := 1; k <= 8; k++ {
		var same []fact
		for range 6 {
			same = append(same, fact{at: day.AddDate(0, 0, -7*k), lon: 10.2, lat: 45.2})
		}
		p.keep(same...)
	}
	_, err := p.desk.ImportAreas(t.Context(), []geo.Area{
		{Code: "W", Name: "West", Kind: geo.District, Geometry: square(10, 45.01), Source: geo.FromAdmin},
	}, p.now.AddDate(0, 0, -5), false)
	if err != nil {
		t.Fatal(err)
	}
	areas, err := p.desk.AreasInForce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	old := p.ids["W"]
	for _, a := range areas {
		if a.Code == "W" {
			p.ids["W"] = string(a.ID)
		}
	}
	if p.ids["W"] == old {
		t.Fatal("the district has no new version")
	}
	var today []fact
	for range 6 {
		today = append(today, fact{at: day, lon: 10.2, lat: 45.2})
	}
	p.keep(today...)
	got := p.hotspots("boss", desk.HotspotQuery{Detector: desk.DetectTrend, Districts: []string{"W"}})
	if len(got.Hotspots) != 0 || got.Reports != 6 {
		t.Errorf("six as ever stand out after a change of the border: %+v", got)
	}
}
