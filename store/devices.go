package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A DeviceRecord is a phone, a tablet or a browser somebody works with.
type DeviceRecord struct {
	ID         string
	Person     report.PersonID
	Name       string
	Platform   string // android, ios, web, go
	PushToken  string
	AppVersion string
	Language   string
	Timezone   string
	State      string // active, locked, wipe
	LastSeenAt time.Time
}

type deviceRow struct {
	ID         string `db:"id"`
	Person     string `db:"person"`
	Name       string `db:"name"`
	Platform   string `db:"platform"`
	PushToken  string `db:"pushToken"`
	AppVersion string `db:"appVersion"`
	Language   string `db:"language"`
	Timezone   string `db:"timezone"`
	State      string `db:"state"`
	LastSeenAt stamp  `db:"lastSeenAt"`
}

func (r deviceRow) record() DeviceRecord {
	return DeviceRecord{
		ID: r.ID, Person: report.PersonID(r.Person), Name: r.Name, Platform: r.Platform, PushToken: r.PushToken,
		AppVersion: r.AppVersion, Language: r.Language, Timezone: r.Timezone, State: r.State, LastSeenAt: time.Time(r.LastSeenAt),
	}
}

// DeviceByID returns a registered device, if there is one.
func (s *Store) DeviceByID(ctx context.Context, id string) (DeviceRecord, bool, error) {
	var row deviceRow
	ok, err := s.row(ctx, &row, `SELECT * FROM devices WHERE id = {:id}`, dbx.Params{"id": id})
	if err != nil {
		return DeviceRecord{}, false, fmt.Errorf("read device %s: %w", id, err)
	}
	return row.record(), ok, nil
}

// DevicesOfPerson lists somebody's devices, the last seen first.
func (s *Store) DevicesOfPerson(ctx context.Context, person report.PersonID) ([]DeviceRecord, error) {
	var rows []deviceRow
	err := s.rows(ctx, &rows, `SELECT * FROM devices WHERE person = {:person} ORDER BY lastSeenAt DESC, id`, dbx.Params{"person": person})
	if err != nil {
		return nil, fmt.Errorf("devices of a person: %w", err)
	}
	var out []DeviceRecord
	for _, r := range rows {
		out = append(out, r.record())
	}
	return out, nil
}

// SaveDevice adds a device or keeps what changed on it. Its push token leaves
// whatever device had it before: a token belongs to one installation of the
// app, whoever is signed in there.
func (s *Store) SaveDevice(ctx context.Context, d DeviceRecord, now time.Time) error {
	if d.PushToken != "" {
		const q = `UPDATE devices SET pushToken = '', updated = {:now} WHERE pushToken = {:token} AND id != {:id}`
		if err := s.exec(ctx, q, dbx.Params{"token": d.PushToken, "id": d.ID, "now": stamp(now)}); err != nil {
			return fmt.Errorf("move a push token: %w", err)
		}
	}
	const q = `
		INSERT INTO devices (id, person, name, platform, pushToken, appVersion, language, timezone, state, lastSeenAt, created, updated)
		VALUES ({:id}, {:person}, {:name}, {:platform}, {:token}, {:version}, {:language}, {:timezone}, {:state}, {:seen}, {:now}, {:now})
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, platform = excluded.platform, pushToken = excluded.pushToken,
			appVersion = excluded.appVersion, language = excluded.language, timezone = excluded.timezone,
			lastSeenAt = excluded.lastSeenAt, updated = excluded.updated`
	err := s.exec(ctx, q, dbx.Params{
		"id": d.ID, "person": d.Person, "name": d.Name, "platform": d.Platform, "token": d.PushToken, "version": d.AppVersion,
		"language": d.Language, "timezone": d.Timezone, "state": d.State, "seen": stamp(d.LastSeenAt), "now": stamp(now),
	})
	if err != nil {
		return fmt.Errorf("save device %s: %w", d.ID, err)
	}
	return nil
}
