package fieldsync

import (
	"slices"
	"strings"
)

// maxLines bounds the table of a comparison; longer texts are not merged.
const maxLines = 500

// text3 merges two edits of one text line by line, as diff3 does: what only one
// side changed is taken from it, what both changed alike is taken once. It
// reports false when the two changed the same lines differently; lines that
// touch count as the same, since nobody can say which comes first.
func text3(base, mine, theirs string) (string, bool) {
	b, m, t := strings.Split(base, "\n"), strings.Split(mine, "\n"), strings.Split(theirs, "\n")
	if max(len(b), len(m), len(t)) > maxLines {
		return "", false
	}
	inMine, inTheirs := matches(b, m), matches(b, t)
	var out []string
	i, j, k := 0, 0, 0 // the next line of b, m and t
	for {
		// A line that both sides kept ends the stretch before it.
		n := i
		for n < len(b) && (inMine[n] < 0 || inTheirs[n] < 0) {
			n++
		}
		endM, endT := len(m), len(t)
		if n < len(b) {
			endM, endT = inMine[n], inTheirs[n]
		}
		stretch, ok := choose(b[i:n], m[j:endM], t[k:endT])
		if !ok {
			return "", false
		}
		out = append(out, stretch...)
		if n == len(b) {
			return strings.Join(out, "\n"), true
		}
		out = append(out, b[n])
		i, j, k = n+1, endM+1, endT+1
	}
}

// choose decides one stretch between lines that everybody kept.
func choose(base, mine, theirs []string) ([]string, bool) {
	switch {
	case slices.Equal(mine, theirs), slices.Equal(base, theirs):
		return mine, true
	case slices.Equal(base, mine):
		return theirs, true
	default:
		return nil, false
	}
}

// matches returns for each line of a the line of b it stands for, or -1: a
// longest common subsequence.
func matches(a, b []string) []int {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x == y {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	out := make([]int, len(a))
	j := 0
	for i := range a {
		out[i] = -1
		for j < len(b) && length[i][j] > 0 {
			if a[i] == b[j] {
				out[i], j = j, j+1
				break
			}
			if length[i+1][j] >= length[i][j+1] {
				break // this line is gone
			}
			j++
		}
	}
	return out
}
