package desk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// A hand is a device whose pushes a test writes by hand.
type hand struct {
	w    *town
	s    *desk.Sync
	who  string
	id   string
	next int64
}

func (w *town) hand(s *desk.Sync, who string) *hand {
	return &hand{w: w, s: s, who: who, id: (who + "handheld0000000")[:15], next: 1}
}

// send pushes mutations, giving each without a number the next one.
func (h *hand) send(muts ...map[string]any) fieldsync.PushReply {
	h.w.t.Helper()
	reply, err := h.try(muts...)
	if err != nil {
		h.w.t.Fatalf("push of %s: %v", h.who, err)
	}
	return reply
}

func (h *hand) try(muts ...map[string]any) (fieldsync.PushReply, error) {
	h.w.t.Helper()
	req := fieldsync.PushRequest{V: 1, Device: h.id}
	for _, m := range muts {
		if _, ok := m["mid"]; !ok {
			m["mid"] = h.next
			h.next++
		}
		raw, err := json.Marshal(m)
		if err != nil {
			h.w.t.Fatal(err)
		}
		req.Muts = append(req.Muts, raw)
	}
	return h.s.Push(h.w.t.Context(), h.w.as(h.who), req)
}

type m = map[string]any

// set is the fields of a patch: name, what was seen, what is wanted.
func set(fields ...any) m {
	out := m{}
	for i := 0; i < len(fields); i += 3 {
		out[fields[i].(string)] = m{"f": fields[i+1], "t": fields[i+2]} //nolint:forcetypeassert // the test's own words
	}
	return out
}

func patch(coll, id string, base int64, fields ...any) m {
	return m{"op": "patch", "c": coll, "id": id, "base": m{"seq": base}, "set": set(fields...)}
}

// head is the number the log has reached: what a device that has just pulled
// saw.
func (w *town) head() int64 {
	w.t.Helper()
	h, err := store.New(w.app).Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return h.Seq
}

func (w *town) cell(q string) string {
	w.t.Helper()
	var v string
	if err := w.app.DB().NewQuery(q).Row(&v); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	return v
}

func (w *town) sql(q string) {
	w.t.Helper()
	if _, err := w.app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
}

// end writes one result short.
func end(r fieldsync.Result) string {
	s := string(r.St)
	if r.Code != "" {
		s += "/" + r.Code
	}
	if r.Field != "" {
		s += "@" + r.Field
	}
	if r.Cause != 0 {
		s += fmt.Sprintf("<%d", r.Cause)
	}
	if r.Dup {
		s += "*"
	}
	return s
}

func endsOf(r fieldsync.PushReply) string {
	var out []string
	for _, one := range r.Res {
		out = append(out, fmt.Sprintf("%d:%s", one.Mid, end(one)))
	}
	if r.Err != "" {
		out = append(out, r.Err)
	}
	return strings.Join(out, " ")
}

// work is a report that ben works on, and the intervention on it.
func (w *town) work(t *testing.T) (id report.ID, intervention string) {
	t.Helper()
	return w.workOn("intervention000"), "intervention000"
}

func (w *town) workOn(intervention string) (id report.ID) {
	w.t.Helper()
	id = w.submit("citizen", w.at(10.5)).ID
	w.do("anna", "report.take", id, struct{}{})
	w.do("anna", "report.dispatch", id, report.DispatchArgs{Assignee: report.PersonID(w.ids["ben"])})
	w.sql(fmt.Sprintf("INSERT INTO interventions (id, report, technician, checklist, safetyNotes) VALUES ('%s', '%s', '%s', '[\"cones\"]', 'helmet\ngloves')",
		intervention, id, w.ids["ben"]))
	return id
}

// TestPatchRights: who may change what, of the records as they stand.
func TestPatchRights(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	w.person("auditor", "auditor")
	id, iv := w.work(t)
	r := string(id)
	photo := "photo0000000000"
	w.sql("INSERT INTO media (id, report, visibility, sha256, state) VALUES ('" + photo + "', '" + r + "', 'staff', 'x', 'ready')")
	hands := map[string]*hand{}
	for _, who := range []string{"citizen", "anna", "lead", "ben", "carla", "eva", "auditor"} {
		hands[who] = w.hand(s, who)
		hands[who].send() // registers the device
	}
	sub := "subscription000"
	if got := endsOf(hands["carla"].send(m{"op": "create", "c": "subscriptions", "id": sub, "set": set("report", nil, r)})); got != "1:applied" {
		t.Fatalf("following = %s", got)
	}
	for _, tt := range []struct {
		name, coll, id, field string
		value                 any
		want                  map[string]string // who: end; whoever is not named is tried and must get "none"
		none                  string
	}{
		{"a note on the place", "reports", r, "addressNote", "behind the church", map[string]string{
			"citizen": "applied", "anna": "applied", "lead": "applied", "ben": "applied", "carla": "applied",
			"auditor": "rejected/sync.right@set.addressNote",
		}, "rejected/sync.right@set.addressNote"},
		{"the contact", "reports", r, "contactPhone", "555", map[string]string{
			"citizen": "applied", "anna": "applied", "lead": "applied",
		}, "rejected/sync.right@set.contactPhone"},
		{"who sees it", "reports", r, "visibility", "staff", map[string]string{"anna": "applied", "lead": "applied"}, "rejected/sync.right@set.visibility"},
		{"who sees a photo", "media", photo, "visibility", "public", map[string]string{"anna": "applied", "lead": "applied"}, "rejected/sync.right@set.visibility"},
		{"the vehicle", "interventions", iv, "vehicle", "truck", map[string]string{"ben": "applied", "lead": "applied"}, "rejected/sync.right@set.vehicle"},
		{"a life of its own", "reports", r, "state", "closed", nil, "rejected/sync.field@set.state"},
		{"whose it is", "reports", r, "assignee", "me", nil, "rejected/sync.field@set.assignee"},
		{"a collection of nobody's", "roles", r, "role", "admin", nil, "rejected/sync.field@c"},
		{"the language of ben", "users", w.ids["ben"], "language", "en", map[string]string{"ben": "applied"}, "rejected/sync.none"},
		{"the name of ben's device", "devices", hands["ben"].id, "name", "Ben's", map[string]string{"ben": "applied"}, "rejected/sync.none"},
		{"carla's subscription", "subscriptions", sub, "channels", m{"mail": true}, map[string]string{"carla": "applied"}, "rejected/sync.none"},
		{"no such work", "interventions", "nosuchthing0000", "vehicle", "truck", nil, "rejected/sync.none"},
		{"no such report", "reports", "nosuchthing0000", "addressNote", "x", nil, "rejected/report.none"},
	} {
		for who, h := range hands {
			want, ok := tt.want[who]
			if !ok {
				want = tt.none
			}
			if who == "eva" && strings.HasPrefix(want, "rejected/sync.right") {
				want = "any" // a public report is hers to see, and nothing more
			}
			n := h.next
			v := tt.value
			if s, ok := v.(string); ok && want == "applied" && tt.field != "visibility" && tt.field != "language" {
				v = s + " " + who
			}
			got := end(h.send(patch(tt.coll, tt.id, w.head(), tt.field, nil, v)).Res[0])
			if want == "applied" && got == "noop" && tt.field == "visibility" {
				got = "applied" // another one with the right was first
			}
			if want == "any" && !strings.HasPrefix(got, "rejected/") || want != "any" && got != want {
				t.Errorf("%s by %s (%d) = %s, want %s", tt.name, who, n, got, want)
			}
		}
	}
	if got := w.cell("SELECT state || '/' || visibility FROM reports WHERE id = '" + r + "'"); got != "assigned/staff" {
		t.Errorf("in the end the report is %s, want assigned/staff", got)
	}
}

// TestMindTheGap: an id that is taken stays whose it is.
func TestMindTheGap(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	a, b := w.submit("citizen", w.at(10.5)).ID, w.submit("", w.at(10.6)).ID
	ben, carla := w.hand(s, "ben"), w.hand(s, "carla")
	follow := func(id string, rep report.ID) m {
		return m{"op": "create", "c": "subscriptions", "id": id, "set": set("report", nil, rep)}
	}
	const sub = "subscription000"
	if got := endsOf(ben.send(follow(sub, a), follow(sub, a), follow("another00000000", a))); got != "1:applied 2:noop 3:noop" {
		t.Errorf("following = %s", got)
	}
	if got := endsOf(carla.send(follow(sub, a), follow(sub, b), m{"op": "delete", "c": "subscriptions", "id": sub})); got != "1:rejected/sync.taken@id 2:rejected/sync.taken@id 3:skipped/sync.none<2" {
		t.Errorf("taking it over = %s", got)
	}
	if got := w.cell("SELECT person || report FROM subscriptions WHERE id = '" + sub + "'"); got != w.ids["ben"]+string(a) {
		t.Errorf("the subscription is %s", got)
	}
	if got := endsOf(ben.send(follow(sub, b))); got != "4:rejected/sync.taken@id" {
		t.Errorf("one's own for another report = %s", got)
	}
	if got := endsOf(ben.send(m{"op": "create", "c": "users", "id": w.ids["eva"], "set": set("name", nil, "Ben")})); got != "5:rejected/sync.field@c" {
		t.Errorf("creating a person = %s", got)
	}
}

// TestConcurrentPatches: what two people do to one record at once, what is
// kept of it, and the way back.
func TestConcurrentPatches(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id, iv := w.work(t)
	ben, lead := w.hand(s, "ben"), w.hand(s, "lead")
	seen := w.head()
	at := func(mutation m, after time.Duration) m {
		mutation["at"] = w.now.Add(after)
		return mutation
	}
	w.now = w.now.Add(3 * time.Hour)

	first := lead.send(patch("interventions", iv, seen, "safetyNotes", "helmet\ngloves", "helmet\ngloves\nrope", "checklist", m{}, nil))
	if got := endsOf(first); got != "1:rejected/sync.value@set.checklist" && got != "1:applied" {
		t.Fatalf("lead = %s", got)
	}
	w.sql("UPDATE interventions SET safetyNotes = 'helmet\ngloves\nrope', checklist = '[\"cones\",\"lamp\"]' WHERE id = '" + iv + "'")
	got := ben.send(patch("interventions", iv, seen,
		"safetyNotes", "helmet\ngloves", "hard hat\ngloves", "checklist", []string{"cones"}, []string{"barrier"}, "vehicle", "", "truck"))
	r := got.Res[0]
	if r.St != fieldsync.Merged || r.Fields["safetyNotes"] != fieldsync.FieldMerged || r.Fields["checklist"] != fieldsync.FieldMerged || r.Fields["vehicle"] != fieldsync.FieldApplied {
		t.Errorf("merged = %s %v", end(r), r.Fields)
	}
	if text := w.cell("SELECT safetyNotes || ' ' || checklist || ' ' || vehicle FROM interventions"); text != "hard hat\ngloves\nrope [\"lamp\",\"barrier\"] truck" {
		t.Errorf("the work = %q", text)
	}
	if !strings.Contains(string(r.Record), `"vehicle":"truck"`) || r.Ver == 0 {
		t.Errorf("rec = %s, ver %d", r.Record, r.Ver)
	}

	// The vehicle again: what happened later stands, whoever came first.
	seen = w.head()
	w.now = w.now.Add(3 * time.Hour)
	ben.send(at(patch("interventions", iv, seen, "vehicle", "truck", "van"), -time.Hour))
	late := lead.send(at(patch("interventions", iv, seen, "vehicle", "truck", "car"), -2*time.Hour)).Res[0]
	if late.St != fieldsync.Merged || late.Fields["vehicle"] != fieldsync.FieldConflict || len(late.Conflicts) != 1 {
		t.Fatalf("the earlier change = %s %v %v", end(late), late.Fields, late.Conflicts)
	}
	newer := lead.send(at(patch("interventions", iv, seen, "vehicle", "truck", "lorry"), -time.Minute)).Res[0]
	if newer.St != fieldsync.Applied || len(newer.Conflicts) != 1 || w.cell("SELECT vehicle FROM interventions") != "lorry" {
		t.Errorf("the later change = %s %v, vehicle %s", end(newer), newer.Conflicts, w.cell("SELECT vehicle FROM interventions"))
	}

	// Everybody who may change it sees both values, nobody else does.
	ctx := t.Context()
	for who, want := range map[string]int{"ben": 2, "lead": 2, "carla": 0, "citizen": 0, "eva": 0} {
		list, err := s.Conflicts(ctx, w.as(who), store.ConflictFilter{Coll: "interventions"})
		if err != nil || len(list) != want {
			t.Errorf("%s sees %d conflicts (%v), want %d", who, len(list), err, want)
		}
	}
	cid := newer.Conflicts[0]
	for _, tt := range []struct {
		who  string
		cid  string
		keep fieldsync.Side
		want *fault.Error
	}{
		{"ben", cid, "both", fieldsync.ErrKeep},
		{"carla", cid, fieldsync.Theirs, fieldsync.ErrNoConflict},
		{"ben", "nosuchconflict0", fieldsync.Theirs, fieldsync.ErrNoConflict},
		{"ben", late.Conflicts[0], fieldsync.Mine, fieldsync.ErrDecided}, // a third value stands
		{"ben", cid, fieldsync.Theirs, nil},
		{"ben", cid, fieldsync.Mine, fieldsync.ErrDecided},
		{"lead", late.Conflicts[0], fieldsync.Mine, nil}, // the van stands again, so that it can lose
	} {
		err := s.ResolveConflict(ctx, w.as(tt.who), tt.cid, tt.keep)
		if tt.want == nil && err != nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("ResolveConflict(%s, %s, %s) = %v, want %v", tt.who, tt.cid, tt.keep, err, tt.want)
		}
	}
	if v := w.cell("SELECT vehicle FROM interventions"); v != "car" {
		t.Errorf("the vehicle is %s, want car", v)
	}
	if open, err := s.Conflicts(ctx, w.as("lead"), store.ConflictFilter{State: fieldsync.ConflictOpen}); err != nil || len(open) != 0 {
		t.Errorf("open = %+v, %v", open, err)
	}

	// However many there are of others, they do not take the place of one's own.
	w.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
		INSERT INTO _s_conflict (cid, coll, id, f, base, mine, theirs, kept, did, mid, usr, seq, at, state)
		SELECT 'foreign' || i, coll, 'nosuchrecord000', f, base, mine, theirs, kept, 'foreigndevice00', i, 'somebodyelse000', seq, '2099-01-01 00:00:00.000Z', 'open'
		FROM n, (SELECT * FROM _s_conflict WHERE cid = '` + cid + `')`)
	if list, err := s.Conflicts(ctx, w.as("ben"), store.ConflictFilter{Coll: "interventions", Limit: 2}); err != nil || len(list) != 2 || list[0].Device == "foreigndevice00" {
		t.Errorf("among many = %+v, %v", list, err)
	}

	// A hidden photo stays hidden, and a guard is decided as one.
	w.sql("INSERT INTO media (id, report, visibility) VALUES ('photo0000000000', '" + string(id) + "', 'hidden')")
	if r := lead.send(patch("media", "photo0000000000", w.head(), "visibility", "hidden", "public")).Res[0]; r.Fields["visibility"] != fieldsync.FieldConflict {
		t.Errorf("showing a hidden photo = %s %v", end(r), r.Fields)
	}
	seen = w.head()
	w.sql("UPDATE reports SET contactEmail = 'new@example.org' WHERE id = '" + string(id) + "'")
	citizen := w.hand(s, "citizen")
	g := citizen.send(at(patch("reports", string(id), seen, "contactName", "", "Zoe"), 0)).Res[0]
	if g.Fields["contactName"] != fieldsync.FieldConflict || w.cell("SELECT contactName FROM reports") != "" {
		t.Errorf("half a contact = %s %v", end(g), g.Fields)
	}
	if strings.Contains(string(g.Record), "new@example.org") {
		t.Errorf("a reporter reads %s", g.Record)
	}
}

// TestSetsAndDelete: members of a set, and deleting what somebody edits.
func TestSetsAndDelete(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	id, iv := w.work(t)
	ben, carla := w.hand(s, "ben"), w.hand(s, "carla")
	sets := ben.send(
		m{"op": "sets", "c": "interventions", "id": iv, "f": "checklist", "add": []any{"rope", "cones"}, "rem": []any{"x"}},
		m{"op": "sets", "c": "interventions", "id": iv, "f": "checklist", "add": []any{"rope"}},
		m{"op": "sets", "c": "interventions", "id": iv, "f": "vehicle", "add": []any{"rope"}},
		m{"op": "add", "c": "interventions", "id": iv, "f": "vehicle", "by": 1},
	)
	if got := endsOf(sets); got != "1:applied 2:noop 3:rejected/sync.field@f 4:rejected/sync.field@f" {
		t.Errorf("sets = %s", got)
	}
	if text := w.cell("SELECT checklist FROM interventions"); text != `["cones","rope"]` {
		t.Errorf("checklist = %s", text)
	}
	const sub = "subscription000"
	carla.send(m{"op": "create", "c": "subscriptions", "id": sub, "set": set("report", nil, string(id))})
	seen := w.head()
	w.sql("UPDATE subscriptions SET channels = '{\"mail\":true}'")
	remove := m{"op": "delete", "c": "subscriptions", "id": sub, "base": m{"seq": seen}}
	if got := endsOf(carla.send(remove)); got != "2:rejected/sync.changed@channels" {
		t.Errorf("deleting what was edited since = %s", got)
	}
	again := m{"op": "delete", "c": "subscriptions", "id": sub, "base": m{"seq": w.head()}, "supersedes": 2}
	if got := endsOf(carla.send(again)); got != "3:applied" || w.count("subscriptions WHERE id = '"+sub+"'") != 0 {
		t.Errorf("deleting it now = %s", got)
	}
	if got := endsOf(carla.send(patch("subscriptions", sub, seen, "channels", nil, m{}), m{"op": "delete", "c": "subscriptions", "id": sub})); got != "4:rejected/sync.deleted 5:noop" {
		t.Errorf("editing and deleting what is gone = %s", got)
	}
	if got := endsOf(ben.send(m{"op": "delete", "c": "reports", "id": string(id)})); got != "5:rejected/sync.field@c" {
		t.Errorf("deleting a report = %s", got)
	}
}

// TestForeignEpoch: the numbers of another life of the server mean nothing, so
// that only what the author saw counts.
func TestForeignEpoch(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	_, iv := w.work(t)
	w.sql("UPDATE interventions SET vehicle = 'van'")
	raw, err := json.Marshal(m{"mid": 1, "op": "patch", "c": "interventions", "id": iv, "base": m{"seq": 1 << 40}, "set": set("vehicle", "truck", "car"), "at": w.now.AddDate(-1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := s.Push(t.Context(), w.as("ben"), fieldsync.PushRequest{V: 1, Device: "benhandheld0000", Epoch: "another", Muts: []json.RawMessage{raw}})
	if err != nil || reply.Res[0].Fields["vehicle"] != fieldsync.FieldConflict {
		t.Errorf("a base of another epoch = %+v, %v; want a conflict", reply.Res, err)
	}
}
