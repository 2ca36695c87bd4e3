package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// dawn is when every run begins.
var dawn = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)

// A server is the real store, desk and sync over the simulated disk.
type server struct {
	disk   *disk
	oracle oracle
	app    *core.BaseApp
	dir    string
	born   []byte // the file every run begins with
	saved  []byte // a backup of it
	life   int    // how many files it had

	now    time.Time
	swept  time.Time // when the grants were swept last
	limits fieldsync.Limits
	desk   *desk.Desk
	sync   *desk.Sync
}

// newServer makes the country once; begin starts a run in it.
func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{disk: &disk{}, now: dawn, dir: pbtest.Dir(t)}
	s.disk.path = filepath.Join(s.dir, "data.db")
	s.app = core.NewBaseApp(core.BaseAppConfig{DataDir: s.dir, DBConnect: s.disk.connect})
	if err := s.app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	s.app.Settings().Logs.MaxDays = 0
	t.Cleanup(func() {
		if err := s.app.ResetBootstrapState(); err != nil {
			t.Errorf("close the app: %v", err)
		}
	})
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	if err := s.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mustRun(t, "PRAGMA wal_checkpoint(TRUNCATE)")
	var err error
	if s.born, err = os.ReadFile(s.disk.path); err != nil {
		t.Fatal(err)
	}
	if err := s.oracle.consult(s.disk.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.oracle.db.Close() })
	return s
}

// begin puts the country as it was born under the server.
//
// Opening a file and compiling its statements takes longer than a run, so the
// connections stay and the file is changed beneath them: when nothing of it is
// left in the log, its pages are written over, and a first commit by a
// connection that knows only the new ones makes all others forget the old.
func (s *server) begin() error {
	s.disk.restart()
	s.now, s.swept, s.saved = dawn, dawn, nil
	if err := s.run("PRAGMA max_page_count = 1048576", nil); err != nil {
		return fmt.Errorf("give the disk room: %w", err)
	}
	return s.put(s.born)
}

// put ends the server, puts that file beneath it and starts it again.
func (s *server) put(file []byte) error {
	if err := s.flush(); err != nil {
		return err
	}
	if err := overwrite(s.disk.path, file); err != nil {
		return err
	}
	s.life++
	if err := s.disk.alone("PRAGMA user_version = " + strconv.Itoa(s.life)); err != nil {
		return err
	}
	s.oracle.as = ""
	return s.open()
}

// flush puts everything that is in the log into the file.
func (s *server) flush() error {
	var busy, frames, moved int
	if err := s.app.NonconcurrentDB().NewQuery("PRAGMA wal_checkpoint(TRUNCATE)").Row(&busy, &frames, &moved); err != nil || busy != 0 {
		return fmt.Errorf("empty the log: busy %d, %w", busy, err)
	}
	return nil
}

// save makes a backup of the server.
func (s *server) save() error {
	err := s.flush()
	if err == nil {
		s.saved, err = os.ReadFile(s.disk.path)
	}
	return err
}

// overwrite replaces the bytes of a database file that is in use. It leaves the
// file as long as it was: the connections go on believing in the pages at its
// end, which the header does not count, and SQLite takes a file that has become
// shorter than they say for a damaged one.
func overwrite(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// open makes the rooms anew over the file, as a start of the program does.
func (s *server) open() error {
	var err error
	s.desk, err = desk.New(desk.Config{
		Store: store.New(s.app), Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler),
		Policy: report.DefaultPolicy(), Limits: desk.Limits{Photos: 3}, ToleranceM: 500, CodePrefix: "SE",
		PublicURL: "https://example.org", Language: "en", Secret: strings.Repeat("s", 32),
	})
	if err != nil {
		return err
	}
	s.sync, err = desk.NewSync(s.desk, desk.SyncConfig{Limits: s.limits})
	return err
}

// restart starts the server again after its power was cut.
func (s *server) restart(ctx context.Context) error {
	s.disk.restart()
	if err := s.open(); err != nil {
		return err
	}
	if err := store.New(s.app).InstallCapture(ctx); err != nil {
		return fmt.Errorf("start after the power was cut: %w", err)
	}
	return s.sweep(ctx) // the loop that does so each minute begins with it
}

// sweep turns the days of the grants, as the server does each minute.
func (s *server) sweep(ctx context.Context) error {
	if err := store.New(s.app).SweepGrants(ctx, s.now); err != nil {
		return err
	}
	s.swept = s.now
	return nil
}

// run is plain SQL by somebody who knows nothing of the engine.
func (s *server) run(q string, p dbx.Params) error {
	_, err := s.app.NonconcurrentDB().NewQuery(q).Bind(p).Execute()
	return err
}

func (s *server) mustRun(t testing.TB, q string) {
	t.Helper()
	if err := s.run(q, nil); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// column reads a column of strings.
func (s *server) column(q string, p dbx.Params) ([]string, error) {
	var out []string
	err := s.app.ConcurrentDB().NewQuery(q).Bind(p).Column(&out)
	return out, err
}

// id makes a record id that a person can read in a trace.
func id(name string) string { return (name + strings.Repeat("0", 15))[:15] }

// A nation is what country.json says: who and what there is at dawn. Every
// client's scenarios begin in it, and every run.
type nation struct {
	Areas []struct {
		Code, Name, Kind, Parent string
		Box                      [4]float64 // west, south, east, north; degrees
	}
	Orgs        []struct{ Code, Name, Kind string }
	ObjectTypes []struct {
		Code, Name, NameIt, Status string
		Public, NeedsAfterPhoto    bool
		DefaultPriority            int
	}
	Activities []struct {
		Code, ObjectType, ResponsibleOrg, Kind string
		AutoDispatch                           bool
	}
	People []citizen
}

type citizen struct {
	Name, Role, Org string
	Areas           []string
}

var scenarios = filepath.Join("..", "..", "sync", "testdata", "scenarios")

var country = sync.OnceValue(func() nation {
	var n nation
	raw, err := os.ReadFile(filepath.Join(scenarios, "country.json"))
	if err == nil {
		err = json.Unmarshal(raw, &n)
	}
	if err != nil {
		panic(err)
	}
	return n
})

// districts lie side by side from longitude 10.
var districts = []string{"W", "C", "E"}

func areaID(code string) string {
	for _, a := range country().Areas {
		if a.Code == code {
			return string(geo.SeedID(geo.Kind(a.Kind), code))
		}
	}
	return ""
}

func box(b [4]float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}}}}
}

func territory() []geo.Area {
	var out []geo.Area
	for _, a := range country().Areas {
		out = append(out, geo.Area{
			ID: geo.AreaID(areaID(a.Code)), Code: a.Code, Name: a.Name, Kind: geo.Kind(a.Kind),
			Parent: geo.AreaID(areaID(a.Parent)), Geometry: box(a.Box), Source: geo.FromAdmin,
		})
	}
	return out
}

// settle fills the country: its shape, its catalogue, its people.
func (s *server) settle(ctx context.Context) error {
	if _, err := s.desk.ImportAreas(ctx, territory(), time.Time{}, false); err != nil {
		return err
	}
	rows := []string{
		"UPDATE _meta SET v = 'epoch00000000000' WHERE k = 'sync.epoch'",
		"UPDATE _meta SET v = '" + strings.Repeat("5e", 32) + "' WHERE k = 'sync.key'",
	}
	say := func(format string, args ...any) { rows = append(rows, fmt.Sprintf(format, args...)) }
	n := country()
	for _, o := range n.Orgs {
		say("INSERT INTO orgs (id, code, name, kind) VALUES ('%s', '%s', '%s', '%s')", id(o.Code), o.Code, o.Name, o.Kind)
	}
	for _, o := range n.ObjectTypes {
		say("INSERT INTO objectTypes (id, code, name, nameIt, public, status, defaultPriority, needsAfterPhoto) VALUES ('%s', '%s', '%s', '%s', %v, '%s', %d, %v)",
			id(o.Code), o.Code, o.Name, o.NameIt, o.Public, o.Status, o.DefaultPriority, o.NeedsAfterPhoto)
	}
	for _, a := range n.Activities {
		say("INSERT INTO activities (id, objectType, responsibleOrg, kind, autoDispatch) VALUES ('%s', '%s', '%s', '%s', %v)",
			id(a.Code), id(a.ObjectType), id(a.ResponsibleOrg), a.Kind, a.AutoDispatch)
	}
	for _, p := range n.People {
		say("INSERT INTO users (id, tokenKey, email, name, language, org) VALUES ('%s', 'key-%[2]s', '%[2]s@example.org', '%[2]s', 'en', '%s')", id(p.Name), p.Name, idOf(p.Org))
		if p.Role != "" {
			rows = append(rows, role(p.Name+"role", p.Name, p.Role, p.Org, p.Areas...))
		}
	}
	for i, audience := range []string{"public", "staff", "partner"} {
		rows = append(rows, article(fmt.Sprintf("know%d", i), "What is known "+audience, "published", audience))
	}
	for _, q := range rows {
		if err := s.run(q, nil); err != nil {
			return fmt.Errorf("%.60s: %w", q, err)
		}
	}
	return s.sweep(ctx)
}

// idOf is id, of something that need not be.
func idOf(name string) string {
	if name == "" {
		return ""
	}
	return id(name)
}

// article is the statement that writes an article of the knowledge base.
func article(key, title, state, audience string) string {
	return fmt.Sprintf("INSERT INTO kbArticles (id, title, rootCause, owner, state, audience) VALUES ('%s', '%s', 'a cause', '%s', '%s', '%s')",
		id(key), title, id("lia"), state, audience)
}

// role is the statement that gives somebody a role.
func role(key, person, role, org string, areas ...string) string {
	held := make([]string, len(areas))
	for i, a := range areas {
		held[i] = `"` + areaID(a) + `"`
	}
	return fmt.Sprintf("INSERT INTO roles (id, person, role, org, areas) VALUES ('%s', '%s', '%s', '%s', '[%s]')",
		id(key), id(person), role, idOf(org), strings.Join(held, ","))
}
