package gpkg

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// A reading is one layer on its way into memory.
type reading struct {
	layer    layer
	limits   geo.Limits
	out      []geo.Raw
	vertices int
	values   int
}

// features reads every row of a layer, within limits. What is wrong with a
// row's geometry is the problem of its feature.
func (s *source) features(ctx context.Context, l layer, limits geo.Limits, progress func(done, total int64)) ([]geo.Raw, error) {
	// The plus takes the declared type off a column: the driver would make
	// moments of days.
	columns := []string{`+` + quoted(l.column)}
	for _, c := range l.values {
		columns = append(columns, `+`+quoted(c.name))
	}
	query := `SELECT ` + strings.Join(columns, `, `) + ` FROM main.` + quoted(l.table) + ` NOT INDEXED`
	r := &reading{layer: l, limits: limits}
	err := s.each(ctx, query, limits.Features, func(row []any) error {
		progress(s.most-s.left, s.size)
		return r.add(row)
	})
	return r.out, err
}

func (r *reading) add(row []any) error {
	raw := geo.Raw{Feature: geo.Feature{Index: len(r.out), Properties: make(map[string]any, len(r.layer.values))}}
	for i, c := range r.layer.values {
		if s, ok := row[i+1].(string); ok && !utf8.ValidString(s) && raw.Problem == nil {
			raw.Problem = geo.Misread(c.name, s)
		}
		v := property(row[i+1], c.boolean)
		if v == nil {
			continue
		}
		if r.values++; r.values > r.limits.Values {
			return geo.ErrTooLarge.WithIn("more than %d properties", "più di %d proprietà", r.limits.Values)
		}
		raw.Properties[c.name] = v
		if n, ok := v.(json.Number); ok && c.name == r.layer.key {
			raw.ID = n.String()
		}
	}
	mp, heights, why := geometry(row[0], r.layer.srs)
	if why != nil {
		raw.Problem = &geo.Problem{Fault: why, Note: why.Words()}
		if data, ok := row[0].([]byte); ok {
			if b, broken := parseBlob(data); broken == nil {
				raw.Problem.Place = somewhere(b.wkb)
			}
		}
	}
	for _, p := range mp {
		for _, ring := range p {
			r.vertices += len(ring)
		}
	}
	if r.vertices > r.limits.Vertices {
		return geo.ErrTooLarge.WithIn("more than %d vertices", "più di %d vertici", r.limits.Vertices)
	}
	raw.Geometry, raw.Heights = mp, heights
	r.out = append(r.out, raw)
	return nil
}

// geometry reads a value of the column of geometries. None is an empty one.
func geometry(v any, srs int64) (orb.MultiPolygon, *orb.Point, *fault.Error) {
	if v == nil {
		return nil, nil, nil
	}
	data, ok := v.([]byte)
	if !ok {
		return nil, nil, ErrGeometry.WithIn("it is no blob", "non è un blob")
	}
	b, why := parseBlob(data)
	switch {
	case why != nil:
		return nil, nil, why
	case b.empty:
		return nil, nil, nil
	case b.srs > 0 && int64(b.srs) != srs:
		return nil, nil, ErrMixedSRS.WithIn("srs_id %d in a layer of %d", "srs_id %d in un livello di %d", b.srs, srs)
	}
	return readAreas(b.wkb)
}

// property turns a value of SQLite into one that geo knows, numbers as text:
// nil for none, and for bytes.
func property(v any, boolean bool) any {
	switch v := v.(type) {
	case string:
		return strings.ToValidUTF8(v, "\uFFFD")
	case int64:
		if boolean && (v == 0 || v == 1) {
			return v == 1
		}
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil
		}
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return nil
}
