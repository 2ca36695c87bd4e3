package desk

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"syscall"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	"github.com/sestante/sestante/store/gpkg"
)

// exportWords are the codes and names that stand beside identifiers.
type exportWords struct {
	areas       map[report.AreaID]geo.Area // without geometry
	objectTypes map[string]string
	orgs        map[string]string
}

func (d *Desk) exportWords(ctx context.Context) (exportWords, error) {
	var w exportWords
	r, err := d.routes(ctx)
	if err != nil {
		return w, err
	}
	w.areas = map[report.AreaID]geo.Area{}
	for _, a := range r.index.Areas() {
		w.areas[report.AreaID(a.ID)] = geo.Area{Code: a.Code, Name: a.Name}
	}
	if w.objectTypes, err = d.store.ObjectTypeCodes(ctx); err != nil {
		return w, err
	}
	w.orgs, err = d.store.OrgCodes(ctx)
	return w, err
}

// A reportColumn is one column of an export of reports. It has a value for
// those who may see the column of the report that it is made from.
type reportColumn struct {
	name  string
	kind  gpkg.ColumnType
	from  string
	value func(exportWords, report.Report) any
}

// reportColumns are the columns of an export of reports. Their names are part
// of the API: one may be added at the end, none is renamed or taken away. Who
// reported, and how to reach them, is not among them.
var reportColumns = []reportColumn{
	{"id", gpkg.Text, "id", func(_ exportWords, r report.Report) any { return string(r.ID) }},
	{"code", gpkg.Text, "code", func(_ exportWords, r report.Report) any { return r.Code }},
	{"kind", gpkg.Text, "kind", func(_ exportWords, r report.Report) any { return r.Kind }},
	{"state", gpkg.Text, "state", func(_ exportWords, r report.Report) any { return string(r.State) }},
	{"phase", gpkg.Text, "state", func(_ exportWords, r report.Report) any { return string(report.PhaseOf(r, nil)) }},
	{"title", gpkg.Text, "title", func(_ exportWords, r report.Report) any { return r.Title }},
	{"description", gpkg.Text, "description", func(_ exportWords, r report.Report) any { return r.Description }},
	{"objectType", gpkg.Text, "objectType", func(_ exportWords, r report.Report) any { return r.ObjectType }},
	{"objectTypeCode", gpkg.Text, "objectType", func(w exportWords, r report.Report) any { return w.objectTypes[r.ObjectType] }},
	{"district", gpkg.Text, "district", func(_ exportWords, r report.Report) any { return string(r.District) }},
	{"districtCode", gpkg.Text, "district", func(w exportWords, r report.Report) any { return w.areas[r.District].Code }},
	{"districtName", gpkg.Text, "district", func(w exportWords, r report.Report) any { return w.areas[r.District].Name }},
	{"routing", gpkg.Text, "routing", func(_ exportWords, r report.Report) any { return string(r.Routing) }},
	{"accuracyM", gpkg.Real, "accuracyM", func(_ exportWords, r report.Report) any { return r.AccuracyM }},
	{"pointSource", gpkg.Text, "pointSource", func(_ exportWords, r report.Report) any { return string(r.PointSource) }},
	{"address", gpkg.Text, "address", func(_ exportWords, r report.Report) any { return r.Address }},
	{"addressNote", gpkg.Text, "addressNote", func(_ exportWords, r report.Report) any { return r.AddressNote }},
	{"site", gpkg.Text, "site", func(_ exportWords, r report.Report) any { return r.Site }},
	{"asset", gpkg.Text, "asset", func(_ exportWords, r report.Report) any { return r.Asset }},
	{"channel", gpkg.Text, "channel", func(_ exportWords, r report.Report) any { return r.Channel }},
	{"priority", gpkg.Integer, "priority", func(_ exportWords, r report.Report) any { return r.Priority }},
	{"blocking", gpkg.Boolean, "blocking", func(_ exportWords, r report.Report) any { return r.Blocking }},
	{"responsibleOrg", gpkg.Text, "responsibleOrg", func(_ exportWords, r report.Report) any { return string(r.ResponsibleOrg) }},
	{"responsibleOrgCode", gpkg.Text, "responsibleOrg", func(w exportWords, r report.Report) any { return w.orgs[string(r.ResponsibleOrg)] }},
	{"assignee", gpkg.Text, "assignee", func(_ exportWords, r report.Report) any { return string(r.Assignee) }},
	{"suspendReason", gpkg.Text, "suspendReason", func(_ exportWords, r report.Report) any { return r.SuspendReason }},
	{"expectedResume", gpkg.DateTime, "expectedResume", func(_ exportWords, r report.Report) any { return r.ExpectedResume }},
	{"plannedCloseDate", gpkg.Date, "plannedCloseDate", func(_ exportWords, r report.Report) any { return string(r.PlannedCloseDate) }},
	{"planState", gpkg.Text, "planState", func(_ exportWords, r report.Report) any { return string(r.PlanState) }},
	{"registeredAt", gpkg.DateTime, "registeredAt", func(_ exportWords, r report.Report) any { return r.RegisteredAt }},
	{"takenAt", gpkg.DateTime, "takenAt", func(_ exportWords, r report.Report) any { return r.TakenAt }},
	{"assignedAt", gpkg.DateTime, "assignedAt", func(_ exportWords, r report.Report) any { return r.AssignedAt }},
	{"programmedAt", gpkg.DateTime, "programmedAt", func(_ exportWords, r report.Report) any { return r.ProgrammedAt }},
	{"workStartedAt", gpkg.DateTime, "workStartedAt", func(_ exportWords, r report.Report) any { return r.WorkStartedAt }},
	{"resolvedAt", gpkg.DateTime, "resolvedAt", func(_ exportWords, r report.Report) any { return r.ResolvedAt }},
	{"closedAt", gpkg.DateTime, "closedAt", func(_ exportWords, r report.Report) any { return r.ClosedAt }},
	{"reopenedCount", gpkg.Integer, "reopenedCount", func(_ exportWords, r report.Report) any { return r.ReopenedCount }},
	{"escalationLevel", gpkg.Integer, "escalationLevel", func(_ exportWords, r report.Report) any { return r.EscalationLevel }},
	{"photosAfter", gpkg.Integer, "photosAfter", func(_ exportWords, r report.Report) any { return r.PhotosAfter }},
	{"interestCount", gpkg.Integer, "interestCount", func(_ exportWords, r report.Report) any { return r.InterestCount }},
	{"duplicateOf", gpkg.Text, "duplicateOf", func(_ exportWords, r report.Report) any { return string(r.DuplicateOf) }},
	{"closureCode", gpkg.Text, "closureCode", func(_ exportWords, r report.Report) any { return r.ClosureCode }},
	{"outcomeText", gpkg.Text, "outcomeText", func(_ exportWords, r report.Report) any { return r.OutcomeText }},
}

// reportTable makes a table of reports, of which who may read each as far as
// their roles go. What is only public is not theirs, as on the map.
func reportTable(who report.Actor, words exportWords, found iter.Seq2[report.Report, error]) exportTable {
	t := exportTable{name: "reports", title: "Segnalazioni / Reports", geometry: "POINT"}
	for _, c := range reportColumns {
		t.columns = append(t.columns, gpkg.Column{Name: c.name, Type: c.kind})
	}
	shown := map[report.Audience][]string{}
	for _, a := range []report.Audience{report.AudienceReporter, report.AudienceField, report.AudienceStaff} {
		shown[a] = visible(a)
	}
	t.rows = func(yield func(exportRow, error) bool) {
		for r, err := range found {
			if err != nil {
				yield(exportRow{}, err)
				return
			}
			a, ok := report.MayRead(who, r)
			if !ok || a == report.AudiencePublic {
				continue
			}
			if a == report.AudienceReporter {
				r.PlannedCloseDate = publicDate(r)
			}
			if !yield(exportedReport(words, r, shown[a]), nil) {
				return
			}
		}
	}
	return t
}

func exportedReport(words exportWords, r report.Report, shown []string) exportRow {
	out := exportRow{id: string(r.ID), values: make([]any, len(reportColumns))}
	if r.PointSource != "" {
		out.geometry = orb.Point{r.Point.Lon, r.Point.Lat}
	}
	for i, c := range reportColumns {
		if slices.Contains(shown, c.from) {
			out.values[i] = c.value(words, r)
		}
	}
	return out
}

// areaColumns are the columns of an export of areas: those that geo.Encode
// writes, under the same names, so that the file may come back as an import.
var areaColumns = []gpkg.Column{
	{Name: "id", Type: gpkg.Text},
	{Name: "code", Type: gpkg.Text},
	{Name: "name", Type: gpkg.Text},
	{Name: "kind", Type: gpkg.Text},
	{Name: "parent", Type: gpkg.Text},
	{Name: "parentCode", Type: gpkg.Text},
	{Name: "source", Type: gpkg.Text},
	{Name: "priority", Type: gpkg.Integer},
	{Name: "areaM2", Type: gpkg.Real},
	{Name: "validFrom", Type: gpkg.DateTime},
	{Name: "validTo", Type: gpkg.DateTime},
	{Name: "selector", Type: gpkg.Text},
	{Name: "remark", Type: gpkg.Text},
}

func areaTable(areas []geo.Area, codes map[geo.AreaID]string, remarks bool) exportTable {
	t := exportTable{name: "areas", title: "Aree / Areas", geometry: "MULTIPOLYGON", columns: areaColumns}
	t.rows = func(yield func(exportRow, error) bool) {
		for _, a := range areas {
			values := []any{
				string(a.ID), a.Code, a.Name, string(a.Kind), string(a.Parent), codes[a.Parent], string(a.Source),
				a.Priority, a.AreaM2, a.ValidFrom, a.ValidTo, nil, nil,
			}
			if a.Selector.Specificity() > 0 {
				selector, err := json.Marshal(a.Selector)
				if err != nil {
					yield(exportRow{}, err)
					return
				}
				values[11] = json.RawMessage(selector)
			}
			if remarks {
				values[12] = a.Remark
			}
			out := exportRow{id: string(a.ID), values: values}
			if len(a.Geometry) > 0 {
				out.geometry = a.Geometry
			}
			if !yield(out, nil) {
				return
			}
		}
	}
	return t
}

// diskFull gives a disk without room for a file its fault.
func diskFull(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errors.Join(store.ErrFull, err)
	}
	return err
}
