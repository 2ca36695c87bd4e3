package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A ReportPlace is as much of a report as the search for duplicates holds in
// memory.
type ReportPlace struct {
	ID           report.ID
	Lon, Lat     float64 // degrees, WGS84
	AccuracyM    float64 // metres; 0 unknown
	State        report.State
	RegisteredAt time.Time
	ClosedAt     time.Time // zero while it is open
	ObjectType   string    // id; empty is any other thing
	Public       bool
}

const reportPlaceColumns = `p.lon, p.lat, p.accuracyM, p.state, p.registeredAt, p.closedAt, p.objectType,
	p.visibility = 'public' AND p.consentPublish`

// mayStand is the condition of a report that another one may be a duplicate
// of: it has a position, and is open or closed since then.
func mayStand() string {
	return `p.pointSource != '' AND (` + isOpen("p") + ` OR p.state = 'closed' AND p.closedAt >= {:closedSince})`
}

// ReportPlaces hands to fn every report that another one may be a duplicate
// of, in no order: those with a position that are open, or closed since that
// moment. It holds one of them in memory at a time.
func (s *Store) ReportPlaces(ctx context.Context, closedSince time.Time, fn func(ReportPlace) error) error {
	q := `SELECT p.id, ` + reportPlaceColumns + ` FROM reports AS p WHERE ` + mayStand()
	return s.reportPlaces(ctx, q, dbx.Params{"closedSince": stamp(closedSince)}, fn)
}

// ReportPlacesSince hands to fn what ReportPlaces does of the reports that
// changed after that number of the log, and to gone the ids of the others that
// did.
func (s *Store) ReportPlacesSince(ctx context.Context, after int64, closedSince time.Time, fn func(ReportPlace) error, gone func(report.ID)) error {
	// The plus keeps SQLite from reading every report in the log.
	const changed = ` FROM _s_rec AS r LEFT JOIN reports AS p ON p.id = r.id WHERE r.seq > {:after} AND +r.coll = 'reports' AND `
	p := dbx.Params{"after": after, "closedSince": stamp(closedSince)}
	ids, err := s.ids(ctx, `SELECT r.id AS id`+changed+`(p.id IS NULL OR NOT (`+mayStand()+`))`, p)
	if err != nil {
		return err
	}
	for _, id := range ids {
		gone(report.ID(id))
	}
	return s.reportPlaces(ctx, `SELECT p.id, `+reportPlaceColumns+changed+`p.id IS NOT NULL AND `+mayStand(), p, fn)
}

// ReportPlacesIn hands to fn what ReportPlaces does of at most limit reports in
// a box of west, south, east and north, in degrees: the latest.
func (s *Store) ReportPlacesIn(ctx context.Context, box [4]float64, closedSince time.Time, limit int, fn func(ReportPlace) error) error {
	q := `SELECT p.id, ` + reportPlaceColumns + ` FROM reports AS p
		WHERE p.lon BETWEEN {:west} AND {:east} AND p.lat BETWEEN {:south} AND {:north} AND ` + mayStand() + `
		ORDER BY p.registeredAt DESC, p.id LIMIT {:limit}`
	return s.reportPlaces(ctx, q, dbx.Params{
		"west": box[0], "south": box[1], "east": box[2], "north": box[3], "closedSince": stamp(closedSince), "limit": limit,
	}, fn)
}

func (s *Store) reportPlaces(ctx context.Context, q string, p dbx.Params, fn func(ReportPlace) error) error {
	rows, err := s.read.NewQuery(q).Bind(p).WithContext(ctx).Rows()
	if err != nil {
		return fmt.Errorf("read the places of reports: %w", wrap(err))
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r ReportPlace
		var registered, closed stamp
		err := rows.Scan(&r.ID, &r.Lon, &r.Lat, &r.AccuracyM, &r.State, &registered, &closed, &r.ObjectType, &r.Public)
		if err != nil {
			return fmt.Errorf("read the place of a report: %w", err)
		}
		r.RegisteredAt, r.ClosedAt = time.Time(registered), time.Time(closed)
		if err := fn(r); err != nil {
			return err
		}
	}
	return wrap(rows.Err())
}

// An ObjectKind is what the catalogue says of finding duplicates among reports
// of a thing.
type ObjectKind struct {
	ID            string  `db:"id"`
	Code          string  `db:"code"`
	Name          string  `db:"name"`
	NameIt        string  `db:"nameIt"`
	Parent        string  `db:"parent"`
	DedupeRadiusM float64 `db:"dedupeRadiusM"` // metres; 0 leaves it to the installation
	DedupeDays    int     `db:"dedupeDays"`    // for which a closed report counts; 0 leaves it to the installation
}

// ObjectKinds lists the whole catalogue, what is retired too: there may be
// reports of it.
func (s *Store) ObjectKinds(ctx context.Context) ([]ObjectKind, error) {
	var out []ObjectKind
	const q = `SELECT id, code, name, nameIt, parent, dedupeRadiusM, dedupeDays FROM objectTypes ORDER BY code`
	if err := s.rows(ctx, &out, q, nil); err != nil {
		return nil, fmt.Errorf("list object types: %w", err)
	}
	return out, nil
}

// SweepDuplicates takes away what is kept of photos and reports that are gone,
// suggestions on forms of which nothing came and that were shown before the one
// moment, and those on forms that led to no report before the other.
func (s *Store) SweepDuplicates(ctx context.Context, idleBefore, unsentBefore time.Time) error {
	for _, q := range []string{
		`DELETE FROM _media_likeness WHERE media NOT IN (SELECT id FROM media)`,
		`DELETE FROM _duplicate_shown WHERE candidate NOT IN (SELECT id FROM reports) OR report != '' AND report NOT IN (SELECT id FROM reports)`,
		`DELETE FROM _duplicate_shown AS d WHERE d.report = '' AND d.at < {:idle} AND NOT ` + followedAsk,
		`DELETE FROM _duplicate_shown WHERE report = '' AND at < {:unsent}`,
	} {
		p := dbx.Params{"idle": stamp(idleBefore), "unsent": stamp(unsentBefore)}
		if err := s.exec(ctx, q, p); err != nil {
			return fmt.Errorf("sweep what is kept for duplicates: %w", err)
		}
	}
	return nil
}
