package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/geo"
)

type areaRow struct {
	ID        string  `db:"id"`
	Code      string  `db:"code"`
	Name      string  `db:"name"`
	Kind      string  `db:"kind"`
	Parent    string  `db:"parent"`
	Geometry  object  `db:"geometry"`
	MinLon    float64 `db:"minLon"`
	MinLat    float64 `db:"minLat"`
	MaxLon    float64 `db:"maxLon"`
	MaxLat    float64 `db:"maxLat"`
	AreaM2    float64 `db:"areaM2"`
	ValidFrom stamp   `db:"validFrom"`
	ValidTo   stamp   `db:"validTo"`
	Source    string  `db:"source"`
	Remark    string  `db:"remark"`
	Confirmed bool    `db:"confirmed"`
	Priority  int     `db:"priority"`
	Selector  object  `db:"selector"`
}

var areas = tableOf("areas", areaRow{})

func toAreaRow(a geo.Area) (areaRow, error) {
	geometry, err := encode(geojson.NewGeometry(a.Geometry))
	if err != nil {
		return areaRow{}, err
	}
	selector, err := encode(a.Selector)
	if err != nil {
		return areaRow{}, err
	}
	return areaRow{
		ID: string(a.ID), Code: a.Code, Name: a.Name, Kind: string(a.Kind), Parent: string(a.Parent), Geometry: geometry,
		MinLon: a.Bound.Min.Lon(), MinLat: a.Bound.Min.Lat(), MaxLon: a.Bound.Max.Lon(), MaxLat: a.Bound.Max.Lat(),
		AreaM2: a.AreaM2, ValidFrom: stamp(a.ValidFrom), ValidTo: stamp(a.ValidTo),
		Source: string(a.Source), Remark: a.Remark, Confirmed: a.Source != geo.FromReconstructed,
		Priority: a.Priority, Selector: selector,
	}, nil
}

func (r areaRow) area() (geo.Area, error) {
	a := geo.Area{
		ID: geo.AreaID(r.ID), Code: r.Code, Name: r.Name, Kind: geo.Kind(r.Kind), Parent: geo.AreaID(r.Parent),
		Bound:  orb.Bound{Min: orb.Point{r.MinLon, r.MinLat}, Max: orb.Point{r.MaxLon, r.MaxLat}},
		AreaM2: r.AreaM2, ValidFrom: time.Time(r.ValidFrom), ValidTo: time.Time(r.ValidTo),
		Source: geo.Source(r.Source), Remark: r.Remark, Priority: r.Priority,
	}
	if len(r.Selector) > 0 {
		if err := json.Unmarshal(r.Selector, &a.Selector); err != nil {
			return a, fmt.Errorf("selector of area %s: %w", r.ID, err)
		}
	}
	if len(r.Geometry) == 0 {
		return a, nil
	}
	geometry, err := geo.ParseGeometry(r.Geometry)
	if err != nil {
		return a, fmt.Errorf("geometry of area %s: %w", r.ID, err)
	}
	a.Geometry = geometry
	return a, nil
}

// Areas returns every version of every area, with its geometry.
func (s *Store) Areas(ctx context.Context) ([]geo.Area, error) {
	var rows []areaRow
	if err := s.rows(ctx, &rows, `SELECT * FROM areas ORDER BY kind, code, validFrom`, nil); err != nil {
		return nil, fmt.Errorf("read areas: %w", err)
	}
	return areasOf(rows)
}

// areasOf turns rows into areas.
func areasOf(rows []areaRow) ([]geo.Area, error) {
	out := make([]geo.Area, 0, len(rows))
	for _, r := range rows {
		a, err := r.area()
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// AreaStamp changes whenever an area is added, changed or removed, by whoever:
// a trigger keeps it. It is cheap to ask inside a transaction.
func (s *Store) AreaStamp(ctx context.Context) (string, error) { return s.Meta(ctx, "areaStamp") }

// InsertArea adds one version of an area.
func (s *Store) InsertArea(ctx context.Context, a geo.Area, now time.Time) error {
	row, err := toAreaRow(a)
	if err != nil {
		return err
	}
	if err := s.exec(ctx, areas.insert, areas.params(row, now)); err != nil {
		return fmt.Errorf("insert area %s: %w", a.Code, err)
	}
	return nil
}

// EndAreas gives the versions of a kind of area that have no end their last
// moment: until is the first moment they do not answer for. It returns how
// many there were.
func (s *Store) EndAreas(ctx context.Context, kind geo.Kind, codes []string, until, now time.Time) (int64, error) {
	const q = `
		UPDATE areas SET validTo = {:until}, updated = {:now}
		WHERE kind = {:kind} AND validTo = '' AND code IN (SELECT value FROM json_each({:codes}))`
	n, err := s.change(ctx, q, dbx.Params{"until": stamp(until), "now": stamp(now), "kind": kind, "codes": list(codes)})
	if err != nil {
		return 0, fmt.Errorf("end areas: %w", err)
	}
	return n, nil
}

// WithdrawAreas takes back versions that have not begun, and leaves those that
// they were to follow without an end again.
func (s *Store) WithdrawAreas(ctx context.Context, gone, back []geo.AreaID, now time.Time) error {
	if len(gone)+len(back) == 0 {
		return nil
	}
	ids := func(of []geo.AreaID) list {
		out := make(list, len(of))
		for i, id := range of {
			out[i] = string(id)
		}
		return out
	}
	if _, err := s.change(ctx, `DELETE FROM areas WHERE id IN (SELECT value FROM json_each({:ids}))`, dbx.Params{"ids": ids(gone)}); err != nil {
		return fmt.Errorf("withdraw areas: %w", err)
	}
	const q = `UPDATE areas SET validTo = '', updated = {:now} WHERE id IN (SELECT value FROM json_each({:ids}))`
	if _, err := s.change(ctx, q, dbx.Params{"ids": ids(back), "now": stamp(now)}); err != nil {
		return fmt.Errorf("reopen areas: %w", err)
	}
	return nil
}

// AreaName returns the code and name of an area, or empty words.
func (s *Store) AreaName(ctx context.Context, id string) (code, name string, err error) {
	_, err = s.value(ctx, `SELECT code, name FROM areas WHERE id = {:id}`, dbx.Params{"id": id}, &code, &name)
	if err != nil {
		return "", "", fmt.Errorf("read area %s: %w", id, err)
	}
	return code, name, nil
}

// UnconfirmedAreas counts the areas in force that were reconstructed and that
// no administrator has confirmed.
func (s *Store) UnconfirmedAreas(ctx context.Context) (int, error) {
	const q = `SELECT count(*) FROM areas WHERE source = 'reconstructed' AND NOT confirmed AND validTo = ''`
	var n int
	if _, err := s.value(ctx, q, nil, &n); err != nil {
		return 0, fmt.Errorf("count areas: %w", err)
	}
	return n, nil
}

// Territory returns the box around all areas that are valid at a moment, in
// degrees. ok is false when there are none.
func (s *Store) Territory(ctx context.Context, at time.Time) (box orb.Bound, ok bool, err error) {
	const q = `
		SELECT count(*), ifnull(min(minLon), 0), ifnull(min(minLat), 0), ifnull(max(maxLon), 0), ifnull(max(maxLat), 0)
		FROM areas WHERE validFrom <= {:at} AND (validTo = '' OR validTo > {:at})`
	var n int
	if _, err := s.value(ctx, q, dbx.Params{"at": stamp(at)}, &n, &box.Min[0], &box.Min[1], &box.Max[0], &box.Max[1]); err != nil {
		return box, false, fmt.Errorf("read where the territory is: %w", err)
	}
	return box, n > 0, nil
}

// AreaNeeded reports whether a role is limited to the area of a version, past
// roles included, and whether a report was ever routed to it: to any version of
// it when this is the one in force now, which answers for them all, and to this
// one otherwise. One of a kind that owns no reports is used when any lies in its
// box.
func (s *Store) AreaNeeded(ctx context.Context, id string, now time.Time) (held, used bool, err error) {
	const q = `
		WITH it AS (SELECT id, kind, code, validFrom <= {:now} AND (validTo = '' OR validTo > {:now}) AS valid FROM areas WHERE id = {:id}),
			versions AS MATERIALIZED (SELECT areas.id FROM it JOIN areas ON areas.id = it.id OR it.valid AND areas.kind = it.kind AND areas.code = it.code)
		SELECT
			EXISTS (SELECT 1 FROM roles, json_each(CASE WHEN json_valid(roles.areas) THEN roles.areas ELSE '[]' END) AS held WHERE held.value IN (SELECT id FROM versions)),
			EXISTS (SELECT 1 FROM versions JOIN reports ON reports.district = versions.id)
				OR EXISTS (SELECT 1 FROM it WHERE kind IN ('district', 'overlay'))
					AND EXISTS (SELECT 1 FROM versions JOIN reportEvents ON instr(reportEvents.payload, '"' || versions.id || '"') > 0)
				OR EXISTS (SELECT 1 FROM areas JOIN reports ON reports.lon BETWEEN minLon AND maxLon AND reports.lat BETWEEN minLat AND maxLat
					WHERE areas.id = {:id} AND areas.kind NOT IN ('district', 'overlay'))`
	if _, err := s.value(ctx, q, dbx.Params{"id": id, "now": stamp(now)}, &held, &used); err != nil {
		return false, false, fmt.Errorf("ask who needs area %s: %w", id, err)
	}
	return held, used, nil
}

// AreaHeld reports whether a role, past ones included, is limited to the area.
func (s *Store) AreaHeld(ctx context.Context, id string) (held bool, err error) {
	const q = `SELECT EXISTS (SELECT 1 FROM roles, json_each(CASE WHEN json_valid(roles.areas) THEN roles.areas ELSE '[]' END) AS held WHERE held.value = {:id})`
	_, err = s.value(ctx, q, dbx.Params{"id": id}, &held)
	return held, err
}
