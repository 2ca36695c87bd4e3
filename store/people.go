package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// ErrNoPerson answers for somebody who is not there or is disabled.
var ErrNoPerson = fault.Define(fault.NotFound, "person.none",
	"There is no such person.", "Questa persona non esiste.")

// Actor returns who a person is today: language and roles, with poles and macro
// areas spelled out as their districts. A disabled person is ErrNoPerson.
func (s *Store) Actor(ctx context.Context, id report.PersonID, now time.Time) (report.Actor, error) {
	var person struct {
		Name     string `db:"name"`
		Language string `db:"language"`
	}
	const q = `SELECT name, language FROM users WHERE id = {:id} AND NOT disabled`
	ok, err := s.row(ctx, &person, q, dbx.Params{"id": id})
	if err != nil {
		return report.Actor{}, fmt.Errorf("read person %s: %w", id, err)
	}
	if !ok {
		return report.Actor{}, fmt.Errorf("read person %s: %w", id, ErrNoPerson)
	}
	a := report.Actor{ID: id, Name: person.Name, Language: person.Language}
	a.Grants, err = s.grants(ctx, id, now)
	return a, err
}

// inForce is the condition of a row with validFrom and validTo: half-open,
// empty ends are open.
const inForce = `(validFrom = '' OR validFrom <= {:now}) AND (validTo = '' OR validTo > {:now})`

func (s *Store) grants(ctx context.Context, id report.PersonID, now time.Time) ([]report.Grant, error) {
	const q = `SELECT id, role, org FROM roles WHERE person = {:id} AND ` + inForce + ` ORDER BY created, id`
	var rows []struct {
		ID   string `db:"id"`
		Role string `db:"role"`
		Org  string `db:"org"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"id": id, "now": stamp(now)}); err != nil {
		return nil, fmt.Errorf("roles of person %s: %w", id, err)
	}
	var out []report.Grant
	for _, r := range rows {
		districts, err := s.districtsOfRole(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, report.Grant{Role: report.Role(r.Role), Org: report.OrgID(r.Org), Districts: districts})
	}
	return out, nil
}

// districtsOfRole follows the areas of a role down to its districts, in every
// version of each: a role does not end when a border moves, and the reports of
// the old border stay whose they were.
func (s *Store) districtsOfRole(ctx context.Context, role string) ([]report.AreaID, error) {
	const q = `
		WITH RECURSIVE below (kind, code) AS (
			SELECT areas.kind, areas.code
			FROM roles, json_each(roles.areas) AS held JOIN areas ON areas.id = held.value
			WHERE roles.id = {:role}
			UNION
			SELECT child.kind, child.code
			FROM below
			JOIN areas AS parent ON parent.kind = below.kind AND parent.code = below.code
			JOIN areas AS child ON child.parent = parent.id
		)
		SELECT areas.id AS id FROM areas JOIN below ON areas.kind = below.kind AND areas.code = below.code
		WHERE areas.kind IN ('district', 'overlay')
		ORDER BY areas.code, areas.validFrom`
	var rows []struct {
		ID string `db:"id"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"role": role}); err != nil {
		return nil, fmt.Errorf("districts of role %s: %w", role, err)
	}
	out := []report.AreaID{}
	for _, r := range rows {
		out = append(out, report.AreaID(r.ID))
	}
	return out, nil
}

// PeopleWith returns the enabled people who hold one of the roles today. When
// district is not empty, only those whose role covers it; when org is not
// empty, only those whose role is held in it.
func (s *Store) PeopleWith(ctx context.Context, roles []report.Role, district report.AreaID, org report.OrgID, now time.Time) ([]report.PersonID, error) {
	const q = `
		WITH RECURSIVE above (kind, code) AS (
			SELECT kind, code FROM areas WHERE id = {:district}
			UNION
			SELECT parent.kind, parent.code
			FROM above
			JOIN areas AS child ON child.kind = above.kind AND child.code = above.code
			JOIN areas AS parent ON parent.id = child.parent
		)
		SELECT DISTINCT roles.person AS id
		FROM roles JOIN users ON users.id = roles.person
		WHERE NOT users.disabled
			AND roles.role IN (SELECT value FROM json_each({:roles}))
			AND ({:org} = '' OR roles.org = {:org})
			AND ({:district} = '' OR EXISTS (
				SELECT 1 FROM json_each(roles.areas) AS held
				JOIN areas ON areas.id = held.value
				JOIN above ON above.kind = areas.kind AND above.code = areas.code))
			AND ` + inForce + `
		ORDER BY roles.person`
	var rows []struct {
		ID string `db:"id"`
	}
	p := dbx.Params{"roles": list(names[string](roles)), "district": district, "org": org, "now": stamp(now)}
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, fmt.Errorf("people with roles: %w", err)
	}
	var out []report.PersonID
	for _, r := range rows {
		out = append(out, report.PersonID(r.ID))
	}
	return out, nil
}

// A Person is somebody as the staff may see them.
type Person struct {
	ID       report.PersonID `db:"id"       json:"id"`
	Name     string          `db:"name"     json:"name"`
	Language string          `db:"language" json:"language"`
	Org      report.OrgID    `db:"org"      json:"org"`
}

// Person returns one enabled person, or ErrNoPerson.
func (s *Store) Person(ctx context.Context, id report.PersonID) (Person, error) {
	var p Person
	ok, err := s.row(ctx, &p, `SELECT id, name, language, org FROM users WHERE id = {:id} AND NOT disabled`, dbx.Params{"id": id})
	if err != nil {
		return p, fmt.Errorf("read person %s: %w", id, err)
	}
	if !ok {
		return p, fmt.Errorf("read person %s: %w", id, ErrNoPerson)
	}
	return p, nil
}

// MakeSuperuser adds an administrator of the dashboard, or sets the password of
// one who is there.
func (s *Store) MakeSuperuser(email, password string) error {
	r, err := s.app.FindAuthRecordByEmail(core.CollectionNameSuperusers, email)
	if err != nil {
		col, err := s.app.FindCachedCollectionByNameOrId(core.CollectionNameSuperusers)
		if err != nil {
			return fmt.Errorf("find the superusers: %w", err)
		}
		r = core.NewRecord(col)
	}
	r.SetEmail(email)
	r.SetPassword(password)
	if err := s.app.Save(r); err != nil {
		return fmt.Errorf("save a superuser: %w", err)
	}
	return nil
}
