package fieldsync

import (
	"context"
	"fmt"
	"slices"

	"github.com/sestante/sestante/report"
)

// The bounds of a drill-down.
const (
	// Ways is into how many parts a part is split: by the next hexadecimal
	// digit of the first key of the ids (see KeyOf).
	Ways = 16
	// FewIDs is how many records of a part are compared one by one.
	FewIDs = 64

	deepest     = 8       // digits a key has
	maxDigests  = 20_000  // in a request: ten collections in two thousand districts
	maxParts    = 512     // split or listed in a request
	maxElements = 100_000 // listed in a request
	maxNewer    = 2_000   // of one digest; beyond it the device pulls first
)

// A VerifyRequest asks whether what a device holds is what it must hold at its
// cursor, and goes on asking, smaller and smaller parts, until only the
// records that differ are left. A request has any of the three lists.
type VerifyRequest struct {
	V       int        `json:"v"`
	Device  string     `json:"did"`
	Cursor  string     `json:"cur"`             // of the device's last checkpoint
	Digests []Digested `json:"dig,omitempty"`   // what it holds
	Split   []Part     `json:"split,omitempty"` // parts to be split further
	List    []Listing  `json:"list,omitempty"`  // parts whose records are compared
}

// A Part is the records of one collection in one scope whose first key begins
// with the digits of Prefix; an empty prefix is all of them. On the wire it is
// [scope, "collection", "prefix"].
type Part struct {
	Scope  int64
	Coll   string
	Prefix string
}

// MarshalJSON writes the three values.
func (p Part) MarshalJSON() ([]byte, error) {
	return plainTuple(p.Scope, p.Coll, p.Prefix)
}

// UnmarshalJSON reads the three values.
func (p *Part) UnmarshalJSON(raw []byte) error { return tuple(raw, &p.Scope, &p.Coll, &p.Prefix) }

// An Element is one record as a side holds it. On the wire it is
// ["id", version].
type Element struct {
	ID  string
	Ver int64
}

// MarshalJSON writes the two values.
func (e Element) MarshalJSON() ([]byte, error) { return plainTuple(e.ID, e.Ver) }

// UnmarshalJSON reads the two values.
func (e *Element) UnmarshalJSON(raw []byte) error { return tuple(raw, &e.ID, &e.Ver) }

// A Listing is every record a device holds of a part. On the wire it is
// [scope, "collection", "prefix", [elements]].
type Listing struct {
	Part
	Elements []Element
}

// MarshalJSON writes the four values.
func (l Listing) MarshalJSON() ([]byte, error) {
	if l.Elements == nil {
		l.Elements = []Element{}
	}
	return plainTuple(l.Scope, l.Coll, l.Prefix, l.Elements)
}

// UnmarshalJSON reads the four values.
func (l *Listing) UnmarshalJSON(raw []byte) error {
	return tuple(raw, &l.Scope, &l.Coll, &l.Prefix, &l.Elements)
}

// The lines of the answer: a Split for each digest that differs and each part
// that was to be split, then Put and Exit for each record that differs, and a
// Verified at the end.
type (
	// A Split says what each of the sixteen parts of a part holds at the
	// device's cursor, as far as it has not changed since. Newer names, for a
	// whole digest only, the records that have: they are no divergence, and the
	// device leaves them out of what it compares.
	Split struct {
		T     string   `json:"t"` // "split"
		I     int64    `json:"i"`
		C     string   `json:"c"`
		P     string   `json:"p"`
		B     []Digest `json:"b"`
		Newer []string `json:"newer,omitempty"`
	}

	// A Verified ends the answer. OK says that nothing differs in what was asked.
	// Behind says that too much has changed since the cursor to tell: the
	// device pulls and asks again. The three numbers are of the records that
	// were found to differ, and whose lines came before.
	Verified struct {
		T       string `json:"t"` // "vf"
		Seq     int64  `json:"seq"`
		OK      bool   `json:"ok"`
		Behind  bool   `json:"behind,omitempty"`
		Missing int64  `json:"missing"` // the device lacks them
		Extra   int64  `json:"extra"`   // it holds them without right
		Stale   int64  `json:"stale"`   // it holds another version
	}
)

// MarshalJSON writes [n, "sum"].
func (d Digest) MarshalJSON() ([]byte, error) { return plainTuple(d.N, d.String()) }

// UnmarshalJSON reads [n, "sum"].
func (d *Digest) UnmarshalJSON(raw []byte) error {
	var sum string
	err := tuple(raw, &d.N, &sum)
	if err != nil {
		return err
	}
	d.Sum, err = parseSum(sum)
	return err
}

// DecodeVerify reads a request to verify, or fails with ErrBody or ErrTooLarge.
func DecodeVerify(data []byte) (VerifyRequest, error) {
	var req VerifyRequest
	if err := decode(data, &req); err != nil {
		return req, err
	}
	if err := version(req.V, req.Device); err != nil {
		return req, err
	}
	n := 0
	for _, l := range req.List {
		n += len(l.Elements)
		if !validPrefix(l.Prefix) {
			return req, ErrBody.In("list").With("a prefix is at most %d hexadecimal digits", deepest)
		}
	}
	for _, p := range req.Split {
		if len(p.Prefix) == deepest || !validPrefix(p.Prefix) {
			return req, ErrBody.In("split").With("a prefix is less than %d hexadecimal digits", deepest)
		}
	}
	switch {
	case len(req.Digests) > maxDigests:
		return req, ErrTooLarge.In("dig").With("at most %d", maxDigests)
	case len(req.Split) > maxParts:
		return req, ErrTooLarge.In("split").With("at most %d", maxParts)
	case len(req.List) > maxParts || n > maxElements:
		return req, ErrTooLarge.In("list").With("at most %d parts and %d records", maxParts, maxElements)
	}
	// Each part costs a look through it: the same one asked for again and again
	// would be a small request that keeps the server busy for minutes.
	req.Digests = once(req.Digests, func(d Digested) Part { return Part{Scope: d.Scope, Coll: d.Coll} })
	req.Split = once(req.Split, func(p Part) Part { return p })
	req.List = once(req.List, func(l Listing) Part { return l.Part })
	return req, nil
}

// once keeps the first of those that are about the same part.
func once[T any](all []T, of func(T) Part) []T {
	seen := make(map[Part]bool, len(all))
	return slices.DeleteFunc(all, func(one T) bool {
		p := of(one)
		again := seen[p]
		seen[p] = true
		return again
	})
}

func validPrefix(p string) bool {
	for _, c := range []byte(p) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(p) <= deepest
}

// A Replica is what verifying needs of the storage besides a View: the log as
// far as a cursor has seen it.
type Replica interface {
	View
	// Buckets returns what each of the sixteen parts of a part holds, of the
	// records that have not changed since the number upto.
	Buckets(ctx context.Context, p Part, upto int64) ([Ways]Digest, error)
	// Elements returns every record of a part: in the scope now, or gone from it
	// after upto.
	Elements(ctx context.Context, p Part, upto int64) ([]Placed, error)
	// NewerThan returns the ids of a collection that entered, changed in or
	// left a scope after a number, at most limit.
	NewerThan(ctx context.Context, scope int64, coll string, after int64, limit int) ([]string, error)
}

// A Placed is a record as the log has it in a scope.
type Placed struct {
	Element
	Seq int64
	In  bool
}

// A Divergence is what was found to differ in one collection of one scope.
type Divergence struct {
	Scope                 int64
	Coll                  string
	Missing, Extra, Stale int64
}

// Verify answers a request to verify, from one state of the storage, line by
// line, and returns what it found. The errors are ErrCursor, for a cursor that
// is not ours, of another epoch or of a download under way, and emit's own.
func Verify(ctx context.Context, v Replica, who report.PersonID, key []byte, req VerifyRequest, emit func(line any) error) ([]Divergence, error) {
	c, err := newChecker(ctx, v, who, key, req.Cursor, emit)
	if err != nil {
		return nil, err
	}
	if err := c.compare(ctx, req.Digests); err != nil {
		return nil, err
	}
	for _, p := range req.Split {
		if c.shares(p.Scope, p.Coll) && !c.end.Behind {
			if err := c.split(ctx, p, nil); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range req.List {
		if c.shares(l.Scope, l.Coll) && !c.end.Behind {
			if err := c.list(ctx, l); err != nil {
				return nil, err
			}
		}
	}
	if err := c.repair(ctx); err != nil {
		return nil, err
	}
	return c.found, emit(c.end)
}

// checker is one verification under way.
type checker struct {
	v     Replica
	emit  func(line any) error
	upto  int64 // the cursor's number: what is newer is no divergence
	held  map[int64]Scope
	found []Divergence
	fix   []Entry
	sent  map[recordKey]bool
	end   Verified
}

func newChecker(ctx context.Context, v Replica, who report.PersonID, key []byte, sealed string, emit func(line any) error) (*checker, error) {
	cur, err := OpenCursor(key, who, sealed)
	if err != nil {
		return nil, err
	}
	head, err := v.Head(ctx)
	if err != nil {
		return nil, err
	}
	if cur.Epoch != head.Epoch || cur.Seq > head.Seq {
		return nil, ErrCursor.In("cur").With("of another epoch")
	}
	then, err := v.Held(ctx, who, cur.Grants)
	if err != nil {
		return nil, err
	}
	now, err := v.Held(ctx, who, head.Seq)
	if err != nil {
		return nil, err
	}
	c := &checker{v: v, emit: emit, upto: cur.Seq, held: map[int64]Scope{}, sent: map[recordKey]bool{}, end: Verified{T: "vf", Seq: head.Seq, OK: true}}
	for _, s := range now {
		had := slices.ContainsFunc(then, func(t Scope) bool { return t.I == s.I })
		coming := slices.ContainsFunc(cur.Fills, func(f FillState) bool { return f.Scope == s.I })
		wanted := len(cur.Prio) == 0 || slices.Contains(cur.Prio, s.P)
		if had && wanted && !coming {
			c.held[s.I] = s
		}
	}
	return c, nil
}

// shares reports whether the device holds the scope, and the collection reaches
// it there. What a person has lost or gained since the cursor is the next
// pull's.
func (c *checker) shares(scope int64, coll string) bool {
	s, ok := c.held[scope]
	return ok && Projection(coll, ClassOf(s.S).Audience()) != nil
}

// compare holds the device's digests against ours, and splits those that
// differ. What it holds nothing of, it does not name.
func (c *checker) compare(ctx context.Context, theirs []Digested) error {
	if len(theirs) == 0 {
		return nil
	}
	ours, err := digests(ctx, c.v, c.held)
	if err != nil {
		return err
	}
	holds, named := map[Part]Digest{}, map[Part]bool{}
	for _, d := range ours {
		holds[Part{Scope: d.Scope, Coll: d.Coll}] = d.Digest
	}
	for _, d := range theirs {
		named[Part{Scope: d.Scope, Coll: d.Coll}] = true
	}
	for _, d := range ours {
		if !named[Part{Scope: d.Scope, Coll: d.Coll}] {
			theirs = append(theirs, Digested{Scope: d.Scope, Coll: d.Coll})
		}
	}
	for _, d := range theirs {
		if holds[Part{Scope: d.Scope, Coll: d.Coll}] == d.Digest || !c.shares(d.Scope, d.Coll) {
			continue
		}
		newer, err := c.v.NewerThan(ctx, d.Scope, d.Coll, c.upto, maxNewer+1)
		if err != nil {
			return err
		}
		if len(newer) > maxNewer {
			c.end.OK, c.end.Behind = false, true
			return nil
		}
		if err := c.split(ctx, Part{Scope: d.Scope, Coll: d.Coll}, newer); err != nil {
			return err
		}
	}
	return nil
}

// split tells what the sixteen parts of a part hold. Whether that differs is
// the device's to see.
func (c *checker) split(ctx context.Context, p Part, newer []string) error {
	b, err := c.v.Buckets(ctx, p, c.upto)
	if err != nil {
		return fmt.Errorf("split %s: %w", p.Coll, err)
	}
	c.end.OK = false
	return c.emit(Split{T: "split", I: p.Scope, C: p.Coll, P: p.Prefix, B: b[:], Newer: newer})
}

// list compares a part record by record and notes what is to be repaired.
func (c *checker) list(ctx context.Context, l Listing) error {
	ours, err := c.v.Elements(ctx, l.Part, c.upto)
	if err != nil {
		return fmt.Errorf("list %s: %w", l.Coll, err)
	}
	device := make(map[string]int64, len(l.Elements))
	for _, e := range l.Elements {
		device[e.ID] = e.Ver
	}
	d := Divergence{Scope: l.Scope, Coll: l.Coll}
	for _, o := range ours {
		ver, has := device[o.ID]
		delete(device, o.ID)
		switch {
		case o.Seq > c.upto: // it has changed since: the next pull brings that
			continue
		case !has:
			d.Missing++
		case ver != o.Ver:
			d.Stale++
		default:
			continue
		}
		c.note(Entry{Seq: o.Seq, Coll: l.Coll, ID: o.ID, In: true})
	}
	for _, e := range l.Elements {
		if _, left := device[e.ID]; left {
			delete(device, e.ID)
			d.Extra++
			c.note(Entry{Seq: c.upto, Coll: l.Coll, ID: e.ID, Why: Moved})
		}
	}
	if d.Missing+d.Extra+d.Stale == 0 {
		return nil
	}
	c.found = append(c.found, d)
	c.end.OK = false
	c.end.Missing, c.end.Extra, c.end.Stale = c.end.Missing+d.Missing, c.end.Extra+d.Extra, c.end.Stale+d.Stale
	return nil
}

func (c *checker) note(e Entry) {
	if k := (recordKey{e.Coll, e.ID}); !c.sent[k] {
		c.sent[k] = true
		c.fix = append(c.fix, e)
	}
}

// repair sends each record that differs as it is, or takes it away.
func (c *checker) repair(ctx context.Context) error {
	for part := range slices.Chunk(c.fix, batchRows) {
		records, err := c.v.Records(ctx, part, func(coll string, in []int64) ([]int64, Audience) {
			return visibleIn(c.held, coll, in)
		})
		if err != nil {
			return fmt.Errorf("read what differs: %w", err)
		}
		for i, e := range part {
			var line any = exit(e)
			if records[i].Body != nil {
				line = put(e, records[i])
			}
			if err := c.emit(line); err != nil {
				return err
			}
		}
	}
	return nil
}
