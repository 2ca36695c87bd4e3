package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/jobs"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// mostListed bounds a list for a person.
const mostListed = 50

func areasHistory(w world) *cobra.Command {
	var kind, code string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List every version of the areas",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHouse(cmd, w, func(h *house) error {
				versions, err := h.desk.AreaHistory(cmd.Context(), geo.Kind(kind), code)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(w.out).Encode(versions)
				}
				for _, v := range versions {
					state := "ended"
					switch {
					case v.InForce:
						state = "in force"
					case v.Planned:
						state = "planned"
					}
					_, err := fmt.Fprintf(w.out, "%-12s %-8s from %-20s to %-20s %12.3f km2  %-8s %s\n",
						v.Kind, v.Code, moment(v.ValidFrom, "always"), moment(v.ValidTo, "-"), v.AreaM2/1e6, state, v.Name)
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "only areas of this kind")
	cmd.Flags().StringVar(&code, "code", "", "only areas of this code")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	return cmd
}

// moment writes a time for a person, or otherwise when there is none.
func moment(at time.Time, otherwise string) string {
	if at.IsZero() {
		return otherwise
	}
	return at.UTC().Format("2006-01-02T15:04:05Z")
}

func areasImports(w world) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "imports",
		Short: "List the imports of areas, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHouse(cmd, w, func(h *house) error {
				imports, err := h.desk.AreaImports(cmd.Context(), report.Actor{ID: report.System}, "en", mostListed)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(w.out).Encode(imports)
				}
				for _, i := range imports {
					what := ""
					if c := i.Changes; c != nil {
						what = fmt.Sprintf("%d new, %d changed, %d removed", len(c.Added), len(c.Changed), len(c.Removed))
					}
					if i.Reverts != "" {
						what += ", reverts " + i.Reverts
					}
					if _, err := fmt.Fprintf(w.out, "%s  %s  %-10s %-40s %s\n", i.ID, moment(i.UpdatedAt, ""), i.State, what, i.Name); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	return cmd
}

func areasRevert(w world) *cobra.Command {
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:     "revert IMPORT",
		Aliases: []string{"undo"},
		Short:   "Bring back the areas that were in force before an import",
		Long: `Bring back the areas that were in force before an import, as new versions that
begin now. IMPORT is an id that "sestante areas imports" lists, or "last". The
import stays in the history, and reports of its days keep its areas; open
reports go back with the borders. What changed since is never undone with it:
revert the later import first.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHouse(cmd, w, func(h *house) error {
				changes, err := h.desk.RevertAreas(cmd.Context(), report.System, args[0], dryRun)
				if err != nil {
					return err
				}
				if err := printChanges(w, changes, asJSON); err != nil || dryRun || !changes.Any() {
					return err
				}
				return h.reroute(cmd.Context(), w, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would change; keep nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// rerouted is what a re-routing answers as JSON: when none was due, the last
// one.
type rerouted struct {
	store.Rerouting
	Due bool `json:"due"`
}

func areasReroute(w world) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reroute",
		Short: "Move the open reports that lie elsewhere since the areas changed",
		Long: `Hold every open report against the areas of now, and move those that lie
elsewhere. The server does so by itself whenever areas change; this is for when
none runs. Cut off, it goes on where it ended.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHouse(cmd, w, func(h *house) error {
				before, err := h.desk.Reroutings(cmd.Context(), 1)
				if err != nil {
					return err
				}
				run, err := h.desk.Reroute(cmd.Context())
				if err != nil {
					return err
				}
				due := len(before) == 0 || before[0].ID != run.ID || before[0].State != store.ReroutingDone
				switch {
				case asJSON:
					return json.NewEncoder(w.out).Encode(rerouted{run, due})
				case !due:
					_, err = fmt.Fprintf(w.out, "nothing to do: the areas have not changed since the re-routing of %s\n", moment(run.StartedAt, "-"))
					return err
				}
				_, err = fmt.Fprintf(w.out, "%d open reports looked at, %d moved, %d could not be moved, %d people told\n", run.Checked, run.Moved, run.Failed, run.Told)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// reroute moves the open reports after a change of areas, and says so beside
// the result.
func (h *house) reroute(ctx context.Context, w world, quiet bool) error {
	run, err := h.desk.Reroute(ctx)
	if err == nil && run.Moved > 0 && !quiet {
		_, _ = fmt.Fprintf(w.err, "%d open reports moved with the borders\n", run.Moved)
	}
	return err
}

// territoryLoops adds what follows a change of areas by itself.
func (h *house) territoryLoops(loops *jobs.Group) {
	loops.Add("imports", jobs.Every(500*time.Millisecond, "imports", jobs.Alone{}, h.log, h.desk.WorkImports))
	loops.Add("reroute", jobs.Every(2*time.Second, "reroute", jobs.Alone{}, h.log, func(ctx context.Context) error {
		_, err := h.desk.Reroute(ctx)
		return err
	}))
}
