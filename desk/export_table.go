package desk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/store/gpkg"
)

// An exportTable is what an export is made of, whatever its format. The values of a
// row are in the order of the columns: nil, a string, an int, an int64, a
// float64, a bool, a time.Time, or a json.RawMessage that a format without
// objects writes as text. An empty string in a column of days is none, and so
// is a zero time.
type exportTable struct {
	name     string
	title    string
	geometry string // POINT or MULTIPOLYGON
	columns  []gpkg.Column
	rows     iter.Seq2[exportRow, error]
}

type exportRow struct {
	id       string
	geometry orb.Geometry // nil for none
	values   []any
}

// exportMoment is how exports write a moment: ISO 8601 in UTC.
const exportMoment = "2006-01-02T15:04:05.000Z"

// exportValue makes a value one that JSON writes as it should.
func exportValue(kind gpkg.ColumnType, v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC().Format(exportMoment)
	case string:
		if v == "" && (kind == gpkg.Date || kind == gpkg.DateTime) {
			return nil
		}
	}
	return v
}

// layer returns the table as one of a GeoPackage.
func (t exportTable) layer() gpkg.Layer {
	return gpkg.Layer{
		Name: t.name, Title: t.title, Geometry: t.geometry, Columns: t.columns,
		Rows: func(yield func(gpkg.Row, error) bool) {
			for r, err := range t.rows {
				for i, v := range r.values {
					if object, ok := v.(json.RawMessage); ok {
						r.values[i] = string(object)
					}
				}
				if !yield(gpkg.Row{Geometry: r.geometry, Values: r.values}, err) {
					return
				}
			}
		},
	}
}

// A countingWriter counts what is written through it.
type countingWriter struct {
	to io.Writer
	n  int64
}

func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err
}

// geoJSON writes the table as a FeatureCollection, one feature a line. The
// closing bracket comes only when every row was there.
func (t exportTable) geoJSON(w io.Writer) (int64, error) {
	count := &countingWriter{to: w}
	out := bufio.NewWriterSize(count, 64<<10)
	names := make([][]byte, len(t.columns))
	for i, c := range t.columns {
		names[i] = append(jsonText(c.Name), ':')
	}
	_, _ = out.Write(append(append([]byte(`{"type":"FeatureCollection","name":`), jsonText(t.name)...), `,"features":[`...)) // out keeps its first error until Flush
	end := "\n"
	var line []byte
	for r, err := range t.rows {
		if err != nil {
			return count.n, err
		}
		if line, err = t.feature(append(line[:0], end...), names, r); err != nil {
			return count.n, err
		}
		if _, err := out.Write(line); err != nil {
			return count.n, fmt.Errorf("write %s: %w", t.name, err)
		}
		end = ",\n"
	}
	_, _ = out.WriteString("\n]}\n")
	if err := out.Flush(); err != nil {
		return count.n, fmt.Errorf("write %s: %w", t.name, err)
	}
	return count.n, nil
}

// feature appends a row as a GeoJSON feature.
func (t exportTable) feature(to []byte, names [][]byte, r exportRow) ([]byte, error) {
	to = append(append(to, `{"type":"Feature","id":`...), jsonText(r.id)...)
	switch g := r.geometry.(type) {
	case nil:
		to = append(to, `,"geometry":null`...)
	case orb.Point:
		to = append(to, `,"geometry":{"type":"Point","coordinates":[`...)
		to = append(strconv.AppendFloat(to, g[0], 'f', -1, 64), ',')
		to = append(strconv.AppendFloat(to, g[1], 'f', -1, 64), `]}`...)
	case orb.MultiPolygon:
		to = geo.EncodeGeometry(append(to, `,"geometry":`...), g)
	default:
		return to, fmt.Errorf("export a %T", g)
	}
	to = append(to, `,"properties":{`...)
	for i, v := range r.values {
		if i > 0 {
			to = append(to, ',')
		}
		value, err := json.Marshal(exportValue(t.columns[i].Type, v))
		if err != nil {
			return to, fmt.Errorf("export %s of %s: %w", t.columns[i].Name, r.id, err)
		}
		to = append(append(to, names[i]...), value...)
	}
	return append(to, `}}`...), nil
}

// jsonText writes a string, which JSON always can.
func jsonText(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}
