package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/media"
	"github.com/sestante/sestante/report"
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
	if s.giulia, err = s.nobody().as(ctx, p); err != nil {
		return err
	}
	if err := s.giulia.register(ctx, phoneGiulia); err != nil {
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
	s.say("she sends one photo of %d kB, and no coordinates", "manda una foto di %d kB, e nessuna coordinata", len(s.photo)/1000)
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
		s.say("a picture of %d kB, upright, without position, time or camera", "un'immagine di %d kB, diritta, senza posizione, ora né fotocamera", len(data)/1000)
	}
	path := strings.TrimSuffix(track.Photos[0].Large, "large") + "original"
	_, err = s.nobody().do(ctx, http.MethodGet, path, "", nil)
	s.say("the original, on her own link too: refused (%s)", "l'originale, anche sul suo link: rifiutato (%s)", codeOf(err))
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
	if err := s.original(ctx); err != nil {
		return err
	}
	if err := s.rang(ctx, phoneLead, "assignment"); err != nil {
		return err
	}
	if err := s.rang(ctx, phoneGiulia, "forwarded"); err != nil {
		return err
	}
	if s.Lang != "it" {
		s.say("(a phone speaks its owner's language: the crews read Italian)", "")
	}
	_, err = s.track(ctx)
	return err
}

// original looks at what Giulia's camera wrote, as the staff may.
func (s *Story) original(ctx context.Context) error {
	seen, err := s.view(ctx)
	if err != nil || len(seen.Photos) != 1 {
		return check(false, "%d photos for the staff: %v", len(seen.Photos), err)
	}
	data, err := s.anna.do(ctx, http.MethodGet, strings.TrimSuffix(seen.Photos[0].Large, "large")+"original", "", nil)
	if err != nil {
		return err
	}
	s.say("she may open the original, bit for bit as it was sent", "lei può aprire l'originale, identico a come è stato inviato")
	return check(bytes.Equal(data, s.photo), "the original is not what was sent")
}

func (s *Story) assign(ctx context.Context) error {
	var shown desk.FeatureCollection
	if err := s.lead.send(ctx, http.MethodGet, api+"map/reports?bbox=6,36,19,47.5&district="+s.district, nil, &shown); err != nil {
		return err
	}
	s.say("%d open reports on the map of %s", "%d segnalazioni aperte sulla mappa di %s", len(shown.Features), s.district)
	if err := check(slices.ContainsFunc(shown.Features, func(f desk.Feature) bool { return f.ID == s.report }), "%s is not on the lead's map", s.code); err != nil {
		return err
	}
	if _, err := s.lead.call(ctx, "report.reassign", s.report, report.ReassignArgs{Assignee: report.PersonID(s.techPerson.ID)}); err != nil {
		return err
	}
	s.say("given to %s", "affidata a %s", s.techPerson.Name)
	return s.rang(ctx, phoneTech, "assignment")
}

func (s *Story) program(ctx context.Context) error {
	day := s.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	if _, err := s.lead.call(ctx, "report.program", s.report, report.PlanArgs{PlannedCloseDate: report.Date(day)}); err != nil {
		return err
	}
	if err := s.rang(ctx, phoneGiulia, "scheduled"); err != nil {
		return err
	}
	if err := s.rang(ctx, phoneTech, "schedule"); err != nil {
		return err
	}
	track, err := s.track(ctx)
	if err != nil {
		return err
	}
	return check(track.Phase == report.PhaseScheduling && string(track.ScheduledFor) == day, "the link shows %s for %q", track.Phase, track.ScheduledFor)
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
	return s.rang(ctx, phoneElena, "escalation")
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
	if err := s.rang(ctx, phoneGiulia, "closed"); err != nil {
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

func (s *Story) publicMap(ctx context.Context) error {
	data, err := s.nobody().do(ctx, http.MethodGet, api+"map/public?bbox=6,36,19,47.5", "", nil)
	if err != nil {
		return err
	}
	var shown desk.FeatureCollection
	if err := json.Unmarshal(data, &shown); err != nil {
		return err
	}
	i := slices.IndexFunc(shown.Features, func(f desk.Feature) bool { return f.ID == s.report })
	if i < 0 {
		return check(false, "%s is not on the public map", s.code)
	}
	properties := slices.Sorted(maps.Keys(shown.Features[i].Properties))
	s.say("%d open reports; of each: %s", "%d segnalazioni aperte; di ognuna: %s", len(shown.Features), strings.Join(properties, ", "))
	for _, word := range []string{"Giulia", "@", "phone-", "ci cadono le bici", s.techPerson.ID} {
		if err := check(!strings.Contains(string(data), word), "the public map holds %q", word); err != nil {
			return err
		}
	}
	_, err = s.nobody().do(ctx, http.MethodGet, api+"map/reports", "", nil)
	s.say("the staff's map, without signing in: refused (%s)", "la mappa interna, senza accesso: rifiutata (%s)", codeOf(err))
	return check(codeOf(err) == "api.sign_in", "the staff's map answers %v", err)
}

func (s *Story) again(ctx context.Context) error {
	var got desk.Receipt
	if err := s.giulia.upload(ctx, api+"reports", s.fields(), s.photo, &got); err != nil {
		return err
	}
	s.say("the phone was not sure it had arrived: %s, again", "il telefono non era sicuro che fosse arrivata: di nuovo %s", got.Code)
	return check(got.Repeated && got.Code == s.code, "it became %s", got.Code)
}
