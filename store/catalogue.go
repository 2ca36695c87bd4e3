package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// An ObjectType is a thing that can be reported.
type ObjectType struct {
	ID              string `db:"id"              json:"id"`
	Code            string `db:"code"            json:"code"`
	Name            string `db:"name"            json:"name"`
	NameIt          string `db:"nameIt"          json:"nameIt"`
	Parent          string `db:"parent"          json:"parent"`
	Icon            string `db:"icon"            json:"icon"`
	DefaultPriority int    `db:"defaultPriority" json:"defaultPriority"`
	Public          bool   `db:"public"          json:"public"`
	NeedsAfterPhoto bool   `db:"needsAfterPhoto" json:"needsAfterPhoto"`
	EmergencyNotice string `db:"emergencyNotice" json:"emergencyNotice"`
	Status          string `db:"status"          json:"status"`
}

const objectTypeColumns = `id, code, name, nameIt, parent, icon, defaultPriority, public, needsAfterPhoto, emergencyNotice, status`

// ObjectTypes lists the catalogue by code, without what is retired; only what
// the public may report when public is true.
func (s *Store) ObjectTypes(ctx context.Context, public bool) ([]ObjectType, error) {
	const q = `SELECT ` + objectTypeColumns + ` FROM objectTypes
		WHERE status != 'retired' AND (NOT {:public} OR public) ORDER BY code`
	out := []ObjectType{}
	if err := s.rows(ctx, &out, q, dbx.Params{"public": public}); err != nil {
		return nil, fmt.Errorf("list object types: %w", err)
	}
	return out, nil
}

// ObjectType finds a thing by its id or its code.
func (s *Store) ObjectType(ctx context.Context, key string) (ObjectType, bool, error) {
	const q = `SELECT ` + objectTypeColumns + ` FROM objectTypes WHERE id = {:key} OR code = {:key}`
	var o ObjectType
	ok, err := s.row(ctx, &o, q, dbx.Params{"key": key})
	if err != nil {
		return o, false, fmt.Errorf("read object type: %w", err)
	}
	return o, ok, nil
}

// An Activity is what an organisation is responsible for on a thing.
type Activity struct {
	ID             string       `db:"id"`
	ObjectType     string       `db:"objectType"`
	ResponsibleOrg report.OrgID `db:"responsibleOrg"`
	AutoDispatch   bool         `db:"autoDispatch"`
}

// ActivityFor finds who is responsible for a thing in one of the areas that
// matched, in whichever version, best area first; an activity for everywhere
// comes last.
func (s *Store) ActivityFor(ctx context.Context, objectType string, areas []report.AreaID, now time.Time) (Activity, bool, error) {
	const q = `
		SELECT activities.id, objectType, responsibleOrg, autoDispatch
		FROM activities
		LEFT JOIN (SELECT id, kind, code FROM areas) AS place ON place.id = activities.area
		LEFT JOIN (SELECT each.key AS key, version.kind AS kind, version.code AS code
			FROM json_each({:areas}) AS each JOIN areas AS version ON version.id = each.value) AS matched
			ON matched.kind = place.kind AND matched.code = place.code
		WHERE objectType = {:objectType} AND (activities.area = '' OR matched.key IS NOT NULL) AND ` + inForce + `
		ORDER BY activities.area = '', matched.key, activities.created, activities.id
		LIMIT 1`
	var a Activity
	ok, err := s.row(ctx, &a, q, dbx.Params{"objectType": objectType, "areas": list(names[string](areas)), "now": stamp(now)})
	if err != nil {
		return a, false, fmt.Errorf("find an activity: %w", err)
	}
	return a, ok, nil
}

// Activity reads one activity by id.
func (s *Store) Activity(ctx context.Context, id string) (Activity, bool, error) {
	var a Activity
	ok, err := s.row(ctx, &a, `SELECT id, objectType, responsibleOrg, autoDispatch FROM activities WHERE id = {:id}`, dbx.Params{"id": id})
	if err != nil {
		return a, false, fmt.Errorf("read activity: %w", err)
	}
	return a, ok, nil
}

// A Site is a branch, a centre or an office.
type Site struct {
	ID       string  `db:"id"`
	Code     string  `db:"code"`
	Name     string  `db:"name"`
	Type     string  `db:"type"`
	Lon      float64 `db:"lon"`
	Lat      float64 `db:"lat"`
	HasPoint bool    `db:"hasPoint"`
}

// Site finds a site by its id or its code.
func (s *Store) Site(ctx context.Context, key string) (Site, bool, error) {
	const q = `SELECT id, code, name, type, lon, lat, hasPoint FROM sites WHERE id = {:key} OR code = {:key}`
	var v Site
	ok, err := s.row(ctx, &v, q, dbx.Params{"key": key})
	if err != nil {
		return v, false, fmt.Errorf("read site: %w", err)
	}
	return v, ok, nil
}

// Org reports whether an organisation exists and is active.
func (s *Store) Org(ctx context.Context, id report.OrgID) (bool, error) {
	var one int
	ok, err := s.value(ctx, `SELECT 1 FROM orgs WHERE id = {:id} AND NOT inactive`, dbx.Params{"id": id}, &one)
	if err != nil {
		return false, fmt.Errorf("read organisation: %w", err)
	}
	return ok, nil
}

// ContactPoint returns the organisation that owns the reports: the first of
// kind contact_point, or "" when none is set up.
func (s *Store) ContactPoint(ctx context.Context) (report.OrgID, error) {
	var id string
	_, err := s.value(ctx, `SELECT id FROM orgs WHERE kind = 'contact_point' AND NOT inactive ORDER BY created, id LIMIT 1`, nil, &id)
	if err != nil {
		return "", fmt.Errorf("find the contact point: %w", err)
	}
	return report.OrgID(id), nil
}

// OrgName returns the name of an organisation, or "".
func (s *Store) OrgName(ctx context.Context, id report.OrgID) (string, error) {
	var name string
	if _, err := s.value(ctx, `SELECT name FROM orgs WHERE id = {:id}`, dbx.Params{"id": id}, &name); err != nil {
		return "", fmt.Errorf("read organisation: %w", err)
	}
	return name, nil
}
