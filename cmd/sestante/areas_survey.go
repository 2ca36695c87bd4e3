package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

func areasSurvey(w world) *cobra.Command {
	var kind, code string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "survey",
		Short: "Say where the areas of today leave gaps or overlap",
		Long: `Say where the areas of today leave gaps or overlap, and what is narrower than it
should be: each with its place and size, the worst first. An import says so in
its preview; this is for areas that were drawn in the dashboard, or long ago.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHouse(cmd, w, func(h *house) error {
				found, err := h.desk.SurveyAreas(cmd.Context(), report.Actor{ID: report.System}, geo.Kind(kind), code)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(w.out).Encode(found)
				}
				for _, f := range found.Findings {
					if _, err := fmt.Fprintf(w.out, "%s: %s\n", f.Severity, f.Text); err != nil {
						return err
					}
				}
				_, err = fmt.Fprintf(w.out, "%d areas with %d points: %d findings\n", found.Areas, found.Vertices, len(found.Findings)+found.Left)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "only areas of this kind (default: every kind but overlays)")
	cmd.Flags().StringVar(&code, "code", "", "only what concerns the area of this code")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was found as JSON")
	return cmd
}
