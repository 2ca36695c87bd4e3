package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sestante/sestante/fault"
)

// ErrCode answers a text that is no code of a report, or one with a slip in it.
var ErrCode = fault.Define(fault.Invalid, "report.code", "That is not the code of a report: check each letter and figure.", "Questo non è il codice di una segnalazione: controlla lettere e cifre.")

const (
	codeAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	maxPrefix    = 6
	seqDigits    = 6 // more when the year outgrows them
	maxSeqDigits = 9
)

// FormatCode returns the code of the n-th report of a year in an area, such as
// MI-2026-000123-J. The prefix is the area's code of up to 6 letters (a
// province, a district); the year has four digits and begins with 2; the last
// character checks all others by ISO 7064 MOD 37,36. Anything else is ErrCode.
func FormatCode(prefix string, year int, n int64) (string, error) {
	prefix = strings.ToUpper(prefix)
	if !letters(prefix) || year < 2000 || year > 2999 || n < 1 || n > 999_999_999 {
		return "", fmt.Errorf("code %q %d %d: %w", prefix, year, n, ErrCode)
	}
	seq := fmt.Sprintf("%0*d", seqDigits, n)
	body := prefix + strconv.Itoa(year) + seq
	return fmt.Sprintf("%s-%d-%s-%c", prefix, year, seq, checkCharacter(body)), nil
}

// ParseCode returns the code as FormatCode writes it. It takes it as people
// say and type it: in lower case, with other separators or none, without the
// leading zeros, with O for 0, I or L for 1 among the figures, 0 for O and 1
// for I among the letters. Since the check character may be said wrong the
// same way, a slip that turns the right one into its look-alike passes: fewer
// than one slip in a hundred.
func ParseCode(s string) (string, error) {
	bare, ok := squeeze(s)
	// No figure of a prefix is a 2: the first one begins the year.
	cut := strings.IndexByte(bare, '2')
	if !ok || cut < 1 || len(bare) < cut+4+2 {
		return "", ErrCode
	}
	prefix := strings.NewReplacer("0", "O", "1", "I").Replace(bare[:cut])
	figures := figure(bare[cut : len(bare)-1])
	seq := strings.TrimLeft(figures[4:], "0")
	if !letters(prefix) || len(seq) > maxSeqDigits {
		return "", ErrCode
	}
	year, err := strconv.Atoi(figures[:4])
	if err != nil {
		return "", ErrCode
	}
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return "", ErrCode
	}
	code, err := FormatCode(prefix, year, n)
	if err != nil || figure(code[len(code)-1:]) != figure(bare[len(bare)-1:]) {
		return "", ErrCode
	}
	return code, nil
}

// squeeze returns the letters and figures of s in upper case, and false when
// there is anything else in it than those and separators.
func squeeze(s string) (string, bool) {
	if len(s) > 64 {
		return "", false
	}
	ok := true
	bare := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9'):
			return r
		case strings.ContainsRune(" \t\n\r\u00a0-–—_./#", r):
			return -1
		}
		ok = false
		return -1
	}, s)
	return bare, ok
}

// figure reads letters as the figures they look like.
func figure(s string) string { return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s) }

func letters(prefix string) bool {
	if prefix == "" || len(prefix) > maxPrefix {
		return false
	}
	return strings.IndexFunc(prefix, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
}

// checkCharacter computes the hybrid system MOD 37,36 of ISO/IEC 7064:2003,
// clause 8: the same that ends a Global Release Identifier. Body has only
// characters of codeAlphabet.
func checkCharacter(body string) byte {
	const m = len(codeAlphabet) // 36; the other modulus is m+1
	p := m
	for i := range len(body) {
		p = (p + strings.IndexByte(codeAlphabet, body[i])) % m
		if p == 0 {
			p = m
		}
		p = p * 2 % (m + 1)
	}
	return codeAlphabet[(m+1-p)%m]
}
