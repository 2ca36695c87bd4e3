package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

func quarantineCommand(w world) *cobra.Command {
	var device string
	var limit int
	root := listing(w, "quarantine", "Changes that wait for an operator; each is kept as it came", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&device, "device", "", "only of this device")
		limitFlag(cmd, &limit)
	}, func(cmd *cobra.Command, h *house) (list, error) {
		all, err := h.sync.Quarantined(cmd.Context(), operator, device, limit)
		l := list{name: "mutations", rows: all, none: "Nothing is in quarantine.", heads: "DEVICE\tNUMBER\tRECEIVED\tWHY\tCAUSE\tPERSON"}
		if len(all) > 0 {
			l.table = func(t io.Writer) {
				for _, one := range all {
					fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d\t%s\n", one.Device, one.Mid, minute(one.Recv), one.Code, cmp.Or(one.Cause, one.Mid), one.Person)
				}
			}
		}
		return l, err
	})
	root.AddCommand(
		settle(w, "release", "Carry a change out again, with its group and what was skipped because of it", (*desk.Sync).ReleaseQuarantine),
		settle(w, "dismiss", "Give a change up, with its group: its author is told", (*desk.Sync).DismissQuarantine),
	)
	return root
}

// settle makes the command of a decision about a change in quarantine.
func settle(w world, use, short string, decide func(*desk.Sync, context.Context, report.Actor, string, int64) ([]fieldsync.Result, error)) *cobra.Command {
	return &cobra.Command{
		Use: use + " DEVICE NUMBER", Short: short, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			mid, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || mid < 1 {
				return fmt.Errorf("%w: %w", errUsage, errMid.With("%q", args[1]))
			}
			return withHouse(cmd, w, func(h *house) error {
				res, err := decide(h.sync, cmd.Context(), operator, args[0], mid)
				if err != nil {
					return err
				}
				return printResults(cmd, w, res)
			})
		},
	}
}

func printResults(cmd *cobra.Command, w world, res []fieldsync.Result) error {
	if asJSON(cmd) {
		return json.NewEncoder(w.out).Encode(map[string]any{"results": res})
	}
	for _, r := range res {
		if _, err := fmt.Fprintf(w.out, "%d is %s %s\n", r.Mid, r.St, r.Code); err != nil {
			return err
		}
	}
	return nil
}

func divergencesCommand(w world) *cobra.Command {
	var device string
	var limit int
	return listing(w, "divergences", "What devices were found to hold wrongly; each was repaired", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&device, "device", "", "only of this device")
		limitFlag(cmd, &limit)
	}, func(cmd *cobra.Command, h *house) (list, error) {
		all, err := h.sync.Divergences(cmd.Context(), console, device, limit)
		l := list{name: "divergences", rows: all, none: "Nothing was found to differ.", heads: "AT\tDEVICE\tSCOPE\tCOLLECTION\tMISSING\tEXTRA\tSTALE\tPERSON"}
		if len(all) > 0 {
			l.table = func(t io.Writer) { divergenceRows(t, all) }
		}
		return l, err
	})
}

func divergenceRows(t io.Writer, all []desk.Divergence) {
	for _, d := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", minute(d.At), d.Device, d.Scope, d.Collection, d.Missing, d.Extra, d.Stale, d.Person)
	}
}
