package client

import (
	"slices"
	"strings"

	fieldsync "github.com/sestante/sestante/sync"
)

// audiences names the audiences in the client's words, poorest first.
var audiences = []struct {
	is   fieldsync.Audience
	name string
}{
	{fieldsync.ForReference, "reference"},
	{fieldsync.ForReporter, "reporter"},
	{fieldsync.ForPartner, "partner"},
	{fieldsync.ForField, "field"},
	{fieldsync.ForStaff, "staff"},
}

// forms are the types of columns. A column that travels empty for some readers
// is empty text then, whatever it holds otherwise.
var forms = map[fieldsync.Form]string{
	fieldsync.Text: "string", fieldsync.Number: "number", fieldsync.Bool: "boolean", fieldsync.JSON: "unknown", fieldsync.Time: "string",
}

// typeOfColumn returns the TypeScript type of a column.
func typeOfColumn(collection string, c fieldsync.Column) string {
	if collection == "reports" && (c.Name == "state" || c.Name == "resumeState") {
		return "State"
	}
	return forms[c.Form]
}

func rowsFile() []byte {
	p := newPage()
	p.line("import type { State } from './calls.js';")
	p.line("")
	p.line("/** Who a body is made for. A person who may read a record in several ways gets the richest. */")
	var names []string
	for _, a := range audiences {
		names = append(names, a.name)
	}
	p.line("export type Audience = %s;", union(names))
	for _, c := range fieldsync.Captured {
		rowsOf(p, c.Name)
	}
	p.line("")
	p.line("/** Every collection that travels, and its body for each audience that gets any. */")
	p.line("export interface Rows {")
	for _, c := range fieldsync.Captured {
		var parts []string
		for _, a := range audiences {
			if fieldsync.Projection(c.Name, a.is) != nil {
				parts = append(parts, a.name+": "+rowName(c.Name, a.name))
			}
		}
		p.line("  %s: { %s };", c.Name, strings.Join(parts, "; "))
	}
	p.line("}")
	p.line("")
	p.line("/** Of each collection, what every audience gets, and what some do. */")
	p.line("export interface AnyRow {")
	for _, c := range fieldsync.Captured {
		p.line("  %s: %s;", c.Name, rowName(c.Name, "any"))
	}
	p.line("}")
	p.line("")
	p.line("/** The name of a collection. */")
	p.line("export type Collection = keyof Rows;")
	p.line("")
	p.line("/** The names of the collections. */")
	p.line("export const collections: readonly Collection[] = [")
	for _, c := range fieldsync.Captured {
		p.line("  %s,", literal(c.Name))
	}
	p.line("];")
	return p.Bytes()
}

// rowName returns the name of the type of a body.
func rowName(collection, audience string) string {
	return title(collection) + "For" + title(audience)
}

// rowsOf writes the types of one collection's bodies.
func rowsOf(p *page, collection string) {
	var all []fieldsync.Column
	count, seen := 0, map[string]int{}
	for _, a := range audiences {
		columns := fieldsync.Projection(collection, a.is)
		if columns == nil {
			continue
		}
		count++
		for _, c := range columns {
			if seen[c.Name]++; seen[c.Name] == 1 {
				all = append(all, c)
			}
		}
		p.line("")
		p.line("/** What travels of `%s` to %s. */", collection, readers[a.name])
		p.line("export interface %s {", rowName(collection, a.name))
		p.line("  id: string;")
		for _, c := range columns {
			p.line("  %s: %s;", c.Name, typeOfColumn(collection, c))
		}
		p.line("}")
	}
	p.line("")
	p.line("/** A row of `%s`, whoever reads it. */", collection)
	p.line("export interface %s {", rowName(collection, "any"))
	p.line("  id: string;")
	slices.SortStableFunc(all, func(a, b fieldsync.Column) int { return seen[b.Name] - seen[a.Name] })
	for _, c := range all {
		mark := "?"
		if seen[c.Name] == count {
			mark = ""
		}
		p.line("  %s%s: %s;", c.Name, mark, typeOfColumn(collection, c))
	}
	p.line("}")
}

// readers says for whom, in the comments.
var readers = map[string]string{
	"reference": "everybody", "reporter": "who reported it", "partner": "the company that must do the work",
	"field": "who works in the district", "staff": "the control room",
}
