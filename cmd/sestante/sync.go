package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// errMid answers a number of a change that is none.
var errMid = fault.Define(fault.Invalid, "sync.mid",
	"The number of a change is a whole number from 1.", "Il numero di una modifica è un intero da 1.")

// operator is who decides about what devices sent, where the data is: whoever
// may open the data folder may do what an administrator may.
var operator = report.Actor{ID: report.System, Grants: []report.Grant{{Role: report.RoleAdmin}, {Role: report.RoleSystem}}}

// A list is how a command shows what it found: as a table, or as JSON under a
// name.
type list struct {
	name  string
	rows  any
	none  string // the sentence when there is nothing
	heads string
	table func(io.Writer)
}

func syncCommand(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "sync",
		Short: "See and settle what devices left behind",
		Long: `See and settle what devices left behind: values that lost when two people
changed the same field (conflicts), changes that were refused (letters), changes
that are kept until an operator decides (quarantine), and what devices were found to hold
wrongly (divergences). Nothing of it stops a device.

Whoever runs this where the data is may do what an administrator may.`,
		Example: `  sestante sync conflicts --state open
  sestante sync conflicts resolve CID --keep mine
  sestante sync letters dismiss Q
  sestante sync quarantine release DEVICE NUMBER`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().Bool("json", false, "print the result as JSON")
	root.AddCommand(conflictsCommand(w), lettersCommand(w), quarantineCommand(w), divergencesCommand(w))
	return root
}

// listing makes a command that shows a list, and is its own subcommand list.
func listing(w world, name, short string, flags func(*cobra.Command), find func(*cobra.Command, *house) (list, error)) *cobra.Command {
	run := func(cmd *cobra.Command, _ []string) error {
		return withHouse(cmd, w, func(h *house) error {
			l, err := find(cmd, h)
			if err != nil {
				return err
			}
			return l.print(cmd, w.out)
		})
	}
	root := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: run}
	flags(root)
	again := &cobra.Command{Use: "list", Short: short, Args: cobra.NoArgs, RunE: run}
	flags(again)
	root.AddCommand(again)
	return root
}

func (l list) print(cmd *cobra.Command, out io.Writer) error {
	if asJSON(cmd) {
		return json.NewEncoder(out).Encode(map[string]any{l.name: l.rows})
	}
	if l.table == nil {
		_, err := fmt.Fprintln(out, l.none)
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, l.heads)
	l.table(t)
	return t.Flush()
}

func asJSON(cmd *cobra.Command) bool {
	yes, err := cmd.Flags().GetBool("json")
	return err == nil && yes
}

// settled prints what was decided.
func settled(cmd *cobra.Command, w world, what map[string]any, sentence string) error {
	if asJSON(cmd) {
		return json.NewEncoder(w.out).Encode(what)
	}
	_, err := fmt.Fprintln(w.out, sentence)
	return err
}

func limitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", 100, "the most to show, up to 1000")
}

func conflictsCommand(w world) *cobra.Command {
	var f store.ConflictFilter
	var state, person string
	root := listing(w, "conflicts", "Values that lost when two people changed the same field", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&state, "state", "", "open or decided; both when left out")
		cmd.Flags().StringVar(&f.Device, "device", "", "only of this device")
		cmd.Flags().StringVar(&person, "person", "", "only of this person's changes")
		cmd.Flags().StringVar(&f.Coll, "collection", "", "only of records of this collection")
		cmd.Flags().StringVar(&f.Record, "record", "", "only of this record")
		limitFlag(cmd, &f.Limit)
	}, func(cmd *cobra.Command, h *house) (list, error) {
		if err := wordOf("state", state, string(fieldsync.ConflictOpen), string(fieldsync.ConflictDecided)); err != nil {
			return list{}, err
		}
		f.State, f.Person = fieldsync.ConflictState(state), report.PersonID(person)
		all, err := h.sync.Conflicts(cmd.Context(), operator, f)
		l := list{name: "conflicts", rows: all, none: "There are no conflicts.", heads: "ID\tAT\tSTATE\tFIELD\tOF\tMINE\tTHEIRS\tKEPT\tDEVICE\tPERSON"}
		if len(all) > 0 {
			l.table = func(t io.Writer) {
				for _, c := range all {
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, minute(c.At), c.State, c.Field, c.Coll, c.Record,
						brief(c.Mine), brief(c.Theirs), c.Kept, c.Device, c.Person)
				}
			}
		}
		return l, err
	})
	var keep string
	resolve := &cobra.Command{
		Use: "resolve ID", Short: "Choose which of the two values stands: mine (the device's) or theirs", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHouse(cmd, w, func(h *house) error {
				if err := h.sync.ResolveConflict(cmd.Context(), operator, args[0], fieldsync.Side(keep)); err != nil {
					return err
				}
				return settled(cmd, w, map[string]any{"cid": args[0], "kept": keep}, "Conflict "+args[0]+" is decided: "+keep+".")
			})
		},
	}
	resolve.Flags().StringVar(&keep, "keep", "", "mine or theirs")
	must(resolve.MarkFlagRequired("keep"))
	root.AddCommand(resolve)
	return root
}

func lettersCommand(w world) *cobra.Command {
	var f store.LetterFilter
	var state, person string
	root := listing(w, "letters", "Changes that were refused and wait for a person", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&state, "state", "", "open, fixed or dismissed; all when left out")
		cmd.Flags().StringVar(&f.Device, "device", "", "only of this device")
		cmd.Flags().StringVar(&person, "person", "", "only of this person's changes")
		limitFlag(cmd, &f.Limit)
	}, func(cmd *cobra.Command, h *house) (list, error) {
		if err := wordOf("state", state, string(fieldsync.LetterOpen), string(fieldsync.LetterFixed), string(fieldsync.LetterDismissed)); err != nil {
			return list{}, err
		}
		f.State, f.Person = fieldsync.LetterState(state), report.PersonID(person)
		all, err := h.sync.DeadLetters(cmd.Context(), operator, f)
		l := list{name: "letters", rows: all, none: "There are no refused changes.", heads: "ID\tAT\tSTATE\tCODE\tWHAT\tOF\tDEVICE\tNUMBER\tPERSON"}
		if len(all) > 0 {
			l.table = func(t io.Writer) {
				for _, one := range all {
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s/%s\t%s\t%d\t%s\n", one.ID, minute(one.At), one.State, one.Code, cmp.Or(one.Name, one.Op, "-"),
						cmp.Or(one.Coll, "-"), cmp.Or(one.Record, "-"), one.Device, one.Mid, one.Person)
				}
			}
		}
		return l, err
	})
	root.AddCommand(&cobra.Command{
		Use: "dismiss ID", Short: "Give a refused change up", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHouse(cmd, w, func(h *house) error {
				if err := h.sync.DismissLetter(cmd.Context(), operator, args[0]); err != nil {
					return err
				}
				return settled(cmd, w, map[string]any{"q": args[0], "state": fieldsync.LetterDismissed}, "Change "+args[0]+" is given up.")
			})
		},
	})
	return root
}

// wordOf refuses a word of a flag that is none of those it takes.
func wordOf(flag, word string, words ...string) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%w: --%s is one of %s, not %q", errUsage, flag, strings.Join(words, ", "), word)
}

// brief shortens a value for a table.
func brief(v json.RawMessage) string {
	const most = 30
	if text := []rune(string(v)); len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(v)
}

// must ends the program over a mistake of ours in the table of flags.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
