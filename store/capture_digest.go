package store

import (
	"context"
	"fmt"
	"strings"
)

// lanes are the columns of a mix.
var lanes = []string{"d0", "d1", "d2", "d3"}

// digestTriggers renders what keeps the digest of every scope the sum of what
// the log says is in it, whoever writes the log: a new version of a record
// counts in every scope the record is in, and a record that enters or leaves a
// scope with the version it has then. The order of the statements that write
// the log does not matter, because the sum is right after each of them.
func digestTriggers() []schemaObject {
	on := func(suffix, event, when, body string) schemaObject {
		name := "_s_digest_" + suffix
		return schemaObject{name, fmt.Sprintf("CREATE TRIGGER `%s` AFTER %s FOR EACH ROW WHEN %s BEGIN\n%sEND", name, event, when, body)}
	}
	// No UPDATE FROM: for that SQLite opens a table in memory each time.
	turn := func(row, sign string) string {
		var sets []string
		for _, d := range lanes {
			sets = append(sets, fmt.Sprintf("%[1]s = (%[1]s + %[2]s * coalesce((SELECT r.%[1]s FROM _s_rec AS r WHERE r.coll = %[3]s.coll AND r.id = %[3]s.id), 0)) & 4294967295", d, sign, row))
		}
		return fmt.Sprintf("UPDATE _s_digest SET n = n + %[1]s, %[2]s WHERE scope = %[3]s.scope AND coll = %[3]s.coll;\n", sign, strings.Join(sets, ", "), row)
	}
	var renew, enter []string
	for _, d := range lanes {
		renew = append(renew, fmt.Sprintf("%[1]s = (%[1]s + NEW.%[1]s - OLD.%[1]s) & 4294967295", d))
		enter = append(enter, fmt.Sprintf("%[1]s = (%[1]s + excluded.%[1]s) & 4294967295", d))
	}
	return []schemaObject{
		on("version", "UPDATE OF ver ON _s_rec", "OLD.ver IS NOT NEW.ver", "UPDATE _s_digest SET "+strings.Join(renew, ", ")+"\n"+
			"  WHERE coll = NEW.coll AND scope IN (SELECT scope FROM _s_member WHERE coll = NEW.coll AND id = NEW.id AND st = 1);\n"),
		on("enter", "INSERT ON _s_member", "NEW.st = 1", "INSERT INTO _s_digest (scope, coll, n, d0, d1, d2, d3)\n"+
			"  SELECT NEW.scope, NEW.coll, 1, d0, d1, d2, d3 FROM _s_rec WHERE coll = NEW.coll AND id = NEW.id\n"+
			"  ON CONFLICT (scope, coll) DO UPDATE SET n = n + 1, "+strings.Join(enter, ", ")+";\n"),
		on("turn", "UPDATE OF st ON _s_member", "OLD.st IS NOT NEW.st", turn("NEW", "(NEW.st - OLD.st)")),
		on("leave", "DELETE ON _s_member", "OLD.st = 1", turn("OLD", "-1")),
	}
}

// sums is what the digests must be: the sums of what the log says.
const sums = `
	SELECT m.scope, m.coll, count(*) AS n, sum(r.d0) & 4294967295 AS d0, sum(r.d1) & 4294967295 AS d1,
		sum(r.d2) & 4294967295 AS d2, sum(r.d3) & 4294967295 AS d3
	FROM _s_member AS m JOIN _s_rec AS r ON r.coll = m.coll AND r.id = m.id
	WHERE m.st = 1 GROUP BY m.scope, m.coll`

// wrongDigests returns how many digests are not the sum of what the log says.
func (s *Store) wrongDigests(ctx context.Context) (n int, err error) {
	const kept = `SELECT scope, coll, n, d0, d1, d2, d3 FROM _s_digest WHERE n != 0 OR d0 + d1 + d2 + d3 != 0`
	const q = `SELECT (SELECT count(*) FROM (` + kept + ` EXCEPT SELECT * FROM (` + sums + `)))
		+ (SELECT count(*) FROM (SELECT * FROM (` + sums + `) EXCEPT ` + kept + `))`
	_, err = s.value(ctx, q, nil, &n)
	return n, err
}

// sumDigests makes every digest the sum of what the log says.
func (s *Store) sumDigests(ctx context.Context) error {
	if wrong, err := s.wrongDigests(ctx); err != nil || wrong == 0 {
		return err
	}
	if err := s.exec(ctx, `DELETE FROM _s_digest`, nil); err != nil {
		return err
	}
	return s.exec(ctx, `INSERT INTO _s_digest (scope, coll, n, d0, d1, d2, d3)`+sums, nil)
}
