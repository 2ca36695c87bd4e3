package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// The states of a re-routing.
const (
	ReroutingMoves = "moving"  // reports are held against the areas
	ReroutingTells = "telling" // all have been; the people concerned are told next
	ReroutingDone  = "done"
)

// A Rerouting is one time that the open reports are held against changed areas.
// Kept as it goes on, it is taken up again where it was cut off.
type Rerouting struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`   // moving, telling or done
	Stamp     string    `json:"-"`       // AreaStamp of the areas the reports are held against
	Day       time.Time `json:"day"`     // the moment whose areas those are
	After     string    `json:"-"`       // id of the last report that was looked at
	Checked   int       `json:"checked"` // open reports looked at
	Moved     int       `json:"moved"`   // that changed owner, certainty or organisation
	Failed    int       `json:"failed"`  // that could not be moved; the log has why
	Told      int       `json:"told"`    // people who got a notice
	Flows     []Flow    `json:"flows"`   // which way they went, most first
	StartedAt time.Time `json:"startedAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
}

// A Flow counts the reports that go from one area to another. An empty code
// stands for no area.
type Flow struct {
	From    string `json:"from"` // code
	To      string `json:"to"`   // code
	Reports int    `json:"reports"`
}

type rerouteRow struct {
	ID        string `db:"id"`
	State     string `db:"state"`
	Stamp     string `db:"stamp"`
	Day       stamp  `db:"day"`
	After     string `db:"after"`
	Checked   int    `db:"checked"`
	Moved     int    `db:"moved"`
	Failed    int    `db:"failed"`
	Told      int    `db:"told"`
	Flows     object `db:"flows"`
	StartedAt stamp  `db:"startedAt"`
	EndedAt   stamp  `db:"endedAt"`
}

func (r rerouteRow) rerouting() (Rerouting, error) {
	out := Rerouting{
		ID: r.ID, State: r.State, Stamp: r.Stamp, Day: time.Time(r.Day), After: r.After, Checked: r.Checked, Moved: r.Moved,
		Failed: r.Failed, Told: r.Told, Flows: []Flow{}, StartedAt: time.Time(r.StartedAt), EndedAt: time.Time(r.EndedAt),
	}
	if err := json.Unmarshal(r.Flows, &out.Flows); err != nil {
		return out, fmt.Errorf("flows of re-routing %s: %w", r.ID, err)
	}
	return out, nil
}

// Reroutings returns the last re-routings, newest first.
func (s *Store) Reroutings(ctx context.Context, limit int) ([]Rerouting, error) {
	var rows []rerouteRow
	if err := s.rows(ctx, &rows, `SELECT * FROM _reroutes ORDER BY seq DESC LIMIT {:limit}`, dbx.Params{"limit": limit}); err != nil {
		return nil, fmt.Errorf("read the re-routings: %w", err)
	}
	out := make([]Rerouting, 0, len(rows))
	for _, r := range rows {
		run, err := r.rerouting()
		if err != nil {
			return nil, err
		}
		out = append(out, run)
	}
	return out, nil
}

// InsertRerouting adds a re-routing that begins.
func (s *Store) InsertRerouting(ctx context.Context, r Rerouting) error {
	const q = `
		INSERT INTO _reroutes (id, seq, state, stamp, day, after, checked, moved, failed, told, flows, startedAt, endedAt)
		VALUES ({:id}, (SELECT COALESCE(MAX(seq), 0) + 1 FROM _reroutes), {:state}, {:stamp}, {:day}, {:after}, 0, 0, 0, 0, '[]', {:startedAt}, '')`
	if err := s.exec(ctx, q, dbx.Params{
		"id": r.ID, "state": r.State, "stamp": r.Stamp, "day": stamp(r.Day), "after": r.After, "startedAt": stamp(r.StartedAt),
	}); err != nil {
		return fmt.Errorf("begin a re-routing: %w", err)
	}
	return nil
}

// UpdateRerouting keeps how far a re-routing has come. It returns false when
// somebody else has taken it further than was: state and after must still be
// those of was.
func (s *Store) UpdateRerouting(ctx context.Context, was, r Rerouting) (bool, error) {
	flows, err := encode(r.Flows)
	if err != nil {
		return false, err
	}
	const q = `
		UPDATE _reroutes SET state = {:state}, stamp = {:stamp}, day = {:day}, after = {:after}, checked = {:checked},
			moved = {:moved}, failed = {:failed}, told = {:told}, flows = {:flows}, endedAt = {:endedAt}
		WHERE id = {:id} AND state = {:wasState} AND after = {:wasAfter} AND stamp = {:wasStamp} AND moved = {:wasMoved}`
	n, err := s.change(ctx, q, dbx.Params{
		"id": r.ID, "state": r.State, "stamp": r.Stamp, "day": stamp(r.Day), "after": r.After, "checked": r.Checked, "moved": r.Moved,
		"failed": r.Failed, "told": r.Told, "flows": flows, "endedAt": stamp(r.EndedAt),
		"wasState": was.State, "wasAfter": was.After, "wasStamp": was.Stamp, "wasMoved": was.Moved,
	})
	if err != nil {
		return false, fmt.Errorf("keep a re-routing: %w", err)
	}
	return n == 1, nil
}

// A Placed is as much of an open report as says where it belongs.
type Placed struct {
	ID         report.ID      `db:"id"`
	Code       string         `db:"code"`
	Org        string         `db:"org"`
	Lon        float64        `db:"lon"`
	Lat        float64        `db:"lat"`
	HasPoint   bool           `db:"hasPoint"` // its own, or that of its site
	AccuracyM  float64        `db:"accuracyM"`
	SiteType   string         `db:"siteType"`
	ObjectType string         `db:"objectType"` // id
	ObjectCode string         `db:"objectCode"`
	District   report.AreaID  `db:"district"`
	Areas      list           `db:"areas"`
	Routing    report.Routing `db:"routing"`
}

// OpenPlaced returns the open reports whose id comes after one, in the order of
// their ids, at most so many.
func (s *Store) OpenPlaced(ctx context.Context, after string, limit int) ([]Placed, error) {
	// The condition on the state is word for word that of the index, or SQLite
	// would read the ended reports too.
	const q = `
		SELECT r.id, r.code, r.org, r.accuracyM, r.objectType, r.district, r.areas, r.routing,
			CASE WHEN r.pointSource != '' THEN r.lon ELSE COALESCE(sites.lon, 0) END AS lon,
			CASE WHEN r.pointSource != '' THEN r.lat ELSE COALESCE(sites.lat, 0) END AS lat,
			r.pointSource != '' OR COALESCE(sites.hasPoint, 0) AS hasPoint,
			COALESCE(sites.type, '') AS siteType, COALESCE(objectTypes.code, '') AS objectCode
		FROM reports r INDEXED BY idx_reports_open
		LEFT JOIN sites ON r.site != '' AND sites.id = r.site
		LEFT JOIN objectTypes ON r.objectType != '' AND objectTypes.id = r.objectType
		WHERE (r.state = 'registered' OR r.state = 'in_analysis' OR r.state = 'assigned' OR r.state = 'scheduled' OR
			r.state = 'in_progress' OR r.state = 'suspended' OR r.state = 'resolved') AND r.id > {:after}
		ORDER BY r.id LIMIT {:limit}`
	var out []Placed
	if err := s.rows(ctx, &out, q, dbx.Params{"after": after, "limit": limit}); err != nil {
		return nil, fmt.Errorf("read the open reports: %w", err)
	}
	return out, nil
}

// LocalObjectTypes returns the object types that some activity answers for in
// one area only.
func (s *Store) LocalObjectTypes(ctx context.Context) (map[string]bool, error) {
	var rows []struct {
		ID string `db:"id"`
	}
	if err := s.rows(ctx, &rows, `SELECT DISTINCT objectType AS id FROM activities WHERE area != ''`, nil); err != nil {
		return nil, fmt.Errorf("read the local activities: %w", err)
	}
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[r.ID] = true
	}
	return out, nil
}

// AreaIDs returns the areas the report matched by its row.
func (p Placed) AreaIDs() []report.AreaID { return names[report.AreaID](p.Areas) }

// KeepLate notes that a report arrived after the areas of its day had changed.
func (s *Store) KeepLate(ctx context.Context, id report.ID) error {
	return s.exec(ctx, `INSERT INTO _reroute_late (report) VALUES ({:id}) ON CONFLICT DO NOTHING`, dbx.Params{"id": id})
}

// Late returns reports that arrived late, at most so many.
func (s *Store) Late(ctx context.Context, limit int) ([]report.ID, error) {
	var rows []struct {
		ID report.ID `db:"report"`
	}
	if err := s.rows(ctx, &rows, `SELECT report FROM _reroute_late ORDER BY report LIMIT {:limit}`, dbx.Params{"limit": limit}); err != nil {
		return nil, fmt.Errorf("read the late reports: %w", err)
	}
	var out []report.ID
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out, nil
}

// DropLate forgets that a report arrived late.
func (s *Store) DropLate(ctx context.Context, id report.ID) error {
	return s.exec(ctx, `DELETE FROM _reroute_late WHERE report = {:id}`, dbx.Params{"id": id})
}

// CountOpen counts the open reports.
func (s *Store) CountOpen(ctx context.Context) (n int, err error) {
	const q = `
		SELECT count(*) FROM reports INDEXED BY idx_reports_open
		WHERE state = 'registered' OR state = 'in_analysis' OR state = 'assigned' OR state = 'scheduled' OR
			state = 'in_progress' OR state = 'suspended' OR state = 'resolved'`
	_, err = s.value(ctx, q, nil, &n)
	return n, err
}
