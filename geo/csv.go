package geo

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/sestante/sestante/fault"
)

// A Tally counts the rows of one LocateCSV.
type Tally struct {
	Rows     int // without the header
	Owned    int // with an owner
	Unowned  int // well-formed, but nobody owns the place
	Bad      int // not two numbers
	Outcomes map[Outcome]int
}

// ErrCSV is a table of points without a longitude or a latitude column.
var ErrCSV = fault.Define(fault.Invalid, "geo.csv", "The table needs a lon and a lat column.", "La tabella ha bisogno di una colonna lon e di una lat.")

// LocateCSV reads points from r, asks locate about each, and writes to w the
// columns lon, lat, code (of the owner), all (the codes of every match, joined
// by |) and reason (the outcome). It streams: memory does not grow with rows.
//
// The first row may be a header that names the columns (lon, lng, longitude or
// x; lat, latitude or y, in any order and among others); without one the first
// two columns are lon and lat. The separator is a comma, or a semicolon when
// the first line has one: then numbers may have a decimal comma. A bad row is
// answered with "bad row: …" as its reason, and counted; it stops nothing.
// Errors are ErrCSV, and those of r and w.
func LocateCSV(r io.Reader, w io.Writer, locate func(lon, lat float64) Answer) (Tally, error) {
	in, decimalComma, err := newCSVReader(r)
	if err != nil {
		return Tally{}, err
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"lon", "lat", "code", "all", "reason"}); err != nil {
		return Tally{}, fmt.Errorf("writing answers: %w", err)
	}
	l := csvLocator{decimalComma: decimalComma, locate: locate, lat: 1, tally: Tally{Outcomes: map[Outcome]int{}}}
	for first := true; ; first = false {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var malformed *csv.ParseError
		if err != nil && !errors.As(err, &malformed) {
			return l.tally, fmt.Errorf("reading points: %w", err)
		}
		if err != nil {
			record = nil // what was read of it may be of the row before
		}
		if first && err == nil && !l.number(record) {
			if err := l.header(record); err != nil {
				return l.tally, err
			}
			continue
		}
		if err := out.Write(l.answer(record, err)); err != nil {
			return l.tally, fmt.Errorf("writing answers: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return l.tally, fmt.Errorf("writing answers: %w", err)
	}
	return l.tally, nil
}

func newCSVReader(r io.Reader) (in *csv.Reader, decimalComma bool, err error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	start, err := buffered.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, fmt.Errorf("reading points: %w", err)
	}
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		if _, err := buffered.Discard(3); err != nil {
			return nil, false, fmt.Errorf("reading points: %w", err)
		}
	}
	line, _, _ := bytes.Cut(start, []byte("\n"))
	in = csv.NewReader(buffered)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	in.TrimLeadingSpace = true
	if bytes.ContainsRune(line, ';') {
		in.Comma = ';'
		return in, true, nil
	}
	return in, false, nil
}

// A csvLocator knows where the columns are and what has been counted.
type csvLocator struct {
	lon, lat     int
	decimalComma bool
	locate       func(lon, lat float64) Answer
	tally        Tally
}

// number reports whether the record starts with a number: then it is a point,
// not a header.
func (l *csvLocator) number(record []string) bool {
	_, err := l.parse(record[0])
	return err == nil
}

func (l *csvLocator) header(record []string) error {
	find := func(names ...string) int {
		return slices.IndexFunc(record, func(cell string) bool {
			return slices.Contains(names, strings.ToLower(strings.TrimSpace(cell)))
		})
	}
	l.lon, l.lat = find("lon", "lng", "long", "longitude", "longitudine", "x"), find("lat", "latitude", "latitudine", "y")
	if l.lon < 0 || l.lat < 0 {
		return ErrCSV
	}
	return nil
}

func (l *csvLocator) parse(cell string) (float64, error) {
	cell = strings.TrimSpace(cell)
	if l.decimalComma {
		cell = strings.Replace(cell, ",", ".", 1)
	}
	return strconv.ParseFloat(cell, 64)
}

// answer is one row of the output.
func (l *csvLocator) answer(record []string, malformed error) []string {
	l.tally.Rows++
	cell := func(i int) string {
		if i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	lonText, latText := cell(l.lon), cell(l.lat)
	bad := func(why string) []string {
		l.tally.Bad++
		return []string{inert(lonText), inert(latText), "", "", "bad row: " + why}
	}
	if malformed != nil {
		return bad("quotes do not match")
	}
	if max(l.lon, l.lat) >= len(record) {
		return bad("columns are missing")
	}
	lon, err := l.parse(lonText)
	if err != nil {
		return bad("lon is not a number")
	}
	lat, err := l.parse(latText)
	if err != nil {
		return bad("lat is not a number")
	}
	a := l.locate(lon, lat)
	l.tally.Outcomes[a.Outcome]++
	code := ""
	if a.Owner != nil {
		l.tally.Owned++
		code = a.Owner.Code
	} else {
		l.tally.Unowned++
	}
	return []string{lonText, latText, code, strings.Join(a.Codes(), "|"), string(a.Outcome)}
}

// inert keeps a spreadsheet from running a cell that we repeat.
func inert(cell string) string {
	if cell != "" && strings.IndexByte("=+-@", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}
