package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// probed returns the devices' side of a town whose pushes a test can break.
func probed(t *testing.T, w *town, probe func(desk.Step, fieldsync.Change) error) *desk.Sync {
	t.Helper()
	newSync(t, w)
	s, err := desk.NewSync(w.desk, desk.SyncConfig{Probe: func(_ context.Context, at desk.Step, c fieldsync.Change) error { return probe(at, c) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func comment(id report.ID, text string) m {
	return m{"op": "call", "c": "reports", "id": string(id), "name": "report.comment", "args": m{"text": text}}
}

func (w *town) comments(id report.ID) string {
	w.t.Helper()
	return w.cell("SELECT coalesce(group_concat(text, ' '), '') FROM (SELECT text FROM messages WHERE report = '" + string(id) + "' AND direction != '' AND text LIKE 'c%' ORDER BY rowid)")
}

// TestDeadLetters: a refusal waits for a person, and is closed by what puts it
// right.
func TestDeadLetters(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id := w.submit("citizen", w.at(10.5)).ID
	ben := w.hand(s, "ben")
	r := ben.send(patch("users", w.ids["ben"], 0, "language", nil, "fr"), comment(id, "c1"), comment(id, ""))
	if got := endsOf(r); got != "1:rejected/sync.value@set.language 2:applied 3:rejected/report.args@text" {
		t.Fatalf("push = %s", got)
	}
	letters, err := s.DeadLetters(t.Context(), w.as("ben"), store.LetterFilter{State: fieldsync.LetterOpen})
	if err != nil || len(letters) != 2 || letters[1].ID != r.Res[0].Letter || letters[1].Again != fieldsync.AgainEdit || !strings.Contains(string(letters[1].Body), `"fr"`) {
		t.Fatalf("letters = %+v, %v", letters, err)
	}
	w.person("west", "coordinator", "W")
	w.person("east", "coordinator", "E")
	for who, want := range map[string]int{"eva": 0, "anna": 0, "boss": 2, "west": 2, "east": 0} {
		if got, err := s.DeadLetters(t.Context(), w.as(who), store.LetterFilter{}); err != nil || len(got) != want {
			t.Errorf("%s sees %d letters (%v), want %d", who, len(got), err, want)
		}
	}
	fixed := patch("users", w.ids["ben"], 0, "language", nil, "en")
	fixed["supersedes"] = 1
	wrong := patch("users", w.ids["ben"], 0, "language", nil, "de")
	wrong["supersedes"] = 3
	if got := endsOf(ben.send(fixed, wrong)); got != "4:applied 5:rejected/sync.value@set.language" {
		t.Errorf("put right = %s", got)
	}
	if err := s.DismissLetter(t.Context(), w.as("eva"), r.Res[2].Letter); !errors.Is(err, fieldsync.ErrNoLetter) {
		t.Errorf("dismissing somebody else's = %v", err)
	}
	if err := s.DismissLetter(t.Context(), w.as("east"), r.Res[2].Letter); !errors.Is(err, fieldsync.ErrNoLetter) {
		t.Errorf("dismissing one of another district = %v", err)
	}
	if err := s.DismissLetter(t.Context(), w.as("ben"), r.Res[2].Letter); err != nil {
		t.Error(err)
	}
	want := "fixed 4,dismissed 0,open 0"
	if got := w.cell("SELECT group_concat(x, ',') FROM (SELECT state || ' ' || fixed_by AS x FROM _s_dead ORDER BY mid)"); got != want {
		t.Errorf("letters are %s, want %s", got, want)
	}
}

// TestDependents: what stands on a refused record is skipped, however far and
// however late, and names where it began.
func TestDependents(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	cit := w.hand(s, "citizen")
	const id, photo = "reportoffline00", "photooffline000"
	submit := m{"op": "call", "c": "reports", "id": id, "name": "report.submit", "args": m{"objectType": "nosuchtype00000", "description": "x"}}
	announce := m{"op": "create", "c": "media", "id": photo, "set": set("report", nil, id, "sha256", nil, strings.Repeat("ab", 32), "size", nil, 9, "type", nil, "image/jpeg")}
	first := cit.send(submit, announce)
	if !strings.HasPrefix(endsOf(first), "1:rejected/") || !strings.HasSuffix(endsOf(first), " 2:skipped/report.none<1") {
		t.Fatalf("push = %s", endsOf(first))
	}
	if got := endsOf(cit.send(patch("media", photo, 0, "visibility", nil, "staff"), patch("reports", id, 0, "addressNote", nil, "x"))); got != "3:skipped/sync.none<1 4:skipped/report.none<1" {
		t.Errorf("later = %s", got)
	}
}

// TestPoison lets one mutation break in every way, beside a healthy one.
func TestPoison(t *testing.T) {
	type round struct {
		do   func() error // what happens to "cbad"; nil: nothing
		want string
	}
	breaks := func() error { return errors.New("nobody knows why") }
	panics := func() error { panic("index out of range") }
	busy := func() error { return store.ErrFull }
	tests := []struct {
		name   string
		rounds []round
		text   string
	}{
		{"once, and then it works", []round{{breaks, "1:applied defer"}, {nil, "1:applied* 2:applied 3:applied"}}, "c1 cbad c3"},
		{"twice", []round{{breaks, "1:applied defer"}, {breaks, "1:applied* 2:held/sync.quarantined 3:applied"}, {nil, "1:applied* 2:held/sync.quarantined* 3:applied*"}}, "c1 c3"},
		{"panics twice", []round{{panics, "1:applied defer"}, {panics, "1:applied* 2:held/sync.quarantined 3:applied"}}, "c1 c3"},
		{"one of each", []round{{panics, "1:applied defer"}, {breaks, "1:applied* 2:held/sync.quarantined 3:applied"}}, "c1 c3"},
		{"a full disk never counts", []round{{busy, "1:applied defer"}, {busy, "1:applied* defer"}, {busy, "1:applied* defer"}, {nil, "1:applied* 2:applied 3:applied"}}, "c1 cbad c3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newTown(t)
			id := w.submit("citizen", w.at(10.5)).ID
			var do func() error
			s := probed(t, w, func(at desk.Step, c fieldsync.Change) error {
				if at == desk.StepApply && strings.Contains(string(c.Args), "cbad") && do != nil {
					return do()
				}
				return nil
			})
			ben := w.hand(s, "ben")
			muts := []m{comment(id, "c1"), comment(id, "cbad"), comment(id, "c3")}
			for i, r := range tt.rounds {
				do = r.do
				if got := endsOf(ben.send(muts...)); got != r.want {
					t.Errorf("round %d: %s, want %s", i+1, got, r.want)
				}
			}
			if got := w.comments(id); got != tt.text {
				t.Errorf("comments = %q, want %q", got, tt.text)
			}
			if n := w.count("_s_attempt"); n != 0 {
				t.Errorf("%d attempts are still counted", n)
			}
			w.release(t, s, id, tt.text)
		})
	}
}

// release gives a quarantined mutation its chance.
func (w *town) release(t *testing.T, s *desk.Sync, id report.ID, text string) {
	t.Helper()
	if strings.Contains(text, "cbad") {
		return
	}
	ctx, did := t.Context(), "benhandheld0000"
	if _, err := s.Quarantined(ctx, w.as("ben"), "", 0); !errors.Is(err, fieldsync.ErrNotHeld) {
		t.Errorf("the quarantine for anybody = %v", err)
	}
	list, err := s.Quarantined(ctx, w.as("boss"), "", 0)
	if err != nil || len(list) != 1 || list[0].Mid != 2 || list[0].Device != did || string(list[0].Person) != w.ids["ben"] || !strings.Contains(string(list[0].Body), "cbad") {
		t.Fatalf("the quarantine = %+v, %v", list, err)
	}
	w.person("east", "coordinator", "E")
	if list, err := s.Quarantined(ctx, w.as("east"), "", 0); err != nil || len(list) != 0 {
		t.Errorf("the quarantine for another district = %+v, %v", list, err)
	}
	fresh, err := desk.NewSync(w.desk, desk.SyncConfig{}) // with the repair in it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.ReleaseQuarantine(ctx, w.as("ben"), did, 2); !errors.Is(err, fieldsync.ErrNotHeld) {
		t.Errorf("released by anybody = %v", err)
	}
	if _, err := fresh.ReleaseQuarantine(ctx, w.as("east"), did, 2); !errors.Is(err, desk.ErrNoDevice) {
		t.Errorf("released by another district = %v", err)
	}
	if _, err := fresh.ReleaseQuarantine(ctx, w.as("boss"), did, 1); !errors.Is(err, fieldsync.ErrNotHeld) {
		t.Errorf("released what is not held = %v", err)
	}
	// The phone was lost and wiped meanwhile; the work was done all the same.
	w.sql("UPDATE devices SET state = 'wipe' WHERE id = '" + did + "'")
	res, err := fresh.ReleaseQuarantine(ctx, w.as("boss"), did, 2)
	if err != nil || len(res) != 1 || res[0].St != fieldsync.Applied {
		t.Errorf("released = %+v, %v", res, err)
	}
	if got := w.comments(id); got != text+" cbad" {
		t.Errorf("comments = %q", got)
	}
	if _, err := fresh.ReleaseQuarantine(ctx, w.as("boss"), did, 2); !errors.Is(err, fieldsync.ErrNotHeld) {
		t.Errorf("released twice = %v", err)
	}
}

// TestCrashes ends the server in the middle of one mutation, again and again.
// A panic at the commit takes the transaction with it, as a crash would; a new
// Sync is the next process.
func TestCrashes(t *testing.T) {
	w := newTown(t)
	newSync(t, w)
	id := w.submit("citizen", w.at(10.5)).ID
	var s *desk.Sync
	start := func(crash bool) {
		bad := false
		s = probed(t, w, func(at desk.Step, c fieldsync.Change) error {
			if at == desk.StepApply {
				bad = bad || crash && strings.Contains(string(c.Args), "cbad")
			}
			if at == desk.StepCommit && bad {
				panic("the power is cut")
			}
			return nil
		})
	}
	muts := []m{comment(id, "c1"), comment(id, "cbad"), comment(id, "c3")}
	start(true)
	ben := w.hand(s, "ben")
	for i, want := range []string{"", "", "1:applied* 2:held/sync.quarantined 3:applied"} {
		start(true)
		ben.s = s
		reply, err := ben.try(muts...)
		if got := endsOf(reply); got != want || (err == nil) != (want != "") {
			t.Fatalf("life %d: %s, %v, want %q", i+1, got, err, want)
		}
	}
	if got := w.comments(id); got != "c1 c3" {
		t.Errorf("comments = %q: a neighbour of the poison suffered", got)
	}
}

// TestKeptAndLost lets a commit fail before and after it is on disk.
func TestKeptAndLost(t *testing.T) {
	for _, step := range []desk.Step{desk.StepCommit, desk.StepCommitted} {
		w := newTown(t)
		id := w.submit("citizen", w.at(10.5)).ID
		left := 1
		s := probed(t, w, func(at desk.Step, _ fieldsync.Change) error {
			if at == step {
				if left--; left == 0 {
					return fmt.Errorf("cut off: %w", store.ErrBroken)
				}
			}
			return nil
		})
		ben := w.hand(s, "ben")
		muts := []m{comment(id, "c1"), comment(id, "c2")}
		if _, err := ben.try(muts...); !errors.Is(err, store.ErrBroken) {
			t.Fatalf("%s: %v, want the failure", step, err)
		}
		want := map[desk.Step]string{desk.StepCommit: "1:applied 2:applied", desk.StepCommitted: "1:applied* 2:applied*"}[step]
		if got := endsOf(ben.send(muts...)); got != want {
			t.Errorf("%s, sent again: %s, want %s", step, got, want)
		}
		if got := w.comments(id); got != "c1 c2" {
			t.Errorf("%s: comments = %q", step, got)
		}
		if n := w.count("_s_attempt"); n != 0 {
			t.Errorf("%s: %d attempts are counted for what the disk did", step, n)
		}
	}
}

// TestHeldAndReleased: what a locked device hands in is kept and carried out
// in its order when it is unlocked.
func TestHeldAndReleased(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id := w.submit("citizen", w.at(10.5)).ID
	ben := w.hand(s, "ben")
	ben.send(comment(id, "c1"))
	for _, how := range []string{"by an operator", "by the next push"} {
		w.sql("UPDATE devices SET state = 'locked'")
		bad, group := comment(id, ""), comment(id, "cno")
		bad["tx"], group["tx"] = how, how
		n := ben.next
		held := ben.send(comment(id, fmt.Sprintf("c%d", n)), group, bad, comment(id, fmt.Sprintf("c%d", n+3)))
		if got := endsOf(held); strings.Count(got, ":held") != 4 {
			t.Fatalf("%s: locked = %s", how, got)
		}
		if _, err := s.Release(t.Context(), ben.id); !errors.Is(err, fieldsync.ErrLocked) {
			t.Errorf("%s: Release() of a locked device = %v", how, err)
		}
		w.sql("UPDATE devices SET state = 'active'")
		var res []fieldsync.Result
		if how == "by an operator" {
			var err error
			if res, err = s.Release(t.Context(), ben.id); err != nil {
				t.Fatal(err)
			}
		} else {
			res = ben.send(comment(id, fmt.Sprintf("c%d", n+4))).Res
		}
		want := fmt.Sprintf("%[1]d:applied %[2]d:skipped<%[3]d %[3]d:rejected/report.args@text %[4]d:applied", n, n+1, n+2, n+3)
		if how != "by an operator" {
			want += fmt.Sprintf(" %d:applied", n+4)
		}
		if got := endsOf(fieldsync.PushReply{Res: res}); got != want {
			t.Errorf("%s: released = %s, want %s", how, got, want)
		}
	}
	if got := w.comments(id); got != "c1 c2 c5 c6 c9 c10" {
		t.Errorf("comments = %q", got)
	}
	if again, err := s.Release(t.Context(), ben.id); err != nil || len(again) != 0 {
		t.Errorf("Release() of nothing = %v, %v", again, err)
	}
	if _, err := s.Release(t.Context(), "nosuchdevice000"); !errors.Is(err, desk.ErrNoDevice) {
		t.Errorf("Release() of no device = %v", err)
	}
}

// TestUnreadable: what cannot be read is kept as it came, acknowledged by its
// hash, and stops nothing.
func TestUnreadable(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id := w.submit("citizen", w.at(10.5)).ID
	text := func(mid int) string {
		return fmt.Sprintf(`{"mid":%d,"op":"call","id":%q,"name":"report.comment","args":{"text":"c%d"}}`, mid, id, mid)
	}
	did := "benhandheld0000"
	push := func(muts ...string) fieldsync.PushReply {
		t.Helper()
		raw := []byte(fmt.Sprintf(`{"v":1,"did":%q,"muts":[%s]}`, did, strings.Join(muts, ",")))
		req, err := fieldsync.DecodePush(raw, s.Limits())
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.Push(t.Context(), w.as("ben"), req)
		if err != nil {
			t.Fatalf("push %s: %v", raw, err)
		}
		return reply
	}
	const bad = "rejected/sync.malformed"
	for i, tt := range []struct {
		muts []string
		want string
		raw  int
	}{
		{[]string{text(1), `{"mid":"two","op":"call"}`, text(3)}, "1:applied 2:" + bad + "@mid 3:applied", 1},
		{[]string{text(1), `{"mid":"two","op":"call"}`, text(3)}, "1:applied* 2:" + bad + "@mid* 3:applied*", 1},
		{[]string{`"nonsense"`, text(5)}, "4:" + bad + "@mid 5:applied", 1},
		{[]string{`"nonsense"`}, "4:" + bad + "@mid*", 1},
		{[]string{`[7]`}, "6:" + bad + "@mid", 1},
		{[]string{`null`, `{}`}, "7:" + bad + "@mid 8:" + bad + "@mid", 2},
		{[]string{text(9), `{"mid":-4}`, text(10)}, "9:applied 10:applied", 1}, // there is no number left for it
		{[]string{`{"mid":11,"at":"yesterday"}`}, "11:" + bad, 0},
	} {
		r := push(tt.muts...)
		got := endsOf(r)
		if strings.ReplaceAll(got, "@mid", "") != strings.ReplaceAll(tt.want, "@mid", "") || len(r.Raw) != tt.raw {
			t.Errorf("%d: %s and %v, want %s and %d hashes", i, got, r.Raw, tt.want, tt.raw)
		}
	}
	if got := w.cell("SELECT body FROM _s_raw WHERE mid = 4"); got != `"nonsense"` {
		t.Errorf("kept = %s", got)
	}
	body := []byte(`{"v":1,"did":"benhandheld0000","muts":[{"mid":12,"op"`)
	for range 2 {
		r, err := s.KeepMalformed(t.Context(), w.as("ben"), body)
		if err != nil || r.Err != fieldsync.ErrRaw || len(r.Raw) != 1 || r.Raw[0] != fieldsync.BodyHash(body) {
			t.Errorf("KeepMalformed() = %+v, %v", r, err)
		}
	}
	if n := w.count("_s_raw WHERE mid = 0 AND did = ''"); n != 1 {
		t.Errorf("the body is kept %d times", n)
	}
	small, err := desk.NewSync(w.desk, desk.SyncConfig{RawBytes: 200})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.KeepMalformed(t.Context(), w.as("ben"), []byte(strings.Repeat("x", 190))); !errors.Is(err, fieldsync.ErrTooLarge) {
		t.Errorf("more than is kept = %v", err)
	}
	if _, err := small.KeepMalformed(t.Context(), report.Actor{}, body); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("from nobody = %v", err)
	}
}
