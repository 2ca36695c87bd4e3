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
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/fcmfake"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
	httpdevice "github.com/sestante/sestante/sync/device/http"
)

func (s *Story) ring(m fcmfake.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rings = append(s.rings, m)
	close(s.rung)
	s.rung = make(chan struct{})
}

// ringWait is how long a phone may take to ring.
const ringWait = 15 * time.Second

// The push tokens of the phones that ring in the story, and whose they are.
const (
	phoneGiulia = "phone-giulia"
	phoneLead   = "phone-lead"
	phoneTech   = "phone-technician"
	phoneElena  = "phone-elena"
)

var owners = map[string]report.Label{
	phoneGiulia: {English: "Giulia's phone rings", Italian: "Squilla il telefono di Giulia"},
	phoneLead:   {English: "The lead's phone rings", Italian: "Squilla il telefono del referente"},
	phoneTech:   {English: "The technician's phone rings", Italian: "Squilla il telefono del tecnico"},
	phoneElena:  {English: "The phone of Elena, service manager, rings", Italian: "Squilla il telefono di Elena, service manager"},
}

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
			s.say("%s: \"%s\" - %s", "%s: «%s» - %s", owners[phone].In(s.Lang), m.Title, m.Body)
			return check(!strings.Contains(m.Title+m.Body, "Giulia"), "the notice names the reporter")
		}
		select {
		case <-next:
		case <-ctx.Done():
			return check(false, "%s never rang for %s", phone, cause)
		}
	}
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
		{"district_lead", s.district, phoneLead, &s.lead},
		{"technician", s.district, phoneTech, &s.tech},
		{"service_manager", "", phoneElena, new(caller)},
	} {
		p, ok := s.Country.Find(one.role, one.district)
		if !ok {
			return check(false, "nobody is a %s in %q", one.role, one.district)
		}
		c, err := s.nobody().as(ctx, p)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", p.Email, err)
		}
		*one.into = c
		if one.phone == "" {
			continue
		}
		if err := c.register(ctx, one.phone); err != nil {
			return fmt.Errorf("register %s: %w", one.phone, err)
		}
	}
	kept, err := s.journal()
	if err != nil {
		return err
	}
	s.phone, err = s.newPhone(kept)
	return err
}

// journal opens the file in which the technician's phone keeps everything.
func (s *Story) journal() (device.Store, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	return device.OpenFile(filepath.Join(s.Dir, "technician.journal"))
}

// newPhone returns a phone of the technician whose network the story can cut.
func (s *Story) newPhone(kept device.Store) (*device.Device, error) {
	net, err := httpdevice.New(httpdevice.Config{BaseURL: s.Base, Token: func(context.Context) (string, error) { return s.tech.token, nil }})
	if err != nil {
		return nil, err
	}
	return device.New(device.Config{
		ID: desk.NewID(), Store: kept, Now: s.Now, NewID: desk.NewID, App: "demo", Roles: []report.Role{report.RoleTechnician},
		Transport: func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			if s.offline {
				return nil, errors.New("no network")
			}
			answer, err := net.Exchange(ctx, req)
			s.did = append(s.did, fmt.Sprintf("POST %ssync/exchange with %d changes", api, len(req.Muts)))
			if err == nil && s.loseNext {
				s.loseNext = false
				s.lost++
				return nil, errors.Join(errors.New("the answer got lost"), answer.Close())
			}
			return answer, err
		},
	})
}
