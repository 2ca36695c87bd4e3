package format

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// maxColumns bounds a row, before the reader of the library holds it.
const maxColumns = 4096

// csv reads a table whose column wkt (or geometry, and the like) holds
// well-known text; the other columns are properties. Commas, semicolons and
// tabs separate columns, whichever the first line has most of.
func (w *work) csv(r io.Reader) (Source, error) {
	src := Source{Kind: CSV}
	if err := w.noLayers(""); err != nil {
		return src, err
	}
	in, err := newRows(r)
	if err != nil {
		return src, err
	}
	head, err := in.Read()
	if err != nil {
		return src, rowFault(err)
	}
	names := make([]string, len(head))
	for i, cell := range head {
		names[i] = strings.TrimSpace(cell)
	}
	shape := columnOfShapes(names)
	if shape < 0 {
		return src, ErrCSV
	}
	t := &wktReader{w: w, r: bufio.NewReaderSize(strings.NewReader(""), 4096)}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return src, blame(rowFault(err), geo.Feature{Index: len(w.raw)}, nil)
		}
		if err := w.row(names, cells, shape, t, &src); err != nil {
			return src, err
		}
	}
	src.Notes, err = w.retextCSV()
	return src, err
}

func (w *work) retextCSV() ([]Note, error) {
	var said *charset
	if w.charset != "" {
		c, err := findCharset(w.charset)
		if err != nil {
			return nil, err
		}
		said = &c
	}
	if c, guessed := retext(w.raw, said, nil); guessed && c.table != nil {
		w.notes.add(NoteCharset.With(c.name))
	}
	return w.notes, nil
}

// row keeps one row as a feature.
func (w *work) row(names, cells []string, shape int, t *wktReader, src *Source) error {
	raw, err := w.feature()
	if err != nil {
		return err
	}
	raw.Properties = map[string]any{}
	for i, cell := range cells {
		if i == shape || i >= len(names) || names[i] == "" {
			continue
		}
		if err := w.value(); err != nil {
			return err
		}
		raw.Properties[names[i]] = strings.Clone(strings.TrimSpace(cell)) // the row is one string
	}
	if shape >= len(cells) || strings.TrimSpace(cells[shape]) == "" {
		raw.Problem = &geo.Problem{Fault: geo.ErrEmpty}
		w.raw = append(w.raw, raw)
		return nil
	}
	t.r.Reset(strings.NewReader(cells[shape]))
	t.at, t.err, t.last = 0, nil, nil
	g := t.geometry()
	if t.err == nil && t.peek() != 0 {
		t.fail(errSyntax)
	}
	if t.err != nil && !errors.Is(t.err, errSyntax) {
		return t.err
	}
	raw.Geometry, raw.Heights, raw.Problem = g.polygons, g.heights, g.problem
	if t.err != nil {
		raw.Geometry, raw.Problem = nil, &geo.Problem{Fault: ErrWKT, Place: t.last, Note: fault.Say("at character %d", "al carattere %d", t.at)}
	} else if src.CRS, err = w.sameSystem(src.CRS, g.srid); err != nil {
		return err
	}
	w.raw = append(w.raw, raw)
	return nil
}

// sameSystem compares a row's SRID with that of the rows that were well-formed
// before it.
func (w *work) sameSystem(said, srid string) (string, error) {
	for _, r := range w.raw {
		if r.Problem == nil {
			return sameSRID(said, srid, len(w.raw))
		}
	}
	return srid, nil
}

func newRows(r io.Reader) (*csv.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	start, err := buffered.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if strings.HasPrefix(string(start), "\xef\xbb\xbf") {
		_, _ = buffered.Discard(3) // just seen
		start = start[3:]
	}
	line := firstLine(start)
	comma := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(comma)) {
			comma = c
		}
	}
	in := csv.NewReader(&columnGuard{r: buffered, comma: byte(comma)})
	in.Comma = comma
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	return in, nil
}

func columnOfShapes(names []string) int {
	for _, known := range shapeColumns {
		for i, name := range names {
			if strings.EqualFold(name, known) {
				return i
			}
		}
	}
	return -1
}

func rowFault(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return ErrTable.WithIn("line %d", "riga %d", parse.Line)
	}
	if errors.Is(err, io.EOF) {
		return ErrCSV.WithIn("it has no line", "non ha righe")
	}
	return err
}

// columnGuard refuses a row with more columns than any table has: commas
// within quotes are not counted.
type columnGuard struct {
	r       io.Reader
	comma   byte
	quoted  bool
	columns int
}

func (g *columnGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	for _, c := range p[:n] {
		switch {
		case c == '"':
			g.quoted = !g.quoted
		case g.quoted:
		case c == '\n':
			g.columns = 0
		case c == g.comma:
			if g.columns++; g.columns > maxColumns {
				return 0, ErrTable.WithIn("a line has more than %d columns", "una riga ha più di %d colonne", maxColumns)
			}
		}
	}
	return n, err
}
