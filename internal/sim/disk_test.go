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

// restart gives the server power again. Connections stay: what was open on
// them was rolled back when the power went.
func (d *disk) restart() { d.dead, d.cut = false, cut{} }

// alone runs a statement on a connection that knows nothing yet.
func (d *disk) alone(q string) error {
	db, err := sql.Open("sqlite", d.path+"?_pragma=busy_timeout(1000)")
	if err != nil {
		return err
	}
	_, err = db.Exec(q)
	return errors.Join(err, db.Close())
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
	full, ok := c.(conn)
	if !ok {
		return nil, fmt.Errorf("the driver's %T cannot be wrapped", c)
	}
	return &wire{conn: full, d: l.d, idle: map[string]stmt{}}, nil
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

// mostIdle bounds the statements a connection keeps: some have ids in them.
const mostIdle = 3000

// wire is one connection. It keeps compiled statements, because compiling them
// with their triggers is most of what a small world costs.
type wire struct {
	conn
	d    *disk
	idle map[string]stmt
}

// take returns a compiled statement that nobody else uses.
func (w *wire) take(ctx context.Context, q string) (stmt, error) {
	if s, ok := w.idle[q]; ok {
		delete(w.idle, q)
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	full, ok := s.(stmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's %T cannot be wrapped", s), s.Close())
	}
	return full, nil
}

// give puts a statement back for the next one who asks.
func (w *wire) give(q string, s stmt) error {
	if _, ok := w.idle[q]; ok || len(w.idle) >= mostIdle {
		return s.Close()
	}
	w.idle[q] = s
	return nil
}

func (w *wire) Close() error {
	for _, s := range w.idle {
		_ = s.Close()
	}
	return w.conn.Close()
}

// answer gives its statement back when it was read.
type answer struct {
	driver.Rows
	done func() error
}

func (a *answer) Close() error { return errors.Join(a.Rows.Close(), a.done()) }

func (w *wire) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if w.d.dead || w.d.spend() {
		return nil, errPower
	}
	s, err := w.take(ctx, q)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args)
	return res, errors.Join(err, w.give(q, s))
}

func (w *wire) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if w.d.dead {
		return nil, errPower
	}
	s, err := w.take(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &answer{rows, func() error { return w.give(q, s) }}, nil
}

func (w *wire) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	if w.d.dead {
		return nil, errPower
	}
	s, err := w.take(ctx, q)
	if err != nil {
		return nil, err
	}
	return &prepared{s, w.d}, nil
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
