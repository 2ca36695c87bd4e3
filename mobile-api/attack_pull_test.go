package mobileapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// pulled returns what a pull of somebody's device says, or the fault.
func (s *site) pulled(t testing.TB, who, did, more string) (lines []fieldsync.Line, code string) {
	t.Helper()
	body := strings.Replace(envelope(more), device, did, 1)
	r := s.do(t, ask{who: who, method: http.MethodPost, path: "sync/pull", body: body})
	if r.status != http.StatusOK {
		var f wireFault
		if err := json.Unmarshal(r.body, &f); err != nil || r.status >= 500 {
			t.Errorf("pull %.200s = %d %.300s", more, r.status, r.body)
		}
		return nil, fmt.Sprintf("%d %s", r.status, f.Data.Code)
	}
	return s.linesOf(t, r.body), ""
}

// TestCursors hands in every cursor that is not the device's own. None gets a
// record that is not its person's.
func TestCursors(t *testing.T) {
	s := newSite(t)
	west := string(s.submit(t, "citizen").ID)
	first, _ := s.pulled(t, "eva", "phoneeva0000000", "")
	own := first[len(first)-1].Cur
	all, _ := s.pulled(t, "ben", "phoneben0000000", "")
	bens := all[len(all)-1].Cur
	key, err := store.New(s.app).SyncKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	was, err := fieldsync.OpenCursor(key, report.PersonID(s.ids["eva"]), own)
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(change func(c *fieldsync.Cursor)) string {
		c := was
		change(&c)
		out, err := c.Seal(key)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	flipped := []byte(own)
	flipped[len(flipped)/2] ^= 1
	fills := make([]fieldsync.FillState, 1000)
	for i := range fills {
		fills[i] = fieldsync.FillState{Scope: int64(i), Upto: 1 << 40, After: 0}
	}
	for _, a := range []struct{ name, cursor, want string }{
		{"a word", "x", "400 sync.cursor"},
		{"blank", " ", "400 sync.cursor"},
		{"no base64", "!!!", "400 sync.cursor"},
		{"zeros", strings.Repeat("A", 100), "400 sync.cursor"},
		{"of somebody else", bens, "400 sync.cursor"},
		{"cut short", own[:len(own)-1], "400 sync.cursor"},
		{"longer", own + "AAAA", "400 sync.cursor"},
		{"one bit off", string(flipped), "400 sync.cursor"},
		{"padded", own + "==", "400 sync.cursor"},
		{"too long", strings.Repeat("A", 70_000), "400 sync.cursor"},
		{"with a NUL", own[:5] + `\u0000` + own[5:], "400 sync.cursor"},
		{"signed with nothing", func() string { c, _ := was.Seal(nil); return c }(), "400 sync.cursor"},
		{"its own", own, "hi cp"},
		{"of another epoch", sealed(func(c *fieldsync.Cursor) { c.Epoch = "x" }), "epoch"},
		{"of the future", sealed(func(c *fieldsync.Cursor) { c.Seq = 1 << 60 }), "epoch"},
		{"of grants to come", sealed(func(c *fieldsync.Cursor) { c.Grants = 1 << 60 }), "epoch"},
		{"before the beginning", sealed(func(c *fieldsync.Cursor) { c.Seq, c.Grants = -5, -5 }), "horizon"},
		{"the least", sealed(func(c *fieldsync.Cursor) { c.Seq, c.Grants = -1<<63, -1<<63 }), "horizon"},
		{"with everybody's scopes on the way", sealed(func(c *fieldsync.Cursor) { c.Fills = fills }), "hi cp"},
		{"with odd priorities", sealed(func(c *fieldsync.Cursor) { c.Prio = []int{-1, 99, 1 << 40} }), "hi cp"},
	} {
		lines, got := s.pulled(t, "eva", "phoneeva0000000", `"cur":"`+a.cursor+`"`)
		for _, l := range lines {
			if l.T == "p" && strings.Contains(string(l.D), west) {
				t.Errorf("%s: it brings a record of another district", a.name)
			}
		}
		if len(lines) > 0 {
			got = lines[0].T + " " + lines[len(lines)-1].T
			if lines[0].Reset != "" {
				got = lines[0].Reset
			}
		}
		if got != a.want {
			t.Errorf("%s = %q, want %q", a.name, got, a.want)
		}
	}
	for _, a := range []struct{ name, keys, want string }{
		{"priorities that are none", `"prio":[-1,99]`, "hi cp"},
		{"many priorities", `"prio":[` + strings.TrimSuffix(strings.Repeat("3,", 40_000), ",") + `]`, "hi cp"},
		{"priorities of a word", `"prio":"all"`, "400 sync.body"},
		{"priorities beyond", `"prio":[1e30]`, "400 sync.body"},
		{"fewer bytes than none", `"max_bytes":-1`, "hi cp"},
		{"one byte", `"max_bytes":1`, "hi pg"},
		{"all the bytes there are", `"max_bytes":9223372036854775807`, "hi cp"},
		{"a cursor that is a number", `"cur":5`, "400 sync.body"},
		{"a cursor that is null", `"cur":null`, "hi cp"},
		{"a word for a flag", `"dig":"yes"`, "400 sync.body"},
		{"keys of tomorrow", `"later":[{}]`, "hi cp"},
	} {
		lines, got := s.pulled(t, "eva", "phoneeva0000000", a.keys)
		if len(lines) > 0 {
			got = lines[0].T + " " + lines[len(lines)-1].T
		}
		if got != a.want {
			t.Errorf("%s = %q, want %q", a.name, got, a.want)
		}
	}
	if _, got := s.pulled(t, "eva", "phoneben0000000", ""); got != "404 sync.device" {
		t.Errorf("somebody else's device = %s", got)
	}
	s.quiet(t)
}

// TestQuestions sends every kind of nonsense to verify. What it is told of is
// what its person holds, and what was found is written down once.
func TestQuestions(t *testing.T) {
	s := newSite(t)
	west := string(s.submit(t, "citizen").ID)
	first, _ := s.pulled(t, "eva", "phoneeva0000000", `"dig":true`)
	cp := first[len(first)-1]
	scope := first[0].Sc[slices.IndexFunc(first[0].Sc, func(s fieldsync.Scope) bool { return s.S == "g" })].I
	ask := func(more string) string {
		body := `{"v":1,"did":"phoneeva0000000","cur":"` + cp.Cur + `",` + more + `}`
		return body
	}
	sum := `"00000000000000000000000000000000"`
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	for _, a := range []struct{ name, keys, want string }{
		{"no question", `"x":1`, "0 split 0 p 0 x"},
		{"no digests", `"dig":[]`, "0 split 0 p 0 x"},
		{"digests of null", `"dig":null`, "0 split 0 p 0 x"},
		{"a digest that is none", `"dig":[1]`, "400 sync.body"},
		{"a digest of three", `"dig":[[1,"reports",4]]`, "400 sync.body"},
		{"a digest of five", `"dig":[[1,"reports",4,` + sum + `,1]]`, "400 sync.body"},
		{"a digest of words", `"dig":[["1","reports","4",` + sum + `]]`, "400 sync.body"},
		{"a short sum", `"dig":[[1,"reports",4,"00"]]`, "400 sync.body"},
		{"a sum of other digits", `"dig":[[1,"reports",4,"zz000000000000000000000000000000"]]`, "400 sync.body"},
		{"fewer than none", `"dig":[[1,"reports",-4,` + sum + `]]`, "4 split 0 p 0 x"},
		{"more than numbers", `"dig":[[1,"reports",1e30,` + sum + `]]`, "400 sync.body"},
		{"a scope beyond", `"dig":[[9223372036854775807,"reports",4,` + sum + `]]`, "4 split 0 p 0 x"},
		{"a collection of SQL", `"dig":[[1,"reports; DROP TABLE reports",4,` + sum + `]]`, "4 split 0 p 0 x"},
		{"a collection of ours", `"dig":[[1,"_s_mut",4,` + sum + `]]`, "4 split 0 p 0 x"},
		{"every scope there is", `"dig":[` + func() string {
			var all []string
			for i := range 200 {
				all = append(all, fmt.Sprintf(`[%d,"reports",4,%s]`, i, sum))
			}
			return strings.Join(all, ",")
		}() + `]`, "7 split 0 p 0 x"},
		{"the same digest again and again", `"dig":[` + many(20_000, fmt.Sprintf(`[%d,"objectTypes",4,%s]`, scope, sum)) + `]`, "4 split 0 p 0 x"},
		{"too many digests", `"dig":[` + many(20_001, `[1,"reports",4,`+sum+`]`) + `]`, "413 sync.too_large"},
		{"a part of no digits", `"split":[[1,"reports","g"]]`, "400 sync.body"},
		{"a part in capitals", `"split":[[1,"reports","A"]]`, "400 sync.body"},
		{"a part too deep", `"split":[[1,"reports","00000000"]]`, "400 sync.body"},
		{"a part of SQL", `"split":[[1,"reports","' OR 1=1"]]`, "400 sync.body"},
		{"a part of another's", `"split":[[1,"reports",""],[2,"reports",""],[3,"reports",""]]`, "0 split 0 p 0 x"},
		{"the same part again and again", `"split":[` + many(512, fmt.Sprintf(`[%d,"objectTypes",""]`, scope)) + `]`, "1 split 0 p 0 x"},
		{"too many parts", `"split":[` + many(513, `[1,"reports",""]`) + `]`, "413 sync.too_large"},
		{"a list of null", `"list":[[1,"reports","",null]]`, "0 split 0 p 0 x"},
		{"a list of words", `"list":[[1,"reports","",["x"]]]`, "400 sync.body"},
		{"a list without versions", `"list":[[1,"reports","",[["x"]]]]`, "400 sync.body"},
		{"versions beyond", fmt.Sprintf(`"list":[[%d,"objectTypes","",[["x",9223372036854775807],["y",-1]]]]`, scope), "0 split 1 p 2 x"},
		{"ids of nothing", fmt.Sprintf(`"list":[[%d,"objectTypes","",[["",1],["\u0000",1],["' OR 1=1 --",1]]]]`, scope), "0 split 1 p 3 x"},
		{"ids of another's", fmt.Sprintf(`"list":[[%d,"reports","",[["%s",1]]]]`, scope, west), "0 split 0 p 0 x"},
		{"too many records", `"list":[[1,"reports","",[` + many(100_001, `["x",1]`) + `]]]`, "413 sync.too_large"},
		{"the same record again and again", fmt.Sprintf(`"list":[[%d,"objectTypes","",[`, scope) + many(50_000, `["x",1]`) + `]]]`, "0 split 1 p 1 x"},
		{"deep", `"list":` + strings.Repeat("[", 20_000), "400 sync.body"},
	} {
		r := s.do(t, askOf("eva", ask(a.keys)))
		got := fmt.Sprint(r.status)
		if r.status != http.StatusOK {
			var f wireFault
			if err := json.Unmarshal(r.body, &f); err != nil || r.status >= 500 {
				t.Errorf("%s = %d %.300s", a.name, r.status, r.body)
			}
			got += " " + f.Data.Code
		} else {
			count := map[string]int{}
			for _, l := range s.linesOf(t, r.body) {
				count[l.T]++
				if strings.Contains(string(l.D), west) {
					t.Errorf("%s: it brings a record of another district", a.name)
				}
			}
			got = fmt.Sprintf("%d split %d p %d x", count["split"], count["p"], count["x"])
		}
		if got != a.want {
			t.Errorf("%s = %q, want %q", a.name, got, a.want)
		}
	}
	for name, cur := range map[string]string{"none": "", "rubbish": "x", "the person's own, cut": cp.Cur[1:]} {
		s.wantFault(t, askOf("eva", `{"v":1,"did":"phoneeva0000000","cur":"`+cur+`","dig":[]}`), http.StatusBadRequest, "sync.cursor", "cur")
		_ = name
	}
	s.wantFault(t, askOf("ben", ask(`"dig":[]`)), http.StatusNotFound, "sync.device", "")
	s.quiet(t)
}

func askOf(who, body string) ask {
	return ask{who: who, method: http.MethodPost, path: "sync/verify", body: body}
}
