package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// console is who runs the program where the data is.
var console = report.Actor{Grants: []report.Grant{{Role: report.RoleSystem}}}

func devicesCommand(w world) *cobra.Command {
	var asJSON bool
	list := func(cmd *cobra.Command, _ []string) error {
		return withHouse(cmd, w, func(h *house) error {
			all, err := h.sync.AllDevices(cmd.Context(), console)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(w.out).Encode(map[string]any{"devices": all})
			}
			return printDevices(w, all)
		})
	}
	root := &cobra.Command{
		Use:   "devices",
		Short: "See how every device stands; lock one, or have it wiped",
		Long: `See how every device stands: when it was last here, what waited on it and since
when, how far it is behind, its clock, what was refused or put aside, and what
it was found to hold wrongly.`,
		Example: `  sestante devices
  sestante devices lock k3f9a0b1c2d3e4f --reason "lost on the tram"`,
		Args: cobra.NoArgs,
		RunE: list,
	}
	root.PersistentFlags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	root.AddCommand(&cobra.Command{Use: "list", Short: "See how every device stands", Args: cobra.NoArgs, RunE: list})
	root.AddCommand(&cobra.Command{
		Use: "show ID", Short: "See one device: what happened to it, and what it was found to hold wrongly", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHouse(cmd, w, func(h *house) error {
				d, err := h.sync.DeviceStory(cmd.Context(), console, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(w.out).Encode(d)
				}
				return printStory(w, d)
			})
		},
	})
	for _, c := range []struct {
		use, short string
		state      fieldsync.DeviceState
	}{
		{"lock", "Keep what a device sends without doing it, and send it nothing", fieldsync.Locked},
		{"unlock", "Let a device work again", fieldsync.Active},
		{"wipe", "Have a device destroy what it holds, the next time it is here", fieldsync.Wipe},
	} {
		root.AddCommand(deviceState(w, c.use, c.short, c.state, &asJSON))
	}
	return root
}

func deviceState(w world, use, short string, state fieldsync.DeviceState, asJSON *bool) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: use + " ID", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHouse(cmd, w, func(h *house) error {
				d, err := h.sync.SetDeviceState(cmd.Context(), console, args[0], state, reason)
				if err != nil {
					return err
				}
				if *asJSON {
					return json.NewEncoder(w.out).Encode(d)
				}
				_, err = fmt.Fprintf(w.out, "%s is %s.\n", d.ID, d.State)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; it is kept with the change")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func printDevices(w world, all []desk.DeviceHealth) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w.out, "No device is registered.")
		return err
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSTATE\tLAST SEEN\tWAITING\tSINCE\tBEHIND\tREFUSED\tPUT ASIDE\tDIVERGED\tCLOCK\tAPP\tPERSON")
	for _, d := range all {
		state := d.State
		if !d.WipedAt.IsZero() {
			state = "wiped"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\t%d\t%+.1fs\t%s\t%s\n", d.ID, state, minute(d.LastSeenAt), d.Waiting, minute(d.OldestAt),
			d.Lag, d.Refused, d.Quarantined, d.Diverged, float64(d.SkewMs)/1000, cmp.Or(d.AppVersion, "-"), d.Person)
	}
	return t.Flush()
}

func printStory(w world, d desk.DeviceStory) error {
	if err := printDevices(w, []desk.DeviceHealth{d.DeviceHealth}); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	if len(d.Traces) > 0 {
		fmt.Fprintln(t, "\nAT\tWHAT\tFROM\tTO\tBY\tREASON")
	}
	for _, one := range d.Traces {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", minute(one.At), one.What, cmp.Or(one.Old, "-"), cmp.Or(one.New, "-"), one.By, one.Reason)
	}
	if len(d.Divergences) > 0 {
		fmt.Fprintln(t, "\nAT\tSCOPE\tCOLLECTION\tMISSING\tEXTRA\tSTALE")
	}
	for _, one := range d.Divergences {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\n", minute(one.At), one.Scope, one.Collection, one.Missing, one.Extra, one.Stale)
	}
	return t.Flush()
}

// minute writes a moment for a table.
func minute(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format("2006-01-02 15:04Z")
}
