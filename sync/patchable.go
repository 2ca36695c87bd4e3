package fieldsync

import "slices"

// A Policy says what becomes of a field that two people changed at once.
type Policy string

// The policies. What no policy keeps is in the list of conflicts.
const (
	Newest  Policy = "newest" // the change that happened later, by the clamped times
	Server  Policy = "server" // what stands, stands
	SetOf   Policy = "set"    // a JSON array without order: both additions, both removals
	Add     Policy = "add"    // a number: both differences
	Max     Policy = "max"    // a number that only grows
	Append  Policy = "append" // a JSON array that only grows: both tails, in the order they came
	ThreeW  Policy = "text3"  // a text: both edits, line by line, unless they meet
	Manual  Policy = "manual" // the stored value stays until a person decides
	Machine Policy = "fsm"    // a state: the change, when it is a legal move from what stands
)

// A Right says who may change a field; the desk asks the rules of the report
// (report.May and report.MayRead).
type Right string

// The rights.
const (
	RightNote    Right = "note"    // whoever may comment on the report
	RightContact Right = "contact" // whoever made the report, and staff that may write
	RightStaff   Right = "staff"   // staff that may recategorise the report
	RightWork    Right = "work"    // whoever may record work on the report
	RightSelf    Right = "self"    // whose record it is
)

// A Field is one column that a device may patch.
type Field struct {
	Name   string
	Form   Form
	Policy Policy
	Guard  string // fields of one guard are decided as one; empty: the field alone
	Right  Right
	Limit  int                 // characters of a text, bytes of JSON; 0: 200
	OneOf  []string            // the values of a text; nil: any
	Must   bool                // it is never empty
	Moves  map[string][]string // the legal moves of a Machine
}

// Patched is a collection with fields that have no life of their own.
type Patched struct {
	Name   string
	Fields []Field
	// Own says that its records are made and deleted by whose they are.
	Own bool
	// Restorable says that a copy of a deleted record is kept, so that an
	// operator can put it back when somebody edited it meanwhile. Never of what
	// is about a person: deleting that is erasing it.
	Restorable bool
}

// Patchable is the one table of what a device may patch, how it is merged, and
// who may. Everything else of a report's life is a call. The triggers of the
// field clock, the desk and the tests are all made from it.
var Patchable = []Patched{
	{Name: "reports", Fields: []Field{
		{Name: "addressNote", Policy: Newest, Right: RightNote, Limit: 500},
		{Name: "contactName", Policy: Newest, Guard: "contact", Right: RightContact},
		{Name: "contactEmail", Policy: Newest, Guard: "contact", Right: RightContact},
		{Name: "contactPhone", Policy: Newest, Guard: "contact", Right: RightContact},
		{Name: "contactLanguage", Policy: Newest, Guard: "contact", Right: RightContact, OneOf: []string{"it", "en"}},
		{Name: "visibility", Policy: Server, Right: RightStaff, Must: true, OneOf: []string{"public", "staff"}},
	}},
	{Name: "media", Restorable: true, Fields: []Field{
		// What was hidden stays hidden: somebody may be in the picture.
		{Name: "visibility", Policy: Machine, Right: RightStaff, Must: true, OneOf: []string{"public", "staff", "hidden"}, Moves: map[string][]string{
			"staff": {"public", "hidden"}, "public": {"staff", "hidden"}, "": {"public", "staff", "hidden"},
		}},
	}},
	{Name: "interventions", Restorable: true, Fields: []Field{
		{Name: "checklist", Form: JSON, Policy: SetOf, Right: RightWork, Limit: 64 << 10},
		{Name: "safetyNotes", Policy: ThreeW, Right: RightWork, Limit: 2000},
		{Name: "vehicle", Policy: Newest, Right: RightWork},
	}},
	{Name: "users", Fields: []Field{
		{Name: "language", Policy: Newest, Right: RightSelf, OneOf: []string{"it", "en"}},
	}},
	{Name: "devices", Fields: []Field{
		{Name: "name", Policy: Newest, Right: RightSelf},
		{Name: "language", Policy: Newest, Right: RightSelf, OneOf: []string{"it", "en"}},
		{Name: "timezone", Policy: Newest, Right: RightSelf, Limit: 60},
	}},
	{Name: "subscriptions", Own: true, Fields: []Field{
		{Name: "channels", Form: JSON, Policy: Newest, Right: RightSelf, Limit: 4 << 10},
	}},
}

// PatchedOf returns the patchable collection of that name.
func PatchedOf(name string) (Patched, bool) {
	i := slices.IndexFunc(Patchable, func(p Patched) bool { return p.Name == name })
	if i < 0 {
		return Patched{}, false
	}
	return Patchable[i], true
}

// Field returns the patchable field of that name.
func (p Patched) Field(name string) (Field, bool) {
	i := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return p.Fields[i], true
}

// Together returns the fields that are decided with that one: the members of
// its guard, or it alone.
func (p Patched) Together(f Field) []Field {
	if f.Guard == "" {
		return []Field{f}
	}
	var out []Field
	for _, g := range p.Fields {
		if g.Guard == f.Guard {
			out = append(out, g)
		}
	}
	return out
}
