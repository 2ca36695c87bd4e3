package mobileapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
)

// A NewReport is a report as a phone or a form sends it, in JSON or field by
// field in a multipart form, where the photos come along under "photos". A
// field that is absent, or empty in a form, says nothing.
type NewReport struct {
	ClientID    string `json:"clientId,omitempty"` // 8 to 64 letters, digits, - and _; sent again it makes no second report
	Kind        string `json:"kind,omitempty"`     // fault, delivery, maintenance, helpdesk or inquiry; default fault
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	ObjectType  string `json:"objectType,omitempty"` // id or code
	Site        string `json:"site,omitempty"`       // id or code
	Asset       string `json:"asset,omitempty"`      // id

	Lon         *float64 `json:"lon,omitempty"` // degrees, WGS84; 0,0 is no position
	Lat         *float64 `json:"lat,omitempty"`
	AccuracyM   *float64 `json:"accuracyM,omitempty"`   // metres; absent means unknown
	PointSource string   `json:"pointSource,omitempty"` // gps, pin or address; default gps
	Address     string   `json:"address,omitempty"`
	AddressNote string   `json:"addressNote,omitempty"`

	Priority int  `json:"priority,omitempty"` // what the reporter claims: 1 urgent .. 4 low
	Blocking bool `json:"blocking,omitempty"`

	ContactName    string `json:"contactName,omitempty"`
	ContactEmail   string `json:"contactEmail,omitempty"`
	ContactPhone   string `json:"contactPhone,omitempty"`
	Language       string `json:"language,omitempty"`       // it or en, of messages to the reporter
	ConsentPublish *bool  `json:"consentPublish,omitempty"` // default true, of place and object on the public map; never of photos
	ConsentContact bool   `json:"consentContact,omitempty"`

	Channel    string    `json:"channel,omitempty"` // mobile or web; default mobile
	OccurredAt time.Time `json:"occurredAt,omitzero"`
}

// submission checks what only the door can check (which field is missing), and
// leaves the rest to the desk.
func (n NewReport) submission() (desk.Submission, error) {
	s := desk.Submission{
		ClientID: n.ClientID, Kind: n.Kind, Title: n.Title, Description: n.Description,
		ObjectType: n.ObjectType, Site: n.Site, Asset: n.Asset,
		Address: n.Address, AddressNote: n.AddressNote, Priority: n.Priority, Blocking: n.Blocking,
		ContactName: n.ContactName, ContactEmail: n.ContactEmail, ContactPhone: n.ContactPhone, Language: n.Language,
		ConsentPublish: n.ConsentPublish == nil || *n.ConsentPublish, ConsentContact: n.ConsentContact,
		Channel: n.Channel, OccurredAt: n.OccurredAt,
	}
	for _, f := range []struct {
		name, value string
		list        []string
	}{
		{"kind", n.Kind, report.Kinds},
		{"channel", n.Channel, []string{"mobile", "web"}},
		{"language", n.Language, []string{"it", "en"}},
		{"pointSource", n.PointSource, []string{string(report.FromGPS), string(report.FromPin), string(report.FromAddress)}},
	} {
		if err := oneOf(f.name, f.value, f.list); err != nil {
			return s, err
		}
	}
	if n.Priority < 0 || n.Priority > 4 {
		return s, ErrValue.In("priority").With("from 1 to 4")
	}
	return s, n.place(&s)
}

func (n NewReport) place(s *desk.Submission) error {
	if n.AccuracyM != nil {
		if *n.AccuracyM < 0 || *n.AccuracyM > maxAccuracyM {
			return ErrValue.In("accuracyM").With("metres, from 0 to %d", maxAccuracyM)
		}
		s.AccuracyM = *n.AccuracyM
	}
	point, err := position(n.Lon, n.Lat)
	if err != nil {
		return err
	}
	if point == nil {
		if n.PointSource != "" && n.Lon == nil {
			return ErrValue.In("pointSource").With("there is no lon and lat")
		}
		s.AccuracyM = 0
		return nil
	}
	s.Point, s.PointSource = point, report.PointSource(n.PointSource)
	if s.PointSource == "" {
		s.PointSource = report.FromGPS
	}
	return nil
}

// maxAccuracyM is where an accuracy says nothing any more.
const maxAccuracyM = 1_000_000

// position makes a point of two numbers in degrees; both or neither must be
// there. 0,0 is what a phone sends that does not know where it is: no position.
func position(lon, lat *float64) (*report.Point, error) {
	switch {
	case lon == nil && lat == nil:
		return nil, nil //nolint:nilnil // no position is an answer, not a failure
	case lon == nil:
		return nil, ErrRequired.In("lon").With("lat came without it")
	case lat == nil:
		return nil, ErrRequired.In("lat").With("lon came without it")
	case !(*lon >= -180 && *lon <= 180):
		return nil, ErrValue.In("lon").With("degrees, from -180 to 180")
	case !(*lat >= -90 && *lat <= 90):
		return nil, ErrValue.In("lat").With("degrees, from -90 to 90")
	case *lon == 0 && *lat == 0:
		return nil, nil //nolint:nilnil // as above
	}
	return &report.Point{Lon: *lon, Lat: *lat}, nil
}

// submit takes in a report, with or without photos.
func (a *API) submit(ctx context.Context, r *request) (answer, error) {
	s, release, err := a.readReport(r.body)
	defer release()
	if err != nil {
		return answer{}, err
	}
	receipt, err := a.cfg.Desk.Submit(ctx, r.who, s)
	if err != nil {
		return answer{}, err
	}
	status := http.StatusCreated
	if receipt.Repeated {
		status = http.StatusOK
	}
	return answer{status: status, body: receipt}, nil
}

// readReport reads a report, and returns what gives back the memory of its
// photos.
func (a *API) readReport(b *body) (s desk.Submission, release func(), err error) {
	var n NewReport
	f := &form{from: &a.held}
	if b.mediaType == typeForm {
		f, err = a.readForm(b, &n)
	} else {
		err = b.decode(&n)
	}
	if err == nil {
		s, err = n.submission()
	}
	s.Photos = f.photos
	return s, f.release, err
}

// list answers with the reports the caller may read, newest first.
func (a *API) list(ctx context.Context, r *request) (desk.Page, error) {
	q, err := r.narrow()
	if err != nil {
		return desk.Page{}, err
	}
	return a.cfg.Desk.List(ctx, r.who, q)
}

func (a *API) view(ctx context.Context, r *request) (desk.ReportView, error) {
	return a.cfg.Desk.View(ctx, r.who, r.path("id"), r.lang)
}

// A NewCall is one call made online.
type NewCall struct {
	ID         string          `json:"id"`             // made by the client, 15 characters of a-z0-9; sent again it has no second effect
	Name       string          `json:"name"`           // such as report.dispatch
	Report     report.ID       `json:"report"`         // the report it is about
	Args       json.RawMessage `json:"args,omitempty"` // of the call
	OccurredAt time.Time       `json:"occurredAt,omitzero"`
	Base       int64           `json:"base,omitempty"` // version of the report the person saw
}

func (a *API) call(ctx context.Context, r *request, n NewCall) (desk.Result, error) {
	for _, f := range []struct{ name, value string }{{"id", n.ID}, {"name", n.Name}, {"report", string(n.Report)}} {
		if f.value == "" {
			return desk.Result{}, ErrRequired.In(f.name)
		}
	}
	if n.Base < 0 {
		return desk.Result{}, ErrValue.In("base").With("a version, or 0")
	}
	now := a.cfg.Now()
	if n.OccurredAt.IsZero() || n.OccurredAt.After(now) {
		n.OccurredAt = now // a device's clock is never a reason to refuse
	}
	return a.cfg.Desk.Do(ctx, r.who, report.Call{
		ID: n.ID, Name: n.Name, Report: n.Report, Args: n.Args, OccurredAt: n.OccurredAt, Base: n.Base, Source: report.SourceUI,
	})
}
