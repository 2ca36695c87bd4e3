package geo

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/paulmach/orb"
)

// Fields say which properties of a file become what in an Area.
type Fields struct {
	Code   string // name of the property with the code; required
	Name   string // with the name; empty means that the code is the name
	Kind   Kind   // of every area
	Source Source // of every area; empty means FromAdmin

	Priority string // name of the property with the priority; empty means that all have 0
}

// Areas turns features into areas, with identifiers made from kind and code. A
// feature without a code is ErrCodeMissing and a code on two features is
// ErrCodeTwice; a code or a name that cannot be shown on one line is ErrWords,
// and a priority that is none ErrPriority. All of them are reported, as
// Problems.
func (c Collection) Areas(fields Fields) ([]Area, error) {
	out := make([]Area, 0, len(c.Features))
	var problems Problems
	seen := map[string]int{}
	for _, f := range c.Features {
		code := f.Text(fields.Code)
		first, twice := seen[code]
		switch {
		case code == "":
			problems = append(problems, f.identified(*f.codeMissing(fields.Code), fields.Code))
			continue
		case twice:
			problems = append(problems, f.identified(codeTwice(first), fields.Code))
			continue
		}
		seen[code] = f.Index
		if strangely := f.naming(fields.Code, fields.Name, fields.Priority); strangely != nil {
			problems = append(problems, f.identified(*strangely, fields.Code))
			continue
		}
		a := Area{ID: SeedID(fields.Kind, code), Code: code, Name: f.Text(fields.Name), Kind: fields.Kind, Source: fields.Source, Geometry: f.Geometry}
		a.Priority, _ = f.priority(fields.Priority) // it was asked before
		if a.Name == "" {
			a.Name = code
		}
		if a.Source == "" {
			a.Source = FromAdmin
		}
		out = append(out, a.Measure())
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("naming areas: %w", problems)
	}
	return out, nil
}

// areaProperties are what a GeoJSON feature says about an area.
type areaProperties struct {
	Code      string     `json:"code"`
	Name      string     `json:"name"`
	Kind      Kind       `json:"kind"`
	Parent    AreaID     `json:"parent,omitempty"`
	Source    Source     `json:"source,omitempty"`
	Priority  int        `json:"priority"`
	AreaM2    float64    `json:"areaM2"`
	ValidFrom *time.Time `json:"validFrom,omitempty"`
	ValidTo   *time.Time `json:"validTo,omitempty"`
	Selector  *Selector  `json:"selector,omitempty"`
	Remark    string     `json:"remark,omitempty"`
}

// Encode writes areas as a GeoJSON FeatureCollection (RFC 7946), one feature a
// line, in the order given. Coordinates are written so that Decode reads the
// same bits. The geometry is as it stands: unsimplified, so that the file may
// come back as an import.
func Encode(w io.Writer, areas []Area) error {
	if _, err := io.WriteString(w, `{"type":"FeatureCollection","features":[`); err != nil {
		return fmt.Errorf("encoding areas: %w", err)
	}
	for i, a := range areas {
		line, err := encodeFeature(a)
		if err != nil {
			return fmt.Errorf("encoding area %s: %w", a.Code, err)
		}
		end := ",\n"
		if i == 0 {
			end = "\n"
		}
		if _, err := w.Write(append([]byte(end), line...)); err != nil {
			return fmt.Errorf("encoding areas: %w", err)
		}
	}
	if _, err := io.WriteString(w, "\n]}\n"); err != nil {
		return fmt.Errorf("encoding areas: %w", err)
	}
	return nil
}

func encodeFeature(a Area) ([]byte, error) {
	p := areaProperties{
		Code: a.Code, Name: a.Name, Kind: a.Kind, Parent: a.Parent, Source: a.Source,
		Priority: a.Priority, AreaM2: a.AreaM2, Remark: a.Remark,
	}
	if !a.ValidFrom.IsZero() {
		p.ValidFrom = &a.ValidFrom
	}
	if !a.ValidTo.IsZero() {
		p.ValidTo = &a.ValidTo
	}
	if a.Selector.Specificity() > 0 {
		p.Selector = &a.Selector
	}
	properties, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	id, err := json.Marshal(a.ID)
	if err != nil {
		return nil, err
	}
	line := append([]byte(`{"type":"Feature","id":`), id...)
	line = append(append(line, `,"properties":`...), properties...)
	line = append(line, `,"geometry":`...)
	return append(EncodeGeometry(line, a.Geometry), '}'), nil
}

// EncodeGeometry appends a multipolygon as a GeoJSON geometry and returns the
// longer slice. Each coordinate is the shortest text that reads back as the
// same bits.
func EncodeGeometry(to []byte, mp orb.MultiPolygon) []byte {
	to = append(to, `{"type":"MultiPolygon","coordinates":`...)
	to = appendList(to, mp, func(to []byte, polygon orb.Polygon) []byte {
		return appendList(to, polygon, func(to []byte, ring orb.Ring) []byte {
			return appendList(to, ring, appendPoint)
		})
	})
	return append(to, '}')
}

func appendPoint(to []byte, p orb.Point) []byte {
	to = strconv.AppendFloat(append(to, '['), p[0], 'f', -1, 64)
	to = strconv.AppendFloat(append(to, ','), p[1], 'f', -1, 64)
	return append(to, ']')
}

func appendList[T any](to []byte, items []T, one func([]byte, T) []byte) []byte {
	to = append(to, '[')
	for i, item := range items {
		if i > 0 {
			to = append(to, ',')
		}
		to = one(to, item)
	}
	return append(to, ']')
}
