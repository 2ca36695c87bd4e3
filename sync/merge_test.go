package fieldsync_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// js is a value as canonical JSON.
func js(t testing.TB, v any) json.RawMessage {
	t.Helper()
	if v == nil {
		return nil
	}
	raw, err := json.Marshal(map[string]any{"v": v})
	if err != nil {
		t.Fatal(err)
	}
	values, err := fieldsync.Values(raw)
	if err != nil {
		t.Fatal(err)
	}
	return values["v"]
}

func short(v fieldsync.Verdict) string {
	return strings.TrimRight(fmt.Sprintf("%s %s %s", v.End, v.Value, v.Lost), " ")
}

// TestPolicies holds each policy against the three ways a patch can meet what
// stands: nobody else was there, somebody did the same, somebody did other.
func TestPolicies(t *testing.T) {
	list := func(s ...string) []string { return append([]string{}, s...) }
	type l = []string
	moves := map[string][]string{"a": {"b", "c"}, "b": {"c"}}
	const before, after = -time.Minute, time.Minute
	tests := []struct {
		policy        fieldsync.Policy
		name          string
		from, to, cur any // from nil: the author did not say what they saw
		last          int64
		lag           time.Duration // of the change that stands, against this one
		want          string
	}{
		{fieldsync.Newest, "untouched", "a", "b", "a", 0, 0, `applied "b"`},
		{fieldsync.Newest, "changed before the author looked", "a", "b", "x", 10, 0, `applied "b"`},
		{fieldsync.Newest, "changed and changed back", "a", "b", "a", 11, after, `applied "b"`},
		{fieldsync.Newest, "both the same", "a", "b", "b", 11, after, `noop`},
		{fieldsync.Newest, "nothing wanted", "a", "a", "a", 0, 0, `noop`},
		{fieldsync.Newest, "concurrent, mine is later", "a", "b", "x", 11, before, `applied "b" "x"`},
		{fieldsync.Newest, "concurrent, theirs is later", "a", "b", "x", 11, after, `conflict  "b"`},
		{fieldsync.Newest, "concurrent, at the same moment", "a", "b", "x", 11, 0, `conflict  "b"`},
		{fieldsync.Newest, "concurrent, nothing said", nil, "b", "a", 11, after, `conflict  "b"`},

		{fieldsync.Server, "untouched", "a", "b", "a", 0, 0, `applied "b"`},
		{fieldsync.Server, "both the same", "a", "b", "b", 11, 0, `noop`},
		{fieldsync.Server, "concurrent, mine is later", "a", "b", "x", 11, before, `conflict  "b"`},
		{fieldsync.Manual, "untouched", "a", "b", "a", 0, 0, `applied "b"`},
		{fieldsync.Manual, "concurrent", "a", "b", "x", 11, before, `conflict  "b"`},

		{fieldsync.Machine, "a legal move", "a", "b", "a", 0, 0, `applied "b"`},
		{fieldsync.Machine, "an illegal move", "b", "a", "b", 0, 0, `conflict  "a"`},
		{fieldsync.Machine, "concurrent, still legal", "a", "c", "b", 11, before, `applied "c" "b"`},
		{fieldsync.Machine, "concurrent, no longer legal", "a", "b", "c", 11, before, `conflict  "b"`},
		{fieldsync.Machine, "both the same", "a", "b", "b", 11, 0, `noop`},

		{fieldsync.SetOf, "untouched", list("a"), list("a", "b"), list("a"), 0, 0, `applied ["a","b"]`},
		{fieldsync.SetOf, "in another order", list("a", "b"), list("b", "a"), list("a", "b"), 0, 0, `noop`},
		{fieldsync.SetOf, "both add", list("a"), list("a", "b"), list("a", "c"), 11, 0, `merged ["a","c","b"]`},
		{fieldsync.SetOf, "both add the same", list("a"), list("a", "b"), list("a", "b"), 11, 0, `noop`},
		{fieldsync.SetOf, "one adds, one takes out", list("a", "b"), list("a"), list("a", "b", "c"), 11, 0, `merged ["a","c"]`},
		{fieldsync.SetOf, "concurrent, nothing said", nil, l{"b"}, l{"a"}, 11, 0, `conflict  ["b"]`},

		{fieldsync.Add, "untouched", 5, 7, 5, 0, 0, `applied 7`},
		{fieldsync.Add, "both add", 5, 7, 6, 11, 0, `merged 8`},
		{fieldsync.Add, "both add the same", 5, 7, 7, 11, 0, `merged 9`},
		{fieldsync.Add, "concurrent, nothing said", nil, 7, 6, 11, 0, `conflict  7`},
		{fieldsync.Max, "untouched", 5, 7, 5, 0, 0, `applied 7`},
		{fieldsync.Max, "never less", 5, 3, 5, 0, 0, `noop`},
		{fieldsync.Max, "concurrent, mine is more", 5, 9, 7, 11, 0, `applied 9`},
		{fieldsync.Max, "concurrent, theirs is more", 5, 7, 9, 11, 0, `noop`},
		{fieldsync.Append, "untouched", list("a"), list("a", "b"), list("a"), 0, 0, `applied ["a","b"]`},
		{fieldsync.Append, "both append", list("a"), list("a", "b"), list("a", "c"), 11, 0, `merged ["a","c","b"]`},
		{fieldsync.Append, "both append the same", list("a"), list("a", "b"), list("a", "b"), 11, 0, `merged ["a","b","b"]`},
		{fieldsync.Append, "concurrent, and no appending", list("a"), list("b"), list("a", "c"), 11, 0, `conflict  ["b"]`},

		{fieldsync.ThreeW, "untouched", "a\nb", "a\nx", "a\nb", 0, 0, `applied "a\nx"`},
		{fieldsync.ThreeW, "other lines", "a\nb\nc", "x\nb\nc", "a\nb\ny", 11, 0, `merged "x\nb\ny"`},
		{fieldsync.ThreeW, "the same lines", "a\nb\nc", "a\nx\nc", "a\ny\nc", 11, 0, `conflict  "a\nx\nc"`},
		{fieldsync.ThreeW, "both the same", "a", "b", "b", 11, 0, `noop`},
		{fieldsync.ThreeW, "concurrent, nothing said", nil, "b", "x", 11, 0, `conflict  "b"`},
	}
	for _, tt := range tests {
		f := fieldsync.Field{Name: "x", Policy: tt.policy, Moves: moves}
		switch tt.policy {
		case fieldsync.SetOf, fieldsync.Append:
			f.Form = fieldsync.JSON
		case fieldsync.Add, fieldsync.Max:
			f.Form = fieldsync.Number
		default:
		}
		e := fieldsync.Edit{
			Field: f, Op: fieldsync.OpPatch, Named: true, From: js(t, tt.from), To: js(t, tt.to), Cur: js(t, tt.cur),
			Last: tt.last, LastAt: noon.Add(tt.lag),
		}
		got := fieldsync.Merge(10, noon, []fieldsync.Edit{e})[0]
		if short(got) != tt.want {
			t.Errorf("%s, %s: Merge() = %s, want %s", tt.policy, tt.name, short(got), tt.want)
		}
	}
}

// TestGuard: the fields of a guard are decided as one.
func TestGuard(t *testing.T) {
	const before, after = -time.Minute, time.Minute
	type field struct {
		from, to, cur string // to "-": the patch leaves it alone
		last          int64
		lag           time.Duration
	}
	tests := []struct {
		name string
		a, b field
		want string
	}{
		{"nobody else was there", field{"a", "x", "a", 0, 0}, field{"b", "y", "b", 0, 0}, `applied "x" | applied "y"`},
		{"one of them, later", field{"a", "x", "q", 11, after}, field{"b", "y", "b", 0, 0}, `conflict  "x" | conflict  "y"`},
		{"one of them, earlier", field{"a", "x", "q", 11, before}, field{"b", "y", "b", 0, 0}, `applied "x" "q" | applied "y"`},
		{"one earlier, one later", field{"a", "x", "q", 11, before}, field{"b", "y", "r", 12, after}, `conflict  "x" | conflict  "y"`},
		{"one the same, one earlier", field{"a", "x", "x", 11, after}, field{"b", "y", "r", 12, before}, `noop | applied "y" "r"`},
		{"one the patch leaves alone", field{"a", "x", "a", 0, 0}, field{"b", "-", "r", 11, before}, `conflict  "x" |`},
		{"one left alone and unchanged", field{"a", "x", "a", 0, 0}, field{"b", "-", "b", 10, before}, `applied "x" |`},
	}
	for _, tt := range tests {
		var edits []fieldsync.Edit
		for i, f := range []field{tt.a, tt.b} {
			e := fieldsync.Edit{
				Field: fieldsync.Field{Name: string(rune('a' + i)), Policy: fieldsync.Newest, Guard: "g"}, Op: fieldsync.OpPatch,
				Cur: js(t, f.cur), Last: f.last, LastAt: noon.Add(f.lag),
			}
			if f.to != "-" {
				e.Named, e.From, e.To = true, js(t, f.from), js(t, f.to)
			}
			edits = append(edits, e)
		}
		got := fieldsync.Merge(10, noon, edits)
		if text := strings.TrimRight(short(got[0])+" | "+short(got[1]), " "); text != tt.want {
			t.Errorf("%s: Merge() = %s, want %s", tt.name, text, tt.want)
		}
	}
}

func TestDeltas(t *testing.T) {
	number := fieldsync.Field{Name: "n", Form: fieldsync.Number, Policy: fieldsync.Add}
	set := fieldsync.Field{Name: "s", Form: fieldsync.JSON, Policy: fieldsync.SetOf, Limit: 20}
	for _, tt := range []struct {
		name string
		e    fieldsync.Edit
		want string
	}{
		{"add", fieldsync.Edit{Field: number, Op: fieldsync.OpAdd, By: -2, Cur: js(t, 13), Last: 99}, "applied 11"},
		{"add nothing", fieldsync.Edit{Field: number, Op: fieldsync.OpAdd, Cur: js(t, 13)}, "noop"},
		{"add to nothing", fieldsync.Edit{Field: number, Op: fieldsync.OpAdd, By: 0.5}, "applied 0.5"},
		{"put in", fieldsync.Edit{Field: set, Op: fieldsync.OpSets, Plus: []json.RawMessage{js(t, "b")}, Cur: js(t, []string{"a"}), Last: 99}, `applied ["a","b"]`},
		{"put in again", fieldsync.Edit{Field: set, Op: fieldsync.OpSets, Plus: []json.RawMessage{js(t, "a")}, Cur: js(t, []string{"a"})}, "noop"},
		{"take out", fieldsync.Edit{Field: set, Op: fieldsync.OpSets, Minus: []json.RawMessage{js(t, "a")}, Cur: js(t, []string{"a", "b"})}, `applied ["b"]`},
		{"take out what is gone", fieldsync.Edit{Field: set, Op: fieldsync.OpSets, Minus: []json.RawMessage{js(t, "x")}, Cur: js(t, []string{"a"})}, "noop"},
		{"more than fits", fieldsync.Edit{Field: set, Op: fieldsync.OpSets, Plus: []json.RawMessage{js(t, strings.Repeat("b", 20))}, Cur: js(t, []string{"a"})}, `conflict  ["bbbbbbbbbbbbbbbbbbbb"]`},
	} {
		tt.e.Named = true
		if got := short(fieldsync.Merge(10, noon, []fieldsync.Edit{tt.e})[0]); got != tt.want {
			t.Errorf("%s: Merge() = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestEditsRefused(t *testing.T) {
	p := fieldsync.Patched{Name: "things", Fields: []fieldsync.Field{
		{Name: "word", Limit: 5},
		{Name: "lang", OneOf: []string{"it", "en"}},
		{Name: "state", OneOf: []string{"on", "off"}, Must: true},
		{Name: "n", Form: fieldsync.Number, Policy: fieldsync.Add},
		{Name: "yes", Form: fieldsync.Bool},
		{Name: "tags", Form: fieldsync.JSON, Policy: fieldsync.SetOf, Limit: 10},
	}}
	for _, tt := range []struct {
		mutation string
		want     *fault.Error
		field    string
	}{
		{`{"op":"patch","set":{"word":{"t":"hello"}}}`, nil, ""},
		{`{"op":"patch","set":{"word":{"t":"perchè"}}}`, fieldsync.ErrValue, "set.word"},
		{`{"op":"patch","set":{"word":{"t":"pérch"}}}`, nil, ""},
		{`{"op":"patch","set":{"word":{"f":"longer than now allowed","t":null}}}`, nil, ""},
		{`{"op":"patch","set":{"word":{"t":7}}}`, fieldsync.ErrValue, "set.word"},
		{`{"op":"patch","set":{"lang":{"t":"fr"}}}`, fieldsync.ErrValue, "set.lang"},
		{`{"op":"patch","set":{"lang":{"t":""}}}`, nil, ""},
		{`{"op":"patch","set":{"state":{"t":""}}}`, fieldsync.ErrValue, "set.state"},
		{`{"op":"patch","set":{"yes":{"t":"true"}}}`, fieldsync.ErrValue, "set.yes"},
		{`{"op":"patch","set":{"n":{"t":"1"}}}`, fieldsync.ErrValue, "set.n"},
		{`{"op":"patch","set":{"tags":{"t":{}}}}`, fieldsync.ErrValue, "set.tags"},
		{`{"op":"patch","set":{"tags":{"t":["aaaaaaaaaa"]}}}`, fieldsync.ErrValue, "set.tags"},
		{`{"op":"patch","set":{"owner":{"t":"me"}}}`, fieldsync.ErrField, "set.owner"},
		{`{"op":"add","f":"n","by":2}`, nil, ""},
		{`{"op":"add","f":"word","by":2}`, fieldsync.ErrField, "f"},
		{`{"op":"sets","f":"tags","add":["a"]}`, nil, ""},
		{`{"op":"sets","f":"n","add":["a"]}`, fieldsync.ErrField, "f"},
		{`{"op":"call"}`, fieldsync.ErrOp, "op"},
	} {
		var m fieldsync.Mutation
		if err := json.Unmarshal([]byte(tt.mutation), &m); err != nil {
			t.Fatal(err)
		}
		_, err := fieldsync.Edits(p, m)
		if tt.want == nil && err != nil || tt.want != nil && (!errors.Is(err, tt.want) || fault.Of(err).Field != tt.field) {
			t.Errorf("Edits(%s) = %v, want %v at %q", tt.mutation, err, tt.want, tt.field)
		}
	}
}

// TestPatchable looks at the table itself.
func TestPatchable(t *testing.T) {
	for _, p := range fieldsync.Patchable {
		for _, f := range p.Fields {
			numeric := f.Policy == fieldsync.Add || f.Policy == fieldsync.Max
			array := f.Policy == fieldsync.SetOf || f.Policy == fieldsync.Append
			switch {
			case f.Policy == "" || f.Right == "":
				t.Errorf("%s.%s has no policy or no right", p.Name, f.Name)
			case numeric && f.Form != fieldsync.Number, array && f.Form != fieldsync.JSON, f.Policy == fieldsync.ThreeW && f.Form != fieldsync.Text:
				t.Errorf("%s.%s: policy %s of form %d", p.Name, f.Name, f.Policy, f.Form)
			case (f.Policy == fieldsync.Machine) != (f.Moves != nil):
				t.Errorf("%s.%s: a machine has moves, and nothing else has", p.Name, f.Name)
			case f.Policy == fieldsync.Manual:
				t.Errorf("%s.%s is decided by hand: its conflicts must raise a flag on the record first, and none does", p.Name, f.Name)
			case f.Guard != "" && !slices.Contains([]fieldsync.Policy{fieldsync.Newest, fieldsync.Server, fieldsync.Manual}, f.Policy):
				t.Errorf("%s.%s: a guard cannot be decided by %s", p.Name, f.Name, f.Policy)
			}
			for _, g := range p.Together(f) {
				if g.Policy != f.Policy || g.Right != f.Right {
					t.Errorf("%s.%s and %s are one guard and differ", p.Name, f.Name, g.Name)
				}
			}
		}
	}
}

// A small record of every policy, for the laws.
var lawFields = []fieldsync.Field{
	{Name: "newest", Policy: fieldsync.Newest},
	{Name: "server", Policy: fieldsync.Server},
	{Name: "text", Policy: fieldsync.ThreeW, Limit: 1000},
	{Name: "set", Form: fieldsync.JSON, Policy: fieldsync.SetOf, Limit: 1000},
	{Name: "max", Form: fieldsync.Number, Policy: fieldsync.Max},
	{Name: "add", Form: fieldsync.Number, Policy: fieldsync.Add},
	{Name: "g1", Policy: fieldsync.Newest, Guard: "g"},
	{Name: "g2", Policy: fieldsync.Newest, Guard: "g"},
}

type standing struct {
	value json.RawMessage
	seq   int64
	at    time.Time
}

// lawPatch carries a patch out on a record in memory.
func lawPatch(t testing.TB, rec map[string]standing, set map[string]fieldsync.Set, base, seq int64, at time.Time) map[string]standing {
	t.Helper()
	p := fieldsync.Patched{Name: "law", Fields: lawFields}
	edits, err := fieldsync.Edits(p, fieldsync.Mutation{Op: fieldsync.OpPatch, Set: set})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range edits {
		s := rec[e.Field.Name]
		edits[i] = e.Standing(s.value)
		edits[i].Last, edits[i].LastAt = s.seq, s.at
	}
	out := maps.Clone(rec)
	for i, v := range fieldsync.Merge(base, at, edits) {
		if v.Value != nil {
			out[edits[i].Field.Name] = standing{v.Value, seq, at}
		}
	}
	return out
}

func values(rec map[string]standing) string {
	var out []string
	for _, f := range lawFields {
		out = append(out, f.Name+"="+string(rec[f.Name].value))
	}
	return strings.Join(out, " ")
}

// FuzzMergeLaws: patches of different fields commute, and a patch that comes
// twice has one effect (but for a counter, whose number says so: the inbox
// sees to it that it comes once).
func FuzzMergeLaws(f *testing.F) {
	f.Add("a", "b", int64(1), uint8(3), uint8(12), int64(5), int64(2))
	f.Add("one\ntwo", "one\nthree\n", int64(-7), uint8(255), uint8(0), int64(20), int64(-9))
	f.Fuzz(func(t *testing.T, x, y string, n int64, split, mask uint8, base, lag int64) {
		if len(x) > 100 || len(y) > 100 {
			return
		}
		value := func(name, s string, n int64) any {
			switch name {
			case "set":
				return []string{s, fmt.Sprint(n % 3)}
			case "max", "add":
				return n % 1000
			default:
				return s
			}
		}
		rec := map[string]standing{}
		one, two := map[string]fieldsync.Set{}, map[string]fieldsync.Set{}
		for i, lf := range lawFields {
			if mask>>i&1 == 1 { // changed by somebody after the base, or before it
				rec[lf.Name] = standing{js(t, value(lf.Name, y, n+1)), base + lag%3, noon.Add(time.Duration(lag%5) * time.Minute)}
			}
			into := one
			if split>>i&1 == 1 || lf.Guard != "" {
				into = two
			}
			into[lf.Name] = fieldsync.Set{From: js(t, value(lf.Name, "", n+1)), To: js(t, value(lf.Name, x, n))}
		}
		ab := lawPatch(t, lawPatch(t, rec, one, base, base+10, noon), two, base, base+11, noon)
		ba := lawPatch(t, lawPatch(t, rec, two, base, base+10, noon), one, base, base+11, noon)
		if values(ab) != values(ba) {
			t.Errorf("one then two: %s\ntwo then one: %s", values(ab), values(ba))
		}
		delete(one, "add")
		once := lawPatch(t, rec, one, base, base+10, noon)
		twice := lawPatch(t, once, one, base, base+11, noon)
		if values(once) != values(twice) {
			t.Errorf("once: %s\ntwice: %s", values(once), values(twice))
		}
	})
}

func FuzzText3(f *testing.F) {
	f.Add("a\nb\nc", "a\nx\nc", "a\nb\nc\nd")
	f.Fuzz(func(t *testing.T, base, mine, theirs string) {
		if len(base)+len(mine)+len(theirs) > 500 {
			return
		}
		field := fieldsync.Field{Name: "x", Policy: fieldsync.ThreeW, Limit: 10000}
		merge := func(from, to, cur string) fieldsync.Verdict {
			e := fieldsync.Edit{Field: field, Op: fieldsync.OpPatch, Named: true, From: js(t, from), To: js(t, to), Cur: js(t, cur), Last: 11}
			return fieldsync.Merge(10, noon, []fieldsync.Edit{e})[0]
		}
		there, back := merge(base, mine, theirs), merge(base, theirs, mine)
		if there.End == fieldsync.FieldMerged && back.End == fieldsync.FieldMerged && string(there.Value) != string(back.Value) {
			t.Errorf("%q with %q over %q = %s, and the other way round %s", mine, theirs, base, there.Value, back.Value)
		}
		if (there.End == fieldsync.FieldConflict) != (back.End == fieldsync.FieldConflict) {
			t.Errorf("%q with %q over %q = %s, and the other way round %s", mine, theirs, base, there.End, back.End)
		}
	})
}
