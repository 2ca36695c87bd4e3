package mobileapi_test

import (
	"net/http"
	"testing"

	"github.com/sestante/sestante/desk"
	mobileapi "github.com/sestante/sestante/mobile-api"
)

const device = "device000000001"

func TestMe(t *testing.T) {
	s := newSite(t)
	var me desk.Me
	s.want(t, ask{who: "ben", method: http.MethodGet, path: "me"}, http.StatusOK, &me)
	if string(me.ID) != s.ids["ben"] || len(me.Roles) != 1 || string(me.Roles[0].Role) != "technician" {
		t.Errorf("me = %+v", me)
	}
	s.want(t, ask{method: http.MethodGet, path: "me", header: map[string]string{"Authorization": "Bearer " + s.tokens["ben"]}}, http.StatusOK, nil)
	s.wantFault(t, ask{method: http.MethodGet, path: "me"}, http.StatusUnauthorized, "api.sign_in", "")
}

// TestTokensThatDoNotHold: a token that holds no longer is refused even where
// a guest may pass, and nobody but a person of the desk is signed in.
func TestTokensThatDoNotHold(t *testing.T) {
	s := newSite(t)
	s.tokens["nonsense"] = "nonsense"
	super, err := s.app.FindCollectionByNameOrId("_superusers")
	if err != nil {
		t.Fatal(err)
	}
	s.tokens["root"] = newSuperuser(t, s.app, super)
	user, err := s.app.FindRecordById("users", s.ids["other"])
	if err != nil {
		t.Fatal(err)
	}
	user.Set("disabled", true)
	if err := s.app.Save(user); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"nonsense", "root", "other"} {
		s.wantFault(t, ask{who: who, method: http.MethodPost, path: "reports", body: form{fields: [][2]string{{"title", "x"}}}}, http.StatusUnauthorized, "api.sign_in", "")
		s.wantFault(t, ask{who: who, method: http.MethodGet, path: "me"}, http.StatusUnauthorized, "api.sign_in", "")
		s.want(t, ask{who: who, method: http.MethodGet, path: "map/public"}, http.StatusOK, nil)
	}
}

func TestDevices(t *testing.T) {
	s := newSite(t)
	put := func(who, id string, body any) ask {
		return ask{who: who, method: http.MethodPut, path: "devices/" + id, body: body}
	}
	full := map[string]any{"platform": "android", "name": "Tablet", "pushToken": "token", "appVersion": "1", "language": "it", "timezone": "Europe/Rome"}
	var view desk.DeviceView
	s.want(t, put("ben", device, full), http.StatusOK, &view)
	if view.ID != device || !view.HasToken || view.State != "active" {
		t.Errorf("device = %+v", view)
	}
	var all mobileapi.Devices
	s.want(t, ask{who: "ben", method: http.MethodGet, path: "devices"}, http.StatusOK, &all)
	if len(all.Devices) != 1 || all.Devices[0].Name != "Tablet" {
		t.Errorf("devices = %+v", all)
	}
	for _, c := range []struct {
		name   string
		ask    ask
		status int
		code   string
		field  string
	}{
		{"nobody", put("", device, full), 401, "api.sign_in", ""},
		{"somebody else's", put("eva", device, full), 404, "device.none", ""},
		{"no platform", put("ben", device, map[string]any{}), 400, "api.required", "platform"},
		{"no such platform", put("ben", device, map[string]any{"platform": "toaster"}), 400, "device.invalid", "platform"},
		{"id", put("ben", "x", full), 400, "device.invalid", "id"},
		{"state", put("ben", device, map[string]any{"platform": "web", "state": "active"}), 400, "api.unknown_field", "state"},
		{"forget another's", ask{who: "eva", method: http.MethodDelete, path: "devices/" + device}, 404, "device.none", ""},
	} {
		t.Run(c.name, func(t *testing.T) { s.wantFault(t, c.ask, c.status, c.code, c.field) })
	}
	s.want(t, ask{who: "ben", method: http.MethodDelete, path: "devices/" + device}, http.StatusNoContent, nil)
	var after mobileapi.Devices
	s.want(t, ask{who: "ben", method: http.MethodGet, path: "devices"}, http.StatusOK, &after)
	for _, d := range after.Devices {
		if d.HasToken {
			t.Errorf("a forgotten device can still be pushed to: %+v", d)
		}
	}
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "devices"}, http.StatusOK, &after)
	if after.Devices == nil || len(after.Devices) != 0 {
		t.Errorf("the devices of somebody who has none = %+v", after)
	}
}

func TestNotices(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	call := map[string]any{"id": "calltake0000001", "name": "report.take", "report": got.ID}
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: call}, http.StatusOK, nil)

	var told mobileapi.Notices
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: "notices?limit=5"}, http.StatusOK, &told)
	if len(told.Notices) != 1 || told.Notices[0].Report != string(got.ID) || told.Notices[0].Title == "" {
		t.Fatalf("notices = %+v", told)
	}
	path := "notices/" + told.Notices[0].ID
	s.want(t, ask{who: "citizen", method: http.MethodPost, path: path + "/received"}, http.StatusNoContent, nil)
	s.want(t, ask{who: "citizen", method: http.MethodPost, path: path + "/opened", body: map[string]any{"at": "2026-11-20T08:59:30Z"}}, http.StatusNoContent, nil)
	s.want(t, ask{who: "citizen", method: http.MethodPost, path: path + "/opened", body: map[string]any{"at": "2030-01-01T00:00:00Z"}}, http.StatusNoContent, nil)
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: "notices"}, http.StatusOK, &told)
	if at := told.Notices[0].OpenedAt; at.IsZero() || at.After(s.clock()) {
		t.Errorf("opened at %v", at)
	}
	s.wantFault(t, ask{who: "other", method: http.MethodPost, path: path + "/opened"}, http.StatusNotFound, "notice.none", "")
	s.wantFault(t, ask{method: http.MethodPost, path: path + "/opened"}, http.StatusUnauthorized, "api.sign_in", "")
	s.wantFault(t, ask{who: "citizen", method: http.MethodPost, path: path + "/opened", body: `{"at":"soon"}`}, http.StatusBadRequest, "api.value", "at")
	s.wantFault(t, ask{who: "citizen", method: http.MethodGet, path: "notices?limit=-1"}, http.StatusBadRequest, "api.value", "limit")
}
