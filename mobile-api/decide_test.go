package mobileapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/sestante/sestante/desk"
	mobileapi "github.com/sestante/sestante/mobile-api"
	fieldsync "github.com/sestante/sestante/sync"
)

func (s *site) push(t testing.TB, who string, muts ...map[string]any) fieldsync.PushReply {
	t.Helper()
	var reply fieldsync.PushReply
	s.want(t, ask{who: who, method: http.MethodPost, path: "sync/push", body: pushOf(s, muts...)}, http.StatusOK, &reply)
	return reply
}

func getOf(who, path string) ask  { return ask{who: who, method: http.MethodGet, path: path} }
func postOf(who, path string) ask { return ask{who: who, method: http.MethodPost, path: path} }

// renamed returns a change of the name of ben's device, by somebody who saw
// another one.
func renamed(s *site, mid int, from, to string) map[string]any {
	return map[string]any{
		"mid": mid, "op": "patch", "c": "devices", "id": device, "at": s.clock(),
		"set": map[string]any{"name": map[string]any{"f": from, "t": to}},
	}
}

// TestConflictsOverHTTP: two values meet, and the person chooses.
func TestConflictsOverHTTP(t *testing.T) {
	s := newSite(t)
	s.push(t, "ben")
	reply := s.push(t, "ben", renamed(s, 1, "", "van"), renamed(s, 2, "bike", "truck"))
	if len(reply.Res) != 2 || len(reply.Res[1].Conflicts) != 1 {
		t.Fatalf("pushed %+v, want one conflict", reply.Res)
	}
	id := reply.Res[1].Conflicts[0]
	list := func(who, query string) []fieldsync.Conflict {
		t.Helper()
		var got mobileapi.Conflicts
		s.want(t, getOf(who, "sync/conflicts"+query), http.StatusOK, &got)
		return got.Conflicts
	}
	for query, want := range map[string]int{
		"": 1, "?state=open": 1, "?state=decided": 0, "?device=" + device: 1, "?device=other": 0, "?collection=devices": 1,
		"?collection=reports": 0, "?record=" + device: 1, "?person=" + s.ids["ben"]: 1, "?person=x": 0, "?limit=1": 1,
	} {
		if got := list("ben", query); len(got) != want {
			t.Errorf("conflicts%s = %+v, want %d", query, got, want)
		}
	}
	if got := list("eva", ""); len(got) != 0 {
		t.Errorf("somebody else sees %+v", got)
	}
	one := list("ben", "")[0]
	if one.ID != id || one.Field != "name" || string(one.Mine) != `"truck"` || string(one.Theirs) != `"van"` {
		t.Errorf("conflict %+v", one)
	}
	keep := func(who, id, side string) ask {
		a := postOf(who, "sync/conflicts/"+id+"/resolve")
		a.body = map[string]any{"keep": side}
		return a
	}
	s.wantFault(t, keep("", id, "mine"), http.StatusUnauthorized, "api.sign_in", "")
	s.wantFault(t, keep("eva", id, "mine"), http.StatusNotFound, "sync.no_conflict", "")
	s.wantFault(t, keep("ben", "nosuchconflict0", "mine"), http.StatusNotFound, "sync.no_conflict", "")
	s.wantFault(t, keep("ben", id, "both"), http.StatusBadRequest, "sync.keep", "keep")
	other := fieldsync.Mine
	if one.Kept == fieldsync.Mine {
		other = fieldsync.Theirs
	}
	s.want(t, keep("ben", id, string(other)), http.StatusNoContent, nil)
	s.wantFault(t, keep("ben", id, "mine"), http.StatusConflict, "sync.decided", "")
	if got := list("ben", "?state=decided"); len(got) != 1 || got[0].Kept != other || string(got[0].DecidedBy) != s.ids["ben"] {
		t.Errorf("decided = %+v, want %s", got, other)
	}
	want := map[fieldsync.Side]string{fieldsync.Mine: "truck", fieldsync.Theirs: "van"}[other]
	if row, err := s.app.FindRecordById("devices", device); err != nil || row.GetString("name") != want {
		t.Errorf("the device is called %q, %v; want %q", row.GetString("name"), err, want)
	}
	s.wantFault(t, getOf("ben", "sync/conflicts?state=shut"), http.StatusBadRequest, "api.value", "state")
	s.wantFault(t, getOf("ben", "sync/conflicts?limit=0"), http.StatusBadRequest, "api.value", "limit")
	s.wantFault(t, getOf("", "sync/conflicts"), http.StatusUnauthorized, "api.sign_in", "")
}

// TestLettersOverHTTP: a refusal waits until somebody deals with it.
func TestLettersOverHTTP(t *testing.T) {
	s := newSite(t)
	s.promote(t, "coordinator")
	id := s.submit(t, "citizen").ID
	s.push(t, "ben",
		map[string]any{"mid": 1, "op": "call", "name": "report.comment", "id": id, "args": map[string]any{"text": ""}, "at": s.clock()},
		map[string]any{"mid": 2, "op": "call", "name": "report.comment", "id": id, "args": map[string]any{"text": ""}, "at": s.clock()})
	list := func(who, query string) []fieldsync.Letter {
		t.Helper()
		var got mobileapi.Letters
		s.want(t, getOf(who, "sync/letters"+query), http.StatusOK, &got)
		return got.Letters
	}
	for query, want := range map[string]int{"": 2, "?state=open": 2, "?state=fixed": 0, "?limit=1": 1, "?device=" + device: 2, "?device=x": 0} {
		for _, who := range []string{"ben", "anna"} {
			if got := list(who, query); len(got) != want {
				t.Errorf("letters%s of %s = %+v, want %d", query, who, got, want)
			}
		}
	}
	if got := list("eva", "?person="+s.ids["ben"]); len(got) != 0 {
		t.Errorf("somebody else sees %+v", got)
	}
	letters := list("ben", "")
	q := letters[0].ID
	s.wantFault(t, postOf("eva", "sync/letters/"+q+"/dismiss"), http.StatusNotFound, "sync.no_letter", "")
	s.wantFault(t, postOf("ben", "sync/letters/nosuchletter000/dismiss"), http.StatusNotFound, "sync.no_letter", "")
	s.want(t, postOf("ben", "sync/letters/"+q+"/dismiss"), http.StatusNoContent, nil)
	s.want(t, postOf("ben", "sync/letters/"+q+"/dismiss"), http.StatusNoContent, nil)
	s.want(t, postOf("anna", "sync/letters/"+letters[1].ID+"/dismiss"), http.StatusNoContent, nil)
	if got := list("ben", "?state=dismissed"); len(got) != 2 {
		t.Errorf("dismissed = %+v", got)
	}
	s.wantFault(t, getOf("ben", "sync/letters?state=shut"), http.StatusBadRequest, "api.value", "state")
}

// TestQuarantineOverHTTP: what breaks twice is put aside, and an operator lets
// it out when the reason is gone.
func TestQuarantineOverHTTP(t *testing.T) {
	s := newSite(t)
	s.promote(t, "service_manager")
	id := s.submit(t, "citizen").ID
	s.breaks = func(fieldsync.Change) error { return errors.New("nobody knows why") }
	say := map[string]any{"mid": 1, "op": "call", "name": "report.comment", "id": id, "args": map[string]any{"text": "x", "audience": "internal"}, "at": s.clock()}
	if r := s.push(t, "ben", say); r.Err != fieldsync.ErrDefer {
		t.Fatalf("broken once = %+v", r)
	}
	if r := s.push(t, "ben", say); len(r.Res) != 1 || r.Res[0].Code != "sync.quarantined" || r.LMid != 1 {
		t.Fatalf("broken twice = %+v", r)
	}
	list := func(query string) []int64 {
		t.Helper()
		var got mobileapi.Quarantined
		s.want(t, getOf("anna", "sync/quarantine"+query), http.StatusOK, &got)
		mids := []int64{}
		for _, m := range got.Mutations {
			mids = append(mids, m.Mid)
		}
		return mids
	}
	for query, want := range map[string]string{"": "[1]", "?device=" + device: "[1]", "?device=x": "[]", "?limit=5": "[1]"} {
		if got := fmt.Sprint(list(query)); got != want {
			t.Errorf("quarantine%s = %s, want %s", query, got, want)
		}
	}
	free := func(who, mid string) ask { return postOf(who, "sync/quarantine/"+device+"/"+mid+"/release") }
	s.wantFault(t, getOf("ben", "sync/quarantine"), http.StatusNotFound, "sync.not_held", "")
	s.wantFault(t, free("ben", "1"), http.StatusNotFound, "sync.not_held", "")
	s.wantFault(t, free("anna", "2"), http.StatusNotFound, "sync.not_held", "")
	s.wantFault(t, postOf("anna", "sync/quarantine/nosuchdevice000/1/release"), http.StatusNotFound, "device.none", "")
	for _, mid := range []string{"0", "-1", "x", "99999999999999999999"} {
		s.wantFault(t, free("anna", mid), http.StatusBadRequest, "api.value", "mid")
	}
	var out mobileapi.Released
	s.want(t, free("anna", "1"), http.StatusOK, &out)
	if len(out.Results) != 1 || out.Results[0].St != fieldsync.Held || len(list("")) != 1 {
		t.Errorf("released while it still breaks = %+v", out)
	}
	s.breaks = nil
	s.want(t, free("anna", "1"), http.StatusOK, &out)
	if len(out.Results) != 1 || out.Results[0].St != fieldsync.Applied || len(list("")) != 0 {
		t.Errorf("released = %+v", out)
	}
	s.wantFault(t, free("anna", "1"), http.StatusNotFound, "sync.not_held", "")

	give := func(who string) ask { return postOf(who, "sync/quarantine/"+device+"/2/dismiss") }
	s.breaks = func(fieldsync.Change) error { return errors.New("nobody knows why") }
	say["mid"] = 2
	s.push(t, "ben", say)
	s.push(t, "ben", say)
	s.wantFault(t, give("ben"), http.StatusNotFound, "sync.not_held", "")
	s.want(t, give("anna"), http.StatusOK, &out)
	if len(out.Results) != 1 || out.Results[0].St != fieldsync.Rejected || len(list("")) != 0 {
		t.Errorf("given up = %+v", out)
	}
}

// TestDivergencesOverHTTP: what a verification found is for those who look
// after the device.
func TestDivergencesOverHTTP(t *testing.T) {
	s := newSite(t)
	s.promote(t, "service_manager")
	s.submit(t, "citizen")
	pull := s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/pull", body: map[string]any{"v": 1, "did": device, "dig": true}}, http.StatusOK, nil)
	lines := s.linesOf(t, pull.body)
	cp := lines[len(lines)-1]
	wrong := []any{[]any{cp.Dig[0].Scope, cp.Dig[0].Coll, "", []any{[]any{"ghost0000000000", 1}}}}
	s.want(t, ask{who: "ben", method: http.MethodPost, path: "sync/verify", body: map[string]any{"v": 1, "did": device, "cur": cp.Cur, "list": wrong}}, http.StatusOK, nil)
	for query, want := range map[string]int{"": 1, "?device=" + device: 1, "?limit=1": 1} {
		var got mobileapi.Divergences
		s.want(t, getOf("anna", "sync/divergences"+query), http.StatusOK, &got)
		if len(got.Divergences) != want || got.Divergences[0].Device != device || got.Divergences[0].Extra != 1 || string(got.Divergences[0].Person) != s.ids["ben"] {
			t.Errorf("divergences%s = %+v", query, got)
		}
	}
	s.wantFault(t, getOf("anna", "sync/divergences?device=nosuchdevice000"), http.StatusNotFound, desk.ErrNoDevice.Code, "")
	s.wantFault(t, getOf("ben", "sync/divergences"), http.StatusNotFound, desk.ErrNoDevice.Code, "")
}
