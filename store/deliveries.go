package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/tools/security"

	"github.com/sestante/sestante/notify"
)

// tokenLife is how long a token is used after its device was last seen.
// Firebase calls one stale after a month and expires it after 270 days.
const tokenLife = 60 * 24 * time.Hour

// DevicesOf returns the devices person can be reached on: active, with a token,
// seen in the last sixty days. A disabled person has none.
func (s *Store) DevicesOf(ctx context.Context, now time.Time, person notify.PersonID) ([]notify.Device, error) {
	const q = `
		SELECT d.id AS id, d.pushToken AS token, d.platform AS platform, d.language AS language, u.language AS person
		FROM devices d JOIN users u ON u.id = d.person
		WHERE d.person = {:person} AND NOT u.disabled
			AND d.state = 'active' AND d.pushToken <> '' AND d.lastSeenAt >= {:since}
		ORDER BY d.id`
	var rows []struct {
		ID       string `db:"id"`
		Token    string `db:"token"`
		Platform string `db:"platform"`
		Language string `db:"language"`
		Person   string `db:"person"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"person": person, "since": stamp(now.Add(-tokenLife))}); err != nil {
		return nil, fmt.Errorf("devices of person %s: %w", person, err)
	}
	out := make([]notify.Device, 0, len(rows))
	for _, r := range rows {
		out = append(out, notify.Device{ID: notify.DeviceID(r.ID), Token: r.Token, Platform: r.Platform, Language: r.Language, Person: r.Person})
	}
	return out, nil
}

// DeliveriesOf returns how a notice went so far, by device: the state of its
// delivery.
func (s *Store) DeliveriesOf(ctx context.Context, notice notify.ID) (map[notify.DeviceID]string, error) {
	const q = `SELECT device, state FROM deliveries WHERE notice = {:notice}`
	var rows []struct {
		Device string `db:"device"`
		State  string `db:"state"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"notice": notice}); err != nil {
		return nil, fmt.Errorf("deliveries of notice %s: %w", notice, err)
	}
	out := make(map[notify.DeviceID]string, len(rows))
	for _, r := range rows {
		out[notify.DeviceID(r.Device)] = r.State
	}
	return out, nil
}

// RecordDelivery keeps how a notice went to a device, and counts the tries.
// Once sent it stays sent.
func (s *Store) RecordDelivery(ctx context.Context, now time.Time, d notify.Delivery) error {
	const q = `
		INSERT INTO deliveries (id, notice, device, channel, state, providerId, error, title, body, language, attempts, at, created, updated)
		VALUES ({:id}, {:notice}, {:device}, {:channel}, {:state}, {:providerId}, {:error}, {:title}, {:body}, {:language}, 1, {:at}, {:now}, {:now})
		ON CONFLICT (notice, device, channel) DO UPDATE SET
			state = excluded.state, providerId = excluded.providerId, error = excluded.error, title = excluded.title,
			body = excluded.body, language = excluded.language, attempts = attempts + 1, at = excluded.at, updated = {:now}
		WHERE deliveries.state <> 'sent'`
	err := s.exec(ctx, q, dbx.Params{
		"id":     security.PseudorandomStringWithAlphabet(15, "abcdefghijklmnopqrstuvwxyz0123456789"),
		"notice": d.Notice, "device": d.Device, "channel": d.Channel, "state": d.State,
		"providerId": d.ProviderID, "error": d.Error, "title": d.Title, "body": d.Body,
		"language": d.Language, "at": stamp(d.At), "now": stamp(now),
	})
	if err != nil {
		return fmt.Errorf("record the delivery of notice %s: %w", d.Notice, err)
	}
	return nil
}

// PruneToken forgets a push token that is of no use any more, and returns
// whether a device had it. The device gets a new one when its app registers
// again.
func (s *Store) PruneToken(ctx context.Context, now time.Time, token string) (bool, error) {
	if token == "" {
		return false, nil
	}
	const q = `UPDATE devices SET pushToken = '', updated = {:now} WHERE pushToken = {:token} AND pushToken <> ''`
	n, err := s.change(ctx, q, dbx.Params{"token": token, "now": stamp(now)})
	if err != nil {
		return false, fmt.Errorf("prune a token: %w", err)
	}
	return n > 0, nil
}
