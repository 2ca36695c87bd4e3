package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
)

// ErrNewer answers a data folder that a newer version of the program wrote.
var ErrNewer = fault.Define(fault.Conflict, "store.newer",
	"The data folder was written by a newer version of Sestante. Use that version, or restore a backup made with this one.",
	"La cartella dei dati è stata scritta da una versione più recente di Sestante. Usa quella versione, o ripristina una copia fatta con questa.")

// CheckVersion returns ErrNewer when the database has migrations this program
// does not know: going on would write what the newer schema does not expect.
func (s *Store) CheckVersion(ctx context.Context) error {
	var rows []struct {
		File string `db:"file"`
	}
	if err := s.rows(ctx, &rows, `SELECT file FROM _migrations`, nil); err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	var known, unknown []string
	for _, list := range []*core.MigrationsList{&core.SystemMigrations, &core.AppMigrations} {
		for _, m := range list.Items() {
			known = append(known, m.File)
		}
	}
	for _, r := range rows {
		if !slices.Contains(known, r.File) {
			unknown = append(unknown, r.File)
		}
	}
	if len(unknown) > 0 {
		return ErrNewer.With("unknown here: %s", strings.Join(unknown, ", "))
	}
	return nil
}

// PendingMigrations counts the migrations of this program that the database
// has not had yet.
func (s *Store) PendingMigrations(ctx context.Context) (int, error) {
	var rows []struct {
		File string `db:"file"`
	}
	if err := s.rows(ctx, &rows, `SELECT file FROM _migrations`, nil); err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	had := map[string]bool{}
	for _, r := range rows {
		had[r.File] = true
	}
	n := 0
	for _, m := range core.AppMigrations.Items() {
		if !had[m.File] {
			n++
		}
	}
	return n, nil
}

// Pragma returns the value of one of SQLite's settings on the write connection.
func (s *Store) Pragma(ctx context.Context, name string) (string, error) {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "", fmt.Errorf("%q is no pragma", name)
	}
	var v string
	if err := s.write.NewQuery(`PRAGMA ` + name).WithContext(ctx).Row(&v); err != nil {
		return "", fmt.Errorf("read pragma %s: %w", name, err)
	}
	return v, nil
}

// CountRecords returns how many rows a collection has; for reports to people, such as
// the doctor's.
func (s *Store) CountRecords(collection string) (int64, error) {
	col, err := s.app.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		return 0, fmt.Errorf("find collection %s: %w", collection, err)
	}
	return s.app.CountRecords(col)
}
