package desk

import (
	"cmp"
	"context"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/report"
)

// ErrAcknowledge answers a word that is neither received nor opened.
var ErrAcknowledge = fault.Define(fault.Invalid, "notice.acknowledge",
	"A notice is received or opened.", "Una notifica può essere ricevuta o aperta.")

// Notices lists what the caller was told, the newest first, in words of their
// language.
func (d *Desk) Notices(ctx context.Context, who report.Actor, limit int) ([]NoticeView, error) {
	if who.ID == "" {
		return nil, ErrSignIn
	}
	if limit <= 0 || limit > maxPage {
		limit = 50
	}
	records, err := d.store.NoticesOf(ctx, d.now(), notify.PersonID(who.ID), limit)
	if err != nil {
		return nil, err
	}
	out := make([]NoticeView, 0, len(records))
	for _, r := range records {
		words, err := notify.Render(r.Notice, cmp.Or(who.Language, d.cfg.Language))
		if err != nil {
			return nil, err
		}
		out = append(out, NoticeView{
			ID: string(r.ID), Cause: string(r.Cause), Report: string(r.Report), Title: words.Title, Body: words.Body,
			State: string(r.State), CreatedAt: r.CreatedAt, OpenedAt: r.OpenedAt,
		})
	}
	return out, nil
}

// Acknowledge keeps when the caller's device received a notice, or the caller
// opened it. Doing it twice keeps the first time. The errors are
// ErrAcknowledge and a not-found fault for somebody else's notice.
func (d *Desk) Acknowledge(ctx context.Context, who report.Actor, id, what string, at time.Time) error {
	now := d.now()
	at = clamp(at, now)
	switch what {
	case "received":
		return d.store.MarkReceived(ctx, now, notify.PersonID(who.ID), notify.ID(id), at)
	case "opened":
		return d.store.MarkOpened(ctx, now, notify.PersonID(who.ID), notify.ID(id), at)
	default:
		return ErrAcknowledge.With("%q", what)
	}
}
