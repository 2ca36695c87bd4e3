// Package desk is the service desk: everything a person, a partner or the
// program can do, one function a call. It opens the transaction, asks the
// rules, and keeps what they decide: the event, the row it adds up to, the
// messages and the notices it causes, all of it or none.
//
// It refuses to know HTTP, SQL and the clock: doors translate, store keeps,
// and the time is handed in.
package desk

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// Config is what a desk needs. Every field must be set, unless its comment
// says otherwise.
type Config struct {
	Store      *store.Store
	Now        func() time.Time
	Log        *slog.Logger
	Policy     report.Policy
	Limits     Limits
	Duplicates DuplicatePolicy
	ToleranceM float64 // metres outside every district that still count as the nearest
	CodePrefix string  // of codes when the district has none
	PublicURL  string  // for tracking links, without a slash at the end
	Language   string  // of people who have not chosen one
	Secret     string  // signs tracking links and cursors; empty: one is made and kept in the database
	Changed    func()  // told after each commit; may be nil
	ExportRows int     // the most reports of one export; 0 means any number

	ImportBytes int64 // of one file of boundaries; 0 means the default of geo
}

// Limits bound what one call may bring.
type Limits struct {
	Photos     int   // on one report
	PhotoBytes int64 // of one original
}

// Desk is the one write path. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	store *store.Store
	now   func() time.Time
	log   *slog.Logger

	router  atomic.Pointer[router]
	rebuild sync.Mutex    // held while a new router is built
	work    chan struct{} // one token for each photo that may be decoded at once
	imports importRoom    // files of boundaries on their way
	live    liveMap
	near    neighbours // which reports lie near each other
	shown   shownDuplicates

	hotspots hotspotCache

	keyOnce sync.Once
	key     []byte
	keyErr  error
}

// photosAtOnce bounds the memory that decoding takes.
const photosAtOnce = 2

// New returns a desk over a store.
func New(cfg Config) (*Desk, error) {
	if cfg.Store == nil || cfg.Now == nil || cfg.Log == nil {
		return nil, errors.New("desk: a store, a clock and a log are needed")
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	cfg.Duplicates = cfg.Duplicates.orDefault()
	return &Desk{
		cfg: cfg, store: cfg.Store, now: cfg.Now, log: cfg.Log,
		work: make(chan struct{}, photosAtOnce),
	}, nil
}

// NewID makes a record id: 15 characters of a-z0-9, 77 bits of chance. Whoever
// makes calls makes their ids, so that a repeat has the same.
func NewID() string { return newID() }

func newID() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, 0, idLength)
	var buf [32]byte
	for len(out) < idLength {
		_, _ = rand.Read(buf[:]) // crypto/rand never fails: it ends the program instead
		for _, b := range buf {
			if b < 252 && len(out) < idLength { // 252 = 7 x 36: no letter is likelier than another
				out = append(out, alphabet[b%36])
			}
		}
	}
	return string(out)
}

const idLength = 15
