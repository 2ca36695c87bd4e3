package geo

import (
	_ "embed" // the shipped table
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sestante/sestante/fault"
)

// A Table says which provinces make which districts. Its form as JSON is
// documented in data/README.md and read strictly: a name that is not known is
// refused, so that a misspelt one cannot be ignored.
type Table struct {
	Name       string            `json:"name"`
	Date       string            `json:"date"`              // of the document it comes from, 2006-01-02
	Remark     string            `json:"remark,omitempty"`  // for people
	MacroAreas []MacroRow        `json:"macroAreas"`        // in the order of the document
	Districts  []DistrictRow     `json:"districts"`         // in the order of the document
	Cuts       []Cut             `json:"cuts,omitempty"`    // provinces that two districts share
	Aliases    map[string]string `json:"aliases,omitempty"` // code in older or newer boundaries → code in this table
}

// A MacroRow is one macro area.
type MacroRow struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Source Source `json:"source"`
	Remark string `json:"remark,omitempty"`
}

// A DistrictRow is one district, or one overlay when it has a selector.
// Counts are nil where the document has none; halves are shared by two rows.
type DistrictRow struct {
	Code      string   `json:"code"`
	Number    int      `json:"number"` // in its macro area
	Name      string   `json:"name"`
	Kind      Kind     `json:"kind"` // district or overlay
	MacroArea string   `json:"macroArea"`
	Provinces []string `json:"provinces"` // codes, or the names that a cut gives to its halves
	Printed   string   `json:"printed"`   // the provinces as the document prints them

	Branches            *float64 `json:"branches"`
	RAM                 *float64 `json:"ram"`
	SortingCentres      *float64 `json:"sortingCentres"`
	SortingCentresMinor *float64 `json:"sortingCentresMinor,omitempty"`

	Selector *Selector `json:"selector,omitempty"`
	Priority int       `json:"priority,omitempty"`
	Source   Source    `json:"source"`
	Remark   string    `json:"remark,omitempty"`
}

// A Cut divides a province along a parallel.
type Cut struct {
	Province string  `json:"province"`
	Latitude float64 `json:"latitude"` // degrees WGS84
	North    string  `json:"north"`    // name of the half on and above it
	South    string  `json:"south"`    // name of the half below it
	Source   Source  `json:"source"`
	Remark   string  `json:"remark,omitempty"`
}

// The faults of a table.
var (
	ErrTable         = fault.Define(fault.Invalid, "geo.table", "The table of districts is malformed.", "La tabella dei distretti è malformata.")
	ErrTableRow      = fault.Define(fault.Invalid, "geo.table_row", "A row of the table is incomplete.", "Una riga della tabella è incompleta.")
	ErrTableTwice    = fault.Define(fault.Invalid, "geo.table_twice", "The table names something twice.", "La tabella nomina qualcosa due volte.")
	ErrTableUnknown  = fault.Define(fault.Invalid, "geo.table_unknown", "A row of the table names something that the table does not hold.", "Una riga della tabella nomina qualcosa che la tabella non contiene.")
	ErrTableProvince = fault.Define(fault.Invalid, "geo.table_province", "The boundaries lack a province that the table names: use newer ones or add an alias.", "Ai confini manca una provincia nominata nella tabella: usane di più recenti o aggiungi un alias.")
)

// maxTableBytes is far more than a table of all the provinces of the world.
const maxTableBytes = 4 << 20

// DecodeTable reads a table and validates it. Faults are ErrTable, or one for
// each bad row, with its place such as districts[3].
func DecodeTable(r io.Reader) (Table, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTableBytes+1))
	if err != nil {
		return Table{}, fmt.Errorf("reading table: %w", err)
	}
	if len(data) > maxTableBytes {
		return Table{}, fmt.Errorf("reading table: %w", ErrTooLarge)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	var t Table
	if err := dec.Decode(&t); err != nil {
		return Table{}, fmt.Errorf("decoding table: %w", ErrTable.With("%v", err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Table{}, fmt.Errorf("decoding table: %w", ErrTable.WithIn("something follows the table", "dopo la tabella segue altro"))
	}
	if err := t.Validate(); err != nil {
		return Table{}, fmt.Errorf("decoding table: %w", err)
	}
	return t, nil
}

// Validate returns every fault of the table, joined: rows without a code, a
// name or provinces, codes that stand twice, a province in two districts
// (overlays may share), macro areas that no row defines, and cuts whose halves
// are used wrongly.
func (t Table) Validate() error {
	var all []error
	refuse := func(f *fault.Error) { all = append(all, f) }
	macro := t.validateMacroAreas(refuse)
	halves := t.validateCuts(refuse)
	seen, owner := map[string]bool{}, map[string]string{}
	for i, row := range t.Districts {
		field := fmt.Sprintf("districts[%d]", i)
		row.validate(field, refuse)
		if seen[row.Code] {
			refuse(ErrTableTwice.In(field).WithIn("district %q", "distretto %q", row.Code))
		}
		seen[row.Code] = true
		if !macro[row.MacroArea] {
			refuse(ErrTableUnknown.In(field).WithIn("macro area %q", "macroarea %q", row.MacroArea))
		}
		for _, p := range row.Provinces {
			if halves[p] && row.Kind == District {
				refuse(ErrTableUnknown.In(field).WithIn("%q is cut: name one of its halves", "%q è divisa: indicane una metà", p))
			}
			if other, ok := owner[p]; ok && row.Kind == District {
				refuse(ErrTableTwice.In(field).WithIn("province %q, also in %s", "provincia %q, anche in %s", p, other))
			}
			if row.Kind == District {
				owner[p] = row.Code
			}
		}
	}
	if len(t.Districts) == 0 {
		refuse(ErrTable.WithIn("it has no districts", "non ha distretti"))
	}
	return errors.Join(all...)
}

func (t Table) validateMacroAreas(refuse func(*fault.Error)) map[string]bool {
	macro := map[string]bool{}
	for i, m := range t.MacroAreas {
		field := fmt.Sprintf("macroAreas[%d]", i)
		if m.Code == "" || m.Name == "" {
			refuse(ErrTableRow.In(field).WithIn("it needs a code and a name", "servono un codice e un nome"))
		}
		refuseStrange(field, refuse, m.Code, m.Name)
		if macro[m.Code] {
			refuse(ErrTableTwice.In(field).WithIn("macro area %q", "macroarea %q", m.Code))
		}
		macro[m.Code] = true
	}
	return macro
}

// validateCuts returns the codes of the provinces that are cut.
func (t Table) validateCuts(refuse func(*fault.Error)) map[string]bool {
	cut := map[string]bool{}
	for i, c := range t.Cuts {
		field := fmt.Sprintf("cuts[%d]", i)
		if c.Province == "" || c.North == "" || c.South == "" || c.North == c.South {
			refuse(ErrTableRow.In(field).WithIn("it needs a province and two different halves", "servono una provincia e due metà diverse"))
		}
		if onEarth := c.Latitude > -90 && c.Latitude < 90; !onEarth {
			refuse(ErrTableRow.In(field).WithIn("latitude %v", "latitudine %v", c.Latitude))
		}
		if cut[c.Province] {
			refuse(ErrTableTwice.In(field).WithIn("province %q", "provincia %q", c.Province))
		}
		cut[c.Province] = true
	}
	return cut
}

func (row DistrictRow) validate(field string, refuse func(*fault.Error)) {
	switch {
	case row.Code == "" || row.Name == "":
		refuse(ErrTableRow.In(field).WithIn("it needs a code and a name", "servono un codice e un nome"))
	case !row.Kind.Owns():
		refuse(ErrTableRow.In(field).WithIn("kind %q is neither district nor overlay", "il tipo %q non è né district né overlay", row.Kind))
	case len(row.Provinces) == 0:
		refuse(ErrTableRow.In(field).WithIn("%s has no provinces", "%s non ha province", row.Code))
	case row.Kind == Overlay && (row.Selector == nil || row.Selector.Specificity() == 0):
		refuse(ErrTableRow.In(field).WithIn("overlay %s has no selector", "l'area sovrapposta %s non ha un selettore", row.Code))
	}
	refuseStrange(field, refuse, row.Code, row.Name)
	for i, p := range row.Provinces {
		if slices.Contains(row.Provinces[:i], p) {
			refuse(ErrTableTwice.In(field).WithIn("province %q", "provincia %q", p))
		}
	}
	for _, count := range []*float64{row.Branches, row.RAM, row.SortingCentres, row.SortingCentresMinor} {
		if count != nil && (*count < 0 || *count > 1e6) {
			refuse(ErrTableRow.In(field).WithIn("count %v", "quantità %v", *count))
		}
	}
}

// refuseStrange refuses words that an area could not be called.
func refuseStrange(field string, refuse func(*fault.Error), words ...string) {
	for _, word := range words {
		if why := strange(word); !why.Empty() {
			refuse(ErrWords.In(field).WithWords(why))
		}
	}
}

//go:embed data/italy_districts.json
var italyDistricts string

// ItalyDistricts returns the shipped table: the 26 districts and the overlay
// of the sorting centres. Rows that the document blacked out or misspelt are
// marked as reconstructed, with what was inferred.
func ItalyDistricts() (Table, error) {
	return DecodeTable(strings.NewReader(italyDistricts))
}
