package desk

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// What can go wrong when a device announces a photo.
var (
	ErrPhotoFields = fault.Define(fault.Invalid, "media.fields",
		"The photo is not well described.", "La foto non è descritta correttamente.")
	ErrPhotoExists = fault.Define(fault.Conflict, "media.exists",
		"There is another photo under this id.", "Esiste già un'altra foto con questo identificativo.")
)

// PhotoKinds lists what a photo of a report can be.
var PhotoKinds = []string{"before", "after", "doc"}

// announced is what a device says of a photo it holds.
type announced struct {
	report  report.ID
	kind    string
	sha256  string
	size    int64
	typ     string
	takenAt time.Time
}

// declarePhoto writes the row of a photo whose bytes are still on the device,
// and the call that says so: dispatch sees that there is one.
func (d *Desk) declarePhoto(ctx context.Context, tx *store.Store, who report.Actor, c fieldsync.Change, call report.Call) (fieldsync.Outcome, error) {
	p, err := readAnnounced(c.Set)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if limit := d.cfg.Limits.PhotoBytes; limit > 0 && p.size > limit {
		return fieldsync.Outcome{}, ErrPhotoFields.In("size").With("at most %d bytes", limit)
	}
	old, err := tx.Media(ctx, c.ID)
	if err == nil {
		if old.Uploader == who.ID && old.Report == p.report && old.SHA256 == p.sha256 {
			return fieldsync.Outcome{St: fieldsync.Noop}, nil
		}
		return fieldsync.Outcome{}, ErrPhotoExists.In("id")
	}
	if !errors.Is(err, store.ErrNoMedia) {
		return fieldsync.Outcome{}, err
	}
	r, _, err := d.readable(ctx, tx, who, p.report)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	have, err := tx.MediaOf(ctx, r.ID)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	if indexOfHash(have, p.sha256) >= 0 {
		return fieldsync.Outcome{St: fieldsync.Noop, Ver: r.Version}, nil
	}
	if len(have) >= d.cfg.Limits.Photos {
		return fieldsync.Outcome{}, ErrTooManyPhotos.With("at most %d", d.cfg.Limits.Photos)
	}
	err = tx.InsertMedia(ctx, store.Media{
		ID: c.ID, Report: r.ID, Kind: p.kind, SHA256: p.sha256, Size: p.size, Type: p.typ, TakenAt: p.takenAt,
		Visibility: "staff", State: "declared", Uploader: who.ID, Device: c.Device, Org: r.Org,
	}, d.now())
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	args := report.PhotoArgs{Media: c.ID, Kind: p.kind}
	if !p.takenAt.IsZero() {
		args.TakenAt = &p.takenAt
	}
	call.Name, call.Report = "report.photo", r.ID
	if call.Args, err = json.Marshal(args); err != nil {
		return fieldsync.Outcome{}, fmt.Errorf("encode the photo: %w", err)
	}
	res, err := d.do(ctx, tx, who, call)
	if err != nil {
		return fieldsync.Outcome{}, err
	}
	return outcomeOf(res), nil
}

// readAnnounced reads the fields of the photo; what is missing or wrong is
// ErrPhotoFields, with its name.
func readAnnounced(set map[string]fieldsync.Set) (announced, error) {
	var p announced
	for name, dst := range map[string]any{
		"report": &p.report, "kind": &p.kind, "sha256": &p.sha256, "size": &p.size, "type": &p.typ, "takenAt": &p.takenAt,
	} {
		field, ok := set[name]
		if !ok {
			continue
		}
		if json.Unmarshal(field.To, dst) != nil {
			return p, ErrPhotoFields.In(name)
		}
	}
	if p.kind == "" {
		p.kind = "before"
	}
	raw, err := hex.DecodeString(p.sha256)
	switch {
	case !report.ValidID(string(p.report)):
		return p, ErrPhotoFields.In("report")
	case err != nil || len(raw) != 32 || hex.EncodeToString(raw) != p.sha256:
		return p, ErrPhotoFields.In("sha256").With("64 characters of 0-9 and a-f")
	case p.size <= 0:
		return p, ErrPhotoFields.In("size")
	case !slices.Contains(PhotoKinds, p.kind):
		return p, ErrPhotoFields.In("kind").With("one of %v", PhotoKinds)
	case !slices.Contains([]string{"image/jpeg", "image/png"}, p.typ):
		return p, ErrPhotoFields.In("type").With("image/jpeg or image/png")
	}
	return p, nil
}
