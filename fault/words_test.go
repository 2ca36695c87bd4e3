package fault_test

import (
	"fmt"
	"testing"

	"github.com/sestante/sestante/fault"
)

func TestWords(t *testing.T) {
	nested := fault.Say("line %d, %s", "riga %d, %s", 7, fault.Say("at the end", "alla fine"))
	for _, c := range []struct {
		words    fault.Words
		lang     string
		want     string
		sentence string
	}{
		{nested, "en", "line 7, at the end", "The ring is open (line 7, at the end)."},
		{nested, "it-IT", "riga 7, alla fine", "L'anello è aperto (riga 7, alla fine)."},
		{nested, "de", "line 7, at the end", "The ring is open (line 7, at the end)."},
		{fault.Plain("9.1,45"), "it", "9.1,45", "L'anello è aperto (9.1,45)."},
		{fault.Words{}, "it", "", "L'anello è aperto."},
		{fault.Join([]fault.Words{fault.Plain("A"), {}, nested}, "; "), "it", "A; riga 7, alla fine", "L'anello è aperto (A; riga 7, alla fine)."},
	} {
		got := fault.Of(fmt.Errorf("import: %w", errRing.WithWords(c.words)))
		if c.words.In(c.lang) != c.want || got.Say(c.lang) != c.sentence || got.Words() != c.words {
			t.Errorf("%q in %s = %q, %q, want %q, %q", c.words.English, c.lang, c.words.In(c.lang), got.Say(c.lang), c.want, c.sentence)
		}
	}
	// With takes the place of what was said before.
	if got := errRing.WithWords(nested).With("9"); got.Say("it") != "L'anello è aperto (9)." {
		t.Errorf("Say = %q", got.Say("it"))
	}
}
