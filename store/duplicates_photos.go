package store

import (
	"context"
	"fmt"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/report"
)

// KeepLikeness keeps what a photo looks like: see media.Likeness.
func (s *Store) KeepLikeness(ctx context.Context, media string, hash uint64) error {
	const q = `INSERT INTO _media_likeness (media, hash) VALUES ({:media}, {:hash}) ON CONFLICT (media) DO UPDATE SET hash = excluded.hash`
	if err := s.exec(ctx, q, dbx.Params{"media": media, "hash": int64(hash)}); err != nil {
		return fmt.Errorf("keep the likeness of media %s: %w", media, err)
	}
	return nil
}

// A Likeness is what one photo of a report looks like.
type Likeness struct {
	Report     report.ID
	Visibility string // of the photo: public, staff, hidden
	Hash       uint64
}

// Likenesses returns what the photos of reports look like, as far as that is
// known.
func (s *Store) Likenesses(ctx context.Context, reports []report.ID) ([]Likeness, error) {
	return s.likenesses(ctx, `media.report IN (SELECT value FROM json_each({:ids})) AND media.report != ''`, dbx.Params{"ids": list(names[string](reports))})
}

// WaitingLikenesses returns what the photos look like that came before the
// report a client is to send under its own id.
func (s *Store) WaitingLikenesses(ctx context.Context, clientID string, uploader report.PersonID) ([]Likeness, error) {
	const where = `media.reportClientId = {:client} AND media.reportClientId != '' AND media.report = '' AND media.uploader = {:uploader}`
	return s.likenesses(ctx, where, dbx.Params{"client": clientID, "uploader": uploader})
}

func (s *Store) likenesses(ctx context.Context, where string, p dbx.Params) ([]Likeness, error) {
	q := `SELECT media.report, media.visibility, l.hash FROM media JOIN _media_likeness AS l ON l.media = media.id
		WHERE ` + where + ` AND media.kind != 'doc' ORDER BY media.report, media.id`
	var rows []struct {
		Report     string `db:"report"`
		Visibility string `db:"visibility"`
		Hash       int64  `db:"hash"`
	}
	if err := s.rows(ctx, &rows, q, p); err != nil {
		return nil, fmt.Errorf("list likenesses of photos: %w", err)
	}
	out := make([]Likeness, 0, len(rows))
	for _, r := range rows {
		out = append(out, Likeness{Report: report.ID(r.Report), Visibility: r.Visibility, Hash: uint64(r.Hash)})
	}
	return out, nil
}
