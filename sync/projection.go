package fieldsync

// An Audience is who a body is made for. Each sees its own list of columns and
// no other.
type Audience int

// The audiences, poorest first. A person who holds a record through several
// scopes gets the body of the richest.
const (
	ForReference Audience = iota // reference data, the same for everybody
	ForReporter                  // who reported it
	ForPartner                   // the company that must do the work
	ForField                     // who works in the district
	ForStaff                     // the control room
)

// Audience returns who holds the scopes of a class.
func (c Class) Audience() Audience {
	switch c {
	case Reporter, ReporterOrg:
		return ForReporter
	case Org:
		return ForPartner
	case District, Assignee:
		return ForField
	case Staff, StaffArea:
		return ForStaff
	default:
		return ForReference
	}
}

// A Form is how a column is written in JSON.
type Form int

// The forms of a column.
const (
	Text   Form = iota // a string
	Number             // a number
	Bool               // true or false
	JSON               // what the column holds; null when it holds nothing
	Time               // RFC 3339 in UTC with milliseconds, or an empty string
)

// A Column is one column that travels. When is set, the column travels with
// its value only while another column of the row has the value Is, and empty
// otherwise.
type Column struct {
	Name string
	Form Form
	When string
	Is   string
	// Unless, when set, names a column of the row with whose values In this
	// column travels empty.
	Unless string
	In     []string
}

// Projection returns the columns of a collection's body for an audience, in
// the order they are written. It is an allow-list: a column nobody listed
// travels to nobody. Nil means that the audience gets no such record.
func Projection(collection string, a Audience) []Column {
	return bodies[collection][a]
}

func of(f Form, names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{Name: n, Form: f}
	}
	return out
}

func join(lists ...[]Column) []Column {
	var out []Column
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// inside is a column that travels empty where its row is for the public.
func inside(f Form, name string) []Column {
	return []Column{{Name: name, Form: f, Unless: "audience", In: []string{"public"}}}
}

// What the reporter reads of a report: what they wrote and how it stands,
// nobody's name, nobody's id but organisations', and a date only once it has
// been told to them.
var reportForReporter = join(
	of(Text, "code", "clientId"), of(Number, "version"),
	of(Text, "kind", "title", "description", "objectType", "asset", "site"),
	of(Number, "lon", "lat", "accuracyM"), of(Text, "pointSource", "address", "addressNote"),
	of(Text, "district", "channel"), of(Bool, "anonymous", "consentPublish", "consentContact"),
	of(Number, "priorityReporter"), of(Text, "state", "suspendReason"), of(Time, "expectedResume"),
	of(Text, "responsibleOrg"),
	[]Column{{Name: "plannedCloseDate", Form: Text, When: "planState", Is: "communicated"}},
	of(Time, "registeredAt", "takenAt", "assignedAt", "programmedAt", "workStartedAt", "resolvedAt", "closedAt"),
	of(Number, "reopenedCount", "photosAfter", "interestCount"),
	of(Text, "duplicateOf", "closureCode", "outcomeText"),
)

var reportForField = join(
	of(Text, "code", "clientId", "org"), of(Number, "version"),
	of(Text, "kind", "title", "description", "objectType", "activity", "asset", "site"),
	of(Number, "lon", "lat", "accuracyM"), of(Text, "pointSource", "address", "addressNote"),
	of(JSON, "areas"), of(Text, "district", "routing", "channel", "sourcePartner", "sourceRef"),
	of(Bool, "anonymous", "consentPublish"),
	of(Number, "priority", "priorityReporter"), of(Bool, "blocking"),
	of(Text, "state", "resumeState", "suspendReason"), of(Time, "expectedResume"),
	of(Text, "responsibleOrg", "assignee", "executor", "plannedCloseDate", "planState"), of(Number, "planRevision"),
	of(Time, "registeredAt", "takenAt", "assignedAt", "programmedAt", "workStartedAt", "resolvedAt", "closedAt"),
	of(Number, "reopenedCount", "bounceCount", "verifyFailCount", "escalationLevel", "photosAfter", "interestCount"),
	of(Text, "duplicateOf", "closureCode", "outcomeText"), of(Bool, "firstContactResolution"),
	of(Text, "visibility"),
)

var (
	reportForStaff = join(reportForField,
		of(JSON, "routeTrace"),
		of(Text, "reporter", "reporterOrg", "contactName", "contactEmail", "contactPhone", "contactLanguage", "ownerL1"),
		of(Bool, "consentContact"),
	)
	eventForPartner = join(
		of(Text, "report"), of(Number, "seq"), of(Text, "type", "fromState", "toState"), of(Time, "occurredAt", "recordedAt"),
	)
	// What was submitted holds the reporter and the contact, and whoever reports
	// is nobody's business in the field.
	eventForField = join(eventForPartner,
		[]Column{
			{Name: "payload", Form: JSON, Unless: "type", In: []string{"submit"}},
			{Name: "actor", Form: Text, Unless: "actorRole", In: []string{"citizen", "accredited_reporter", "anonymous"}},
		},
		of(Text, "actorRole", "source"))
	eventForStaff = join(eventForPartner, of(JSON, "payload"), of(Text, "actor", "actorRole", "source"),
		of(Text, "device", "call"), of(Number, "base", "offsetMs", "lon", "lat"), of(Bool, "hasPoint"))

	photo = join(
		of(Text, "report", "kind", "sha256"), of(Number, "size"), of(Text, "type"), of(Number, "width", "height"),
		of(Time, "takenAt"), of(Text, "takenLocal", "takenOffset", "visibility", "state"),
	)
	photoForField = join(photo, of(Number, "exifLon", "exifLat"), of(Bool, "hasExifPoint"), of(Text, "exifNote"))
	photoForStaff = join(photoForField, of(Text, "uploader", "event", "device"))

	messageForReporter = join(
		of(Text, "report", "direction", "audience", "template"), of(JSON, "params"), of(Text, "text", "replyTo"), of(Time, "at"),
	)
	messageForField = join(messageForReporter, []Column{{Name: "author", Form: Text, Unless: "direction", In: []string{"in"}}})
	messageForStaff = join(messageForReporter, of(Text, "author"))

	intervention = join(
		of(Text, "report", "technician", "team"), of(Time, "plannedStart", "plannedEnd"),
		of(Text, "plannedCloseDate", "planState", "reason"), of(JSON, "checklist"),
		of(Text, "safetyNotes", "vehicle"), of(Time, "startedAt", "endedAt"), of(Text, "outcome", "closureCode"),
	)
)

// bodies is the allow-list. trackTokens and accounts are in nobody's.
var bodies = map[string]map[Audience][]Column{
	"reports":       {ForReporter: reportForReporter, ForPartner: reportForField, ForField: reportForField, ForStaff: reportForStaff},
	"reportEvents":  {ForPartner: eventForPartner, ForField: eventForField, ForStaff: eventForStaff},
	"media":         {ForReporter: photo, ForPartner: photo, ForField: photoForField, ForStaff: photoForStaff},
	"messages":      {ForReporter: messageForReporter, ForPartner: messageForReporter, ForField: messageForField, ForStaff: messageForStaff},
	"interventions": {ForPartner: intervention, ForField: intervention, ForStaff: intervention},

	"objectTypes": {ForReference: join(
		of(Text, "code", "name", "nameIt", "parent", "icon"), of(Number, "defaultPriority"), of(JSON, "extraQuestions"),
		of(Bool, "public", "needsAfterPhoto"), of(Number, "dedupeRadiusM", "dedupeDays"), of(Text, "emergencyNotice", "status"),
	)},
	"activities": {ForReference: join(
		of(Text, "objectType", "responsibleOrg", "area", "kind"), of(Time, "validFrom", "validTo"),
	)},
	"areas": {ForReference: join(
		of(Text, "code", "name", "kind", "parent"), of(Number, "minLon", "minLat", "maxLon", "maxLat", "areaM2"),
		of(Time, "validFrom", "validTo"), of(Number, "priority"), of(Text, "org"),
	)},
	"orgs":   {ForReference: join(of(Text, "code", "name", "kind", "parent"), of(Bool, "inactive"))},
	"sites":  {ForReference: join(of(Text, "code", "name", "type"), of(Number, "lon", "lat"), of(Bool, "hasPoint"), of(Text, "clientOrg", "address"))},
	"assets": {ForReference: of(Text, "code", "type", "site", "status")},

	// Who wrote it is nobody's. What caused a fault, and when somebody looks at
	// the article again, stays inside, also of an article for everybody.
	"kbArticles": {ForReference: join(
		of(Text, "kind", "title", "symptom"), inside(Text, "rootCause"), of(Text, "workaround", "solution"),
		of(JSON, "objectTypes", "areas"), of(Text, "audience"), of(Number, "version"), inside(Time, "reviewBy"), of(Time, "updated"),
	)},
}
