package desk

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/nearby"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A DuplicatePolicy says how near reports of one thing lie, where the catalogue
// does not. How long a closed report counts is report.Policy's
// DuplicateWindowDays. Zero fields take their defaults.
type DuplicatePolicy struct {
	RadiusM     float64  // metres; default 50
	AreaRadiusM float64  // metres, of things that are areas, such as a park; default 250
	AreaObjects []string // codes of the things that are areas
}

func (p DuplicatePolicy) orDefault() DuplicatePolicy {
	p.RadiusM = cmp.Or(p.RadiusM, 50)
	p.AreaRadiusM = cmp.Or(p.AreaRadiusM, 250)
	return p
}

// A Duplicate is a report that may be of the same thing as another, as somebody
// may see it: anybody the code, the phase, the distance and the date, and a
// photo that was published.
type Duplicate struct {
	Report       report.ID    `json:"report"`
	Code         string       `json:"code"`
	Phase        report.Phase `json:"phase"`
	PhaseLabel   string       `json:"phaseLabel"`
	ObjectType   string       `json:"objectType,omitempty"` // id
	Object       string       `json:"object,omitempty"`     // its name
	RegisteredAt time.Time    `json:"registeredAt"`
	ClosedAt     time.Time    `json:"closedAt,omitzero"`
	DistanceM    float64      `json:"distanceM"`
	Hours        float64      `json:"hours"`                  // from its registration to now or to the other's; negative when it came later
	Relation     string       `json:"relation"`               // same, sibling or parent: of the two objects
	TextLikeness *float64     `json:"textLikeness,omitempty"` // 0 to 1; absent when one of the two says nothing, or nothing the reader may read
	PhotoBits    *int         `json:"photoBits,omitempty"`    // of 64 that differ; absent when photos the reader may see are missing
	PhotosAlike  bool         `json:"photosAlike"`
	Score        float64      `json:"score"`           // 0 to 1
	Rank         int          `json:"rank"`            // from 1
	Reason       string       `json:"reason"`          // a sentence
	Photo        string       `json:"photo,omitempty"` // where a small picture of it is

	// For whoever works on reports.
	Title         string       `json:"title,omitempty"`
	State         report.State `json:"state,omitempty"`
	Priority      int          `json:"priority,omitempty"`
	InterestCount int          `json:"interestCount,omitempty"`
	Dismissed     string       `json:"dismissed,omitempty"` // by reporter or staff
}

// Duplicates are suggestions, the likeliest first.
type Duplicates struct {
	Duplicates []Duplicate `json:"duplicates"`
	RadiusM    float64     `json:"radiusM"` // metres within which such things count as one
}

// mostDuplicates is how many reports are suggested at once.
const mostDuplicates = 5

// NearPlace is where somebody is about to report something.
type NearPlace struct {
	Lon, Lat   float64 // degrees, WGS84
	AccuracyM  float64 // metres; 0 unknown
	ObjectType string  // id or code; empty is any other thing
	ClientID   string  // under which the report is going to come; may be empty
}

// DuplicatesNear returns the reports that may be of the same thing as one that
// somebody is about to send. The errors are geo.ErrNoPosition,
// geo.ErrNullIsland, ErrUnknownObject and ErrClientID.
func (d *Desk) DuplicatesNear(ctx context.Context, who report.Actor, p NearPlace, lang string) (Duplicates, error) {
	if err := geo.CheckPosition(p.Lon, p.Lat); err != nil {
		return Duplicates{}, err
	}
	if p.ClientID != "" {
		if err := checkClientID(p.ClientID); err != nil {
			return Duplicates{}, err
		}
	}
	s := seeking{stage: "form", lang: lang}
	s.subject.Report = nearby.Report{Lon: p.Lon, Lat: p.Lat, AccuracyM: p.AccuracyM, Registered: d.now()}
	err := d.store.Snapshot(ctx, func(view *store.Store) error {
		if p.ObjectType != "" {
			o, ok, err := view.ObjectType(ctx, p.ObjectType)
			if err != nil {
				return err
			}
			if !ok {
				return ErrUnknownObject.In("objectType")
			}
			s.subject.Object = nearby.Object(o.ID)
		}
		if p.ClientID == "" {
			return nil
		}
		photos, err := view.WaitingLikenesses(ctx, p.ClientID, who.ID)
		s.subject.Photos = hashes(photos, func(store.Likeness) bool { return true })
		return err
	})
	if err != nil {
		return Duplicates{}, err
	}
	s.ask = askOfForm(p, who.ID, s.subject.Object, d.now())
	return d.seek(ctx, who, s)
}

// DuplicatesOf returns the reports that may be of the same thing as one, by its
// id or its code, to somebody who may read it as its reporter or as staff; with
// all, those too that were dismissed. The error is report.ErrNone.
func (d *Desk) DuplicatesOf(ctx context.Context, who report.Actor, key, lang string, all bool) (Duplicates, error) {
	r, audience, err := d.ownOrStaff(ctx, who, key)
	if err != nil {
		return Duplicates{}, err
	}
	return d.duplicatesOf(ctx, who, r, seeking{stage: "desk", lang: lang, side: sideOf(audience), all: all})
}

// ownOrStaff returns a report to those who may say something about what it
// duplicates.
func (d *Desk) ownOrStaff(ctx context.Context, who report.Actor, key string) (report.Report, report.Audience, error) {
	id := report.ID(key)
	if code, err := report.ParseCode(key); err == nil {
		r, err := d.store.ReportByCode(ctx, code)
		if err != nil {
			return r, "", err
		}
		id = r.ID
	}
	r, audience, err := d.readable(ctx, d.store, who, id)
	if err == nil && audience == report.AudiencePublic {
		return report.Report{}, "", fmt.Errorf("duplicates of report %s: %w", id, report.ErrNone)
	}
	return r, audience, err
}

func (d *Desk) duplicatesOf(ctx context.Context, who report.Actor, r report.Report, s seeking) (Duplicates, error) {
	s.org, s.ask = r.Org, askOf(r.ClientID, r.Reporter)
	if r.ClientID == "" {
		s.ask = string(r.ID)
	} else if s.stage == "receipt" {
		d.shown.come(map[string]report.ID{s.ask: r.ID})
	}
	if r.PointSource == "" || r.State == report.Duplicate {
		return Duplicates{Duplicates: []Duplicate{}, RadiusM: d.cfg.Duplicates.RadiusM}, nil
	}
	s.subject.Report = nearby.Report{
		ID: nearby.ID(r.ID), Lon: r.Point.Lon, Lat: r.Point.Lat, AccuracyM: r.AccuracyM,
		Registered: r.RegisteredAt, Object: nearby.Object(r.ObjectType),
	}
	s.subject.Text = r.Title + " " + r.Description
	photos, err := d.store.Likenesses(ctx, []report.ID{r.ID})
	if err != nil {
		return Duplicates{}, err
	}
	s.subject.Photos = hashes(photos, func(l store.Likeness) bool { return l.Visibility != "hidden" || s.side == "staff" })
	if s.dismissed, err = d.store.DismissedDuplicates(ctx, r.ID); err != nil {
		return Duplicates{}, err
	}
	return d.seek(ctx, who, s)
}

// duplicatesAtReceipt are the suggestions on a receipt. A report that is taken
// in must not wait for them long, nor fail for them.
func (d *Desk) duplicatesAtReceipt(ctx context.Context, who report.Actor, r report.Report, lang string) []Duplicate {
	ctx, cancel := context.WithTimeout(ctx, receiptPatience)
	defer cancel()
	found, err := d.duplicatesOf(ctx, who, r, seeking{stage: "receipt", lang: lang, side: "reporter"})
	if err != nil {
		d.log.WarnContext(ctx, "no duplicates were looked for", slog.Any("err", err))
		return []Duplicate{}
	}
	return found.Duplicates
}

const receiptPatience = 2 * time.Second
