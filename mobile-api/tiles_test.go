package mobileapi_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"github.com/sestante/sestante/desk"
	mobileapi "github.com/sestante/sestante/mobile-api"
)

// tilePath is the path of the tile that holds a place.
func tilePath(what string, lon, lat float64, z int, query string) string {
	m := maptile.At(orb.Point{lon, lat}, maptile.Zoom(z))
	return fmt.Sprintf("tiles/%s/%d/%d/%d.mvt%s", what, z, m.X, m.Y, query)
}

// layers asks for a tile and reads it with another's decoder. An empty one has
// none.
func (s *site) layers(t testing.TB, who, path string) map[string]*mvt.Layer {
	t.Helper()
	r := s.do(t, ask{who: who, method: http.MethodGet, path: path})
	out := map[string]*mvt.Layer{}
	if r.status == http.StatusNoContent && len(r.body) == 0 {
		return out
	}
	if kind := r.header.Get("Content-Type"); r.status != http.StatusOK || kind != "application/vnd.mapbox-vector-tile" {
		t.Fatalf("%s to %q = %d %s %s", path, who, r.status, kind, r.body)
	}
	all, err := mvt.Unmarshal(r.body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, l := range all {
		out[l.Name] = l
	}
	return out
}

// drawn returns the codes of the reports in a tile.
func drawn(layers map[string]*mvt.Layer) []string {
	if layers["reports"] == nil {
		return nil
	}
	var out []string
	for _, f := range layers["reports"].Features {
		out = append(out, f.Properties["code"].(string))
	}
	return slices.Sorted(slices.Values(out))
}

func counted(layers map[string]*mvt.Layer, what string) int {
	if layers["cells"] == nil {
		return 0
	}
	sum := 0.0
	for _, f := range layers["cells"].Features {
		n, _ := f.Properties[what].(float64)
		sum += n
	}
	return int(sum)
}

// report sends a report from a place.
func (s *site) report(t testing.TB, who string, lon, lat float64, fields ...[2]string) desk.Receipt {
	t.Helper()
	all := append([][2]string{{"description", "Una buca"}, {"objectType", "pothole"}, {"lon", fmt.Sprint(lon)}, {"lat", fmt.Sprint(lat)}}, fields...)
	var got desk.Receipt
	s.want(t, ask{who: who, method: http.MethodPost, path: "reports", body: form{fields: all}}, http.StatusCreated, &got)
	return got
}

// TestReportTiles: everybody sees theirs and nothing else, near and far.
func TestReportTiles(t *testing.T) {
	s := newSite(t)
	quiet := [2]string{"consentPublish", "false"}
	public := s.report(t, "citizen", 10.5, 45.5)
	silent := s.report(t, "citizen", 10.5, 45.5, quiet)
	others := s.report(t, "other", 10.5, 45.5, quiet)
	east := s.report(t, "other", 11.5, 45.5, quiet)
	for _, c := range []struct {
		who   string
		lon   float64
		query string
		want  []string
	}{
		{"", 10.5, "", []string{public.Code}},
		{"", 11.5, "", nil},
		{"citizen", 10.5, "", []string{public.Code, silent.Code}},
		{"other", 10.5, "", []string{public.Code, others.Code}},
		{"other", 11.5, "", []string{east.Code}},
		{"ben", 10.5, "", []string{public.Code, silent.Code, others.Code}},
		{"ben", 11.5, "", nil},
		{"eva", 10.5, "", nil}, // as on map/reports, although one is public
		{"eva", 11.5, "", []string{east.Code}},
		{"anna", 10.5, "", []string{public.Code, silent.Code, others.Code}},
		{"anna", 11.5, "", []string{east.Code}},
		{"anna", 10.5, "?district=E", nil},
		{"anna", 10.5, "?district=W,E", []string{public.Code, silent.Code, others.Code}},
		{"anna", 10.5, "?status=registered", []string{public.Code, silent.Code, others.Code}},
		{"anna", 10.5, "?status=assigned,resolved", nil},
		{"anna", 10.5, "?priority=3", []string{public.Code, silent.Code, others.Code}},
		{"anna", 10.5, "?priority=1,2", nil},
		{"citizen", 10.5, "?priority=3", nil}, // who may not know it learns nothing by asking
		{"", 10.5, "?priority=3", nil},
		{"citizen", 10.5, "?status=registered", []string{public.Code, silent.Code}},
		{"other", 10.5, "?status=registered", []string{others.Code}}, // nor the state
		{"", 10.5, "?status=registered", nil},
		{"", 10.5, "?status=suspended", nil},
		{"", 10.5, "?status=open", []string{public.Code}},
		{"", 10.5, "?status=analysis", []string{public.Code}},
		{"", 10.5, "?status=registered,in_analysis,assigned", []string{public.Code}},
		{"", 10.5, "?status=scheduling,registered", nil},
		{"anna", 10.5, "?objectType=pothole", []string{public.Code, silent.Code, others.Code}},
		{"anna", 10.5, "?objectType=bench", nil},
		{"anna", 10.5, "?from=2026-11-20&to=2026-11-21", []string{public.Code, silent.Code, others.Code}},
		{"anna", 10.5, "?from=2026-11-21", nil},
		{"anna", 10.5, "?to=2026-11-20T09:00:00Z", nil},
	} {
		slices.Sort(c.want)
		near := s.layers(t, c.who, tilePath("reports", c.lon, 45.5, 16, c.query))
		if got := drawn(near); !slices.Equal(got, c.want) {
			t.Errorf("%q at %v%s sees %v, want %v", c.who, c.lon, c.query, got, c.want)
		}
		far := s.layers(t, c.who, tilePath("reports", c.lon, 45.5, 10, c.query))
		if got := counted(far, "count"); got != len(c.want) {
			t.Errorf("%q at %v%s has %d counted, want %d", c.who, c.lon, c.query, got, len(c.want))
		}
	}

	// What is told of each.
	shows := func(who string) map[string]map[string]any {
		out := map[string]map[string]any{}
		for _, f := range s.layers(t, who, tilePath("reports", 10.5, 45.5, 14, ""))["reports"].Features {
			out[f.Properties["code"].(string)] = f.Properties
		}
		return out
	}
	guest := []string{"code", "district", "id", "objectType", "phase", "registeredAt"}
	reporter := append([]string{"state"}, guest...)
	staff := append([]string{"blocking", "escalationLevel", "priority", "routing"}, reporter...)
	for _, c := range []struct {
		who, code string
		want      []string
	}{
		{"", public.Code, guest},
		{"other", public.Code, guest},
		{"other", others.Code, reporter},
		{"citizen", public.Code, reporter},
		{"ben", public.Code, staff},
		{"anna", silent.Code, staff},
	} {
		got := shows(c.who)[c.code]
		if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%q is told %v of %s, want %v", c.who, keys, c.code, c.want)
		}
		if got["phase"] != "analysis" || got["registeredAt"] != "2026-11-20T09:00:00Z" || got["district"] != s.ids["W"] {
			t.Errorf("%q is told %v of %s", c.who, got, c.code)
		}
	}
	for _, c := range []struct {
		who, what string
		want      int
	}{
		{"", "analysis", 1},
		{"", "registered", 0},
		{"", "priority3", 0},
		{"other", "analysis", 2},
		{"other", "registered", 1},
		{"other", "priority3", 0},
		{"anna", "registered", 3},
		{"anna", "priority3", 3},
	} {
		if got := counted(s.layers(t, c.who, tilePath("reports", 10.5, 45.5, 8, "")), c.what); got < c.want || got > c.want+1 || c.want == 0 && got != 0 {
			t.Errorf("%q has %d counted of %s, want %d", c.who, got, c.what, c.want)
		}
	}
}

// TestTilesFollowChanges: a tile is new as soon as a call was answered, and the
// tag stays as long as the tile does.
func TestTilesFollowChanges(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	here, there := tilePath("reports", 10.5, 45.5, 14, ""), tilePath("reports", 11.5, 45.5, 14, "")
	first := s.want(t, ask{who: "anna", method: http.MethodGet, path: here}, http.StatusOK, nil)
	tag := first.header.Get("ETag")
	if tag == "" || first.header.Get("Cache-Control") != "private, no-cache" || !strings.Contains(strings.Join(first.header.Values("Vary"), ","), "Authorization") {
		t.Errorf("headers of a tile: %v", first.header)
	}
	asked := func(status int) {
		t.Helper()
		s.want(t, ask{who: "anna", method: http.MethodGet, path: here, header: map[string]string{"If-None-Match": tag}}, status, nil)
	}
	asked(http.StatusNotModified)
	s.report(t, "other", 11.5, 45.5) // elsewhere
	asked(http.StatusNotModified)
	if n := len(drawn(s.layers(t, "anna", there))); n != 1 {
		t.Errorf("the other tile has %d reports, want the one that just came", n)
	}
	call := map[string]any{"id": "calltake0000001", "name": "report.take", "report": got.ID, "args": map[string]any{}}
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: call}, http.StatusOK, nil)
	asked(http.StatusOK)
	if f := s.layers(t, "anna", here)["reports"].Features; len(f) != 1 || f[0].Properties["state"] != "in_analysis" {
		t.Errorf("after it was taken, the tile shows %v", f)
	}
	reject := map[string]any{"id": "callreject00001", "name": "report.reject", "report": got.ID, "args": map[string]any{"code": "invalid", "text": "Non è una buca"}}
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: reject}, http.StatusOK, nil)
	s.want(t, ask{who: "anna", method: http.MethodGet, path: here}, http.StatusNoContent, nil)

	// What somebody may see can change without any report changing.
	s.want(t, ask{who: "eva", method: http.MethodGet, path: there}, http.StatusOK, nil)
	role, err := s.app.FindFirstRecordByData("roles", "person", s.ids["eva"])
	if err != nil {
		t.Fatal(err)
	}
	role.Set("areas", []string{s.ids["W"]})
	if err := s.app.Save(role); err != nil {
		t.Fatal(err)
	}
	s.want(t, ask{who: "eva", method: http.MethodGet, path: there}, http.StatusNoContent, nil)
	if err := s.app.Delete(role); err != nil {
		t.Fatal(err)
	}
	if got := s.layers(t, "eva", there)["reports"]; len(got.Features) != 1 || got.Features[0].Properties["state"] != nil {
		t.Errorf("a passer-by is shown %v, want the phase of one", got.Features)
	}
}

// TestTileEncodings: in gzip for those who take it, as it is for others.
func TestTileEncodings(t *testing.T) {
	s := newSite(t)
	s.submit(t, "citizen")
	path := tilePath("reports", 10.5, 45.5, 14, "")
	plain := s.want(t, with(ask{method: http.MethodGet, path: path}, "Accept-Encoding", "identity"), http.StatusOK, nil)
	if enc := plain.header.Get("Content-Encoding"); enc != "" {
		t.Errorf("whoever takes no gzip gets %s", enc)
	}
	if _, err := mvt.Unmarshal(plain.body); err != nil {
		t.Error(err)
	}
	for _, accepts := range []string{"gzip", "gzip, deflate, br, zstd", "zstd, gzip;q=0.5"} {
		packed := s.want(t, with(ask{method: http.MethodGet, path: path}, "Accept-Encoding", accepts), http.StatusOK, nil)
		if enc := packed.header.Get("Content-Encoding"); enc != "gzip" {
			t.Errorf("whoever accepts %s gets %q", accepts, enc)
		}
		if _, err := mvt.UnmarshalGzipped(packed.body); err != nil {
			t.Errorf("%s: %v", accepts, err)
		}
		for _, tag := range []string{packed.header.Get("ETag"), plain.header.Get("ETag")} {
			a := with(ask{method: http.MethodGet, path: path}, "Accept-Encoding", accepts)
			a.header["If-None-Match"] = tag
			s.want(t, a, http.StatusNotModified, nil)
		}
	}
	if c := plain.header.Get("Cache-Control"); c != "public, max-age=2" {
		t.Errorf("a guest's tile may be kept: %s", c)
	}
}

// TestAreaTiles: both squares, with the border between them once.
func TestAreaTiles(t *testing.T) {
	s := newSite(t)
	got := s.layers(t, "", tilePath("areas", 11.0001, 45.5, 4, ""))
	if len(got["areas"].Features) != 2 || len(got["labels"].Features) != 2 || len(got["borders"].Features) != 1 {
		t.Fatalf("layers: %v", got)
	}
	for _, layer := range []string{"areas", "labels"} {
		for _, f := range got[layer].Features {
			code, _ := f.Properties["code"].(string)
			if f.Properties["id"] != s.ids[code] || f.Properties["kind"] != "district" || f.Properties["name"] != map[string]string{"W": "West", "E": "East"}[code] {
				t.Errorf("%s tells %v", layer, f.Properties)
			}
		}
	}
	if near := s.layers(t, "", tilePath("areas", 10.3, 45.5, 12, "")); len(near["areas"].Features) != 1 || near["labels"] != nil || near["borders"] != nil {
		t.Errorf("a tile inside West shows %v", near)
	}
	for query, status := range map[string]int{
		"?kind=district": http.StatusOK, "?kind=district,province": http.StatusOK, "?kind=province": http.StatusNoContent,
		"?at=2026-01-01": http.StatusOK,
	} {
		s.want(t, ask{method: http.MethodGet, path: tilePath("areas", 11, 45.5, 6, query)}, status, nil)
	}
	s.want(t, ask{method: http.MethodGet, path: tilePath("areas", 50, 45.5, 6, "")}, http.StatusNoContent, nil)
	r := s.want(t, ask{method: http.MethodGet, path: tilePath("areas", 11, 45.5, 6, "")}, http.StatusOK, nil)
	again := ask{method: http.MethodGet, path: tilePath("areas", 11, 45.5, 6, ""), header: map[string]string{"If-None-Match": r.header.Get("ETag")}}
	s.want(t, again, http.StatusNotModified, nil)
	area, err := s.app.FindRecordById("areas", s.ids["W"])
	if err != nil {
		t.Fatal(err)
	}
	area.Set("name", "Ponente")
	if err := s.app.Save(area); err != nil {
		t.Fatal(err)
	}
	s.want(t, again, http.StatusOK, nil)
}

func TestTileJSON(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.Attribution = "Comune di Prova" })
	for _, c := range []struct {
		path, tiles string
		layers      []string
	}{
		{"tiles/reports.json", "https://example.org/api/mobile/v1/tiles/reports/{z}/{x}/{y}.mvt", []string{"cells", "reports"}},
		{"tiles/reports.json?status=open&priority=1,2", "https://example.org/api/mobile/v1/tiles/reports/{z}/{x}/{y}.mvt?priority=1%2C2&status=open", []string{"cells", "reports"}},
		{"tiles/areas.json?kind=district", "https://example.org/api/mobile/v1/tiles/areas/{z}/{x}/{y}.mvt?kind=district", []string{"areas", "borders", "labels"}},
	} {
		var got mobileapi.TileJSON
		r := s.want(t, ask{method: http.MethodGet, path: c.path}, http.StatusOK, &got)
		var layers []string
		for _, l := range got.VectorLayers {
			layers = append(layers, l.ID)
			if len(l.Fields) == 0 || l.MaxZoom > got.MaxZoom {
				t.Errorf("%s: layer %+v", c.path, l)
			}
		}
		if got.TileJSON != "3.0.0" || len(got.Tiles) != 1 || got.Tiles[0] != c.tiles || !slices.Equal(layers, c.layers) || got.Attribution != "Comune di Prova" {
			t.Errorf("%s = %s", c.path, r.body)
		}
		if got.Center[0] != 11 || got.Center[1] != 45.5 {
			t.Errorf("%s is centred on %v", c.path, got.Center)
		}
	}
	for lang, want := range map[string]map[string]string{
		"it": {"tiles/reports.json": "Le segnalazioni aperte che puoi vedere", "tiles/areas.json": "Le aree del territorio"},
		"en": {"tiles/reports.json": "Open reports that you may see", "tiles/areas.json": "The areas of the territory"},
	} {
		for path, begins := range want {
			var got mobileapi.TileJSON
			r := s.want(t, ask{method: http.MethodGet, path: path, lang: lang}, http.StatusOK, &got)
			if !strings.HasPrefix(got.Description, begins) || !strings.Contains(strings.Join(r.header.Values("Vary"), ","), "Accept-Language") {
				t.Errorf("%s in %q = %q, Vary %v", path, lang, got.Description, r.header.Values("Vary"))
			}
		}
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "tiles/reports.json?status=lost"}, http.StatusBadRequest, "api.value", "status")
	s.wantFault(t, ask{method: http.MethodGet, path: "tiles/areas.json?kind=moon"}, http.StatusBadRequest, "api.value", "kind")
}

func TestTilesRefused(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ path, code, field string }{
		{"tiles/reports/23/0/0.mvt", "tile.address", "z"},
		{"tiles/reports/-1/0/0.mvt", "tile.address", "z"},
		{"tiles/reports/a/0/0.mvt", "tile.address", "z"},
		{"tiles/reports/3/0/0.mvt?from=2026-11-22&to=2026-11-21", "api.value", "to"},
		{"tiles/reports/3/0/0.mvt?from=2026-11-22&to=2026-11-22", "api.value", "to"},
		{"tiles/reports.json?from=2026-11-22T09:00:00Z&to=2026-11-22", "api.value", "to"},
		{"tiles/reports/3/8/0.mvt", "tile.address", "x"},
		{"tiles/reports/3/0/8.mvt", "tile.address", "y"},
		{"tiles/reports/3/0/0", "tile.address", "y"},
		{"tiles/reports/3/0/0.png", "tile.address", "y"},
		{"tiles/reports/3/99999999999999999999/0.mvt", "tile.address", "x"},
		{"tiles/areas/3/8/0.mvt", "tile.address", "x"},
		{"tiles/areas/3/0/0.mvt?kind=moon", "api.value", "kind"},
		{"tiles/areas/3/0/0.mvt?at=yesterday", "api.value", "at"},
		{"tiles/areas/3/0/0.mvt?status=open", "api.unknown_field", "status"},
		{"tiles/reports/3/0/0.mvt?priority=5", "api.value", "priority"},
		{"tiles/reports/3/0/0.mvt?priority=high", "api.value", "priority"},
		{"tiles/reports/3/0/0.mvt?status=lost", "api.value", "status"},
		{"tiles/reports/3/0/0.mvt?status=closed", "tile.ended", "status"},
		{"tiles/reports/3/0/0.mvt?from=x", "api.value", "from"},
		{"tiles/reports/3/0/0.mvt?bbox=1,2,3,4", "api.unknown_field", "bbox"},
	} {
		s.wantFault(t, ask{method: http.MethodGet, path: c.path}, http.StatusBadRequest, c.code, c.field)
	}
	s.tokens["nobody"] = "eyJhbGciOiJIUzI1NiJ9.e30.ended"
	s.wantFault(t, ask{who: "nobody", method: http.MethodGet, path: "tiles/reports/3/0/0.mvt"}, http.StatusUnauthorized, "api.sign_in", "")
}

// TestTilesAreLimited: nobody has tiles drawn without end, and nobody else waits
// for it.
func TestTilesAreLimited(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.TilesPerMinute, cfg.TilesBurst = 60, 3 })
	tile := func(who string) ask { return ask{who: who, method: http.MethodGet, path: "tiles/reports/3/0/0.mvt"} }
	for range 3 {
		s.want(t, tile(""), http.StatusNoContent, nil)
	}
	r := s.do(t, tile(""))
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "1" {
		t.Errorf("fourth = %d, Retry-After %q, want 429 and 1", r.status, r.header.Get("Retry-After"))
	}
	s.wantFault(t, tile(""), http.StatusTooManyRequests, "api.limited", "")
	s.want(t, tile("citizen"), http.StatusNoContent, nil)
	s.later(time.Second)
	s.want(t, tile(""), http.StatusNoContent, nil)
}

// TestTilesHoldWhatMapDoes compares the tiles with map/reports and map/public.
func TestTilesHoldWhatMapDoes(t *testing.T) {
	s := newSite(t)
	for i := range 24 {
		who := []string{"citizen", "other", "ben", ""}[i%4]
		var fields [][2]string
		if i%3 == 0 {
			fields = append(fields, [2]string{"consentPublish", "false"})
		}
		got := s.report(t, who, 10.5+float64(i%2), 45.5+float64(i)/1e4, fields...)
		if i%6 == 1 {
			call := map[string]any{"id": fmt.Sprintf("calltake%07d", i), "name": "report.take", "report": got.ID, "args": map[string]any{}}
			s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: call}, http.StatusOK, nil)
		}
	}
	on := func(who, path string) []string {
		var fc desk.FeatureCollection
		s.want(t, ask{who: who, method: http.MethodGet, path: path}, http.StatusOK, &fc)
		var out []string
		for _, f := range fc.Features {
			out = append(out, f.Properties["code"].(string))
		}
		return out
	}
	open := on("", "map/public")
	for _, who := range []string{"", "citizen", "other", "ben", "eva", "anna"} {
		want := open
		if who != "" {
			want = on(who, "map/reports")
		}
		if who == "citizen" || who == "other" {
			want = append(want, open...)
		}
		slices.Sort(want)
		want = slices.Compact(want)
		got := append(drawn(s.layers(t, who, tilePath("reports", 10.5, 45.501, 13, ""))), drawn(s.layers(t, who, tilePath("reports", 11.5, 45.501, 13, "")))...)
		slices.Sort(got)
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("the tiles of %q hold\n%v, the maps\n%v", who, got, want)
		}
		for _, code := range got {
			if who != "" {
				s.want(t, ask{who: who, method: http.MethodGet, path: "reports/" + code}, http.StatusOK, nil)
			}
		}
	}
}
