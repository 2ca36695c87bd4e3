package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	_ "modernc.org/sqlite" // the driver PocketBase pins
)

// MinSQLite is the oldest SQLite that may be trusted with the write-ahead log:
// 3.51.3 repaired a rare corruption when two connections reset it at once
// (https://sqlite.org/wal.html#walresetbug).
const MinSQLite = "3.51.3"

// Connect opens one of PocketBase's database files. It differs from
// PocketBase's own way in two words: transactions begin immediate, because a
// deferred one that meets another process's commit stalls the only writer for
// seconds; and what is acknowledged is on disk (synchronous=FULL), because a
// phone forgets what we acknowledged.
func Connect(path string) (*dbx.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "journal_size_limit(200000000)",
		"synchronous(FULL)", "foreign_keys(ON)", "temp_store(MEMORY)", "cache_size(-32000)",
		// Without it, what REPLACE takes away escapes the triggers that tell the phones.
		"recursive_triggers(ON)",
	}}
	plain, err := sql.Open("sqlite", path+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db := sql.OpenDB(connector{plain.Driver(), path + "?" + q.Encode()})
	if err := errors.Join(plain.Close(), db.PingContext(context.Background())); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return dbx.NewFromDB(db, "sqlite"), nil
}

// NewApp returns PocketBase over the data folder dir, with our connections.
// It is not bootstrapped yet.
func NewApp(dir string) *core.BaseApp {
	return core.NewBaseApp(core.BaseAppConfig{DataDir: dir, DBConnect: Connect, EncryptionEnv: "SESTANTE_SETTINGS_KEY"})
}

// LinkedSQLite returns the version of the SQLite this program carries, without
// opening any file.
func LinkedSQLite() (string, error) {
	db, err := dbx.Open("sqlite", ":memory:")
	if err != nil {
		return "", fmt.Errorf("open a database in memory: %w", err)
	}
	var v string
	err = db.NewQuery(`SELECT sqlite_version()`).Row(&v)
	return v, errors.Join(err, db.Close())
}
