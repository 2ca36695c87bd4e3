package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sestante/sestante/geo"
)

// A source is a stranger's database, opened so that it can neither be changed
// nor run anything of its own.
type source struct {
	dir    string // holds the copy
	db     *sql.DB
	conn   *sql.Conn
	tables map[string]bool // by name in lower case: whether it is kept, not a view or a virtual one
	size   int64           // bytes of the file
	left   int64           // bytes of values that may still be read
	most   int64           // how many they were
}

// openSource copies a file and opens the copy. Nothing but plain tables are
// ever read of it; the size of all values read may not be more than limit.
// Close it when done.
func openSource(ctx context.Context, data io.ReaderAt, size, limit int64) (*source, error) {
	if size > limit {
		return nil, geo.ErrTooLarge.WithIn("more than %d bytes", "più di %d byte", limit)
	}
	if err := checkPages(data, size); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sestante-gpkg-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the copy: %w", err)
	}
	s := &source{dir: dir, size: size, left: limit, most: limit}
	if err := s.open(ctx, data, size); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *source) open(ctx context.Context, data io.ReaderAt, size int64) error {
	path := filepath.Join(s.dir, "in.gpkg")
	if err := copyTo(path, io.NewSectionReader(data, 0, size)); err != nil {
		return err
	}
	var err error
	if s.db, err = sql.Open("sqlite", address(path, url.Values{
		"mode": {"ro"}, "immutable": {"1"}, // no locks, no journals: the copy is ours alone
		"_pragma": {"trusted_schema(OFF)", "query_only(ON)", "cell_size_check(ON)", "temp_store(MEMORY)"},
	})); err != nil {
		return fmt.Errorf("opening the copy: %w", err)
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return damaged(ctx, err)
	}
	for limit, most := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH: int(s.most), sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
		sqlite3.SQLITE_LIMIT_ATTACHED: 0, sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0, sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
		sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100, sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10, sqlite3.SQLITE_LIMIT_COLUMN: 2000,
	} {
		if _, err := sqlite.Limit(s.conn, limit, most); err != nil {
			return fmt.Errorf("limiting the copy: %w", err)
		}
	}
	if _, err := s.conn.ExecContext(ctx, `PRAGMA cache_size = -8000`); err != nil {
		return damaged(ctx, err)
	}
	return s.describe(ctx)
}

// copyTo writes a file that only this program may read.
func copyTo(path string, from io.Reader) error {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the copy: %w", err)
	}
	if _, err := io.Copy(to, from); err != nil {
		return errors.Join(fmt.Errorf("copying the file: %w", err), to.Close())
	}
	return to.Close()
}

// address is how SQLite is told of a file and of how to open it.
func address(path string, how url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive of Windows
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: how.Encode()}).String()
}

// damaged makes a fault of what SQLite says about a stranger's file. What is
// not about the file stays as it is.
func damaged(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB:
			return ErrNotGeoPackage.WithIn("SQLite says: not a database", "SQLite dice: non è un database")
		case sqlite3.SQLITE_TOOBIG:
			return geo.ErrTooLarge.WithIn("a value of the GeoPackage", "un valore del GeoPackage")
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FORMAT:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}

// describe reads which tables there are. As it loads the description, SQLite
// refuses one whose columns say another type or name than its text.
func (s *source) describe(ctx context.Context) error {
	s.tables = map[string]bool{}
	return s.each(ctx, `SELECT type, name, rootpage FROM sqlite_schema`, maxObjects, func(row []any) error {
		kind, name := text(row[0]), text(row[1])
		if kind == "table" || kind == "view" {
			root, _ := row[2].(int64)
			s.tables[strings.ToLower(name)] = kind == "table" && root > 1 // a virtual one has no page
		}
		return nil
	})
}

// each hands every row of a query to fn, as SQLite's own types: nil, int64,
// float64, string and []byte. More than most rows, or more bytes than are left,
// are geo.ErrTooLarge.
func (s *source) each(ctx context.Context, query string, most int, fn func([]any) error) error {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return damaged(ctx, err)
	}
	defer func() { _ = rows.Close() }() // what was wrong is in Err
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	row, into := make([]any, len(names)), make([]any, len(names))
	for i := range row {
		into[i] = &row[i]
	}
	for n := 0; rows.Next(); n++ {
		if n >= most {
			return geo.ErrTooLarge.WithIn("more than %d rows in a table of the GeoPackage", "più di %d righe in una tabella del GeoPackage", most)
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := s.spend(row); err != nil {
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return damaged(ctx, rows.Err())
}

// spend counts the bytes of a row. Cells of a hostile file may share the same
// pages, so the size of the file bounds nothing.
func (s *source) spend(row []any) error {
	s.left -= 8
	for _, v := range row {
		switch v := v.(type) {
		case string:
			s.left -= int64(len(v))
		case []byte:
			s.left -= int64(len(v))
		}
	}
	if s.left < 0 {
		return geo.ErrTooLarge.WithIn("more than %d bytes of values in the GeoPackage", "più di %d byte di valori nel GeoPackage", s.most)
	}
	return nil
}

// close gives everything back.
func (s *source) close() error {
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}
