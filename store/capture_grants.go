package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	fieldsync "github.com/sestante/sestante/sync"
)

// belowView renders which districts (and overlays, which are districts by
// another name) each area stands for. It follows kinds and codes, not ids: an
// area's next version keeps its code and takes a new id, and whoever covers
// the area covers every version of it.
func belowView() schemaObject {
	return schemaObject{"_s_below", "CREATE VIEW `_s_below` AS\n" +
		"WITH RECURSIVE down (area, kind, code) AS (\n" +
		"  SELECT id, kind, code FROM areas WHERE kind IN " + quoted(coveringKinds) + "\n" +
		"  UNION\n" +
		"  SELECT down.area, c.kind, c.code FROM down\n" +
		"    JOIN areas AS p ON p.kind = down.kind AND p.code = down.code\n" +
		"    JOIN areas AS c ON c.parent = p.id\n" +
		")\n" +
		"SELECT DISTINCT down.area AS area, d.id AS district\n" +
		"FROM down JOIN areas AS d ON d.kind = down.kind AND d.code = down.code\n" +
		"WHERE d.kind IN ('district', 'overlay')"}
}

// coveringKinds are the kinds of areas a role can be over.
var coveringKinds = []string{"macro_area", "pole", "district", "overlay"}

// entitledView renders the view of who is entitled to which scope, from a
// table like fieldsync.Entitled: usr, name. A role counts on the day the sweep has
// reached, never on the day of the reader.
func entitledView(es []fieldsync.Entitlement) schemaObject {
	const person = "JOIN users AS u ON u.id = r.person AND NOT u.disabled"
	const day = "(SELECT v FROM _meta WHERE k = 'sync.day')"
	const inForce = "(r.validFrom = '' OR r.validFrom <= " + day + ") AND (r.validTo = '' OR r.validTo > " + day + ")"
	arms := []string{
		"SELECT u.id AS usr, 'g' AS name FROM users AS u WHERE NOT u.disabled",
		"SELECT u.id, 'r:' || u.id FROM users AS u WHERE NOT u.disabled",
	}
	for _, e := range es {
		name, from, where := quote(string(e.Class)), "FROM roles AS r "+person, "r.role IN "+quoted(e.Roles)
		switch e.Over {
		case fieldsync.OverSelf:
			name = quote(string(e.Class)+":") + " || r.person"
		case fieldsync.OverOrg:
			name = quote(string(e.Class)+":") + " || r.org"
			where += " AND r.org != ''"
		case fieldsync.OverDistricts:
			name = quote(string(e.Class)+":") + " || c.district"
			from += " JOIN json_each(CASE WHEN json_valid(r.areas) THEN r.areas ELSE '[]' END) AS e JOIN _s_cover AS c ON c.area = e.value"
		case fieldsync.OverWhole:
			where += " AND coalesce(r.areas, '') IN ('', '[]')"
		case fieldsync.OverAll:
		}
		arms = append(arms, fmt.Sprintf("SELECT r.person, %s %s WHERE %s AND %s", name, from, where, inForce))
	}
	return schemaObject{"_s_entitled", "CREATE VIEW `_s_entitled` AS\n" + strings.Join(arms, "\nUNION ALL ")}
}

// regrant brings the grants of the people whom who picks (an expression for
// IN) in step with what they are entitled to.
func regrant(who string) string {
	return tick +
		"INSERT INTO _s_scope (name) SELECT DISTINCT name FROM _s_entitled WHERE usr IN " + who + " ON CONFLICT (name) DO NOTHING;\n" +
		"UPDATE _s_grant SET to_seq = " + head + " WHERE usr IN " + who + " AND to_seq IS NULL AND (usr, scope) NOT IN\n" +
		"  (SELECT e.usr, s.sid FROM _s_entitled AS e JOIN _s_scope AS s ON s.name = e.name WHERE e.usr IN " + who + ");\n" +
		"INSERT INTO _s_grant (usr, scope, from_seq, to_seq)\n" +
		"  SELECT DISTINCT e.usr, s.sid, k.seq, NULL FROM _s_entitled AS e JOIN _s_scope AS s ON s.name = e.name, _s_clock AS k\n" +
		"  WHERE e.usr IN " + who + " AND NOT EXISTS (SELECT 1 FROM _s_grant AS g WHERE g.usr = e.usr AND g.scope = s.sid AND g.to_seq IS NULL);\n"
}

// cover rebuilds which districts each area stands for.
const cover = "DELETE FROM _s_cover;\nINSERT INTO _s_cover (area, district) SELECT area, district FROM _s_below;\n"

// reshape carries a change of the territory to the people whose roles stand for
// other districts than before, and to nobody else: an import touches hundreds
// of areas, and a city has thousands of roles.
const reshape = "DELETE FROM _s_stale;\n" +
	"INSERT INTO _s_stale (usr) SELECT DISTINCT r.person FROM roles AS r\n" +
	"  JOIN json_each(CASE WHEN json_valid(r.areas) THEN r.areas ELSE '[]' END) AS e\n" +
	"  WHERE r.areas NOT IN ('', '[]') AND e.value IN (\n" +
	"    SELECT area FROM (SELECT area, district FROM _s_cover EXCEPT SELECT area, district FROM _s_below)\n" +
	"    UNION SELECT area FROM (SELECT area, district FROM _s_below EXCEPT SELECT area, district FROM _s_cover));\n" +
	cover

// reshaping is set while many areas change together: what each of them alone
// would have carried to people's roles is carried once, at the end.
const (
	reshaping = "sync.reshaping"
	untold    = "NOT EXISTS (SELECT 1 FROM _meta WHERE k = '" + reshaping + "')"
	reshaped  = "DELETE FROM _s_stale;\n"
)

// reshapeGrants renders what brings roles in step with the territory.
func reshapeGrants() string { return reshape + regrant("(SELECT usr FROM _s_stale)") + reshaped }

// ChangeAreas runs fn, which changes any number of areas, inside the
// transaction that s is. Whose roles stand for other districts afterwards is
// found once rather than for each area: a thousand districts would else take a
// thousand times as long. The errors are fn's.
func (s *Store) ChangeAreas(ctx context.Context, fn func() error) error {
	if err := s.SetMeta(ctx, reshaping, "1"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	if err := s.exec(ctx, "DELETE FROM _meta WHERE k = '"+reshaping+"'", nil); err != nil {
		return fmt.Errorf("end the change of areas: %w", err)
	}
	if err := s.script(ctx, reshapeGrants(), nil); err != nil {
		return fmt.Errorf("carry the territory to the roles: %w", err)
	}
	return nil
}

// grantTriggers renders what keeps the grants in step with people, roles and
// the shape of the territory.
func grantTriggers() []schemaObject {
	on := func(table, suffix, event, when, body string) schemaObject {
		name := "_s_grant_" + table + "_" + suffix
		return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` AFTER %s ON `%s` FOR EACH ROW%s BEGIN\n%sEND", name, event, table, when, body)}
	}
	shape := reshapeGrants()
	ofKind := func(row string) string { return row + ".kind IN " + quoted(coveringKinds) }
	// A row that REPLACE takes away may have stood for something, and nothing
	// fires for it unless the connection asks for that: so what it stood for is
	// looked up, and whose role it was is noted before it goes.
	const covers = "EXISTS (SELECT 1 FROM _s_cover WHERE area = NEW.id OR district = NEW.id)"
	before := func(suffix, event string) schemaObject {
		return schemaObject{"_s_grant_roles_" + suffix, "CREATE TRIGGER `_s_grant_roles_" + suffix + "` BEFORE " + event + " ON `roles` FOR EACH ROW" +
			" WHEN EXISTS (SELECT 1 FROM roles WHERE id = NEW.id) BEGIN\n" +
			"INSERT INTO _s_stale (usr) SELECT person FROM roles WHERE id = NEW.id ON CONFLICT (usr) DO NOTHING;\nEND"}
	}
	return []schemaObject{
		before("replaced", "INSERT"),
		before("overwritten", "UPDATE OF id"),
		on("users", "insert", "INSERT", "", regrant("(NEW.id)")),
		on("users", "update", "UPDATE", " WHEN OLD.disabled IS NOT NEW.disabled OR OLD.id IS NOT NEW.id", regrant("(NEW.id, OLD.id)")),
		on("users", "delete", "DELETE", "", regrant("(OLD.id)")),
		on("roles", "insert", "INSERT", "", regrant("(SELECT NEW.person UNION SELECT usr FROM _s_stale)")+reshaped),
		on("roles", "update", "UPDATE", "", regrant("(SELECT NEW.person UNION SELECT OLD.person UNION SELECT usr FROM _s_stale)")+reshaped),
		on("roles", "delete", "DELETE", "", regrant("(OLD.person)")),
		on("areas", "insert", "INSERT", " WHEN ("+ofKind("NEW")+" OR "+covers+") AND "+untold, shape),
		on("areas", "update", "UPDATE", " WHEN ("+ofKind("NEW")+" OR "+ofKind("OLD")+" OR "+covers+") AND ("+
			strings.Join([]string{differs("id"), differs("kind"), differs("code"), differs("parent")}, " OR ")+") AND "+untold, shape),
		on("areas", "delete", "DELETE", " WHEN "+ofKind("OLD")+" AND "+untold, shape),
	}
}

// SweepGrants lets the day of the grants reach now: roles whose validity began
// or ended since the last sweep open and close their scopes, as changes with a
// number like any other. A clock that went back is followed too.
func (s *Store) SweepGrants(ctx context.Context, now time.Time) error {
	return s.InTx(ctx, func(tx *Store) error {
		last, err := tx.Meta(ctx, "sync.day")
		if err != nil {
			return err
		}
		const q = `
			SELECT count(*) FROM roles
			WHERE (validFrom != '' AND (validFrom > {:last}) != (validFrom > {:now}))
				OR (validTo != '' AND (validTo > {:last}) != (validTo > {:now}))`
		var turned int
		if _, err := tx.value(ctx, q, dbx.Params{"last": last, "now": stamp(now)}, &turned); err != nil {
			return fmt.Errorf("find roles whose validity turned: %w", err)
		}
		const set = `INSERT INTO _meta (k, v) VALUES ('sync.day', {:now}) ON CONFLICT (k) DO UPDATE SET v = {:now}`
		if err := tx.exec(ctx, set, dbx.Params{"now": stamp(now)}); err != nil {
			return fmt.Errorf("set the day of the grants: %w", err)
		}
		if turned == 0 {
			return nil
		}
		who := fmt.Sprintf("(SELECT person FROM roles WHERE (validFrom != '' AND (validFrom > %[1]s) != (validFrom > %[2]s)) OR (validTo != '' AND (validTo > %[1]s) != (validTo > %[2]s)))",
			"{:last}", "{:now}")
		return tx.script(ctx, regrant(who), dbx.Params{"last": last, "now": stamp(now)})
	})
}

// script runs statements that end in ";\n", one by one.
func (s *Store) script(ctx context.Context, sql string, p dbx.Params) error {
	for q := range strings.SplitSeq(sql, ";\n") {
		if strings.TrimSpace(q) == "" {
			continue
		}
		used := dbx.Params{}
		for k, v := range p {
			if strings.Contains(q, "{:"+k+"}") {
				used[k] = v
			}
		}
		if err := s.exec(ctx, q, used); err != nil {
			return fmt.Errorf("run %.40q: %w", q, err)
		}
	}
	return nil
}
