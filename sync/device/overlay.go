package device

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// A Record is what a person sees: the base with what waits in the outbox on
// top.
type Record struct {
	Coll, ID string
	Ver      int64                      // of the base; 0 when only the outbox knows it
	Fields   map[string]json.RawMessage // by column
	Pending  int                        // mutations in the outbox that are about it
}

// State returns the state of a report.
func (r Record) State() report.State { return report.State(r.text("state")) }

func (r Record) text(name string) string {
	var s string
	if json.Unmarshal(r.Fields[name], &s) != nil {
		return ""
	}
	return s
}

func (r Record) set(name string, v any) {
	raw, err := plain(v)
	if err == nil {
		r.Fields[name] = raw
	}
}

// View returns one record as the person sees it.
func (d *Device) View(coll, id string) (Record, bool) {
	r := Record{Coll: coll, ID: id, Fields: map[string]json.RawMessage{}}
	row, found := d.state().Base[Key{coll, id}]
	if found {
		r.Ver = row.Ver
		if json.Unmarshal(row.Body, &r.Fields) != nil {
			return r, false
		}
	}
	for _, e := range d.state().Outbox {
		var m fieldsync.Mutation
		if e.Refused() || json.Unmarshal(e.Body, &m) != nil || m.ID != id {
			continue
		}
		if d.foresee(r, m, coll) {
			r.Pending++
			found = true
		}
	}
	return r, found
}

// List returns the records of a collection as the person sees them, by id.
func (d *Device) List(coll string) []Record {
	ids := map[string]bool{}
	for k := range d.state().Base {
		if k.Coll == coll {
			ids[k.ID] = true
		}
	}
	for _, e := range d.state().Outbox {
		var m fieldsync.Mutation
		if json.Unmarshal(e.Body, &m) == nil && makes(m) == coll {
			ids[m.ID] = true
		}
	}
	var out []Record
	for id := range ids {
		if r, ok := d.View(coll, id); ok {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Record) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// makes returns the collection of the record that a mutation makes, or "".
func makes(m fieldsync.Mutation) string {
	switch {
	case m.Op == fieldsync.OpCreate:
		return m.Coll
	case m.Name == "report.submit":
		return "reports"
	default:
		return ""
	}
}

// foresee shows what a mutation will probably do. It is a kindness, not a
// decision: the server's answer replaces it. It reports whether the mutation is
// about the record.
func (d *Device) foresee(r Record, m fieldsync.Mutation, coll string) bool {
	switch {
	case m.Op == fieldsync.OpCreate && m.Coll == coll:
		for name, s := range m.Set {
			r.Fields[name] = s.To
		}
		r.set("id", m.ID)
		return true
	case m.Op != fieldsync.OpCall || coll != "reports":
		return false
	}
	do, args, err := report.Decode(report.Call{Name: m.Name, Report: report.ID(m.ID), Args: m.Args})
	if err != nil {
		return true
	}
	if makes(m) == coll {
		_ = json.Unmarshal(m.Args, &r.Fields)
		r.set("id", m.ID)
	}
	for _, role := range d.cfg.Roles {
		to, err := report.Next(r.State(), do, role)
		if err != nil {
			continue
		}
		if to == report.Previous {
			to = report.State(r.text("resumeState"))
		}
		if to == report.Suspended {
			r.set("resumeState", r.State())
		}
		if to != "" {
			r.set("state", to)
		}
		break
	}
	switch a := args.(type) {
	case report.SuspendArgs:
		r.set("suspendReason", a.Reason)
		r.set("expectedResume", a.ExpectedResume)
	case report.RelocateArgs:
		if a.Point != nil {
			r.set("lon", a.Point.Lon)
			r.set("lat", a.Point.Lat)
		}
	}
	return true
}
