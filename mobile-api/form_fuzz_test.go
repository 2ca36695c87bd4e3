package mobileapi_test

import (
	"math"
	"testing"
	"time"

	"github.com/sestante/sestante/fault"
	mobileapi "github.com/sestante/sestante/mobile-api"
)

// FuzzSubmissionForm: whatever the body and the type it claims, it is either a
// report that makes sense or refused with a fault that says why, and no memory
// stays counted as taken.
func FuzzSubmissionForm(f *testing.F) {
	whole, kind := form{fields: complete, files: []file{photo(f, 1)}}.encode(f)
	f.Add(kind, whole)
	f.Add(kind, whole[:len(whole)/2])
	for _, text := range []string{
		"--x\r\nContent-Disposition: form-data; name=lon\r\n\r\n10\r\n--x--",
		"--x\r\nContent-Disposition: form-data; name=lon\r\n\r\n10\r\n--x\r\nContent-Disposition: form-data; name=lat\r\n\r\n1e1\r\n--x--",
		"--x\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n--x--",
		"--x\r\nContent-Disposition: form-data; name=photo; filename=a\r\n\r\n\r\n--x\r\nContent-Disposition: form-data; name=consentPublish\r\n\r\non\r\n--x--",
		"--x--",
	} {
		f.Add("multipart/form-data; boundary=x", []byte(text))
	}
	for _, text := range []string{
		`{"title":"x","lon":10.5,"lat":45.5,"occurredAt":"2026-11-20T08:30:00Z"}`, `{"lon":1e999,"lat":null}`, `{"lon":null,"lat":null,"priority":-1}`, ` {} {}`,
	} {
		f.Add("application/json", []byte(text))
	}
	f.Add("multipart/mixed; boundary=\"", []byte("--"))
	door := mobileapi.NewReader(mobileapi.Config{MaxBody: 64 << 10, MaxPhoto: 16 << 10, MaxPhotos: 2, MaxHeld: 1 << 20, Idle: time.Minute})
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		s, err := door.Read(kind, data)
		if err != nil {
			if k := fault.Of(err).Kind; k != fault.Invalid && k != fault.TooLarge {
				t.Errorf("Read(%q, %q) = %v, of the kind %s", kind, data, err, k)
			}
		} else if p := s.Point; p != nil && !(math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90) {
			t.Errorf("Read(%q, %q) = a point at %v", kind, data, *p)
		} else if len(s.Photos) > 2 || s.Priority < 0 || s.Priority > 4 || p == nil && s.PointSource != "" {
			t.Errorf("Read(%q, %q) = %+v", kind, data, s)
		}
		if n := door.Held(); n != 0 {
			t.Errorf("Read(%q, %q) left %d bytes counted as taken", kind, data, n)
		}
	})
}
