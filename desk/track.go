package desk

import (
	"context"
	"fmt"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// ErrToken answers a tracking link this installation did not make.
var ErrToken = fault.Define(fault.NotFound, "track.none",
	"This tracking link does not exist. Check that it was copied whole.",
	"Questo link non esiste. Controlla di averlo copiato per intero.")

// tracked returns the report of a tracking link.
func (d *Desk) tracked(ctx context.Context, token string) (report.ID, error) {
	s, err := d.signer(ctx)
	if err != nil {
		return "", err
	}
	id, ok := s.reportOf(token)
	if !ok {
		return "", fmt.Errorf("track: %w", ErrToken)
	}
	return id, nil
}

// Track returns what the holder of a private link may know. The error is
// ErrToken.
func (d *Desk) Track(ctx context.Context, token, lang string) (Tracking, error) {
	id, err := d.tracked(ctx, token)
	if err != nil {
		return Tracking{}, err
	}
	var out Tracking
	err = d.store.Snapshot(ctx, func(view *store.Store) error {
		r, err := view.Report(ctx, id)
		if none(err) {
			return fmt.Errorf("track: %w", ErrToken)
		}
		if err != nil {
			return err
		}
		out, err = d.tracking(ctx, view, r, token, lang)
		return err
	})
	return out, err
}

func (d *Desk) tracking(ctx context.Context, view *store.Store, r report.Report, token, lang string) (Tracking, error) {
	told := r // a duplicate is told what its master lives through
	out := Tracking{Code: r.Code, RegisteredAt: r.RegisteredAt, PositionPending: r.Routing == report.RoutePending && r.State.Open()}
	if r.State == report.Duplicate && r.DuplicateOf != "" {
		master, err := view.Report(ctx, r.DuplicateOf)
		if err != nil {
			return out, err
		}
		told, out.FollowedMaster = master, master.Code
	}
	out.Phase = report.PhaseOf(told, nil)
	out.PhaseLabel = phaseLabel(out.Phase, lang)
	var err error
	if out.Status, err = d.status(ctx, view, told, out.FollowedMaster, lang); err != nil {
		return out, err
	}
	if told.PlanState == report.PlanCommunicated {
		out.ScheduledFor = told.PlannedCloseDate
	}
	out.ClosedAt = told.ClosedAt
	if _, out.District, err = view.AreaName(ctx, string(r.District)); err != nil {
		return out, err
	}
	if out.Object, err = objectName(ctx, view, r.ObjectType, lang); err != nil {
		return out, err
	}
	if out.Messages, err = d.said(ctx, view, told.ID, lang, "public", "reporter"); err != nil {
		return out, err
	}
	photos, err := view.MediaOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	out.Photos = []PhotoView{}
	for _, m := range photos {
		if m.Visibility == "hidden" || m.State != "ready" || (m.Kind == "doc") {
			continue
		}
		p := photoView(m, "/api/mobile/v1/track/"+token+"/media/")
		p.SHA256 = ""
		out.Photos = append(out.Photos, p)
	}
	return out, nil
}

// TrackPhoto returns a rendition of one of the photos a tracking link shows;
// never the original. The errors are ErrToken, store.ErrNoMedia and ErrSize.
func (d *Desk) TrackPhoto(ctx context.Context, token, mediaID string, size store.Size) (data []byte, contentType string, err error) {
	id, err := d.tracked(ctx, token)
	if err != nil {
		return nil, "", err
	}
	m, err := d.store.Media(ctx, mediaID)
	if err != nil {
		return nil, "", err
	}
	if m.Report != id || m.Visibility == "hidden" || m.Kind == "doc" || size == store.Original {
		return nil, "", fmt.Errorf("photo %s: %w", mediaID, store.ErrNoMedia)
	}
	return d.file(ctx, m, size)
}

// said puts the messages of a report into words.
func (d *Desk) said(ctx context.Context, view *store.Store, id report.ID, lang string, audiences ...string) ([]MessageView, error) {
	all, err := view.Messages(ctx, id, audiences...)
	if err != nil {
		return nil, err
	}
	out := make([]MessageView, 0, len(all))
	for _, m := range all {
		text, err := d.inWords(ctx, view, m, lang)
		if err != nil {
			return nil, err
		}
		out = append(out, MessageView{At: m.At, Audience: m.Audience, Text: text})
	}
	return out, nil
}

func objectName(ctx context.Context, s *store.Store, id, lang string) (string, error) {
	if id == "" {
		return "", nil
	}
	o, _, err := s.ObjectType(ctx, id)
	if lang == "it" {
		return o.NameIt, err
	}
	return o.Name, err
}

// receipt returns what the sender of a report gets for it.
func (d *Desk) receipt(ctx context.Context, who report.Actor, id report.ID, repeated bool, lang string) (Receipt, error) {
	s, err := d.signer(ctx)
	if err != nil {
		return Receipt{}, err
	}
	r, err := d.store.Report(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	token := s.trackToken(id)
	out := Receipt{
		ID: r.ID, Code: r.Code, ClientID: r.ClientID, Repeated: repeated, Phase: report.PhaseOf(r, nil),
		RegisteredAt: r.RegisteredAt, Routing: r.Routing, Photos: []PhotoView{},
		TrackToken: token, TrackURL: d.cfg.PublicURL + "/api/mobile/v1/track/" + token,
		Message: receiptSentence(r, lang),
	}
	if r.PointSource != "" {
		out.Position = &Position{Lon: r.Point.Lon, Lat: r.Point.Lat, AccuracyM: r.AccuracyM, Source: r.PointSource}
	}
	if r.District != "" {
		code, name, err := d.store.AreaName(ctx, string(r.District))
		if err != nil {
			return out, err
		}
		out.District = &AreaView{ID: string(r.District), Code: code, Name: name}
	}
	photos, err := d.store.MediaOf(ctx, id)
	for _, m := range photos {
		out.Photos = append(out.Photos, photoView(m, "/api/mobile/v1/track/"+token+"/media/"))
	}
	if err == nil {
		out.Duplicates = d.duplicatesAtReceipt(ctx, who, r, lang)
	}
	return out, err
}
