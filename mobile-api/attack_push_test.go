package mobileapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	fieldsync "github.com/sestante/sestante/sync"
)

// mutation is a comment with number 1, with some of its parts replaced.
func (s *site) mutation(id string, change string) string {
	m := map[string]json.RawMessage{}
	base := `{"mid":1,"op":"call","c":"reports","id":"` + id + `","name":"report.comment","args":{"text":"x","audience":"internal"},"at":"2026-11-20T08:00:00Z"}`
	_ = json.Unmarshal([]byte(base), &m) // it is JSON
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(change), &parts); err != nil || parts == nil {
		return change
	}
	maps.Copy(m, parts)
	raw, _ := json.Marshal(m)
	return string(raw)
}

func TestMutations(t *testing.T) {
	s := newSite(t)
	id := string(s.submit(t, "citizen").ID)
	var far desk.Receipt // in the other district
	s.want(t, ask{who: "other", method: http.MethodPost, path: "reports", body: form{fields: [][2]string{
		{"description", "x"}, {"objectType", "pothole"}, {"lon", "11.5"}, {"lat", "45.5"},
	}}}, http.StatusCreated, &far)
	other := string(far.ID)
	long := strings.Repeat("x", 900_000)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for i, a := range []struct{ name, mutation, want string }{
		{"a comment", `{}`, "applied"},
		{"unknown keys", `{"x":1,"later":{"y":[]}}`, "applied"},
		{"null", `null`, "rejected/sync.malformed raw"},
		{"a number", `7`, "rejected/sync.malformed raw"},
		{"a word", `"x"`, "rejected/sync.malformed raw"},
		{"a list", `[]`, "rejected/sync.malformed raw"},
		{"mid missing", `{"mid":null}`, "rejected/sync.malformed raw"},
		{"mid 0", `{"mid":0}`, "rejected/sync.malformed raw"},
		{"mid negative", `{"mid":-1}`, "rejected/sync.malformed raw"},
		{"mid least", `{"mid":-9223372036854775808}`, "rejected/sync.malformed raw"},
		{"mid greatest", `{"mid":9223372036854775807}`, "gap"},
		{"mid beyond", `{"mid":9223372036854775808}`, "rejected/sync.malformed raw"},
		{"mid of another size", `{"mid":1e999}`, "rejected/sync.malformed raw"},
		{"mid a half", `{"mid":1.5}`, "rejected/sync.malformed raw"},
		{"mid written otherwise", `{"mid":1e0}`, "rejected/sync.malformed raw"},
		{"mid a word", `{"mid":"1"}`, "rejected/sync.malformed raw"},
		{"mid 2", `{"mid":2}`, "gap"},
		{"op unknown", `{"op":"drop"}`, "rejected/sync.op"},
		{"op a number", `{"op":1}`, "rejected/sync.malformed"},
		{"op long", `{"op":"` + long + `"}`, "rejected/sync.op"},
		{"op missing", `{"op":""}`, "rejected/sync.op"},
		{"name unknown", `{"name":"report.destroy"}`, "rejected/report.call"},
		{"name of SQL", `{"name":"'; DROP TABLE reports; --"}`, "rejected/report.call"},
		{"name missing", `{"name":""}`, "rejected/sync.malformed"},
		{"id of SQL", `{"id":"' OR 1=1 ; -- "}`, "rejected/sync.malformed"},
		{"id with a NUL", `{"id":"report\u000000000001"}`, "rejected/sync.malformed"},
		{"id a number", `{"id":5}`, "rejected/sync.malformed"},
		{"id of nothing", `{"id":"nosuchreport000"}`, "rejected/report.none"},
		{"id of a stranger's", `{"id":"` + other + `"}`, "rejected/report.role"},
		{"call of SQL", `{"call":"' OR 1=1 ; -- "}`, "rejected/sync.malformed"},
		{"call long", `{"call":"` + long + `"}`, "rejected/sync.malformed"},
		{"args a list", `{"args":[1]}`, "rejected/report.args"},
		{"args null", `{"args":null}`, "rejected/report.args"},
		{"args a word", `{"args":"x"}`, "rejected/report.args"},
		{"args deep", `{"args":{"text":` + deep + `}}`, "rejected/report.args"},
		{"text with a NUL", `{"args":{"text":"a\u0000b"}}`, "rejected/report.args"},
		{"text with half a character", `{"args":{"text":"a\ud800b"}}`, "applied"},
		{"text that is no UTF-8", `{"args":{"text":"` + "a\xff\xfeb" + `"}}`, "rejected/report.args"},
		{"text long", `{"args":{"text":"` + long + `"}}`, "rejected/report.args"},
		{"text a number", `{"args":{"text":5}}`, "rejected/report.args"},
		{"audience unknown", `{"args":{"text":"x","audience":"world"}}`, "rejected/report.args"},
		{"a key twice", `{"mid":1,"mid":2,"op":"call"}`, "gap"},
		{"at a word", `{"at":"yesterday"}`, "rejected/sync.malformed"},
		{"at a number", `{"at":5}`, "rejected/sync.malformed"},
		{"at the year 0", `{"at":"0000-01-01T00:00:00Z"}`, "applied"},
		{"at the year 9999", `{"at":"9999-12-31T23:59:59Z"}`, "applied"},
		{"at the year 10000", `{"at":"10000-01-01T00:00:00Z"}`, "rejected/sync.malformed"},
		{"at an odd zone", `{"at":"2026-11-20T08:00:00+23:59"}`, "applied"},
		{"pos off the earth", `{"pos":{"lon":1e308,"lat":-1e308}}`, "applied"},
		{"pos beyond numbers", `{"pos":{"lon":1e309,"lat":0}}`, "rejected/sync.malformed"},
		{"pos a list", `{"pos":[1,2]}`, "rejected/sync.malformed"},
		{"base negative", `{"base":{"seq":-9223372036854775808,"ver":-1}}`, "applied"},
		{"base greatest", `{"base":{"seq":9223372036854775807,"ver":9223372036854775807}}`, "applied"},
		{"base a word", `{"base":"x"}`, "rejected/sync.malformed"},
		{"hash wrong", `{"h":"00000000000000000000000000000000"}`, "fork"},
		{"hash long", `{"h":"` + long + `"}`, "fork"},
		{"hash of SQL", `{"h":"' OR 1=1"}`, "fork"},
		{"group long", `{"tx":"` + strings.Repeat("x", 101) + `"}`, "rejected/sync.malformed"},
		{"group of NULs", `{"tx":"\u0000"}`, "applied"},
		{"supersedes itself", `{"supersedes":1}`, "applied"},
		{"supersedes the future", `{"supersedes":9223372036854775807}`, "applied"},
		{"supersedes less than nothing", `{"supersedes":-5}`, "applied"},
		{"supersedes another device's", `{"supersedes":1,"of":"deviceattack001"}`, "applied"},
		{"create of a report", `{"op":"create"}`, "rejected/sync.field"},
		{"create of a person", `{"op":"create","c":"users","set":{"name":{"t":"x"}}}`, "rejected/sync.field"},
		{"create of a superuser", `{"op":"create","c":"_superusers","set":{"email":{"t":"a@example.org"}}}`, "rejected/sync.field"},
		{"create of a role", `{"op":"create","c":"roles","set":{"role":{"t":"admin"}}}`, "rejected/sync.field"},
		{"create in our tables", `{"op":"create","c":"_s_mut","set":{"x":{"t":1}}}`, "rejected/sync.field"},
		{"create in SQL", `{"op":"create","c":"media; DROP TABLE media","set":{"x":{"t":1}}}`, "rejected/sync.field"},
		{"photo without anything", `{"op":"create","c":"media","id":"photoattack0001"}`, "rejected/media.fields"},
		{"photo with wrong types", `{"op":"create","c":"media","id":"photoattack0002","set":{"report":{"t":5},"kind":{"t":[]},"sha256":{"t":{}},"size":{"t":"x"},"type":{"t":null}}}`, "rejected/media.fields"},
		{"photo of a negative size", `{"op":"create","c":"media","id":"photoattack0003","set":{"report":{"t":"` + id + `"},"kind":{"t":"before"},"sha256":{"t":"` + strings.Repeat("ab", 32) + `"},"size":{"t":-1},"type":{"t":"image/jpeg"}}}`, "rejected/media.fields"},
		{"photo beyond sizes", `{"op":"create","c":"media","id":"photoattack0004","set":{"report":{"t":"` + id + `"},"kind":{"t":"before"},"sha256":{"t":"` + strings.Repeat("ab", 32) + `"},"size":{"t":1e300},"type":{"t":"image/jpeg"}}}`, "rejected/media.fields"},
		{"photo with a path for a sum", `{"op":"create","c":"media","id":"photoattack0005","set":{"report":{"t":"` + id + `"},"kind":{"t":"before"},"sha256":{"t":"../../../../etc/passwd"},"size":{"t":5},"type":{"t":"image/jpeg"}}}`, "rejected/media.fields"},
		{"photo under the id of a report", `{"op":"create","c":"media","set":{"report":{"t":"` + id + `"},"kind":{"t":"before"},"sha256":{"t":"` + strings.Repeat("ab", 32) + `"},"size":{"t":5},"type":{"t":"image/jpeg"}}}`, "applied"},
		{"patch of nothing", `{"op":"patch","set":{}}`, "rejected/sync.malformed"},
		{"patch of what is not to be patched", `{"op":"patch","set":{"state":{"t":"closed"}}}`, "rejected/sync.field"},
		{"patch of SQL", `{"op":"patch","set":{"state = 'closed' --":{"t":1}}}`, "rejected/sync.field"},
		{"patch of a list", `{"op":"patch","set":[1]}`, "rejected/sync.malformed"},
		{"patch of a number", `{"op":"patch","set":{"addressNote":7}}`, "rejected/sync.malformed"},
		{"patch without a value", `{"op":"patch","set":{"addressNote":{"f":"x"}}}`, "rejected/sync.malformed"},
		{"patch of null", `{"op":"patch","set":{"addressNote":null}}`, "rejected/sync.malformed"},
		{"patch to null", `{"op":"patch","set":{"addressNote":{"t":null}}}`, "noop"},
		{"patch to another type", `{"op":"patch","set":{"addressNote":{"t":{"a":[1]}}}}`, "rejected/sync.value"},
		{"patch to something long", `{"op":"patch","set":{"addressNote":{"t":"` + long + `"}}}`, "rejected/sync.value"},
		{"patch of one's own address", `{"op":"patch","c":"users","id":"` + s.ids["ben"] + `","set":{"email":{"t":"boss@example.org"}}}`, "rejected/sync.field"},
		{"patch of one's own password", `{"op":"patch","c":"users","id":"` + s.ids["ben"] + `","set":{"password":{"t":"x"},"tokenKey":{"t":"x"}}}`, "rejected/sync.field"},
		{"patch of somebody else", `{"op":"patch","c":"users","id":"` + s.ids["anna"] + `","set":{"language":{"t":"en"}}}`, "rejected/sync.none"},
		{"patch of a role", `{"op":"patch","c":"roles","set":{"role":{"t":"admin"}}}`, "rejected/sync.field"},
		{"add beyond numbers", `{"op":"add","f":"priority","by":1e309}`, "rejected/sync.malformed"},
		{"add to a text", `{"op":"add","f":"addressNote","by":1}`, "rejected/sync.field"},
		{"add to nothing", `{"op":"add"}`, "rejected/sync.malformed"},
		{"sets of a text", `{"op":"sets","f":"addressNote","add":["x"]}`, "rejected/sync.field"},
		{"sets of rubbish", `{"op":"sets","f":"checklist","c":"interventions","add":[{},[],null],"rem":[1e300]}`, "rejected/sync.none"},
		{"delete of a report", `{"op":"delete"}`, "rejected/sync.field"},
		{"delete of oneself", `{"op":"delete","c":"users","id":"` + s.ids["ben"] + `"}`, "rejected/sync.field"},
		{"delete of somebody else", `{"op":"delete","c":"users","id":"` + s.ids["anna"] + `"}`, "rejected/sync.field"},
	} {
		did := fmt.Sprintf("attack%09d", i)
		body := `{"v":1,"did":"` + did + `","muts":[` + s.mutation(id, a.mutation) + `]}`
		got := s.strikePush(t, "ben", a.name, body)
		if got != a.want {
			t.Errorf("%s = %q, want %q", a.name, got, a.want)
		}
	}
	var off int
	if err := s.app.DB().NewQuery("SELECT count(*) FROM reportEvents WHERE abs(lon) > 180 OR abs(lat) > 90").Row(&off); err != nil || off > 0 {
		t.Errorf("%d events are off the earth, %v", off, err)
	}
	s.quiet(t)
}

// TestPushEnvelopes: what surrounds the changes is wrong, and the change in it
// is right: it is carried out, or kept, or refused as a whole.
func TestPushEnvelopes(t *testing.T) {
	s := newSite(t)
	id := string(s.submit(t, "citizen").ID)
	s.push(t, "eva")
	long := strings.Repeat("x", 300_000)
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	say := s.mutation(id, `{}`)
	for i, a := range []struct{ name, keys, want string }{
		{"nothing to say", `"muts":[]`, ""},
		{"no list", ``, ""},
		{"a null list", `"muts":null`, ""},
		{"a list that is none", `"muts":{}`, "400 sync.body kept"},
		{"a list of a word", `"muts":"x"`, "400 sync.body kept"},
		{"clock of the year 0", `"clock":{"wall":"0000-01-01T00:00:00Z","off_ms":9223372036854775807,"mono_ms":-9223372036854775808},"muts":[` + say + `]`, "applied"},
		{"clock behind everything", `"clock":{"off_ms":-9223372036854775808},"muts":[` + say + `]`, "applied"},
		{"clock a word", `"clock":{"wall":"noon"},"muts":[` + say + `]`, "400 sync.body kept"},
		{"clock a list", `"clock":[],"muts":[` + say + `]`, "400 sync.body kept"},
		{"unacked negative", `"unacked":{"n":-5,"oldest":"0001-01-01T00:00:00Z"},"muts":[` + say + `]`, "applied"},
		{"unacked beyond", `"unacked":{"n":1e30},"muts":[` + say + `]`, "400 sync.body kept"},
		{"epoch of nobody", `"epoch":"` + long + `","muts":[` + say + `]`, "applied"},
		{"app without end", `"app":"` + long + `","muts":[` + say + `]`, "applied"},
		{"app of NULs", `"app":"a\u0000b","schema":"\u0000","muts":[` + say + `]`, "applied"},
		{"schema without end", `"schema":"` + long + `","muts":[` + say + `]`, "applied"},
		{"chain without end", `"chain":"` + long + `","muts":[` + say + `]`, "applied"},
		{"keys of tomorrow", `"later":{"x":[1,2,{}]},"muts":[` + say + `]`, "applied"},
		{"another list after it", `"muts":[` + say + `],"muts":[]`, ""},
		{"501 changes", `"muts":[` + many(501, say) + `]`, "413 sync.too_large"},
		{"as many as one byte each allows", `"muts":[` + many(400_000, "1") + `]`, "413 sync.too_large"},
		{"500 that cannot be read", `"muts":[` + many(500, "1") + `]`, "rejected/sync.malformed rejected/sync.malformed* rejected/sy"},
		{"500 of the same", `"muts":[` + many(500, `{"mid":1}`) + `]`, "rejected/sync.op rejected/sync.op* rejected/sync.op* rejecte"},
		{"a megabyte and more", `"x":"` + strings.Repeat("x", 1_100_000) + `"`, "413 api.too_large"},
		{"a pull that is none", `"muts":[` + say + `],"pull":5`, "400 sync.body kept"},
		{"a pull of another device", `"muts":[` + say + `],"pull":{"did":"deviceofanother"}`, "400 sync.body kept"},
		{"a pull of tomorrow", `"muts":[` + say + `],"pull":{"v":7}`, "applied"},
	} {
		did := fmt.Sprintf("enveloped%06d", i)
		raw := s.tables(t, "_s_raw")["_s_raw"]
		got := s.strikePush(t, "ben", a.name, strings.Replace(envelope(a.keys), device, did, 1))
		if s.tables(t, "_s_raw")["_s_raw"] > raw {
			got += " kept"
		}
		if len(got) > 60 {
			got = got[:60]
		}
		if got != a.want {
			t.Errorf("%s = %q, want %q", a.name, got, a.want)
		}
	}
	s.quiet(t)
}

// strikePush sends a push, and says how it ended in a few words.
func (s *site) strikePush(t testing.TB, who, name, body string) string {
	t.Helper()
	r := s.do(t, ask{who: who, method: http.MethodPost, path: "sync/push", body: body})
	if r.status != http.StatusOK {
		var f wireFault
		if err := json.Unmarshal(r.body, &f); err != nil || r.status >= 500 {
			t.Errorf("%s = %d %.300s", name, r.status, r.body)
		}
		return fmt.Sprintf("%d %s", r.status, f.Data.Code)
	}
	var reply fieldsync.PushReply
	if err := json.Unmarshal(r.body, &reply); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, res := range reply.Res {
		end := string(res.St)
		if res.Code != "" {
			end += "/" + res.Code
		}
		if res.Dup {
			end += "*"
		}
		out = append(out, end)
	}
	if reply.Err != "" {
		out = append(out, reply.Err)
	}
	if len(reply.Raw) > 0 {
		out = append(out, "raw")
	}
	return strings.Join(out, " ")
}
