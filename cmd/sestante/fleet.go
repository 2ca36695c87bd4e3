package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
	httpdevice "github.com/sestante/sestante/sync/device/http"
)

// A fleet is many devices that work against one server.
type fleet struct {
	base    string
	people  []login
	devices int
	lasts   time.Duration
	loss    float64 // of the exchanges
	seed    uint64
	think   time.Duration
	now     func() time.Time
}

// A voyage is what came of a fleet, as it is printed.
type voyage struct {
	OK         bool               `json:"ok"`
	Seed       uint64             `json:"seed"`
	Devices    int                `json:"devices"`
	Seconds    float64            `json:"seconds"` // of work, before the network healed
	Made       int                `json:"made"`    // changes
	Ends       map[string]int     `json:"ends"`    // how they ended
	PerSecond  float64            `json:"perSecond"`
	Exchanges  int                `json:"exchanges"`
	Broken     int                `json:"broken"` // exchanges that did not come to their end
	BytesUp    int64              `json:"bytesUp"`
	BytesDown  int64              `json:"bytesDown"`
	LatencyMs  map[string]float64 `json:"latencyMs"` // of whole exchanges: p50, p95, p99, max
	Invariants []invariant        `json:"invariants"`
}

// An invariant is one thing that must be true at rest.
type invariant struct {
	Name    string   `json:"name"`
	Checked int      `json:"checked"`
	Failed  []string `json:"failed"`
}

// A sailor is one device of a fleet and the person behind it.
type sailor struct {
	fleet  *fleet
	who    login
	token  string
	rng    *rand.Rand
	store  *device.Memory
	dev    *device.Device
	client *lossy
	texts  map[string]int64 // comments made, and their number on the device
	ends   map[int64]string // how changes ended
	took   []time.Duration
	broken int
	made   int
}

// lossy is a network that loses requests, loses answers and breaks them off.
type lossy struct {
	loss     float64
	rng      *rand.Rand
	up, down atomic.Int64
	healed   atomic.Bool
}

var errLost = errors.New("lost on the way")

// RoundTrip carries a request, or loses something of it.
func (l *lossy) RoundTrip(req *http.Request) (*http.Response, error) {
	bad := !l.healed.Load() && l.rng.Float64() < l.loss
	kind := l.rng.IntN(3)
	if bad && kind == 0 {
		return nil, errLost
	}
	l.up.Add(max(req.ContentLength, 0))
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	l.down.Add(int64(len(body)))
	if bad && kind == 1 {
		return nil, errLost
	}
	if bad {
		body = body[:l.rng.IntN(len(body)+1)]
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// Do is what httpdevice asks of a client.
func (l *lossy) Do(req *http.Request) (*http.Response, error) {
	return (&http.Client{Transport: l, Timeout: time.Minute}).Do(req)
}

// sail lets the fleet work and checks what came of it.
func (f fleet) sail(ctx context.Context) (voyage, error) {
	crew, err := f.crew(ctx)
	if err != nil {
		return voyage{}, err
	}
	began := f.now()
	at, stop := context.WithTimeout(ctx, f.lasts)
	var all sync.WaitGroup
	problems := make([]error, len(crew))
	for i, s := range crew {
		all.Go(func() { problems[i] = s.work(at) })
	}
	all.Wait()
	stop()
	seconds := f.now().Sub(began).Seconds()
	if err := errors.Join(errors.Join(problems...), ctx.Err()); err != nil {
		return voyage{}, err
	}
	for range 2 { // the second time, everybody learns what the others did last
		for _, s := range crew {
			s.client.healed.Store(true)
			if err := s.sync(ctx); err != nil {
				return voyage{}, fmt.Errorf("%s after the network healed: %w", s.who.identity, err)
			}
		}
	}
	out := f.add(crew, seconds)
	out.Invariants, err = f.inspect(ctx, crew)
	out.OK = err == nil && !slices.ContainsFunc(out.Invariants, func(i invariant) bool { return len(i.Failed) > 0 })
	return out, err
}

// crew signs everybody in and gives them their devices.
func (f *fleet) crew(ctx context.Context) ([]*sailor, error) {
	tokens := map[string]string{}
	var out []*sailor
	for i := range f.devices {
		who := f.people[i%len(f.people)]
		if tokens[who.identity] == "" {
			token, err := f.signIn(ctx, who)
			if err != nil {
				return nil, err
			}
			tokens[who.identity] = token
		}
		s := &sailor{
			fleet: f, who: who, token: tokens[who.identity], rng: rand.New(rand.NewPCG(f.seed, uint64(i))),
			texts: map[string]int64{}, ends: map[int64]string{},
			client: &lossy{loss: f.loss, rng: rand.New(rand.NewPCG(f.seed, uint64(i)+1<<32))},
		}
		var err error
		if s.dev, s.store, err = s.device(); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (f *fleet) signIn(ctx context.Context, who login) (string, error) {
	raw, err := json.Marshal(map[string]string{"identity": who.identity, "password": who.password})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.base+"/api/collections/users/auth-with-password", bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	var out struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Token == "" {
		return "", errUsers.In(who.identity).With("the server answers %s", res.Status)
	}
	return out.Token, nil
}

// device returns a fresh device of the person.
func (s *sailor) device() (*device.Device, *device.Memory, error) {
	store := &device.Memory{}
	over, err := httpdevice.New(httpdevice.Config{
		BaseURL: s.fleet.base, Client: s.client, Token: func(context.Context) (string, error) { return s.token, nil },
	})
	if err != nil {
		return nil, nil, err
	}
	d, err := device.New(device.Config{
		ID: desk.NewID(), Store: store, Now: s.fleet.now, NewID: desk.NewID, App: "simulate " + Version,
		Transport: func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			return s.carry(ctx, over, req)
		},
		Verify: over.Verify,
	})
	return d, store, err
}

// carry measures an exchange and notes how changes ended.
func (s *sailor) carry(ctx context.Context, over *httpdevice.Link, req fieldsync.PushRequest) (io.ReadCloser, error) {
	began := s.fleet.now()
	body, err := over.Exchange(ctx, req)
	if err != nil {
		s.broken++
		return nil, err
	}
	all, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		s.broken++
		return nil, err
	}
	s.took = append(s.took, s.fleet.now().Sub(began))
	first, _, _ := bytes.Cut(all, []byte("\n"))
	var reply fieldsync.PushReply
	if json.Unmarshal(first, &reply) == nil { // one that broke off says nothing
		for _, r := range reply.Res {
			s.ends[r.Mid] = string(r.St)
		}
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

// work lets the person do things until ctx ends.
func (s *sailor) work(ctx context.Context) error {
	for ctx.Err() == nil {
		if s.made == 0 || s.rng.IntN(3) > 0 {
			if err := s.act(); err != nil {
				return fmt.Errorf("%s works: %w", s.who.identity, err)
			}
		}
		if s.rng.IntN(2) == 0 {
			_ = s.sync(ctx) // whatever went wrong, what was made waits on the device
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(s.rng.Int64N(2*int64(s.fleet.think) + 1))):
		}
	}
	return nil
}

// sync brings the device in step.
func (s *sailor) sync(ctx context.Context) error {
	return s.dev.Sync(ctx)
}

// act is one thing the person does.
func (s *sailor) act() error {
	s.made++
	seen := s.dev.List("reports")
	if len(seen) == 0 || s.rng.IntN(8) == 0 {
		_, err := s.dev.Call("report.submit", report.ID(desk.NewID()), map[string]any{
			"description": "simulated", "point": map[string]any{"lon": 8 + 6*s.rng.Float64(), "lat": 42 + 4*s.rng.Float64()}, "accuracyM": 8, "pointSource": "gps",
		})
		return err
	}
	r := seen[s.rng.IntN(len(seen))]
	text := fmt.Sprintf("simulated %s %d", s.dev.ID(), s.made)
	mid, err := s.dev.Call("report.comment", report.ID(r.ID), map[string]any{"text": text, "audience": "internal"})
	s.texts[text] = mid
	return err
}

// add adds up what the fleet did.
func (f fleet) add(crew []*sailor, seconds float64) voyage {
	v := voyage{Seed: f.seed, Devices: len(crew), Seconds: seconds, Ends: map[string]int{}, LatencyMs: map[string]float64{}}
	var took []time.Duration
	for _, s := range crew {
		v.Made += s.made
		v.Exchanges += len(s.took)
		v.Broken += s.broken
		v.BytesUp += s.client.up.Load()
		v.BytesDown += s.client.down.Load()
		took = append(took, s.took...)
		for _, end := range s.ends {
			v.Ends[end]++
		}
	}
	v.PerSecond = float64(v.Made) / seconds
	slices.Sort(took)
	for name, part := range map[string]float64{"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1} {
		if n := len(took); n > 0 {
			v.LatencyMs[name] = float64(took[min(n-1, int(part*float64(n)))].Microseconds()) / 1000
		}
	}
	return v
}

// inspect compares what the fleet holds with what fresh devices are given. It
// is for a world at rest.
func (f fleet) inspect(ctx context.Context, crew []*sailor) ([]invariant, error) {
	drained := invariant{Name: "nothing waits", Failed: []string{}}
	ended := invariant{Name: "every change has one end", Failed: []string{}}
	same := invariant{Name: "a device holds what a fresh one of the same person is given", Failed: []string{}}
	once := invariant{Name: "what took effect is there once, what did not is nowhere", Failed: []string{}}
	fresh := map[string]*device.State{}
	for _, s := range crew {
		drained.hold(s.dev.Health().Waiting == 0, "%d changes of %s", s.dev.Health().Waiting, s.dev.ID())
		ended.hold(len(s.ends) == s.made, "%s made %d changes and knows the end of %d", s.dev.ID(), s.made, len(s.ends))
		if fresh[s.who.identity] == nil {
			d, store, err := s.device()
			if err != nil {
				return nil, err
			}
			if err := d.Sync(ctx); err != nil {
				return nil, fmt.Errorf("a fresh device of %s: %w", s.who.identity, err)
			}
			fresh[s.who.identity] = store.State()
		}
		want, got := fresh[s.who.identity].Base, s.store.State().Base
		same.hold(len(want) == len(got), "%s holds %d records, want %d", s.dev.ID(), len(got), len(want))
		for k, row := range want {
			same.hold(bytes.Equal(row.Body, got[k].Body), "%s %s on %s", k.Coll, k.ID, s.dev.ID())
		}
		f.once(&once, s, want)
	}
	return []invariant{drained, ended, same, once}, nil
}

// once looks for each comment of a device among the messages its person holds.
func (f fleet) once(i *invariant, s *sailor, base map[device.Key]device.Row) {
	count := map[string]int{}
	for k, row := range base {
		var m struct{ Text string }
		if k.Coll == "messages" && json.Unmarshal(row.Body, &m) == nil {
			count[m.Text]++
		}
	}
	for text, mid := range s.texts {
		switch s.ends[mid] {
		case "applied", "merged": // one that is no longer theirs to read is not there
			i.hold(count[text] <= 1, "%q is there %d times", text, count[text])
		default:
			i.hold(count[text] == 0, "%q was not done and is there", text)
		}
	}
}

// hold counts a check, and keeps what failed, the first hundred.
func (i *invariant) hold(ok bool, format string, args ...any) {
	i.Checked++
	if !ok && len(i.Failed) < 100 {
		i.Failed = append(i.Failed, fmt.Sprintf(format, args...))
	}
}
