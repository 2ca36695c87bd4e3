package geo

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sestante/sestante/fault"
)

// MaxWord is how many characters the code and the name of an area may have.
const MaxWord = 200

// MaxPriority bounds the priority of an area, on either side of 0.
const MaxPriority = 1_000_000_000

// The faults of what an area is called.
var (
	ErrWords = fault.Define(fault.Invalid, "geo.words",
		"A code or a name is one line of at most 200 characters, without control characters: shorten or clean it.",
		"Un codice o un nome è una sola riga di al massimo 200 caratteri, senza caratteri di controllo: abbrevialo o ripuliscilo.")
	ErrPriority = fault.Define(fault.Invalid, "geo.priority",
		"A priority is a whole number from -1000000000 to 1000000000: correct it, or name the property that holds it.",
		"Una priorità è un numero intero da -1000000000 a 1000000000: correggila, oppure indica la proprietà che la contiene.")
)

// CheckWords returns ErrWords when the code or the name of the area cannot be
// shown on one line: when it has more than MaxWord characters, or a line break
// or another control character (a NUL among them), or is not UTF-8. Blanks
// around them are the caller's to take away. Every door asks it: an import,
// and through Validate whoever saves an area by hand.
func (a Area) CheckWords() error {
	for _, w := range []struct{ field, text string }{{"code", a.Code}, {"name", a.Name}} {
		if why := strange(w.text); !why.Empty() {
			return ErrWords.In(w.field).WithWords(why)
		}
	}
	return nil
}

// strange says why a text is not one line that can be shown, and nothing when
// it is.
func strange(text string) fault.Words {
	if !utf8.ValidString(text) {
		return fault.Say("it is not UTF-8", "non è in UTF-8")
	}
	n := 0
	for _, r := range text {
		n++
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return fault.Say("character %d is %U", "il carattere %d è %U", n, r)
		}
	}
	if n > MaxWord {
		return fault.Say("%d characters", "%d caratteri", n)
	}
	return fault.Words{}
}

// naming asks for what an area needs beside its border: words that can be
// shown, and a priority that is one. Properties that are not named are not
// asked for.
func (f Feature) naming(code, name, priority string) *Problem {
	for _, property := range []string{code, name} {
		if property == "" {
			continue
		}
		if why := strange(f.Text(property)); !why.Empty() {
			return &Problem{Fault: ErrWords, Note: fault.Say("property %q: %s", "proprietà %q: %s", property, why)}
		}
	}
	if _, ok := f.priority(priority); !ok {
		return &Problem{Fault: ErrPriority, Note: fault.Say("property %q is %s", "la proprietà %q è %s", priority, f.shown(priority))}
	}
	return nil
}

// priority is 0 when the feature has none; ok is false when it has something
// that is no priority.
func (f Feature) priority(property string) (n int, ok bool) {
	if property == "" {
		return 0, true
	}
	switch v := f.Properties[property].(type) {
	case nil:
		return 0, true
	case string:
		if strings.TrimSpace(v) == "" {
			return 0, true
		}
	}
	n, ok = f.Integer(property)
	return n, ok && n >= -MaxPriority && n <= MaxPriority
}

// shown is the value of a property for a message.
func (f Feature) shown(property string) string {
	switch v := f.Properties[property].(type) {
	case string:
		return `"` + printable(v) + `"`
	case json.RawMessage:
		return printable(string(v))
	default:
		return printable(fmt.Sprint(v))
	}
}

// mostDigits is how long a whole number is written out: longer ones are no
// codes of anybody's, and a short text could mean a very long one.
const mostDigits = 40

// plainNumber writes a number as every format has to have it: a whole one as its
// digits, whatever zeros or exponent it came with, exactly; any other as the
// shortest decimal that is the same number.
func plainNumber(n json.Number) string {
	text := string(n)
	mantissa, power, hasPower := strings.Cut(strings.ToLower(text), "e")
	exponent := 0
	if hasPower {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			return text
		}
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimRight(whole+fraction, "0")
	point := len(whole) + exponent - (len(whole+fraction) - len(strings.TrimLeft(whole+fraction, "0")))
	digits = strings.TrimLeft(digits, "0")
	switch {
	case strings.Trim(digits, "0123456789") != "" || whole+fraction == "":
		return text // no number that anybody wrote
	case digits == "":
		return "0"
	case len(digits) <= point && point <= mostDigits:
		digits += strings.Repeat("0", point-len(digits))
		if negative {
			return "-" + digits
		}
		return digits
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if size := math.Abs(v); size >= 1e-7 && size < 1e21 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
