package mobileapi_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/internal/photogen"
	mobileapi "github.com/sestante/sestante/mobile-api"
	"github.com/sestante/sestante/report"
)

// picture returns a small JPEG; another shade is another photo.
func picture(t testing.TB, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		img.SetGray(x, int(shade)*8, color.Gray{Y: 255})
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, nil); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func photo(t testing.TB, shade uint8) file {
	t.Helper()
	return file{"photos", "IMG_1.jpg", picture(t, shade)}
}

var complete = [][2]string{
	{"clientId", "client-0001"},
	{"kind", "fault"},
	{"title", "Buca"},
	{"description", "Profonda"},
	{"objectType", "pothole"},
	{"lon", "10.5"},
	{"lat", "45.5"},
	{"accuracyM", "8.5"},
	{"pointSource", "pin"},
	{"address", "Via Roma 12"},
	{"addressNote", "davanti al portone"},
	{"priority", "2"},
	{"blocking", "true"},
	{"contactName", "Maria Rossi"},
	{"contactEmail", "maria@example.org"},
	{"contactPhone", "+39 02 1234"},
	{"language", "it"},
	{"consentPublish", "false"},
	{"consentContact", "on"},
	{"channel", "web"},
	{"occurredAt", "2026-11-20T08:30:00Z"},
}

func TestSubmitWithPhotos(t *testing.T) {
	s := newSite(t)
	body := form{fields: complete, files: []file{photo(t, 1), {"photo", "IMG_2.jpg", picture(t, 2)}}}
	var got desk.Receipt
	s.want(t, ask{method: http.MethodPost, path: "reports", body: body}, http.StatusCreated, &got)
	if got.District == nil || got.District.Code != "W" || len(got.Photos) != 2 || got.Repeated || got.Position == nil || got.Position.Source != report.FromPin {
		t.Errorf("receipt = %+v", got)
	}
	row, err := s.app.FindRecordById("reports", string(got.ID))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"contactName": "Maria Rossi", "contactEmail": "maria@example.org", "contactPhone": "+39 02 1234", "contactLanguage": "it",
		"consentPublish": "false", "consentContact": "true", "channel": "web", "priorityReporter": "2", "blocking": "true",
		"accuracyM": "8.5", "addressNote": "davanti al portone", "clientId": "client-0001", "kind": "fault", "title": "Buca",
	} {
		if have := row.GetString(name); have != want {
			t.Errorf("%s = %q, want %q", name, have, want)
		}
	}

	var again desk.Receipt
	body.files = append(body.files, photo(t, 3))
	s.want(t, ask{method: http.MethodPost, path: "reports", body: body}, http.StatusOK, &again)
	if !again.Repeated || again.ID != got.ID || len(again.Photos) != 3 {
		t.Errorf("sent again: %+v", again)
	}
	body.fields = slices.Concat(body.fields[:3], [][2]string{{"description", "Un'altra"}}, body.fields[4:])
	s.wantFault(t, ask{method: http.MethodPost, path: "reports", body: body}, http.StatusConflict, "intake.client_id_reused", "clientId")
}

func TestSubmitJSON(t *testing.T) {
	s := newSite(t)
	body := map[string]any{"description": "Una buca", "lon": 11.5, "lat": 45.5, "accuracyM": 10, "consentContact": true, "occurredAt": "2026-11-20T08:30:00Z"}
	var got desk.Receipt
	s.want(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: body, lang: "en-GB,en;q=0.9"}, http.StatusCreated, &got)
	if got.District == nil || got.District.Code != "E" || got.Position.Source != report.FromGPS {
		t.Errorf("receipt = %+v", got)
	}
	var page desk.Page
	s.want(t, ask{who: "citizen", method: http.MethodGet, path: "reports"}, http.StatusOK, &page)
	if len(page.Reports) != 1 || page.Reports[0]["code"] != got.Code {
		t.Errorf("own reports = %v", page.Reports)
	}
	s.want(t, ask{who: "other", method: http.MethodGet, path: "reports"}, http.StatusOK, &page)
	if len(page.Reports) != 0 {
		t.Errorf("another person's reports = %v", page.Reports)
	}
}

// TestPlaceFromPhoto: a report without a position takes the one its photo
// brings, and one of 0,0 is a report without a position.
func TestPlaceFromPhoto(t *testing.T) {
	s := newSite(t)
	data, err := photogen.JPEG(photogen.Scene{Kind: photogen.Pothole, Width: 320, Height: 240, Lon: 10.25, Lat: 45.25})
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range [][][2]string{nil, {{"lon", "0"}, {"lat", "0.0"}, {"pointSource", "gps"}}} {
		var got desk.Receipt
		s.want(t, ask{method: http.MethodPost, path: "reports", body: form{fields: fields, files: []file{{"photos", "a.jpg", data}}}}, http.StatusCreated, &got)
		if got.Position == nil || got.Position.Source != report.FromEXIF || got.Routing != report.Routed {
			t.Errorf("%v: position = %+v, routing %s", fields, got.Position, got.Routing)
		}
	}
	var got desk.Receipt
	s.want(t, ask{method: http.MethodPost, path: "reports", body: form{fields: [][2]string{{"description", "Dove?"}}}}, http.StatusCreated, &got)
	if got.Position != nil || got.Routing != report.RoutePending {
		t.Errorf("without a place: %+v", got)
	}
}

// TestSubmitFaults: whatever is wrong is refused by its name, and nothing is
// written.
func TestSubmitFaults(t *testing.T) {
	s := newSite(t, func(cfg *mobileapi.Config) { cfg.RateBurst = 1000 })
	long := strings.Repeat("x", 40<<10)
	text := func(kv ...string) form {
		var f form
		for i := 0; i < len(kv); i += 2 {
			f.fields = append(f.fields, [2]string{kv[i], kv[i+1]})
		}
		return f
	}
	for _, c := range []struct {
		name   string
		body   any
		kind   string
		status int
		code   string
		field  string
	}{
		// fields
		{"spelling mistake", text("descriptoin", "x"), "", 400, "api.unknown_field", "descriptoin"},
		{"the server's own", text("state", "closed"), "", 400, "api.unknown_field", "state"},
		{"field twice", text("title", "a", "title", "b"), "", 400, "api.value", "title"},
		{"lat alone", text("lat", "45"), "", 400, "api.required", "lon"},
		{"lon alone", text("lon", "10"), "", 400, "api.required", "lat"},
		{"a word", text("lon", "ten", "lat", "45"), "", 400, "api.value", "lon"},
		{"a comma", text("lon", "10,5", "lat", "45"), "", 400, "api.value", "lon"},
		{"NaN", text("lon", "NaN", "lat", "45"), "", 400, "api.value", "lon"},
		{"infinity", text("lon", "10", "lat", "+Inf"), "", 400, "api.value", "lat"},
		{"hexadecimal", text("lon", "0x1p-2", "lat", "45"), "", 400, "api.value", "lon"},
		{"off the earth", text("lon", "10", "lat", "91"), "", 400, "api.value", "lat"},
		{"round the earth", text("lon", "180.5", "lat", "45"), "", 400, "api.value", "lon"},
		{"negative accuracy", text("lon", "10", "lat", "45", "accuracyM", "-1"), "", 400, "api.value", "accuracyM"},
		{"source without a point", text("pointSource", "pin"), "", 400, "api.value", "pointSource"},
		{"source of the server's", text("lon", "10", "lat", "45", "pointSource", "exif"), "", 400, "api.value", "pointSource"},
		{"kind", text("kind", "party"), "", 400, "api.value", "kind"},
		{"channel", text("channel", "partner"), "", 400, "api.value", "channel"},
		{"language", text("language", "fr"), "", 400, "api.value", "language"},
		{"priority word", text("priority", "high"), "", 400, "api.value", "priority"},
		{"priority range", text("priority", "5"), "", 400, "api.value", "priority"},
		{"consent", text("consentPublish", "perhaps"), "", 400, "api.value", "consentPublish"},
		{"moment", text("occurredAt", "yesterday"), "", 400, "api.value", "occurredAt"},
		{"not UTF-8", text("title", "\xff\xfe"), "", 400, "api.value", "title"},
		{"long field", text("description", long), "", 413, "api.too_large", "description"},
		{"client id", text("clientId", "a b"), "", 400, "intake.client_id", "clientId"},
		{"object type", text("objectType", "dragon"), "", 400, "intake.object_type", "objectType"},
		{"site", text("site", "nowhere"), "", 400, "intake.site", "site"},
		// photos
		{"file of another name", form{files: []file{{"document", "a.pdf", []byte("%PDF")}}}, "", 400, "api.unknown_field", "document"},
		{"field sent as a file", form{files: []file{{"title", "a.txt", []byte("x")}}}, "", 400, "api.unknown_field", "title"},
		{"not a photo", form{files: []file{{"photos", "a.jpg", []byte("hello")}}}, "", 400, "media.type", "photos[0]"},
		{"empty photo", form{files: []file{{"photos", "a.jpg", nil}}}, "", 400, "media.empty", "photos[0]"},
		{"too many photos", form{files: []file{photo(t, 1), photo(t, 2), photo(t, 3), photo(t, 4)}}, "", 400, "media.too_many", "photos"},
		{"large photo", form{files: []file{photo(t, 1), {"photos", "a.jpg", make([]byte, 600<<10)}}}, "", 413, "api.too_large", "photos[1]"},
		{"large body", form{files: []file{{"photos", "a.jpg", make([]byte, 2<<20)}}}, "", 413, "api.too_large", ""},
		// bodies
		{"no body", "", "multipart/form-data; boundary=x", 400, "api.empty_body", ""},
		{"no parts", "--x--\r\n", "multipart/form-data; boundary=x", 400, "api.empty_body", ""},
		{"no boundary", "--x--", "multipart/form-data", 400, "api.body", ""},
		{"cut short", "--x\r\nContent-Disposition: form-data; name=title\r\n\r\nbuc", "multipart/form-data; boundary=x", 400, "api.body", ""},
		{"another type", "title=x", "application/x-www-form-urlencoded", 400, "api.content_type", ""},
		{"no type", "x", "nonsense", 400, "api.content_type", ""},
		{"empty JSON", "", "application/json", 400, "api.empty_body", ""},
		{"broken JSON", `{"title":`, "application/json", 400, "api.body", ""},
		{"an array", `[]`, "application/json", 400, "api.body", ""},
		{"two objects", `{} {}`, "application/json", 400, "api.body", ""},
		{"unknown key", `{"nope":1}`, "application/json", 400, "api.unknown_field", "nope"},
		{"key of another case", `{"Title":"x"}`, "application/json", 400, "api.unknown_field", "Title"},
		{"key twice", `{"title":"a","title":"b"}`, "application/json", 400, "api.value", "title"},
		{"text for a number", `{"lon":"10","lat":45}`, "application/json", 400, "api.value", "lon"},
		{"half a number", `{"priority":1.5}`, "application/json", 400, "api.value", "priority"},
		{"JSON not UTF-8", "{\"title\":\"\xff\"}", "application/json", 400, "api.body", ""},
		{"long JSON", `{"title":"` + strings.Repeat("x", 200<<10) + `"}`, "application/json", 413, "api.too_large", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.wantFault(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: c.body, kind: c.kind}, c.status, c.code, c.field)
		})
	}
	n, err := s.app.CountRecords("reports")
	if err != nil || n != 0 {
		t.Errorf("%d reports were written, %v", n, err)
	}
}

func TestViewAndCalls(t *testing.T) {
	s := newSite(t)
	got := s.submit(t, "citizen")
	id := string(got.ID)
	hidden := string(s.submit(t, "citizen", [2]string{"kind", "helpdesk"}).ID)

	var view desk.ReportView
	s.want(t, ask{who: "anna", method: http.MethodGet, path: "reports/" + got.Code}, http.StatusOK, &view)
	if view.Audience != report.AudienceStaff || !slices.Contains(view.Moves, "report.take") || view.Report["id"] != id {
		t.Errorf("view = %+v", view)
	}
	take := map[string]any{"id": "calltake0000001", "name": "report.take", "report": id, "base": 1, "occurredAt": "2026-11-20T08:59:00Z"}
	var res desk.Result
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: take}, http.StatusOK, &res)
	if res.State != report.InAnalysis || res.Repeat || res.Status != "applied" {
		t.Errorf("take = %+v", res)
	}
	s.want(t, ask{who: "anna", method: http.MethodPost, path: "calls", body: take}, http.StatusOK, &res)
	if !res.Repeat || res.State != report.InAnalysis {
		t.Errorf("take again = %+v", res)
	}

	call := func(name string, more ...any) map[string]any {
		m := map[string]any{"id": "callfault000001", "name": name, "report": id}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name   string
		who    string
		body   any
		status int
		code   string
		field  string
	}{
		{"nobody", "", call("report.take"), 401, "api.sign_in", ""},
		{"a stranger", "other", call("report.comment", "report", hidden, "args", map[string]any{"text": "x"}), 404, "report.none", ""},
		{"another team", "eva", call("report.start", "report", hidden), 404, "report.none", ""},
		{"another district", "eva", call("report.start"), 403, "report.role", ""},
		{"another role", "citizen", call("report.dispatch"), 403, "report.role", ""},
		{"another state", "anna", call("report.verify", "args", map[string]any{"ok": true}), 409, "report.move", ""},
		{"no such call", "anna", call("report.explode"), 400, "report.call", "name"},
		{"arguments", "anna", call("report.reject", "args", map[string]any{"code": "x"}), 400, "report.args", "code"},
		{"no such report", "anna", call("report.take", "report", "nosuchreport000"), 404, "report.none", ""},
		{"id of another call", "anna", call("report.comment", "id", "calltake0000001", "args", map[string]any{"text": "x"}), 409, "call.reused", "id"},
		{"an id of another form", "anna", call("report.take", "id", "x"), 400, "call.id", "id"},
		{"no id", "anna", call("report.take", "id", ""), 400, "api.required", "id"},
		{"no name", "anna", call(""), 400, "api.required", "name"},
		{"no report", "anna", call("report.take", "report", ""), 400, "api.required", "report"},
		{"a field too many", "anna", call("report.take", "device", "d"), 400, "api.unknown_field", "device"},
		{"negative base", "anna", call("report.take", "base", -1), 400, "api.value", "base"},
		{"no body", "anna", "", 400, "api.empty_body", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.wantFault(t, ask{who: c.who, method: http.MethodPost, path: "calls", body: c.body, kind: "application/json"}, c.status, c.code, c.field)
		})
	}
	s.wantFault(t, ask{who: "other", method: http.MethodGet, path: "reports/" + hidden}, http.StatusNotFound, "report.none", "")
	s.wantFault(t, ask{who: "anna", method: http.MethodGet, path: "reports/nothing"}, http.StatusNotFound, "report.none", "")
	s.wantFault(t, ask{method: http.MethodGet, path: "reports/" + id}, http.StatusUnauthorized, "api.sign_in", "")
}

func TestListNarrows(t *testing.T) {
	s := newSite(t)
	west := s.submit(t, "citizen")
	east := s.submit(t, "citizen", [2]string{"title", "East"})
	var moved desk.Receipt
	s.want(t, ask{who: "citizen", method: http.MethodPost, path: "reports", body: form{fields: [][2]string{{"lon", "11.5"}, {"lat", "45.5"}}}}, http.StatusCreated, &moved)

	for _, c := range []struct {
		query string
		want  []string
	}{
		{"", []string{west.Code, east.Code, moved.Code}},
		{"?state=registered", []string{west.Code, east.Code, moved.Code}},
		{"?state=closure", nil},
		{"?state=open&district=E", []string{moved.Code}},
		{"?district=W", []string{west.Code, east.Code}},
		{"?district=W,E&routing=routed,nearest", []string{west.Code, east.Code, moved.Code}},
		{"?routing=pending", nil},
		{"?bbox=11,45,12,46", []string{moved.Code}},
		{"?text=" + west.Code, []string{west.Code}},
	} {
		var page desk.Page
		s.want(t, ask{who: "anna", method: http.MethodGet, path: "reports" + c.query}, http.StatusOK, &page)
		if got := codes(page); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%q = %v, want %v", c.query, got, c.want)
		}
	}
	var seen []string
	for after := ""; ; {
		var page desk.Page
		s.want(t, ask{who: "anna", method: http.MethodGet, path: "reports?limit=1&after=" + after}, http.StatusOK, &page)
		if seen = append(seen, codes(page)...); page.Next == "" {
			break
		}
		after = page.Next
	}
	if len(seen) != 3 {
		t.Errorf("page by page = %v", seen)
	}
	for query, field := range map[string]string{
		"state=new": "state", "routing=lost": "routing", "bbox=1,2,3": "bbox", "bbox=a,b,c,d": "bbox", "bbox=12,45,11,46": "bbox",
		"bbox=NaN,1,2,3": "bbox", "limit=0": "limit", "limit=x": "limit", "limit=1001": "limit", "state=open&state=closed": "state",
	} {
		s.wantFault(t, ask{who: "anna", method: http.MethodGet, path: "reports?" + query}, http.StatusBadRequest, "api.value", field)
	}
	s.wantFault(t, ask{who: "anna", method: http.MethodGet, path: "reports?colour=red"}, http.StatusBadRequest, "api.unknown_field", "colour")
	s.wantFault(t, ask{method: http.MethodGet, path: "reports"}, http.StatusUnauthorized, "api.sign_in", "")
}

func codes(p desk.Page) []string {
	var out []string
	for _, r := range p.Reports {
		out = append(out, r["code"].(string))
	}
	slices.Sort(out)
	return out
}
