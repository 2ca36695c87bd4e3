package gpkg

import (
	"context"
	"errors"
	"fmt"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

// Decode reads the areas of one layer of a GeoPackage: the one that the
// options name, or the only one there is. It answers with all of it, checked
// and in WGS84, or with an error: one fault of the file (of this package, of
// geo, of geo/format or of geo/crs), or geo.Problems, which name every bad
// feature by its place in the table and its identity. Other errors come from
// reading and from the disk, or are ctx's.
//
// The layer is read whether or not the file says that it needs an extension:
// geometries that only one can read are refused one by one.
func Decode(ctx context.Context, f format.File, o format.Options) (format.Result, error) {
	o.Limits = o.Limits.OrDefault()
	if o.Layer == "" {
		o.Layer = o.Limits.Layer
	}
	tell := newProgress(o.Progress)
	raw, l, err := read(ctx, f, o, tell)
	if err != nil {
		return format.Result{}, fmt.Errorf("decoding a GeoPackage: %w", err)
	}
	o.Progress = tell.checked
	return format.Check(ctx, raw, format.Source{Kind: format.GeoPackage, Layer: l.table, CRS: l.crs}, o)
}

// read takes the rows of the layer out of the file, and lets go of the file.
func read(ctx context.Context, f format.File, o format.Options, tell *progress) (raw []geo.Raw, l layer, err error) {
	s, err := openSource(ctx, f.Data, f.Size, o.Limits.Bytes)
	if err != nil {
		return nil, l, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	all, err := s.layers(ctx)
	if err != nil {
		return nil, l, err
	}
	if l, err = choose(all, o.Layer); err != nil {
		return nil, l, err
	}
	if err := s.complete(ctx, &l); err != nil {
		return nil, l, err
	}
	if l.crs == "" && l.srs != 0 && o.CRS == "" { // 0 is degrees of an unknown kind: as good as WGS84
		return nil, l, ErrSRS.In("crs").With("srs_id %d", l.srs)
	}
	raw, err = s.features(ctx, l, o.Limits, tell.read)
	return raw, l, err
}

// A progress tells a caller how far the work is, in thousandths: reading is
// the first half, checking the second.
type progress struct {
	tell func(done, total int64)
	last int64
}

const whole = 1000

func newProgress(tell func(done, total int64)) *progress { return &progress{tell: tell, last: -1} }

// read says how many bytes of the file have been read. It cannot know how many
// there are to read, and takes the size of the file for it.
func (p *progress) read(done, total int64) {
	p.at(whole / 2 * min(done, total) / max(total, 1))
}

// checked says how much of what was read has been checked.
func (p *progress) checked(done, total int64) {
	p.at(whole/2 + whole/2*min(done, total)/max(total, 1))
}

func (p *progress) at(now int64) {
	if p.tell != nil && (now >= p.last+whole/100 || p.last < 0 || now == whole && p.last < whole) {
		p.last = now
		p.tell(now, whole)
	}
}
