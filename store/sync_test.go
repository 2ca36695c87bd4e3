package store_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// TestProjectionsFitTheSchema compares the form of every column that travels
// with its field in PocketBase, and makes sure that a body holds what is listed
// and nothing else.
func TestProjectionsFitTheSchema(t *testing.T) {
	c := newCapture(t)
	forms := map[string]fieldsync.Form{
		core.FieldTypeText: fieldsync.Text, core.FieldTypeSelect: fieldsync.Text, core.FieldTypeRelation: fieldsync.Text,
		core.FieldTypeNumber: fieldsync.Number, core.FieldTypeBool: fieldsync.Bool, core.FieldTypeJSON: fieldsync.JSON, core.FieldTypeDate: fieldsync.Time, core.FieldTypeAutodate: fieldsync.Time,
	}
	for _, captured := range fieldsync.Captured {
		col, err := c.app.FindCollectionByNameOrId(captured.Name)
		if err != nil {
			t.Fatal(err)
		}
		c.run("INSERT INTO `" + captured.Name + "` (id) VALUES ('x')")
		for a := fieldsync.ForReference; a <= fieldsync.ForStaff; a++ {
			columns := fieldsync.Projection(captured.Name, a)
			if columns == nil {
				continue
			}
			want := []string{"id"}
			for _, column := range columns {
				want = append(want, column.Name)
				field := col.Fields.GetByName(column.Name)
				if field == nil {
					t.Errorf("%s.%s travels and does not exist", captured.Name, column.Name)
					continue
				}
				form := forms[field.Type()]
				if m, ok := field.(core.MultiValuer); ok && m.IsMultiple() {
					form = fieldsync.JSON
				}
				if form != column.Form {
					t.Errorf("%s.%s travels as %d and is %s", captured.Name, column.Name, column.Form, field.Type())
				}
			}
			got, err := c.s.Bodies(t.Context(), captured.Name, a, []string{"x"})
			if err != nil {
				t.Fatal(err)
			}
			var body map[string]any
			if err := json.Unmarshal(got["x"], &body); err != nil {
				t.Fatalf("%s: %s: %v", captured.Name, got["x"], err)
			}
			var names []string
			for name := range body {
				names = append(names, name)
			}
			slices.Sort(names)
			slices.Sort(want)
			if !slices.Equal(names, want) {
				t.Errorf("the body of %s for %d holds %v, want %v", captured.Name, a, names, want)
			}
		}
	}
}

// pullFor returns what a first pull sends somebody, as text.
func (c capture) pullFor(who report.PersonID) string {
	c.t.Helper()
	key, err := c.s.SyncKey(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	var out []byte
	err = fieldsync.Pull(c.t.Context(), c.s, who, key, fieldsync.PullRequest{V: 1, Device: id("dev")}, fieldsync.Limits{}, day1, func(line any) error {
		var err error
		out, err = fieldsync.AppendLine(out, line)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(out)
}
