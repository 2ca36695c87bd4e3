package hooks_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// ring is a rectangle around Milan, as GeoJSON.
func ring(east string) string {
	return strings.ReplaceAll(`{"type":"Polygon","coordinates":[[[9,45],[EAST,45],[EAST,46],[9,46],[9,45]]]}`, "EAST", east)
}

func area(geometry string, more map[string]any) map[string]any {
	out := map[string]any{"code": "MI", "name": "Milano", "kind": "district", "source": "admin", "geometry": json.RawMessage(geometry)}
	maps.Copy(out, more)
	return out
}

// TestDashboardChecksAreas saves areas by hand that would answer wrongly.
func TestDashboardChecksAreas(t *testing.T) {
	o := newOffice(t, true)
	const path = "/api/collections/areas/records"
	o.want(t, "POST", path, area(ring("10"), nil), 200, `"areaM2":`)
	rec, err := o.app.FindFirstRecordByData("areas", "code", "MI")
	if err != nil {
		t.Fatal(err)
	}
	if rec.GetFloat("maxLon") != 10 || rec.GetFloat("areaM2") < 8e9 || !strings.Contains(rec.GetString("geometry"), "MultiPolygon") {
		t.Errorf("kept as %v", rec.PublicExport())
	}
	for _, c := range []struct {
		name   string
		body   map[string]any
		status int
		code   string
	}{
		{"two lines", area(ring("10"), map[string]any{"code": "A\nB"}), 400, "geo.words"},
		{"open", area(`{"type":"Polygon","coordinates":[[[9,45],[10,45],[10,46],[9,46]]]}`, map[string]any{"code": "A"}), 400, "geo.open_ring"},
		{"a bow tie", area(`{"type":"Polygon","coordinates":[[[9,45],[10,46],[10,45],[9,46],[9,45]]]}`, map[string]any{"code": "A"}), 400, "geo.self_intersection"},
		{"the place of it", area(`{"type":"Polygon","coordinates":[[[9,45],[10,46],[10,45],[9,46],[9,45]]]}`, map[string]any{"code": "A"}), 400, "9.500000,45.500000"},
		{"nothing", area(`null`, map[string]any{"code": "A"}), 400, "geo.empty"},
		{"a point", area(`{"type":"Point","coordinates":[9,45]}`, map[string]any{"code": "A"}), 400, "geo.geometry_type"},
		{"an overlay for all", area(ring("10"), map[string]any{"code": "A", "kind": "overlay"}), 400, "geo.area_selector"},
		{"ends before it begins", area(ring("10"), map[string]any{"code": "A", "validFrom": "2026-02-01 00:00:00.000Z", "validTo": "2026-01-01 00:00:00.000Z"}), 400, "geo.area_validity"},
		{"turned around", area(`{"type":"Polygon","coordinates":[[[45,9],[46,9],[46,10],[45,10],[45,9]]]}`, map[string]any{"code": "A"}), 400, "geo.swapped"},
		{"the same days", area(ring("11"), map[string]any{"validFrom": "2026-02-01 00:00:00.000Z"}), 409, "area.days"},
	} {
		status, got := o.ask(t, "POST", path, c.body, "en")
		if status != c.status || !strings.Contains(string(got), c.code) {
			t.Errorf("%s: %d %s, want %d with %s", c.name, status, got, c.status, c.code)
		}
	}
	far := area(`{"type":"Polygon","coordinates":[[[-70,-30],[-69,-30],[-69,-29],[-70,-29],[-70,-30]]]}`, map[string]any{"code": "CL"})
	far["code"] = " CL "
	around := area(`{"type":"Polygon","coordinates":[[[178,7],[-178,7],[-178,12],[178,12],[178,7]]]}`, map[string]any{"code": "FJ"})
	o.want(t, "POST", path, around, 200, `"code":"FJ"`) // 178 is no latitude
	o.want(t, "POST", path, area(ring("10"), map[string]any{"code": "B", "selector": json.RawMessage(`{"foo":1}`)}), 400, "area.selector")
	o.want(t, "POST", path, far, 200, `"code":"CL"`)                                                                   // elsewhere, either way
	o.want(t, "PATCH", path+"/"+rec.Id, map[string]any{"geometry": json.RawMessage(ring("9.5"))}, 200, `"maxLon":9.5`) // nobody was routed by it
}

// TestZonesGo: an area that owns no reports can be taken away when none lies
// there.
func TestZonesGo(t *testing.T) {
	o := newOffice(t, true)
	pbtest.Record(t, o.app, "areas", area(ring("10"), nil))
	o.newReport(t)
	const path = "/api/collections/areas/records/"
	here := pbtest.Record(t, o.app, "areas", area(ring("10"), map[string]any{"code": "Z1", "kind": "zone"}))
	far := pbtest.Record(t, o.app, "areas", area(`{"type":"Polygon","coordinates":[[[20,45],[21,45],[21,46],[20,46],[20,45]]]}`, map[string]any{"code": "Z2", "kind": "zone"}))
	o.want(t, "DELETE", path+here, nil, 409, "area.used")
	if status, got := o.ask(t, "DELETE", path+far, nil, "en"); status != 204 {
		t.Errorf("a zone without reports: %d %s, want 204", status, got)
	}
}

// TestDashboardKeepsHistory edits a border that reports were routed by.
func TestDashboardKeepsHistory(t *testing.T) {
	o := newOffice(t, true)
	const path = "/api/collections/areas/records/"
	id := pbtest.Record(t, o.app, "areas", area(ring("10"), nil))
	o.newReport(t)
	if status, got := o.ask(t, "PATCH", path+id, map[string]any{"code": "ML"}, "en"); status != 409 || !strings.Contains(string(got), "area.used") {
		t.Errorf("another code: %d %s", status, got)
	}
	if status, got := o.ask(t, "DELETE", path+id, nil, "it"); status != 409 || !strings.Contains(string(got), "segnalazioni") {
		t.Errorf("deleted: %d %s", status, got)
	}
	o.want(t, "PATCH", path+id, map[string]any{"validFrom": "2030-01-01 00:00:00.000Z"}, 409, "area.used")
	o.want(t, "PATCH", path+id, map[string]any{"validTo": "2026-01-01 00:00:00.000Z"}, 409, "area.end")
	o.want(t, "PATCH", path+id, map[string]any{"validTo": "2099-01-01 00:00:00.000Z"}, 200, `"validTo":"2099-01-01`)
	o.want(t, "PATCH", path+id, map[string]any{"validTo": ""}, 200, `"validTo":""`)
	o.want(t, "PATCH", path+id, map[string]any{"geometry": json.RawMessage(`{"type":"Polygon","coordinates":[[[9,45],[10,46],[10,45],[9,46],[9,45]]]}`)}, 400, "geo.self_intersection")
	o.want(t, "PATCH", path+id, map[string]any{"geometry": json.RawMessage(ring("9.3")), "name": "Milano città"}, 200, `"maxLon":10`)
	all, err := store.New(o.app).Areas(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("the versions are %+v, %v", all, err)
	}
	old, fresh := all[0], all[1]
	if string(old.ID) != id || old.Name != "Milano" || old.Bound.Max.Lon() != 10 || old.ValidTo.IsZero() || !old.ValidTo.Equal(fresh.ValidFrom) {
		t.Errorf("the old version is %s from %v to %v, %v", old.Name, old.ValidFrom, old.ValidTo, old.Bound)
	}
	if fresh.Bound.Max.Lon() != 9.3 || fresh.Name != "Milano città" || !fresh.ValidTo.IsZero() || time.Since(fresh.ValidFrom) > time.Hour {
		t.Errorf("the new version is %s from %v to %v, %v", fresh.Name, fresh.ValidFrom, fresh.ValidTo, fresh.Bound)
	}
	o.want(t, "PATCH", path+id, map[string]any{"geometry": json.RawMessage(ring("9.4"))}, 409, "area.used") // what has ended stays
	o.want(t, "PATCH", path+string(fresh.ID), map[string]any{"code": "ML"}, 409, "area.used")
	o.want(t, "PATCH", path+string(fresh.ID), map[string]any{"checkOnly": true, "code": "ML"}, 409, "area.used")
	o.want(t, "DELETE", path+string(fresh.ID), nil, 409, "area.used") // it answers for those of the old one
	o.want(t, "PATCH", path+string(fresh.ID), map[string]any{"name": "Milano"}, 200, `"name":"Milano"`)
	o.want(t, "PATCH", path+string(fresh.ID), map[string]any{"priority": 7}, 200, `"validTo":"2`) // that is a version too
}
