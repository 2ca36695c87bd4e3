package device_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

const dev = "device000000001"

// push sends raw mutations and returns the reply.
func (w *world) push(muts ...string) fieldsync.PushReply {
	w.t.Helper()
	req := fieldsync.PushRequest{V: 1, Device: dev}
	for _, m := range muts {
		req.Muts = append(req.Muts, json.RawMessage(m))
	}
	raw, err := w.exchange(w.t.Context(), "ann", req)
	if err != nil {
		w.t.Fatalf("push: %v", err)
	}
	var reply fieldsync.PushReply
	if err := json.Unmarshal(raw, &reply); err != nil {
		w.t.Fatal(err)
	}
	return reply
}

func mut(mid int, tx, text string) string {
	return fmt.Sprintf(`{"mid":%d,"tx":%q,"op":"call","c":"reports","id":"report000000000","name":"report.comment","args":{"text":%q}}`, mid, tx, text)
}

// ends writes a reply short: each result, then what the push says as a whole.
func ends(r fieldsync.PushReply) string {
	var out []string
	for _, x := range r.Res {
		s := fmt.Sprintf("%d:%s", x.Mid, x.St)
		if x.Code != "" {
			s += "/" + x.Code + "/" + string(x.Again)
		}
		if x.Cause != 0 {
			s += fmt.Sprintf("<%d", x.Cause)
		}
		if x.Dup {
			s += "*"
		}
		out = append(out, s)
	}
	out = append(out, fmt.Sprintf("lmid=%d", r.LMid))
	if r.Err != "" {
		out = append(out, r.Err)
	}
	return strings.Join(out, " ")
}

func TestPush(t *testing.T) {
	submit := func(mid int, id, text string) string {
		return fmt.Sprintf(`{"mid":%d,"op":"call","c":"reports","id":%q,"name":"report.submit","args":{"text":%q}}`, mid, id, text)
	}
	on := func(mid int, id string) string { return strings.Replace(mut(mid, "", "x"), "report000000000", id, 1) }
	type step struct {
		muts []string
		want string
	}
	tests := []struct {
		name     string
		steps    []step
		messages string // how many effects there are in the end
	}{
		{"in order", []step{{[]string{mut(1, "", "a"), mut(2, "", "b")}, "1:applied 2:applied lmid=2"}}, "2"},
		{"sent again", []step{
			{[]string{mut(1, "", "a")}, "1:applied lmid=1"},
			{[]string{mut(1, "", "a"), mut(2, "", "b")}, "1:applied* 2:applied lmid=2"},
			{[]string{mut(1, "", "a"), mut(2, "", "b")}, "1:applied* 2:applied* lmid=2"},
		}, "2"},
		{"the same in another spelling", []step{
			{[]string{`{"mid":1,"op":"call","id":"report000000000","name":"report.comment","args":{"text":"a"}}`}, "1:applied lmid=1"},
			{[]string{`{"args":{"text":"\u0061"},"id":"report000000000", "op":"call","name":"report.comment","mid":1}`}, "1:applied* lmid=1"},
		}, "1"},
		{"a gap", []step{
			{[]string{mut(1, "", "a"), mut(3, "", "c")}, "1:applied lmid=1 gap"},
			{[]string{mut(5, "", "e")}, "lmid=1 gap"},
			{[]string{mut(2, "", "b"), mut(3, "", "c")}, "2:applied 3:applied lmid=3"},
		}, "3"},
		{"out of order", []step{{[]string{mut(2, "", "b"), mut(1, "", "a")}, "lmid=0 gap"}}, "0"},
		{"another content under a number", []step{
			{[]string{mut(1, "", "a")}, "1:applied lmid=1"},
			{[]string{mut(1, "", "b"), mut(2, "", "c")}, "lmid=1 fork"},
		}, "1"},
		{"refused, and it goes on", []step{
			{[]string{mut(1, "", "a"), mut(2, "", "refuse"), mut(3, "", "c")}, "1:applied 2:rejected/devicetest.nope/edit 3:applied lmid=3"},
			{[]string{mut(2, "", "refuse")}, "2:rejected/devicetest.nope/edit* lmid=3"},
		}, "2"},
		{"a group stands or falls", []step{
			{
				[]string{mut(1, "g", "a"), mut(2, "g", "refuse"), mut(3, "g", "c"), mut(4, "h", "d"), mut(5, "h", "e")},
				"1:skipped<2 2:rejected/devicetest.nope/edit 3:skipped<2 4:applied 5:applied lmid=5",
			},
			{[]string{mut(1, "g", "a"), mut(2, "g", "refuse"), mut(3, "g", "c")}, "1:skipped<2* 2:rejected/devicetest.nope/edit* 3:skipped<2* lmid=5"},
		}, "2"},
		{"what stands on a refused create", []step{
			{[]string{submit(1, "fresh0000000000", "refuse"), on(2, "fresh0000000000")}, "1:rejected/devicetest.nope/edit 2:skipped/report.none/never<1 lmid=2"},
			{[]string{on(3, "fresh0000000000"), submit(4, "fresh0000000000", "ok"), on(5, "fresh0000000000")}, "3:skipped/report.none/never<1 4:applied 5:applied lmid=5"},
		}, "1"},
		{"a report that never was", []step{{[]string{on(1, "nothere00000000")}, "1:rejected/report.none/never lmid=1"}}, "0"},
		{"an operation of the future", []step{{[]string{`{"mid":1,"op":"explode","c":"reports","id":"report000000000"}`, mut(2, "", "b")}, "1:rejected/sync.op/never 2:applied lmid=2"}}, "1"},
		{"unknown fields are left alone", []step{{[]string{`{"mid":1,"op":"call","id":"report000000000","name":"report.comment","args":{"text":"a"},"mood":{"x":[1]}}`}, "1:applied lmid=1"}}, "1"},
		{"malformed, kept by its bytes", []step{
			{
				[]string{`{"mid":1,"op":7}`, mut(2, "", "b"), `{"mid":3,"op":"call","id":"short","name":"report.comment"}`},
				"1:rejected/sync.malformed/never 2:applied 3:rejected/sync.malformed/never lmid=3",
			},
			{[]string{`{"mid":1,"op":7}`}, "1:rejected/sync.malformed/never* lmid=3"},
		}, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.person("ann", "coordinator")
			w.run("INSERT INTO reports (id, code, state, district) VALUES ('report000000000', 'r', 'assigned', 'd0')")
			for i, s := range tt.steps {
				if got := ends(w.push(s.muts...)); got != s.want {
					t.Errorf("step %d: %s, want %s", i, got, s.want)
				}
			}
			if got := w.column("SELECT count(*) FROM messages")[0]; got != tt.messages {
				t.Errorf("%s effects, want %s", got, tt.messages)
			}
		})
	}
}

// TestCommitsFail lets the effect's transaction fail before and after it is on
// disk, at every mutation of a push.
func TestCommitsFail(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.run("INSERT INTO reports (id, code, state, district) VALUES ('report000000000', 'r', 'assigned', 'd0')")
	muts := []string{mut(1, "", "a"), mut(2, "g", "b"), mut(3, "g", "c"), mut(4, "", "d")}
	wants := []string{"lmid=0 defer", "1:applied lmid=1 defer", "1:applied* lmid=1 defer", "1:applied* 2:applied 3:applied lmid=3 defer"}
	for at, want := range wants {
		left := at + 1
		if at >= 2 { // 1 is done: it is not applied again
			left = at
		}
		w.fail = func() error {
			if left--; left == 0 {
				return store.ErrBroken // says nothing about the mutation, so that it never counts
			}
			return nil
		}
		if got := ends(w.push(muts...)); got != want {
			t.Errorf("failing at %d: %s, want %s", at, got, want)
		}
	}
	w.fail = func() error { return nil }
	w.push(muts...) // and the answer is lost
	if got, want := ends(w.push(muts...)), "1:applied* 2:applied* 3:applied* 4:applied* lmid=4"; got != want {
		t.Errorf("in the end %s, want %s", got, want)
	}
	if got := w.column("SELECT group_concat(text, '') FROM (SELECT text FROM messages ORDER BY author)")[0]; got != "abcd" {
		t.Errorf("effects %q, want abcd", got)
	}
}

func TestDeviceStates(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.person("ben", "technician")
	w.run("INSERT INTO reports (id, code, state, district) VALUES ('report000000000', 'r', 'assigned', 'd0')")
	w.push(mut(1, "", "a"))
	if _, err := w.exchange(t.Context(), "ben", fieldsync.PushRequest{V: 1, Device: dev}); !errors.Is(err, fieldsync.ErrDevice) {
		t.Errorf("another person's device: %v, want sync.device", err)
	}
	for _, state := range []string{"locked", "wipe"} {
		w.run("UPDATE devices SET state = '" + state + "'")
		mid := map[string]int{"locked": 2, "wipe": 3}[state]
		reply := w.push(mut(mid, "", "b"))
		if got, want := ends(reply), fmt.Sprintf("%d:held lmid=%d", mid, mid); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
		if want := map[string]string{"locked": "lock", "wipe": "wipe"}[state]; len(reply.Cmd) != 1 || reply.Cmd[0].K != want {
			t.Errorf("%s: told %v, want %s", state, reply.Cmd, want)
		}
	}
	if got := w.column("SELECT count(*) FROM messages")[0]; got != "1" {
		t.Errorf("%s effects, want 1: a locked device's changes wait", got)
	}
	if got := w.column("SELECT count(*) FROM _s_mut WHERE st = 'held' AND length(body) > 10")[0]; got != "2" {
		t.Errorf("%s changes are kept, want 2", got)
	}
}

// TestOccurrence puts the times a device says between the commit its author
// saw and the moment of receipt.
func TestOccurrence(t *testing.T) {
	w := newWorld(t)
	w.person("ann", "coordinator")
	w.run("INSERT INTO reports (id, code, state, district) VALUES ('report000000000', 'r', 'assigned', 'd0')")
	base := w.push(mut(1, "", "a")).Seq
	seen := w.now
	w.now = w.now.Add(time.Hour)
	at := func(mid int, at string) string {
		return strings.Replace(mut(mid, "", "b"), `"mid"`, fmt.Sprintf(`"base":{"seq":%d},"at":%q,"mid"`, base, at), 1)
	}
	reply := w.push(
		at(2, seen.Add(time.Minute).Format(time.RFC3339)),
		at(3, seen.Add(-time.Minute).Format(time.RFC3339)),
		at(4, seen.AddDate(10, 0, 0).Format(time.RFC3339)),
		at(5, "0001-01-01T00:00:00Z"),
	)
	stored := w.column("SELECT t FROM _s_mut WHERE mid > 1 ORDER BY mid")
	for i, want := range []struct {
		at   time.Time
		skew bool
	}{{seen.Add(time.Minute), false}, {seen, true}, {w.now, true}, {w.now, false}} {
		if got := want.at.Format("2006-01-02 15:04:05.000Z"); stored[i] != got || reply.Res[i].Skew != want.skew {
			t.Errorf("mutation %d happened at %s (skew %v), want %s (%v)", i+2, stored[i], reply.Res[i].Skew, got, want.skew)
		}
	}
}
