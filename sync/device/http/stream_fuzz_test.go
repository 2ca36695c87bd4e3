package httpdevice_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	httpdevice "github.com/sestante/sestante/sync/device/http"
)

// canned answers every request with the same stream.
type canned string

func (c canned) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c)))}, nil
}

// FuzzStream reads any bytes as a stream: it ends, with an error that says why,
// and an event that is told has at most one thing in it.
func FuzzStream(f *testing.F) {
	f.Add("id: 7\nevent: poke\ndata: {\"seq\":7,\"p\":1}\n\n")
	f.Add("event: cmd\r\ndata: {\"k\":\"wipe\"}\r\n\r\n: x\n\nevent: hb\ndata: {}\n\n")
	f.Fuzz(func(t *testing.T, stream string) {
		l, err := httpdevice.New(httpdevice.Config{
			BaseURL: "http://server.invalid", Client: canned(stream), Token: func(context.Context) (string, error) { return "t", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		err = l.Listen(t.Context(), phoneID, 0, func(e httpdevice.Event) error {
			n := 0
			for _, set := range []bool{e.Poke != nil, e.Beat != nil, e.Command != nil} {
				if set {
					n++
				}
			}
			if n > 1 {
				t.Errorf("an event with %d things in it: %+v", n, e)
			}
			return nil
		})
		if err == nil {
			t.Error("Listen() = nil; a stream always ends with why")
		}
	})
}
