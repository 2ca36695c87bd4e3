package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/media"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What can go wrong with a submission beside what the rules and media say.
var (
	ErrClientID = fault.Define(fault.Invalid, "intake.client_id",
		"A client id is 8 to 64 letters, digits, - or _.",
		"Il clientId è composto da 8 a 64 fra lettere, cifre, - e _.")
	ErrClientReused = fault.Define(fault.Conflict, "intake.client_id_reused",
		"Another report was sent under this client id.",
		"Con questo clientId è già stata inviata un'altra segnalazione.")
	ErrEmpty = fault.Define(fault.Invalid, "intake.empty",
		"Say what is wrong, or send a photo, or say where it is.",
		"Scrivi che cosa non va, oppure manda una foto o indica il luogo.")
	ErrUnknownObject = fault.Define(fault.Invalid, "intake.object_type",
		"There is no such object type.", "Questo tipo di oggetto non esiste.")
	ErrUnknownSite = fault.Define(fault.Invalid, "intake.site",
		"There is no such site.", "Questa sede non esiste.")
)

var clientIDs = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

func checkClientID(id string) error {
	if !clientIDs.MatchString(id) {
		return ErrClientID.In("clientId")
	}
	return nil
}

// Submit takes in a report with its photos. The position is the one given, or
// else the first one a photo brings, or else pending until somebody says it.
// Sent again under the same client id it answers with the same receipt and
// adds only photos that are new. The errors are the faults of this file, of
// media and of report; nothing is written then.
func (d *Desk) Submit(ctx context.Context, who report.Actor, s Submission) (Receipt, error) {
	s.ClientID = cmp.Or(s.ClientID, newID())
	if err := s.check(); err != nil {
		return Receipt{}, err
	}
	if err := d.recognise(ctx, &s); err != nil {
		return Receipt{}, err
	}
	if _, err := d.routes(ctx); err != nil {
		return Receipt{}, err
	}
	hash := s.hash()
	if _, err := d.repeated(ctx, d.store, who, s.ClientID, hash); err != nil && !none(err) {
		return Receipt{}, err // before the photos are worked on
	}
	ready, err := d.prepare(ctx, s.Photos)
	if err != nil {
		return Receipt{}, err
	}
	var id report.ID
	repeated := false
	err = d.inTx(ctx, func(tx *store.Store) error {
		r, err := d.repeated(ctx, tx, who, s.ClientID, hash)
		switch {
		case err == nil:
			id, repeated = r.ID, true
			_, err = d.addTo(ctx, tx, who, r.ID, ready, true)
			return err
		case !none(err):
			return err
		}
		id, err = d.register(ctx, tx, who, s, hash, ready)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return d.receipt(ctx, who, id, repeated, cmp.Or(s.Language, who.Language, d.cfg.Language))
}

func (s Submission) check() error {
	if err := checkClientID(s.ClientID); err != nil {
		return err
	}
	if s.Point == nil {
		return nil
	}
	if err := geo.CheckPosition(s.Point.Lon, s.Point.Lat); err != nil && !errors.Is(err, geo.ErrNullIsland) {
		return err
	}
	return nil
}

// empty reports whether the submission says nothing at all.
func (s Submission) empty() bool {
	return strings.TrimSpace(s.Title+s.Description+s.Address) == "" && s.Site == "" && s.Asset == "" && s.Point == nil
}

// isNullIsland reports whether a point is 0,0: what a phone sends when it does
// not know where it is.
func isNullIsland(p *report.Point) bool { return p.Lon == 0 && p.Lat == 0 }

// recognise replaces codes by ids, and a position of 0,0 by none.
func (d *Desk) recognise(ctx context.Context, s *Submission) error {
	if s.Point != nil && isNullIsland(s.Point) {
		s.Point, s.AccuracyM, s.PointSource = nil, 0, ""
	}
	if s.ObjectType != "" {
		o, ok, err := d.store.ObjectType(ctx, s.ObjectType)
		if err != nil {
			return err
		}
		if !ok {
			return ErrUnknownObject.In("objectType")
		}
		s.ObjectType = o.ID
	}
	if s.Site != "" {
		site, ok, err := d.store.Site(ctx, s.Site)
		if err != nil {
			return err
		}
		if !ok {
			return ErrUnknownSite.In("site")
		}
		s.Site = site.ID
	}
	return nil
}

// hash tells one submission from another. Photos are left out: a retry may
// bring one more.
func (s Submission) hash() string {
	s.Photos = nil
	b, err := json.Marshal(s)
	if err != nil { // NaN: refused before
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// repeated returns the report that was sent under the client id before. The
// errors are report.ErrNone when there is none, and ErrClientReused when it
// said something else.
func (d *Desk) repeated(ctx context.Context, s *store.Store, who report.Actor, clientID, hash string) (report.Report, error) {
	r, kept, err := s.ReportByClientID(ctx, clientID, who.ID)
	if err != nil {
		return r, err
	}
	if kept != hash {
		return r, ErrClientReused.In("clientId")
	}
	return r, nil
}

// register makes the call that begins the report's life, and gives it its
// photos: those it came with and those that came before it.
func (d *Desk) register(ctx context.Context, tx *store.Store, who report.Actor, s Submission, hash string, ready []prepared) (report.ID, error) {
	waiting, err := tx.WaitingMedia(ctx, s.ClientID, who.ID)
	if err != nil {
		return "", err
	}
	if s.empty() && len(ready)+len(waiting) == 0 {
		return "", ErrEmpty
	}
	s.placeFrom(ready, waiting)
	args, err := json.Marshal(s.args(who))
	if err != nil {
		return "", fmt.Errorf("encode the submission: %w", err)
	}
	id := report.ID(newID())
	res, err := d.do(ctx, tx, who, report.Call{
		ID: newID(), Name: "report.submit", Report: id, Args: args,
		OccurredAt: clamp(s.OccurredAt, d.now()), Source: report.SourceUI,
	})
	if err != nil {
		return "", err
	}
	if err := tx.SetClientHash(ctx, id, hash); err != nil {
		return "", err
	}
	for _, m := range waiting {
		m.Report, m.Event, m.Org = id, res.Event, res.Report.Org
		if err := tx.UpdateMedia(ctx, m, d.now()); err != nil {
			return "", err
		}
	}
	_, err = d.insertNew(ctx, tx, waiting, ready, func(m *store.Media) {
		m.Report, m.Event, m.Org, m.Uploader = id, res.Event, res.Report.Org, who.ID
	})
	return id, err
}

// placeFrom takes the position from the first photo that has one, when the
// sender gave none.
func (s *Submission) placeFrom(ready []prepared, waiting []store.Media) {
	if s.Point != nil {
		return
	}
	for _, p := range ready {
		if p.GPS != nil {
			s.Point, s.AccuracyM, s.PointSource = fix(p.GPS), p.GPS.AccuracyM, report.FromEXIF
			return
		}
	}
	for _, m := range waiting {
		if m.EXIF != nil {
			s.Point, s.PointSource = m.EXIF, report.FromEXIF
			return
		}
	}
}

func fix(f *media.Fix) *report.Point { return &report.Point{Lon: f.Lon, Lat: f.Lat} }

func (s Submission) args(who report.Actor) report.SubmitArgs {
	source := s.PointSource
	if s.Point != nil && source == "" {
		source = report.FromGPS
	}
	return report.SubmitArgs{
		ClientID: s.ClientID, Kind: s.Kind, Title: s.Title, Description: s.Description,
		ObjectType: s.ObjectType, Asset: s.Asset, Site: s.Site,
		Point: s.Point, AccuracyM: s.AccuracyM, PointSource: source, Address: s.Address, AddressNote: s.AddressNote,
		Channel: s.Channel, Priority: s.Priority, Blocking: s.Blocking,
		ContactName: s.ContactName, ContactEmail: s.ContactEmail, ContactPhone: s.ContactPhone, ContactLanguage: s.Language,
		Anonymous:      who.ID == "" && s.ContactName == "" && s.ContactEmail == "" && s.ContactPhone == "",
		ConsentPublish: s.ConsentPublish, ConsentContact: s.ConsentContact,
	}
}

// placeFromPhotos gives a report that is still without a place the position of
// a photo that came later.
func (d *Desk) placeFromPhotos(ctx context.Context, tx *store.Store, r report.Report, photos []store.Media) error {
	if r.PointSource != "" || r.Routing != report.RoutePending {
		return nil
	}
	for _, m := range photos {
		if m.EXIF == nil {
			continue
		}
		args, err := json.Marshal(report.RelocateArgs{
			Point: m.EXIF, PointSource: report.FromEXIF, Address: r.Address, AddressNote: r.AddressNote, Site: r.Site,
		})
		if err != nil {
			return fmt.Errorf("encode the place: %w", err)
		}
		_, err = d.do(ctx, tx, report.Actor{ID: report.System}, report.Call{
			ID: newID(), Name: "report.relocate", Report: r.ID, Args: args, OccurredAt: d.now(), Base: r.Version, Source: report.SourceSystem,
		})
		return err
	}
	return nil
}

// photoCall leaves the event of a photo that came after its report. Whoever
// holds the report's link or client id is nobody in particular: the program
// makes the call for them.
func (d *Desk) photoCall(ctx context.Context, tx *store.Store, who report.Actor, r report.Report, m store.Media, holder bool) error {
	if holder && who.ID == "" {
		who = report.Actor{ID: report.System}
	}
	args, err := json.Marshal(report.PhotoArgs{Media: m.ID, Kind: m.Kind})
	if err != nil {
		return fmt.Errorf("encode the photo: %w", err)
	}
	res, err := d.do(ctx, tx, who, report.Call{
		ID: newID(), Name: "report.photo", Report: r.ID, Args: args, OccurredAt: d.now(), Base: r.Version, Source: report.SourceUI,
	})
	if err != nil {
		return err
	}
	m.Event = res.Event
	return tx.UpdateMedia(ctx, m, d.now())
}
