package sim_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"

	"github.com/pocketbase/dbx"
	"modernc.org/sqlite"
)

// errPower is what the server's statements meet from the moment the power is
// cut until it starts again. No layer above may take it for a refusal.
var errPower = errors.New("the power is cut")

// A cut is where the power goes: at the statement or commit with that number
// from now on, or never.
type cut struct {
	in   int  // statements and commits until then; 0: never
	kept bool // when it hits a commit: the commit reached the disk
}

// A disk is the server's, as the simulation sees it: a real SQLite file that
// can be exchanged beneath a running app, and a power line that can be cut at
// any write. A transaction that was open when the power went is rolled back,
// which is what the write-ahead log makes of it at the next start.
//
// The simulation alone runs with synchronous=OFF: it kills the process, not
// the machine, and a process's writes outlive it without a flush. That what is
// acknowledged is flushed is the business of store.Connect and its test.
type disk struct {
	path   string
	start  int // raised at each start: connections of an earlier one are void
	cut    cut
	dead   bool
	writes int // statements and commits so far
}

// connect is PocketBase's DBConnect over the disk. Its other database, of logs
// nobody reads, is an ordinary one.
func (d *disk) connect(path string) (*dbx.DB, error) {
	if path[len(path)-len("data.db"):] != "data.db" {
		return dbx.Open("sqlite", path)
	}
	return dbx.NewFromDB(sql.OpenDB(line{d}), "sqlite"), nil
}

// restart begins a new life of the server over the file at path.
func (d *disk) restart(path string) {
	d.path, d.dead, d.cut = path, false, cut{}
	d.start++
}

// spend counts a write, and reports whether the power goes at it.
func (d *disk) spend() bool {
	d.writes++
	if d.cut.in == 0 {
		return false
	}
	d.cut.in--
	if d.cut.in > 0 {
		return false
	}
	d.dead = true
	return true
}

type line struct{ d *disk }

var pragmas = url.Values{"_txlock": {"immediate"}, "_pragma": {
	"busy_timeout(1000)", "journal_mode(WAL)", "synchronous(OFF)", "foreign_keys(ON)", "temp_store(MEMORY)",
	"cache_size(-8000)", "recursive_triggers(ON)",
}}

func (l line) Connect(context.Context) (driver.Conn, error) {
	if l.d.dead {
		return nil, errPower
	}
	c, err := (&sqlite.Driver{}).Open(l.d.path + "?" + pragmas.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the disk: %w", err)
	}
	real, ok := c.(conn)
	if !ok {
		return nil, fmt.Errorf("the driver's %T cannot be wrapped", c)
	}
	return &wire{conn: real, d: l.d, start: l.d.start}, nil
}

func (l line) Driver() driver.Driver { return &sqlite.Driver{} }

// conn is what the driver's connections can do and database/sql asks of them.
type conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// wire is one connection.
type wire struct {
	conn
	d     *disk
	start int
}

func (w *wire) IsValid() bool { return w.start == w.d.start && w.conn.IsValid() }

func (w *wire) ResetSession(ctx context.Context) error {
	if w.start != w.d.start {
		return driver.ErrBadConn
	}
	return w.conn.ResetSession(ctx)
}

func (w *wire) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if w.d.dead || w.d.spend() {
		return nil, errPower
	}
	return w.conn.ExecContext(ctx, q, args)
}

func (w *wire) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if w.d.dead {
		return nil, errPower
	}
	return w.conn.QueryContext(ctx, q, args)
}

func (w *wire) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	if w.d.dead {
		return nil, errPower
	}
	s, err := w.conn.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	real, ok := s.(stmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's %T cannot be wrapped", s), s.Close())
	}
	return &prepared{real, w.d}, nil
}

func (w *wire) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if w.d.dead {
		return nil, errPower
	}
	tx, err := w.conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &transaction{tx, w.d, opts.ReadOnly}, nil
}

type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type prepared struct {
	stmt
	d *disk
}

func (p *prepared) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if p.d.dead || p.d.spend() {
		return nil, errPower
	}
	return p.stmt.ExecContext(ctx, args)
}

func (p *prepared) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if p.d.dead {
		return nil, errPower
	}
	return p.stmt.QueryContext(ctx, args)
}

type transaction struct {
	driver.Tx
	d        *disk
	readOnly bool
}

// Commit is the moment that matters: the power can go just before it, or just
// after it and before anybody learns of it.
func (t *transaction) Commit() error {
	switch {
	case t.readOnly:
		return t.Tx.Commit()
	case t.d.dead:
		return errors.Join(errPower, t.Rollback())
	case !t.d.spend():
		return t.Tx.Commit()
	case t.d.cut.kept:
		return errors.Join(errPower, t.Tx.Commit())
	default:
		return errors.Join(errPower, t.Rollback())
	}
}
