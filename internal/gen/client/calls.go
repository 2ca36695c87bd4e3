package client

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/report"
)

// A Shape is what a call takes: the type of its arguments, and the smallest
// arguments that its decoder accepts. A key of Least is required; the drift
// test proves that for each of them.
type Shape struct {
	Args  any
	Least string
}

// Shapes says what each call takes, by the action's name. A call that is not
// here takes a note.
var Shapes = map[report.Action]Shape{
	report.Submit:        {report.SubmitArgs{}, `{}`},
	report.Dispatch:      {report.DispatchArgs{}, `{}`},
	report.Transfer:      {report.TransferArgs{}, `{"reason":"r"}`},
	report.Bounce:        {report.BounceArgs{}, `{"reason":"r"}`},
	report.Program:       {report.PlanArgs{}, `{"plannedCloseDate":"2026-01-02"}`},
	report.Reprogram:     {report.PlanArgs{}, `{"plannedCloseDate":"2026-01-02","reason":"r"}`},
	report.Suspend:       {report.SuspendArgs{}, `{"reason":"materials","expectedResume":"2026-01-02T00:00:00Z"}`},
	report.Resolve:       {report.ResolveArgs{}, `{"outcome":"fixed"}`},
	report.VerifyOK:      {report.VerifyArgs{}, `{"ok":true}`},
	report.Reopen:        {report.ReasonArgs{}, `{"reason":"r"}`},
	report.Reject:        {report.RejectArgs{}, `{"code":"invalid","text":"t"}`},
	report.LinkDuplicate: {report.LinkArgs{}, `{"master":"aaaaaaaaaaaaaaa"}`},
	report.Cancel:        {report.CancelArgs{}, `{}`},
	report.Comment:       {report.CommentArgs{}, `{"text":"t"}`},
	report.Photo:         {report.PhotoArgs{}, `{"media":"aaaaaaaaaaaaaaa","kind":"before"}`},
	report.Relocate:      {report.RelocateArgs{}, `{}`},
	report.Reroute:       {report.RerouteArgs{}, `{"run":"aaaaaaaaaaaaaaa"}`},
	report.Recategorise:  {report.RecategoriseArgs{}, `{}`},
	report.Reprioritise:  {report.ReprioritiseArgs{}, `{"priority":1}`},
	report.Reassign:      {report.ReassignArgs{}, `{"assignee":"aaaaaaaaaaaaaaa"}`},
	report.Escalate:      {report.EscalateArgs{}, `{"kind":"functional","reason":"r"}`},
	report.Interest:      {report.NoArgs{}, `{}`},
}

// Optional are keys that Least has only because something must be said: one of
// several would do.
var Optional = map[report.Action][]string{
	report.Comment: {"text"},
}

// Words are the arguments that take one word of a list, by type and key.
var Words = map[string][]string{
	"SubmitArgs.kind": report.Kinds, "SubmitArgs.channel": report.Channels, "SubmitArgs.contactLanguage": {"it", "en"},
	"SubmitArgs.pointSource": pointSources, "RelocateArgs.pointSource": pointSources,
	"SuspendArgs.reason": report.SuspendReasons, "ResolveArgs.outcome": report.Outcomes,
	"RejectArgs.code": report.RejectCodes, "CancelArgs.code": report.CancelCodes,
	"CommentArgs.audience": {report.ToInternal, report.ToReporter, report.ToPublic, report.ToPartner},
	"PhotoArgs.kind":       {report.PhotoBefore, report.PhotoAfter, report.PhotoDoc},
	"EscalateArgs.kind":    {report.Hierarchical, report.Functional},
}

var pointSources = []string{
	string(report.FromGPS), string(report.FromEXIF), string(report.FromPin), string(report.FromAddress), string(report.FromSite),
}

// ShapeOf returns what the call of an action takes.
func ShapeOf(do report.Action) Shape {
	if s, ok := Shapes[do]; ok {
		return s
	}
	return Shape{report.NoteArgs{}, `{}`}
}

// Called returns the action that stands for each call, in the order of a
// report's life.
func Called() []report.Naming {
	var out []report.Naming
	for _, n := range report.Actions {
		if n.Call != "" && !slices.ContainsFunc(out, func(o report.Naming) bool { return o.Call == n.Call }) {
			out = append(out, n)
		}
	}
	return out
}

func callsFile() ([]byte, error) {
	p := newPage()
	p.line("/** Where a report stands; '' is before it is submitted. */")
	p.line("export type State = '' | %s;", union(report.States))
	p.line("")
	p.line("/** The hat a person wears. */")
	p.line("export type Role = %s;", union(report.Roles))
	p.line("")
	p.line("/** A place on WGS84, in degrees. */")
	p.line("export interface Point {\n  lon: number;\n  lat: number;\n}")
	p.line("")
	p.line("/** The arguments of every call, by its name. */")
	p.line("export interface CallArgs {")
	for _, n := range Called() {
		if err := writeArgs(p, n); err != nil {
			return nil, err
		}
	}
	p.line("}")
	p.line("")
	p.line("/** The name of a call. */")
	p.line("export type CallName = keyof CallArgs;")
	writeMoves(p)
	return p.Bytes(), nil
}

// writeArgs writes the member of CallArgs for one call.
func writeArgs(p *page, n report.Naming) error {
	shape := ShapeOf(n.Do)
	t := reflect.TypeOf(shape.Args)
	p.line("  /** %s. %s */", n.Label.English, strings.Join(offline(n.Call), " "))
	if t.NumField() == 0 {
		p.line("  %s: Record<string, never>;", literal(n.Call))
		return nil
	}
	p.line("  %s: {", literal(n.Call))
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind, err := typeOf(t.Name(), name, f.Type)
		if err != nil {
			return err
		}
		mark := "?"
		if strings.Contains(shape.Least, `"`+name+`":`) && !slices.Contains(Optional[n.Do], name) {
			mark = ""
		}
		p.line("    %s%s: %s;", name, mark, kind)
	}
	p.line("  };")
	return nil
}

func offline(call string) []string {
	for _, n := range report.Actions {
		for _, t := range report.Transitions {
			if n.Call == call && t.Do == n.Do && t.Offline {
				return []string{"Made to be queued without network."}
			}
		}
	}
	return []string{"Best made with a network."}
}

// typeOf returns the TypeScript type of an argument.
func typeOf(args, name string, t reflect.Type) (string, error) {
	if words := Words[args+"."+name]; words != nil {
		return union(words), nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[report.Point]():
		return "Point", nil
	case t == reflect.TypeFor[time.Time](), t.Kind() == reflect.String:
		return "string", nil
	case t.Kind() == reflect.Bool:
		return "boolean", nil
	case t.Kind() == reflect.Int, t.Kind() == reflect.Float64:
		return "number", nil
	default:
		return "", fmt.Errorf("argument %s of %s: no TypeScript for a %s", name, args, t)
	}
}

// writeMoves writes what report.Next answers, in rows: who may do what from
// where, and where it usually leads.
func writeMoves(p *page) {
	p.line("")
	p.line("/**")
	p.line(" * One row of the table of moves: from any state of `from`, who wears a hat of `by` may do it, and it")
	p.line(" * usually leads to `to`. 'previous' is the state that the report was in before.")
	p.line(" */")
	p.line("export interface Move {")
	p.line("  do: string;\n  call: CallName;\n  from: readonly State[];\n  to: State | 'previous';\n  by: readonly Role[];")
	p.line("}")
	p.line("")
	p.line("/** What a device may foresee of a call. The server decides. */")
	p.line("export const moves: readonly Move[] = [")
	for _, n := range report.Actions {
		if n.Call != "" {
			movesOf(p, n)
		}
	}
	p.line("];")
}

// movesOf writes the rows of one action: the states in which the same hats
// lead to the same state share one.
func movesOf(p *page, n report.Naming) {
	type row struct {
		from []report.State
		to   report.State
		by   []report.Role
	}
	var rows []row
	for _, from := range append([]report.State{report.None}, report.States...) {
		next := row{from: []report.State{from}}
		for _, role := range report.Roles {
			if to, err := report.Next(from, n.Do, role); err == nil {
				next.to, next.by = to, append(next.by, role)
			}
		}
		if next.by == nil || next.to == from && n.Do != report.Submit {
			continue // it may not be done, or leads nowhere
		}
		same := func(r row) bool { return r.to == next.to && slices.Equal(r.by, next.by) }
		if i := slices.IndexFunc(rows, same); i >= 0 {
			rows[i].from = append(rows[i].from, from)
			continue
		}
		rows = append(rows, next)
	}
	for _, r := range rows {
		p.line("  {\n    do: %s,\n    call: %s,\n    from: %s,\n    to: %s,\n    by: %s,\n  },", literal(string(n.Do)), literal(n.Call), list(r.from), literal(string(r.to)), list(r.by))
	}
}
