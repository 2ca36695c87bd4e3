package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// ErrNoMedia answers for a photo that is not there, or not for the caller.
var ErrNoMedia = fault.Define(fault.NotFound, "media.none",
	"There is no such photo.", "Questa foto non esiste.")

// A Media row is one photo of a report, or of a report that is still to come.
type Media struct {
	ID             string
	Report         report.ID // "" while the report is still to come
	ReportClientID string    // under which the report will come
	Event          string    // the event it came with
	Kind           string    // before, after, doc
	SHA256         string    // hex; the name of its files
	Size           int64     // bytes of the original
	Type           string    // image/jpeg, image/png
	Width, Height  int       // pixels, upright
	TakenAt        time.Time
	TakenLocal     string // as the camera wrote it
	TakenOffset    string
	EXIF           *report.Point
	EXIFNote       string
	Visibility     string // public, staff, hidden
	State          string // declared, ready, failed
	Uploader       report.PersonID
	Device         string
	Org            report.OrgID
}

type mediaRow struct {
	ID             string  `db:"id"`
	Report         string  `db:"report"`
	ReportClientID string  `db:"reportClientId"`
	Event          string  `db:"event"`
	Kind           string  `db:"kind"`
	SHA256         string  `db:"sha256"`
	Size           int64   `db:"size"`
	Type           string  `db:"type"`
	Width          int     `db:"width"`
	Height         int     `db:"height"`
	TakenAt        stamp   `db:"takenAt"`
	TakenLocal     string  `db:"takenLocal"`
	TakenOffset    string  `db:"takenOffset"`
	EXIFLon        float64 `db:"exifLon"`
	EXIFLat        float64 `db:"exifLat"`
	HasEXIF        bool    `db:"hasExifPoint"`
	EXIFNote       string  `db:"exifNote"`
	Visibility     string  `db:"visibility"`
	State          string  `db:"state"`
	Uploader       string  `db:"uploader"`
	Device         string  `db:"device"`
	Org            string  `db:"org"`
}

var media = tableOf("media", mediaRow{})

func toMediaRow(m Media) mediaRow {
	r := mediaRow{
		ID: m.ID, Report: string(m.Report), ReportClientID: m.ReportClientID, Event: m.Event, Kind: m.Kind,
		SHA256: m.SHA256, Size: m.Size, Type: m.Type, Width: m.Width, Height: m.Height,
		TakenAt: stamp(m.TakenAt), TakenLocal: m.TakenLocal, TakenOffset: m.TakenOffset, EXIFNote: m.EXIFNote,
		Visibility: m.Visibility, State: m.State, Uploader: string(m.Uploader), Device: m.Device, Org: string(m.Org),
	}
	if m.EXIF != nil {
		r.EXIFLon, r.EXIFLat, r.HasEXIF = m.EXIF.Lon, m.EXIF.Lat, true
	}
	return r
}

func (r mediaRow) media() Media {
	m := Media{
		ID: r.ID, Report: report.ID(r.Report), ReportClientID: r.ReportClientID, Event: r.Event, Kind: r.Kind,
		SHA256: r.SHA256, Size: r.Size, Type: r.Type, Width: r.Width, Height: r.Height,
		TakenAt: time.Time(r.TakenAt), TakenLocal: r.TakenLocal, TakenOffset: r.TakenOffset, EXIFNote: r.EXIFNote,
		Visibility: r.Visibility, State: r.State, Uploader: report.PersonID(r.Uploader), Device: r.Device, Org: report.OrgID(r.Org),
	}
	if r.HasEXIF {
		m.EXIF = &report.Point{Lon: r.EXIFLon, Lat: r.EXIFLat}
	}
	return m
}

// InsertMedia adds a photo's row.
func (s *Store) InsertMedia(ctx context.Context, m Media, now time.Time) error {
	if err := s.exec(ctx, media.insert, media.params(toMediaRow(m), now)); err != nil {
		return fmt.Errorf("insert media %s: %w", m.ID, err)
	}
	return nil
}

// UpdateMedia replaces a photo's row.
func (s *Store) UpdateMedia(ctx context.Context, m Media, now time.Time) error {
	if err := s.exec(ctx, media.update, media.params(toMediaRow(m), now)); err != nil {
		return fmt.Errorf("update media %s: %w", m.ID, err)
	}
	return nil
}

// Media returns one photo's row, or ErrNoMedia.
func (s *Store) Media(ctx context.Context, id string) (Media, error) {
	var row mediaRow
	ok, err := s.row(ctx, &row, `SELECT * FROM media WHERE id = {:id}`, dbx.Params{"id": id})
	if err != nil {
		return Media{}, fmt.Errorf("read media %s: %w", id, err)
	}
	if !ok {
		return Media{}, fmt.Errorf("read media %s: %w", id, ErrNoMedia)
	}
	return row.media(), nil
}

// MediaOf returns the photos of a report, oldest first.
func (s *Store) MediaOf(ctx context.Context, id report.ID) ([]Media, error) {
	return s.someMedia(ctx, `SELECT * FROM media WHERE report = {:id} AND report != '' ORDER BY created, id`, dbx.Params{"id": id})
}

// WaitingMedia returns the photos that came before the report a client is to
// send under its own id.
func (s *Store) WaitingMedia(ctx context.Context, clientID string, uploader report.PersonID) ([]Media, error) {
	const q = `SELECT * FROM media
		WHERE reportClientId = {:client} AND reportClientId != '' AND report = '' AND uploader = {:uploader}
		ORDER BY created, id`
	return s.someMedia(ctx, q, dbx.Params{"client": clientID, "uploader": uploader})
}

func (s *Store) someMedia(ctx context.Context, q string, p dbx.Params) ([]Media, error) {
	var rows []mediaRow
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, fmt.Errorf("list media: %w", err)
	}
	out := make([]Media, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.media())
	}
	return out, nil
}
