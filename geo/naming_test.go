package geo_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// properties is a collection of one feature with those properties.
func properties(text string) string {
	return featureCollection(`{"type":"Feature","properties":` + text + `,"geometry":{"type":"Polygon","coordinates":` + box + `}}`)
}

func TestNumbersAreTheSameInEveryForm(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{json.Number("16"), "16"},
		{json.Number("16.0"), "16"},
		{json.Number("16.000000000000000"), "16"},
		{json.Number("1.6e1"), "16"},
		{json.Number("1.6E+01"), "16"},
		{json.Number("160e-1"), "16"},
		{json.Number("-3.0"), "-3"},
		{json.Number("-0.0"), "0"},
		{json.Number("0e9"), "0"},
		{json.Number("1e20"), "100000000000000000000"},
		{json.Number("12345678901234567890"), "12345678901234567890"},
		{json.Number("12345678901234567890.000"), "12345678901234567890"},
		{json.Number("15.500000000000000"), "15.5"},
		{json.Number("155e-1"), "15.5"},
		{json.Number("0.1000"), "0.1"},
		{json.Number("0.0160"), "0.016"},
		{json.Number("1e-9"), "1e-09"},
		{json.Number("1e300"), "1e+300"},
		{json.Number("1e999999999999"), "1e999999999999"},
		{"016001", "016001"},
		{" 16.0 ", "16.0"},
		{"", ""},
		{true, ""},
		{nil, ""},
	} {
		f := geo.Feature{Properties: map[string]any{"n": c.value}}
		if got := f.Text("n"); got != c.want {
			t.Errorf("Text(%v) = %q, want %q", c.value, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       *fault.Error
		says       string
	}{
		{"as long as may be", `{"code":"` + strings.Repeat("è", geo.MaxWord) + `"}`, nil, ""},
		{"a long code", `{"code":"` + strings.Repeat("A", geo.MaxWord+1) + `"}`, geo.ErrWords, "201"},
		{"a long name", `{"code":"A","name":"` + strings.Repeat("A", 5000) + `"}`, geo.ErrWords, `"name": 5000`},
		{"blanks around", `{"code":" A\n","name":"\tB "}`, nil, ""},
		{"a NUL", `{"code":"A\u0000B"}`, geo.ErrWords, "U+0000"},
		{"a line break", `{"code":"A","name":"B\nC"}`, geo.ErrWords, "U+000A"},
		{"a line separator", `{"code":"A","name":"B\u2028C"}`, geo.ErrWords, "U+2028"},
		{"a control character of Latin-1", `{"code":"A","name":"B\u0085C"}`, geo.ErrWords, "U+0085"},
		{"no name", `{"code":"A","name":null}`, nil, ""},
		{"a priority", `{"code":"A","priority":-3}`, nil, ""},
		{"a priority as text", `{"code":"A","priority":" 3 "}`, nil, ""},
		{"a priority with decimals of nothing", `{"code":"A","priority":3.0}`, nil, ""},
		{"an empty priority", `{"code":"A","priority":""}`, nil, ""},
		{"a word", `{"code":"A","priority":"high"}`, geo.ErrPriority, `"high"`},
		{"a half", `{"code":"A","priority":1.5}`, geo.ErrPriority, "1.5"},
		{"more than any", `{"code":"A","priority":1e30}`, geo.ErrPriority, "1e30"},
		{"yes", `{"code":"A","priority":true}`, geo.ErrPriority, "true"},
		{"a list", `{"code":"A","priority":[1]}`, geo.ErrPriority, "[1]"},
	} {
		file := properties(c.text)
		for door, read := range map[string]func() error{
			"Decode": func() error {
				_, err := geo.Decode(strings.NewReader(file), geo.Limits{Code: "code", Name: "name", Priority: "priority"})
				return err
			},
			"Areas": func() error {
				got, err := geo.Decode(strings.NewReader(file), geo.Limits{})
				if err != nil {
					return err
				}
				_, err = got.Areas(geo.Fields{Code: "code", Name: "name", Priority: "priority", Kind: geo.Zone})
				return err
			},
		} {
			err := read()
			if c.want == nil {
				if err != nil {
					t.Errorf("%s: %s = %v, want nothing", c.name, door, err)
				}
				continue
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "features[0]") || !strings.Contains(err.Error(), "10.000000,44.000000") {
				t.Errorf("%s: %s = %v, want %v that says %s", c.name, door, err, c.want, c.says)
			}
		}
	}
}

func TestAreasHavePriorities(t *testing.T) {
	for text, want := range map[string]int{`{"code":"A"}`: 0, `{"code":"A","priority":3.0}`: 3, `{"code":"A","priority":"-4"}`: -4} {
		got, err := geo.Decode(strings.NewReader(properties(text)), geo.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		areas, err := got.Areas(geo.Fields{Code: "code", Priority: "priority", Kind: geo.Zone})
		if err != nil || areas[0].Priority != want {
			t.Errorf("%s: Areas = %+v, %v, want priority %d", text, areas, err, want)
		}
	}
}

func TestCheckWords(t *testing.T) {
	good := district("A", square(10, 44, 1))
	for _, c := range []struct {
		code, name string
		field      string // refused; empty: none is
	}{
		{"A", "Città", ""},
		{"A", "", ""},
		{"A\x00", "A", "code"},
		{"A", "B\r\nC", "name"},
		{strings.Repeat("A", 201), "A", "code"},
		{"A", "Citt\xe0", "name"},
	} {
		a := good
		a.Code, a.Name = c.code, c.name
		for name, err := range map[string]error{"CheckWords": a.CheckWords(), "Validate": a.Validate()} {
			if c.field == "" && err != nil || c.field != "" && (!errors.Is(err, geo.ErrWords) || fault.Of(err).Field != c.field) {
				t.Errorf("%s of %q, %q = %v, want a fault of %q", name, c.code, c.name, err, c.field)
			}
		}
	}
}
