package fieldsync

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Values reads a JSON object into the canonical form of each of its fields.
func Values(body []byte) (map[string]json.RawMessage, error) {
	v, err := decodeAny(body)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("read %.20q: it is no object", body)
	}
	out := make(map[string]json.RawMessage, len(fields))
	for name, value := range fields {
		if out[name], err = appendValue(nil, value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Edits reads what a patch, an add or a sets wants of a record, with every
// other field of the guards it touches. The errors are ErrField for a field
// that no device may patch and ErrValue for a value that does not fit; both
// name the field. What stands is to be filled in by whoever can read it.
func Edits(p Patched, m Mutation) ([]Edit, error) {
	switch m.Op {
	case OpAdd, OpSets:
		e, err := deltaOf(p, m)
		return []Edit{e}, err
	case OpPatch:
		return patchOf(p, m.Set)
	default:
		return nil, ErrOp.In("op").With("%.40s", m.Op)
	}
}

func patchOf(p Patched, set map[string]Set) ([]Edit, error) {
	for name := range set {
		if _, ok := p.Field(name); !ok {
			return nil, ErrField.In(fmt.Sprintf("set.%.40s", name))
		}
	}
	var out []Edit
	for _, f := range p.Fields {
		want, named := set[f.Name]
		if !named {
			for _, g := range p.Together(f) {
				if _, touched := set[g.Name]; touched {
					out = append(out, Edit{Field: f, Op: OpPatch})
					break
				}
			}
			continue
		}
		e := Edit{Field: f, Op: OpPatch, Named: true}
		var err error
		if e.To, err = f.value(want.To); err != nil {
			return nil, err
		}
		// What the author saw need only be comparable: an old value may break
		// a newer rule, and is then as good as unknown.
		if e.From, err = f.value(want.From); err != nil || want.From == nil {
			e.From = nil
		}
		out = append(out, e)
	}
	return out, nil
}

func deltaOf(p Patched, m Mutation) (Edit, error) {
	f, ok := p.Field(m.Field)
	counts, holds := ok && f.Policy == Add, ok && f.Policy == SetOf
	if m.Op == OpAdd && !counts || m.Op == OpSets && !holds {
		return Edit{}, ErrField.In("f").With("%.40s", m.Field)
	}
	e := Edit{Field: f, Op: m.Op, Named: true, By: m.By}
	var err error
	if e.Plus, err = members("add", m.Plus); err != nil {
		return e, err
	}
	e.Minus, err = members("rem", m.Minus)
	return e, err
}

func members(name string, in []json.RawMessage) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(in))
	for i, v := range in {
		canonical, err := canonicalValue(v)
		if err != nil {
			return nil, ErrValue.In(fmt.Sprintf("%s[%d]", name, i))
		}
		out[i] = canonical
	}
	return out, nil
}

func canonicalValue(v json.RawMessage) (json.RawMessage, error) {
	decoded, err := decodeAny(v)
	if err != nil {
		return nil, err
	}
	return appendValue(nil, decoded)
}

// value checks a value and returns its canonical form. What is absent or null
// is the empty value of the field.
func (f Field) value(v json.RawMessage) (json.RawMessage, error) {
	bad := func(format string, args ...any) (json.RawMessage, error) {
		return nil, ErrValue.In("set."+f.Name).With(format, args...)
	}
	if v == nil || string(v) == "null" || f.Form == Text && string(v) == `""` {
		if f.Must {
			return bad("it is never empty")
		}
		return f.empty(), nil
	}
	out, err := canonicalValue(v)
	if err != nil {
		return bad("it cannot be read")
	}
	limit := f.limit()
	switch f.Form {
	case Number:
		if !isKind[float64](out) {
			return bad("a number")
		}
	case Bool:
		if !isKind[bool](out) {
			return bad("true or false")
		}
	case JSON:
		if len(out) > limit {
			return bad("at most %d bytes", limit)
		}
		if (f.Policy == SetOf || f.Policy == Append) && !isKind[[]json.RawMessage](out) {
			return bad("an array")
		}
	default:
		if !isKind[string](out) {
			return bad("a text")
		}
		if s := text(out); utf8.RuneCountInString(s) > limit {
			return bad("at most %d characters", limit)
		} else if f.OneOf != nil && !slices.Contains(f.OneOf, s) {
			return bad("one of %v", f.OneOf)
		}
	}
	return out, nil
}

func (f Field) limit() int {
	if f.Limit == 0 {
		return 200
	}
	return f.Limit
}

// fits reports whether a merged value is still within the limit.
func (f Field) fits(v json.RawMessage) bool {
	switch f.Form {
	case JSON:
		return len(v) <= f.limit()
	case Text:
		return utf8.RuneCountInString(text(v)) <= f.limit()
	default:
		return true
	}
}

func isKind[T any](v json.RawMessage) bool {
	var t T
	return json.Unmarshal(v, &t) == nil
}

// empty is the value of a field that holds nothing.
func (f Field) empty() json.RawMessage {
	switch {
	case f.Form == Number:
		return json.RawMessage("0")
	case f.Form == Bool:
		return json.RawMessage("false")
	case f.Form == JSON && (f.Policy == SetOf || f.Policy == Append):
		return json.RawMessage("[]")
	case f.Form == JSON:
		return json.RawMessage("null")
	default:
		return json.RawMessage(`""`)
	}
}

// Standing fills in what stands in the field of an edit. What was written by
// another hand and has not the form of the field counts as empty.
func (e Edit) Standing(v json.RawMessage) Edit {
	free := e.Field
	free.OneOf, free.Must, free.Limit = nil, false, 1<<30
	cur, err := free.value(v)
	if err != nil {
		cur = free.empty()
	}
	e.Cur = cur
	return e
}
