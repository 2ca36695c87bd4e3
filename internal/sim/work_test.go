package sim_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// fits lists the calls that fit a report's state.
var fits = map[string][]string{
	"registered":  {"report.take", "report.dispatch", "report.reject", "report.dispatch"},
	"in_analysis": {"report.dispatch", "report.dispatch", "report.cancel"},
	"assigned":    {"report.start", "report.program", "report.bounce", "report.reassign", "report.start"},
	"scheduled":   {"report.start", "report.reprogram", "report.start"},
	"in_progress": {"report.resolve", "report.suspend", "report.resolve", "report.transfer"},
	"suspended":   {"report.resume"},
	"resolved":    {"report.verify", "report.verify", "report.comment"},
	"closed":      {"report.reopen", "report.reopen", "report.comment"},
	"duplicate":   {"report.unlinkDuplicate"},
}

var anyCall = []string{
	"report.take", "report.dispatch", "report.bounce", "report.program", "report.start", "report.suspend", "report.resume",
	"report.resolve", "report.verify", "report.reopen", "report.reject", "report.linkDuplicate", "report.cancel", "report.comment",
	"report.relocate", "report.recategorise", "report.reprioritise", "report.reassign", "report.transfer", "report.escalate", "report.interest", "report.explode",
}

// arguments makes some for a call, now and then wrong ones.
func (r *run) arguments(name string) map[string]any {
	if r.chance(3) {
		return map[string]any{"colour": "red"}
	}
	day := r.srv.now.AddDate(0, 0, r.rng.IntN(20)-1)
	switch name {
	case "report.dispatch", "report.transfer":
		args := map[string]any{"assignee": pick(r, "", id("ben"), id("eva"), id("led"))}
		if name == "report.transfer" {
			args["reason"] = "other hands"
		}
		return args
	case "report.bounce":
		return map[string]any{"reason": "not ours"}
	case "report.program", "report.reprogram":
		return map[string]any{"plannedCloseDate": day.Format("2006-01-02"), "reason": "parts"}
	case "report.suspend":
		return map[string]any{"reason": pick(r, report.SuspendReasons...), "expectedResume": day}
	case "report.resolve":
		return map[string]any{"outcome": pick(r, report.Outcomes...)}
	case "report.verify":
		return map[string]any{"ok": r.chance(60), "note": "seen"}
	case "report.reopen":
		return map[string]any{"reason": "again"}
	case "report.reject":
		return map[string]any{"code": "invalid", "text": "nothing there"}
	case "report.linkDuplicate":
		return map[string]any{"master": r.anyReport()}
	case "report.comment":
		r.n++
		return map[string]any{"text": fmt.Sprintf("desk%d", r.n), "audience": r.audience()}
	case "report.relocate":
		return map[string]any{"point": r.point(), "accuracyM": 5, "pointSource": "pin"}
	case "report.recategorise":
		return map[string]any{"objectType": id(pick(r, "pothole", "lamp", "tree", "nothing"))}
	case "report.reprioritise":
		return map[string]any{"priority": 1 + r.rng.IntN(4)}
	case "report.reassign":
		return map[string]any{"assignee": id(pick(r, "ben", "eva", "led", "cit"))}
	case "report.escalate":
		return map[string]any{"kind": "hierarchical", "reason": "late"}
	default:
		return map[string]any{}
	}
}

func (r *run) audience() string { return pick(r, "internal", "reporter", "public", "partner") }

// point is somewhere in the three districts, seldom outside.
func (r *run) point() map[string]any {
	return map[string]any{"lon": 9.95 + 3.1*r.rng.Float64(), "lat": 45.5}
}

// submission is a report to be made; one in twelve is refused.
func (r *run) submission() map[string]any {
	args := map[string]any{
		"description": "something is broken", "objectType": id(pick(r, "pothole", "lamp", "tree")), "point": r.point(), "accuracyM": 5, "pointSource": "gps",
		"consentPublish": r.chance(50), "contactName": "Maria R.", "contactEmail": "maria@example.org",
	}
	if r.chance(8) {
		args["objectType"] = id("nothing")
	}
	return args
}

// work is something a person does on a phone, with or without network.
func (r *run) work() {
	p := r.phone()
	if p.killed {
		p.open()
		return
	}
	var muts []fieldsync.Mutation
	var acts []*act
	add := func(m fieldsync.Mutation, a *act) {
		muts, acts = append(muts, m), append(acts, a)
	}
	kind := r.rng.IntN(12)
	if r.hot && r.chance(40) {
		kind = 8
	}
	switch kind {
	case 0, 1:
		add(r.submit())
	case 2, 3, 4:
		add(r.comment(p.someReport()))
	case 5:
		add(r.photo(p.someReport()))
	case 6: // a report with its first words and a photo: all or nothing
		m, a := r.submit()
		add(m, a)
		add(r.comment(a.id))
		add(r.photo(a.id))
	case 8:
		add(r.patch(p, p.someReport()))
	case 7: // two remarks, of which one may be refused
		add(r.comment(p.someReport()))
		add(r.comment(r.anyReport()))
	default:
		add(r.step1(p))
	}
	if len(acts) > 1 {
		for _, a := range acts {
			a.group = acts[0].n
		}
	}
	_, err := p.dev.Do(muts...)
	for i, a := range acts {
		r.say("%s: %s %s %s (%s): %v", p.name, muts[i].Op, muts[i].Name, a.id, a.key, err)
	}
	p.done(acts, err)
}

// done takes in what a Do left behind: the acts that are in the outbox were
// done, whatever the app had time to say about it.
func (p *phone) done(acts []*act, err error) {
	switch {
	case err == nil:
		p.acts = append(p.acts, acts...)
	case p.killed: // opening it again shows what survived
		p.open()
		have := p.keys()
		n := 0
		for _, a := range acts {
			if have[a.key] {
				n++
			}
		}
		if n != 0 && n != len(acts) {
			p.r.fail("I9", "%s kept %d of %d changes that were made together", p.name, n, len(acts))
		}
		if n > 0 {
			p.acts = append(p.acts, acts...)
		}
	case expected(err): // locked or wiped: it was refused on the spot
	default:
		p.r.fail("I10", "%s cannot keep what was done: %v", p.name, err)
	}
}

// keys returns the keys of what waits in the outbox or was refused.
func (p *phone) keys() map[string]bool {
	out := map[string]bool{}
	for _, e := range p.file.State().Outbox {
		out[keyOf(e.Body)] = true
	}
	return out
}

// owed returns the keys of what a server must have, or get, whatever it was
// restored from: what waits in the outbox, and what was answered well but is not
// shown by a checkpoint. A refusal had no effect that could be missed.
func (p *phone) owed() map[string]bool {
	out := map[string]bool{}
	for _, e := range p.file.State().Outbox {
		refused := e.Result != nil && (e.Result.St == fieldsync.Rejected || e.Result.St == fieldsync.Skipped)
		out[keyOf(e.Body)] = !refused && (e.Mid > 0 || e.Result == nil)
	}
	return out
}

// remember finds out which acts are in the outbox after a restore.
func (p *phone) remember() {
	have := p.owed()
	for _, a := range p.acts {
		if have[a.key] {
			delete(p.forgot, a)
		}
	}
}

// keyOf finds the key of an act in the mutation that carries it.
func keyOf(body []byte) string {
	var m fieldsync.Mutation
	if json.Unmarshal(body, &m) != nil {
		return ""
	}
	var args struct {
		Text string `json:"text"`
		Note string `json:"note"`
	}
	_ = json.Unmarshal(m.Args, &args) // arguments may be of any form
	for _, field := range []string{"addressNote", "contactName"} {
		var text string
		if s, ok := m.Set[field]; ok && m.Op == fieldsync.OpPatch && json.Unmarshal(s.To, &text) == nil {
			return text
		}
	}
	switch {
	case m.Op == fieldsync.OpCreate || m.Name == "report.submit":
		return m.ID
	case strings.HasPrefix(args.Text, "act"):
		return args.Text
	default:
		return m.Call
	}
}

// someReport is one the person sees, or any.
func (p *phone) someReport() string {
	if r := p.r; r.chance(85) {
		if seen := p.dev.List("reports"); len(seen) > 0 {
			if r.hot && r.chance(60) {
				return seen[0].ID
			}
			return seen[r.rng.IntN(len(seen))].ID
		}
	}
	return p.r.anyReport()
}

func (r *run) submit() (fieldsync.Mutation, *act) {
	raw, err := json.Marshal(r.submission())
	if err != nil {
		r.broken("write a submission: %v", err)
	}
	rid := r.newReport()
	r.n++
	return fieldsync.Mutation{Op: fieldsync.OpCall, Coll: "reports", ID: rid, Name: "report.submit", Args: raw},
		&act{n: r.n, kind: "submit", key: rid, id: rid}
}

func (r *run) comment(rid string) (fieldsync.Mutation, *act) {
	r.n++
	a := &act{n: r.n, kind: "comment", key: fmt.Sprintf("act%06d", r.n), id: rid}
	raw, err := json.Marshal(map[string]any{"text": a.key, "audience": r.audience()})
	if err != nil {
		r.broken("write a comment: %v", err)
	}
	m := fieldsync.Mutation{Op: fieldsync.OpCall, Coll: "reports", ID: rid, Name: "report.comment", Args: raw}
	if r.chance(30) {
		a.call = id(fmt.Sprintf("acall%d", 1000000+r.n))
		m.Call = a.call
	}
	return m, a
}

func (r *run) photo(rid string) (fieldsync.Mutation, *act) {
	r.n++
	a := &act{n: r.n, kind: "photo", key: id(fmt.Sprintf("photo%010d", r.n)), id: rid}
	set := map[string]fieldsync.Set{}
	for name, v := range map[string]any{
		"report": rid, "kind": pick(r, "before", "after"), "sha256": fmt.Sprintf("%064x", r.n), "size": 1000 + r.n, "type": "image/jpeg",
	} {
		raw, err := json.Marshal(v)
		if err != nil {
			r.broken("write a photo: %v", err)
		}
		set[name] = fieldsync.Set{To: raw}
	}
	return fieldsync.Mutation{Op: fieldsync.OpCreate, Coll: "media", ID: a.key, Set: set}, a
}

// patch writes a field, or two that belong together, over what the person sees.
func (r *run) patch(p *phone, rid string) (fieldsync.Mutation, *act) {
	r.n++
	a := &act{n: r.n, kind: "patch", key: fmt.Sprintf("act%06d", r.n), id: rid}
	to, err := json.Marshal(a.key)
	if err != nil {
		r.broken("write a patch: %v", err)
	}
	seen, _ := p.dev.View("reports", rid)
	set := map[string]fieldsync.Set{}
	fields := pick(r, []string{"addressNote"}, []string{"addressNote"}, []string{"contactName", "contactPhone"})
	for _, f := range fields {
		set[f] = fieldsync.Set{From: seen.Fields[f], To: to}
	}
	return fieldsync.Mutation{Op: fieldsync.OpPatch, Coll: "reports", ID: rid, Set: set}, a
}

// step1 is a step of a report's life, mostly one that fits.
func (r *run) step1(p *phone) (fieldsync.Mutation, *act) {
	rid := p.someReport()
	seen, _ := p.dev.View("reports", rid)
	name := pick(r, anyCall...)
	if list := fits[string(seen.State())]; len(list) > 0 && !r.chance(15) {
		name = pick(r, list...)
	}
	if name == "report.comment" {
		return r.comment(rid)
	}
	raw, err := json.Marshal(r.arguments(name))
	if err != nil {
		r.broken("write arguments: %v", err)
	}
	r.n++
	a := &act{n: r.n, kind: "move", call: id(fmt.Sprintf("mcall%d", 1000000+r.n)), id: rid}
	a.key = a.call
	return fieldsync.Mutation{Op: fieldsync.OpCall, Coll: "reports", ID: rid, Name: name, Args: raw, Call: a.call}, a
}

// nonsense is a client that is no client of ours: bytes that are no mutation,
// a device that is somebody else's, a cursor that is made up.
func (r *run) nonsense() {
	p := r.phone()
	did := p.dev.ID()
	var body string
	switch r.rng.IntN(5) {
	case 0:
		body = fmt.Sprintf(`{"v":1,"did":"%s","muts":[{"mid":1,"op":7}],"clock":{},"unacked":{}}`, id("stranger"+p.person))
	case 1:
		body = fmt.Sprintf(`{"v":1,"did":"%s","muts":[{"op":"call"}],"clock":{},"unacked":{}}`, id("stranger"+p.person))
	case 2:
		body = fmt.Sprintf(`{"v":1,"did":"%s","muts":[],"clock":{},"unacked":{},"pull":{"v":1,"did":"%[1]s","cur":"AAAAAAAAAAAAAAAAAAAA"}}`, did)
	case 3:
		body = fmt.Sprintf(`{"v":1,"did":"%s","muts":[{"mid":999999,"op":"call","name":"report.take","id":"%s"}],"clock":{},"unacked":{}}`, did, r.anyReport())
	default:
		// An id that is not registered, or that a restored server has forgotten,
		// cannot be known to anybody else.
		other := r.phone().dev.ID()
		if known, err := r.srv.column("SELECT id FROM devices WHERE id = {:id}", dbx.Params{"id": other}); err == nil && len(known) == 1 {
			did = other
		}
		body = fmt.Sprintf(`{"v":1,"did":"%s","muts":[],"clock":{},"unacked":{}}`, did)
	}
	out, err := p.net.exchange(r.ctx, []byte(body))
	r.say("nonsense of %s: %s: %.120q, %v", p.person, body, out, err)
}
