package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// An exporting says what is exported, and how.
type exporting struct {
	format, at, bbox, from, to string
	kinds, states, districts   []string
	bom                        bool
}

// flags adds what every export has.
func (o *exporting) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "geojson, gpkg or csv (default: by the ending of FILE)")
	f.BoolVar(&o.bom, "bom", false, "begin a CSV with a byte order mark, by which Excel knows UTF-8")
}

func areasExport(w world) *cobra.Command {
	var o exporting
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the areas to a file, for QGIS and others (- writes standard output)",
		Long: `Write the areas in force, with the borders by which reports are routed, to a
GeoJSON, a GeoPackage or a CSV with the shapes as WKT. The file can be imported
again. FILE is replaced only when all of it was written.`,
		Example: `  sestante areas export areas.gpkg
  sestante areas export districts.geojson --kind district,overlay --at 2026-01-31`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := o.areas()
			if err != nil {
				return err
			}
			return o.export(cmd, w, args[0], func(ctx context.Context, d *desk.Desk, how desk.Encoding) (*desk.Export, error) {
				return d.ExportAreas(ctx, operator, q, how)
			})
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&o.kinds, "kind", nil, "only areas of these kinds: "+kindList())
	f.StringVar(&o.at, "at", "", "the areas in force on that day or at that moment, UTC (default: now)")
	return cmd
}

func reportsCommand(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "reports",
		Short: "Take reports to other programs",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(reportsExport(w))
	return root
}

func reportsExport(w world) *cobra.Command {
	var o exporting
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write reports to a file, for QGIS and others (- writes standard output)",
		Long: `Write reports to a GeoJSON, a GeoPackage or a CSV, those without a position too.
Who reported, and how to reach them, is not among the columns. FILE is replaced
only when all of it was written.

Whoever runs this where the data is may do what an administrator may.`,
		Example: `  sestante reports export open.gpkg --status open --district MI-01
  sestante reports export october.csv --from 2026-10-01 --to 2026-11-01 --bom`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := o.reports()
			if err != nil {
				return err
			}
			return o.export(cmd, w, args[0], func(ctx context.Context, d *desk.Desk, how desk.Encoding) (*desk.Export, error) {
				return d.ExportReports(ctx, operator, q, how)
			})
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&o.states, "status", nil, "only reports in these states; analysis, scheduling, closure and open stand for theirs")
	f.StringSliceVar(&o.districts, "district", nil, "only reports of these districts, by code or id")
	f.StringVar(&o.bbox, "bbox", "", "only reports inside west,south,east,north, degrees")
	f.StringVar(&o.from, "from", "", "only reports registered on that day or at that moment or later, UTC")
	f.StringVar(&o.to, "to", "", "only reports registered before that day or moment, UTC")
	return cmd
}

func (o exporting) areas() (q desk.AreaQuery, err error) {
	for _, k := range o.kinds {
		if !slices.Contains(geo.Kinds(), geo.Kind(k)) {
			return q, fmt.Errorf("%w: --kind %q is none of %s", errUsage, k, kindList())
		}
		q.Kinds = append(q.Kinds, geo.Kind(k))
	}
	q.At, err = momentOf("at", o.at)
	return q, err
}

func (o exporting) reports() (q desk.ReportQuery, err error) {
	q.Districts = o.districts
	for _, word := range o.states {
		before := len(q.States)
		for _, s := range report.StateInfos {
			if string(s.State) == word || string(s.Phase) == word || word == "open" && s.State.Open() {
				q.States = append(q.States, s.State)
			}
		}
		if len(q.States) == before {
			return q, fmt.Errorf("%w: --status %q is none of analysis, scheduling, closure, open, %v", errUsage, word, report.States)
		}
	}
	if q.BBox, err = bboxOf(o.bbox); err != nil {
		return q, err
	}
	if q.From, err = momentOf("from", o.from); err != nil {
		return q, err
	}
	if q.To, err = momentOf("to", o.to); err != nil {
		return q, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, fmt.Errorf("%w: --to %s is not after --from %s", errUsage, o.to, o.from)
	}
	return q, nil
}

func momentOf(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: --%s %q is no day such as 2026-01-31 and no moment such as 2026-01-31T09:00:00Z", errUsage, flag, text)
}

func bboxOf(text string) (*[4]float64, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // absent is an answer
	}
	var box [4]float64
	parts := strings.Split(text, ",")
	for i := range box {
		var err error
		if len(parts) == len(box) {
			box[i], err = strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		}
		if err != nil || len(parts) != len(box) {
			return nil, fmt.Errorf("%w: --bbox %q is not west,south,east,north in degrees", errUsage, text)
		}
	}
	return &box, nil
}

// encoding is the format that is asked for, or the one the file's name ends in.
func (o exporting) encoding(path string) (desk.Encoding, error) {
	name := o.format
	if name == "" {
		name = strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	}
	if name == "json" {
		name = string(desk.GeoJSON)
	}
	how := desk.Encoding{Format: desk.ExportFormat(name), BOM: o.bom}
	if !slices.Contains(desk.ExportFormats(), how.Format) {
		return how, fmt.Errorf("%w: say --format geojson, gpkg or csv, or end FILE in one of them", errUsage)
	}
	return how, nil
}

// export writes what prepare makes to a file, whole or not at all.
func (o exporting) export(cmd *cobra.Command, w world, path string, prepare func(context.Context, *desk.Desk, desk.Encoding) (*desk.Export, error)) error {
	how, err := o.encoding(path)
	if err != nil {
		return err
	}
	return withHouse(cmd, w, func(h *house) error {
		x, err := prepare(cmd.Context(), h.desk, how)
		if err != nil {
			return err
		}
		if path == "-" {
			_, err := x.WriteTo(w.out)
			return errors.Join(err, x.Close())
		}
		n, err := replace(path, x)
		if err = errors.Join(err, x.Close()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.out, "%s: %d bytes\n", path, n)
		return err
	})
}

// replace writes a file beside the one that is meant, and puts it in its place
// once it is whole and on disk.
func replace(path string, from io.WriterTo) (int64, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	n, err := from.WriteTo(out)
	err = errors.Join(err, out.Flush(), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return n, errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	return n, nil
}
