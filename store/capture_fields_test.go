package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	fieldsync "github.com/sestante/sestante/sync"
)

// clock returns the field clock of a record: the fields in their order, each
// with who wrote it.
func (c capture) clock(coll, record string) string {
	c.t.Helper()
	var out []string
	q := fmt.Sprintf("SELECT f || iif(mid > 0, '@' || did || mid, '') FROM _s_field WHERE coll = '%s' AND id = '%s' ORDER BY f", coll, record)
	if err := c.app.DB().NewQuery(q).Column(&out); err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// TestFieldClock: whoever changes a patchable field leaves a number later than
// any a device has seen, and only that.
func TestFieldClock(t *testing.T) {
	c := newCapture(t)
	r := id("r1")
	head := func() int64 {
		t.Helper()
		h, err := c.s.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h.Seq
	}
	seq := func(coll, record, field string) (n int64) {
		t.Helper()
		q := fmt.Sprintf("SELECT seq FROM _s_field WHERE coll = '%s' AND id = '%s' AND f = '%s'", coll, record, field)
		if err := c.app.DB().NewQuery(q).Row(&n); err != nil {
			t.Fatalf("%s of %s: %v", field, record, err)
		}
		return n
	}
	c.run(sqlReport("r1", "assigned", "contactName", "Zoe"))
	c.run("INSERT INTO subscriptions (id, report, person, channels) VALUES ('s1', '" + r + "', 'ann', '{}')")
	if got := c.clock("reports", r); got != "" {
		t.Errorf("a new record has the clock %q", got)
	}
	for _, tt := range []struct{ do, coll, record, want string }{
		{"UPDATE reports SET title = 'x', state = 'in_progress'", "reports", r, ""},
		{"UPDATE reports SET contactName = 'Zoe', addressNote = 'y'", "reports", r, "addressNote"},
		{"UPDATE reports SET contactName = 'Eva', visibility = 'public'", "reports", r, "addressNote contactName visibility"},
		{"UPDATE OR REPLACE subscriptions SET channels = '{\"mail\":1}'", "subscriptions", "s1", "channels"},
		{"DELETE FROM subscriptions", "subscriptions", "s1", ""},
	} {
		before := head()
		c.run(tt.do)
		if got := strings.TrimSpace(c.clock(tt.coll, tt.record)); got != tt.want {
			t.Errorf("%s: the clock is %q, want %q", tt.do, got, tt.want)
		}
		if head() <= before {
			t.Errorf("%s: the log did not go on", tt.do)
		}
	}
	if n := seq("reports", r, "contactName"); n <= seq("reports", r, "addressNote") || n > head() {
		t.Errorf("contactName changed at %d, after addressNote at %d, head %d", n, seq("reports", r, "addressNote"), head())
	}
	if _, gone, err := c.s.DeletedAt(t.Context(), "subscriptions", "s1"); err != nil || !gone {
		t.Errorf("DeletedAt() = %v, %v", gone, err)
	}

	p, _ := fieldsync.PatchedOf("reports")
	change := fieldsync.Change{Mutation: fieldsync.Mutation{Mid: 7}, Device: "dev", Happened: day1}
	values := map[string]json.RawMessage{"contactName": json.RawMessage(`"Ida"`)}
	if err := c.s.WriteFields(t.Context(), p, r, values, change, day1.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, ok, err := c.s.Patched(t.Context(), p, r)
	if err != nil || !ok || string(got["contactName"].Value) != `"Ida"` || !got["contactName"].At.Equal(day1) || got["contactEmail"].Seq != 0 {
		t.Errorf("Patched() = %+v, %v, %v", got, ok, err)
	}
	if got := c.clock("reports", r); got != "addressNote contactName@dev7 visibility" {
		t.Errorf("the clock is %q", got)
	}
	c.run("UPDATE reports SET contactName = 'Oda'")
	if got := c.clock("reports", r); got != "addressNote contactName visibility" {
		t.Errorf("after another hand the clock is %q", got)
	}
	if drift, err := c.s.CaptureDrift(t.Context()); err != nil || len(drift) > 0 {
		t.Errorf("CaptureDrift() = %q, %v", drift, err)
	}
}

// TestPatchableFitsTheSchema compares the table of what may be patched with
// PocketBase's fields.
func TestPatchableFitsTheSchema(t *testing.T) {
	c := newCapture(t)
	for _, p := range fieldsync.Patchable {
		col, err := c.app.FindCollectionByNameOrId(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.Fields {
			field := col.Fields.GetByName(f.Name)
			if field == nil {
				t.Errorf("%s.%s may be patched and does not exist", p.Name, f.Name)
				continue
			}
			want := map[fieldsync.Form]string{fieldsync.Text: "text select", fieldsync.JSON: "json", fieldsync.Number: "number", fieldsync.Bool: "bool"}[f.Form]
			if !strings.Contains(want, field.Type()) {
				t.Errorf("%s.%s is a %s", p.Name, f.Name, field.Type())
			}
		}
	}
}
