package fieldsync

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// An Edit is one field before a patch: what the author saw and wants, and what
// stands. Values are canonical JSON (RFC 8785).
type Edit struct {
	Field Field
	// Named is false for a field of the same guard that the patch leaves alone.
	Named bool
	From  json.RawMessage // what the author saw; nil: they did not say
	To    json.RawMessage // what they want; of a patch
	By    float64         // what they add to a number; of an add
	Plus  []json.RawMessage
	Minus []json.RawMessage // what they add to an array and take out of it; of a sets
	Op    string            // OpPatch, OpAdd or OpSets

	Cur    json.RawMessage // what stands
	Last   int64           // the number of the log at which it last changed; 0: never since it was made
	LastAt time.Time       // when that happened
}

// A FieldEnd says how one field of a patch ended.
type FieldEnd string

// The ends of a field.
const (
	FieldApplied  FieldEnd = "applied"  // what was wanted stands
	FieldMerged   FieldEnd = "merged"   // both changes stand
	FieldNoop     FieldEnd = "noop"     // it was so already
	FieldConflict FieldEnd = "conflict" // what stood stands; what was wanted is kept
)

// A Verdict is what becomes of one field.
type Verdict struct {
	End   FieldEnd
	Value json.RawMessage // to write; nil: nothing
	// Lost is the value that somebody wanted and that does not stand; nil: none.
	// It is the author's when End is FieldConflict, else what stood before.
	Lost json.RawMessage
}

// Merge decides a patch whose author saw the state at number base, and which
// happened at at: field by field, the fields of one guard together. The
// verdicts are in the order of the edits; that of a field that is not Named is
// empty. A patch made twice from the same state has one effect: what it wants
// stands already.
func Merge(base int64, at time.Time, edits []Edit) []Verdict {
	out := make([]Verdict, len(edits))
	for i, e := range edits {
		if e.Field.Guard == "" {
			out[i] = decide(base, at, e)
			continue
		}
		if slices.IndexFunc(edits, func(o Edit) bool { return o.Field.Guard == e.Field.Guard }) == i {
			guard(base, at, e.Field.Guard, edits, out)
		}
	}
	return out
}

// concurrent reports whether somebody changed the field since its author
// looked, to something else than they saw.
func (e Edit) concurrent(base int64) bool {
	if e.Last <= base {
		return false
	}
	return !e.Named || e.From == nil || !e.same(e.From, e.Cur)
}

// same compares two values of the field: of a set, without order.
func (e Edit) same(a, b json.RawMessage) bool {
	if e.Field.Policy != SetOf {
		return bytes.Equal(a, b)
	}
	x, y := array(a), array(b)
	return len(without(x, y)) == 0 && len(without(y, x)) == 0
}

// decide is the rule for a field that stands alone.
func decide(base int64, at time.Time, e Edit) Verdict {
	if e.Op == OpAdd || e.Op == OpSets {
		return e.delta()
	}
	if !e.concurrent(base) {
		return e.take()
	}
	if v, ok := e.both(); ok {
		return v
	}
	if e.same(e.To, e.Cur) {
		return Verdict{End: FieldNoop}
	}
	if e.Field.Policy == Newest && at.After(e.LastAt) {
		return Verdict{End: FieldApplied, Value: e.To, Lost: e.Cur}
	}
	return Verdict{End: FieldConflict, Lost: e.To}
}

// take writes what the author wants: nobody else changed it. What a policy
// forbids even then, it forbids.
func (e Edit) take() Verdict {
	switch {
	case e.same(e.To, e.Cur):
		return Verdict{End: FieldNoop}
	case e.Field.Policy == Machine && !e.legal():
		return Verdict{End: FieldConflict, Lost: e.To}
	case e.Field.Policy == Max && number(e.To) < number(e.Cur):
		return Verdict{End: FieldNoop}
	default:
		return Verdict{End: FieldApplied, Value: e.To}
	}
}

func (e Edit) legal() bool { return slices.Contains(e.Field.Moves[text(e.Cur)], text(e.To)) }

// both merges two changes where the policy knows how, and reports whether it
// does.
func (e Edit) both() (Verdict, bool) {
	switch e.Field.Policy {
	case Machine:
		if e.same(e.To, e.Cur) || !e.legal() {
			return Verdict{}, false
		}
		return Verdict{End: FieldApplied, Value: e.To, Lost: e.Cur}, true
	case Max:
		if number(e.To) <= number(e.Cur) {
			return Verdict{End: FieldNoop}, true
		}
		return Verdict{End: FieldApplied, Value: e.To}, true
	case Add:
		if e.From == nil {
			return Verdict{}, false
		}
		return e.merged(numeral(number(e.Cur) + number(e.To) - number(e.From))), true
	case SetOf:
		if e.From == nil {
			return Verdict{}, false
		}
		from, to := array(e.From), array(e.To)
		return e.merged(list(without(append(array(e.Cur), without(to, from)...), without(from, to)))), true
	case Append:
		from, to := array(e.From), array(e.To)
		if e.From == nil || len(to) < len(from) || !slices.EqualFunc(from, to[:len(from)], equal) {
			return Verdict{}, false
		}
		return e.merged(json.RawMessage("[" + string(bytes.Join(append(raw(array(e.Cur)), raw(to[len(from):])...), []byte(","))) + "]")), true
	case ThreeW:
		if e.From == nil {
			return Verdict{}, false
		}
		merged, ok := text3(text(e.From), text(e.To), text(e.Cur))
		if !ok {
			return Verdict{}, false
		}
		return e.merged(appendText(nil, merged)), true
	default:
		return Verdict{}, false
	}
}

func (e Edit) merged(v json.RawMessage) Verdict {
	switch {
	case e.same(v, e.Cur):
		return Verdict{End: FieldNoop}
	case !e.Field.fits(v):
		return Verdict{End: FieldConflict, Lost: e.To}
	default:
		return Verdict{End: FieldMerged, Value: v}
	}
}

// delta carries out an add or a sets: they commute with every other.
func (e Edit) delta() Verdict {
	v := numeral(number(e.Cur) + e.By)
	if e.Op == OpSets {
		v = list(without(append(array(e.Cur), e.Plus...), e.Minus))
	}
	switch {
	case e.same(v, e.Cur):
		return Verdict{End: FieldNoop}
	case !e.Field.fits(v):
		return Verdict{End: FieldConflict, Lost: list(e.Plus)}
	default:
		return Verdict{End: FieldApplied, Value: v}
	}
}

// guard decides the fields of one guard as one: if any of them conflicts, all
// do. The later of the two changes can win whole only when it speaks of every
// field the other one changed; else the record would be half of each.
func guard(base int64, at time.Time, name string, edits []Edit, out []Verdict) {
	clash, blind := false, false
	var latest time.Time
	for _, e := range edits {
		if e.Field.Guard != name || !e.concurrent(base) || e.Named && e.same(e.To, e.Cur) {
			continue
		}
		clash, blind = true, blind || !e.Named
		if e.LastAt.After(latest) {
			latest = e.LastAt
		}
	}
	for i, e := range edits {
		if e.Field.Guard != name || !e.Named {
			continue
		}
		out[i] = e.take()
		switch {
		case !clash || out[i].End == FieldNoop:
		case e.Field.Policy == Newest && !blind && at.After(latest):
			if e.concurrent(base) {
				out[i].Lost = e.Cur
			}
		default:
			out[i] = Verdict{End: FieldConflict, Lost: e.To}
		}
	}
}

// The readers of canonical values. Whoever checked a patch has seen to it that
// a value has the form of its field; what stands may be empty.

func text(v json.RawMessage) string {
	var s string
	_ = json.Unmarshal(v, &s)
	return s
}

func number(v json.RawMessage) float64 {
	var f float64
	_ = json.Unmarshal(v, &f)
	return f
}

func numeral(f float64) json.RawMessage {
	v, err := appendValue(nil, json.Number(jsonFloat(f)))
	if err != nil {
		return json.RawMessage("0")
	}
	return v
}

func jsonFloat(f float64) string {
	b, err := json.Marshal(f)
	if err != nil {
		return "0" // beyond what a double holds
	}
	return string(b)
}

func array(v json.RawMessage) []json.RawMessage {
	var out []json.RawMessage
	_ = json.Unmarshal(v, &out)
	return out
}

func raw(in []json.RawMessage) [][]byte {
	out := make([][]byte, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

func equal(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// without returns the members of a that are not in b, in their order.
func without(a, b []json.RawMessage) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(a))
	for _, v := range a {
		if !slices.ContainsFunc(b, func(o json.RawMessage) bool { return equal(v, o) }) {
			out = append(out, v)
		}
	}
	return out
}

// list writes a set: each member once, where it came first.
func list(in []json.RawMessage) json.RawMessage {
	var out []json.RawMessage
	for _, v := range in {
		if !slices.ContainsFunc(out, func(o json.RawMessage) bool { return equal(v, o) }) {
			out = append(out, v)
		}
	}
	return json.RawMessage("[" + string(bytes.Join(raw(out), []byte(","))) + "]")
}
