package report_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/report"
)

// life is domain 2.4 copied by hand: where each event leads from each state.
// A dot: nowhere. "=": it stays. "<": back to where it came from. Letters:
// r registered, a in_analysis, d assigned, p scheduled, w in_progress,
// z suspended, s resolved, c closed, x rejected, u duplicate, n cancelled.
const life = `
                 - r a d p w z s c x u n
submit           r . . . . . . . . . . .
take             . a . . . . . . . . . .
dispatch         . d d . . . . . . . . .
bounce           . . . a . . . . . . . .
program          . . . p . . . . . . . .
approve_plan     . . . p . . . . . . . .
reprogram        . . . . = = = . . . . .
start            . . . w w . . . . . . .
suspend          . . . z z z . . . . . .
resume           . . . . . . < . . . . .
resolve          . . . s s s . . . . . .
verify_ok        . . . . . . . c . . . .
verify_ko        . . . . . . . w . . . .
reopen           . . . . . . . . r . . .
reject           . x x x x x x x . . . .
link_duplicate   . u u u u u u u . . . .
unlink_duplicate . . . . . . . . . . < .
cancel           . n n n n n n n . . . .
comment          . = = = = = = = = = = =
photo            . = = = = = = = = = = =
relocate         . = = = = = = = = = = =
reroute          . = = = = = = = . . . .
recategorise     . = = = = = = = = = = =
reprioritise     . = = = = = = = . . . .
reassign         . . . = = = = . . . . .
transfer         . . . d d d d . . . . .
escalate         . = = = = = = = . . . .
interest         . = = = = = = = . . . .
work_recorded    . = = . . . . = = = = =
`

// rights is domain 2.5 copied by hand: at which scopes each role may do it.
// o own, a assigned, d district, p pole, g org, r reporter's org, v visible to
// all, h help-desk, * all; "?" after it: only proposes; "!": if delegated.
const rights = `
                 anon cit acc l1  coo l2  sm  tec   dl  fl  pm  pla par   con hd adm aud sys
submit           o    o   or  o*  o*  o*  o*  o     od  op  op  oh  or    o*  h  h   h   *
take             .    .   .   *   *   .   *   .     d   p   p   .   .     .   h  h   .   *
dispatch         .    .   .   *   *   .   *   .     d   p   p   .   .     .   h  h   .   *
bounce           .    .   .   *   *   .   *   .     d   p   p   .   g     .   h  h   .   .
program          .    .   .   .   .   .   *   a?    d   p   p   p?  g     .   .  .   .   .
approve_plan     .    .   .   .   .   .   *   .     d!  p   p   .   .     .   .  .   .   .
reprogram        .    .   .   .   *   .   *   a?    d   p   p   p?  g     .   .  .   .   .
start            .    .   .   .   .   .   .   a     d   .   .   .   g     .   h  .   .   .
suspend          .    .   .   *   .   .   .   a     d   .   .   .   g     .   h  .   .   .
resume           .    .   .   *   .   .   .   a     d   .   .   .   g     .   h  .   .   *
resolve          .    .   .   .   .   .   .   a     d   .   .   .   g     .   h  .   .   .
verify_ok        .    .   .   *   *   .   *   .     d   p   p   .   .     .   h  .   .   *
verify_ko        .    .   .   *   *   .   *   .     d   p   p   .   .     .   h  .   .   .
reopen           .    o   or  *   *   .   *   .     d   p   p   .   .     .   h  .   .   .
reject           .    .   .   *   *   .   .   .     .   .   .   .   .     .   h  .   .   .
link_duplicate   .    .   .   *   *   .   .   .     .   .   .   .   .     .   .  .   .   .
unlink_duplicate .    .   .   *   *   .   .   .     .   .   .   .   .     .   .  .   .   .
cancel           .    o   or  *   .   .   .   .     .   .   .   .   .     .   h  h   .   .
comment          .    o   or  *   *   *   *   ad    d   p   p   p   gr    a   h  *   .   *
photo            .    o   or  *   *   *   *   ad    d   p   p   p   gr    a   h  *   .   *
relocate         .    .   .   *   *   *   *   a?d?  d   p   p   .   g?    .   .  .   .   *
reroute          .    .   .   .   .   .   .   .     .   .   .   .   .     .   .  .   .   *
recategorise     .    .   .   *   *   *   *   a?d?  d   p   p   .   g?    .   h  h   .   .
reprioritise     .    .   .   *   *   *   *   a?d?  d   p   p   .   g?    .   h  h   .   .
reassign         .    .   .   *   *   .   *   .     d   p   p   .   g     .   h  h   .   .
transfer         .    .   .   *   *   .   *   .     d   p   p   .   .     .   .  .   .   *
escalate         .    .   .   *   *   *   *   a     d   p   p   p   g     a   h  .   .   *
interest         .    v   v   v   v   v   v   v     v   v   v   v   v     v   v  v   .   .
work_recorded    .    .   .   .   .   .   .   a     d   .   .   .   g     .   h  .   .   .
`

var columns = append([]report.State{report.None}, report.States...)

func grid(t *testing.T, text string, width int) map[report.Action][]string {
	t.Helper()
	rows := map[report.Action][]string{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == width+1 {
			rows[report.Action(f[0])] = f[1:]
		}
	}
	if len(rows) != len(report.Actions) {
		t.Fatalf("the grid has %d rows for %d actions", len(rows), len(report.Actions))
	}
	return rows
}

func targetOf(t *testing.T, cell string, from report.State) report.State {
	t.Helper()
	switch cell {
	case "=":
		return from
	case "<":
		return report.Previous
	}
	return columns[strings.Index("-radpwzscxun", cell)]
}

// TestNext asks every role to do everything everywhere.
func TestNext(t *testing.T) {
	lifeGrid, rightsGrid := grid(t, life, len(columns)), grid(t, rights, len(report.Roles))
	asked := 0
	for _, n := range report.Actions {
		for i, from := range columns {
			for j, by := range report.Roles {
				cell, right := lifeGrid[n.Do][i], rightsGrid[n.Do][j]
				want, wantErr := from, error(nil)
				switch {
				case cell == ".":
					wantErr = report.ErrMove
				case right == ".":
					wantErr = report.ErrRole
				case n.Do == report.Cancel && (by == report.RoleCitizen || by == report.RoleAccredited) && i > 3:
					wantErr = report.ErrRole // reporters cancel before scheduling
				default:
					want = targetOf(t, cell, from)
				}
				got, err := report.Next(from, n.Do, by)
				if got != want || !errors.Is(err, wantErr) {
					t.Errorf("Next(%q, %s, %s) = %q, %v; want %q, %v", from, n.Do, by, got, err, want, wantErr)
				}
				asked++
			}
		}
	}
	if asked != len(report.Actions)*12*18 {
		t.Errorf("asked %d times", asked)
	}
}

func TestCheck(t *testing.T) {
	lifeGrid := grid(t, life, len(columns))
	back := map[report.State][]report.State{
		report.Suspended: {report.Assigned, report.Scheduled, report.InProgress},
		report.Duplicate: {report.Registered, report.InAnalysis, report.Assigned, report.Scheduled, report.InProgress, report.Suspended, report.Resolved},
	}
	for i, from := range columns {
		for _, to := range columns {
			legal := from == to || slices.Contains(back[from], to)
			for _, row := range lifeGrid {
				legal = legal || (strings.Contains("radpwzscxun", row[i]) && targetOf(t, row[i], from) == to)
			}
			if err := report.Check(from, to); (err == nil) != legal || (err != nil && !errors.Is(err, report.ErrMove)) {
				t.Errorf("Check(%q, %q) = %v, want legal %t", from, to, err, legal)
			}
		}
	}
}

// TestTable sees that the table itself is in order.
func TestTable(t *testing.T) {
	for _, n := range report.Actions {
		rows := 0
		for _, tr := range report.Transitions {
			if tr.Do == n.Do {
				rows++
			}
		}
		if rows == 0 {
			t.Errorf("%s is in no transition", n.Do)
		}
		if n.Label.English == "" || n.Label.Italian == "" || n.Do.Label() != n.Label {
			t.Errorf("%s has labels %v", n.Do, n.Label)
		}
	}
	var offline []report.Action
	for _, tr := range report.Transitions {
		if tr.Offline {
			offline = append(offline, tr.Do)
		}
	}
	const want = "[submit start suspend resume resolve comment photo relocate work_recorded]"
	if got := fmt.Sprint(offline); got != want {
		t.Errorf("offline = %s, want %s", got, want)
	}
}

// TestDecideEverywhere makes every call in every state and compares it with
// the hand-made grid: the table and what Decide does must be one.
func TestDecideEverywhere(t *testing.T) {
	lifeGrid := grid(t, life, len(columns))
	doers := map[report.Action]report.Actor{
		report.Reroute: someone(report.RoleSystem),
		report.Submit:  as(anna, report.RoleCitizen), report.Start: as(tina, report.RoleTechnician), report.Resolve: as(tina, report.RoleTechnician),
		report.Suspend: as(tina, report.RoleTechnician), report.Resume: as(tina, report.RoleTechnician),
		report.Interest: as(bruno, report.RoleCitizen), report.Program: as(sara, report.RoleServiceManager),
		report.Reprogram: as(sara, report.RoleServiceManager), report.ApprovePlan: as(sara, report.RoleServiceManager),
	}
	for do, row := range lifeGrid {
		if do == report.WorkRecorded {
			continue // nobody calls it: see the rebase tests
		}
		who, ok := doers[do]
		if !ok {
			who = as(luca, report.RoleL1)
		}
		for i, from := range columns[1:] {
			if do == report.Submit {
				continue
			}
			wantEverywhere(t, do, who, from, row[i+1])
		}
	}
}

func wantEverywhere(t *testing.T, do report.Action, who report.Actor, from report.State, cell string) {
	t.Helper()
	in := asking(do, who, standing(from))
	in.Current.Assignee = tina // so that the state, not the role, is what refuses
	if do == report.ApprovePlan && from == report.Scheduled {
		in.Current.PlanState = report.PlanProposed
	}
	out, err := report.Decide(in)
	if cell == "." {
		if !out.Noop && !errors.Is(err, report.ErrMove) {
			t.Errorf("Decide(%s from %s) = %q, %v; want %v", do, from, types(out), err, report.ErrMove)
		}
		return
	}
	want := targetOf(t, cell, from)
	if want == report.Previous {
		want = map[report.State]report.State{report.Suspended: report.InProgress, report.Duplicate: report.Assigned}[from]
	}
	if err != nil || out.Noop || out.After.State != want || types(out) != string(do) {
		t.Errorf("Decide(%s from %s) = %q to %q, %v; want it in %q", do, from, types(out), out.After.State, err, want)
	}
}
