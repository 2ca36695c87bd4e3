package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// A move is one step of a scenario; README.md beside the scenarios says what
// each means.
type move struct {
	Do                           string
	Device, Of, As, Person, Role string
	Areas                        []string
	Org, State, Net, Ends        string
	Part                         float64
	Name, Report                 string
	Args, Body                   any
	Muts                         []struct {
		Call, Report, Photo, Kind string
		Args                      any
	}
	Refused  string
	Reply    map[string]any
	Reports  map[string]map[string]any
	Texts    *[]string
	Refusals *[]string
	Waiting  *int
}

// A stage is where a scenario is played.
type stage struct {
	t       *testing.T
	srv     *server
	devices map[string]*handset
	n       int
	calm    bool // nothing happens after which a device has to begin anew
}

type handset struct {
	person string
	file   *device.File
	path   string
	dev    *device.Device
	backup []byte
	net    string // of the next exchange
	part   float64
	full   bool // it has a checkpoint
}

// TestScenarios plays every scenario file with the Go device. Other clients
// play the same files: same inputs, same final store.
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(scenarios, "*.json"))
	if err != nil || len(paths) < 13 {
		t.Fatalf("%d scenarios (%v), want at least twelve and the country", len(paths), err)
	}
	srv := newServer(t)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if name == "country" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var script struct {
				About string
				Steps []move
			}
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&script); err != nil || script.About == "" {
				t.Fatalf("%v; every scenario says what it is about", err)
			}
			srv.limits = fieldsync.Limits{PageRows: 3}
			if err := srv.begin(); err != nil {
				t.Fatal(err)
			}
			s := &stage{t: t, srv: srv, devices: map[string]*handset{}, calm: !slices.ContainsFunc(script.Steps, func(m move) bool {
				return slices.Contains([]string{"restored", "rollback", "restore", "state"}, m.Do)
			})}
			for i, m := range script.Steps {
				srv.now = srv.now.Add(time.Minute)
				if err := s.play(resolved(m)); err != nil {
					t.Fatalf("step %d, %s: %v", i+1, m.Do, err)
				}
			}
		})
	}
}

// resolved puts ids in the place of texts that begin with @.
func resolved(m move) move {
	m.Report = name(m.Report)
	m.Args, m.Body = deep(m.Args), deep(m.Body)
	for i := range m.Muts {
		m.Muts[i].Report, m.Muts[i].Photo, m.Muts[i].Args = name(m.Muts[i].Report), name(m.Muts[i].Photo), deep(m.Muts[i].Args)
	}
	if m.Reports != nil {
		want := map[string]map[string]any{}
		for k, v := range m.Reports {
			fields, _ := deep(v).(map[string]any)
			want[name(k)] = fields
		}
		m.Reports = want
	}
	return m
}

func name(text string) string {
	rest, ok := strings.CutPrefix(text, "@")
	if !ok {
		return text
	}
	if area := areaID(rest); area != "" {
		return area
	}
	return id(rest)
}

func deep(v any) any {
	switch v := v.(type) {
	case string:
		return name(v)
	case []any:
		for i := range v {
			v[i] = deep(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = deep(v[k])
		}
	}
	return v
}

func (s *stage) play(m move) error {
	ctx := s.t.Context()
	h := s.devices[m.Device]
	if h == nil && m.Device != "" && m.Do != "device" {
		return fmt.Errorf("there is no device %s", m.Device)
	}
	switch m.Do {
	case "device":
		return s.open(m.Device, m.Of)
	case "work":
		return s.work(h, m)
	case "sync":
		h.net, h.part = m.Net, m.Part
		return ended(h.dev.Sync(ctx), m.Ends)
	case "call":
		return s.call(ctx, m)
	case "grant":
		s.n++
		if err := s.srv.run(role(fmt.Sprintf("grant%d", s.n), m.Person, m.Role, m.Org, m.Areas...), nil); err != nil {
			return err
		}
		return s.srv.sweep(ctx)
	case "revoke":
		return s.srv.run("DELETE FROM roles WHERE person = {:p}", dbx.Params{"p": id(m.Person)})
	case "state":
		return s.srv.run("UPDATE devices SET state = {:s} WHERE id = {:id}", dbx.Params{"s": m.State, "id": h.dev.ID()})
	case "restored":
		s.n++
		return s.srv.run("UPDATE _meta SET v = {:v} WHERE k = 'sync.epoch'", dbx.Params{"v": fmt.Sprintf("restored%d", s.n)})
	case "save":
		return s.srv.save()
	case "rollback":
		return s.srv.put(s.srv.saved)
	case "backup":
		var err error
		h.backup, err = os.ReadFile(h.path)
		return err
	case "restore":
		if err := errors.Join(h.file.Close(), os.WriteFile(h.path, h.backup, 0o600)); err != nil {
			return err
		}
		return s.start(h, h.dev.ID())
	case "push":
		return s.push(ctx, m)
	case "want":
		return h.want(m)
	default:
		return fmt.Errorf("no scenario can %q", m.Do)
	}
}

// ended compares how something ended with how it should.
func ended(err error, want string) error {
	code := ""
	if f, ok := errors.AsType[*fault.Error](err); ok {
		code = f.Code
	}
	switch {
	case want == "" || want == "ok":
		return err
	case err == nil:
		return fmt.Errorf("it ended well, want %s", want)
	case want == "broken" && (errors.Is(err, errNetwork) || errors.Is(err, device.ErrTorn)), want == code:
		return nil
	default:
		return fmt.Errorf("%w; want %s", err, want)
	}
}

func (s *stage) open(name, person string) error {
	h := &handset{person: person, path: filepath.Join(s.t.TempDir(), name)}
	s.devices[name] = h
	s.t.Cleanup(func() { _ = h.file.Close() })
	return s.start(h, id(name))
}

func (s *stage) start(h *handset, did string) error {
	var err error
	if h.file, err = device.OpenFile(h.path); err != nil {
		return err
	}
	roles := []report.Role{report.RoleCitizen}
	for _, p := range country().People {
		if p.Name == h.person && p.Role != "" {
			roles = []report.Role{report.Role(p.Role)}
		}
	}
	h.dev, err = device.New(device.Config{
		ID: did, Store: h.file, Now: func() time.Time { return s.srv.now }, Roles: roles,
		NewID: func() string { s.n++; return id(fmt.Sprintf("again%d", s.n)) },
		Transport: func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
			return s.carry(ctx, h, req)
		},
	})
	return err
}

// carry is a handset's way to the server.
func (s *stage) carry(ctx context.Context, h *handset, req fieldsync.PushRequest) (io.ReadCloser, error) {
	raw, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	if req.Pull != nil {
		if s.calm && h.full && req.Pull.Cursor == "" {
			s.t.Error("the device found something wrong with what it holds, and begins anew")
		}
		h.full = h.full || req.Pull.Cursor != ""
	}
	net := h.net
	h.net = ""
	if net == "never" {
		return nil, errNetwork
	}
	out, err := s.srv.serve(ctx, h.person, raw)
	if err != nil || net == "lost" {
		return nil, errors.Join(errNetwork, err)
	}
	if net == "twice" {
		if out, err = s.srv.serve(ctx, h.person, raw); err != nil {
			return nil, err
		}
	}
	if net == "cut" {
		out = out[:int(h.part*float64(len(out)))]
	}
	return io.NopCloser(bytes.NewReader(out)), nil
}

// serve answers one exchange of a person.
func (s *server) serve(ctx context.Context, person string, raw []byte) ([]byte, error) {
	who, err := s.desk.Actor(ctx, report.PersonID(id(person)))
	if err != nil {
		return nil, err
	}
	req, err := fieldsync.DecodePush(raw, s.sync.Limits())
	if err != nil {
		return nil, err
	}
	var out []byte
	err = s.sync.Exchange(ctx, who, req, func(line any) error {
		var err error
		out, err = fieldsync.AppendLine(out, line)
		return err
	})
	return out, err
}

func (s *stage) work(h *handset, m move) error {
	var muts []fieldsync.Mutation
	for _, w := range m.Muts {
		if w.Photo != "" {
			s.n++
			set := map[string]fieldsync.Set{}
			for k, v := range map[string]any{"report": w.Report, "kind": w.Kind, "sha256": fmt.Sprintf("%064x", s.n), "size": 1000, "type": "image/jpeg"} {
				raw, err := json.Marshal(v)
				if err != nil {
					return err
				}
				set[k] = fieldsync.Set{To: raw}
			}
			muts = append(muts, fieldsync.Mutation{Op: fieldsync.OpCreate, Coll: "media", ID: w.Photo, Set: set})
			continue
		}
		raw, err := json.Marshal(w.Args)
		if err != nil {
			return err
		}
		muts = append(muts, fieldsync.Mutation{Op: fieldsync.OpCall, Coll: "reports", ID: w.Report, Name: w.Call, Args: raw})
	}
	_, err := h.dev.Do(muts...)
	return ended(err, m.Refused)
}

func (s *stage) call(ctx context.Context, m move) error {
	who, err := s.srv.desk.Actor(ctx, report.PersonID(id(m.As)))
	if err != nil {
		return err
	}
	raw, err := json.Marshal(m.Args)
	if err != nil {
		return err
	}
	s.n++
	_, err = s.srv.desk.Do(ctx, who, report.Call{
		ID: id(fmt.Sprintf("scene%05d", s.n)), Name: m.Name, Report: report.ID(m.Report), Args: raw, OccurredAt: s.srv.now, Source: report.SourceUI,
	})
	return err
}

// push hands in bytes past any client.
func (s *stage) push(ctx context.Context, m move) error {
	raw, err := json.Marshal(m.Body)
	if err != nil {
		return err
	}
	out, err := s.srv.serve(ctx, m.As, raw)
	if err != nil {
		return err
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		return err
	}
	for k, v := range m.Reply {
		if !reflect.DeepEqual(got[k], v) {
			return fmt.Errorf("the reply's %s is %v, want %v", k, got[k], v)
		}
	}
	return nil
}

// want compares what a person sees on a device.
func (h *handset) want(m move) error {
	if m.Reports != nil {
		seen := map[string]device.Record{}
		for _, r := range h.dev.List("reports") {
			seen[r.ID] = r
		}
		if got, want := slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(m.Reports)); !slices.Equal(got, want) {
			return fmt.Errorf("the device shows the reports %v, want %v", got, want)
		}
		for rid, fields := range m.Reports {
			for k, want := range fields {
				var got any
				_ = json.Unmarshal(seen[rid].Fields[k], &got) // absent is nil
				if !reflect.DeepEqual(got, want) {
					return fmt.Errorf("%s of %s is %v, want %v", k, rid, got, want)
				}
			}
		}
	}
	if m.Texts != nil {
		var got []string
		for _, r := range h.dev.List("messages") {
			var text string
			_ = json.Unmarshal(r.Fields["text"], &text)
			if text != "" { // the program's own messages are a template and have no words
				got = append(got, text)
			}
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(*m.Texts))) {
			return fmt.Errorf("the device shows the texts %q, want %q; refused %v", got, *m.Texts, h.dev.Refusals())
		}
	}
	if m.Refusals != nil {
		got := []string{}
		for _, e := range h.dev.Refusals() {
			code := e.Result.Code
			if code == "" {
				code = string(e.Result.St)
			}
			got = append(got, code)
		}
		if !slices.Equal(got, *m.Refusals) {
			return fmt.Errorf("refused are %v, want %v", got, *m.Refusals)
		}
	}
	if got := h.dev.Health().Waiting; m.Waiting != nil && got != *m.Waiting {
		return fmt.Errorf("%d changes wait, want %d", got, *m.Waiting)
	}
	return nil
}
