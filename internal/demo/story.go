package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/fcmfake"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
	httpdevice "github.com/sestante/sestante/sync/device/http"
)

// A Step is one step of the story: who did what, what they saw, and whether it
// was as it must be.
type Step struct {
	N     int      `json:"n"`
	Title string   `json:"title"`
	Who   string   `json:"who"`
	Saw   []string `json:"saw"`
	OK    bool     `json:"ok"`
	Error string   `json:"error,omitempty"`
	Ms    int64    `json:"ms"`
}

// A Story is what plays in a country, against its running server.
type Story struct {
	Country *Country
	Base    string          // address of the server, such as http://127.0.0.1:8090
	Phones  *fcmfake.Server // what rings
	Dir     string          // folder for the technician's device
	Lang    string          // it or en
	Now     func() time.Time
	Told    func(Step) // after each step; may be nil

	mu     sync.Mutex
	rings  []fcmfake.Message
	rung   chan struct{} // closed and made anew at each ring
	saw    []string
	photo  []byte // Giulia's
	after  []byte // the technician's
	token  string
	report string
	code   string

	district           string
	giulia, anna, lead caller
	tech, carlo        caller
	techPerson         Person
	phone              *device.Device
	offline            bool
	loseNext           bool // the next answer gets lost on its way
	lost               int
}

// errCheck marks a step that is not as it must be.
var errCheck = errors.New("not as it must be")

// say adds a line to what somebody sees.
func (s *Story) say(english, italian string, args ...any) {
	text := english
	if s.Lang == "it" {
		text = italian
	}
	s.saw = append(s.saw, fmt.Sprintf(text, args...))
}

func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: "+format, append([]any{errCheck}, args...)...)
}

// Play tells the story. A step that fails is told, and so are those after it
// that can still be tried: the error of each is in the step.
func (s *Story) Play(ctx context.Context) []Step {
	s.rung = make(chan struct{})
	s.Phones.OnMessage(s.ring)
	var out []Step
	for i, scene := range s.scenes() {
		s.saw = nil
		began := s.Now()
		err := scene.play(ctx)
		step := Step{N: i + 1, Title: scene.english, Who: scene.who, Saw: s.saw, OK: err == nil, Ms: s.Now().Sub(began).Milliseconds()}
		if s.Lang == "it" {
			step.Title = scene.italian
		}
		if err != nil {
			step.Error = err.Error()
		}
		if s.Told != nil {
			s.Told(step)
		}
		out = append(out, step)
	}
	return out
}

// nobody is a caller who is not signed in.
func (s *Story) nobody() caller { return caller{base: s.Base, lang: s.Lang} }

type scene struct {
	who, english, italian string
	play                  func(context.Context) error
}

func (s *Story) scenes() []scene {
	return []scene{
		{"Giulia, cittadina", "A photo becomes a report, and finds its district", "Una foto diventa una segnalazione e trova il suo distretto", s.submit},
		{"Giulia, cittadina", "What the public gets holds nothing of the camera", "In ciò che è pubblico non resta nulla della fotocamera", s.private},
		{"Anna, primo livello", "The first level takes charge and forwards it", "Il primo livello la prende in carico e la inoltra", s.dispatch},
		{"Referente di distretto", "The district lead sees it on the map and gives it to a technician", "Il referente la vede sulla mappa e la affida a un tecnico", s.assign},
		{"Referente di distretto", "A date is planned, and Giulia is told", "Si programma una data, e Giulia lo sa", s.program},
		{"Tecnico", "The technician goes where there is no network, and works", "Il tecnico va dove non c'è rete, e lavora", s.workOffline},
		{"Carlo, coordinatore", "Meanwhile the coordinator escalates, with a reason", "Intanto il coordinatore fa un'escalation, con un motivo", s.escalate},
		{"Tecnico", "Back on the network: everything arrives, once", "Di nuovo in rete: tutto arriva, una volta sola", s.comeBack},
		{"Tecnico", "Whoever did the work may not verify it", "Chi ha fatto il lavoro non può verificarlo", s.notTheExecutor},
		{"Anna, primo livello", "Somebody else verifies; it closes, and Giulia is asked", "Verifica qualcun altro; si chiude, e si chiede a Giulia", s.verify},
		{"Tecnico", "What is closed leaves the technician's phone", "Ciò che è chiuso lascia il telefono del tecnico", s.leaves},
		{"Amministrazione", "Who leaves a district loses it, on the phone too", "Chi lascia un distretto lo perde, anche sul telefono", s.revoke},
		{"Chiunque", "The public map shows what is broken, and nobody", "La mappa pubblica mostra che cosa è rotto, e nessuna persona", s.publicMap},
		{"Giulia, cittadina", "The same report sent again is the same report", "La stessa segnalazione inviata di nuovo è la stessa", s.again},
	}
}

func (s *Story) ring(m fcmfake.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rings = append(s.rings, m)
	close(s.rung)
	s.rung = make(chan struct{})
}

// ringWait is how long a phone may take to ring.
const ringWait = 15 * time.Second

// rang waits until a phone has rung for a cause, and says so.
func (s *Story) rang(ctx context.Context, phone, cause string) error {
	ctx, cancel := context.WithTimeout(ctx, ringWait)
	defer cancel()
	for {
		s.mu.Lock()
		next := s.rung
		i := slices.IndexFunc(s.rings, func(m fcmfake.Message) bool {
			return m.Token == phone && m.Data["cause"] == cause && m.Data["report"] == s.report
		})
		var m fcmfake.Message
		if i >= 0 {
			m = s.rings[i]
		}
		s.mu.Unlock()
		if i >= 0 {
			s.say("%s rings: \"%s\" - %s", "Squilla %s: «%s» - %s", phone, m.Title, m.Body)
			return check(!strings.Contains(m.Title+m.Body, "Giulia"), "the notice names the reporter")
		}
		select {
		case <-next:
		case <-ctx.Done():
			return check(false, "%s never rang for %s", phone, cause)
		}
	}
}

// takePhoto draws Giulia's photo, or takes a real one.
func (s *Story) takePhoto() error {
	if s.Country.cfg.Data != "" {
		photo, err := os.ReadFile(filepath.Join(s.Country.cfg.Data, "photos", "gps", "DSCN0010.jpg"))
		s.photo = photo
		return err
	}
	var err error
	s.photo, err = photogen.JPEG(photogen.Scene{
		Kind: photogen.Pothole, Seed: 7, Lon: 9.19128, Lat: 45.46427, AccuracyM: 6, TakenAt: s.Now().Add(-3 * time.Minute), Orientation: 6,
	})
	return err
}

// signIns signs everybody of the story in and registers the phones that ring.
func (s *Story) signIns(ctx context.Context) error {
	tech, ok := s.Country.Find("technician", s.district)
	if !ok {
		return check(false, "nobody works in %s", s.district)
	}
	s.techPerson = tech
	for _, one := range []struct {
		role, district, phone string
		into                  *caller
	}{
		{"l1_operator", "", "", &s.anna},
		{"coordinator", "", "", &s.carlo},
		{"district_lead", s.district, "telefono-referente", &s.lead},
		{"technician", s.district, "telefono-tecnico", &s.tech},
		{"service_manager", "", "telefono-elena", new(caller)},
	} {
		p, ok := s.Country.Find(one.role, one.district)
		if !ok {
			return check(false, "nobody is a %s in %q", one.role, one.district)
		}
		c, err := signIn(ctx, s.Base, p)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", p.Email, err)
		}
		*one.into = c
		if one.phone == "" {
			continue
		}
		if err := c.register(ctx, desk.NewID(), one.phone); err != nil {
			return fmt.Errorf("register %s: %w", one.phone, err)
		}
	}
	return s.openPhone()
}

// openPhone gives the technician a device whose network the story can cut.
func (s *Story) openPhone() error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	kept, err := device.OpenFile(filepath.Join(s.Dir, "technician.journal"))
	if err != nil {
		return err
	}
	net, err := httpdevice.New(httpdevice.Config{BaseURL: s.Base, Token: func(context.Context) (string, error) { return s.tech.token, nil }})
	if err != nil {
		return err
	}
	s.phone, err = device.New(device.Config{
		ID: desk.NewID(), Store: kept, Now: s.Now, NewID: desk.NewID, App: "demo", Roles: []report.Role{report.RoleTechnician},
		Transport: func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			if s.offline {
				return nil, errors.New("no network")
			}
			answer, err := net(ctx, req)
			if err == nil && s.loseNext {
				s.loseNext = false
				s.lost++
				return nil, errors.Join(errors.New("the answer got lost"), answer.Close())
			}
			return answer, err
		},
	})
	return err
}
