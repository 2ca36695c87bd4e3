package desk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// TestNobodyReadsWhatIsNotTheirs fills a report with everything that is private
// to somebody, and looks for it in whatever each person can get: their phone's
// whole pull, the report, the list, the map and the tracking link.
func TestNobodyReadsWhatIsNotTheirs(t *testing.T) {
	w := newTown(t)
	s := w.at(10.5)
	s.ContactName, s.ContactEmail, s.ContactPhone = "Zaccaria Contatto", "zaccaria@privato.example", "+39 055 0123456"
	s.Photos = []desk.NewPhoto{{Data: photo(t, 1, 10.5, 45.5)}}
	got := w.submit("citizen", s)
	w.do("anna", "report.dispatch", got.ID, map[string]any{"assignee": w.ids["ben"]})
	w.do("anna", "report.comment", got.ID, map[string]any{"text": "parola-interna", "audience": "internal"})
	w.do("anna", "report.comment", got.ID, map[string]any{"text": "parola-pubblica", "audience": "public"})
	w.do("citizen", "report.comment", got.ID, map[string]any{"text": "parola-di-giulia"})
	syncer, err := desk.NewSync(w.desk, desk.SyncConfig{})
	if err != nil {
		t.Fatal(err)
	}

	contact := []string{"Zaccaria", "zaccaria@", "0123456"}
	for _, tt := range []struct {
		who   string
		never []string
		some  []string
	}{
		{"citizen", append([]string{"parola-interna", w.ids["ben"], w.ids["anna"], "password-of", "@example.org"}, contact...), []string{"parola-pubblica", got.Code}},
		{"ben", append([]string{w.ids["citizen"], "password-of", "@example.org", "tokenKey"}, contact...), []string{"parola-interna", got.Code}},
		{"eva", append([]string{got.Code, "parola", string(got.ID)}, contact...), nil},
		{"anna", []string{"password-of", "tokenKey", "@example.org"}, append([]string{"parola-interna", got.Code}, contact...)},
	} {
		var seen strings.Builder
		err := syncer.Pull(t.Context(), w.as(tt.who), fieldsync.PullRequest{V: fieldsync.Version, Device: desk.NewID()}, func(line any) error {
			raw, err := json.Marshal(line)
			seen.Write(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if view, err := w.desk.View(t.Context(), w.as(tt.who), string(got.ID), "it"); err == nil && tt.who != "eva" {
			seen.WriteString(mustJSON(view))
		}
		page, err := w.desk.List(t.Context(), w.as(tt.who), desk.Query{})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := w.desk.Map(t.Context(), w.as(tt.who), desk.Query{})
		if err != nil {
			t.Fatal(err)
		}
		seen.WriteString(mustJSON(page) + mustJSON(shown))
		w.look(tt.who, seen.String(), tt.never, tt.some)
	}

	track, err := w.desk.Track(t.Context(), got.TrackToken, "it")
	if err != nil {
		t.Fatal(err)
	}
	public, err := w.desk.PublicMap(t.Context(), desk.Query{})
	if err != nil {
		t.Fatal(err)
	}
	private := append([]string{"parola-interna", w.ids["ben"], w.ids["anna"], w.ids["citizen"], "citizen"}, contact...)
	w.look("the link", mustJSON(track), append(private, "10.5"), []string{"parola-pubblica"})
	w.look("the public map", mustJSON(public), append(private, "Una buca", "parola"), []string{got.Code})
	if n := len(public.Features); n != 1 {
		t.Errorf("%d features on the public map, want 1", n)
	}
	var notices []struct {
		Params string `db:"params"`
	}
	if err := store.New(w.app).App().DB().NewQuery(`SELECT params FROM notices`).All(&notices); err != nil {
		t.Fatal(err)
	}
	w.look("the notices", mustJSON(notices), append(private, "Una buca", "parola"), []string{got.Code})
}

// look reports what of never is in a text, and what of some is not.
func (w *town) look(where, text string, never, some []string) {
	w.t.Helper()
	for _, word := range never {
		if i := strings.Index(text, word); i >= 0 {
			w.t.Errorf("%s holds %q: ...%s...", where, word, text[max(0, i-120):min(len(text), i+60)])
		}
	}
	for _, word := range some {
		if !strings.Contains(text, word) {
			w.t.Errorf("%s lacks %q", where, word)
		}
	}
}
