package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/sestante/sestante/media"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A likeness is what a photo looks like, when that can be said.
type likeness struct {
	hash  uint64
	known bool
}

// likenessOf looks at a rendition we made ourselves. A photo is never refused
// for it.
func likenessOf(rendition []byte) likeness {
	hash, known, err := media.Likeness(rendition)
	if err != nil {
		return likeness{}
	}
	return likeness{hash, known}
}

// keep writes the likeness of a photo down.
func (l likeness) keep(ctx context.Context, tx *store.Store, media string) error {
	if !l.known {
		return nil
	}
	return tx.KeepLikeness(ctx, media, l.hash)
}

// PublicPhoto returns a small picture of a report that anybody may know of, of
// the first photo that was published. The error is store.ErrNoMedia.
func (d *Desk) PublicPhoto(ctx context.Context, id report.ID) (data []byte, contentType, tag string, err error) {
	r, err := d.store.Report(ctx, id)
	if err != nil && !none(err) {
		return nil, "", "", err
	}
	if err == nil && r.Public() {
		photos, err := d.store.MediaOf(ctx, id)
		if err != nil {
			return nil, "", "", err
		}
		if m, ok := shownPhoto(photos, report.AudiencePublic); ok {
			data, contentType, err = d.file(ctx, m, store.Small)
			return data, contentType, m.SHA256, err
		}
	}
	return nil, "", "", fmt.Errorf("published photo of report %s: %w", id, store.ErrNoMedia)
}

// shownPhoto returns the first photo of a report that an audience may see.
func shownPhoto(photos []store.Media, a report.Audience) (store.Media, bool) {
	i := slices.IndexFunc(photos, func(m store.Media) bool {
		return m.State == "ready" && m.Kind != "doc" && maySee(m.Visibility, a)
	})
	if i < 0 {
		return store.Media{}, false
	}
	return photos[i], true
}

// maySee reports whether an audience may see a photo of that visibility: what
// Photo serves.
func maySee(visibility string, a report.Audience) bool {
	switch a {
	case report.AudiencePublic:
		return visibility == "public"
	case report.AudienceStaff:
		return true
	default:
		return visibility != "hidden"
	}
}
