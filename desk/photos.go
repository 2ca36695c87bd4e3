package desk

import (
	"context"
	"fmt"
	"strconv"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/media"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What can go wrong with photos beside what media says of each.
var (
	ErrTooManyPhotos = fault.Define(fault.Invalid, "media.too_many",
		"The report has as many photos as it may have.", "La segnalazione ha già il numero massimo di foto.")
	ErrNoPhoto = fault.Define(fault.Invalid, "media.missing",
		"No photo was sent.", "Non è stata inviata alcuna foto.")
	ErrTarget = fault.Define(fault.Invalid, "media.target",
		"Say which report the photo is for: report, clientId or trackToken, one of them.",
		"Indica a quale segnalazione appartiene la foto: report, clientId o trackToken, uno solo.")
	ErrSize = fault.Define(fault.NotFound, "media.size",
		"There is no such size: use large or small.", "Dimensione inesistente: usa large o small.")
)

// A prepared photo has been read, checked, shrunk and kept: only its row is
// missing.
type prepared struct {
	media.Photo
	kind string
	likeness
}

// prepare reads each photo, makes its renditions and keeps its files. It is
// done before any transaction: pictures take a second, and the one writer must
// not wait for them. Files of a call that then fails are found by their hash
// when it is repeated.
func (d *Desk) prepare(ctx context.Context, photos []NewPhoto) ([]prepared, error) {
	if len(photos) > d.cfg.Limits.Photos {
		return nil, ErrTooManyPhotos.With("at most %d", d.cfg.Limits.Photos)
	}
	var out []prepared
	for i, p := range photos {
		one, err := d.prepareOne(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("photo %d: %w", i, in(err, "photos["+strconv.Itoa(i)+"]"))
		}
		out = append(out, one)
	}
	return out, nil
}

func (d *Desk) prepareOne(ctx context.Context, p NewPhoto) (prepared, error) {
	select {
	case d.work <- struct{}{}:
		defer func() { <-d.work }()
	case <-ctx.Done():
		return prepared{}, ctx.Err()
	}
	limits := media.DefaultLimits()
	if d.cfg.Limits.PhotoBytes > 0 {
		limits.MaxBytes = d.cfg.Limits.PhotoBytes
	}
	photo, err := media.Inspect(p.Data, limits)
	if err != nil {
		return prepared{}, err
	}
	large, small, err := media.Renditions(p.Data, photo, limits)
	if err != nil {
		return prepared{}, err
	}
	err = d.store.PutPhoto(ctx, photo.SHA256, map[store.Size][]byte{
		store.Original: p.Data, store.Large: large.Data, store.Small: small.Data,
	})
	kind := p.Kind
	if kind == "" {
		kind = "before"
	}
	if err != nil {
		return prepared{}, err
	}
	return prepared{photo, kind, likenessOf(small.Data)}, nil
}

// in gives a fault the field it is about, when it has none yet.
func in(err error, field string) error {
	if f := fault.Of(err); f != fault.ErrUnknown && f.Field == "" {
		return f.In(field)
	}
	return err
}

// row returns the media row of a prepared photo.
func (p prepared) row(who report.PersonID) store.Media {
	m := store.Media{
		ID: newID(), Kind: p.kind, SHA256: p.SHA256, Size: p.Size, Type: string(p.Type), Width: p.Width, Height: p.Height,
		TakenLocal: p.TakenLocal, TakenOffset: p.TakenOffset, TakenAt: p.TakenAt, EXIFNote: p.EXIFNote,
		Visibility: "staff", State: "ready", Uploader: who,
	}
	if p.GPS != nil {
		m.EXIF = &report.Point{Lon: p.GPS.Lon, Lat: p.GPS.Lat}
	}
	return m
}

// A PhotoTarget says which report photos are for: exactly one of the three.
type PhotoTarget struct {
	Report     report.ID // a report the caller may add to
	ClientID   string    // a report the same caller sent, or will send, under its own id
	TrackToken string    // the private link of a report
}

// AddPhotos adds photos to a report that is here, or keeps them for one that is
// still to come under the caller's client id. A photo the report has already
// (the same bytes) is not added again. The errors are ErrTarget, ErrNoPhoto,
// ErrTooManyPhotos, report.ErrNone, and the faults of media.
func (d *Desk) AddPhotos(ctx context.Context, who report.Actor, to PhotoTarget, photos []NewPhoto) ([]PhotoView, error) {
	if err := to.check(); err != nil {
		return nil, err
	}
	if len(photos) == 0 {
		return nil, ErrNoPhoto.In("photos")
	}
	if to.Report != "" { // before the work: strangers learn nothing and cost nothing
		if _, _, err := d.readable(ctx, d.store, who, to.Report); err != nil {
			return nil, err
		}
	}
	ready, err := d.prepare(ctx, photos)
	if err != nil {
		return nil, err
	}
	var views []PhotoView
	err = d.inTx(ctx, func(tx *store.Store) error {
		rows, err := d.attach(ctx, tx, who, to, ready)
		for _, m := range rows {
			views = append(views, photoView(m, "/api/mobile/v1/media/"))
		}
		return err
	})
	return views, err
}

func (to PhotoTarget) check() error {
	n := 0
	for _, s := range []string{string(to.Report), to.ClientID, to.TrackToken} {
		if s != "" {
			n++
		}
	}
	if n != 1 {
		return ErrTarget
	}
	if to.ClientID != "" {
		return checkClientID(to.ClientID)
	}
	return nil
}

// attach writes the rows of prepared photos, and the call that says so when the
// report is here.
func (d *Desk) attach(ctx context.Context, tx *store.Store, who report.Actor, to PhotoTarget, ready []prepared) ([]store.Media, error) {
	id := to.Report
	if to.TrackToken != "" {
		var err error
		if id, err = d.tracked(ctx, to.TrackToken); err != nil {
			return nil, err
		}
	}
	if to.ClientID != "" {
		r, _, err := tx.ReportByClientID(ctx, to.ClientID, who.ID)
		if err != nil && !none(err) {
			return nil, err
		}
		id = r.ID
	}
	if id == "" {
		return d.keepWaiting(ctx, tx, who, to.ClientID, ready)
	}
	return d.addTo(ctx, tx, who, id, ready, to.TrackToken != "" || to.ClientID != "")
}

// keepWaiting keeps photos for a report that is still to come.
func (d *Desk) keepWaiting(ctx context.Context, tx *store.Store, who report.Actor, clientID string, ready []prepared) ([]store.Media, error) {
	have, err := tx.WaitingMedia(ctx, clientID, who.ID)
	if err != nil {
		return nil, err
	}
	return d.insertNew(ctx, tx, have, ready, func(m *store.Media) {
		m.ReportClientID, m.Uploader = clientID, who.ID
	})
}

// addTo adds photos to a report that is here. A holder of the report's own
// secret (its link or its client id) may add to it without being its reporter.
func (d *Desk) addTo(ctx context.Context, tx *store.Store, who report.Actor, id report.ID, ready []prepared, holder bool) ([]store.Media, error) {
	r, err := tx.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	have, err := tx.MediaOf(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := d.insertNew(ctx, tx, have, ready, func(m *store.Media) {
		m.Report, m.Org, m.Uploader = id, r.Org, who.ID
	})
	if err != nil {
		return nil, err
	}
	for _, m := range rows {
		if contains(have, m.ID) {
			continue
		}
		if holder && !r.State.Open() {
			return nil, fmt.Errorf("photo for a report that has ended: %w", report.ErrMove)
		}
		if err := d.photoCall(ctx, tx, who, r, m, holder); err != nil {
			return nil, err
		}
		if r, err = tx.Report(ctx, id); err != nil {
			return nil, err
		}
		if err := d.placeFromPhotos(ctx, tx, r, []store.Media{m}); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func contains(all []store.Media, id string) bool {
	for _, m := range all {
		if m.ID == id {
			return true
		}
	}
	return false
}

// insertNew inserts the photos that are not among have by their bytes, and
// returns a row for each photo that was sent.
func (d *Desk) insertNew(ctx context.Context, tx *store.Store, have []store.Media, ready []prepared, fill func(*store.Media)) ([]store.Media, error) {
	var out []store.Media
	for _, p := range ready {
		if i := indexOfHash(have, p.SHA256); i >= 0 {
			m, err := d.arrived(ctx, tx, have[i], p)
			if err != nil {
				return nil, err
			}
			out = append(out, m)
			continue
		}
		if len(have)+1 > d.cfg.Limits.Photos {
			return nil, ErrTooManyPhotos.With("at most %d", d.cfg.Limits.Photos)
		}
		m := p.row("")
		fill(&m)
		if err := tx.InsertMedia(ctx, m, d.now()); err != nil {
			return nil, err
		}
		if err := p.keep(ctx, tx, m.ID); err != nil {
			return nil, err
		}
		have, out = append(have, m), append(out, m)
	}
	return out, nil
}

// arrived completes the row of a photo that was announced before its bytes
// came; one that is complete stays as it is.
func (d *Desk) arrived(ctx context.Context, tx *store.Store, m store.Media, p prepared) (store.Media, error) {
	if m.State == "ready" {
		return m, nil
	}
	full := p.row(m.Uploader)
	full.ID, full.Report, full.ReportClientID, full.Event, full.Kind = m.ID, m.Report, m.ReportClientID, m.Event, m.Kind
	full.Visibility, full.Device, full.Org = m.Visibility, m.Device, m.Org
	if err := tx.UpdateMedia(ctx, full, d.now()); err != nil {
		return full, err
	}
	return full, p.keep(ctx, tx, full.ID)
}

func indexOfHash(all []store.Media, sha256 string) int {
	for i, m := range all {
		if m.SHA256 == sha256 {
			return i
		}
	}
	return -1
}

// photoView returns what may be said of a photo; base is where its files are
// served.
func photoView(m store.Media, base string) PhotoView {
	return PhotoView{
		ID: m.ID, Kind: m.Kind, SHA256: m.SHA256, Width: m.Width, Height: m.Height,
		Large: base + m.ID + "/large", Small: base + m.ID + "/small",
	}
}

// Photo returns one file of a photo to somebody who may read its report: the
// renditions to every reader, the original to staff only. The errors are
// store.ErrNoMedia (not there, or not for the caller) and ErrSize.
func (d *Desk) Photo(ctx context.Context, who report.Actor, id string, size store.Size) (data []byte, contentType string, err error) {
	m, err := d.store.Media(ctx, id)
	if err != nil {
		return nil, "", err
	}
	audience := report.Audience("")
	if m.Report != "" {
		if _, audience, err = d.readable(ctx, d.store, who, m.Report); err != nil {
			return nil, "", fmt.Errorf("photo %s: %w", id, store.ErrNoMedia)
		}
	}
	mine := who.ID != "" && m.Uploader == who.ID
	switch {
	case size == store.Original && audience != report.AudienceStaff,
		audience == report.AudiencePublic && m.Visibility != "public",
		audience == "" && !mine,
		m.Visibility == "hidden" && audience != report.AudienceStaff:
		return nil, "", fmt.Errorf("photo %s: %w", id, store.ErrNoMedia)
	}
	return d.file(ctx, m, size)
}

func (d *Desk) file(ctx context.Context, m store.Media, size store.Size) (data []byte, contentType string, err error) {
	contentType = "image/jpeg"
	switch size {
	case store.Large, store.Small:
	case store.Original:
		contentType = m.Type
	default:
		return nil, "", ErrSize.With("%q", size)
	}
	if m.State != "ready" {
		return nil, "", store.ErrNoFile
	}
	data, err = d.store.Photo(ctx, m.SHA256, size)
	return data, contentType, err
}
