package desk

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// Checked returns ErrAreaChecked with what an edit would change, a point for each
// sentence, about the field that asked for it.
func Checked(edit AreaEdit, p EditPreview, field string) *fault.Error {
	f := ErrAreaChecked.In(field)
	point := func(sentences string) string { return "\n• " + strings.ReplaceAll(sentences, "\n", "\n• ") }
	f.Text += point(SayEdit(edit, p, "en"))
	f.Italian += point(SayEdit(edit, p, "it"))
	return f
}

// mostSaid bounds how many findings, and how many ways of reports, are said of
// an edit; the rest is counted.
const mostSaid = 5

// SayEdit says what an edit by hand would change, a sentence a line: which
// versions begin and end, territory gained and lost, the worst gaps and
// overlaps with their place and size, and how many open reports would change
// owner. It speaks Italian for "it" and English else.
func SayEdit(edit AreaEdit, p EditPreview, lang string) string {
	s := areaSpeech{italian: strings.HasPrefix(strings.ToLower(lang), "it")}
	s.versions(edit, p.AreaPreview)
	s.territory(p.Territory, p.around)
	s.survey(p.Survey)
	s.reports(p.AreaPreview)
	return strings.Join(s.lines, "\n")
}

// areaSpeech gathers what is said.
type areaSpeech struct {
	italian bool
	lines   []string
}

func (s *areaSpeech) add(line string) { s.lines = append(s.lines, line) }

// in returns the sentence of the language.
func (s *areaSpeech) in(english, italian string) string {
	if s.italian {
		return italian
	}
	return english
}

// number writes a number with so many decimals.
func (s *areaSpeech) number(v float64, decimals int) string {
	text := fmt.Sprintf("%.*f", decimals, v)
	if s.italian {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// size writes square metres as a person would.
func (s *areaSpeech) size(m2 float64) string {
	switch {
	case m2 >= 1e8:
		return s.number(m2/1e6, 0) + " km²"
	case m2 >= 1e5:
		return s.number(m2/1e6, 2) + " km²"
	case m2 >= 10:
		return s.number(m2, 0) + " m²"
	default:
		return s.number(m2, 2) + " m²"
	}
}

// when writes a moment; the dashboard shows and takes UTC.
func when(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") + " UTC" }

func (s *areaSpeech) nobody(code string) string {
	if code == "" {
		return s.in("no area", "nessuna area")
	}
	return code
}

// versions says which versions of the area begin and end.
func (s *areaSpeech) versions(edit AreaEdit, p AreaPreview) {
	c := p.Changes
	switch {
	case !c.Any():
		s.add(s.in("No place would get another owner, and no area another name.", "Nessun luogo cambierebbe area e nessuna area cambierebbe nome."))
	case edit.Splits():
		s.add(fmt.Sprintf(s.in("%s was used for reports: its version would end on %s, and a new version begin then.",
			"%s è già servita per delle segnalazioni: la sua versione finirebbe il %s, e da allora ne comincerebbe una nuova."), edit.Was.Code, when(p.At)))
	case edit.Was == nil:
		s.add(fmt.Sprintf(s.in("A new area would begin: %s %s, %s.", "Comincerebbe una nuova area: %s %s, %s."), edit.Is[0].Kind, edit.Is[0].Code, s.since(edit.Is[0])))
	case len(c.Added)+len(c.Changed) == 0:
		s.add(fmt.Sprintf(s.in("%s would end on %s.", "%s finirebbe il %s."), edit.Was.Code, when(p.At)))
	case edit.Was.Code != edit.Is[0].Code:
		s.add(fmt.Sprintf(s.in("This version of %s would be rewritten as %s.", "Questa versione di %s verrebbe riscritta come %s."), edit.Was.Code, edit.Is[0].Code))
	default:
		s.add(fmt.Sprintf(s.in("This version of %s would be rewritten; no other begins.", "Questa versione di %s verrebbe riscritta; non ne comincia un'altra."), edit.Was.Code))
	}
}

func (s *areaSpeech) since(a geo.Area) string {
	if a.ValidFrom.IsZero() {
		return s.in("since always", "da sempre")
	}
	return fmt.Sprintf(s.in("from %s", "dal %s"), when(a.ValidFrom))
}

// territory says how much land goes where.
func (s *areaSpeech) territory(c geo.Comparison, around []geo.Transfer) {
	if c.Rough {
		s.add(s.in("The borders are too tangled to say which territory moves.", "I confini sono troppo intricati per dire quale territorio si sposta."))
		return
	}
	for _, a := range c.Changed {
		s.labels(a.Labels)
		if a.Border {
			s.border(a)
			s.gains(a.Code, a.GainedM2, around)
			s.losses(a.Code, a.LostM2, around)
		}
	}
	for _, t := range c.Transfers {
		if t.From != "" && t.To != "" {
			s.add(fmt.Sprintf(s.in("%s would pass from %s to %s.", "%s passerebbero da %s a %s."), s.size(t.AreaM2), t.From, t.To))
		}
	}
	for _, a := range c.Added {
		s.add(fmt.Sprintf(s.in("%s would cover %s.", "%s coprirebbe %s."), a.Code, s.size(a.NewM2)))
		s.gains(a.Code, a.NewM2, around)
	}
	for _, a := range c.Removed {
		s.add(fmt.Sprintf(s.in("%s would leave %s.", "%s lascerebbe %s."), a.Code, s.size(a.OldM2)))
		s.losses(a.Code, a.OldM2, around)
	}
}

// gains says whose the territory is today that an area would gain.
func (s *areaSpeech) gains(code string, m2 float64, around []geo.Transfer) {
	var parts []string
	for _, t := range around {
		if t.To == code {
			parts = append(parts, t.From+" "+s.size(t.AreaM2))
			m2 -= t.AreaM2
		}
	}
	switch {
	case around == nil: // nobody looked
	case len(parts) > 0:
		s.add(fmt.Sprintf(s.in("What %s gains belongs today to: %s.", "Ciò che %s guadagna oggi è di: %s."), code, s.shares(parts, m2)))
	case m2 >= 1:
		s.add(fmt.Sprintf(s.in("What %s gains belongs today to nobody.", "Ciò che %s guadagna oggi non è di nessuna area."), code))
	}
}

// losses says whose the territory would be that an area loses.
func (s *areaSpeech) losses(code string, m2 float64, around []geo.Transfer) {
	var parts []string
	for _, t := range around {
		if t.From == code {
			parts = append(parts, t.To+" "+s.size(t.AreaM2))
			m2 -= t.AreaM2
		}
	}
	switch {
	case around == nil: // nobody looked
	case len(parts) > 0:
		s.add(fmt.Sprintf(s.in("What %s loses would belong to: %s.", "Ciò che %s perde sarebbe di: %s."), code, s.shares(parts, m2)))
	case m2 >= 1:
		s.add(fmt.Sprintf(s.in("What %s loses would belong to nobody.", "Ciò che %s perde non sarebbe di nessuna area."), code))
	}
}

// shares lists the largest shares, and what is left for nobody.
func (s *areaSpeech) shares(parts []string, left float64) string {
	more := len(parts) - mostSaid
	parts = parts[:min(len(parts), mostSaid)]
	if more > 0 {
		parts = append(parts, fmt.Sprintf(s.in("%d others", "%d altre"), more))
	}
	if left >= 1 {
		parts = append(parts, s.in("nobody ", "nessuna area ")+s.size(left))
	}
	return strings.Join(parts, ", ")
}

// border says how far a border moves, and what is gained and lost by it.
func (s *areaSpeech) border(a geo.AreaChange) {
	var moves []string
	if a.GainedM2 > 0 {
		moves = append(moves, fmt.Sprintf(s.in("gains %s", "guadagna %s"), s.size(a.GainedM2)))
	}
	if a.LostM2 > 0 {
		moves = append(moves, fmt.Sprintf(s.in("loses %s", "perde %s"), s.size(a.LostM2)))
	}
	if a.ShiftedAt != nil {
		moves = append(moves, fmt.Sprintf(s.in("the border moves by up to %s m near %.6f,%.6f", "il confine si sposta fino a %s m presso %.6f,%.6f"),
			s.number(math.Round(a.ShiftM), 0), a.ShiftedAt[0], a.ShiftedAt[1]))
	}
	if len(moves) > 0 {
		s.add(a.Code + ": " + strings.Join(moves, ", ") + ".")
	}
}

func (s *areaSpeech) labels(names []string) {
	if len(names) > 0 {
		s.add(fmt.Sprintf(s.in("Fields that would change: %s.", "Campi che cambierebbero: %s."), strings.Join(names, ", ")))
	}
}

// survey says how the areas would fit together: how much of what there is, and
// the worst of each sort.
func (s *areaSpeech) survey(r geo.SurveyReport) {
	if r.Areas > 0 && len(r.Findings) == 0 {
		s.add(s.in("No gap between neighbours and no overlap.", "Nessun vuoto fra vicine e nessuna sovrapposizione."))
	}
	const mostSaidOfKind = 2
	said, of := 0, map[geo.FindingKind]int{}
	for _, f := range r.Findings {
		if of[f.Kind] == mostSaidOfKind || said == mostSaid {
			continue
		}
		of[f.Kind]++
		said++
		s.add(s.in(f.Text, f.Italian))
	}
	switch more := len(r.Findings) + r.Left - said; {
	case more == 1:
		s.add(s.in("And one finding more of that sort.", "E un altro rilievo simile."))
	case more > 1:
		s.add(fmt.Sprintf(s.in("And %d findings more of that sort.", "E altri %d rilievi simili."), more))
	}
}

// reports says how many open reports would change owner, and which way.
func (s *areaSpeech) reports(p AreaPreview) {
	if !p.Changes.Any() {
		return
	}
	r := p.Reports
	if r.Moving == 0 {
		s.add(fmt.Sprintf(s.in("Open reports that would change owner: 0 of %d.", "Segnalazioni aperte che cambierebbero area: 0 su %d."), r.Checked))
		return
	}
	var ways []string
	for _, f := range r.Flows[:min(len(r.Flows), mostSaid)] {
		ways = append(ways, fmt.Sprintf(s.in("%d from %s to %s", "%d da %s a %s"), f.Reports, s.nobody(f.From), s.nobody(f.To)))
	}
	if more := len(r.Flows) - mostSaid; more > 0 {
		ways = append(ways, fmt.Sprintf(s.in("other ways: %d", "altri percorsi: %d"), more))
	}
	s.add(fmt.Sprintf(s.in("Open reports that would change owner: %d of %d (%s).", "Segnalazioni aperte che cambierebbero area: %d su %d (%s)."),
		r.Moving, r.Checked, strings.Join(ways, "; ")))
}
