package format

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// reads is the part of the work that is reading; the rest is checking.
const reads = 0.6

func decode(ctx context.Context, f File, o Options) (Result, error) {
	limits := o.Limits.OrDefault()
	if o.Layer != "" {
		limits.Layer = o.Layer
	}
	if f.Size > limits.Bytes {
		return Result{}, fmt.Errorf("decoding boundaries: %w", geo.ErrTooLarge.WithIn("%d bytes, the limit is %d", "%d byte, il limite è %d", f.Size, limits.Bytes))
	}
	kind, err := Sniff(f)
	if err != nil {
		return Result{}, fmt.Errorf("decoding boundaries: %w", err)
	}
	w := &work{stop: ctx.Err, limits: limits, charset: o.Charset, step: newSteps(o.Progress)}
	w.step.begin(0, reads)
	src, err := w.read(kind, f)
	if err != nil {
		return Result{}, fmt.Errorf("decoding boundaries: %w", err)
	}
	w.step.begin(reads, 1)
	o.Limits = limits
	return check(ctx, w.raw, src, o, w.step)
}

// A work is one Decode on its way: what its readers share.
type work struct {
	stop     func() error // why the work is no longer wanted; nil while it is
	limits   geo.Limits
	charset  string
	step     *steps
	raw      []geo.Raw
	notes    notes
	vertices int
	values   int
	placed   int // placemarks of the documents that were read
}

// read reads the file into w.raw.
func (w *work) read(kind Kind, f File) (Source, error) {
	switch kind {
	case GeoJSON, TopoJSON:
		return w.json(w.open(f))
	case ShapefileZip:
		return w.shapefile(f)
	case KML:
		return w.kml(w.open(f))
	case KMZ:
		return w.kmz(f)
	case WKT:
		return w.wkt(w.open(f))
	case CSV:
		return w.csv(w.open(f))
	case GeoPackage:
		return Source{}, ErrGeoPackage
	}
	return Source{}, ErrUnknown
}

func (w *work) json(r io.Reader) (Source, error) {
	r, err := w.mend(r)
	if err != nil {
		return Source{}, err
	}
	doc, err := geo.Read(r, w.limits)
	if err != nil {
		return Source{}, err
	}
	w.raw = doc.Features
	if doc.Topology {
		return Source{Kind: TopoJSON, CRS: doc.CRS, Layer: doc.Layer}, nil
	}
	return Source{Kind: GeoJSON, CRS: doc.CRS}, w.noLayers(doc.Name)
}

// open reads a file from its start.
func (w *work) open(f File) io.Reader {
	return w.watch(io.NewSectionReader(f.Data, 0, f.Size), f.Size)
}

// watch hands bytes on in small parts, tells how far it is, and stops when the
// caller wants no more.
func (w *work) watch(r io.Reader, size int64) io.Reader {
	return &watched{w: w, r: r, size: max(size, 1), part: int(min(max(size/400, 512), 64<<10))}
}

// guard stops when the caller wants no more, and tells nothing: it is for what
// is read beside the main part.
func (w *work) guard(r io.Reader) io.Reader {
	return &watched{w: w, r: r, part: 64 << 10}
}

type watched struct {
	w          *work
	r          io.Reader
	size, done int64
	part       int // bytes at a time
}

func (x *watched) Read(p []byte) (int, error) {
	if err := x.w.stop(); err != nil {
		return 0, err
	}
	n, err := x.r.Read(p[:min(len(p), x.part)])
	x.done += int64(n)
	x.w.step.at(int(x.done), int(x.size))
	return n, err
}

// feature is the frame of the next feature, or the fault that there are too
// many.
func (w *work) feature() (geo.Raw, error) {
	raw := geo.Raw{Feature: geo.Feature{Index: len(w.raw)}}
	if raw.Index >= w.limits.Features {
		return raw, geo.ErrTooLarge.WithIn("more than %d features", "più di %d elementi", w.limits.Features)
	}
	return raw, nil
}

// vertex counts one position.
func (w *work) vertex() error {
	if w.vertices++; w.vertices > w.limits.Vertices {
		return geo.ErrTooLarge.WithIn("more than %d vertices", "più di %d vertici", w.limits.Vertices)
	}
	return nil
}

// value counts one property.
func (w *work) value() error {
	if w.values++; w.values > w.limits.Values {
		return geo.ErrTooLarge.WithIn("more than %d properties", "più di %d proprietà", w.limits.Values)
	}
	return nil
}

// noLayers refuses the name of a layer for a file that has none, unless it is
// what the file calls itself.
func (w *work) noLayers(name string) error {
	if w.limits.Layer == "" || w.limits.Layer == name {
		return nil
	}
	if name == "" {
		return notThere(nil)
	}
	return notThere([]string{name})
}

// notThere is the fault that the layer that was asked for is not in a file, or
// that none was asked for where there are several.
func notThere(names []string) error {
	if len(names) == 0 {
		return geo.ErrLayer.In("layer").WithIn("it has no layers: leave the option out", "non ha livelli: togli l'opzione")
	}
	const most = 20
	var listed []string
	for _, name := range names[:min(len(names), most)] {
		listed = append(listed, shorten(name))
	}
	if len(names) > most {
		listed = append(listed, "…")
	}
	return geo.ErrLayer.In("layer").WithIn("it holds %s", "contiene %s", strings.Join(listed, ", "))
}

// blame makes the fault of a file's text the problem of the feature in which it
// is; what is no fault stays as it is.
func blame(err error, f geo.Feature, place *orb.Point) error {
	said := fault.Of(err)
	if said.Kind != fault.Invalid {
		return err
	}
	bare := *said
	bare.Field, bare.Detail, bare.DetailItalian = "", "", ""
	return geo.Problems{{Index: f.Index, Label: f.Label(""), Fault: &bare, Place: place, Note: said.Words()}}
}

// cut tells a file that ends too early from a disk that fails.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return geo.ErrTruncated
	}
	return err
}
