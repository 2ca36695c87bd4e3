package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What an import over the network can be refused with, beside what is wrong
// with the file.
var (
	ErrImportState = fault.Define(fault.Conflict, "area.import_state",
		"The import is not at the step where that can be done.", "L'importazione non è nella fase in cui si può fare.")
	ErrPreviewStale = fault.Define(fault.Conflict, "area.preview_stale",
		"The areas changed after this preview: look at the new one, which is being made.",
		"Le aree sono cambiate dopo questa anteprima: guarda quella nuova, in preparazione.")
	ErrInterrupted = fault.Define(fault.Conflict, "area.import_interrupted",
		"The server stopped in the middle of this import. Nothing of it was kept: send the file again.",
		"Il server si è fermato a metà di questa importazione. Nulla è stato salvato: invia di nuovo il file.")
	ErrImportsFull = fault.Define(fault.Limited, "area.imports_full",
		"Too many imports wait for a decision: commit or discard some.",
		"Troppe importazioni attendono una decisione: confermane o scartane alcune.")
	ErrImportLarge = fault.Define(fault.TooLarge, "area.import_large",
		"The file is larger than an import may be: simplify the boundaries or send them in parts.",
		"Il file supera quanto si può importare: semplifica i confini o invialo in più parti.")
)

// importers are who may change the territory.
var importers = []report.Role{report.RoleAdmin, report.RoleServiceManager}

// mayImport returns store.ErrNoImport to whoever may not change the territory.
func mayImport(who report.Actor) error {
	if who.ID == "" {
		return ErrSignIn
	}
	may := slices.ContainsFunc(who.Grants, func(g report.Grant) bool { return slices.Contains(importers, g.Role) })
	if who.ID == report.System || may {
		return nil
	}
	return store.ErrNoImport
}

// ErrNothing answers whoever asks about the territory and does not look after it.
var ErrNothing = fault.Define(fault.NotFound, "area.nothing", "There is nothing here for you.", "Qui non c'è nulla per te.")

// tends is mayImport where no import is asked for: it returns ErrNothing to
// whoever may not change the territory.
func tends(who report.Actor) error {
	err := mayImport(who)
	if errors.Is(err, store.ErrNoImport) {
		return ErrNothing
	}
	return err
}

// knownKind returns ErrAreaOption for a word that is no kind of area; an empty
// one stands for every kind.
func knownKind(kind geo.Kind) error {
	if kind != "" && !slices.Contains(geo.Kinds(), kind) {
		return ErrAreaOption.In("kind").With("%s", oneOfKinds())
	}
	return nil
}

// Bounds of what waits for a decision.
const (
	mostImports = 8
	importKept  = 7 * 24 * time.Hour
)

// live are the states in which an import has a file.
var live = []string{store.ImportReading, store.ImportChecking, store.ImportPreviewed, store.ImportCommitting}

// An importRoom is where the imports of this process are worked on.
type importRoom struct {
	mu     sync.Mutex
	worker string          // names this process; made when first asked for
	swept  bool            // what an earlier process left has been seen to
	mine   map[string]bool // imports that this process was sent
	now    string          // the import that is worked on
	step   string          // of its preview
	done   int64
	total  int64
	stop   context.CancelFunc
}

// name names this process among all that ever worked on this database.
func (r *importRoom) name() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.worker == "" {
		r.worker = newID()
	}
	return r.worker
}

// sweeps reports whether this is the first time that it is asked.
func (r *importRoom) sweeps() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.swept
	r.swept = true
	return first
}

// bring notes that this process was sent an import.
func (r *importRoom) bring(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mine == nil {
		r.mine = map[string]bool{}
	}
	r.mine[id] = true
}

func (r *importRoom) brought(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mine[id]
}

// tell is told how far the work is.
func (r *importRoom) tell(done, total int64) { r.at("", done, total) }

// at is told the same of one step of the work.
func (r *importRoom) at(step string, done, total int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.step, r.done, r.total = step, done, total
}

// far returns how far the work on an import is, if it is worked on here.
func (r *importRoom) far(id string) (step string, done, total int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.step, r.done, r.total, r.now == id && id != ""
}

// leave stops the work on an import, if it is worked on here.
func (r *importRoom) leave(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == id && r.stop != nil {
		r.stop()
	}
}

// scratch is where the file of an import is while it is one.
func (d *Desk) scratch(id string) string {
	return filepath.Join(d.store.App().DataDir(), "imports", id)
}

// An Upload is what comes with the file of an import.
type Upload struct {
	Name    string // of the file
	Options AreaOptions
}

// BeginImport takes a file of boundaries and returns its import, which
// WorkImports then reads and previews. Nothing is changed before CommitImport.
// receive writes the file to where it is told and answers with what came beside
// it; it is not asked when who may not import. The errors are store.ErrNoImport
// for whoever may not, ErrAreaOption, ErrImportLarge, ErrImportsFull, and those
// of receive.
func (d *Desk) BeginImport(ctx context.Context, who report.Actor, lang string, receive func(io.Writer) (Upload, error)) (Import, error) {
	if err := mayImport(who); err != nil {
		return Import{}, err
	}
	if err := d.roomForImport(ctx, d.store); err != nil {
		return Import{}, err
	}
	now := d.now()
	i := store.AreaImport{ID: newID(), State: store.ImportReading, Person: who.ID, CreatedAt: now, UpdatedAt: now}
	d.imports.bring(i.ID)
	up, size, err := d.keepFile(i.ID, receive)
	if err == nil {
		err = up.Options.Check()
	}
	if err == nil {
		i.Name, i.Size = cutName(up.Name), size
		i.Options, err = json.Marshal(up.Options)
	}
	if err == nil {
		err = d.inTx(ctx, func(tx *store.Store) error {
			if err := d.roomForImport(ctx, tx); err != nil {
				return err
			}
			return tx.InsertAreaImport(ctx, i)
		})
	}
	if err != nil {
		d.dropFile(i.ID)
		return Import{}, err
	}
	return d.viewImport(i, lang)
}

// roomForImport bounds how many files lie in the scratch folder.
func (d *Desk) roomForImport(ctx context.Context, s *store.Store) error {
	waiting, err := s.AreaImports(ctx, mostImports, live...)
	if err == nil && len(waiting) >= mostImports {
		err = ErrImportsFull.With("%d", len(waiting))
	}
	return err
}

// keepFile writes a file to the scratch folder, and returns its size.
func (d *Desk) keepFile(id string, receive func(io.Writer) (Upload, error)) (Upload, int64, error) {
	path := d.scratch(id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Upload{}, 0, fmt.Errorf("make the scratch folder: %w", err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Upload{}, 0, fmt.Errorf("keep the file of an import: %w", err)
	}
	b := &bounded{w: out, left: geo.Limits{Bytes: d.cfg.ImportBytes}.OrDefault().Bytes}
	up, err := receive(b)
	return up, b.size, errors.Join(err, out.Close())
}

// A bounded writer takes so many bytes and then answers ErrImportLarge.
type bounded struct {
	w          io.Writer
	left, size int64
}

// Write writes p, or nothing of it.
func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, ErrImportLarge.With("more than %d bytes", b.size+b.left)
	}
	n, err := b.w.Write(p)
	b.left, b.size = b.left-int64(n), b.size+int64(n)
	return n, err
}

// dropFile removes the file of an import. What cannot be removed now is when
// the next process looks.
func (d *Desk) dropFile(id string) {
	_ = os.Remove(d.scratch(id))
}

func cutName(name string) string {
	if name == "" {
		return ""
	}
	r := []rune(filepath.Base(name))
	return string(r[:min(len(r), 200)])
}

// AreaImports lists the imports, the newest first.
func (d *Desk) AreaImports(ctx context.Context, who report.Actor, lang string, limit int) ([]Import, error) {
	if err := mayImport(who); err != nil {
		return nil, err
	}
	if limit <= 0 || limit > maxPage {
		limit = 50
	}
	all, err := d.store.AreaImports(ctx, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Import, 0, len(all))
	for _, i := range all {
		i.Preview = nil // asked for one by one
		v, err := d.viewImport(i, lang)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// AreaImport returns one import as it stands.
func (d *Desk) AreaImport(ctx context.Context, who report.Actor, lang, id string) (Import, error) {
	if err := mayImport(who); err != nil {
		return Import{}, err
	}
	i, err := d.store.AreaImport(ctx, id)
	if err != nil {
		return Import{}, err
	}
	return d.viewImport(i, lang)
}

// CommitImport has a previewed import put in force. ErrPreviewStale answers when
// the areas have changed since the preview: then a new one is made. ErrImportState
// answers for an import that is not previewed.
func (d *Desk) CommitImport(ctx context.Context, who report.Actor, lang, id string) (Import, error) {
	if err := mayImport(who); err != nil {
		return Import{}, err
	}
	var kept store.AreaImport
	stale := false
	err := d.inTx(ctx, func(tx *store.Store) error {
		var err error
		if kept, err = tx.AreaImport(ctx, id); err != nil {
			return err
		}
		if kept.State == store.ImportCommitting || kept.State == store.ImportDone {
			return nil // asked for twice
		}
		stamp, err := tx.AreaStamp(ctx)
		if err != nil {
			return err
		}
		stale = kept.Stamp != stamp
		kept.Worker, kept.State, kept.Problems, kept.UpdatedAt = "", store.ImportCommitting, nil, d.now()
		if stale {
			kept.State = store.ImportReading
		}
		ok, err := tx.UpdateAreaImport(ctx, kept, store.ImportPreviewed)
		if err == nil && !ok {
			return ErrImportState.With("%s", stateOf(ctx, tx, id))
		}
		return err
	})
	if err == nil && stale {
		err = ErrPreviewStale
	}
	if err != nil {
		return Import{}, fmt.Errorf("commit import %s: %w", id, err)
	}
	return d.viewImport(kept, lang)
}

// stateOf names the state of an import, for a message.
func stateOf(ctx context.Context, s *store.Store, id string) string {
	i, err := s.AreaImport(ctx, id)
	if err != nil {
		return "?"
	}
	return i.State
}

// DiscardImport forgets an import that was not put in force, and its file.
// ErrImportState answers for one that was, or is about to be.
func (d *Desk) DiscardImport(ctx context.Context, who report.Actor, id string) error {
	if err := mayImport(who); err != nil {
		return err
	}
	err := d.inTx(ctx, func(tx *store.Store) error {
		i, err := tx.AreaImport(ctx, id)
		if err != nil {
			return err
		}
		ok, err := tx.DeleteAreaImport(ctx, id, store.ImportReading, store.ImportChecking, store.ImportPreviewed, store.ImportRefused)
		if err == nil && !ok {
			return ErrImportState.With("%s", i.State)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("discard import %s: %w", id, err)
	}
	d.imports.leave(id)
	d.dropFile(id)
	return nil
}

// UndoImport is RevertAreas for people: store.ErrNoImport answers whoever may
// not change the territory.
func (d *Desk) UndoImport(ctx context.Context, who report.Actor, id string) (AreaChanges, error) {
	if err := mayImport(who); err != nil {
		return AreaChanges{}, err
	}
	return d.RevertAreas(ctx, who.ID, id, false)
}

// AreaVersions is AreaHistory for people: ErrNothing answers whoever may not
// change the territory.
func (d *Desk) AreaVersions(ctx context.Context, who report.Actor, kind geo.Kind, code string) ([]AreaVersion, error) {
	if err := tends(who); err != nil {
		return nil, err
	}
	return d.AreaHistory(ctx, kind, code)
}

// ReroutesSeen is Reroutings for people: ErrNothing answers whoever may not
// change the territory.
func (d *Desk) ReroutesSeen(ctx context.Context, who report.Actor, limit int) ([]store.Rerouting, error) {
	if err := tends(who); err != nil {
		return nil, err
	}
	if limit <= 0 || limit > maxPage {
		limit = 20
	}
	return d.Reroutings(ctx, limit)
}
