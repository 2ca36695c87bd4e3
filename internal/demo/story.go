package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sestante/sestante/internal/fcmfake"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/sync/device"
)

// A Step is one step of the story: who did what, what they saw, and whether it
// was as it must be.
type Step struct {
	N     int      `json:"n"`
	Title string   `json:"title"`
	Who   string   `json:"who"`
	Did   []string `json:"did"` // the requests, with the status of each answer
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
	did    []string
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

// Play tells the story, until ctx ends. A step that fails is told, and so are
// those after it that can still be tried: the error of each is in the step.
func (s *Story) Play(ctx context.Context) []Step {
	s.rung = make(chan struct{})
	s.Phones.OnMessage(s.ring)
	var out []Step
	for i, scene := range s.scenes() {
		if ctx.Err() != nil {
			break
		}
		s.did, s.saw = []string{}, []string{}
		began := s.Now()
		err := s.possible(scene)
		if err == nil {
			err = scene.play(ctx)
		}
		step := Step{
			N: i + 1, Title: scene.title.In(s.Lang), Who: scene.who.In(s.Lang), Did: s.did, Saw: s.saw,
			OK: err == nil, Ms: s.Now().Sub(began).Milliseconds(),
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

// possible says whether what a scene is about is there.
func (s *Story) possible(one scene) error {
	if err := check(!one.report || s.report != "", "there is no report to go on with"); err != nil {
		return err
	}
	return check(!one.phone || s.phone != nil, "there is no phone to go on with")
}

// Track returns the address of the private link of the story's report, or "".
func (s *Story) Track() string {
	if s.token == "" {
		return ""
	}
	return s.Base + api + "track/" + s.token
}

// nobody is a caller who is not signed in.
func (s *Story) nobody() caller {
	return caller{base: s.Base, lang: s.Lang, did: func(request string) { s.did = append(s.did, request) }}
}

// A scene is one step before it is played, and what it cannot be without.
type scene struct {
	who, title    report.Label
	report, phone bool
	play          func(context.Context) error
}

// Who acts in the story.
var (
	giulia  = report.Label{English: "Giulia, citizen", Italian: "Giulia, cittadina"}
	anna    = report.Label{English: "Anna, first level", Italian: "Anna, primo livello"}
	lead    = report.Label{English: "District lead", Italian: "Referente di distretto"}
	tech    = report.Label{English: "Technician", Italian: "Tecnico"}
	carlo   = report.Label{English: "Carlo, coordinator", Italian: "Carlo, coordinatore"}
	admin   = report.Label{English: "Administration", Italian: "Amministrazione"}
	anybody = report.Label{English: "Anybody", Italian: "Chiunque"}
)

func (s *Story) scenes() []scene {
	label := func(english, italian string) report.Label { return report.Label{English: english, Italian: italian} }
	return []scene{
		{giulia, label("A photo becomes a report, and finds its district", "Una foto diventa una segnalazione e trova il suo distretto"), false, false, s.submit},
		{giulia, label("Sent again, it is the same report", "Inviata di nuovo, è la stessa segnalazione"), true, false, s.again},
		{giulia, label("What leaves the server holds nothing of the camera", "In ciò che esce dal server non resta nulla della fotocamera"), true, false, s.private},
		{anna, label("The first level takes charge and forwards it", "Il primo livello la prende in carico e la inoltra"), true, false, s.dispatch},
		{lead, label("The district lead sees it on the map and gives it to a technician", "Il referente la vede sulla mappa e la affida a un tecnico"), true, false, s.assign},
		{lead, label("A date is planned, and Giulia is told", "Si programma una data, e Giulia lo sa"), true, false, s.program},
		{anybody, label("The public map shows what is broken, and nobody", "La mappa pubblica mostra che cosa è rotto, e nessuna persona"), true, false, s.publicMap},
		{tech, label("The technician goes where there is no network, and works", "Il tecnico va dove non c'è rete, e lavora"), true, true, s.workOffline},
		{carlo, label("Meanwhile the coordinator escalates, with a reason", "Intanto il coordinatore fa un'escalation, con un motivo"), true, false, s.escalate},
		{tech, label("Back on the network: everything arrives, once", "Di nuovo in rete: tutto arriva, una volta sola"), true, true, s.comeBack},
		{tech, label("The phone is in step: it holds what the server holds", "Il telefono è allineato: contiene ciò che contiene il server"), true, true, s.inStep},
		{tech, label("Whoever did the work may not verify it", "Chi ha fatto il lavoro non può verificarlo"), true, false, s.notTheExecutor},
		{anna, label("Somebody else verifies; it closes, and Giulia is asked", "Verifica qualcun altro; si chiude, e si chiede a Giulia"), true, false, s.verify},
		{tech, label("What is closed leaves the technician's phone", "Ciò che è chiuso lascia il telefono del tecnico"), true, true, s.leaves},
		{admin, label("Who leaves a district loses it, on the phone too", "Chi lascia un distretto lo perde, anche sul telefono"), true, true, s.revoke},
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
