package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// decided says of every column of every collection that travels who may read
// it: S the control room, F who works in the field, P the company that must do
// the work, R who reported it, E everybody, - nobody. It was written by a
// person who looked at each column, apart from the lists the engine works with:
// a new column must be decided here too.
var decided = map[string]string{
	"reports": `
		SFPR: code clientId version kind title description objectType asset site lon lat accuracyM pointSource address addressNote district
		SFPR: channel anonymous consentPublish priorityReporter state suspendReason expectedResume responsibleOrg
		SFPR: registeredAt takenAt assignedAt programmedAt workStartedAt resolvedAt closedAt reopenedCount photosAfter interestCount
		SFPR: duplicateOf closureCode outcomeText
		SFP:  org activity areas routing sourcePartner sourceRef priority blocking resumeState assignee executor planState planRevision
		SFP:  bounceCount verifyFailCount escalationLevel firstContactResolution visibility
		SFP:  plannedCloseDate
		SR:   consentContact
		S:    routeTrace reporter reporterOrg contactName contactEmail contactPhone contactLanguage ownerL1
		-:    clientHash unlinkState created updated`,
	"reportEvents": `
		SFP: report seq type fromState toState occurredAt recordedAt
		SF:  payload actor actorRole source
		S:   device call base offsetMs lon lat hasPoint
		-:   org created updated`,
	"media": `
		SFPR: report kind sha256 size type width height takenAt takenLocal takenOffset visibility state
		SF:   exifLon exifLat hasExifPoint exifNote
		S:    event uploader device
		-:    reportClientId org created updated`,
	"messages": `
		SFPR: report direction audience template params text replyTo at
		SF:   author
		-:    call org created updated`,
	"interventions": `
		SFP: report technician team plannedStart plannedEnd plannedCloseDate planState reason checklist safetyNotes vehicle
		SFP: startedAt endedAt outcome closureCode
		-:   org created updated`,
	"objectTypes": `
		E: code name nameIt icon defaultPriority extraQuestions public needsAfterPhoto dedupeRadiusM dedupeDays emergencyNotice status parent
		-: created updated`,
	"activities": `
		E: objectType responsibleOrg area kind validFrom validTo
		-: autoDispatch partnerChannel created updated`,
	"areas": `
		E: code name kind minLon minLat maxLon maxLat areaM2 validFrom validTo priority org parent
		-: geometry source remark confirmed selector properties checkOnly findings created updated`,
	"orgs": `
		E: code name kind parent inactive
		-: contactProcess created updated`,
	"sites": `
		E: code name type lon lat hasPoint clientOrg address
		-: districtShares created updated`,
	"assets": `
		E: code type site status
		-: serial created updated`,
	"kbArticles": `
		E: kind title symptom workaround solution objectTypes areas audience version updated
		E: rootCause reviewBy
		-: owner state created`,
}

// otherwise changes what decided says where a row is of a certain kind.
func otherwise(coll, column string, row map[string]any, who string) string {
	reporters := []any{"citizen", "accredited_reporter", "anonymous"}
	switch {
	case coll == "reports" && column == "plannedCloseDate" && row["planState"] == "communicated":
		return "SFPR" // it was told to them
	case coll == "reportEvents" && column == "payload" && row["type"] == "submit":
		return "S" // it holds the contact
	case coll == "reportEvents" && column == "actor" && slices.Contains(reporters, row["actorRole"]):
		return "S"
	case coll == "messages" && column == "author" && row["direction"] == "in":
		return "S"
	case coll == "kbArticles" && row["audience"] == "public" && (column == "rootCause" || column == "reviewBy"):
		return "-"
	default:
		return who
	}
}

// readers are people, each with what they are to the first report, and every
// class is held by somebody.
var readers = []struct{ name, role, areas, is string }{
	{"ppother", "citizen", "[]", "-"},
	{"ppcitizen", "citizen", "[]", "R"},
	{"ppvolunteer", "accredited_reporter", "[]", "R"},
	{"pppartner", "partner_user", "[]", "P"},
	{"ppcrew", "technician", `["district1"]`, "F"},
	{"ppassignee", "technician", "[]", "F"},
	{"ppcaller", "contact_operator", "[]", "-"},
	{"ppareadesk", "coordinator", `["district1"]`, "S"},
	{"ppdesk", "l1_operator", "[]", "S"},
}

// A planted row is one whose every column holds something that is found
// nowhere else, but for the columns that decide who sees it.
type planted struct {
	coll, id string
	row      map[string]any
	shows    map[string]string // by column, as it stands in a body
	reaches  string            // as what somebody must see the report; see sees
}

// secrets fills a database.
type secrets struct {
	capture
	n       int
	rows    []planted
	markers map[string]string // text to what it is
}

// plant inserts a row into a collection and remembers what it holds.
func (s *secrets) plant(coll, reaches string, fixed map[string]any) {
	s.t.Helper()
	col, err := s.app.FindCollectionByNameOrId(coll)
	if err != nil {
		s.t.Fatal(err)
	}
	p := planted{coll: coll, row: map[string]any{}, shows: map[string]string{}, reaches: reaches}
	for _, f := range col.Fields {
		name := f.GetName()
		s.n++
		word := fmt.Sprintf("zq%05dqz", s.n)
		shown, err := json.Marshal(word)
		if err != nil {
			s.t.Fatal(err)
		}
		p.row[name], p.shows[name] = word, string(shown)
		switch m, ok := f.(core.MultiValuer); {
		case f.Type() == core.FieldTypeNumber:
			word = fmt.Sprint(910000000 + s.n)
			p.row[name], p.shows[name] = 910000000+s.n, word
		case f.Type() == core.FieldTypeBool:
			word = ""
			p.row[name], p.shows[name] = true, "true"
		case f.Type() == core.FieldTypeJSON:
			p.shows[name] = `{"x":"` + word + `"}`
			p.row[name] = p.shows[name]
		case ok && m.IsMultiple():
			p.shows[name] = `["` + word + `"]`
			p.row[name] = p.shows[name]
		}
		if v, ok := fixed[name]; ok {
			raw, err := json.Marshal(v)
			if err != nil {
				s.t.Fatal(err)
			}
			p.row[name], p.shows[name], word = v, string(raw), ""
		}
		if word != "" {
			s.markers[word] = coll + "." + name
		}
	}
	p.id = fmt.Sprint(p.row["id"])
	if _, err := s.app.NonconcurrentDB().Insert(coll, dbx.Params(p.row)).Execute(); err != nil {
		s.t.Fatalf("plant %s: %v", coll, err)
	}
	s.rows = append(s.rows, p)
}

// children plants a row of every child of a report, in every kind that matters.
func (s *secrets) children(rid, visible string) {
	with := func(more ...any) map[string]any {
		out := map[string]any{"report": rid}
		for i := 0; i+1 < len(more); i += 2 {
			out[fmt.Sprint(more[i])] = more[i+1]
		}
		return out
	}
	only := func(who string) string {
		if visible == "s" {
			return visible
		}
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(visible, r) {
				return r
			}
			return -1
		}, who)
	}
	for _, role := range []string{"citizen", "accredited_reporter", "anonymous", "technician"} {
		s.plant("reportEvents", only("SFP"), with("actorRole", role))
	}
	s.plant("reportEvents", only("SFP"), with("type", "submit", "actorRole", "l1_operator"))
	s.plant("interventions", only("SFP"), with())
	for _, direction := range []string{"in", "out"} {
		for audience, who := range map[string]string{"public": "SFPR", "reporter": "SFR", "partner": "SFP", "internal": "SF"} {
			s.plant("messages", only(who), with("direction", direction, "audience", audience))
		}
	}
	for _, visibility := range []string{"public", "staff"} {
		s.plant("media", only("SFPR"), with("visibility", visibility, "uploader", "ppcitizen"))
		s.plant("media", only("SFP"), with("visibility", visibility))
	}
	s.plant("media", only("S"), with("visibility", "hidden", "uploader", "ppcitizen"))
}

func newSecrets(t *testing.T) *secrets {
	t.Helper()
	s := &secrets{capture: newCapture(t), markers: map[string]string{}}
	for _, p := range readers {
		s.plant("users", "nobody", map[string]any{"id": p.name, "disabled": false, "org": "org1"})
		s.run(fmt.Sprintf("INSERT INTO roles (id, person, role, org, areas) VALUES ('%[1]s', '%[1]s', '%[2]s', 'org1', '%[3]s')", p.name, p.role, p.areas))
	}
	s.plant("areas", "E", map[string]any{"id": "district1", "kind": "district"})
	for _, coll := range []string{"objectTypes", "activities", "orgs", "sites", "assets"} {
		s.plant(coll, "E", nil)
	}
	for state, on := range map[string]bool{"published": true, "draft": false, "review": false, "obsolete": false} {
		for audience, who := range map[string]string{"public": "E", "staff": "i", "partner": "x", "": "nobody"} {
			if !on {
				who = "nobody"
			}
			s.plant("kbArticles", who, map[string]any{"state": state, "audience": audience})
		}
	}
	report := func(id, visible string, more map[string]any) {
		fixed := map[string]any{
			"id": id, "state": "assigned", "planState": "proposed", "district": "district1", "reporter": "ppcitizen", "reporterOrg": "org1",
			"responsibleOrg": "org1", "assignee": "ppassignee",
		}
		maps.Copy(fixed, more)
		s.plant("reports", visible, fixed)
		s.children(id, visible)
	}
	report("report1", "SFPR", nil)
	report("report2", "SFPR", map[string]any{"planState": "communicated"})
	report("report3", "R", map[string]any{"state": "closed"})
	nobody := map[string]any{"reporter": "", "reporterOrg": "", "responsibleOrg": "", "assignee": "", "district": ""}
	report("report4", "s", nobody)
	return s
}

// sees reports whether somebody sees a row: E everybody does, i whoever works
// here, x the control room and the companies, s whoever is over everything,
// nobody; else it lists as what one must see the report.
func sees(is, name, role, reaches string) bool {
	inside := slices.Contains([]string{"technician", "contact_operator", "coordinator", "l1_operator"}, role)
	switch reaches {
	case "E":
		return true
	case "i":
		return inside
	case "x":
		return inside && role != "technician" || role == "partner_user"
	case "s":
		return name == "ppdesk"
	case "nobody":
		return false
	default:
		return strings.Contains(reaches, is)
	}
}

// TestEveryColumnIsDecided fails when a column of a collection that travels is
// in no line of decided, or in two.
func TestEveryColumnIsDecided(t *testing.T) {
	c := newCapture(t)
	for _, captured := range fieldsync.Captured {
		col, err := c.app.FindCollectionByNameOrId(captured.Name)
		if err != nil {
			t.Fatal(err)
		}
		who := decisions(t, captured.Name)
		for _, f := range col.Fields {
			if _, ok := who[f.GetName()]; !ok && f.GetName() != "id" {
				t.Errorf("%s.%s: nobody has decided who may read it", captured.Name, f.GetName())
			}
			delete(who, f.GetName())
		}
		for name := range who {
			t.Errorf("%s.%s is decided and does not exist", captured.Name, name)
		}
	}
	for name := range decided {
		if _, ok := fieldsync.CollectionOf(name); !ok {
			t.Errorf("%s is decided and does not travel", name)
		}
	}
}

// decisions reads decided.
func decisions(t testing.TB, coll string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(decided[coll])) {
		who, columns, _ := strings.Cut(strings.TrimSpace(line), ":")
		for column := range strings.FieldsSeq(columns) {
			if out[column] != "" {
				t.Errorf("%s.%s is decided twice", coll, column)
			}
			out[column] = who
		}
	}
	return out
}

// TestNobodyReadsAnothersWords plants something of its own in every column of
// every collection that travels, and in the accounts, pulls as everybody and
// wants each to have exactly what is decided to be theirs, byte for byte.
func TestNobodyReadsAnothersWords(t *testing.T) {
	s := newSecrets(t)
	classes := map[fieldsync.Class]bool{}
	for _, p := range readers {
		for name := range strings.FieldsSeq(s.held(p.name)) {
			classes[fieldsync.ClassOf(name)] = true
		}
		text := s.pullFor(report.PersonID(p.name))
		got := s.putsIn(text)
		allowed := map[string]bool{}
		for _, row := range s.rows {
			body, held := got[row.coll+"/"+row.id]
			if want := sees(p.is, p.name, p.role, row.reaches); want != held {
				t.Errorf("%s gets %s %s of %v: %v, want %v", p.name, row.coll, row.id, kindOf(row), held, want)
			}
			if held {
				s.compare(p.name, p.is, row, body, allowed)
			}
			delete(got, row.coll+"/"+row.id)
		}
		if len(got) > 0 {
			t.Errorf("%s gets %d records that nobody planted", p.name, len(got))
		}
		for word, what := range s.markers {
			if strings.Contains(text, word) && !allowed[word] {
				t.Errorf("%s gets %s, somewhere", p.name, what)
			}
		}
		s.noOthers(p.name, p.is, text)
	}
	for _, c := range fieldsync.Captured {
		for _, r := range c.Rules {
			if !classes[r.Class] {
				t.Errorf("nobody in this test holds a scope of class %q", r.Class)
			}
		}
	}
}

// noOthers wants no other person's id in what a reporter gets, and the
// reporter's in what the field gets.
func (s *secrets) noOthers(name, is, text string) {
	s.t.Helper()
	for _, other := range readers {
		private := other.name != name && strings.Contains("R-", is) || other.name == "ppcitizen" && strings.Contains("FP", is)
		if private && strings.Contains(text, `"`+other.name+`"`) {
			s.t.Errorf("%s gets the id of %s", name, other.name)
		}
	}
}

// compare holds one body against what is decided.
func (s *secrets) compare(name, is string, row planted, body map[string]json.RawMessage, allowed map[string]bool) {
	s.t.Helper()
	for column, who := range decisions(s.t, row.coll) {
		who = otherwise(row.coll, column, row.row, who)
		got, has := body[column]
		mine := who == "E" || strings.Contains(who, is) && is != "-"
		if mine {
			allowed[strings.Trim(row.shows[column], `"{}[]x:`)] = true
		}
		want := row.shows[column]
		if !mine && has && slices.Contains([]string{`""`, "null"}, string(got)) {
			continue
		}
		if mine != has || mine && string(got) != want {
			s.t.Errorf("%s reads %s of a %s of %v: %s (%v), want %s: %v", name, column, row.coll, kindOf(row), got, has, want, mine)
		}
	}
	if n := len(body); n > len(decisions(s.t, row.coll))+1 {
		s.t.Errorf("the body of %s %s has %d columns", row.coll, row.id, n)
	}
	allowed[row.id] = true
}

// kindOf is what tells a planted row from others of its collection.
func kindOf(row planted) []any {
	var out []any
	for _, name := range []string{"report", "state", "type", "actorRole", "direction", "audience", "visibility", "uploader"} {
		if v := row.row[name]; v != nil && !strings.HasPrefix(fmt.Sprint(v), "zq") {
			out = append(out, v)
		}
	}
	return out
}

// putsIn reads the records of a pull.
func (s *secrets) putsIn(text string) map[string]map[string]json.RawMessage {
	s.t.Helper()
	out := map[string]map[string]json.RawMessage{}
	for line := range strings.Lines(text) {
		var put fieldsync.Put
		if err := json.Unmarshal([]byte(line), &put); err != nil {
			s.t.Fatal(err)
		}
		if put.T != "p" {
			continue
		}
		var body map[string]json.RawMessage
		if err := json.NewDecoder(bytes.NewReader(put.D)).Decode(&body); err != nil {
			s.t.Fatalf("%s: %v", line, err)
		}
		out[put.C+"/"+put.I] = body
	}
	return out
}
