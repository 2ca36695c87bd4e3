package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The area stamp: a number that grows with every change of an area, whoever
// makes it, so that the router knows when its index is old.
func init() {
	m.Register(func(app core.App) error {
		statements := []string{`INSERT INTO _meta (k, v) VALUES ('areaStamp', '0')`}
		for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
			statements = append(statements, fmt.Sprintf(
				`CREATE TRIGGER area_stamp_%[1]s AFTER %[1]s ON areas BEGIN
					UPDATE _meta SET v = CAST(CAST(v AS INTEGER) + 1 AS TEXT) WHERE k = 'areaStamp';
				END`, event))
		}
		return execAll(app, statements)
	}, func(app core.App) error {
		return execAll(app, []string{
			`DROP TRIGGER area_stamp_INSERT`, `DROP TRIGGER area_stamp_UPDATE`, `DROP TRIGGER area_stamp_DELETE`,
			`DELETE FROM _meta WHERE k = 'areaStamp'`,
		})
	})
}
