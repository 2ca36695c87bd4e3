package desk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// row is every column of a record, as SQLite holds it.
func (w *town) row(table, id string) map[string]string {
	w.t.Helper()
	var columns []string
	if err := w.app.DB().NewQuery("SELECT name FROM pragma_table_info('" + table + "')").Column(&columns); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range columns {
		out[c] = w.cell("SELECT coalesce((SELECT typeof(`" + c + "`) || ' ' || quote(`" + c + "`) FROM `" + table + "` WHERE id = '" + id + "'), 'none')")
	}
	return out
}

func (w *town) noDrift() {
	w.t.Helper()
	if drift, err := store.New(w.app).CaptureDrift(w.t.Context()); err != nil || len(drift) > 0 {
		w.t.Errorf("CaptureDrift() = %q, %v", drift, err)
	}
}

// held lists the quarantine short: device/number, code, and who is to blame.
func (w *town) held(s *desk.Sync) string {
	w.t.Helper()
	list, err := s.Quarantined(w.t.Context(), w.as("boss"), "", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, q := range list {
		out = append(out, end(fieldsync.Result{St: fieldsync.Status(q.Device[:3]), Code: q.Code, Cause: q.Cause}))
	}
	return strings.Join(out, " ")
}

// TestDeletedUnderHands: an edit of a record that somebody deleted meanwhile
// waits, and an operator puts the record back as it was, or gives the edit up.
func TestDeletedUnderHands(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id, iv := w.work(t)
	photo := "photo0000000000"
	w.sql("INSERT INTO media (id, report, visibility, sha256, state, exifLon, hasExifPoint, exifNote) VALUES ('" + photo + "', '" + string(id) + "', 'staff', 'x', 'ready', 10.123456789012345, 1, 'a \"note\" with ''quotes'' é')")
	ben, lead, eva := w.hand(s, "ben"), w.hand(s, "lead"), w.hand(s, "eva")
	eva.send()
	w.now = w.now.Add(time.Hour)
	seen := w.head()
	lead.send(patch("interventions", iv, seen, "vehicle", "", "van")) // ben has not seen that
	before := map[string]map[string]string{iv: w.row("interventions", iv), photo: w.row("media", photo)}
	clock := w.cell("SELECT group_concat(f || seq || did || mid || t) FROM _s_field WHERE id = '" + iv + "'")
	w.sql("DELETE FROM interventions; DELETE FROM media")

	grouped := func(x m) m { x["tx"] = "g"; return x }
	got := ben.send(
		patch("interventions", iv, seen, "safetyNotes", "helmet\ngloves", "helmet\nrope", "vehicle", "", "truck"),
		comment(id, "c2"),
		grouped(patch("interventions", iv, seen, "vehicle", "", "lorry")), grouped(comment(id, "c4")),
	)
	const waits = "held/sync.target_deleted"
	if text := endsOf(got); text != "1:"+waits+" 2:applied 3:"+waits+" 4:"+waits+"<3" {
		t.Fatalf("push = %s", text)
	}
	if text := endsOf(lead.send(patch("media", photo, seen, "visibility", "staff", "public"))); text != "2:"+waits {
		t.Errorf("lead = %s", text)
	}
	if text := endsOf(eva.send(patch("interventions", iv, seen, "vehicle", "", "x"))); text != "1:rejected/sync.deleted" {
		t.Errorf("somebody who never had it = %s", text)
	}
	if text := w.held(s); text != "ben/sync.target_deleted ben/sync.target_deleted ben/sync.target_deleted<3 lea/sync.target_deleted" {
		t.Errorf("the quarantine = %s", text)
	}
	ctx := t.Context()
	if _, err := s.ReleaseQuarantine(ctx, w.as("ben"), ben.id, 1); !errors.Is(err, fieldsync.ErrNotHeld) {
		t.Errorf("released by its author = %v", err)
	}
	res, err := s.ReleaseQuarantine(ctx, w.as("boss"), lead.id, 2)
	if err != nil || len(res) != 1 || res[0].St != fieldsync.Applied {
		t.Errorf("the photo released = %+v, %v", res, err)
	}
	w.wantRow("media", photo, before[photo], "visibility", "updated")
	res, err = s.ReleaseQuarantine(ctx, w.as("boss"), ben.id, 1)
	if err != nil || len(res) != 1 || res[0].St != fieldsync.Applied && res[0].St != fieldsync.Merged {
		t.Fatalf("released = %+v, %v", res, err)
	}
	if res[0].Fields["vehicle"] == fieldsync.FieldNoop || len(res[0].Conflicts) != 1 {
		t.Errorf("what lead wrote before the deletion counts: %v %v", res[0].Fields, res[0].Conflicts)
	}
	w.wantRow("interventions", iv, before[iv], "safetyNotes", "vehicle", "updated")
	if now := w.cell("SELECT group_concat(f || seq || did || mid || t) FROM _s_field WHERE id = '" + iv + "' AND f = 'vehicle' AND did != 'benhandheld0000'"); now != clock && res[0].Fields["vehicle"] == fieldsync.FieldConflict {
		t.Errorf("the field clock = %s, was %s", now, clock)
	}
	w.noDrift()

	res, err = s.DismissQuarantine(ctx, w.as("boss"), ben.id, 4)
	if err != nil || endsOf(fieldsync.PushReply{Res: res}) != "3:rejected/sync.target_deleted 4:skipped<3" {
		t.Errorf("given up = %+v, %v", res, err)
	}
	letters, err := s.DeadLetters(ctx, w.as("ben"), store.LetterFilter{State: fieldsync.LetterOpen})
	if err != nil || len(letters) != 1 || letters[0].Mid != 3 || letters[0].Code != "sync.target_deleted" {
		t.Errorf("letters = %+v, %v", letters, err)
	}
	if _, err := s.DismissQuarantine(ctx, w.as("boss"), ben.id, 4); !errors.Is(err, fieldsync.ErrNotHeld) {
		t.Errorf("given up twice = %v", err)
	}
	if text := w.held(s); text != "" {
		t.Errorf("the quarantine = %s", text)
	}
	if n := w.count("_s_device_log WHERE what IN ('released', 'dismissed') AND by = '" + w.ids["boss"] + "'"); n != 3 {
		t.Errorf("%d decisions are written down, want 3", n)
	}
	w.erasedWhole(s, ben, id, iv)
}

// wantRow compares a record with what it was, but for some columns.
func (w *town) wantRow(table, id string, before map[string]string, but ...string) {
	w.t.Helper()
	now := w.row(table, id)
	for _, c := range slices.Sorted(maps.Keys(before)) {
		if now[c] != before[c] && !slices.Contains(but, c) {
			w.t.Errorf("%s of %s is %s, was %s", c, id, now[c], before[c])
		}
	}
}

// erasedWhole: what is deleted with its report leaves nothing to put back, in
// whichever order.
func (w *town) erasedWhole(s *desk.Sync, ben *hand, id report.ID, iv string) {
	w.t.Helper()
	seen := w.head()
	w.sql("DELETE FROM interventions; DELETE FROM reports WHERE id = '" + string(id) + "'; DELETE FROM media")
	if n := w.count("_s_tomb"); n != 0 {
		w.t.Errorf("%d copies outlived their report", n)
	}
	if text := end(ben.send(patch("interventions", iv, seen, "vehicle", "", "x")).Res[0]); text != "rejected/sync.deleted" {
		w.t.Errorf("editing what was erased = %s", text)
	}
	if n := w.count("messages WHERE text = 'c4'"); n != 0 {
		w.t.Error("half a group took effect")
	}
	if _, err := s.ClearExits(w.t.Context()); err != nil {
		w.t.Error(err)
	}
}

// TestTombsAreForgotten: half a year later nothing is left to put back, and the
// edit that waits says so.
func TestTombsAreForgotten(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	_, iv := w.work(t)
	ben := w.hand(s, "ben")
	seen := w.head()
	w.now = w.now.Add(time.Hour)
	w.sql("DELETE FROM interventions")
	if text := endsOf(ben.send(patch("interventions", iv, seen, "vehicle", "", "x"))); text != "1:held/sync.target_deleted" {
		t.Fatalf("push = %s", text)
	}
	w.now = w.now.AddDate(0, 0, 179)
	for _, want := range []int{1, 0} {
		if _, err := s.ClearExits(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.count("_s_tomb"); n != want {
			t.Errorf("on %s there are %d copies, want %d", w.now.Format(time.DateOnly), n, want)
		}
		w.now = w.now.AddDate(0, 0, 2)
	}
	res, err := s.ReleaseQuarantine(t.Context(), w.as("boss"), ben.id, 1)
	if err != nil || endsOf(fieldsync.PushReply{Res: res}) != "1:rejected/sync.deleted" {
		t.Errorf("released too late = %+v, %v", res, err)
	}
}

// TestLeftTheScope: what somebody did while a record was theirs counts when it
// has left; what they did through a role that ended waits for an operator.
func TestLeftTheScope(t *testing.T) {
	moved := func(w *town, id report.ID) {
		w.do("anna", "report.relocate", id, report.RelocateArgs{Point: &report.Point{Lon: 11.5, Lat: 45.5}, AccuracyM: 5, PointSource: report.FromPin})
	}
	revoked := func(w *town, _ report.ID) {
		w.sql("DELETE FROM roles WHERE person IN ('" + w.ids["carla"] + "', '" + w.ids["ben"] + "')")
	}
	both := func(w *town, id report.ID) { moved(w, id); revoked(w, id) }
	note := func(id report.ID, _ string) m {
		return patch("reports", string(id), 0, "addressNote", "", "behind the church")
	}
	work := func(_ report.ID, iv string) m { return patch("interventions", iv, 0, "vehicle", "", "truck") }
	words := func(id report.ID, _ string) m { return comment(id, "c1") }
	takes := func(id report.ID, _ string) m {
		return patch("reports", string(id), 0, "visibility", "public", "staff")
	}
	w := newTown(t)
	s := newSync(t, w)
	for i, tt := range []struct {
		name    string
		what    func(report.ID, string) m
		happens func(*town, report.ID)
		base    string // seen: the checkpoint before it happened; never: none
		want    string
		after   string // an operator released it
	}{
		{"a note, and it moved", note, moved, "seen", "applied", ""},
		{"ben: work, and it moved", work, moved, "seen", "applied", ""},
		{"words, and it moved", words, moved, "seen", "merged", ""},
		{"a note on what was never theirs to see", note, moved, "never", "rejected/sync.right@set.addressNote", ""},
		{"a note, and the role ended", note, revoked, "seen", "held/sync.scope_lost", "applied"},
		{"ben: work, and the role ended", work, revoked, "seen", "held/sync.scope_lost", "applied"},
		{"words, and the role ended", words, revoked, "seen", "held/sync.scope_lost", "applied"},
		{"a note, it moved and the role ended", note, both, "seen", "held/sync.scope_lost", "applied"},
		{"a note, the role ended, nothing said", note, revoked, "never", "rejected/sync.right@set.addressNote", ""},
		{"what never was theirs to do", takes, moved, "seen", "rejected/sync.right@set.visibility", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			iv := fmt.Sprintf("intervention%03d", i)
			id := w.workOn(iv)
			who := "carla"
			if strings.HasPrefix(tt.name, "ben:") {
				who = "ben"
			}
			h := w.hand(s, who)
			h.id = fmt.Sprintf("%sdevice%06d", who[:3], i)
			h.send()
			x := tt.what(id, iv)
			if tt.base == "seen" {
				var version int64
				if err := json.Unmarshal([]byte(w.cell("SELECT version FROM reports WHERE id = '"+string(id)+"'")), &version); err != nil {
					t.Fatal(err)
				}
				x["base"] = m{"seq": w.head(), "ver": version}
			}
			roles := w.cell("SELECT json_group_array(json_array(person, areas)) FROM roles WHERE person IN ('" + w.ids["carla"] + "', '" + w.ids["ben"] + "')")
			tt.happens(w, id)
			defer func() { // for the next
				w.sql("INSERT INTO roles (id, person, role, areas) SELECT 'again" + fmt.Sprint(i) + "' || key, value ->> 0, 'technician', value ->> 1 FROM json_each('" + roles +
					"') WHERE NOT EXISTS (SELECT 1 FROM roles AS r WHERE r.person = value ->> 0)")
			}()
			r := h.send(x).Res[0]
			if end(r) != tt.want {
				t.Fatalf("it ends as %s, want %s", end(r), tt.want)
			}
			if len(r.Record) > 0 && tt.base == "seen" {
				t.Errorf("%s reads %s", who, r.Record)
			}
			if tt.after == "" {
				return
			}
			res, err := s.ReleaseQuarantine(t.Context(), w.as("boss"), h.id, 1)
			if err != nil || len(res) != 1 || end(res[0]) != tt.after {
				t.Errorf("released = %+v, %v; want %s", res, err, tt.after)
			}
			w.noDrift()
		})
	}
}
