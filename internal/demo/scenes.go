package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/photogen"
	"github.com/sestante/sestante/media"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// clientID is the id Giulia's phone gave the report.
const clientID = "giulia-telefono-0001"

func (s *Story) fields() map[string]string {
	return map[string]string{
		"clientId": clientID, "objectType": "pothole", "description": "Buca profonda, ci cadono le bici", "consentPublish": "true", "channel": "mobile",
	}
}

func (s *Story) submit(ctx context.Context) error {
	if err := s.takePhoto(); err != nil {
		return err
	}
	p, _ := s.Country.Find("citizen", "")
	var err error
	if s.giulia, err = signIn(ctx, s.Base, p); err != nil {
		return err
	}
	if err := s.giulia.register(ctx, desk.NewID(), "telefono-giulia"); err != nil {
		return err
	}
	var got desk.Receipt
	if err := s.giulia.upload(ctx, api+"reports", s.fields(), s.photo, &got); err != nil {
		return err
	}
	s.report, s.code, s.token = string(got.ID), got.Code, got.TrackToken
	if got.Position == nil || got.District == nil {
		return check(false, "position %v, district %v", got.Position, got.District)
	}
	s.district = got.District.Code
	s.say("she sends one photo and no coordinates", "manda una foto e nessuna coordinata")
	s.say("receipt %s: the photo was taken at %.5f, %.5f", "ricevuta %s: la foto è stata scattata a %.5f, %.5f", got.Code, got.Position.Lon, got.Position.Lat)
	var where desk.Located
	path := fmt.Sprintf("%sareas/locate?lon=%v&lat=%v", api, got.Position.Lon, got.Position.Lat)
	if err := s.giulia.send(ctx, http.MethodGet, path, nil, &where); err != nil {
		return err
	}
	s.say("district %s %s: %s", "distretto %s %s: %s", got.District.Code, got.District.Name, where.Reason)
	track, err := s.track(ctx)
	if err != nil {
		return err
	}
	if err := check(got.Position.Source == report.FromEXIF && got.Routing == report.Routed && where.District != nil && where.District.Code == s.district,
		"from %s, %s, located in %v", got.Position.Source, got.Routing, where.District); err != nil {
		return err
	}
	return check(track.Phase == report.PhaseAnalysis, "the link shows %s", track.Phase)
}

// track opens the private link and says what it shows.
func (s *Story) track(ctx context.Context) (desk.Tracking, error) {
	t, err := s.nobody().track(ctx, s.token)
	if err == nil {
		s.say("the private link shows: %s - %s", "il link privato mostra: %s - %s", strings.ToUpper(t.PhaseLabel), t.Status)
	}
	return t, err
}

func (s *Story) private(ctx context.Context) error {
	track, err := s.nobody().track(ctx, s.token)
	if err != nil || len(track.Photos) != 1 {
		return check(false, "%d photos on the link: %v", len(track.Photos), err)
	}
	for _, path := range []string{track.Photos[0].Large, track.Photos[0].Small} {
		data, err := s.nobody().do(ctx, http.MethodGet, path, "", nil)
		if err != nil {
			return err
		}
		if err := check(!media.HasMetadata(data), "%s holds metadata", path); err != nil {
			return err
		}
		s.say("%d kB upright, without position, time or camera", "%d kB diritti, senza posizione, ora né fotocamera", len(data)/1000)
	}
	path := strings.TrimSuffix(track.Photos[0].Large, "large") + "original"
	_, err = s.nobody().do(ctx, http.MethodGet, path, "", nil)
	s.say("the original: refused (%s)", "l'originale: rifiutato (%s)", codeOf(err))
	return check(codeOf(err) == "media.none", "the original answers %v", err)
}

func (s *Story) dispatch(ctx context.Context) error {
	if err := s.signIns(ctx); err != nil {
		return err
	}
	if _, err := s.anna.call(ctx, "report.take", s.report, nil); err != nil {
		return err
	}
	res, err := s.anna.call(ctx, "report.dispatch", s.report, map[string]any{})
	if err != nil {
		return err
	}
	s.say("%s is now: %s", "%s ora è: %s", s.code, res.State.Label().In(s.Lang))
	if err := s.rang(ctx, "telefono-referente", "assignment"); err != nil {
		return err
	}
	if err := s.rang(ctx, "telefono-giulia", "forwarded"); err != nil {
		return err
	}
	_, err = s.track(ctx)
	return err
}

func (s *Story) assign(ctx context.Context) error {
	var shown desk.FeatureCollection
	if err := s.lead.send(ctx, http.MethodGet, api+"map/reports?bbox=6,36,19,47.5&district="+s.district, nil, &shown); err != nil {
		return err
	}
	s.say("%d open reports in the district on the map", "%d segnalazioni aperte del distretto sulla mappa", len(shown.Features))
	if err := check(slices.ContainsFunc(shown.Features, func(f desk.Feature) bool { return f.ID == s.report }), "%s is not on the lead's map", s.code); err != nil {
		return err
	}
	if _, err := s.lead.call(ctx, "report.reassign", s.report, report.ReassignArgs{Assignee: report.PersonID(s.techPerson.ID)}); err != nil {
		return err
	}
	return s.rang(ctx, "telefono-tecnico", "assignment")
}

func (s *Story) program(ctx context.Context) error {
	day := s.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	if _, err := s.lead.call(ctx, "report.program", s.report, report.PlanArgs{PlannedCloseDate: report.Date(day)}); err != nil {
		return err
	}
	if err := s.rang(ctx, "telefono-giulia", "scheduled"); err != nil {
		return err
	}
	if err := s.rang(ctx, "telefono-tecnico", "schedule"); err != nil {
		return err
	}
	track, err := s.track(ctx)
	if err != nil {
		return err
	}
	return check(track.Phase == report.PhaseScheduling && string(track.ScheduledFor) == day, "the link shows %s for %q", track.Phase, track.ScheduledFor)
}

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

// stored returns the state of the report on the server.
func (s *Story) stored(ctx context.Context) (string, error) {
	v, err := s.view(ctx)
	state, _ := v.Report["state"].(string)
	return state, err
}

func (s *Story) view(ctx context.Context) (desk.ReportView, error) {
	var v desk.ReportView
	err := s.anna.send(ctx, http.MethodGet, api+"reports/"+s.report, nil, &v)
	return v, err
}

func (s *Story) escalate(ctx context.Context) error {
	if _, err := s.carlo.call(ctx, "report.reprioritise", s.report, report.ReprioritiseArgs{Priority: 1, Reason: "Davanti a una scuola"}); err != nil {
		return err
	}
	if _, err := s.carlo.call(ctx, "report.escalate", s.report, report.EscalateArgs{Kind: report.Hierarchical, Reason: "Due bici cadute stamattina"}); err != nil {
		return err
	}
	return s.rang(ctx, "telefono-elena", "escalation")
}

func (s *Story) comeBack(ctx context.Context) error {
	s.offline, s.loseNext = false, true
	if err := s.phone.Sync(ctx); err == nil {
		return check(false, "the answer did not get lost")
	}
	s.say("the first answer gets lost on its way; the phone sends the same again", "la prima risposta si perde per strada; il telefono rimanda le stesse cose")
	if err := s.phone.Sync(ctx); err != nil {
		return err
	}
	var sent desk.ReportView
	var photos struct {
		Photos []desk.PhotoView `json:"photos"`
	}
	if err := s.tech.upload(ctx, api+"media", map[string]string{"report": s.report, "kind": "after"}, s.after, &photos); err != nil {
		return err
	}
	sent, err := s.view(ctx)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, e := range sent.Events {
		counts[e.Type]++
	}
	s.say("on the server: started %d time, photographed %d, resolved %d; nothing waits on the phone", "sul server: iniziata %d volta, fotografata %d, risolta %d; sul telefono non attende nulla",
		counts["start"], counts["photo"], counts["resolve"])
	priority, _ := sent.Report["priority"].(float64)
	s.say("what the coordinator changed meanwhile is there too: priority %.0f", "c'è anche ciò che il coordinatore ha cambiato intanto: priorità %.0f", priority)
	health, refused := s.phone.Health(), s.phone.Refusals()
	if err := check(counts["start"] == 1 && counts["photo"] == 1 && counts["resolve"] == 1 && priority == 1, "events %v, priority %v", counts, priority); err != nil {
		return err
	}
	if err := check(len(sent.Photos) == 2 && sent.Photos[1].Width == 800, "photos %+v", sent.Photos); err != nil {
		return err
	}
	return check(health.Waiting == 0 && len(refused) == 0 && s.lost == 1, "%d waiting, %d refused, %d lost", health.Waiting, len(refused), s.lost)
}

func (s *Story) notTheExecutor(ctx context.Context) error {
	_, err := s.tech.call(ctx, "report.verify", s.report, map[string]any{"ok": true})
	s.say("\"it is done\" by the technician: refused (%s)", "«è fatto» detto dal tecnico: rifiutato (%s)", codeOf(err))
	return check(slices.Contains([]string{"report.role", "report.executor"}, codeOf(err)), "the technician's verification answers %v", err)
}

func (s *Story) verify(ctx context.Context) error {
	if _, err := s.anna.call(ctx, "report.verify", s.report, map[string]any{"ok": true}); err != nil {
		return err
	}
	if err := s.rang(ctx, "telefono-giulia", "closed"); err != nil {
		return err
	}
	track, err := s.track(ctx)
	if err != nil {
		return err
	}
	for _, m := range track.Messages {
		s.say("  %s  %s", "  %s  %s", m.At.Local().Format("02/01 15:04"), m.Text)
	}
	return check(track.Phase == report.PhaseClosure && len(track.Messages) >= 5, "the link shows %s with %d messages", track.Phase, len(track.Messages))
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

func (s *Story) publicMap(ctx context.Context) error {
	data, err := s.nobody().do(ctx, http.MethodGet, api+"map/public?bbox=6,36,19,47.5", "", nil)
	if err != nil {
		return err
	}
	var shown desk.FeatureCollection
	if err := json.Unmarshal(data, &shown); err != nil {
		return err
	}
	s.say("%d open reports on the public map", "%d segnalazioni aperte sulla mappa pubblica", len(shown.Features))
	for _, word := range []string{"Giulia", "@", "telefono", "ci cadono le bici", s.techPerson.ID} {
		if err := check(!strings.Contains(string(data), word), "the public map holds %q", word); err != nil {
			return err
		}
	}
	_, err = s.nobody().do(ctx, http.MethodGet, api+"map/reports", "", nil)
	s.say("the staff's map, without signing in: refused (%s)", "la mappa interna, senza accesso: rifiutata (%s)", codeOf(err))
	return check(len(shown.Features) > 0 && codeOf(err) == "api.sign_in", "%d features; the staff's map answers %v", len(shown.Features), err)
}

func (s *Story) again(ctx context.Context) error {
	var got desk.Receipt
	if err := s.giulia.upload(ctx, api+"reports", s.fields(), s.photo, &got); err != nil {
		return err
	}
	s.say("the phone was not sure it had arrived: %s, again", "il telefono non era sicuro che fosse arrivata: di nuovo %s", got.Code)
	return check(got.Repeated && got.Code == s.code, "it became %s", got.Code)
}
