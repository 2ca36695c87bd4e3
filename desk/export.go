package desk

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store/gpkg"
)

// ErrExportSize answers an export of more rows than the installation allows.
var ErrExportSize = fault.Define(fault.TooLarge, "export.too_large",
	"That is more than one export may hold: narrow it by district, state, place or time.",
	"È più di quanto un'esportazione possa contenere: restringila per distretto, stato, luogo o periodo.")

// ErrExportFormat answers a format that is none.
var ErrExportFormat = fault.Define(fault.Invalid, "export.format",
	"An export is geojson, gpkg or csv.", "Un'esportazione è geojson, gpkg o csv.")

// An ExportFormat is how an export is written.
type ExportFormat string

// The formats of an export.
const (
	GeoJSON    ExportFormat = "geojson" // RFC 7946, one feature a line
	GeoPackage ExportFormat = "gpkg"    // OGC GeoPackage 1.3
	CSV        ExportFormat = "csv"     // RFC 4180 in UTF-8
)

// ExportFormats lists the formats.
func ExportFormats() []ExportFormat { return []ExportFormat{GeoJSON, GeoPackage, CSV} }

// exportTypes are the media types of the formats.
var exportTypes = map[ExportFormat]string{
	GeoJSON: "application/geo+json", GeoPackage: "application/geopackage+sqlite3", CSV: "text/csv; charset=utf-8",
}

// An Encoding says how an export is to be written.
type Encoding struct {
	Format ExportFormat
	BOM    bool // CSV only: begin with a byte order mark, by which Excel knows UTF-8
}

// An Export is ready to be written, once. Close gives back what it holds.
type Export struct {
	Name        string // of the file it may be saved as
	ContentType string
	Size        int64 // bytes, or -1 when that shows only at its end

	write func(io.Writer) (int64, error)
	close func() error
}

// WriteTo writes the export. A GeoJSON that was cut off has no closing bracket;
// a GeoPackage has its size; a CSV shows nothing of it by itself, so whoever
// sends one must break the connection when there is an error.
func (x *Export) WriteTo(w io.Writer) (int64, error) { return x.write(w) }

// Close gives back what the export holds.
func (x *Export) Close() error { return x.close() }

// An AreaQuery says which areas are exported. Empty fields do not narrow.
type AreaQuery struct {
	Kinds []geo.Kind
	At    time.Time // the areas in force at that moment; zero means now
}

// A ReportQuery says which reports are exported: those registered from From on
// and before To, as the query narrows them. Text, After and Limit of the query
// have no meaning.
type ReportQuery struct {
	Query
	From, To time.Time
}

// ExportAreas returns the areas in force at a moment, with their geometry as it
// routes: it can be imported again. Borders are everybody's to know; what was
// remarked about them is for those who look after the whole territory. The
// error is ErrExportFormat.
func (d *Desk) ExportAreas(ctx context.Context, who report.Actor, q AreaQuery, how Encoding) (*Export, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return nil, err
	}
	at := q.At
	if at.IsZero() {
		at = d.now()
	}
	all := r.index.Areas()
	codes := make(map[geo.AreaID]string, len(all))
	for _, a := range all {
		codes[a.ID] = a.Code
	}
	areas := slices.DeleteFunc(all, func(a geo.Area) bool {
		return !a.ValidAt(at) || len(q.Kinds) > 0 && !slices.Contains(q.Kinds, a.Kind)
	})
	return d.export(ctx, areaTable(areas, codes, seesAllOver(who)), how)
}

// ExportReports returns the reports the caller may read, those without a
// position too unless a bbox is asked, the columns that are not for the caller
// empty. Nobody gets the reporter or the contact of a report this way: a file
// leaves the house's rights behind. The errors are ErrSignIn, ErrBBox,
// ErrExportFormat and ErrExportSize.
func (d *Desk) ExportReports(ctx context.Context, who report.Actor, q ReportQuery, how Encoding) (*Export, error) {
	if who.ID == "" {
		return nil, ErrSignIn
	}
	f, err := d.filter(ctx, who, q.Query)
	if err != nil {
		return nil, err
	}
	if f.BBox != nil {
		if err := checkBBox(*f.BBox); err != nil {
			return nil, err
		}
	}
	n, found, err := d.store.ExportReports(ctx, f, q.From, q.To)
	if err != nil {
		return nil, err
	}
	if most := d.cfg.ExportRows; most > 0 && n > most {
		return nil, ErrExportSize.WithIn("at most %d reports", "al massimo %d segnalazioni", most)
	}
	words, err := d.exportWords(ctx)
	if err != nil {
		return nil, err
	}
	return d.export(ctx, reportTable(who, words, found), how)
}

// export prepares a table in a format.
func (d *Desk) export(ctx context.Context, t exportTable, how Encoding) (*Export, error) {
	contentType, ok := exportTypes[how.Format]
	if !ok {
		return nil, ErrExportFormat.In("format")
	}
	day := d.now()
	if zone := d.cfg.Policy.Location; zone != nil {
		day = day.In(zone)
	}
	x := &Export{
		Name:        fmt.Sprintf("%s-%s.%s", t.name, day.Format(time.DateOnly), how.Format),
		ContentType: contentType, Size: -1, close: func() error { return nil },
	}
	switch how.Format {
	case GeoJSON:
		x.write = t.geoJSON
	case CSV:
		x.write = func(w io.Writer) (int64, error) { return t.csv(w, how.BOM) }
	case GeoPackage:
		file, err := gpkg.Create(ctx, []gpkg.Layer{t.layer()}, d.now())
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", t.name, diskFull(err))
		}
		x.Size, x.write, x.close = file.Size, file.WriteTo, file.Close
	}
	return x, nil
}
