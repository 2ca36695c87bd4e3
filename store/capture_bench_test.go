package store_test

import (
	"fmt"
	"testing"

	fieldsync "github.com/sestante/sestante/sync"
)

// BenchmarkCapturedWrite compares a write with the capture and the same one
// without, as our own statements make it (every column, prepared anew).
func BenchmarkCapturedWrite(b *testing.B) {
	writes := map[string]string{
		"content": "UPDATE reports SET title = 't%d' WHERE id = '" + id("r1") + "'",
		"columns": "UPDATE reports SET title = 't%d', district = district, assignee = assignee, state = state WHERE id = '" + id("r1") + "'",
		"move":    "UPDATE reports SET district = 'd%d' WHERE id = '" + id("r1") + "'",
	}
	for _, captured := range []bool{false, true} {
		for name, q := range writes {
			b.Run(fmt.Sprintf("%s/captured=%v", name, captured), func(b *testing.B) {
				c := newCapture(b)
				c.run("PRAGMA synchronous = OFF", sqlReport("r1", "assigned", "district", "d1", "reporter", "ann", "responsibleOrg", "o1"))
				if !captured {
					if err := c.s.DropCapture(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				n := 0
				for b.Loop() {
					n++
					c.run(fmt.Sprintf(q, n%7))
				}
			})
		}
	}
}

// BenchmarkFill is the first sync of somebody in a district with 5,000 open
// reports, from the log to the lines.
func BenchmarkFill(b *testing.B) {
	c := newCapture(b)
	c.run("PRAGMA synchronous = OFF",
		"INSERT INTO areas (id, kind, code) VALUES ('d1', 'district', 'D1')",
		"INSERT INTO users (id, tokenKey, email) VALUES ('ann', 'k1', 'a@x')",
		"INSERT INTO roles (id, person, role, areas) VALUES ('1', 'ann', 'technician', '[\"d1\"]')",
		"INSERT INTO reports (id, code, state, district, title, description, lon, lat, registeredAt) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT printf('report%09d', i), i, 'assigned', 'd1', 'Buca in strada', 'Una buca profonda davanti al numero 12, pericolosa di notte', 9.1 + i / 1e5, 45.4, '2026-11-20 09:00:00.000Z' FROM n")
	key, err := c.s.SyncKey(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	rows := 0
	for b.Loop() {
		rows = 0
		buf = buf[:0]
		err := fieldsync.Pull(b.Context(), c.s, "ann", key, fieldsync.PullRequest{V: 1, Device: id("dev")}, fieldsync.Limits{PullBytes: 1 << 30}, day1, func(line any) error {
			rows++
			var err error
			buf, err = fieldsync.AppendLine(buf, line)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if rows < 5000 {
		b.Fatalf("%d lines", rows)
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(len(buf))/float64(rows), "bytes/row")
}

// BenchmarkIdlePull is a pull when there is nothing new.
func BenchmarkIdlePull(b *testing.B) {
	c := newCapture(b)
	c.run("INSERT INTO users (id, tokenKey, email) VALUES ('ann', 'k1', 'a@x')")
	key, err := c.s.SyncKey(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	cur := ""
	pull := func() {
		err := fieldsync.Pull(b.Context(), c.s, "ann", key, fieldsync.PullRequest{V: 1, Device: id("dev"), Cursor: cur}, fieldsync.Limits{}, day1, func(line any) error {
			if cp, ok := line.(fieldsync.Checkpoint); ok {
				cur = cp.Cur
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	pull()
	for b.Loop() {
		pull()
	}
}
