package httpdevice_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
	httpdevice "github.com/sestante/sestante/sync/device/http"
)

// server answers every exchange with an empty pull, and remembers what came.
type server struct {
	got     []fieldsync.PushRequest
	token   string
	packed  bool
	status  int
	refusal string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.token = r.Header.Get("Authorization")
	body := io.Reader(r.Body)
	if s.packed = r.Header.Get("Content-Encoding") == "gzip"; s.packed {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	var req fieldsync.PushRequest
	if err := json.NewDecoder(body).Decode(&req); err != nil || r.URL.Path != "/api/mobile/v1/sync/exchange" {
		http.Error(w, "no", http.StatusNotFound)
		return
	}
	s.got = append(s.got, req)
	if s.status != 0 {
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.refusal)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	var out []byte
	reply := fieldsync.PushReply{T: "push", V: 1, Now: time.Unix(1, 0)}
	for _, raw := range req.Muts {
		var m fieldsync.Mutation
		_ = json.Unmarshal(raw, &m)
		reply.Res = append(reply.Res, fieldsync.Result{Mid: m.Mid, St: fieldsync.Applied, Seq: 1})
		reply.LMid = m.Mid
	}
	for _, line := range []any{reply, fieldsync.Hi{T: "hi", Reset: "new"}, fieldsync.Checkpoint{T: "cp", Seq: 1, Cur: "c"}} {
		out, _ = fieldsync.AppendLine(out, line)
	}
	_, _ = z.Write(out)
	_ = z.Close()
}

func newDevice(t *testing.T, s *server) *device.Device {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	link, err := httpdevice.New(httpdevice.Config{
		BaseURL: srv.URL + "/", Client: srv.Client(),
		Token: func(context.Context) (string, error) { return "secret", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := device.New(device.Config{
		ID: "device000000001", Store: &device.Memory{}, Transport: link.Exchange,
		Now: func() time.Time { return time.Unix(1, 0) }, NewID: func() string { return "device000000002" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestExchange(t *testing.T) {
	s := &server{}
	d := newDevice(t, s)
	if _, err := d.Call("report.comment", "report000000000", map[string]string{"text": strings.Repeat("long ", 400)}); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.got) != 1 || len(s.got[0].Muts) != 1 || s.got[0].Pull == nil {
		t.Errorf("the server got %+v, want one exchange with one mutation", s.got)
	}
	if s.token != "Bearer secret" || !s.packed {
		t.Errorf("token %q, packed %v; want the bearer's, packed", s.token, s.packed)
	}
	if h := d.Health(); h.Waiting != 0 {
		t.Errorf("%d still wait", h.Waiting)
	}
}

func TestRefused(t *testing.T) {
	s := &server{status: http.StatusForbidden, refusal: `{"status":403,"message":"Locked.","data":{"code":"sync.locked"}}`}
	d := newDevice(t, s)
	err := d.Sync(t.Context())
	if refused, ok := errors.AsType[*httpdevice.RefusedError](err); !errors.Is(err, fieldsync.ErrLocked) || !ok || refused.Status != 403 {
		t.Errorf("Sync() = %v, want sync.locked with its status", err)
	}
	s.status, s.refusal = http.StatusBadGateway, "<html>"
	if refused, ok := errors.AsType[*httpdevice.RefusedError](d.Sync(t.Context())); !ok || refused.Status != 502 {
		t.Errorf("a proxy's answer: %v", refused)
	}
}
