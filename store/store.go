// Package store keeps the program's values in PocketBase's database. It is the
// only room that names a collection or writes SQL, one file a noun. It decides
// nothing: what may be written is asked of the rules before it is called.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
)

// What can go wrong with the storage itself.
var (
	ErrFull = fault.Define(fault.Busy, "store.full",
		"The server's disk is full. Nothing was saved; try again later.",
		"Il disco del server è pieno. Nulla è stato salvato; riprova più tardi.")
	ErrLocked = fault.Define(fault.Busy, "store.busy",
		"The server is busy. Nothing was saved; try again in a moment.",
		"Il server è occupato. Nulla è stato salvato; riprova fra poco.")
	ErrBroken = fault.Define(fault.Busy, "store.broken",
		"The server's storage is failing. Nothing was saved; try again later.",
		"L'archivio del server non funziona. Nulla è stato salvato; riprova più tardi.")
)

// Store reads and writes through one app, which may be a transaction, or reads
// one snapshot of it.
type Store struct {
	app   core.App
	read  dbx.Builder
	write dbx.Builder // nil in a snapshot
	kept  *records    // what pulls have read; nil in a transaction, whose state nobody else may see
	lost  *error      // in a transaction: why SQLite has undone it by itself, once it has
}

// New returns a store over app. When app is a transaction, so is the store.
func New(app core.App) *Store {
	s := &Store{app: app, read: app.DB(), write: app.NonconcurrentDB()}
	if !app.IsTransactional() {
		s.kept = &records{}
	}
	return s
}

// App returns the app the store works through.
func (s *Store) App() core.App { return s.app }

// InTx runs fn with a store bound to one write transaction, and commits when
// fn returns nil. Called on a store that is in a transaction already, it joins
// that one: fn's error must then be returned, or what fn wrote stays (see
// Savepoint).
func (s *Store) InTx(ctx context.Context, fn func(tx *Store) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return wrap(s.app.RunInTransaction(func(app core.App) error {
		tx := New(app)
		if tx.lost = s.lost; tx.lost == nil {
			tx.lost = new(error)
		}
		if err := fn(tx); err != nil {
			return err
		}
		return *tx.lost
	}))
}

// Savepoint runs fn inside the transaction; when fn returns an error, what it
// wrote is undone and the transaction goes on. PocketBase's own nested
// transactions do not undo anything, hence this.
func (s *Store) Savepoint(ctx context.Context, fn func() error) error {
	if !s.app.IsTransactional() {
		return errors.New("savepoint outside a transaction")
	}
	if err := s.exec(ctx, `SAVEPOINT step`, nil); err != nil {
		return err
	}
	err := fn()
	if err != nil {
		if back := s.exec(context.WithoutCancel(ctx), `ROLLBACK TO step`, nil); back != nil {
			s.lose(err)
			return errors.Join(err, back)
		}
	}
	if rel := s.exec(context.WithoutCancel(ctx), `RELEASE step`, nil); rel != nil {
		return errors.Join(err, rel)
	}
	return err
}

// Snapshot runs fn with a store that reads one unchanging state of the
// database, however long fn takes and whatever is committed meanwhile. Such a
// store cannot write.
func (s *Store) Snapshot(ctx context.Context, fn func(view *Store) error) error {
	db, ok := s.app.ConcurrentDB().(*dbx.DB)
	if !ok {
		return fn(&Store{app: s.app, read: s.read}) // inside a transaction: that is one state already
	}
	return wrap(db.TransactionalContext(ctx, &sql.TxOptions{ReadOnly: true}, func(tx *dbx.Tx) error {
		return fn(&Store{app: s.app, read: tx, kept: s.kept})
	}))
}

// exec runs a statement that returns no rows.
func (s *Store) exec(ctx context.Context, q string, p dbx.Params) error {
	_, err := s.change(ctx, q, p)
	return err
}

// change runs a statement and returns how many rows it touched.
func (s *Store) change(ctx context.Context, q string, p dbx.Params) (int64, error) {
	if s.write == nil {
		return 0, errors.New("a snapshot cannot write")
	}
	if s.lost != nil && *s.lost != nil {
		return 0, *s.lost
	}
	res, err := s.write.NewQuery(q).Bind(p).WithContext(ctx).Execute()
	if err != nil {
		if undoes(err) {
			s.lose(wrap(err))
		}
		return 0, wrap(err)
	}
	n, err := res.RowsAffected()
	return n, wrap(err)
}

// lose remembers that SQLite has undone the transaction. What is written from
// then on would be committed statement by statement, without what came before
// it: so nothing is.
func (s *Store) lose(why error) {
	if s.lost != nil && *s.lost == nil {
		*s.lost = why
	}
}

// undoes reports whether an error is one after which SQLite may have undone the
// whole transaction (https://sqlite.org/lang_transaction.html, "Response To
// Errors Within A Transaction").
func undoes(err error) bool {
	text := err.Error()
	for _, part := range []string{"disk is full", "disk I/O error", "out of memory", "interrupted"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// row reads one row into dst, a pointer to a struct with db tags. It returns
// false when there is none.
func (s *Store) row(ctx context.Context, dst any, q string, p dbx.Params) (bool, error) {
	err := s.read.NewQuery(q).Bind(p).WithContext(ctx).One(dst)
	return found(err)
}

// value reads the columns of one row into dst. It returns false when there is
// none.
func (s *Store) value(ctx context.Context, q string, p dbx.Params, dst ...any) (bool, error) {
	err := s.read.NewQuery(q).Bind(p).WithContext(ctx).Row(dst...)
	return found(err)
}

// rows reads every row into dst, a pointer to a slice of structs with db tags.
func (s *Store) rows(ctx context.Context, dst any, q string, p dbx.Params) error {
	return wrap(s.read.NewQuery(q).Bind(p).WithContext(ctx).All(dst))
}

func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, wrap(err)
}

// wrap gives the storage failures a caller may act on their fault. SQLite's
// driver has no typed errors on the way through dbx, so the text decides.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	text := err.Error()
	for part, f := range map[string]*fault.Error{
		"database or disk is full": ErrFull,
		"no space left on device":  ErrFull,
		"database is locked":       ErrLocked,
		"SQLITE_BUSY":              ErrLocked,
		// What the disk does says nothing about what was written.
		"disk I/O error":                       ErrBroken,
		"unable to open database file":         ErrBroken,
		"attempt to write a readonly database": ErrBroken,
		"database disk image is malformed":     ErrBroken,
		"out of memory":                        ErrBroken,
		"bad connection":                       ErrBroken,
	} {
		if strings.Contains(text, part) {
			return fmt.Errorf("%w: %w", f, err)
		}
	}
	return err
}
