package sim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/sync/device"
)

// errKilled is what the app on a phone meets from the moment it is killed
// until it is opened again.
var errKilled = errors.New("the app was killed")

// A death is how a write to a phone's flash ends when the app is killed at it.
type death int

const (
	before death = iota // nothing of it is there
	after               // all of it is there, and nobody was told
	torn                // some of its bytes are
)

// A phone is one device of one person: the real engine over a real file.
type phone struct {
	r      *run
	name   string // ben1
	person string // ben
	path   string
	skew   time.Duration // its clock minus the server's
	net    network

	file   *device.File
	dev    *device.Device
	killed bool
	killIn int // writes until it is killed; 0: never
	how    death
	backup []byte // of the file, taken some time ago
	spoilt bool   // the backup was made of a flash that had rotted

	shown  int64         // the last checkpoint it showed
	epoch  string        // of that
	wiped  bool          // it was told to destroy what it holds
	acts   []*act        // what was done on it, in order
	did    string        // the id it had last
	forgot map[*act]bool // acts that a restored backup took away
	blunt  bool          // it cannot verify, and loads anew what is wrong
	rotten bool          // it holds what must go: its flash rotted, or it was away too long
}

// An act is one thing a person did on a phone, with a key that its effect
// carries: a comment's text, a report's id.
type act struct {
	n      int
	kind   string // comment, submit, move, photo
	key    string
	call   string // id of its call, when the person's app chose one
	group  int    // acts with the same number stand or fall together; 0: alone
	id     string // of the report
	seen   bool   // a checkpoint has shown it
	adrift bool   // a restored server does not know it and the phone has it no more: a request that was on its way may bring it again, at any time
}

func (r *run) newPhone(name, person string) *phone {
	p := &phone{r: r, name: name, person: person, path: filepath.Join(r.dir, name), forgot: map[*act]bool{}}
	p.net = network{p: p}
	_ = os.Remove(p.path) // of the run before
	r.phones = append(r.phones, p)
	p.open()
	return p
}

// open starts the app, over whatever its last life left.
func (p *phone) open() {
	if p.file != nil {
		_ = p.file.Close()
	}
	p.killed, p.killIn = false, 0
	var err error
	if p.file, err = device.OpenFile(p.path); err != nil {
		p.r.fail("I10", "%s does not start again: %v", p.name, err)
		return
	}
	p.wiped = p.wiped || p.file.State().Meta.State == "wipe" // it was killed over that
	p.dev, err = device.New(device.Config{
		ID: id(p.name), Store: (*flash)(p), Transport: p.net.carry, Roles: p.r.rolesOf(p.person), App: "sim",
		Now: func() time.Time { return p.r.srv.now.Add(p.skew) },
		NewID: func() string {
			p.r.forks++
			return id(fmt.Sprintf("fork%d%s", p.r.forks, p.name))
		},
		MaxMuts: p.r.maxMuts, MaxBytes: p.r.pullBytes, Verify: p.verifier(),
	})
	if err != nil {
		p.r.fail("I10", "%s does not start again: %v", p.name, err)
	}
}

// flash is the phone's storage: the real file, killed when the run says so.
type flash phone

func (f *flash) State() *device.State { return f.file.State() }
func (f *flash) Close() error         { return f.file.Close() }

func (f *flash) Apply(steps ...device.Step) error {
	if f.killed {
		return errKilled
	}
	if f.killIn > 0 {
		if f.killIn--; f.killIn == 0 {
			return f.kill(steps)
		}
	}
	if err := f.file.Apply(steps...); err != nil {
		return err
	}
	for _, s := range steps {
		if s.Switch != 0 {
			(*phone)(f).checkpoint(s.Switch)
		}
		if s.Wipe {
			f.wiped = true
		}
	}
	return nil
}

// kill ends the app in the middle of a write.
func (f *flash) kill(steps []device.Step) error {
	f.killed = true
	if f.how == before {
		return errKilled
	}
	old, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if err := f.file.Apply(steps...); err != nil {
		return err
	}
	fresh, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if grown := fresh.Size() - old.Size(); f.how == torn && grown > 1 {
		if err := os.Truncate(f.path, old.Size()+f.r.rng.Int64N(grown)); err != nil {
			return err
		}
	}
	return errKilled
}

// sync lets the phone exchange until it is in step or something goes wrong.
func (p *phone) sync(ctx context.Context) error {
	if p.killed {
		p.open()
	}
	p.net.calls = 0
	err := p.dev.Sync(ctx)
	p.r.say("%s syncs: %v", p.name, err)
	if p.killed {
		p.r.tally["kills"]++
		p.r.say("%s was killed", p.name)
		return err
	}
	if p.dev.ID() != p.did {
		p.r.say("%s is now %s", p.name, p.dev.ID())
		p.did = p.dev.ID()
	}
	p.stillThere()
	if err == nil && p.rotten {
		p.rotten = false
		if p.r.healed { // before, the world may have moved on since the checkpoint
			p.holds("after it was repaired")
		}
	}
	return err
}

func (p *phone) verifier() device.Verifier {
	if p.blunt {
		return nil
	}
	return p.net.verify
}

// restore puts an old backup onto the phone, as a person does with a new one.
func (p *phone) restore() {
	_ = p.file.Close()
	if err := os.WriteFile(p.path, p.backup, 0o600); err != nil {
		p.r.broken("restore %s: %v", p.name, err)
	}
	p.shown, p.rotten = 0, p.rotten || p.spoilt
	p.open()
	if p.file == nil || p.dev == nil {
		return
	}
	for _, a := range p.acts {
		p.forgot[a] = true // it may have reached the server, and need not have
	}
	p.remember()
	p.shown, p.epoch = p.file.State().Meta.Seq, p.file.State().Meta.Epoch
}

// roles of a person, for what the phone foresees.
func (r *run) rolesOf(person string) []report.Role {
	for _, p := range country().People {
		if p.Name == person && p.Role != "" {
			return []report.Role{report.Role(p.Role)}
		}
	}
	return []report.Role{report.RoleCitizen}
}
