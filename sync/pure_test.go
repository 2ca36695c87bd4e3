package fieldsync_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

var key = []byte("a key of the test")

func TestCursor(t *testing.T) {
	c := fieldsync.Cursor{
		Epoch: "e1", User: "ann", Seq: 90246, Grants: 90200, Prio: []int{0, 1},
		Fills: []fieldsync.FillState{{Scope: 5, Upto: 90246, After: 17, Again: true}},
	}
	sealed, err := c.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := fieldsync.OpenCursor(key, "ann", sealed)
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("OpenCursor() = %+v, %v; want %+v", got, err, c)
	}
	flipped := []byte(sealed)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string]struct {
		key    []byte
		who    report.PersonID
		sealed string
	}{
		"empty":           {key, "ann", ""},
		"not base64":      {key, "ann", "???"},
		"too short":       {key, "ann", "AAAA"},
		"changed":         {key, "ann", string(flipped)},
		"somebody else's": {key, "ben", sealed},
		"another key":     {[]byte("other"), "ann", sealed},
		"cut":             {key, "ann", sealed[:len(sealed)-4]},
		"endless":         {key, "ann", strings.Repeat("A", 1<<20)},
	} {
		if _, err := fieldsync.OpenCursor(bad.key, bad.who, bad.sealed); !errors.Is(err, fieldsync.ErrCursor) {
			t.Errorf("%s: OpenCursor() = %v, want sync.cursor", name, err)
		}
	}
}

func FuzzOpenCursor(f *testing.F) {
	sealed, err := fieldsync.Cursor{Epoch: "e", User: "ann", Seq: 1}.Seal(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := fieldsync.OpenCursor(key, "ann", s)
		if err != nil {
			if !errors.Is(err, fieldsync.ErrCursor) {
				t.Errorf("OpenCursor(%q) = %v, want sync.cursor", s, err)
			}
			return
		}
		if c.User != "ann" {
			t.Errorf("OpenCursor(%q) is the cursor of %q", s, c.User)
		}
	})
}

func TestDecodePush(t *testing.T) {
	tests := []struct {
		name, body string
		want       *fault.Error
	}{
		{"the least", `{"v":1,"did":"device000000001"}`, nil},
		{"a field of the future", `{"v":1,"did":"device000000001","new":{"a":[1]}}`, nil},
		{"with a pull", `{"v":1,"did":"device000000001","pull":{"cur":null}}`, nil},
		{"mutations of any shape", `{"v":1,"did":"device000000001","muts":[{},7,"x"]}`, nil},
		{"nothing", ``, fieldsync.ErrBody},
		{"not an object", `[1]`, fieldsync.ErrBody},
		{"cut", `{"v":1,"did":"device0`, fieldsync.ErrBody},
		{"something behind", `{"v":1,"did":"device000000001"}{}`, fieldsync.ErrBody},
		{"a bracket behind", `{"v":1,"did":"device000000001"}]`, fieldsync.ErrBody},
		{"another version", `{"v":2,"did":"device000000001"}`, fieldsync.ErrBody},
		{"no device", `{"v":1}`, fieldsync.ErrBody},
		{"a device of another form", `{"v":1,"did":"DV_7QK2"}`, fieldsync.ErrBody},
		{"the pull of another device", `{"v":1,"did":"device000000001","pull":{"did":"device000000002"}}`, fieldsync.ErrBody},
		{"mutations that are no list", `{"v":1,"did":"device000000001","muts":{}}`, fieldsync.ErrBody},
		{"too many", `{"v":1,"did":"device000000001","muts":[1,2,3,4]}`, fieldsync.ErrTooLarge},
		{"too long", `{"v":1,"did":"device000000001","app":"` + strings.Repeat("x", 300) + `"}`, fieldsync.ErrTooLarge},
	}
	for _, tt := range tests {
		_, err := fieldsync.DecodePush([]byte(tt.body), fieldsync.Limits{Muts: 3, PushBytes: 300})
		if tt.want == nil && err != nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: DecodePush() = %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestDecodePushClips: what a device says of itself goes into operators' lists.
func TestDecodePushClips(t *testing.T) {
	app := strings.Repeat("è", 60) // 120 bytes
	req, err := fieldsync.DecodePush([]byte(`{"v":1,"did":"device000000001","app":"`+app+`","schema":"s17"}`), fieldsync.Limits{})
	if err != nil || req.App != strings.Repeat("è", 50) || req.Schema != "s17" {
		t.Errorf("DecodePush() = app %q, schema %q, %v", req.App, req.Schema, err)
	}
	req, err = fieldsync.DecodePush([]byte(`{"v":1,"did":"device000000001","app":"x`+app+`"}`), fieldsync.Limits{})
	if err != nil || req.App != "x"+strings.Repeat("è", 49) {
		t.Errorf("DecodePush() = app %q, %v, want no half a letter", req.App, err)
	}
}

func FuzzDecodePush(f *testing.F) {
	f.Add([]byte(`{"v":1,"did":"device000000001","clock":{"off_ms":-9223372036854775808},"muts":[{"mid":1,"at":"2026-11-22T07:58:11.004Z","set":{"a":{"t":1}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := fieldsync.DecodePush(data, fieldsync.Limits{})
		if err != nil {
			if k := fault.Of(err).Kind; k != fault.Invalid && k != fault.TooLarge {
				t.Errorf("DecodePush(%q) = %v, a %s", data, err, k)
			}
			return
		}
		for _, m := range req.Muts {
			c, err := fieldsync.Canonical(m)
			if err != nil {
				continue
			}
			again, err := fieldsync.Canonical(c)
			if err != nil || !bytes.Equal(c, again) {
				t.Errorf("the canonical form of %q is not canonical: %q, %v", c, again, err)
			}
		}
	})
}

func TestChain(t *testing.T) {
	// RFC 8785, 3.2.3: keys in UTF-16 order, numbers as ECMAScript writes them.
	c, err := fieldsync.Canonical([]byte(`{"mid": 2, "h":"gone", "b":[1e3, 0.10, "\u20ac"], "a":{"z":null,"y":true}}`))
	if want := `{"a":{"y":true,"z":null},"b":[1000,0.1,"€"],"mid":2}`; err != nil || string(c) != want {
		t.Errorf("Canonical() = %s, %v; want %s", c, err, want)
	}
	first := fieldsync.Chain(c, "")
	if len(first) != 32 || fieldsync.Chain(c, first) == first {
		t.Errorf("Chain() = %s, and %s after it", first, fieldsync.Chain(c, first))
	}
	// Written down, so that every client can check its own.
	if want := "4feabeeec8061f15586d1e26a96b11c1"; first != want {
		t.Errorf("Chain() = %s, want %s", first, want)
	}
	// The example of RFC 8785, 3.2.2 and 3.2.3, and a key beyond the first plane,
	// which UTF-16 puts before one that is not.
	c, err = fieldsync.Canonical([]byte(`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0],
		"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false],"\uff01":1,"\ud83d\ude00":2}`))
	want := `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"string":"€$\u000f\nA'B\"\\\\\"/","😀":2,"！":1}`
	if err != nil || string(c) != want {
		t.Errorf("Canonical() = %s, %v; want %s", c, err, want)
	}
	for _, bad := range []string{``, `[1]`, `{"a":}`, `{"a":1e400}`, `null`} {
		if got, err := fieldsync.Canonical([]byte(bad)); err == nil && bad != "null" {
			t.Errorf("Canonical(%s) = %s, want an error", bad, got)
		}
	}
}

func TestClamp(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	base := noon.Add(-time.Hour)
	tests := []struct {
		name  string
		at    time.Time
		off   int64
		early time.Time
		want  time.Time
		skew  bool
	}{
		{"between", noon.Add(-time.Minute), 0, base, noon.Add(-time.Minute), false},
		{"put right by the offset", noon.Add(time.Minute), -90_000, base, noon.Add(-30 * time.Second), false},
		{"before what it was based on", base.Add(-time.Second), 0, base, base, true},
		{"in the future", noon.Add(time.Second), 0, base, noon, true},
		{"ten years ahead", noon.AddDate(10, 0, 0), 0, base, noon, true},
		{"ten years behind", noon.AddDate(-10, 0, 0), 0, base, base, true},
		{"no base known", noon.AddDate(-10, 0, 0), 0, time.Time{}, noon.AddDate(-10, 0, 0), false},
		{"no time said", time.Time{}, 0, base, noon, false},
		{"an offset that is none", noon, -1 << 63, base, base, true},
		{"a base from the future", noon.Add(-time.Minute), 0, noon.Add(time.Hour), noon, true},
	}
	for _, tt := range tests {
		got, skew := fieldsync.Clamp(tt.at, tt.off, tt.early, noon)
		if !got.Equal(tt.want) || skew != tt.skew {
			t.Errorf("%s: Clamp() = %s, %v; want %s, %v", tt.name, got, skew, tt.want, tt.skew)
		}
	}
}

func TestAppendLine(t *testing.T) {
	puts := []fieldsync.Put{
		{T: "p", Q: 7, C: "reports", I: "abc", V: 3, M: []int64{1, 22}, H: "77ab", D: json.RawMessage(`{"title":"<è>"}`)},
		{T: "p", C: "reports", I: "a\"b\\c\u00e8 <\n", M: []int64{}, H: ""},
	}
	for _, p := range puts {
		raw, err := fieldsync.AppendLine([]byte("kept "), p)
		if err != nil || !bytes.HasPrefix(raw, []byte("kept ")) || raw[len(raw)-1] != '\n' {
			t.Fatalf("AppendLine() = %q, %v", raw, err)
		}
		var got fieldsync.Put
		if err := json.Unmarshal(raw[5:], &got); err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("AppendLine(%+v) reads back as %+v, %v", p, got, err)
		}
	}
}

// TestEveryColumnIsListed looks at the lists themselves: what must never travel
// is in none, and no list names a column twice.
func TestEveryColumnIsListed(t *testing.T) {
	staffOnly := []string{"contactName", "contactEmail", "contactPhone", "contactLanguage", "reporter", "reporterOrg", "ownerL1", "routeTrace", "consentContact"}
	for _, c := range fieldsync.Captured {
		for a := fieldsync.ForReference; a <= fieldsync.ForStaff; a++ {
			seen := map[string]bool{}
			for _, col := range fieldsync.Projection(c.Name, a) {
				if seen[col.Name] {
					t.Errorf("%s for %d names %s twice", c.Name, a, col.Name)
				}
				seen[col.Name] = true
			}
			if c.Name != "reports" {
				continue
			}
			for _, name := range staffOnly {
				own := name == "consentContact" && a == fieldsync.ForReporter // they gave it themselves
				if seen[name] && a != fieldsync.ForStaff && !own {
					t.Errorf("reports for %d: %s is the staff's", a, name)
				}
			}
		}
		for _, r := range c.Rules {
			if fieldsync.Projection(c.Name, r.Class.Audience()) == nil {
				t.Errorf("%s is in scopes %q, whose holders get no body of it", c.Name, r.Class)
			}
			if len(r.Class) != 1 {
				t.Errorf("class %q: the capture reads one letter", r.Class)
			}
		}
	}
	for name, fields := range map[string][]string{"areas": {"geometry", "properties", "remark"}, "orgs": {"contactProcess"}, "assets": {"serial"}} {
		for _, col := range fieldsync.Projection(name, fieldsync.ForReference) {
			for _, f := range fields {
				if col.Name == f {
					t.Errorf("%s: %s must not travel", name, f)
				}
			}
		}
	}
	for _, a := range []fieldsync.Audience{fieldsync.ForReporter, fieldsync.ForReference} {
		if fieldsync.Projection("reportEvents", a) != nil {
			t.Errorf("events are not for audience %d", a)
		}
	}
}
