package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
		core.FieldTypeNumber: fieldsync.Number, core.FieldTypeBool: fieldsync.Bool, core.FieldTypeJSON: fieldsync.JSON, core.FieldTypeDate: fieldsync.Time,
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

// TestNobodyGetsWhatIsNotTheirs plants a word in every place that is somebody's
// only, and looks at every byte that everybody gets.
func TestNobodyGetsWhatIsNotTheirs(t *testing.T) {
	c := newCapture(t)
	people := map[string]string{"cit": "citizen", "acc": "accredited_reporter", "par": "partner_user", "tec": "technician", "coo": "coordinator", "oth": "citizen"}
	c.run("INSERT INTO areas (id, kind, code, geometry) VALUES ('d1', 'district', 'D1', '{\"x\":\"GEOMETRY\"}')")
	for person, role := range people {
		c.run(
			fmt.Sprintf("INSERT INTO users (id, tokenKey, email, name) VALUES ('%[1]s', 'k%[1]s', '%[1]s@EMAIL', 'NAME')", person),
			fmt.Sprintf("INSERT INTO roles (id, person, role, org, areas) VALUES ('%[1]s', '%[1]s', '%[2]s', 'org1', '[\"d1\"]')", person, role))
	}
	r := id("r1")
	c.run(
		sqlReport("r1", "assigned", "district", "d1", "reporter", "cit", "reporterOrg", "org1", "responsibleOrg", "org1", "assignee", "tec",
			"contactName", "CONTACT", "contactEmail", "CONTACT", "contactPhone", "CONTACT", "title", "TITLE", "clientHash", "HASH",
			"routeTrace", `{"x":"TRACE"}`, "plannedCloseDate", "PLANDATE", "planState", "proposed"),
		"INSERT INTO messages (id, report, audience, text) VALUES ('m1', '"+r+"', 'public', 'MPUBLIC'), ('m2', '"+r+"', 'reporter', 'MREPORTER'), ('m3', '"+r+"', 'internal', 'MINTERNAL'), ('m4', '"+r+"', 'partner', 'MPARTNER')",
		"INSERT INTO media (id, report, uploader, visibility, sha256, exifNote) VALUES ('p1', '"+r+"', 'cit', 'staff', 'OWNPHOTO', 'EXIF'), ('p2', '"+r+"', 'tec', 'staff', 'WORKPHOTO', ''), ('p3', '"+r+"', 'cit', 'hidden', 'HIDDENPHOTO', '')",
		"INSERT INTO reportEvents (id, report, seq, type, payload, actor) VALUES ('e1', '"+r+"', 1, 'EVENT', '{\"x\":\"PAYLOAD\"}', 'tec')",
		"INSERT INTO interventions (id, report, safetyNotes) VALUES ('i1', '"+r+"', 'SAFETY')",
		"INSERT INTO orgs (id, code, contactProcess) VALUES ('org1', 'org1', '{\"x\":\"PROCESS\"}')",
		"INSERT INTO assets (id, code, serial) VALUES ('a1', 'a1', 'SERIAL')",
	)
	words := []string{
		"TITLE", "CONTACT", "HASH", "TRACE", "PLANDATE", "MPUBLIC", "MREPORTER", "MINTERNAL", "MPARTNER", "OWNPHOTO", "WORKPHOTO",
		"HIDDENPHOTO", "EXIF", "EVENT", "PAYLOAD", "SAFETY", "PROCESS", "SERIAL", "GEOMETRY", "NAME", "EMAIL",
	}
	for person, want := range map[string]string{
		"oth": "",
		"cit": "TITLE MPUBLIC MREPORTER OWNPHOTO",
		"acc": "TITLE MPUBLIC MREPORTER OWNPHOTO",
		"par": "TITLE PLANDATE MPUBLIC MPARTNER OWNPHOTO WORKPHOTO EVENT SAFETY",
		"tec": "TITLE PLANDATE MPUBLIC MREPORTER MINTERNAL MPARTNER OWNPHOTO WORKPHOTO EXIF EVENT PAYLOAD SAFETY",
		"coo": "TITLE CONTACT TRACE PLANDATE MPUBLIC MREPORTER MINTERNAL MPARTNER OWNPHOTO WORKPHOTO HIDDENPHOTO EXIF EVENT PAYLOAD SAFETY",
	} {
		text := c.pullFor(report.PersonID(person))
		var got []string
		for _, w := range words {
			if strings.Contains(text, w) {
				got = append(got, w)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s (%s) gets %s\nwant %s", person, people[person], strings.Join(got, " "), want)
		}
	}
	c.run("UPDATE reports SET planState = 'communicated', state = 'closed'")
	if text := c.pullFor("cit"); !strings.Contains(text, "PLANDATE") {
		t.Error("the reporter does not get a date that was told to them")
	}
	for _, person := range []string{"par", "tec", "coo"} {
		if text := c.pullFor(report.PersonID(person)); strings.Contains(text, "TITLE") {
			t.Errorf("%s gets a closed report", person)
		}
	}
}
