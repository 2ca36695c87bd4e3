package desk

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"

	"github.com/sestante/sestante/store/gpkg"
)

// csv writes the table as RFC 4180 has it, with a heading. Points are in the
// columns lon and lat, areas as WKT in wkt; both stand last.
func (t exportTable) csv(w io.Writer, bom bool) (int64, error) {
	count := &countingWriter{to: w}
	if bom {
		if _, err := io.WriteString(count, "\ufeff"); err != nil {
			return count.n, fmt.Errorf("write %s: %w", t.name, err)
		}
	}
	out := csv.NewWriter(count)
	out.UseCRLF = true
	var cells []string
	for _, c := range t.columns {
		cells = append(cells, c.Name)
	}
	if t.geometry == "POINT" {
		cells = append(cells, "lon", "lat")
	} else {
		cells = append(cells, "wkt")
	}
	_ = out.Write(cells) // out keeps its first error
	for r, err := range t.rows {
		if err != nil {
			return count.n, err
		}
		cells = cells[:0]
		for i, v := range r.values {
			cells = append(cells, csvCell(t.columns[i].Type, v))
		}
		if err := out.Write(t.place(cells, r.geometry)); err != nil {
			return count.n, fmt.Errorf("write %s: %w", t.name, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return count.n, fmt.Errorf("write %s: %w", t.name, err)
	}
	return count.n, nil
}

// place appends the cells of a geometry.
func (t exportTable) place(cells []string, g orb.Geometry) []string {
	switch g := g.(type) {
	case orb.Point:
		return append(cells, csvNumber(g[0]), csvNumber(g[1]))
	case nil:
		if t.geometry == "POINT" {
			return append(cells, "", "")
		}
		return append(cells, "")
	default:
		return append(cells, wkt.MarshalString(g))
	}
}

func csvNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// csvCell returns a value as a cell. A text that a spreadsheet would take for a
// formula gets an apostrophe before it; a number, which may begin with a minus,
// does not.
func csvCell(kind gpkg.ColumnType, v any) string {
	switch v := exportValue(kind, v).(type) {
	case nil:
		return ""
	case string:
		return inertCell(v)
	case json.RawMessage:
		return inertCell(string(v))
	case float64:
		return csvNumber(v)
	default:
		return fmt.Sprint(v)
	}
}

// inertCell keeps a spreadsheet from running what a stranger wrote
// (https://owasp.org/www-community/attacks/CSV_Injection).
func inertCell(text string) string {
	if text == "" {
		return ""
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return "'" + text
	}
	return text
}
