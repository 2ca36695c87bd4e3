package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

func (s *Story) workOffline(ctx context.Context) error {
	if err := s.phone.Sync(ctx); err != nil {
		return err
	}
	before, found := s.phone.View("reports", s.report)
	if !found || before.State() != report.Scheduled {
		return check(false, "the phone shows %v (%v)", before.State(), found)
	}
	s.say("the phone has %d reports; then the network goes", "il telefono ha %d segnalazioni; poi la rete sparisce", len(s.phone.List("reports")))
	s.offline = true
	after, err := photogen.JPEG(photogen.Scene{Kind: photogen.Pothole, Seed: 8, TakenAt: s.Now(), Width: 800, Height: 600})
	if err != nil {
		return err
	}
	s.after = after
	if _, err := s.phone.Call("report.start", report.ID(s.report), struct{}{}); err != nil {
		return err
	}
	if err := s.declare(after); err != nil {
		return err
	}
	if _, err := s.phone.Call("report.resolve", report.ID(s.report), report.ResolveArgs{Outcome: "fixed", Text: "Buca riempita e rullata"}); err != nil {
		return err
	}
	if err := s.phone.Sync(ctx); err == nil {
		return check(false, "there was a network after all")
	}
	mine, _ := s.phone.View("reports", s.report)
	health := s.phone.Health()
	s.say("start, photo, resolve: on the phone it is %s, %d things wait to be sent", "inizia, fotografa, risolve: sul telefono è %s, %d cose attendono l'invio",
		mine.State().Label().In(s.Lang), health.Waiting)
	theirs, err := s.stored(ctx)
	if err != nil {
		return err
	}
	s.say("on the server it still is %s", "sul server è ancora %s", report.State(theirs).Label().In(s.Lang))
	return check(mine.State() == report.Resolved && theirs == string(report.Scheduled) && health.Waiting == 3, "phone %s, server %s, %d waiting", mine.State(), theirs, health.Waiting)
}

// declare tells the phone of a photo whose bytes are sent when there is a
// network.
func (s *Story) declare(photo []byte) error {
	sum := sha256.Sum256(photo)
	set := map[string]fieldsync.Set{}
	for name, v := range map[string]any{
		"report": s.report, "kind": "after", "sha256": hex.EncodeToString(sum[:]), "size": len(photo), "type": "image/jpeg", "takenAt": s.Now().UTC(),
	} {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		set[name] = fieldsync.Set{To: raw}
	}
	_, err := s.phone.Do(fieldsync.Mutation{Op: fieldsync.OpCreate, Coll: "media", ID: desk.NewID(), Set: set})
	return err
}

func (s *Story) comeBack(ctx context.Context) error {
	s.offline, s.loseNext = false, true
	if err := s.phone.Sync(ctx); err == nil {
		return check(false, "the answer did not get lost")
	}
	first, err := s.view(ctx)
	if err != nil {
		return err
	}
	s.say("the first answer gets lost on its way; the phone sends the same again", "la prima risposta si perde per strada; il telefono rimanda le stesse cose")
	if err := s.phone.Sync(ctx); err != nil {
		return err
	}
	second, err := s.view(ctx)
	if err != nil {
		return err
	}
	if err := check(first.Report["version"] == second.Report["version"], "version %v, then %v", first.Report["version"], second.Report["version"]); err != nil {
		return err
	}
	if err := s.once(second); err != nil {
		return err
	}
	if err := s.sendAfter(ctx); err != nil {
		return err
	}
	if err := s.rang(ctx, phoneGiulia, "resolved"); err != nil {
		return err
	}
	_, err = s.track(ctx)
	return err
}

// once checks that what was done without network arrived, and arrived once,
// beside what others did meanwhile.
func (s *Story) once(v desk.ReportView) error {
	counts := map[string]int{}
	for _, e := range v.Events {
		counts[e.Type]++
	}
	priority, _ := v.Report["priority"].(float64)
	health, refused := s.phone.Health(), s.phone.Refusals()
	s.say("on the server: started %d time, photographed %d, resolved %d; %d things wait on the phone", "sul server: iniziata %d volta, fotografata %d, risolta %d; sul telefono ne attendono %d",
		counts["start"], counts["photo"], counts["resolve"], health.Waiting)
	s.say("what the coordinator changed meanwhile is there too: priority %.0f", "c'è anche ciò che il coordinatore ha cambiato intanto: priorità %.0f", priority)
	if err := check(counts["start"] == 1 && counts["photo"] == 1 && counts["resolve"] == 1 && priority == 1, "events %v, priority %v", counts, priority); err != nil {
		return err
	}
	return check(health.Waiting == 0 && len(refused) == 0 && s.lost == 1, "%d waiting, %d refused, %d lost", health.Waiting, len(refused), s.lost)
}

// sendAfter sends the bytes of the photo that the phone announced.
func (s *Story) sendAfter(ctx context.Context) error {
	var photos struct {
		Photos []desk.PhotoView `json:"photos"`
	}
	if err := s.tech.upload(ctx, api+"media", map[string]string{"report": s.report, "kind": "after"}, s.after, &photos); err != nil {
		return err
	}
	track, err := s.nobody().track(ctx, s.token)
	if err != nil {
		return err
	}
	s.say("the photo of the work follows: Giulia sees before and after", "segue la foto del lavoro: Giulia vede prima e dopo")
	return check(len(track.Photos) == 2 && track.Photos[1].Kind == report.PhotoAfter && track.Photos[1].Width == 800, "photos %+v", track.Photos)
}

// inStep compares the phone that was away with a new one that has just
// fetched everything.
func (s *Story) inStep(ctx context.Context) error {
	fresh, err := s.newPhone(&device.Memory{})
	if err != nil {
		return err
	}
	for _, one := range []*device.Device{s.phone, fresh} {
		if err := one.Sync(ctx); err != nil {
			return err
		}
	}
	total := 0
	for _, c := range fieldsync.Captured {
		old, fetched := s.phone.List(c.Name), fresh.List(c.Name)
		total += len(old)
		same := slices.EqualFunc(old, fetched, func(a, b device.Record) bool {
			return a.ID == b.ID && a.Ver == b.Ver && maps.EqualFunc(a.Fields, b.Fields, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
		})
		if err := check(same, "the %d %s of the phone are not the %d of a new one", len(old), c.Name, len(fetched)); err != nil {
			return err
		}
	}
	s.say("a new phone fetches everything: its %d records are those of the phone that was away", "un telefono nuovo scarica tutto: i suoi %d dati sono quelli del telefono che era via", total)
	return check(total > 0, "there is nothing on the phone")
}

func (s *Story) leaves(ctx context.Context) error {
	before := len(s.phone.List("reports"))
	if err := s.phone.Sync(ctx); err != nil {
		return err
	}
	_, still := s.phone.View("reports", s.report)
	s.say("%d reports before, %d after", "%d segnalazioni prima, %d dopo", before, len(s.phone.List("reports")))
	return check(!still, "%s is still on the phone", s.code)
}

func (s *Story) revoke(ctx context.Context) error {
	before := len(s.phone.List("reports"))
	areas, err := s.takeRole(ctx)
	if err != nil {
		return err
	}
	if err := s.phone.Sync(ctx); err != nil {
		return err
	}
	after := len(s.phone.List("reports"))
	s.say("the role is taken away: %d reports on the phone before, %d after", "il ruolo viene tolto: %d segnalazioni sul telefono prima, %d dopo", before, after)
	if err := check(after == 0, "%d reports are still on the phone", after); err != nil {
		return err
	}
	if _, err := s.Country.save("roles", map[string]any{"person": s.techPerson.ID, "role": "technician", "areas": areas}); err != nil {
		return err
	}
	if err := s.phone.Sync(ctx); err != nil {
		return err
	}
	again := len(s.phone.List("reports"))
	s.say("it is given back: %d again", "viene ridato: di nuovo %d", again)
	return check(again == before, "%d reports came back, %d had gone", again, before)
}

// takeRole takes the technician's role away, and returns the areas it had.
func (s *Story) takeRole(ctx context.Context) ([]string, error) {
	roles, err := s.Country.cfg.App.FindAllRecords("roles")
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if r.GetString("person") == s.techPerson.ID {
			return r.GetStringSlice("areas"), s.Country.cfg.App.DeleteWithContext(ctx, r)
		}
	}
	return nil, check(false, "the technician has no role")
}
