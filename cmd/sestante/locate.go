package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
)

func areasLocate(w world) *cobra.Command {
	var lon, lat, accuracy float64
	var table, siteType, objectType, day string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "locate --lon X --lat Y | --csv FILE|-",
		Short: "Say which area owns a place, and why",
		Long: `Say which area owns a place, every area that matches, and the reason.

With --csv it reads rows of lon,lat and writes lon,lat,code,all,reason to
standard output, a row for a row; a bad row is answered in its reason and
stops nothing.`,
		Example: `  sestante areas locate --lon 9.19 --lat 45.4642
  sestante areas locate --csv points.csv > located.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			point := cmd.Flags().Changed("lon") && cmd.Flags().Changed("lat")
			if point == (table != "") {
				return fmt.Errorf("%w: give --lon and --lat, or --csv", errUsage)
			}
			at, err := parseDay(day)
			if err != nil {
				return err
			}
			place := desk.Place{Lon: lon, Lat: lat, AccuracyM: accuracy, SiteType: siteType, ObjectType: objectType, At: at}
			return withHouse(cmd, w, func(h *house) error {
				locate, err := h.desk.Router(cmd.Context())
				if err != nil {
					return err
				}
				if table != "" {
					return locateCSV(w, table, place, locate)
				}
				if err := geo.CheckPosition(lon, lat); err != nil {
					return err
				}
				return printAnswer(w, locate(place), asJSON)
			})
		},
	}
	f := cmd.Flags()
	f.Float64Var(&lon, "lon", 0, "longitude in degrees, WGS84")
	f.Float64Var(&lat, "lat", 0, "latitude in degrees, WGS84")
	f.Float64Var(&accuracy, "accuracy", 0, "accuracy of the position in metres (0: unknown)")
	f.StringVar(&table, "csv", "", "file of lon,lat rows (- reads standard input)")
	f.StringVar(&siteType, "site-type", "", "type of the site, for overlays such as the sorting centres (cs)")
	f.StringVar(&objectType, "object-type", "", "code of the object type")
	f.StringVar(&day, "at", "", "day whose areas are asked, 2006-01-02 (default: today)")
	f.BoolVar(&asJSON, "json", false, "print the whole trace as JSON")
	return cmd
}

func locateCSV(w world, path string, place desk.Place, locate func(desk.Place) geo.Answer) error {
	in, done, err := open(w, path)
	if err != nil {
		return err
	}
	defer done()
	tally, err := geo.LocateCSV(in, w.out, func(lon, lat float64) geo.Answer {
		place.Lon, place.Lat = lon, lat
		return locate(place)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.err, "%d rows: %d with an owner, %d without, %d not understood\n", tally.Rows, tally.Owned, tally.Unowned, tally.Bad)
	return err
}

func printAnswer(w world, a geo.Answer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w.out).Encode(a)
	}
	code := "-"
	if a.Owner != nil {
		code = a.Owner.Code
	}
	all := strings.Join(a.Codes(), "|")
	if all == "" {
		all = "-"
	}
	_, err := fmt.Fprintf(w.out, "code:   %s\nall:    %s\nreason: %s (%s)\n", code, all, a.Outcome, a.Reason())
	return err
}

func areasList(w world) *cobra.Command {
	var asGeoJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the areas in force",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHouse(cmd, w, func(h *house) error {
				areas, err := h.desk.AreasInForce(cmd.Context())
				if err != nil {
					return err
				}
				if asGeoJSON {
					return geo.Encode(w.out, areas)
				}
				for _, a := range areas {
					from := "always"
					if !a.ValidFrom.IsZero() {
						from = a.ValidFrom.Format(time.DateOnly)
					}
					_, err := fmt.Fprintf(w.out, "%-12s %-6s %-40s %10.0f km2  from %s  %s\n", a.Kind, a.Code, a.Name, a.AreaM2/1e6, from, a.Source)
					if err != nil {
						return err
					}
				}
				if len(areas) == 0 {
					_, err = fmt.Fprintln(w.err, "There are no areas yet: see sestante areas import --help, or sestante areas dissolve --table italy")
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asGeoJSON, "geojson", false, "print them as GeoJSON, with their geometry")
	return cmd
}
