package desk_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
)

// An offlineEdit is one patch that somebody made in the dark.
type offlineEdit struct {
	who    string
	coll   string // reports or interventions
	fields []any  // name, seen, wanted, as for set
	late   bool   // it was made after the second checkpoint, not after the first
	ago    time.Duration
}

func (e offlineEdit) names() []string {
	var out []string
	for i := 0; i < len(e.fields); i += 3 {
		out = append(out, fmt.Sprint(e.coll, ".", e.fields[i]))
	}
	return out
}

// edits draws what three people do to one report at once. Each sees their own
// earlier edits, and nobody else's.
func edits(rng *rand.Rand) []offlineEdit {
	sees := map[string]map[string]any{}
	var out []offlineEdit
	for n := range 4 + rng.IntN(8) {
		e := offlineEdit{who: []string{"ben", "lead", "anna"}[rng.IntN(3)], coll: "interventions", late: rng.IntN(2) == 0, ago: time.Duration(rng.IntN(100)) * time.Minute}
		fields := [][]string{{"vehicle"}, {"safetyNotes"}, {"checklist"}, {"vehicle", "checklist"}}[rng.IntN(4)]
		if e.who == "anna" || e.who == "lead" && rng.IntN(2) == 0 {
			e.coll, fields = "reports", [][]string{{"addressNote"}, {"contactName", "contactPhone"}, {"contactName"}, {"visibility"}}[rng.IntN(4)]
		}
		if sees[e.who] == nil {
			sees[e.who] = map[string]any{"vehicle": "bike", "safetyNotes": "helmet\ngloves\nrope", "checklist": []string{"cones"}, "addressNote": "here", "visibility": "public", "contactName": "", "contactPhone": ""}
		}
		for _, f := range fields {
			was := sees[e.who][f]
			to := any(fmt.Sprintf("%s%d", e.who, n))
			switch f {
			case "safetyNotes":
				lines := strings.Split(was.(string), "\n") //nolint:forcetypeassert // set above
				lines[rng.IntN(len(lines))] = fmt.Sprintf("%s%d", e.who, n)
				to = strings.Join(lines, "\n")
			case "checklist":
				to = append(slices.Clone(was.([]string)), fmt.Sprintf("%s%d", e.who, n)) //nolint:forcetypeassert // set above
			case "visibility":
				to = []string{"public", "staff"}[rng.IntN(2)]
			}
			e.fields = append(e.fields, f, was, to)
			sees[e.who][f] = to
		}
		out = append(out, e)
	}
	return out
}

// swapped is the same edits in another order of arrival: neighbours of different
// people about different fields change places.
func swapped(rng *rand.Rand, in []offlineEdit) []offlineEdit {
	out := slices.Clone(in)
	together := func(e offlineEdit) []string {
		names := e.names()
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "reports.contact") }) {
			names = append(names, "reports.contactName", "reports.contactPhone") // one guard
		}
		return names
	}
	for range 3 * len(out) {
		i := rng.IntN(len(out) - 1)
		a, b := out[i], out[i+1]
		meet := slices.ContainsFunc(together(a), func(n string) bool { return slices.Contains(together(b), n) })
		if a.who != b.who && !meet {
			out[i], out[i+1] = b, a
		}
	}
	return out
}

// A delivery is how edits are carried in.
type delivery struct {
	name    string
	size    func(*rand.Rand) int // of a push
	again   bool                 // every push is sent twice, and once more in the end
	restart bool                 // between two pushes the server starts anew
	swap    bool
}

var deliveries = []delivery{
	{name: "one by one", size: func(*rand.Rand) int { return 1 }},
	{name: "all at once", size: func(*rand.Rand) int { return 100 }},
	{name: "by chance, twice", size: func(r *rand.Rand) int { return 1 + r.IntN(4) }, again: true},
	{name: "with restarts", size: func(r *rand.Rand) int { return 1 + r.IntN(2) }, restart: true, again: true},
	{name: "in another order", size: func(r *rand.Rand) int { return 1 + r.IntN(3) }, swap: true},
}

// TestMergeLaws: what becomes of edits that people made at once does not depend
// on how they are cut into pushes, on a push that comes twice, on restarts, and
// not on the order in which edits of different fields come (I15); and nothing
// of them is lost (I10).
func TestMergeLaws(t *testing.T) {
	w := newTown(t)
	s := newSync(t, w)
	seeds := 6
	if testing.Short() {
		seeds = 3
	}
	if n, err := strconv.Atoi(os.Getenv("SESTANTE_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		all := edits(rand.New(rand.NewPCG(uint64(seed), 7)))
		var want string
		for i, d := range deliveries {
			rng := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
			mine := all
			if d.swap {
				mine = swapped(rng, all)
			}
			run := w.deliver(s, d, rng, mine, fmt.Sprintf("%03d%d", seed, i))
			if i == 0 {
				want = run
			}
			if run != want {
				t.Fatalf("seed %d: %s ends with\n%s\none by one with\n%s\nof %+v", seed, d.name, run, want, all)
			}
		}
	}
	if seeds < 6 {
		return // too few to hold everything
	}
	ends := w.cell("SELECT group_concat(DISTINCT e.value) FROM _s_mut AS m, json_each(m.result, '$.f') AS e")
	for _, end := range []string{"applied", "merged", "conflict"} {
		if !strings.Contains(ends, end) {
			t.Errorf("no field ended as %s: the test proves nothing", end)
		}
	}
}

// deliver plays edits on a report of their own and returns how all ended.
func (w *town) deliver(s *desk.Sync, d delivery, rng *rand.Rand, all []offlineEdit, key string) string {
	w.t.Helper()
	w.now = w.now.Add(24 * time.Hour)
	id := w.submit("citizen", w.at(10.5)).ID
	w.do("anna", "report.take", id, struct{}{})
	w.do("anna", "report.dispatch", id, report.DispatchArgs{Assignee: report.PersonID(w.ids["ben"])})
	iv := "interven" + "000" + key
	w.sql(fmt.Sprintf("UPDATE reports SET addressNote = 'here' WHERE id = '%s'", id))
	w.sql(fmt.Sprintf("INSERT INTO interventions (id, report, technician, checklist, safetyNotes, vehicle) VALUES ('%s', '%s', '%s', '[\"cones\"]', 'helmet\ngloves\nrope', 'bike')", iv, id, w.ids["ben"]))
	hands := map[string]*hand{}
	for _, who := range []string{"ben", "lead", "anna"} {
		hands[who] = w.hand(s, who)
		hands[who].id = (who + "handheld00000")[:11] + key
		hands[who].send()
	}
	var seen [2]int64
	seen[0] = w.head()
	w.now = w.now.Add(time.Hour)
	w.sql(fmt.Sprintf("UPDATE interventions SET vehicle = 'tram', updated = '%s' WHERE id = '%s'", w.now.Format("2006-01-02 15:04:05.000Z"), iv))
	hands["ben"].send() // marks the commit
	seen[1] = w.head()
	w.now = w.now.Add(3 * time.Hour)

	var queue []m
	for _, e := range all {
		target, base := string(id), seen[0]
		if e.coll == "interventions" {
			target = iv
		}
		if e.late {
			base = seen[1]
		}
		x := patch(e.coll, target, base, e.fields...)
		x["at"] = w.now.Add(-e.ago).Format(time.RFC3339Nano)
		queue = append(queue, x)
	}
	var sent [][2]int
	for at := 0; at < len(all); {
		n := 1
		for limit := d.size(rng); n < limit && at+n < len(all) && all[at+n].who == all[at].who; n++ {
		}
		sent = append(sent, [2]int{at, at + n})
		at += n
	}
	push := func(from, to int, again bool) {
		h := hands[all[from].who]
		next := h.next
		if _, ok := queue[from]["mid"].(int64); ok && again {
			h.send(queue[from:to]...)
			h.next = next
			return
		}
		for i := from; i < to; i++ {
			queue[i]["mid"] = h.next
			h.next++
		}
		h.send(queue[from:to]...)
	}
	for _, p := range sent {
		push(p[0], p[1], false)
		if d.again {
			push(p[0], p[1], true)
		}
		if d.restart {
			var err error
			if s, err = desk.NewSync(w.desk, desk.SyncConfig{}); err != nil {
				w.t.Fatal(err)
			}
			for _, h := range hands {
				h.s = s
			}
		}
	}
	if d.again {
		for _, p := range sent {
			push(p[0], p[1], true)
		}
	}
	w.nothingLost(queue, all, hands, id, iv)
	return w.ended(hands, id, iv)
}

// ended writes down what stands, what lost and how every change ended.
func (w *town) ended(hands map[string]*hand, id report.ID, iv string) string {
	w.t.Helper()
	out := []string{
		w.cell(fmt.Sprintf("SELECT addressNote || '|' || contactName || '|' || contactPhone || '|' || visibility FROM reports WHERE id = '%s'", id)),
		w.cell(fmt.Sprintf("SELECT vehicle || '|' || safetyNotes || '|' || checklist FROM interventions WHERE id = '%s'", iv)),
	}
	for _, who := range slices.Sorted(maps.Keys(hands)) {
		did := hands[who].id
		out = append(out,
			who+" "+w.cell("SELECT coalesce(group_concat(mid || st || coalesce(result ->> 'f', ''), ' '), '') FROM (SELECT * FROM _s_mut WHERE did = '"+did+"' ORDER BY mid)"),
			w.cell("SELECT coalesce(group_concat(mid || f || mine || theirs || kept, ' '), '') FROM (SELECT * FROM _s_conflict WHERE did = '"+did+"' ORDER BY mid, f)"))
	}
	return strings.Join(out, "\n")
}

// nothingLost: every change is in the inbox, as it came and with one end, and
// every value that somebody wanted stands, was written over by somebody who had
// seen it, or is in the list of conflicts.
func (w *town) nothingLost(queue []m, all []offlineEdit, hands map[string]*hand, id report.ID, iv string) {
	w.t.Helper()
	for i, x := range queue {
		did := hands[all[i].who].id
		raw, err := json.Marshal(x)
		if err != nil {
			w.t.Fatal(err)
		}
		kept := w.cell(fmt.Sprintf("SELECT count(*) || CAST(max(body) AS TEXT) FROM _s_mut WHERE did = '%s' AND mid = %d AND st IN ('applied', 'merged', 'noop', 'rejected')", did, x["mid"]))
		if kept != "1"+string(raw) {
			w.t.Errorf("the inbox holds %s, want %s once", kept, raw)
		}
		for n := 0; n < len(all[i].fields); n += 3 {
			f, wanted := all[i].fields[n], all[i].fields[n+2]
			if f == "checklist" || f == "safetyNotes" || f == "visibility" { // both stand, or the result says conflict: see the letters of the simulation
				continue
			}
			later := slices.ContainsFunc(all[i+1:], func(e offlineEdit) bool {
				return e.who == all[i].who && e.coll == all[i].coll && slices.Contains(e.fields, wanted)
			})
			stands := w.cell(fmt.Sprintf("SELECT (SELECT count(*) FROM reports WHERE id = '%[1]s' AND '%[3]s' IN (addressNote, contactName, contactPhone))"+
				" + (SELECT count(*) FROM interventions WHERE id = '%[2]s' AND vehicle = '%[3]s') + (SELECT count(*) FROM _s_conflict WHERE id IN ('%[1]s', '%[2]s') AND f = '%[4]s' AND '\"%[3]s\"' IN (mine, theirs))",
				id, iv, wanted, f))
			if stands == "0" && !later {
				w.t.Errorf("%v of %v by %s is nowhere", wanted, f, all[i].who)
			}
		}
	}
	if n := w.count("_s_conflict AS c WHERE NOT EXISTS (SELECT 1 FROM _s_mut AS m WHERE m.did = c.did AND m.mid = c.mid AND m.st IN ('applied', 'merged'))"); n != 0 {
		w.t.Errorf("%d conflicts belong to no change that had an effect", n)
	}
}
