package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/paulmach/orb"
	_ "modernc.org/sqlite" // the driver PocketBase pins
)

// A ColumnType is what a column of a layer holds.
type ColumnType string

// The types of columns, in the words of the standard (table 1).
const (
	Text     ColumnType = "TEXT"
	Integer  ColumnType = "INTEGER"
	Real     ColumnType = "REAL"
	Boolean  ColumnType = "BOOLEAN"
	Date     ColumnType = "DATE"     // a day, 2026-11-22
	DateTime ColumnType = "DATETIME" // a moment in UTC, 2026-11-22T07:58:11.004Z
)

// A Column is one property of the features of a layer.
type Column struct {
	Name string
	Type ColumnType
}

// A Row is one feature: its geometry in WGS84 degrees, longitude first, or nil
// for none, and a value for each column of its layer. A value is a string, a
// whole number, a float64, a bool, a time.Time or nil; a zero time and an empty
// string in a column of days or moments are written as none.
type Row struct {
	Geometry orb.Geometry
	Values   []any
}

// A Layer is what becomes one table.
type Layer struct {
	Name        string // of the table: letters, digits and _
	Title       string // as a person reads it
	Description string
	Geometry    string // POINT, MULTIPOLYGON or another of the standard's names
	Columns     []Column
	Rows        iter.Seq2[Row, error]
}

// A File is a GeoPackage that is whole and not yet sent. Close takes it away.
type File struct {
	Rows int64 // in all layers
	Size int64 // bytes

	dir  string
	file *os.File
}

// Encode writes a GeoPackage to w, as Create makes it, and returns how many
// rows it has. Nothing is written to w unless the whole file could be made.
func Encode(ctx context.Context, w io.Writer, layers []Layer, now time.Time) (int64, error) {
	f, err := Create(ctx, layers, now)
	if err != nil {
		return 0, err
	}
	_, err = f.WriteTo(w)
	return f.Rows, errors.Join(err, f.Close())
}

// Create makes a GeoPackage 1.3 of layers: one table each, with a spatial
// index, in WGS84. The rows are streamed into a file of its own in the folder
// for temporary files, so memory does not grow with them. The moment of the
// last change in it is now. The errors are those of the rows and of the disk.
func Create(ctx context.Context, layers []Layer, now time.Time) (*File, error) {
	dir, err := os.MkdirTemp("", "sestante-gpkg-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the GeoPackage: %w", err)
	}
	f := &File{dir: dir}
	if err := f.fill(ctx, layers, now); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *File) fill(ctx context.Context, layers []Layer, now time.Time) (err error) {
	path := filepath.Join(f.dir, "out.gpkg")
	if f.Rows, err = build(ctx, path, layers, now); err != nil {
		return err
	}
	if f.file, err = os.Open(path); err != nil {
		return fmt.Errorf("reading the GeoPackage: %w", err)
	}
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("reading the GeoPackage: %w", err)
	}
	f.Size = info.Size()
	return nil
}

// WriteTo writes the whole file to w, and returns how many bytes that were.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, io.NewSectionReader(f.file, 0, f.Size))
}

// Close takes the file away.
func (f *File) Close() error {
	var err error
	if f.file != nil {
		err = f.file.Close()
	}
	return errors.Join(err, os.RemoveAll(f.dir))
}

// build makes the file at path, in one transaction.
func build(ctx context.Context, path string, layers []Layer, now time.Time) (int64, error) {
	db, err := sql.Open("sqlite", address(path, url.Values{"_pragma": {
		"journal_mode(OFF)", "synchronous(OFF)", "locking_mode(EXCLUSIVE)", // until it is whole, nobody misses it
		"page_size(4096)", "cache_size(-16000)", "temp_store(FILE)",
	}}))
	if err != nil {
		return 0, fmt.Errorf("making a GeoPackage: %w", err)
	}
	db.SetMaxOpenConns(1)
	total, err := fill(ctx, db, layers, now)
	return total, errors.Join(err, db.Close())
}

func fill(ctx context.Context, db *sql.DB, layers []Layer, now time.Time) (int64, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("making a GeoPackage: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if _, err := tx.ExecContext(ctx, skeleton); err != nil {
		return 0, fmt.Errorf("making the tables of a GeoPackage: %w", err)
	}
	var total int64
	for _, l := range layers {
		n, err := writeLayer(ctx, tx, l, now)
		total += n
		if err != nil {
			return total, fmt.Errorf("writing layer %s: %w", l.Name, err)
		}
	}
	return total, tx.Commit()
}

// A layerWriter puts the rows of one layer into its tables.
type layerWriter struct {
	layer  Layer
	row    *sql.Stmt
	place  *sql.Stmt // into the index
	bound  orb.Bound
	placed bool // bound holds something
	n      int64
	buf    []byte
	args   []any
}

func writeLayer(ctx context.Context, tx *sql.Tx, l Layer, now time.Time) (n int64, err error) {
	for _, statement := range tableOf(l) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	lw := &layerWriter{layer: l}
	if lw.row, err = tx.PrepareContext(ctx, insertInto(l)); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lw.row.Close()) }()
	if lw.place, err = tx.PrepareContext(ctx, `INSERT INTO `+quoted(indexOf(l))+` VALUES (?, ?, ?, ?, ?)`); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lw.place.Close()) }()
	for row, err := range l.Rows {
		if err != nil {
			return lw.n, err
		}
		if err := lw.write(ctx, row); err != nil {
			return lw.n, err
		}
	}
	return lw.n, lw.finish(ctx, tx, now)
}

func (lw *layerWriter) write(ctx context.Context, row Row) error {
	if len(row.Values) != len(lw.layer.Columns) {
		return fmt.Errorf("a row has %d values for %d columns", len(row.Values), len(lw.layer.Columns))
	}
	lw.n++
	lw.args = append(lw.args[:0], lw.n, nil)
	hasBound := row.Geometry != nil && !row.Geometry.Bound().IsEmpty()
	if row.Geometry != nil {
		var err error
		if lw.buf, err = appendBlob(lw.buf[:0], row.Geometry); err != nil {
			return err
		}
		lw.args[1] = lw.buf
	}
	for i, v := range row.Values {
		lw.args = append(lw.args, stored(lw.layer.Columns[i].Type, v))
	}
	if _, err := lw.row.ExecContext(ctx, lw.args...); err != nil {
		return err
	}
	if !hasBound {
		return nil
	}
	b := row.Geometry.Bound()
	if !lw.placed {
		lw.bound, lw.placed = b, true
	}
	lw.bound = lw.bound.Union(b)
	_, err := lw.place.ExecContext(ctx, lw.n, b.Min[0], b.Max[0], b.Min[1], b.Max[1])
	return err
}

// stored turns a value into what SQLite keeps for a column of that type.
func stored(t ColumnType, v any) any {
	switch v := v.(type) {
	case time.Time:
		switch {
		case v.IsZero():
			return nil
		case t == Date:
			return v.Format(time.DateOnly)
		default:
			return v.UTC().Format(moment)
		}
	case string:
		if v == "" && (t == Date || t == DateTime) {
			return nil
		}
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return v
}

// moment is how the standard writes a moment.
const moment = "2006-01-02T15:04:05.000Z"

// finish enters the layer into the tables that describe the file, and makes
// the triggers that keep its index right in the hands of others: only now,
// because they call functions that those have and we do not.
func (lw *layerWriter) finish(ctx context.Context, tx *sql.Tx, now time.Time) error {
	l, bounds := lw.layer, []any{nil, nil, nil, nil}
	if lw.placed {
		bounds = []any{lw.bound.Min[0], lw.bound.Min[1], lw.bound.Max[0], lw.bound.Max[1]}
	}
	title := l.Title
	if title == "" {
		title = l.Name
	}
	contents := append([]any{l.Name, title, l.Description, now.UTC().Format(moment)}, bounds...)
	for _, s := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, 4326)`, contents},
		{`INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, 4326, 0, 0)`, []any{l.Name, l.Geometry}},
		{
			`INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')`,
			[]any{l.Name},
		},
	} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, triggersOf(l))
	return err
}

func tableOf(l Layer) []string {
	var columns strings.Builder
	for _, c := range l.Columns {
		columns.WriteString(", " + quoted(c.Name) + " " + string(c.Type))
	}
	return []string{
		`CREATE TABLE ` + quoted(l.Name) + ` ("fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "geom" ` + l.Geometry + columns.String() + `)`,
		`CREATE VIRTUAL TABLE ` + quoted(indexOf(l)) + ` USING rtree(id, minx, maxx, miny, maxy)`,
	}
}

func insertInto(l Layer) string {
	return `INSERT INTO ` + quoted(l.Name) + ` VALUES (?, ?` + strings.Repeat(`, ?`, len(l.Columns)) + `)`
}

func indexOf(l Layer) string { return "rtree_" + l.Name + "_geom" }
