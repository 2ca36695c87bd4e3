package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// exportPage is how many reports are in memory at a time.
const exportPage = 500

// ExportReports returns every report that the filter admits and that was
// registered at from or later and before to (zero means without that bound),
// the oldest row first, and how many there are. After, Limit and Text of the filter
// have no meaning here. Only the places of the rows are held, eight bytes
// each; the reports are read by pages while they are asked for, each as it is
// then: one that meanwhile left the filter is left out.
func (s *Store) ExportReports(ctx context.Context, f ReportFilter, from, to time.Time) (int, iter.Seq2[report.Report, error], error) {
	f.After, f.Text = "", ""
	where, p := f.where()
	bound := func(condition, name string, at time.Time) {
		if !at.IsZero() {
			where += ` AND registeredAt ` + condition + ` {:` + name + `}`
			p[name] = stamp(at)
		}
	}
	bound(">=", "from", from)
	bound("<", "to", to)
	var places []int64
	if err := s.read.NewQuery(`SELECT rowid FROM reports WHERE ` + where).Bind(p).WithContext(ctx).Column(&places); err != nil {
		return 0, nil, fmt.Errorf("find reports to export: %w", wrap(err))
	}
	slices.Sort(places)
	return len(places), s.reportsAt(ctx, places, where, p), nil
}

// reportsAt reads the rows at some places that still meet a condition.
func (s *Store) reportsAt(ctx context.Context, places []int64, where string, p dbx.Params) iter.Seq2[report.Report, error] {
	// NOT INDEXED leaves SQLite the row's place to find it by, and nothing else.
	q := `SELECT * FROM reports NOT INDEXED
		WHERE rowid IN (SELECT value FROM json_each({:places})) AND ` + where + ` ORDER BY rowid`
	return func(yield func(report.Report, error) bool) {
		for page := range slices.Chunk(places, exportPage) {
			found, err := s.exported(ctx, q, page, p)
			if err != nil {
				yield(report.Report{}, fmt.Errorf("export reports: %w", err))
				return
			}
			for _, r := range found {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

func (s *Store) exported(ctx context.Context, q string, page []int64, p dbx.Params) ([]report.Report, error) {
	places, err := encode(page)
	if err != nil {
		return nil, err
	}
	p["places"] = places
	var rows []reportRow
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, err
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

// OrgCodes returns the code of every organisation by its id.
func (s *Store) OrgCodes(ctx context.Context) (map[string]string, error) {
	return s.codes(ctx, "orgs")
}

// ObjectTypeCodes returns the code of every object type by its id, those that
// are retired too.
func (s *Store) ObjectTypeCodes(ctx context.Context) (map[string]string, error) {
	return s.codes(ctx, "objectTypes")
}

func (s *Store) codes(ctx context.Context, table string) (map[string]string, error) {
	var rows []struct {
		ID   string `db:"id"`
		Code string `db:"code"`
	}
	if err := s.rows(ctx, &rows, `SELECT id, code FROM `+table, nil); err != nil {
		return nil, fmt.Errorf("list the codes of %s: %w", table, err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Code
	}
	return out, nil
}
