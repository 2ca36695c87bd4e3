package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
)

func duplicatesCommand(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "duplicates",
		Short: "See how often people took what was suggested as a duplicate",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(duplicateFigures(w))
	return root
}

func duplicateFigures(w world) *cobra.Command {
	var from, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "figures",
		Short: "How often suggestions were accepted, dismissed and ignored",
		Long: `How often reports that were suggested as duplicates were accepted (linked, or
followed instead of reported again), dismissed (somebody said that it is another
thing) and ignored: in all, by object, by place on the list and by distance.

A suggestion counts when it was first shown in the period, once for each report.`,
		Example: `  sestante duplicates figures --from 2026-11-01 --to 2026-11-30
  sestante duplicates figures --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHouse(cmd, w, func(h *house) error {
				f, err := h.desk.DuplicateFigures(cmd.Context(), console, from, to, h.cfg.LanguageDefault)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(w.out).Encode(f)
				}
				return printFigures(w, f)
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first day (2026-11-01) or moment (2026-11-01T08:00:00Z); 30 days before the end when absent")
	cmd.Flags().StringVar(&to, "to", "", "last day, or the moment before which; now when absent")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func printFigures(w world, f desk.DuplicateFigures) error {
	if f.Total.Shown == 0 {
		_, err := fmt.Fprintf(w.out, "Nothing was suggested from %s to %s.\n", minute(f.From), minute(f.To))
		return err
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	line := func(what string, c desk.DuplicateCounts) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%.0f %%\n", what, c.Shown, c.Accepted, c.Dismissed, c.Ignored, 100*c.AcceptedShare)
	}
	fmt.Fprintf(t, "FROM %s TO %s\tSHOWN\tACCEPTED\tDISMISSED\tIGNORED\tSHARE\n", minute(f.From), minute(f.To))
	line("all", f.Total)
	for _, o := range f.ByObject {
		line("object "+cmp.Or(o.Code, "(other)"), o.DuplicateCounts)
	}
	for _, r := range f.ByRank {
		line(fmt.Sprintf("rank %d", r.Rank), r.DuplicateCounts)
	}
	for _, b := range f.ByDistance {
		switch {
		case b.Shown == 0:
		case b.UpToM == nil:
			line(fmt.Sprintf("over %g m", b.OverM), b.DuplicateCounts)
		default:
			line(fmt.Sprintf("%g to %g m", b.OverM, *b.UpToM), b.DuplicateCounts)
		}
	}
	return t.Flush()
}
