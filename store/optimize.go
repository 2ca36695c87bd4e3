package store

import (
	"context"
	"fmt"
)

// Optimize refreshes what SQLite's planner knows of tables that have changed
// much (https://sqlite.org/pragma.html#pragma_optimize). It is for the night:
// cheap, but a write.
func (s *Store) Optimize(ctx context.Context) error {
	if err := s.exec(ctx, `PRAGMA optimize`, nil); err != nil {
		return fmt.Errorf("optimize the database: %w", err)
	}
	return nil
}
