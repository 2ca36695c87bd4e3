package report

import (
	"fmt"
	"slices"
	"strings"
)

// Document returns the life of a report as Markdown: the diagram and the
// tables, written from the same data that Decide reads.
func Document() string {
	var b strings.Builder
	b.WriteString("# The life of a report\n\nThis page is written from the tables in `report/`; after changing them, run `UPDATE=1 go test ./report`.\n\n")
	b.WriteString("## States\n\n")
	writeDiagram(&b)
	writeStates(&b)
	b.WriteString("## Transitions\n\n`same` stays where it is; `previous` returns to where a suspended or linked report came from. Offline: a device without network may queue it.\n\n")
	writeTransitions(&b)
	b.WriteString("## Who may do what\n\nScopes: `own` made it, `assigned` is its technician, `district` and `pole` cover its district, `org` is responsible for it, `reporter_org` had it made, `public` everybody sees it, `helpdesk` a ticket about the platform, `all` every report of the contact point, or of the districts the role names. *proposes*: recorded, and told to those who may do it. *delegated*: only where the policy says so.\n\n")
	writePermissions(&b)
	b.WriteString("## Who may read what\n\n")
	writeReaders(&b)
	b.WriteString("## Public sentences\n\n")
	writeSentences(&b)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// writeDiagram draws the transitions that move a report. What leads out of
// every open state is drawn once, from the frame around them.
func writeDiagram(b *strings.Builder) {
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> registered: submit\n    state open {\n")
	for _, t := range Transitions {
		if t.To == Same || t.Do == Submit || slices.Equal(t.From, openStates) {
			continue
		}
		for _, from := range t.From {
			if from.Open() && t.To != Previous && t.To.Open() {
				fmt.Fprintf(b, "        %s --> %s: %s\n", from, t.To, t.Do)
			}
		}
	}
	for _, to := range workStates {
		fmt.Fprintf(b, "        %s --> %s: %s\n", Suspended, to, Resume)
	}
	b.WriteString("    }\n")
	for _, t := range Transitions {
		switch {
		case slices.Equal(t.From, openStates) && t.To != Same:
			fmt.Fprintf(b, "    open --> %s: %s\n", t.To, t.Do)
		case t.Do == UnlinkDuplicate:
			fmt.Fprintf(b, "    %s --> open: %s\n", Duplicate, t.Do)
		case t.To == Closed || t.From[0] == Closed:
			fmt.Fprintf(b, "    %s --> %s: %s\n", t.From[0], t.To, t.Do)
		}
	}
	for _, s := range States {
		if !s.Open() {
			fmt.Fprintf(b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\n")
}

func writeStates(b *strings.Builder) {
	b.WriteString("| State | English | Italiano | Public phase | Open311 |\n|---|---|---|---|---|\n")
	for _, i := range StateInfos {
		phase, status := string(i.Phase), "closed"
		if i.State == Duplicate {
			phase = "follows its master"
		}
		if i.State.Open() {
			status = "open"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", i.State, i.Label.English, i.Label.Italian, phase, status)
	}
	b.WriteString("\n")
}

func writeTransitions(b *strings.Builder) {
	b.WriteString("| Event | Italiano | Call | From | To | Refused when, beside role and state | Offline |\n|---|---|---|---|---|---|---|\n")
	for _, t := range Transitions {
		to := "`" + string(t.To) + "`"
		if t.When != "" {
			to += ", when " + t.When
		}
		var refused []string
		for _, g := range t.Guards {
			refused = append(refused, fmt.Sprintf("%s (`%s`)", g.Text, g.Code))
		}
		offline := ""
		if t.Offline {
			offline = "yes"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", t.Do, t.Do.Label().Italian, t.Do.call(), fromText(t.From), to, strings.Join(refused, " "), offline)
	}
	b.WriteString("\n")
}

// call returns the wire name of the action, as code.
func (a Action) call() string {
	for _, n := range Actions {
		if n.Do == a && n.Call != "" {
			return "`" + n.Call + "`"
		}
	}
	return "–"
}

func fromText(from []State) string {
	switch {
	case slices.Equal(from, openStates):
		return "any open"
	case slices.Equal(from, States):
		return "any"
	case slices.Equal(from, []State{None}):
		return "–"
	}
	names := make([]string, len(from))
	for i, s := range from {
		names[i] = "`" + string(s) + "`"
	}
	return strings.Join(names, ", ")
}

func writePermissions(b *strings.Builder) {
	b.WriteString("| Event | Roles, each with its scopes |\n|---|---|\n")
	for _, n := range Actions {
		fmt.Fprintf(b, "| `%s` | %s |\n", n.Do, strings.Join(holders(n.Do), "; "))
	}
	b.WriteString("\n")
}

// holders lists the roles that may do it, in the order of Roles.
func holders(do Action) []string {
	var out []string
	for _, by := range Roles {
		var scopes []string
		for _, p := range Permissions {
			if !p.covers(do, by) {
				continue
			}
			scope := string(p.At)
			if p.From != nil {
				scope += " from " + fromText(p.From)
			}
			if p.Propose {
				scope += " *proposes*"
			}
			if p.Delegated {
				scope += " *delegated*"
			}
			scopes = append(scopes, scope)
		}
		if len(scopes) > 0 {
			out = append(out, fmt.Sprintf("%s (%s)", by, strings.Join(scopes, ", ")))
		}
	}
	return out
}

func writeReaders(b *strings.Builder) {
	b.WriteString("`staff` reads everything, `field` everything but the reporter's contact, `reporter` the public fields and what they sent, `public` the public fields of public reports. The widest counts.\n\n| Roles | Scope | Reads as |\n|---|---|---|\n")
	for _, r := range Readers {
		names := make([]string, len(r.By))
		for i, role := range r.By {
			names[i] = string(role)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", strings.Join(names, ", "), r.At, r.As)
	}
	b.WriteString("| everybody | public | public |\n\n")
}

func writeSentences(b *strings.Builder) {
	b.WriteString("| Key | English | Italiano |\n|---|---|---|\n")
	for _, i := range StateInfos {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", SentenceOf(i.State), i.Sentence.English, i.Sentence.Italian)
	}
	for _, s := range Sentences {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", s.Key, s.Text.English, s.Text.Italian)
	}
}
