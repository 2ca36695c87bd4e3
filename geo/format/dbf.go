package format

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sestante/sestante/geo"
)

// A table reads the rows of a .dbf (dBASE III to 7, as shapefiles have them).
type table struct {
	r      *bufio.Reader
	fields []field
	driver byte   // its word about the charset
	left   uint32 // rows that the header promises
	buf    []byte
}

// A field is a column: its bytes in each row.
type field struct {
	name   string // as it stands, not yet text
	kind   byte
	length int
}

// maxFields is more columns than dBASE can have.
const maxFields = 2048

func newTable(r *bufio.Reader) (*table, error) {
	var head [32]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, cut(err)
	}
	header, length := int(binary.LittleEndian.Uint16(head[8:])), int(binary.LittleEndian.Uint16(head[10:]))
	t := &table{r: r, driver: head[29], left: binary.LittleEndian.Uint32(head[4:]), buf: make([]byte, length)}
	used, width := len(head), 1
	for {
		first, err := r.Peek(1)
		if err != nil {
			return nil, cut(err)
		}
		if first[0] == '\r' {
			break
		}
		var d [32]byte
		if _, err := io.ReadFull(r, d[:]); err != nil {
			return nil, cut(err)
		}
		name, _, _ := bytes.Cut(d[:11], []byte{0})
		f := field{name: strings.TrimSpace(string(name)), kind: d[11], length: int(d[16])}
		if f.kind == 'C' {
			f.length += int(d[17]) << 8 // long text of FoxPro and Clipper
		}
		used, width = used+len(d), width+f.length
		if t.fields = append(t.fields, f); len(t.fields) > maxFields {
			return nil, ErrShapefile.WithIn("the .dbf has more than %d columns", "il .dbf ha più di %d colonne", maxFields)
		}
	}
	if width > length || used+1 > header {
		return nil, ErrShapefile.WithIn("the .dbf contradicts itself about its columns", "il .dbf si contraddice sulle sue colonne")
	}
	if _, err := io.CopyN(io.Discard, r, int64(header-used)); err != nil {
		return nil, cut(err)
	}
	return t, nil
}

// row reads the next row into the feature. It reports whether the row is
// marked as deleted.
func (t *table) row(w *work, raw *geo.Raw) (deleted bool, err error) {
	if t.left == 0 {
		return false, ErrShapefile.WithIn("the .dbf has fewer rows than the .shp has shapes", "il .dbf ha meno righe di quante forme ha il .shp")
	}
	t.left--
	if _, err := io.ReadFull(t.r, t.buf); err != nil {
		return false, cut(err)
	}
	if len(t.buf) == 0 {
		return false, nil
	}
	raw.Properties = make(map[string]any, len(t.fields))
	at := 1
	for _, f := range t.fields {
		if err := w.value(); err != nil {
			return false, err
		}
		if v := f.value(t.buf[at : at+f.length]); v != nil {
			raw.Properties[f.name] = v
		}
		at += f.length
	}
	return t.buf[0] == '*', nil
}

// value is a string (still in the file's charset), a json.Number, a bool or
// nil.
func (f field) value(b []byte) any {
	text := strings.Trim(string(b), " \x00")
	switch f.kind {
	case 'C':
		return text
	case 'N', 'F':
		return numberOf(text)
	case 'L':
		return logical(text)
	case 'D':
		if len(text) == 8 && strings.Trim(text, "0123456789") == "" {
			return text[:4] + "-" + text[4:6] + "-" + text[6:]
		}
	case 'I', '+':
		if len(b) == 4 {
			return json.Number(strconv.Itoa(int(int32(binary.LittleEndian.Uint32(b)))))
		}
	case 'O':
		if len(b) == 8 {
			return numberOf(strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64))
		}
	}
	return nil
}

// numberOf keeps a number as it is written where JSON writes it so too, and a
// code with zeros in front as text.
func numberOf(text string) any {
	if json.Valid([]byte(text)) && text[0] != '"' && strings.Trim(text, "0123456789+-.eE") == "" {
		return json.Number(text)
	}
	if len(text) > 1 && strings.Trim(text, "0123456789") == "" {
		return text // a code with zeros in front
	}
	v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
}

func logical(text string) any {
	switch text {
	case "T", "t", "Y", "y":
		return true
	case "F", "f", "N", "n":
		return false
	}
	return nil
}
