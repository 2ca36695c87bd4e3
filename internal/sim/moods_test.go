package sim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }
func years(n int) time.Duration     { return time.Duration(n) * 365 * 24 * time.Hour }

// A mood is one kind of thing that may happen in a run.
type mood struct {
	name   string
	weight int
	always bool // it is in every run
	server bool // it happens on the server, also between two pages
	act    func(*run)
}

var moods = []mood{
	{"work", 30, true, false, (*run).work},
	{"sync", 22, true, false, (*run).syncOne},
	{"desk", 14, true, true, (*run).deskWork},
	{"raw", 8, false, true, (*run).raw},
	{"grants", 8, false, true, (*run).grants},
	{"clock", 3, false, true, (*run).clock},
	{"phone clock", 3, false, false, (*run).phoneClock},
	{"power", 6, false, false, (*run).power},
	{"kill", 6, false, false, (*run).kill},
	{"session", 3, false, false, (*run).session},
	{"full", 3, false, false, (*run).fill},
	{"lock", 3, false, true, (*run).lock},
	{"backup", 3, false, false, (*run).backup},
	{"rollback", 2, false, false, (*run).saveServer},
	{"border", 1, false, true, (*run).border},
	{"start", 2, false, false, (*run).startAgain},
	{"nonsense", 3, false, false, (*run).nonsense},
	{"rot", 2, false, false, (*run).rot},
	{"sweep", 2, false, true, (*run).clearExits},
}

func (r *run) phone() *phone { return r.phones[r.rng.IntN(len(r.phones))] }

// syncOne lets a phone find the network.
func (r *run) syncOne() {
	err := r.phone().sync(r.ctx)
	if err == nil || expected(err) {
		return
	}
	r.fail("L1", "a sync ended with %v", err)
}

// expected reports whether a sync may end like that while the world is bad.
func expected(err error) bool {
	for _, ok := range []error{errNetwork, errSession, errPower, errKilled, device.ErrTorn, device.ErrDeferred, device.ErrLocked, device.ErrWiped, fieldsync.ErrLocked} {
		if errors.Is(err, ok) {
			return true
		}
	}
	return fault.Of(err).Kind == fault.Busy
}

// deskWork is what the staff does to some report: mostly what fits where it
// stands, sometimes anything.
func (r *run) deskWork() {
	rid := r.anyReport()
	var state string
	if rows, err := r.srv.column("SELECT state FROM reports WHERE id = {:id}", dbx.Params{"id": rid}); err == nil && len(rows) == 1 {
		state = rows[0]
	}
	if len(r.reports) == 0 || r.chance(8) {
		r.console("", "report.submit", r.submission())
		return
	}
	name := pick(r, anyCall...)
	if len(fits[state]) > 0 && r.chance(80) {
		name = pick(r, fits[state]...)
	}
	r.console(rid, name, r.arguments(name))
}

// raw is somebody at the database's own console.
func (r *run) raw() {
	rid := r.anyReport()
	p := dbx.Params{"id": rid}
	var q string
	switch r.rng.IntN(15) {
	case 0:
		q = "UPDATE reports SET district = '" + areaID(pick(r, districts...)) + "' WHERE id = {:id}"
	case 1:
		q = "UPDATE reports SET assignee = '" + id(pick(r, "ben", "eva", "led", "cit")) + "' WHERE id = {:id}"
	case 2:
		q = "UPDATE reports SET responsibleOrg = '" + id(pick(r, "roads", "power")) + "' WHERE id = {:id}"
	case 3:
		q = "UPDATE reports SET reporter = '" + id(pick(r, "cit", "acc", "ann")) + "', reporterOrg = '" + pick(r, "", id("police")) + "' WHERE id = {:id}"
	case 4:
		q = "UPDATE reports SET title = title || '!' WHERE id IN (SELECT id FROM reports ORDER BY id LIMIT 3)"
		p = nil
	case 5:
		q = "UPDATE messages SET audience = '" + pick(r, "public", "reporter", "internal", "partner") + "' WHERE report = {:id}"
	case 6:
		q = "UPDATE media SET visibility = '" + pick(r, "public", "staff", "hidden") + "' WHERE report = {:id}"
	case 7:
		q = "UPDATE messages SET report = coalesce((SELECT max(id) FROM reports), report) WHERE report = {:id}"
	case 8:
		r.erase("SELECT text FROM messages WHERE report = {:id}", p)
		q = "DELETE FROM messages WHERE report = {:id}"
	case 9:
		r.gone[rid] = true
		q = "DELETE FROM reports WHERE id = {:id}"
	case 10:
		q = "INSERT OR REPLACE INTO orgs (id, code, name, kind) VALUES ('" + id("office") + "', 'office', 'Office " + fmt.Sprint(r.rng.IntN(9)) + "', 'client')"
		p = nil
	case 11, 12:
		q = article(fmt.Sprintf("know%d", r.rng.IntN(4)), fmt.Sprintf("words %d", r.rng.IntN(1000)), pick(r, "published", "published", "draft", "obsolete"), pick(r, "public", "staff", "partner", "")) +
			" ON CONFLICT (id) DO UPDATE SET title = excluded.title, state = excluded.state, audience = excluded.audience"
		p = nil
	case 13:
		q = "DELETE FROM kbArticles WHERE id = '" + id(fmt.Sprintf("know%d", r.rng.IntN(4))) + "'"
		p = nil
	default:
		q = "UPDATE reports SET state = '" + pick(r, "closed", "registered", "cancelled", "in_progress") + "' WHERE id = {:id}"
	}
	err := r.srv.run(q, p)
	r.say("somebody runs %s with %v: %v", q, p, err)
	r.tolerate(err)
}

// erase remembers what plain SQL is about to delete.
func (r *run) erase(q string, p dbx.Params) {
	keys, err := r.srv.column(q, p)
	if err != nil {
		r.broken("look before deleting: %v", err)
	}
	for _, k := range keys {
		r.gone[k] = true
	}
}

// tolerate lets only a full disk and a cut power excuse a failed statement.
func (r *run) tolerate(err error) {
	if err == nil || r.srv.disk.dead || strings.Contains(err.Error(), "full") {
		return
	}
	r.fail("I1", "a plain statement failed: %v", err)
}

// grants gives and takes roles, and sends people away and back.
func (r *run) grants() {
	who := pick(r, country().People...)
	if r.chance(70) { // rather somebody with a phone
		p := r.phone()
		for _, x := range country().People {
			if x.Name == p.person {
				who = x
			}
		}
	}
	r.calls++
	key := fmt.Sprintf("role%d%s", r.calls, who.Name)
	day := r.srv.now.Add(hours(float64(r.rng.IntN(48)))).UTC().Format("2006-01-02 15:04:05.000Z")
	var q string
	switch r.rng.IntN(12) {
	case 0:
		q = "DELETE FROM roles WHERE person = '" + id(who.Name) + "'"
	case 1:
		q = role(key, who.Name, "technician", "", pick(r, districts...))
	case 2:
		q = role(key, who.Name, pick(r, "coordinator", "l1_operator", "auditor", "planner", "contact_operator"), "", pick(r, nil, nil, []string{"W"}, []string{"N"}, []string{"C", "E"})...)
	case 3:
		q = role(key, who.Name, "field_lead", "", "N")
	case 4:
		q = role(key, who.Name, pick(r, "partner_user", "accredited_reporter"), pick(r, "power", "police", "roads"))
	case 5:
		q = "UPDATE roles SET areas = '" + pick(r, "[]", `["`+areaID(pick(r, districts...))+`"]`, `["`+areaID(pick(r, districts...))+`"]`) + "' WHERE person = '" + id(who.Name) + "'"
	case 6:
		q = "UPDATE roles SET validTo = '" + day + "' WHERE person = '" + id(who.Name) + "'"
	case 7:
		q = "UPDATE roles SET validFrom = '" + day + "', validTo = '' WHERE person = '" + id(who.Name) + "'"
	case 8: // works in a district besides
		q = role(key, who.Name, "technician", "", districts...)
	case 9, 10: // the control room is left, the rest is kept in poorer words
		q = "DELETE FROM roles WHERE person = '" + id(who.Name) + "' AND role NOT IN ('technician', 'field_lead', 'partner_user', 'accredited_reporter')"
	default:
		q = "UPDATE users SET disabled = NOT disabled WHERE id = '" + id(who.Name) + "'"
	}
	err := r.srv.run(q, nil)
	r.say("grants: %s: %v", q, err)
	r.tolerate(err)
}

// clock lets time pass on the server, forward or, after somebody set it wrong,
// back; a minute later the grants are swept.
func (r *run) clock() {
	by := pick(r, hours(1), hours(24), hours(24*40), years(2), -hours(24), -years(1))
	r.srv.now = r.srv.now.Add(by)
	err := r.srv.sweep(r.ctx)
	r.say("the server's clock moves by %v: %v", by, err)
	if err != nil && !r.srv.disk.dead && fault.Of(err).Kind != fault.Busy {
		r.fail("I6", "the sweep of the grants: %v", err)
	}
}

func (r *run) phoneClock() {
	p := r.phone()
	by := pick(r, hours(1), -hours(2), years(10), -years(10))
	if p.skew != 0 {
		by = -p.skew
	}
	p.skew += by
	r.say("the clock of %s moves by %v", p.name, by)
}

// power cuts the server's power within the next writes.
func (r *run) power() {
	r.srv.disk.cut = cut{in: 1 + r.rng.IntN(60), kept: r.rng.IntN(2) == 0}
	r.say("the power will go in %d writes, kept: %v", r.srv.disk.cut.in, r.srv.disk.cut.kept)
}

// kill ends the app on a phone within its next writes.
func (r *run) kill() {
	p := r.phone()
	p.killIn, p.how = 1+r.rng.IntN(6), death(r.rng.IntN(3))
	r.say("%s will be killed in %d writes (%d)", p.name, p.killIn, p.how)
}

func (r *run) session() {
	p := r.phone()
	p.net.expired = !p.net.expired
	r.say("the session of %s has expired: %v", p.name, p.net.expired)
}

// fill leaves the server's disk no room for a while.
func (r *run) fill() {
	var n int
	if err := r.srv.app.NonconcurrentDB().NewQuery("PRAGMA page_count").Row(&n); err != nil {
		r.broken("ask how large the disk is: %v", err)
		return
	}
	r.full = 1 + r.rng.IntN(4)
	r.pages(n + r.rng.IntN(3))
	r.say("the disk is full for %d steps", r.full)
}

// pages sets the size of the disk. A cut of power that is still to come does
// not hit this: it is the world's doing, and no write of the server's.
func (r *run) pages(n int) {
	pending := r.srv.disk.cut
	r.srv.disk.cut = cut{}
	defer func() { r.srv.disk.cut = pending }()
	if err := r.srv.run(fmt.Sprintf("PRAGMA max_page_count = %d", n), nil); err != nil {
		r.broken("set the size of the disk: %v", err)
	}
}

// lock locks a phone at the server, or unlocks it.
func (r *run) lock() {
	p := r.phone()
	state := pick(r, "locked", "active", "active")
	if r.chance(5) {
		state = "wipe"
	}
	err := r.srv.run("UPDATE devices SET state = {:s} WHERE id = {:id}", dbx.Params{"s": state, "id": p.dev.ID()})
	r.say("%s is %s: %v", p.name, state, err)
	r.tolerate(err)
}

// backup keeps a copy of a phone's storage, or puts an old one onto it.
func (r *run) backup() {
	p := r.phone()
	if p.killed {
		return
	}
	if p.backup != nil && r.chance(40) {
		r.say("%s is restored from a backup", p.name)
		p.restore()
		return
	}
	var err error
	p.spoilt = p.rotten
	if p.backup, err = os.ReadFile(p.path); err != nil {
		r.broken("back up %s: %v", p.name, err)
	}
	r.say("%s is backed up", p.name)
}

// border moves the border between two districts: new versions of both begin.
func (r *run) border() {
	at := 0.2 + 0.6*r.rng.Float64()
	areas := territory()[1:3]
	areas[0].Geometry, areas[1].Geometry = box([4]float64{10, 45, 11 + at, 46}), box([4]float64{11 + at, 45, 12, 46})
	_, err := r.srv.desk.ImportAreas(r.ctx, []geo.Area{areas[0], areas[1]}, r.srv.now, false)
	r.say("the border moves to %.2f: %v", 11+at, err)
}

// startAgain ends the server in good order and starts it.
func (r *run) startAgain() {
	if err := r.srv.restart(context.WithoutCancel(r.ctx)); err != nil {
		r.fail("L1", "the server does not start again: %v", err)
	}
	r.say("the server starts again")
}

// rot lets a phone's flash lose a record, or part of one.
func (r *run) rot() {
	p := r.phone()
	if p.killed || p.killIn > 0 || p.wiped || p.file.State().Meta.Seq == 0 {
		return
	}
	var keys []device.Key
	for k := range p.file.State().Base {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b device.Key) int { return strings.Compare(a.Coll+" "+a.ID, b.Coll+" "+b.ID) })
	k := keys[r.rng.IntN(len(keys))]
	row := p.file.State().Base[k]
	row.Ver-- // as if an update had never been written
	if r.chance(50) {
		row.Ver++
		row.Body = []byte(`{"id":"` + k.ID + `"}`)
	}
	p.rotten = true
	r.rots++
	err := p.file.Apply(device.Step{Row: &row})
	bad, check := p.dev.Check()
	r.say("the flash of %s loses a part of %s %s: %v; a check finds %v %v", p.name, k.Coll, k.ID, err, bad, check)
}

// clearExits is the server's daily tidying.
func (r *run) clearExits() {
	n, err := r.srv.sync.ClearExits(r.ctx)
	r.say("%d exits are cleared: %v", n, err)
	if err != nil && !r.srv.disk.dead && fault.Of(err).Kind != fault.Busy {
		r.fail("I17", "clearing exits: %v", err)
	}
}
