package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/config"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// told runs the program and returns what it printed.
func told(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, wrong bytes.Buffer
	if code := run(t.Context(), world{args: args, out: &out, err: &wrong, now: time.Now}); code != want {
		t.Fatalf("%v = %d: %s", args, code, wrong.String())
	}
	return out.String() + wrong.String()
}

// TestSyncCommands settles, at the console, what a technician's phone left
// behind: a value that lost, a refusal, a change in quarantine, and what was
// handed in while the phone was locked.
func TestSyncCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	cfg, err := config.Load(config.Sources{Args: []string{"--dir", "data"}, Dir: "."})
	if err != nil {
		t.Fatal(err)
	}
	const phone = "phoneben0000000"
	var ben report.PersonID
	visit := func(do func(h *house, who report.Actor)) { // one run of the server
		h, err := openHouse(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if ben == "" {
			ben = report.PersonID(pbtest.Record(t, h.app, "users", map[string]any{"name": "Ben", "email": "ben@example.org", "password": "password-of-ben", "verified": true}))
			pbtest.Record(t, h.app, "roles", map[string]any{"person": string(ben), "role": "l2_operator"})
		}
		who, err := h.desk.Actor(t.Context(), ben)
		if err != nil {
			t.Fatal(err)
		}
		do(h, who)
		if err := h.close(); err != nil {
			t.Fatal(err)
		}
	}
	push := func(h *house, who report.Actor, muts ...string) []fieldsync.Result {
		t.Helper()
		req := fieldsync.PushRequest{V: fieldsync.Version, Device: phone}
		for _, m := range muts {
			req.Muts = append(req.Muts, json.RawMessage(m))
		}
		reply, err := h.sync.Push(t.Context(), who, req)
		if err != nil {
			t.Fatal(err)
		}
		return reply.Res
	}
	const id = "report000000001"
	comment := func(mid int, text string) string {
		return fmt.Sprintf(`{"mid":%d,"op":"call","c":"reports","id":"%s","name":"report.comment","args":{"text":"%s","audience":"internal"}}`, mid, id, text)
	}
	note := func(mid int, from, to string) string {
		return fmt.Sprintf(`{"mid":%d,"op":"patch","c":"reports","id":"%s","set":{"addressNote":{"f":"%s","t":"%s"}}}`, mid, id, from, to)
	}
	var conflict, letter string
	visit(func(h *house, who report.Actor) {
		res := push(h, who,
			`{"mid":1,"op":"call","c":"reports","id":"`+id+`","name":"report.submit","args":{"objectType":"`+pbtest.Record(t, h.app, "objectTypes", map[string]any{
				"code": "pothole", "name": "Pothole", "nameIt": "Buca", "public": true, "status": "mapped", "defaultPriority": 3,
			})+`","description":"x","onBehalf":true}}`,
			note(2, "", "by the gate"), note(3, "another", "by the wall"), comment(4, ""))
		if len(res) != 4 || len(res[2].Conflicts) != 1 || res[3].Letter == "" {
			t.Fatalf("pushed: %+v", res)
		}
		conflict, letter = res[2].Conflicts[0], res[3].Letter
	})

	for _, part := range []string{"addressNote", `"by the wall"`, `"by the gate"`, phone} {
		if got := told(t, exitOK, "sync", "conflicts", "--state", "open", "--dir", "data"); !strings.Contains(got, part) {
			t.Errorf("sync conflicts does not show %s:\n%s", part, got)
		}
	}
	var list struct {
		Conflicts []fieldsync.Conflict `json:"conflicts"`
	}
	if err := json.Unmarshal([]byte(told(t, exitOK, "sync", "conflicts", "--json", "--dir", "data")), &list); err != nil || len(list.Conflicts) != 1 || list.Conflicts[0].ID != conflict {
		t.Errorf("sync conflicts --json = %+v, %v", list, err)
	}
	told(t, exitOK, "sync", "conflicts", "resolve", conflict, "--keep", "theirs", "--dir", "data")
	if got := told(t, exitFailed, "sync", "conflicts", "resolve", conflict, "--keep", "mine", "--dir", "data"); !strings.Contains(got, "sync.decided") {
		t.Errorf("deciding again: %s", got)
	}
	if got := told(t, exitOK, "sync", "letters", "--state", "open", "--dir", "data"); !strings.Contains(got, letter) || !strings.Contains(got, "report.args") {
		t.Errorf("sync letters = %s", got)
	}
	told(t, exitOK, "sync", "letters", "dismiss", letter, "--dir", "data")
	if got := told(t, exitOK, "sync", "letters", "--state", "open", "--dir", "data"); !strings.Contains(got, "no refused changes") {
		t.Errorf("after dismissing: %s", got)
	}

	told(t, exitOK, "devices", "lock", phone, "--reason", "lost", "--dir", "data")
	visit(func(h *house, who report.Actor) {
		push(h, who, comment(5, "five"), comment(6, "six"))
		if _, err := h.app.NonconcurrentDB().NewQuery(`UPDATE _s_mut SET st = 'quarantined' WHERE mid = 6`).Execute(); err != nil {
			t.Fatal(err)
		}
	})
	if got := told(t, exitOK, "devices", "--dir", "data"); !strings.Contains(got, "locked") || !strings.Contains(got, "PUT ASIDE") {
		t.Errorf("devices = %s", got)
	}
	told(t, exitOK, "devices", "unlock", phone, "--reason", "found", "--dir", "data")
	comments := func() (all string) {
		visit(func(h *house, _ report.Actor) {
			q := `SELECT coalesce(group_concat(text, ' '), '') FROM (SELECT text FROM messages WHERE report = '` + id + `' AND text IN ('five', 'six') ORDER BY rowid)`
			if err := h.app.NonconcurrentDB().NewQuery(q).Row(&all); err != nil {
				t.Fatal(err)
			}
		})
		return all
	}
	if got := comments(); got != "five" {
		t.Errorf("after unlocking the comments are %q, want five", got)
	}
	if got := told(t, exitOK, "sync", "quarantine", "--device", phone, "--dir", "data"); !strings.Contains(got, phone) {
		t.Errorf("sync quarantine = %s", got)
	}
	if got := told(t, exitOK, "sync", "quarantine", "release", phone, "6", "--dir", "data"); !strings.Contains(got, "6 is applied") {
		t.Errorf("sync quarantine release = %s", got)
	}
	if got := comments(); got != "five six" {
		t.Errorf("after the release the comments are %q, want five six", got)
	}
	story := told(t, exitOK, "devices", "show", phone, "--dir", "data")
	for _, part := range []string{"lost", "found", "console", "released"} {
		if !strings.Contains(story, part) {
			t.Errorf("devices show does not say %s:\n%s", part, story)
		}
	}
}
