package store

import (
	lru "container/list"
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// A connector opens connections that keep the statements they have compiled.
//
// SQLite compiles a statement together with every trigger it could fire, which
// for a captured write takes ten times as long as the write; dbx compiles each
// statement anew. Kept compiled, a write pays for what it does. SQLite itself
// compiles a kept statement again when the schema has changed.
type connector struct {
	base driver.Driver
	dsn  string
}

// Connect opens one connection.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.base.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(baseConn)
	if !ok {
		return nil, errors.Join(errors.New("store: the SQLite driver lacks a part of database/sql/driver"), conn.Close())
	}
	return &keeping{baseConn: full, at: map[string]*lru.Element{}}, nil
}

// Driver returns the driver that opens them.
func (c connector) Driver() driver.Driver { return c.base }

// baseConn is what database/sql and dbx use of a connection.
type baseConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type baseStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keptStatements bounds what one connection keeps: the program has about two
// hundred statements of its own, of 5 to 50 kB each once compiled.
const keptStatements = 256

// keeping is a connection that keeps its statements, the last used first. Like
// every connection it is for one goroutine at a time.
type keeping struct {
	baseConn
	kept lru.List // of kept
	at   map[string]*lru.Element
}

type kept struct {
	query string
	stmt  baseStmt // nil for a statement that was seen once
}

// keepable reports whether a statement does its work when it runs and not when
// it is compiled, as some pragmas do.
func keepable(query string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(query, " \t\r\n("), " ")
	word, _, _ = strings.Cut(word, "\n")
	switch strings.ToUpper(strings.TrimSpace(word)) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(query, ";")
	default:
		return false
	}
}

// take returns the compiled statement, which is the caller's until put. It is
// nil for one that is in use, is not to be kept, or comes for the first time:
// what has its values in its text would only push the others out.
func (c *keeping) take(ctx context.Context, query string) (baseStmt, error) {
	if !keepable(query) {
		return nil, nil
	}
	e, seen := c.at[query]
	if !seen {
		return nil, c.remember(kept{query: query})
	}
	stmt := e.Value.(kept).stmt
	c.kept.Remove(e)
	delete(c.at, query)
	if stmt != nil {
		return stmt, nil
	}
	made, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := made.(baseStmt)
	if !ok {
		return nil, made.Close()
	}
	return full, nil
}

// put gives a statement back.
func (c *keeping) put(query string, stmt baseStmt) error {
	if e, again := c.at[query]; again { // it ran twice at once
		if e.Value.(kept).stmt != nil {
			return stmt.Close()
		}
		c.kept.Remove(e)
	}
	return c.remember(kept{query, stmt})
}

func (c *keeping) remember(k kept) error {
	c.at[k.query] = c.kept.PushFront(k)
	if c.kept.Len() <= keptStatements {
		return nil
	}
	last := c.kept.Back()
	old := c.kept.Remove(last).(kept)
	delete(c.at, old.query)
	if old.stmt == nil {
		return nil
	}
	return old.stmt.Close()
}

// ExecContext runs a statement without rows.
func (c *keeping) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.baseConn.ExecContext(ctx, query, args)
	}
	res, err := stmt.ExecContext(ctx, args)
	return res, errors.Join(err, c.put(query, stmt))
}

// QueryContext runs a statement with rows.
func (c *keeping) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.baseConn.QueryContext(ctx, query, args)
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, c.put(query, stmt))
	}
	full, ok := rows.(typedRows)
	if !ok {
		return nil, errors.Join(errors.New("store: the SQLite driver's rows have no types"), rows.Close(), stmt.Close())
	}
	return &keptRows{typedRows: full, done: func() error { return c.put(query, stmt) }}, nil
}

// Close closes the connection and what it keeps.
func (c *keeping) Close() error {
	var errs []error
	for e := c.kept.Front(); e != nil; e = e.Next() {
		if stmt := e.Value.(kept).stmt; stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	c.kept.Init()
	clear(c.at)
	return errors.Join(append(errs, c.baseConn.Close())...)
}

type typedRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	typedRows
	done func() error
}

// Close ends the rows. It may be called twice.
func (r *keptRows) Close() error {
	if r.done == nil {
		return nil
	}
	done := r.done
	r.done = nil
	return errors.Join(r.typedRows.Close(), done())
}
