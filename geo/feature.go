package geo

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// A Feature is one shape of a file with what the file says about it.
type Feature struct {
	Index      int            // in the file, from 0
	ID         string         // its id member as text; empty when it has none
	Properties map[string]any // text, json.Number, bool, nil; what is deeper is its JSON: see Text and Integer
	Geometry   orb.MultiPolygon
	Cut        bool // the file's geometry went over the 180th meridian: this one was cut there
	Flattened  bool // the file's positions had a third number, which was left out
}

// Text returns a property as text: a string without the blanks around it, a
// number in the same way whatever the format: 16, 16.0 and 1.6e1 are all "16",
// and any other number is its shortest decimal. It is empty for anything else.
// The name "id" means the member id when there is no property of that name.
func (f Feature) Text(property string) string {
	switch v := f.Properties[property].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return plainNumber(v)
	}
	if property == "id" {
		return f.ID
	}
	return ""
}

// Integer returns a property that is a whole number, written as a number (3,
// 3.0) or as text ("3"); ok is false when it is anything else.
func (f Feature) Integer(property string) (n int, ok bool) {
	n, err := strconv.Atoi(plainNumber(json.Number(f.Text(property))))
	return n, err == nil
}

// Label is what a person calls the feature: its code, or the first of the
// usual names that it has, in whatever case: a shapefile shouts.
func (f Feature) Label(code string) string {
	for _, name := range []string{code, "code", "sigla", "name", "codice", "nome", "id"} {
		if text := cmp.Or(f.Text(name), f.textFold(name)); text != "" && name != "" {
			return printable(text)
		}
	}
	return ""
}

// mostNames is how many properties a refusal lists.
const mostNames = 20

// codeMissing says which properties the feature has instead: formats cut names
// and write them in capitals. The member id is one of them: in well-known text
// there is no other.
func (f Feature) codeMissing(code string) *Problem {
	names := slices.Sorted(maps.Keys(f.Properties))
	if _, there := f.Properties["id"]; f.ID != "" && !there {
		names = append([]string{"id"}, names...)
	}
	if len(names) == 0 {
		return &Problem{Fault: ErrCodeMissing, Note: fault.Say("property %q; it has none", "proprietà %q; non ne ha", code)}
	}
	return &Problem{Fault: ErrCodeMissing, Note: fault.Say("property %q; it has %s", "proprietà %q; ha %s", code, listed(names))}
}

// listed is a list of names from a file for a message: the first of them.
func listed(names []string) string {
	out := make([]string, 0, mostNames+1)
	for _, name := range names[:min(len(names), mostNames)] {
		out = append(out, printable(name))
	}
	if len(names) > mostNames {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// codeTwice is the problem of a feature whose code an earlier one has.
func codeTwice(first int) Problem {
	return Problem{Fault: ErrCodeTwice, Note: fault.Say("also features[%d]", "anche features[%d]", first)}
}

// identified returns a problem with what it is about: the index and the label
// of the feature and, unless it names a place, one of the feature's vertices.
func (f Feature) identified(p Problem, code string) Problem {
	p.Index, p.Label = f.Index, f.Label(code)
	if p.Place == nil {
		p.Place = somewhere(f.Geometry)
	}
	return p
}

// textFold is Text without regard to case.
func (f Feature) textFold(name string) string {
	var found []string
	for key := range f.Properties {
		if strings.EqualFold(key, name) {
			found = append(found, key)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return f.Text(slices.Min(found))
}

// printable is a text of the file for a message: cut, and without what a
// terminal would obey.
func printable(text string) string {
	return strings.Trim(strconv.QuoteToGraphic(shorten(text)), `"`)
}

func shorten(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}
