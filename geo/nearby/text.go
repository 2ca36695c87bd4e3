package nearby

import (
	"slices"
	"strings"
	"unicode"
)

// mostRunes is as much of a text as is compared.
const mostRunes = 1000

// trigrams returns every three runes in a row of each word of a text, sorted,
// each once: lower case, without accents, a word with two blanks before it and
// one behind, as PostgreSQL's pg_trgm takes them.
func trigrams(text string) []uint64 {
	var out []uint64
	a, b := ' ', ' '
	word, n := false, 0
	end := func() {
		if word {
			out = append(out, pack(a, b, ' '))
		}
		a, b, word = ' ', ' ', false
	}
	for _, r := range text {
		if n++; n > mostRunes {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		r = plain(unicode.ToLower(r))
		out = append(out, pack(a, b, r))
		a, b, word = b, r, true
	}
	end()
	slices.Sort(out)
	return slices.Compact(out)
}

func pack(a, b, c rune) uint64 { return uint64(a)<<42 | uint64(b)<<21 | uint64(c) }

// plain takes the accents of the languages spoken here off a letter.
func plain(r rune) rune {
	const accented, without = "àáâäèéêëìíîïòóôöùúûüçñ", "aaaaeeeeiiiioooouuuucn"
	if r < 0x80 {
		return r
	}
	if i := strings.IndexRune(accented, r); i >= 0 {
		return rune(without[i/2]) // each of them takes two bytes
	}
	return r
}

// likeness is Jaccard's index of two sets of trigrams: how many they share, of
// how many there are. It is -1 when one of them is empty.
func likeness(a, b []uint64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return -1
	}
	shared := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			shared, i, j = shared+1, i+1, j+1
		}
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}
