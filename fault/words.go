package fault

import (
	"fmt"
	"strings"
)

// Words are what a person reads beside a sentence, in English and in Italian.
// Without Italian they are the same in both: a number, a name.
type Words struct {
	English string `json:"en"`
	Italian string `json:"it,omitempty"`
}

// Say returns words in both languages, each with the same values in it, as
// fmt.Sprintf puts them there. A value that is Words itself is put into each
// sentence in its language.
func Say(english, italian string, args ...any) Words {
	return Words{English: fmt.Sprintf(english, in("en", args)...), Italian: fmt.Sprintf(italian, in("it", args)...)}
}

// Plain returns what reads the same in every language: a number, a name.
func Plain(text string) Words { return Words{English: text} }

// In returns the words for a person who reads lang ("it"; anything else reads
// English).
func (w Words) In(lang string) string {
	if italian(lang) && w.Italian != "" {
		return w.Italian
	}
	return w.English
}

// Empty reports whether there is nothing to say.
func (w Words) Empty() bool { return w.English == "" }

// Join puts what there is to say into one list, with separator between.
func Join(all []Words, separator string) Words {
	var english, italian []string
	for _, w := range all {
		if !w.Empty() {
			english, italian = append(english, w.English), append(italian, w.In("it"))
		}
	}
	return Words{English: strings.Join(english, separator), Italian: strings.Join(italian, separator)}
}

// in returns the values as they are put into the sentence of one language.
func in(lang string, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		if w, ok := a.(Words); ok {
			a = w.In(lang)
		}
		out[i] = a
	}
	return out
}

func italian(lang string) bool { return strings.HasPrefix(strings.ToLower(lang), "it") }
