package nearby

import (
	"fmt"
	"math"
	"strings"
)

// Say puts into a sentence what the suggestion rests on, in Italian when lang
// is "it" and in English otherwise.
func (s Suggestion) Say(lang string) string {
	it := lang == "it"
	pick := func(english, italian string) string {
		if it {
			return italian
		}
		return english
	}
	parts := []string{fmt.Sprintf(pick("%d m away", "A %d m"), int(math.Round(s.Metres)))}
	if s.ErrorM >= 20 {
		parts[0] += fmt.Sprintf(pick(" (give or take %d m)", " (circa %d m in più o in meno)"), int(math.Round(s.ErrorM)))
	}
	switch s.Kin {
	case Same:
		parts = append(parts, pick("the same kind of object", "lo stesso tipo di oggetto"))
	case Sibling, Parent:
		parts = append(parts, pick("a related kind of object", "un tipo di oggetto affine"))
	case Unrelated:
	}
	if s.Hours < 0 {
		parts = append(parts, pick("reported ", "segnalata ")+span(-s.Hours, it)+pick(" later", " dopo"))
	} else {
		parts = append(parts, pick("reported ", "segnalata ")+span(s.Hours, it)+pick(" before", " prima"))
	}
	if s.Closed {
		parts = append(parts, pick("closed ", "chiusa da ")+span(max(0, s.ClosedHours), it)+pick(" ago", ""))
	}
	if s.Text >= 0.5 {
		parts = append(parts, pick("in similar words", "con parole simili"))
	}
	if s.AlikePhotos() {
		parts = append(parts, fmt.Sprintf(pick("with photos that look alike (%d of 64 bits differ)", "con foto che si somigliano (%d bit diversi su 64)"), s.PhotoBits))
	}
	return strings.Join(parts, ", ") + "."
}

// span puts hours into words.
func span(hours float64, it bool) string {
	units := []struct {
		hours              float64
		one, many, uno, pi string
	}{
		{24, "day", "days", "giorno", "giorni"},
		{1, "hour", "hours", "ora", "ore"},
		{1.0 / 60, "minute", "minutes", "minuto", "minuti"},
	}
	for _, u := range units {
		n := int64(min(math.Floor(hours/u.hours+1e-9), 1e6))
		if n < 1 || u.hours == 24 && n < 2 {
			continue
		}
		word := u.many
		switch {
		case it && n == 1:
			word = u.uno
		case it:
			word = u.pi
		case n == 1:
			word = u.one
		}
		return fmt.Sprintf("%d %s", n, word)
	}
	if it {
		return "meno di un minuto"
	}
	return "less than a minute"
}
