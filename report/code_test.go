package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sestante/sestante/report"
)

func TestFormatCode(t *testing.T) {
	tests := []struct {
		prefix string
		year   int
		n      int64
		want   string // "" means refused
	}{
		{"MI", 2026, 123, "MI-2026-000123-P"},
		{"mi", 2026, 124, "MI-2026-000124-N"},
		{"RO", 2026, 1, "RO-2026-000001-9"},
		{"LOMCEN", 2026, 1_000_000, "LOMCEN-2026-1000000-7"},
		{"", 2026, 1, ""},
		{"M1", 2026, 1, ""},
		{"MÌ", 2026, 1, ""},
		{"TOOLONG", 2026, 1, ""},
		{"MI", 1999, 1, ""},
		{"MI", 3000, 1, ""},
		{"MI", 2026, 0, ""},
		{"MI", 2026, -5, ""},
		{"MI", 2026, 1_000_000_000, ""},
	}
	for _, tt := range tests {
		got, err := report.FormatCode(tt.prefix, tt.year, tt.n)
		if got != tt.want || (tt.want == "" && !errors.Is(err, report.ErrCode)) {
			t.Errorf("FormatCode(%q, %d, %d) = %q, %v; want %q", tt.prefix, tt.year, tt.n, got, err, tt.want)
		}
	}
}

func TestParseCode(t *testing.T) {
	tests := []struct {
		text string
		want string // "" means refused
	}{
		{"MI-2026-000123-P", "MI-2026-000123-P"},
		{" mi 2026 000123 p ", "MI-2026-000123-P"},
		{"mi2026000123P", "MI-2026-000123-P"},
		{"MI–2026–000123–P", "MI-2026-000123-P"},
		{"MI/2026/123/P", "MI-2026-000123-P"},
		{"#MI-2O26-OOO123-P", "MI-2026-000123-P"},
		{"M1-2026-000l23-P", "MI-2026-000123-P"},
		{"R0-2026-000001-9", "RO-2026-000001-9"},
		{"LOMCEN-2026-1000000-7", "LOMCEN-2026-1000000-7"},
		{"MI-2026-000028-L", "MI-2026-000028-L"},
		{"MI-2026-000028-1", "MI-2026-000028-L"}, // its look-alike
		{"MI-2026-000028-i", "MI-2026-000028-L"},
		{"MI-2026-000028-0", ""},
		{"MI-2026-000123-7", ""},
		{"MI-2026-000132-P", ""},
		{"IM-2026-000123-P", ""},
		{"MI-2026-000123", ""},
		{"MI-2026-8", ""},
		{"MI-2026-000000-8", ""},
		{"2026-000123-P", ""},
		{"MI-1926-000123-P", ""},
		{"MI-2026-000123-P!", ""},
		{"MI-2026-000123-è", ""},
		{"", ""},
		{strings.Repeat("M", 80), ""},
		{"MI-2026-99999999999-8", ""},
	}
	for _, tt := range tests {
		got, err := report.ParseCode(tt.text)
		if got != tt.want || (tt.want == "" && !errors.Is(err, report.ErrCode)) {
			t.Errorf("ParseCode(%q) = %q, %v; want %q", tt.text, got, err, tt.want)
		}
	}
}

// TestSlips makes every slip of one character and every swap of two
// neighbours in many codes, and counts those that pass as another report.
func TestSlips(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	made, passed := 0, 0
	try := func(code string, b []byte) {
		made++
		if got, err := report.ParseCode(string(b)); err == nil && got != code {
			passed++
		}
	}
	for n := int64(1); n < 4000; n += 37 {
		code, err := report.FormatCode("MI", 2026, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(code) {
			if code[i] == '-' {
				continue
			}
			for _, c := range []byte(alphabet) {
				b := []byte(code)
				b[i] = c
				try(code, b)
			}
			if i+1 < len(code) && code[i+1] != code[i] && code[i+1] != '-' {
				b := []byte(code)
				b[i], b[i+1] = b[i+1], b[i]
				try(code, b)
			}
		}
	}
	if made < 50_000 || passed*100 > made {
		t.Errorf("%d of %d slips pass, want fewer than one in a hundred", passed, made)
	}
	t.Logf("%d of %d slips pass", passed, made)
}

// FuzzParseCode sees that whatever is read is a code that reads as itself.
func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"MI-2026-000123-P", "mi2026 123 8", "R0-2O26-l-B", "", "2", "A2", "\xff", "AA29999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := report.ParseCode(s)
		if err != nil {
			if code != "" || !errors.Is(err, report.ErrCode) {
				t.Errorf("ParseCode(%q) = %q, %v", s, code, err)
			}
			return
		}
		again, err := report.ParseCode(strings.ToLower(code))
		if err != nil || again != code {
			t.Errorf("ParseCode(%q) = %q, which reads as %q, %v", s, code, again, err)
		}
	})
}

// TestCheckCharacter holds MOD 37,36 against identifiers published as
// examples: GRid A1-2425G-ABC1234002-M, and ISAN
// 0000-0000-3A8D-0000-Z-0000-0000-6, whose second character covers the digits
// of both parts.
func TestCheckCharacter(t *testing.T) {
	tests := []struct {
		body string
		want byte
	}{
		{"A12425GABC1234002", 'M'},
		{"000000003A8D0000", 'Z'},
		{"000000003A8D000000000000", '6'},
	}
	for _, tt := range tests {
		if got := report.CheckCharacter(tt.body); got != tt.want {
			t.Errorf("check character of %s = %c, want %c", tt.body, got, tt.want)
		}
	}
}
