package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
)

// A hotspotting says what the command looks for and how it prints it.
type hotspotting struct {
	detector, from, to     string
	objectTypes, districts []string
	epsM, q                float64
	hours, minPts          int
	json, geojson, italian bool
}

func hotspotsCommand(w world) *cobra.Command {
	var o hotspotting
	cmd := &cobra.Command{
		Use:   "hotspots",
		Short: "Find where reports lie closer together than they should, and why",
		Long: `Find where reports lie closer together than they should, and why.

  cluster  reports of one object within --eps metres and --hours of each other
           (default: 4 within 100 m in 90 days), and two that had to be opened
           again at one place or asset
  trend    days with more reports of an object in a district than the median of
           the same weekday of eight weeks, by three median deviations
  excess   cells with more reports than their history expects at those hours of
           the week; among all that is found, at most --q is chance`,
		Example: `  sestante hotspots
  sestante hotspots --detector trend --from 2026-11-01 --to 2026-11-30
  sestante hotspots --detector excess --geojson > hotspots.geojson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.json && o.geojson {
				return fmt.Errorf("%w: --json or --geojson, not both", errUsage)
			}
			return withHouse(cmd, w, func(h *house) error { return o.run(cmd, w, h) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.detector, "detector", string(desk.DetectCluster), "cluster, trend or excess")
	f.StringVar(&o.from, "from", "", "first day or moment, 2026-01-31 or 2026-01-31T08:00:00Z (default: 90 days ago for clusters, a week for others)")
	f.StringVar(&o.to, "to", "", "last day, or moment before which (default: now)")
	f.StringSliceVar(&o.objectTypes, "object-type", nil, "only of these objects, by code")
	f.StringSliceVar(&o.districts, "district", nil, "only in these districts, by code")
	f.Float64Var(&o.epsM, "eps", 0, "metres: how near is near, or the side of a cell (default: 100, and 1000 for excess)")
	f.IntVar(&o.hours, "hours", 0, "how soon is soon, or how long a span is (default: 2160, and 24 for excess)")
	f.IntVar(&o.minPts, "min-pts", 0, "fewer reports are no hot spot (default: 4, and 5 for trend and excess)")
	f.Float64Var(&o.q, "q", 0, "share of false discoveries accepted (default for excess: 0.05)")
	f.BoolVar(&o.json, "json", false, "print everything as JSON")
	f.BoolVar(&o.geojson, "geojson", false, "print the places as GeoJSON")
	f.BoolVar(&o.italian, "italian", false, "answer in Italian")
	return cmd
}

func (o hotspotting) run(cmd *cobra.Command, w world, h *house) error {
	q := desk.HotspotQuery{
		Detector: desk.HotspotDetector(o.detector), ObjectTypes: o.objectTypes, Districts: o.districts,
		EpsM: o.epsM, Hours: o.hours, MinPts: o.minPts, Q: o.q,
	}
	var err error
	for _, f := range []struct {
		name string
		some bool
	}{{"eps", o.epsM > 0}, {"hours", o.hours > 0}, {"min-pts", o.minPts > 0}, {"q", o.q > 0}} {
		if cmd.Flags().Changed(f.name) && !f.some { // zero would take the default
			return fmt.Errorf("%w: %w", errUsage, desk.ErrHotspotValue.In("--"+f.name).With("more than 0"))
		}
	}
	if q.From, err = h.desk.HotspotMoment(o.from, false); err != nil {
		return fmt.Errorf("%w: %w", errUsage, fault.Of(err).In("--from"))
	}
	if q.To, err = h.desk.HotspotMoment(o.to, true); err != nil {
		return fmt.Errorf("%w: %w", errUsage, fault.Of(err).In("--to"))
	}
	found, err := h.desk.Hotspots(cmd.Context(), console, q)
	switch {
	case fault.Of(err).Kind == fault.Invalid:
		return fmt.Errorf("%w: %w", errUsage, err)
	case err != nil:
		return err
	case o.json:
		return json.NewEncoder(w.out).Encode(found)
	case o.geojson:
		return json.NewEncoder(w.out).Encode(found.GeoJSON())
	default:
		return o.print(w, found)
	}
}

func (o hotspotting) print(w world, found desk.Hotspots) error {
	for _, n := range found.Notes {
		if _, err := fmt.Fprintf(w.err, "%s: %s\n", o.pick("note", "nota"), o.pick(n.English, n.Italian)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w.out, o.pick(found.Headline()))
	for i := 0; i < len(found.Hotspots) && err == nil; i++ {
		s := found.Hotspots[i]
		where := "-"
		if s.Place != nil {
			where = fmt.Sprintf("%.6f,%.6f", s.Place.Lon, s.Place.Lat)
		}
		if _, err = fmt.Fprintf(w.out, "\n%s  %s\n  %s\n ", s.Rule, where, o.pick(s.English, s.Italian)); err != nil {
			return err
		}
		for _, r := range s.Reports {
			if _, err = fmt.Fprintf(w.out, " %s", r.Code); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintln(w.out)
	}
	return err
}

func (o hotspotting) pick(english, italian string) string {
	if o.italian {
		return italian
	}
	return english
}
