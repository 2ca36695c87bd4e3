package notify

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"text/template"
	"time"
)

// Languages lists the languages notices are written in. The first is used for
// whoever asks for none of them.
var Languages = []string{"it", "en"}

// Language returns the first of the wanted languages that notices are written
// in; it-IT asks for it. Empty and unknown ones are passed over.
func Language(wanted ...string) string {
	for _, w := range wanted {
		base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(w, "_", "-")), "-")
		for _, known := range Languages {
			if base == known {
				return known
			}
		}
	}
	return Languages[0]
}

// A Text is a notice in words.
type Text struct {
	Title    string
	Body     string
	Language string
}

//go:embed texts/*.tmpl
var texts embed.FS

// catalogue parses the embedded texts, once.
var catalogue = sync.OnceValues(func() (map[string]*template.Template, error) {
	out := map[string]*template.Template{}
	for _, lang := range Languages {
		t, err := template.New(lang).Funcs(template.FuncMap{
			"day":    func(date string) string { return day(lang, date) },
			"reason": func(code string) string { return reasons[lang][code] },
		}).ParseFS(texts, "texts/"+lang+".tmpl")
		if err != nil {
			return nil, fmt.Errorf("read the %s texts: %w", lang, err)
		}
		out[lang] = t
	}
	return out, nil
})

// words is what a template sees: the parameters, and the object in its own
// language.
type words struct {
	Params
	Object string
}

// Render puts n into words in one of Languages; any other language reads the
// first of them. A cause without words is ErrCause.
func Render(n Notice, language string) (Text, error) {
	language = Language(language)
	all, err := catalogue()
	if err != nil {
		return Text{}, err
	}
	w := words{Params: n.Params, Object: n.Params.ObjectIt}
	if language == "en" {
		w.Object = n.Params.ObjectEn
	}
	out := Text{Language: language}
	for part, dst := range map[string]*string{".title": &out.Title, ".body": &out.Body} {
		t := all[language].Lookup(string(n.Cause) + part)
		if t == nil {
			return Text{}, fmt.Errorf("render %s in %s: %w", n.Cause, language, ErrCause.In("cause").With("%s", n.Cause))
		}
		var b strings.Builder
		if err := t.Execute(&b, w); err != nil {
			return Text{}, fmt.Errorf("render %s in %s: %w", n.Cause, language, err)
		}
		*dst = strings.Join(strings.Fields(b.String()), " ")
	}
	return out, nil
}

var months = map[string][]string{
	"it": {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// day writes 2027-03-08 as people say it: 8 marzo 2027, 8 March 2027.
func day(lang, date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %s %d", t.Day(), months[lang][t.Month()-1], t.Year())
}

// reasons says in words why work waits (domain SLA-06) or is not done here.
// Codes that are not listed are left out of the sentence; they travel in the
// report itself.
var reasons = map[string]map[string]string{
	"it": {
		"waiting_reporter": "si attende una risposta di chi ha segnalato", "waiting_third_party": "si attende un altro ente",
		"no_access": "il luogo non è accessibile", "weather_safety": "il tempo non permette di lavorare in sicurezza",
		"materials": "si attendono i materiali", "not_responsible": "non è di nostra competenza",
		"not_found": "il problema non è stato trovato", "invalid": "la segnalazione non è utilizzabile",
		"fixed": "il problema è stato risolto", "no_action": "non è necessario intervenire",
	},
	"en": {
		"waiting_reporter": "an answer of the reporter is awaited", "waiting_third_party": "we are waiting for another body",
		"no_access": "the place cannot be reached", "weather_safety": "the weather makes work unsafe",
		"materials": "we are waiting for materials", "not_responsible": "it is not ours to do",
		"not_found": "the problem was not found", "invalid": "the report cannot be used",
		"fixed": "the problem has been fixed", "no_action": "no action is needed",
	},
}
