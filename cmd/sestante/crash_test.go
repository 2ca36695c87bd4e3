package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/internal/config"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
	httpdevice "github.com/sestante/sestante/sync/device/http"
)

// A survivor is a phone that works on while its server is killed again and
// again.
type survivor struct {
	person  string // id
	file    *device.File
	dev     *device.Device
	url     string
	token   string
	n       int
	reports []report.ID
	made    []string         // texts of comments and ids of reports, in their order
	acked   map[int64]string // how the server said each mutation ended
}

// connect points the phone at the server's next life.
func (s *survivor) connect(url string) error {
	s.url = url
	if s.token != "" {
		return nil
	}
	var err error
	s.token, err = signIn(url, s.person+"@example.org", "a password of "+s.person)
	return err
}

func signIn(url, identity, password string) (string, error) {
	raw, err := json.Marshal(map[string]string{"identity": identity, "password": password})
	if err != nil {
		return "", err
	}
	res, err := http.Post(url+"/api/collections/users/auth-with-password", "application/json", bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var out struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Token == "" {
		return "", errors.Join(fmt.Errorf("sign in of %s: %s", identity, res.Status), err)
	}
	return out.Token, nil
}

// carry is the phone's transport: HTTP, with the acknowledgements noted as they
// arrive.
func (s *survivor) carry(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
	over, err := httpdevice.New(httpdevice.Config{BaseURL: s.url, Token: func(context.Context) (string, error) { return s.token, nil }})
	if err != nil {
		return nil, err
	}
	body, err := over.Exchange(ctx, req)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(body)
	first, _, whole := bytes.Cut(all, []byte("\n"))
	var reply fieldsync.PushReply
	if whole && json.Unmarshal(first, &reply) == nil {
		for _, r := range reply.Res {
			s.acked[r.Mid] = string(r.St)
		}
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(all), broken{err})), body.Close()
}

// broken is the end of an answer that may have broken off.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}

// work does one thing more on the phone.
func (s *survivor) work() error {
	s.n++
	if s.n%5 == 1 {
		id := report.ID(fmt.Sprintf("r%s%07d", s.person[8:], s.n))
		s.reports, s.made = append(s.reports, id), append(s.made, string(id))
		_, err := s.dev.Call("report.submit", id, map[string]any{
			"description": "broken", "point": map[string]any{"lon": 9.19, "lat": 45.46}, "accuracyM": 5, "pointSource": "gps",
		})
		return err
	}
	text := fmt.Sprintf("%s says %d", s.person, s.n)
	s.made = append(s.made, text)
	_, err := s.dev.Call("report.comment", s.reports[len(s.reports)-1], map[string]any{"text": text, "audience": "reporter"})
	return err
}

// newSurvivors makes the people in the data folder, before its server starts,
// and their phones.
func newSurvivors(t *testing.T, dir string, n int) []*survivor {
	t.Helper()
	cfg, err := config.Load(config.Sources{Args: []string{"--dir", dir}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var out []*survivor
	for i := range n {
		s := &survivor{person: fmt.Sprintf("survivor%07d", i), acked: map[int64]string{}}
		col, err := h.app.FindCachedCollectionByNameOrId("users")
		if err != nil {
			t.Fatal(err)
		}
		r := core.NewRecord(col)
		r.Id = s.person
		r.Set("email", s.person+"@example.org")
		r.Set("language", "en")
		r.Set("verified", true)
		r.SetPassword("a password of " + s.person)
		if err := h.app.Save(r); err != nil {
			t.Fatal(err)
		}
		if s.file, err = device.OpenFile(filepath.Join(t.TempDir(), "phone")); err != nil {
			t.Fatal(err)
		}
		s.dev, err = device.New(device.Config{
			ID: fmt.Sprintf("phone%010d", i), Store: s.file, Transport: s.carry, Now: time.Now,
			NewID: func() string { return fmt.Sprintf("fork%d%010d", i, time.Now().UnixNano()%1e10) },
		})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKilledWhileDevicesPush kills the server at random moments while devices
// push over HTTP. In the end nothing that was acknowledged is missing and
// nothing was done twice. KILLS sets the rounds.
func TestKilledWhileDevicesPush(t *testing.T) {
	rounds := 4
	if n, err := strconv.Atoi(os.Getenv("KILLS")); err == nil {
		rounds = n
	}
	dir := filepath.Join(t.TempDir(), "data")
	phones := newSurvivors(t, dir, 4)
	rng := rand.New(rand.NewPCG(1, uint64(rounds)))
	for range rounds {
		v := startVictim(t, dir)
		for _, s := range phones {
			if err := s.connect(v.url); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, s := range phones {
			all.Go(func() {
				for ctx.Err() == nil {
					if err := s.work(); err != nil {
						t.Error(err)
						return
					}
					if s.dev.Sync(ctx) != nil {
						return // killed, as it must be
					}
				}
			})
		}
		<-time.After(time.Duration(rng.IntN(120_000)) * time.Microsecond) // the moment of the cut is the clock's
		v.kill(t)
		cancel()
		all.Wait()
	}

	v := startVictim(t, dir)
	for _, s := range phones {
		if err := s.connect(v.url); err != nil {
			t.Fatal(err)
		}
		if err := s.dev.Sync(t.Context()); err != nil {
			t.Errorf("%s after the last kill: %v", s.person, err)
		}
		if h := s.dev.Health(); h.Waiting > 0 {
			t.Errorf("%s: %d wait", s.person, h.Waiting)
		}
		for _, e := range s.dev.Refusals() { // what two kills met looks like poison: see release
			if e.Result.St == fieldsync.Rejected {
				t.Errorf("%s: change %d was refused: %s", s.person, e.Mid, e.Result.Code)
			}
		}
	}
	v.kill(t)
	wantEachOnce(t, dir, phones, rounds)
}

// wantEachOnce compares the database with what the phones did and were told.
func wantEachOnce(t *testing.T, dir string, phones []*survivor, rounds int) {
	t.Helper()
	h := openData(t, dir)
	app, released := h.app, release(t, h)
	count := func(q string, args ...any) int {
		t.Helper()
		for _, a := range args {
			q = strings.Replace(q, "?", fmt.Sprintf("'%v'", a), 1)
		}
		var n int
		if err := app.DB().NewQuery(q).Row(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	acked, made := 0, 0
	for _, s := range phones {
		if id := s.dev.ID(); len(s.file.State().Meta.Alias) > 0 {
			t.Errorf("%s was taken for another device and is now %s", s.person, id)
		}
		for mid, st := range s.acked {
			acked++
			if st == string(fieldsync.Held) || st == string(fieldsync.Skipped) {
				st = string(fieldsync.Applied) // since it was released
			}
			if n := count("SELECT count(*) FROM _s_mut WHERE did = ? AND mid = ? AND st = ?", s.dev.ID(), mid, st); n != 1 {
				t.Errorf("change %d of %s was acknowledged as %s and is missing", mid, s.person, st)
			}
		}
		for _, key := range s.made {
			made++
			if n := count("SELECT (SELECT count(*) FROM messages WHERE text = ?) + (SELECT count(*) FROM reports WHERE id = ?)", key, key); n != 1 {
				t.Errorf("%q was done once and is there %d times", key, n)
			}
		}
	}
	if acked == 0 {
		t.Error("nothing was acknowledged: the test proves nothing")
	}
	t.Logf("%d kills, %d changes made, %d acknowledged, %d released from quarantine", rounds, made, acked, released)
}

// release does what an operator does with changes that were on their way at two
// kills in a row, and so look as if they had crashed the server.
func release(t *testing.T, h *house) int {
	t.Helper()
	var rows []struct {
		Did string `db:"did"`
		Mid int64  `db:"mid"`
	}
	if err := h.app.DB().NewQuery("SELECT did, mid FROM _s_mut WHERE st = 'quarantined' ORDER BY did, mid").All(&rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		_, err := h.sync.ReleaseQuarantine(t.Context(), report.Actor{ID: report.System, Language: "en"}, r.Did, r.Mid)
		if err != nil && !errors.Is(err, fieldsync.ErrNotHeld) { // it went with its group
			t.Errorf("change %d of %s cannot be released: %v", r.Mid, r.Did, err)
		}
	}
	return len(rows)
}

// openData opens a data folder whose server is dead.
func openData(t *testing.T, dir string) *house {
	t.Helper()
	cfg, err := config.Load(config.Sources{Args: []string{"--dir", dir}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	return h
}
