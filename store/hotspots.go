package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A Sighting is as much of a report as it takes to see where and when many of
// them lie.
type Sighting struct {
	ID           report.ID
	Org          report.OrgID
	ObjectType   string
	District     report.AreaID
	Asset        string
	Lon          float64 // degrees, WGS84; meaningless without HasPoint
	Lat          float64
	HasPoint     bool
	Reopened     int // how often it was opened again
	RegisteredAt time.Time
}

// A SightingFilter says which reports are looked at; empty lists do not narrow.
type SightingFilter struct {
	From, To    time.Time // registered, half open
	ObjectTypes []string  // ids
	Districts   []report.AreaID
}

// sightingsPage is how many rows are in memory at once.
const sightingsPage = 5000

// Sightings hands the reports of a span of time to fn, the oldest first, a page
// at a time, until fn returns an error. Reports that were rejected or cancelled
// are none, nor are tickets about the platform itself; duplicates are: somebody
// saw something.
func (s *Store) Sightings(ctx context.Context, f SightingFilter, fn func(Sighting) error) error {
	const q = `
		SELECT id, org, objectType, district, asset, lon, lat, pointSource != '' AS hasPoint, reopenedCount, registeredAt
		FROM reports
		WHERE (registeredAt, id) > ({:at}, {:id}) AND registeredAt < {:to}
			AND state NOT IN ('rejected', 'cancelled') AND kind != 'helpdesk'
			AND ({:anyObject} OR objectType IN (SELECT value FROM json_each({:objectTypes})))
			AND ({:anyDistrict} OR district IN (SELECT value FROM json_each({:districts})))
		ORDER BY registeredAt, id LIMIT {:limit}`
	p := dbx.Params{
		"at": stamp(f.From), "id": "", "to": stamp(f.To), "limit": sightingsPage,
		"anyObject": len(f.ObjectTypes) == 0, "objectTypes": list(f.ObjectTypes),
		"anyDistrict": len(f.Districts) == 0, "districts": list(names[string](f.Districts)),
	}
	for {
		last, n, err := s.sightings(ctx, q, p, fn)
		if err != nil || n < sightingsPage {
			return err
		}
		p["at"], p["id"] = stamp(last.RegisteredAt), last.ID
	}
}

// sightings reads one page, and returns its last row.
func (s *Store) sightings(ctx context.Context, q string, p dbx.Params, fn func(Sighting) error) (last Sighting, n int, err error) {
	rows, err := s.read.NewQuery(q).Bind(p).WithContext(ctx).Rows()
	if err != nil {
		return last, 0, fmt.Errorf("read reports: %w", wrap(err))
	}
	defer func() { _ = rows.Close() }() // it was only read
	for ; rows.Next(); n++ {
		var v Sighting
		var at stamp
		err := rows.Scan(&v.ID, &v.Org, &v.ObjectType, &v.District, &v.Asset, &v.Lon, &v.Lat, &v.HasPoint, &v.Reopened, &at)
		if err != nil {
			return last, n, fmt.Errorf("read reports: %w", wrap(err))
		}
		v.RegisteredAt = time.Time(at)
		if err := fn(v); err != nil {
			return last, n, err
		}
		last = v
	}
	return last, n, wrap(rows.Err())
}

// FirstReport returns when the oldest report came, or the zero time when there
// is none.
func (s *Store) FirstReport(ctx context.Context) (time.Time, error) {
	const q = `SELECT registeredAt FROM reports WHERE registeredAt > '' ORDER BY registeredAt LIMIT 1`
	var at stamp
	if _, err := s.value(ctx, q, nil, &at); err != nil {
		return time.Time{}, fmt.Errorf("find the first report: %w", err)
	}
	return time.Time(at), nil
}

// ReportCodes returns the human codes of some reports, by id.
func (s *Store) ReportCodes(ctx context.Context, ids []report.ID) (map[report.ID]string, error) {
	const q = `SELECT id, code FROM reports WHERE id IN (SELECT value FROM json_each({:ids}))`
	var rows []struct {
		ID   report.ID `db:"id"`
		Code string    `db:"code"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"ids": list(names[string](ids))}); err != nil {
		return nil, fmt.Errorf("read the codes of reports: %w", err)
	}
	out := make(map[report.ID]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Code
	}
	return out, nil
}
