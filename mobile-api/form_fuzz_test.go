package mobileapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	mobileapi "github.com/sestante/sestante/mobile-api"
)

// FuzzSubmissionForm: no body makes the door fail on its own account, whatever
// the type it claims; what is refused says why.
func FuzzSubmissionForm(f *testing.F) {
	whole, kind := form{fields: complete, files: []file{photo(f, 1)}}.encode(f)
	f.Add(kind, whole)
	f.Add(kind, whole[:len(whole)/2])
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=lon\r\n\r\n10\r\n--x--"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n--x--"))
	f.Add("application/json", []byte(`{"title":"x","lon":10.5,"lat":45.5}`))
	f.Add("application/json", []byte(`{"lon":1e999,"lat":null}`))
	f.Add("multipart/mixed; boundary=\"", []byte("--"))
	s := newSite(f, func(cfg *mobileapi.Config) { cfg.RateBurst = 1 << 30 })
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+mobileapi.Prefix+"reports", bytes.NewReader(data))
		if err != nil {
			t.Skip()
		}
		req.Header.Set("Content-Type", kind)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Skip() // no header can hold it
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Data struct{ Code string } }
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("%d %s: %v", res.StatusCode, body, err)
		}
		if res.StatusCode >= 500 || res.StatusCode >= 400 && answer.Data.Code == "" {
			t.Errorf("%q %q = %d %s", kind, data, res.StatusCode, body)
		}
	})
}
