package desk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store"
)

// An Import is an import of areas as people see it.
type Import struct {
	ID        string          `json:"id"`
	State     string          `json:"state"` // reading, checking, previewed, committing, done or refused
	Name      string          `json:"name"`  // of the file
	Size      int64           `json:"size"`  // of the file, bytes
	Options   AreaOptions     `json:"options"`
	Person    string          `json:"person"`
	Step      string          `json:"step"` // of checking: areas, territory, survey or reports; else empty
	Done      int64           `json:"done"` // of total, in the present state and step
	Total     int64           `json:"total"`
	Problems  []ImportProblem `json:"problems"` // why it was refused, or is to be looked at once more
	Notes     []ImportNote    `json:"notes"`    // what was left out or assumed
	Preview   *AreaPreview    `json:"preview"`  // null until there is one, and in lists
	Changes   *AreaChanges    `json:"changes"`  // null until it is done
	Reverts   string          `json:"reverts"`  // the import that this one undid; empty: none
	CreatedAt time.Time       `json:"createdAt"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// An ImportProblem is one reason why an import was refused.
type ImportProblem struct {
	Code    string      `json:"code"` // of the fault
	Message string      `json:"message"`
	Field   string      `json:"field"`           // such as features[3]; may be empty
	Name    string      `json:"name"`            // of the feature: its code, name or id; may be empty
	Place   *[2]float64 `json:"place,omitempty"` // where, lon,lat
	Detail  string      `json:"detail"`
}

// An ImportNote is something that was left out of the file or assumed about it.
type ImportNote struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// keptProblem is a problem as it is kept, in both languages.
type keptProblem struct {
	ImportProblem
	English string `json:"en"`
	Italian string `json:"it"`

	DetailItalian string `json:"detailIt,omitempty"` // empty when it is the same
}

// mostProblems bounds how many problems are kept; a file has as many as it has
// features, and nobody reads more.
const mostProblems = 100

// problemsOf turns what an import was refused with into a list. What is our own
// mistake is said as such, and is in the log.
func problemsOf(err error) []keptProblem {
	var out []keptProblem
	add := func(f *fault.Error, name string, place *[2]float64) {
		out = append(out, keptProblem{
			ImportProblem: ImportProblem{Code: f.Code, Field: f.Field, Name: name, Place: place, Detail: f.Detail},
			English:       f.Say("en"), Italian: f.Say("it"), DetailItalian: f.DetailItalian,
		})
	}
	problems, many := errors.AsType[geo.Problems](err)
	if !many || len(problems) == 0 {
		add(fault.Of(err), "", nil)
		return out
	}
	each := problems.Unwrap()
	for i, p := range problems[:min(len(problems), mostProblems)] {
		var place *[2]float64
		if p.Place != nil {
			place = &[2]float64{p.Place[0], p.Place[1]}
		}
		add(fault.Of(each[i]), p.Label, place)
	}
	return out
}

// ProblemsOf lists why a file of areas is refused, in the language ("it", or any
// other for English): what the problems of its import would be. It is for whoever
// reads a file at once.
func ProblemsOf(err error, lang string) []ImportProblem {
	kept := problemsOf(err)
	out := make([]ImportProblem, len(kept))
	for i, p := range kept {
		out[i] = p.in(lang)
	}
	return out
}

// in is a problem as it is said in a language.
func (p keptProblem) in(lang string) ImportProblem {
	out := p.ImportProblem
	out.Message = p.English
	if lang == "it" {
		out.Message, out.Detail = p.Italian, cmp.Or(p.DetailItalian, p.Detail)
	}
	return out
}

// viewImport shows an import to a reader.
func (d *Desk) viewImport(i store.AreaImport, lang string) (Import, error) {
	out := Import{
		ID: i.ID, State: i.State, Name: i.Name, Size: i.Size, Person: string(i.Person), Done: i.Done, Total: i.Total,
		Problems: []ImportProblem{}, Notes: []ImportNote{}, Reverts: i.Reverts, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
	if step, done, total, ok := d.imports.far(i.ID); ok {
		out.Step, out.Done, out.Total = step, done, total
	}
	var problems []keptProblem
	var notes []format.Note
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{i.Options, &out.Options}, {i.Problems, &problems}, {i.Notes, &notes}, {i.Preview, &out.Preview}, {i.Changes, &out.Changes}} {
		if len(part.raw) == 0 {
			continue
		}
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return out, fmt.Errorf("read import %s: %w", i.ID, err)
		}
	}
	for _, p := range problems {
		out.Problems = append(out.Problems, p.in(lang))
	}
	for _, n := range notes {
		out.Notes = append(out.Notes, ImportNote{Code: n.Code, Message: n.Say(lang)})
	}
	return out, nil
}
