package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// reportRow is a report as its table keeps it.
type reportRow struct {
	ID              string  `db:"id"`
	Code            string  `db:"code"`
	ClientID        string  `db:"clientId"`
	Org             string  `db:"org"`
	Version         int64   `db:"version"`
	Kind            string  `db:"kind"`
	Title           string  `db:"title"`
	Description     string  `db:"description"`
	ObjectType      string  `db:"objectType"`
	Activity        string  `db:"activity"`
	Asset           string  `db:"asset"`
	Site            string  `db:"site"`
	Lon             float64 `db:"lon"`
	Lat             float64 `db:"lat"`
	AccuracyM       float64 `db:"accuracyM"`
	PointSource     string  `db:"pointSource"`
	Address         string  `db:"address"`
	AddressNote     string  `db:"addressNote"`
	Areas           list    `db:"areas"`
	District        string  `db:"district"`
	Routing         string  `db:"routing"`
	RouteTrace      object  `db:"routeTrace"`
	Channel         string  `db:"channel"`
	SourcePartner   string  `db:"sourcePartner"`
	SourceRef       string  `db:"sourceRef"`
	Reporter        string  `db:"reporter"`
	ReporterOrg     string  `db:"reporterOrg"`
	ContactName     string  `db:"contactName"`
	ContactEmail    string  `db:"contactEmail"`
	ContactPhone    string  `db:"contactPhone"`
	ContactLanguage string  `db:"contactLanguage"`
	Anonymous       bool    `db:"anonymous"`
	ConsentPublish  bool    `db:"consentPublish"`
	ConsentContact  bool    `db:"consentContact"`
	Priority        int     `db:"priority"`
	PriorityClaimed int     `db:"priorityReporter"`
	Blocking        bool    `db:"blocking"`
	State           string  `db:"state"`
	ResumeState     string  `db:"resumeState"`
	UnlinkState     string  `db:"unlinkState"`
	SuspendReason   string  `db:"suspendReason"`
	ExpectedResume  stamp   `db:"expectedResume"`
	ResponsibleOrg  string  `db:"responsibleOrg"`
	Assignee        string  `db:"assignee"`
	Executor        string  `db:"executor"`
	OwnerL1         string  `db:"ownerL1"`
	PlannedClose    string  `db:"plannedCloseDate"`
	PlanState       string  `db:"planState"`
	PlanRevision    int     `db:"planRevision"`
	RegisteredAt    stamp   `db:"registeredAt"`
	TakenAt         stamp   `db:"takenAt"`
	AssignedAt      stamp   `db:"assignedAt"`
	ProgrammedAt    stamp   `db:"programmedAt"`
	WorkStartedAt   stamp   `db:"workStartedAt"`
	ResolvedAt      stamp   `db:"resolvedAt"`
	ClosedAt        stamp   `db:"closedAt"`
	ReopenedCount   int     `db:"reopenedCount"`
	BounceCount     int     `db:"bounceCount"`
	VerifyFailCount int     `db:"verifyFailCount"`
	EscalationLevel int     `db:"escalationLevel"`
	PhotosAfter     int     `db:"photosAfter"`
	InterestCount   int     `db:"interestCount"`
	DuplicateOf     string  `db:"duplicateOf"`
	ClosureCode     string  `db:"closureCode"`
	OutcomeText     string  `db:"outcomeText"`
	FirstContact    bool    `db:"firstContactResolution"`
	Visibility      string  `db:"visibility"`
}

var reports = tableOf("reports", reportRow{})

func toReportRow(r report.Report) (reportRow, error) {
	trace, err := encode(r.RouteTrace)
	if err != nil {
		return reportRow{}, err
	}
	return reportRow{
		ID: string(r.ID), Code: r.Code, ClientID: r.ClientID, Org: string(r.Org), Version: r.Version,
		Kind: r.Kind, Title: r.Title, Description: r.Description,
		ObjectType: r.ObjectType, Activity: r.Activity, Asset: r.Asset, Site: r.Site,
		Lon: r.Point.Lon, Lat: r.Point.Lat, AccuracyM: r.AccuracyM, PointSource: string(r.PointSource),
		Address: r.Address, AddressNote: r.AddressNote,
		Areas: names[string](r.Areas), District: string(r.District), Routing: string(r.Routing), RouteTrace: trace,
		Channel: r.Channel, SourcePartner: string(r.SourcePartner), SourceRef: r.SourceRef,
		Reporter: string(r.Reporter), ReporterOrg: string(r.ReporterOrg),
		ContactName: r.ContactName, ContactEmail: r.ContactEmail, ContactPhone: r.ContactPhone, ContactLanguage: r.ContactLanguage,
		Anonymous: r.Anonymous, ConsentPublish: r.ConsentPublish, ConsentContact: r.ConsentContact,
		Priority: r.Priority, PriorityClaimed: r.PriorityReporter, Blocking: r.Blocking,
		State: string(r.State), ResumeState: string(r.ResumeState), UnlinkState: string(r.UnlinkState), SuspendReason: r.SuspendReason,
		ExpectedResume: stamp(r.ExpectedResume),
		ResponsibleOrg: string(r.ResponsibleOrg), Assignee: string(r.Assignee), Executor: string(r.Executor), OwnerL1: string(r.OwnerL1),
		PlannedClose: string(r.PlannedCloseDate), PlanState: string(r.PlanState), PlanRevision: r.PlanRevision,
		RegisteredAt: stamp(r.RegisteredAt), TakenAt: stamp(r.TakenAt), AssignedAt: stamp(r.AssignedAt),
		ProgrammedAt: stamp(r.ProgrammedAt), WorkStartedAt: stamp(r.WorkStartedAt), ResolvedAt: stamp(r.ResolvedAt), ClosedAt: stamp(r.ClosedAt),
		ReopenedCount: r.ReopenedCount, BounceCount: r.BounceCount, VerifyFailCount: r.VerifyFailCount,
		EscalationLevel: r.EscalationLevel, PhotosAfter: r.PhotosAfter, InterestCount: r.InterestCount,
		DuplicateOf: string(r.DuplicateOf), ClosureCode: r.ClosureCode, OutcomeText: r.OutcomeText,
		FirstContact: r.FirstContactResolution, Visibility: r.Visibility,
	}, nil
}

func (r reportRow) report() (report.Report, error) {
	out := report.Report{
		ID: report.ID(r.ID), Code: r.Code, ClientID: r.ClientID, Org: report.OrgID(r.Org), Version: r.Version,
		Kind: r.Kind, Title: r.Title, Description: r.Description,
		ObjectType: r.ObjectType, Activity: r.Activity, Asset: r.Asset, Site: r.Site,
		Point: report.Point{Lon: r.Lon, Lat: r.Lat}, AccuracyM: r.AccuracyM, PointSource: report.PointSource(r.PointSource),
		Address: r.Address, AddressNote: r.AddressNote,
		Areas: names[report.AreaID](r.Areas), District: report.AreaID(r.District), Routing: report.Routing(r.Routing),
		Channel: r.Channel, SourcePartner: report.OrgID(r.SourcePartner), SourceRef: r.SourceRef,
		Reporter: report.PersonID(r.Reporter), ReporterOrg: report.OrgID(r.ReporterOrg),
		ContactName: r.ContactName, ContactEmail: r.ContactEmail, ContactPhone: r.ContactPhone, ContactLanguage: r.ContactLanguage,
		Anonymous: r.Anonymous, ConsentPublish: r.ConsentPublish, ConsentContact: r.ConsentContact,
		Priority: r.Priority, PriorityReporter: r.PriorityClaimed, Blocking: r.Blocking,
		State: report.State(r.State), ResumeState: report.State(r.ResumeState), UnlinkState: report.State(r.UnlinkState), SuspendReason: r.SuspendReason,
		ExpectedResume: time.Time(r.ExpectedResume),
		ResponsibleOrg: report.OrgID(r.ResponsibleOrg), Assignee: report.PersonID(r.Assignee),
		Executor: report.PersonID(r.Executor), OwnerL1: report.PersonID(r.OwnerL1),
		PlannedCloseDate: report.Date(r.PlannedClose), PlanState: report.PlanState(r.PlanState), PlanRevision: r.PlanRevision,
		RegisteredAt: time.Time(r.RegisteredAt), TakenAt: time.Time(r.TakenAt), AssignedAt: time.Time(r.AssignedAt),
		ProgrammedAt: time.Time(r.ProgrammedAt), WorkStartedAt: time.Time(r.WorkStartedAt),
		ResolvedAt: time.Time(r.ResolvedAt), ClosedAt: time.Time(r.ClosedAt),
		ReopenedCount: r.ReopenedCount, BounceCount: r.BounceCount, VerifyFailCount: r.VerifyFailCount,
		EscalationLevel: r.EscalationLevel, PhotosAfter: r.PhotosAfter, InterestCount: r.InterestCount,
		DuplicateOf: report.ID(r.DuplicateOf), ClosureCode: r.ClosureCode, OutcomeText: r.OutcomeText,
		FirstContactResolution: r.FirstContact, Visibility: r.Visibility,
	}
	if len(r.RouteTrace) > 0 {
		if err := json.Unmarshal(r.RouteTrace, &out.RouteTrace); err != nil {
			return out, fmt.Errorf("trace of report %s: %w", r.ID, err)
		}
	}
	return out, nil
}

// Report returns the stored report, or report.ErrNone.
func (s *Store) Report(ctx context.Context, id report.ID) (report.Report, error) {
	const q = `SELECT * FROM reports WHERE id = {:id}`
	return s.oneReport(ctx, q, dbx.Params{"id": id})
}

// ReportByCode returns the report with a human code, or report.ErrNone.
func (s *Store) ReportByCode(ctx context.Context, code string) (report.Report, error) {
	const q = `SELECT * FROM reports WHERE code = {:code}`
	return s.oneReport(ctx, q, dbx.Params{"code": code})
}

// ReportByClientID returns the report a client made under its own id, or
// report.ErrNone, and the hash of what it sent.
func (s *Store) ReportByClientID(ctx context.Context, clientID string, reporter report.PersonID) (report.Report, string, error) {
	const q = `SELECT * FROM reports WHERE clientId = {:client} AND clientId != '' AND reporter = {:reporter}`
	r, err := s.oneReport(ctx, q, dbx.Params{"client": clientID, "reporter": reporter})
	if err != nil {
		return r, "", err
	}
	var hash string
	_, err = s.value(ctx, `SELECT clientHash FROM reports WHERE id = {:id}`, dbx.Params{"id": r.ID}, &hash)
	return r, hash, err
}

func (s *Store) oneReport(ctx context.Context, q string, p dbx.Params) (report.Report, error) {
	var row reportRow
	ok, err := s.row(ctx, &row, q, p)
	if err != nil {
		return report.Report{}, fmt.Errorf("read a report: %w", err)
	}
	if !ok {
		return report.Report{}, fmt.Errorf("read a report: %w", report.ErrNone)
	}
	return row.report()
}

// InsertReport adds a report. Its id, its code and its reporter's client id
// must be new.
func (s *Store) InsertReport(ctx context.Context, r report.Report, now time.Time) error {
	row, err := toReportRow(r)
	if err != nil {
		return err
	}
	if err := s.exec(ctx, reports.insert, reports.params(row, now)); err != nil {
		return fmt.Errorf("insert report %s: %w", r.ID, err)
	}
	return nil
}

// UpdateReport replaces the row of a report, whose stored version must be
// base: two writers cannot both have read the same row, because there is one
// write connection, so another base is our mistake.
func (s *Store) UpdateReport(ctx context.Context, r report.Report, base int64, now time.Time) error {
	row, err := toReportRow(r)
	if err != nil {
		return err
	}
	p := reports.params(row, now)
	p["base"] = base
	n, err := s.change(ctx, reports.update+` AND [[version]] = {:base}`, p)
	if err != nil {
		return fmt.Errorf("update report %s: %w", r.ID, err)
	}
	if n != 1 {
		return fmt.Errorf("update report %s from version %d: it is not there", r.ID, base)
	}
	return nil
}

// SetClientHash keeps the hash of what a client sent under its own id, so that
// a repeat can be told from another report.
func (s *Store) SetClientHash(ctx context.Context, id report.ID, hash string) error {
	return s.exec(ctx, `UPDATE reports SET clientHash = {:hash} WHERE id = {:id}`, dbx.Params{"id": id, "hash": hash})
}

// NextCode counts the reports of a prefix and a year, from 1.
func (s *Store) NextCode(ctx context.Context, prefix string, year int) (int, error) {
	const q = `
		INSERT INTO _codes (prefix, year, n) VALUES ({:prefix}, {:year}, 1)
		ON CONFLICT (prefix, year) DO UPDATE SET n = n + 1`
	p := dbx.Params{"prefix": prefix, "year": year}
	if err := s.exec(ctx, q, p); err != nil {
		return 0, fmt.Errorf("count a code: %w", err)
	}
	var n int
	_, err := s.value(ctx, `SELECT n FROM _codes WHERE prefix = {:prefix} AND year = {:year}`, p, &n)
	return n, err
}

// A ReportFilter narrows a list of reports; empty fields do not narrow.
type ReportFilter struct {
	IDs       []string // only these
	States    []report.State
	Routings  []report.Routing
	Districts []report.AreaID
	Assignee  report.PersonID
	Reporter  report.PersonID
	Org       report.OrgID // responsible
	BBox      *[4]float64  // west, south, east, north in degrees
	Public    bool         // only what the public may see
	Reach     *Reach       // only what somebody may read; nil does not narrow
	Text      string       // part of a code
	After     string       // code of the last report of the page before
	Limit     int
}

// A Reach is what somebody's roles let them read, any of it: no more, or what is
// counted and paged by it would tell of the rest. Reports that Person sent are
// always within.
type Reach struct {
	Person       report.PersonID
	Assigned     bool // those that Person works on, also where nobody else may know of them
	Wide         []Wide
	Districts    []report.AreaID
	Orgs         []report.OrgID // responsible
	ReporterOrgs []report.OrgID
	Helpdesk     bool // tickets about the platform itself
}

// Wide is the reach of a role over everything, as far as it names a contact
// point or districts: an empty one is no limit.
type Wide struct {
	Org       report.OrgID // the contact point that owns the report; one without is everybody's
	Districts []report.AreaID
}

// All reports whether somebody may read every report.
func (r *Reach) All() bool {
	return slices.ContainsFunc(r.Wide, func(w Wide) bool { return w.Org == "" && len(w.Districts) == 0 })
}

// wide returns the conditions of the roles over everything, and adds their
// parameters.
func (r *Reach) wide(p dbx.Params) string {
	var q strings.Builder
	for i, w := range r.Wide {
		org, districts := fmt.Sprintf("wideOrg%d", i), fmt.Sprintf("wideDistricts%d", i)
		q.WriteString(` OR ({:` + org + `} = '' OR org = '' OR org = {:` + org + `})`)
		p[org] = w.Org
		if len(w.Districts) > 0 {
			q.WriteString(` AND district IN (SELECT value FROM json_each({:` + districts + `}))`)
			p[districts] = list(names[string](w.Districts))
		}
	}
	return q.String()
}

// Reports lists reports by code, at most f.Limit of them.
func (s *Store) Reports(ctx context.Context, f ReportFilter) ([]report.Report, error) {
	where, p := f.where()
	p["limit"] = f.Limit
	var rows []reportRow
	if err := s.rows(ctx, &rows, `SELECT * FROM reports WHERE `+where+` ORDER BY code LIMIT {:limit}`, p); err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	out := make([]report.Report, 0, len(rows))
	for _, row := range rows {
		r, err := row.report()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// where turns the filter into conditions; the words are ours, every value is a
// parameter.
func (f ReportFilter) where() (string, dbx.Params) {
	q, p := `1 = 1`, dbx.Params{}
	in := func(column, name string, values list) {
		if len(values) > 0 {
			q += ` AND ` + column + ` IN (SELECT value FROM json_each({:` + name + `}))`
			p[name] = values
		}
	}
	in("id", "ids", f.IDs)
	in("state", "states", names[string](f.States))
	in("routing", "routings", names[string](f.Routings))
	in("district", "districts", names[string](f.Districts))
	equal := func(column, value string) {
		if value != "" {
			q += ` AND ` + column + ` = {:` + column + `}`
			p[column] = value
		}
	}
	equal("assignee", string(f.Assignee))
	equal("reporter", string(f.Reporter))
	equal("responsibleOrg", string(f.Org))
	if f.BBox != nil {
		q += ` AND pointSource != '' AND lon BETWEEN {:west} AND {:east} AND lat BETWEEN {:south} AND {:north}`
		p["west"], p["south"], p["east"], p["north"] = f.BBox[0], f.BBox[1], f.BBox[2], f.BBox[3]
	}
	if r := f.Reach; r != nil && !r.All() {
		q += ` AND (reporter = {:me} OR assignee = {:me} AND ({:assigned} OR visibility = 'public' AND consentPublish)` + r.wide(p) + `
			OR district IN (SELECT value FROM json_each({:reachDistricts}))
			OR responsibleOrg IN (SELECT value FROM json_each({:reachOrgs}))
			OR reporterOrg IN (SELECT value FROM json_each({:reachReporterOrgs}))
			OR ({:helpdesk} AND kind = 'helpdesk'))`
		p["me"], p["assigned"], p["helpdesk"] = r.Person, r.Assigned, r.Helpdesk
		p["reachDistricts"], p["reachOrgs"] = list(names[string](r.Districts)), list(names[string](r.Orgs))
		p["reachReporterOrgs"] = list(names[string](r.ReporterOrgs))
	}
	if f.Public {
		q += ` AND visibility = 'public' AND consentPublish`
	}
	if f.Text != "" {
		q += ` AND instr(upper(code), upper({:text})) > 0`
		p["text"] = f.Text
	}
	if f.After != "" {
		q += ` AND code > {:after}`
		p["after"] = f.After
	}
	return q, p
}

// ResolvedBefore lists reports whose work was done before a moment and has not
// been verified, the oldest first.
func (s *Store) ResolvedBefore(ctx context.Context, before time.Time, limit int) ([]report.ID, error) {
	const q = `
		SELECT id FROM reports WHERE state = 'resolved' AND resolvedAt != '' AND resolvedAt <= {:before}
		ORDER BY resolvedAt LIMIT {:limit}`
	var rows []struct {
		ID string `db:"id"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"before": stamp(before), "limit": limit}); err != nil {
		return nil, fmt.Errorf("list resolved reports: %w", err)
	}
	var out []report.ID
	for _, r := range rows {
		out = append(out, report.ID(r.ID))
	}
	return out, nil
}
