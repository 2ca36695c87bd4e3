package sim_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// The oracle says what a person may hold, by plain SQL over reports, roles and
// people. It knows nothing of scopes, logs, grants, numbers or triggers; of
// the engine it takes only the lists of columns that travel, which a test of
// their own guards.

// A holding is one record a person may hold, and in which of the bodies.
type holding struct {
	as    fieldsync.Audience
	names []string // of the columns
	cells []string // their values
	text  string   // the values in one piece
}

// cell is the value of a column; empty when there is none.
func (h holding) cell(name string) string {
	if i := slices.Index(h.names, name); i >= 0 {
		return h.cells[i]
	}
	return ""
}

type holdings map[device.Key]holding

// Who sees a report, richest first. :me is the person, :now the day the
// grants have reached.
const seeing = `
WITH RECURSIVE
mine AS (
	SELECT roles.role, roles.org, roles.areas FROM roles JOIN users ON users.id = roles.person AND NOT users.disabled
	WHERE roles.person = :me AND (validFrom = '' OR validFrom <= :now) AND (validTo = '' OR validTo > :now)
),
enabled AS (SELECT id FROM users WHERE id = :me AND NOT disabled),
under (hat, kind, code) AS (
	SELECT CASE WHEN mine.role IN ('technician', 'district_lead', 'field_lead', 'pole_manager') THEN 'field' ELSE 'staff' END, areas.kind, areas.code
	FROM mine, json_each(mine.areas) AS held JOIN areas ON areas.id = held.value
	WHERE mine.role NOT IN ('citizen', 'accredited_reporter', 'partner_user', 'contact_operator', 'helpdesk_agent')
		AND areas.kind IN ('macro_area', 'pole', 'district', 'overlay')
	UNION
	SELECT under.hat, child.kind, child.code FROM under
	JOIN areas AS above ON above.kind = under.kind AND above.code = under.code
	JOIN areas AS child ON child.parent = above.id
),
sees AS (
	SELECT r.id, r.reporter,
		r.state NOT IN ('closed', 'rejected', 'duplicate', 'cancelled')
			AND (EXISTS (SELECT 1 FROM mine WHERE role IN ('coordinator', 'l1_operator', 'l2_operator', 'service_manager', 'admin', 'auditor') AND json_array_length(areas) = 0)
				OR EXISTS (SELECT 1 FROM areas JOIN under ON under.hat = 'staff' AND under.kind = areas.kind AND under.code = areas.code WHERE areas.id = r.district AND areas.kind IN ('district', 'overlay'))) AS staff,
		r.state NOT IN ('closed', 'rejected', 'duplicate', 'cancelled')
			AND (EXISTS (SELECT 1 FROM areas JOIN under ON under.hat = 'field' AND under.kind = areas.kind AND under.code = areas.code WHERE areas.id = r.district AND areas.kind IN ('district', 'overlay'))
				OR r.assignee = :me AND EXISTS (SELECT 1 FROM mine WHERE role IN ('technician', 'district_lead', 'field_lead', 'pole_manager', 'contact_operator'))) AS field,
		r.state NOT IN ('closed', 'rejected', 'duplicate', 'cancelled')
			AND r.responsibleOrg != '' AND r.responsibleOrg IN (SELECT org FROM mine WHERE role = 'partner_user') AS partner,
		r.reporter = :me AND EXISTS (SELECT 1 FROM enabled)
			OR r.reporterOrg != '' AND r.reporterOrg IN (SELECT org FROM mine WHERE role = 'accredited_reporter') AS own
	FROM reports AS r
)
`

// asked are the collections and, in the order staff, field, partner, reporter,
// the condition under which somebody who sees the report as such sees the row.
var asked = []struct {
	coll, from                      string
	staff, field, partner, reporter string
}{
	{"reports", "reports AS c JOIN sees ON sees.id = c.id", "true", "true", "true", "true"},
	{"reportEvents", "reportEvents AS c JOIN sees ON sees.id = c.report", "true", "true", "true", "false"},
	{"interventions", "interventions AS c JOIN sees ON sees.id = c.report", "true", "true", "true", "false"},
	{
		"messages", "messages AS c JOIN sees ON sees.id = c.report", "true", "true",
		"c.audience IN ('public', 'partner')", "c.audience IN ('public', 'reporter')",
	},
	{
		"media", "media AS c JOIN sees ON sees.id = c.report", "true", "c.visibility != 'hidden'", "c.visibility != 'hidden'",
		"c.visibility != 'hidden' AND c.uploader = sees.reporter",
	},
}

// knows is who reads which article, by the role.
const knows = seeing + `
SELECT %d AS sim_as, c.* FROM kbArticles AS c WHERE c.state = 'published' AND (
	c.audience = 'public' AND EXISTS (SELECT 1 FROM enabled)
	OR c.audience = 'staff' AND EXISTS (SELECT 1 FROM mine WHERE role NOT IN ('citizen', 'accredited_reporter', 'partner_user', 'helpdesk_agent'))
	OR c.audience = 'partner' AND EXISTS (SELECT 1 FROM mine WHERE role NOT IN ('citizen', 'accredited_reporter', 'helpdesk_agent',
		'technician', 'district_lead', 'field_lead', 'pole_manager')))`

var reference = []string{"objectTypes", "activities", "areas", "orgs", "sites", "assets"}

// An oracle reads the server's file through a connection of its own, and keeps
// its statements: compiling them is most of what asking costs.
type oracle struct {
	db    *sql.DB
	asks  map[string]*sql.Stmt
	known map[string]holdings // by person, as of writes
	as    string              // of which state of the file
}

// consult opens the oracle over a file.
func (o *oracle) consult(path string) error {
	if o.db != nil {
		_ = o.db.Close()
	}
	var err error
	o.asks, o.known, o.as = map[string]*sql.Stmt{}, map[string]holdings{}, ""
	o.db, err = sql.Open("sqlite", path)
	return err
}

func (o *oracle) rows(q string, args ...any) (*sql.Rows, error) {
	ask, ok := o.asks[q]
	if !ok {
		var err error
		if ask, err = o.db.Prepare(q); err != nil {
			return nil, err
		}
		o.asks[q] = ask
	}
	return ask.Query(args...)
}

// mayHold asks the oracle about a person.
func (r *run) mayHold(person string) holdings {
	o := &r.srv.oracle
	if as := fmt.Sprint(r.srv.disk.writes, r.srv.swept); as != o.as {
		o.as, o.known = as, map[string]holdings{}
	}
	if known, ok := o.known[person]; ok {
		return known
	}
	out := holdings{}
	me := sql.Named("me", id(person))
	now := sql.Named("now", r.srv.swept.UTC().Format("2006-01-02 15:04:05.000Z"))
	for _, a := range asked {
		q := seeing + fmt.Sprintf(`SELECT CASE WHEN sees.staff AND %s THEN %d WHEN sees.field AND %s THEN %d WHEN sees.partner AND %s THEN %d WHEN sees.own AND %s THEN %d ELSE -1 END AS sim_as, c.*
			FROM %s WHERE sim_as >= 0`, a.staff, fieldsync.ForStaff, a.field, fieldsync.ForField, a.partner, fieldsync.ForPartner, a.reporter, fieldsync.ForReporter, a.from)
		r.read(out, a.coll, q, me, now)
	}
	r.read(out, "kbArticles", fmt.Sprintf(knows, fieldsync.ForReference), me, now)
	for _, coll := range reference {
		q := fmt.Sprintf("SELECT %d AS sim_as, c.* FROM `%s` AS c WHERE EXISTS (SELECT 1 FROM users WHERE id = :me AND NOT disabled)", fieldsync.ForReference, coll)
		r.read(out, coll, q, me)
	}
	o.known[person] = out
	return out
}

func (r *run) read(out holdings, coll, q string, args ...any) {
	rows, err := r.srv.oracle.rows(q, args...)
	if err != nil {
		r.broken("ask the oracle of %s: %v", coll, err)
		return
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		r.broken("ask the oracle of %s: %v", coll, err)
		return
	}
	values, scanned := make([]any, len(names)), make([]sql.NullString, len(names))
	for i := range scanned {
		values[i] = &scanned[i]
	}
	key := slices.Index(names, "id")
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			r.broken("ask the oracle of %s: %v", coll, err)
			return
		}
		cells := make([]string, len(names))
		for i := range cells {
			cells[i] = scanned[i].String
		}
		as, _ := strconv.Atoi(cells[0]) // sim_as is the first
		out[device.Key{Coll: coll, ID: cells[key]}] = holding{fieldsync.Audience(as), names, cells, strings.Join(cells, "\x00")}
	}
	if err := rows.Err(); err != nil {
		r.broken("ask the oracle of %s: %v", coll, err)
	}
}

// differs compares a base with what its person may hold, and says the first
// difference, or nothing.
func (r *run) differs(base map[device.Key]device.Row, want holdings) string {
	for k := range base {
		if _, ok := want[k]; !ok {
			return fmt.Sprintf("%s %s is held and may not be", k.Coll, k.ID)
		}
	}
	for _, k := range sorted(want) {
		row, ok := base[k]
		if !ok {
			return fmt.Sprintf("%s %s is missing", k.Coll, k.ID)
		}
		if text := r.differsBody(k.Coll, want[k], row.Body); text != "" {
			return fmt.Sprintf("%s %s: %s", k.Coll, k.ID, text)
		}
	}
	return ""
}

func sorted(h holdings) []device.Key {
	keys := make([]device.Key, 0, len(h))
	for k := range h {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b device.Key) int { return strings.Compare(a.Coll+" "+a.ID, b.Coll+" "+b.ID) })
	return keys
}

// A compared is a body that was found to say what a row says.
type compared struct {
	coll      string
	as        fieldsync.Audience
	row, body string
}

// differsBody is differsBody, once for the same body of the same row.
func (r *run) differsBody(coll string, want holding, body []byte) string {
	key := compared{coll, want.as, want.text, string(body)}
	if r.compared[key] {
		return ""
	}
	text := differsBody(coll, want, body)
	if text == "" {
		r.compared[key] = true
	}
	return text
}

// differsBody compares a body with the row of the table, column by column: no
// other may be in it.
func differsBody(coll string, want holding, body []byte) string {
	var got map[string]json.RawMessage
	if err := json.Unmarshal(body, &got); err != nil {
		return fmt.Sprintf("the body %.80q is not JSON", body)
	}
	columns := fieldsync.Projection(coll, want.as)
	if len(got) != len(columns)+1 {
		return fmt.Sprintf("the body has %d columns, audience %d gets %d", len(got), want.as, len(columns)+1)
	}
	for _, c := range columns {
		value, ok := got[c.Name]
		if !ok {
			return fmt.Sprintf("the body has no %s, audience %d gets it", c.Name, want.as)
		}
		raw := want.cell(c.Name)
		if c.When != "" && want.cell(c.When) != c.Is || c.Unless != "" && slices.Contains(c.In, want.cell(c.Unless)) {
			raw = ""
		}
		if !same(c.Form, raw, value) {
			return fmt.Sprintf("%s is %.80s, the table says %.80q", c.Name, value, raw)
		}
	}
	return ""
}

// same reports whether a value of a body is the one a column holds.
func same(f fieldsync.Form, raw string, value json.RawMessage) bool {
	switch f {
	case fieldsync.Number:
		a, _ := strconv.ParseFloat(raw, 64)
		b, err := strconv.ParseFloat(string(value), 64)
		return (err == nil || raw == "") && a == b
	case fieldsync.Bool:
		return string(value) == strconv.FormatBool(raw == "1" || raw == "true")
	case fieldsync.JSON:
		if !json.Valid([]byte(raw)) {
			return string(value) == "null"
		}
		var a, b bytes.Buffer
		return json.Compact(&a, []byte(raw)) == nil && json.Compact(&b, value) == nil && bytes.Equal(a.Bytes(), b.Bytes())
	default:
		var text string
		if f == fieldsync.Time {
			raw = strings.Replace(raw, " ", "T", 1)
		}
		return json.Unmarshal(value, &text) == nil && text == raw
	}
}
