package desk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store/gpkg"
)

// ErrAreaOption answers an option of an import that is missing or is none.
var ErrAreaOption = fault.Define(fault.Invalid, "area.option",
	"An option is missing or has no such value.", "Un'opzione manca o non ha un valore ammesso.")

// AreaOptions say what a file of boundaries does not.
type AreaOptions struct {
	Kind             string  `json:"kind"`                       // of every area; required
	CodeProperty     string  `json:"codeProperty,omitempty"`     // property with the code, unique in the file; empty: code
	NameProperty     string  `json:"nameProperty,omitempty"`     // property with the name; empty: name, and else the code
	PriorityProperty string  `json:"priorityProperty,omitempty"` // property with the priority, a whole number; empty: priority
	Selector         string  `json:"selector,omitempty"`         // which reports the areas are for, as JSON; overlays need one
	Source           string  `json:"source,omitempty"`           // seed, reconstructed, istat or admin; empty: admin
	ValidFrom        string  `json:"validFrom,omitempty"`        // first day of the new versions, 2006-01-02
	Extent           string  `json:"extent,omitempty"`           // where the areas must lie: italy or world; empty: anywhere, with a note about those outside Italy
	CRS              string  `json:"crs,omitempty"`              // coordinate system when the file does not say, such as EPSG:32632
	Layer            string  `json:"layer,omitempty"`            // of a file with several
	Charset          string  `json:"charset,omitempty"`          // of the file's text when the file does not say, or is wrong about it
	SnapM            float64 `json:"snapM,omitempty"`            // metres within which neighbours' points become one; 0: none
	Replace          bool    `json:"replace,omitempty"`          // areas of the kind that are not in the file end
}

// Check returns ErrAreaOption with the first option that is missing or is none.
func (o AreaOptions) Check() error {
	_, err := o.parse()
	return err
}

// parsed are options in the form that the work needs.
type parsed struct {
	fields   geo.Fields
	limits   geo.Limits
	selector geo.Selector
	from     time.Time
}

func (o AreaOptions) parse() (parsed, error) {
	p := parsed{
		fields: geo.Fields{
			Code: cmp.Or(o.CodeProperty, "code"), Name: cmp.Or(o.NameProperty, "name"), Priority: cmp.Or(o.PriorityProperty, "priority"),
			Kind: geo.Kind(o.Kind), Source: geo.Source(o.Source),
		},
	}
	p.limits.Code, p.limits.Name, p.limits.Priority = p.fields.Code, p.fields.Name, p.fields.Priority
	sources := []geo.Source{"", geo.FromSeed, geo.FromReconstructed, geo.FromISTAT, geo.FromAdmin}
	switch {
	case !slices.Contains(geo.Kinds(), p.fields.Kind):
		return p, ErrAreaOption.In("kind").With("%s", oneOfKinds())
	case !slices.Contains(sources, p.fields.Source):
		return p, ErrAreaOption.In("source").WithIn("seed, reconstructed, istat or admin", "seed, reconstructed, istat o admin")
	case !(o.SnapM >= 0 && o.SnapM <= geo.MaxSnapM):
		return p, ErrAreaOption.In("snapM").WithIn("metres, from 0 to %d", "metri, da 0 a %d", geo.MaxSnapM)
	}
	switch o.Extent {
	case "":
		p.limits.Expect = geo.Italy()
	case "italy":
		p.limits.Expect, p.limits.Within = geo.Italy(), true
	case "world":
		p.limits.Expect = geo.World()
	default:
		return p, ErrAreaOption.In("extent").WithIn("italy or world", "italy o world")
	}
	if o.ValidFrom != "" {
		var err error
		if p.from, err = time.Parse(time.DateOnly, o.ValidFrom); err != nil {
			return p, ErrAreaOption.In("validFrom").WithIn("a day such as 2026-01-31", "un giorno come 2026-01-31")
		}
	}
	if o.Selector != "" {
		d := json.NewDecoder(strings.NewReader(o.Selector))
		d.DisallowUnknownFields()
		if err := d.Decode(&p.selector); err != nil || d.More() {
			return p, ErrAreaOption.In("selector").WithIn(`JSON such as {"siteTypes":["cs"]}`, `JSON come {"siteTypes":["cs"]}`)
		}
	}
	if p.fields.Kind == geo.Overlay && p.selector.Specificity() == 0 {
		return p, geo.ErrAreaSelector.In("selector")
	}
	return p, nil
}

func oneOfKinds() string {
	var names []string
	for _, k := range geo.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// An AreaFile is a file of boundaries, read whole and checked.
type AreaFile struct {
	Import    AreaImport
	Format    format.Kind
	Layer     string
	CRS       string
	AccuracyM float64 // of the way to WGS84, metres; 0 is exact
	Notes     []format.Note
	Snapped   []geo.SnapChange // what SnapM did
}

// ReadAreas reads a file of boundaries in any of the formats, and makes areas
// of it by the options. The errors are ErrAreaOption, one fault of the file, or
// geo.Problems, which name every bad feature. progress, when not nil, is told
// how far it is.
func (d *Desk) ReadAreas(ctx context.Context, f format.File, o AreaOptions, progress func(done, total int64)) (AreaFile, error) {
	p, err := o.parse()
	if err != nil {
		return AreaFile{}, err
	}
	p.limits.Bytes = d.cfg.ImportBytes
	found, err := decodeAreas(ctx, f, format.Options{Limits: p.limits, CRS: o.CRS, Layer: o.Layer, Charset: o.Charset, Progress: progress})
	if err != nil {
		return AreaFile{}, err
	}
	areas, err := found.Collection.Areas(p.fields)
	if err != nil {
		return AreaFile{}, err
	}
	for i := range areas {
		areas[i].Selector = p.selector
	}
	var snapped []geo.SnapChange
	if o.SnapM > 0 {
		beside, err := d.neighbours(ctx, areas, o.Replace)
		if err != nil {
			return AreaFile{}, err
		}
		if areas, snapped, err = geo.SnapTo(areas, beside, o.SnapM); err != nil {
			return AreaFile{}, err
		}
		for i := range areas {
			areas[i] = areas[i].Measure()
		}
	}
	return AreaFile{
		Import: AreaImport{Areas: areas, From: p.from, Replace: o.Replace, Name: f.Name, options: o},
		Format: found.Kind, Layer: found.Layer, CRS: found.CRS, AccuracyM: found.AccuracyM, Notes: found.Notes, Snapped: snapped,
	}, nil
}

// neighbours returns the areas of the same kind that stay as they are when
// these are imported: borders are snapped to theirs.
func (d *Desk) neighbours(ctx context.Context, areas []geo.Area, replace bool) ([]geo.Area, error) {
	if replace || len(areas) == 0 {
		return nil, nil
	}
	all, err := d.AreasInForce(ctx)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, a := range areas {
		listed[a.Code] = true
	}
	return slices.DeleteFunc(all, func(a geo.Area) bool { return a.Kind != areas[0].Kind || listed[a.Code] }), nil
}

// ReadStream is ReadAreas for what cannot be read twice, such as a pipe. It
// holds all of it in memory.
func (d *Desk) ReadStream(ctx context.Context, name string, in io.Reader, o AreaOptions, progress func(done, total int64)) (AreaFile, error) {
	limit := geo.Limits{Bytes: d.cfg.ImportBytes}.OrDefault().Bytes
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return AreaFile{}, fmt.Errorf("read %s: %w", name, err)
	}
	return d.ReadAreas(ctx, format.File{Name: name, Data: bytes.NewReader(data), Size: int64(len(data))}, o, progress)
}

// decodeAreas reads a file by what it is.
func decodeAreas(ctx context.Context, f format.File, o format.Options) (format.Result, error) {
	out, err := format.Decode(ctx, f, o)
	if errors.Is(err, format.ErrGeoPackage) {
		return gpkg.Decode(ctx, f, o)
	}
	return out, err
}
