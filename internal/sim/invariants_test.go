package sim_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// sent remembers the bytes of every mutation on its way.
func (p *phone) sent(req fieldsync.PushRequest) {
	for _, raw := range req.Muts {
		var m fieldsync.Mutation
		if json.Unmarshal(raw, &m) == nil {
			k := fmt.Sprintf("%s/%d", req.Device, m.Mid)
			if !slices.Contains(p.r.sents[k], string(raw)) {
				p.r.sents[k] = append(p.r.sents[k], string(raw))
			}
		}
	}
}

// answered reads in what reached a phone how its mutations ended: from here on
// they are acknowledged.
func (p *phone) answered(out []byte) {
	line, err := bufio.NewReader(bytes.NewReader(out)).ReadBytes('\n')
	var reply fieldsync.PushReply
	if err != nil || json.Unmarshal(line, &reply) != nil {
		return
	}
	for _, res := range reply.Res {
		k := fmt.Sprintf("%s/%d", p.dev.ID(), res.Mid)
		if was, ok := p.r.acked[k]; ok && was != res.St && !p.r.mayChange(p.dev.ID(), was) {
			p.r.fail("I7", "%s was told that %s is %s, and before that it is %s", p.name, k, res.St, was)
		}
		p.r.acked[k] = res.St
		p.r.tally[string(res.St)]++
		p.r.tally["conflicts"] += len(res.Conflicts)
		if slices.Contains([]string{"call.reused", "report.exists", "media.exists"}, res.Code) {
			p.r.fail("I7", "%s was refused with %s: it was taken for something else", k, res.Code)
		}
		p.r.say("  %s: %s %s %s %s", k, res.St, res.Code, res.Field, res.Msg)
	}
	if reply.Err != "" {
		p.r.tally[reply.Err]++
		p.r.say("  %s expect %d mid %d", reply.Err, reply.Expect, reply.Mid)
	}
}

// heard looks at every record on its way to a phone: it must be one its person
// may read at that moment, in a body made for them (I4). A repair speaks of the
// past, in which their body may have been a poorer one; it is never a richer
// one.
func (p *phone) heard(put fieldsync.Put, repair bool) {
	if !p.r.listening {
		return
	}
	want, ok := p.r.mayHold(p.person)[device.Key{Coll: put.C, ID: put.I}]
	if !ok {
		p.r.fail("I4", "%s is sent %s %s, which is not for %s", p.name, put.C, put.I, p.person)
		return
	}
	if len(put.D) == 0 {
		return
	}
	text := p.r.differsBody(put.C, want, put.D)
	for as := want.as - 1; repair && text != "" && as > fieldsync.ForReference; as-- {
		past := want
		past.as = as
		if fieldsync.Projection(put.C, as) != nil && p.r.differsBody(put.C, past, put.D) == "" {
			return
		}
	}
	if text != "" {
		p.r.fail("I4", "%s is sent %s %s: %s", p.name, put.C, put.I, text)
	}
}

// checkpoint is the moment a phone shows a new state: it must be the whole of
// what its person may hold, and no older than the one before (I3, I5, I13).
func (p *phone) checkpoint(int64) {
	m := p.file.State().Meta
	if m.Epoch == p.epoch && m.Seq < p.shown {
		p.r.fail("I13", "%s went back from %d to %d", p.name, p.shown, m.Seq)
	}
	p.epoch, p.shown = m.Epoch, m.Seq
	p.r.tally["checkpoints"]++
	if !p.rotten {
		p.holds("at checkpoint " + strconv.FormatInt(m.Seq, 10))
	}
}

// holds compares what the phone shows with what its person may hold.
func (p *phone) holds(when string) {
	if text := p.r.differs(p.file.State().Base, p.r.mayHold(p.person)); text != "" {
		p.r.fail("I3", "%s %s: %s", p.name, when, text)
	}
}

// stillThere makes sure that what took effect stays visible on its way: until
// the checkpoint that holds it, it is in the outbox (I12).
func (p *phone) stillThere() {
	have := p.keys()
	shown := p.file.State().Meta.Seq
	missing := map[string]bool{}
	for _, a := range p.acts {
		if !have[a.key] && !p.forgot[a] && !a.seen {
			missing[a.key] = true
		}
	}
	if p.wiped || len(missing) == 0 {
		return
	}
	for _, row := range p.r.inbox() {
		if missing[row.key] && row.effect() && row.result.Seq > shown {
			p.r.fail("I12", "%s no longer shows %s (change %d), and checkpoint %d does not hold it yet", p.name, row.key, row.mid, shown)
		}
	}
	for _, a := range p.acts {
		a.seen = a.seen || missing[a.key]
	}
}

// A kept is a row of the durable inbox, read by plain SQL.
type kept struct {
	did    string
	mid    int64
	st     string
	seq    int64
	body   string
	key    string
	result fieldsync.Result
}

func (k kept) effect() bool { return k.st == "applied" || k.st == "merged" }

func (r *run) inbox() []kept {
	var rows []struct {
		Did    string `db:"did"`
		Mid    int64  `db:"mid"`
		St     string `db:"st"`
		Seq    int64  `db:"seq"`
		Body   string `db:"body"`
		Result string `db:"result"`
	}
	if err := r.srv.app.ConcurrentDB().NewQuery("SELECT did, mid, st, seq, CAST(body AS TEXT) AS body, result FROM _s_mut ORDER BY did, mid").All(&rows); err != nil {
		r.broken("read the inbox: %v", err)
		return nil
	}
	out := make([]kept, len(rows))
	for i, x := range rows {
		out[i] = kept{did: x.Did, mid: x.Mid, st: x.St, seq: x.Seq, body: x.Body, key: keyOf([]byte(x.Body))}
		if err := json.Unmarshal([]byte(x.Result), &out[i].result); err != nil {
			r.fail("I10", "the result of %s/%d cannot be read: %v", x.Did, x.Mid, err)
		}
	}
	return out
}

// heal ends everything bad, lets every phone sync and checks what must be true
// of a world at rest.
func (r *run) heal() {
	r.healed = true
	r.srv.disk.cut = cut{}
	r.say("everything heals")
	if r.full > 0 {
		r.pages(1 << 20)
	}
	if err := r.srv.sweep(r.ctx); err != nil {
		r.fail("I6", "the sweep of the grants: %v", err)
	}
	r.tolerate(r.srv.run("UPDATE devices SET state = 'active' WHERE state = 'locked'", nil))
	// The second time, everybody learns what the others did last; the third, what
	// an operator released.
	for i := 0; i < 2 || i < 3 && len(r.freed) > 0; i++ {
		r.release()
		for _, p := range r.phones {
			p.killIn = 0
			if p.killed {
				p.open()
			}
			if err := p.sync(r.ctx); err != nil && !r.away(p) && !p.wiped {
				r.fail("L1", "%s after the world healed: %v", p.name, err)
			}
			if len(r.bad) > 0 {
				return
			}
		}
	}
	r.atRest()
}

// away reports whether the person may not sign in any more.
func (r *run) away(p *phone) bool {
	_, err := r.srv.desk.Actor(r.ctx, report.PersonID(id(p.person)))
	return err != nil
}

func (r *run) atRest() {
	for _, p := range r.phones {
		if r.away(p) || p.wiped {
			continue
		}
		r.phoneAtRest(p)
	}
	rows := r.inbox()
	r.onceEach(rows)
	r.received(rows)
	r.inOrder(rows)
	r.letters()
	r.overwritten(rows)
	drift, err := store.New(r.srv.app).CaptureDrift(r.ctx)
	if err != nil || len(drift) > 0 {
		r.fail("I1", "the log is not what the tables say: %v %v", drift, err)
	}
	r.log()
}

// phoneAtRest checks a phone that is in step (I3, I6, I11, I14).
func (r *run) phoneAtRest(p *phone) {
	if h := p.dev.Health(); h.Waiting > 0 {
		r.fail("I11", "%d changes of %s still wait", h.Waiting, p.name)
	}
	for _, e := range p.file.State().Outbox {
		if !e.Refused() {
			r.fail("I12", "%s keeps change %d in front of a checkpoint that holds it", p.name, e.Mid)
		}
	}
	base := p.file.State().Base
	p.holds("at rest")
	if !r.chance(50) {
		return
	}
	fresh := &device.Memory{}
	d, err := device.New(device.Config{
		ID: id("fresh" + p.name), Store: fresh, Transport: p.net.carry, Now: func() time.Time { return r.srv.now }, NewID: func() string { return id("nofork") },
		MaxBytes: int64(1 + r.rng.IntN(5000)),
	})
	if err != nil {
		r.broken("a fresh phone: %v", err)
		return
	}
	if err := d.Sync(r.ctx); err != nil {
		r.fail("L1", "a fresh phone of %s: %v", p.person, err)
	}
	for k, row := range fresh.State().Base {
		if old := base[k]; old.Ver != row.Ver || !bytes.Equal(old.Body, row.Body) || !slices.Equal(old.In, row.In) {
			r.fail("I6", "%s holds %s %s in version %d of %v, a fresh phone in version %d of %v", p.name, k.Coll, k.ID, old.Ver, old.In, row.Ver, row.In)
		}
	}
}

// onceEach checks that what took effect did so once, what did not left no
// trace, and groups stood or fell together (I7, I9).
func (r *run) onceEach(rows []kept) {
	effects := map[string]bool{}
	for _, k := range rows {
		effects[k.key] = effects[k.key] || k.effect()
	}
	groups := map[int][]*act{}
	for _, p := range r.phones {
		for _, a := range p.acts {
			if a.kind == "patch" { // what it wrote may have been written over: see overwritten
				continue
			}
			n := r.effects(a)
			want := 0
			if effects[a.key] {
				want = 1
			}
			if n != want && !r.gone[a.key] && (a.kind != "move" || want == 0 || n > 1) {
				r.fail("I7", "%s of %s (%s) has %d effects, the inbox says %d", a.kind, p.name, a.key, n, want)
			}
			if a.group != 0 && !r.gone[a.key] {
				groups[a.group] = append(groups[a.group], a)
			}
		}
	}
	for g, acts := range groups {
		n := 0
		for _, a := range acts {
			n += min(r.effects(a), 1)
		}
		if n != 0 && n != len(acts) {
			r.fail("I9", "%d of the %d changes of group %d took effect", n, len(acts), g)
		}
	}
}

// effects counts what an act left in the tables.
func (r *run) effects(a *act) int {
	q := map[string]string{
		"comment": "SELECT id FROM messages WHERE text = {:key}",
		"submit":  "SELECT id FROM reports WHERE id = {:key}",
		"photo":   "SELECT id FROM media WHERE id = {:key}",
		"move":    "SELECT DISTINCT call FROM reportEvents WHERE call = {:key}",
	}[a.kind]
	ids, err := r.srv.column(q, dbx.Params{"key": a.key})
	if err != nil {
		r.broken("count the effects of %s: %v", a.key, err)
	}
	return len(ids)
}

// received checks that everything a living phone did, and everything that was
// acknowledged to any, is in the inbox, as it was sent (I10).
func (r *run) received(rows []kept) {
	have := map[string]bool{}
	byID := map[string]kept{}
	for _, k := range rows {
		have[k.key] = true
		name := fmt.Sprintf("%s/%d", k.did, k.mid)
		byID[name] = k
		if sent := r.sents[name]; len(sent) > 0 && !slices.Contains(sent, k.body) {
			r.fail("I10", "%s is kept as %s and was sent as %s", name, k.body, sent)
		}
		switch fieldsync.Status(k.st) {
		case fieldsync.Applied, fieldsync.Merged, fieldsync.Noop, fieldsync.Rejected, fieldsync.Held, fieldsync.Skipped, "quarantined":
		default:
			r.fail("I10", "%s has the end %q", name, k.st)
		}
	}
	for name, st := range r.acked {
		k, ok := byID[name]
		if did, _, _ := strings.Cut(name, "/"); !ok || k.st != string(st) && !r.mayChange(did, st) {
			r.fail("I10", "%s was acknowledged as %s and is %q", name, st, k.st)
		}
	}
	for _, p := range r.phones {
		if r.away(p) || p.wiped {
			continue
		}
		for _, a := range p.acts {
			if !have[a.key] && !p.forgot[a] {
				r.fail("I10", "%s of %s (%s) never arrived", a.kind, p.name, a.key)
			}
		}
	}
}

// inOrder checks that a phone's effects stand in the order of its acts (I8).
func (r *run) inOrder([]kept) {
	for _, p := range r.phones {
		if r.wasFreed(p) {
			continue // a quarantine lets what follows overtake
		}
		last := int64(0)
		for _, a := range p.acts {
			if a.kind != "comment" || a.adrift {
				continue
			}
			var row int64
			err := r.srv.app.ConcurrentDB().NewQuery("SELECT coalesce(max(rowid), 0) FROM messages WHERE text = {:key}").Bind(dbx.Params{"key": a.key}).Row(&row)
			if err != nil {
				r.broken("look for the order: %v", err)
			}
			if row == 0 {
				continue
			}
			if row < last {
				r.fail("I8", "%s (%s) of %s took effect before what was done earlier", a.kind, a.key, p.name)
			}
			last = row
		}
	}
}

// log checks the head-log by plain SQL (I1, I2).
func (r *run) log() {
	for what, q := range map[string]string{
		"a number was given twice to different changes":      "SELECT seq FROM _s_rec GROUP BY seq HAVING count(*) > 1",
		"a record changed after its last entry in the log":   "SELECT id FROM _s_rec WHERE del = 0 AND NOT EXISTS (SELECT 1 FROM _s_member AS m WHERE m.coll = _s_rec.coll AND m.id = _s_rec.id AND m.seq >= _s_rec.seq) AND EXISTS (SELECT 1 FROM _s_member AS m WHERE m.coll = _s_rec.coll AND m.id = _s_rec.id AND m.st = 1)",
		"the log is ahead of its clock":                      "SELECT id FROM _s_member WHERE seq > (SELECT seq FROM _s_clock)",
		"a person holds a scope twice":                       "SELECT usr FROM _s_grant WHERE to_seq IS NULL GROUP BY usr, scope HAVING count(*) > 1",
		"a report's version is not the number of its events": "SELECT id FROM reports AS r WHERE version != (SELECT count(*) FROM reportEvents AS e WHERE e.report = r.id)",
		"an event of one call stands twice":                  "SELECT call FROM reportEvents WHERE call != '' GROUP BY call, report, type HAVING count(*) > 1",
	} {
		rows, err := r.srv.column(q, nil)
		if err != nil {
			r.broken("%s: %v", q, err)
		}
		if len(rows) > 0 {
			r.fail("I1", "%s: %v", what, rows)
		}
	}
}

// mayChange reports whether an end that was told may become another: what was
// held has one when the device is unlocked or an operator releases it, and so
// has what was skipped because of it.
func (r *run) mayChange(did string, st fieldsync.Status) bool {
	return st == fieldsync.Held || st == fieldsync.Skipped && r.freed[did]
}

func (r *run) wasFreed(p *phone) bool {
	return slices.ContainsFunc(append(p.file.State().Meta.Alias, p.did), func(did string) bool { return r.freed[did] })
}

// release lets an operator look at what crashed the server, as it seemed, and
// send it on its way.
func (r *run) release() {
	for _, k := range r.inbox() {
		if k.result.Code != fieldsync.ErrQuarantined.Code {
			continue
		}
		_, err := r.srv.sync.ReleaseQuarantine(r.ctx, report.Actor{ID: report.System, Language: "en"}, k.did, k.mid)
		r.freed[k.did] = true
		r.say("%s/%d is released from quarantine: %v", k.did, k.mid, err)
		if err != nil && !errors.Is(err, fieldsync.ErrNotHeld) && !errors.Is(err, store.ErrNoPerson) {
			r.fail("I11", "%s/%d cannot be released: %v", k.did, k.mid, err)
		}
	}
}

// letters checks that every refusal is kept for a person, and every value that
// lost is in the list of conflicts (I10); and that nothing was found to differ
// on a phone whose flash is whole (I16).
func (r *run) letters() {
	for what, q := range map[string]string{
		"refused without a letter":                  "SELECT did || '/' || mid FROM _s_mut AS m WHERE st = 'rejected' AND NOT EXISTS (SELECT 1 FROM _s_dead AS d WHERE d.did = m.did AND d.mid = m.mid)",
		"a letter for what was not refused":         "SELECT did || '/' || mid FROM _s_dead AS d WHERE NOT EXISTS (SELECT 1 FROM _s_mut AS m WHERE d.did = m.did AND d.mid = m.mid AND st IN ('rejected', 'skipped', 'held')) AND state = 'open'",
		"a conflict that is told of and not kept":   "SELECT did || '/' || mid FROM _s_mut AS m, json_each(m.result, '$.cid') AS c WHERE NOT EXISTS (SELECT 1 FROM _s_conflict AS k WHERE k.cid = c.value)",
		"a value that lost and is in no list":       "SELECT did || '/' || mid FROM _s_mut AS m, json_each(m.result, '$.f') AS f WHERE f.value = 'conflict' AND NOT EXISTS (SELECT 1 FROM _s_conflict AS k WHERE k.did = m.did AND k.mid = m.mid AND k.f = f.key)",
		"the digests are not what they add up from": digestsWrong,
	} {
		rows, err := r.srv.column(q, nil)
		if err != nil {
			r.broken("%s: %v", what, err)
		}
		if len(rows) > 0 {
			r.fail("I10", "%s: %v", what, rows)
		}
	}
	if r.rots > 0 {
		return
	}
	rows, err := r.srv.column("SELECT did || ' ' || coll || ' missing ' || missing || ' extra ' || extra || ' stale ' || stale FROM _s_diverge", nil)
	if err != nil || len(rows) > 0 {
		r.fail("I16", "phones whose flash is whole differed: %v %v", rows, err)
	}
}

// digestsWrong compares the count each digest keeps with the rows it is of.
const digestsWrong = `
	SELECT d.scope || ' ' || d.coll FROM _s_digest AS d
	WHERE d.n != (SELECT count(*) FROM _s_member AS m WHERE m.scope = d.scope AND m.coll = d.coll AND m.st = 1)`

// overwritten checks that a value which somebody wrote over without having seen
// it is in the list of conflicts (I10), and that fields which belong together
// come from one hand (I9).
func (r *run) overwritten(rows []kept) {
	type written struct {
		row  kept
		base int64
		from string
	}
	notes := map[string][]written{}
	for _, k := range rows {
		var m fieldsync.Mutation
		if json.Unmarshal([]byte(k.body), &m) != nil || m.Op != fieldsync.OpPatch || k.result.Fields["addressNote"] != fieldsync.FieldApplied {
			continue
		}
		notes[m.ID] = append(notes[m.ID], written{k, m.Base.Seq, string(m.Set["addressNote"].From)})
	}
	for rid, all := range notes {
		slices.SortFunc(all, func(a, b written) int { return cmp.Compare(a.row.seq, b.row.seq) })
		moved, err := r.srv.column("SELECT id FROM reportEvents WHERE report = {:r} AND type = 'relocate'", dbx.Params{"r": rid})
		if err != nil || len(moved) > 0 {
			continue // a new place writes the note too
		}
		for i := 1; i < len(all); i++ {
			old, fresh := all[i-1], all[i]
			if fresh.base >= old.row.seq || fresh.from == strconv.Quote(old.row.key) {
				continue // its author had seen it
			}
			lost, err := r.srv.column("SELECT cid FROM _s_conflict WHERE coll = 'reports' AND id = {:r} AND f = 'addressNote' AND ({:v} IN (mine, theirs))",
				dbx.Params{"r": rid, "v": strconv.Quote(old.row.key)})
			if err != nil || len(lost) == 0 {
				r.fail("I10", "%s of %s was written over by %s, unseen, and is in no list of conflicts (%v)", old.row.key, rid, fresh.row.key, err)
			}
		}
	}
	mixed, err := r.srv.column("SELECT id FROM reports WHERE contactName != contactPhone AND (contactName LIKE 'act%' OR contactPhone LIKE 'act%')", nil)
	if err != nil || len(mixed) > 0 {
		r.fail("I9", "the contact of %v is of two hands (%v)", mixed, err)
	}
}
