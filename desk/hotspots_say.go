package desk

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/cluster"
	"github.com/sestante/sestante/report"
)

// finish fills in what people read: where, of what, which reports, and why.
func (s *hotspotSearch) finish(ctx context.Context, g *gathered, c *candidate) error {
	c.ID = c.identity(s.Detector)
	for _, at := range []*time.Time{&c.From, &c.To, &c.Baseline.From, &c.Baseline.To} {
		*at = at.UTC()
	}
	if len(c.parts) == 1 {
		o := s.object(c.parts[0].objectType)
		c.ObjectType = &o
	}
	c.District = s.mostly(g, c)
	if e, ok := c.extent(); ok {
		c.Place = &HotspotPlace{Lon: e.Lon, Lat: e.Lat, RadiusM: math.Round(e.RadiusM*10) / 10, Bound: e.Bound}
	}
	for _, p := range c.parts {
		for _, i := range p.members {
			c.Reports = append(c.Reports, HotspotReport{ID: report.ID(p.points[i].ID), RegisteredAt: time.Unix(p.points[i].At, 0).UTC()})
		}
	}
	slices.SortFunc(c.Reports, func(a, b HotspotReport) int {
		return cmp.Or(a.RegisteredAt.Compare(b.RegisteredAt), cmp.Compare(a.ID, b.ID))
	})
	c.Reports = c.Reports[:min(len(c.Reports), maxHotspotReports)]
	ids := make([]report.ID, len(c.Reports))
	for i, r := range c.Reports {
		ids[i] = r.ID
	}
	codes, err := s.desk.store.ReportCodes(ctx, ids)
	if err != nil {
		return err
	}
	for i, r := range c.Reports {
		c.Reports[i].Code = codes[r.ID]
	}
	c.English, c.Italian = s.say(c.Hotspot)
	return nil
}

func (s *hotspotSearch) object(id string) HotspotObject {
	if o, ok := s.named[id]; ok {
		return o
	}
	return HotspotObject{ID: id, Code: id, Name: "an object that is no longer in the catalogue", NameIt: "un oggetto non più in catalogo"}
}

// mostly returns the district of most of the reports; of equals, the first by
// code.
func (s *hotspotSearch) mostly(g *gathered, c *candidate) *AreaView {
	count, best := map[string]int{}, AreaView{}
	for _, p := range c.parts {
		for _, i := range p.members {
			id := g.districts[p.district[i]]
			code := s.districtCode(id)
			if code == "" {
				continue
			}
			count[code]++
			if n, most := count[code], count[best.Code]; best.Code == "" || n > most || n == most && code < best.Code {
				best = AreaView{ID: string(id), Code: code}
			}
		}
	}
	if best.Code == "" {
		return nil
	}
	if a, ok := s.areas.ByID(geo.AreaID(best.ID)); ok {
		best.Name = a.Name
	}
	return &best
}

// note adds what to keep in mind.
func (s *hotspotSearch) note(g *gathered, out *Hotspots) {
	least := map[HotspotDetector]int{DetectTrend: cluster.LeastWeeksTrend, DetectExcess: cluster.LeastWeeksExcess}[s.Detector]
	weeks := out.Baseline.Weeks
	switch {
	case weeks < least:
		out.Notes = append(out.Notes, HotspotNote{
			Code: "little_history",
			English: counted(weeks, "There is one whole week", "There are %d whole weeks") +
				fmt.Sprintf(" of reports before this window, and this detector needs %d: it says nothing.", least),
			Italian: "Prima di questo intervallo " + counted(weeks, "c'è una sola settimana intera", "ci sono %d settimane intere") +
				fmt.Sprintf(" di segnalazioni, e a questo rilevatore ne servono %d: non dice nulla.", least),
		})
	case weeks < cluster.HistoryWeeks:
		out.Notes = append(out.Notes, HotspotNote{
			Code: "little_history",
			English: counted(weeks, "There is only one whole week", "There are only %d whole weeks") +
				fmt.Sprintf(" of reports before this window, instead of %d: what is expected is uncertain.", cluster.HistoryWeeks),
			Italian: "Prima di questo intervallo " + counted(weeks, "c'è una sola settimana intera", "ci sono solo %d settimane intere") +
				fmt.Sprintf(" di segnalazioni, invece di %d: il valore atteso è incerto.", cluster.HistoryWeeks),
		})
	}
	if g.unplaced > 0 && s.Detector != DetectTrend {
		out.Notes = append(out.Notes, HotspotNote{
			Code:    "no_position",
			English: counted(g.unplaced, "One of the reports has no position yet and could not be looked at.", "%d of the reports have no position yet and could not be looked at."),
			Italian: counted(g.unplaced, "Una segnalazione non ha ancora una posizione e non si è potuta esaminare.", "%d segnalazioni non hanno ancora una posizione e non si sono potute esaminare."),
		})
	}
}

// counted says how many: many has a %d for the number.
func counted(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// Headline says in a sentence what was found among how much.
func (h Hotspots) Headline() (english, italian string) {
	from, to := h.From.Format(time.RFC3339), h.To.Format(time.RFC3339)
	return counted(len(h.Hotspots), "1 hot spot", "%d hot spots") + " among " + counted(h.Reports, "1 report", "%d reports") +
			" from " + from + " to " + to + ", after " + counted(h.Baseline.Weeks, "1 week", "%d weeks") + " of history",
		counted(len(h.Hotspots), "1 punto caldo", "%d punti caldi") + " fra " + counted(h.Reports, "1 segnalazione", "%d segnalazioni") +
			" dal " + from + " al " + to + ", dopo " + counted(h.Baseline.Weeks, "1 settimana", "%d settimane") + " di storia"
}

// say puts into a sentence why a hot spot is one.
func (s *hotspotSearch) say(h Hotspot) (english, italian string) {
	object, oggetto := "several objects", "più oggetti"
	if h.ObjectType != nil {
		object, oggetto = h.ObjectType.Name, cmp.Or(h.ObjectType.NameIt, h.ObjectType.Name)
	}
	if h.District != nil {
		name := cmp.Or(h.District.Name, h.District.Code)
		object, oggetto = object+" in "+name, oggetto+" in "+name
	}
	from, to := h.From.In(s.zone), h.To.In(s.zone)
	radius := 0.0
	if h.Place != nil {
		radius = h.Place.RadiusM
	}
	b := h.Baseline
	switch h.Rule {
	case ruleDense:
		return fmt.Sprintf("%d reports (%s) lie within %.0f m of one place, from %s to %s; %s before this window there %s around it.",
				h.Count, object, radius, from.Format(time.DateOnly), to.Format(time.DateOnly),
				counted(b.Weeks, "in the week", "in the %d weeks"), counted(b.Reports, "was 1", "were %d")),
			fmt.Sprintf("%d segnalazioni (%s) stanno entro %.0f m da un punto, dal %s al %s; %s prima di questo intervallo lì intorno %s.",
				h.Count, oggetto, radius, from.Format(time.DateOnly), to.Format(time.DateOnly),
				counted(b.Weeks, "nella settimana", "nelle %d settimane"), counted(b.Reports, "ce n'era 1", "ce n'erano %d"))
	case ruleReopened:
		return fmt.Sprintf("%d reports (%s) of one place or asset, registered from %s to %s, had to be opened again.",
				h.Count, object, from.Format(time.DateOnly), to.Format(time.DateOnly)),
			fmt.Sprintf("%d segnalazioni (%s) di uno stesso punto o bene, registrate dal %s al %s, si sono dovute riaprire.",
				h.Count, oggetto, from.Format(time.DateOnly), to.Format(time.DateOnly))
	case ruleWeekday:
		day := int(from.Weekday())
		return fmt.Sprintf("%d reports (%s) on %s %s: on the same weekday of the %d weeks before the median was %s, and the limit %s.",
				h.Count, object, weekdays[day][0], from.Format(time.DateOnly), b.Weeks, plain(b.Median), plain(b.Threshold)),
			fmt.Sprintf("%d segnalazioni (%s) %s %s: nello stesso giorno delle %d settimane prima la mediana era %s, e il limite %s.",
				h.Count, oggetto, weekdays[day][1], from.Format(time.DateOnly), b.Weeks, plain(b.Median), plain(b.Threshold))
	default:
		const minute = "2006-01-02 15:04"
		return fmt.Sprintf("%d reports (%s) in a square of %.0f m from %s to %s, where %.2g were expected after %d weeks (p = %.1e, q = %.1e).",
				h.Count, object, s.EpsM, from.Format(minute), to.Format(minute), b.Expected, b.Weeks, *h.P, *h.Q),
			fmt.Sprintf("%d segnalazioni (%s) in un quadrato di %.0f m dal %s al %s, dove dopo %d settimane se ne aspettavano %.2g (p = %.1e, q = %.1e).",
				h.Count, oggetto, s.EpsM, from.Format(minute), to.Format(minute), b.Weeks, b.Expected, *h.P, *h.Q)
	}
}

var weekdays = [7][2]string{
	{"Sunday", "domenica"},
	{"Monday", "lunedì"},
	{"Tuesday", "martedì"},
	{"Wednesday", "mercoledì"},
	{"Thursday", "giovedì"},
	{"Friday", "venerdì"},
	{"Saturday", "sabato"},
}

func plain(v *float64) string {
	if v == nil {
		return "?"
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}
