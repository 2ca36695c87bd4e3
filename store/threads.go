package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// A Message is one sentence said on a report: a template with its parameters,
// which is put into words when it is read, or a text somebody typed.
type Message struct {
	ID        string
	Report    report.ID
	Direction string // in, out
	Audience  string // public, reporter, internal, partner
	Template  string
	Params    map[string]string
	Text      string
	Author    report.PersonID
	Call      string
	At        time.Time
	Org       report.OrgID
}

type messageRow struct {
	ID        string `db:"id"`
	Report    string `db:"report"`
	Direction string `db:"direction"`
	Audience  string `db:"audience"`
	Template  string `db:"template"`
	Params    object `db:"params"`
	Text      string `db:"text"`
	Author    string `db:"author"`
	ReplyTo   string `db:"replyTo"`
	At        stamp  `db:"at"`
	Call      string `db:"call"`
	Org       string `db:"org"`
}

var messages = tableOf("messages", messageRow{})

// AppendMessage adds a message to a report.
func (s *Store) AppendMessage(ctx context.Context, m Message, now time.Time) error {
	params, err := encode(m.Params)
	if err != nil {
		return err
	}
	row := messageRow{
		ID: m.ID, Report: string(m.Report), Direction: m.Direction, Audience: m.Audience, Template: m.Template,
		Params: params, Text: m.Text, Author: string(m.Author), At: stamp(m.At), Call: m.Call, Org: string(m.Org),
	}
	if err := s.exec(ctx, messages.insert, messages.params(row, now)); err != nil {
		return fmt.Errorf("append a message to report %s: %w", m.Report, err)
	}
	return nil
}

// Messages returns what was said on a report to any of the audiences, oldest
// first.
func (s *Store) Messages(ctx context.Context, id report.ID, audiences ...string) ([]Message, error) {
	const q = `SELECT * FROM messages
		WHERE report = {:id} AND audience IN (SELECT value FROM json_each({:audiences})) ORDER BY at, created, rowid`
	var rows []messageRow
	if err := s.rows(ctx, &rows, q, dbx.Params{"id": id, "audiences": list(audiences)}); err != nil {
		return nil, fmt.Errorf("messages of report %s: %w", id, err)
	}
	out := make([]Message, 0, len(rows))
	for _, r := range rows {
		m := Message{
			ID: r.ID, Report: report.ID(r.Report), Direction: r.Direction, Audience: r.Audience, Template: r.Template,
			Text: r.Text, Author: report.PersonID(r.Author), At: time.Time(r.At), Call: r.Call, Org: report.OrgID(r.Org),
		}
		if len(r.Params) > 0 {
			if err := json.Unmarshal(r.Params, &m.Params); err != nil {
				return nil, fmt.Errorf("message %s: %w", r.ID, err)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// Follow subscribes a person to a report; following twice is following once.
func (s *Store) Follow(ctx context.Context, id string, rep report.ID, person report.PersonID, now time.Time) error {
	const q = `
		INSERT INTO subscriptions (id, report, person, contact, channels, created, updated)
		VALUES ({:id}, {:report}, {:person}, '', '{}', {:now}, {:now})
		ON CONFLICT (report, person, contact) WHERE report != '' DO NOTHING`
	err := s.exec(ctx, q, dbx.Params{"id": id, "report": rep, "person": person, "now": stamp(now)})
	if err != nil {
		return fmt.Errorf("follow report %s: %w", rep, err)
	}
	return nil
}

// Followers returns the enabled people who follow a report, without its
// reporter.
func (s *Store) Followers(ctx context.Context, rep report.ID) ([]report.PersonID, error) {
	const q = `
		SELECT subscriptions.person AS id FROM subscriptions
		JOIN users ON users.id = subscriptions.person
		JOIN reports ON reports.id = subscriptions.report
		WHERE subscriptions.report = {:id} AND NOT users.disabled AND subscriptions.person != reports.reporter
		ORDER BY subscriptions.person`
	var rows []struct {
		ID string `db:"id"`
	}
	if err := s.rows(ctx, &rows, q, dbx.Params{"id": rep}); err != nil {
		return nil, fmt.Errorf("followers of report %s: %w", rep, err)
	}
	var out []report.PersonID
	for _, r := range rows {
		out = append(out, report.PersonID(r.ID))
	}
	return out, nil
}

// Link ties two reports; tying them twice is tying them once.
func (s *Store) Link(ctx context.Context, id string, a, b report.ID, kind string, now time.Time) error {
	const q = `
		INSERT INTO reportLinks (id, a, b, kind, created, updated) VALUES ({:id}, {:a}, {:b}, {:kind}, {:now}, {:now})
		ON CONFLICT (a, b, kind) DO NOTHING`
	err := s.exec(ctx, q, dbx.Params{"id": id, "a": a, "b": b, "kind": kind, "now": stamp(now)})
	if err != nil {
		return fmt.Errorf("link report %s: %w", a, err)
	}
	return nil
}

// Unlink takes a tie back.
func (s *Store) Unlink(ctx context.Context, a, b report.ID, kind string) error {
	const q = `DELETE FROM reportLinks WHERE a = {:a} AND b = {:b} AND kind = {:kind}`
	if err := s.exec(ctx, q, dbx.Params{"a": a, "b": b, "kind": kind}); err != nil {
		return fmt.Errorf("unlink report %s: %w", a, err)
	}
	return nil
}

// Unfollow ends a subscription.
func (s *Store) Unfollow(ctx context.Context, rep report.ID, person report.PersonID) error {
	const q = `DELETE FROM subscriptions WHERE report = {:report} AND person = {:person}`
	if err := s.exec(ctx, q, dbx.Params{"report": rep, "person": person}); err != nil {
		return fmt.Errorf("unfollow report %s: %w", rep, err)
	}
	return nil
}
