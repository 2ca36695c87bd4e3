package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

func areasCommand(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "areas",
		Short: "Import, join and ask the territory",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(areasImport(w), areasExport(w), areasDissolve(w), areasLocate(w), areasList(w), areasSurvey(w), areasHistory(w), areasImports(w), areasRevert(w), areasReroute(w))
	return root
}

// An importing says how a file becomes areas.
type importing struct {
	desk.AreaOptions
	dryRun, json bool
}

func areasImport(w world) *cobra.Command {
	var o importing
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import areas from a file of boundaries (- reads standard input)",
		Long: `Import areas from GeoJSON, TopoJSON, a zipped shapefile, a GeoPackage, KML, KMZ,
WKT or CSV with WKT. What a file is, is seen by its content; Italian projections
are turned into WGS84.

The file is checked whole before anything is kept: every bad feature is named,
with its place and what to do, and one bad feature refuses the file. Each area
needs a code: the property that --code-property names. "id" is the id of a feature
where no property has that name; in plain WKT it is all there is, the number of
the geometry, from 1. Areas that
are the same as those in force are left alone. One that differs becomes a new
version; the old version goes on answering for reports of its days. Open reports
that lie elsewhere then are moved, and the people concerned are told once.

With --dry-run it says what would change: areas, territory, how the areas fit
together, and the open reports that would change owner.`,
		Example: `  sestante areas import provinces.geojson --kind province --code-property sigla --name-property name
  sestante areas import districts.zip --kind district --code-property code --crs EPSG:3003 --dry-run
  sestante areas import districts.gpkg --kind district --code-property code --layer 2027 --replace`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := o.check()
			if err == nil {
				err = withHouse(cmd, w, func(h *house) error { return h.importAreas(cmd, w, args[0], o) })
			}
			return o.refused(w, err)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Kind, "kind", "", "kind of every area: "+kindList())
	f.StringVar(&o.CodeProperty, "code-property", "code", "property with the code, unique in the file; id in plain WKT")
	f.StringVar(&o.NameProperty, "name-property", "", "property with the name (default: name, and else the code)")
	f.StringVar(&o.PriorityProperty, "priority-property", "priority", "property with the priority, a whole number: among overlapping areas of a kind the higher wins (default when absent: 0)")
	f.StringVar(&o.Selector, "selector", "", `which reports the areas are for, as JSON: {"siteTypes":["cs"]} (needed for overlays)`)
	f.StringVar(&o.Extent, "extent", "", "where the areas must lie: italy or world (default: anywhere, with a note about those outside Italy)")
	f.StringVar(&o.CRS, "crs", "", "coordinate system when the file does not say, such as EPSG:32632 (default: WGS84)")
	f.StringVar(&o.Layer, "layer", "", "layer of a file with several: of a GeoPackage, TopoJSON, KML, KMZ or zip of shapefiles")
	f.StringVar(&o.Charset, "charset", "", "charset of the text when the file does not say, or is wrong about it, such as windows-1252")
	f.Float64Var(&o.SnapM, "snap", 0, "metres within which the points of neighbours become one (default: none)")
	f.BoolVar(&o.Replace, "replace", false, "end the areas of this kind that are not in the file")
	o.common(cmd)
	if err := cmd.MarkFlagRequired("kind"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// common adds the flags that importing and dissolving share.
func (o *importing) common(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Source, "source", "", "where the boundaries come from: seed, reconstructed, istat, admin")
	f.StringVar(&o.ValidFrom, "valid-from", "", "first day of the new versions, 2006-01-02 (default: since always for new codes, now for changed ones)")
	f.BoolVar(&o.dryRun, "dry-run", false, "check the file and say what would change; keep nothing")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
}

func kindList() string {
	var names []string
	for _, k := range geo.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// check refuses options that are none as a command line that is not understood.
func (o importing) check() error {
	if err := o.Check(); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

// decodeFile reads a file of boundaries; - is standard input.
func decodeFile(w world, path, extent, code string) (geo.Collection, error) {
	limits := geo.Limits{Expect: geo.Italy(), Code: code}
	switch extent {
	case "":
	case "italy":
		limits.Within = true
	case "world":
		limits.Expect = geo.World()
	default:
		return geo.Collection{}, fmt.Errorf("%w: --extent is italy or world", errUsage)
	}
	in, done, err := open(w, path)
	if err != nil {
		return geo.Collection{}, err
	}
	defer done()
	return geo.Decode(in, limits)
}

// errNoFile answers a file that cannot be read.
var errNoFile = fault.Define(fault.NotFound, "file.none", "The file cannot be read.", "Il file non si può leggere.")

func open(w world, path string) (io.Reader, func(), error) {
	if path == "-" {
		return w.in, func() {}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, errNoFile.In(path).With("%v", errors.Unwrap(err))
	}
	return f, func() { _ = f.Close() }, nil // it was only read
}

func parseDay(day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return at, fmt.Errorf("%w: --valid-from %q is no day such as 2026-01-31", errUsage, day)
	}
	return at, nil
}

func printChanges(w world, c desk.AreaChanges, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w.out).Encode(c)
	}
	verb := "kept"
	if c.DryRun {
		verb = "would be kept (dry run)"
	}
	removed := ""
	if len(c.Removed) > 0 {
		removed = fmt.Sprintf("%d removed, ", len(c.Removed))
	}
	_, err := fmt.Fprintf(w.out, "%d new, %d changed, %s%d unchanged: %s\n", len(c.Added), len(c.Changed), removed, len(c.Unchanged), verb)
	for _, codes := range []struct {
		name string
		list []string
	}{{"new", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		if len(codes.list) > 0 && err == nil {
			more := ""
			if n := len(codes.list); n > mostListed {
				codes.list, more = codes.list[:mostListed], fmt.Sprintf(" … (%d)", n)
			}
			_, err = fmt.Fprintf(w.out, "%s: %s%s\n", codes.name, strings.Join(codes.list, " "), more)
		}
	}
	return err
}

func areasDissolve(w world) *cobra.Command {
	var o importing
	var table, provinces, code string
	cmd := &cobra.Command{
		Use:   "dissolve --table TABLE",
		Short: "Join provinces into districts by a table",
		Long: `Join provinces into districts (and macro areas) by a table, and keep them.

TABLE is a JSON file, or the word "italy" for the table that ships with the
program: the 26 districts of an Italian operator and the overlay of its sorting
centres. Rows that were reconstructed are marked so, and wait for an
administrator to confirm them.

The provinces are those of --provinces FILE, or else the provinces in force in
the database, or else the small public-domain set that ships with the program.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := readTable(w, table)
			if err != nil {
				return err
			}
			return withHouse(cmd, w, func(h *house) error {
				from, err := h.provinces(cmd, w, provinces, code, o.Extent)
				if err != nil {
					return err
				}
				districts, warnings, err := geo.Dissolve(t, from.collection, from.code)
				if err != nil {
					return err
				}
				for _, warning := range warnings {
					_, _ = fmt.Fprintf(w.err, "note: %s\n", warning.Text) // beside the result, for a person
				}
				day, err := parseDay(o.ValidFrom)
				if err != nil {
					return err
				}
				all := append(geo.MacroAreas(t, districts), districts...)
				changes, err := h.desk.ImportAreas(cmd.Context(), all, day, o.dryRun)
				if err != nil {
					return err
				}
				if err := printChanges(w, changes, o.json); err != nil || o.dryRun || !changes.Any() {
					return err
				}
				return h.reroute(cmd.Context(), w, o.json)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&table, "table", "", `the table: a JSON file, or "italy"`)
	f.StringVar(&provinces, "provinces", "", "GeoJSON or TopoJSON file with the provinces")
	f.StringVar(&code, "code-property", "sigla", "property of --provinces with the province's code")
	f.StringVar(&o.Extent, "extent", "", "where the provinces must lie: italy or world (default: anywhere)")
	o.common(cmd)
	if err := cmd.MarkFlagRequired("table"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func readTable(w world, path string) (geo.Table, error) {
	if path == "italy" {
		return geo.ItalyDistricts()
	}
	in, done, err := open(w, path)
	if err != nil {
		return geo.Table{}, err
	}
	defer done()
	return geo.DecodeTable(in)
}

// boundaries are provinces and the property that names them.
type boundaries struct {
	collection geo.Collection
	code       string
}

// provinces finds the provinces to dissolve.
func (h *house) provinces(cmd *cobra.Command, w world, path, code, extent string) (boundaries, error) {
	if path != "" {
		c, err := decodeFile(w, path, extent, code)
		return boundaries{c, code}, err
	}
	areas, err := h.desk.AreasInForce(cmd.Context())
	if err != nil {
		return boundaries{}, err
	}
	areas = slices.DeleteFunc(areas, func(a geo.Area) bool { return a.Kind != geo.Province })
	if len(areas) == 0 {
		c, err := geo.ItalyProvinces()
		return boundaries{c, "code"}, err
	}
	var c geo.Collection
	for i, a := range areas {
		c.Features = append(c.Features, geo.Feature{Index: i, Properties: map[string]any{"code": a.Code}, Geometry: a.Geometry})
	}
	return boundaries{c, "code"}, nil
}
