package geo

import (
	"fmt"
	"strconv"
	"strings"
)

// wording is what is said of a kind of finding, in English and in Italian.
var wording = map[FindingKind][2]string{
	FoundOverlap: {
		"{areas} cover the same {size} (mean width {width}) near {place}: give the place to one of them.",
		"{areas} coprono gli stessi {size} (larghezza media {width}) presso {place}: assegna il luogo a una sola.",
	},
	FoundGap: {
		"Between {areas} there are {size} (mean width {width}) near {place} that nobody covers: make their borders meet.",
		"Fra {areas} restano {size} (larghezza media {width}) presso {place} che nessuna copre: fai combaciare i confini.",
	},
	FoundHole: {
		"Nobody covers {size} inside {areas} near {place}: if that is not meant, give the place to somebody.",
		"Nessuna area copre {size} all'interno di {areas} presso {place}: se non è voluto, assegna il luogo a qualcuno.",
	},
	FoundSliver: {
		"{areas} is only {width} wide over {length} near {place} ({size}): widen it or leave it out.",
		"{areas} è larga solo {width} per {length} presso {place} ({size}): allargala o togli quel pezzo.",
	},
	FoundSpike: {
		"The border of {areas} runs out and back for {length} near {place}: remove the point at the tip.",
		"Il confine di {areas} va e torna per {length} presso {place}: togli il punto in cima.",
	},
	FoundDuplicate: {
		"{count} points of {areas} lie closer than {width} to the one before, first near {place}: one of each pair is enough.",
		"{count} punti di {areas} distano meno di {width} dal precedente, il primo presso {place}: di ogni coppia ne basta uno.",
	},
	FoundUnmatched: {
		"{areas} share {length} of border, from {place} on, but not point by point: import them with snapping, so that every point keeps one owner.",
		"{areas} condividono {length} di confine, a partire da {place}, ma non punto per punto: importale con l'aggancio, perché ogni punto abbia un solo proprietario.",
	},
	FoundTangled: {
		"The borders are too tangled to be surveyed: simplify them.",
		"I confini sono troppo intricati per essere esaminati: semplificali.",
	},
}

// inWords returns the finding with its sentences.
func (f Finding) inWords() Finding {
	w, ok := wording[f.Kind]
	if !ok {
		return f // an invalid area speaks for itself
	}
	say := func(text, and string, comma bool) string {
		number := func(v float64, unit string) string {
			text := measure(v)
			if comma {
				text = strings.Replace(text, ".", ",", 1)
			}
			return text + " " + unit
		}
		return strings.NewReplacer(
			"{areas}", enumerate(f.Areas, and), "{place}", fmt.Sprintf("%.6f,%.6f", f.Place[0], f.Place[1]),
			"{size}", number(f.AreaM2, "m²"), "{width}", number(f.WidthM, "m"), "{length}", number(f.LengthM, "m"),
			"{count}", strconv.Itoa(f.Count),
		).Replace(text)
	}
	f.Text, f.Italian = say(w[0], "and", false), say(w[1], "e", true)
	return f
}

// measure writes metres and square metres as a person would round them.
func measure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// enumerate joins codes; of many it names the first few.
func enumerate(codes []string, and string) string {
	const most = 6
	if len(codes) > most {
		return strings.Join(codes[:most], ", ") + " …"
	}
	if len(codes) < 2 {
		return strings.Join(codes, "")
	}
	last := len(codes) - 1
	return strings.Join(codes[:last], ", ") + " " + and + " " + codes[last]
}
