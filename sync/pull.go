package fieldsync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/report"
)

// batchRows is how many records are looked up at once. It bounds the memory of
// a pull, not what it sends.
const batchRows = 2000

// Pull sends what changed for a person since the cursor, from one state of the
// storage: emit gets each line in order (see Hi and its neighbours; AppendLine
// writes one). The last line is a Checkpoint, or a Page when there is more. It
// ends early with emit's error, or with ErrCursor.
func Pull(ctx context.Context, v View, who report.PersonID, key []byte, req PullRequest, limits Limits, now time.Time, emit func(line any) error) error {
	limits = limits.Or()
	p := &pull{v: v, who: who, key: key, emit: emit, digest: req.Digest, pageRows: limits.PageRows, left: limits.PullBytes, sent: map[recordKey]bool{}}
	if req.MaxBytes > 0 {
		p.left = min(p.left, req.MaxBytes)
	}
	if err := p.open(ctx, req, now); err != nil {
		return err
	}
	done, err := p.changes(ctx)
	if err == nil && done {
		done, err = p.fills(ctx)
	}
	if err != nil {
		return err
	}
	if !done {
		return p.page()
	}
	return p.checkpoint(ctx, req.Device)
}

type recordKey struct{ coll, id string }

// pull is one pull under way. cur always says exactly what was emitted.
type pull struct {
	v        View
	who      report.PersonID
	key      []byte
	emit     func(line any) error
	digest   bool
	head     Head
	cur      Cursor
	held     map[int64]Scope
	sent     map[recordKey]bool // in this state of the storage once is enough
	pageRows int
	rows     int // since the last page
	left     int64
}

// open finds out where the device stands, says hello and announces what was
// lost and what is gained.
func (p *pull) open(ctx context.Context, req PullRequest, now time.Time) error {
	var err error
	if p.head, err = p.v.Head(ctx); err != nil {
		return err
	}
	prio := slices.Compact(slices.Sorted(slices.Values(req.Prio)))
	hi := Hi{T: "hi", Epoch: p.head.Epoch, Seq: p.head.Seq, Now: now.UTC(), Sc: []Scope{}}
	var old []Scope
	if req.Cursor != "" {
		if p.cur, err = OpenCursor(p.key, p.who, req.Cursor); err != nil {
			return err
		}
	}
	switch {
	case req.Cursor == "":
		hi.Reset = ResetNew
	case p.cur.Epoch != p.head.Epoch, p.cur.Seq > p.head.Seq, p.cur.Grants > p.head.Seq:
		hi.Reset = ResetEpoch
	default:
		if hi.Reset, err = p.behind(ctx, req.Soft); err != nil {
			return err
		}
		if old, err = p.scopes(ctx, p.cur.Grants, p.cur.Prio); err != nil {
			return err
		}
	}
	current, err := p.scopes(ctx, p.head.Seq, prio)
	if err != nil {
		return err
	}
	if hi.Reset != "" && hi.Reset != ResetSoft {
		old = nil
		p.cur = Cursor{Epoch: p.head.Epoch, User: p.who, Seq: p.head.Seq}
	}
	p.cur.Grants, p.cur.Prio = p.head.Seq, prio
	drops, fills, err := p.regrant(ctx, old, current)
	if err != nil {
		return err
	}
	hi.Sc = append(hi.Sc, current...)
	for _, f := range fills {
		hi.Plan.Rows += f.Rows
	}
	if err := p.emit(hi); err != nil {
		return err
	}
	for _, d := range drops {
		if err := p.emit(d); err != nil {
			return err
		}
	}
	for _, f := range fills {
		if err := p.emit(f); err != nil {
			return err
		}
	}
	return nil
}

// behind reports what a device must do whose cursor is below the horizon, so
// that it cannot be told of every exit: one that can verify and repair takes
// the changes and then finds what it holds too much; any other starts anew.
func (p *pull) behind(ctx context.Context, soft bool) (reset string, err error) {
	horizon, err := p.v.Horizon(ctx)
	switch {
	case err != nil || p.cur.Seq >= horizon:
		return "", err
	case soft:
		return ResetSoft, nil
	default:
		return ResetHorizon, nil
	}
}

func (p *pull) scopes(ctx context.Context, at int64, prio []int) ([]Scope, error) {
	all, err := p.v.Held(ctx, p.who, at)
	if err != nil {
		return nil, fmt.Errorf("scopes of person %s: %w", p.who, err)
	}
	out := slices.DeleteFunc(all, func(s Scope) bool { return len(prio) > 0 && !slices.Contains(prio, s.P) })
	slices.SortFunc(out, func(a, b Scope) int {
		if a.P != b.P {
			return a.P - b.P
		}
		return int(a.I - b.I)
	})
	return out, nil
}

// regrant turns the difference between what was held and what is into drops
// and fills. When a scope with a richer audience is lost, what is kept through
// a poorer one is filled again, so that the richer bodies are replaced.
func (p *pull) regrant(ctx context.Context, old, now []Scope) (drops []Drop, fills []Fill, err error) {
	p.held = map[int64]Scope{}
	for _, s := range now {
		p.held[s.I] = s
	}
	had := map[int64]bool{}
	richest := ForReference
	for _, s := range old {
		had[s.I] = true
		if _, still := p.held[s.I]; !still {
			drops = append(drops, Drop{T: "drop", I: s.I, S: s.S})
			richest = max(richest, ClassOf(s.S).Audience())
		}
	}
	p.cur.Fills = slices.DeleteFunc(p.cur.Fills, func(f FillState) bool {
		s, still := p.held[f.Scope]
		return !still || had[f.Scope] && poorer(s, richest) // it is filled from the start below
	})
	for _, s := range now {
		if had[s.I] && !poorer(s, richest) {
			continue
		}
		p.cur.Fills = append(p.cur.Fills, FillState{Scope: s.I, Upto: p.head.Seq, Again: had[s.I]})
	}
	for _, f := range p.cur.Fills {
		n, err := p.v.Count(ctx, Span{Scope: f.Scope, After: f.After, Upto: f.Upto, Live: true})
		if err != nil {
			return nil, nil, err
		}
		fills = append(fills, Fill{T: "fill", I: f.Scope, Upto: f.Upto, Rows: n})
	}
	return drops, fills, nil
}

func poorer(s Scope, than Audience) bool {
	a := ClassOf(s.S).Audience()
	return a != ForReference && a < than
}

// changes sends what happened since the cursor in the scopes that were held
// already; of a scope on its way, what happened since its fill began.
func (p *pull) changes(ctx context.Context) (done bool, err error) {
	for p.cur.Seq < p.head.Seq {
		spans := make([]Span, 0, len(p.held))
		for _, id := range sortedKeys(p.held) {
			after := p.cur.Seq
			// Of a scope the device did not have, what happened before its fill
			// began is in the fill. Of one that is filled again it is not: a
			// fill brings no exits.
			if i := p.fillOf(id); i >= 0 && !p.cur.Fills[i].Again {
				after = max(after, p.cur.Fills[i].Upto)
			}
			spans = append(spans, Span{Scope: id, After: after, Upto: p.head.Seq})
		}
		reached, more, err := p.batch(ctx, spans)
		if err != nil {
			return false, err
		}
		if p.cur.Seq = reached; !more {
			p.cur.Seq = p.head.Seq
			break
		}
		if cut, err := p.pause(); cut || err != nil {
			return false, err
		}
	}
	return true, nil
}

// fills sends the scopes that are on their way, the most urgent first.
func (p *pull) fills(ctx context.Context) (done bool, err error) {
	slices.SortStableFunc(p.cur.Fills, func(a, b FillState) int { return p.held[a.Scope].P - p.held[b.Scope].P })
	for len(p.cur.Fills) > 0 {
		f := &p.cur.Fills[0]
		for more := true; more; {
			if p.left <= 0 {
				return false, nil
			}
			if f.After, more, err = p.batch(ctx, []Span{{Scope: f.Scope, After: f.After, Upto: f.Upto, Live: true}}); err != nil {
				return false, err
			}
			if !more {
				break
			}
			if cut, err := p.pause(); cut || err != nil {
				return false, err
			}
		}
		p.cur.Fills = p.cur.Fills[1:]
	}
	return true, nil
}

func (p *pull) fillOf(scope int64) int {
	return slices.IndexFunc(p.cur.Fills, func(f FillState) bool { return f.Scope == scope })
}

// batch sends the next entries of the spans and returns the number they
// reached and whether there are more. It never ends inside a number: a cursor
// knows no place between two records of the same one.
func (p *pull) batch(ctx context.Context, spans []Span) (reached int64, more bool, err error) {
	entries, err := p.v.Changes(ctx, spans, batchRows+1)
	if err != nil {
		return 0, false, fmt.Errorf("read the log: %w", err)
	}
	if more = len(entries) > batchRows; more {
		last := entries[batchRows].Seq
		whole := slices.IndexFunc(entries, func(e Entry) bool { return e.Seq == last })
		if entries = entries[:whole]; whole == 0 {
			for i := range spans {
				spans[i].Upto = min(spans[i].Upto, last)
			}
			if entries, err = p.v.Changes(ctx, spans, 0); err != nil {
				return 0, false, fmt.Errorf("read the log: %w", err)
			}
		}
	}
	if len(entries) == 0 {
		return 0, false, nil
	}
	return entries[len(entries)-1].Seq, more, p.send(ctx, entries)
}

// send turns entries into lines. Of several entries of one record the first is
// its place, and the last says why it left.
func (p *pull) send(ctx context.Context, entries []Entry) error {
	last := make(map[recordKey]int, len(entries))
	once := entries[:0:0]
	for _, e := range entries {
		k := recordKey{e.Coll, e.ID}
		if i, again := last[k]; again {
			once[i].Why, once[i].In = e.Why, once[i].In && e.In
			once[i].Seq = e.Seq
			continue
		}
		if p.sent[k] {
			continue
		}
		p.sent[k] = true
		last[k] = len(once)
		once = append(once, e)
	}
	records, err := p.v.Records(ctx, once, p.choose)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	for i, e := range once {
		if err := p.line(e, records[i]); err != nil {
			return err
		}
	}
	return nil
}

// choose picks the held scopes among those a record is in, and the richest of
// their audiences.
func (p *pull) choose(coll string, in []int64) (held []int64, richest Audience) {
	return visibleIn(p.held, coll, in)
}

func visibleIn(scopes map[int64]Scope, coll string, in []int64) (held []int64, richest Audience) {
	for _, scope := range in {
		s, ok := scopes[scope]
		if !ok {
			continue
		}
		a := ClassOf(s.S).Audience()
		if Projection(coll, a) == nil {
			continue
		}
		held = append(held, scope)
		richest = max(richest, a)
	}
	return held, richest
}

func (p *pull) line(e Entry, r Record) error {
	p.rows++
	if r.Body == nil {
		p.left -= int64(len(e.ID)) + 60
		return p.emit(exit(e))
	}
	p.left -= int64(len(r.Body)) + 120
	return p.emit(put(e, r))
}

func exit(e Entry) Exit {
	why := e.Why
	if why == "" {
		why = Moved
	}
	return Exit{T: "x", Q: e.Seq, C: e.Coll, I: e.ID, R: why}
}

func put(e Entry, r Record) Put {
	return Put{T: "p", Q: e.Seq, C: e.Coll, I: e.ID, V: r.Ver, M: r.In, H: r.Hash, D: r.Body}
}

// pause writes a resume point when it is time for one. It reports whether the
// response is full.
func (p *pull) pause() (full bool, err error) {
	if p.left <= 0 {
		return true, nil
	}
	if p.rows >= p.pageRows {
		return false, p.page()
	}
	return false, nil
}

func (p *pull) page() error {
	cur, err := p.cur.Seal(p.key)
	if err != nil {
		return err
	}
	n := p.rows
	p.rows = 0
	return p.emit(Page{T: "pg", Cur: cur, N: n})
}

func (p *pull) checkpoint(ctx context.Context, device string) error {
	lmid, err := p.v.LastMid(ctx, device)
	if err != nil {
		return err
	}
	cur, err := p.cur.Seal(p.key)
	if err != nil {
		return err
	}
	cp := Checkpoint{T: "cp", Seq: p.head.Seq, Cur: cur, LMid: lmid}
	if p.digest {
		if cp.Dig, err = digests(ctx, p.v, p.held); err != nil {
			return err
		}
	}
	return p.emit(cp)
}

// digests returns what a person's scopes hold, as far as it is sent to them.
func digests(ctx context.Context, v View, held map[int64]Scope) ([]Digested, error) {
	all, err := v.Digests(ctx, sortedKeys(held))
	if err != nil {
		return nil, fmt.Errorf("read the digests: %w", err)
	}
	return slices.DeleteFunc(all, func(d Digested) bool {
		return Projection(d.Coll, ClassOf(held[d.Scope].S).Audience()) == nil
	}), nil
}

func sortedKeys(m map[int64]Scope) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// ReasonOf returns the reason the log stores as a number.
func ReasonOf(n int) Reason {
	if n < 1 || n > len(Reasons) {
		return ""
	}
	return Reasons[n-1]
}

// ScopeOf returns the scope with that number in the log and that name.
func ScopeOf(id int64, name string) Scope {
	return Scope{I: id, S: name, P: ClassOf(name).Priority()}
}
